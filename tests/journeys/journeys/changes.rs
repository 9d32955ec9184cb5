//! What a citizen does to a request that the state has: corrects what was asked, brings what was asked for, withdraws. With
//! replies that get lost, kills, a gateway that fails, a clerk who moves on, and a second phone.

use emongolia_core::{
    App, Error,
    offline::outbox::{OperationId, State},
    services::{
        ServiceId,
        requests::{
            Acts, DraftId, RequestDetail, RequestId, Standing, Status, TaskKind,
            attachment::{AttachmentId, NewAttachment},
        },
    },
};
use emongolia_support::processes::{FaultKind, SandboxProcess, ServerFault, Text};

use crate::phone::{PATIENCE, Phone, count, settled, sign_in, sync};

/// «Нийгмийн даатгалын шимтгэл төлөлтийн лавлагаа»: two years and a recipient.
pub(crate) const INSURANCE: &str = "34f1655fd0e2e0f62c1da8c1";

fn text(mn: &str) -> Text {
    Text::mn(mn)
}

/// What that asks, answered.
pub(crate) const INSURED: [(&str, &str); 3] =
    [("startYear", "2019"), ("endYear", "2020"), ("forUsage", "Үүрэн холбоо")];

pub(crate) async fn started(sandbox: &SandboxProcess) -> (Phone, App) {
    let phone = Phone::new(sandbox);
    let app = phone.start();
    sign_in(&app, sandbox).await;
    sync(&app).await;
    (phone, app)
}

pub(crate) async fn applied(app: &App) -> RequestId {
    let values = INSURED.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let service = ServiceId::parse(INSURANCE).unwrap();
    app.requests().form(&service, Default::default()).await.unwrap();
    let confirmation = app.requests().confirm(&service, values).await.unwrap();
    let operation = app.requests().submit(&confirmation.id).await.unwrap();
    settled(app, &operation).await;
    app.requests().of_operation(&operation).await.unwrap().value.summary.id.unwrap()
}

pub(crate) async fn detail(app: &App, id: &RequestId) -> RequestDetail {
    app.requests().refresh().await.unwrap();
    app.requests().detail(id).await.unwrap().value
}

pub(crate) async fn sent(app: &App, draft: &DraftId) -> OperationId {
    let confirmation = app.requests().confirm_draft(draft).await.unwrap();
    let operation = app.requests().submit(&confirmation.id).await.unwrap();
    settled(app, &operation).await;
    operation
}

pub(crate) async fn put(app: &App, draft: &DraftId, field: &str, typed: &str) -> emongolia_core::Result<()> {
    app.requests().answer(draft, field.to_owned(), Some(typed.to_owned())).await.map(drop)
}

pub(crate) async fn picked(app: &App, draft: &DraftId, field: &str) -> AttachmentId {
    let bytes: Vec<u8> = b"%PDF-1.7 ".iter().copied().chain((0..90_000_u32).map(|n| (n % 251) as u8)).collect();
    let new =
        NewAttachment {
            name: "Гэрчилгээ.pdf".into(), media_type: "application/pdf".into(), size: bytes.len() as u64
        };
    let id = app.requests().attach(draft, field.to_owned(), new).await.unwrap();
    app.requests().attachments().append(&id, 0, bytes).await.unwrap();
    put(app, draft, field, id.as_str()).await.unwrap();
    id
}

fn steps(sandbox: &SandboxProcess, status: &str) -> u32 {
    count(sandbox, &format!("request_history WHERE status = '{status}'"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_opens_what_was_asked_and_is_sent_once_as_it_was_shown() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let (phone, app) = started(&sandbox).await;
    let id = applied(&app).await;
    control.ask(id.as_str(), &["forUsage"], &[], &text("Хаана өгөхөө бүтнээр бичнэ үү")).await.unwrap();

    let asked = detail(&app, &id).await.summary.progress;
    assert_eq!((asked.who_acts, asked.tasks[0].name.as_deref()), (Acts::Citizen, Some("forUsage")));
    assert_eq!(asked.tasks[0].kind, TaskKind::Correct);
    let draft = app.requests().amend(&id).await.unwrap();
    assert_eq!(app.requests().amend(&id).await.unwrap(), draft, "begun once");
    let begun = app.requests().draft(&draft).await.unwrap();
    let value = |name: &str| begun.form.fields().find(|field| field.name == name).and_then(|field| field.value.clone());
    assert_eq!((value("startYear").as_deref(), value("forUsage").as_deref()), (Some("2019"), Some("Үүрэн холбоо")));
    assert_eq!(begun.amends.unwrap().open, ["forUsage"]);
    let closed = put(&app, &draft, "startYear", "2010").await;
    assert_eq!(closed.err(), Some(Error::invalid("startYear", "draft.not_asked")));
    put(&app, &draft, "forUsage", "Өргөө банк, Үйлдвэр салбар").await.unwrap();

    sandbox.kill().unwrap();
    let confirmation = app.requests().confirm_draft(&draft).await.unwrap();
    let operation = app.requests().submit(&confirmation.id).await.unwrap();
    let waiting = app.requests().detail(&id).await.unwrap().value.summary;
    assert_eq!(waiting.standing, Standing::At { status: Status::Edit });
    assert_eq!((waiting.progress.under_way.as_ref(), waiting.progress.who_acts), (Some(&operation), Acts::Nobody));
    assert_eq!(app.requests().page(None).await.unwrap().value.items.len(), 1, "it is no second request");
    app.shutdown(PATIENCE).await.unwrap();

    sandbox.restart().unwrap();
    let control = sandbox.control().unwrap();
    let unavailable = FaultKind::Status { status: 503, retry_after: None };
    control
        .faults(&[
            ServerFault::next("correctRequest", unavailable),
            ServerFault::next("correctRequest", FaultKind::DropReply),
        ])
        .await
        .unwrap();
    let app = phone.start();
    for _ in 0..3 {
        app.outbox().flush(PATIENCE).await.unwrap();
    }
    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    let corrected = detail(&app, &id).await;
    assert_eq!(corrected.summary.standing, Standing::At { status: Status::Submitted });
    assert_eq!(corrected.form["forUsage"], "Өргөө банк, Үйлдвэр салбар");
    assert_eq!((count(&sandbox, "requests"), steps(&sandbox, "SUBMITTED")), (1, 2));
    let shown: String =
        sandbox.db().unwrap().query_row("SELECT shown_digest FROM requests", [], |row| row.get(0)).unwrap();
    assert_eq!(shown, confirmation.digest);
    assert_eq!(app.requests().draft(&draft).await.err(), Some(Error::NotFound));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_who_moved_on_meanwhile_is_told_and_the_draft_is_kept_until_it_is_asked_again() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let (_phone, app) = started(&sandbox).await;
    let id = applied(&app).await;
    control.ask(id.as_str(), &["forUsage"], &[], &text("Засна уу")).await.unwrap();
    detail(&app, &id).await;
    let draft = app.requests().amend(&id).await.unwrap();
    put(&app, &draft, "forUsage", "Өвөрхангай аймаг").await.unwrap();

    control.advance(id.as_str(), "PROCESSING", None).await.unwrap();
    let operation = sent(&app, &draft).await;
    let refused = app.outbox().get(&operation).await.unwrap();
    assert_eq!((refused.state, refused.problem.as_deref()), (State::Wedged, Some("not_asked")));
    app.outbox().cancel(&operation).await.unwrap();
    detail(&app, &id).await;
    let late = app.requests().confirm_draft(&draft).await;
    assert_eq!(late.err(), Some(Error::invalid("request", "request.not_asked")));
    assert_eq!(app.requests().drafts(None).await.unwrap().items[0].request.as_ref(), Some(&id), "kept");

    control.ask(id.as_str(), &["endYear"], &[], &text("Одоо оныг засна уу")).await.unwrap();
    detail(&app, &id).await;
    assert_eq!(app.requests().amend(&id).await.unwrap(), draft);
    let open = app.requests().draft(&draft).await.unwrap().amends.unwrap().open;
    assert_eq!(open, ["endYear", "forUsage"], "what is asked now, and what was changed before");
    put(&app, &draft, "endYear", "2021").await.unwrap();
    let operation = sent(&app, &draft).await;

    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    let corrected = detail(&app, &id).await.form;
    assert_eq!((corrected["endYear"].as_i64(), corrected["forUsage"].as_str()), (Some(2021), Some("Өвөрхангай аймаг")));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_next_has_a_draft_of_its_own_and_the_first_waits_until_that_is_asked_again() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let (_phone, app) = started(&sandbox).await;
    let id = applied(&app).await;
    control.ask(id.as_str(), &["forUsage"], &[], &text("Засна уу")).await.unwrap();
    detail(&app, &id).await;
    let correction = app.requests().amend(&id).await.unwrap();
    put(&app, &correction, "forUsage", "Өвөрхангай аймаг").await.unwrap();

    control.advance(id.as_str(), "PROCESSING", None).await.unwrap();
    control.ask(id.as_str(), &[], &["Төрсний гэрчилгээ"], &text("Хуулбар")).await.unwrap();
    let asked = detail(&app, &id).await.summary.progress.tasks[0].name.clone().unwrap();
    let documents = app.requests().amend(&id).await.unwrap();
    assert_ne!(documents, correction);
    assert_eq!(app.requests().amend(&id).await.unwrap(), documents, "begun once");
    picked(&app, &documents, &asked).await;
    let operation = sent(&app, &documents).await;
    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);

    control.ask(id.as_str(), &["forUsage"], &[], &text("Засна уу")).await.unwrap();
    detail(&app, &id).await;
    assert_eq!(app.requests().amend(&id).await.unwrap(), correction);
    assert_eq!(app.requests().draft(&correction).await.unwrap().amends.unwrap().open, ["forUsage"]);
    let operation = sent(&app, &correction).await;
    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    assert_eq!(detail(&app, &id).await.form["forUsage"], "Өвөрхангай аймаг");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_corrected_on_one_phone_is_not_undone_by_a_draft_on_another() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let (_one, here) = started(&sandbox).await;
    let (_other, there) = started(&sandbox).await;
    let id = applied(&here).await;
    control.ask(id.as_str(), &["forUsage"], &[], &text("Засна уу")).await.unwrap();
    for app in [&here, &there] {
        detail(app, &id).await;
    }
    let stale = there.requests().amend(&id).await.unwrap();
    let draft = here.requests().amend(&id).await.unwrap();
    put(&here, &draft, "forUsage", "Эхний утаснаас Өө").await.unwrap();
    sent(&here, &draft).await;

    put(&there, &stale, "forUsage", "Хоёр дахь утаснаас Үү").await.unwrap();
    let refused = sent(&there, &stale).await;
    let refused_as = there.outbox().get(&refused).await.unwrap().problem;
    assert_eq!(refused_as.as_deref(), Some("not_asked"));
    there.outbox().cancel(&refused).await.unwrap();
    there.requests().answer(&stale, "forUsage".into(), Some("Үүрэн холбоо".into())).await.unwrap(); // as it was
    control.ask(id.as_str(), &["endYear"], &[], &text("Оныг засна уу")).await.unwrap();
    detail(&there, &id).await;
    put(&there, &stale, "endYear", "2022").await.unwrap();
    sent(&there, &stale).await;

    let corrected = detail(&here, &id).await.form;
    assert_eq!(
        (corrected["forUsage"].as_str(), corrected["endYear"].as_i64()),
        (Some("Эхний утаснаас Өө"), Some(2022))
    );
    assert_eq!(count(&sandbox, "requests"), 1);
    here.shutdown(PATIENCE).await.unwrap();
    there.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_were_asked_for_are_brought_once_with_their_files_before_them() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let (phone, app) = started(&sandbox).await;
    let id = applied(&app).await;
    control.ask(id.as_str(), &[], &["Төрсний гэрчилгээ", "Өөр баримт"], &text("Хуулбар")).await.unwrap();
    let asked = detail(&app, &id).await.summary.progress.tasks;
    assert_eq!(
        asked.iter().map(|task| task.title.mn.as_str()).collect::<Vec<_>>(),
        ["Төрсний гэрчилгээ", "Өөр баримт"]
    );

    let draft = app.requests().amend(&id).await.unwrap();
    let first = asked[0].name.clone().unwrap();
    let second = asked[1].name.clone().unwrap();
    picked(&app, &draft, &first).await;
    let missing = app.requests().confirm_draft(&draft).await;
    assert_eq!(missing.err(), Some(Error::invalid(second.clone(), "form.required")));
    picked(&app, &draft, &second).await;
    app.shutdown(PATIENCE).await.unwrap();

    control
        .faults(&[
            ServerFault::next("announceUpload", FaultKind::Status { status: 422, retry_after: None }),
            ServerFault::next("bringDocuments", FaultKind::DropReply),
            ServerFault::next("bringDocuments", FaultKind::Cut),
        ])
        .await
        .unwrap();
    let app = phone.start();
    let operation = sent(&app, &draft).await;
    let told = app.requests().detail(&id).await.unwrap().value.summary.progress;
    assert_eq!((told.who_acts, told.tasks.len()), (Acts::Citizen, 2), "it is not on its way: {told:?}");
    assert_eq!(told.headline.mn, "Файлыг илгээж чадаагүй тул таны баримт бичиг илгээгдээгүй байна.");
    app.outbox().retry(&told.under_way.unwrap()).await.unwrap();
    for _ in 0..4 {
        app.outbox().flush(PATIENCE).await.unwrap();
    }
    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    let brought = detail(&app, &id).await;
    assert_eq!(brought.summary.standing, Standing::At { status: Status::Submitted });
    assert_eq!((count(&sandbox, "request_files"), steps(&sandbox, "SUBMITTED")), (2, 2));
    assert_eq!(brought.history.last().unwrap().text.mn, "Та нэмэлт баримт бичгээ илгээсэн.");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_nobody_names_is_brought_to_the_organisation_and_nothing_is_sent() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_phone, app) = started(&sandbox).await;
    let id = applied(&app).await;
    sandbox.control().unwrap().advance(id.as_str(), "FILE_REQUESTED", Some(&text("Баримтаа өгнө үү"))).await.unwrap();

    let told = detail(&app, &id).await.summary.progress;
    assert_eq!((told.who_acts, told.tasks), (Acts::Citizen, Vec::new()));
    assert_eq!(told.next.unwrap().mn, "Үүнийг одоогоор аппаар хийх боломжгүй. Байгууллагад нь хандана уу.");
    let refused = app.requests().amend(&id).await;

    assert_eq!(refused.err(), Some(Error::invalid("request", "request.not_here")));
    assert!(app.requests().drafts(None).await.unwrap().items.is_empty());
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_withdrawn_once_while_it_is_not_decided_and_called_off_while_it_is_not_sent() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let (_phone, app) = started(&sandbox).await;
    let id = applied(&app).await;
    control.faults(&[ServerFault::next("withdrawRequest", FaultKind::DropReply)]).await.unwrap();

    let reason = Some("Өөр газраас авсан".to_owned());
    let operation = app.requests().withdraw(&id, reason.clone()).await.unwrap().unwrap();
    assert_eq!(app.requests().withdraw(&id, reason).await.unwrap(), Some(operation.clone()), "once");
    settled(&app, &operation).await;
    app.outbox().flush(PATIENCE).await.unwrap();
    let withdrawn = detail(&app, &id).await;
    assert_eq!(withdrawn.summary.standing, Standing::At { status: Status::Rejected });
    assert_eq!(withdrawn.summary.progress.headline.mn, "Та хүсэлтээ буцаан авсан.");
    assert!(withdrawn.history.last().unwrap().note.as_ref().unwrap().mn.ends_with("Өөр газраас авсан"));
    assert_eq!(steps(&sandbox, "REJECTED"), 1);
    let again = app.requests().withdraw(&id, None).await;
    assert_eq!(again.err(), Some(Error::invalid("request", "request.already_decided")));

    sandbox.kill().unwrap();
    let service = ServiceId::parse(INSURANCE).unwrap();
    let values = [("startYear", "2019"), ("endYear", "2020"), ("forUsage", "Үлдэх")];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let confirmation = app.requests().confirm(&service, values).await.unwrap();
    let unsent = app.requests().submit(&confirmation.id).await.unwrap();
    settled(&app, &unsent).await;
    let named = RequestId::parse(unsent.as_str()).unwrap();
    assert_eq!(app.requests().withdraw(&named, None).await.unwrap(), None);
    assert_eq!(app.outbox().get(&unsent).await.unwrap().state, State::Cancelled);
    sandbox.restart().unwrap();
    sync(&app).await;
    assert_eq!(count(&sandbox, "requests"), 1);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_withdraw_one_request_once_and_a_clerk_may_be_faster() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let (_one, here) = started(&sandbox).await;
    let (_other, there) = started(&sandbox).await;
    let id = applied(&here).await;
    detail(&there, &id).await;

    let first = here.requests().withdraw(&id, None).await.unwrap().unwrap();
    settled(&here, &first).await;
    let second = there.requests().withdraw(&id, None).await.unwrap().unwrap();
    settled(&there, &second).await;
    let late = there.outbox().get(&second).await.unwrap();
    assert_eq!((late.state, late.problem.as_deref()), (State::Wedged, Some("already_decided")));
    assert_eq!(steps(&sandbox, "REJECTED"), 1);
    there.outbox().cancel(&second).await.unwrap();
    assert_eq!(detail(&there, &id).await.summary.progress.under_way, None);

    let decided = applied(&here).await;
    control.advance(decided.as_str(), "COMPLETED", None).await.unwrap();
    let refused = here.requests().withdraw(&decided, None).await.unwrap().unwrap();
    settled(&here, &refused).await;
    assert_eq!(here.outbox().get(&refused).await.unwrap().problem.as_deref(), Some("already_decided"));
    let told = here.requests().detail(&decided).await.unwrap().value.summary.progress;
    assert_eq!((told.under_way, told.may_be_withdrawn), (Some(refused), false));
    here.shutdown(PATIENCE).await.unwrap();
    there.shutdown(PATIENCE).await.unwrap();
}
