//! The shared core of the national services app of Mongolia.
//!
//! Floors, top to bottom: `app` → `services`, `notify` → `offline` → `gateway` → `auth` → `foundation`;
//! `country` is known to everyone. An arrow only ever points down. The drawing: `core/docs/architecture.md`.
//! Nothing here knows UniFFI, a phone's platform, or a terminal.

#![cfg_attr(not(test), warn(clippy::use_debug))]

pub mod app;
pub mod auth;
pub mod country;
pub mod foundation;
pub mod gateway;
pub mod notify;
pub mod offline;
pub mod services;

pub use app::App;
pub use foundation::{
    config::{Backend, Config, Language, Mode},
    error::{Error, Result},
    events::{Area, Event},
    ports::Ports,
};
