//! What every call of the app's API brings: who calls, a body, a place in a feed.
//!
//! Guarantees: whatever is wrong with them is told as a problem with a stable code.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request, rejection::QueryRejection},
    http::{StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{oauth::Principal, problem::Problem, state::Sandbox};

/// The citizen who calls, proven by [`Principal`].
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Principal);

impl FromRequestParts<Sandbox> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, sandbox: &Sandbox) -> Result<Self, Problem> {
        #[cfg(test)] // the gateway's own tests bring their citizen along; tokens are oauth's to test
        if let Some(principal) = parts.extensions.get::<Principal>() {
            return Ok(Self(principal.clone()));
        }
        Principal::from_request_parts(parts, sandbox).await.map(Self)
    }
}

/// A JSON body, whatever it holds.
pub(crate) struct Json(pub(crate) Value);

impl FromRequest<Sandbox> for Json {
    type Rejection = Problem;

    async fn from_request(request: Request, sandbox: &Sandbox) -> Result<Self, Problem> {
        let json =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
                value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
            });
        if !json {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"));
        }
        let bytes = Bytes::from_request(request, sandbox).await.map_err(|rejection| {
            let code =
                if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE { "body_too_large" } else { "broken_body" };
            Problem::new(rejection.status(), code)
        })?;
        let value = serde_json::from_slice(&bytes).map_err(|_| Problem::bad_request("invalid_json"))?;
        Ok(Self(value))
    }
}

/// A query string as `T`, or 400 `invalid_query`.
pub(crate) fn query<T: DeserializeOwned>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    match query {
        Ok(Query(value)) => Ok(value),
        Err(_) => Err(Problem::bad_request("invalid_query")),
    }
}
