//! A form with a photograph and a signature, filled in over several days: killed, signed out of its session by the clock of
//! the server, corrected, confirmed, and sent once with its files before it.

use std::{fs, time::Duration};

use emongolia_core::{
    App, Error,
    country::Person,
    foundation::clock::{Clock as _, ManualClock, SystemClock},
    offline::outbox::State,
    services::{
        ServiceId,
        requests::{
            Draft, DraftId,
            attachment::{AttachmentId, NewAttachment},
        },
    },
};
use emongolia_support::{
    forms::{IDENTITY_CARD as CARD, IDENTITY_CARD_ANSWERS as ANSWERS, png},
    processes::{Cli, FaultKind, KillPoint, SandboxProcess, ServerFault},
    temp::temp_dir,
};
use serde_json::{Value, json};

use crate::{
    changes::{INSURANCE, INSURED, started},
    phone::{PATIENCE, Phone, citizen, count, settled, sign_in, sync},
};

fn card() -> ServiceId {
    ServiceId::parse(CARD).unwrap()
}

fn image(name: &str, size: usize) -> NewAttachment {
    NewAttachment { name: name.into(), media_type: "image/png".into(), size: size as u64 }
}

async fn answer_with_file(
    app: &App,
    draft: &DraftId,
    field: &str,
    name: &str,
    bytes: Vec<u8>,
) -> (AttachmentId, Draft) {
    let id = app.requests().attach(draft, field.into(), image(name, bytes.len())).await.unwrap();
    app.requests().attachments().append(&id, 0, bytes).await.unwrap();
    let draft = answer(app, draft, field, id.as_str()).await;
    (id, draft)
}

async fn answer(app: &App, id: &DraftId, field: &str, typed: &str) -> Draft {
    app.requests().answer(id, field.into(), Some(typed.into())).await.unwrap()
}

/// A draft of a service that asks for two years and a recipient, all of it answered.
async fn insured(app: &App) -> DraftId {
    let id = app.requests().begin_draft(&ServiceId::parse(INSURANCE).unwrap(), Person::Me).await.unwrap();
    for (field, typed) in INSURED {
        answer(app, &id, field, typed).await;
    }
    id
}

pub(crate) async fn filled(app: &App) -> DraftId {
    let id = app.requests().begin_draft(&card(), Person::Me).await.unwrap();
    for (field, typed) in ANSWERS {
        answer(app, &id, field, typed).await;
    }
    answer_with_file(app, &id, "photo", "Цээж зураг.png", png(150_000)).await;
    let (_, draft) = answer_with_file(app, &id, "signature", "гарын үсэг.png", png(2_000)).await;
    assert!(draft.form.complete, "{:?}", draft.form.fields().filter(|f| f.problem.is_some()).collect::<Vec<_>>());
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_outlives_the_app_and_is_sent_once_with_its_files() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    let id = filled(&app).await;
    app.shutdown(PATIENCE).await.unwrap();

    let app = phone.start();
    let draft = app.requests().draft(&id).await.unwrap();
    let kept = |name: &str| draft.form.fields().find(|field| field.name == name).and_then(|field| field.value.clone());
    assert!(ANSWERS.iter().all(|(field, typed)| kept(field).as_deref() == Some(*typed)));
    let listed = app.requests().drafts(None).await.unwrap().items;
    assert_eq!(listed.iter().map(|draft| (&draft.id, draft.answered)).collect::<Vec<_>>(), [(&id, 9)]);

    let confirmation = app.requests().confirm_draft(&id).await.unwrap();
    sandbox.control().unwrap().faults(&[ServerFault::next("createRequest", FaultKind::DropReply)]).await.unwrap();
    let operation = app.requests().submit(&confirmation.id).await.unwrap();
    let under_way = app.requests().answer(&id, "regnum".into(), None).await;
    assert_eq!(under_way.err(), Some(Error::invalid("draft", "draft.under_way")));
    for _ in 0..3 {
        app.outbox().flush(PATIENCE).await.unwrap();
    }
    settled(&app, &operation).await;
    sync(&app).await;

    assert_eq!((count(&sandbox, "requests"), count(&sandbox, "uploads")), (1, 2));
    assert_eq!(app.requests().draft(&id).await.err(), Some(Error::NotFound), "what was filled in lives on there");
    assert_eq!(app.requests().drafts(None).await.unwrap().items, []);
    let request = app.requests().of_operation(&operation).await.unwrap().value;
    assert_eq!(request.form["photo"]["name"], "Цээж зураг.png");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_the_gateway_has_forgotten_go_there_again_before_the_request() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    let id = filled(&app).await;
    let confirmation = app.requests().confirm_draft(&id).await.unwrap();
    control.faults(&[ServerFault::next("createRequest", FaultKind::Cut)]).await.unwrap();
    let operation = app.requests().submit(&confirmation.id).await.unwrap();
    app.outbox().flush(PATIENCE).await.unwrap();
    assert_eq!((count(&sandbox, "uploads WHERE complete"), count(&sandbox, "requests")), (2, 0));
    app.shutdown(PATIENCE).await.unwrap();

    control.forget_uploads().await.unwrap();
    assert_eq!(count(&sandbox, "uploads"), 0);
    let app = phone.start();
    for _ in 0..3 {
        app.outbox().flush(PATIENCE).await.unwrap();
    }

    assert_eq!(settled(&app, &operation).await.state, State::Done);
    assert_eq!((count(&sandbox, "uploads WHERE complete"), count(&sandbox, "requests")), (2, 1));
    assert_eq!(app.requests().draft(&id).await.err(), Some(Error::NotFound));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_counts_only_as_long_as_the_draft_says_the_same() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    let id = filled(&app).await;
    let first = app.requests().confirm_draft(&id).await.unwrap();

    let (other, _) = answer_with_file(&app, &id, "photo", "Өөр зураг.png", png(3_000)).await;
    assert_eq!(app.requests().submit(&first.id).await.err(), Some(Error::NotFound));

    let second = app.requests().confirm_draft(&id).await.unwrap();
    assert_ne!(first.digest, second.digest);
    let wrong = app.requests().answer(&id, "photo".into(), Some("Зураг биш".into())).await;
    assert_eq!(wrong.err(), Some(Error::invalid("photo", "form.not_a_file")));
    app.requests().discard_draft(&id).await.unwrap();
    assert_eq!(app.requests().attachments().get(&other).await.err(), Some(Error::NotFound), "with its files");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_twice_a_draft_is_sent_once_and_thrown_away_not_at_all() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_phone, app) = started(&sandbox).await;
    let id = insured(&app).await;
    let (first, second) = (app.requests().confirm_draft(&id).await.unwrap(), app.requests().confirm_draft(&id).await);

    assert_eq!(app.requests().submit(&first.id).await.err(), Some(Error::NotFound));
    let second = second.unwrap().id;
    let operation = app.requests().submit(&second).await.unwrap();
    settled(&app, &operation).await;
    assert_eq!(app.requests().submit(&second).await.unwrap(), operation, "the same again");
    assert_eq!(app.requests().submit(&first.id).await.err(), Some(Error::NotFound));
    assert_eq!((count(&sandbox, "requests"), app.outbox().list(true, None).await.unwrap().items.len()), (1, 1));

    let id = insured(&app).await;
    let confirmation = app.requests().confirm_draft(&id).await.unwrap();
    app.requests().discard_draft(&id).await.unwrap();
    assert_eq!(app.requests().submit(&confirmation.id).await.err(), Some(Error::NotFound));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_sent_and_changed_all_at_once_a_draft_is_under_way_once_or_free_with_nothing_sent() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let (_phone, app) = started(&sandbox).await;
    let mut sent = 0;
    insured(&app).await; // the form is on the phone
    sandbox.kill().unwrap();
    for _ in 0..10 {
        let id = insured(&app).await;
        let requests = app.requests();
        let (one, other) = tokio::join!(requests.confirm_draft(&id), requests.confirm_draft(&id));
        let (one, other) = (one.unwrap().id, other.unwrap().id);

        let change = requests.answer(&id, "forUsage".into(), Some("Өөр зорилго".into()));
        let (first, second, again, changed) =
            tokio::join!(requests.submit(&one), requests.submit(&other), requests.submit(&one), change);

        let mut operations: Vec<_> = [first, second, again].into_iter().filter_map(Result::ok).collect();
        operations.dedup();
        assert_eq!(operations.len(), usize::from(changed.is_err()), "{operations:?} {changed:?}");
        sent += u32::from(changed.is_err());
    }
    sandbox.restart().unwrap();
    app.outbox().flush(PATIENCE).await.unwrap();

    assert_eq!(count(&sandbox, "requests"), sent);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_says_which_files_it_takes_and_a_file_begun_anew_leaves_nothing_of_the_first() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    let id = app.requests().begin_draft(&card(), Person::Me).await.unwrap();
    let refused = async |field: &str, new| app.requests().attach(&id, field.into(), new).await.unwrap_err();

    let pdf = NewAttachment { media_type: "application/pdf".into(), ..image("Үнэмлэх.pdf", 9) };
    assert_eq!(refused("photo", pdf).await, Error::invalid("attachment", "attachment.media_type"));
    assert_eq!(refused("photo", image("ө", 5_000_001)).await, Error::invalid("attachment", "attachment.too_large"));
    assert_eq!(refused("signature", image("ү", 500_001)).await, Error::invalid("attachment", "attachment.too_large"));
    assert_eq!(refused("regnum", image("ө", 9)).await, Error::invalid("regnum", "form.no_file"));
    assert_eq!(refused("өнгө", image("ө", 9)).await, Error::invalid("өнгө", "form.no_such_field"));

    let half = app.requests().attach(&id, "photo".into(), image("Хагас.png", 4_000_000)).await.unwrap();
    app.requests().attachments().append(&half, 0, png(1_000_000)).await.unwrap();
    let early = app.requests().answer(&id, "photo".into(), Some(half.as_str().into())).await;
    assert_eq!(early.err(), Some(Error::invalid("attachment", "attachment.incomplete")));
    app.shutdown(PATIENCE).await.unwrap();

    let app = phone.start();
    assert_eq!(app.requests().attachments().get(&half).await.unwrap().stored, 1_000_000, "it can go on from there");
    let (photo, draft) = answer_with_file(&app, &id, "photo", "Бүтэн.png", png(300_000)).await;
    assert_eq!(app.requests().attachments().get(&half).await.err(), Some(Error::NotFound));
    let field = draft.form.fields().find(|field| field.name == "photo").unwrap();
    assert_eq!((field.value.as_deref(), field.problem.as_ref()), (Some(photo.as_str()), None));
    assert_eq!(field.shown.as_ref().unwrap().mn, "Бүтэн.png");
    let begun = app.requests().attach(&id, "photo".into(), image("Дараагийн.png", 9)).await.unwrap();
    assert!(app.requests().attachments().get(&photo).await.is_ok(), "it answers until another is put in");
    app.requests().discard_draft(&id).await.unwrap();
    for gone in [photo, begun] {
        assert_eq!(app.requests().attachments().get(&gone).await.err(), Some(Error::NotFound));
    }
    app.shutdown(PATIENCE).await.unwrap();
}

/// The service, with a form of short texts of which one must be answered; `more` is said of the first.
fn service_with(version: u32, fields: &[&str], required: &str, more: Value) -> Value {
    let text = |name: &&str| ((*name).to_owned(), json!({ "type": "string", "maxLength": 40 }));
    let mut properties: serde_json::Map<String, Value> = fields.iter().map(text).collect();
    properties[fields[0]].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "id": CARD, "organisation_id": "0123456789abcdef00000000", "name": { "mn": "Өгөөмөр үйлчилгээ" }, "kind": "order",
        "fee": null, "duration": null, "online": true, "area_codes": [], "sample": true, "popularity": 0,
        "requirements": [],
        "form": {
            "version": version, "sample": true,
            "schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
                "additionalProperties": false, "required": [required], "properties": properties,
            },
            "presentation": { "sections": [{ "fields": fields }], "fields": {} },
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_outlives_the_session_and_forms_of_newer_apps() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let clock = ManualClock::at(SystemClock.now());
    let phone = Phone::new(&sandbox).clock(clock.clone());
    let document = format!("service/{CARD}");
    let publish = async |version, form: &Value| control.publish(&document, version, Some(form)).await.unwrap();
    publish(101, &service_with(101, &["name", "colour"], "name", json!({}))).await;
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    let id = app.requests().begin_draft(&card(), Person::Me).await.unwrap();
    answer(&app, &id, "name", "Өөдөсмаа").await;
    answer(&app, &id, "colour", "Хөх").await;

    control.revoke_sessions(Some(&citizen(&sandbox).regnum)).await.unwrap();
    assert_eq!(app.inbox().refresh().await.err(), Some(Error::SignInRequired));
    let draft = answer(&app, &id, "name", "Үүрийнтуяа").await;
    assert!(draft.form.complete, "nobody has to be signed in to go on");

    publish(102, &service_with(102, &["name", "why"], "why", json!({}))).await;
    clock.advance(Duration::from_secs(61));
    assert_eq!(app.requests().confirm_draft(&id).await.err(), Some(Error::invalid("form", "form.changed")));
    let draft = app.requests().draft(&id).await.unwrap();
    assert_eq!((draft.form.version, &*draft.newly_required), (102, &["why".to_owned()][..]));
    assert_eq!(draft.set_aside.iter().map(|aside| aside.value.mn.as_str()).collect::<Vec<_>>(), ["Хөх"]);
    let kept = |draft: &Draft| draft.form.fields().find(|field| field.name == "name").unwrap().value.clone();
    assert_eq!(kept(&draft).as_deref(), Some("Үүрийнтуяа"));

    publish(103, &service_with(103, &["name", "why"], "why", json!({ "pattern": "ө+" }))).await;
    clock.advance(Duration::from_secs(61));
    answer(&app, &id, "why", "Хаягаа сольсон").await;
    let confirmed = app.requests().confirm_draft(&id).await.unwrap();
    assert_eq!(confirmed.form_version, 102, "what this app does not understand takes nothing away");
    let draft = app.requests().draft(&id).await.unwrap();
    assert_eq!((kept(&draft).as_deref(), draft.form.version), (Some("Үүрийнтуяа"), 102));
    app.shutdown(PATIENCE).await.unwrap();
}

/// As a person fills it in at a terminal: each command is a process, and one is killed while it reads.
#[test]
fn a_draft_is_filled_in_and_sent_from_a_terminal_that_is_killed_in_the_middle() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let dir = temp_dir("drafts-").unwrap();
    let cli = Cli::new(dir.path().join("утас"), &sandbox).unwrap();
    let citizen = citizen(&sandbox);
    cli.json(["sync"]).unwrap();
    cli.json(["sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (photo, page) = (file("Цээж зураг — Өөрийн.png", &png(2_000_000)), file("Үг.txt", "Үг".as_bytes()));
    let signature = file("гарын үсэг.png", &png(2_000));

    let id = cli.json(["request", "draft", "begin", CARD]).unwrap()["id"].as_str().unwrap().to_owned();
    for (field, typed) in ANSWERS {
        cli.json(["request", "draft", "set", &id, field, typed]).unwrap();
    }
    let add = |field: &str, path: &str| ["request", "file", "add", &id, field, path].map(str::to_owned);
    let refused = cli.run([&["--json".to_owned()], &add("photo", &page)[..]].concat()).unwrap();
    assert_eq!(refused.error_kind().as_deref(), Some("invalid"), "{refused:?}");
    assert!(refused.stderr.contains("attachment.media_type"), "{refused:?}");
    let killed = cli.run_under_strace(&KillPoint::on("read", 20, &photo), add("photo", &photo)).unwrap();
    assert!(killed.killed(), "{killed:?}");
    let half = cli.json(["request", "file", "list", &id]).unwrap();
    assert!(half[0]["stored"].as_u64() < half[0]["size"].as_u64(), "{half}");
    assert!(cli.json(["request", "file", "get", &id, "photo", "/dev/full"]).is_err(), "it answers nothing");
    let added = cli.run([&["--progress".to_owned()], &add("photo", &photo)[..]].concat()).unwrap();
    assert!(added.stderr.contains("Цээж зураг — Өөрийн.png: 2.0 MB-аас 262 KB уншлаа."), "{added:?}");
    cli.json(add("signature", &signature)).unwrap();

    let files = cli.json(["request", "file", "list", &id]).unwrap();
    let listed: Vec<_> = files.as_array().unwrap().iter().map(|one| (&one["field"], &one["name"])).collect();
    assert_eq!(json!(listed), json!([["photo", "Цээж зураг — Өөрийн.png"], ["signature", "гарын үсэг.png"]]));
    let copy = dir.path().join("хуулбар.png");
    let get = ["request", "file", "get", &id, "photo", copy.to_str().unwrap()];
    cli.json(get).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), png(2_000_000));
    assert!(cli.json(get).is_err(), "what is there already is left alone");
    cli.json(["request", "file", "remove", &id, "signature"]).unwrap();
    let open = cli.run(["--json", "request", "draft", "confirm", &id]).unwrap();
    assert!(open.stderr.contains(r#""field":"signature","reason":"form.required""#), "{open:?}");
    cli.json(add("signature", &signature)).unwrap();

    let confirmation = cli.json(["request", "draft", "confirm", &id]).unwrap()["id"].as_str().unwrap().to_owned();
    let sent = cli.json(["request", "submit", &confirmation]).unwrap();
    assert_eq!(sent["standing"], "done", "{sent}");
    assert_eq!((count(&sandbox, "requests"), count(&sandbox, "uploads")), (1, 2));
    assert_eq!(cli.json(["request", "draft", "list"]).unwrap()["items"], json!([]));
    let other = cli.json(["request", "draft", "begin", CARD]).unwrap()["id"].as_str().unwrap().to_owned();
    cli.json(["request", "draft", "discard", &other]).unwrap();
    for gone in ["show", "discard"] {
        let told = cli.run(["--json", "request", "draft", gone, &other]).unwrap();
        assert_eq!(told.error_kind().as_deref(), Some("not_found"), "{gone}: {told:?}");
    }
}
