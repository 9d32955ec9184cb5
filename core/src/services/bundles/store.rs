//! Tables of the bundles. `cache.db`: the bundles as they came, public and plain; what the registers answered, sealed.
//! `state.db`: how far the citizen is, sealed as one value, so that not even the names of bundles are in clear.

use std::time::Duration as Span;

use rusqlite::{OptionalExtension as _, named_params};
use serde_json::{Value as Json, json};

use super::{
    facts::Facts,
    lately, registers,
    wire::{self, BundlesWire, Definitions, RegistersWire},
};
use crate::{
    foundation::{
        crypto::seal::Column,
        events, json as own,
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
        let body = dao.seal(ANSWERS, ROW, &wire.0)?;
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
    let body = body.and_then(|body| own::read::<Json>(body.as_bytes()));
    Ok(Definitions::read(&body.unwrap_or_default()))
}

pub(super) fn register_facts(dao: &Dao<'_>) -> storage::Result<Facts> {
    Ok(register_answers(dao)?.map(|answers| registers::facts(&answers)).unwrap_or_default())
}

/// As they came.
pub(super) fn register_answers(dao: &Dao<'_>) -> storage::Result<Option<Json>> {
    sealed(dao, "SELECT body FROM register_answers WHERE id = 1", ANSWERS)
}

/// How far the citizen is with bundles: by code, `{"started_at", "counts_from", "dismissed", "done": [[code, when], …]}`.
/// Earlier builds kept of an item the code alone, and it was done when the bundle was begun, for all that is known.
pub(super) struct Progress(Json);

/// How far the citizen is with one bundle.
#[derive(Clone, Default)]
pub(super) struct Kept {
    /// Unix milliseconds, as all moments here.
    pub(super) started_at: Option<i64>,
    /// What was completed before has nothing to do with it. `None`: not begun.
    pub(super) counts_from: Option<i64>,
    pub(super) dismissed: bool,
    /// Codes of items that the citizen has marked, and when.
    pub(super) done: Vec<(String, i64)>,
}

impl Progress {
    pub(super) fn of(&self, bundle: &str) -> Kept {
        let kept = &self.0[bundle];
        let started_at = kept["started_at"].as_i64();
        let done = kept["done"].as_array().into_iter().flatten().filter_map(|one| {
            let code = one.as_str().or(one[0].as_str())?;
            Some((code.to_owned(), one[1].as_i64().or(started_at)?))
        });
        Kept {
            started_at,
            counts_from: kept["counts_from"].as_i64().or(started_at.map(lately)),
            dismissed: kept["dismissed"].as_bool().unwrap_or_default(),
            done: done.collect(),
        }
    }

    pub(super) fn set(&mut self, bundle: &str, kept: Kept) {
        let Kept { started_at, counts_from, dismissed, done } = kept;
        if let Json::Object(bundles) = &mut self.0 {
            let kept =
                json!({ "started_at": started_at, "counts_from": counts_from, "dismissed": dismissed, "done": done });
            bundles.insert(bundle.to_owned(), kept);
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self(json!({}))
    }
}

pub(super) fn progress(dao: &Dao<'_>) -> storage::Result<Progress> {
    let kept = sealed(dao, "SELECT body FROM bundle_progress WHERE id = 1", PROGRESS)?;
    Ok(kept.filter(Json::is_object).map(Progress).unwrap_or_default())
}

pub(super) fn put_progress(dao: &mut Dao<'_>, progress: &Progress) -> storage::Result<()> {
    let body = dao.seal(PROGRESS, ROW, &progress.0)?;
    dao.sql().execute(
        "INSERT INTO bundle_progress (id, body) VALUES (1, :body)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        named_params! {":body": body},
    )?;
    Ok(())
}

/// The one row of a table of ours, opened.
fn sealed(dao: &Dao<'_>, sql: &str, at: Column) -> storage::Result<Option<Json>> {
    let body: Option<Vec<u8>> = dao.sql().query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(body.map(|body| tolerant::opened(dao.open(at, ROW, &body))).transpose()?.flatten())
}
