//! `/oauth/token` and `/oauth/revoke` (RFC 6749 §5, RFC 7009).

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri, header},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::{
    CLIENT_ID,
    grants::{self, ACCESS_TOKEN_LASTS_MS, CodeGrant, Granted},
    id_token, par,
    refusal::Refusal,
};
use crate::{forms::Fields, state::Sandbox};

pub(super) async fn token(
    State(sandbox): State<Sandbox>,
    uri: Uri,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Refusal> {
    let proof = par::proof(&sandbox, &headers, uri.path())?;
    known_client(&fields)?;
    let (now, jkt) = (sandbox.now(), proof.jkt.clone());
    let rotate = sandbox.rotates_refresh_tokens();
    let granted = match fields.get("grant_type") {
        Some("authorization_code") => {
            let grant = CodeGrant {
                code: needed(&fields, "code", "code is missing")?,
                redirect_uri: needed(&fields, "redirect_uri", "redirect_uri is missing")?,
                code_verifier: needed(&fields, "code_verifier", "code_verifier is missing")?,
            };
            sandbox.db().write(move |tx| grants::redeem_code(tx, &grant, &proof, now)).await??
        }
        Some("refresh_token") => {
            let token = needed(&fields, "refresh_token", "refresh_token is missing")?;
            sandbox.db().write(move |tx| grants::refresh(tx, &token, rotate, &proof, now)).await??
        }
        Some(_) => return Err(Refusal::new("unsupported_grant_type", "this grant_type is not known")),
        None => return Err(Refusal::invalid_request("grant_type is missing")),
    };
    answer(&sandbox, granted, rotate, &jkt, now).await
}

async fn answer(sandbox: &Sandbox, granted: Granted, rotate: bool, jkt: &str, now: i64) -> Result<Response, Refusal> {
    let mut body = json!({
        "access_token": granted.access_token,
        "token_type": "DPoP",
        "expires_in": ACCESS_TOKEN_LASTS_MS / 1000,
        "refresh_token": granted.refresh_token,
        "scope": granted.scope,
    });
    // draft-ietf-oauth-refresh-token-expiration. With rotation each use moves the end on, so consent has none.
    let left_s = (granted.refresh_expires_at - now) / 1000;
    body["refresh_token_timeout"] = left_s.into();
    if !rotate {
        body["authorization_expires_in"] = left_s.into();
    }
    if let Some(sign_in) = granted.sign_in {
        body["store_share"] = sandbox.keys().store_share(&sign_in.regnum, jkt).into();
        body["id_token"] = id_token::issue(sandbox, sign_in, now).await?.into();
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// Proof of possession is not asked for: whoever holds a token may end its session (RFC 7009 §2.1).
pub(super) async fn revoke(State(sandbox): State<Sandbox>, fields: Fields) -> Result<Response, Refusal> {
    known_client(&fields)?;
    let token = needed(&fields, "token", "token is missing")?;
    let now = sandbox.now();
    sandbox.db().write(move |tx| grants::revoke(tx, &token, CLIENT_ID, now)).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], ()).into_response())
}

fn known_client(fields: &Fields) -> Result<(), Refusal> {
    match fields.get("client_id") {
        Some(CLIENT_ID) => Ok(()),
        Some(_) => Err(Refusal::new("invalid_client", "this client is not known")),
        None => Err(Refusal::invalid_request("client_id is missing")),
    }
}

fn needed(fields: &Fields, name: &str, missing: &'static str) -> Result<String, Refusal> {
    fields.get(name).map(str::to_owned).ok_or(Refusal::invalid_request(missing))
}
