//! The mobile API as it was published in 2021 (e-mongolia-api-doc): `service-request/create`, then `set-submitted-free`; list
//! and detail; every answer in `{result, message, data}`.
//!
//! Guarantees: a `create` that the list does not show within [`WINDOW_MS`] of its sending never lands, whatever delays
//! it: a token opens `create` for so long and no longer, and that is asked in the transaction of the effect.

mod envelope;
mod list;
mod store;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use rusqlite::{Connection, Transaction};
use serde::Deserialize;
use serde_json::{Value, json};

use self::{
    envelope::{Body, Refused, good},
    store::Holder,
};
use crate::{
    gateway::{self, Claim, Offer, OnBehalfOf, Relation, caller::Caller},
    problem::Problem,
    registers::{self, Citizen},
    state::{Sandbox, rfc3339},
    text,
};

/// How long after a token was given `create` may be called with it.
pub(crate) const WINDOW_MS: i64 = 120_000;

/// How long it opens the rest.
const TOKEN_LASTS_MS: i64 = 15 * 60_000;

const AUTH_TOKEN: &str = "x-auth-token";

/// Where it begins.
pub(crate) const BASE: &str = "/mobile-api/api";

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/v1/published-token", post(exchange))
        .route("/mobile-api/api/service-request", get(list::list))
        .route("/mobile-api/api/service-request/create", post(create))
        .route("/mobile-api/api/service-request/set-submitted-free", post(submit_free))
        .route("/mobile-api/api/service-request/{service_request_id}", get(detail))
}

/// `POST /v1/published-token`: an operation of the gateway's own. The guide does not tell where its token comes from.
async fn exchange(Caller(caller): Caller, State(sandbox): State<Sandbox>) -> Result<Response, Problem> {
    let (token, now) = (text::token(), sandbox.now());
    let digest = text::digest(&token);
    let keep = move |tx: &Transaction<'_>| {
        store::keep_token(tx, &digest, (&caller.sub, &caller.operations), now, now - TOKEN_LASTS_MS)
    };
    sandbox.db().write(keep).await?;
    let body = json!({
        "token": token, "issued_at": rfc3339(now), "creates_until": rfc3339(now + WINDOW_MS),
        "expires_at": rfc3339(now + TOKEN_LASTS_MS),
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// Whose token it is, while it holds for `span_ms`.
fn admit(
    conn: &Connection,
    headers: &HeaderMap,
    now: i64,
    span_ms: i64,
) -> Result<Result<Holder, Refused>, rusqlite::Error> {
    let given = headers.get(AUTH_TOKEN).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(holder) = store::token(conn, &text::digest(given))? else {
        return Ok(Err(Refused::Token("X-Auth-Token буруу байна")));
    };
    Ok(if now < holder.issued_at + span_ms {
        Ok(holder)
    } else {
        Err(Refused::Token("X-Auth-Token-ы хугацаа дууссан"))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Creation {
    service_id: String,
    form_data: Value,
    regnum: Option<String>,
    #[serde(rename = "citizen")]
    _citizen: Option<Value>,
    #[serde(rename = "xypRequestId")]
    _xyp_request_id: Option<String>,
    #[serde(default)]
    data: Value,
    representative_type: Option<Relation>,
    representative_regnum: Option<String>,
    representative_reason: Option<String>,
    /// The id of a complete upload.
    representative_reason_file: Option<String>,
}

/// `POST /mobile-api/api/service-request/create`. Each call makes one more.
async fn create(State(sandbox): State<Sandbox>, headers: HeaderMap, Body(body): Body) -> Result<Response, Refused> {
    let creation: Creation = serde_json::from_value(body).map_err(|error| Refused::because(&error))?;
    let clock = sandbox.clone();
    let made = sandbox.db().write(move |tx| {
        let now = clock.now(); // not before: whoever writes may have waited
        let holder = match admit(tx, &headers, now, WINDOW_MS)? {
            Ok(holder) => holder,
            Err(refused) => return Ok(Err(refused)),
        };
        let sub = holder.sub.as_str();
        let Some(citizen) = registers::citizen_by_sub(tx, sub)? else { return Ok(Err(Refused::unknown())) };
        if let Err(refused) = fits(&creation, &citizen, now) {
            return Ok(Err(refused));
        }
        let person = match represented(tx, &creation, (&citizen, &holder), now)? {
            Ok(person) => person,
            Err(refused) => return Ok(Err(refused)),
        };
        let new = store::New {
            sub,
            service_id: &creation.service_id,
            form: &creation.form_data,
            data: &creation.data,
            representative: person.as_ref(),
        };
        let id = store::insert(tx, &new, now)?;
        Ok(store::find(tx, sub, &id)?.ok_or_else(Refused::unknown))
    });
    Ok(good(&made.await??))
}

fn offered(service_id: &str) -> Result<&'static Offer, Refused> {
    let catalogue = gateway::catalogue().map_err(|_| Refused::Broken)?;
    catalogue.offer(service_id).ok_or_else(|| Refused::Request("Ийм үйлчилгээ алга".into()))
}

fn fits(creation: &Creation, citizen: &Citizen, now: i64) -> Result<(), Refused> {
    if creation.regnum.as_ref().is_some_and(|regnum| registers::canonical(regnum) != citizen.regnum) {
        return Err(Refused::Request("regnum нь нэвтэрсэн иргэнийх биш байна".into()));
    }
    let offer = offered(&creation.service_id)?;
    let form = offer.form.as_ref().ok_or(Refused::Request("Энэ үйлчилгээг цахимаар авах боломжгүй".into()))?;
    let answers = creation.form_data.as_object().ok_or(Refused::Request("formData байхгүй".into()))?;
    form.check(answers, gateway::today_in_ulaanbaatar(now))
        .map_err(|misfit| Refused::Request(format!("formData.{}: {}", misfit.field, misfit.reason)))
}

/// Whom it is for, by the same rule as everywhere.
fn represented(
    conn: &Connection,
    creation: &Creation,
    (citizen, holder): (&Citizen, &Holder),
    now: i64,
) -> Result<Result<Option<OnBehalfOf>, Refused>, rusqlite::Error> {
    let Some(relation) = creation.representative_type else { return Ok(Ok(None)) };
    let paper = match &creation.representative_reason_file {
        Some(id) => gateway::uploaded(conn, &citizen.sub, id)?,
        None => None,
    };
    let claim = Claim {
        relation,
        regnum: creation.representative_regnum.clone().unwrap_or_default(),
        reason: creation.representative_reason.clone().unwrap_or_default(),
        reason_file: paper,
    };
    let held = claim.check(conn, &citizen.sub, (&citizen.regnum, &holder.operations), now)?;
    Ok(held.map(|(person, _)| Some(person)).map_err(|problem| Refused::Request(problem.code().into())))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Which {
    service_request_id: String,
}

/// `POST /mobile-api/api/service-request/set-submitted-free`. A second time it is refused.
async fn submit_free(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response, Refused> {
    let Which { service_request_id: id } = serde_json::from_value(body).map_err(|error| Refused::because(&error))?;
    let now = sandbox.now();
    let submitted = sandbox.db().write(move |tx| {
        let sub = match admit(tx, &headers, now, TOKEN_LASTS_MS)? {
            Ok(holder) => holder.sub,
            Err(refused) => return Ok(Err(refused)),
        };
        let Some(request) = store::find(tx, &sub, &id)? else { return Ok(Err(Refused::unknown())) };
        if request.status.is_some() {
            return Ok(Err(Refused::Request("Хүсэлтийг аль хэдийн илгээсэн".into())));
        }
        match offered(&request.service_id) {
            Ok(offer) if offer.fee_mnt() == 0 => {}
            Ok(_) => return Ok(Err(Refused::Request("Төлбөртэй үйлчилгээ: төлбөр төлөгдөхөд илгээгдэнэ".into()))),
            Err(refused) => return Ok(Err(refused)),
        }
        submit(tx, &sub, &request, now)?;
        Ok(store::find(tx, &sub, &id)?.ok_or_else(Refused::unknown))
    });
    Ok(good(&submitted.await??))
}

/// From now on it is a request as every other.
fn submit(tx: &Transaction<'_>, sub: &str, request: &store::ServiceRequest, now: i64) -> Result<(), rusqlite::Error> {
    let (Ok(offer), Some(citizen)) = (offered(&request.service_id), registers::citizen_by_sub(tx, sub)?) else {
        return Err(rusqlite::Error::QueryReturnedNoRows);
    };
    let application = gateway::Application {
        sub,
        citizen_name: citizen.short_name(),
        service_id: &offer.service.id,
        service_name: &offer.service.name,
        organisation: &offer.organisation,
        form: &request.form_data,
        form_version: offer.form.as_ref().map_or(1, |form| form.version),
        shown_digest: "", // that API has no word for it
        fee_mnt: offer.fee_mnt(),
        on_behalf_of: request.representative.as_ref(),
    };
    gateway::create_as(tx, &application, (&request.id, &request.number), now)
}

/// `GET /mobile-api/api/service-request/{serviceRequestId}`
async fn detail(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let now = sandbox.now();
    let found = sandbox.db().read(move |conn| match admit(conn, &headers, now, TOKEN_LASTS_MS)? {
        Ok(holder) => Ok(store::find(conn, &holder.sub, &id)?.ok_or_else(Refused::unknown)),
        Err(refused) => Ok(Err(refused)),
    });
    Ok(good(&found.await??))
}

pub(crate) mod control {
    //! Where the published API's payments come from, which its guide does not tell.

    use serde_json::{Value, json};

    use super::{store, submit};
    use crate::{problem::Problem, state::Sandbox};

    /// `POST /control/published/{id}/pay`: what was made and costs something is paid, and so submitted.
    pub(crate) async fn pay(sandbox: &Sandbox, id: String) -> Result<Value, Problem> {
        let now = sandbox.now();
        let paid = sandbox.db().write(move |tx| {
            let Some(sub) = store::owner(tx, &id)? else { return Ok(Err(Problem::not_found("unknown"))) };
            let Some(request) = store::find(tx, &sub, &id)?.filter(|request| request.status.is_none()) else {
                return Ok(Err(Problem::conflict("submitted_before")));
            };
            submit(tx, &sub, &request, now)?;
            store::mark_paid(tx, &id)?;
            Ok(Ok(json!({ "id": id })))
        });
        paid.await?
    }
}
