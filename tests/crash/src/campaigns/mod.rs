//! The acts that are killed.

pub mod acts;
mod handed_back;
pub mod pin;
mod refresh;
pub mod send;
mod whole;
pub mod wipe;

use self::acts::{By, Errand, Struck};
pub use self::{pin::Pin, refresh::Refresh, wipe::Wipe};
use crate::{Campaign, network, power};

pub const SEND: Struck = Struck { name: "send", errand: Errand::Send, by: By::Kills(3_000) };
pub const WITH_FILES: Struck = Struck { name: "send, files", errand: Errand::WithFiles, by: By::Kills(3_000) };
pub const PUBLISHED: Struck = Struck { name: "send, published", errand: Errand::Published, by: By::Kills(3_000) };
pub const ERRAND: Struck = Struck { name: "errand", errand: Errand::Whole, by: By::Kills(1_500) };
pub const HANDED_BACK: Struck = Struck { name: "correct, withdraw", errand: Errand::HandedBack, by: By::Kills(500) };

pub const ERRORS: Struck = Struck { name: "errors, send", errand: Errand::Send, by: By::Errors };
pub const ERRORS_PUBLISHED: Struck = Struck { name: "errors, published", errand: Errand::Published, by: By::Errors };
pub const ERRORS_ERRAND: Struck = Struck { name: "errors, errand", errand: Errand::Whole, by: By::Errors };

/// In the order in which they are run and told.
pub const ALL: [&dyn Campaign; 18] = [
    &SEND,
    &WITH_FILES,
    &PUBLISHED,
    &ERRAND,
    &HANDED_BACK,
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
