//! The watcher over the contract can see: each of these breaches is found. And what every answer carries.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::rig::Rig;

async fn violations(rig: &Rig) -> Vec<Value> {
    let (_, found) = rig.control(Method::GET, "/control/exchanges", Value::Null).await;
    found["violations"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_call_to_a_path_nobody_described_is_found() {
    let rig = Rig::start().await;
    let phone = rig.phone();

    let refused = phone.http.get(phone.url("/v1/никогда")).send().await.unwrap();

    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "unknown_path");
    let found = violations(&rig).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["direction"], "request");
}

#[tokio::test]
async fn a_parameter_nobody_described_is_found_when_it_was_let_through() {
    let rig = Rig::start().await;
    let phone = rig.phone();

    phone.http.get(phone.url("/oauth/jwks?page=2")).send().await.unwrap();

    let found = violations(&rig).await;
    assert_eq!(
        found,
        [json!({
            "operation": "getJwks", "direction": "request", "message": "query parameter page is not declared",
        })]
    );
}

#[tokio::test]
async fn a_breach_that_was_refused_is_no_violation() {
    let rig = Rig::start().await;
    let phone = rig.phone();

    let refused = phone.http.post(phone.url("/oauth/token")).body("Ө").send().await.unwrap();

    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    rig.finish().await;
}

#[tokio::test]
async fn findings_outlive_the_process() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    phone.http.get(phone.url("/oauth/jwks?page=2")).send().await.unwrap();

    let rig = rig.restart().await;

    let kept = std::fs::read_to_string(rig.path().join("contract.jsonl")).unwrap();
    let lines: Vec<Value> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], json!({ "kind": "hit", "operation": "getJwks", "status": 200 }));
    assert_eq!(lines[1]["kind"], "violation");
}

#[tokio::test]
async fn every_answer_has_a_date_and_a_request_id_which_is_the_requests_own() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let get = phone.http.get(phone.url("/oauth/jwks"));

    let minted = get.try_clone().unwrap().send().await.unwrap();
    let echoed = get.try_clone().unwrap().header("X-Request-Id", "phone-1.a_b").send().await.unwrap();
    let refused = get.header("X-Request-Id", "two words").send().await.unwrap();

    for answer in [&minted, &echoed, &refused] {
        assert!(answer.headers().contains_key(header::DATE));
        assert!(answer.headers().contains_key("x-request-id"));
    }
    assert_eq!(echoed.headers()["x-request-id"], "phone-1.a_b");
    assert_ne!(refused.headers()["x-request-id"], "two words");
}

#[tokio::test]
async fn a_body_too_large_is_refused() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let form = [("token", "Ү".repeat(1024 * 1024)), ("client_id", "mn.emongolia.app".to_owned())];

    let refused = phone.http.post(phone.url("/oauth/revoke")).form(&form).send().await.unwrap();

    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.headers().contains_key("x-request-id"));
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "body_too_large");
    rig.finish().await;
}
