//! What the authorisation server answers (RFC 6749 §5, RFC 9126 §2.2), read strictly.

use std::time::Duration;

use serde::Deserialize;

use super::{
    Error, Result,
    secret::{Secret, revealed},
};
use crate::foundation::{crypto::digest::from_base64url, json, net::Response};

/// When the server does not say how long an access token lives.
const DEFAULT_LIFE: u64 = 300;

/// Nobody means an access token to live longer.
const MAX_LIFE: u64 = 24 * 60 * 60;

/// A token is a few hundred characters, a header at most 8 KiB.
const MAX_TOKEN: usize = 8 * 1024;

/// What a token request brought. Not yet stored, so not yet for use.
#[derive(Debug, Clone)]
pub(super) struct Granted {
    pub(super) access: Secret<String>,
    /// Absent: the one we have stays good (no rotation).
    pub(super) refresh: Option<Secret<String>>,
    pub(super) life: Duration,
    /// How long the session goes on, if the server says so.
    pub(super) session_life: Option<Duration>,
    pub(super) id_token: Option<Secret<String>>,
    /// What brings the store key back after too many wrong PINs: the same at every sign-in of this citizen on this
    /// device. Ours, not of a standard: `store_share`, 32 bytes in base64url.
    pub(super) store_share: Option<Secret<Vec<u8>>>,
}

/// Of a share.
const SHARE: usize = 32;

pub(super) struct Pushed {
    pub(super) request_uri: String,
    pub(super) life: Duration,
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(with = "revealed")]
    access_token: Secret<String>,
    token_type: String,
    expires_in: Option<u64>,
    /// draft-ietf-oauth-refresh-token-expiration: until when the citizen's consent holds, and how long the refresh token
    /// may lie unused.
    authorization_expires_in: Option<u64>,
    refresh_token_timeout: Option<u64>,
    #[serde(default, deserialize_with = "maybe")]
    refresh_token: Option<Secret<String>>,
    #[serde(default, deserialize_with = "maybe")]
    id_token: Option<Secret<String>>,
    #[serde(default, deserialize_with = "maybe")]
    store_share: Option<Secret<String>>,
}

fn maybe<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<Secret<String>>, D::Error> {
    Ok(Option::<String>::deserialize(d)?.filter(|text| !text.is_empty()).map(Secret::new))
}

pub(super) fn granted(response: &Response) -> Result<Granted> {
    let answer: TokenAnswer = body(response, 200, "token")?;
    if !answer.token_type.eq_ignore_ascii_case("DPoP") {
        return Err(Error::Malformed("a token that is not bound to our key"));
    }
    let sendable = |token: &Secret<String>| {
        let text = token.reveal();
        !text.is_empty() && text.len() <= MAX_TOKEN && text.bytes().all(|b| b.is_ascii_graphic())
    };
    if !sendable(&answer.access_token) || answer.refresh_token.as_ref().is_some_and(|t| !sendable(t)) {
        return Err(Error::Malformed("a token that can't be sent"));
    }
    let store_share = match answer.store_share.map(|text| from_base64url(text.reveal())) {
        None => None,
        Some(Some(share)) if share.len() == SHARE => Some(Secret::new(share)),
        Some(_) => return Err(Error::Malformed("a share that is none")),
    };
    Ok(Granted {
        access: answer.access_token,
        refresh: answer.refresh_token,
        life: Duration::from_secs(answer.expires_in.unwrap_or(DEFAULT_LIFE).min(MAX_LIFE)),
        // Using a session keeps its refresh token good; its consent only the citizen can renew.
        session_life: answer.authorization_expires_in.or(answer.refresh_token_timeout).map(Duration::from_secs),
        id_token: answer.id_token,
        store_share,
    })
}

pub(super) fn pushed(response: &Response) -> Result<Pushed> {
    #[derive(Deserialize)]
    struct Answer {
        request_uri: String,
        expires_in: u64,
    }
    let answer: Answer = body(response, 201, "pushed request")?;
    if answer.request_uri.is_empty() || answer.request_uri.len() > 512 {
        return Err(Error::Malformed("a request_uri of no use"));
    }
    Ok(Pushed { request_uri: answer.request_uri, life: Duration::from_secs(answer.expires_in.min(600)) })
}

/// The answer's JSON, or the refusal it is.
fn body<T: serde::de::DeserializeOwned>(response: &Response, wanted: u16, what: &'static str) -> Result<T> {
    if response.status != wanted {
        return Err(refusal(response));
    }
    if !response.is_json() {
        return Err(Error::Malformed(what));
    }
    json::parse_strict(&response.body).map_err(|_| Error::Malformed(what))
}

/// The OAuth error code of an answer, if it has one.
pub(super) fn error_code(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        error: String,
    }
    let answer: Answer = json::parse_strict(&response.body).ok()?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (answer.error.len() <= 64 && answer.error.bytes().all(plain)).then_some(answer.error)
}

pub(super) fn refusal(response: &Response) -> Error {
    match (response.status, error_code(response)) {
        (429 | 503, _) => Error::Resting { retry_after_s: response.retry_after_s().unwrap_or(1) },
        (500.., _) => Error::Malformed("a server failure"),
        (_, Some(code)) => Error::Refused { code },
        (_, None) => Error::Malformed("an answer that is neither yes nor no"),
    }
}
