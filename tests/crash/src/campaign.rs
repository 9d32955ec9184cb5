//! A campaign: an act that is killed at each of its system calls, and what must hold afterwards.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use emongolia_core::foundation::crypto::digest::sha256;
use emongolia_support::{Failure, processes::KillPoint};

use crate::Result;

/// Calls that only wait, or ask how late it is, say nothing about what is stored or sent.
const IDLE: [&str; 6] = ["futex", "epoll_wait", "clock_gettime", "clock_nanosleep", "sched_yield", "restart_syscall"];

/// What a citizen would notice, or somebody else could use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    Lost,
    Doubled,
    /// A file that SQLite calls damaged, or a program that does not go on.
    Corrupt,
    /// Something personal outlived a sign-out.
    Readable,
    /// A try at the PIN that was not counted, or counted twice.
    Miscounted,
}

impl Harm {
    pub const ALL: [Self; 5] = [Self::Lost, Self::Doubled, Self::Corrupt, Self::Readable, Self::Miscounted];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Corrupt => "corrupt",
            Self::Readable => "readable",
            Self::Miscounted => "miscounted",
        }
    }
}

/// What is promised of several campaigns together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    Kills,
    Cuts,
    Errors,
    Schedules,
}

impl Promise {
    pub const ALL: [Self; 4] = [Self::Kills, Self::Cuts, Self::Errors, Self::Schedules];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Kills => "killed at every system call from the draft to the receipt",
            Self::Cuts => "the power cut",
            Self::Errors => "an error of the disk at every call",
            Self::Schedules => "a bad network",
        }
    }

    /// Runs in a full run, at least.
    pub const fn runs(self) -> usize {
        match self {
            Self::Kills => 10_000,
            Self::Cuts => 20_000,
            Self::Errors => 1,
            Self::Schedules => 5_000,
        }
    }
}

/// What one kill left.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    /// Acts that did not come to their end: killed, without power, or refused with an error.
    pub(crate) cut: usize,
    pub(crate) harm: Vec<(Harm, String)>,
    /// What is counted besides, and is no harm.
    pub(crate) notes: Vec<&'static str>,
}

pub trait Campaign: Sync {
    fn name(&self) -> &'static str;

    /// `None`: one of its own.
    fn promise(&self) -> Option<Promise> {
        None
    }

    /// What it looks for.
    fn harms(&self) -> &'static [Harm];

    /// What the control takes away.
    fn control(&self) -> &'static str;

    /// As planned; `sabotaged`: with the promise's ground taken away, until something is harmed.
    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally>;
}

/// Hears after each run how many are done, and of how many.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// A campaign of kills.
pub(crate) trait Kills: Sync {
    /// A sandbox and a phone of their own.
    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>>;

    /// How many runs are all, of so many points.
    fn all(&self, points: usize) -> usize {
        points
    }
}

/// One sandbox, one phone, one kill or error after the other.
pub(crate) trait Scene {
    /// Points on named files, at which the promise is decided: they come first. Files are meant from the phone's folder.
    fn decisive(&mut self) -> Result<Vec<KillPoint>> {
        Ok(Vec::new())
    }

    /// Every point that the act passes.
    fn points(&mut self) -> Result<Vec<KillPoint>>;

    fn kill(&mut self, point: &KillPoint) -> Result<Run>;

    /// What is not as promised after all of them.
    fn finish(&mut self) -> Result<Vec<(Harm, String)>> {
        Ok(Vec::new())
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// `None`: all of them. More than there are points go round.
    pub runs: Option<usize>,
    /// Orders the points.
    pub seed: u64,
    /// How many phones are killed at the same time.
    pub lanes: usize,
}

impl Plan {
    /// What every run of the tests affords.
    pub const SHORT: Self = Self { runs: Some(60), seed: 1, lanes: 1 };
}

#[derive(Debug, Default)]
pub struct Tally {
    pub runs: usize,
    pub cut: usize,
    /// What was not as promised, and the point of the kill.
    pub harm: Vec<(Harm, String)>,
    pub notes: BTreeMap<&'static str, usize>,
}

impl Tally {
    pub fn of(&self, harm: Harm) -> usize {
        self.harm.iter().filter(|(found, _)| *found == harm).count()
    }

    pub fn noted(&self, note: &str) -> usize {
        self.notes.get(note).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, place: &dyn fmt::Display, run: Run) {
        let Run { cut, harm, notes } = run;
        self.runs += 1;
        self.cut += cut;
        self.harm.extend(harm.into_iter().map(|(harm, told)| (harm, format!("{place}: {told}"))));
        for note in notes {
            *self.notes.entry(note).or_default() += 1;
        }
    }
}

/// A control has the time that it needs: which of its threads makes a call is a program's own affair.
const ROUNDS_OF_CONTROL: usize = 10;

pub(crate) fn kills(campaign: &dyn Kills, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
    let (order, next, ended) = (OnceLock::new(), AtomicUsize::new(0), AtomicBool::new(false));
    let tally = Mutex::new(Tally::default());
    let lane = || -> Result<()> {
        let mut scene = campaign.scene(sabotaged)?;
        let mine = in_order(scene.as_mut(), plan.seed)?;
        let points: &Vec<KillPoint> = order.get_or_init(|| mine); // one list for all lanes: each point once
        let all = if sabotaged { ROUNDS_OF_CONTROL * points.len() } else { campaign.all(points.len()) };
        let wanted = plan.runs.unwrap_or(all);
        while !ended.load(Ordering::Relaxed) {
            let run = next.fetch_add(1, Ordering::Relaxed);
            let Some(point) = points.get(run % points.len().max(1)).filter(|_| run < wanted) else { break };
            let found = judged(scene.kill(point))?;
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.add(point, found);
            progress(tally.runs, wanted);
            if sabotaged && !tally.harm.is_empty() {
                ended.store(true, Ordering::Relaxed);
            }
        }
        let left = scene.finish()?;
        let left = left.into_iter().map(|(harm, told)| (harm, format!("after all runs: {told}")));
        tally.lock().unwrap_or_else(PoisonError::into_inner).harm.extend(left);
        Ok(())
    };
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..plan.lanes).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().try_for_each(|lane| lane.join().unwrap_or_else(|_| Err("a lane panicked".into())))
    })?;
    Ok(tally.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What the program refuses after a kill is its harm; everything else that fails is ours.
fn judged(run: Result<Run>) -> Result<Run> {
    run.or_else(|why| match why.downcast_ref::<Failure>() {
        Some(Failure::Refused { .. } | Failure::NotEnded { .. }) => {
            let harm = vec![(Harm::Corrupt, why.to_string())];
            Ok(Run { cut: 1, harm, notes: Vec::new() })
        }
        Some(_) | None => Err(why),
    })
}

fn in_order(scene: &mut dyn Scene, seed: u64) -> Result<Vec<KillPoint>> {
    let mut all = scene.points()?;
    all.retain(|point| !IDLE.contains(&point.syscall.as_str()));
    all.sort_by_cached_key(|point| sha256(format!("{seed} {point}").as_bytes()));
    Ok(scene.decisive()?.into_iter().chain(all).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loses what is killed at the third write, when sabotaged.
    struct Fake;

    struct FakeScene {
        sabotaged: bool,
    }

    impl Kills for Fake {
        fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
            Ok(Box::new(FakeScene { sabotaged }))
        }
    }

    impl Scene for FakeScene {
        fn decisive(&mut self) -> Result<Vec<KillPoint>> {
            Ok(vec![KillPoint::on("rename", 1, "Үү")])
        }

        fn points(&mut self) -> Result<Vec<KillPoint>> {
            let point = |syscall: &str, nth| KillPoint { syscall: syscall.into(), nth, on: None };
            Ok(vec![point("futex", 1), point("write", 1), point("write", 2), point("write", 3)])
        }

        fn kill(&mut self, point: &KillPoint) -> Result<Run> {
            let lost = self.sabotaged && point.nth == 3;
            let harm = if lost { vec![(Harm::Lost, "Өргөдөл".into())] } else { Vec::new() };
            Ok(Run { cut: 1, harm, notes: vec!["seen"] })
        }
    }

    #[test]
    fn every_point_is_met_once_by_all_lanes_together_and_more_runs_go_round() {
        let all = kills(&Fake, false, Plan { runs: None, seed: 7, lanes: 3 }, &|_, _| ()).unwrap();
        let more = kills(&Fake, false, Plan { runs: Some(9), seed: 7, lanes: 2 }, &|_, _| ()).unwrap();

        assert_eq!((all.runs, all.cut, all.noted("seen"), all.harm.len()), (4, 4, 4, 0));
        assert_eq!(more.runs, 9);
    }

    #[test]
    fn the_seed_orders_what_comes_after_the_decisive_points() {
        let order = |seed| {
            let points = in_order(&mut FakeScene { sabotaged: false }, seed).unwrap();
            points.iter().map(ToString::to_string).collect::<Vec<_>>()
        };

        assert_eq!(order(1), order(1));
        assert!((2..9).any(|seed| order(seed) != order(1)));
        assert!((1..9).all(|seed| order(seed)[0] == "rename #1 on Үү"));
    }

    #[test]
    fn a_control_ends_with_the_first_harm() {
        let broken = kills(&Fake, true, Plan { runs: None, seed: 1, lanes: 1 }, &|_, _| ()).unwrap();

        assert_eq!(broken.of(Harm::Lost), 1);
        assert_eq!(broken.harm[0].1, "write #3: Өргөдөл");
    }
}
