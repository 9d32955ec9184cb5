//! Randomness from the operating system.
//!
//! Guarantees: if the system has no randomness to give, the process stops rather than go on with guessable keys.

use ring::rand::{SecureRandom, SystemRandom};

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    fill(&mut out);
    out
}

/// `N` random bytes in lower-case hex.
pub fn hex<const N: usize>() -> String {
    super::digest::hex(&bytes::<N>())
}

/// `N` random letters from `a` to `p`, for what people read out: no log filter takes them for a number.
pub fn letters<const N: usize>() -> String {
    bytes::<N>().iter().map(|byte| char::from(b'a' + (byte & 15))).collect()
}

/// `N` random bytes in base64url without padding (RFC 4648 §5).
pub fn base64url<const N: usize>() -> String {
    super::digest::base64url(&bytes::<N>())
}

/// The type of a name that this phone gives to something of its own: 128 random bits in hex, read back in either case.
macro_rules! minted_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub(crate) fn mint() -> Self {
                Self($crate::foundation::crypto::random::hex::<16>())
            }

            pub fn parse(text: &str) -> Option<Self> {
                let fits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
                fits.then(|| Self(text.to_ascii_lowercase()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
pub(crate) use minted_id;

/// A random fraction in `0.0..1.0`, for jitter.
pub fn fraction() -> f64 {
    f64::from(u32::from_le_bytes(bytes())) / (f64::from(u32::MAX) + 1.0)
}

#[allow(clippy::panic)] // there is no honest way on without randomness
fn fill(out: &mut [u8]) {
    if SystemRandom::new().fill(out).is_err() {
        panic!("the system gives no randomness");
    }
}
