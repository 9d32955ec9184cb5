//! Documents: given with a strong ETag, answered 304 to those who hold them. Public ones are made once.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use ring::digest::{SHA256, digest};

use super::compress;

/// Anyone may keep a public document and must ask before using it again.
const REVALIDATE: HeaderValue = HeaderValue::from_static("public, no-cache");
/// A citizen's own may be kept by nobody on the way.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// 128 bits of a SHA-256 are plenty to tell versions apart.
const HASH_HEX: usize = 32;

pub(crate) struct Document {
    body: String,
    hash: String,
    keep: HeaderValue,
}

impl Document {
    pub(crate) fn new(body: String) -> Self {
        let hash = content_hash(body.as_bytes());
        Self { body, hash, keep: REVALIDATE }
    }

    /// Of one citizen.
    pub(crate) fn private(body: String) -> Self {
        Self { keep: PRIVATE, ..Self::new(body) }
    }

    /// Another document for every version, whatever it holds.
    pub(crate) fn edition(body: String, version: i64) -> Self {
        let hash = content_hash(format!("{version} {body}").as_bytes());
        Self { body, hash, keep: REVALIDATE }
    }

    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    pub(crate) fn answer(&self, request: &HeaderMap) -> Response {
        let plain = self.etag();
        if request.get_all(header::IF_NONE_MATCH).iter().any(|held| names(held, &plain)) {
            let packed = compress::accepts_gzip(request) && self.body.len() >= compress::WORTH_IT;
            let etag = if packed { compress::mark(&plain).unwrap_or(plain) } else { plain };
            return (StatusCode::NOT_MODIFIED, [(header::CACHE_CONTROL, self.keep.clone()), (header::ETAG, etag)])
                .into_response();
        }
        let headers = [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, self.keep.clone()), (header::ETAG, plain)];
        (headers, self.body.clone()).into_response()
    }

    pub(crate) fn etag(&self) -> HeaderValue {
        // Hex digits in quotes are always a header value.
        HeaderValue::from_str(&format!("\"{}\"", self.hash)).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

/// Weak comparison (RFC 9110 §13.1.2); either encoding's tag will do, as it names the same content.
fn names(if_none_match: &HeaderValue, etag: &HeaderValue) -> bool {
    let Ok(list) = if_none_match.to_str() else { return false };
    list.split(',').map(str::trim).any(|tag| {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || etag.as_bytes() == compress::unmark(tag).as_bytes()
    })
}

/// Hex of the content's hash, as ETags and versions use it.
pub(crate) fn content_hash(bytes: &[u8]) -> String {
    let mut hash: String = digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    hash.truncate(HASH_HEX);
    hash
}
