//! The login page and what its form leads to.

use axum::{
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rusqlite::Transaction;
use serde::Deserialize;

use super::{
    ACCESS_DENIED, CLIENT_ID,
    page::{self, Notice},
    redirect_uri,
    store::{self, Transact},
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
    let Some(services) = services(&scope) else { return Ok(useless()) };

    let transaction = text::token();
    let (id, uri, now) = (transaction.clone(), redirect_uri(&sandbox), sandbox.now());
    sandbox.db().write(move |tx| store::begin(tx, &id, (&uri, &state, &scope), now)).await?;
    let citizens = sandbox.db().read(registers::citizens).await?;
    Ok(page::login(&transaction, &services, &citizens, Notice::None))
}

/// All operations of a scope; `None` when it is not one or asks for nothing.
fn services(scope: &str) -> Option<Vec<String>> {
    let wanted: Vec<Wanted> = serde_json::from_str(scope).ok()?;
    let all: Vec<String> = wanted.into_iter().flat_map(|one| one.services).collect();
    (!all.is_empty() && all.len() <= SERVICES_LIMIT).then_some(all)
}

/// What the form leads to.
enum Outcome {
    SignedIn { transact: Transact, code: String },
    Refused { transact: Transact },
    WrongCode { transact: Transact, left: u32 },
    Locked,
    Useless,
}

/// `POST /dan/login`.
pub(super) async fn login(State(sandbox): State<Sandbox>, fields: Fields) -> Result<Response, html::Failed> {
    let Some(transaction) = fields.get("transaction").map(str::to_owned) else { return Ok(useless()) };
    let (id, now) = (transaction.clone(), sandbox.now());
    let outcome = sandbox.db().write(move |tx| decide(tx, &id, &fields, now)).await?;
    Ok(match outcome {
        Outcome::SignedIn { transact, code } => back(&transact, ("code", &code)),
        Outcome::Refused { transact } => back(&transact, ("error", ACCESS_DENIED)),
        Outcome::WrongCode { transact, left } => {
            let citizens = sandbox.db().read(registers::citizens).await?;
            let services = services(&transact.scope).unwrap_or_default();
            page::login(&transaction, &services, &citizens, Notice::WrongCode { left })
        }
        Outcome::Locked => locked(),
        Outcome::Useless => useless(),
    })
}

fn decide(tx: &Transaction<'_>, id: &str, fields: &Fields, now: i64) -> Result<Outcome, rusqlite::Error> {
    let Some(transact) = store::by_id(tx, id)? else { return Ok(Outcome::Useless) };
    if transact.wrong_codes >= TRIES {
        return Ok(Outcome::Locked);
    }
    if transact.ended || now > transact.began_at + LASTS_MS {
        return Ok(Outcome::Useless);
    }
    if fields.get("decision") == Some("deny") {
        store::end(tx, id, now)?;
        return Ok(Outcome::Refused { transact });
    }
    let Some(citizen) = proven(tx, fields)? else {
        store::count_wrong_code(tx, id)?;
        let left = TRIES - transact.wrong_codes - 1;
        return Ok(if left == 0 { Outcome::Locked } else { Outcome::WrongCode { transact, left } });
    };
    let code = text::token();
    store::signed_in(tx, id, (&citizen.regnum, &code), now)?;
    Ok(Outcome::SignedIn { transact, code })
}

/// Who the fields prove; a wrong number and a wrong code can't be told apart.
fn proven(tx: &Transaction<'_>, fields: &Fields) -> Result<Option<Citizen>, rusqlite::Error> {
    let (Some(regnum), Some(code)) = (fields.get("regnum"), fields.get("code")) else { return Ok(None) };
    let citizen = registers::citizen(tx, regnum)?;
    Ok(citizen.filter(|citizen| text::same_secret(&citizen.one_time_code, code.trim())))
}

fn back(transact: &Transact, (name, value): (&str, &str)) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .append_pair("state", &transact.state)
        .finish();
    let Ok(location) = HeaderValue::from_str(&format!("{}?{query}", transact.redirect_uri)) else { return useless() };
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn useless() -> Response {
    html::message(
        StatusCode::BAD_REQUEST,
        "Энэ нэвтрэх хуудас хүчингүй эсвэл хугацаа нь дууссан. Апп руугаа буцаад дахин эхлүүлнэ үү.",
        "This sign-in page is not valid or has expired. Go back to the app and start again.",
    )
}

fn locked() -> Response {
    html::message(
        StatusCode::FORBIDDEN,
        "Хэт олон удаа буруу оруулсан тул түгжигдлээ. Апп руугаа буцаад дахин эхлүүлнэ үү.",
        "Locked after too many wrong codes. Go back to the app and start again.",
    )
}
