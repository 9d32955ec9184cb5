//! What becomes of the request: a clerk, a push, a message.

use emongolia_support::processes::Text;

use super::NOTE;
use crate::{
    answers, sabotage,
    stage::{LISTEN, Stage},
    step::{Moment, Sabotage, Step, Stop, Told},
    story::request::{advance, request_id},
};

pub(super) fn clerk() -> Step<Stage> {
    Step {
        name: "clerk",
        mn: "Албан хаагч хүсэлтийг хүлээн авлаа",
        en: "A clerk takes the request up",
        act: |stage| {
            advance(stage, "PROCESSING", None)?;
            stage.do_(&["sync"])?;
            let id = request_id(stage)?;
            stage.do_(&["request", "show", &id]).map(drop)
        },
        check: |stage| {
            let id = request_id(stage)?;
            let history = stage.tables()?.history(&id)?;
            let wanted = ["SUBMITTED by citizen", "PROCESSING by clerk"].map(str::to_owned).to_vec();
            stage.same("the sandbox's history: submitted by the citizen, taken up by a clerk", wanted, history)?;
            status_on_phone(stage, &id, "PROCESSING")
        },
        sabotage: Sabotage {
            what: "another clerk has rejected it a moment before",
            moment: Moment::BeforeTheStep,
            act: |stage| advance(stage, "REJECTED", None),
        },
    }
}

pub(super) fn listen() -> Step<Stage> {
    Step {
        name: "listen",
        mn: "Утас мэдэгдэл хүлээж байна",
        en: "The phone has told where pushes reach it, and listens",
        act: |stage| {
            stage.listen();
            let sub = stage.citizen.sub.clone();
            stage.until_listening(move |tables| Ok(!tables.push_tokens(&sub)?.is_empty()))
        },
        check: |stage| {
            let phones = stage.tables()?.push_tokens(&stage.citizen.sub)?.len();
            stage.same("one phone is registered in the sandbox for the citizen", 1, phones)?;
            stage.holds("it is still listening", stage.is_listening(), || "it has ended".into())
        },
        sabotage: Sabotage {
            what: "the gateway will not hear where pushes reach the phone",
            moment: Moment::BeforeTheStep,
            act: |stage| sabotage::unavailable(stage, "registerPush"),
        },
    }
}

pub(super) fn push() -> Step<Stage> {
    Step {
        name: "push",
        mn: "Зөвшөөрөв: мэдэгдэл өөрөө ирлээ",
        en: "The clerk approves, and the push arrives by itself",
        act: |stage| {
            advance(stage, "GRANTED", Some(Text { mn: NOTE.0.into(), en: Some(NOTE.1.into()) }))?;
            stage.console.event("the command that has been waiting says:");
            let (output, time) = stage.heard()?;
            (stage.learnt.said, stage.learnt.listened) = (output.stdout, time);
            stage.learnt.exit = output.status.code();
            Ok(())
        },
        check: |stage| {
            let learnt = &stage.learnt;
            stage.holds(
                "the wait ended because of the push, before its time was up",
                learnt.listened < LISTEN,
                || format!("it waited {:?} and ended with {:?}", learnt.listened, learnt.exit),
            )?;
            stage.same("and ended well", Some(0), learnt.exit)?;
            let tables = stage.tables()?;
            let messages = tables.messages(&stage.citizen.sub)?;
            let last = messages.last().ok_or_else(|| Stop::promise("the sandbox has written", "its inbox is empty"))?;
            let title = stage.in_language(&last.title, &last.title_en);
            stage.holds("the sandbox's message is told", learnt.said.contains(title), || title.to_owned())?;
            let history = tables.history(&request_id(stage)?)?;
            stage.same(
                "the sandbox's history ends with it",
                Some("GRANTED by clerk"),
                history.last().map(String::as_str),
            )
        },
        sabotage: Sabotage {
            what: "the sandbox forgets where pushes reach the phone",
            moment: Moment::BeforeTheStep,
            act: |stage| sabotage::in_sandbox(stage, "DELETE FROM push_registrations"),
        },
    }
}

pub(super) fn inbox() -> Step<Stage> {
    Step {
        name: "inbox",
        mn: "Хариугаа уншлаа",
        en: "The inbox shows the outcome, and it is read",
        act: |stage| {
            stage.do_(&["sync"])?;
            stage.do_(&["inbox", "list"])?;
            let id = last_message(stage)?;
            stage.do_(&["inbox", "show", &id])?;
            stage.do_(&["inbox", "read", &id])?;
            stage.do_(&["request", "list"]).map(drop)
        },
        check: |stage| {
            let mut wanted = stage.tables()?.messages(&stage.citizen.sub)?;
            wanted.reverse();
            let listed = stage.ask(&["inbox", "list"])?;
            let items = answers::items(&listed)?;
            let titles = items.iter().map(|item| answers::text(&item["title"], "mn")).collect::<Told<Vec<_>>>()?;
            let sent: Vec<_> = wanted.iter().map(|message| message.title.as_str()).collect();
            stage.same("the phone shows the sandbox's messages, newest first", sent, titles)?;
            let read = wanted.first().is_some_and(|message| message.is_read);
            stage.holds("in the sandbox's table the newest is read", read, || "it is not".into())?;
            let settled = items.iter().all(|item| item["pending"] == false);
            stage.holds("nothing is left to be acknowledged", settled, || listed.to_string())?;
            status_on_phone(stage, &request_id(stage)?, "GRANTED")
        },
        sabotage: Sabotage {
            what: "the gateway can't take that a message is read",
            moment: Moment::BeforeTheStep,
            act: |stage| sabotage::unavailable(stage, "markMessageRead"),
        },
    }
}

/// The newest message of the sandbox's table.
pub(super) fn last_message(stage: &Stage) -> Told<String> {
    let last = stage.tables()?.messages(&stage.citizen.sub)?.pop();
    last.map(|message| message.id).ok_or_else(|| Stop::promise("there is a message", "the sandbox has none"))
}

fn status_on_phone(stage: &Stage, id: &str, wanted: &str) -> Told {
    let page = stage.ask(&["request", "show", id])?;
    let status = &answers::value(&page)["summary"]["standing"]["at"]["status"];
    stage.same(&format!("the phone shows {wanted}"), Some(wanted), status.as_str())
}
