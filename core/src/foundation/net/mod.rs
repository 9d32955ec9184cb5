//! HTTPS, and nothing else: the one client factory of the core.
//!
//! Guarantees: TLS 1.3 to a host that our roots *and* pins vouch for, or no byte of the request leaves; every exchange
//! is bounded in time and size; only what may be repeated is repeated, never in step with other phones.

mod client;
mod error;
mod exchange;
mod gzip;
mod message;
mod provider;
mod retry;
#[cfg(test)]
pub(crate) mod testing;
mod verifier;

#[cfg(test)]
mod tests;

pub use client::{Client, Tries};
pub use error::{Distrust, Error, Stage, Unfit};
pub use message::{Body, Method, Request, Response, origin};
pub use retry::RetryClass;

/// Sizes and times of the transport, in one table.
pub mod limits {
    use std::time::Duration;

    /// A phone that can't shake hands in this time is offline for a person's purposes.
    pub const CONNECT: Duration = Duration::from_secs(5);
    /// Between two pieces of an answer.
    pub const READ: Duration = Duration::from_secs(10);
    /// A call a person waits for, with all its tries.
    pub const TOTAL: Duration = Duration::from_secs(20);
    /// Of decoded bytes, so that a gzip bomb stops here too.
    pub const BODY: usize = 4 * 1024 * 1024;
    /// Answers with more header fields are refused; `http::HeaderMap` and servers agree on about this many.
    pub const HEADERS: usize = 100;
    /// All names and values of an answer's header fields together.
    pub const HEADER_BYTES: usize = 64 * 1024;
    /// As browsers do for one host; more would only queue in the phone's radio.
    pub const CONCURRENT: usize = 6;
    /// Shorter than servers keep idle connections, so that we rarely write into a closed one.
    pub const IDLE: Duration = Duration::from_secs(15);

    /// One call and three more tries.
    pub const TRIES: u32 = 4;
    /// Back-off before the n-th repetition: `random(0, min(CAP, BASE · 2ⁿ))` (full jitter).
    pub const BACKOFF_BASE: Duration = Duration::from_millis(250);
    pub const BACKOFF_CAP: Duration = Duration::from_secs(5);
    /// A server that asks for more patience than this is left to the caller, with its wish.
    pub const RETRY_AFTER_CAP: Duration = Duration::from_secs(8);
}
