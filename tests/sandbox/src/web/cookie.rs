//! The browser's cookie: this origin's alone (`__Host-`), out of reach of scripts and of other sites' requests.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

const NAME: &str = "__Host-web";

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// Ours among whatever else the browser sends: another's cookie in letters of its own does not hide it.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = all.flat_map(|line| line.as_bytes().split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let value = pairs.find_map(|pair| pair.strip_prefix(NAME.as_bytes())?.strip_prefix(b"="))?;
    String::from_utf8(value.to_vec()).ok().filter(|value| !value.is_empty())
}

pub(super) fn set(response: Response, value: &str) -> Response {
    with(response, &format!("{NAME}={value}; {ATTRIBUTES}"))
}

pub(super) fn drop_from(response: Response) -> Response {
    with(response, &format!("{NAME}=; Max-Age=0; {ATTRIBUTES}"))
}

fn with(mut response: Response, line: &str) -> Response {
    if let Ok(line) = HeaderValue::from_str(line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}
