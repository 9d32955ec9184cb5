//! What the registers say of the citizen who asks: every operation that the app knows, whether it matters today or not.
//!
//! Guarantees: an answer keeps its register's own shape; the gateway is asked for all of it and can't tell what for.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;

use super::{caller::Caller, document::Document};
use crate::{
    problem::Problem,
    registers,
    state::{Sandbox, rfc3339},
};

/// ХУР's result codes: there is something; the register knows of nothing.
const FOUND: i32 = 0;
const NOT_FOUND: i32 = 1;

/// The gateway asks the registers once a day.
const DAY_MS: i64 = 24 * 3600 * 1000;

const OPERATIONS: [&str; 10] = [
    "WS100101_getCitizenIDCardInfo",
    "WS100103_getCitizenAddressInfo",
    "WS100104_getCitizenMarriageInfo",
    "WS101138_currentPassportInfo",
    "WS101117_getChildrenInfo",
    "WS100202_getPropertyList",
    "WS100407_getDriverLicenseInfo",
    "WS100401_getVehicleInfo",
    "WS100432_getVehicleInspectionDataByPlateNo",
    "WS100874_UnpaidFineByRegisterService",
];

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
    let now = sandbox.now();
    let as_of = rfc3339(now - now.rem_euclid(DAY_MS));
    let answers = sandbox
        .db()
        .read(move |conn| {
            let ask = |operation| {
                let response = registers::answer(conn, operation, &caller.regnum)?;
                let result_code = if response.is_some() { FOUND } else { NOT_FOUND };
                Ok(Answer { operation, result_code, as_of: as_of.clone(), response })
            };
            OPERATIONS.into_iter().map(ask).collect::<Result<Vec<_>, rusqlite::Error>>()
        })
        .await?;
    match serde_json::to_string(&Answers { answers }) {
        Ok(body) => Ok(Document::private(body).answer(&headers)),
        Err(_) => Ok(Problem::internal().into_response()),
    }
}
