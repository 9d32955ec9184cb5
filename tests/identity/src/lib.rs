//! A certified OpenID provider on this machine, a browser for its pages, and phones that sign in at it.
//!
//! Guarantees: nothing that ships depends on it; the provider ends with the value that holds it.

pub mod browser;
pub mod phone;
pub mod provider;
