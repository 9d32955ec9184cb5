//! Tokens and requests of the published API.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};
use serde::Serialize;
use serde_json::Value;

use super::list::Query;
use crate::gateway::{self, OnBehalfOf, Status};

/// Times there are Ulaanbaatar's, without a zone (Java's LocalDateTime).
pub(super) const ULAANBAATAR_MS: i64 = 8 * 3600 * 1000;

/// The guide names `ServiceRequest` and none of its members; these are the sandbox's.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceRequest {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) service_id: String,
    /// None of the ten until it is submitted.
    pub(super) status: Option<Status>,
    pub(super) created_date: String,
    pub(super) updated_date: String,
    pub(super) form_data: Value,
    pub(super) data: Value,
    pub(super) representative: Option<OnBehalfOf>,
}

pub(super) struct New<'a> {
    pub(super) sub: &'a str,
    pub(super) service_id: &'a str,
    pub(super) form: &'a Value,
    pub(super) data: &'a Value,
    pub(super) representative: Option<&'a OnBehalfOf>,
}

const SELECT: &str = "SELECT l.id, l.number, l.service_id, l.form, l.data, l.on_behalf_of, l.created_at,
                             COALESCE(r.updated_at, l.created_at) AS updated_at, r.status
                      FROM legacy_requests l LEFT JOIN requests r ON r.id = l.id";

pub(super) fn keep_token(
    tx: &Transaction<'_>,
    digest: &[u8; 32],
    (sub, operations): (&str, &[String]),
    now: i64,
    oldest: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM legacy_tokens WHERE issued_at < :oldest", named_params! { ":oldest": oldest })?;
    tx.execute(
        "INSERT INTO legacy_tokens (digest, sub, operations, issued_at) VALUES (:digest, :sub, :operations, :now)",
        named_params! {
            ":digest": digest.as_slice(),
            ":sub": sub,
            ":operations": operations.join(" "),
            ":now": now,
        },
    )?;
    Ok(())
}

/// What a token stands for.
pub(super) struct Holder {
    pub(super) sub: String,
    /// Of ХУР, which they have agreed to.
    pub(super) operations: Vec<String>,
    pub(super) issued_at: i64,
}

pub(super) fn token(conn: &Connection, digest: &[u8; 32]) -> Result<Option<Holder>, rusqlite::Error> {
    conn.query_row(
        "SELECT sub, operations, issued_at FROM legacy_tokens WHERE digest = :digest",
        named_params! { ":digest": digest.as_slice() },
        |row| {
            let operations: String = row.get("operations")?;
            let operations = operations.split_whitespace().map(str::to_owned).collect();
            Ok(Holder { sub: row.get("sub")?, operations, issued_at: row.get("issued_at")? })
        },
    )
    .optional()
}

pub(super) fn insert(tx: &Transaction<'_>, new: &New<'_>, now: i64) -> Result<String, rusqlite::Error> {
    let person = new.representative.map(serde_json::to_string).transpose();
    let person = person.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    tx.query_row(
        "INSERT INTO legacy_requests (id, number, sub, service_id, form, data, on_behalf_of, created_at)
         VALUES (lower(hex(randomblob(12))), :number, :sub, :service_id, :form, :data, :person, :now)
         RETURNING id",
        named_params! {
            ":number": gateway::next_number(tx, now)?,
            ":sub": new.sub,
            ":service_id": new.service_id,
            ":form": new.form.to_string(),
            ":data": new.data.to_string(),
            ":person": person,
            ":now": now,
        },
        |row| row.get("id"),
    )
}

pub(super) fn find(conn: &Connection, sub: &str, id: &str) -> Result<Option<ServiceRequest>, rusqlite::Error> {
    conn.query_row(
        &format!("{SELECT} WHERE l.id = :id AND l.sub = :sub"),
        named_params! { ":id": id, ":sub": sub },
        from_row,
    )
    .optional()
}

pub(super) fn owner(conn: &Connection, id: &str) -> Result<Option<String>, rusqlite::Error> {
    conn.query_row("SELECT sub FROM legacy_requests WHERE id = :id", named_params! { ":id": id }, |row| row.get("sub"))
        .optional()
}

/// That API's payments are one whole, or none.
pub(super) fn mark_paid(tx: &Transaction<'_>, id: &str) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE requests SET paid_state = 'paid' WHERE id = :id AND paid_state IS NOT NULL",
        named_params! { ":id": id },
    )?;
    Ok(())
}

/// How many there are, and the page that was asked for.
pub(super) fn page(conn: &Connection, sub: &str, query: &Query) -> Result<(i64, Vec<ServiceRequest>), rusqlite::Error> {
    const WHICH: &str = "l.sub = :sub AND (:status IS NULL OR r.status = :status)
                         AND (:number IS NULL OR l.number = :number)
                         AND (:from IS NULL OR (l.created_at >= :from AND l.created_at < :before))";
    let direction = if query.descending { "DESC" } else { "ASC" };
    let order: Vec<String> = query.sorted_by.iter().map(|(_, column)| format!("{column} {direction}")).collect();
    let which = named_params! {
        ":sub": sub,
        ":status": query.status,
        ":number": query.number,
        ":from": query.day.map(|(from, _)| from),
        ":before": query.day.map(|(_, before)| before),
    };
    let count = format!("SELECT COUNT(*) FROM ({SELECT} WHERE {WHICH})");
    let total = conn.query_row(&count, which, |row| row.get(0))?;
    let (size, skipped) = (query.size, query.page * query.size);
    let sql = format!("{SELECT} WHERE {WHICH} ORDER BY {}, l.id LIMIT {size} OFFSET {skipped}", order.join(", "));
    let mut statement = conn.prepare(&sql)?;
    Ok((total, statement.query_map(which, from_row)?.collect::<Result<_, _>>()?))
}

fn from_row(row: &Row<'_>) -> Result<ServiceRequest, rusqlite::Error> {
    let json = |name: &str| -> Result<Value, rusqlite::Error> {
        serde_json::from_str(&row.get::<_, String>(name)?)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into()))
    };
    Ok(ServiceRequest {
        id: row.get("id")?,
        number: row.get("number")?,
        service_id: row.get("service_id")?,
        status: row.get("status")?,
        created_date: local(row.get("created_at")?),
        updated_date: local(row.get("updated_at")?),
        form_data: json("form")?,
        data: json("data")?,
        representative: gateway::on_behalf_of(row)?,
    })
}

/// `2026-11-27T22:10:03.120`, in Ulaanbaatar.
fn local(ms: i64) -> String {
    let there = chrono::DateTime::from_timestamp_millis(ms + ULAANBAATAR_MS).unwrap_or_default();
    there.format("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}
