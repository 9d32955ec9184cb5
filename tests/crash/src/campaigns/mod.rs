//! The acts that are killed.

pub mod acts;
pub mod pin;
mod refresh;
pub mod send;
mod whole;
pub mod wipe;

use self::acts::{Errand, Errors, Killed};
pub use self::{pin::Pin, refresh::Refresh, wipe::Wipe};
use crate::{Campaign, network, power};

pub const SEND: Killed = Killed { name: "send", errand: Errand::Send, all: 3_000 };
pub const WITH_FILES: Killed = Killed { name: "send, files", errand: Errand::WithFiles, all: 3_000 };
pub const PUBLISHED: Killed = Killed { name: "send, published", errand: Errand::Published, all: 3_000 };
pub const ERRAND: Killed = Killed { name: "errand", errand: Errand::Whole, all: 1_500 };

pub const ERRORS: Errors = Errors { name: "errors, send", errand: Errand::Send };
pub const ERRORS_PUBLISHED: Errors = Errors { name: "errors, published", errand: Errand::Published };
pub const ERRORS_ERRAND: Errors = Errors { name: "errors, errand", errand: Errand::Whole };

/// In the order in which they are run and told.
pub const ALL: [&dyn Campaign; 17] = [
    &SEND,
    &WITH_FILES,
    &PUBLISHED,
    &ERRAND,
    &Refresh { rotation: false },
    &Refresh { rotation: true },
    &Pin,
    &Wipe,
    &power::SEND,
    &power::PUBLISHED,
    &power::ERRAND,
    &power::Pin,
    &ERRORS,
    &ERRORS_PUBLISHED,
    &ERRORS_ERRAND,
    &network::NETWORK,
    &network::NETWORK_PUBLISHED,
];
