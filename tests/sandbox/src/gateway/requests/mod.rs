//! A citizen's requests: applying, following what becomes of it, and answering what is asked ([`changes`]).
//!
//! Guarantees: a request exists exactly once per idempotency key; what is accepted fits the form it was made with.

pub(crate) mod changes;
pub(crate) mod files;
mod shown;
pub(crate) mod store;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rusqlite::Transaction;
use serde_json::{Map, Value};

pub use self::shown::{as_shown, shown_digest};

use self::files::Origin;
use super::{
    caller::{self, Caller},
    catalogue::{Catalogue, Offer, catalogue},
    feed::{self, Feed, Page, Place},
    forms::Form,
    idempotency::{Answer, Fingerprint, Key, once},
    represented::Claim,
};
use crate::{
    oauth::{Demand, Principal},
    problem::Problem,
    registers,
    state::Sandbox,
};

/// SHA-256 in hex.
const DIGEST_HEX: usize = 64;

/// `POST /v1/requests`
pub(crate) async fn create(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    caller::Json(body): caller::Json,
) -> Result<Response, Problem> {
    let key = Key::from_headers(&headers)?;
    let fingerprint = Fingerprint::of(&Method::POST, "/v1/requests", Some(&body));
    let catalogue = catalogue()?;
    if let Some(demand) = body["service_id"].as_str().and_then(|id| catalogue.demand(id)) {
        caller.fresh(demand, &sandbox)?;
    }
    let who = caller.clone();
    let effect = move |tx: &Transaction<'_>, now| submit(tx, catalogue, &who, &body, now);
    Ok(once(&sandbox, &caller, key, fingerprint, effect).await)
}

/// `GET /v1/requests`
pub(crate) async fn list(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    place: Result<Query<Place>, QueryRejection>,
) -> Result<Response, Problem> {
    let place = caller::query(place)?.checked()?;
    let page = sandbox
        .db()
        .read(move |conn| {
            if feed::is_ahead(conn, &caller.sub, Feed::Requests, place.after)? {
                return Ok(None);
            }
            Ok(Some(Page::cut(store::after(conn, &caller.sub, &place)?, &place)))
        })
        .await?;
    page.map(IntoResponse::into_response).ok_or_else(|| Problem::gone("feed_reset"))
}

/// `GET /v1/requests/{id}`
pub(crate) async fn get(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let detail = sandbox.db().read(move |conn| store::get(conn, &caller.sub, &id)).await?;
    let Some(detail) = detail else { return Err(Problem::not_found("unknown_request")) };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(detail)).into_response())
}

fn submit(
    tx: &Transaction<'_>,
    catalogue: &'static Catalogue,
    caller: &Principal,
    body: &Value,
    now: i64,
) -> Result<Answer, rusqlite::Error> {
    let sub = caller.sub.as_str();
    let submission = match Submission::read(body) {
        Ok(submission) => submission,
        Err(problem) => return Answer::refusal(&problem),
    };
    let claim = match Claim::read(&body["on_behalf_of"]) {
        Ok(claim) => claim,
        Err(problem) => return Answer::refusal(&problem),
    };
    let (offer, form) = match submission.admit(catalogue, now) {
        Ok(admitted) => admitted,
        Err(problem) => return Answer::refusal(&problem),
    };
    if !form.is_for(claim.as_ref().map(|claim| claim.relation)) {
        return Answer::refusal(&Problem::unprocessable("not_for_them").field("on_behalf_of"));
    }
    let files = match files::in_form(tx, sub, submission.form)? {
        Ok(files) => files,
        Err(problem) => return Answer::refusal(&problem),
    };
    let Some(citizen) = registers::citizen_by_sub(tx, sub)? else { return Err(rusqlite::Error::QueryReturnedNoRows) };
    let held = match claim
        .map(|claim| claim.check(tx, sub, (&caller.regnum, &caller.operations), now))
        .transpose()?
        .transpose()
    {
        Ok(held) => held,
        Err(problem) => return Answer::refusal(&problem),
    };
    let (person, paper) = held.unzip();
    let application = store::Application {
        sub,
        citizen_name: citizen.short_name(),
        service_id: &offer.service.id,
        service_name: &offer.service.name,
        organisation: &offer.organisation,
        form: submission.form,
        form_version: form.version,
        shown_digest: submission.shown_digest,
        fee_mnt: offer.fee_mnt(),
        on_behalf_of: person.as_ref(),
    };
    let id = store::create(tx, &application, now)?;
    files::keep(tx, sub, &id, Origin::Form, &files)?;
    if let Some(paper) = paper.flatten() {
        files::keep(tx, sub, &id, Origin::Document, &[("reason".into(), paper)])?;
    }
    let detail = store::get(tx, sub, &id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Answer::new(StatusCode::CREATED, &detail)
}

impl Catalogue {
    /// What the form of the service applied for demands of the citizen's last proof.
    fn demand(&self, service_id: &str) -> Option<&Demand> {
        self.offer(service_id)?.form.as_ref()?.authentication.as_ref()
    }
}

/// The body of an application, its members there and of the right kind.
struct Submission<'a> {
    service_id: &'a str,
    form_version: i64,
    form: &'a Value,
    answers: &'a Map<String, Value>,
    shown_digest: &'a str,
}

impl<'a> Submission<'a> {
    fn read(body: &'a Value) -> Result<Self, Problem> {
        const MEMBERS: [&str; 4] = ["service_id", "form_version", "form", "shown_digest"];
        const OPTIONAL: &str = "on_behalf_of";
        let Value::Object(members) = body else { return Err(Problem::bad_request("invalid_json")) };
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str()) && *name != OPTIONAL) {
            return Err(Problem::invalid_field(unknown, "no such member"));
        }
        let [service_id, form_version, form, shown_digest] = MEMBERS.map(|name| (name, &body[name]));
        let wrong = |(name, _): (&str, &Value)| Problem::invalid_field(name, "missing or of another type");
        let digest = shown_digest.1.as_str().filter(|hex| is_digest(hex)).ok_or_else(|| wrong(shown_digest))?;
        let of_a_form = Self {
            service_id: service_id.1.as_str().ok_or_else(|| wrong(service_id))?,
            form_version: form_version.1.as_i64().ok_or_else(|| wrong(form_version))?,
            form: form.1,
            answers: form.1.as_object().ok_or_else(|| wrong(form))?,
            shown_digest: digest,
        };
        if digest != self::shown_digest(body) {
            return Err(Problem::invalid_field(shown_digest.0, "not of this form"));
        }
        Ok(of_a_form)
    }

    fn admit(&self, catalogue: &'static Catalogue, now: i64) -> Result<(&'static Offer, &'static Form), Problem> {
        let offer = catalogue.offer(self.service_id).ok_or_else(|| Problem::not_found("unknown_service"))?;
        let form = offer.form.as_ref().ok_or_else(|| Problem::conflict("not_online"))?;
        if self.form_version != form.version {
            return Err(Problem::conflict("form_changed"));
        }
        form.check(self.answers, store::today_in_ulaanbaatar(now))
            .map_err(|misfit| Problem::invalid_field(&misfit.field, &misfit.reason))?;
        Ok((offer, form))
    }
}

pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == DIGEST_HEX && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
