//! Correcting, bringing documents, withdrawing.

use serde_json::{Value, json};

use super::{Call, ERDENEBAT, Reply, Rig, UURIINTUYA, key, uploads};
use crate::{
    clerk::{self, Move, Status, Text},
    gateway::shown_digest,
    oauth::Principal,
};

/// A request that a clerk took through `steps`.
async fn request(rig: &Rig, citizen: &Principal, n: usize, steps: Vec<Move>) -> Value {
    let id = rig.apply(citizen, &key(n)).await.json()["id"].as_str().unwrap().to_owned();
    let (of, now) = (id.clone(), rig.sandbox.now());
    let taken = rig.sandbox.db().write(move |tx| {
        steps.iter().try_for_each(|step| clerk::advance(tx, &of, step, now).map(|taken| drop(taken.unwrap())))
    });
    taken.await.unwrap();
    rig.get(citizen, &format!("/v1/requests/{id}")).await.json()
}

fn edit() -> Move {
    Move { fields: vec!["forUsage".into()], ..clerk::plain(Status::Edit) }
}

fn bring(documents: &[&str]) -> Move {
    let documents = documents.iter().map(|title| Text::new(*title, "A document")).collect();
    Move { documents, ..clerk::plain(Status::FileRequested) }
}

async fn post(rig: &Rig, citizen: &Principal, request: &Value, what: &str, n: usize, body: &Value) -> Reply {
    let path = format!("/v1/requests/{}/{what}", request["id"].as_str().unwrap());
    rig.call(Call::new("POST", &path).by(citizen).key(&key(n)).json(body)).await
}

fn correction(request: &Value) -> Value {
    let form = json!({ "startYear": 2020, "endYear": 2024, "forUsage": "«Үүрийн туяа» ХХК, бүтэн нэрээр" });
    let body = json!({ "version": request["version"], "form_version": request["form_version"], "form": form });
    confirmed(request, body)
}

/// With the digest of what the citizen was shown.
fn confirmed(request: &Value, mut body: Value) -> Value {
    let mut shown = body.clone();
    shown["service_id"] = request["service_id"].clone();
    body["shown_digest"] = shown_digest(&shown).into();
    body
}

#[tokio::test]
async fn a_correction_replaces_the_form_and_names_what_was_asked() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let asked = request(&rig, &citizen, 1, vec![edit()]).await;
    assert_eq!(asked["history"][1]["fields"], json!(["forUsage"]));
    let body = correction(&asked);

    let done = post(&rig, &citizen, &asked, "correction", 100, &body).await;
    let again = post(&rig, &citizen, &asked, "correction", 100, &body).await;

    assert_eq!((done.status.as_u16(), again.header("idempotency-replayed")), (200, "true"));
    let corrected = done.json();
    assert_eq!((&corrected["status"], &corrected["form"]), (&json!("SUBMITTED"), &body["form"]));
    assert_eq!(corrected["history"][2]["actor"]["kind"], "citizen");
    assert_eq!(corrected["history"].as_array().unwrap().len(), 3);
    assert_eq!(rig.get(&citizen, "/v1/requests?after=2").await.json()["items"][0], corrected);
}

#[tokio::test]
async fn a_correction_that_was_not_asked_for_or_answers_an_older_question_changes_nothing() {
    let rig = Rig::start();
    let (citizen, other) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    let idle = request(&rig, &citizen, 1, vec![]).await;
    let asked = request(&rig, &citizen, 2, vec![edit()]).await;
    let with = |name: &str, value: Value| {
        let mut body = correction(&asked);
        body[name] = value;
        confirmed(&asked, body)
    };

    let refused =
        async |n, request: &Value, body: Value| post(&rig, &citizen, request, "correction", n, &body).await.refusal();
    assert_eq!(refused(101, &idle, correction(&idle)).await, (409, "not_asked".into()));
    assert_eq!(refused(102, &asked, with("version", json!(1))).await, (409, "request_moved".into()));
    assert_eq!(refused(103, &asked, with("form_version", json!(99))).await, (409, "form_changed".into()));
    assert_eq!(refused(104, &asked, with("form", json!({}))).await, (422, "invalid_field".into()));
    assert_eq!(refused(105, &asked, with("more", json!(1))).await, (422, "invalid_field".into()));
    let mut unseen = correction(&asked);
    unseen["form"]["forUsage"] = json!("«Үүрийн туяа» ХХК, өөр нэрээр");
    assert_eq!(refused(106, &asked, unseen).await, (422, "invalid_field".into()));
    let foreign = post(&rig, &other, &asked, "correction", 107, &correction(&asked)).await;
    assert_eq!(foreign.refusal(), (404, "unknown_request".into()));
    assert_eq!(rig.get(&citizen, &format!("/v1/requests/{}", asked["id"].as_str().unwrap())).await.json(), asked);
}

#[tokio::test]
async fn a_document_that_nobody_named_is_not_brought_by_bringing_none() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let asked = request(&rig, &citizen, 1, vec![bring(&[])]).await;
    let none = json!({ "version": asked["version"], "files": {} });

    let refused = post(&rig, &citizen, &asked, "files", 100, &none).await.refusal();

    assert_eq!(refused, (409, "not_asked".into()));
    assert_eq!(rig.get(&citizen, &format!("/v1/requests/{}", asked["id"].as_str().unwrap())).await.json(), asked);
}

#[tokio::test]
async fn every_document_asked_for_is_brought_and_stays() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let file = uploads::sent(&rig, &citizen, "upload-0000000007").await;
    let asked = request(&rig, &citizen, 1, vec![bring(&["Өргөдөл", "Үнэмлэхний хуулбар"])]).await;
    let named = json!([
        { "name": "document1", "title": { "mn": "Өргөдөл", "en": "A document" } },
        { "name": "document2", "title": { "mn": "Үнэмлэхний хуулбар", "en": "A document" } },
    ]);
    assert_eq!(asked["history"][1]["documents"], named);
    let body = |files: Value| json!({ "version": asked["version"], "files": files });

    let part = post(&rig, &citizen, &asked, "files", 100, &body(json!({ "document1": file }))).await;
    assert_eq!((part.refusal(), &part.json()["field"]), ((422, "invalid_field".into()), &json!("document2")));
    let more = body(json!({ "document1": file, "document2": file, "document3": file }));
    assert_eq!(post(&rig, &citizen, &asked, "files", 101, &more).await.json()["field"], "document3");
    let mut unknown = file.clone();
    unknown["id"] = json!("upload-0000000008");
    let unknown = body(json!({ "document1": file, "document2": unknown }));
    assert_eq!(post(&rig, &citizen, &asked, "files", 102, &unknown).await.refusal(), (422, "upload_unknown".into()));

    let all = body(json!({ "document1": file, "document2": file }));
    let done = post(&rig, &citizen, &asked, "files", 103, &all).await.json();

    assert_eq!((&done["status"], &done["documents"]), (&json!("SUBMITTED"), &all["files"]));
    rig.sandbox.move_clock(400 * 24 * 3600 * 1000);
    assert_eq!(rig.get(&citizen, "/v1/uploads/upload-0000000007").await.status, 200, "a request refers to it");
    let again = move |tx: &rusqlite::Transaction<'_>| {
        let id = done["id"].as_str().unwrap();
        clerk::advance(tx, id, &bring(&["Гэрчилгээ"]), 0).map(Result::unwrap)
    };
    rig.sandbox.db().write(again).await.unwrap();
    let asked = rig.get(&citizen, "/v1/requests").await.json()["items"][0].clone();
    assert_eq!(asked["history"][3]["documents"][0]["name"], "document3", "a name is never another document's");
}

#[tokio::test]
async fn what_is_not_decided_can_be_withdrawn_once() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let mut n = 0;

    for status in Status::ALL {
        n += 1;
        let way = status.way().into_iter().map(clerk::plain).collect();
        let standing = request(&rig, &citizen, n, way).await;
        let reply =
            post(&rig, &citizen, &standing, "withdrawal", 100 + n, &json!({ "reason": "Өөр газраас авсан" })).await;

        if clerk::next(status).contains(&Status::Rejected) {
            let last = reply.json();
            assert_eq!(
                (&last["status"], &last["outcome"]["mn"]),
                (&json!("REJECTED"), &json!("Иргэн хүсэлтээ буцаан авсан. Өөр газраас авсан"),)
            );
            assert_eq!(last["history"].as_array().unwrap().last().unwrap()["actor"]["kind"], "citizen");
            let twice = post(&rig, &citizen, &standing, "withdrawal", 200 + n, &json!({})).await;
            assert_eq!(twice.refusal(), (409, "already_decided".into()));
        } else {
            assert_eq!(reply.refusal(), (409, "already_decided".into()), "{}", status.code());
        }
    }
    let open = request(&rig, &citizen, 50, vec![]).await;
    for (n, body) in [(300, json!({ "reason": "Ө".repeat(1001) })), (301, json!({ "why": "" }))] {
        assert_eq!(post(&rig, &citizen, &open, "withdrawal", n, &body).await.refusal(), (422, "invalid_field".into()));
    }
}
