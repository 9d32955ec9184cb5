//! The acts that are killed.

pub mod pin;
mod refresh;
mod send;
pub mod wipe;

pub use self::{pin::Pin, refresh::Refresh, send::Send, wipe::Wipe};
use crate::{Campaign, power};

/// In the order in which they are run and told.
pub const ALL: [&dyn Campaign; 7] =
    [&Send, &Refresh { rotation: false }, &Refresh { rotation: true }, &Pin, &Wipe, &power::Send, &power::Pin];
