//! What the registers say of the citizen who asks: every operation that the app knows, whether it matters today or not.
//!
//! Guarantees: a register is asked only for what the citizen has agreed to at ДАН; an answer keeps its register's own
//! shape; the gateway is asked for all of it and can't tell what for.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;

use super::{caller::Caller, document::Document};
use crate::{
    problem::Problem,
    registers::{self, FOUND, NO_RIGHT, NOT_FOUND, OF_THE_APP},
    state::{Sandbox, rfc3339},
};

/// The gateway asks the registers once a day.
const DAY_MS: i64 = 24 * 3600 * 1000;

#[derive(Serialize)]
struct Answers {
    answers: Vec<Answer>,
}

#[derive(Serialize)]
struct Answer {
    operation: &'static str,
    result_code: i32,
    as_of: String,
    response: Option<Value>,
}

/// `GET /v1/me/registers`
pub(crate) async fn get_registers(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if caller.operations.is_empty() {
        return Err(Problem::new(StatusCode::FORBIDDEN, "consent_required"));
    }
    let now = sandbox.now();
    let as_of = rfc3339(now - now.rem_euclid(DAY_MS));
    let answers = sandbox
        .db()
        .read(move |conn| {
            let ask = |operation: &'static str| {
                let (result_code, response) = if caller.operations.iter().any(|agreed| agreed == operation) {
                    let response = registers::answer(conn, operation, &caller.regnum)?;
                    (if response.is_some() { FOUND } else { NOT_FOUND }, response)
                } else {
                    (NO_RIGHT, None)
                };
                Ok(Answer { operation, result_code, as_of: as_of.clone(), response })
            };
            OF_THE_APP.into_iter().map(ask).collect::<Result<Vec<_>, rusqlite::Error>>()
        })
        .await?;
    match serde_json::to_string(&Answers { answers }) {
        Ok(body) => Ok(Document::private(body).answer(&headers)),
        Err(_) => Ok(Problem::internal().into_response()),
    }
}
