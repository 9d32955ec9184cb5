//! `{result, message, data}`, as every answer there is given.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    db::DbError,
    state::{Sandbox, complain},
};

const NO_STORE: (header::HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

pub(super) fn good(data: &impl Serialize) -> Response {
    match serde_json::to_value(data) {
        Ok(data) => ([NO_STORE], Json(json!({ "result": true, "message": null, "data": data }))).into_response(),
        Err(error) => {
            complain(&error);
            Refused::Broken.into_response()
        }
    }
}

/// The guide knows 400 alone; a token that does not hold is told by 401, a defect by 500.
pub(super) enum Refused {
    Request(String),
    Token(&'static str),
    Broken,
}

impl Refused {
    pub(super) fn because(error: &dyn std::error::Error) -> Self {
        Self::Request(error.to_string())
    }

    pub(super) fn unknown() -> Self {
        Self::Request("Ийм хүсэлт алга".into())
    }
}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        complain(&error);
        Self::Broken
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Request(message) => (StatusCode::BAD_REQUEST, message),
            Self::Token(message) => (StatusCode::UNAUTHORIZED, message.into()),
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "Системийн алдаа гарлаа".into()),
        };
        (status, [NO_STORE], Json(json!({ "result": false, "message": message, "data": null }))).into_response()
    }
}

/// JSON, or 400 in the envelope.
pub(super) struct Body(pub(super) Value);

impl FromRequest<Sandbox> for Body {
    type Rejection = Refused;

    async fn from_request(request: Request, sandbox: &Sandbox) -> Result<Self, Refused> {
        let bytes = Bytes::from_request(request, sandbox).await;
        let bytes = bytes.map_err(|rejection| Refused::because(&rejection))?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| Refused::because(&error))
    }
}
