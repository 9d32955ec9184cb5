//! Everything personal that is kept on this phone, for the citizen whose it is.
//!
//! Guarantees: from the device, without a request; secrets are named and never shown; what this build can't read is
//! counted, not left out in silence; given only to who has proven just now that they are the citizen.

use rusqlite::types::ValueRef;
use serde_json::{Map, Value, json};

use super::{
    App,
    at_rest::{Kind, PLAIN, Place, SEALED},
};
use crate::{
    auth::{self, Freshness},
    foundation::{
        crypto::{digest, keys::File, seal::Column},
        error::{Error, Result},
        storage::{self, Dao, Store},
    },
    offline::tolerant,
};

/// An export is made in memory, and is some hundred kilobytes long; with all the files that may wait here some 33 MB. A
/// longer one is not of a phone.
const LIMIT: usize = 48 << 20;

/// What stands for a secret.
const HIDDEN: &str = "***";

impl App {
    pub(super) async fn run_export(self) -> Result<Vec<u8>> {
        let now = self.0.ports.clock.now();
        self.0.auth.owner().await?.ok_or(Error::SignInRequired)?;
        self.0.state.read(move |dao| auth::demand(dao, &Freshness::RECENT, now)).await?;
        let mut tables = of_file(&self.0.state, File::State).await?;
        tables.extend(of_file(&self.0.cache, File::Cache).await?);
        let text = json!({"made_at": now.to_string(), "tables": tables}).to_string();
        if text.len() > LIMIT { Err(Error::NotAvailable) } else { Ok(text.into_bytes()) }
    }
}

async fn of_file(store: &Store, file: File) -> Result<Vec<Value>> {
    store.read(move |dao| tables(dao, file)).await
}

/// Tables that are about the citizen and have a row, with why they are kept.
fn tables(dao: &Dao<'_>, file: File) -> Result<Vec<Value>> {
    let mut names: Vec<&'static str> = Vec::new();
    let sealed = SEALED.iter().map(|place| (place.file, place.table));
    for (_, name) in sealed.chain(PLAIN.iter().map(|(file, name, _)| (*file, *name))).filter(|(of, _)| *of == file) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let (mut tables, mut size) = (Vec::new(), 0);
    for name in names {
        let places: Vec<&Place> = SEALED.iter().filter(|place| place.file == file && place.table == name).collect();
        let (rows, unreadable) = rows(dao, name, &places, &mut size)?;
        if rows.is_empty() {
            continue;
        }
        let plain = PLAIN.iter().filter(|(of, table, _)| (*of, *table) == (file, name)).map(|(.., why)| *why);
        let why: Vec<&str> = places.iter().map(|place| place.why).chain(plain).collect();
        tables.push(json!({
            "file": file.name(), "table": name, "why": why, "rows": rows, "unreadable": unreadable,
        }));
    }
    Ok(tables)
}

/// The rows of a table, opened, and how many values this build or this key can't read.
fn rows(dao: &Dao<'_>, name: &str, places: &[&Place], size: &mut usize) -> Result<(Vec<Value>, u32)> {
    let bound: String = places.iter().map(|place| format!(", {}", place.row)).collect();
    let mut statement = dao.sql().prepare(&format!("SELECT *{bound} FROM {name}")).map_err(storage::Error::from)?;
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let own = columns.len() - places.len();
    let mut found = statement.query([]).map_err(storage::Error::from)?;
    let (mut rows, mut unreadable) = (Vec::new(), 0);
    while let Some(row) = found.next().map_err(storage::Error::from)? {
        let mut fields = Map::new();
        for (at, column) in columns[..own].iter().enumerate() {
            let value = match row.get_ref(at).map_err(storage::Error::from)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
                ValueRef::Blob(sealed) => match places.iter().position(|place| place.column == column) {
                    Some(of) if places[of].kind != Kind::Secret => {
                        let bound: String = row.get(own + of).map_err(storage::Error::from)?;
                        let value = tolerant::opened(open(dao, places[of], &bound, sealed))?.map(without_tokens);
                        unreadable += u32::from(value.is_none());
                        value.unwrap_or_default()
                    }
                    Some(_) | None => HIDDEN.into(),
                },
            };
            fields.insert(column.clone(), value);
        }
        let row = Value::Object(fields);
        *size += row.to_string().len();
        if *size > LIMIT {
            return Err(Error::NotAvailable);
        }
        rows.push(row);
    }
    Ok((rows, unreadable))
}

/// A submit over the API of 2021 keeps the token it is about to use beside what it sends.
fn without_tokens(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for (name, member) in members {
                *member = if name == "token" { HIDDEN.into() } else { without_tokens(member.take()) };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_tokens(item.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}

fn open(dao: &Dao<'_>, place: &Place, row: &str, sealed: &[u8]) -> storage::Result<Value> {
    let at = Column::of(place.table, place.column, sealed);
    match place.kind {
        Kind::File => Ok(digest::base64url(&dao.open_bytes(at, row, sealed)?).into()),
        Kind::Personal | Kind::Secret => dao.open(at, row, sealed),
    }
}
