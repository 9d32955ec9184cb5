//! Cryptography, all of it on *ring*: random values, the key hierarchy, sealed values, digests, signed texts.

pub mod digest;
pub mod jws;
pub mod keys;
pub mod random;
pub mod seal;

#[cfg(test)]
mod tests;
