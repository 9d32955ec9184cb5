//! The power fails at any moment of an act: what was promised before is on the disk.
//!
//! The act runs once, for good, under strace; from its record each moment is played again on a disk that keeps what was
//! synced and any part of the rest. No line of what ships is changed for it, and files of keys are judged as SQLite's are.

mod disk;
mod history;
mod pin;
mod trace;

use std::path::{Path, PathBuf};

use self::{
    disk::{Disk, Image, Loss, image_of},
    trace::Event,
};
use crate::{
    Plan, Result, Tally,
    campaign::{Harm, Progress, Run},
    lane::Lane,
};

pub use self::{
    history::{ERRAND, PUBLISHED, SEND},
    pin::Pin,
};

/// What must be found after any cut of an act.
trait Judge {
    /// Takes note of what happened up to the cut; `disk`: with it.
    fn happened(&mut self, event: &Event, disk: &Disk) -> Result<()>;

    fn harm(&self, found: &Image) -> Result<Option<(Harm, String)>>;
}

/// An act, and what it did to the files of one folder.
struct Record {
    before: Image,
    events: Vec<Event>,
}

impl Record {
    /// Runs the act for good, on the phone as it is.
    fn of(lane: &Lane, folder: &Path, act: &[&str]) -> Result<Self> {
        let before = image_of(folder)?;
        let options = ["-y", "-xx", "-s", "16777216", "-e", trace::CALLS];
        let (_, record) = lane.cli.record(&options, act)?;
        let mut events = trace::events(&record)?;
        events.retain(|event| event.files().all(|file| file.starts_with(folder)));
        Ok(Self { before, events })
    }
}

impl Event {
    fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let (one, other) = match self {
            Self::Named(file) | Self::Wrote { file, .. } | Self::Cut { file, .. } => (Some(file), None),
            Self::Synced(file) | Self::Removed(file) => (Some(file), None),
            Self::Linked { from, to } | Self::Renamed { from, to } => (Some(from), Some(to)),
            Self::Sent | Self::Told => (None, None),
        };
        one.into_iter().chain(other)
    }
}

/// Cuts at each moment, where any loss will do.
const OF_CONTROL: usize = 8;

/// As many cuts at each moment of all acts as make up the number that is wanted.
fn cuts(
    acts: &mut [(Record, impl Judge)],
    sabotaged: bool,
    plan: Plan,
    all: usize,
    progress: Progress<'_>,
) -> Result<Tally> {
    let moments: usize = acts.iter().map(|(record, _)| record.events.len()).sum();
    let each = plan.runs.unwrap_or(all).div_ceil(moments.max(1));
    let each = if sabotaged { OF_CONTROL } else { each };
    let mut tally = Tally::default();
    for (act, (record, judge)) in (1..).zip(acts) {
        let mut disk = Disk::new(record.before.clone(), !sabotaged);
        for (moment, event) in record.events.iter().enumerate() {
            disk.apply(event);
            judge.happened(event, &disk)?;
            for cut in 0..each {
                let found = disk.after_loss(&mut Loss::of(plan.seed, moment, cut));
                let harm = judge.harm(&found)?;
                let place = format!("act {act}, cut {cut} after call {moment}, {}", event.name());
                tally.add(&place, Run { cut: 1, harm: harm.into_iter().collect(), notes: Vec::new() });
                progress(tally.runs, each * moments);
                if sabotaged && !tally.harm.is_empty() {
                    return Ok(tally);
                }
            }
        }
    }
    Ok(tally)
}

impl Event {
    const fn name(&self) -> &'static str {
        match self {
            Self::Named(_) => "naming",
            Self::Wrote { .. } => "writing",
            Self::Cut { .. } => "cutting short",
            Self::Synced(_) => "syncing",
            Self::Linked { .. } => "linking",
            Self::Renamed { .. } => "renaming",
            Self::Removed(_) => "removing",
            Self::Sent => "sending",
            Self::Told => "telling",
        }
    }
}
