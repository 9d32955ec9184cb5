//! The portal's tables: what waits for a phone, and which browsers are signed in.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};

use crate::text::digest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Approved,
    Refused,
    /// A wrong number was chosen, or the browser began anew.
    Burnt,
    /// The browser was let in.
    Used,
}

impl State {
    const ALL: [Self; 5] = [Self::Open, Self::Approved, Self::Refused, Self::Burnt, Self::Used];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Burnt => "burnt",
            Self::Used => "used",
        }
    }
}

/// A browser's request to be signed in.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) number: u8,
    pub(super) numbers: [u8; 3],
    pub(super) asked_at: i64,
    pub(super) seen_by: Option<String>,
    pub(super) state: State,
    /// 0 while it is open.
    pub(super) answered_at: i64,
}

fn from_row(row: &Row<'_>) -> Result<Asked, rusqlite::Error> {
    let (numbers, state): (String, String) = (row.get("numbers")?, row.get("state")?);
    let unreadable = |error: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
    };
    Ok(Asked {
        number: row.get("number")?,
        numbers: serde_json::from_str(&numbers).map_err(unreadable)?,
        asked_at: row.get("asked_at")?,
        seen_by: row.get("seen_by")?,
        state: State::ALL.into_iter().find(|one| one.as_str() == state).unwrap_or(State::Burnt),
        answered_at: row.get::<_, Option<i64>>("answered_at")?.unwrap_or_default(),
    })
}

pub(super) fn begin(
    tx: &Transaction<'_>,
    cookie: &str,
    id: &str,
    (number, numbers): (u8, [u8; 3]),
    now: i64,
) -> Result<Asked, rusqlite::Error> {
    tx.execute(
        "INSERT INTO web_sign_ins (id, browser, number, numbers, asked_at)
         VALUES (:id, :browser, :number, :numbers, :now)",
        named_params! {
            ":id": digest(id),
            ":browser": digest(cookie),
            ":number": number,
            ":numbers": serde_json::json!(numbers).to_string(),
            ":now": now,
        },
    )?;
    Ok(Asked { number, numbers, asked_at: now, seen_by: None, state: State::Open, answered_at: 0 })
}

pub(super) fn by_browser(conn: &Connection, cookie: &str) -> Result<Option<Asked>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM web_sign_ins WHERE browser = :browser",
        named_params! { ":browser": digest(cookie) },
        from_row,
    )
    .optional()
}

pub(super) fn by_id(conn: &Connection, id: &str) -> Result<Option<Asked>, rusqlite::Error> {
    conn.query_row("SELECT * FROM web_sign_ins WHERE id = :id", named_params! { ":id": digest(id) }, from_row)
        .optional()
}

/// The first citizen who looks is the only one who may answer.
pub(super) fn claim(tx: &Transaction<'_>, id: &str, sub: &str) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE web_sign_ins SET seen_by = :sub WHERE id = :id AND seen_by IS NULL",
        named_params! { ":sub": sub, ":id": digest(id) },
    )?;
    Ok(())
}

/// Once: only what is open is answered.
pub(super) fn answer(tx: &Transaction<'_>, id: &str, state: State, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE web_sign_ins SET state = :state, answered_at = :now WHERE id = :id AND state = 'open'",
        named_params! { ":state": state.as_str(), ":now": now, ":id": digest(id) },
    )?;
    Ok(())
}

/// The browser began anew.
pub(super) fn call_off(tx: &Transaction<'_>, cookie: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE web_sign_ins SET state = 'burnt', answered_at = :now
         WHERE browser = :browser AND state IN ('open', 'approved')",
        named_params! { ":now": now, ":browser": digest(cookie) },
    )?;
    Ok(())
}

/// `false` when it was used before.
pub(super) fn use_up(tx: &Transaction<'_>, cookie: &str) -> Result<bool, rusqlite::Error> {
    let used = tx.execute(
        "UPDATE web_sign_ins SET state = 'used' WHERE browser = :browser AND state = 'approved'",
        named_params! { ":browser": digest(cookie) },
    )?;
    Ok(used == 1)
}

pub(super) fn insert_session(tx: &Transaction<'_>, cookie: &str, sub: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO web_sessions (cookie, sub, began_at) VALUES (:cookie, :sub, :now)",
        named_params! { ":cookie": digest(cookie), ":sub": sub, ":now": now },
    )?;
    Ok(())
}

/// Whose browser this is.
pub(super) fn session(conn: &Connection, cookie: &str, since: i64) -> Result<Option<String>, rusqlite::Error> {
    conn.query_row(
        "SELECT sub FROM web_sessions WHERE cookie = :cookie AND began_at >= :since",
        named_params! { ":cookie": digest(cookie), ":since": since },
        |row| row.get("sub"),
    )
    .optional()
}

pub(super) fn end_session(tx: &Transaction<'_>, cookie: &str) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM web_sessions WHERE cookie = :cookie", named_params! { ":cookie": digest(cookie) })?;
    Ok(())
}
