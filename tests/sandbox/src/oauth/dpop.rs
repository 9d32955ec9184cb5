//! DPoP proofs (RFC 9449): who holds the key, for which call, how lately.
//!
//! Guarantees: a proof counts for one call on one path with a nonce of ours; another's key, a stale nonce, a
//! skewed clock or a second use is refused.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use rusqlite::{Transaction, named_params};
use serde::Deserialize;

use super::keys::{Keys, thumbprint};
use crate::text;

pub const DPOP: HeaderName = HeaderName::from_static("dpop");
pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// How far `iat` may lie from the server's clock, either way.
const SKEW_MS: i64 = 60_000;

/// How long a nonce is the current one; it is accepted for one period more.
const NONCE_PERIOD_MS: i64 = 180_000;

/// A jti is a random word, not a place to store things.
const JTI_LIMIT: usize = 256;

/// The authorisation server and the resource server hand out different nonces (RFC 9449 §9).
#[derive(Debug, Clone, Copy)]
pub enum Space {
    As,
    Rs,
}

impl Space {
    const fn name(self) -> &'static str {
        match self {
            Self::As => "as",
            Self::Rs => "rs",
        }
    }

    /// The nonce to use from now on.
    pub fn nonce(self, keys: &Keys, now_ms: i64) -> String {
        self.nonce_of(keys, now_ms.div_euclid(NONCE_PERIOD_MS))
    }

    /// As a header, for any answer.
    pub fn nonce_header(self, keys: &Keys, now_ms: i64) -> HeaderValue {
        HeaderValue::from_str(&self.nonce(keys, now_ms)).unwrap_or(HeaderValue::from_static("")) // base64url is ASCII
    }

    fn accepts(self, keys: &Keys, nonce: &str, now_ms: i64) -> bool {
        let period = now_ms.div_euclid(NONCE_PERIOD_MS);
        [period, period - 1].iter().any(|p| text::same_secret(nonce, &self.nonce_of(keys, *p)))
    }

    fn nonce_of(self, keys: &Keys, period: i64) -> String {
        keys.nonce_tag(&format!("{} {period}", self.name()))
    }
}

/// A proof that holds, apart from its second use, which [`remember`] tells.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Thumbprint of the key that signed it (RFC 7638).
    pub jkt: String,
    /// SHA-256 of the access token it goes with, in base64url.
    pub ath: Option<String>,
    jti: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// `invalid_dpop_proof`.
    #[error("{0}")]
    Invalid(&'static str),
    /// `use_dpop_nonce`.
    #[error("a nonce of this server is needed")]
    UseNonce,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    nonce: Option<String>,
    ath: Option<String>,
}

/// Checks the request's proof for `method` on `url` (without query or fragment).
pub fn check(
    headers: &HeaderMap,
    (method, url): (&str, &str),
    space: Space,
    keys: &Keys,
    now_ms: i64,
) -> Result<Proof, ProofError> {
    use ProofError::Invalid;
    let mut given = headers.get_all(DPOP).iter();
    let jws = given.next().and_then(|v| v.to_str().ok()).ok_or(Invalid("the DPoP header is missing"))?;
    if given.next().is_some() {
        return Err(Invalid("there is more than one DPoP header"));
    }
    let (claims, jkt) = verified(jws)?;
    if claims.htm != method {
        return Err(Invalid("htm is another method"));
    }
    if claims.htu != url {
        return Err(Invalid("htu is another address"));
    }
    if claims.jti.is_empty() || claims.jti.len() > JTI_LIMIT {
        return Err(Invalid("jti has no sensible length"));
    }
    // The nonce first: whoever lacks both nonce and clock mends both with this one answer's headers.
    match &claims.nonce {
        Some(nonce) if space.accepts(keys, nonce, now_ms) => {}
        Some(_) | None => return Err(ProofError::UseNonce),
    }
    if claims.iat.saturating_mul(1000).abs_diff(now_ms) > SKEW_MS.unsigned_abs() {
        return Err(Invalid("iat is too far from the server's clock"));
    }
    Ok(Proof { jkt, ath: claims.ath, jti: claims.jti })
}

fn verified(jws: &str) -> Result<(Claims, String), ProofError> {
    let malformed = ProofError::Invalid("the proof is not a JWS");
    let mut parts = jws.split('.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed);
    };
    let decode = |part| text::from_base64url(part).ok_or_else(|| malformed.clone());
    let head: Header = serde_json::from_slice(&decode(header)?).map_err(|_| malformed.clone())?;
    if head.typ != "dpop+jwt" || head.alg != "ES256" {
        return Err(ProofError::Invalid("typ must be dpop+jwt and alg ES256"));
    }
    let (point, jkt) = public_key(&head.jwk).ok_or(ProofError::Invalid("jwk is not a public P-256 key"))?;
    let signed = jws.len() - signature.len() - 1; // all before the last dot
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(&jws.as_bytes()[..signed], &decode(signature)?)
        .map_err(|_| ProofError::Invalid("the signature does not hold"))?;
    let claims = serde_json::from_slice(&decode(claims)?)
        .map_err(|_| ProofError::Invalid("jti, htm, htu and iat are needed"))?;
    Ok((claims, jkt))
}

fn public_key(jwk: &serde_json::Map<String, serde_json::Value>) -> Option<(Vec<u8>, String)> {
    let member = |name: &str| jwk.get(name).and_then(|v| v.as_str());
    if member("kty") != Some("EC") || member("crv") != Some("P-256") || jwk.contains_key("d") {
        return None;
    }
    let (x, y) = (member("x")?, member("y")?);
    let (x_bytes, y_bytes) = (text::from_base64url(x)?, text::from_base64url(y)?);
    let point: Vec<u8> = [&[4], x_bytes.as_slice(), y_bytes.as_slice()].concat();
    (x_bytes.len() == 32 && y_bytes.len() == 32).then(|| (point, thumbprint(x, y)))
}

/// `false` when the proof was seen before. Forgets those whose iat no longer counts.
pub fn remember(tx: &Transaction<'_>, proof: &Proof, now_ms: i64) -> Result<bool, rusqlite::Error> {
    forget_old(tx, now_ms)?;
    let id = text::sha256(format!("{} {}", proof.jkt, proof.jti).as_bytes());
    let new = tx.execute(
        "INSERT INTO proofs (proof, seen_at) VALUES (:proof, :now) ON CONFLICT DO NOTHING",
        named_params! { ":proof": id, ":now": now_ms },
    )?;
    Ok(new == 1)
}

fn forget_old(tx: &Transaction<'_>, now_ms: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "DELETE FROM proofs WHERE seen_at < :oldest",
        named_params! { ":oldest": now_ms - 3 * SKEW_MS }, // an iat may lie SKEW ahead, then counts for 2 × SKEW
    )?;
    Ok(())
}
