//! The phone's two calls: what does this code ask for, and the citizen's answer.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rusqlite::{Connection, Transaction};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    LASTS_MS,
    store::{self, Asked, State as Standing},
};
use crate::{
    gateway::{
        caller::{self, Caller},
        idempotency::{Answer, Fingerprint, Key, once},
        text::Text,
    },
    oauth::Demand,
    problem::Problem,
    state::{Sandbox, rfc3339},
};

/// Whoever holds the phone lets a browser in: they have proven within so many seconds that it is the citizen.
const PROVEN_WITHIN_S: u32 = 300;

/// What the browser asks for, as the phone shows it.
#[derive(Serialize)]
struct Preview {
    id: String,
    service: Text,
    asked_at: String,
    expires_at: String,
    /// One of them is on the page.
    numbers: [u8; 3],
}

/// `GET /v1/web/sign-ins/{id}`. The first citizen who looks is the only one to whom it is there.
pub(super) async fn preview(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let now = sandbox.now();
    let seen = id.clone();
    let looked = sandbox.db().write(move |tx| {
        let found = open(tx, &seen, &caller.sub, now)?;
        if found.is_ok() {
            store::claim(tx, &seen, &caller.sub)?;
        }
        Ok(found)
    });
    let asked = looked.await??;
    let preview = Preview {
        id,
        service: Text::new("И-Монгол портал (туршилт)", "E-Mongolia portal (sandbox)"),
        asked_at: rfc3339(asked.asked_at),
        expires_at: rfc3339(asked.asked_at + LASTS_MS),
        numbers: asked.numbers,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(preview)).into_response())
}

/// `POST /v1/web/sign-ins/{id}/answer` `{number}`: the number that the citizen chose, or `null` to refuse.
pub(super) async fn answer(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller::Json(body): caller::Json,
) -> Result<Response, Problem> {
    let key = Key::from_headers(&headers)?;
    let number = match body.get("number") {
        Some(Value::Null) => Ok(None),
        given => given.and_then(Value::as_u64).map(Some).ok_or(()),
    };
    let number = number.map_err(|()| Problem::invalid_field("number", "a number of the page, or null to refuse"))?;
    if number.is_some() {
        caller.fresh(&Demand { max_age_s: PROVEN_WITHIN_S, acr: None }, &sandbox)?;
    }
    let fingerprint = Fingerprint::of(&Method::POST, &format!("/v1/web/sign-ins/{id}/answer"), Some(&body));
    let sub = caller.sub.clone();
    let effect = move |tx: &Transaction<'_>, now| settle(tx, &id, &sub, number, now);
    Ok(once(&sandbox, &caller, key, fingerprint, effect).await)
}

fn settle(tx: &Transaction<'_>, id: &str, sub: &str, number: Option<u64>, now: i64) -> Result<Answer, rusqlite::Error> {
    let asked = match open(tx, id, sub, now)? {
        Ok(asked) if asked.seen_by.is_some() => asked,
        Ok(_) => return Answer::refusal(&Problem::not_found("unknown_sign_in")), // nobody has looked at it
        Err(problem) => return Answer::refusal(&problem),
    };
    let state = match number {
        None => Standing::Refused,
        Some(number) if number == u64::from(asked.number) => Standing::Approved,
        Some(_) => Standing::Burnt,
    };
    store::answer(tx, id, state, now)?;
    match state {
        Standing::Approved => Answer::new(StatusCode::OK, &json!({ "state": "approved" })),
        Standing::Refused => Answer::new(StatusCode::OK, &json!({ "state": "refused" })),
        // Not a refusal that changes nothing: the request is over.
        Standing::Open | Standing::Burnt | Standing::Used => {
            Answer::new(StatusCode::UNPROCESSABLE_ENTITY, &Problem::unprocessable("wrong_number"))
        }
    }
}

/// What is still to be answered, and by this citizen.
fn open(conn: &Connection, id: &str, sub: &str, now: i64) -> Result<Result<Asked, Problem>, rusqlite::Error> {
    let found = store::by_id(conn, id)?;
    let mine = found.filter(|asked| asked.seen_by.as_deref().is_none_or(|first| first == sub));
    Ok(match mine {
        None => Err(Problem::not_found("unknown_sign_in")),
        Some(asked) if asked.state != Standing::Open => Err(Problem::gone("sign_in_answered")),
        Some(asked) if now > asked.asked_at + LASTS_MS => Err(Problem::gone("sign_in_expired")),
        Some(asked) => Ok(asked),
    })
}
