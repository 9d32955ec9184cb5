//! A browser that asks to be signed in.

use emongolia_core::services::portal;

use super::{LocalisedText, Result, id};

/// A browser that asks to be signed in, as the citizen is shown it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WebSignIn {
    /// Names it.
    pub id: String,
    /// What the browser wants to be let into.
    pub service: LocalisedText,
    /// Unix milliseconds.
    pub asked_at_ms: i64,
    /// Three. One of them stands on the page; the citizen chooses it here.
    pub numbers: Vec<u32>,
}

impl From<portal::WebSignIn> for WebSignIn {
    fn from(asked: portal::WebSignIn) -> Self {
        let portal::WebSignIn { id, service, asked_at, numbers } = asked;
        Self {
            id: id.as_str().to_owned(),
            service: service.into(),
            asked_at_ms: asked_at.unix_ms(),
            numbers: numbers.to_vec(),
        }
    }
}

pub(crate) fn web_sign_in_id(text: &str) -> Result<portal::WebSignInId> {
    id("web_sign_in", text, portal::WebSignInId::parse)
}
