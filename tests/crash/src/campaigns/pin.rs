//! Killed at any system call of a wrong try at the PIN: it is counted before it is looked at, and counted once.

use std::fs;

use emongolia_support::processes::{Cli, KillPoint};

use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Kills, Progress, Run, Scene, kills},
    lane::Lane,
};

/// As promised: more than there are points.
const ALL: usize = 1000;

const TRIES: u64 = 10;

const PIN: &str = "480251";
pub(crate) const WRONG: &str = "000001";

/// Grows by a byte for each look at a PIN, in the phone's folder.
pub(crate) const LOOKED: &str = "харсан";

/// A kill between the count and the look: the try is spent, and nothing was learned by it.
pub const SPENT_UNSEEN: &str = "counted, not looked at";
pub const COUNTED: &str = "counted";

pub struct Pin;

impl Campaign for Pin {
    fn name(&self) -> &'static str {
        "pin"
    }

    fn harms(&self) -> &'static [Harm] {
        &[Harm::Miscounted, Harm::Corrupt]
    }

    fn control(&self) -> &'static str {
        "counted after the look"
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        kills(self, sabotaged, plan, progress)
    }
}

impl Kills for Pin {
    fn all(&self, points: usize) -> usize {
        points.max(ALL)
    }

    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
        let lane = with_pin(if sabotaged { "quick-pin,count-late" } else { "quick-pin" })?;
        lane.keep()?;
        Ok(Box::new(Unlock { lane }))
    }
}

/// Looks at the PIN are marked.
pub(crate) fn with_pin(controls: &str) -> Result<Lane> {
    let mut lane = Lane::signed_in()?;
    let looked = lane.cli.data().join(LOOKED);
    lane.cli = lane.cli.env("EMONGOLIA_LOOKED", looked).sabotage(controls);
    lane.cli.json(["lock", "set", "--pin", PIN])?;
    Ok(lane)
}

struct Unlock {
    lane: Lane,
}

fn tries_left(cli: &Cli) -> Result<u64> {
    Ok(cli.json(["lock", "status"])?["tries_left"].as_u64().ok_or("no number of tries")?)
}

impl Scene for Unlock {
    /// Around the count and the look.
    fn decisive(&mut self) -> Result<Vec<KillPoint>> {
        Ok(vec![
            KillPoint::on("openat", 2, "keys/keys.secret"), // to read it; the first was at start
            KillPoint::on("rename", 1, "keys/keys.secret"),
            KillPoint::on("openat", 1, "keys"),
            KillPoint::on("fsync", 1, "keys"),
            KillPoint::on("openat", 1, LOOKED),
            KillPoint::on("write", 1, LOOKED),
            KillPoint::on("close", 1, LOOKED),
            KillPoint::on("close", 1, "keys/.lock"),
        ])
    }

    fn points(&mut self) -> Result<Vec<KillPoint>> {
        Ok(self.lane.cli.kill_points(["--json", "lock", "unlock", "--pin", WRONG])?.1)
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        let lane = &self.lane;
        lane.restore()?;

        let cut = lane.killed(&lane.cli, point, &["--json", "lock", "unlock", "--pin", WRONG])?;
        let counted = TRIES - tries_left(&lane.cli)?;
        let looks = fs::metadata(lane.cli.data().join(LOOKED)).map_or(0, |file| file.len());
        let refused = lane.cli.run(["--json", "lock", "unlock", "--pin", WRONG])?;
        let then = TRIES - tries_left(&lane.cli)?;

        let mut harm = Vec::new();
        if counted > 1 || then != counted + 1 {
            harm.push((Harm::Miscounted, format!("{counted} counted of one, {then} of two")));
        }
        if looks > counted {
            harm.push((Harm::Miscounted, format!("a free try: {looks} looks, {counted} counted")));
        }
        if refused.error_kind().as_deref() != Some("invalid") {
            harm.push((Harm::Corrupt, format!("{refused:?}")));
        }
        let notes = [(counted > 0, COUNTED), (counted > looks, SPENT_UNSEEN)];
        let notes = notes.into_iter().filter_map(|(seen, note)| seen.then_some(note)).collect();
        Ok(Run { cut: usize::from(cut.killed()), harm, notes })
    }
}
