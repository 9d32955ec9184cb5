//! What keeps a session alive and what ends it.

use emongolia_sandbox::text;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    phone::{CLIENT_ID, Phone, Session, SignIn, answer, par_form},
    rig::Rig,
};

async fn signed_in() -> (Rig, Phone, Session) {
    let rig = Rig::start().await;
    let phone = rig.phone();
    phone.warm_up().await;
    let session = phone.sign_in(&rig.config().citizens[0]).await;
    (rig, phone, session)
}

async fn opens(phone: &Phone, session: &Session) -> bool {
    phone.get("/v1/inbox", session).await.0 == StatusCode::OK
}

async fn rotate(rig: &Rig) {
    let (status, _) = rig.control(Method::POST, "/control/rotation", json!({ "on": true })).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_refresh_token_is_good_again_and_again() {
    let (rig, phone, session) = signed_in().await;

    for _ in 0..2 {
        let (status, tokens) = phone.refresh(&session.refresh_token).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(tokens["refresh_token"], session.refresh_token);
        assert_eq!(tokens.get("id_token"), None);
        assert!(opens(&phone, &(&tokens).into()).await);
    }
    rig.finish().await;
}

#[tokio::test]
async fn a_newer_sign_in_takes_the_place_of_the_older_once_it_is_used() {
    let (rig, phone, first) = signed_in().await;
    let second = phone.sign_in(&rig.config().citizens[0]).await;
    let elsewhere = rig.phone();
    elsewhere.warm_up().await;
    let others = elsewhere.sign_in(&rig.config().citizens[0]).await;

    assert!(opens(&phone, &first).await, "the app may never have heard of the second");
    assert!(opens(&phone, &second).await);
    assert!(!opens(&phone, &first).await);
    assert_eq!(phone.refresh(&first.refresh_token).await.1["error"], "invalid_grant");
    assert!(opens(&elsewhere, &others).await, "another phone of the same citizen is another matter");
    rig.finish().await;
}

#[tokio::test]
async fn what_the_app_asks_of_the_proof_is_read_and_told_of() {
    let (rig, phone, _) = signed_in().await;
    let pushed = |extra: &'static [(&'static str, &'static str)]| {
        let challenge = text::base64url(&text::sha256(b"verifier"));
        let phone = &phone;
        async move {
            let form: Vec<_> = par_form("s", "n", &challenge).into_iter().chain(extra.iter().copied()).collect();
            phone.post_form_with_nonce("/oauth/par", &form).await
        }
    };

    for wrong in [&[("max_age", "удахгүй")][..], &[("max_age", "-1")], &[("prompt", "none")]] {
        let (status, refused) = pushed(wrong).await;
        assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")), "{wrong:?}");
    }
    let (status, _) = pushed(&[("max_age", "300"), ("prompt", "login"), ("acr_values", "urn:mn:dan:app")]).await;
    assert_eq!(status, StatusCode::CREATED);

    let (status, asked) = pushed(&[("acr_values", "urn:mn:dan:unheard-of")]).await;
    assert_eq!(status, StatusCode::CREATED);
    let request_uri = asked["request_uri"].as_str().unwrap().to_owned();
    let sign_in = SignIn { state: "s".into(), nonce: "n".into(), verifier: String::new(), request_uri };
    let called_back = phone.browse(&sign_in, &rig.config().citizens[0]).await;
    assert_eq!(called_back["error"], "unmet_authentication_requirements");
    rig.finish().await;
}

#[tokio::test]
async fn a_refresh_token_is_worth_nothing_to_another_key() {
    let (rig, phone, session) = signed_in().await;

    let (status, refused) = rig.phone().refresh(&session.refresh_token).await;

    assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    assert_eq!(phone.refresh(&session.refresh_token).await.0, StatusCode::OK);
    rig.finish().await;
}

#[tokio::test]
async fn with_rotation_each_refresh_brings_a_new_token() {
    let (rig, phone, session) = signed_in().await;
    rotate(&rig).await;

    let (_, first) = phone.refresh(&session.refresh_token).await;
    let (status, second) = phone.refresh(first["refresh_token"].as_str().unwrap()).await;

    assert_eq!(status, StatusCode::OK);
    let all =
        [&session.refresh_token, first["refresh_token"].as_str().unwrap(), second["refresh_token"].as_str().unwrap()];
    assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    rig.finish().await;
}

#[tokio::test]
async fn with_rotation_an_old_token_used_again_ends_the_whole_family() {
    let (rig, phone, session) = signed_in().await;
    rotate(&rig).await;
    let (_, tokens) = phone.refresh(&session.refresh_token).await;
    let next = Session::from(&tokens);
    assert!(opens(&phone, &next).await);

    let (_, reused) = phone.refresh(&session.refresh_token).await;

    assert_eq!(reused["error"], "invalid_grant");
    assert!(!opens(&phone, &next).await);
    assert!(!opens(&phone, &session).await);
    assert_eq!(phone.refresh(&next.refresh_token).await.1["error"], "invalid_grant");
    rig.finish().await;
}

#[tokio::test]
async fn an_expired_access_token_is_renewed_and_the_session_goes_on() {
    let (rig, phone, session) = signed_in().await;

    rig.control(Method::POST, "/control/tokens/expire", json!({})).await;

    let (status, refused) = phone.get("/v1/inbox", &session).await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNAUTHORIZED, &json!("invalid_token")));
    let (_, tokens) = phone.refresh(&session.refresh_token).await;
    assert!(opens(&phone, &(&tokens).into()).await);
    rig.finish().await;
}

#[tokio::test]
async fn revoking_either_token_ends_the_session() {
    for pick in [|s: &Session| s.refresh_token.clone(), |s: &Session| s.access_token.clone()] {
        let (rig, phone, session) = signed_in().await;
        let token = pick(&session);

        let form = [("token", token.as_str()), ("client_id", CLIENT_ID)];
        let revoked = phone.http.post(phone.url("/oauth/revoke")).form(&form).send().await.unwrap();

        assert_eq!(revoked.status(), StatusCode::OK);
        assert!(!opens(&phone, &session).await);
        assert_eq!(phone.refresh(&session.refresh_token).await.1["error"], "invalid_grant");
        rig.finish().await;
    }
}

#[tokio::test]
async fn revoking_an_unknown_token_is_no_error() {
    let (rig, phone, session) = signed_in().await;

    let form = [("token", "nobody's"), ("client_id", CLIENT_ID)];
    let (status, body) = answer(phone.http.post(phone.url("/oauth/revoke")).form(&form).send().await.unwrap()).await;

    assert_eq!((status, body), (StatusCode::OK, Value::Null));
    assert!(opens(&phone, &session).await);
    rig.finish().await;
}

#[tokio::test]
async fn the_control_ends_one_citizens_sessions_and_no_other() {
    let (rig, phone, session) = signed_in().await;
    let neighbour = rig.phone();
    neighbour.warm_up().await;
    let citizens = &rig.config().citizens;
    let other = neighbour.sign_in(&citizens[1]).await;

    let (_, told) =
        rig.control(Method::POST, "/control/sessions/revoke", json!({ "regnum": citizens[0].regnum })).await;

    assert_eq!(told["revoked"], 1);
    assert!(!opens(&phone, &session).await);
    assert!(opens(&neighbour, &other).await);
    rig.finish().await;
}

#[tokio::test]
async fn a_session_that_is_cut_short_goes_on_until_then_and_says_when_that_is() {
    let (rig, phone, session) = signed_in().await;

    let (_, told) = rig.control(Method::POST, "/control/sessions/shorten", json!({ "lasts_s": 60 })).await;
    assert_eq!(told["shortened"], 1);
    assert!(!opens(&phone, &session).await, "whoever has a token is to ask for another");
    let (_, tokens) = phone.refresh(&session.refresh_token).await;
    assert!(opens(&phone, &(&tokens).into()).await);
    let left = tokens["authorization_expires_in"].as_i64();
    assert!(left.is_some_and(|left| (0..=60).contains(&left)), "{tokens}");
    rig.control(Method::POST, "/control/sessions/shorten", json!({ "lasts_s": 0 })).await;

    assert_eq!(phone.refresh(&session.refresh_token).await.1["error"], "invalid_grant");
    rig.finish().await;
}

#[tokio::test]
async fn a_restart_on_the_same_data_keeps_sessions_certificates_and_ports() {
    let (rig, phone, session) = signed_in().await;
    let before = rig.config().clone();

    let rig = rig.restart().await;

    assert_eq!(*rig.config(), before);
    assert!(opens(&phone, &session).await);
    assert_eq!(phone.refresh(&session.refresh_token).await.0, StatusCode::OK);
    rig.finish().await;
}

#[tokio::test]
async fn no_token_is_stored_readable() {
    let (rig, phone, session) = signed_in().await;
    phone.refresh(&session.refresh_token).await;

    let mut searched = 0;
    for entry in std::fs::read_dir(rig.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        searched += bytes.len();
        for secret in [&session.access_token, &session.refresh_token] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }

    assert!(searched > 10_000);
    rig.finish().await;
}
