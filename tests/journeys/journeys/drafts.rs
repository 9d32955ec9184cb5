//! A form with a photograph and a signature, filled in over several days: killed, signed out of its session by the clock of
//! the server, corrected, confirmed, and sent once with its files before it.

use emongolia_core::{
    App, Error,
    services::{
        ServiceId,
        requests::{
            Draft, DraftId,
            attachment::{AttachmentId, Limits, MediaType, NewAttachment},
        },
    },
};
use emongolia_support::processes::{FaultKind, SandboxProcess, ServerFault};

use crate::phone::{PATIENCE, Phone, count, settled, sign_in, sync};

/// «Иргэний үнэмлэх дахин захиалах»: name in three parts, reason, photograph, signature, delivery.
const CARD: &str = "d762ba0d0152646ba745997e";

const ANSWERS: [(&str, &str); 7] = [
    ("citizen/surname", "Боржигон"),
    ("citizen/lastname", "Өлзийсайхан"),
    ("citizen/firstname", "Үүрийнтуяа"),
    ("regnum", "УӨ88052317"),
    ("reason", "changed"),
    ("changedWhat", "Өмнөх овгоо буцааж авсан"),
    ("delivery", "office"),
];

fn card() -> ServiceId {
    ServiceId::parse(CARD).unwrap()
}

fn png(size: usize) -> Vec<u8> {
    let noise = (0..size).map(|n| (n * 31 % 251) as u8);
    b"\x89PNG\r\n\x1a\n".iter().copied().chain(noise).collect()
}

async fn picked(app: &App, name: &str, bytes: Vec<u8>) -> AttachmentId {
    let new = NewAttachment { name: name.into(), media_type: "image/png".into(), size: bytes.len() as u64 };
    let limits = Limits { media_types: vec![MediaType::Png], max_size: 5_000_000 };
    let files = app.requests().attachments();
    let id = files.begin(new, &limits).await.unwrap();
    files.append(&id, 0, bytes).await.unwrap();
    files.finish(&id).await.unwrap();
    id
}

async fn answer(app: &App, id: &DraftId, field: &str, typed: &str) -> Draft {
    app.requests().answer(id, field.into(), Some(typed.into())).await.unwrap()
}

async fn filled(app: &App) -> DraftId {
    let id = app.requests().begin_draft(&card()).await.unwrap();
    for (field, typed) in ANSWERS {
        answer(app, &id, field, typed).await;
    }
    let photo = picked(app, "Цээж зураг.png", png(150_000)).await;
    answer(app, &id, "photo", photo.as_str()).await;
    let signature = picked(app, "гарын үсэг.png", png(2_000)).await;
    let draft = answer(app, &id, "signature", signature.as_str()).await;
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
async fn what_was_confirmed_counts_only_as_long_as_the_draft_says_the_same() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    let id = filled(&app).await;
    let first = app.requests().confirm_draft(&id).await.unwrap();

    let other = picked(&app, "Өөр зураг.png", png(3_000)).await;
    answer(&app, &id, "photo", other.as_str()).await;
    assert_eq!(app.requests().submit(&first.id).await.err(), Some(Error::NotFound));

    let second = app.requests().confirm_draft(&id).await.unwrap();
    assert_ne!(first.digest, second.digest);
    let wrong = app.requests().answer(&id, "photo".into(), Some("Зураг биш".into())).await;
    assert_eq!(wrong.err(), Some(Error::invalid("photo", "form.not_a_file")));
    app.requests().discard_draft(&id).await.unwrap();
    assert_eq!(app.requests().attachments().get(&other).await.err(), Some(Error::NotFound), "with its files");
    app.shutdown(PATIENCE).await.unwrap();
}
