//! A tiny TLS server that does as it is told, for tests of everything that speaks through [`super::Client`].

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::{ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::Notify,
};
use tokio_rustls::TlsAcceptor;

use super::limits;
use crate::foundation::{
    clock::{Clock, ManualClock, Sleep, Timestamp},
    config::{Backend, Config, DocumentKey, Language, Mode},
    crypto::{digest::sha256, jws::testing::Signer},
};

/// The moment at which every test's clock starts.
pub(crate) const NOW: &str = "2026-11-23T00:00:00Z";

pub(crate) fn now() -> Timestamp {
    Timestamp::parse_rfc3339(NOW).unwrap()
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::at(now())
}

/// A clock for tests with real sockets: back-off (under [`PATIENCE`]) takes no time but moves the hour; patience never
/// ends unless told so.
#[derive(Clone)]
pub(crate) struct QuickClock {
    inner: ManualClock,
    patience: Arc<AtomicUsize>,
    stands: Arc<AtomicBool>,
}

const PATIENCE: Duration = Duration::from_secs(5);

impl QuickClock {
    pub(crate) fn new() -> Self {
        Self::out_of_patience_at(usize::MAX)
    }

    /// Patience ends at its n-th being tried, n from 0.
    pub(crate) fn out_of_patience_at(n: usize) -> Self {
        Self { inner: clock(), patience: Arc::new(AtomicUsize::new(n)), stands: Arc::default() }
    }

    /// From now on back-off lets others have their turn and does not move the hour.
    pub(crate) fn stand_still(&self) {
        self.stands.store(true, Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.inner.advance(span);
    }
}

impl Clock for QuickClock {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn sleep(&self, span: Duration) -> Sleep {
        if span < PATIENCE && self.stands.load(Ordering::SeqCst) {
            return Box::pin(async { tokio::task::spawn_blocking(|| ()).await.unwrap() });
        }
        if span < PATIENCE {
            let clock = self.inner.clone();
            return Box::pin(async move { clock.advance(span) });
        }
        if span != limits::READ
            || self.patience.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
        {
            return Box::pin(std::future::pending());
        }
        let clock = self.inner.clone();
        Box::pin(async move { clock.advance(span) })
    }
}

/// Who signs the documents of every test's gateway, as `doc-1`; and whose key is in reserve, as `doc-2`.
pub(crate) static SIGNERS: LazyLock<[Signer; 2]> = LazyLock::new(|| [Signer::new(), Signer::new()]);

pub(crate) fn document_keys() -> Vec<DocumentKey> {
    let named = |(kid, signer): (&str, &Signer)| DocumentKey { kid: kid.into(), point: signer.point() };
    ["doc-1", "doc-2"].into_iter().zip(&*SIGNERS).map(named).collect()
}

/// A certificate authority of a test's own.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A server's key and certificate.
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Identity {
    pub(crate) fn spki_sha256(&self) -> [u8; 32] {
        use rcgen::PublicKeyData as _;
        sha256(&self.key.subject_public_key_info())
    }

    pub(crate) fn point(&self) -> [u8; 65] {
        self.key.public_key_raw().try_into().unwrap()
    }

    /// Sends one more certificate than it needs to.
    pub(crate) fn with_stowaway(mut self, other: &Identity) -> Self {
        self.chain.push(other.chain[0].clone());
        self
    }
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.0.der().to_vec()
    }

    pub(crate) fn spki_sha256(&self) -> [u8; 32] {
        use rcgen::PublicKeyData as _;
        sha256(&self.0.key().subject_public_key_info())
    }

    pub(crate) fn point(&self) -> [u8; 65] {
        self.0.key().public_key_raw().try_into().unwrap()
    }

    /// For `localhost`, valid now.
    pub(crate) fn identity(&self) -> Identity {
        self.identity_for("localhost", (2026, 2027))
    }

    /// For another name, or valid from the first of January of one year to that of another.
    pub(crate) fn identity_for(&self, name: &str, years: (i32, i32)) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.0).unwrap();
        Identity { chain: vec![leaf.der().clone()], key }
    }

    /// A configuration that trusts this authority alone and calls `server`.
    pub(crate) fn config(&self, server: &Server) -> Config {
        Config {
            state_dir: PathBuf::new(),
            cache_dir: PathBuf::new(),
            gateway: server.origin.clone(),
            backend: Backend::Gateway,
            issuer: server.origin.clone(),
            client_id: "mn.emongolia.app".into(),
            redirect_uri: "mn.emongolia:/callback".into(),
            roots: vec![self.der()],
            pins: Vec::new(),
            document_keys: document_keys(),
            language: Language::Mn,
            mode: Mode::App,
        }
    }
}

/// One request as the server saw it. Header names in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query as on the wire.
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(crate) fn form(&self) -> HashMap<String, String> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// These bytes, then silence with the connection open.
    Stall(Vec<u8>),
    /// These bytes, then the connection is closed.
    Cut(Vec<u8>),
    /// The reply inside, once the notice comes.
    Hold(Arc<Notify>, Box<Reply>),
    /// Made only when the notice comes.
    Later(Arc<Notify>, Box<dyn FnOnce() -> Reply + Send>),
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::status(status).with("Content-Type", "application/json").body(body.to_string())
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }

    pub(crate) fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        if let Self::Answer { body, .. } = &mut self {
            *body = bytes.into();
        }
        self
    }
}

pub(crate) struct Server {
    pub(crate) origin: String,
    pub(crate) connections: Arc<AtomicUsize>,
    pub(crate) requests: Arc<AtomicUsize>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(identity: Identity, handler: impl Fn(Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(identity, &[&rustls::version::TLS13], handler).await
    }

    pub(crate) async fn start_with(
        identity: Identity,
        versions: &[&'static SupportedProtocolVersion],
        handler: impl Fn(Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(identity.chain, PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, handler) = ((connections.clone(), requests.clone()), Arc::new(handler));
        let accepting = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                counted.0.fetch_add(1, Ordering::SeqCst);
                let (acceptor, handler, requests) = (acceptor.clone(), handler.clone(), counted.1.clone());
                tokio::spawn(async move {
                    if let Ok(mut tls) = acceptor.accept(tcp).await {
                        serve(&mut tls, &*handler, &requests).await;
                    }
                });
            }
        });
        Self { origin, connections, requests, accepting }
    }

    pub(crate) fn url(&self, path: &str) -> url::Url {
        format!("{}{path}", self.origin).parse().unwrap()
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    handler: &(dyn Fn(Seen) -> Reply + Send + Sync),
    requests: &AtomicUsize,
) {
    while let Some(seen) = read_request(stream).await {
        requests.fetch_add(1, Ordering::SeqCst);
        let mut reply = handler(seen);
        loop {
            reply = match reply {
                Reply::Hold(notice, inner) => {
                    notice.notified().await;
                    *inner
                }
                Reply::Later(notice, make) => {
                    notice.notified().await;
                    make()
                }
                ready @ (Reply::Answer { .. } | Reply::Stall(_) | Reply::Cut(_)) => {
                    reply = ready;
                    break;
                }
            };
        }
        match reply {
            Reply::Answer { status, headers, body } => {
                let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
                headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
                head.push_str("\r\n");
                if stream.write_all(&[head.as_bytes(), &body].concat()).await.is_err() || stream.flush().await.is_err()
                {
                    return;
                }
            }
            Reply::Stall(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                std::future::pending::<()>().await;
            }
            Reply::Cut(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                return;
            }
            Reply::Hold(..) | Reply::Later(..) => return, // unwrapped above
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<_, _> =
        lines.filter_map(|l| l.split_once(": ")).map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect();
    let length = headers.get("content-length").map_or(0, |l| l.parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen { method, target, headers, body })
}
