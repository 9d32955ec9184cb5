//! What the authorisation server answers (RFC 6749 §5, RFC 9126 §2.2), read strictly.

use std::time::Duration;

use serde::Deserialize;

use super::{Error, Result, secret::Secret};
use crate::foundation::{
    checks::{Check, Checks},
    crypto::digest::from_base64url,
    json::{self, Malformed},
    net::Response,
};

/// When the server does not say how long an access token lives.
const DEFAULT_LIFE: u64 = 300;

/// Nobody means an access token to live longer.
const MAX_LIFE: u64 = 24 * 60 * 60;

/// A token is a few hundred characters, a header at most 8 KiB.
const MAX_TOKEN: usize = 8 * 1024;

/// A reference is some sixty characters.
const MAX_REQUEST_URI: usize = 512;

/// Why an answer that says yes was not believed. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("tokens that are not said to be JSON")]
    TokenMediaType,
    #[error("an unreadable token answer")]
    Token,
    #[error("a member of the token answer comes twice")]
    TokenTwice,
    #[error("a token of no type")]
    NoTokenType,
    #[error("a token that is not bound to our key")]
    TokenType,
    #[error("no access token")]
    NoAccess,
    #[error("an access token that can't be sent")]
    Access,
    #[error("an access token longer than any")]
    AccessLength,
    #[error("no refresh token")]
    NoRefresh,
    #[error("a refresh token that can't be sent")]
    Refresh,
    #[error("a refresh token longer than any")]
    RefreshLength,
    #[error("no ID token")]
    NoIdToken,
    #[error("a share that is none")]
    Share,
    #[error("a pushed request was answered, but not as created")]
    PushedStatus,
    #[error("a request_uri that is not said to be in JSON")]
    PushedMediaType,
    #[error("an unreadable answer to a pushed request")]
    Pushed,
    #[error("a member of the answer to a pushed request comes twice")]
    PushedTwice,
    #[error("no request_uri")]
    NoRequestUri,
    #[error("a request_uri longer than any")]
    RequestUriLength,
    #[error("a request_uri that is good for no time")]
    PushedLife,
    #[error("keys that are not said to be JSON")]
    KeysMediaType,
}

impl Refusal {
    /// What support is told; stable.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::TokenMediaType => "auth.token.media_type",
            Self::Token => "auth.token.unreadable",
            Self::TokenTwice => "auth.token.twice",
            Self::NoTokenType => "auth.token.no_type",
            Self::TokenType => "auth.token.type",
            Self::NoAccess => "auth.token.no_access",
            Self::Access => "auth.token.access",
            Self::AccessLength => "auth.token.access_length",
            Self::NoRefresh => "auth.token.no_refresh",
            Self::Refresh => "auth.token.refresh",
            Self::RefreshLength => "auth.token.refresh_length",
            Self::NoIdToken => "auth.token.no_id_token",
            Self::Share => "auth.token.share",
            Self::PushedStatus => "auth.pushed.status",
            Self::PushedMediaType => "auth.pushed.media_type",
            Self::Pushed => "auth.pushed.unreadable",
            Self::PushedTwice => "auth.pushed.twice",
            Self::NoRequestUri => "auth.pushed.no_request_uri",
            Self::RequestUriLength => "auth.pushed.request_uri_length",
            Self::PushedLife => "auth.pushed.life",
            Self::KeysMediaType => "auth.keys.media_type",
        }
    }
}

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

/// As it came: that something is missing is a refusal of its own.
#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default, deserialize_with = "maybe")]
    access_token: Option<Secret<String>>,
    token_type: Option<String>,
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

pub(super) fn granted(response: &Response, checks: Checks) -> Result<Granted> {
    said_yes(response, response.status == 200)?;
    checks.demand(Check::TokenAnswerType, response.is_json(), Refusal::TokenMediaType)?;
    let answer: TokenAnswer = checks.read(Check::TokenAnswerOnce, &response.body).map_err(|why| match why {
        Malformed::Duplicate => Refusal::TokenTwice,
        Malformed::Syntax { .. } | Malformed::Shape | Malformed::Deep => Refusal::Token,
    })?;
    let dpop = || "DPoP".to_owned();
    let token_type = checks.present(Check::TokenTypePresent, answer.token_type, dpop(), Refusal::NoTokenType)?;
    checks.demand(Check::TokenType, token_type.eq_ignore_ascii_case("DPoP"), Refusal::TokenType)?;
    let nothing = Secret::new(String::new());
    let access = checks.present(Check::AccessPresent, answer.access_token, nothing, Refusal::NoAccess)?;
    checks.demand(Check::AccessCharacters, is_sendable(&access), Refusal::Access)?;
    checks.demand(Check::AccessLength, access.reveal().len() <= MAX_TOKEN, Refusal::AccessLength)?;
    if let Some(refresh) = &answer.refresh_token {
        checks.demand(Check::RefreshCharacters, is_sendable(refresh), Refusal::Refresh)?;
        checks.demand(Check::RefreshLength, refresh.reveal().len() <= MAX_TOKEN, Refusal::RefreshLength)?;
    }
    let share = answer.store_share.map(|text| Secret::new(from_base64url(text.reveal()).unwrap_or_default()));
    let whole = |share: &Secret<Vec<u8>>| share.reveal().len() == SHARE;
    checks.demand(Check::ShareLength, share.as_ref().is_none_or(whole), Refusal::Share)?;
    Ok(Granted {
        access,
        refresh: answer.refresh_token,
        life: Duration::from_secs(answer.expires_in.unwrap_or(DEFAULT_LIFE).min(MAX_LIFE)),
        // Using a session keeps its refresh token good; its consent only the citizen can renew.
        session_life: answer.authorization_expires_in.or(answer.refresh_token_timeout).map(Duration::from_secs),
        id_token: answer.id_token,
        store_share: share.filter(whole),
    })
}

/// Of what a header field may hold.
fn is_sendable(token: &Secret<String>) -> bool {
    token.reveal().bytes().all(|b| b.is_ascii_graphic())
}

pub(super) fn pushed(response: &Response, checks: Checks) -> Result<Pushed> {
    #[derive(Deserialize)]
    struct Answer {
        request_uri: Option<String>,
        expires_in: u64,
    }
    said_yes(response, matches!(response.status, 200 | 201))?;
    checks.demand(Check::PushedStatus, response.status == 201, Refusal::PushedStatus)?;
    checks.demand(Check::PushedType, response.is_json(), Refusal::PushedMediaType)?;
    let answer: Answer = checks.read(Check::PushedOnce, &response.body).map_err(|why| match why {
        Malformed::Duplicate => Refusal::PushedTwice,
        Malformed::Syntax { .. } | Malformed::Shape | Malformed::Deep => Refusal::Pushed,
    })?;
    let named = answer.request_uri.filter(|uri| !uri.is_empty());
    let request_uri = checks.present(Check::RequestUriPresent, named, String::new(), Refusal::NoRequestUri)?;
    checks.demand(Check::RequestUriLength, request_uri.len() <= MAX_REQUEST_URI, Refusal::RequestUriLength)?;
    checks.demand(Check::PushedLife, answer.expires_in > 0, Refusal::PushedLife)?;
    Ok(Pushed { request_uri, life: Duration::from_secs(answer.expires_in.min(600)) })
}

/// The refusal that the answer is, unless it is none.
fn said_yes(response: &Response, yes: bool) -> Result<()> {
    if yes { Ok(()) } else { Err(refusal(response)) }
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
