//! Killed at any system call of a submit, then the same act again: one request.

use emongolia_support::processes::KillPoint;

use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Kills, Progress, Run, Scene, kills},
    lane::{Lane, count},
};

pub struct Send;

impl Campaign for Send {
    fn name(&self) -> &'static str {
        "send"
    }

    fn harms(&self) -> &'static [Harm] {
        &[Harm::Lost, Harm::Doubled, Harm::Corrupt]
    }

    fn control(&self) -> &'static str {
        "a new key for every try"
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        kills(self, sabotaged, plan, progress)
    }
}

impl Kills for Send {
    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
        Ok(Box::new(Submit::new(sabotaged)?))
    }
}

struct Submit {
    lane: Lane,
    act: String,
    runs: usize,
}

/// Runs that take less time than an access token lasts.
const RUNS_PER_TOKEN: usize = 200;

impl Submit {
    fn new(sabotaged: bool) -> Result<Self> {
        let mut lane = Lane::signed_in()?;
        let act = lane.confirmed("Өргөдөл нэг л удаа")?;
        lane.keep()?;
        if sabotaged {
            lane.cli = lane.cli.sabotage("key-per-try");
        }
        Ok(Self { lane, act, runs: 0 })
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
        self.lane.restore()
    }

    /// The same act again, and what is wrong then.
    fn again(&self, requests_before: usize) -> Result<Vec<(Harm, String)>> {
        let lane = &self.lane;
        let done = lane.cli.json(["request", "submit", &self.act])?["standing"] == "done";
        if !done {
            lane.cli.json(["outbox", "flush"])?;
        }
        let waits = count(&lane.open("state.db")?, "operation WHERE state NOT IN ('done', 'cancelled')")?;
        let mut harm = Vec::new();
        match lane.count("requests")? - requests_before {
            1 => {}
            0 => harm.push((Harm::Lost, "no request".into())),
            many => harm.push((Harm::Doubled, format!("{many} requests"))),
        }
        if waits > 0 {
            harm.push((Harm::Lost, format!("{waits} still wait")));
        }
        harm.extend(lane.damage()?.map(|what| (Harm::Corrupt, what)));
        Ok(harm)
    }
}

impl Scene for Submit {
    fn points(&mut self) -> Result<Vec<KillPoint>> {
        let (output, points) = self.lane.cli.kill_points(self.act())?;
        if output.success() { Ok(points) } else { Err(format!("{output:?}").into()) }
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        self.restore()?;
        let before = self.lane.count("requests")?;

        let cut = self.lane.killed(&self.lane.cli, point, &self.act())?;

        Ok(Run { cut: cut.killed(), harm: self.again(before)?, notes: Vec::new() })
    }
}

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
        Send.harms()
    }

    fn control(&self) -> &'static str {
        Send.control()
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        kills(self, sabotaged, plan, progress)
    }
}

impl Kills for Errors {
    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
        Ok(Box::new(Failing { submit: Submit::new(sabotaged)?, error: self.error }))
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
        let before = self.submit.lane.count("requests")?;

        let ended = self.submit.lane.failed(self.error, point, &self.submit.act())?;

        let mut harm = self.submit.again(before)?;
        let said = ended.error_kind().is_some();
        if !ended.success() && !said {
            harm.push((Harm::Corrupt, format!("ended without a word: {ended:?}")));
        }
        Ok(Run { cut: said, harm, notes: said.then_some(SAID).into_iter().collect() })
    }
}
