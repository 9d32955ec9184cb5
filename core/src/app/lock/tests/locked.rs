//! What a locked core does and what it leaves alone.

use std::collections::HashSet;

use futures_util::FutureExt as _;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_personal_is_out_of_reach_while_locked_and_what_is_public_is_not() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    assert!(locked(&personal(&app).await).is_empty() && locked(&public(&app).await).is_empty(), "open");
    let pin = if app.lock().change_pin(Some(OTHER_PIN), Some(PIN)).await.is_ok() { PIN } else { OTHER_PIN };

    app.lock().lock().await.unwrap();

    let calls = personal(&app).await;
    assert_eq!(locked(&calls).len(), calls.len(), "{calls:?}");
    assert!(locked(&public(&app).await).is_empty());
    assert_eq!(app.auth().state().await, Ok(SessionState::Locked));
    for refused in [app.sign_out().await.err(), app.auth().begin_sign_in().await.err()] {
        assert_eq!(refused, Some(Error::Locked));
    }

    app.lock().unlock(Some(pin)).await.unwrap();
    assert!(locked(&personal(&app).await).is_empty());

    app.lock().lock().await.unwrap();
    phone.spend(&app).await;
    let calls = personal(&app).await;
    assert_eq!(locked(&calls).len(), calls.len(), "spent: {calls:?}");
    assert!(locked(&public(&app).await).is_empty());
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locking_is_not_signing_out_and_unlocking_asks_nobody() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    let waits = app.push().register("token-1234").await.unwrap();
    app.outbox().settle(&waits, PATIENCE).await.unwrap();
    let before = app.outbox().get(&waits).await.unwrap();
    app.lock().lock().await.unwrap();
    let requests = phone.bench.server.requests();

    app.lock().unlock(Some(PIN)).await.unwrap();

    assert_eq!(phone.bench.server.requests(), requests);
    assert!(matches!(app.auth().state().await, Ok(SessionState::Active { .. })));
    assert_eq!(app.outbox().get(&waits).await.unwrap().id, before.id);
    assert_eq!(
        app.lock().status(),
        LockStatus { set: true, open: true, biometric: false, recoverable: true, tries_left: 10, wait_s: 0 }
    );
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_start_sets_nothing_aside_and_makes_no_other_key() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    let request = app.auth().begin_sign_in().await.unwrap();
    let callback = phone.bench.world().approve(&request.url);
    app.shutdown(PATIENCE).await.unwrap();
    let record = phone.secrets.get("keys").unwrap();

    let again = phone.open();
    assert_eq!(again.auth().state().await, Ok(SessionState::Locked));
    assert_eq!(again.auth().begin_sign_in().await.err(), Some(Error::Locked));
    assert_eq!(again.auth().complete_sign_in(&callback).await.err(), Some(Error::Locked));
    again.network_available();
    again.sync(PATIENCE, |_| {}).await.unwrap();

    assert_eq!(phone.secrets.get("keys").unwrap(), record);
    let set_aside = std::fs::read_dir(phone.config().state_dir).unwrap().filter(|file| {
        let name = file.as_ref().unwrap().file_name().to_string_lossy().into_owned();
        !["state.db", "state.db-wal", "state.db-shm"].contains(&name.as_str())
    });
    assert_eq!(set_aside.count(), 0);

    again.lock().unlock(Some(PIN)).await.unwrap();
    again.auth().complete_sign_in(&callback).await.unwrap(); // the attempt stayed good
    again.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_core_keeps_hints_and_follows_them_once_open() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    app.lock().lock().await.unwrap();
    let asked = phone.asked();

    for _ in 0..3 {
        let kept = app.handle_push(br#"{"v":1,"area":"inbox"}"#, PATIENCE).await;
        assert_eq!(kept, Ok(PushOutcome { changed: false }));
    }
    assert!(app.handle_push("Өө".as_bytes(), PATIENCE).await.is_err(), "what is no hint is not kept");
    app.shutdown(PATIENCE).await.unwrap();

    let extension = phone.open_extension();
    assert_eq!(extension.lock().unlock(Some(PIN)).await, Err(Error::NotAvailable), "not in an extension");
    extension.handle_push(br#"{"v":1,"area":"requests"}"#, PATIENCE).await.unwrap();
    extension.shutdown(PATIENCE).await.unwrap();
    assert_eq!(phone.asked(), asked, "nothing was pulled");

    let app = phone.open();
    let kept = |app: &App| app.0.state.read_now(push::hints).unwrap();
    assert_eq!(kept(&app).map(|(hint, _)| hint), Some(Hint::Everything));
    app.lock().unlock(Some(PIN)).await.unwrap();
    while kept(&app).is_some() {
        tokio::task::yield_now().await;
    }

    let pulled: BTreeSet<_> = phone.asked().split_off(asked.len()).into_iter().collect();
    assert!(pulled.contains("/v1/inbox") && pulled.contains("/v1/requests"), "{pulled:?}");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_sync_pulls_what_is_public_and_tries_nothing_else() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    app.lock().lock().await.unwrap();

    let report = app.sync(PATIENCE, |_| {}).await.unwrap();

    for step in report.steps {
        let public = matches!(step.area, Area::Catalogue | Area::Bundles);
        assert_eq!(step.outcome != StepOutcome::NotTried, public, "{step:?}");
    }
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_core_whose_files_are_closed_is_as_locked_as_one_whose_files_are_open() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    app.suspend(PATIENCE).await.unwrap();

    app.lock().lock().await.unwrap();

    assert!(!app.lock().status().open && app.0.keys.id().is_none());
    assert_eq!(app.sign_out().await.err(), Some(Error::Locked));
    app.lock().unlock(Some(PIN)).await.unwrap();
    assert!(app.sign_out().await.is_ok(), "control");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_shown_is_read_again_when_it_locks_and_when_it_opens() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    let told = async || {
        let mut areas = HashSet::new();
        while areas.len() < Area::ALL.len() {
            if let Some(Event::Changed { area }) = app.next_event().await.unwrap() {
                areas.insert(area);
            }
        }
    };
    while app.next_event().now_or_never().is_some() {}

    app.lock().lock().await.unwrap();
    told().await;
    app.lock().unlock(Some(PIN)).await.unwrap();
    told().await;
    app.shutdown(PATIENCE).await.unwrap();
}
