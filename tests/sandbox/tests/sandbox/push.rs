//! The long poll.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    phone::{Call, Phone},
    rig::{ERDENEBAT, Rig},
};

async fn registered(rig: &Rig, device: &str) -> Phone {
    let phone = rig.phone();
    phone.warm_up().await;
    let citizen = rig.config().citizens.iter().find(|c| c.regnum == ERDENEBAT).unwrap();
    let session = phone.sign_in(citizen).await;
    let call = Call::new(Method::PUT, "/v1/push/registration", &session).body(json!({ "token": device }));
    assert_eq!(phone.send(call).await.status(), StatusCode::OK);
    phone
}

async fn notice(rig: &Rig) {
    let text = json!({ "title": { "mn": "Мэдэгдэл" }, "body": { "mn": "Өнөөдөр ҮЗЛЭГ болно." } });
    let (status, told) = rig.control(Method::POST, &format!("/control/citizens/{ERDENEBAT}/notices"), text).await;
    assert_eq!(status, 200, "{told}");
}

#[tokio::test]
async fn a_hint_waits_for_its_phone_and_is_given_once() {
    let rig = Rig::start().await;
    let phone = registered(&rig, "device-token-0001").await;
    notice(&rig).await;

    let first = phone.http.get(phone.url("/push/device-token-0001")).send().await.unwrap();
    let second = phone.http.get(phone.url("/push/device-token-0001")).send().await.unwrap();

    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.json::<serde_json::Value>().await.unwrap(), json!({ "v": 1, "area": "inbox" }));
    assert_eq!(second.status(), StatusCode::NO_CONTENT);
    rig.finish().await;
}

#[tokio::test]
async fn a_waiting_poll_is_woken_by_a_hint() {
    let rig = Rig::start().await;
    let phone = registered(&rig, "device-token-0001").await;
    let poll = tokio::spawn(phone.http.get(phone.url("/push/device-token-0001?wait=25")).send());

    notice(&rig).await;

    let answer = tokio::time::timeout(Duration::from_secs(20), poll).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    rig.finish().await;
}

#[tokio::test]
async fn a_hint_outlives_a_restart_but_not_four_weeks() {
    let rig = Rig::start().await;
    let phone = registered(&rig, "device-token-0001").await;
    notice(&rig).await;
    let rig = rig.restart().await;
    assert_eq!(phone.http.get(phone.url("/push/device-token-0001")).send().await.unwrap().status(), StatusCode::OK);
    notice(&rig).await;

    rig.running.sandbox().move_clock(29 * 24 * 3600 * 1000);

    let late = phone.http.get(phone.url("/push/device-token-0001")).send().await.unwrap();
    assert_eq!(late.status(), StatusCode::NO_CONTENT);
    rig.finish().await;
}

#[tokio::test]
async fn a_poll_that_would_wait_too_long_is_refused() {
    let rig = Rig::start().await;
    let phone = rig.phone();

    let refused = phone.http.get(phone.url("/push/device-token-0001?wait=26")).send().await.unwrap();

    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    rig.finish().await;
}
