use std::sync::Arc;

use reqwest::StatusCode;
use rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider, version::TLS13};

use super::*;
use crate::memory::Resident;

/// Trusts the double and nothing else; follows and decodes nothing by itself.
#[expect(clippy::disallowed_methods, reason = "the double is tested with a plain client, not with the core's")]
fn client(double: &GatewayDouble) -> reqwest::Client {
    let mut roots = RootCertStore::empty();
    roots.add(double.ca_der().into()).unwrap();
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .use_preconfigured_tls(tls)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

async fn get(double: &GatewayDouble, path: &str) -> reqwest::Result<reqwest::Response> {
    client(double).get(format!("{}{path}", double.origin())).send().await
}

#[tokio::test]
async fn replies_come_in_order_and_the_last_one_stays() {
    let double = GatewayDouble::start().unwrap();
    double.script("/v1/areas", [Reply::problem(503, "busy"), Reply::Json(serde_json::json!({ "нэр": "Өвөрхангай" }))]);

    let mut statuses = Vec::new();
    let mut last = String::new();
    for _ in 0..3 {
        let reply = get(&double, "/v1/areas?after=1").await.unwrap();
        statuses.push(reply.status().as_u16());
        last = reply.text().await.unwrap();
    }

    assert_eq!(statuses, [503, 200, 200]);
    assert_eq!(last, r#"{"нэр":"Өвөрхангай"}"#);
    assert_eq!(double.hits("/v1/areas"), 3);
}

#[tokio::test]
async fn a_request_is_kept_as_it_came() {
    let double = GatewayDouble::start().unwrap();
    let url = format!("{}/v1/requests?x=1", double.origin());

    let reply = client(&double).post(url).header("Idempotency-Key", "key-0123456789ab").body("Үнэмлэх").send().await;

    assert_eq!(reply.unwrap().status(), StatusCode::NOT_FOUND);
    let [seen] = &double.requests()[..] else { panic!("one request") };
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str(), seen.query.as_deref()),
        ("POST", "/v1/requests", Some("x=1"))
    );
    assert_eq!(seen.headers["idempotency-key"], "key-0123456789ab");
    assert_eq!(seen.body, "Үнэмлэх".as_bytes());
}

#[tokio::test]
async fn a_flood_is_as_long_as_it_says_and_costs_no_memory() {
    const FLOOD: u64 = 300_000_000;
    let double = GatewayDouble::start().unwrap();
    double.script("/flood", [Reply::Flood { bytes: FLOOD }]);
    let before = Resident::of_this_process();

    let mut reply = get(&double, "/flood").await.unwrap();
    let mut got = 0;
    while let Some(chunk) = reply.chunk().await.unwrap() {
        got += chunk.len() as u64;
    }

    assert_eq!(got, FLOOD);
    if let (Some(before), Some(after)) = (before, Resident::of_this_process()) {
        assert!(after.current < before.current + FLOOD / 4, "{before:?} {after:?}");
    }
}

#[tokio::test]
async fn a_bomb_says_that_it_is_gzip() {
    let double = GatewayDouble::start().unwrap();
    double.script("/bomb", [Reply::GzipBomb]);

    let reply = get(&double, "/bomb").await.unwrap();
    let encoding = reply.headers()["content-encoding"].clone();
    let travelled = reply.bytes().await.unwrap();

    assert_eq!(encoding, "gzip");
    let decoded = std::io::copy(&mut flate2::read::GzDecoder::new(&travelled[..]), &mut std::io::sink()).unwrap();
    assert_eq!(decoded, body::BOMB);
}

#[tokio::test]
async fn a_drip_gives_a_little_and_never_ends() {
    let double = GatewayDouble::start().unwrap();
    double.script("/drip", [Reply::Drip { every: Duration::from_millis(5) }]);

    let mut reply = get(&double, "/drip").await.unwrap();

    for _ in 0..5 {
        assert_eq!(&reply.chunk().await.unwrap().unwrap()[..], b" ");
    }
}

#[tokio::test]
async fn silence_takes_the_request_and_gives_nothing() {
    let double = GatewayDouble::start().unwrap();
    double.script("/silence", [Reply::Silence]);

    let waited = tokio::time::timeout(Duration::from_millis(300), get(&double, "/silence")).await;

    assert!(waited.is_err());
    assert_eq!(double.hits("/silence"), 1);
}

#[tokio::test]
async fn a_close_takes_the_request_and_ends_the_connection() {
    let double = GatewayDouble::start().unwrap();
    double.script("/close", [Reply::Close]);

    let error = get(&double, "/close").await.unwrap_err();

    assert!(error.is_request(), "{error:?}");
    assert!(double.hits("/close") >= 1); // a client may try a closed connection again by itself
}

#[tokio::test]
async fn a_redirect_and_a_wrong_type_arrive_as_scripted() {
    let double = GatewayDouble::start().unwrap();
    double.script("/r", [Reply::Redirect("https://localhost/other".into())]);
    double.script(
        "/t",
        [Reply::Raw {
            status: 200, content_type: "text/html", headers: vec![], body: "<p>Үйлчилгээ</p>".into()
        }],
    );

    let redirect = get(&double, "/r").await.unwrap();
    let page = get(&double, "/t").await.unwrap();

    assert_eq!(redirect.status(), StatusCode::FOUND);
    assert_eq!(redirect.headers()["location"], "https://localhost/other");
    assert_eq!(page.headers()["content-type"], "text/html");
    assert_eq!(page.text().await.unwrap(), "<p>Үйлчилгээ</p>");
}

#[tokio::test]
async fn a_stranger_to_its_authority_is_not_served() {
    let (double, other) = (GatewayDouble::start().unwrap(), GatewayDouble::start().unwrap());

    let result = client(&other).get(double.origin()).send().await;

    assert!(result.unwrap_err().is_connect());
    assert_eq!((double.connections(), double.requests().len()), (1, 0));
}

#[test]
fn a_config_for_the_double_carries_its_trust() {
    let double = GatewayDouble::start().unwrap();

    let config = double.config("state", "cache");

    assert_eq!(config.roots, [double.ca_der()]);
    assert_eq!(config.pins[0].spki_sha256.len(), 2);
    assert_eq!(config.gateway, double.origin());
}
