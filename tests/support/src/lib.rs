//! What the tests of this workspace share: real processes, a lying gateway, a broken network, a search for leaked values.
//!
//! Guarantees: nothing that ships depends on it; every wait in it ends; whatever it starts ends with it.

pub mod browser;
pub mod canary;
pub mod contract;
mod failure;
pub mod fault_proxy;
pub mod forms;
pub mod front;
pub mod gateway_double;
pub mod lies;
pub mod memory;
pub mod portal;
pub mod ports;
pub mod processes;
pub mod temp;
mod thread_runtime;

pub use failure::{Failure, Result};
