//! Whole citizen journeys. One binary, so that the core is linked once; `cargo build --workspace --bins` comes first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on should stop")]

mod at_rest;
mod bundles;
mod cancel;
mod changes;
mod drafts;
mod errand;
mod export;
mod hints;
mod hostile;
mod lifecycle;
mod lock;
mod payment;
mod peers;
mod people;
mod phone;
mod portal;
mod prefill;
mod published;
mod search;
mod secrets;
mod security;
mod session;
mod trust;
mod unreadable;
mod ways;
