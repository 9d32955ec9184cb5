//! Who may come in: a browser on this machine that asks for this desk, with forms from this desk's own pages.
//!
//! Guarantees: a name that was rebound to this address is refused; no other site's page can send a form; every answer
//! forbids scripts, frames and anything from elsewhere.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::language;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// Not `no-referrer`: a browser would then send forms with the origin `null`.
const REFERRER: &str = "same-origin";

/// The names this desk goes by.
pub(super) struct Door {
    hosts: [String; 2],
}

impl Door {
    pub(super) fn at(address: SocketAddr) -> Self {
        Self { hosts: [address.to_string(), format!("localhost:{}", address.port())] }
    }

    /// DNS rebinding: somebody else's name that leads here still stands in `Host`.
    fn knows(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (given.next(), given.next()) else { return false };
        self.hosts.iter().any(|known| known.as_bytes() == host.as_bytes())
    }
}

pub(super) async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let chosen = language::chosen(request.uri());
    let mut response = if !door.knows(request.headers()) {
        refuse(StatusCode::MISDIRECTED_REQUEST, "Энэ нэрээр ширээ байхгүй.", "There is no desk of this name.")
    } else if changes(request.method()) && !from_own_page(request.headers()) {
        refuse(
            StatusCode::FORBIDDEN,
            "Маягтыг зөвхөн ширээний өөрийн хуудаснаас илгээнэ.",
            "A form is sent from the desk's own pages only.",
        )
    } else {
        next.run(request).await
    };
    seal(response.headers_mut());
    if let Some(lang) = chosen {
        response.headers_mut().append(header::SET_COOKIE, language::cookie(lang));
    }
    response
}

fn changes(method: &Method) -> bool {
    method != Method::GET && method != Method::HEAD
}

/// Every browser of today says one or the other with a form.
fn from_own_page(headers: &HeaderMap) -> bool {
    let own = |origin: &HeaderValue| {
        let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
        origin.as_bytes().strip_prefix(b"http://").is_some_and(|rest| Some(rest) == host)
    };
    match (headers.get(header::ORIGIN), headers.get(FETCH_SITE)) {
        (Some(origin), _) => own(origin),
        (None, Some(site)) => site == "same-origin",
        (None, None) => false,
    }
}

/// No page yet: nothing is known of who asks.
fn refuse(status: StatusCode, mn: &str, en: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{mn}\n{en}\n")).into_response()
}

fn seal(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(REFERRER));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
