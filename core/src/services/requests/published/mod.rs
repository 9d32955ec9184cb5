//! The mobile API as it was published in 2021: two calls to submit, and no idempotency key (ADR 31).
//!
//! Guarantees: a request is made anew only when the list, read after the last moment at which an unanswered `create` could
//! land, does not show it; both moments are the server's clock; the list and a request's page are that API's.

mod read;
mod saga;
mod submit;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use read::{detail, keep, list};
pub(super) use saga::Saga;
pub use submit::Submit;
