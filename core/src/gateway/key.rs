use serde::{Deserialize, Serialize};

use crate::foundation::crypto::random;

/// Names one operation to the gateway, so that however often it is sent it takes effect once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// 128 random bits in base64url.
    #[allow(clippy::new_without_default)] // a default would hide that each one is another
    pub fn new() -> Self {
        Self(random::base64url::<16>())
    }

    /// 16 to 64 of `A–Z a–z 0–9 _ -`, as the gateway takes them.
    pub fn parse(text: &str) -> Option<Self> {
        let good = (16..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        good.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an idempotency key")
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_one_the_gateway_takes_and_never_the_same() {
        let (one, two) = (IdempotencyKey::new(), IdempotencyKey::new());

        assert_eq!(one.as_str().len(), 22);
        assert_eq!(IdempotencyKey::parse(one.as_str()), Some(one.clone()));
        assert_ne!(one, two);
    }

    #[test]
    fn what_the_gateway_would_refuse_is_no_key() {
        for text in ["", "short", &"x".repeat(65), "0123456789abcde ", "түлхүүр-түлхүүр", "0123456789abcdef\r\n"]
        {
            assert_eq!(IdempotencyKey::parse(text), None, "{text:?}");
        }
    }
}
