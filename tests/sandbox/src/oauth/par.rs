//! Pushed authorisation requests (RFC 9126): everything about a sign-in is said before the browser opens.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use serde_json::json;
use url::Url;

use super::{
    CLIENT_ID, REDIRECT_URI,
    dpop::{self, Proof, Space},
    refusal::Refusal,
    store::{self, Pushed},
};
use crate::{forms::Fields, state::Sandbox, text};

/// How long the app has to open the browser.
pub(super) const REQUEST_URI_LASTS_MS: i64 = 60_000;

/// RFC 9126 §2.2.
const REQUEST_URI_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// A state or a nonce is a random word.
const WORD_LIMIT: usize = 512;

/// Checks the DPoP proof of a call to one of the direct endpoints.
pub(super) fn proof(sandbox: &Sandbox, headers: &HeaderMap, path: &str) -> Result<Proof, Refusal> {
    let url = format!("{}{path}", sandbox.origin());
    Ok(dpop::check(headers, (Method::POST.as_str(), &url), Space::As, sandbox.keys(), sandbox.now())?)
}

pub(super) async fn push(
    State(sandbox): State<Sandbox>,
    uri: Uri,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Refusal> {
    let proof = proof(&sandbox, &headers, uri.path())?;
    let pushed = asked(&fields, &proof)?;
    let request_uri = format!("{REQUEST_URI_PREFIX}{}", text::token());
    let (stored, now) = (request_uri.clone(), sandbox.now());
    let fresh = sandbox
        .db()
        .write(move |tx| {
            if !dpop::remember(tx, &proof, now)? {
                return Ok(false);
            }
            store::insert_pushed(tx, &stored, &pushed, now)?;
            Ok(true)
        })
        .await?;
    if !fresh {
        return Err(Refusal::replayed());
    }
    let body = json!({ "request_uri": request_uri, "expires_in": REQUEST_URI_LASTS_MS / 1000 });
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

fn asked(fields: &Fields, proof: &Proof) -> Result<Pushed, Refusal> {
    let needed = |name, missing| fields.get(name).ok_or(Refusal::invalid_request(missing));
    if needed("client_id", "client_id is missing")? != CLIENT_ID {
        return Err(Refusal::new("invalid_client", "this client is not known"));
    }
    if needed("response_type", "response_type is missing")? != "code" {
        return Err(Refusal::new("unsupported_response_type", "response_type must be code"));
    }
    let redirect_uri = needed("redirect_uri", "redirect_uri is missing")?;
    if !is_registered(redirect_uri) {
        return Err(Refusal::invalid_request("this redirect_uri is not registered"));
    }
    let scope = needed("scope", "scope is missing")?;
    let mut scopes = scope.split(' ');
    if !scopes.clone().any(|s| s == "openid") || !scopes.all(|s| matches!(s, "openid" | "offline_access")) {
        return Err(Refusal::new("invalid_scope", "scope must be openid, with or without offline_access"));
    }
    if needed("code_challenge_method", "code_challenge_method is missing")? != "S256" {
        return Err(Refusal::invalid_request("code_challenge_method must be S256"));
    }
    let code_challenge = needed("code_challenge", "code_challenge is missing")?;
    if text::from_base64url(code_challenge).is_none_or(|digest| digest.len() != 32) {
        return Err(Refusal::invalid_request("code_challenge is not a SHA-256 in base64url"));
    }
    let (state, nonce) = (needed("state", "state is missing")?, needed("nonce", "nonce is missing")?);
    if state.len() > WORD_LIMIT || nonce.len() > WORD_LIMIT {
        return Err(Refusal::invalid_request("state or nonce is too long"));
    }
    if fields.get("dpop_jkt").is_some_and(|jkt| jkt != proof.jkt) {
        return Err(Refusal::new("invalid_dpop_proof", "dpop_jkt names another key than the proof's"));
    }
    if fields.get("max_age").is_some_and(|age| age.parse::<u32>().is_err()) {
        return Err(Refusal::invalid_request("max_age is not a number of seconds"));
    }
    // ДАН asks for the citizen's proof at each sign-in, so `prompt` and `max_age` are kept by themselves.
    if fields.get("prompt").is_some_and(|prompt| prompt != "login") {
        return Err(Refusal::invalid_request("prompt must be login"));
    }
    let acr_values = fields.get("acr_values");
    if acr_values.is_some_and(|ways| ways.len() > WORD_LIMIT) {
        return Err(Refusal::invalid_request("acr_values is too long"));
    }
    Ok(Pushed {
        client_id: CLIENT_ID.into(),
        redirect_uri: redirect_uri.into(),
        scope: scope.into(),
        state: state.into(),
        nonce: nonce.into(),
        code_challenge: code_challenge.into(),
        jkt: proof.jkt.clone(),
        acr_values: acr_values.map(str::to_owned),
    })
}

/// The app's own scheme, or a terminal's loopback on any port (RFC 8252 §7.3).
fn is_registered(uri: &str) -> bool {
    if uri == REDIRECT_URI {
        return true;
    }
    uri.starts_with("http://127.0.0.1:")
        && Url::parse(uri).is_ok_and(|u| {
            u.host_str() == Some("127.0.0.1")
                && u.path() == "/callback"
                && u.query().is_none()
                && u.fragment().is_none()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_apps_scheme_and_a_loopback_address_are_registered() {
        for good in ["mn.emongolia:/callback", "http://127.0.0.1:49152/callback"] {
            assert!(is_registered(good), "{good}");
        }
        for bad in [
            "mn.emongolia:/callback/",
            "mn.emongolia:/other",
            "https://127.0.0.1:49152/callback",
            "http://127.0.0.1:49152/callback?x=1",
            "http://127.0.0.1:49152/callback#x",
            "http://127.0.0.1:49152@evil.example/callback",
            "http://127.0.0.1:1.evil.example/callback",
            "http://localhost:49152/callback",
            "https://evil.example/callback",
            "",
        ] {
            assert!(!is_registered(bad), "{bad}");
        }
    }
}
