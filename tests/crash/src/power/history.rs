//! An errand: what `state.db` says after a cut it has said before, all of it, and nothing that is older than the last byte
//! that left or the last word that was told.
//!
//! So a key is on the disk before a request leaves under it, a step before what it may do, and a file, an answer, a
//! confirmation, an invoice and a receipt before they are said to be there.

use std::fs;

use emongolia_core::foundation::crypto::digest::sha256;
use emongolia_support::temp::temp_dir;
use rusqlite::{Connection, types::ValueRef};
use tempfile::TempDir;

use super::{
    Judge, Record, cuts,
    disk::{Disk, Image},
    trace::Event,
};
use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Progress, Promise},
    campaigns::acts::{Errand, in_peace},
};

pub struct Cuts {
    name: &'static str,
    errand: Errand,
    /// As promised of all of them together, in a full run.
    all: usize,
}

pub const SEND: Cuts = Cuts { name: "power, send", errand: Errand::Send, all: 5_000 };
pub const PUBLISHED: Cuts = Cuts { name: "power, published", errand: Errand::Published, all: 5_000 };
pub const ERRAND: Cuts = Cuts { name: "power, errand", errand: Errand::Whole, all: 10_000 };

const FOLDER: &str = "state";
const FILE: &str = "state.db";

impl Campaign for Cuts {
    fn name(&self) -> &'static str {
        self.name
    }

    fn promise(&self) -> Option<Promise> {
        Some(Promise::Cuts)
    }

    fn harms(&self) -> &'static [Harm] {
        Errand::HARMS
    }

    fn control(&self) -> &'static str {
        "a disk that ignores syncs"
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        let mut acts = Vec::new();
        in_peace(self.errand.prepared(false)?.as_mut(), &mut |lane, act| {
            let record = Record::of(lane, &lane.cli.data().join(FOLDER), act)?;
            let history = History::of(&record.before)?;
            acts.push((record, history));
            Ok(())
        })?;
        cuts(&mut acts, sabotaged, plan, self.all, progress)
    }
}

/// All that a `state.db` says, as one digest.
type Said = [u8; 32];

struct History {
    /// In order, as the running program saw it.
    said: Vec<Said>,
    /// Nothing before this may be found, and what it would be if it were.
    floor: usize,
    below: (Harm, &'static str),
    scratch: TempDir,
}

impl History {
    fn of(before: &Image) -> Result<Self> {
        let scratch = temp_dir("тог-")?;
        let below = (Harm::Lost, "what was there before");
        let mut history = Self { said: Vec::new(), floor: 0, below, scratch };
        history.said.push(history.read(before)??);
        Ok(history)
    }

    /// The inner error is SQLite's verdict.
    fn read(&self, image: &Image) -> Result<Result<Said>> {
        let folder = self.scratch.path();
        for entry in fs::read_dir(folder)? {
            fs::remove_file(entry?.path())?;
        }
        for (file, bytes) in image {
            fs::write(folder.join(file.file_name().unwrap_or_default()), bytes)?;
        }
        Ok(said(&Connection::open(folder.join(FILE))?))
    }
}

impl Judge for History {
    fn happened(&mut self, event: &Event, disk: &Disk) -> Result<()> {
        match event {
            Event::Sent => {
                self.floor = self.said.len() - 1;
                self.below = (Harm::Doubled, "a byte has left, and why is gone");
            }
            Event::Told => {
                self.floor = self.said.len() - 1;
                self.below = (Harm::Lost, "what was told");
            }
            Event::Named(_)
            | Event::Wrote { .. }
            | Event::Cut { .. }
            | Event::Synced(_)
            | Event::Linked { .. }
            | Event::Renamed { .. }
            | Event::Removed(_) => {
                let now = self.read(&disk.now())??;
                if self.said.last() != Some(&now) {
                    self.said.push(now);
                }
            }
        }
        Ok(())
    }

    fn harm(&self, found: &Image) -> Result<Option<(Harm, String)>> {
        let (below, what) = self.below;
        Ok(match self.read(found)? {
            Err(why) => Some((Harm::Corrupt, why.to_string())),
            Ok(found) => match self.said.iter().rposition(|said| *said == found) {
                None => Some((Harm::Corrupt, "it says what it never said".into())),
                Some(place) if place < self.floor => Some((below, what.into())),
                Some(_) => None,
            },
        })
    }
}

fn said(db: &Connection) -> Result<Said> {
    let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(verdict.into());
    }
    let mut tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut all = Vec::new();
    for table in tables {
        all.extend_from_slice(table.as_bytes());
        let mut rows = db.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = rows.column_count();
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                put(&mut all, row.get_ref(column)?);
            }
        }
    }
    Ok(sha256(&all))
}

/// With its type and length before it, so that two values are never one.
fn put(all: &mut Vec<u8>, value: ValueRef<'_>) {
    let number;
    let (kind, bytes): (u8, &[u8]) = match value {
        ValueRef::Null => (0, &[]),
        ValueRef::Integer(integer) => {
            number = integer.to_le_bytes();
            (1, &number)
        }
        ValueRef::Real(real) => {
            number = real.to_le_bytes();
            (2, &number)
        }
        ValueRef::Text(text) => (3, text),
        ValueRef::Blob(blob) => (4, blob),
    };
    all.push(kind);
    all.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    all.extend_from_slice(bytes);
}
