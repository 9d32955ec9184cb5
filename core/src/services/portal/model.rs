use serde::{Deserialize, Serialize};

use crate::{country::LocalisedText, foundation::clock::Timestamp};

/// 128 bits in base64url.
const LENGTH: usize = 22;

/// Names a browser's request to be signed in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebSignInId(String);

impl WebSignInId {
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == LENGTH && crate::gateway::is_id(text)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A browser that asks to be signed in, as the citizen is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebSignIn {
    pub id: WebSignInId,
    /// What the browser wants to be let into.
    pub service: LocalisedText,
    pub asked_at: Timestamp,
    /// One of them stands on the page; the citizen chooses it here.
    pub numbers: [u32; 3],
}
