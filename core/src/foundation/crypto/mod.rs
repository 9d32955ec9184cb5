//! Cryptography, all of it on *ring*: random values, the key hierarchy, sealed values, digests.

pub mod digest;
pub mod keys;
pub mod random;
pub mod seal;
