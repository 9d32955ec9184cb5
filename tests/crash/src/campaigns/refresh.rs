//! Killed at any system call of a renewal: the session goes on, or says that it ended; what waits is not touched.

use emongolia_support::processes::{KillPoint, Output};

use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Kills, Progress, Run, Scene, kills},
    lane::Lane,
};

/// Longer than a process that died may hold the right to renew.
const LATER_MS: i64 = 30_000;

pub struct Refresh {
    /// Whether each refresh token is good for one use. A lost answer then costs a sign-in, which nobody can help, and
    /// nothing else.
    pub rotation: bool,
}

impl Campaign for Refresh {
    fn name(&self) -> &'static str {
        if self.rotation { "refresh, rotating" } else { "refresh" }
    }

    fn harms(&self) -> &'static [Harm] {
        &[Harm::Lost, Harm::Corrupt]
    }

    fn control(&self) -> &'static str {
        if self.rotation { "held to no sign-in at all" } else { "tokens that rotate" }
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        kills(self, sabotaged, plan, progress)
    }
}

impl Kills for Refresh {
    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
        let lane = Lane::signed_in()?;
        lane.rotation(self.rotation || sabotaged)?;
        let act = lane.confirmed("Өргөдөл үлдэнэ")?;
        let healthy = heard(&lane.cli.run(lane.authorised_call())?)?;
        let sign_ins_allowed = self.rotation && !sabotaged;
        Ok(Box::new(Renewal { lane, act, healthy, sign_ins_allowed, passed_ms: 0 }))
    }
}

struct Renewal {
    lane: Lane,
    /// Confirmed before, and to be sent after any of the kills.
    act: String,
    healthy: String,
    sign_ins_allowed: bool,
    passed_ms: i64,
}

const SIGN_IN_REQUIRED: &str = "sign_in_required";

/// The portal knows no such code, if it is asked.
fn heard(output: &Output) -> Result<String> {
    Ok(output.error_kind().ok_or_else(|| format!("no refusal: {output:?}"))?)
}

/// Turn taken, then tokens saved: with room for what else is written.
const WRITES: u32 = 12;

impl Scene for Renewal {
    /// Between the server's change and our save lies what rotation makes dear.
    fn decisive(&mut self) -> Result<Vec<KillPoint>> {
        Ok((1..=WRITES).map(|nth| KillPoint::on("pwrite64", nth, "state/state.db-wal")).collect())
    }

    fn points(&mut self) -> Result<Vec<KillPoint>> {
        self.lane.expire_tokens()?;
        let (whole, points) = self.lane.cli.kill_points(self.lane.authorised_call())?;
        let found = heard(&whole)?;
        if found == self.healthy { Ok(points) } else { Err(format!("not renewed in passing: {found}").into()) }
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        let lane = &self.lane;
        let now = lane.cli.clone().clock_offset_ms(self.passed_ms);
        let later = lane.cli.clone().clock_offset_ms(self.passed_ms + LATER_MS);
        self.passed_ms += 2 * LATER_MS;
        let call = lane.authorised_call();
        lane.expire_tokens()?;

        let cut = lane.killed(&now, point, &call.each_ref().map(String::as_str))?;
        let mut found = heard(&later.run(&call)?)?;

        let (mut harm, mut notes) = (Vec::new(), Vec::new());
        if found == SIGN_IN_REQUIRED {
            notes.push("signed in anew");
            if !self.sign_ins_allowed {
                harm.push((Harm::Lost, "the session".into()));
            }
            lane.sign_in(&later)?;
            found = heard(&later.run(&call)?)?;
        }
        if found != self.healthy {
            harm.push((Harm::Lost, format!("the way back: {found}")));
        }
        harm.extend(lane.damage()?.map(|what| (Harm::Corrupt, what)));
        Ok(Run { cut: usize::from(cut.killed()), harm, notes })
    }

    fn finish(&mut self) -> Result<Vec<(Harm, String)>> {
        let now = self.lane.cli.clone().clock_offset_ms(self.passed_ms);
        now.json(["request", "submit", &self.act])?;
        now.json(["outbox", "flush"])?;
        let requests = self.lane.count("requests")?;
        Ok(if requests == 1 { Vec::new() } else { vec![(Harm::Lost, "what was confirmed before".into())] })
    }
}
