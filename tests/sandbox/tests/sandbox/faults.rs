//! Faults as a client meets them.

use emongolia_sandbox::text;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    errand::{application, open, signed_in},
    phone::{Call, install_provider},
    rig::Rig,
};

/// A bare TLS line to the origin, to count what comes back on it.
async fn line(rig: &Rig) -> TlsStream<TcpStream> {
    install_provider();
    let mut roots = rustls::RootCertStore::empty();
    let authority = text::from_base64(&rig.config().ca_der_base64).unwrap();
    roots.add(authority.into()).unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let port: u16 = rig.config().origin.rsplit(':').next().unwrap().parse().unwrap();
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = "localhost".try_into().unwrap();
    TlsConnector::from(std::sync::Arc::new(config)).connect(name, stream).await.unwrap()
}

/// Everything that comes back for one request until the line ends.
async fn heard(rig: &Rig, path: &str) -> Vec<u8> {
    let mut line = line(rig).await;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    line.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = line.read(&mut buffer).await {
        heard.extend_from_slice(&buffer[..n]);
    }
    heard
}

fn hits(found: &Value, operation: &str) -> u64 {
    found["hit"][operation].as_u64().unwrap_or(0)
}

#[tokio::test]
async fn a_dropped_reply_yields_not_one_byte_though_the_handler_ran() {
    let rig = Rig::start().await;
    rig.fault(json!({ "operation": "getJwks", "kind": "drop_reply", "times": 1 })).await;

    let dropped = heard(&rig, "/oauth/jwks").await;
    let answered = heard(&rig, "/oauth/jwks").await;

    assert_eq!(dropped, b"");
    assert!(answered.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let (_, found) = rig.control(Method::GET, "/control/exchanges", Value::Null).await;
    assert_eq!(hits(&found, "getJwks"), 2);
    rig.finish().await;
}

#[tokio::test]
async fn a_submit_whose_reply_is_dropped_took_effect_and_its_key_tells_so() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let (key, body) = (text::token(), application(&phone).await);
    let submit = || Call::new(Method::POST, "/v1/requests", &session).key(&key).body(body.clone());
    rig.fault(json!({ "operation": "createRequest", "kind": "drop_reply", "times": 1 })).await;

    let lost = phone.try_send(submit()).await;
    let again = phone.send(submit()).await;

    assert!(lost.unwrap_err().is_request());
    assert_eq!(again.status(), StatusCode::CREATED);
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    let (_, desk) = rig.control(Method::GET, "/control/requests", Value::Null).await;
    assert_eq!(desk.as_array().unwrap().len(), 1);
    rig.finish().await;
}

#[tokio::test]
async fn a_page_of_somebody_elses_comes_before_the_effect_or_after_it() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let body = application(&phone).await;
    for (effect, requests) in [(false, 0), (true, 1)] {
        let fault =
            json!({ "operation": "createRequest", "kind": "page", "status": 409, "effect": effect, "times": 1 });
        rig.fault(fault).await;

        let key = text::token();
        let page = phone.send(Call::new(Method::POST, "/v1/requests", &session).key(&key).body(body.clone())).await;

        assert_eq!(page.status(), StatusCode::CONFLICT);
        assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let (_, desk) = rig.control(Method::GET, "/control/requests", Value::Null).await;
        assert_eq!(desk.as_array().unwrap().len(), requests);
    }
    rig.finish().await;
}

#[tokio::test]
async fn a_cut_line_means_nothing_happened() {
    let rig = Rig::start().await;
    rig.fault(json!({ "operation": "getJwks", "kind": "cut", "times": 1 })).await;

    let cut = heard(&rig, "/oauth/jwks").await;

    assert_eq!(cut, b"");
    let (_, found) = rig.control(Method::GET, "/control/exchanges", Value::Null).await;
    assert_eq!(hits(&found, "getJwks"), 0);
    rig.finish().await;
}

#[tokio::test]
async fn a_status_comes_as_a_problem_with_its_patience_and_then_no_more() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let fault = json!({ "operation": "*", "kind": "status", "status": 503, "retry_after": 7, "times": 1, "after": 1 });
    rig.fault(fault).await;

    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(phone.http.get(phone.url("/oauth/jwks")).send().await.unwrap());
    }

    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses, [200, 503, 200]);
    assert_eq!(answers[1].headers()[header::RETRY_AFTER], "7");
    assert_eq!(answers[1].headers()[header::CONTENT_TYPE], "application/problem+json");
    assert!(answers[1].headers().contains_key("x-request-id"));
    rig.finish().await;
}

#[tokio::test]
async fn garbage_is_no_json_and_a_bomb_is_small_until_it_is_opened() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    rig.fault(json!({ "operation": "getAreas", "kind": "garbage", "times": 1 })).await;
    let garbage = phone.http.get(phone.url("/v1/areas")).send().await.unwrap();
    assert!(garbage.json::<Value>().await.is_err());

    rig.fault(json!({ "operation": "getAreas", "kind": "bomb", "bytes": 8_000_000, "times": 1 })).await;
    let plain = reqwest::Client::builder().no_gzip().danger_accept_invalid_certs(true).build().unwrap();
    let bomb = plain.get(phone.url("/v1/areas")).send().await.unwrap();
    assert_eq!(bomb.headers()[header::CONTENT_ENCODING], "gzip");
    assert!(bomb.bytes().await.unwrap().len() < 100_000);

    rig.fault(json!({ "operation": "getAreas", "kind": "flood", "bytes": 8_000_000, "times": 1 })).await;
    let flood = phone.http.get(phone.url("/v1/areas")).send().await.unwrap();
    assert!(flood.bytes().await.unwrap().len() >= 8_000_000);
    open(&phone, "/v1/areas").await;
    rig.finish().await;
}

#[tokio::test]
async fn faults_can_be_looked_at_and_taken_back() {
    let rig = Rig::start().await;
    rig.fault(json!({ "operation": "getJwks", "kind": "delay", "ms": 5, "times": 3 })).await;
    let (_, pending) = rig.control(Method::GET, "/control/faults", Value::Null).await;
    assert_eq!(pending["faults"][0]["times"], 3);

    let (_, cleared) = rig.control(Method::DELETE, "/control/faults", Value::Null).await;

    assert_eq!(cleared, json!({ "faults": [], "on_the_way": 0 }));
    rig.finish().await;
}

#[tokio::test]
async fn a_fault_for_an_operation_there_is_none_of_is_refused() {
    let rig = Rig::start().await;

    let body = json!({ "faults": [{ "operation": "submit", "kind": "cut", "times": 1 }] });
    let (status, told) = rig.control(Method::POST, "/control/faults", body).await;

    assert_eq!((status, &told["code"]), (422, &json!("unknown_operation")));
    rig.finish().await;
}

#[tokio::test]
async fn the_control_answers_nobody_without_its_token() {
    let rig = Rig::start().await;
    install_provider();

    let bare = reqwest::get(format!("{}/control/requests", rig.config().control)).await.unwrap();

    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    let (status, health) = rig.control(Method::GET, "/control/health", Value::Null).await;
    assert_eq!((status, health), (200, json!({ "ok": true })));
    rig.finish().await;
}
