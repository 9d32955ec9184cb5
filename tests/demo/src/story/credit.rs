//! A credit reference: a form with a question that another brings along, and a submission that the app does not outlive.

use emongolia_support::processes::{FaultKind, ServerFault};
use serde_json::json;

use super::{Errand, conclude, filling, paying, request};
use crate::{
    answers,
    sabotage::ALWAYS,
    stage::Stage,
    step::{Moment, Sabotage, Step},
};

/// Credit information reference, with the sandbox's own fee.
const SERVICE: &str = "223abc561181cd4ab6b55626";

/// Who will receive it; invented.
const RECIPIENT: &str = "Өрнөх Үүр банк, Үйлдвэр салбар";

/// In ₮.
const LOAN: (&str, i64) = ("185300000", 185_300_000);

pub(super) const ERRAND: Errand = Errand {
    name: "credit",
    mn: "Зээлийн мэдээллийн лавлагаа авах",
    en: "A credit reference for a bank",
    service: SERVICE,
    personal: &[("recipient", RECIPIENT), ("amount of the loan", LOAN.0), ("clerk's note", conclude::NOTE.0)],
    decided: &["GRANTED"],
    middle: || vec![condition(), killed(), paying::paid(), conclude::in_hand()],
};

fn condition() -> Step<Stage> {
    Step {
        name: "condition",
        mn: "Маягтаа нооргоор бөглөлөө: зээл авах бол л зээлийн дүнг асууна",
        en: "A draft is filled in: the amount of a loan is asked only of whoever takes one",
        act: |stage| {
            stage.begin_draft()?;
            stage.answer(&[("usage", "own")])?;
            stage.learnt.seen = stage.draft()?;
            stage.answer(&[("usage", "loan"), ("loanAmount", LOAN.0), ("forUsage", RECIPIENT)])?;
            stage.answer(&[
                ("startYear", "2019"),
                ("endYear", "2023"),
                ("withClosedLoans", "тийм"),
                ("language", "mn"),
            ])?;
            stage.do_(&["request", "draft", "show", &stage.learnt.draft]).map(drop)
        },
        check: |stage| {
            let asked = |draft| filling::questions(draft).into_iter().any(|field| field["name"] == "loanAmount");
            let draft = stage.draft()?;
            let found = (asked(&stage.learnt.seen), asked(&draft));
            stage.same("for oneself no amount of a loan is asked, for a loan it is", (false, true), found)?;
            let typed = [
                ("usage", "loan"),
                ("loanAmount", LOAN.0),
                ("forUsage", RECIPIENT),
                ("startYear", "2019"),
                ("endYear", "2023"),
            ];
            stage.kept_as_typed(&draft, &typed)?;
            stage.same("nothing is missing, and nothing wrong", Some(true), draft["form"]["complete"].as_bool())?;
            request::nothing_arrived(stage)
        },
        sabotage: Sabotage {
            what: "on the phone, the form asks the amount of whoever takes no loan",
            moment: Moment::BeforeTheStep,
            act: |stage| {
                stage.ask(&["request", "form", SERVICE])?;
                stage
                    .device
                    .change_cache(r#"UPDATE form SET body = replace(body, '{"const":"loan"}', '{"const":"own"}')"#)
            },
        },
    }
}

fn killed() -> Step<Stage> {
    Step {
        name: "killed",
        mn: "Илгээлээ: хариу болгон алга болж, апп унтарлаа; дахин нээхэд хүсэлт ганцаараа",
        en: "Submitted; every reply is dropped and the app is killed: opened again, there is one request",
        act: |stage| {
            stage.confirm_draft()?;
            stage.console.event("the sandbox will take the request and drop every reply");
            stage.fault(ServerFault::next("createRequest", FaultKind::DropReply).times(ALWAYS))?;
            let sub = stage.citizen.sub.clone();
            let arrived = move |tables: &crate::checks::Tables| Ok(!tables.requests(&sub)?.is_empty());
            stage.kill_once(&["request", "submit", &stage.learnt.confirmation], arrived)?;
            stage.learnt.keys_waiting = stage.device.keys_waiting()?;
            stage.clear_faults()?;
            stage.console.event("the network is as it should be, and the app is opened again");
            stage.do_(&["outbox", "flush"])?;
            stage.do_(&["request", "list"]).map(drop)
        },
        check: |stage| {
            stage.same(
                "killed, the phone had one request without an answer, its key with it",
                1,
                stage.learnt.keys_waiting.len(),
            )?;
            let request = request::the_only(stage)?;
            let form = json!({
                "usage": "loan", "loanAmount": LOAN.1, "forUsage": RECIPIENT, "startYear": 2019, "endYear": 2023,
                "withClosedLoans": true, "language": "mn",
            });
            request::as_confirmed(stage, &request, SERVICE, &form)?;
            let key = stage.tables()?.keys_of_requests(&stage.citizen.sub)?.pop().map(|key| key.key);
            stage.same("the key that the phone kept", stage.learnt.keys_waiting.first(), key.as_ref())?;
            stage.same("nothing waits any more", 0, stage.device.keys_waiting()?.len())?;
            let drafts = stage.ask(&["request", "draft", "list"])?;
            stage.same("and the draft has become the request", 0, answers::items(&drafts)?.len())
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
