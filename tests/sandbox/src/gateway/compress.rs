//! gzip for those who accept it; a public document is compressed once.
//!
//! Guarantees: only bodies of [`WORTH_IT`] bytes and more; a strong ETag stays strong, as each encoding has its own
//! (RFC 9110 §8.8.3.3).

use std::{
    collections::HashMap,
    io::Write,
    sync::{LazyLock, Mutex, PoisonError},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};

use crate::problem::Problem;

/// Below this the header costs more than the saving.
pub(super) const WORTH_IT: usize = 1024;

/// Goes inside the quotes of an ETag to name the compressed representation.
const MARK: &str = "-gzip\"";

/// Catalogue, areas and the service pages people open most; the others are compressed anew.
const KEPT_DOCUMENTS: usize = 64;

/// More than anything the sandbox answers: a longer body is a defect.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// Compressed documents by the ETag of the plain one.
static KEPT: LazyLock<Mutex<HashMap<HeaderValue, Bytes>>> = LazyLock::new(Mutex::default);

/// The middleware. Whatever looks into bodies belongs inside of it.
pub async fn gzip(request: Request, next: Next) -> Response {
    let accepted = accepts_gzip(request.headers());
    let (mut parts, body) = next.run(request).await.into_parts();
    parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !accepted || parts.headers.contains_key(header::CONTENT_ENCODING) {
        return Response::from_parts(parts, body);
    }
    let Ok(plain) = to_bytes(body, LONGEST_BODY).await else {
        return Problem::internal().into_response();
    };
    let etag = parts.headers.get(header::ETAG).cloned();
    let Some(packed) = pack_or_recall(etag.as_ref(), &plain) else {
        return Response::from_parts(parts, Body::from(plain));
    };
    if let Some(etag) = etag.and_then(|plain| mark(&plain)) {
        parts.headers.insert(header::ETAG, etag);
    }
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(packed))
}

/// RFC 9110 §12.5.3, as far as gzip is concerned.
pub(crate) fn accepts_gzip(request: &HeaderMap) -> bool {
    let offers = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|list| list.split(',')).any(|offer| {
        let mut words = offer.split(';').map(str::trim);
        let names_gzip = words.next().is_some_and(|coding| coding.eq_ignore_ascii_case("gzip") || coding == "*");
        names_gzip && !words.any(|word| matches!(word, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// The tag of the compressed representation.
pub(crate) fn mark(plain: &HeaderValue) -> Option<HeaderValue> {
    let open = plain.to_str().ok()?.strip_suffix('"')?;
    HeaderValue::from_str(&format!("{open}{MARK}")).ok()
}

/// The plain document's tag, from either.
pub(crate) fn unmark(tag: &str) -> String {
    tag.strip_suffix(MARK).map_or_else(|| tag.into(), |open| format!("{open}\""))
}

fn pack_or_recall(etag: Option<&HeaderValue>, plain: &Bytes) -> Option<Bytes> {
    if plain.len() < WORTH_IT {
        return None;
    }
    let Some(etag) = etag else { return pack(plain) };
    if let Some(kept) = KEPT.lock().unwrap_or_else(PoisonError::into_inner).get(etag) {
        return Some(kept.clone());
    }
    let packed = pack(plain)?;
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT_DOCUMENTS {
        kept.insert(etag.clone(), packed.clone());
    }
    Some(packed)
}

/// Memory is the only thing that could fail; then the plain body goes out.
fn pack(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}
