//! Cryptography, all of it on *ring*: random values, the key hierarchy, sealed values, digests, signed texts.

#[cfg(feature = "test-controls")]
mod credulous;
pub mod digest;
pub mod jws;
pub mod keys;
pub mod pin;
pub mod random;
mod record;
mod release;
pub mod rotation;
pub mod seal;

#[cfg(test)]
mod tests;
