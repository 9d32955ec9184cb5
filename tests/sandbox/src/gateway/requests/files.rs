//! Files that belong to a request: answers in its form, and documents that a clerk asked for later.
//!
//! Guarantees: what a request refers to is complete, is the citizen's own, and is what the citizen said it is.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Transaction, named_params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    gateway::uploads::{self, Description, store as uploaded},
    problem::Problem,
};

/// A file as a form says it: an upload, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The upload's.
    pub id: String,
    pub name: String,
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// In hex.
    pub sha256: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Form,
    Document,
}

impl Origin {
    const fn code(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Document => "document",
        }
    }
}

/// Where a file stands, and what it is.
pub(crate) type Placed = (String, File);

/// Every file in the form, each checked.
pub(crate) fn in_form(
    conn: &Connection,
    sub: &str,
    form: &Value,
) -> Result<Result<Vec<Placed>, Problem>, rusqlite::Error> {
    let mut found = Vec::new();
    if let Err(problem) = collect(form, "", &mut found) {
        return Ok(Err(problem));
    }
    Ok(check(conn, sub, &found)?.map(|()| found))
}

/// Refuses, by field, what is unknown, unfinished, or not what it is said to be.
pub(crate) fn check(conn: &Connection, sub: &str, files: &[Placed]) -> Result<Result<(), Problem>, rusqlite::Error> {
    for (field, file) in files {
        let Some(upload) = uploaded::find(conn, sub, &file.id)? else {
            return Ok(Err(Problem::unprocessable("upload_unknown").field(field)));
        };
        if !upload.progress.complete {
            return Ok(Err(Problem::unprocessable("upload_incomplete").field(field)));
        }
        let Description { name: _, media_type, size, sha256 } = upload.described; // a file may be called otherwise now
        if (&media_type, size, &sha256) != (&file.media_type, file.size, &file.sha256) {
            return Ok(Err(Problem::invalid_field(field, "the upload is another file")));
        }
    }
    Ok(Ok(()))
}

/// From now on they are the request's. A form's take the place of those of the form before.
pub(crate) fn keep(
    tx: &Transaction<'_>,
    sub: &str,
    request_id: &str,
    origin: Origin,
    files: &[Placed],
) -> Result<(), rusqlite::Error> {
    if origin == Origin::Form {
        tx.execute(
            "DELETE FROM request_files WHERE request_id = :request_id AND origin = 'form'",
            named_params! { ":request_id": request_id },
        )?;
    }
    for (field, file) in files {
        tx.execute(
            "INSERT INTO request_files (request_id, origin, field, sub, upload_id)
             VALUES (:request_id, :origin, :field, :sub, :upload_id)",
            named_params! {
                ":request_id": request_id,
                ":origin": origin.code(),
                ":field": field,
                ":sub": sub,
                ":upload_id": file.id,
            },
        )?;
    }
    Ok(())
}

/// All of a request's, in the order of their fields.
pub(crate) fn of_request(conn: &Connection, request_id: &str) -> Result<Vec<Placed>, rusqlite::Error> {
    let mut statement = conn.prepare(
        "SELECT field, id, name, media_type, size, sha256
         FROM request_files f JOIN uploads u ON u.sub = f.sub AND u.id = f.upload_id
         WHERE request_id = :request_id ORDER BY origin DESC, field",
    )?;
    statement.query_map(named_params! { ":request_id": request_id }, from_row)?.collect()
}

/// The documents that were brought, by their names.
pub(crate) fn documents(conn: &Connection, request_id: &str) -> Result<BTreeMap<String, File>, rusqlite::Error> {
    let mut statement = conn.prepare(
        "SELECT field, id, name, media_type, size, sha256
         FROM request_files f JOIN uploads u ON u.sub = f.sub AND u.id = f.upload_id
         WHERE request_id = :request_id AND origin = 'document' AND field LIKE 'document%'",
    )?;
    statement.query_map(named_params! { ":request_id": request_id }, from_row)?.collect()
}

/// One of a request's files with its content.
pub(crate) fn content(
    conn: &Connection,
    request_id: &str,
    upload_id: &str,
) -> Result<Option<(File, Vec<u8>)>, rusqlite::Error> {
    let mut statement = conn.prepare(
        "SELECT f.sub, field, id, name, media_type, size, sha256
         FROM request_files f JOIN uploads u ON u.sub = f.sub AND u.id = f.upload_id
         WHERE request_id = :request_id AND upload_id = :upload_id LIMIT 1",
    )?;
    let mut found = statement.query(named_params! { ":request_id": request_id, ":upload_id": upload_id })?;
    let Some(row) = found.next()? else { return Ok(None) };
    let (sub, (_, file)) = (row.get::<_, String>("sub")?, from_row(row)?);
    let bytes = uploads::store::bytes(conn, &sub, upload_id)?;
    Ok(Some((file, bytes)))
}

fn from_row(row: &Row<'_>) -> Result<Placed, rusqlite::Error> {
    let file = File {
        id: row.get("id")?,
        name: row.get("name")?,
        media_type: row.get("media_type")?,
        size: row.get::<_, i64>("size")?.cast_unsigned(),
        sha256: row.get("sha256")?,
    };
    Ok((row.get("field")?, file))
}

/// An object with an id and a digest is a file, wherever in the form it stands.
fn collect(value: &Value, at: &str, found: &mut Vec<Placed>) -> Result<(), Problem> {
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
    match value {
        Value::Object(members) if members.contains_key("id") && members.contains_key("sha256") => {
            let file = serde_json::from_value(value.clone())
                .map_err(|_| Problem::invalid_field(at, "id, name, media_type, size and sha256 of an upload"))?;
            found.push((at.to_owned(), file));
            Ok(())
        }
        Value::Object(members) => members.iter().try_for_each(|(name, value)| collect(value, &below(name), found)),
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(n, value)| collect(value, &below(&n.to_string()), found))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}
