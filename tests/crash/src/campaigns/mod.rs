//! The acts that are killed.

pub mod pin;
mod refresh;
pub mod send;
pub mod wipe;

pub use self::{
    pin::Pin,
    refresh::Refresh,
    send::{Errors, Send},
    wipe::Wipe,
};
use crate::{Campaign, power};

pub const FULL: Errors = Errors { name: "errors, full disk", error: "error=ENOSPC" };
pub const BROKEN: Errors = Errors { name: "errors, broken disk", error: "error=EIO" };
pub const SHORT: Errors = Errors { name: "errors, nothing written", error: "retval=0" };

/// In the order in which they are run and told.
pub const ALL: [&dyn Campaign; 10] = [
    &Send,
    &Refresh { rotation: false },
    &Refresh { rotation: true },
    &Pin,
    &Wipe,
    &power::Send,
    &power::Pin,
    &FULL,
    &BROKEN,
    &SHORT,
];
