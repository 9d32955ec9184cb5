//! What is kept of an operation can't be read any more. What was confirmed goes on from that; else it is shown, and once it is
//! called off it locks nothing.

use emongolia_core::{
    App, Error,
    offline::outbox::{OperationId, State},
    services::requests::{Standing, Status},
};
use emongolia_support::processes::{FaultKind, SandboxProcess, ServerFault};

use crate::{
    changes::{applied, detail, put, sent, started},
    drafts::filled,
    phone::{CONFIRMED, PATIENCE, Phone, SENT, count, settled},
};

/// The app is closed, what it keeps of this operation is spoilt, and it is started again with a network.
async fn spoilt(
    app: App,
    phone: &Phone,
    sandbox: &mut SandboxProcess,
    operation: &OperationId,
    what: &[&'static str],
) -> App {
    app.shutdown(PATIENCE).await.unwrap();
    what.iter().for_each(|what| phone.spoil(what, operation));
    sandbox.restart().unwrap();
    let app = phone.start();
    app.outbox().flush(PATIENCE).await.unwrap();
    app
}

/// Of more tries than the phone makes until the sandbox starts anew.
async fn lose_replies(sandbox: &SandboxProcess, operation: &str) {
    let lost: Vec<_> = (0..16).map(|_| ServerFault::next(operation, FaultKind::DropReply)).collect();
    sandbox.control().unwrap().faults(&lost).await.unwrap();
}

async fn shown(app: &App, operation: &OperationId) -> (State, Option<String>) {
    let view = app.outbox().get(operation).await.unwrap();
    (view.state, view.problem)
}

fn wedged(code: &str) -> (State, Option<String>) {
    (State::Wedged, Some(code.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_goes_on_from_that_and_is_one_request_whether_it_has_left_or_not() {
    for has_left in [true, false] {
        let mut sandbox = SandboxProcess::start_fresh().unwrap();
        let (phone, app) = started(&sandbox).await;
        let draft = filled(&app).await;
        let confirmation = app.requests().confirm_draft(&draft).await.unwrap();
        if has_left {
            lose_replies(&sandbox, "createRequest").await;
        } else {
            sandbox.kill().unwrap();
        }
        let operation = app.requests().submit(&confirmation.id).await.unwrap();
        while has_left && count(&sandbox, "requests") == 0 {
            app.outbox().flush(PATIENCE).await.unwrap();
        }
        assert_eq!(shown(&app, &operation).await.0, if has_left { State::Sending } else { State::New });

        let app = spoilt(app, &phone, &mut sandbox, &operation, &[SENT]).await;

        assert_eq!(shown(&app, &operation).await, (State::Done, None), "{has_left}");
        assert_eq!((count(&sandbox, "requests"), count(&sandbox, "uploads")), (1, 2));
        assert!(app.requests().of_operation(&operation).await.is_ok());
        assert_eq!(app.requests().draft(&draft).await.err(), Some(Error::NotFound), "it lives on there");
        app.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_whose_confirmation_is_spoilt_too_is_the_citizens_again_and_its_files_can_be_sent_again() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let (phone, app) = started(&sandbox).await;
    let draft = filled(&app).await;
    let confirmation = app.requests().confirm_draft(&draft).await.unwrap();
    sandbox.kill().unwrap();
    let operation = app.requests().submit(&confirmation.id).await.unwrap();
    settled(&app, &operation).await;
    let app = spoilt(app, &phone, &mut sandbox, &operation, &[SENT, CONFIRMED]).await;
    assert_eq!(shown(&app, &operation).await, wedged("operation_unreadable"));
    let locked = put(&app, &draft, "regnum", "УУ90010112").await;
    assert_eq!(locked, Err(Error::invalid("draft", "draft.under_way")));

    app.outbox().cancel(&operation).await.unwrap();

    assert_eq!(app.requests().drafts(None).await.unwrap().items.len(), 1);
    put(&app, &draft, "regnum", "УУ90010112").await.unwrap();
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
    let app = spoilt(app, &phone, &mut sandbox, &operation, &[SENT]).await;
    assert_eq!(shown(&app, &operation).await, wedged("operation_unreadable"));
    assert_eq!(detail(&app, &id).await.summary.progress.under_way, Some(operation.clone()));

    app.outbox().cancel(&operation).await.unwrap();

    assert_eq!(detail(&app, &id).await.summary.progress.under_way, None);
    let again = app.requests().withdraw(&id, None).await.unwrap().unwrap();
    settled(&app, &again).await;
    assert_eq!(detail(&app, &id).await.summary.standing, Standing::At { status: Status::Rejected });
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_whose_reply_was_lost_is_asked_for_by_its_key() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let (phone, app) = started(&sandbox).await;
    let id = applied(&app).await;
    lose_replies(&sandbox, "withdrawRequest").await;
    let operation = app.requests().withdraw(&id, Some("Өөр газраас авсан".into())).await.unwrap().unwrap();
    settled(&app, &operation).await;
    assert_eq!(shown(&app, &operation).await.0, State::Sending);

    let app = spoilt(app, &phone, &mut sandbox, &operation, &[SENT]).await;

    assert_eq!(shown(&app, &operation).await, (State::Done, None));
    let seen = detail(&app, &id).await.summary;
    assert_eq!((seen.standing, seen.progress.under_way), (Standing::At { status: Status::Rejected }, None));
    app.shutdown(PATIENCE).await.unwrap();
}
