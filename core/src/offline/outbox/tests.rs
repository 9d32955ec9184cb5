use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use rusqlite::named_params;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::sync::watch;

use super::*;
use crate::{
    auth::{self, Freshness},
    foundation::{
        clock::{Clock as _, ManualClock, Timestamp},
        crypto::keys::File,
        events::Event,
        net::{self, Method},
        storage::{Dao, Migrations},
    },
    gateway::{self, Answer, Content, Problem},
};

mod bench;
mod calling_off;
mod doubt;
mod model;
mod proof;
mod sending;
mod steps;
mod unreadable;

use bench::*;
