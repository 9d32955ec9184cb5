//! What a citizen still does to a request: correct it when asked to, bring documents when asked to, withdraw it.
//!
//! Guarantees: each is one effect per idempotency key; a correction answers the question that was seen, or nothing is
//! changed; what is decided can't be withdrawn.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use rusqlite::Transaction;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Submission, files,
    files::{File, Origin, Placed},
    store::{self, Actor, ActorKind, Detail, Move},
};
use crate::{
    clerk,
    gateway::{
        caller::{self, Caller},
        catalogue::catalogue,
        idempotency::{Answer, Fingerprint, Key, once},
        payments::give_back,
        status::Status,
        text::Text,
    },
    oauth::Principal,
    problem::Problem,
    registers,
    state::Sandbox,
};

/// As a clerk's message.
const LONGEST_REASON: usize = 1000;

/// `POST /v1/requests/{id}/correction`
pub(crate) async fn correct(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller::Json(body): caller::Json,
) -> Result<Response, Problem> {
    let (sub, of) = (caller.sub.clone(), id.clone());
    let request = sandbox.db().read(move |conn| store::get(conn, &sub, &of)).await?;
    if let Some(demand) = request.and_then(|request| catalogue().ok()?.demand(&request.service_id)) {
        caller.fresh(demand, &sandbox)?;
    }
    change(&sandbox, &caller, (&headers, &id, "correction"), body, corrected).await
}

/// `POST /v1/requests/{id}/files`
pub(crate) async fn bring(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller::Json(body): caller::Json,
) -> Result<Response, Problem> {
    change(&sandbox, &caller, (&headers, &id, "files"), body, brought).await
}

/// `POST /v1/requests/{id}/withdrawal`
pub(crate) async fn withdraw(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller::Json(body): caller::Json,
) -> Result<Response, Problem> {
    let done = change(&sandbox, &caller, (&headers, &id, "withdrawal"), body, withdrawn).await;
    give_back(&sandbox).await;
    done
}

/// What is done to a request before its step: the step, or why not.
type Change = fn(&Transaction<'_>, &str, &Detail, &Value, i64) -> Result<Result<Step, Problem>, rusqlite::Error>;

type Step = (Status, Option<Text>);

async fn change(
    sandbox: &Sandbox,
    caller: &Principal,
    (headers, id, what): (&HeaderMap, &str, &str),
    body: Value,
    change: Change,
) -> Result<Response, Problem> {
    let key = Key::from_headers(headers)?;
    let fingerprint = Fingerprint::of(&Method::POST, &format!("/v1/requests/{id}/{what}"), Some(&body));
    let (sub, id) = (caller.sub.clone(), id.to_owned());
    let effect = move |tx: &Transaction<'_>, now| {
        let Some(request) = store::get(tx, &sub, &id)? else {
            return Answer::refusal(&Problem::not_found("unknown_request"));
        };
        let (status, note) = match change(tx, &sub, &request, &body, now)? {
            Ok(step) => step,
            Err(problem) => return Answer::refusal(&problem),
        };
        let name = registers::citizen_by_sub(tx, &sub)?.map(|citizen| citizen.short_name()).unwrap_or_default();
        let citizen = Actor { kind: ActorKind::Citizen, name };
        store::advance(tx, &sub, &id, &Move::new(status, citizen, note), now)?;
        let detail = store::get(tx, &sub, &id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        Answer::new(StatusCode::OK, &detail)
    };
    Ok(once(sandbox, caller, key, fingerprint, effect).await)
}

/// Answers must be to what was asked last.
fn answers(request: &Detail, asked: Status, body: &Value) -> Result<(), Problem> {
    if request.status != asked {
        return Err(Problem::conflict("not_asked"));
    }
    match body["version"].as_i64() {
        Some(version) if version == request.version => Ok(()),
        Some(_) => Err(Problem::conflict("request_moved")),
        None => Err(Problem::invalid_field("version", "missing or of another type")),
    }
}

fn corrected(
    tx: &Transaction<'_>,
    sub: &str,
    request: &Detail,
    body: &Value,
    now: i64,
) -> Result<Result<Step, Problem>, rusqlite::Error> {
    if let Err(problem) = answers(request, Status::Edit, body) {
        return Ok(Err(problem));
    }
    if body.get("on_behalf_of").is_some() {
        return Ok(Err(Problem::invalid_field("on_behalf_of", "can't be corrected")));
    }
    let mut as_submitted = body.clone();
    if let Some(members) = as_submitted.as_object_mut() {
        members.remove("version");
        members.insert("service_id".into(), request.service_id.clone().into());
    }
    let submission = match Submission::read(&as_submitted) {
        Ok(submission) => submission,
        Err(problem) => return Ok(Err(problem)),
    };
    let Ok(catalogue) = catalogue() else { return Ok(Err(Problem::internal())) };
    if let Err(problem) = submission.admit(catalogue, now) {
        return Ok(Err(problem));
    }
    let files = match files::in_form(tx, sub, submission.form)? {
        Ok(files) => files,
        Err(problem) => return Ok(Err(problem)),
    };
    store::correct(tx, &request.id, (submission.form, submission.form_version), submission.shown_digest)?;
    files::keep(tx, sub, &request.id, Origin::Form, &files)?;
    Ok(Ok((Status::Submitted, None)))
}

/// Every document that was asked for, and no other.
fn brought(
    tx: &Transaction<'_>,
    sub: &str,
    request: &Detail,
    body: &Value,
    _now: i64,
) -> Result<Result<Step, Problem>, rusqlite::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Brought {
        #[serde(rename = "version")]
        _version: i64,
        files: BTreeMap<String, File>,
    }
    if let Err(problem) = answers(request, Status::FileRequested, body) {
        return Ok(Err(problem));
    }
    let mut brought = match serde_json::from_value::<Brought>(body.clone()) {
        Ok(brought) => brought.files,
        Err(error) => return Ok(Err(Problem::invalid_field("files", &error.to_string()))),
    };
    let asked = request.history.last().map(|step| step.asked.documents.as_slice()).unwrap_or_default();
    if asked.is_empty() {
        return Ok(Err(Problem::conflict("not_asked"))); // nothing that could be brought here
    }
    let mut files: Vec<Placed> = Vec::new();
    for document in asked {
        match brought.remove(&document.name) {
            Some(file) => files.push((document.name.clone(), file)),
            None => return Ok(Err(Problem::invalid_field(&document.name, "required"))),
        }
    }
    if let Some(unasked) = brought.keys().next() {
        return Ok(Err(Problem::invalid_field(unasked, "was not asked for")));
    }
    if let Err(problem) = files::check(tx, sub, &files)? {
        return Ok(Err(problem));
    }
    files::keep(tx, sub, &request.id, Origin::Document, &files)?;
    Ok(Ok((Status::Submitted, None)))
}

/// Whatever a clerk may still refuse a citizen may withdraw.
fn withdrawn(
    _tx: &Transaction<'_>,
    _sub: &str,
    request: &Detail,
    body: &Value,
    _now: i64,
) -> Result<Result<Step, Problem>, rusqlite::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Withdrawal {
        reason: Option<String>,
    }
    let reason = match serde_json::from_value::<Withdrawal>(body.clone()) {
        Ok(Withdrawal { reason }) => reason.unwrap_or_default(),
        Err(error) => return Ok(Err(Problem::invalid_field("reason", &error.to_string()))),
    };
    if reason.chars().count() > LONGEST_REASON || reason.chars().any(|c| c != '\n' && c.is_control()) {
        return Ok(Err(Problem::invalid_field("reason", "at most 1000 characters, no controls")));
    }
    if !clerk::next(request.status).contains(&Status::Rejected) {
        return Ok(Err(Problem::conflict("already_decided")));
    }
    let said = |words: &str| format!("{words} {}", reason.trim()).trim().to_owned();
    let note = Text::new(said("Иргэн хүсэлтээ буцаан авсан."), said("Withdrawn by the citizen."));
    Ok(Ok((Status::Rejected, Some(note))))
}
