use std::sync::atomic::Ordering;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

#[tokio::test]
async fn a_host_that_our_root_vouches_for_is_heard() {
    let ca = Authority::new("ours");
    let server = Server::start(ca.identity(), |seen| {
        assert_eq!(seen.target, "/v1/%D2%AF%D0%B9%D0%BB%D1%87%D0%B8%D0%BB%D0%B3%D1%8D%D1%8D?q=%D3%A8%D3%A9");
        assert_eq!(seen.header("x-request-id").unwrap().len(), 32);
        assert_eq!(seen.header("accept-encoding"), Some("gzip"));
        hello(seen).with("Date", "Mon, 23 Nov 2026 00:00:07 GMT").with("Retry-After", "9")
    })
    .await;

    let answer = client(&ca.config(&server)).send(get(&server)).await.unwrap();

    assert_eq!((answer.status, answer.body.as_slice()), (200, "Сайн байна уу".as_bytes()));
    assert_eq!(answer.date().unwrap().to_string(), "2026-11-23T00:00:07.000Z");
    assert_eq!(answer.retry_after_s(), Some(9));
}

#[tokio::test]
async fn a_pin_of_the_leaf_or_of_the_authority_or_a_reserve_in_second_place_is_enough() {
    let ca = Authority::new("ours");
    let leaf = ca.identity();
    let by_leaf = pins(&[[0; 32], leaf.spki_sha256()], 60);
    let by_authority = pins(&[ca.spki_sha256(), [0; 32]], 60);

    assert!(call(&ca, leaf, by_leaf).await.is_ok());
    assert!(call(&ca, ca.identity(), by_authority).await.is_ok());
}

#[tokio::test]
async fn a_chain_without_a_pinned_key_is_refused_though_the_root_vouches() {
    let ca = Authority::new("ours");

    assert_eq!(why(call(&ca, ca.identity(), pins(&[[1; 32], [2; 32]], 60)).await), Distrust::NotPinned);
}

#[tokio::test]
async fn a_pinned_certificate_merely_sent_along_does_not_count() {
    let ca = Authority::new("ours");
    let pinned = ca.identity();
    let set = pins(&[pinned.spki_sha256(), [1; 32]], 60);

    assert_eq!(why(call(&ca, ca.identity().with_stowaway(&pinned), set).await), Distrust::NotPinned);
}

#[tokio::test]
async fn expired_pins_leave_the_roots_to_judge() {
    let (ca, other) = (Authority::new("ours"), Authority::new("another"));

    assert!(call(&ca, ca.identity(), pins(&[[1; 32], [2; 32]], -1)).await.is_ok());
    assert_eq!(why(call(&ca, other.identity(), pins(&[[1; 32], [2; 32]], -1)).await), Distrust::UnknownIssuer);
}

#[tokio::test]
async fn a_pinned_key_does_not_replace_the_root() {
    let (ca, other) = (Authority::new("ours"), Authority::new("another"));
    let stranger = other.identity();
    let set = pins(&[stranger.spki_sha256(), [1; 32]], 60);

    assert_eq!(why(call(&ca, stranger, set).await), Distrust::UnknownIssuer);
}

#[tokio::test]
async fn bad_certificates_are_refused_by_name() {
    let ca = Authority::new("ours");
    let cases = [
        (ca.identity_for("example.mn", (2026, 2027)), Distrust::WrongName),
        (ca.identity_for("*.localhost", (2026, 2027)), Distrust::WrongName),
        (ca.identity_for("localhost", (2024, 2025)), Distrust::Expired),
        (ca.identity_for("localhost", (2027, 2028)), Distrust::NotYetValid),
        (Authority::new("ours").identity(), Distrust::BadCertificate), // the same name, another key: the signature is off
    ];

    for (identity, expected) in cases {
        let found = why(call(&ca, identity, Vec::new()).await);
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn an_untrusted_host_sees_no_request() {
    let (ca, other) = (Authority::new("ours"), Authority::new("another"));
    let server = Server::start(other.identity(), hello).await;

    let refused = client(&ca.config(&server)).send(get(&server)).await.unwrap_err();

    assert!(refused.nothing_was_sent());
    assert_eq!(server.requests(), 0);
    assert_eq!(server.connections.load(Ordering::SeqCst), 1, "and is not asked again");
}

#[tokio::test]
async fn a_server_that_speaks_only_tls_1_2_is_refused() {
    let ca = Authority::new("ours");
    let server = Server::start_with(ca.identity(), &[&rustls::version::TLS12], hello).await;

    assert_eq!(why(client(&ca.config(&server)).send(get(&server)).await), Distrust::Handshake);
}

#[tokio::test]
async fn a_captive_portal_that_answers_in_clear_is_refused() {
    let ca = Authority::new("ours");
    let server = Server::start(ca.identity(), hello).await;
    let portal = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", portal.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (mut tcp, _) = portal.accept().await.unwrap();
        let _ = tcp.read(&mut [0; 4096]).await.unwrap();
        tcp.write_all(b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });

    let refused = client(&ca.config(&server)).send(Request::new(Method::Get, url.parse().unwrap())).await;

    assert_eq!(why(refused), Distrust::Handshake);
}

#[tokio::test]
async fn cleartext_has_no_path() {
    let ca = Authority::new("ours");
    let server = Server::start(ca.identity(), hello).await;
    let clear = server.origin.replace("https", "http").parse().unwrap();

    let refused = client(&ca.config(&server)).send(Request::new(Method::Get, clear)).await.unwrap_err();

    assert_eq!(refused, Error::Insecure);
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_configuration_without_roots_makes_no_client() {
    let ca = Authority::new("ours");
    let server = Server::start(ca.identity(), hello).await;

    for roots in [vec![], vec![b"no certificate".to_vec()]] {
        let config = Config { roots, ..ca.config(&server) };
        assert!(matches!(Client::new(&config, Arc::new(clock())), Err(Error::Setup(_))));
    }
}
