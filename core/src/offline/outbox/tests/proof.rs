//! Operations that demand a newer proof of who the citizen is.

use super::*;

/// The citizen has proven who they are so long ago, in that way.
async fn proven(bench: &Bench, ago_s: i64, acr: &'static str) {
    let at = Timestamp::from_unix_s(bench.clock.now().unix_s() - ago_s).unix_ms();
    let sql = "INSERT OR REPLACE INTO auth_session
                   (id, citizen, tokens, token_set, access_expires_at, authenticated_at, acr)
               VALUES (1, x'00', x'00', 'a', 0, :at, :acr)";
    let write = move |dao: &mut Dao<'_>| {
        Ok::<_, storage::Error>(dao.sql().execute(sql, named_params! {":at": at, ":acr": acr})?)
    };
    bench.store.write(write).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_demands_a_newer_proof_of_the_citizen_is_not_stored_without_one() {
    let bench = Bench::new();
    let deed = || bench.outbox.enqueue(Deed(Note { text: "Үл хөдлөх".into(), group: "a".into() }));
    let refused = Error::StepUpRequired { max_age_s: 300, acr: Some(SIGNATURE.into()) };

    assert_eq!(deed().await, Err(refused.clone()), "nobody is signed in");
    for (ago_s, acr) in [(301, SIGNATURE), (0, "urn:mn:dan:sms")] {
        proven(&bench, ago_s, acr).await;
        assert_eq!(deed().await, Err(refused.clone()), "{ago_s} s ago by {acr}");
    }
    assert_eq!((bench.applied("Үл хөдлөх").await, bench.gateway.keys()), (None, Vec::new()));
    assert!(bench.outbox.list(true, None).await.unwrap().items.is_empty());

    proven(&bench, 300, SIGNATURE).await;
    let id = deed().await.unwrap();
    assert_eq!(bench.settled(&id).await.state, State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_wants_proven_anew_waits_for_it_and_goes_on_under_the_same_key() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::StepUp);

    let id = bench.note("Гэрээ", "a").await;
    bench.settled(&id).await;
    assert_eq!(bench.stands(&id).await, wedged("step_up"));
    assert_eq!(bench.outbox.flush(Duration::from_secs(60)).await, Ok(PassEnd::Drained));
    assert_eq!(bench.gateway.keys().len(), 1, "nothing helps but the citizen");
    bench.outbox.retry(&id).await.unwrap();

    assert_eq!(bench.settled(&id).await.state, State::Done);
    let keys = bench.gateway.keys();
    assert_eq!(keys[0], keys[1]);
    assert_eq!(bench.gateway.effects(), ["Гэрээ"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_proof_is_not_asked_for_what_has_had_its_effect() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "Хүрсэн", "a").await;

    bench.gateway.fault(Fault::StepUp);
    bench.flush().await;

    assert_eq!(bench.outbox.get(&id).await.unwrap().state, State::Done, "the key knew");
    assert_eq!(bench.applied("Хүрсэн").await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_newer_proof_and_has_had_no_effect_can_be_called_off() {
    let bench = Bench::new();
    let id = bench.met(Fault::Refuse(503, "busy"), "Эргэлзээ", "a").await;

    bench.gateway.fault(Fault::StepUp);
    bench.flush().await;
    let view = bench.outbox.get(&id).await.unwrap();
    bench.outbox.cancel(&id).await.unwrap();

    assert_eq!((view.state, view.problem.as_deref()), (State::Wedged, Some("step_up")));
    assert_eq!((bench.applied("Эргэлзээ").await, bench.gateway.effects()), (None, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_had_its_effect_is_not_called_off_because_asking_for_it_needs_a_newer_proof() {
    for (met, then) in [(Fault::DropReply, Fault::StepUp), (Fault::Offline, Fault::Refuse(403, "http_403"))] {
        let bench = Bench::new();
        let id = bench.met(met, "Гэрээ", "a").await;
        let effects = bench.gateway.effects();
        bench.gateway.0.lock().unwrap().asked = Some(Fault::StepUp);

        bench.gateway.fault(then);
        bench.flush().await;
        assert_eq!(bench.stands(&id).await, wedged("step_up_unknown"));
        assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
        assert_eq!(bench.gateway.effects(), effects);
        bench.gateway.0.lock().unwrap().asked = None;
        bench.outbox.retry(&id).await.unwrap();

        assert_eq!(bench.settled(&id).await.state, State::Done);
        assert_eq!(bench.gateway.effects(), ["Гэрээ"]);
    }
}
