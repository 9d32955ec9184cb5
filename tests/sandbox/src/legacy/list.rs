//! The list, in pages that begin at zero.

use axum::{
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use serde_json::json;

use super::{
    TOKEN_LASTS_MS, admit,
    envelope::{Refused, good},
    store::{self, ULAANBAATAR_MS},
};
use crate::{gateway::Status, state::Sandbox};

const PAGE: i64 = 10;

const LARGEST_PAGE: i64 = 100;

/// What may be sorted by, and the column it is.
const SORTED_BY: [(&str, &str); 3] = [("createdDate", "l.created_at"), ("number", "l.number"), ("status", "r.status")];

pub(super) struct Query {
    pub(super) status: Option<Status>,
    pub(super) number: Option<String>,
    /// A day of Ulaanbaatar, as unix ms: from, and before.
    pub(super) day: Option<(i64, i64)>,
    pub(super) page: i64,
    pub(super) size: i64,
    pub(super) descending: bool,
    /// As they were named, and their columns.
    pub(super) sorted_by: Vec<(&'static str, &'static str)>,
}

/// `GET /mobile-api/api/service-request`
pub(super) async fn list(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let query = Query::read(query.as_deref().unwrap_or_default())?;
    let now = sandbox.now();
    let found = sandbox.db().read(move |conn| {
        let sub = match admit(conn, &headers, now, TOKEN_LASTS_MS)? {
            Ok(holder) => holder.sub,
            Err(refused) => return Ok(Err(refused)),
        };
        let (total, page) = store::page(conn, &sub, &query)?;
        let sorted_by: Vec<&str> = query.sorted_by.iter().map(|(name, _)| *name).collect();
        Ok(Ok(json!({
            "pagination": {
                "currentPage": query.page, "pageSize": query.size, "total": total,
                "sortDirection": if query.descending { "DESC" } else { "ASC" }, "sortParams": sorted_by,
            },
            "list": page,
        })))
    });
    Ok(good(&found.await??))
}

impl Query {
    fn read(text: &str) -> Result<Self, Refused> {
        let mut query = Self {
            status: None,
            number: None,
            day: None,
            page: 0,
            size: PAGE,
            descending: true,
            sorted_by: Vec::new(),
        };
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            query.take(&name, &value).ok_or_else(|| Refused::Request(format!("{name} буруу байна")))?;
        }
        if query.sorted_by.is_empty() {
            query.sorted_by.push(SORTED_BY[0]);
        }
        Ok(query)
    }

    /// `None` when it can't be understood.
    fn take(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "status" => self.status = Some(Status::parse(value)?),
            "number" => self.number = Some(value.to_owned()),
            "createdDate" => self.day = Some(day(value.parse().ok()?)?),
            "currentPage" => self.page = value.parse().ok().filter(|page| (0..1_000_000).contains(page))?,
            "pageSize" => self.size = value.parse().ok().filter(|size| (1..=LARGEST_PAGE).contains(size))?,
            "sortDirection" => self.descending = ["ASC", "DESC"].iter().position(|known| *known == value)? == 1,
            "sortParams" => self.sorted_by.push(*SORTED_BY.iter().find(|(known, _)| *known == value)?),
            _ => return None,
        }
        Some(())
    }
}

/// From midnight to midnight in Ulaanbaatar.
fn day(date: NaiveDate) -> Option<(i64, i64)> {
    let from = date.and_time(NaiveTime::MIN).and_utc().timestamp_millis() - ULAANBAATAR_MS;
    Some((from, from + TimeDelta::days(1).num_milliseconds()))
}
