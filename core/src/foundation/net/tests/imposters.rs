//! Servers that are not what they should be: each is refused by its own name, and hears nothing. Beside each whose
//! badness is its certificate or its age, a client that believes everything gets through: the server was there.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyPair, NameConstraints, SanType, date_time_ymd,
};
use rustls::{
    ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    server::{ClientHello, ResolvesServerCert},
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{
    pki::{Credentials, Issuer, legacy, self_signed},
    *,
};
use crate::foundation::config::{Backend, Language, Mode};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// Must never reach an imposter in clear.
const SECRET: &str = "DPoP the-access-token";

/// How the server shakes hands.
#[derive(Clone, Copy)]
enum Tls {
    Ours,
    Only12,
    /// Not the curve that every server of TLS 1.3 must have.
    OnlyX25519,
    OnlyChaCha,
}

impl Tls {
    fn config(self, certificates: Arc<dyn ResolvesServerCert>) -> ServerConfig {
        let mut provider = ring::default_provider();
        match self {
            Self::Ours | Self::Only12 => {}
            Self::OnlyX25519 => provider.kx_groups = vec![ring::kx_group::X25519],
            Self::OnlyChaCha => {
                provider.cipher_suites = vec![ring::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256];
            }
        }
        let version = if let Self::Only12 = self { &TLS12 } else { &TLS13 };
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(certificates);
        config.send_tls13_tickets = 0; // every connection is judged anew
        config
    }
}

fn certified(credentials: Credentials) -> CertifiedKey {
    let key = ring::sign::any_supported_type(&credentials.key).unwrap();
    CertifiedKey::new(credentials.chain, key) // whether they belong together is not looked at here
}

/// A server, its case, and what our client must say of it.
struct Row {
    what: &'static str,
    host: &'static str,
    root: Vec<u8>,
    pins: Vec<PinSet>,
    tls: Tls,
    credentials: Credentials,
    expected: Option<Distrust>,
}

struct Table {
    root: Vec<u8>,
    rows: Vec<Row>,
}

impl Table {
    fn new(root: &Issuer) -> Self {
        Self { root: root.der(), rows: Vec::new() }
    }

    fn bad(&mut self, expected: Distrust, what: &'static str, credentials: Credentials) -> &mut Row {
        self.row(what, credentials, Some(expected))
    }

    fn good(&mut self, what: &'static str, credentials: Credentials) -> &mut Row {
        self.row(what, credentials, None)
    }

    fn row(&mut self, what: &'static str, credentials: Credentials, expected: Option<Distrust>) -> &mut Row {
        let root = self.root.clone();
        self.rows.push(Row { what, host: "localhost", root, pins: Vec::new(), tls: Tls::Ours, credentials, expected });
        self.rows.last_mut().unwrap()
    }
}

/// Answers every request and counts them.
struct Heard {
    port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Heard {
    async fn start(config: ServerConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = (connections.clone(), requests.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                counted.0.fetch_add(1, Ordering::SeqCst);
                let (acceptor, requests) = (acceptor.clone(), counted.1.clone());
                tokio::spawn(async move {
                    let Ok(mut tls) = acceptor.accept(tcp).await else { return };
                    if tls.read(&mut [0; 4096]).await.is_ok_and(|bytes| bytes > 0) {
                        requests.fetch_add(1, Ordering::SeqCst);
                        let _ = tls.write_all(ANSWER).await;
                        let _ = tls.shutdown().await;
                    }
                });
            }
        });
        Self { port, connections, requests, accepting }
    }

    fn counts(&self) -> (usize, usize) {
        (self.connections.load(Ordering::SeqCst), self.requests.load(Ordering::SeqCst))
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn trusting(root: Vec<u8>, pins: Vec<PinSet>) -> Client {
    client(&Config {
        state_dir: Default::default(),
        cache_dir: Default::default(),
        gateway: "https://localhost".into(),
        backend: Backend::Gateway,
        issuer: "https://localhost".into(),
        client_id: "mn.emongolia.app".into(),
        redirect_uri: "mn.emongolia:/callback".into(),
        roots: vec![root],
        pins,
        document_keys: Vec::new(),
        language: Language::Mn,
        mode: Mode::App,
    })
}

fn with_secret(host: &str, port: u16) -> Request {
    let url = format!("https://{host}:{port}/v1/үйлчилгээ?q=Өө").parse().unwrap();
    Request::new(Method::Get, url).header("authorization", SECRET)
}

/// Believes everything.
#[derive(Debug)]
struct Credulous(CryptoProvider);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// What the server says to a client that believes everything.
#[expect(clippy::disallowed_methods, reason = "the control: it must not be ours")]
async fn believe(host: &'static str, port: u16) -> Vec<u8> {
    let provider = ring::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider.clone()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Credulous(provider)))
        .with_no_client_auth();
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = ServerName::try_from(host).unwrap();
    let mut tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
    tls.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    tls.read_to_end(&mut answer).await.unwrap();
    answer
}

/// Both clients, one after the other.
async fn run(row: Row) {
    let Row { what, host, root, pins, tls, credentials, expected } = row;
    let server = Heard::start(tls.config(Arc::new(SingleCertAndKey::from(certified(credentials))))).await;

    let found = trusting(root, pins).send(with_secret(host, server.port)).await;

    match expected {
        Some(why) => {
            let refused = found.expect_err(what);
            assert_eq!(refused, Error::Untrusted { host: host.into(), why }, "{what}");
            assert!(refused.nothing_was_sent(), "{what}");
            assert_eq!(server.counts(), (1, 0), "{what}: came once, said nothing");
        }
        None => {
            assert_eq!(found.map(|answer| answer.body), Ok(b"ok".to_vec()), "{what}");
            assert_eq!(server.counts(), (1, 1), "{what}");
        }
    }
    let heard = server.counts().1;
    assert_eq!(believe(host, server.port).await, ANSWER, "{what}: the control");
    assert_eq!(server.counts(), (2, heard + 1), "{what}: the control's request and no other");
}

fn san(names: &[&str]) -> impl FnOnce(&mut CertificateParams) {
    let names = names.iter().map(|name| SanType::DnsName((*name).try_into().unwrap())).collect();
    move |params| params.subject_alt_names = names
}

fn critical(content: Vec<u8>) -> impl FnOnce(&mut CertificateParams) {
    let mut unknown = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], content);
    unknown.set_criticality(true);
    move |params| params.custom_extensions.push(unknown)
}

fn only_names(permitted: &[&str], excluded: &[&str]) -> impl FnOnce(&mut CertificateParams) {
    let trees = |names: &[&str]| names.iter().map(|name| GeneralSubtree::DnsName((*name).into())).collect();
    let constraints = NameConstraints { permitted_subtrees: trees(permitted), excluded_subtrees: trees(excluded) };
    move |params| params.name_constraints = Some(constraints)
}

fn whose_name_or_time_is_wrong(table: &mut Table, ours: &Issuer) {
    use Distrust::{Expired, NotYetValid, WrongName};
    table.bad(Expired, "expired yesterday", ours.certify(|p| p.not_after = date_time_ymd(2026, 11, 22)));
    table.bad(NotYetValid, "valid from tomorrow", ours.certify(|p| p.not_before = date_time_ymd(2026, 11, 24)));
    let stale = ours.below("Дунд", |p| p.not_after = date_time_ymd(2026, 11, 22));
    table.bad(Expired, "an intermediate that expired yesterday", stale.certify(|_| ()));
    let early = ours.below("Дунд", |p| p.not_before = date_time_ymd(2026, 11, 24));
    table.bad(NotYetValid, "an intermediate valid from tomorrow", early.certify(|_| ()));
    table.bad(WrongName, "another name", ours.certify(san(&["sso.mn"])));
    table.bad(WrongName, "a wildcard for what is below", ours.certify(san(&["*.localhost"])));
    table.bad(WrongName, "a wildcard for everything", ours.certify(san(&["*"])));
    table.bad(WrongName, "a wildcard within a label", ours.certify(san(&["local*"])));
    table.bad(WrongName, "a look-alike with a Cyrillic о", ours.certify(san(&["xn--lcalhost-34h"])));
    table.bad(WrongName, "a name that ours begins", ours.certify(san(&["localhost.evil.mn"])));
    table.bad(WrongName, "a name with NUL in it", ours.certify(san(&["localhost\0.evil.mn"])));
    let common_name = |p: &mut CertificateParams| {
        p.distinguished_name.push(rcgen::DnType::CommonName, "localhost");
        p.subject_alt_names.clear();
    };
    table.bad(WrongName, "the common name only", ours.certify(common_name));
    let empty = |p: &mut CertificateParams| {
        p.subject_alt_names.clear();
        p.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 0]));
    };
    table.bad(WrongName, "an empty list of names", ours.certify(empty));
    table.bad(WrongName, "an address written as a name", ours.certify(san(&["127.0.0.1"]))).host = "127.0.0.1";
    let elsewhere = |p: &mut CertificateParams| p.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 2].into())];
    table.bad(WrongName, "another address", ours.certify(elsewhere)).host = "127.0.0.1";
    table.bad(WrongName, "a name where an address is called", ours.certify(|_| ())).host = "127.0.0.1";
}

fn whose_chain_is_wrong(table: &mut Table, ours: &Issuer) {
    use Distrust::{BadCertificate, UnknownIssuer};
    let (anybody, namesake) = (Issuer::root("Хэн нэгэн"), Issuer::root("Үндэс"));
    table.bad(UnknownIssuer, "self-signed", self_signed());
    table.bad(UnknownIssuer, "another authority", anybody.certify(|_| ()));
    let mut sent_along = anybody.certify(|_| ());
    sent_along.chain.push(anybody.der().into());
    table.bad(UnknownIssuer, "another authority that comes along", sent_along);
    table.bad(BadCertificate, "an authority of the same name", namesake.certify(|_| ()));
    let middle = ours.below("Дунд", |_| ());
    let mut alone = middle.certify(|_| ());
    alone.chain.truncate(1);
    table.bad(UnknownIssuer, "an intermediate is missing", alone);
    let server_and_ca = ours.below("Дунд", |p| p.subject_alt_names = super::pki::server().subject_alt_names);
    table.bad(BadCertificate, "an authority as a server", server_and_ca.itself());
    let no_ca = ours.below("Дунд", |p| p.is_ca = IsCa::ExplicitNoCa);
    table.bad(BadCertificate, "an intermediate that is no authority", no_ca.certify(|_| ()));
    let silent = ours.below("Дунд", |p| p.is_ca = IsCa::NoCa);
    table.bad(BadCertificate, "an intermediate that does not say it is one", silent.certify(|_| ()));
    let last = ours.below("Сүүлчийн", |p| p.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    table.bad(BadCertificate, "a path longer than allowed", last.below("Дунд", |_| ()).certify(|_| ()));
    let deep = (0..10).fold(ours.below("0", |_| ()), |above, n| above.below(&format!("{}", n + 1), |_| ()));
    table.bad(BadCertificate, "a chain of eleven", deep.certify(|_| ()));
    let others = ours.below("Дунд", only_names(&["mn"], &[]));
    table.bad(BadCertificate, "an authority for other names", others.certify(|_| ()));
    let not_us = ours.below("Дунд", only_names(&[], &["localhost"]));
    table.bad(BadCertificate, "an authority for all names but ours", not_us.certify(|_| ()));
    let nets = NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::IpAddress(CidrSubnet::V4([10, 0, 0, 0], [255, 0, 0, 0]))],
        excluded_subtrees: Vec::new(),
    };
    let other_net = ours.below("Дунд", |p| p.name_constraints = Some(nets));
    let loopback = |p: &mut CertificateParams| p.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 1].into())];
    table.bad(BadCertificate, "an authority for another net", other_net.certify(loopback)).host = "127.0.0.1";
    let clients = |p: &mut CertificateParams| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    table.bad(BadCertificate, "for clients only", ours.certify(clients));
    table.bad(BadCertificate, "an authority for clients only", ours.below("Дунд", clients).certify(|_| ()));
    table.bad(BadCertificate, "a critical extension nobody knows", ours.certify(critical(vec![5, 0])));
    let odd = ours.below("Дунд", critical(vec![5, 0]));
    table.bad(BadCertificate, "such an extension above", odd.certify(|_| ()));
    let mut off = ours.certify(|_| ());
    let (mut der, others) = (off.chain[0].to_vec(), off.chain.split_off(1));
    *der.last_mut().unwrap() ^= 1;
    off.chain = [vec![der.into()], others].concat();
    table.bad(BadCertificate, "one bit of the signature flipped", off);
    let mut stolen = ours.certify(|_| ());
    stolen.key = ours.certify(|_| ()).key;
    table.bad(BadCertificate, "another's certificate, without its key", stolen);
    let mut noise = ours.certify(|_| ());
    noise.chain = vec!["энэ гэрчилгээ биш".as_bytes().to_vec().into()];
    table.bad(BadCertificate, "no certificate at all", noise);
}

fn whose_pins_are_wrong(table: &mut Table, ours: &Issuer) {
    use Distrust::{NotPinned, UnknownIssuer};
    table.bad(NotPinned, "none of the pinned keys", ours.certify(|_| ())).pins = pins(&[[1; 32], [2; 32]], 60);
    let (pinned, mut along) = (ours.certify(|_| ()), ours.certify(|_| ()));
    along.chain.push(pinned.chain[0].clone());
    table.bad(NotPinned, "a pinned certificate that merely comes along", along).pins =
        pins(&[pinned.spki_sha256, [1; 32]], 60);
    let foreign = Issuer::root("Хэн нэгэн").certify(|_| ());
    let set = pins(&[foreign.spki_sha256, [1; 32]], 60);
    table.bad(UnknownIssuer, "a pinned key under another authority", foreign).pins = set;
    let foreign = Issuer::root("Хэн нэгэн").certify(|_| ());
    let set = pins(&[foreign.spki_sha256, [1; 32]], -1);
    table.bad(UnknownIssuer, "expired pins, another authority", foreign).pins = set;
}

const LEGACY_KEY: &str = include_str!("legacy/leaf.key");

fn legacy_root() -> Vec<u8> {
    CertificateDer::from_pem_slice(include_bytes!("legacy/root.pem")).unwrap().to_vec()
}

fn that_is_of_another_age(table: &mut Table, ours: &Issuer) {
    use Distrust::{BadCertificate, Handshake};
    let old: [(&str, &[&str]); 4] = [
        ("signed with SHA-1", &[include_str!("legacy/sha1.pem")]),
        ("RSA-1024", &[include_str!("legacy/by_rsa1024.pem"), include_str!("legacy/rsa1024.pem")]),
        ("P-521", &[include_str!("legacy/by_p521.pem"), include_str!("legacy/p521.pem")]),
        ("X.509 version 1", &[include_str!("legacy/v1.pem")]),
    ];
    for (what, chain) in old {
        table.bad(BadCertificate, what, legacy(chain, LEGACY_KEY)).root = legacy_root();
    }
    let edwards = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    table.bad(Handshake, "a key on Ed25519", ours.certify_key(&edwards, |_| ()));
    table.bad(Handshake, "TLS 1.2 only", ours.certify(|_| ())).tls = Tls::Only12;
    table.bad(Handshake, "X25519 only", ours.certify(|_| ())).tls = Tls::OnlyX25519;
    table.bad(Handshake, "ChaCha20 only", ours.certify(|_| ())).tls = Tls::OnlyChaCha;
}

#[tokio::test]
async fn a_bad_server_is_refused_by_name_and_hears_nothing() {
    let ours = Issuer::root("Үндэс");
    let mut table = Table::new(&ours);
    whose_name_or_time_is_wrong(&mut table, &ours);
    whose_chain_is_wrong(&mut table, &ours);
    whose_pins_are_wrong(&mut table, &ours);
    that_is_of_another_age(&mut table, &ours);
    println!("{} bad servers, each with its control", table.rows.len());
    assert_eq!(table.rows.len(), 48);

    for row in table.rows {
        run(row).await;
    }
}

#[tokio::test]
async fn a_good_server_is_heard() {
    let ours = Issuer::root("Үндэс");
    let mut table = Table::new(&ours);
    table.good("as it should be", ours.certify(|_| ()));
    table.good("below two intermediates", ours.below("Дунд", |_| ()).below("Доод", |_| ()).certify(|_| ()));
    let leaf = ours.certify(|_| ());
    let set = pins(&[leaf.spki_sha256, [1; 32]], 60);
    table.good("its key pinned", leaf).pins = set;
    table.good("its authority pinned", ours.certify(|_| ())).pins = pins(&[ours.spki_sha256(), [1; 32]], 60);
    let middle = ours.below("Дунд", |_| ());
    table.good("the reserve in second place", middle.certify(|_| ())).pins = pins(&[[1; 32], middle.spki_sha256()], 60);
    table.good("expired pins: the root judges", ours.certify(|_| ())).pins = pins(&[[1; 32], [2; 32]], -1);
    let address = |p: &mut CertificateParams| p.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 1].into())];
    table.good("an address", ours.certify(address)).host = "127.0.0.1";
    let upper = ours.below("Дунд", only_names(&["localhost", "example"], &["mn"]));
    table.good("an authority for our name, in another case", upper.certify(san(&["mn.example", "LocalHost"])));
    let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    table.good("a key on P-384", ours.certify_key(&p384, |_| ()));
    table.good("the old ones, without their badness", legacy(&[include_str!("legacy/good.pem")], LEGACY_KEY)).root =
        legacy_root();
    let rsa = legacy(&[include_str!("legacy/rsa2048.pem")], include_str!("legacy/rsa.key"));
    table.good("RSA-2048", rsa).root = legacy_root();
    println!("{} good servers", table.rows.len());
    assert_eq!(table.rows.len(), 11);

    for row in table.rows {
        run(row).await;
    }
}

/// The first connection good, every other bad.
#[derive(Debug)]
struct Turncoat(AtomicUsize, [Arc<CertifiedKey>; 2]);

impl ResolvesServerCert for Turncoat {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let turn = self.0.fetch_add(1, Ordering::SeqCst);
        Some(self.1[turn.min(1)].clone())
    }
}

#[tokio::test]
async fn a_server_that_was_good_is_judged_again_on_the_next_connection() {
    let ours = Issuer::root("Үндэс");
    let good_and_bad = [ours.certify(|_| ()), Issuer::root("Хэн нэгэн").certify(|_| ())];
    let turncoat = Turncoat(AtomicUsize::new(0), good_and_bad.map(|c| Arc::new(certified(c))));
    let server = Heard::start(Tls::Ours.config(Arc::new(turncoat))).await;
    let client = trusting(ours.der(), Vec::new());

    let first = client.send(with_secret("localhost", server.port)).await;
    let second = client.send(with_secret("localhost", server.port)).await;

    assert_eq!(first.unwrap().status, 200);
    assert_eq!(why(second), Distrust::UnknownIssuer);
    assert_eq!(server.counts(), (2, 1));
}

/// A whole record: content type, version, length, content.
async fn record(tcp: &mut TcpStream) -> Vec<u8> {
    let mut head = [0; 5];
    tcp.read_exact(&mut head).await.unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    tcp.read_exact(&mut body).await.unwrap();
    [head.to_vec(), body].concat()
}

/// A ServerHello (RFC 5246 §7.4.1.3) of an old version, which chose TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA.
fn old_hello(minor: u8) -> Vec<u8> {
    let hello = [&[3, minor][..], &[7; 32], &[0, 0xc0, 0x13, 0]].concat();
    let message = [&[2, 0, 0, hello.len() as u8][..], &hello].concat();
    [&[22, 3, minor, 0, message.len() as u8][..], &message].concat()
}

#[tokio::test]
async fn what_speaks_no_tls_of_ours_hears_a_greeting_and_nothing_else() {
    let handshake = |what, bytes: Vec<u8>| (what, bytes, Some(Distrust::Handshake));
    let cases = [
        handshake("SSL 3.0", old_hello(0)),
        handshake("TLS 1.0", old_hello(1)),
        handshake("TLS 1.1", old_hello(2)),
        handshake("TLS 1.2 with a suite of the past", old_hello(3)),
        handshake("a refusal", vec![21, 3, 1, 0, 2, 2, 70]),
        handshake("a portal that answers in clear", b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n".to_vec()),
        handshake("a page in clear", ANSWER.to_vec()),
        handshake("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        handshake("garbage", "Ө".repeat(64).into_bytes()),
        handshake("a record longer than there are", [&[22, 3, 3, 0xff, 0xff][..], &[2; 4096]].concat()),
        ("nothing", Vec::new(), None),
        ("a hello cut off", old_hello(3)[..20].to_vec(), None),
        ("a record's head", vec![22, 3, 3], None),
    ];
    println!("{} servers without TLS of ours", cases.len());
    let root = Issuer::root("Үндэс").der();

    for (what, bytes, expected) in cases {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let mut heard = record(&mut tcp).await;
            // The client may hang up as soon as it has seen enough.
            let _ = tcp.write_all(&bytes).await;
            let _ = tcp.shutdown().await;
            let _ = tcp.read_to_end(&mut heard).await;
            heard
        });

        // One exchange: of `send`, an error without a connection is worth a second try.
        let refused = trusting(root.clone(), Vec::new()).exchange(&with_secret("localhost", port)).await.unwrap_err();

        let host = "localhost".to_owned();
        match expected {
            Some(why) => assert_eq!(refused, Error::Untrusted { host, why }, "{what}"),
            None => assert_eq!(refused, Error::Offline { host }, "{what}"),
        }
        assert!(refused.nothing_was_sent(), "{what}");
        let heard = server.await.unwrap();
        assert_eq!(heard[..2], [22, 3], "{what}: a greeting");
        let text = String::from_utf8_lossy(&heard);
        assert!(!text.contains("GET") && !text.contains(SECRET), "{what}: {text}");
    }
}

#[tokio::test(start_paused = true)] // patience with a handshake is tokio's to measure
async fn a_server_that_never_answers_the_greeting_is_given_up_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = trusting(Issuer::root("Үндэс").der(), Vec::new());

    let given_up = client.exchange(&with_secret("localhost", port)).await.unwrap_err();

    assert_eq!(given_up, Error::Offline { host: "localhost".into() });
    assert!(given_up.nothing_was_sent());
    let (mut tcp, _) = listener.accept().await.unwrap();
    let mut heard = Vec::new();
    let _ = tcp.read_to_end(&mut heard).await;
    let text = String::from_utf8_lossy(&heard);
    assert!(!text.contains("GET") && !text.contains(SECRET), "{text}");
}
