use std::sync::Arc;

use rusqlite::named_params;

use super::*;
use crate::foundation::{clock::Clock, events::Event, storage};

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
