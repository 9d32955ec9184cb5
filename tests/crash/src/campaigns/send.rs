//! Killed at any system call of a submit, then the same act again: one request. On both back ends.

use std::time::Duration;

use emongolia_support::processes::KillPoint;

use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Kills, Progress, Run, Scene, kills},
    lane::{Lane, count},
};

/// Where requests go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Under a key.
    Gateway,
    /// In two calls without one, and read back.
    Published,
}

impl Backend {
    /// What a control takes away.
    pub(crate) const fn control(self) -> &'static str {
        match self {
            Self::Gateway => "a new key for every try",
            Self::Published => "nothing is read back",
        }
    }
}

pub struct Send {
    pub backend: Backend,
    /// With files, which go before it.
    pub files: bool,
}

/// As promised of all acts together, in a full run.
const ALL: usize = 3_000;

/// Longer than an unanswered `create` can still land.
const WINDOW: Duration = Duration::from_secs(121);

impl Campaign for Send {
    fn name(&self) -> &'static str {
        match (self.backend, self.files) {
            (Backend::Gateway, false) => "send",
            (Backend::Gateway, true) => "send, files",
            (Backend::Published, _) => "send, published",
        }
    }

    fn harms(&self) -> &'static [Harm] {
        &[Harm::Lost, Harm::Doubled, Harm::Corrupt]
    }

    fn control(&self) -> &'static str {
        self.backend.control()
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        kills(self, sabotaged, plan, progress)
    }
}

impl Kills for Send {
    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
        Ok(Box::new(Submit::new(self, sabotaged)?))
    }

    fn all(&self, points: usize) -> usize {
        points.max(ALL)
    }
}

pub(super) struct Submit {
    pub(super) lane: Lane,
    backend: Backend,
    files: bool,
    act: String,
    runs: usize,
}

/// Runs that take less time than an access token lasts.
const RUNS_PER_TOKEN: usize = 200;

impl Submit {
    fn new(&Send { backend, files }: &Send, sabotaged: bool) -> Result<Self> {
        let lane = Lane::signed_in()?;
        if backend == Backend::Published {
            lane.cli.json(["--backend", "published-2021", "request", "list"])?;
        }
        let act =
            if files { lane.confirmed_with_files() } else { lane.confirmed("Өргөдөл нэг л удаа") }?;
        Self::kept(lane, (backend, files), act, sabotaged)
    }

    /// Of that service, at the gateway.
    pub(super) fn of(service: &str, sabotaged: bool) -> Result<Self> {
        let lane = Lane::signed_in()?;
        let act = lane.confirmed_of(service, "Өргөдөл, Үүр")?;
        Self::kept(lane, (Backend::Gateway, false), act, sabotaged)
    }

    fn kept(mut lane: Lane, (backend, files): (Backend, bool), act: String, sabotaged: bool) -> Result<Self> {
        lane.keep()?;
        if sabotaged {
            lane.cli = lane.cli.sabotage(match backend {
                Backend::Gateway => "key-per-try",
                Backend::Published => "no-read-back",
            });
        }
        Ok(Self { lane, backend, files, act, runs: 0 })
    }

    /// What was made there, and what was submitted: one and the same at the gateway.
    fn there(&self) -> Result<[usize; 2]> {
        let submitted = self.lane.count("requests")?;
        Ok(match self.backend {
            Backend::Gateway => [submitted; 2],
            Backend::Published => [self.lane.count("legacy_requests")?, submitted],
        })
    }

    fn act(&self) -> [&str; 4] {
        ["--json", "request", "submit", &self.act]
    }

    /// The phone as it was kept, with tokens that last.
    fn restore(&mut self) -> Result<()> {
        self.runs += 1;
        if self.runs.is_multiple_of(RUNS_PER_TOKEN) {
            self.lane.keep_fresh()?;
        }
        if self.files {
            // They have their ids on the kept phone: what came of them in the run before is not there.
            self.lane.amend("DELETE FROM request_files")?;
            self.lane.amend("DELETE FROM uploads")?;
        }
        self.lane.restore()
    }

    /// The same act again, and what is wrong then.
    fn again(&self, before: [usize; 2]) -> Result<Vec<(Harm, String)>> {
        let lane = &self.lane;
        let done = lane.cli.json(["request", "submit", &self.act])?["standing"] == "done";
        if !done {
            lane.cli.json(["outbox", "flush"])?;
        }
        let mut waits = self.waits()?;
        if waits > 0 && self.backend == Backend::Published {
            lane.pass(WINDOW)?; // it may still land, and nothing is made anew before
            lane.cli.json(["outbox", "flush"])?;
            waits = self.waits()?;
        }
        let mut harm = Vec::new();
        for (what, (now, before)) in ["made", "submitted"].into_iter().zip(self.there()?.into_iter().zip(before)) {
            match now - before {
                1 => {}
                0 => harm.push((Harm::Lost, format!("no request {what}"))),
                many => harm.push((Harm::Doubled, format!("{many} requests {what}"))),
            }
        }
        if self.files && self.lane.count("request_files")? != self.lane.count("uploads WHERE complete = 1")? {
            harm.push((Harm::Lost, "not every file is there".into()));
        }
        if waits > 0 {
            harm.push((Harm::Lost, format!("{waits} still wait")));
        }
        harm.extend(lane.damage()?.map(|what| (Harm::Corrupt, what)));
        Ok(harm)
    }

    fn waits(&self) -> Result<usize> {
        Ok(count(&self.lane.open("state.db")?, "operation WHERE state NOT IN ('done', 'cancelled')")?)
    }
}

/// Writes to the log of `state.db` in a submit, and more: between two of them the answer has come and is not yet kept.
const WRITES: u32 = 24;

impl Scene for Submit {
    fn decisive(&self) -> Vec<KillPoint> {
        (1..=WRITES).map(|nth| KillPoint::on("pwrite64", nth, "state/state.db-wal")).collect()
    }

    fn points(&mut self) -> Result<Vec<KillPoint>> {
        let (output, points) = self.lane.cli.kill_points(self.act())?;
        if output.success() { Ok(points) } else { Err(format!("{output:?}").into()) }
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        self.restore()?;
        let before = self.there()?;

        let cut = self.lane.killed(&self.lane.cli, point, &self.act())?;

        Ok(Run { cut: cut.killed(), harm: self.again(before)?, notes: Vec::new() })
    }
}

pub const SEND: Send = Send { backend: Backend::Gateway, files: false };
pub const WITH_FILES: Send = Send { backend: Backend::Gateway, files: true };
pub const PUBLISHED: Send = Send { backend: Backend::Published, files: false };

/// A call of the disk fails instead: full, broken, or nothing written and no reason given.
pub struct Errors {
    pub name: &'static str,
    /// In strace's words.
    pub error: &'static str,
}

/// Files of SQLite's, and the calls on them that change a disk.
const FILES: [&str; 5] =
    ["state/state.db", "state/state.db-wal", "state/state.db-shm", "cache/cache.db", "cache/cache.db-wal"];
const CHANGING: [&str; 5] = ["openat", "pwrite64", "fsync", "fdatasync", "ftruncate"];

/// Failing to be done, and saying so.
pub const SAID: &str = "a typed error";

impl Campaign for Errors {
    fn name(&self) -> &'static str {
        self.name
    }

    fn harms(&self) -> &'static [Harm] {
        SEND.harms()
    }

    fn control(&self) -> &'static str {
        SEND.control()
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        kills(self, sabotaged, plan, progress)
    }
}

impl Kills for Errors {
    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
        Ok(Box::new(Failing { submit: Submit::new(&SEND, sabotaged)?, error: self.error }))
    }
}

struct Failing {
    submit: Submit,
    error: &'static str,
}

impl Scene for Failing {
    fn points(&mut self) -> Result<Vec<KillPoint>> {
        let mut all = Vec::new();
        for file in FILES {
            self.submit.restore()?;
            let lane = &self.submit.lane;
            let (_, points) = lane.cli.kill_points_on(&lane.cli.data().join(file), self.submit.act())?;
            // Nothing written is an answer to a write alone.
            let fails =
                |call: &str| if self.error == "retval=0" { call == "pwrite64" } else { CHANGING.contains(&call) };
            let points = points.into_iter().filter(|point| fails(&point.syscall));
            all.extend(points.map(|point| KillPoint { on: Some(file.into()), ..point }));
        }
        Ok(all)
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        self.submit.restore()?;
        let before = self.submit.there()?;

        let ended = self.submit.lane.failed(self.error, point, &self.submit.act())?;

        let mut harm = self.submit.again(before)?;
        let said = ended.error_kind().is_some();
        if !ended.success() && !said {
            harm.push((Harm::Corrupt, format!("ended without a word: {ended:?}")));
        }
        Ok(Run { cut: said, harm, notes: said.then_some(SAID).into_iter().collect() })
    }
}
