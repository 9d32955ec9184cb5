//! A TLS front before a plain server on this machine: what stands before a server in the world, with a hand on the wire.
//!
//! Guarantees: TLS 1.3 under an authority of its own; the server behind is told what was asked for; every exchange is
//! kept, also one whose answer the client never gets; the port stays the same whatever stands behind.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use emongolia_core::Config;
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    client::conn::http1 as client,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    http::{request, response},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::{
    Failure, Result,
    gateway_double::{
        Seen,
        body::{self, ScriptedBody},
        tls::Identity,
    },
    thread_runtime::ThreadRuntime,
};

/// Of a body, at most so much passes: more than any page or token answer.
const LARGEST: usize = 4 << 20;

/// Of one connection only (RFC 9110 §7.6.1), or reckoned anew on the next.
const NOT_PASSED_ON: [HeaderName; 3] = [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH];

/// What becomes of one request.
pub enum Act {
    /// It reaches the server, and the answer the client.
    Pass,
    /// It reaches the server, and the answer nobody: the connection is closed instead.
    DropReply,
    /// It reaches the server, and the answer the client, without this field (in lower case).
    Withhold(&'static str),
    /// It reaches the server, and the client what this makes of the answer.
    Alter(Box<dyn FnOnce(&mut Told) + Send>),
    /// The server never hears of it; the client gets this.
    Say(Told),
}

/// An answer, to be changed before the client gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Not packed.
    pub body: Vec<u8>,
}

impl Told {
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// In the place of what was there.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.into()));
    }

    /// Changes the JSON; a body that is none is left as it is.
    pub fn change(&mut self, change: impl FnOnce(&mut Value)) {
        if let Ok(mut value) = serde_json::from_slice(&self.body) {
            change(&mut value);
            self.body = value.to_string().into();
        }
    }

    fn of(head: &response::Parts, body: Vec<u8>) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        Self { status: head.status.as_u16(), headers: headers.collect(), body }
    }

    fn response(self) -> Result<Response<ScriptedBody>, Closed> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(ScriptedBody::bytes(self.body.into())).map_err(|_| Closed)
    }
}

/// One request as it came, and what was answered to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    pub request: Seen,
    /// `None` while it is on its way, and for ever when the server behind does not answer.
    pub status: Option<u16>,
    pub reply: Vec<u8>,
}

/// The front. Ends, with every connection, when dropped.
pub struct Front {
    address: SocketAddr,
    identity: Identity,
    shared: Arc<Shared>,
    _runtime: ThreadRuntime,
}

type Rule = Box<dyn FnMut(&Seen) -> Act + Send>;

struct Shared {
    behind: Mutex<Option<SocketAddr>>,
    rule: Mutex<Rule>,
    exchanges: Mutex<Vec<Exchange>>,
    /// Told of each answer.
    answered: Notify,
}

impl Front {
    /// On a free loopback port. Until [`Front::lead_to`] every request is closed.
    pub fn start() -> Result<Self> {
        let identity = Identity::make()?;
        let runtime = ThreadRuntime::start("front")?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(Failure::network("the front's port"))?;
        let address = listener.local_addr().map_err(Failure::network("the front's port"))?;
        let shared = Arc::new(Shared {
            behind: Mutex::default(),
            rule: Mutex::new(Box::new(|_| Act::Pass)),
            exchanges: Mutex::default(),
            answered: Notify::new(),
        });
        runtime.handle().spawn(serve(listener, identity.acceptor()?, Arc::clone(&shared)));
        Ok(Self { address, identity, shared, _runtime: runtime })
    }

    /// Where requests go from now on: for a server that must know the front's origin before it starts.
    pub fn lead_to(&self, server: SocketAddr) {
        *lock(&self.shared.behind) = Some(server);
    }

    /// What becomes of each request from now on. Called once for each, in the order in which they come.
    pub fn rule(&self, rule: impl FnMut(&Seen) -> Act + Send + 'static) {
        *lock(&self.shared.rule) = Box::new(rule);
    }

    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// An installation whose gateway, issuer and trust are this front.
    pub fn config(&self, state_dir: impl Into<PathBuf>, cache_dir: impl Into<PathBuf>) -> Config {
        self.identity.config(self.origin(), state_dir, cache_dir)
    }

    /// Every exchange so far, in the order in which the requests came.
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.shared.exchanges).clone()
    }

    /// Returns when what has been exchanged is so.
    pub async fn until(&self, holds: impl Fn(&[Exchange]) -> bool) {
        loop {
            let answered = self.shared.answered.notified();
            if holds(&lock(&self.shared.exchanges)) {
                return;
            }
            answered.await;
        }
    }

    /// Exchanges of this path so far.
    pub fn of(&self, path: &str) -> Vec<Exchange> {
        lock(&self.shared.exchanges).iter().filter(|exchange| exchange.request.path == path).cloned().collect()
    }
}

impl Shared {
    /// Keeps the request, and says under which number and what becomes of it.
    fn came(&self, request: Seen) -> (usize, Act) {
        let act = (lock(&self.rule))(&request);
        let mut exchanges = lock(&self.exchanges);
        exchanges.push(Exchange { request, status: None, reply: Vec::new() });
        (exchanges.len() - 1, act)
    }

    fn answered(&self, number: usize, status: StatusCode, reply: &[u8]) {
        if let Some(exchange) = lock(&self.exchanges).get_mut(number) {
            exchange.status = Some(status.as_u16());
            exchange.reply = reply.to_vec();
        }
        self.answered.notify_waiters();
    }
}

async fn serve(listener: std::net::TcpListener, tls: tokio_rustls::TlsAcceptor, shared: Arc<Shared>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return }; // the client does not trust us: its right
            let service = service_fn(move |request| exchange(request, Arc::clone(&shared)));
            // The time is told by the server behind, or by nobody.
            let http = http1::Builder::new().auto_date_header(false).clone();
            // An error is a client that went away, or an answer that was not to get through.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
struct Closed;

async fn exchange(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<ScriptedBody>, Closed> {
    let (mut head, body) = request.into_parts();
    let body = body::read(body, LARGEST).await;
    let (number, act) = shared.came(Seen::of(&head, body.clone()));
    if let Act::Say(told) = act {
        let status = StatusCode::from_u16(told.status).map_err(|_| Closed)?;
        shared.answered(number, status, &told.body);
        return told.response();
    }
    if matches!(act, Act::Alter(_)) {
        head.headers.remove(header::ACCEPT_ENCODING); // what is packed can't be changed
    }
    let server = lock(&shared.behind).ok_or(Closed)?;
    let (mut head, reply) = forward(head, body, server).await.map_err(|_| Closed)?;
    shared.answered(number, head.status, &reply);
    match act {
        Act::DropReply => return Err(Closed),
        Act::Withhold(field) => drop(head.headers.remove(field)),
        Act::Alter(alter) => {
            let mut told = Told::of(&head, reply);
            alter(&mut told);
            return told.response();
        }
        Act::Pass | Act::Say(_) => {}
    }
    Ok(Response::from_parts(head, ScriptedBody::bytes(reply.into())))
}

#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Tcp(#[from] std::io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

/// On a connection of its own, saying what the client asked for as proxies do.
async fn forward(
    mut head: request::Parts,
    body: Vec<u8>,
    server: SocketAddr,
) -> Result<(response::Parts, Vec<u8>), Lost> {
    strip(&mut head.headers);
    head.headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
    match head.headers.get(header::HOST).cloned() {
        Some(host) => head.headers.insert("x-forwarded-host", host),
        None => head.headers.remove("x-forwarded-host"),
    };
    head.headers.insert("x-forwarded-for", HeaderValue::from_static("127.0.0.1"));
    #[expect(clippy::disallowed_methods, reason = "what stands behind the front speaks in clear, on this machine")]
    let stream = TcpStream::connect(server).await?;
    #[expect(clippy::disallowed_methods, reason = "as above")]
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection); // its error shows in the answer as well
    let request = Request::from_parts(head, ScriptedBody::bytes(body.into()));
    let (mut head, reply) = sender.send_request(request).await?.into_parts();
    strip(&mut head.headers);
    Ok((head, body::read(reply, LARGEST).await))
}

fn strip(headers: &mut HeaderMap) {
    for name in NOT_PASSED_ON {
        headers.remove(name);
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
