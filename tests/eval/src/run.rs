//! The whole evaluation: measure, hold against the floors, and see that what is broken does not pass.
//!
//! Guarantees: a control that passes the floors fails the run; so does a figure that has a floor and is not measured.

use std::{error::Error, path::Path};

use crate::{
    FLOORS, LANGUAGE, QUERIES,
    conflation::{self, Gold},
    held,
    hunspell::Dictionary,
    keys::{self, Conflate},
    lexicon::Lexicon,
    our_keys, ours,
    promises::{Figures, Floors, INDEX_BUILT, INDEX_HOLDS},
    queries::{self, QuerySet},
    rival_keys,
    rivals::{Displaced, ExactWords, Fts5, NeverRefuses, Wanted},
    services::{self, Finds, Service},
    speed::{self, Typed},
    spoken::{self, Heard, Said},
    tables,
};

pub(crate) const SEED: u64 = 1;

/// Wrong characters at which the promise is made.
const LOUDEST: u32 = 26;

/// True when every floor holds and every control was seen.
pub(crate) fn all(dictionary: &Path, short: bool, record: bool) -> Result<bool, Box<dyn Error>> {
    let dictionary = Dictionary::open(dictionary, LANGUAGE)?;
    let gold = conflation::gold(&dictionary, &Lexicon::of(&dictionary), short);
    let (services, sets) = crate::catalogue()?;
    let said = spoken::said(&services, &sets[1]);
    let searcher = ours::searcher(&services);
    let fts5 = Fts5::build(&services, Wanted::AnyWord, "").map_err(needs_fts5)?;
    let exact = ExactWords::build(&services);

    for gold in &gold {
        let keys: Vec<_> = rival_keys().into_iter().chain(our_keys()).collect();
        tables::conflation(gold, &keys);
    }
    let rivals: [(&str, &dyn Finds); 2] = [("exact words", &exact), ("FTS5", &fts5)];
    let searchers = rivals.into_iter().chain(searcher.as_deref().map(|ours| ("ours", ours)));
    for (name, searcher) in searchers {
        tables::queries(name, searcher, &sets);
        if name == "ours" || !short {
            said.iter().for_each(|said| tables::spoken(name, said, &at_all_levels(searcher, said)));
        }
    }
    let ratios = speed(&services, &sets, short)?;
    let searcher = searcher.as_deref();
    let mut figures = Figures::new();
    if let Some(stem) = ours::STEM.as_ref() {
        figures.extend(of_key(&gold[0], stem));
    }
    if let Some(searcher) = searcher {
        figures.extend(of_search(searcher, &sets));
        let typed: Vec<(String, f64)> = sets.iter().map(|set| queries::typed(searcher, set)).collect();
        let of_gate = queries::GateSet::open(Path::new(QUERIES))?.figures(searcher);
        println!();
        for (name, figure) in typed.into_iter().chain(of_gate) {
            println!("{name:<20} {figure:.3}");
            figures.insert(name, figure);
        }
        figures.extend(of_speech(searcher, &said, &spoken::LEVELS));
        figures.extend(of_index(speed::CATALOGUE)?);
    }
    let mut floors = Floors::open(Path::new(FLOORS))?;
    let broken = floors.broken_by(&figures);
    if record {
        floors = floors.raised_to(&figures);
        floors.write(Path::new(FLOORS))?;
    }
    let mut controls = controls_of_keys(&gold[0], &floors);
    controls.extend(searcher.into_iter().flat_map(|ours| controls_of_search(ours, &exact, &sets, &said, &floors)));
    let larger = of_index(2 * speed::CATALOGUE)?;
    controls.push(Control::of("an index over twice the services", &floors, &larger, &[INDEX_HOLDS]));
    figures.extend(ratios.map(|ratios| ("keystroke.p50".to_owned(), ratios.p50)));
    figures.extend(ratios.map(|ratios| ("keystroke.p99".to_owned(), ratios.p99)));
    figures.extend(ratios.map(|ratios| (INDEX_BUILT.to_owned(), ratios.build.as_secs_f64() * 1_000.0)));
    tables::promises(&figures, &floors);

    println!();
    for floor in &broken {
        let measured = floor.measured.map_or("nothing".to_owned(), |figure| format!("{figure:.4}"));
        println!("{}: must be {}, measured {measured}", floor.name, floor.must_be);
        println!("test floor {} ... FAILED", floor.name);
    }
    let unseen: Vec<&Control> = controls.iter().filter(|control| !control.was_seen).collect();
    unseen.iter().for_each(|control| println!("test control {} ... FAILED", control.name));
    let failed = broken.len() + unseen.len();
    let passed = floors.len() + controls.len() - failed;
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
    Ok(failed == 0 && passed > 0)
}

/// The promise's catalogue, and in a full run the large one. Ratios are of the first.
pub(crate) fn speed(
    services: &[Service],
    sets: &[QuerySet],
    short: bool,
) -> Result<Option<speed::Ratios>, Box<dyn Error>> {
    let typed = Typed::of(sets, services);
    let mut ratios = None;
    for (count, is_large) in [(speed::CATALOGUE, false), (speed::LARGE, true)] {
        if is_large && short {
            continue;
        }
        let services = services::filled(services, count, SEED);
        let engines = speed::measure(&services, &held::over(count)?, &typed, is_large).map_err(needs_fts5)?;
        tables::speed(count, &engines);
        for (what, of) in [
            ("keys of its words", (|engine| engine.catalogue) as fn(&speed::Engine) -> speed::Times),
            ("keys of all queries", |engine| engine.everything),
            ("whole queries", |engine| engine.whole),
        ] {
            if let Some(ratio) = speed::ratios(&engines, of) {
                println!("ours / the faster FTS5, {what}: p50 {:.3}, p99 {:.3}", ratio.p50, ratio.p99);
            }
        }
        ratios = ratios.or_else(|| speed::ratios(&engines, |engine| engine.catalogue));
    }
    Ok(ratios)
}

fn needs_fts5(why: rusqlite::Error) -> String {
    format!("{why}: this SQLite was built as the phone's, without full text; `cargo xtask eval` builds another")
}

fn of_key(gold: &Gold<'_>, key: &Conflate<'_>) -> Figures {
    let score = conflation::score(gold, key);
    let figures = [("nominal.one-key", score.conflation), ("nominal.merges", score.merges)];
    figures.into_iter().map(|(name, figure)| (name.to_owned(), figure)).collect()
}

/// What the index over so many services holds.
fn of_index(services: usize) -> Result<Figures, Box<dyn Error>> {
    let bytes = held::over(services)?.get(held::INDEX).copied().ok_or("the index was not counted")?;
    Ok(Figures::from([(INDEX_HOLDS.to_owned(), bytes as f64 / 1_000_000.0)]))
}

fn of_search(searcher: &dyn Finds, sets: &[QuerySet]) -> Figures {
    sets.iter().flat_map(|set| queries::figures(searcher, set)).collect()
}

fn of_speech(searcher: &dyn Finds, said: &[Said], levels: &[u32]) -> Figures {
    let heard = |said| levels.iter().map(|level| spoken::heard(searcher, said, *level)).collect();
    spoken::figures(&said.iter().map(|said| (said, heard(said))).collect::<Vec<_>>()).into_iter().collect()
}

fn at_all_levels(searcher: &dyn Finds, said: &Said) -> Vec<Heard> {
    spoken::LEVELS.into_iter().map(|level| spoken::heard(searcher, said, level)).collect()
}

struct Control {
    name: &'static str,
    was_seen: bool,
}

impl Control {
    /// What is broken on purpose must break these floors, each by a figure.
    fn of(name: &'static str, floors: &Floors, figures: &Figures, must_break: &[&str]) -> Self {
        let broken = floors.broken_by(figures);
        let is_broken = |name: &&str| broken.iter().any(|floor| floor.name == **name && floor.measured.is_some());
        Self { name, was_seen: must_break.iter().all(is_broken) }
    }
}

fn controls_of_keys(gold: &Gold<'_>, floors: &Floors) -> Vec<Control> {
    let one_for_all = |_: &str| String::new();
    let apart = of_key(gold, &keys::exact);
    let together = of_key(gold, &one_for_all);
    vec![
        Control::of("forms apart from their lemma", floors, &apart, &["nominal.one-key"]),
        Control::of("one key for all words", floors, &together, &["nominal.merges"]),
    ]
}

fn controls_of_search(
    searcher: &dyn Finds,
    exact: &ExactWords,
    sets: &[QuerySet],
    said: &[Said],
    floors: &Floors,
) -> Vec<Control> {
    let displaced = Displaced::of(searcher, exact.len());
    let by_type = ["blind.cyrillic.first", "blind.latin.first", "blind.keyboard.first", "blind.typo.first"];
    let by_ear = ["spoken.26.one", "spoken.26.five"];
    let unrefused = of_search(&NeverRefuses(searcher), sets);
    vec![
        Control::of("others shown than were found", floors, &of_search(&displaced, sets), &by_type),
        Control::of("others shown than were heard", floors, &of_speech(&displaced, said, &[LOUDEST]), &by_ear),
        Control::of("whole words as typed, as the portal has it", floors, &of_search(exact, sets), &by_type[..2]),
        Control::of("nothing ever refused", floors, &unrefused, &["blind.offtopic.refused"]),
    ]
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::{
        queries::{BLIND, DEV, Kind, Query},
        rivals::LinearScan,
        services::unit::service,
    };

    fn services() -> Vec<Service> {
        ["Өрхийн бүртгэл", "Үнэмлэх захиалах", "Хүүхдийн мөнгө", "Жолооны эрх"]
            .map(|title| service(title, title))
            .into()
    }

    /// One query of each type: a part of a word, which a scan finds and whole words do not.
    fn set(name: &'static str) -> QuerySet {
        let query = |kind: Kind| {
            let is_real = kind != Kind::OffTopic;
            let (text, gold) = if is_real { ("үнэмл", [1].into()) } else { ("зээл", [].into()) };
            Query { id: kind.name().into(), kind, text: text.into(), gold }
        };
        QuerySet { name, queries: Kind::ALL.map(query).into() }
    }

    fn unseen(floors: impl FnOnce(&Figures) -> Floors) -> Vec<&'static str> {
        let affixes = "SET UTF-8\nFLAG long\nSFX B0 Y 1\nSFX B0 0 ийн .\n";
        let dictionary = Dictionary::read(affixes, "2\nөрх/B0\nүнэмлэх/B0\n").unwrap();
        let gold = conflation::gold(&dictionary, &Lexicon::of(&dictionary), true);
        let (sets, services) = ([set(BLIND), set(DEV)], services());
        let said = spoken::said(&services, &sets[1]);
        let scan = LinearScan::build(&services);
        let mut figures = of_key(&gold[0], &keys::naive);
        figures.extend(of_search(&scan, &sets));
        figures.extend(of_speech(&scan, &said, &[LOUDEST]));

        let exact = ExactWords::build(&services);
        let floors = floors(&figures);
        let controls = controls_of_search(&scan, &exact, &sets, &said, &floors);

        controls_of_keys(&gold[0], &floors)
            .into_iter()
            .chain(controls)
            .filter(|control| !control.was_seen)
            .map(|control| control.name)
            .collect()
    }

    #[test]
    fn what_is_broken_on_purpose_falls_below_the_floors() {
        assert_eq!(unseen(|figures| Floors::default().raised_to(figures)), <[&str; 0]>::default());
    }

    #[test]
    fn without_floors_nothing_is_seen_and_that_fails() {
        assert_eq!(unseen(|_| Floors::default()).len(), 6);
    }
}
