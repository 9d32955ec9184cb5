//! DPoP: what is refused, and how it is told.

use emongolia_sandbox::text;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;

use crate::{
    phone::{Call, Flaws, Phone, Session, par_form},
    rig::Rig,
};

async fn signed_in() -> (Rig, Phone, Session) {
    let rig = Rig::start().await;
    let phone = rig.phone();
    phone.warm_up().await;
    let session = phone.sign_in(&rig.config().citizens[0]).await;
    (rig, phone, session)
}

async fn inbox(phone: &Phone, session: &Session, flaws: Flaws) -> Response {
    phone.send(Call::new(Method::GET, "/v1/inbox", session).flawed(flaws)).await
}

fn challenge(response: &Response) -> String {
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned()
}

async fn push(phone: &Phone, flaws: Flaws) -> Value {
    let digest = text::base64url(&text::sha256(b"verifier"));
    let refused = phone.post_form("/oauth/par", &par_form("state", "nonce", &digest), &flaws).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(refused.headers().contains_key("dpop-nonce"));
    assert_eq!(refused.headers()[header::CACHE_CONTROL], "no-store");
    refused.json().await.unwrap()
}

#[tokio::test]
async fn without_a_nonce_the_authorisation_server_hands_out_one() {
    let rig = Rig::start().await;

    let refused = push(&rig.phone(), Flaws::default()).await;

    assert_eq!(refused["error"], "use_dpop_nonce");
    rig.finish().await;
}

#[tokio::test]
async fn without_a_nonce_the_gateway_hands_out_one() {
    let (rig, phone, session) = signed_in().await;

    let refused = inbox(&phone, &session, Flaws { no_nonce: true, ..Flaws::default() }).await;

    assert!(refused.headers().contains_key("dpop-nonce"));
    assert!(challenge(&refused).contains(r#"error="use_dpop_nonce""#));
    rig.finish().await;
}

#[tokio::test]
async fn the_two_servers_nonces_are_not_each_others() {
    let (rig, phone, session) = signed_in().await;
    let url = phone.url("/v1/inbox");
    let proof = phone.proof("as", "GET", &url, Some(&session.access_token), &Flaws::default());

    let authorization = format!("DPoP {}", session.access_token);
    let request = phone.http.get(&url).header(header::AUTHORIZATION, authorization).header("DPoP", proof);
    let refused = request.send().await.unwrap();

    assert!(challenge(&refused).contains(r#"error="use_dpop_nonce""#));
    rig.finish().await;
}

#[tokio::test]
async fn a_nonce_grows_old_but_the_one_before_still_counts() {
    let (rig, phone, session) = signed_in().await;
    let off = |s: i64| Flaws { iat_off_s: s, ..Flaws::default() };
    let url = phone.url("/v1/inbox");
    let proof_later = |s| phone.proof("rs", "GET", &url, Some(&session.access_token), &off(s));
    let (one_period, three_periods) = (proof_later(180), proof_later(540));
    let send = async |proof: String| {
        let authorization = format!("DPoP {}", session.access_token);
        let request = phone.http.get(&url).header(header::AUTHORIZATION, authorization).header("DPoP", proof);
        request.send().await.unwrap()
    };

    rig.running.sandbox().move_clock(180_000);
    assert_eq!(send(one_period).await.status(), StatusCode::OK);
    rig.running.sandbox().move_clock(360_000);
    assert!(challenge(&send(three_periods).await).contains(r#"error="use_dpop_nonce""#));
    rig.finish().await;
}

#[tokio::test]
async fn a_proof_counts_once() {
    let (rig, phone, session) = signed_in().await;
    let flaws = Flaws { jti: Some("нэг".into()), ..Flaws::default() };
    assert_eq!(inbox(&phone, &session, flaws.clone()).await.status(), StatusCode::OK);

    let replayed = inbox(&phone, &session, flaws).await;

    assert!(challenge(&replayed).contains(r#"error="invalid_dpop_proof""#));
    rig.finish().await;
}

#[tokio::test]
async fn a_proof_counts_once_at_the_authorisation_server_too() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    phone.warm_up().await;
    let flaws = Flaws { jti: Some(text::token()), ..Flaws::default() };
    let digest = text::base64url(&text::sha256(b"verifier"));
    let first = phone.post_form("/oauth/par", &par_form("state", "nonce", &digest), &flaws).await;
    assert_eq!(first.status(), StatusCode::CREATED);

    let replayed = push(&phone, flaws).await;

    assert_eq!(replayed["error"], "invalid_dpop_proof");
    rig.finish().await;
}

#[tokio::test]
async fn a_replay_is_known_after_a_restart() {
    let (rig, phone, session) = signed_in().await;
    let flaws = Flaws { jti: Some("Үүл".into()), ..Flaws::default() };
    assert_eq!(inbox(&phone, &session, flaws.clone()).await.status(), StatusCode::OK);

    let rig = rig.restart().await;

    let replayed = inbox(&phone, &session, flaws).await;
    assert!(challenge(&replayed).contains(r#"error="invalid_dpop_proof""#));
    rig.finish().await;
}

#[tokio::test]
async fn a_phone_whose_clock_is_off_is_told_so_and_learns_the_time() {
    let (rig, phone, session) = signed_in().await;

    for off in [-2 * 86_400, -90, 90, 2 * 86_400] {
        let refused = inbox(&phone, &session, Flaws { iat_off_s: off, ..Flaws::default() }).await;
        assert!(challenge(&refused).contains(r#"error="invalid_dpop_proof""#), "{off} s");
        assert!(refused.headers().contains_key(header::DATE));
        let refused = push(&phone, Flaws { iat_off_s: off, ..Flaws::default() }).await;
        assert_eq!(refused["error"], "invalid_dpop_proof", "{off} s");
    }
    for off in [-50, 50] {
        let admitted = inbox(&phone, &session, Flaws { iat_off_s: off, ..Flaws::default() }).await;
        assert_eq!(admitted.status(), StatusCode::OK, "{off} s");
    }
    rig.finish().await;
}

#[tokio::test]
async fn a_proof_for_another_call_is_refused() {
    let (rig, phone, session) = signed_in().await;
    let flawed = [
        Flaws { method: Some("POST"), ..Flaws::default() },
        Flaws { url: Some(phone.url("/v1/requests")), ..Flaws::default() },
        Flaws { ath_of: Some("another token".into()), ..Flaws::default() },
    ];

    for flaws in flawed {
        let refused = inbox(&phone, &session, flaws).await;
        assert!(challenge(&refused).contains(r#"error="invalid_dpop_proof""#));
    }
    rig.finish().await;
}

#[tokio::test]
async fn a_stolen_token_is_worth_nothing_to_another_key() {
    let (rig, _, session) = signed_in().await;
    let thief = rig.phone();
    thief.warm_up().await;

    let refused = inbox(&thief, &session, Flaws::default()).await;

    assert!(challenge(&refused).contains(r#"error="invalid_token""#));
    rig.finish().await;
}

#[tokio::test]
async fn a_bearer_token_or_none_is_refused() {
    let (rig, phone, session) = signed_in().await;
    let bare = phone.http.get(phone.url("/v1/inbox")).send().await.unwrap();
    let bearer = phone.http.get(phone.url("/v1/inbox")).bearer_auth(&session.access_token).send().await.unwrap();

    for refused in [bare, bearer] {
        assert!(challenge(&refused).starts_with("DPoP"));
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["code"], "unauthorised");
    }
    rig.finish().await;
}

#[tokio::test]
async fn a_proof_that_was_tampered_with_is_refused() {
    let (rig, phone, session) = signed_in().await;
    let url = phone.url("/v1/inbox");
    let proof = phone.proof("rs", "GET", &url, Some(&session.access_token), &Flaws::default());
    let other = phone.proof("rs", "GET", &url, Some(&session.access_token), &Flaws::default());
    let spliced = format!("{}.{}", proof.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);

    for broken in [spliced, "a.b".into(), "a.b.c".into(), String::new()] {
        let authorization = format!("DPoP {}", session.access_token);
        let request = phone.http.get(&url).header(header::AUTHORIZATION, authorization).header("DPoP", &broken);
        let refused = request.send().await.unwrap();
        assert!(challenge(&refused).contains(r#"error="invalid_dpop_proof""#), "{broken}");
    }
    rig.finish().await;
}
