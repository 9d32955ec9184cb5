//! An errand in acts. Each is struck, is done once more in peace, and in the end what came of them is judged: it is killed at
//! a point, or a disk fails under it, or, when the power is to fail, what it does is written down.

use std::path::Path;

use emongolia_support::processes::KillPoint;

use super::{
    handed_back::HandedBack,
    send::{Backend, Submit},
    whole::Whole,
};
use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Kills, Progress, Promise, Run, Scene, kills},
    lane::Lane,
};

/// What a citizen wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// A submit.
    Send,
    /// A submit with files, which go before it.
    WithFiles,
    /// A submit over the API of 2021.
    Published,
    /// A correction of what was handed back, and a withdrawal.
    HandedBack,
    /// A file taken into a draft, an answer, the confirmation, the submit with its files, the invoice, the receipt.
    Whole,
}

/// Does something to an act.
pub(crate) type Strike<'a> = &'a mut dyn FnMut(&Lane, &[&str]) -> Result<()>;

/// An errand, and the phone on which it can be begun again and again.
pub(crate) trait Acts {
    /// Begins anew; gives what is wrong when all acts are done.
    fn run(&mut self, strike: Strike<'_>) -> Result<Vec<(Harm, String)>>;
}

impl Errand {
    pub(crate) const HARMS: &[Harm] = &[Harm::Lost, Harm::Doubled, Harm::Corrupt];

    /// What a control takes away.
    pub(crate) const fn control(self) -> &'static str {
        self.backend().control()
    }

    pub(super) const fn backend(self) -> Backend {
        match self {
            Self::Send | Self::WithFiles | Self::HandedBack | Self::Whole => Backend::Gateway,
            Self::Published => Backend::Published,
        }
    }

    /// The call by which an act has its effect, and where the sandbox keeps that.
    fn making(self, act: &[&str]) -> (&'static str, &'static str) {
        match (self, self.backend()) {
            (Self::HandedBack, _) if act.contains(&"withdraw") => ("withdrawRequest", "request_history"),
            (Self::HandedBack, _) => ("correctRequest", "request_history"),
            (_, backend) => backend.making(),
        }
    }

    pub(crate) fn prepared(self, sabotaged: bool) -> Result<Box<dyn Acts>> {
        Ok(match self {
            Self::Send | Self::WithFiles | Self::Published => Box::new(Submit::new(self, sabotaged)?),
            Self::HandedBack => Box::new(HandedBack::new(sabotaged)?),
            Self::Whole => Box::new(Whole::new(sabotaged)?),
        })
    }
}

/// What every act of an errand meets, at the same point.
pub struct Struck {
    pub(super) name: &'static str,
    pub(super) errand: Errand,
    pub(super) by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// A kill; so often in a full run, as is promised of all of them together.
    Kills(usize),
    /// A call of the disk that fails, at each point once for each error.
    Errors,
}

impl Campaign for Struck {
    fn name(&self) -> &'static str {
        self.name
    }

    fn promise(&self) -> Option<Promise> {
        Some(match self.by {
            By::Kills(_) => Promise::Kills,
            By::Errors => Promise::Errors,
        })
    }

    fn harms(&self) -> &'static [Harm] {
        Errand::HARMS
    }

    fn control(&self) -> &'static str {
        self.errand.control()
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        kills(self, sabotaged, plan, progress)
    }
}

impl Kills for Struck {
    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
        let acts = self.errand.prepared(sabotaged)?;
        Ok(match self.by {
            By::Kills(_) => Box::new(Killing(acts, self.errand)),
            By::Errors => Box::new(Failing(acts)),
        })
    }

    fn all(&self, points: usize) -> usize {
        match self.by {
            By::Kills(all) => points.max(all),
            By::Errors => points,
        }
    }
}

struct Killing(Box<dyn Acts>, Errand);

impl Scene for Killing {
    /// Where the other side has made the request, and its answer is nowhere yet.
    fn decisive(&mut self) -> Result<Vec<KillPoint>> {
        Ok(vec![KillPoint { syscall: UNANSWERED.into(), nth: 1, on: None }])
    }

    fn points(&mut self) -> Result<Vec<KillPoint>> {
        recorded(self.0.as_mut(), |lane, act| {
            let (output, points) = lane.cli.kill_points(act)?;
            if output.success() { Ok(points) } else { Err(format!("{output:?}").into()) }
        })
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        let (mut cut, errand) = (0, self.1);
        let harm = self.0.run(&mut |lane, act| {
            let killed = if point.syscall == UNANSWERED {
                let (operation, table) = errand.making(act);
                let before = lane.count(table)?;
                lane.killed_unanswered(operation, act, || Ok(lane.count(table)? > before))?
            } else {
                lane.killed(&lane.cli, point, act)?.killed()
            };
            cut += usize::from(killed);
            Ok(())
        })?;
        Ok(Run { cut, harm, notes: Vec::new() })
    }
}

/// No system call: a point of the other side's.
const UNANSWERED: &str = "(waiting for what the request became)";

/// Where SQLite keeps an answer first.
const LOG: &str = "state/state.db-wal";

/// Which of its threads keeps an answer is a run's own affair, so more than one is looked at.
const LOOKS: usize = 3;

/// Where an answer has come and is not yet kept: from there the same act again would double. The last steps of each act
/// come first.
fn answers(acts: &mut dyn Acts) -> Result<Vec<KillPoint>> {
    let mut of_acts = Vec::new();
    for _ in 0..LOOKS {
        in_peace(acts, &mut |lane, act| {
            let (_, points) = lane.cli.kill_points_of_answers(&lane.cli.data().join(LOG), act)?;
            of_acts.push(points.into_iter().rev().map(|point| KillPoint { on: Some(LOG.into()), ..point }));
            Ok(())
        })?;
    }
    let mut all = Vec::new();
    loop {
        let next: Vec<_> = of_acts.iter_mut().filter_map(Iterator::next).collect();
        if next.is_empty() {
            return Ok(all);
        }
        add_new(&mut all, next);
    }
}

/// Of all acts, each point once; a call that one of them does not make leaves it in peace.
fn recorded(
    acts: &mut dyn Acts,
    mut of: impl FnMut(&Lane, &[&str]) -> Result<Vec<KillPoint>>,
) -> Result<Vec<KillPoint>> {
    let mut all = Vec::new();
    in_peace(acts, &mut |lane, act| {
        add_new(&mut all, of(lane, act)?);
        Ok(())
    })?;
    Ok(all)
}

fn add_new(all: &mut Vec<KillPoint>, points: Vec<KillPoint>) {
    for point in points {
        if !all.contains(&point) {
            all.push(point);
        }
    }
}

/// Nothing is done to the acts but looking on.
pub(crate) fn in_peace(acts: &mut dyn Acts, look: Strike<'_>) -> Result<()> {
    let harm = acts.run(look)?;
    if harm.is_empty() { Ok(()) } else { Err(format!("harmed when nothing was done to it: {harm:?}").into()) }
}

/// The disk is full, is broken, or writes nothing and gives no reason: in strace's words.
const ERRORS: [&str; 3] = ["error=ENOSPC", "error=EIO", NOTHING_WRITTEN];
const NOTHING_WRITTEN: &str = "retval=0";

/// Files of SQLite's, and the calls on them that change a disk.
const FILES: [&str; 5] =
    ["state/state.db", "state/state.db-wal", "state/state.db-shm", "cache/cache.db", "cache/cache.db-wal"];
const CHANGING: [&str; 5] = ["openat", WRITING, "fsync", "fdatasync", "ftruncate"];
/// Nothing written is an answer to a write alone.
const WRITING: &str = "pwrite64";

/// Failing to be done, and saying so.
pub const SAID: &str = "a typed error";

struct Failing(Box<dyn Acts>);

impl Failing {
    fn points_on(&mut self, file: &str) -> Result<Vec<KillPoint>> {
        recorded(self.0.as_mut(), |lane, act| {
            let (_, points) = lane.cli.kill_points_on(&lane.cli.data().join(file), act)?;
            let points = points.into_iter().filter(|point| CHANGING.contains(&point.syscall.as_str()));
            Ok(points.map(|point| KillPoint { on: Some(Path::new(file).to_owned()), ..point }).collect())
        })
    }
}

impl Scene for Failing {
    fn decisive(&mut self) -> Result<Vec<KillPoint>> {
        answers(self.0.as_mut())
    }

    fn points(&mut self) -> Result<Vec<KillPoint>> {
        let all = FILES.iter().map(|file| self.points_on(file)).collect::<Result<Vec<_>>>()?;
        Ok(all.concat())
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        let mut run = Run::default();
        for error in ERRORS.iter().filter(|error| **error != NOTHING_WRITTEN || point.syscall == WRITING) {
            let mut silent = Vec::new();
            let harm = self.0.run(&mut |lane, act| {
                let ended = lane.failed(error, point, act)?;
                if ended.error_kind().is_some() {
                    run.cut += 1;
                    run.notes.push(SAID);
                } else if !ended.success() {
                    silent.push((Harm::Corrupt, format!("ended without a word: {ended:?}")));
                }
                Ok(())
            })?;
            run.harm.extend(harm.into_iter().chain(silent).map(|(harm, told)| (harm, format!("{error}: {told}"))));
        }
        Ok(run)
    }
}
