//! The sandbox over real TLS, as a client meets it: one binary, a running sandbox per test.

#![allow(clippy::disallowed_methods)] // a client of its own, independent of the core's factory and clock
#![allow(clippy::unwrap_used, clippy::panic)] // a test's helpers fail the test

mod contract;
mod dan;
mod dan_consent;
mod dan_ways;
mod desk;
mod errand;
mod faults;
mod legacy;
mod pay;
mod phone;
mod process;
mod proofs;
mod push;
mod rig;
mod sessions;
mod sign_in;
mod speech;
mod tls;
mod uploads;
mod web;
