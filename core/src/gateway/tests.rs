use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};

use super::*;
use crate::{
    auth::testing::Bench,
    foundation::{
        error::Error as Public,
        net::{
            self,
            testing::{Reply as Wire, Seen},
        },
    },
};

const PUBLIC: Endpoint<Value> = Endpoint::get("catalogue", "/public", Access::Public);
const DETAIL: Endpoint<Value> = Endpoint::get("requests.one", "/v1/requests/{id}", Access::Citizen);

async fn signed_in() -> (Bench, Gateway) {
    let bench = Bench::new().await;
    bench.sign_in().await;
    let gateway = gateway(&bench);
    (bench, gateway)
}

fn gateway(bench: &Bench) -> Gateway {
    Gateway::new(&bench.config, bench.net.clone(), bench.auth.tokens()).unwrap()
}

fn answer_with(bench: &Bench, answer: impl Fn(&Seen) -> Wire + Send + Sync + 'static) {
    bench.world().resource = Arc::new(answer);
}

fn detail(id: &str) -> Call<'_> {
    Call::new().param("id", id)
}

#[tokio::test]
async fn a_public_call_says_nothing_about_the_citizen() {
    let (bench, gateway) = signed_in().await;
    answer_with(&bench, |seen| {
        assert_eq!((seen.header("authorization"), seen.header("dpop")), (None, None));
        assert_eq!(seen.header("accept-language"), Some("mn, en;q=0.5"));
        assert_eq!(seen.target, "/public?q=%D3%A9%D0%B2%D3%A9%D0%BB+%D2%AF");
        Wire::json(200, &json!({"нэр": "Үүлэн"})).with("ETag", "\"7\"")
    });

    let reply = gateway.call(&PUBLIC, Call::new().query("q", "өвөл ү")).await.unwrap();

    assert_eq!(reply, Reply::Fresh { value: json!({"нэр": "Үүлэн"}), etag: Some("\"7\"".into()) });
}

#[tokio::test]
async fn a_citizens_call_is_authorised_and_its_nonce_answered_once() {
    let (bench, gateway) = signed_in().await;

    let reply = gateway.call(&DETAIL, detail("Өргөдөл/1")).await.unwrap();
    let challenges = bench.world().nonce_challenges;
    gateway.call(&DETAIL, detail("2")).await.unwrap();

    assert!(matches!(reply, Reply::Fresh { .. }));
    assert_eq!(bench.world().nonce_challenges, challenges, "the second call knew the nonce");
}

#[tokio::test]
async fn a_nonce_that_is_never_right_is_answered_once_and_no_more() {
    let (bench, gateway) = signed_in().await;
    bench.world().insatiable = true;
    let before = bench.world().nonce_challenges;

    let error = gateway.call(&DETAIL, detail("1")).await.unwrap_err();

    assert!(matches!(error, Error::Auth(auth::Error::Challenged)), "{error:?}");
    assert_eq!(bench.world().nonce_challenges, before + 2);
}

#[tokio::test]
async fn a_token_the_gateway_no_longer_knows_is_renewed_once() {
    let (bench, gateway) = signed_in().await;
    bench.world().expire_access_tokens();

    gateway.call(&DETAIL, detail("1")).await.unwrap();

    assert_eq!(bench.world().refreshes, 1);
}

#[tokio::test]
async fn a_session_the_server_has_ended_asks_for_sign_in() {
    let (bench, gateway) = signed_in().await;
    bench.world().end_all_sessions();

    let error = gateway.call(&DETAIL, detail("1")).await.unwrap_err();

    assert_eq!(Public::from(error), Public::SignInRequired);
}

#[tokio::test]
async fn forbidden_is_not_a_matter_of_tokens() {
    let (bench, gateway) = signed_in().await;
    answer_with(&bench, |_| Wire::json(403, &json!({"code": "forbidden"})));

    let error = gateway.call(&DETAIL, detail("1")).await.unwrap_err();

    assert_eq!(Public::from(error), Public::Forbidden);
    assert_eq!(bench.world().refreshes, 0);
}

#[tokio::test]
async fn a_repeated_read_carries_another_proof_each_time() {
    let (bench, gateway) = signed_in().await;
    let seen_calls = Arc::new(Mutex::new(Vec::new()));
    let calls = seen_calls.clone();
    answer_with(&bench, move |seen| {
        let mut calls = calls.lock().unwrap();
        calls.push(seen.header("dpop").unwrap().to_owned());
        if calls.len() < 3 { Wire::Cut(Vec::new()) } else { Wire::json(200, &json!({"нэр": "Өнөрмаа"})) }
    });

    gateway.call(&DETAIL, detail("1")).await.unwrap();

    let calls = seen_calls.lock().unwrap();
    let proofs: HashSet<_> = calls.iter().collect();
    assert_eq!((calls.len(), proofs.len()), (3, 3));
}

#[tokio::test]
async fn what_the_outbox_sends_goes_out_once_and_comes_back_as_it_is() {
    let (bench, gateway) = signed_in().await;
    let count = Arc::new(Mutex::new(0));
    let counted = count.clone();
    answer_with(&bench, move |seen| {
        assert_eq!(seen.body, r#"{"маягт":1}"#.as_bytes());
        let mut count = counted.lock().unwrap();
        *count += 1;
        match *count {
            1 => Wire::json(409, &json!({"code": "key_in_progress"})).with("Retry-After", "1"),
            2 => Wire::Cut(Vec::new()),
            _ => Wire::json(201, &json!({"id": 1})).with("Idempotency-Replayed", "true"),
        }
    });
    let outgoing = Outgoing {
        method: Method::Post,
        path: "/v1/requests".into(),
        query: Vec::new(),
        access: Access::Citizen,
        body: Some(Content::Json(r#"{"маягт":1}"#.into())),
        key: Some(IdempotencyKey::new()),
        if_none_match: None,
        published: None,
        known: None,
    };

    let waiting = gateway.send(outgoing.clone()).await.unwrap();
    let lost = gateway.send(outgoing.clone()).await.unwrap_err();
    let done = gateway.send(outgoing).await.unwrap();

    assert_eq!(
        (waiting.status, waiting.problem().code.as_str(), waiting.retry_after_s),
        (409, "key_in_progress", Some(1))
    );
    assert!(matches!(lost, Error::Net(net::Error::Lost { .. })));
    assert_eq!((done.status, done.replayed, done.is_success()), (201, true, true));
}

#[tokio::test]
async fn a_copy_that_is_still_right_is_not_sent_again() {
    let (bench, gateway) = signed_in().await;
    answer_with(&bench, |seen| match seen.header("if-none-match") {
        Some("\"7\"") => Wire::status(304),
        Some(_) | None => Wire::json(200, &json!(1)),
    });

    assert_eq!(gateway.call(&PUBLIC, Call::new().if_none_match(Some("\"7\""))).await.unwrap(), Reply::NotModified);
    assert!(matches!(gateway.call(&PUBLIC, Call::new()).await.unwrap(), Reply::Fresh { .. }));
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_agreed_is_malformed_and_nothing_worse() {
    let (bench, gateway) = signed_in().await;
    let deep = "[".repeat(200_000);
    let cases: Vec<(u16, &'static str, Vec<u8>)> = vec![
        (200, "text/html", "<html>Сайн уу</html>".into()),
        (200, "text/html", b"{}".to_vec()),
        (200, "application/json", "{\"хагас\":".into()),
        (200, "application/json", vec![0xff, 0xfe]),
        (200, "application/json", deep.into_bytes()),
        (302, "application/json", b"{}".to_vec()),
        (304, "application/json", Vec::new()),
    ];
    for (status, kind, body) in cases {
        answer_with(&bench, move |_| Wire::status(status).with("Content-Type", kind).body(body.clone()));

        let error = gateway.call(&PUBLIC, Call::new()).await.unwrap_err();

        assert!(matches!(error, Error::Malformed { endpoint: "catalogue" }), "{status} {kind}: {error:?}");
        assert!(matches!(Public::from(error), Public::Unexpected { code, .. } if code == "gateway.malformed"));
    }
}

#[tokio::test]
async fn a_refusal_keeps_its_meaning_outside() {
    let (bench, gateway) = signed_in().await;
    let cases = [
        (404, json!({"code": "unknown_service"}), Public::NotFound),
        (422, json!({"code": "invalid_field", "field": "утас"}), Public::invalid("утас", "invalid_field")),
        (409, json!({"code": "form_changed"}), Public::invalid("", "form_changed")),
        (409, json!({"code": "key_in_progress"}), Public::Busy { retry_after_s: Some(60) }),
        (429, json!({}), Public::Busy { retry_after_s: Some(60) }),
        (503, json!(null), Public::Busy { retry_after_s: Some(60) }),
    ];
    for (status, body, expected) in cases {
        answer_with(&bench, move |_| Wire::json(status, &body).with("Retry-After", "60"));

        let error = gateway.call(&DETAIL, detail("1")).await.unwrap_err();

        assert_eq!(Public::from(error), expected);
    }
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_no_address() {
    let (bench, gateway) = signed_in().await;
    let before = bench.server.requests();
    for path in
        ["", "v1", "/v1/../oauth/token", "/v1/%2e%2e/x", "/v1/а", "/v1?x=1", "/v1#x", "@evil.mn/", ".evil.mn/", "\\x"]
    {
        let outgoing = Outgoing {
            method: Method::Get,
            path: path.into(),
            query: Vec::new(),
            access: Access::Citizen,
            body: None,
            key: None,
            if_none_match: None,
            published: None,
            known: None,
        };
        assert!(matches!(gateway.send(outgoing).await, Err(Error::Address)), "{path}");
    }
    assert_eq!(bench.server.requests(), before);
}

#[tokio::test]
async fn nobody_signed_in_sends_nothing() {
    let bench = Bench::new().await;

    let error = gateway(&bench).call(&DETAIL, detail("1")).await.unwrap_err();

    assert_eq!(Public::from(error), Public::SignInRequired);
    assert_eq!(bench.server.requests(), 0);
}

#[tokio::test]
async fn a_phone_two_days_off_is_served_all_the_same() {
    for days in [-2, 2] {
        let bench = Bench::with_phone_off_by(days * 86_400_000).await;
        bench.sign_in().await;

        let reply = gateway(&bench).call(&DETAIL, detail("1")).await;

        assert!(reply.is_ok(), "{days} days: {:?}", reply.unwrap_err());
    }
}

#[tokio::test]
async fn a_clock_that_is_moved_between_calls_is_put_right_by_the_answer() {
    let (bench, _) = signed_in().await;
    let mut ports = bench.ports.clone();
    ports.clock = Arc::new(crate::foundation::clock::OffsetClock::new(bench.clock.clone(), 3_600_000));
    let (auth, _) = bench.other_process_with(&ports);
    let gateway = Gateway::new(&bench.config, bench.net.clone(), auth.tokens()).unwrap();

    gateway.call(&DETAIL, detail("1")).await.unwrap();
    bench.clock.advance(Duration::from_secs(1));
    gateway.call(&DETAIL, detail("1")).await.unwrap();
}
