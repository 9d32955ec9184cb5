//! Filling, confirming, and a submission whose first reply is lost.

use emongolia_support::processes::{FaultKind, ServerFault};
use serde_json::json;

use super::{ADDRESS, IDENTITY_CARD, RECIPIENT};
use crate::{
    answers, sabotage,
    stage::Stage,
    step::{Moment, Sabotage, Step},
    story::request::{as_confirmed, confirmation_in, digest_of, nothing_arrived, the_only},
};

/// The gateway's operation that makes a request.
const CREATE: &str = "createRequest";

pub(super) fn confirm() -> Step<Stage> {
    Step {
        name: "confirm",
        mn: "Маягтаа бөглөж, илгээх зүйлээ баталлаа",
        en: "Filled the form; shown what will be sent, and nothing is sent yet",
        act: |stage| {
            stage.do_(&["request", "form", IDENTITY_CARD])?;
            stage.ask(&["request", "form", ADDRESS])?; // also looked at while there is a network
            stage.learnt.said = format!("forUsage={RECIPIENT}");
            let said = stage.do_(&["request", "confirm", IDENTITY_CARD, "--set", &stage.learnt.said])?.stdout;
            stage.learnt.confirmation = confirmation_in(&said)?;
            stage.learnt.said = said;
            Ok(())
        },
        check: |stage| {
            let said = &stage.learnt.said;
            let titles = stage.seeds.form_titles(IDENTITY_CARD)?;
            let all = titles.iter().all(|(mn, en)| said.contains(stage.in_language(mn, en)));
            stage.holds("every line is shown, in the words of the sandbox's form", all, || {
                format!("wanted {titles:?}")
            })?;
            stage.holds("and what was typed", said.contains(RECIPIENT), || "it is not there".into())?;
            let again = stage.ask(&["request", "confirm", IDENTITY_CARD, "--set", &format!("forUsage={RECIPIENT}")])?;
            let confirmation = answers::value(&again);
            let lines = answers::items(&confirmation["lines"])?;
            let shown = lines.iter().filter_map(|line| line["title"]["mn"].as_str()).collect::<Vec<_>>();
            stage.same("no line more", titles.iter().map(|(mn, _)| *mn).collect(), shown)?;
            let form = json!({ "forUsage": RECIPIENT });
            let version = confirmation["form_version"].as_i64().unwrap_or_default();
            let wanted = digest_of(IDENTITY_CARD, version, &form);
            stage.same(
                "its digest is that of what will be sent",
                wanted.as_str(),
                answers::text(confirmation, "digest")?,
            )?;
            nothing_arrived(stage)
        },
        sabotage: Sabotage {
            what: "the form on the phone is changed after it was fetched",
            moment: Moment::BeforeTheStep,
            act: sabotage::another_form,
        },
    }
}

pub(super) fn submit() -> Step<Stage> {
    Step {
        name: "submit",
        mn: "Илгээлээ; эхний хариу замдаа алга боллоо",
        en: "Submitted while the sandbox drops the first reply",
        act: |stage| {
            stage.console.event("the sandbox will take the request and drop its reply");
            // The first call without a fresh DPoP nonce is refused before it can have an effect (RFC 9449 §8).
            stage.fault(ServerFault::next(CREATE, FaultKind::DropReply).after(1))?;
            stage.submit_confirmed()?;
            stage.do_(&["outbox", "flush"])?;
            stage.do_(&["request", "list"]).map(drop)
        },
        check: |stage| {
            let exchanges = stage.control(async |control| control.exchanges().await)?;
            let (waiting, sent) = (stage.faults_waiting()?, exchanges.hit.get(CREATE).copied().unwrap_or(0));
            stage.holds("a reply was dropped, and the same was sent again", waiting == 0 && sent >= 2, || {
                format!("{waiting} faults still wait, {sent} exchanges")
            })?;
            let request = the_only(stage)?;
            as_confirmed(stage, &request, IDENTITY_CARD, &json!({ "forUsage": RECIPIENT }))?;
            let listed = stage.ask(&["request", "list"])?;
            let mine = answers::items(&listed)?;
            let numbers: Vec<_> = mine.iter().map(|item| item["number"].as_str()).collect();
            stage.same("the phone shows that one, acknowledged", vec![Some(request.number.as_str())], numbers)
        },
        sabotage: Sabotage {
            what: "the program mints a new key for every try",
            moment: Moment::BeforeTheStep,
            act: |stage| {
                stage.sabotage_program("key-per-try");
                Ok(())
            },
        },
    }
}
