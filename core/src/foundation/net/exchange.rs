//! One request, one answer, bounded.

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};

use super::{
    Distrust, Error, Method, Request, Response, Stage,
    client::{Inner, host, within},
    gzip::{Gunzip, Wrong},
    limits,
};
use crate::foundation::crypto::random;

/// What an exchange is called in our log and in the other side's.
const REQUEST_ID: &str = "x-request-id";

/// The one way of packing that is asked for.
const GZIP: &str = "gzip";

pub(super) async fn run(inner: &Inner, request: &Request) -> Result<Response, Error> {
    let host = host(&request.url);
    if request.url.scheme() != "https" {
        return Err(Error::Insecure);
    }
    let request_id = random::hex::<16>();
    let wire = dress(inner, request, &request_id)?;
    let _turn = inner.turns.acquire().await.map_err(|_| Error::Closed)?;
    let late = || Error::Timeout { host: host.clone(), stage: Stage::Read };
    let sent = within(&*inner.clock, limits::READ.max(limits::CONNECT), inner.http.execute(wire));
    let answer = sent.await.ok_or_else(late)?.map_err(|e| classify(&e, &host))?;

    let headers = answer.headers().clone();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > limits::HEADERS || bytes > limits::HEADER_BYTES {
        return Err(Error::TooManyHeaders { host });
    }
    let status = answer.status().as_u16();
    let body = read(inner, answer, request.cap, &host).await?;
    log::debug!(target: "emongolia", "{} {host}: {status}, {} bytes ({request_id})", request.method.as_str(), body.len());
    Ok(Response { status, headers, body, request_id })
}

fn dress(inner: &Inner, request: &Request, request_id: &str) -> Result<reqwest::Request, Error> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut builder = inner.http.request(method, request.url.clone());
    builder = builder.header(REQUEST_ID, request_id).header(ACCEPT_ENCODING, GZIP);
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value).map_err(|_| Error::Request("a header value is not sendable"))?;
        value.set_sensitive(true); // we don't know which are secrets, so all are
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| Error::Request("a header name is not sendable"))?;
        builder = builder.header(name, value);
    }
    if let Some(body) = &request.body {
        builder = builder.header(CONTENT_TYPE, body.content_type).body(body.bytes.clone());
    }
    builder.build().map_err(|_| Error::Request("the address is not sendable"))
}

/// The decoded body up to `cap`, piece by piece, so that no more than the cap is ever in memory.
async fn read(inner: &Inner, mut answer: reqwest::Response, cap: usize, host: &str) -> Result<Vec<u8>, Error> {
    let too_large = || Error::BodyTooLarge { host: host.to_owned(), cap };
    if answer.content_length().is_some_and(|announced| announced > cap as u64) {
        return Err(too_large());
    }
    let is = |way: &HeaderValue, name: &str| way.as_bytes().eq_ignore_ascii_case(name.as_bytes());
    let mut gunzip = match answer.headers().get(CONTENT_ENCODING) {
        // What has no body may still say how the body is packed that it does not send.
        _ if matches!(answer.status().as_u16(), 204 | 304) => None,
        None => None,
        Some(way) if is(way, "identity") => None,
        Some(way) if is(way, GZIP) || is(way, "x-gzip") => Some(Gunzip::new()), // two names of one way, RFC 9110
        Some(_) => return Err(Error::Lost { host: host.to_owned() }),
    };
    let mut body = Vec::new();
    loop {
        let piece = within(&*inner.clock, limits::READ, answer.chunk()).await;
        let piece = piece.ok_or_else(|| Error::Timeout { host: host.to_owned(), stage: Stage::Read })?;
        match piece.map_err(|_| Error::Lost { host: host.to_owned() })? {
            Some(bytes) => match &mut gunzip {
                Some(gunzip) => gunzip.put(&bytes, &mut body, cap).map_err(|wrong| match wrong {
                    Wrong::TooLarge => too_large(),
                    Wrong::Damaged => Error::Lost { host: host.to_owned() },
                })?,
                None if body.len() + bytes.len() > cap => return Err(too_large()),
                None => body.extend_from_slice(&bytes),
            },
            None if gunzip.as_ref().is_some_and(|gunzip| !gunzip.is_whole()) => {
                return Err(Error::Lost { host: host.to_owned() });
            }
            None => return Ok(body),
        }
    }
}

/// What a failure of the client means. Its own text is not used: it names addresses.
fn classify(error: &reqwest::Error, host: &str) -> Error {
    let host = host.to_owned();
    if error.is_builder() {
        return Error::Request("the address is not sendable");
    }
    if !error.is_connect() {
        return Error::Lost { host };
    }
    match distrust(error) {
        Some(why) => Error::Untrusted { host, why },
        None => Error::Offline { host },
    }
}

/// Looks through the wrappings for what rustls said.
fn distrust(error: &reqwest::Error) -> Option<Distrust> {
    let mut each: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = each {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(reason(tls));
        }
        // An `io::Error` hides what it wraps from `source`, and they come wrapped in one another.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        each = match wrapped {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn reason(error: &rustls::Error) -> Distrust {
    if let rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) = error {
        return other.0.downcast_ref::<Distrust>().copied().unwrap_or(Distrust::BadCertificate);
    }
    if let rustls::Error::InvalidCertificate(_) = error { Distrust::BadCertificate } else { Distrust::Handshake }
}
