//! What the registered service asks behind the browser's back: a token, and the citizen's data.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::{CLIENT_ID, login::Wanted, redirect_uri, store, ways::Way};
use crate::{
    forms::Fields,
    problem::Problem,
    registers::{self, FOUND, NO_RIGHT, NOT_FOUND},
    state::{Sandbox, rfc3339},
    text,
};

/// How long a code waits to be exchanged.
const CODE_LASTS_MS: i64 = 60_000;

/// Long enough for the one question that follows.
const TOKEN_LASTS_MS: i64 = 60_000;

/// `POST /dan/oauth2/token`.
pub(super) async fn token(State(sandbox): State<Sandbox>, fields: Fields) -> Result<Response, Problem> {
    let secret = fields.get("client_secret").unwrap_or_default();
    if fields.get("client_id") != Some(CLIENT_ID) || !text::same_secret(secret, sandbox.keys().dan_secret()) {
        return Ok(refusal(StatusCode::UNAUTHORIZED, "invalid_client"));
    }
    if fields.get("grant_type") != Some("authorization_code") {
        return Ok(refusal(StatusCode::BAD_REQUEST, "unsupported_grant_type"));
    }
    if fields.get("redirect_uri") != Some(redirect_uri(&sandbox).as_str()) {
        return Ok(refusal(StatusCode::BAD_REQUEST, "invalid_grant"));
    }
    let Some(code) = fields.get("code").map(str::to_owned) else {
        return Ok(refusal(StatusCode::BAD_REQUEST, "invalid_request"));
    };
    let (token, now) = (text::token(), sandbox.now());
    let stored = token.clone();
    let granted = sandbox
        .db()
        .write(move |tx| {
            let Some(known) = store::by_code(tx, &code)? else { return Ok(false) };
            if !known.agreed || known.code_used || now > known.began_at + super::login::LASTS_MS + CODE_LASTS_MS {
                return Ok(false);
            }
            store::exchange(tx, (&code, &stored), now, now + TOKEN_LASTS_MS)?;
            Ok(true)
        })
        .await?;
    if !granted {
        return Ok(refusal(StatusCode::BAD_REQUEST, "invalid_grant"));
    }
    let body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LASTS_MS / 1000 });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// `GET /dan/oauth2/api/v1/service`.
pub(super) async fn answers(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Problem> {
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let Some(token) = given.and_then(|v| v.strip_prefix("Bearer ")).map(str::to_owned) else {
        return Ok(refusal(StatusCode::UNAUTHORIZED, "invalid_token"));
    };
    let now = sandbox.now();
    let found = sandbox
        .db()
        .read(move |conn| {
            let known = store::by_token(conn, &token)?;
            let known = known.filter(|t| t.agreed && t.token_until.is_some_and(|until| now < until));
            match known.and_then(|t| Some((t.regnum?, t.way?, t.proven_at?, t.scope))) {
                Some((regnum, way, at, scope)) => told(conn, &regnum, (way, at), &scope).map(Some),
                None => Ok(None),
            }
        })
        .await?;
    Ok(match found {
        Some(list) => ([(header::CACHE_CONTROL, "no-store")], Json(list)).into_response(),
        None => refusal(StatusCode::UNAUTHORIZED, "invalid_token"),
    })
}

/// First how and when the citizen signed in, then one member per WSDL.
fn told(conn: &Connection, regnum: &str, (way, at): (Way, i64), scope: &str) -> Result<Vec<Value>, rusqlite::Error> {
    let wanted: Vec<Wanted> = serde_json::from_str(scope).unwrap_or_default(); // was read before it was stored
    let mut list = vec![json!({ "citizen_loginType": way.login_type(), "citizen_loginTime": rfc3339(at) })];
    for one in wanted {
        let mut services = Map::new();
        for operation in one.services {
            let answer = if way.may_ask(&operation) {
                registers::answer(conn, &operation, regnum)?.map_or(Answer::NotFound, Answer::Found)
            } else {
                Answer::NoRight
            };
            services.insert(operation, enveloped(regnum, answer));
        }
        list.push(json!({ "services": services, "wsdl": one.wsdl }));
    }
    Ok(list)
}

/// What ХУР has to say to an operation.
enum Answer {
    Found(Value),
    /// A normal answer.
    NotFound,
    /// Whoever signed in this way may not ask.
    NoRight,
}

/// ХУР's envelope and result codes.
fn enveloped(regnum: &str, answer: Answer) -> Value {
    let (code, message, response) = match answer {
        Answer::Found(response) => (FOUND, "амжилттай", Some(response)),
        Answer::NotFound => (NOT_FOUND, "олдсонгүй", None),
        Answer::NoRight => (NO_RIGHT, "энэ төрлөөр нэвтэрсэн иргэн авах эрхгүй", None),
    };
    json!({
        "request": { "regnum": regnum },
        "requestId": text::hex(&text::random::<16>()),
        "response": response,
        "resultCode": code,
        "resultMessage": message,
    })
}

fn refusal(status: StatusCode, error: &str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({ "error": error }))).into_response()
}
