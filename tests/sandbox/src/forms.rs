//! Form bodies (`application/x-www-form-urlencoded`), each name at most once (RFC 6749 §3.1).

use std::collections::HashMap;

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};

/// Longer than any form here; a code or a token is some hundred bytes.
const LIMIT: usize = 64 * 1024;

/// The fields of a form. As an argument it is never a refusal: what can't be read is an empty form.
#[derive(Debug, Default)]
pub struct Fields(HashMap<String, String>);

impl Fields {
    /// The field's value; empty is as good as absent (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn parse(headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        if kind.split(';').next()?.trim() != "application/x-www-form-urlencoded" {
            return None;
        }
        let mut fields = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        Some(Self(fields))
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, LIMIT).await.unwrap_or_default();
        Ok(Self::parse(&parts.headers, &body).unwrap_or_default())
    }
}
