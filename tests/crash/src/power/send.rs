//! A submit: what was confirmed stays, and its key is on the disk before a byte leaves, the receipt before it is told.

use rusqlite::{Connection, OptionalExtension};

use super::{Judge, Record, cuts, disk::Image, placed, trace::Event};
use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Progress},
    lane::Lane,
};

/// As promised, in a full run.
const ALL: usize = 20_000;

pub struct Send;

impl Campaign for Send {
    fn name(&self) -> &'static str {
        "power, send"
    }

    fn harms(&self) -> &'static [Harm] {
        &[Harm::Lost, Harm::Doubled, Harm::Corrupt]
    }

    fn control(&self) -> &'static str {
        "a disk that ignores syncs"
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        let lane = Lane::signed_in()?;
        let act = lane.confirmed("Өргөдөл тог тасрахад")?;
        let record = Record::of(&lane, &["--json", "request", "submit", &act])?;
        let db = lane.open("state.db")?;
        let key = db.query_row("SELECT idempotency_key FROM operation WHERE state = 'done'", [], |row| row.get(0))?;
        let mut judge = Submitted { lane, act, key, sent: false, told: false };
        cuts(&record, &mut judge, sabotaged, plan, ALL, progress)
    }
}

struct Submitted {
    lane: Lane,
    act: String,
    key: String,
    sent: bool,
    told: bool,
}

impl Judge for Submitted {
    fn happened(&mut self, event: &Event) {
        self.sent |= *event == Event::Sent;
        self.told |= *event == Event::Told;
    }

    fn harm(&self, found: &Image) -> Result<Option<(Harm, String)>> {
        let db = Connection::open(placed(found, "state", &self.lane)?.join("state.db"))?;
        Ok(match self.seen(&db) {
            Err(error) => Some((Harm::Corrupt, error.to_string())),
            Ok(harm) => harm,
        })
    }
}

impl Submitted {
    fn seen(&self, db: &Connection) -> rusqlite::Result<Option<(Harm, String)>> {
        let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Ok(Some((Harm::Corrupt, verdict)));
        }
        let confirmed: u32 =
            db.query_row("SELECT count(*) FROM confirmation WHERE id = ?1", [&self.act], |row| row.get(0))?;
        if confirmed != 1 {
            return Ok(Some((Harm::Lost, "what was confirmed".into())));
        }
        let operation = "SELECT state = 'done' AND receipt IS NOT NULL FROM operation WHERE idempotency_key = ?1";
        let done: Option<bool> = db.query_row(operation, [&self.key], |row| row.get(0)).optional()?;
        Ok(match done {
            // The same act again would be sent under another key.
            None if self.sent => Some((Harm::Doubled, "bytes left, and the key is gone".into())),
            None | Some(false) if self.told => Some((Harm::Lost, "the receipt".into())),
            None | Some(_) => None,
        })
    }
}
