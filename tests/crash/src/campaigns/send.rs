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
        let mut lane = Lane::signed_in()?;
        let act = lane.confirmed("Өргөдөл нэг л удаа")?;
        lane.keep()?;
        if sabotaged {
            lane.cli = lane.cli.sabotage("key-per-try");
        }
        Ok(Box::new(Submit { lane, act, runs: 0 }))
    }
}

struct Submit {
    lane: Lane,
    act: String,
    runs: usize,
}

/// Runs that take less time than an access token lasts.
const RUNS_PER_TOKEN: usize = 200;

impl Scene for Submit {
    fn points(&mut self) -> Result<Vec<KillPoint>> {
        let (output, points) = self.lane.cli.kill_points(["--json", "request", "submit", &self.act])?;
        if output.success() { Ok(points) } else { Err(format!("{output:?}").into()) }
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        let Self { lane, act, runs } = self;
        *runs += 1;
        if runs.is_multiple_of(RUNS_PER_TOKEN) {
            lane.keep_fresh()?;
        }
        lane.restore()?;
        let before = lane.count("requests")?;

        let cut = lane.killed(&lane.cli, point, &["--json", "request", "submit", act])?;
        let done = lane.cli.json(["request", "submit", act])?["standing"] == "done";
        if !done {
            lane.cli.json(["outbox", "flush"])?;
        }

        let waits = count(&lane.open("state.db")?, "operation WHERE state NOT IN ('done', 'cancelled')")?;
        let mut harm = Vec::new();
        match lane.count("requests")? - before {
            1 => {}
            0 => harm.push((Harm::Lost, "no request".into())),
            many => harm.push((Harm::Doubled, format!("{many} requests"))),
        }
        if waits > 0 {
            harm.push((Harm::Lost, format!("{waits} still wait")));
        }
        harm.extend(lane.damage()?.map(|what| (Harm::Corrupt, what)));
        Ok(Run { killed: cut.killed(), harm, notes: Vec::new() })
    }
}
