//! A valley without a network: what was read stays readable, what was said is kept, and each thing happens once.

use serde_json::json;

use super::{ADDRESS, IDENTITY_CARD, RECIPIENT, SECOND_RECIPIENT, outcome::last_message};
use crate::{
    answers,
    device::{Database, lose},
    stage::Stage,
    step::{Moment, Sabotage, Step, Told},
    story::request::{as_confirmed, confirmation_in, request_id},
};

/// The program's exit code for "offline".
const OFFLINE: i32 = 11;

/// How a page says when it was brought up to date.
const AGE: [&str; 2] = ["Шинэчилсэн", "Updated"];

pub(super) fn offline_read() -> Step<Stage> {
    Step {
        name: "offline-read",
        mn: "Сүлжээ тасарлаа: бүгд уншигдсаар, хэзээний мэдээлэл болох нь харагдана",
        en: "The sandbox is killed: everything still reads, with its age",
        act: |stage| {
            stage.sandbox.kill()?;
            stage.console.event("the sandbox: kill -9");
            let message = last_message(stage)?;
            stage.learnt.ageless.clear();
            for words in [&["search", "төрсний", "бүртгэл"][..], &["request", "list"], &["inbox", "show", &message]]
            {
                let said = stage.do_(words)?.stdout;
                if !AGE.iter().any(|word| said.contains(word)) {
                    stage.learnt.ageless.push(words.join(" "));
                }
            }
            stage.learnt.exit = stage.say(&["sync"])?.status.code();
            Ok(())
        },
        check: |stage| {
            stage.same("a sync says that there is no network", Some(OFFLINE), stage.learnt.exit)?;
            let ageless = &stage.learnt.ageless;
            stage.holds("whoever reads is told how old it is", ageless.is_empty(), || format!("not in {ageless:?}"))?;
            let hits = aged(stage, "search", &["search", "төрсний", "бүртгэл"])?;
            let found = |id: &String| hits.iter().any(|hit| hit["service"]["id"] == id.as_str());
            let every = stage.seeds.matching(&["төрсний", "бүртгэл"]).iter().all(found);
            stage.holds("search finds as before", every, || format!("{hits:?}"))?;
            aged(stage, "a service's page", &["service", "show", IDENTITY_CARD])?;
            let tables = stage.tables()?;
            let requests = aged(stage, "the list of requests", &["request", "list"])?;
            let wanted = tables.requests(&stage.citizen.sub)?.into_iter().map(|request| Some(request.number)).collect();
            let found = requests.iter().map(|item| item["number"].as_str().map(str::to_owned)).collect::<Vec<_>>();
            stage.same("and they are those of the sandbox's table", wanted, found)?;
            aged(stage, "a request's page", &["request", "show", &request_id(stage)?])?;
            let messages = aged(stage, "the inbox", &["inbox", "list"])?;
            let wanted =
                tables.messages(&stage.citizen.sub)?.into_iter().rev().map(|message| Some(message.body)).collect();
            let found = messages.iter().map(|item| item["body"]["mn"].as_str().map(str::to_owned)).collect::<Vec<_>>();
            stage.same("and its messages are those of the sandbox's table, word for word", wanted, found)
        },
        sabotage: Sabotage {
            what: "the platform has emptied the phone's cache",
            moment: Moment::BeforeTheStep,
            act: |stage| stage.device.lose(Database::Cache),
        },
    }
}

pub(super) fn queue() -> Step<Stage> {
    Step {
        name: "queue",
        mn: "Сүлжээгүй байхдаа дахин хүсэлт илгээлээ",
        en: "A second request is confirmed and submitted without a network",
        act: |stage| {
            let typed = format!("forUsage={SECOND_RECIPIENT}");
            let said = stage.do_(&["request", "confirm", ADDRESS, "--set", &typed])?.stdout;
            stage.learnt.confirmation = confirmation_in(&said)?;
            let confirmation = stage.learnt.confirmation.clone();
            stage.do_(&["request", "submit", &confirmation, "--wait", "2"])?;
            stage.do_(&["request", "list"])?;
            stage.do_(&["status"]).map(drop)
        },
        check: |stage| {
            let requests = stage.tables()?.requests(&stage.citizen.sub)?.len();
            stage.same("the sandbox, still dead, has the first request alone", 1, requests)?;
            stage.learnt.keys_waiting = stage.device.keys_waiting()?;
            let keys = stage.learnt.keys_waiting.len();
            stage.same("the phone keeps one request, its key with it", 1, keys)?;
            let listed = stage.ask(&["request", "list"])?;
            let items = answers::items(&listed)?;
            stage.same("the citizen sees both", 2, items.len())?;
            let waiting = items.first().is_some_and(|item| item["standing"].get("waiting").is_some());
            stage.holds("the new one first, as waiting", waiting, || listed.to_string())
        },
        sabotage: Sabotage {
            what: "the phone loses its state",
            moment: Moment::BeforeTheCheck,
            act: |stage| stage.device.lose(Database::State),
        },
    }
}

pub(super) fn restart() -> Step<Stage> {
    Step {
        name: "restart",
        mn: "Сүлжээ сэргэлээ: хүсэлт тус бүр яг нэг",
        en: "The sandbox is back on its data: exactly one of each",
        act: |stage| {
            stage.sandbox.restart()?;
            stage.console.event("the sandbox: started again");
            stage.do_(&["outbox", "flush"])?;
            stage.do_(&["sync"])?;
            stage.do_(&["request", "list"]).map(drop)
        },
        check: |stage| {
            let tables = stage.tables()?;
            let (requests, keys) = (tables.requests(&stage.citizen.sub)?, tables.keys_of_requests(&stage.citizen.sub)?);
            let services = requests.iter().map(|request| request.service_id.as_str()).collect::<Vec<_>>();
            let wanted = vec![IDENTITY_CARD, ADDRESS];
            stage.same(
                "exactly one of each in the sandbox, in the order in which the citizen acted",
                wanted,
                services,
            )?;
            let [first, second] = &requests[..] else { return Ok(()) }; // said above
            as_confirmed(stage, first, IDENTITY_CARD, &json!({ "forUsage": RECIPIENT }))?;
            as_confirmed(stage, second, ADDRESS, &json!({ "forUsage": SECOND_RECIPIENT }))?;
            let under = keys.iter().map(|key| key.request_id.as_str()).collect();
            stage.same("each under one key", vec![first.id.as_str(), second.id.as_str()], under)?;
            let differ = keys.first().map(|key| &key.key) != keys.last().map(|key| &key.key);
            stage.holds("of its own", differ, || format!("{keys:?}"))?;
            let last = keys.last().map(|key| key.key.clone());
            stage.same(
                "the one that the phone kept while the sandbox was dead",
                stage.learnt.keys_waiting.last(),
                last.as_ref(),
            )?;
            stage.same("and nothing waits any more", 0, stage.device.keys_waiting()?.len())?;
            let listed = stage.ask(&["request", "list"])?;
            let found = answers::items(&listed)?.iter().map(|item| item["number"].as_str()).collect();
            let wanted = vec![Some(second.number.as_str()), Some(first.number.as_str())];
            stage.same("the phone shows the same two", wanted, found)
        },
        sabotage: Sabotage {
            what: "the sandbox comes back with its tables empty",
            moment: Moment::BeforeTheStep,
            act: |stage| lose(&stage.sandbox.data().join("sandbox.db")),
        },
    }
}

/// Rows that are read from the phone, with the moment at which the gateway last confirmed them.
fn aged(stage: &Stage, what: &str, words: &[&str]) -> Told<Vec<serde_json::Value>> {
    let answer = stage.ask(words)?;
    let promise = format!("{what} reads, with its age: {}", answers::as_of(&answer).unwrap_or("never"));
    stage.holds(&promise, answers::as_of(&answer).is_some(), || answer.to_string())?;
    Ok(answers::items(&answer).cloned().unwrap_or_default())
}
