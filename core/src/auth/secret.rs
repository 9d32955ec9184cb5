//! Values that must not be seen.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// Zeroised when dropped, shown as `***`, and read only where the code says so.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the one line that sends, signs or seals it.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// For `#[serde(with = "revealed")]` on what is sealed or came in through TLS; there is no `Serialize` to slip by it.
pub(super) mod revealed {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Secret;

    pub(in crate::auth) fn serialize<S: Serializer>(secret: &Secret<String>, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(secret.reveal())
    }

    pub(in crate::auth) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Secret<String>, D::Error> {
        String::deserialize(d).map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_as_stars() {
        assert_eq!(format!("{:?}", Secret::new("Өндөр нууц".to_owned())), "***");
    }
}
