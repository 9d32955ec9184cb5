//! What is kept of an operation can't be read any more. It is shown, and once it is called off it locks nothing.

use emongolia_core::{
    App, Error,
    offline::outbox::{OperationId, State},
    services::requests::{Standing, Status},
};
use emongolia_support::processes::SandboxProcess;

use crate::{
    changes::{applied, detail, put, sent, started},
    drafts::filled,
    phone::{PATIENCE, Phone, count, settled},
};

/// The app is closed, what it keeps of this operation is spoilt, and it is started again with a network.
async fn spoilt(app: App, phone: &Phone, sandbox: &mut SandboxProcess, operation: &OperationId) -> App {
    app.shutdown(PATIENCE).await.unwrap();
    let state = rusqlite::Connection::open(phone.dirs.state().join("state.db")).unwrap();
    let rows = state.execute("UPDATE operation SET body = x'00' WHERE id = ?1", [operation.as_str()]).unwrap();
    assert_eq!(rows, 1);
    drop(state);
    sandbox.restart().unwrap();
    let app = phone.start();
    app.outbox().flush(PATIENCE).await.unwrap();
    let shown = app.outbox().get(operation).await.unwrap();
    assert_eq!((shown.state, shown.problem.as_deref()), (State::Wedged, Some("operation_unreadable")));
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_the_citizens_again_and_its_files_can_be_sent_again() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let (phone, app) = started(&sandbox).await;
    let draft = filled(&app).await;
    let confirmation = app.requests().confirm_draft(&draft).await.unwrap();
    sandbox.kill().unwrap();
    let operation = app.requests().submit(&confirmation.id).await.unwrap();
    settled(&app, &operation).await;
    let app = spoilt(app, &phone, &mut sandbox, &operation).await;
    let regnum = |app: &App| {
        let app = app.clone();
        let draft = draft.clone();
        async move { put(&app, &draft, "regnum", "УУ90010112").await }
    };
    assert_eq!(regnum(&app).await, Err(Error::invalid("draft", "draft.under_way")));

    app.outbox().cancel(&operation).await.unwrap();

    assert_eq!(app.requests().drafts(None).await.unwrap().items.len(), 1);
    regnum(&app).await.unwrap();
    let again = sent(&app, &draft).await;
    app.outbox().flush(PATIENCE).await.unwrap();
    assert_eq!(app.outbox().get(&again).await.unwrap().state, State::Done);
    assert_eq!((count(&sandbox, "requests"), count(&sandbox, "uploads")), (1, 2));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_can_be_withdrawn_again() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let (phone, app) = started(&sandbox).await;
    let id = applied(&app).await;
    sandbox.kill().unwrap();
    let operation = app.requests().withdraw(&id, None).await.unwrap().unwrap();
    settled(&app, &operation).await;
    let app = spoilt(app, &phone, &mut sandbox, &operation).await;
    assert_eq!(detail(&app, &id).await.summary.progress.under_way, Some(operation.clone()));

    app.outbox().cancel(&operation).await.unwrap();

    assert_eq!(detail(&app, &id).await.summary.progress.under_way, None);
    let again = app.requests().withdraw(&id, None).await.unwrap().unwrap();
    settled(&app, &again).await;
    assert_eq!(detail(&app, &id).await.summary.standing, Standing::At { status: Status::Rejected });
    app.shutdown(PATIENCE).await.unwrap();
}
