//! Working without a network: reads that answer from the device, writes that have exactly one effect.
//!
//! Knows no feature. A feature implements [`cache::Document`] or [`cache::Feed`] for what it reads and
//! [`outbox::Operation`] for what it changes, and `app` wires them up.

pub mod cache;
pub mod outbox;
pub mod tolerant;

use serde::{Deserialize, Serialize};

use crate::foundation::{
    clock::Timestamp,
    error::{Error, Result},
};

/// Rows in a page that crosses to a shell. A screen shows ten; fifty is a few flicks of a thumb.
pub const PAGE: usize = 50;

/// Something read from the device, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Aged<T> {
    pub value: T,
    /// When the gateway last confirmed it. `None`: it has never been pulled.
    pub as_of: Option<Timestamp>,
    /// Older than its kind should be. What it says may have changed.
    pub stale: bool,
}

impl<T> Aged<T> {
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Aged<U> {
        Aged { value: convert(self.value), as_of: self.as_of, stale: self.stale }
    }
}

impl<T> Aged<Option<T>> {
    /// With its age, or what its absence means to the caller.
    pub fn ok_or(self, missing: Error) -> Result<Aged<T>> {
        let Self { value, as_of, stale } = self;
        Ok(Aged { value: value.ok_or(missing)?, as_of, stale })
    }
}

/// A page can't start at a row that is gone: the list starts anew. `field` is what the caller handed back.
pub fn unknown_cursor(field: &str) -> Error {
    Error::invalid(field, "page.cursor_unknown")
}

/// A page of at most [`PAGE`] rows and where the next one starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Hand this back to get the next page. `None`: this was the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a page out of what a query with `LIMIT PAGE + 1` gave; `cursor` names the last row that stays.
    pub fn cut(mut items: Vec<T>, cursor: impl FnOnce(&T) -> String) -> Self {
        let more = items.len() > PAGE;
        items.truncate(PAGE);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}
