//! Tables of the bundles. `cache.db`: the bundles as they came, public and plain; what the registers answered, sealed.
//! `state.db`: how far the citizen is, sealed as one value, so that not even the names of bundles are in clear.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration as Span,
};

use rusqlite::{OptionalExtension as _, named_params};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    facts::Facts,
    registers,
    wire::{self, BundlesWire, Definitions, RegistersWire},
};
use crate::{
    foundation::{
        crypto::seal::Column,
        events, json,
        storage::{self, Dao},
    },
    gateway::Endpoint,
    offline::{cache::Document, tolerant},
};

const ANSWERS: Column = Column { table: "register_answers", column: "body", layout: 1 };
const PROGRESS: Column = Column { table: "bundle_progress", column: "body", layout: 1 };

/// The one row of each table.
const ROW: &str = "1";

pub(super) const BUNDLES: &str = "bundles";
pub(super) const REGISTERS: &str = "registers";

pub(super) struct BundlesDocument;

impl Document for BundlesDocument {
    const AREA: events::Area = events::Area::Bundles;
    const FRESH_FOR: Span = super::FRESH_FOR;
    type Wire = BundlesWire;

    fn name(&self) -> String {
        BUNDLES.to_owned()
    }

    fn endpoint(&self) -> &'static Endpoint<BundlesWire> {
        &wire::BUNDLES
    }

    fn store(&self, wire: BundlesWire, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute(
            "INSERT INTO bundles (id, body) VALUES (1, :body) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            named_params! {":body": wire.0.to_string()},
        )?;
        Ok(())
    }
}

/// What the registers say of the citizen, whole: which of it matters is found on this phone.
pub(super) struct RegistersDocument;

impl Document for RegistersDocument {
    const AREA: events::Area = events::Area::Bundles;
    const FRESH_FOR: Span = super::FRESH_FOR;
    type Wire = RegistersWire;

    fn name(&self) -> String {
        REGISTERS.to_owned()
    }

    fn endpoint(&self) -> &'static Endpoint<RegistersWire> {
        &wire::REGISTERS
    }

    fn store(&self, wire: RegistersWire, dao: &mut Dao<'_>) -> storage::Result<()> {
        let body = dao.seal(ANSWERS, ROW, &wire)?;
        dao.sql().execute(
            "INSERT INTO register_answers (id, body) VALUES (1, :body)
             ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            named_params! {":body": body},
        )?;
        Ok(())
    }
}

pub(super) fn definitions(dao: &Dao<'_>) -> storage::Result<Definitions> {
    let body: Option<String> =
        dao.sql().query_row("SELECT body FROM bundles WHERE id = 1", [], |row| row.get(0)).optional()?;
    let body = body.and_then(|body| json::read::<Json>(body.as_bytes()));
    Ok(Definitions::read(&body.unwrap_or_default()))
}

pub(super) fn register_facts(dao: &Dao<'_>) -> storage::Result<Facts> {
    let body: Option<Vec<u8>> =
        dao.sql().query_row("SELECT body FROM register_answers WHERE id = 1", [], |row| row.get(0)).optional()?;
    let opened = body.map(|body| tolerant::opened(dao.open::<Json>(ANSWERS, ROW, &body))).transpose()?;
    Ok(opened.flatten().map(|body| registers::facts(&body)).unwrap_or_default())
}

/// How far the citizen is with one bundle.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Unix milliseconds.
    pub(super) started_at: Option<i64>,
    pub(super) dismissed: bool,
    /// Codes of items that the citizen has marked.
    pub(super) done: BTreeSet<String>,
}

/// By the bundle's code.
pub(super) type Progress = BTreeMap<String, Kept>;

pub(super) fn progress(dao: &Dao<'_>) -> storage::Result<Progress> {
    let body: Option<Vec<u8>> =
        dao.sql().query_row("SELECT body FROM bundle_progress WHERE id = 1", [], |row| row.get(0)).optional()?;
    let opened = body.map(|body| tolerant::opened(dao.open(PROGRESS, ROW, &body))).transpose()?;
    Ok(opened.flatten().unwrap_or_default())
}

pub(super) fn change_progress(dao: &mut Dao<'_>, bundle: &str, change: impl FnOnce(&mut Kept)) -> storage::Result<()> {
    let mut progress = progress(dao)?;
    change(progress.entry(bundle.to_owned()).or_default());
    let body = dao.seal(PROGRESS, ROW, &progress)?;
    dao.sql().execute(
        "INSERT INTO bundle_progress (id, body) VALUES (1, :body)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        named_params! {":body": body},
    )?;
    Ok(())
}
