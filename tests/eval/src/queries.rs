//! What citizens ask, and what is right: three sets to tune on and two that nobody tunes on.
//!
//! Guarantees: a gold that names no service fails, and so does a type that is not known; a refused query that has an
//! answer counts as wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::Path,
};

use thiserror::Error;

use crate::services::{Finds, Service};

/// As far as a rank is looked for; beyond it a hit is none.
const TOP: usize = 10;

const HEAD: &str = "id\ttype\tquery\tgold";

/// What the catalogue serves nothing for.
const NO_GOLD: &str = "-";

#[derive(Debug, Error)]
pub(crate) enum NoQueries {
    #[error("{path}: {why}")]
    Absent { path: String, why: io::Error },
    #[error("line {line} of the queries: {wanted}, found `{found}`")]
    Line { line: usize, wanted: &'static str, found: String },
}

/// As README.md of the queries tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Inflected,
    Abbreviation,
    Paraphrase,
    Latin,
    Keyboard,
    Typo,
    Misheard,
    Russian,
    English,
    OffTopic,
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Inflected,
        Self::Abbreviation,
        Self::Paraphrase,
        Self::Latin,
        Self::Keyboard,
        Self::Typo,
        Self::Misheard,
        Self::Russian,
        Self::English,
        Self::OffTopic,
    ];

    /// The promise speaks of queries in the catalogue's own words. A paraphrase has none of them, and is told apart.
    pub(crate) const OF_THE_CATALOGUE: [Self; 2] = [Self::Inflected, Self::Abbreviation];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Inflected => "inflected",
            Self::Abbreviation => "abbreviation",
            Self::Paraphrase => "paraphrase",
            Self::Latin => "latin",
            Self::Keyboard => "keyboard",
            Self::Typo => "typo",
            Self::Misheard => "misheard",
            Self::Russian => "russian",
            Self::English => "english",
            Self::OffTopic => "offtopic",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// Places in the list of services; each is a right first hit.
    pub(crate) gold: BTreeSet<usize>,
}

/// One of the sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QuerySet {
    pub(crate) name: &'static str,
    pub(crate) queries: Vec<Query>,
}

pub(crate) const BLIND: &str = "blind";
pub(crate) const DEV: &str = "dev";
pub(crate) const PRACTICE: &str = "practice";
pub(crate) const LATIN: &str = "latin";
pub(crate) const HELD: &str = "held";
pub(crate) const FRESH: &str = "fresh";

impl QuerySet {
    pub(crate) fn open(folder: &Path, name: &'static str, services: &[Service]) -> Result<Self, NoQueries> {
        let path = folder.join(format!("{name}.tsv"));
        let text =
            fs::read_to_string(&path).map_err(|why| NoQueries::Absent { path: path.display().to_string(), why })?;
        Ok(Self { name, queries: read(&text, services)? })
    }

    /// Whether it has queries of these kinds.
    pub(crate) fn asks(&self, kinds: &[Kind]) -> bool {
        self.queries.iter().any(|query| kinds.contains(&query.kind))
    }
}

fn read(text: &str, services: &[Service]) -> Result<Vec<Query>, NoQueries> {
    let places: BTreeMap<&str, usize> =
        services.iter().enumerate().map(|(place, service)| (service.id.as_str(), place)).collect();
    let mut ids = BTreeSet::new();
    let mut queries = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = |wanted| NoQueries::Line { line: number + 1, wanted, found: line.to_owned() };
        if number == 0 {
            if line != HEAD {
                return Err(wrong("the head `id type query gold`"));
            }
            continue;
        }
        let [id, kind, text, gold] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(wrong("four fields parted by tabs"));
        };
        let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(|| wrong("a known type"))?;
        let gold: BTreeSet<usize> = match gold {
            NO_GOLD => BTreeSet::new(),
            gold => {
                let places = gold.split(',').map(|id| places.get(id.trim()).copied());
                places.collect::<Option<_>>().ok_or_else(|| wrong("ids of services"))?
            }
        };
        if gold.is_empty() != (kind == Kind::OffTopic) {
            return Err(wrong("a gold, and `-` where the query is off-topic alone"));
        }
        if !ids.insert(id) {
            return Err(wrong("an id that no other query has"));
        }
        queries.push(Query { id: id.to_owned(), kind, text: text.to_owned(), gold });
    }
    if queries.is_empty() {
        Err(NoQueries::Line { line: 2, wanted: "a query", found: String::new() })
    } else {
        Ok(queries)
    }
}

/// How a search did on queries that have an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Score {
    pub(crate) count: usize,
    pub(crate) first: f64,
    pub(crate) three: f64,
    /// Mean of one by the rank of the first right hit.
    pub(crate) reciprocal_rank: f64,
    pub(crate) kept: f64,
}

impl Score {
    /// Of ranks of first right hits, and of whether anything was shown.
    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let share = |counted: f64| if outcomes.is_empty() { 0.0 } else { counted / outcomes.len() as f64 };
        let within = |rank: usize| outcomes.iter().filter(|outcome| outcome.rank.is_some_and(|at| at < rank)).count();
        let ranks = outcomes.iter().filter_map(|outcome| outcome.rank);
        let reciprocal = ranks.fold(0.0, |sum, rank| sum + 1.0 / (rank + 1) as f64);
        Self {
            count: outcomes.len(),
            first: share(within(1) as f64),
            three: share(within(3) as f64),
            reciprocal_rank: share(reciprocal),
            kept: share(outcomes.iter().filter(|outcome| !outcome.refused).count() as f64),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// From 0.
    pub(crate) rank: Option<usize>,
    pub(crate) refused: bool,
}

pub(crate) fn outcome(found: Option<&[usize]>, gold: &BTreeSet<usize>) -> Outcome {
    let rank = found.and_then(|found| found.iter().position(|service| gold.contains(service)));
    Outcome { rank, refused: found.is_none() }
}

fn asked(searcher: &dyn Finds, query: &Query) -> Outcome {
    outcome(searcher.find(&query.text, TOP).as_deref(), &query.gold)
}

/// Over the queries of these kinds.
pub(crate) fn score(searcher: &dyn Finds, set: &QuerySet, kinds: &[Kind]) -> Score {
    let queries = set.queries.iter().filter(|query| kinds.contains(&query.kind));
    Score::of(&queries.map(|query| asked(searcher, query)).collect::<Vec<_>>())
}

/// All that floors can be set for, by name: `dev.latin.first`.
pub(crate) fn figures(searcher: &dyn Finds, set: &QuerySet) -> Vec<(String, f64)> {
    let name = set.name;
    let mut figures = Vec::new();
    let real: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| *kind != Kind::OffTopic).collect();
    for kind in real.iter().filter(|kind| set.asks(&[**kind])) {
        let score = score(searcher, set, &[*kind]);
        figures.push((format!("{name}.{}.first", kind.name()), score.first));
        figures.push((format!("{name}.{}.three", kind.name()), score.three));
    }
    if set.asks(&Kind::OF_THE_CATALOGUE) {
        let cyrillic = score(searcher, set, &Kind::OF_THE_CATALOGUE);
        figures.push((format!("{name}.cyrillic.first"), cyrillic.first));
        figures.push((format!("{name}.cyrillic.three"), cyrillic.three));
    }
    figures.push((format!("{name}.kept"), score(searcher, set, &real).kept));
    if set.asks(&[Kind::OffTopic]) {
        figures.push((format!("{name}.offtopic.refused"), 1.0 - score(searcher, set, &[Kind::OffTopic]).kept));
    }
    figures
}

/// What stands in the box after each key of a query.
pub(crate) fn keystrokes(query: &str) -> impl Iterator<Item = &str> {
    query.char_indices().map(|(start, letter)| &query[..start + letter.len_utf8()])
}

/// How many of the keys on the way to a real query are answered: `dev.typed.kept`. An empty box under a finger that goes on
/// says that there is nothing.
pub(crate) fn typed(searcher: &dyn Finds, set: &QuerySet) -> (String, f64) {
    let real = set.queries.iter().filter(|query| query.kind != Kind::OffTopic);
    let answered: Vec<bool> =
        real.flat_map(|query| keystrokes(&query.text)).map(|typed| searcher.find(typed, TOP).is_some()).collect();
    let kept = answered.iter().filter(|answered| **answered).count() as f64 / answered.len().max(1) as f64;
    (format!("{}.typed.kept", set.name), kept)
}

/// Whether queries are answered at all, where nothing else is asked of them: in two halves, of which one is tuned on.
pub(crate) struct GateSet(Vec<GateQuery>);

struct GateQuery {
    is_tuned_on: bool,
    is_real: bool,
    text: String,
}

impl GateSet {
    pub(crate) fn open(folder: &Path) -> Result<Self, NoQueries> {
        let path = folder.join("gate.tsv");
        let text =
            fs::read_to_string(&path).map_err(|why| NoQueries::Absent { path: path.display().to_string(), why })?;
        let read = |(place, line): (usize, &str)| {
            let wrong = |wanted| NoQueries::Line { line: place + 1, wanted, found: line.to_owned() };
            let [_, half, wanted, text] = line.split('\t').collect::<Vec<_>>()[..] else {
                return Err(wrong("four fields parted by tabs"));
            };
            let one_of = |known: [&str; 2], found: &str, what| match known.iter().position(|known| *known == found) {
                Some(place) => Ok(place == 0),
                None => Err(wrong(what)),
            };
            Ok(GateQuery {
                is_tuned_on: one_of(["tuned", "held"], half, "the half: tuned or held")?,
                is_real: one_of(["kept", "refused"], wanted, "what is wanted: kept or refused")?,
                text: text.to_owned(),
            })
        };
        Ok(Self(text.lines().enumerate().skip(1).map(read).collect::<Result<_, _>>()?))
    }

    /// `gate.held.kept` and the like.
    pub(crate) fn figures(&self, searcher: &dyn Finds) -> Vec<(String, f64)> {
        let mut figures = Vec::new();
        for (half, is_tuned_on) in [("tuned", true), ("held", false)] {
            for (name, is_real) in [("kept", true), ("refused", false)] {
                let queries = self.0.iter().filter(|q| q.is_tuned_on == is_tuned_on && q.is_real == is_real);
                let right: Vec<bool> =
                    queries.map(|query| searcher.find(&query.text, TOP).is_some() == query.is_real).collect();
                let share = right.iter().filter(|right| **right).count() as f64 / right.len().max(1) as f64;
                figures.push((format!("gate.{half}.{name}"), share));
            }
        }
        figures
    }
}

/// Queries whose first hit is wrong. Of the tuning sets alone: the others' misses are nobody's to read.
pub(crate) fn write_misses(
    out: &mut dyn Write,
    searcher: &dyn Finds,
    tuned_on: &[QuerySet],
    services: &[Service],
) -> io::Result<()> {
    writeln!(out, "id\ttype\tquery\trank of a right one\tfound first\tright")?;
    let title = |place: &usize| services.get(*place).map_or("", |service| service.title_mn.as_str());
    for query in tuned_on.iter().flat_map(|set| &set.queries) {
        let found = searcher.find(&query.text, TOP);
        let Outcome { rank, refused } = outcome(found.as_deref(), &query.gold);
        if rank == Some(0) || (query.kind == Kind::OffTopic && refused) {
            continue;
        }
        let rank = rank.map_or_else(|| "-".to_owned(), |rank| (rank + 1).to_string());
        let first = found.as_deref().and_then(<[usize]>::first).map_or("(refused)", title);
        let right = query.gold.iter().map(title).collect::<Vec<_>>().join(" | ");
        writeln!(out, "{}\t{}\t{}\t{rank}\t{first}\t{right}", query.id, query.kind.name(), query.text)?;
    }
    Ok(())
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::{rivals::ExactWords, services::unit::service};

    fn services() -> Vec<Service> {
        vec![service("s1", "Өрхийн бүртгэл"), service("s2", "Үнэмлэх"), service("s3", "Үнэмлэх сунгах")]
    }

    fn set(lines: &str) -> QuerySet {
        QuerySet { name: DEV, queries: read(&format!("{HEAD}\n{lines}"), &services()).unwrap() }
    }

    #[test]
    fn a_rank_is_that_of_the_first_right_one_and_a_refusal_is_wrong() {
        let set = set("q1\tinflected\tүнэмлэх\ts3\nq2\tinflected\tөрхийн\ts1\nq3\tlatin\tunemleh\ts2,s3\n");
        let exact = ExactWords::build(&services());

        let inflected = score(&exact, &set, &[Kind::Inflected]);
        let latin = score(&exact, &set, &[Kind::Latin]);

        assert_eq!(inflected, Score { count: 2, first: 0.5, three: 1.0, reciprocal_rank: 0.75, kept: 1.0 });
        assert_eq!(latin, Score { count: 1, first: 0.0, three: 0.0, reciprocal_rank: 0.0, kept: 0.0 });
    }

    #[test]
    fn a_refused_query_counts_for_off_topic_and_against_the_others() {
        let set =
            set("q1\tofftopic\tцаг агаар\t-\nq2\tofftopic\tүнэмлэх\t-\nq3\tlatin\tunemleh\ts2\nq4\ttypo\tөрхийн\ts1\n");

        let figures: BTreeMap<String, f64> = figures(&ExactWords::build(&services()), &set).into_iter().collect();

        assert_eq!(figures["dev.offtopic.refused"], 0.5);
        assert_eq!(figures["dev.kept"], 0.5);
        assert_eq!(figures["dev.typo.first"], 1.0);
    }

    #[test]
    fn every_letter_is_a_keystroke() {
        assert_eq!(keystrokes("өрх").collect::<Vec<_>>(), ["ө", "өр", "өрх"]);
    }

    #[test]
    fn keys_on_the_way_to_a_real_query_are_counted_and_those_of_others_are_not() {
        let set = set("q1\tinflected\tөрхийн\ts1\nq2\tofftopic\tзээл\t-\n");

        assert_eq!(typed(&ExactWords::build(&services()), &set), ("dev.typed.kept".into(), 1.0 / 6.0));
    }

    #[test]
    fn the_gate_s_set_counts_what_is_kept_and_what_is_refused_in_each_half() {
        let folder = tempfile::tempdir().unwrap();
        let lines = "id\thalf\twanted\tquery\ng1\ttuned\tkept\tүнэмлэх\ng2\theld\trefused\tүнэмлэх\n";
        fs::write(folder.path().join("gate.tsv"), lines).unwrap();
        let exact = ExactWords::build(&services());

        let figures: BTreeMap<String, f64> =
            GateSet::open(folder.path()).unwrap().figures(&exact).into_iter().collect();

        assert_eq!((figures["gate.tuned.kept"], figures["gate.held.refused"]), (1.0, 0.0));
        fs::write(folder.path().join("gate.tsv"), format!("{lines}g3\tboth\tkept\tөрх\n")).unwrap();
        assert!(GateSet::open(folder.path()).err().unwrap().to_string().contains("tuned or held"));
    }

    #[test]
    fn misses_show_what_came_first_and_what_was_right() {
        let set =
            set("q1\tinflected\tүнэмлэх\ts3\nq2\ttypo\tөрхийн\ts1\nq3\tlatin\tunemleh\ts2\nq4\tofftopic\tөр\t-\n");
        let mut told = Vec::new();

        write_misses(&mut told, &ExactWords::build(&services()), &[set], &services()).unwrap();

        let told = String::from_utf8(told).unwrap();
        let lines: Vec<&str> = told.lines().skip(1).collect();
        let wanted =
            ["q1\tinflected\tүнэмлэх\t2\tҮнэмлэх\tҮнэмлэх сунгах", "q3\tlatin\tunemleh\t-\t(refused)\tҮнэмлэх"];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn a_wrong_line_fails_and_says_why() {
        for (text, part) in [
            ("id\tquery\n", "the head"),
            ("id\ttype\tquery\tgold\nq1\tinflected\tөрх\n", "four fields"),
            ("id\ttype\tquery\tgold\nq1\tспорт\tөрх\ts1\n", "a known type"),
            ("id\ttype\tquery\tgold\nq1\ttypo\tөрх\ts1,s9\n", "ids of services"),
            ("id\ttype\tquery\tgold\nq1\ttypo\tөрх\t-\n", "a gold"),
            ("id\ttype\tquery\tgold\nq1\tofftopic\tөрх\ts1\n", "a gold"),
            ("id\ttype\tquery\tgold\nq1\ttypo\tөрх\ts1\nq1\ttypo\tүе\ts1\n", "no other query"),
            ("id\ttype\tquery\tgold\n", "a query"),
        ] {
            let why = read(text, &services()).unwrap_err().to_string();
            assert!(why.contains(part), "{text:?}: {why}");
        }
    }
}
