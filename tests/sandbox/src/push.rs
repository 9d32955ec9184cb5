//! The stand-in for FCM and APNs: messages wait here for a phone's long poll.
//!
//! Guarantees: a message is given out at most once, and waits at most [`KEPT_MS`].

use std::time::Duration;

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use crate::{
    db::{Db, DbError},
    problem::Problem,
    state::Sandbox,
};

/// How long a message waits for its phone: FCM's longest, 28 days.
pub const KEPT_MS: i64 = 28 * 24 * 3600 * 1000;

/// The longest poll: under the 30 s after which middleboxes drop a silent connection.
const LONGEST_WAIT_S: u64 = 25;

pub fn routes() -> Router<Sandbox> {
    Router::new().route("/push/{token}", get(poll))
}

/// Queues a plain hint that `area` ("inbox" or "requests") changed for every registered phone of the citizen.
/// After the commit call [`Sandbox::push_arrived`].
pub fn enqueue(tx: &Transaction<'_>, sub: &str, area: &str, now: i64) -> Result<(), rusqlite::Error> {
    let bytes = serde_json::json!({ "v": 1, "area": area }).to_string().into_bytes();
    tx.execute(
        "INSERT INTO push_messages (token, bytes, queued_at)
         SELECT token, :bytes, :now FROM push_registrations WHERE sub = :sub",
        named_params! { ":bytes": bytes, ":now": now, ":sub": sub },
    )?;
    Ok(())
}

#[derive(Deserialize)]
struct Poll {
    /// Seconds.
    #[serde(default)]
    wait: u64,
}

/// `GET /push/{token}`: one message, or 204 when none came in time.
async fn poll(
    State(sandbox): State<Sandbox>,
    Path(token): Path<String>,
    Query(poll): Query<Poll>,
) -> Result<Response, Problem> {
    if poll.wait > LONGEST_WAIT_S {
        return Err(Problem::bad_request("invalid_field").detail("wait is at most 25 seconds"));
    }
    #[allow(clippy::disallowed_methods)] // a real poll waits in real time
    let until = Instant::now() + Duration::from_secs(poll.wait);
    loop {
        let arrived = sandbox.push_waiter().notified();
        tokio::pin!(arrived);
        arrived.as_mut().enable(); // before looking, so that nothing slips in between
        if let Some(bytes) = take(sandbox.db(), &token, sandbox.now()).await? {
            return Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response());
        }
        if timeout_at(until, arrived).await.is_err() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
}

async fn take(db: &Db, token: &str, now: i64) -> Result<Option<Vec<u8>>, DbError> {
    let looked_for = token.to_owned();
    if !db.read(move |conn| is_waiting(conn, &looked_for)).await? {
        return Ok(None); // most polls find nothing, and need no durable write to say so
    }
    let token = token.to_owned();
    db.write(move |tx| {
        forget_old(tx, now - KEPT_MS)?;
        take_oldest(tx, &token)
    })
    .await
}

fn is_waiting(conn: &Connection, token: &str) -> Result<bool, rusqlite::Error> {
    conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM push_messages WHERE token = :token)",
        named_params! { ":token": token },
        |row| row.get(0),
    )
}

fn forget_old(tx: &Transaction<'_>, queued_before: i64) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM push_messages WHERE queued_at < :before", named_params! { ":before": queued_before })?;
    Ok(())
}

fn take_oldest(tx: &Transaction<'_>, token: &str) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    tx.query_row(
        "DELETE FROM push_messages
         WHERE id = (SELECT MIN(id) FROM push_messages WHERE token = :token)
         RETURNING bytes",
        named_params! { ":token": token },
        |row| row.get(0),
    )
    .optional()
}
