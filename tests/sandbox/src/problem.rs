//! Errors as the gateway tells them: `application/problem+json` (RFC 9457) with a stable `code`.
//!
//! Guarantees: no text of SQLite or of a citizen's data leaves in an internal error.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use crate::db::DbError;

pub const CONTENT_TYPE: &str = "application/problem+json";

/// One refusal. Serialises to the body as it goes out, so a stored answer can be given again. Boxed: it is the rare case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problem(Box<Content>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Content {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// From where an upload goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// `code` is a stable word in snake_case; the title is the status's own.
    pub fn new(status: StatusCode, code: &str) -> Self {
        Self(Box::new(Content {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            code: code.into(),
            detail: None,
            field: None,
            offset: None,
            headers: Vec::new(),
        }))
    }

    pub fn bad_request(code: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code)
    }

    pub fn unauthorised() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised")
    }

    pub fn not_found(code: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code)
    }

    pub fn conflict(code: &str) -> Self {
        Self::new(StatusCode::CONFLICT, code)
    }

    pub fn gone(code: &str) -> Self {
        Self::new(StatusCode::GONE, code)
    }

    /// 422: the request is understood and does not fit.
    pub fn unprocessable(code: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code)
    }

    /// 422 `invalid_field`: `field` is the name in the form.
    pub fn invalid_field(field: &str, detail: &str) -> Self {
        Self::unprocessable("invalid_field").detail(detail).field(field)
    }

    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    #[must_use]
    pub fn detail(mut self, detail: &str) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The field of a form that it is about.
    #[must_use]
    pub fn field(mut self, name: &str) -> Self {
        self.0.field = Some(name.into());
        self
    }

    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.0.offset = Some(offset);
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub fn code(&self) -> &str {
        &self.0.code
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        crate::state::complain(&error);
        Self::internal()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_string(&self).unwrap_or_else(|_| "{}".into());
        let mut response = (self.status(), [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response();
        for (name, value) in self.0.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}
