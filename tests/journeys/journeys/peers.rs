//! Defects that were found by reading in the apps of other states: here each is a test. Numbers are of that reading.

use emongolia_core::{
    Error,
    offline::outbox::{OperationId, State},
};
use emongolia_support::processes::{FaultKind, SandboxProcess, ServerFault};

use crate::phone::{PATIENCE, Phone, confirm, count, online_service, settled, sign_in, sync};

/// The renewal succeeded, and the caller was given the first answer, 401, all the same.
#[tokio::test(flavor = "multi_thread")]
async fn defect_1_after_a_renewal_the_sender_has_the_second_answer() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    sync(&app).await;
    let confirmation = confirm(&app, &online_service(&app).await, "Шинэчилсний дараа: Ө, Ү").await;
    sandbox.control().unwrap().expire_tokens().await.unwrap();

    let operation = app.requests().submit(&confirmation).await.unwrap();
    let sent = settled(&app, &operation).await;

    assert_eq!((sent.state, sent.attempts), (State::Done, 1));
    assert_eq!(count(&sandbox, "requests"), 1);
    sandbox.control().unwrap().expire_tokens().await.unwrap();
    assert!(app.requests().of_operation(&operation).await.is_ok());
    app.shutdown(PATIENCE).await.unwrap();
}

/// What was to be done after the sign-in was lost with the process.
#[tokio::test(flavor = "multi_thread")]
async fn defect_4_what_was_meant_outlives_the_process_also_while_nobody_is_signed_in() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, service) = phone.ready(&sandbox).await;
    let mut meant = Vec::new();
    sandbox.control().unwrap().revoke_sessions(None).await.unwrap();
    for text in ["Нэгдүгээр өргөдөл", "Хоёрдугаар өргөдөл, Үүр"] {
        meant.push(app.requests().submit(&confirm(&app, &service, text).await).await.unwrap());
    }
    settled(&app, &meant[0]).await;
    app.shutdown(PATIENCE).await.unwrap();

    let again = phone.start();
    let waiting = again.outbox().list(false, None).await.unwrap().items;
    sign_in(&again, &sandbox).await;
    again.outbox().flush(PATIENCE).await.unwrap();

    let mut kept: Vec<OperationId> = waiting.into_iter().map(|view| view.id).collect();
    kept.reverse();
    assert_eq!(kept, meant);
    assert_eq!(count(&sandbox, "requests"), 2);
    again.shutdown(PATIENCE).await.unwrap();
}

/// Many at once met 401, and each renewed; and 403 was taken for 401.
#[tokio::test(flavor = "multi_thread")]
async fn defect_6_however_many_send_at_once_there_is_one_renewal_and_none_for_403() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, service) = phone.ready(&sandbox).await;
    let mut confirmed = Vec::new();
    for n in 0..8 {
        confirmed.push(confirm(&app, &service, &format!("Зэрэг {n}, Өө")).await);
    }
    let issued = async || control.exchanges().await.unwrap().hit.get("issueToken").copied().unwrap_or_default();
    let before = issued().await;

    control.expire_tokens().await.unwrap();
    let submits: Vec<_> = confirmed.iter().map(|confirmation| app.requests().submit(confirmation)).collect();
    for submit in submits {
        submit.await.unwrap(); // all of them were begun
    }
    let (_, _, flushed) = tokio::join!(app.inbox().refresh(), app.requests().refresh(), app.outbox().flush(PATIENCE));
    flushed.unwrap();
    assert_eq!((issued().await - before, count(&sandbox, "requests")), (1, 8));

    control
        .faults(&[ServerFault::next("listInbox", FaultKind::Status { status: 403, retry_after: None })])
        .await
        .unwrap();
    assert_eq!(app.inbox().refresh().await.err(), Some(Error::Forbidden));
    assert_eq!(issued().await - before, 1);
    app.shutdown(PATIENCE).await.unwrap();
}

/// The result of a write was not looked at, so what failed looked done.
#[tokio::test(flavor = "multi_thread")]
async fn defect_7_whatever_is_answered_a_write_is_done_or_seen_to_wait() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, service) = phone.ready(&sandbox).await;
    let statuses = [400, 401, 403, 404, 409, 410, 418, 422, 429, 500, 503];
    let statuses = statuses.map(|status| FaultKind::Status { status, retry_after: None });
    let kinds = statuses.into_iter().chain([FaultKind::DropReply, FaultKind::Cut, FaultKind::Garbage]);

    for kind in kinds {
        let told = format!("{kind:?}");
        let fault = ServerFault::next("createRequest", kind);
        sandbox.control().unwrap().faults(&[fault]).await.unwrap();
        let operation = app.requests().submit(&confirm(&app, &service, &told).await).await.unwrap();
        let state = settled(&app, &operation).await.state;

        let open = app.outbox().list(false, None).await.unwrap().items;
        let waits = open.iter().any(|view| view.id == operation);
        let state = app.outbox().get(&operation).await.map_or(state, |view| view.state);
        assert!(waits || state == State::Done, "{told}: {state:?}");
        let sql = format!("requests WHERE form LIKE '%{told}%'");
        assert!(state != State::Done || count(&sandbox, &sql) == 1, "{told}");
        if state == State::Wedged {
            app.outbox().cancel(&operation).await.unwrap();
        }
    }
    app.shutdown(PATIENCE).await.unwrap();
}
