//! PINs: set, changed, guessed, spent, and what a wipe and a sign-in make of that.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_is_set_changed_and_removed_only_by_who_knows_it() {
    let phone = Phone::new().await;
    let app = phone.open();
    assert_eq!(app.lock().change_pin(None, Some(PIN)).await, Err(Error::SignInRequired), "nobody's app");
    phone.sign_in(&app).await.unwrap();
    let change = |current, new| app.lock().change_pin(current, new);

    assert_eq!(app.lock().lock().await, Err(Error::NotAvailable), "nothing would open it again");
    assert_eq!(change(Some(PIN), Some(OTHER_PIN)).await, wrong("lock.not_set"));
    assert_eq!(change(None, Some("951212")).await, wrong("lock.weak"), "the citizen's birth date");
    assert_eq!(change(None, Some("нууц")).await, wrong("lock.form"));
    change(None, None).await.unwrap();
    change(None, Some(PIN)).await.unwrap();
    assert_eq!(change(None, Some(OTHER_PIN)).await, wrong("lock.current"));
    assert_eq!(change(Some(WRONG), Some(OTHER_PIN)).await, wrong("lock.wrong"));
    assert_eq!(app.lock().status().tries_left, 9, "it counts as a try");
    change(Some(PIN), Some(OTHER_PIN)).await.unwrap();

    app.lock().lock().await.unwrap();
    assert_eq!(app.lock().unlock(Some(PIN)).await, wrong("lock.wrong"));
    assert_eq!(app.lock().unlock(Some("1")).await, wrong("lock.form"), "and is not counted");
    assert_eq!(app.lock().status().tries_left, 9);
    app.lock().unlock(Some(OTHER_PIN)).await.unwrap();
    change(Some(OTHER_PIN), None).await.unwrap();
    assert!(!app.lock().status().set && app.lock().status().open);
    app.shutdown(PATIENCE).await.unwrap();
    assert!(matches!(phone.open().auth().state().await, Ok(SessionState::Active { .. })), "opens by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_wrong_pins_take_the_session_and_a_sign_in_brings_the_rest_back() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    let waits = app.push().register("token-1234").await.unwrap();
    app.outbox().settle(&waits, PATIENCE).await.unwrap();
    app.lock().lock().await.unwrap();

    assert_eq!(phone.spend(&app).await, Error::SignInRequired);

    for app in [&app, &phone.open()] {
        assert_eq!(app.auth().state().await, Ok(SessionState::Locked));
        let status = app.lock().status();
        assert_eq!((status.set, status.open, status.recoverable, status.tries_left), (true, false, true, 0));
        assert_eq!(app.lock().unlock(Some(PIN)).await, Err(Error::SignInRequired));
        assert_eq!(tokens(app), None, "the session key is gone");
    }
    let request = app.auth().begin_sign_in().await.unwrap();
    assert!(matches!(app.auth().state().await, Ok(SessionState::SigningIn { .. })));
    let callback = phone.bench.world().approve(&request.url);

    phone.bench.world().subject = "citizen-2".into();
    assert_eq!(app.auth().complete_sign_in(&callback).await.err(), Some(Error::invalid("citizen", "other_citizen")));
    phone.bench.world().subject = "citizen-1".into();
    phone.bench.world().spoil_tokens = |_| {};
    let without = phone.sign_in(&app).await;
    assert_eq!(without, Err(Error::invalid("citizen", "lock.not_recoverable")));
    phone.bench.world().spoil_tokens = |answer| answer["store_share"] = json!(base64url(&[9; 32]));
    phone.sign_in(&app).await.unwrap();

    assert!(matches!(app.auth().state().await, Ok(SessionState::Active { .. })));
    assert_ne!(app.outbox().get(&waits).await.unwrap().state, State::Cancelled, "what was not sent is still there");
    let status = app.lock().status();
    assert_eq!((status.set, status.open, status.recoverable), (false, true, true), "a new PIN is to be asked for");
    app.lock().change_pin(None, Some(OTHER_PIN)).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_would_bring_it_back_ten_wrong_pins_wipe() {
    let phone = Phone::new().await;
    phone.bench.world().spoil_tokens = |_| {};
    let app = phone.with_pin().await;
    assert!(!app.lock().status().recoverable, "the shell warns");
    app.lock().lock().await.unwrap();

    assert_eq!(phone.spend(&app).await, Error::SignInRequired);

    assert_eq!(phone.secrets.get("keys"), Ok(None));
    assert_eq!(app.auth().state().await, Ok(SessionState::SignedOut));
    assert_eq!((app.lock().status().set, app.lock().status().open), (false, true));
    phone.sign_in(&app).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wipe_that_a_tenth_wrong_pin_did_not_get_to_is_done_at_the_next_start() {
    let phone = Phone::new().await;
    phone.bench.world().spoil_tokens = |_| {};
    phone.with_pin().await.shutdown(PATIENCE).await.unwrap();
    let ring = KeyRing::default();
    while ring.try_pin(&phone.ports, WRONG).unwrap() != Check::Spent {
        phone.bench.clock.advance(Duration::from_secs(3_600)); // as the core does, and dies after the last
    }

    let app = phone.open();

    assert_eq!((phone.secrets.get("keys"), app.auth().state().await), (Ok(None), Ok(SessionState::SignedOut)));
    app.shutdown(PATIENCE).await.unwrap();
}
