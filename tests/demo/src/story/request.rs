//! The request that an errand makes: in the sandbox's tables, and at the clerk's.

use emongolia_support::{Failure, processes::Text};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::{
    answers,
    checks::Request,
    stage::Stage,
    step::{Stop, Told},
};

/// The id under which the program keeps what was confirmed: 128 bits in hex.
pub(super) fn confirmation_in(said: &str) -> Told<String> {
    let id = answers::hex_word(said, 32).map(str::to_owned);
    id.ok_or_else(|| Stop::promise("a confirmation has an id to submit it by", "none was shown"))
}

/// Nothing of the errand is there yet.
pub(super) fn nothing_arrived(stage: &Stage) -> Told {
    let (tables, sub) = (stage.tables()?, &stage.citizen.sub);
    let arrived = (tables.requests(sub)?.len(), tables.keys(sub)?, tables.uploads(sub)?.len());
    stage.same("nothing has reached the sandbox: no request, no key, no file", (0, 0, 0), arrived)
}

/// The citizen's one request, made under one key.
pub(super) fn the_only(stage: &Stage) -> Told<Request> {
    let tables = stage.tables()?;
    let (mut requests, keys) = (tables.requests(&stage.citizen.sub)?, tables.keys_of_requests(&stage.citizen.sub)?);
    let numbers: Vec<_> = requests.iter().map(|request| request.number.as_str()).collect();
    if numbers.len() != 1 {
        return Err(Stop::promise("exactly one request in the sandbox", format!("{}: {numbers:?}", numbers.len())));
    }
    stage.console.kept(format_args!("exactly one request in the sandbox: {}", numbers.concat()));
    let request = requests.remove(0);
    let under = keys.iter().map(|key| key.request_id.as_str()).collect();
    stage.same("under exactly one key", vec![request.id.as_str()], under)?;
    Ok(request)
}

/// The sandbox has what the citizen was shown, letter by letter.
pub(super) fn as_confirmed(stage: &Stage, request: &Request, service: &str, form: &Value) -> Told {
    let digest = digest_of(service, request.form_version, form);
    stage.same(
        &format!("{} is what was confirmed, letter by letter: service, form, digest", request.number),
        (service, form, digest.as_str()),
        (request.service_id.as_str(), &request.form, request.shown_digest.as_str()),
    )
}

/// As [`as_confirmed`], where what was sent speaks of files, whose ids the phone has minted.
pub(super) fn as_shown(stage: &Stage, request: &Request) -> Told {
    let (sent, shown) = (digest_of(stage.errand.service, request.form_version, &request.form), &stage.learnt.digest);
    let promise = format!("{} is what was shown, letter by letter", request.number);
    stage.same(&promise, (shown, shown), (&sent, &request.shown_digest))
}

/// What a request's page tells the citizen to do: the kind of each task, the name of what it is about, and its title.
pub(super) fn tasks(shown: &Value) -> Vec<[Option<&str>; 3]> {
    let tasks = answers::value(shown)["summary"]["progress"]["tasks"].as_array().map_or(&[][..], Vec::as_slice);
    tasks.iter().map(|task| [&task["kind"], &task["name"], &task["title"]["mn"]].map(Value::as_str)).collect()
}

/// SHA-256 of the canonical JSON (names sorted, no spaces) of what is sent, without the digest itself.
pub(super) fn digest_of(service: &str, form_version: i64, form: &Value) -> String {
    let sent = json!({ "form": form, "form_version": form_version, "service_id": service });
    hex(sent.to_string().as_bytes())
}

/// SHA-256.
pub(super) fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first request of the sandbox's table.
pub(super) fn request_id(stage: &Stage) -> Told<String> {
    let requests = stage.tables()?.requests(&stage.citizen.sub)?;
    let first = requests.into_iter().next();
    first.map(|request| request.id).ok_or_else(|| Stop::promise("there is a request", "the sandbox has none"))
}

pub(super) fn advance(stage: &mut Stage, status: &'static str, note: Option<Text>) -> Told {
    let id = request_id(stage)?;
    stage.console.event(format_args!("a clerk: {status}"));
    let told = stage.control(async |control| control.advance(&id, status, note.as_ref()).await);
    match told {
        Err(Stop::Support(refused @ Failure::Control { .. })) => {
            Err(Stop::promise("the clerk may do that", refused.to_string()))
        }
        told => told.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_names_in_order_without_spaces() {
        let text = r#"{"form":{"forUsage":"Өргөө","year":2001},"form_version":1,"service_id":"a1"}"#;

        assert_eq!(digest_of("a1", 1, &json!({ "year": 2001, "forUsage": "Өргөө" })), hex(text.as_bytes()));
    }
}
