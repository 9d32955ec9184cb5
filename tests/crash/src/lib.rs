//! What a death at any moment leaves: campaigns of kills and of cuts of the power, each with a control in which
//! the promise breaks.
//!
//! Guarantees: every run begins from the same prepared phone; the order of the kills is the seed's; what was not as
//! promised is told with the point of the kill.

pub mod campaign;
pub mod campaigns;
mod lane;
pub mod network;
pub mod power;
pub mod report;

pub use campaign::{Campaign, Plan, Tally};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
