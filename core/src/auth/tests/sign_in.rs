use std::sync::{
    LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;

use super::*;
use crate::{
    auth::testing::{SoftKey, jwks, jws},
    foundation::{
        crypto::{digest::from_base64url, jws::Refusal as JwsRefusal},
        error::Error as Public,
        net::testing::Reply,
    },
};

#[tokio::test]
async fn a_sign_in_ends_with_a_session_and_the_citizens_record() {
    let bench = Bench::new().await;

    assert_eq!(bench.auth.session().await.unwrap(), SessionState::SignedOut);
    let request = bench.auth.begin_sign_in().await.unwrap();
    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::SigningIn { .. }));
    let callback = bench.world().approve(&request.url);
    let signed_in = bench.auth.complete_sign_in(&callback).await.unwrap();

    assert_eq!(signed_in.citizen.name, "Б.Өнөрмаа");
    assert_eq!(bench.auth.citizen().await.unwrap(), signed_in.citizen);
    assert_eq!(bench.auth.owner().await.unwrap().unwrap().as_str(), "citizen-1");
    assert!(
        matches!(bench.auth.session().await.unwrap(), SessionState::Active { citizen, .. } if citizen.name == "Б.Өнөрмаа")
    );
    assert_eq!(call(&bench).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_browser_is_given_a_reference_and_nothing_else() {
    let bench = Bench::new().await;

    let request = bench.auth.begin_sign_in().await.unwrap();

    let names: Vec<_> = request.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["client_id", "request_uri"]);
}

#[tokio::test]
async fn another_process_can_complete_a_sign_in() {
    let bench = Bench::new().await;
    let (other, _) = bench.other_process();
    let request = bench.auth.begin_sign_in().await.unwrap();
    let callback = bench.world().approve(&request.url);

    other.complete_sign_in(&callback).await.unwrap();

    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::Active { .. }));
}

#[tokio::test]
async fn a_callback_is_good_once() {
    let bench = Bench::new().await;
    let request = bench.auth.begin_sign_in().await.unwrap();
    let callback = bench.world().approve(&request.url);

    bench.auth.complete_sign_in(&callback).await.unwrap();
    let again = bench.auth.complete_sign_in(&callback).await;

    assert!(matches!(again, Err(Error::Callback(CallbackRefusal::UnknownState))));
}

#[tokio::test]
async fn a_callback_after_ten_minutes_is_refused_before_the_code_is_spent() {
    let bench = Bench::new().await;
    let request = bench.auth.begin_sign_in().await.unwrap();
    let callback = bench.world().approve(&request.url);
    bench.clock.advance(Duration::from_secs(601));
    let before = bench.server.requests();

    let late = bench.auth.complete_sign_in(&callback).await;

    assert!(matches!(late, Err(Error::Callback(CallbackRefusal::TooOld))));
    assert_eq!(bench.server.requests(), before);
    assert_eq!(bench.auth.session().await.unwrap(), SessionState::SignedOut);
}

#[tokio::test]
async fn a_callback_of_another_issuer_spends_neither_code_nor_attempt() {
    let bench = Bench::new().await;
    let request = bench.auth.begin_sign_in().await.unwrap();
    let callback = bench.world().approve(&request.url);
    let (mixed_up, without) = (format!("{}x", callback), callback.split("&iss=").next().unwrap().to_owned());
    let before = bench.server.requests();

    let refused = bench.auth.complete_sign_in(&mixed_up).await;
    let missing = bench.auth.complete_sign_in(&without).await;

    assert!(matches!(refused, Err(Error::Callback(CallbackRefusal::OtherIssuer))));
    assert!(matches!(missing, Err(Error::Callback(CallbackRefusal::NoIssuer))));
    assert_eq!(bench.server.requests(), before);
    bench.auth.complete_sign_in(&callback).await.unwrap();
}

#[tokio::test]
async fn a_citizen_who_declines_is_not_signed_in_and_the_attempt_is_over() {
    let bench = Bench::new().await;
    let request = bench.auth.begin_sign_in().await.unwrap();
    let callback =
        format!("mn.emongolia:/callback?error=access_denied&state={}&iss={}", request.state, bench.server.origin);

    let declined = bench.auth.complete_sign_in(&callback).await.unwrap_err();

    assert_eq!(Public::from(declined), Public::Cancelled);
    assert_eq!(bench.auth.session().await.unwrap(), SessionState::SignedOut);
}

#[tokio::test]
async fn an_id_token_that_lies_signs_nobody_in_and_its_tokens_are_revoked() {
    let bench = Bench::new().await;
    bench.world().spoil_claims = |claims| claims["nonce"] = json!("another");
    let request = bench.auth.begin_sign_in().await.unwrap();
    let callback = bench.world().approve(&request.url);

    let refused = bench.auth.complete_sign_in(&callback).await;

    assert!(matches!(refused, Err(Error::IdToken(IdTokenRefusal::Nonce))), "{refused:?}");
    assert_eq!(bench.auth.session().await.unwrap(), SessionState::SignedOut);
    while bench.world().revoked.is_empty() {
        tokio::task::yield_now().await;
    }
}

/// The key that the server goes over to.
static NEXT_KEY: LazyLock<SoftKey> = LazyLock::new(SoftKey::new);

/// Signs the ID token anew, with the next key.
fn signed_with_the_next_key(answer: &mut serde_json::Value) {
    let claims = answer["id_token"].as_str().unwrap().split('.').nth(1).and_then(from_base64url).unwrap();
    let claims = String::from_utf8(claims).unwrap();
    answer["id_token"] = json!(jws(&NEXT_KEY, &json!({"alg": "ES256", "kid": "k2"}).to_string(), &claims));
}

#[tokio::test]
async fn a_key_that_the_server_changed_just_before_signing_is_asked_for_once() {
    for published in [true, false] {
        let bench = Bench::new().await;
        let asked = Arc::new(AtomicUsize::new(0));
        let times = asked.clone();
        bench.world().spoil_metadata = |document| {
            document["jwks_uri"] = json!(format!("{}/public", document["issuer"].as_str().unwrap()));
        };
        bench.world().resource = Arc::new(move |_| match times.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::json(200, &jwks(&SoftKey::new(), "k1")),
            _ if published => Reply::json(200, &jwks(&NEXT_KEY, "k2")),
            _ => Reply::json(200, &jwks(&NEXT_KEY, "k3")),
        });
        bench.world().spoil_tokens = signed_with_the_next_key;
        let request = bench.auth.begin_sign_in().await.unwrap();
        let callback = bench.world().approve(&request.url);

        let signed_in = bench.auth.complete_sign_in(&callback).await;

        match signed_in {
            Ok(signed_in) => assert_eq!((published, signed_in.citizen.name.as_str()), (true, "Б.Өнөрмаа")),
            Err(error) => assert!(
                !published && matches!(error, Error::IdToken(IdTokenRefusal::Jws(JwsRefusal::UnknownKey))),
                "{error}"
            ),
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert!(bench.server.requests() <= 6 + usize::from(!published), "a refused sign-in also revokes");
    }
}

#[tokio::test]
async fn a_token_answer_that_is_not_what_was_asked_for_signs_nobody_in() {
    let bench = Bench::new().await;
    let lies: [fn(&mut serde_json::Value); 7] = [
        |answer| answer["token_type"] = json!("Bearer"),
        |answer| answer["access_token"] = json!(""),
        |answer| answer["access_token"] = json!("нууц\r\nX: y"),
        |answer| answer["refresh_token"] = json!(null),
        |answer| answer["id_token"] = json!(null),
        |answer| answer["id_token"] = json!("a.b"),
        |answer| *answer = json!([]),
    ];
    for lie in lies {
        bench.world().spoil_tokens = lie;
        let request = bench.auth.begin_sign_in().await.unwrap();
        let callback = bench.world().approve(&request.url);

        let refused = bench.auth.complete_sign_in(&callback).await;

        assert!(matches!(refused, Err(Error::Answer(_) | Error::IdToken(_))), "{refused:?}");
        assert_eq!(bench.auth.session().await.unwrap(), SessionState::SignedOut);
    }
}

#[tokio::test]
async fn a_callback_to_an_address_this_sign_in_did_not_give_out_leaves_it_good() {
    let bench = Bench::new().await;
    let request = bench.auth.begin_sign_in().await.unwrap();
    let callback = bench.world().approve(&request.url);
    let elsewhere = callback.replace("mn.emongolia:/callback", "http://127.0.0.1:8080/callback");

    let refused = bench.auth.complete_sign_in(&elsewhere).await;

    assert!(matches!(refused, Err(Error::Callback(CallbackRefusal::Address))));
    bench.auth.complete_sign_in(&callback).await.unwrap();
}

#[tokio::test]
async fn a_server_whose_metadata_lies_is_sent_nothing() {
    let bench = Bench::new().await;
    bench.world().spoil_metadata = |document| document["issuer"] = json!("https://evil.mn");

    let refused = bench.auth.begin_sign_in().await;

    assert!(matches!(refused, Err(Error::Metadata(MetadataRefusal::Issuer))));
    assert_eq!(bench.server.requests(), 1);
}

#[tokio::test]
async fn another_citizen_is_refused_until_the_first_ones_things_are_gone() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    bench.world().subject = "citizen-2".into();
    let request = bench.auth.begin_sign_in().await.unwrap();
    let callback = bench.world().approve(&request.url);

    let refused = bench.auth.complete_sign_in(&callback).await;

    assert!(matches!(refused, Err(Error::OtherCitizen)), "{refused:?}");
    assert_eq!(bench.auth.owner().await.unwrap().unwrap().as_str(), "citizen-1");
    bench.auth.forget().await.unwrap();
    bench.sign_in().await;
    assert_eq!(bench.auth.owner().await.unwrap().unwrap().as_str(), "citizen-2");
}

#[tokio::test]
async fn nothing_of_the_session_can_be_read_from_the_file() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    let tokens = bench.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await.unwrap().unwrap();
    bench.auth.begin_sign_in().await.unwrap();
    bench.store.suspend(Duration::from_secs(5)).await.unwrap();

    let file = std::fs::read(bench.store.path()).unwrap();

    let holds = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    for secret in ["Өнөрмаа", "УЖ95121206", "citizen-1", tokens.access.reveal(), tokens.refresh.reveal()] {
        assert!(!holds(secret), "{secret}");
    }
    assert!(holds("auth_session"), "the search finds what is there");
}

#[tokio::test]
async fn a_nonce_is_answered_once_and_remembered_for_each_role() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    call(&bench).await.unwrap();
    assert_eq!(bench.world().nonce_challenges, 2, "one of the authorisation server, one of the gateway");

    call(&bench).await.unwrap();
    assert_eq!(bench.world().nonce_challenges, 2);
    bench.world().change_nonces();
    call(&bench).await.unwrap();

    assert_eq!(bench.world().nonce_challenges, 3);
}

#[tokio::test]
async fn a_token_goes_to_the_gateway_and_nowhere_else() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    for elsewhere in ["https://evil.mn/v1/me", "https://localhost/v1/me", "http://localhost/v1/me"] {
        let refused = bench.auth.tokens().authorization(Method::Get, &elsewhere.parse().unwrap()).await;
        assert!(matches!(refused, Err(Error::ForeignOrigin)), "{elsewhere}");
    }
}

#[tokio::test]
async fn a_sign_out_tells_the_server_and_is_not_held_up_by_it() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    let refresh = bench.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await.unwrap().unwrap().refresh;

    bench.net.suspend();
    assert!(!bench.auth.revoke().await, "nobody heard");
    bench.net.resume();
    assert!(bench.auth.revoke().await);
    bench.auth.forget().await.unwrap();
    assert!(bench.auth.revoke().await, "there is nothing left to tell");

    assert_eq!(bench.world().revoked, [refresh.reveal().clone()]);
    assert_eq!(bench.auth.session().await.unwrap(), SessionState::SignedOut);
    assert!(matches!(call(&bench).await, Err(Error::SignInRequired)));
}

#[tokio::test]
async fn without_a_network_a_sign_in_is_offline_and_a_session_stays() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    bench.clock.advance(LATER);
    bench.net.suspend();

    assert!(bench.auth.begin_sign_in().await.is_err());
    assert!(call(&bench).await.is_err());

    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::Active { .. }));
    bench.net.resume();
    assert_eq!(call(&bench).await.unwrap().status, 200);
}

#[test]
fn no_secret_is_shown_by_debug() {
    let set =
        format!("{:?}", TokenSet::new(Secret::new("Нууц1".into()), Secret::new("Нууц2".into()), Timestamp::EPOCH));

    assert!(!set.contains("Нууц"), "{set}");
}
