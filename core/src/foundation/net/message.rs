//! What goes out and what comes back.

use std::time::Duration;

use reqwest::header::HeaderMap;
use url::Url;

use super::{limits, retry::RetryClass};
use crate::foundation::clock::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

#[derive(Clone)]
pub struct Body {
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// One request. Its headers may hold secrets, so it has no `Debug` that shows them.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Body>,
    pub retry: RetryClass,
    /// The most decoded bytes the answer may have.
    pub cap: usize,
    /// For the whole call with all its tries.
    pub budget: Duration,
}

impl Request {
    /// Without headers or body, never repeated, within the usual limits.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: None,
            retry: RetryClass::Never,
            cap: limits::BODY,
            budget: limits::TOTAL,
        }
    }

    /// `application/x-www-form-urlencoded`.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body = Some(Body { content_type: "application/x-www-form-urlencoded", bytes: text.into_bytes() });
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({} {})", self.method.as_str(), self.url.host_str().unwrap_or("?"))
    }
}

/// One whole answer of a host that proved who it is. Any status.
pub struct Response {
    pub status: u16,
    pub(super) headers: HeaderMap,
    pub body: Vec<u8>,
    /// What the exchange was called in both logs.
    pub request_id: String,
}

impl Response {
    /// The first field of that name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All fields of that name that are text.
    pub fn header_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// The other side's clock, to the second (RFC 9110 §6.6.1).
    pub fn date(&self) -> Option<Timestamp> {
        Timestamp::parse_http_date(self.header("date")?)
    }

    /// `Retry-After` in its form of seconds (RFC 9110 §10.2.3); the gateway does not use the other.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.header("retry-after")?.trim().parse().ok()
    }

    /// The media type in lower case, without its parameters.
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// `application/json` or one of its kin (RFC 6839 §3.1).
    pub fn is_json(&self) -> bool {
        self.media_type()
            .is_some_and(|t| t == "application/json" || (t.starts_with("application/") && t.ends_with("+json")))
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {} bytes, {})", self.status, self.body.len(), self.request_id)
    }
}

/// Scheme, host and port as one text (RFC 6454 §6.2); what nonces and clock differences are kept by.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
