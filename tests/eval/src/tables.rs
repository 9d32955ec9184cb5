//! Figures as tables on a terminal.

use std::time::Duration;

use crate::{
    conflation::{self, Gold},
    keys::Conflate,
    promises::{Figures, Floors, PROMISES},
    queries::{self, Kind, QuerySet},
    services::Finds,
    speed::{Engine, Times},
    spoken::{Heard, Said},
};

pub(crate) fn conflation(gold: &Gold<'_>, keys: &[(&str, &Conflate<'_>)]) {
    println!("\n{}: {} words, {} pairs", gold.title, gold.lexemes.len(), gold.pairs.len());
    println!(
        "{:<14}{:>10}{:>10}{:>16}{:>16}{:>10}",
        "key", "one key", "merges", "sample of 300", "with own forms", "wrong"
    );
    for (name, key) in keys {
        let score = conflation::score(gold, key);
        println!(
            "{name:<14}{:>8.1} %{:>10.3}{:>16.3}{:>16.3}{:>10.3}",
            score.conflation * 100.0,
            score.merges,
            score.merges_of_sample,
            score.merges_of_kin,
            score.wrong_merges(),
        );
    }
}

/// The sets, as many side by side as a terminal has room for.
pub(crate) fn queries(name: &str, searcher: &dyn Finds, sets: &[QuerySet]) {
    const SIDE_BY_SIDE: usize = 3;
    sets.chunks(SIDE_BY_SIDE).for_each(|sets| queries_of(name, searcher, sets));
}

fn queries_of(name: &str, searcher: &dyn Finds, sets: &[QuerySet]) {
    print!("\n{:<22}", format!("queries: {name}"));
    sets.iter().for_each(|set| print!("{:>10}{:>8}{:>8}{:>8}{:>8}", set.name, "first", "three", "MRR", "kept"));
    println!();
    let real: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| *kind != Kind::OffTopic).collect();
    let lines = Kind::ALL.iter().map(|kind| (kind.name(), std::slice::from_ref(kind)));
    let lines = lines.chain([("in its words", &Kind::OF_THE_CATALOGUE[..]), ("all but off-topic", &real)]);
    for (name, kinds) in lines.filter(|(_, kinds)| sets.iter().any(|set| set.asks(kinds))) {
        print!("{name:<22}");
        for set in sets {
            let score = queries::score(searcher, set, kinds);
            if kinds == [Kind::OffTopic] {
                print!("{:>10}{:>8}{:>8}{:>8}{:>8.3}", score.count, "", "", "", score.kept);
            } else {
                let rank = score.reciprocal_rank;
                print!("{:>10}{:>8.3}{:>8.3}{rank:>8.3}{:>8.3}", score.count, score.first, score.three, score.kept);
            }
        }
        println!();
    }
}

pub(crate) fn spoken(name: &str, said: &Said, heard: &[Heard]) {
    println!("\n{:<22}{:>10}{:>12}{:>12}", format!("said: {}, {name}", said.name), "wrong", "1-best", "5-best");
    for Heard { level, wrong_characters, one, five } in heard {
        println!(
            "{:<22}{:>8.1} %{:>12}{:>12}",
            format!("aimed at {level} %"),
            wrong_characters * 100.0,
            format!("{:.2}/{:.2}", one.first, one.three),
            format!("{:.2}/{:.2}", five.first, five.three),
        );
    }
}

pub(crate) fn speed(services: usize, engines: &[Engine]) {
    println!("\nspeed over {services} services, µs, p50/p99");
    println!(
        "{:<20}{:>16}{:>18}{:>16}{:>12}{:>12}",
        "engine", "its words' keys", "all queries' keys", "whole queries", "build, ms", "holds, KB"
    );
    for Engine { name, build, bytes, catalogue, everything, whole } in engines {
        println!(
            "{name:<20}{:>16}{:>18}{:>16}{:>12.1}{:>12}",
            times(*catalogue),
            times(*everything),
            times(*whole),
            build.as_secs_f64() * 1e3,
            bytes / 1_000,
        );
    }
}

fn times(Times { p50, p99 }: Times) -> String {
    let micros = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e6);
    format!("{}/{}", micros(p50), micros(p99))
}

/// The rows of the promises, and whether each is kept. A floor is what must hold already.
pub(crate) fn promises(figures: &Figures, floors: &Floors) {
    println!("\nLanguage and search");
    for promise in PROMISES {
        // A digit more than promises have: what is just short of one must not look like it.
        let all = |figure: &dyn Fn(&str) -> Option<f64>| {
            let figures = promise.about.iter().map(|goal| figure(goal.name));
            figures
                .map(|figure| figure.map_or("–".into(), |figure| format!("{figure:.4}")))
                .collect::<Vec<_>>()
                .join(" / ")
        };
        let is_kept = promise.about.iter().all(|goal| goal.is_met(figures));
        println!("  {}", promise.words);
        println!("      promised  {}", promise.figure);
        println!(
            "      measured  {}{}{}{}   {}",
            all(&|name| figures.get(name).copied()),
            beside("held", queries::HELD, figures, promise.about.iter().map(|goal| goal.name)),
            beside("fresh", queries::FRESH, figures, promise.about.iter().map(|goal| goal.name)),
            beside("tuned on", queries::DEV, figures, promise.about.iter().map(|goal| goal.name)),
            if is_kept { "kept" } else { "NOT YET" }
        );
        println!("      floor     {}", all(&|name| floors.of(name)));
    }
}

/// Another set's figures beside the blind one's, where it has any.
fn beside<'a>(what: &str, set: &str, figures: &Figures, names: impl Iterator<Item = &'a str>) -> String {
    let of_set = names.filter_map(|name| figures.get(&format!("{set}.{}", name.strip_prefix("blind.")?)));
    let of_set: Vec<String> = of_set.map(|figure| format!("{figure:.4}")).collect();
    if of_set.is_empty() { String::new() } else { format!("   ({what}: {})", of_set.join(" / ")) }
}
