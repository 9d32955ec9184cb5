//! A submit, and the same act again: one request. On both back ends.

use std::time::Duration;

use emongolia_core::foundation::clock::{Clock as _, SystemClock, Timestamp};

use super::acts::{Acts, Errand, Strike};
use crate::{
    Result,
    campaign::Harm,
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

    /// The call that makes a request, and where the sandbox keeps what was made.
    pub(super) const fn making(self) -> (&'static str, &'static str) {
        match self {
            Self::Gateway => ("createRequest", "requests"),
            Self::Published => ("publishedCreate", "legacy_requests"),
        }
    }
}

/// Longer than an unanswered `create` can still land.
const WINDOW: Duration = Duration::from_secs(121);

/// What is submitted in the end of an errand, and for most of them is all of it.
pub(super) struct Submit {
    pub(super) lane: Lane,
    /// What the citizen confirmed.
    pub(super) confirmed: String,
    errand: Errand,
    proven_at: Timestamp,
}

/// With a run to come, less than an access token and a proof of who somebody is last.
const PROOF_LASTS: Duration = Duration::from_secs(120);

impl Submit {
    pub(super) fn new(errand: Errand, sabotaged: bool) -> Result<Self> {
        Self::prepared(errand, sabotaged, |lane| match errand {
            Errand::WithFiles => lane.confirmed_with_files(),
            Errand::Send | Errand::Published | Errand::HandedBack | Errand::Whole => {
                lane.confirmed("Өргөдөл нэг л удаа")
            }
        })
    }

    /// Each run finds the phone as `prepare` left it, which gives what to submit.
    pub(super) fn prepared(
        errand: Errand,
        sabotaged: bool,
        prepare: impl FnOnce(&Lane) -> Result<String>,
    ) -> Result<Self> {
        let mut lane = Lane::signed_in()?;
        if errand.backend() == Backend::Published {
            lane.cli.json(["--backend", "published-2021", "request", "list"])?;
        }
        let confirmed = prepare(&lane)?;
        lane.keep()?;
        if sabotaged {
            lane.cli = lane.cli.sabotage(match errand.backend() {
                Backend::Gateway => "key-per-try",
                Backend::Published => "no-read-back",
            });
        }
        Ok(Self { lane, confirmed, errand, proven_at: SystemClock.now() })
    }

    /// What was made there, and what was submitted: one and the same at the gateway.
    fn there(&self) -> Result<[usize; 2]> {
        let submitted = self.lane.count("requests")?;
        Ok(match self.errand.backend() {
            Backend::Gateway => [submitted; 2],
            Backend::Published => [self.lane.count("legacy_requests")?, submitted],
        })
    }

    /// The submit, and the same again: one request.
    pub(super) fn sent(&mut self, strike: Strike<'_>) -> Result<Vec<(Harm, String)>> {
        let before = self.there()?;
        strike(&self.lane, &["--json", "request", "submit", &self.confirmed])?;
        self.again(before)
    }

    /// The phone as it was kept, with a session that lasts.
    pub(super) fn restore(&mut self) -> Result<()> {
        let now = SystemClock.now();
        if now.since(self.proven_at) > PROOF_LASTS {
            self.lane.keep_fresh()?;
            self.proven_at = now;
        }
        if self.has_files() {
            // They have their ids on the kept phone: what came of them in the run before is not there.
            self.lane.amend("DELETE FROM request_files")?;
            self.lane.amend("DELETE FROM uploads")?;
        }
        self.lane.restore()
    }

    /// The same act again, and what is wrong then.
    fn again(&mut self, before: [usize; 2]) -> Result<Vec<(Harm, String)>> {
        let lane = &self.lane;
        let done = lane.cli.json(["request", "submit", &self.confirmed])?["standing"] == "done";
        if !done {
            lane.cli.json(["outbox", "flush"])?;
        }
        let mut waits = self.waits()?;
        if waits > 0 && self.errand.backend() == Backend::Published {
            lane.pass(WINDOW)?; // it may still land, and nothing is made anew before
            self.proven_at = self.proven_at.saturating_sub(WINDOW);
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
        if self.has_files() && self.lane.count("request_files")? != self.lane.count("uploads WHERE complete = 1")? {
            harm.push((Harm::Lost, "not every file is there".into()));
        }
        if waits > 0 {
            harm.push((Harm::Lost, format!("{waits} still wait")));
        }
        harm.extend(lane.damage()?.map(|what| (Harm::Corrupt, what)));
        Ok(harm)
    }

    const fn has_files(&self) -> bool {
        matches!(self.errand, Errand::WithFiles | Errand::Whole)
    }

    pub(super) fn waits(&self) -> Result<usize> {
        Ok(count(&self.lane.open("state.db")?, "operation WHERE state NOT IN ('done', 'cancelled')")?)
    }
}

impl Acts for Submit {
    fn run(&mut self, strike: Strike<'_>) -> Result<Vec<(Harm, String)>> {
        self.restore()?;
        self.sent(strike)
    }
}
