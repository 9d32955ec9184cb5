//! A certified OpenID provider and an honest sandbox on this machine, a browser for the provider's pages, and phones that
//! sign in at them.
//!
//! Guarantees: nothing that ships depends on it; what is started ends with the value that holds it.

pub mod browser;
pub mod ground;
pub mod phone;
pub mod provider;
