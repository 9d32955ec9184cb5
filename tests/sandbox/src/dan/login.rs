//! The login page and what its forms lead to: choose a way, prove it, agree, go back.
//!
//! Guarantees: proving and agreeing are two forms under two words; whatever was tried, five wrong answers end it.

use axum::{
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rusqlite::Transaction;
use serde::Deserialize;

use super::{
    ACCESS_DENIED, AGE, CLIENT_ID,
    page::{self, Notice},
    prove::{self, Step},
    redirect_uri,
    store::{self, Transact},
    ways::Way,
};
use crate::{
    forms::Fields,
    html,
    registers::{self, Citizen},
    state::Sandbox,
    text,
};

/// How long a login page is good for.
pub(super) const LASTS_MS: i64 = 10 * 60_000;

/// Wrong codes until the transaction is locked: a six-digit code then holds with 5 in a million.
const TRIES: u32 = 5;

/// More would not be read by anybody before agreeing.
const SERVICES_LIMIT: usize = 50;

#[derive(Deserialize)]
pub(super) struct Asked {
    response_type: Option<String>,
    client_id: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    scope: Option<String>,
}

/// One member of the scope.
#[derive(Deserialize)]
pub(super) struct Wanted {
    pub(super) services: Vec<String>,
    pub(super) wsdl: String,
}

/// `GET /dan/oauth2/authorize`.
pub(super) async fn ask(State(sandbox): State<Sandbox>, Query(asked): Query<Asked>) -> Result<Response, html::Failed> {
    let known = asked.response_type.as_deref() == Some("code")
        && asked.client_id.as_deref() == Some(CLIENT_ID)
        && asked.redirect_uri.as_deref() == Some(redirect_uri(&sandbox).as_str());
    let scope = asked.scope.as_deref().and_then(text::from_base64).and_then(|json| String::from_utf8(json).ok());
    let (true, Some(state), Some(scope)) = (known, asked.state, scope) else { return Ok(useless()) };
    if services(&scope).is_none() {
        return Ok(useless());
    }
    let transaction = text::token();
    let (id, uri, now) = (transaction.clone(), redirect_uri(&sandbox), sandbox.now());
    sandbox.db().write(move |tx| store::begin(tx, &id, (&uri, &state, &scope), now)).await?;
    let citizens = sandbox.db().read(registers::citizens).await?;
    Ok(page::choose(&transaction, &citizens, Notice::None))
}

/// All operations of a scope; `None` when it is not one or asks for nothing.
fn services(scope: &str) -> Option<Vec<String>> {
    let wanted: Vec<Wanted> = serde_json::from_str(scope).ok()?;
    let all: Vec<String> = wanted.into_iter().flat_map(|one| one.services).collect();
    (!all.is_empty() && all.len() <= SERVICES_LIMIT).then_some(all)
}

/// `POST /dan/login`.
pub(super) async fn login(State(sandbox): State<Sandbox>, fields: Fields) -> Result<Response, html::Failed> {
    let Some(id) = fields.get("transaction").map(str::to_owned) else { return Ok(useless()) };
    let (now, origin) = (sandbox.now(), sandbox.origin().to_owned());
    Ok(sandbox.db().write(move |tx| decide(tx, &id, &fields, (&origin, now))).await?)
}

fn decide(
    tx: &Transaction<'_>,
    id: &str,
    fields: &Fields,
    (origin, now): (&str, i64),
) -> Result<Response, rusqlite::Error> {
    let Some(transact) = store::by_id(tx, id)? else { return Ok(useless()) };
    if transact.wrong_codes >= TRIES {
        return Ok(locked());
    }
    if transact.ended || now > transact.began_at + LASTS_MS {
        return Ok(useless());
    }
    let decision = fields.get("decision");
    if decision == Some("deny") {
        store::end(tx, id, now)?;
        return Ok(back(&transact, ("error", ACCESS_DENIED)));
    }
    if transact.proven_at.is_some() {
        return consent(tx, id, &transact, decision == Some("approve"), now);
    }
    let step = match fields.get("way").map(Way::parse) {
        Some(Some(way)) => prove::begin(tx, (id, &transact), way, fields.get("regnum"), now)?,
        Some(None) => Step::Again(Notice::None),
        None => prove::check(tx, &transact, fields, now)?,
    };
    match step {
        Step::Proven(citizen, way) => welcome(tx, (id, &transact), &citizen, way, now),
        Step::Page(page) => Ok(page),
        Step::ToBank(request) => Ok(see_other(&super::bank::address(origin, &request))),
        Step::Again(notice) => Ok(page::choose(id, &registers::citizens(tx)?, notice)),
        Step::Wrong => {
            store::count_wrong_code(tx, id)?;
            let left = TRIES - transact.wrong_codes - 1;
            if left == 0 {
                return Ok(locked());
            }
            prove::again(tx, (id, &transact), Notice::Wrong { left })
        }
        Step::Expired => prove::again(tx, (id, &transact), Notice::Expired),
        Step::NotYet => prove::again(tx, (id, &transact), Notice::NotYet),
    }
}

/// Somebody has proven who they are: the page that asks whether their data may go.
pub(super) fn welcome(
    tx: &Transaction<'_>,
    (id, transact): (&str, &Transact),
    citizen: &Citizen,
    way: Way,
    now: i64,
) -> Result<Response, rusqlite::Error> {
    if registers::age(&citizen.birth_date, now).is_none_or(|age| age < AGE) {
        store::end(tx, id, now)?;
        return Ok(page::too_young(&answer(transact, ("error", ACCESS_DENIED))));
    }
    let new_id = text::token();
    store::proven(tx, (id, &new_id), (&citizen.regnum, way), now)?;
    Ok(page::consent(&new_id, citizen, &services(&transact.scope).unwrap_or_default(), way))
}

fn consent(
    tx: &Transaction<'_>,
    id: &str,
    transact: &Transact,
    agreed: bool,
    now: i64,
) -> Result<Response, rusqlite::Error> {
    if agreed {
        let code = text::token();
        store::agreed(tx, id, &code, now)?;
        return Ok(back(transact, ("code", &code)));
    }
    let citizen = transact.regnum.as_ref().map(|regnum| registers::citizen(tx, regnum)).transpose()?.flatten();
    let (Some(citizen), Some(way)) = (citizen, transact.way) else { return Ok(useless()) };
    Ok(page::consent(id, &citizen, &services(&transact.scope).unwrap_or_default(), way))
}

/// Where the service is told how it ended.
fn answer(transact: &Transact, (name, value): (&str, &str)) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .append_pair("state", &transact.state)
        .finish();
    format!("{}?{query}", transact.redirect_uri)
}

fn back(transact: &Transact, pair: (&str, &str)) -> Response {
    see_other(&answer(transact, pair))
}

pub(super) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else { return useless() };
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

pub(super) fn useless() -> Response {
    html::message(
        StatusCode::BAD_REQUEST,
        "Энэ нэвтрэх хуудас хүчингүй эсвэл хугацаа нь дууссан. Апп руугаа буцаад дахин эхлүүлнэ үү.",
        "This sign-in page is not valid or has expired. Go back to the app and start again.",
    )
}

pub(super) fn locked() -> Response {
    html::message(
        StatusCode::FORBIDDEN,
        "Хэт олон удаа буруу оруулсан тул түгжигдлээ. Апп руугаа буцаад дахин эхлүүлнэ үү.",
        "Locked after too many wrong codes. Go back to the app and start again.",
    )
}
