//! A wrong PIN: the try is on the disk, counted, before the PIN is looked at.

use std::path::PathBuf;

use super::{
    Judge, Record, cuts,
    disk::{Disk, Image},
    trace::Event,
};
use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Progress, Promise},
    campaigns::pin::{LOOKED, WRONG, with_pin},
};

const ALL: usize = 5_000;

/// The record of the keys, and of the tries.
const KEYS: &str = "keys/keys.secret";

pub struct Pin;

impl Campaign for Pin {
    fn name(&self) -> &'static str {
        "power, pin"
    }

    fn promise(&self) -> Option<Promise> {
        Some(Promise::Cuts)
    }

    fn harms(&self) -> &'static [Harm] {
        &[Harm::Corrupt, Harm::Miscounted]
    }

    fn control(&self) -> &'static str {
        "a disk that ignores syncs"
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        let lane = with_pin("quick-pin")?;
        let record = Record::of(&lane, lane.cli.data(), &["--json", "lock", "unlock", "--pin", WRONG])?;
        let [keys, looked_at] = [KEYS, LOOKED].map(|file| lane.cli.data().join(file));
        let before = record.before.get(&keys).ok_or("no record of keys")?.clone();
        let counted = std::fs::read(&keys)?;
        if before == counted {
            return Err("the try was not counted".into());
        }
        let judge = Tried { keys, looked_at, before, counted, looked: false };
        cuts(&mut [(record, judge)], sabotaged, plan, ALL, progress)
    }
}

struct Tried {
    keys: PathBuf,
    looked_at: PathBuf,
    before: Vec<u8>,
    counted: Vec<u8>,
    looked: bool,
}

impl Judge for Tried {
    fn happened(&mut self, event: &Event, _disk: &Disk) -> Result<()> {
        self.looked |= matches!(event, Event::Wrote { file, .. } if *file == self.looked_at);
        Ok(())
    }

    fn harm(&self, found: &Image) -> Result<Option<(Harm, String)>> {
        let keys = found.get(&self.keys);
        Ok(if keys == Some(&self.counted) {
            None
        } else if keys == Some(&self.before) {
            self.looked.then(|| (Harm::Miscounted, "a free try".into()))
        } else {
            Some((Harm::Corrupt, format!("a record of {:?} bytes", keys.map(Vec::len))))
        })
    }
}
