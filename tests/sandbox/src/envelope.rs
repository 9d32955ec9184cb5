//! What every answer carries, whoever gives it.
//!
//! Guarantees: a request id and the sandbox's own time on each, also when its clock was moved; the next DPoP nonce
//! wherever proofs are asked for (RFC 9449 §8.2, §9).

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::{
    oauth::dpop::{DPOP, DPOP_NONCE, Space},
    state::Sandbox,
    text,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ids are not echoed: they go into logs.
const REQUEST_ID_LIMIT: usize = 128;

pub async fn seal(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let space = nonce_space(&request);
    let mut response = next.run(request).await;
    let now = sandbox.now();
    response.headers_mut().insert(REQUEST_ID, id);
    if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
        response.headers_mut().insert(header::DATE, date);
    }
    if let Some(space) = space {
        response.headers_mut().insert(DPOP_NONCE, space.nonce_header(sandbox.keys(), now));
    }
    response
}

/// RFC 9110 §5.6.7.
fn http_date(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The request's own id, or a new one.
pub fn request_id(request: &Request) -> HeaderValue {
    let echoable = |id: &&HeaderValue| {
        (1..=REQUEST_ID_LIMIT).contains(&id.len())
            && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
    };
    let minted = || HeaderValue::from_str(&text::hex(&text::random::<16>())).ok();
    let given = request.headers().get(REQUEST_ID).filter(echoable).cloned();
    given.or_else(minted).unwrap_or(HeaderValue::from_static("none")) // hex is always a header value
}

/// Puts the id on an answer that never came this far in.
pub fn mark(response: &mut Response, id: HeaderValue) {
    response.headers_mut().insert(REQUEST_ID, id);
}

fn nonce_space(request: &Request) -> Option<Space> {
    match request.uri().path() {
        "/oauth/par" | "/oauth/token" => Some(Space::As),
        path if path.starts_with("/v1/") && request.headers().contains_key(DPOP) => Some(Space::Rs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_http_has_it() {
        assert_eq!(http_date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
