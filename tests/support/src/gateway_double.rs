//! A gateway that lies: TLS 1.3 on loopback with scripted answers, the right ones and the worst ones.
//!
//! Guarantees: answers come in the order of the script, the last one for ever; JSON for the path of a public document is
//! signed as that document unless the script says otherwise; every request is kept before it is answered; memory stays
//! flat whatever is sent.

pub(crate) mod body;
pub(crate) mod signer;
pub(crate) mod tls;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use emongolia_core::Config;
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderValue},
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

use self::{body::ScriptedBody, signer::Signer, tls::Identity};
use crate::{Failure, Result, thread_runtime::ThreadRuntime};

/// Of a request's body, at most so much is kept: more than the largest form.
const KEPT_BODY: usize = 1 << 20;

/// One scripted answer.
#[derive(Debug, Clone)]
pub enum Reply {
    /// 200 with this JSON.
    Json(Value),
    /// As [`Reply::Json`], of a document's path too without a signature.
    Unsigned(Value),
    /// Any status, type, headers and text: wrong JSON, a wrong content type, a problem.
    Raw { status: u16, content_type: &'static str, headers: Vec<(&'static str, String)>, body: String },
    /// 200, JSON to look at, and then `bytes` of it. Generated while it is sent.
    Flood { bytes: u64 },
    /// 200 with about 256 KiB of gzip that become 256 MiB.
    GzipBomb,
    /// 200, one byte now and one more each `every`, without end.
    Drip { every: Duration },
    /// The request is read and never answered.
    Silence,
    /// The request is read and the connection closed without one byte.
    Close,
    /// 302 to this address.
    Redirect(String),
}

impl Reply {
    /// 200, `application/json`, and a text that need not be JSON.
    pub fn json_text(body: impl Into<String>) -> Self {
        Self::Raw { status: 200, content_type: "application/json", headers: Vec::new(), body: body.into() }
    }

    /// An RFC 9457 problem.
    pub fn problem(status: u16, code: &str) -> Self {
        let body = serde_json::json!({ "type": "about:blank", "title": code, "status": status, "code": code });
        Self::Raw { status, content_type: "application/problem+json", headers: Vec::new(), body: body.to_string() }
    }
}

/// One request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Seen {
    pub(crate) fn of(head: &Parts, body: Vec<u8>) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            body,
        }
    }
}

/// The server. Ends, with every connection, when dropped.
pub struct GatewayDouble {
    address: SocketAddr,
    identity: Identity,
    shared: Arc<Shared>,
    _runtime: ThreadRuntime,
}

struct Shared {
    signer: Arc<Signer>,
    scripts: Mutex<HashMap<String, VecDeque<Reply>>>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
}

impl GatewayDouble {
    /// On a free loopback port; every path answers 404 until scripted.
    pub fn start() -> Result<Self> {
        let identity = Identity::make()?;
        let runtime = ThreadRuntime::start("gateway-double")?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(Failure::network("the double's port"))?;
        let address = listener.local_addr().map_err(Failure::network("the double's port"))?;
        let shared = Arc::new(Shared {
            signer: Arc::clone(&identity.signer),
            scripts: Mutex::default(),
            seen: Mutex::default(),
            connections: AtomicUsize::default(),
        });
        let serving = serve(listener, identity.acceptor()?, Arc::clone(&shared));
        runtime.handle().spawn(serving);
        Ok(Self { address, identity, shared, _runtime: runtime })
    }

    /// Answers to requests of this path (without the query), in order; the last one stays. Replaces what was there.
    pub fn script(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.shared.scripts).insert(path.to_owned(), replies.into_iter().collect());
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub fn ca_der(&self) -> Vec<u8> {
        self.identity.ca_der.clone()
    }

    /// SHA-256 of the SubjectPublicKeyInfo of the leaf and of its authority.
    pub fn spki_pins(&self) -> [[u8; 32]; 2] {
        self.identity.pins
    }

    /// An installation whose gateway, issuer and trust are this double.
    pub fn config(&self, state_dir: impl Into<PathBuf>, cache_dir: impl Into<PathBuf>) -> Config {
        self.identity.config(self.origin(), state_dir, cache_dir)
    }

    /// The value of `Document-Signature` for a document of this name, version and body, by the key in use.
    pub fn signature(&self, document: &str, version: i64, body: &str) -> String {
        self.identity.signer.signature(document, version, body.as_bytes())
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// Requests of this path so far.
    pub fn hits(&self, path: &str) -> usize {
        lock(&self.shared.seen).iter().filter(|seen| seen.path == path).count()
    }

    /// TCP connections so far, also those that never became TLS.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn next_reply(&self, path: &str) -> Reply {
        let mut scripts = lock(&self.scripts);
        let Some(script) = scripts.get_mut(path) else { return Reply::problem(404, "not_found") };
        let next = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
        next.unwrap_or_else(|| Reply::problem(404, "not_found"))
    }
}

async fn serve(listener: std::net::TcpListener, tls: tokio_rustls::TlsAcceptor, shared: Arc<Shared>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return }; // the client does not trust us: its right
            let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
            // An error is a client that went away, or a scripted close.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed by the script")]
struct Closed;

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<ScriptedBody>, Closed> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let seen = Seen::of(&head, body::read(body, KEPT_BODY).await);
    lock(&shared.seen).push(seen);
    let json = |body| respond(200, "application/json", &[], body);
    let signed = |headers: Vec<(&'static str, String)>, body: String| {
        let scripted = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(signer::FIELD));
        let mut headers = headers;
        if let Some(document) = signer::document_at(&path).filter(|_| !scripted) {
            headers.push((signer::FIELD, shared.signer.signature(&document, 1, body.as_bytes())));
        }
        (headers, ScriptedBody::text(body))
    };
    match shared.next_reply(&path) {
        Reply::Json(value) => {
            let (headers, body) = signed(Vec::new(), value.to_string());
            respond(200, "application/json", &headers, body)
        }
        Reply::Unsigned(value) => json(ScriptedBody::text(value.to_string())),
        Reply::Raw { status: 200, content_type, headers, body } => {
            let (headers, body) = signed(headers, body);
            respond(200, content_type, &headers, body)
        }
        Reply::Raw { status, content_type, headers, body } => {
            respond(status, content_type, &headers, ScriptedBody::text(body))
        }
        Reply::Flood { bytes } => json(ScriptedBody::flood(bytes)),
        Reply::GzipBomb => {
            let encoded = [("content-encoding", "gzip".to_owned())];
            respond(200, "application/json", &encoded, ScriptedBody::bytes(body::gzip_bomb().await))
        }
        Reply::Drip { every } => json(ScriptedBody::drip(every)),
        Reply::Silence => Ok(std::future::pending::<Result<_, Infallible>>().await.map_err(|never| match never {})?),
        Reply::Close => Err(Closed),
        Reply::Redirect(to) => respond(302, "text/plain", &[("location", to)], ScriptedBody::text("")),
    }
}

fn respond(
    status: u16,
    content_type: &str,
    headers: &[(&'static str, String)],
    body: ScriptedBody,
) -> Result<Response<ScriptedBody>, Closed> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(body).map_err(|_| Closed) // a header that can't be one: the script's mistake shows as a close
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
