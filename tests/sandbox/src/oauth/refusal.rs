//! Errors as an authorisation server tells them (RFC 6749 §5.2).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::dpop::ProofError;
use crate::db::DbError;

/// An error of `/oauth/par`, `/oauth/token` or `/oauth/revoke`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
}

impl Refusal {
    pub(super) fn invalid_request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    pub(super) fn invalid_grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(super) fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description }
    }

    pub(super) fn server_error() -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::new("server_error", "the server failed") }
    }

    /// The proof was seen before.
    pub(super) fn replayed() -> Self {
        Self::new("invalid_dpop_proof", "this proof was used before")
    }
}

impl From<ProofError> for Refusal {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Invalid(description) => Self::new("invalid_dpop_proof", description),
            ProofError::UseNonce => Self::new("use_dpop_nonce", "a nonce of this server is needed"),
        }
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        crate::state::complain(&error);
        Self::server_error()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        (self.status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response()
    }
}
