//! Which phones a citizen is reached at.
//!
//! Guarantees: a device token belongs to the citizen who registered it last, and hints meant for another never reach it.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use rusqlite::{OptionalExtension, Transaction, named_params};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::caller::{self, Caller};
use crate::{
    problem::Problem,
    state::{Sandbox, rfc3339},
};

/// FCM's tokens are the longest in use, at about 200 characters.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 8..=512;

#[derive(Serialize)]
struct Registration {
    token: String,
    registered_at: String,
}

#[derive(Deserialize)]
pub(crate) struct Which {
    token: String,
}

/// `PUT /v1/push/registration`
pub(crate) async fn register(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    caller::Json(body): caller::Json,
) -> Result<Response, Problem> {
    let token = body.get("token").and_then(|token| token.as_str()).filter(|token| is_token(token));
    let Some(token) = token.map(String::from) else {
        return Err(Problem::invalid_field("token", "8 to 512 of A–Z a–z 0–9 _ - : ."));
    };
    let now = sandbox.now();
    let registered = token.clone();
    sandbox
        .db()
        .write(move |tx| {
            if owner(tx, &registered)?.is_some_and(|owner| owner != caller.sub) {
                drop_waiting(tx, &registered)?;
            }
            take(tx, &registered, &caller.sub, now)
        })
        .await?;
    let registration = Registration { token, registered_at: rfc3339(now) };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(registration)).into_response())
}

/// `DELETE /v1/push/registration?token=…`: 200 also when there is none, so that signing out can be repeated.
pub(crate) async fn unregister(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let Which { token } = caller::query(which)?;
    let gone = token.clone();
    sandbox
        .db()
        .write(move |tx| {
            if give_up(tx, &gone, &caller.sub)? {
                drop_waiting(tx, &gone)?;
            }
            Ok(())
        })
        .await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(json!({ "token": token }))).into_response())
}

fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'.');
    TOKEN_LENGTH.contains(&text.len()) && text.bytes().all(allowed)
}

fn owner(tx: &Transaction<'_>, token: &str) -> Result<Option<String>, rusqlite::Error> {
    tx.query_row("SELECT sub FROM push_registrations WHERE token = :token", named_params! { ":token": token }, |row| {
        row.get("sub")
    })
    .optional()
}

fn take(tx: &Transaction<'_>, token: &str, sub: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO push_registrations (token, sub, registered_at) VALUES (:token, :sub, :now)
         ON CONFLICT (token) DO UPDATE SET sub = :sub, registered_at = :now",
        named_params! { ":token": token, ":sub": sub, ":now": now },
    )?;
    Ok(())
}

fn give_up(tx: &Transaction<'_>, token: &str, sub: &str) -> Result<bool, rusqlite::Error> {
    let gone = tx.execute(
        "DELETE FROM push_registrations WHERE token = :token AND sub = :sub",
        named_params! { ":token": token, ":sub": sub },
    )?;
    Ok(gone == 1)
}

fn drop_waiting(tx: &Transaction<'_>, token: &str) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM push_messages WHERE token = :token", named_params! { ":token": token })?;
    Ok(())
}
