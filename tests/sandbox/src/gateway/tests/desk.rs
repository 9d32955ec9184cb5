//! What a clerk does, and how the citizen comes to know.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{CONTRIBUTIONS, Call, ERDENEBAT, Rig, key};
use crate::{
    clerk::{self, Actor, ActorKind, Listed, Move, Refusal, Status, Text},
    oauth::Principal,
};

async fn advance(rig: &Rig, id: &str, status: Status, note: Option<Text>) -> Result<Listed, Refusal> {
    let (id, now) = (id.to_owned(), rig.sandbox.now());
    let actor = Actor { kind: ActorKind::Clerk, name: "Б.Өлзийхутаг".into() };
    rig.sandbox.db().write(move |tx| clerk::advance(tx, &id, &Move::new(status, actor, note), now)).await.unwrap()
}

async fn applied(rig: &Rig, citizen: &Principal, n: usize) -> String {
    rig.apply(citizen, &key(n)).await.json()["id"].as_str().unwrap().into()
}

/// The shortest way from SUBMITTED.
fn way_to(status: Status) -> Vec<Status> {
    let (mut ways, mut seen) = (vec![vec![Status::Submitted]], HashSet::from([Status::Submitted]));
    while !ways.is_empty() {
        let way = ways.remove(0);
        let last = *way.last().unwrap();
        if last == status {
            return way[1..].to_vec();
        }
        for next in clerk::next(last) {
            if seen.insert(*next) {
                ways.push([way.clone(), vec![*next]].concat());
            }
        }
    }
    panic!("no way to {}", status.code());
}

#[tokio::test]
async fn every_pair_of_states_is_allowed_or_refused_as_the_table_says() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let (mut n, mut allowed) = (0, 0);

    for from in Status::ALL {
        for to in Status::ALL {
            n += 1;
            let id = applied(&rig, &citizen, n).await;
            for step in way_to(from) {
                advance(&rig, &id, step, None).await.unwrap();
            }

            let outcome = advance(&rig, &id, to, None).await;

            let stands = rig.get(&citizen, &format!("/v1/requests/{id}")).await.json()["status"].clone();
            if clerk::next(from).contains(&to) {
                allowed += 1;
                assert_eq!(outcome.unwrap().status, to);
                assert_eq!(stands, to.code());
            } else {
                assert_eq!(outcome, Err(Refusal::Illegal { from, to }));
                assert_eq!(stands, from.code(), "a refused step leaves no trace");
            }
        }
    }
    assert!(allowed > 10 && allowed < 100, "the table is neither empty nor everything");
}

#[tokio::test]
async fn what_is_decided_stays_decided() {
    for status in [Status::Completed, Status::Rejected, Status::Expired] {
        assert!(clerk::next(status).is_empty());
    }
}

#[tokio::test]
async fn a_step_is_told_in_the_request_and_in_the_inbox() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = applied(&rig, &citizen, 1).await;
    rig.sandbox.move_clock(60_000);
    let note = Text::new("Лавлагаа бэлэн боллоо.", "The reference is ready.");

    let listed = advance(&rig, &id, Status::Completed, Some(note)).await.unwrap();

    let page = rig.get(&citizen, "/v1/requests?after=1").await.json();
    let request = &page["items"][0];
    assert_eq!((&request["version"], &request["status"]), (&json!(2), &json!("COMPLETED")));
    assert_eq!(request["outcome"], json!({"mn": "Лавлагаа бэлэн боллоо.", "en": "The reference is ready."}));
    let step = &request["history"][1];
    assert_eq!(step["actor"], json!({"kind": "clerk", "name": "Б.Өлзийхутаг"}));
    assert_eq!(step["at"], request["updated_at"]);
    assert!(request["updated_at"].as_str() > request["submitted_at"].as_str());

    let message = rig.get(&citizen, "/v1/inbox").await.json()["items"][0].clone();
    assert_eq!((&message["kind"], &message["request_id"]), (&json!("request_status"), &json!(id)));
    let all = |text: &Value| format!("{} {}", text["mn"], text["en"]);
    assert_eq!(all(&message["title"]).matches(&listed.number).count(), 2, "in both languages");
    assert_eq!(all(&message["body"]).matches(&listed.number).count(), 2);
    assert!(message["body"]["mn"].as_str().unwrap().contains(CONTRIBUTIONS));
    assert!(message["body"]["mn"].as_str().unwrap().ends_with("Лавлагаа бэлэн боллоо."));
    assert!(message["body"]["en"].as_str().unwrap().contains("Social insurance contribution"));
    assert_eq!(message["sender"]["mn"], "Нийгмийн даатгалын ерөнхий газар");
}

#[tokio::test]
async fn an_outcome_survives_the_steps_after_it() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = applied(&rig, &citizen, 1).await;

    advance(&rig, &id, Status::Granted, Some(Text { mn: "Олгоно.".into(), en: None })).await.unwrap();
    advance(&rig, &id, Status::Printing, None).await.unwrap();

    let request = rig.get(&citizen, &format!("/v1/requests/{id}")).await.json();
    assert_eq!((&request["status"], &request["outcome"]), (&json!("PRINTING"), &json!({"mn": "Олгоно."})));
}

#[tokio::test]
async fn a_step_sends_hints_without_anything_personal() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let registration = Call::new("PUT", "/v1/push/registration").by(&citizen).json(&json!({"token": "phone-0001"}));
    assert_eq!(rig.call(registration).await.status, 200);
    let id = applied(&rig, &citizen, 1).await;

    advance(&rig, &id, Status::Processing, None).await.unwrap();

    let hints: Vec<Vec<u8>> = rig
        .sandbox
        .db()
        .read(|conn| {
            let mut statement =
                conn.prepare("SELECT bytes FROM push_messages WHERE token = 'phone-0001' ORDER BY id")?;
            statement.query_map([], |row| row.get("bytes"))?.collect()
        })
        .await
        .unwrap();
    let hints: Vec<Value> = hints.iter().map(|bytes| serde_json::from_slice(bytes).unwrap()).collect();
    assert_eq!(hints, [json!({"v": 1, "area": "inbox"}), json!({"v": 1, "area": "requests"})]);
}

#[tokio::test]
async fn what_does_not_exist_can_be_neither_advanced_nor_written_to() {
    let rig = Rig::start();
    let now = rig.sandbox.now();
    let text = || Text::new("Мэдэгдэл", "Notice");

    let request = advance(&rig, "none", Status::Completed, None).await;
    let notice = rig.sandbox.db().write(move |tx| clerk::notice(tx, "АА00112233", text(), text(), now)).await.unwrap();

    assert_eq!((request, notice), (Err(Refusal::Unknown), Err(Refusal::Unknown)));
    assert_eq!(rig.count("inbox").await, 0);
}

#[tokio::test]
async fn the_clerk_sees_every_request_with_its_citizen() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = applied(&rig, &citizen, 1).await;

    let listed = rig.sandbox.db().read(clerk::requests).await.unwrap();

    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].id, listed[0].regnum.as_str(), listed[0].status), (&id, ERDENEBAT, Status::Submitted));
}

#[test]
fn every_state_is_spelt_as_published() {
    let published = "SUBMITTED PROCESSING EDIT FILE_REQUESTED PRINTING COMPLETED PRINTED REJECTED EXPIRED GRANTED";

    for (status, code) in Status::ALL.into_iter().zip(published.split(' ')) {
        assert_eq!(status.code(), code);
        assert_eq!(serde_json::to_value(status).unwrap(), code);
        assert_eq!(Status::parse(code), Some(status));
    }
    assert_eq!(Status::parse("submitted"), None);
}
