//! What a citizen does. Each service is its own room and knows no other; what they need of each other, `app` brings.

pub mod bundles;
pub mod catalogue;
pub mod portal;
pub mod requests;

use serde::{Deserialize, Serialize};

use crate::gateway::is_id;

/// Names a public service: opaque, minted once by the catalogue's owner, never reused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceId(String);

impl ServiceId {
    /// `None` for what can't be an id: empty, too long, or with anything but letters, digits, `-` and `_`.
    pub fn parse(text: &str) -> Option<Self> {
        is_id(text).then(|| Self(text.to_owned()))
    }

    /// Stands for an id that the gateway sent in no usable form.
    pub(crate) fn nameless() -> Self {
        Self("-".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ServiceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
