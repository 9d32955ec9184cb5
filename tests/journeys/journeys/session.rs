//! Sign-in and session as a journey sees them; the auth module's own tests know more.

use std::time::Duration;

use emongolia_core::{
    Error,
    auth::Freshness,
    foundation::clock::{Clock as _, ManualClock, SystemClock},
    offline::outbox::State,
    services::{ServiceId, requests::Values},
};
use emongolia_support::{
    browser,
    processes::{FaultKind, SandboxProcess, ServerFault},
};

use crate::phone::{
    PATIENCE, Phone, citizen, confirm, count, filled, online_service, pass, prove_anew, settled, sign_in, sync,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_expired_is_renewed_in_passing() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;

    sandbox.control().unwrap().expire_tokens().await.unwrap();

    sync(&app).await;
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_revoked_elsewhere_asks_to_sign_in_and_costs_nothing_that_waits() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    sync(&app).await;
    let confirmation = confirm(&app, &online_service(&app).await, "Хүлээгдэж буй өргөдөл").await;

    sandbox.control().unwrap().revoke_sessions(Some(&citizen(&sandbox).regnum)).await.unwrap();
    let operation = app.requests().submit(&confirmation).await.unwrap();
    let waiting = settled(&app, &operation).await;
    assert!(!waiting.state.is_final());
    assert_eq!(app.inbox().refresh().await.err(), Some(Error::SignInRequired));
    sign_in(&app, &sandbox).await;
    app.outbox().flush(PATIENCE).await.unwrap();

    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    assert_eq!(count(&sandbox, "requests"), 1);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_survives_a_restart_of_both_sides() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    app.shutdown(PATIENCE).await.unwrap();

    sandbox.restart().unwrap();
    let again = phone.start();

    let known = again.auth().citizen().await.unwrap();
    assert_eq!(known.name, citizen(&sandbox).name);
    sync(&again).await;
    again.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_later_the_gateway_is_asked_what_became_of_a_key_before_anything_is_sent() {
    const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let clock = ManualClock::at(SystemClock.now());
    let phone = Phone::new(&sandbox).clock(clock.clone());
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    sync(&app).await;
    let confirmation = confirm(&app, &online_service(&app).await, "Сарын өмнөх өргөдөл").await;
    control.faults(&[ServerFault::next("createRequest", FaultKind::DropReply).times(10)]).await.unwrap();
    let operation = app.requests().submit(&confirmation).await.unwrap();
    settled(&app, &operation).await;
    let tries = app.outbox().get(&operation).await.unwrap().attempts;
    assert!(tries > 0);

    clock.advance(MONTH);
    app.outbox().flush(PATIENCE).await.unwrap();

    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    assert_eq!(count(&sandbox, "requests"), 1);
    assert!(control.exchanges().await.unwrap().hit.contains_key("getIdempotencyKey"));
    app.shutdown(PATIENCE).await.unwrap();
}

/// `Үл хөдлөх хөрөнгийн лавлагаа`: the sandbox gives it to who has proven within five minutes who they are.
const FLAGGED: &str = "b25ab0463e28fb55ee239ef3";

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_wants_a_newer_proof_waits_for_it_and_is_applied_for_once() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    sync(&app).await;
    let confirmation = confirm(&app, &ServiceId::parse(FLAGGED).unwrap(), "Өөрийн хэрэгцээнд").await;

    sandbox.control().unwrap().advance_clock(Duration::from_secs(301)).await.unwrap();
    let operation = app.requests().submit(&confirmation).await.unwrap();
    let waiting = settled(&app, &operation).await;

    assert_eq!((waiting.state, waiting.problem.as_deref()), (State::Wedged, Some("step_up")));
    assert_eq!(count(&sandbox, "requests"), 0);
    assert!(app.auth().state().await.unwrap().is_live(), "a newer proof is no matter of the session");

    prove_anew(&app, &sandbox).await;
    app.outbox().retry(&operation).await.unwrap();

    assert_eq!(settled(&app, &operation).await.state, State::Done);
    assert_eq!(count(&sandbox, "requests"), 1);
    assert_eq!(count(&sandbox, "families WHERE revoked_at IS NULL"), 1, "the older session has made way for the newer");
    sync(&app).await;
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_applies_for_such_a_service_is_asked_before_anything_is_confirmed() {
    const SIX_MINUTES: Duration = Duration::from_secs(360);
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let clock = ManualClock::at(SystemClock.now());
    let phone = Phone::new(&sandbox).clock(clock.clone());
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    sync(&app).await;
    let service = ServiceId::parse(FLAGGED).unwrap();
    let values = filled(&app.requests().form(&service, Values::new()).await.unwrap().value, "Өөрийн хэрэгцээнд");
    let refused = Error::StepUpRequired { max_age_s: 300, acr: None };

    pass(SIX_MINUTES, &clock, &sandbox).await;
    assert_eq!(app.requests().confirm(&service, values.clone()).await.err(), Some(refused.clone()));
    let state = rusqlite::Connection::open(phone.dirs.state().join("state.db")).unwrap();
    let kept: u32 = state.query_row("SELECT count(*) FROM confirmation", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 0);
    drop(state);
    prove_anew(&app, &sandbox).await;
    let confirmation = app.requests().confirm(&service, values).await.unwrap().id;

    pass(SIX_MINUTES, &clock, &sandbox).await;
    assert_eq!(app.requests().submit(&confirmation).await.err(), Some(refused), "the proof is too old again");
    prove_anew(&app, &sandbox).await;
    let operation = app.requests().submit(&confirmation).await.unwrap();
    assert_eq!(settled(&app, &operation).await.state, State::Done);
    assert_eq!(count(&sandbox, "requests"), 1);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_in_that_the_sandbox_does_not_take_for_good_enough_changes_nothing() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;

    let wanted = Freshness { max_age_s: 300, acr: Some("urn:mn:dan:signature".into()) };
    let request = app.auth().step_up(wanted).await.unwrap();
    let callback = browser::approve(sandbox.config(), &request.url, citizen(&sandbox)).await.unwrap(); // by the app's code
    let refused = app.auth().complete_sign_in(&callback).await;

    assert!(matches!(refused, Err(Error::Unexpected { .. })), "{refused:?}");
    sync(&app).await;
    app.shutdown(PATIENCE).await.unwrap();
}
