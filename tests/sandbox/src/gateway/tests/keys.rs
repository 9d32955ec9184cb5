//! One intent, one effect.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{CONTRIBUTIONS, Call, ERDENEBAT, Rig, UURIINTUYA, key};
use crate::gateway::idempotency::{Answer, Claim, Fingerprint, Key, WINDOW_MS, claim, once};

/// A call that has not settled by then hangs.
const PATIENCE: Duration = Duration::from_secs(30);

fn parsed(key: &str) -> Key {
    Key::from_headers(&[("idempotency-key".parse().unwrap(), key.parse().unwrap())].into_iter().collect()).unwrap()
}

fn fingerprint(body: &Value) -> Fingerprint {
    Fingerprint::of(&Method::POST, "/v1/requests", Some(body))
}

/// Takes `key` for this submission as a call would, and dies before its effect.
async fn die_with(rig: &Rig, sub: &str, key: &str) {
    let fingerprint = fingerprint(&rig.submission().await);
    let (sub, key, now) = (sub.to_owned(), parsed(key), rig.sandbox.now());
    let claimed = rig.sandbox.db().write(move |tx| claim(tx, &sub, &key, &fingerprint, now)).await.unwrap();
    assert_eq!(claimed, Claim::Granted);
}

#[tokio::test]
async fn the_same_call_again_has_no_second_effect_and_gets_the_same_answer() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;

    let first = rig.apply(&citizen, &key(1)).await;
    let again = rig.apply(&citizen, &key(1)).await;

    assert_eq!(again.status, 201);
    assert_eq!(again.body, first.body);
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(rig.count("requests").await, 1);
}

#[tokio::test]
async fn a_key_per_try_doubles() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;

    rig.apply(&citizen, &key(1)).await;
    rig.apply(&citizen, &key(2)).await;

    assert_eq!(rig.count("requests").await, 2, "the control of the test above");
}

#[tokio::test]
async fn equal_calls_at_the_same_time_have_one_effect() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let key = key(1);

    let replies = tokio::join!(
        rig.apply(&citizen, &key),
        rig.apply(&citizen, &key),
        rig.apply(&citizen, &key),
        rig.apply(&citizen, &key),
    );

    assert_eq!(rig.count("requests").await, 1);
    let replies = [replies.0, replies.1, replies.2, replies.3];
    let fresh = |reply: &&super::Reply| reply.status == 201 && reply.header("idempotency-replayed").is_empty();
    assert_eq!(replies.iter().filter(fresh).count(), 1);
    for other in replies.iter().filter(|reply| !fresh(reply)) {
        let replayed = other.status == 201 && other.header("idempotency-replayed") == "true";
        assert!(replayed || other.refusal() == (409, "key_in_progress".into()));
    }
    assert_eq!(rig.apply(&citizen, &key).await.status, 201);
}

#[tokio::test]
async fn a_key_in_progress_asks_for_patience() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    die_with(&rig, &citizen.sub, &key(1)).await;

    let reply = rig.apply(&citizen, &key(1)).await;
    let state = rig.get(&citizen, &format!("/v1/idempotency/{}", key(1))).await.json();

    assert_eq!(reply.refusal(), (409, "key_in_progress".into()));
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(state["state"], "in_progress");
    assert!(state.get("body").is_none());
}

#[tokio::test]
async fn a_key_whose_call_died_with_the_process_is_free_after_the_restart() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    die_with(&rig, &citizen.sub, &key(1)).await;

    let rig = rig.restart();

    assert_eq!(rig.apply(&citizen, &key(1)).await.status, 201);
    assert_eq!(rig.count("requests").await, 1);
}

#[tokio::test]
async fn an_answer_outlives_the_process() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let first = rig.apply(&citizen, &key(1)).await;

    let rig = rig.restart();
    let again = rig.apply(&citizen, &key(1)).await;

    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &first.body));
    assert_eq!(rig.count("requests").await, 1);
}

#[tokio::test]
async fn an_effect_that_fails_frees_its_key_and_leaves_nothing() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let failing = |tx: &rusqlite::Transaction<'_>, _now| {
        tx.execute("INSERT INTO request_numbers (year, last) VALUES (1, 1)", [])?;
        Err(rusqlite::Error::QueryReturnedNoRows)
    };

    let reply = once(&rig.sandbox, &citizen, parsed(&key(1)), fingerprint(&json!({})), failing).await;

    assert_eq!(reply.status(), 500);
    assert_eq!((rig.count("idempotency").await, rig.count("request_numbers").await), (0, 0));
    assert_eq!(rig.apply(&citizen, &key(1)).await.status, 201);
}

#[tokio::test]
async fn an_effect_that_panics_frees_its_key() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;

    let panicking = |_: &rusqlite::Transaction<'_>, _| panic!("a defect");
    let reply = once(&rig.sandbox, &citizen, parsed(&key(1)), fingerprint(&json!({})), panicking).await;

    assert_eq!(reply.status(), 500);
    assert_eq!(rig.count("idempotency").await, 0);
}

#[tokio::test]
async fn a_call_goes_on_when_its_client_hangs_up() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let effect = |tx: &rusqlite::Transaction<'_>, _now| {
        tx.execute("INSERT INTO request_numbers (year, last) VALUES (1, 1)", [])?;
        Answer::new(StatusCode::OK, &json!({}))
    };

    {
        let mut call = pin!(once(&rig.sandbox, &citizen, parsed(&key(1)), fingerprint(&json!({})), effect));
        let polled = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "still at work when it is dropped");
    }

    let path = format!("/v1/idempotency/{}", key(1));
    let settled = async {
        loop {
            let state = rig.get(&citizen, &path).await;
            if state.status == 200 && state.json()["state"] == "done" {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, settled).await.unwrap();
    assert_eq!(rig.count("request_numbers").await, 1);
}

#[tokio::test]
async fn a_key_used_for_something_else_is_refused_without_effect() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    rig.apply(&citizen, &key(1)).await;
    let mut other = rig.submission().await;
    other["form"]["endYear"] = json!(2023);

    let body = rig.post(&citizen, &key(1), &other).await;
    let path = rig.call(Call::new("POST", "/v1/inbox/none/read").by(&citizen).key(&key(1))).await;

    assert_eq!(body.refusal(), (422, "key_reused".into()));
    assert_eq!(path.refusal(), (422, "key_reused".into()));
    assert_eq!(rig.count("requests").await, 1);
}

#[tokio::test]
async fn spacing_and_the_order_of_names_make_no_other_call() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let first = rig.apply(&citizen, &key(1)).await;
    let id = rig.service_id(CONTRIBUTIONS).await;
    let respaced = format!(
        r#"{{ "shown_digest": "{}", "form": {{"forUsage":"\u04e8мнөговь, «Үүрийн туяа» ХХК", "endYear": 2024,
             "startYear": 2019}}, "service_id": "{id}", "form_version": 1 }}"#,
        rig.submission().await["shown_digest"].as_str().unwrap()
    );

    let mut call =
        Call::new("POST", "/v1/requests").by(&citizen).key(&key(1)).header("content-type", "application/json");
    call.1 = axum::body::Body::from(respaced);
    let again = rig.call(call).await;

    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &first.body));
}

#[tokio::test]
async fn two_citizens_may_mint_the_same_key() {
    let rig = Rig::start();
    let (one, two) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);

    let first = rig.apply(&one, &key(1)).await.json();
    let second = rig.apply(&two, &key(1)).await.json();

    assert_ne!(first["id"], second["id"]);
    assert_eq!(rig.count("requests").await, 2);
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_is_given_again() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let mut submission = rig.submission().await;
    submission["form"]["forUsage"] = json!("");

    let first = rig.post(&citizen, &key(1), &submission).await;
    let again = rig.post(&citizen, &key(1), &submission).await;
    let state = rig.get(&citizen, &format!("/v1/idempotency/{}", key(1))).await.json();

    assert_eq!(first.refusal(), (422, "invalid_field".into()));
    assert_eq!(again.refusal(), (422, "invalid_field".into()));
    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &first.body));
    assert_eq!((&state["status"], &state["body"]["field"]), (&json!(422), &json!("forUsage")));
}

#[tokio::test]
async fn a_call_without_a_proper_key_is_refused() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let submission = rig.submission().await;

    let missing = rig.call(Call::new("POST", "/v1/requests").by(&citizen).json(&submission)).await;

    assert_eq!(missing.refusal(), (400, "key_missing".into()));
    for bad in ["too-short", &"x".repeat(65), "with space and more", "кирилл-түлхүүр-0001"] {
        let mut call = Call::new("POST", "/v1/requests").by(&citizen).json(&submission);
        call.0 = call.0.header("idempotency-key", bad.as_bytes());
        assert_eq!(rig.call(call).await.refusal(), (400, "key_invalid".into()), "{bad}");
    }
    assert_eq!(rig.count("requests").await, 0);
}

#[tokio::test]
async fn a_key_tells_what_became_of_its_call_to_its_owner_alone() {
    let rig = Rig::start();
    let (owner, other) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    let request = rig.apply(&owner, &key(1)).await.json();
    let path = format!("/v1/idempotency/{}", key(1));

    let state = rig.get(&owner, &path).await.json();

    assert_eq!((&state["key"], &state["state"], &state["status"]), (&json!(key(1)), &json!("done"), &json!(201)));
    assert_eq!(state["body"], request);
    assert_eq!(rig.get(&other, &path).await.refusal(), (404, "unknown_key".into()));
}

#[tokio::test]
async fn an_answer_is_kept_for_the_window_and_no_longer() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    rig.apply(&citizen, &key(1)).await;
    let path = format!("/v1/idempotency/{}", key(1));
    let an_hour = 3_600_000;

    rig.sandbox.move_clock(WINDOW_MS - an_hour);
    let within = rig.apply(&citizen, &key(1)).await;
    rig.sandbox.move_clock(2 * an_hour);
    let state = rig.get(&citizen, &path).await;
    let beyond = rig.apply(&citizen, &key(1)).await;

    assert!(WINDOW_MS >= 30 * 24 * an_hour);
    assert_eq!(within.header("idempotency-replayed"), "true");
    assert_eq!(state.refusal(), (404, "unknown_key".into()));
    assert_eq!(beyond.header("idempotency-replayed"), "");
    assert_eq!(rig.count("requests").await, 2);
}
