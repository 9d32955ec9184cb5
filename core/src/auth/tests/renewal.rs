use std::sync::Arc;

use rusqlite::named_params;
use serde_json::{Value, json};

use super::*;
use crate::foundation::{clock::Clock, events::Event, net::testing::Reply, policy::Policy, storage};

async fn sql(store: &Store, text: &'static str) {
    store.write(move |dao| Ok::<_, storage::Error>(dao.sql().execute_batch(text)?)).await.unwrap();
}

const FULL_DISK: &str = "CREATE TRIGGER full BEFORE UPDATE OF tokens ON auth_session WHEN NEW.tokens IS NOT NULL
                         BEGIN SELECT RAISE(ABORT, 'full'); END;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_callers_at_each_of_ten_expiries_make_ten_refreshes() {
    let bench = Arc::new(Bench::new().await);
    bench.sign_in().await;
    call(&bench).await.unwrap();
    for expiry in 1..=10 {
        bench.clock.advance(LATER);

        let callers: Vec<_> = (0..100)
            .map(|_| {
                let (tokens, url) = (bench.auth.tokens(), bench.server.url("/v1/me"));
                tokio::spawn(async move { tokens.authorization(Method::Get, &url).await })
            })
            .collect();

        for caller in callers {
            caller.await.unwrap().unwrap();
        }
        assert_eq!(bench.world().refreshes, expiry);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_make_one_refresh_though_the_server_rotates() {
    let bench = Bench::new().await;
    bench.world().rotate = true;
    bench.sign_in().await;
    bench.clock.stand_still();
    let (other, _) = bench.other_process();
    for expiry in 1..=5 {
        bench.clock.advance(LATER);

        let (mine, others) = (bench.auth.tokens(), other.tokens());
        let (one, two) = tokio::join!(call_as(&bench, &mine), call_as(&bench, &others));

        assert_eq!((one.unwrap().status, two.unwrap().status), (200, 200));
        assert_eq!(bench.world().refreshes, expiry);
    }
}

#[tokio::test]
async fn tokens_that_could_not_be_saved_are_not_handed_out_and_not_lost() {
    let bench = Bench::new().await;
    bench.world().rotate = true;
    bench.sign_in().await;
    bench.clock.advance(LATER);
    sql(&bench.store, FULL_DISK).await;

    let unsaved = call(&bench).await;
    sql(&bench.store, "DROP TRIGGER full").await;
    let after = call(&bench).await;

    assert!(matches!(unsaved, Err(Error::Store(_))), "{unsaved:?}");
    assert_eq!(after.unwrap().status, 200);
    assert_eq!(bench.world().refreshes, 1, "what the server gave was saved later, not asked for again");
}

#[tokio::test]
async fn a_lost_reply_is_asked_for_once_more() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    bench.clock.advance(LATER);
    bench.world().lose_token_answers = 1;

    let answer = call(&bench).await;

    assert_eq!(answer.unwrap().status, 200);
    assert_eq!(bench.world().refreshes, 2);
}

#[tokio::test]
async fn a_lost_reply_of_a_server_that_rotates_ends_the_session_and_touches_nothing_else() {
    let bench = Bench::new().await;
    bench.world().rotate = true;
    bench.sign_in().await;
    sql(&bench.store, "CREATE TABLE outbox (id INTEGER); INSERT INTO outbox VALUES (1);").await;
    bench.clock.advance(LATER);
    bench.world().lose_token_answers = 1;

    let answer = call(&bench).await;

    assert!(matches!(answer, Err(Error::SignInRequired)), "{answer:?}");
    assert!(
        matches!(bench.auth.session().await.unwrap(), SessionState::Expired { citizen } if citizen.name == "Б.Өнөрмаа")
    );
    assert_eq!(bench.auth.citizen().await.unwrap().name, "Б.Өнөрмаа");
    let kept: i64 = bench
        .store
        .read(|dao| Ok::<_, storage::Error>(dao.sql().query_row("SELECT count(*) FROM outbox", [], |r| r.get(0))?))
        .await
        .unwrap();
    assert_eq!(kept, 1);
    let mut events = Vec::new();
    bench.events.close();
    while let Some(event) = bench.events.next().await {
        events.push(event);
    }
    assert!(events.contains(&Event::SignInRequired));
    bench.sign_in().await;
    assert_eq!(call(&bench).await.unwrap().status, 200);
}

#[tokio::test]
async fn invalid_grant_is_not_final_when_another_process_was_faster() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    let stale = bench.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await.unwrap().unwrap();
    let (other, _) = bench.other_process();
    bench.world().rotate = true;
    bench.clock.advance(LATER);
    call_as(&bench, &other.tokens()).await.unwrap();

    // This process still holds the old tokens and hears `invalid_grant` for them.
    let tokens = bench.auth.tokens();
    tokens.renewal.renew(&stale.id).await.unwrap();

    assert_eq!(bench.world().refreshes, 1, "the row was read before the server was asked");
    let ended = bench.store.write(move |dao| Ok::<_, Error>(store::end_session(dao, &stale.id)?)).await.unwrap();
    assert!(!ended, "the row holds other tokens by now");
    assert_eq!(call(&bench).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_turn_left_by_a_process_that_died_ends_by_itself() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    bench.clock.advance(LATER);
    let until = bench.clock.now().saturating_add(Duration::from_secs(20)).unix_ms();
    let claim = move |dao: &mut crate::foundation::storage::Dao<'_>| {
        let sql = "UPDATE auth_session SET renewing_until = :until";
        Ok::<_, storage::Error>(dao.sql().execute(sql, named_params! {":until": until})?)
    };
    bench.store.write(claim).await.unwrap();
    let begun = bench.clock.now();

    let answer = call(&bench).await;

    assert_eq!(answer.unwrap().status, 200);
    let waited = bench.clock.now().since(begun);
    assert!((20..=21).contains(&waited.as_secs()), "{waited:?}");
}

#[tokio::test]
async fn a_token_request_that_fails_leaves_the_session_and_is_not_hammered() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    bench.clock.advance(LATER);
    bench.world().fail_token_requests = usize::MAX;

    for _ in 0..20 {
        assert!(call(&bench).await.is_err());
    }
    let requests = bench.server.requests();
    assert!(matches!(call(&bench).await, Err(Error::Resting { .. })));

    assert_eq!(bench.server.requests(), requests);
    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::Active { .. }));
    bench.world().fail_token_requests = 0;
    bench.clock.advance(Duration::from_secs(300));
    assert_eq!(call(&bench).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_used_to_its_end_if_that_fails() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    call(&bench).await.unwrap();
    bench.clock.advance(Duration::from_secs(271));
    bench.world().fail_token_requests = 1;

    let old = call(&bench).await.unwrap();
    let refreshes = bench.world().refreshes;
    let new = call(&bench).await.unwrap();

    assert_eq!((old.status, new.status), (200, 200));
    assert_eq!((refreshes, bench.world().refreshes), (0, 1));
}

#[tokio::test]
async fn a_renewal_whose_caller_went_away_is_stored_all_the_same() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    bench.clock.advance(LATER);
    let gate = Arc::new(tokio::sync::Notify::new());
    bench.world().hold_tokens = Some(gate.clone());
    let (tokens, url) = (bench.auth.tokens(), bench.server.url("/v1/me"));
    let caller = tokio::spawn(async move { tokens.authorization(Method::Get, &url).await });
    while bench.world().refreshes == 0 {
        tokio::task::yield_now().await;
    }

    caller.abort();
    bench.world().hold_tokens = None;
    gate.notify_one();

    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(call(&bench).await.unwrap().status, 200);
    assert_eq!(bench.world().refreshes, 1);
}

#[tokio::test]
async fn forbidden_is_not_a_matter_of_tokens_and_nothing_is_renewed() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    call(&bench).await.unwrap();
    bench.world().resource =
        Arc::new(|_| Reply::status(403).with("WWW-Authenticate", r#"DPoP error="insufficient_scope""#));

    let forbidden = call(&bench).await;

    assert_eq!(forbidden.unwrap().status, 403);
    assert_eq!(bench.world().refreshes, 0);
    assert!(bench.auth.session().await.unwrap().is_live());
}

#[tokio::test]
async fn new_tokens_are_on_disk_before_anybody_has_them() {
    let bench = Bench::new().await;
    bench.world().rotate = true;
    bench.sign_in().await;
    bench.clock.advance(LATER);

    let used = bench.auth.tokens().authorization(Method::Get, &bench.server.url("/v1/me")).await.unwrap();

    let (other, store) = bench.other_process();
    let stored = store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await.unwrap().unwrap();
    let [(_, sent), _] = used.headers();
    assert_eq!(sent, format!("DPoP {}", stored.access.reveal()));
    assert_eq!(call_as(&bench, &other.tokens()).await.unwrap().status, 200);
    assert_eq!(bench.world().refreshes, 1);
}

#[tokio::test]
async fn tokens_that_somebody_has_read_before_are_not_read_again_and_renewed_when_they_end() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    let (url, tokens) = (bench.server.url("/v1/me"), bench.auth.tokens());
    let known = bench.store.read(|dao| Ok::<_, Error>(Tokens::known(dao))).await.unwrap();
    bench.store.suspend(Duration::from_secs(60)).await.unwrap();
    let from_memory = tokens.authorization_by(known.clone(), Method::Get, &url).await;
    let from_disk = tokens.authorization(Method::Get, &url).await;
    bench.store.resume().await.unwrap();
    bench.clock.advance(LATER);
    let renewed = tokens.authorization_by(known, Method::Get, &url).await.unwrap();

    assert!(from_disk.is_err());
    assert_ne!(from_memory.unwrap().headers()[0], renewed.headers()[0]);
    assert_eq!(bench.world().refreshes, 1);
}

/// What an authorisation server says of a renewal in an ID token of its own.
type Spoil = fn(&mut Value);

#[tokio::test]
async fn a_renewals_id_token_of_the_same_citizen_is_taken() {
    let bench = Bench::new().await;
    bench.sign_in().await;
    bench.world().id_token_on_refresh = Some(|_| {});
    for expiry in 1..=3 {
        bench.clock.advance(LATER);
        assert_eq!(call(&bench).await.unwrap().status, 200);
        assert_eq!(bench.world().refreshes, expiry);
    }
}

#[tokio::test]
async fn a_renewals_id_token_that_lies_is_worth_no_tokens_and_ends_no_session() {
    let lies: [(Spoil, IdTokenRefusal); 4] = [
        (|claims| claims["iss"] = json!("https://evil.mn"), IdTokenRefusal::Issuer),
        (|claims| claims["aud"] = json!("another.app"), IdTokenRefusal::Audience),
        (|claims| claims["sub"] = json!("citizen-2"), IdTokenRefusal::OtherSubject),
        (|claims| claims["exp"] = json!(0), IdTokenRefusal::Expired),
    ];
    for (lie, expected) in lies {
        let bench = Bench::new().await;
        bench.sign_in().await;
        let before = bench.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await.unwrap().unwrap();
        bench.world().id_token_on_refresh = Some(lie);
        bench.clock.advance(LATER);

        let refused = call(&bench).await;

        assert!(matches!(&refused, Err(Error::IdToken(why)) if *why == expected), "{refused:?}");
        let after = bench.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await.unwrap().unwrap();
        assert_eq!(before.id, after.id, "what the liar gave is not kept");
        bench.world().id_token_on_refresh = Some(|_| {});
        assert_eq!(call(&bench).await.unwrap().status, 200, "the truth is taken again");
    }
}

#[tokio::test]
async fn tokens_whose_id_token_can_not_be_judged_yet_are_kept_until_it_can() {
    let bench = Bench::new().await;
    bench.world().rotate = true;
    bench.sign_in().await;
    bench.world().id_token_on_refresh = Some(|_| {});
    bench.world().without_keys = true;
    bench.clock.advance(LATER);

    let not_yet = call(&bench).await;
    bench.world().without_keys = false;
    let after = call(&bench).await;

    assert!(not_yet.is_err(), "{not_yet:?}");
    assert_eq!(after.unwrap().status, 200);
    assert_eq!(bench.world().refreshes, 1, "a server that rotates was not asked twice");
}

#[tokio::test]
async fn an_end_that_the_server_tells_of_is_warned_of_once_and_moved_by_a_renewal() {
    const DAY_S: u64 = 24 * 3600;
    let bench = Bench::new().await;
    bench.clock.stand_still();
    bench.world().session_life_s = Some(30 * DAY_S);
    bench.sign_in().await;
    let ends = bench.clock.now().saturating_add(Duration::from_secs(30 * DAY_S));
    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::Active { .. }));

    bench.clock.advance(Duration::from_secs(27 * DAY_S));
    bench.world().session_life_s = Some(3 * DAY_S);
    for _ in 0..3 {
        assert_eq!(call(&bench).await.unwrap().status, 200, "a session that ends soon is as good as any");
        let state = bench.auth.session().await.unwrap();
        assert!(matches!(&state, SessionState::ExpiringSoon { ends_at, .. } if *ends_at == ends), "{state:?}");
    }
    bench.events.close();
    let mut warnings = Vec::new();
    while let Some(event) = bench.events.next().await {
        warnings.extend(matches!(event, Event::SessionEnding { .. }).then_some(event));
    }
    assert_eq!(warnings, [Event::SessionEnding { ends_at: ends }]);

    bench.clock.advance(Duration::from_secs(3 * DAY_S));
    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::Expired { .. }));
    bench.world().session_life_s = Some(30 * DAY_S); // the phone's clock was wrong: the server knows of no end
    assert_eq!(call(&bench).await.unwrap().status, 200);
    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::Active { .. }));
}

#[tokio::test]
async fn an_end_is_warned_of_later_where_the_configuration_says_so() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let bench = Bench::new().await;
    bench.clock.stand_still();
    bench.policies.set(Policy::told(None, [None, None, Some(DAY)], Vec::new()));
    bench.world().session_life_s = Some(30 * DAY.as_secs());
    bench.sign_in().await;
    let state = async || bench.auth.session().await.unwrap();

    bench.clock.advance(28 * DAY);
    assert!(matches!(state().await, SessionState::Active { .. }), "two days ahead");
    bench.clock.advance(DAY);
    assert!(matches!(state().await, SessionState::ExpiringSoon { .. }), "one day ahead");

    bench.policies.set(Policy::told(None, [None, None, Some(DAY / 2)], Vec::new()));
    assert!(matches!(state().await, SessionState::Active { .. }), "as it is told now");
}

#[tokio::test]
async fn a_session_that_is_cut_short_is_warned_of_at_once() {
    const DAY_S: u64 = 24 * 3600;
    let bench = Bench::new().await;
    bench.clock.stand_still();
    bench.world().session_life_s = Some(180 * DAY_S);
    bench.sign_in().await;

    bench.world().session_life_s = Some(30 * DAY_S);
    bench.world().expire_access_tokens();
    assert_eq!(call(&bench).await.unwrap().status, 200);
    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::Active { .. }), "control: weeks are left");
    bench.world().session_life_s = Some(5 * DAY_S);
    bench.world().expire_access_tokens();
    assert_eq!(call(&bench).await.unwrap().status, 200);

    let ends = bench.clock.now().saturating_add(Duration::from_secs(5 * DAY_S));
    let state = bench.auth.session().await.unwrap();
    assert!(matches!(&state, SessionState::ExpiringSoon { ends_at, .. } if *ends_at == ends), "{state:?}");
}
