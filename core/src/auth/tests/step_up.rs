//! A citizen who is signed in proves anew who they are (RFC 9470).

use serde_json::json;

use super::*;
use crate::foundation::{error::Error as Public, net::testing::Reply};

const SIGNATURE: &str = "urn:mn:dan:signature";

fn by_signature() -> Freshness {
    Freshness { max_age_s: 300, acr: Some(SIGNATURE.into()) }
}

async fn signed_in() -> Bench {
    let bench = Bench::new().await;
    bench.clock.stand_still();
    bench.sign_in().await;
    call(&bench).await.unwrap(); // the nonces are known from here on
    bench
}

/// The citizen goes to the browser and comes back.
async fn step_up(bench: &Bench, wanted: Freshness) -> Result<SignedIn> {
    let request = bench.auth.step_up(wanted).await.unwrap();
    let callback = bench.world().approve(&request.url);
    bench.auth.complete_sign_in(&callback).await
}

async fn is_fresh(bench: &Bench, wanted: Freshness) -> bool {
    let now = bench.ports.clock.now();
    bench.store.read(move |dao| store::is_fresh(dao, &wanted, now)).await.unwrap()
}

#[tokio::test]
async fn a_step_up_asks_for_what_is_wanted_and_brings_it() {
    let bench = signed_in().await;
    bench.clock.advance(Duration::from_secs(301));
    assert!(!is_fresh(&bench, Freshness::within(300)).await);
    bench.world().spoil_claims = |claims| claims["acr"] = json!(SIGNATURE);

    let stepped_up = step_up(&bench, by_signature()).await.unwrap();

    assert_eq!(stepped_up.citizen.name, "Б.Өнөрмаа");
    let asked = bench.world().last_pushed.clone();
    let of = |name: &str| asked.get(name).map(String::as_str);
    assert_eq!((of("max_age"), of("acr_values"), of("prompt")), (Some("300"), Some(SIGNATURE), Some("login")));
    assert!(is_fresh(&bench, by_signature()).await);
    assert_eq!(call(&bench).await.unwrap().status, 200);
    assert_eq!(bench.world().revoked, [""; 0], "the old tokens may be of the same grant");
    bench.clock.advance(Duration::from_secs(301));
    assert!(!is_fresh(&bench, by_signature()).await, "nothing is fresh for ever");
}

#[tokio::test]
async fn an_ordinary_sign_in_asks_for_no_proof_of_its_own() {
    let bench = signed_in().await;

    let asked = bench.world().last_pushed.clone();

    assert!(["max_age", "acr_values", "prompt"].iter().all(|name| !asked.contains_key(*name)), "{asked:?}");
    assert!(is_fresh(&bench, Freshness::within(300)).await, "a sign-in is a proof as well");
    assert!(!is_fresh(&bench, by_signature()).await);
}

#[tokio::test]
async fn a_step_up_that_brings_less_than_was_wanted_changes_nothing() {
    type Spoil = fn(&mut serde_json::Value);
    let spoils: [(Spoil, IdTokenRefusal); 4] = [
        (|claims| claims["auth_time"] = json!(null), IdTokenRefusal::NoAuthTime),
        (|claims| claims["auth_time"] = json!(claims["iat"].as_i64().unwrap() - 361), IdTokenRefusal::Stale),
        (|claims| claims["acr"] = json!("urn:mn:dan:sms"), IdTokenRefusal::Way),
        (|claims| claims["acr"] = json!(null), IdTokenRefusal::Way),
    ];
    for (spoil, expected) in spoils {
        let bench = signed_in().await;
        bench.world().spoil_claims = spoil;

        let refused = step_up(&bench, by_signature()).await;

        assert!(matches!(&refused, Err(Error::IdToken(why)) if *why == expected), "{refused:?}");
        assert!(!is_fresh(&bench, by_signature()).await);
        bench.auth.quiesce().await;
        assert_eq!(call(&bench).await.unwrap().status, 200, "the session goes on");
        assert_eq!(bench.world().revoked, [""; 0], "revoking may end the grant that the session lives by");
    }
}

#[tokio::test]
async fn another_citizen_does_not_step_up_for_the_first_one() {
    let bench = signed_in().await;
    bench.world().subject = "citizen-2".into();

    let refused = step_up(&bench, Freshness::within(300)).await;

    assert!(matches!(refused, Err(Error::OtherCitizen)), "{refused:?}");
    assert_eq!(bench.auth.citizen().await.unwrap().subject.as_str(), "citizen-1");
}

#[tokio::test]
async fn when_the_phone_is_off_by_hours_a_proof_is_as_old_as_it_is() {
    for off_ms in [-7_200_000, 7_200_000] {
        let bench = Bench::with_phone_off_by(off_ms).await;
        bench.clock.stand_still();
        bench.sign_in().await;

        assert!(is_fresh(&bench, Freshness::within(10)).await, "{off_ms}");
        bench.clock.advance(Duration::from_secs(11));
        assert!(!is_fresh(&bench, Freshness::within(10)).await, "{off_ms}");
    }
}

#[tokio::test]
async fn a_gateway_that_wants_a_newer_proof_is_not_answered_with_a_renewal() {
    let bench = signed_in().await;
    bench.world().resource = Arc::new(|_| {
        let challenge =
            r#"DPoP error="insufficient_user_authentication", acr_values="a,b urn:mn:dan:signature", max_age=60"#;
        Reply::status(401).with("WWW-Authenticate", challenge)
    });
    let before = bench.server.requests();

    let refused = call(&bench).await.unwrap_err();

    let wanted = Freshness { max_age_s: 60, acr: Some("a,b urn:mn:dan:signature".into()) };
    assert!(matches!(&refused, Error::StepUp(found) if *found == wanted), "{refused:?}");
    assert_eq!(Public::from(refused), Public::StepUpRequired { max_age_s: 60, acr: wanted.acr });
    assert_eq!((bench.server.requests() - before, bench.world().refreshes), (1, 0));
    bench.world().resource = Arc::new(|_| Reply::json(200, &json!({})));
    assert_eq!(call(&bench).await.unwrap().status, 200, "the session is as good as before");
}
