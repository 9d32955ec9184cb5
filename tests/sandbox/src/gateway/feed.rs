//! Change feeds: a citizen's requests and inbox in the order of their last change.
//!
//! Guarantees: every change gets a version larger than any the citizen ever saw in that feed; a page holds at most
//! [`PAGE`] items; a client that has seen more than this server ever gave is told to start over (410).

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Architecture rule 13: data goes out in pages of 50 or fewer.
pub(crate) const PAGE: i64 = 50;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Feed {
    Requests,
    Inbox,
}

impl Feed {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Inbox => "inbox",
        }
    }
}

/// `?after=N&limit=1..50`
#[derive(Debug, Deserialize)]
pub(crate) struct Place {
    #[serde(default)]
    pub(crate) after: i64,
    #[serde(default = "whole_page")]
    pub(crate) limit: i64,
}

fn whole_page() -> i64 {
    PAGE
}

impl Place {
    pub(crate) fn checked(self) -> Result<Self, Problem> {
        if self.after < 0 || !(1..=PAGE).contains(&self.limit) {
            return Err(Problem::bad_request("invalid_query"));
        }
        Ok(self)
    }
}

/// What has a place in a feed.
pub(crate) trait Versioned {
    fn version(&self) -> i64;
}

#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// The last version in `items`, or where the client already was.
    next: i64,
    more: bool,
}

impl<T: Versioned> Page<T> {
    /// `items` is one longer than the limit when there is more.
    pub(crate) fn cut(mut items: Vec<T>, place: &Place) -> Self {
        let limit = usize::try_from(place.limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().map_or(place.after, T::version);
        Self { items, next, more }
    }
}

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(self)).into_response()
    }
}

/// The next version in the citizen's feed.
pub(crate) fn bump(tx: &Transaction<'_>, sub: &str, feed: Feed) -> Result<i64, rusqlite::Error> {
    tx.query_row(
        "INSERT INTO feed_versions (sub, feed, version) VALUES (:sub, :feed, 1)
         ON CONFLICT (sub, feed) DO UPDATE SET version = version + 1
         RETURNING version",
        named_params! { ":sub": sub, ":feed": feed.name() },
        |row| row.get("version"),
    )
}

/// Whether the client is ahead of everything this server ever gave: its data is from before a restore.
pub(crate) fn is_ahead(conn: &Connection, sub: &str, feed: Feed, after: i64) -> Result<bool, rusqlite::Error> {
    let last: Option<i64> = conn
        .query_row(
            "SELECT version FROM feed_versions WHERE sub = :sub AND feed = :feed",
            named_params! { ":sub": sub, ":feed": feed.name() },
            |row| row.get("version"),
        )
        .optional()?;
    Ok(after > last.unwrap_or(0))
}
