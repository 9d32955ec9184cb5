//! Filling, confirming, and a submission whose first reply is lost.

use emongolia_support::processes::{FaultKind, ServerFault};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{ADDRESS, IDENTITY_CARD, RECIPIENT};
use crate::{
    answers,
    checks::Request,
    sabotage,
    stage::Stage,
    step::{Moment, Sabotage, Step, Stop, Told},
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
            stage.errand.said = format!("forUsage={RECIPIENT}");
            let said = stage.do_(&["request", "confirm", IDENTITY_CARD, "--set", &stage.errand.said])?.stdout;
            stage.errand.confirmation = confirmation_in(&said)?;
            stage.errand.said = said;
            Ok(())
        },
        check: |stage| {
            let said = &stage.errand.said;
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
            let tables = stage.tables()?;
            let sub = &stage.citizen.sub;
            let arrived = (tables.requests(sub)?.len(), tables.keys(sub)?);
            stage.same("nothing has reached the sandbox: no request, no key", (0, 0), arrived)
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
            let confirmation = stage.errand.confirmation.clone();
            stage.do_(&["request", "submit", &confirmation])?;
            stage.do_(&["outbox", "flush"])?;
            stage.do_(&["request", "list"]).map(drop)
        },
        check: |stage| {
            let exchanges = stage.control(async |control| control.exchanges().await)?;
            let (waiting, sent) = (stage.faults_waiting()?, exchanges.hit.get(CREATE).copied().unwrap_or(0));
            stage.holds("a reply was dropped, and the same was sent again", waiting == 0 && sent >= 2, || {
                format!("{waiting} faults still wait, {sent} exchanges")
            })?;
            let tables = stage.tables()?;
            let (requests, keys) = (tables.requests(&stage.citizen.sub)?, tables.keys_of_requests(&stage.citizen.sub)?);
            let [request] = &requests[..] else { return Err(not_one(&requests)) };
            stage.console.kept(format_args!("exactly one request in the sandbox: {}", request.number));
            stage.same(
                "under exactly one key",
                vec![request.id.as_str()],
                keys.iter().map(|k| k.request_id.as_str()).collect(),
            )?;
            as_confirmed(stage, request, IDENTITY_CARD, RECIPIENT)?;
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

/// The id under which the program keeps what was confirmed: 128 bits in hex.
pub(super) fn confirmation_in(said: &str) -> Told<String> {
    let id = answers::hex_word(said, 32).map(str::to_owned);
    id.ok_or_else(|| Stop::promise("a confirmation has an id to submit it by", "none was shown"))
}

/// The sandbox has what the citizen was shown, letter by letter.
pub(super) fn as_confirmed(stage: &Stage, request: &Request, service: &str, recipient: &str) -> Told {
    let form = json!({ "forUsage": recipient });
    let digest = digest_of(service, request.form_version, &form);
    stage.same(
        &format!("{} is what was confirmed, letter by letter: service, form, digest", request.number),
        (service, &form, digest.as_str()),
        (request.service_id.as_str(), &request.form, request.shown_digest.as_str()),
    )
}

fn not_one(requests: &[Request]) -> Stop {
    let numbers: Vec<_> = requests.iter().map(|request| request.number.as_str()).collect();
    Stop::promise("exactly one request in the sandbox", format!("{}: {numbers:?}", requests.len()))
}

/// SHA-256 of the canonical JSON (names sorted, no spaces) of what is sent, without the digest itself.
fn digest_of(service: &str, form_version: i64, form: &Value) -> String {
    let sent = json!({ "form": form, "form_version": form_version, "service_id": service });
    digest(&SHA256, sent.to_string().as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_names_in_order_without_spaces() {
        let text = r#"{"form":{"forUsage":"Өргөө","year":2001},"form_version":1,"service_id":"a1"}"#;
        let wanted: String = digest(&SHA256, text.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();

        assert_eq!(digest_of("a1", 1, &json!({ "year": 2001, "forUsage": "Өргөө" })), wanted);
    }
}
