//! What every floor stands on. Knows nothing of citizens or services, and `net` never sees a token.

pub mod checks;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod error;
pub mod events;
pub mod json;
pub mod net;
pub mod observe;
pub(crate) mod packed;
pub mod policy;
pub mod ports;
pub mod runtime;
pub mod storage;
