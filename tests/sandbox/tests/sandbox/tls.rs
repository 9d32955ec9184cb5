//! The line itself.

use std::net::SocketAddr;

use emongolia_sandbox::text;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{phone::install_provider, rig::Rig};

/// A ClientHello of TLS 1.2 (RFC 5246 §7.4.1.2), with a suite and a group the server's key would suit.
const HELLO_OF_1_2: &[u8] = &[
    22, 3, 1, 0, 67, // handshake record
    1, 0, 0, 63, 3, 3, // ClientHello, TLS 1.2
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31, 0, // no session
    0, 2, 0xc0, 0x2b, // ECDHE-ECDSA-AES128-GCM-SHA256
    1, 0, // no compression
    0, 20, // extensions
    0, 10, 0, 4, 0, 2, 0, 23, // secp256r1
    0, 13, 0, 4, 0, 2, 4, 3, // ecdsa_secp256r1_sha256
    0, 23, 0, 0, // extended master secret
];

const ALERT: u8 = 21;
const PROTOCOL_VERSION: u8 = 70;

fn address(rig: &Rig) -> SocketAddr {
    let port: u16 = rig.config().origin.rsplit(':').next().unwrap().parse().unwrap();
    SocketAddr::from(([127, 0, 0, 1], port))
}

#[tokio::test]
async fn nothing_older_than_tls_1_3_is_spoken() {
    let rig = Rig::start().await;
    let mut stream = TcpStream::connect(address(&rig)).await.unwrap();

    stream.write_all(HELLO_OF_1_2).await.unwrap();

    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!((answer[0], answer[6]), (ALERT, PROTOCOL_VERSION));
    rig.finish().await;
}

#[tokio::test]
async fn nothing_is_said_in_clear() {
    let rig = Rig::start().await;
    let mut stream = TcpStream::connect(address(&rig)).await.unwrap();

    stream.write_all(b"GET /oauth/jwks HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();

    let mut answer = Vec::new();
    let _ended = stream.read_to_end(&mut answer).await; // closed or reset, as the system likes
    assert!(!answer.windows(4).any(|window| window == b"HTTP"));
    rig.finish().await;
}

#[tokio::test]
async fn who_does_not_know_the_authority_does_not_get_in() {
    let rig = Rig::start().await;
    install_provider();

    let refused = reqwest::Client::new().get(format!("{}/oauth/jwks", rig.config().origin)).send().await;

    assert!(refused.unwrap_err().is_connect());
    rig.finish().await;
}

#[tokio::test]
async fn the_pins_are_of_the_certificates_in_use() {
    let rig = Rig::start().await;

    let leaf = std::fs::read(rig.path().join("server.der")).unwrap();
    let authority = text::from_base64(&rig.config().ca_der_base64).unwrap();

    for (certificate, pin) in [leaf, authority].iter().zip(&rig.config().spki_pins) {
        let certificate = rustls_pki_types::CertificateDer::from(certificate.as_slice());
        let parsed = webpki::EndEntityCert::try_from(&certificate).unwrap();
        assert_eq!(text::hex(&text::sha256(&parsed.subject_public_key_info())), *pin);
    }
    rig.finish().await;
}
