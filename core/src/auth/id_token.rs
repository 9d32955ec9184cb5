//! The ID token (OpenID Connect Core §3.1.3.7): who signed in, said by the authorisation server and nobody else.
//!
//! Guarantees: signed as [`jws`] demands with a key that the server publishes; every claim that binds the token to us,
//! to now, to this attempt and to the access token beside it is checked; no key comes twice.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{citizen::Citizen, freshness::Freshness};
pub(super) use crate::foundation::crypto::jws::KeySet;
use crate::foundation::{
    checks::{Check, Checks},
    clock::Timestamp,
    crypto::{
        digest::{base64url, sha256},
        jws,
    },
    json::{self, Malformed},
};

/// Ours are about 1 KiB.
const MAX: usize = 16 * 1024;

/// How far two clocks may differ once the `Date` of the same answer has been reckoned in.
const LEEWAY: Duration = Duration::from_secs(60);

/// A token for this sign-in was made during this sign-in.
const MAX_AGE: Duration = Duration::from_secs(600);

/// `sub` has at most 255 ASCII characters (OpenID Connect Core §2).
const MAX_SUBJECT: usize = 255;

/// A way to authenticate has a short name (`acr`).
const MAX_WAY: usize = 128;

/// Why an ID token was not believed. Holds no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("longer than any of ours")]
    Length,
    #[error(transparent)]
    Jws(#[from] jws::Refusal),
    #[error("another kind of token")]
    Type,
    #[error("unreadable claims")]
    Claims,
    #[error("a claim comes twice")]
    Twice,
    #[error("without issuer")]
    NoIssuer,
    #[error("of another issuer")]
    Issuer,
    #[error("without audience")]
    NoAudience,
    #[error("for another client")]
    Audience,
    #[error("for us and for others")]
    Audiences,
    #[error("issued to another client")]
    AuthorizedParty,
    #[error("without subject")]
    NoSubject,
    #[error("without a usable subject")]
    Subject,
    #[error("without an end")]
    NoExpiry,
    #[error("expired")]
    Expired,
    #[error("without the time it was made")]
    NoIssueTime,
    #[error("made in the future")]
    Future,
    #[error("made too long ago")]
    Old,
    #[error("not good yet")]
    NotYet,
    #[error("without nonce")]
    NoNonce,
    #[error("of another sign-in")]
    Nonce,
    #[error("of another citizen than the session's")]
    OtherSubject,
    #[error("without the time at which the citizen has proven who they are")]
    NoAuthTime,
    #[error("the citizen has not proven anew who they are")]
    Stale,
    #[error("the citizen was to prove in another way who they are")]
    Way,
    #[error("of another access token")]
    AccessHash,
}

impl Refusal {
    /// What support is told; stable.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Length => "auth.id_token.length",
            Self::Jws(refusal) => match refusal {
                jws::Refusal::Form => "auth.id_token.form",
                jws::Refusal::Unreadable(_) => "auth.id_token.unreadable",
                jws::Refusal::HeaderTwice => "auth.id_token.header_twice",
                jws::Refusal::KeySetTwice => "auth.keys.twice",
                jws::Refusal::Algorithm => "auth.id_token.algorithm",
                jws::Refusal::Critical => "auth.id_token.critical",
                jws::Refusal::UnknownKey => "auth.id_token.unknown_key",
                jws::Refusal::TwoKeys => "auth.id_token.two_keys",
                jws::Refusal::Nameless => "auth.id_token.nameless_key",
                jws::Refusal::KeyKind => "auth.id_token.key_kind",
                jws::Refusal::KeyAlgorithm => "auth.id_token.key_algorithm",
                jws::Refusal::KeyUse => "auth.id_token.key_use",
                jws::Refusal::KeyOperations => "auth.id_token.key_operations",
                jws::Refusal::KeySet => "auth.keys.unreadable",
                jws::Refusal::ManyKeys => "auth.keys.many",
                jws::Refusal::Signature => "auth.id_token.signature",
            },
            Self::Type => "auth.id_token.type",
            Self::Claims => "auth.id_token.claims",
            Self::Twice => "auth.id_token.twice",
            Self::NoIssuer => "auth.id_token.no_issuer",
            Self::Issuer => "auth.id_token.issuer",
            Self::NoAudience => "auth.id_token.no_audience",
            Self::Audience => "auth.id_token.audience",
            Self::Audiences => "auth.id_token.audiences",
            Self::AuthorizedParty => "auth.id_token.authorized_party",
            Self::NoSubject => "auth.id_token.no_subject",
            Self::Subject => "auth.id_token.subject",
            Self::NoExpiry => "auth.id_token.no_expiry",
            Self::Expired => "auth.id_token.expired",
            Self::NoIssueTime => "auth.id_token.no_issue_time",
            Self::Future => "auth.id_token.future",
            Self::Old => "auth.id_token.old",
            Self::NotYet => "auth.id_token.not_yet",
            Self::NoNonce => "auth.id_token.no_nonce",
            Self::Nonce => "auth.id_token.nonce",
            Self::OtherSubject => "auth.id_token.other_subject",
            Self::NoAuthTime => "auth.id_token.no_auth_time",
            Self::Stale => "auth.id_token.stale",
            Self::Way => "auth.id_token.way",
            Self::AccessHash => "auth.id_token.access_hash",
        }
    }
}

impl From<jws::Refusal> for super::Error {
    fn from(refusal: jws::Refusal) -> Self {
        Self::IdToken(refusal.into())
    }
}

/// What the token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    /// Of the sign-in. A renewal has none (OpenID Connect Core §12.2).
    pub(super) nonce: Option<&'a str>,
    /// Whose session is renewed. A sign-in finds out.
    pub(super) subject: Option<&'a str>,
    /// What a step-up has to bring.
    pub(super) freshness: Option<&'a Freshness>,
    /// That came in the same answer.
    pub(super) access: &'a str,
    /// By the server's clock.
    pub(super) now: Timestamp,
    pub(super) checks: Checks,
}

/// Who signed in, and when and how they have proven it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) citizen: Citizen,
    /// By the server's clock.
    pub(super) auth_time: Option<Timestamp>,
    pub(super) acr: Option<String>,
}

impl Told {
    /// What nobody said.
    pub(super) fn nobody() -> Self {
        Self { citizen: Citizen::from_claims(&Value::Null, String::new()), auth_time: None, acr: None }
    }
}

/// As they came: that one is missing is a refusal of its own.
#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    /// One text or a list of them (RFC 7519 §4.1.3).
    aud: Option<Value>,
    azp: Option<String>,
    sub: Option<String>,
    exp: Option<i64>,
    iat: Option<i64>,
    nbf: Option<i64>,
    nonce: Option<String>,
    auth_time: Option<i64>,
    acr: Option<String>,
    at_hash: Option<String>,
}

pub(super) fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Told, Refusal> {
    let checks = expected.checks;
    checks.demand(Check::IdTokenLength, token.len() <= MAX, Refusal::Length)?;
    let signed = jws::verify(token, keys)?;
    // A DPoP proof or an access token (RFC 9068) must not pass for an ID token (RFC 8725 §3.11).
    let jwt = signed.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    checks.demand(Check::IdTokenType, jwt, Refusal::Type)?;
    let person: Value = checks.read(Check::ClaimsOnce, &signed.payload).map_err(|why| match why {
        Malformed::Duplicate => Refusal::Twice,
        Malformed::Syntax { .. } | Malformed::Shape | Malformed::Deep => Refusal::Claims,
    })?;
    let claims: Claims = json::take(person.clone()).ok_or(Refusal::Claims)?;
    let (auth_time, acr) = (claims.auth_time.map(Timestamp::from_unix_s), claims.acr.clone());
    let subject = check_claims(claims, expected)?;
    Ok(Told { citizen: Citizen::from_claims(&person, subject), auth_time, acr: acr.filter(|acr| acr.len() <= MAX_WAY) })
}

/// Gives back the subject.
fn check_claims(claims: Claims, expected: &Expected<'_>) -> Result<String, Refusal> {
    let checks = expected.checks;
    let issuer = checks.present(Check::IssuerPresent, claims.iss, expected.issuer.to_owned(), Refusal::NoIssuer)?;
    checks.demand(Check::Issuer, issuer == expected.issuer, Refusal::Issuer)?;
    check_audience(claims.aud, claims.azp.as_deref(), expected)?;
    let subject = checks.present(Check::SubjectPresent, claims.sub, "unknown".to_owned(), Refusal::NoSubject)?;
    checks.demand(Check::SubjectFilled, !subject.is_empty(), Refusal::Subject)?;
    checks.demand(Check::SubjectLength, subject.len() <= MAX_SUBJECT, Refusal::Subject)?;
    checks.demand(Check::SubjectCharacters, subject.is_ascii(), Refusal::Subject)?;
    check_times(claims.exp, claims.iat, claims.nbf, expected)?;
    if let Some(wanted) = expected.nonce {
        let nonce = checks.present(Check::NoncePresent, claims.nonce, wanted.to_owned(), Refusal::NoNonce)?;
        checks.demand(Check::Nonce, !nonce.is_empty() && nonce == wanted, Refusal::Nonce)?;
    }
    let same = expected.subject.is_none_or(|wanted| wanted == subject);
    checks.demand(Check::SubjectOfTheSession, same, Refusal::OtherSubject)?;
    check_freshness(claims.auth_time, claims.acr.as_deref(), expected)?;
    // Need not be there in the code flow; where it is, it is right (§3.1.3.6).
    let of_access = || base64url(&sha256(expected.access.as_bytes())[..16]);
    checks.demand(Check::AccessHash, claims.at_hash.is_none_or(|hash| hash == of_access()), Refusal::AccessHash)?;
    Ok(subject)
}

/// Of a step-up (OpenID Connect Core §3.1.2.1).
fn check_freshness(auth_time: Option<i64>, acr: Option<&str>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let Some(wanted) = expected.freshness else { return Ok(()) };
    let (checks, now) = (expected.checks, expected.now);
    let proven = checks.present(Check::AuthTimePresent, auth_time, now.unix_s(), Refusal::NoAuthTime)?;
    let since = now.saturating_sub(LEEWAY).saturating_sub(wanted.max_age());
    let young = (since..=now.saturating_add(LEEWAY)).contains(&Timestamp::from_unix_s(proven));
    checks.demand(Check::AuthTime, young, Refusal::Stale)?;
    checks.demand(Check::Way, wanted.is_good_enough(acr), Refusal::Way)
}

fn check_audience(found: Option<Value>, party: Option<&str>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let checks = expected.checks;
    let ours = Value::from(expected.audience);
    let audience = checks.present(Check::AudiencePresent, found, ours.clone(), Refusal::NoAudience)?;
    let named = audience.as_array().map_or_else(|| audience == ours, |several| several.contains(&ours));
    checks.demand(Check::Audience, named, Refusal::Audience)?;
    let alone = audience.as_array().is_none_or(|several| several.len() == 1);
    checks.demand(Check::AudienceAlone, alone, Refusal::Audiences)?;
    checks.demand(
        Check::AuthorizedParty,
        party.is_none_or(|party| party == expected.audience),
        Refusal::AuthorizedParty,
    )
}

fn check_times(exp: Option<i64>, iat: Option<i64>, nbf: Option<i64>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let (checks, now) = (expected.checks, expected.now);
    let (earliest, latest) = (now.saturating_sub(LEEWAY), now.saturating_add(LEEWAY));
    let at = Timestamp::from_unix_s;
    let exp = checks.present(Check::ExpiryPresent, exp, i64::MAX, Refusal::NoExpiry)?;
    checks.demand(Check::Expiry, at(exp) > earliest, Refusal::Expired)?;
    let iat = checks.present(Check::IssueTimePresent, iat, now.unix_s(), Refusal::NoIssueTime)?;
    checks.demand(Check::IssuedInTheFuture, at(iat) <= latest, Refusal::Future)?;
    checks.demand(Check::IssuedLongAgo, at(iat) >= earliest.saturating_sub(MAX_AGE), Refusal::Old)?;
    checks.demand(Check::NotBefore, nbf.is_none_or(|nbf| at(nbf) <= latest), Refusal::NotYet)
}

#[cfg(test)]
mod tests;
