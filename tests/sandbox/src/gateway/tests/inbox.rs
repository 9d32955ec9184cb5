//! The citizen's messages.

use serde_json::{Value, json};

use super::{Call, ERDENEBAT, Rig, UURIINTUYA, key};
use crate::{clerk, gateway::Text, oauth::Principal};

async fn notify(rig: &Rig, citizen: &Principal, title: &str) -> String {
    let (regnum, now) = (citizen.regnum.clone(), rig.sandbox.now());
    let (title, body) = (Text::new(title, "A notice"), Text::new("Үерийн сэрэмжлүүлэг", "Flood warning"));
    rig.sandbox.db().write(move |tx| clerk::notice(tx, &regnum, title, body, now)).await.unwrap().unwrap()
}

async fn messages(rig: &Rig, citizen: &Principal, after: i64) -> Vec<Value> {
    rig.get(citizen, &format!("/v1/inbox?after={after}")).await.json()["items"].as_array().unwrap().clone()
}

fn read(citizen: &Principal, id: &str, n: usize) -> Call {
    Call::new("POST", &format!("/v1/inbox/{id}/read")).by(citizen).key(&key(n))
}

fn delete(citizen: &Principal, id: &str, n: usize) -> Call {
    Call::new("DELETE", &format!("/v1/inbox/{id}")).by(citizen).key(&key(n))
}

#[tokio::test]
async fn a_notice_arrives_in_both_languages() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;

    let id = notify(&rig, &citizen, "Өндөр ус").await;

    let items = messages(&rig, &citizen, 0).await;
    assert_eq!(items.len(), 1);
    assert_eq!((&items[0]["id"], &items[0]["kind"]), (&json!(id), &json!("notice")));
    assert_eq!(items[0]["title"], json!({"mn": "Өндөр ус", "en": "A notice"}));
    assert_eq!((&items[0]["deleted"], items[0].get("read_at")), (&json!(false), None));
}

#[tokio::test]
async fn reading_marks_once_and_moves_the_message_on_in_the_feed() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = notify(&rig, &citizen, "Мэдэгдэл").await;

    let first = rig.call(read(&citizen, &id, 1)).await.json();
    rig.sandbox.move_clock(60_000);
    let second = rig.call(read(&citizen, &id, 2)).await.json();

    assert_eq!((&first["version"], &first["deleted"]), (&json!(2), &json!(false)));
    assert_eq!(second, first, "another key, the same state: nothing changes");
    let items = messages(&rig, &citizen, 1).await;
    assert_eq!((items.len(), &items[0]["read_at"]), (1, &first["read_at"]));
}

#[tokio::test]
async fn a_deleted_message_stays_as_a_tombstone_without_its_texts() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = notify(&rig, &citizen, "Устгах мэдэгдэл").await;
    let kept = notify(&rig, &citizen, "Үлдэх мэдэгдэл").await;

    let mark = rig.call(delete(&citizen, &id, 1)).await.json();

    assert_eq!((&mark["version"], &mark["deleted"]), (&json!(3), &json!(true)));
    let items = messages(&rig, &citizen, 0).await;
    let ids: Vec<&str> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [kept.as_str(), id.as_str()]);
    assert_eq!((&items[1]["title"], &items[1]["body"]), (&json!({"mn": ""}), &json!({"mn": ""})));
    assert_eq!(items[1]["deleted"], true);
}

#[tokio::test]
async fn nothing_of_a_deleted_message_is_left_in_its_row() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = notify(&rig, &citizen, "Нууц үг").await;
    let texts = "SELECT COUNT(*) FROM inbox WHERE title_mn || body_mn || sender_mn <> ''
                 OR COALESCE(title_en, body_en, sender_en) IS NOT NULL";
    let left = || rig.sandbox.db().read(move |conn| conn.query_row(texts, [], |row| row.get::<_, i64>(0)));
    assert_eq!(left().await.unwrap(), 1, "the control");

    rig.call(delete(&citizen, &id, 1)).await;

    assert_eq!(left().await.unwrap(), 0);
}

#[tokio::test]
async fn deleting_again_or_reading_afterwards_changes_nothing() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = notify(&rig, &citizen, "Мэдэгдэл").await;
    let first = rig.call(delete(&citizen, &id, 1)).await.json();

    let again = rig.call(delete(&citizen, &id, 2)).await;
    let read = rig.call(read(&citizen, &id, 3)).await;

    assert_eq!((again.status.as_u16(), again.json()), (200, first.clone()));
    assert_eq!((read.status.as_u16(), read.json()), (200, first));
}

#[tokio::test]
async fn the_same_key_replays_a_read() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = notify(&rig, &citizen, "Мэдэгдэл").await;

    let first = rig.call(read(&citizen, &id, 1)).await;
    let again = rig.call(read(&citizen, &id, 1)).await;
    let other = rig.call(delete(&citizen, &id, 1)).await;

    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &first.body));
    assert_eq!(other.refusal(), (422, "key_reused".into()));
}

#[tokio::test]
async fn another_citizens_message_is_not_found_and_not_touched() {
    let rig = Rig::start();
    let (owner, other) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    let id = notify(&rig, &owner, "Мэдэгдэл").await;

    let read = rig.call(read(&other, &id, 1)).await;
    let deleted = rig.call(delete(&other, &id, 2)).await;

    assert_eq!(read.refusal(), (404, "unknown_message".into()));
    assert_eq!(deleted.refusal(), (404, "unknown_message".into()));
    let items = messages(&rig, &owner, 0).await;
    assert_eq!((&items[0]["deleted"], items[0].get("read_at")), (&json!(false), None));
}

#[tokio::test]
async fn a_touch_without_a_key_is_refused() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = notify(&rig, &citizen, "Мэдэгдэл").await;

    let reply = rig.call(Call::new("DELETE", &format!("/v1/inbox/{id}")).by(&citizen)).await;

    assert_eq!(reply.refusal(), (400, "key_missing".into()));
    assert_eq!(messages(&rig, &citizen, 0).await[0]["deleted"], false);
}
