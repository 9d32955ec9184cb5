//! Callers that go away at every await: committed work is done all the same, abandonable work leaves nothing half.

use std::task::Poll;

use emongolia_core::{
    Error,
    offline::outbox::State,
    services::{catalogue::Filter, requests::Values},
};
use emongolia_support::processes::SandboxProcess;

use crate::phone::{PATIENCE, Phone, confirm, count, filled, sign_in, sync};

/// Polls at most `polls` times, yielding to the runtime in between, then drops the future. `true` if it ended first.
async fn dropped_after<F: Future>(polls: u32, future: F) -> bool {
    let mut future = std::pin::pin!(future);
    for _ in 0..polls {
        let ready = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await;
        if ready {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// Far more polls than any of these futures takes when each is followed by a yield.
const MOST: u32 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_submit_that_is_dropped_at_any_await_is_sent_once_or_can_be_submitted_once() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, service) = phone.ready(&sandbox).await;

    let mut cut = 0;
    for polls in 1..MOST {
        let confirmation = confirm(&app, &service, &format!("Таслалт {polls}")).await;
        cut += u32::from(!dropped_after(polls, app.requests().submit(&confirmation)).await);
        let operation = app.requests().submit(&confirmation).await.unwrap();
        app.outbox().flush(PATIENCE).await.unwrap();
        assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
        assert_eq!(count(&sandbox, "requests"), polls);
    }
    assert!(cut > 0, "nothing was ever dropped");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirm_a_read_or_a_pull_that_is_dropped_leaves_the_core_in_order() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, service) = phone.ready(&sandbox).await;
    let values: Values = filled(&app.requests().form(&service, Values::new()).await.unwrap().value, "Үлдэгдэл");

    for polls in 1..MOST {
        dropped_after(polls, app.requests().confirm(&service, values.clone())).await;
        dropped_after(polls, app.catalogue().services(Filter::default(), None)).await;
        dropped_after(polls, app.catalogue().searchable()).await;
        dropped_after(polls, app.catalogue().add_favourite(&service)).await;
        dropped_after(polls, app.catalogue().remember_search(&format!("Өргөө {polls}"))).await;
        dropped_after(polls, app.catalogue().favourites(None)).await;
        dropped_after(polls, app.catalogue().recent_searches()).await;
        dropped_after(polls, app.catalogue().remove_favourite(&service)).await;
        dropped_after(polls, app.requests().refresh()).await;
        dropped_after(polls, app.inbox().refresh()).await;
        dropped_after(polls, app.sync(PATIENCE, |_| ())).await;
    }

    sync(&app).await;
    assert_eq!(app.catalogue().services(Filter::default(), None).await.unwrap().value.items.len(), 50);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspend_or_a_sign_out_that_is_dropped_is_carried_out() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;

    for polls in 1..4 {
        dropped_after(polls, app.suspend(PATIENCE)).await;
        app.suspend(PATIENCE).await.unwrap(); // comes after the dropped one
        assert_eq!(app.catalogue().services(Filter::default(), None).await.err(), Some(Error::NotAvailable));
        dropped_after(polls, app.resume()).await;
        app.resume().await.unwrap();
        assert!(app.auth().citizen().await.is_ok());
    }
    dropped_after(1, app.sign_out()).await;
    app.suspend(PATIENCE).await.unwrap(); // comes after the dropped one
    app.resume().await.unwrap();

    assert_eq!(app.auth().citizen().await.err(), Some(Error::SignInRequired));
    assert!(phone.ports.secrets.names().is_empty());
    app.shutdown(PATIENCE).await.unwrap();
}
