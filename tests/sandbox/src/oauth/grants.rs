//! Tokens out of codes and refresh tokens: each function is one transaction's decision.
//!
//! Guarantees: a code works once and its second use ends the session it began; so does a rotated refresh token's.

use rusqlite::Transaction;

use super::{
    dpop::{self, Proof},
    refusal::Refusal,
    store::{self, Family},
};
use crate::text;

/// How long a code waits for the app (RFC 6749 §4.1.2 asks for ten minutes at most).
const CODE_LASTS_MS: i64 = 60_000;

/// An access token's life.
pub(super) const ACCESS_TOKEN_LASTS_MS: i64 = 300_000;

/// A refresh token's life: longer than the 35 days the gateway keeps idempotency keys for.
const REFRESH_TOKEN_LASTS_MS: i64 = 180 * 24 * 3600 * 1000;

/// Expired access tokens are kept a while only to be looked at by people.
const EXPIRED_KEPT_MS: i64 = 3600 * 1000;

/// What a token request led to.
pub(super) struct Granted {
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    pub(super) refresh_expires_at: i64,
    pub(super) scope: String,
    /// For the ID token; only a code leads to one.
    pub(super) sign_in: Option<SignIn>,
}

pub(super) struct SignIn {
    pub(super) regnum: String,
    pub(super) nonce: String,
    pub(super) auth_time_ms: i64,
    pub(super) acr: Option<String>,
}

/// A refusal commits too: a proof or a code that was used stays used.
pub(super) type Decision<T> = Result<Result<T, Refusal>, rusqlite::Error>;

/// What the app sends with a code.
pub(super) struct CodeGrant {
    pub(super) code: String,
    pub(super) redirect_uri: String,
    pub(super) code_verifier: String,
}

pub(super) fn redeem_code(tx: &Transaction<'_>, grant: &CodeGrant, proof: &Proof, now: i64) -> Decision<Granted> {
    if !dpop::remember(tx, proof, now)? {
        return Ok(Err(Refusal::replayed()));
    }
    let Some(authorization) = store::by_code(tx, &grant.code)? else {
        return Ok(Err(Refusal::invalid_grant("this code is not known")));
    };
    if let Some(family) = authorization.family {
        store::revoke_family(tx, family, now)?; // RFC 6749 §4.1.2
        return Ok(Err(Refusal::invalid_grant("this code was used before")));
    }
    let pushed = authorization.pushed;
    let (Some(issued_at), Some((sub, regnum))) = (authorization.code_issued_at, authorization.citizen) else {
        return Ok(Err(Refusal::invalid_grant("this code is not known")));
    };
    if now > issued_at + CODE_LASTS_MS {
        return Ok(Err(Refusal::invalid_grant("this code has expired")));
    }
    if grant.redirect_uri != pushed.redirect_uri {
        return Ok(Err(Refusal::invalid_grant("redirect_uri is another than was asked for")));
    }
    if text::base64url(&text::sha256(grant.code_verifier.as_bytes())) != pushed.code_challenge {
        return Ok(Err(Refusal::invalid_grant("code_verifier does not fit the challenge")));
    }
    if proof.jkt != pushed.jkt {
        return Ok(Err(Refusal::invalid_grant("this code is bound to another key")));
    }
    let auth_time = authorization.auth_time.unwrap_or(issued_at);
    let proof_of = (auth_time, authorization.acr.as_deref(), authorization.operations.as_str());
    let family = store::insert_family(tx, &pushed, (&sub, &regnum), proof_of, now)?;
    store::redeemed(tx, authorization.id, family)?;
    let refresh_token = text::token();
    let refresh_expires_at = now + REFRESH_TOKEN_LASTS_MS;
    store::insert_refresh_token(tx, &refresh_token, family, refresh_expires_at)?;
    Ok(Ok(Granted {
        access_token: access_token(tx, family, now)?,
        refresh_token,
        refresh_expires_at,
        scope: pushed.scope,
        sign_in: Some(SignIn { regnum, nonce: pushed.nonce, auth_time_ms: auth_time, acr: authorization.acr }),
    }))
}

pub(super) fn refresh(tx: &Transaction<'_>, token: &str, rotate: bool, proof: &Proof, now: i64) -> Decision<Granted> {
    if !dpop::remember(tx, proof, now)? {
        return Ok(Err(Refusal::replayed()));
    }
    let Some(known) = store::refresh_token(tx, token)? else {
        return Ok(Err(Refusal::invalid_grant("this refresh token is not known")));
    };
    let Some(family) = store::family(tx, known.family)? else {
        return Ok(Err(Refusal::invalid_grant("this refresh token is not known")));
    };
    if let Err(refusal) = may_refresh(&family, proof, known.expires_at, now) {
        return Ok(Err(refusal));
    }
    if known.rotated {
        store::revoke_family(tx, family.id, now)?; // RFC 9700 §4.14.2
        return Ok(Err(Refusal::invalid_grant("this refresh token was exchanged before")));
    }
    store::supersede(tx, &family, now)?;
    let (refresh_token, refresh_expires_at) = if rotate {
        let (next, until) = (text::token(), now + REFRESH_TOKEN_LASTS_MS);
        store::rotated(tx, token, now)?;
        store::insert_refresh_token(tx, &next, family.id, until)?;
        (next, until)
    } else {
        (token.to_owned(), known.expires_at)
    };
    let access_token = access_token(tx, family.id, now)?;
    Ok(Ok(Granted { access_token, refresh_token, refresh_expires_at, scope: family.scope, sign_in: None }))
}

fn may_refresh(family: &Family, proof: &Proof, expires_at: i64, now: i64) -> Result<(), Refusal> {
    if family.revoked {
        return Err(Refusal::invalid_grant("this session was ended"));
    }
    if family.jkt != proof.jkt {
        return Err(Refusal::invalid_grant("this refresh token is bound to another key"));
    }
    if now >= expires_at {
        return Err(Refusal::invalid_grant("this refresh token has expired"));
    }
    Ok(())
}

fn access_token(tx: &Transaction<'_>, family: i64, now: i64) -> Result<String, rusqlite::Error> {
    let token = text::token();
    store::forget_access_tokens(tx, now - EXPIRED_KEPT_MS)?;
    store::insert_access_token(tx, &token, family, now + ACCESS_TOKEN_LASTS_MS)?;
    Ok(token)
}

/// Ends the session that `token`, of either kind, belongs to. Unknown tokens are none of anybody's business.
pub(super) fn revoke(tx: &Transaction<'_>, token: &str, client_id: &str, now: i64) -> Result<(), rusqlite::Error> {
    let family = match store::refresh_token(tx, token)? {
        Some(known) => Some(known.family),
        None => store::access_token(tx, token)?.map(|(family, _)| family),
    };
    let Some(family) = family else { return Ok(()) };
    if store::family(tx, family)?.is_some_and(|f| f.client_id == client_id) {
        store::revoke_family(tx, family, now)?;
    }
    Ok(())
}
