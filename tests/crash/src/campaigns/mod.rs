//! The acts that are killed.

pub mod pay;
pub mod pin;
mod refresh;
pub mod send;
pub mod wipe;

pub use self::{
    pay::Pay,
    pin::Pin,
    refresh::Refresh,
    send::{Errors, PUBLISHED, SEND, WITH_FILES},
    wipe::Wipe,
};
use crate::{Campaign, network, power};

pub const FULL: Errors = Errors { name: "errors, full disk", error: "error=ENOSPC" };
pub const BROKEN: Errors = Errors { name: "errors, broken disk", error: "error=EIO" };
pub const SHORT: Errors = Errors { name: "errors, nothing written", error: "retval=0" };

/// In the order in which they are run and told.
pub const ALL: [&dyn Campaign; 15] = [
    &SEND,
    &WITH_FILES,
    &Pay,
    &PUBLISHED,
    &Refresh { rotation: false },
    &Refresh { rotation: true },
    &Pin,
    &Wipe,
    &power::Send,
    &power::Pin,
    &FULL,
    &BROKEN,
    &SHORT,
    &network::NETWORK,
    &network::NETWORK_PUBLISHED,
];
