//! What a client needs to know beforehand (RFC 8414), and the key that signs ID tokens (RFC 7517).

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::state::Sandbox;

pub(super) async fn metadata(State(sandbox): State<Sandbox>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", sandbox.origin());
    Json(json!({
        "issuer": sandbox.origin(),
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "pushed_authorization_request_endpoint": at("/oauth/par"),
        "revocation_endpoint": at("/oauth/revoke"),
        "jwks_uri": at("/oauth/jwks"),
        "require_pushed_authorization_requests": true,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": true,
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "offline_access"],
        "acr_values_supported": ["urn:mn:dan:sms", "urn:mn:dan:signature", "urn:mn:dan:app", "urn:mn:dan:bank"],
        "refresh_token_expiration_types_supported": ["authorization", "token_timeout"],
    }))
}

pub(super) async fn jwks(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "keys": [sandbox.keys().jwk()] }))
}
