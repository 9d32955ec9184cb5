//! How long a search takes, beside others in the same process, the same keystrokes and the same services.
//!
//! Guarantees: times are told and never judged; the rival is measured at its best, built for speed.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::{
    held::Held,
    ours,
    queries::{Kind, QuerySet, keystrokes},
    random::Random,
    rivals::{Fts5, LinearScan, Wanted},
    services::{Finds, Service, words},
};

/// Hits that a screen shows.
const TOP: usize = 20;

/// Titles that are typed too, drawn by chance.
const TITLES: usize = 100;

const SEED: u64 = 1;

/// The catalogue in 2025: what the promise is about. And more than any catalogue will have.
pub(crate) const CATALOGUE: usize = 1_233;
pub(crate) const LARGE: usize = 100_000;

/// Of what is typed into the large catalogue, one in so many is measured: its slowest answers take a tenth of a second.
const ONE_IN: usize = 20;

/// How often everything is typed, into the small one and into the large one; the engines take turns. The fastest time of
/// an input counts: the others are those of whoever else wanted the machine.
const ROUNDS: usize = 7;
const ROUNDS_IN_LARGE: usize = 3;

/// One engine's figures for one list of inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) name: &'static str,
    pub(crate) build: Duration,
    /// What its index holds. Of the heap, and of SQLite's pages, which lie outside of it.
    pub(crate) bytes: u64,
    /// Keystrokes of queries in the catalogue's words; of all queries; whole queries.
    pub(crate) catalogue: Times,
    pub(crate) everything: Times,
    pub(crate) whole: Times,
}

/// The faster of FTS5's ways over ours, for one keystroke, and what building ours took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratios {
    pub(crate) build: Duration,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

struct Built {
    name: &'static str,
    finds: Box<dyn Finds>,
    build: Duration,
    bytes: u64,
}

pub(crate) const OURS: &str = "ours";
pub(crate) const LINEAR_SCAN: &str = "linear scan";
const FTS5: [&str; 2] = ["FTS5", "FTS5, prefix index"];

/// What is typed, letter by letter, and whole.
pub(crate) struct Typed {
    catalogue: Vec<String>,
    everything: Vec<String>,
    whole: Vec<String>,
}

impl Typed {
    pub(crate) fn of(sets: &[QuerySet], services: &[Service]) -> Self {
        let queries = || sets.iter().flat_map(|set| &set.queries);
        let mut in_its_words: Vec<String> = queries()
            .filter(|query| Kind::OF_THE_CATALOGUE.contains(&query.kind))
            .map(|query| query.text.clone())
            .collect();
        let titles = Random::new(SEED).sample(services.len(), TITLES);
        in_its_words.extend(titles.iter().map(|title| words(&services[*title].title_mn).join(" ")));
        let all: Vec<String> = queries().map(|query| query.text.clone()).collect();
        Self { catalogue: keys(&in_its_words), everything: keys(&all), whole: all }
    }

    fn thinned(&self, one_in: usize) -> Self {
        let thin = |texts: &[String]| texts.iter().step_by(one_in).cloned().collect();
        Self { catalogue: thin(&self.catalogue), everything: thin(&self.everything), whole: self.whole.clone() }
    }
}

/// Types into ours alone what is typed in the catalogue's words, and tells how many keys that were.
pub(crate) fn type_alone(services: &[Service], typed: &Typed, rounds: usize) -> usize {
    let Some(ours) = ours::searcher(services) else { return 0 };
    for key in std::iter::repeat_n(&typed.catalogue, rounds).flatten() {
        black_box(ours.find(black_box(key), TOP));
    }
    rounds * typed.catalogue.len()
}

fn keys(queries: &[String]) -> Vec<String> {
    queries.iter().flat_map(|query| keystrokes(query)).map(str::to_owned).collect()
}

/// All engines over these services, `large` thinned out.
pub(crate) fn measure(services: &[Service], held: &Held, typed: &Typed, large: bool) -> rusqlite::Result<Vec<Engine>> {
    let built = build(services, held)?;
    let (typed, rounds) = if large { (typed.thinned(ONE_IN), ROUNDS_IN_LARGE) } else { (typed.thinned(1), ROUNDS) };
    let mut catalogue = measured(&built, &typed.catalogue, rounds).into_iter();
    let mut everything = measured(&built, &typed.everything, rounds).into_iter();
    let mut whole = measured(&built, &typed.whole, rounds).into_iter();
    let times = |each: &mut std::vec::IntoIter<Times>| each.next().unwrap_or(Times::NONE);
    Ok(built
        .into_iter()
        .map(|Built { name, build, bytes, .. }| Engine {
            name,
            build,
            bytes,
            catalogue: times(&mut catalogue),
            everything: times(&mut everything),
            whole: times(&mut whole),
        })
        .collect())
}

fn build(services: &[Service], held: &Held) -> rusqlite::Result<Vec<Built>> {
    let held = |name: &str| held.get(name).copied().unwrap_or_default();
    let mut built = Vec::new();
    let started = now();
    if let Some(finds) = ours::searcher(services) {
        built.push(Built { name: OURS, finds, build: started.elapsed(), bytes: held(OURS) });
    }
    for (name, prefixes) in FTS5.into_iter().zip(["", "1 2 3"]) {
        let started = now();
        let fts5 = Fts5::build(services, Wanted::EveryWord, prefixes)?;
        let (build, bytes) = (started.elapsed(), fts5.bytes()?);
        built.push(Built { name, finds: Box::new(fts5), build, bytes });
    }
    let started = now();
    let scan = Box::new(LinearScan::build(services));
    built.push(Built { name: LINEAR_SCAN, finds: scan, build: started.elapsed(), bytes: held(LINEAR_SCAN) });
    Ok(built)
}

fn measured(engines: &[Built], inputs: &[String], rounds: usize) -> Vec<Times> {
    let mut fastest = vec![vec![Duration::MAX; inputs.len()]; engines.len()];
    for _ in 0..rounds {
        for (engine, fastest) in engines.iter().zip(&mut fastest) {
            for (input, fastest) in inputs.iter().zip(fastest) {
                let started = now();
                black_box(engine.finds.find(black_box(input), TOP));
                *fastest = started.elapsed().min(*fastest);
            }
        }
    }
    fastest.into_iter().map(Times::of).collect()
}

impl Times {
    const NONE: Self = Self { p50: Duration::ZERO, p99: Duration::ZERO };

    fn of(mut taken: Vec<Duration>) -> Self {
        taken.sort_unstable();
        let at = |percent: usize| taken.get(taken.len() * percent / 100).copied().unwrap_or_default();
        Self { p50: at(50), p99: at(99) }
    }
}

/// Ours over the faster of FTS5's ways; `None` while one of them is missing.
pub(crate) fn ratios(engines: &[Engine], of: impl Fn(&Engine) -> Times) -> Option<Ratios> {
    let ours = engines.iter().find(|engine| engine.name == OURS)?;
    let (ours, build) = (of(ours), ours.build);
    let rivals: Vec<Times> = engines.iter().filter(|engine| FTS5.contains(&engine.name)).map(of).collect();
    let ratio = |ours: Duration, best: Option<Duration>| Some(ours.as_secs_f64() / best?.as_secs_f64());
    Some(Ratios {
        build,
        p50: ratio(ours.p50, rivals.iter().map(|times| times.p50).min())?,
        p99: ratio(ours.p99, rivals.iter().map(|times| times.p99).min())?,
    })
}

#[expect(clippy::disallowed_methods, reason = "how long a search takes is the machine's own time")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let times = Times::of((1..=200).rev().map(Duration::from_micros).collect());

        assert_eq!((times.p50, times.p99), (Duration::from_micros(101), Duration::from_micros(199)));
        assert_eq!(Times::of(Vec::new()).p99, Duration::ZERO);
    }

    #[test]
    fn ours_is_held_against_the_faster_of_the_rivals() {
        let engine = |name, p50, p99| {
            let times = Times { p50: Duration::from_micros(p50), p99: Duration::from_micros(p99) };
            Engine { name, build: Duration::ZERO, bytes: 0, catalogue: times, everything: times, whole: times }
        };
        let engines = [engine(OURS, 4, 10), engine(FTS5[0], 40, 100), engine(FTS5[1], 80, 50), engine("scan", 1, 1)];

        let ratios = ratios(&engines, |engine| engine.catalogue).unwrap();

        assert!((ratios.p50 - 0.1).abs() < 1e-9 && (ratios.p99 - 0.2).abs() < 1e-9, "{ratios:?}");
        assert!(super::ratios(&engines[1..], |engine| engine.catalogue).is_none());
    }
}
