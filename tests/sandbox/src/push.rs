//! The stand-in for FCM and APNs: messages wait here for a phone's long poll.
//!
//! Guarantees: a message is given out at most once, and waits at most [`KEPT_MS`].

use axum::Router;
use rusqlite::{Transaction, named_params};

use crate::state::Sandbox;

/// How long a message waits for its phone: FCM's longest, 28 days.
pub const KEPT_MS: i64 = 28 * 24 * 3600 * 1000;

pub fn routes() -> Router<Sandbox> {
    Router::new()
}

/// Queues a plain hint that `area` ("inbox" or "requests") changed for every registered phone of the citizen.
/// After the commit call [`Sandbox::push_arrived`].
pub fn enqueue(tx: &Transaction<'_>, sub: &str, area: &str) -> Result<(), rusqlite::Error> {
    let bytes = serde_json::json!({ "v": 1, "area": area }).to_string().into_bytes();
    tx.execute(
        "INSERT INTO push_messages (token, bytes, queued_at)
         SELECT token, :bytes, CAST(unixepoch('subsec') * 1000 AS INTEGER)
         FROM push_registrations WHERE sub = :sub",
        named_params! { ":bytes": bytes, ":sub": sub },
    )?;
    Ok(())
}
