//! What the desk reads of the tables, and the forms that were sent. Every change of a request or an inbox is
//! [`crate::clerk`]'s.

use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};

use super::search::{Cut, Which, Words};
use crate::{
    clerk::{Status, Text},
    gateway::{
        self, Detail,
        files::{self, Placed},
    },
    registers::{self, Citizen},
};

/// A line of the list of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) service: Text,
    pub(super) regnum: String,
    pub(super) name: String,
    pub(super) status: Status,
    /// Unix ms.
    pub(super) submitted_at: i64,
}

/// What a search found, and how it divides among the states.
pub(super) struct Found {
    pub(super) cut: Cut<Line>,
    /// Of all that the words found, whatever state was chosen.
    pub(super) statuses: Vec<Status>,
}

/// A request with whose it is.
pub(super) struct Opened {
    pub(super) detail: Detail,
    pub(super) citizen: Citizen,
    pub(super) organisation: Text,
    pub(super) files: Vec<Placed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) id: String,
    pub(super) title: Text,
    pub(super) body: Text,
    pub(super) regnum: String,
    pub(super) name: String,
    /// Unix ms.
    pub(super) sent_at: i64,
    pub(super) read_at: Option<i64>,
    /// By the citizen; its texts are gone.
    pub(super) deleted: bool,
}

/// Newest first. All rows are looked at: letters fold as Mongolian needs, which SQLite's LIKE can't.
pub(super) fn requests(conn: &Connection, words: &Words, which: Which, page: usize) -> Result<Found, rusqlite::Error> {
    let mut statement = conn.prepare(
        "SELECT requests.id, number, service_name_mn, service_name_en, regnum, parent_name, given_name, status,
                submitted_at
         FROM requests JOIN citizens USING (sub)
         ORDER BY submitted_at DESC, number DESC",
    )?;
    let lines = statement.query_map([], |row| {
        Ok(Line {
            id: row.get("id")?,
            number: row.get("number")?,
            service: Text { mn: row.get("service_name_mn")?, en: row.get("service_name_en")? },
            regnum: row.get("regnum")?,
            name: registers::short_name(&row.get::<_, String>("parent_name")?, &row.get::<_, String>("given_name")?),
            status: row.get("status")?,
            submitted_at: row.get("submitted_at")?,
        })
    })?;
    let mut found = Vec::new();
    for line in lines {
        let line = line?;
        let english = line.service.en.as_deref().unwrap_or_default();
        if words.found_in(&[&line.number, &line.service.mn, english, &line.regnum, &line.name]) {
            found.push(line);
        }
    }
    let statuses = found.iter().map(|line| line.status).collect();
    found.retain(|line| which.holds(line.status));
    Ok(Found { cut: Cut::new(found, page), statuses })
}

pub(super) fn open(conn: &Connection, id: &str) -> Result<Option<Opened>, rusqlite::Error> {
    let Some((sub, organisation)) = owner(conn, id)? else { return Ok(None) };
    let (detail, citizen) = (gateway::request(conn, &sub, id)?, registers::citizen_by_sub(conn, &sub)?);
    let files = files::of_request(conn, id)?;
    Ok(detail.zip(citizen).map(|(detail, citizen)| Opened { detail, citizen, organisation, files }))
}

fn owner(conn: &Connection, id: &str) -> Result<Option<(String, Text)>, rusqlite::Error> {
    conn.query_row(
        "SELECT sub, organisation_mn, organisation_en FROM requests WHERE id = :id",
        named_params! { ":id": id },
        |row| {
            let organisation = Text { mn: row.get("organisation_mn")?, en: row.get("organisation_en")? };
            Ok((row.get("sub")?, organisation))
        },
    )
    .optional()
}

/// The position of the newest step in the request's history.
pub(super) fn last_step(conn: &Connection, id: &str) -> Result<usize, rusqlite::Error> {
    conn.query_row(
        "SELECT MAX(position) AS last FROM request_history WHERE request_id = :id",
        named_params! { ":id": id },
        |row| row.get("last"),
    )
}

/// Newest first.
pub(super) fn notices(conn: &Connection, words: &Words, page: usize) -> Result<Cut<Notice>, rusqlite::Error> {
    let mut statement = conn.prepare(
        "SELECT inbox.id, title_mn, title_en, body_mn, body_en, regnum, parent_name, given_name, sent_at, read_at,
                deleted
         FROM inbox JOIN citizens USING (sub)
         WHERE kind = 'notice'
         ORDER BY sent_at DESC, inbox.id",
    )?;
    let mut found = Vec::new();
    for notice in statement.query_map([], notice_from_row)? {
        let notice = notice?;
        let english = notice.title.en.as_deref().unwrap_or_default();
        if words.found_in(&[&notice.title.mn, english, &notice.regnum, &notice.name]) {
            found.push(notice);
        }
    }
    Ok(Cut::new(found, page))
}

pub(super) fn notice(conn: &Connection, id: &str) -> Result<Option<Notice>, rusqlite::Error> {
    conn.query_row(
        "SELECT inbox.id, title_mn, title_en, body_mn, body_en, regnum, parent_name, given_name, sent_at, read_at,
                deleted
         FROM inbox JOIN citizens USING (sub)
         WHERE kind = 'notice' AND inbox.id = :id",
        named_params! { ":id": id },
        notice_from_row,
    )
    .optional()
}

fn notice_from_row(row: &rusqlite::Row<'_>) -> Result<Notice, rusqlite::Error> {
    Ok(Notice {
        id: row.get("id")?,
        title: Text { mn: row.get("title_mn")?, en: row.get("title_en")? },
        body: Text { mn: row.get("body_mn")?, en: row.get("body_en")? },
        regnum: row.get("regnum")?,
        name: registers::short_name(&row.get::<_, String>("parent_name")?, &row.get::<_, String>("given_name")?),
        sent_at: row.get("sent_at")?,
        read_at: row.get("read_at")?,
        deleted: row.get("deleted")?,
    })
}

/// Where a form that was sent before led to.
pub(super) fn sent(conn: &Connection, ticket: &str) -> Result<Option<String>, rusqlite::Error> {
    conn.query_row(
        "SELECT location FROM desk_forms WHERE ticket = :ticket",
        named_params! { ":ticket": ticket },
        |row| row.get("location"),
    )
    .optional()
}

/// In the transaction of what the form did.
pub(super) fn remember(tx: &Transaction<'_>, ticket: &str, location: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO desk_forms (ticket, sent_at, location) VALUES (:ticket, :now, :location)",
        named_params! { ":ticket": ticket, ":now": now, ":location": location },
    )?;
    Ok(())
}
