//! ДАН's table: one row from login page to answer.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};

use crate::text;

pub(super) struct Transact {
    pub(super) redirect_uri: String,
    pub(super) state: String,
    /// JSON: `[{services: [operation...], wsdl}]`.
    pub(super) scope: String,
    pub(super) began_at: i64,
    pub(super) wrong_codes: u32,
    pub(super) ended: bool,
    pub(super) regnum: Option<String>,
    pub(super) code_used: bool,
    pub(super) token_until: Option<i64>,
}

fn digest(secret: &str) -> [u8; 32] {
    text::sha256(secret.as_bytes())
}

fn from_row(row: &Row<'_>) -> Result<Transact, rusqlite::Error> {
    Ok(Transact {
        redirect_uri: row.get("redirect_uri")?,
        state: row.get("state")?,
        scope: row.get("scope")?,
        began_at: row.get("began_at")?,
        wrong_codes: row.get("wrong_codes")?,
        ended: row.get::<_, Option<i64>>("ended_at")?.is_some(),
        regnum: row.get("regnum")?,
        code_used: row.get::<_, Option<i64>>("code_used_at")?.is_some(),
        token_until: row.get("token_until")?,
    })
}

pub(super) fn begin(
    tx: &Transaction<'_>,
    id: &str,
    (redirect_uri, state, scope): (&str, &str, &str),
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO dan_transactions (id, redirect_uri, state, scope, began_at)
         VALUES (:id, :redirect_uri, :state, :scope, :now)",
        named_params! {
            ":id": digest(id),
            ":redirect_uri": redirect_uri,
            ":state": state,
            ":scope": scope,
            ":now": now,
        },
    )?;
    Ok(())
}

pub(super) fn by_id(conn: &Connection, id: &str) -> Result<Option<Transact>, rusqlite::Error> {
    conn.query_row("SELECT * FROM dan_transactions WHERE id = :id", named_params! { ":id": digest(id) }, from_row)
        .optional()
}

pub(super) fn by_code(conn: &Connection, code: &str) -> Result<Option<Transact>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM dan_transactions WHERE code = :code",
        named_params! { ":code": digest(code) },
        from_row,
    )
    .optional()
}

pub(super) fn by_token(conn: &Connection, token: &str) -> Result<Option<Transact>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM dan_transactions WHERE token = :token",
        named_params! { ":token": digest(token) },
        from_row,
    )
    .optional()
}

pub(super) fn count_wrong_code(tx: &Transaction<'_>, id: &str) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET wrong_codes = wrong_codes + 1 WHERE id = :id",
        named_params! { ":id": digest(id) },
    )?;
    Ok(())
}

/// The citizen refused.
pub(super) fn end(tx: &Transaction<'_>, id: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET ended_at = :now WHERE id = :id",
        named_params! { ":now": now, ":id": digest(id) },
    )?;
    Ok(())
}

pub(super) fn signed_in(
    tx: &Transaction<'_>,
    id: &str,
    (regnum, code): (&str, &str),
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET ended_at = :now, regnum = :regnum, code = :code WHERE id = :id",
        named_params! { ":now": now, ":regnum": regnum, ":code": digest(code), ":id": digest(id) },
    )?;
    Ok(())
}

pub(super) fn exchange(
    tx: &Transaction<'_>,
    (code, token): (&str, &str),
    now: i64,
    until: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET code_used_at = :now, token = :token, token_until = :until WHERE code = :code",
        named_params! { ":now": now, ":token": digest(token), ":until": until, ":code": digest(code) },
    )?;
    Ok(())
}
