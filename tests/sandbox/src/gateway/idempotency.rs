//! One intent, one effect: keys, fingerprints and stored answers.
//!
//! Guarantees: an effect and its answer are one transaction; the same key with the same payload gets that answer again
//! for [`WINDOW_MS`]; a key is never locked by a call that died (see [`release_abandoned`]).

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};
use serde::Serialize;
use serde_json::Value;

use super::caller::Caller;
use crate::{
    oauth::Principal,
    problem::{self, Problem},
    state::{self, Sandbox, rfc3339},
    text,
};

/// How long an answer is kept: an outbox may be offline for a month (wire contract: at least 30 days).
pub(crate) const WINDOW_MS: i64 = 35 * 24 * 3600 * 1000;

/// An effect takes milliseconds; a second is the smallest `Retry-After`.
const RETRY_AFTER_S: u32 = 1;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// `Idempotency-Key`: 16–64 of `[A-Za-z0-9_-]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = headers.get("idempotency-key") else { return Err(Problem::bad_request("key_missing")) };
        value.to_str().ok().and_then(Self::parse).ok_or_else(|| Problem::bad_request("key_invalid"))
    }

    fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        ((16..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }
}

/// What a key stands for: SHA-256 of method, path and body, the body's spacing and order of names set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<u8>);

impl Fingerprint {
    pub(crate) fn of(method: &Method, path: &str, body: Option<&Value>) -> Self {
        let canonical = body.map(text::canonical).unwrap_or_default();
        let mut hash = Context::new(&SHA256);
        for part in [method.as_str(), path, &canonical] {
            hash.update(part.as_bytes());
            hash.update(b"\0"); // no method or path holds one, so no two triples run together
        }
        Self(hash.finish().as_ref().to_vec())
    }
}

/// What an effect answers: stored as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, body: &impl Serialize) -> Result<Self, rusqlite::Error> {
        let body =
            serde_json::to_string(body).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(Self { status: status.as_u16(), body })
    }

    /// A refusal is an answer too. The effect must not have changed anything before it.
    pub(crate) fn refusal(problem: &Problem) -> Result<Self, rusqlite::Error> {
        Self::new(problem.status(), problem)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = if status.is_success() { "application/json" } else { problem::CONTENT_TYPE };
        let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, NO_STORE)];
        (status, headers, self.body).into_response()
    }
}

/// Where a key stands when a call comes with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// This call is the one that has the effect.
    Granted,
    InProgress,
    Done(Answer),
    /// The key was used for something else.
    Reused,
}

/// Runs `effect` at most once for `key`, and answers as it answered. Goes on when the client hangs up.
pub(crate) async fn once<F>(
    sandbox: &Sandbox,
    caller: &Principal,
    key: Key,
    fingerprint: Fingerprint,
    effect: F,
) -> Response
where
    F: FnOnce(&Transaction<'_>, i64) -> Result<Answer, rusqlite::Error> + Send + 'static,
{
    // A connection's end drops its handler; a claim must not be dropped with it.
    let call = tokio::spawn(run(sandbox.clone(), caller.sub.clone(), key, fingerprint, effect));
    match call.await {
        Ok(Ok(response)) => response,
        Ok(Err(problem)) => problem.into_response(),
        Err(error) => {
            state::complain(&error);
            Problem::internal().into_response()
        }
    }
}

async fn run<F>(
    sandbox: Sandbox,
    sub: String,
    key: Key,
    fingerprint: Fingerprint,
    effect: F,
) -> Result<Response, Problem>
where
    F: FnOnce(&Transaction<'_>, i64) -> Result<Answer, rusqlite::Error> + Send + 'static,
{
    let now = sandbox.now();
    let claimed = {
        let (sub, key) = (sub.clone(), key.clone());
        sandbox.db().write(move |tx| claim(tx, &sub, &key, &fingerprint, now)).await?
    };
    match claimed {
        Claim::Granted => {}
        Claim::InProgress => return Err(Problem::conflict("key_in_progress").retry_after(RETRY_AFTER_S)),
        Claim::Reused => return Err(Problem::unprocessable("key_reused")),
        Claim::Done(answer) => return Ok(([(REPLAYED, "true")], answer).into_response()),
    }
    let done = {
        let (sub, key) = (sub.clone(), key.clone());
        let act = move |tx: &Transaction<'_>| {
            let answer = effect(tx, now)?;
            store(tx, &sub, &key, &answer, now)?;
            Ok(answer)
        };
        sandbox.db().write(act).await
    };
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(error) => {
            // Nothing happened and 5xx are not stored: the key is free for another try.
            sandbox.db().write(move |tx| release(tx, &sub, &key)).await?;
            Err(error.into())
        }
    }
}

/// Frees the keys whose call died with the process that served it. Only at start, when nobody is served yet: the
/// effect and the answer are one transaction, so a key still in progress has had no effect.
pub(crate) fn release_abandoned(tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM idempotency WHERE state = 'in_progress'", [])?;
    Ok(())
}

/// Takes the key for this call, in a transaction of its own, before the effect.
pub(crate) fn claim(
    tx: &Transaction<'_>,
    sub: &str,
    key: &Key,
    fingerprint: &Fingerprint,
    now: i64,
) -> Result<Claim, rusqlite::Error> {
    forget_older_than(tx, now - WINDOW_MS)?;
    if insert(tx, sub, key, fingerprint, now)? {
        return Ok(Claim::Granted);
    }
    let (known, record) = tx.query_row(
        "SELECT fingerprint, state, status, body, stored_at FROM idempotency WHERE sub = :sub AND key = :key",
        named_params! { ":sub": sub, ":key": key.0 },
        |row| Ok((Fingerprint(row.get("fingerprint")?), Record::from_row(row)?)),
    )?;
    if known != *fingerprint {
        return Ok(Claim::Reused);
    }
    Ok(record.answer.map_or(Claim::InProgress, Claim::Done))
}

struct Record {
    answer: Option<Answer>,
    stored_at: i64,
}

impl Record {
    fn from_row(row: &rusqlite::Row<'_>) -> Result<Self, rusqlite::Error> {
        let answer = match (row.get("status")?, row.get("body")?) {
            (Some(status), Some(body)) => Some(Answer { status, body }),
            (Some(_) | None, _) => None,
        };
        Ok(Self { answer, stored_at: row.get("stored_at")? })
    }
}

/// Whether a call came with this key before: what it prepares need not be prepared again.
pub(crate) async fn is_known(sandbox: &Sandbox, sub: &str, key: &Key) -> Result<bool, Problem> {
    let (sub, key, oldest) = (sub.to_owned(), key.0.clone(), sandbox.now() - WINDOW_MS);
    Ok(sandbox.db().read(move |conn| record(conn, &sub, &key, oldest)).await?.is_some())
}

/// `GET /v1/idempotency/{key}`: for a client that lost the reply and wants to know before it asks again.
pub(crate) async fn get_key(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct KeyState {
        key: String,
        state: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        stored_at: String,
    }
    let oldest = sandbox.now() - WINDOW_MS;
    let asked = key.clone();
    let record = sandbox.db().read(move |conn| record(conn, &caller.sub, &asked, oldest)).await?;
    let Some(record) = record else { return Err(Problem::not_found("unknown_key")) };
    let stored_at = rfc3339(record.stored_at);
    let state = match record.answer {
        None => KeyState { key, state: "in_progress", status: None, body: None, stored_at },
        Some(answer) => {
            let body = serde_json::from_str(&answer.body).map_err(|error| {
                state::complain(&error);
                Problem::internal()
            })?;
            KeyState { key, state: "done", status: Some(answer.status), body: Some(body), stored_at }
        }
    };
    Ok(([(header::CACHE_CONTROL, NO_STORE)], axum::Json(state)).into_response())
}

fn record(conn: &Connection, sub: &str, key: &str, oldest: i64) -> Result<Option<Record>, rusqlite::Error> {
    conn.query_row(
        "SELECT state, status, body, stored_at FROM idempotency
         WHERE sub = :sub AND key = :key AND stored_at >= :oldest",
        named_params! { ":sub": sub, ":key": key, ":oldest": oldest },
        Record::from_row,
    )
    .optional()
}

fn insert(
    tx: &Transaction<'_>,
    sub: &str,
    key: &Key,
    fingerprint: &Fingerprint,
    now: i64,
) -> Result<bool, rusqlite::Error> {
    let inserted = tx.execute(
        "INSERT INTO idempotency (sub, key, fingerprint, state, stored_at)
         VALUES (:sub, :key, :fingerprint, 'in_progress', :now)
         ON CONFLICT DO NOTHING",
        named_params! { ":sub": sub, ":key": key.0, ":fingerprint": fingerprint.0, ":now": now },
    )?;
    Ok(inserted == 1)
}

/// Fails, and with it the effect, when the claim is no longer this call's.
fn store(tx: &Transaction<'_>, sub: &str, key: &Key, answer: &Answer, now: i64) -> Result<(), rusqlite::Error> {
    let stored = tx.execute(
        "UPDATE idempotency SET state = 'done', status = :status, body = :body, stored_at = :now
         WHERE sub = :sub AND key = :key AND state = 'in_progress'",
        named_params! { ":sub": sub, ":key": key.0, ":status": answer.status, ":body": answer.body, ":now": now },
    )?;
    if stored == 1 { Ok(()) } else { Err(rusqlite::Error::StatementChangedRows(stored)) }
}

fn release(tx: &Transaction<'_>, sub: &str, key: &Key) -> Result<(), rusqlite::Error> {
    tx.execute(
        "DELETE FROM idempotency WHERE sub = :sub AND key = :key AND state = 'in_progress'",
        named_params! { ":sub": sub, ":key": key.0 },
    )?;
    Ok(())
}

fn forget_older_than(tx: &Transaction<'_>, oldest: i64) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM idempotency WHERE stored_at < :oldest", named_params! { ":oldest": oldest })?;
    Ok(())
}
