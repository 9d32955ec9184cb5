//! What is promised of language and search, what was measured, and the floors under it.
//!
//! Guarantees: a figure below its floor fails, and so does a floor whose figure is missing; recording moves a floor in
//! the better direction alone. Times have no floors.

use std::{collections::BTreeMap, fs, io, path::Path};

use thiserror::Error;

/// Figures by name.
pub(crate) type Figures = BTreeMap<String, f64>;

#[derive(Debug, Error)]
pub(crate) enum NoFloors {
    #[error("{path}: {why}")]
    Absent { path: String, why: io::Error },
    #[error("line {line} of the floors: wanted `name<TAB>at least | at most<TAB>figure`, found `{found}`")]
    Line { line: usize, found: String },
}

/// A line of the table of promises.
pub(crate) struct Promise {
    pub(crate) words: &'static str,
    pub(crate) figure: &'static str,
    /// The figures that it is about, in the order in which `figure` tells them.
    pub(crate) about: &'static [Goal],
}

pub(crate) struct Goal {
    pub(crate) name: &'static str,
    must_be: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// Promised figures of queries are those of the blind set.
pub(crate) const PROMISES: &[Promise] = &[
    Promise {
        words: "form and lemma get one key, dictionary one-suffix noun pairs",
        figure: "≥ 95 % at ≤ 0.15 wrong merges a lemma",
        about: &[at_least("nominal.one-key", 0.95), at_most("nominal.merges", 0.15)],
    },
    Promise {
        words: "catalogue queries in Cyrillic: first hit right / in the first three",
        figure: "≥ .85 / ≥ .95",
        about: &[at_least("blind.cyrillic.first", 0.85), at_least("blind.cyrillic.three", 0.95)],
    },
    Promise {
        words: "informal Latin, Russian keyboard, one or two typos: first hit right",
        figure: "≥ .95 / ≥ .90 / ≥ .85",
        about: &[
            at_least("blind.latin.first", 0.95),
            at_least("blind.keyboard.first", 0.90),
            at_least("blind.typo.first", 0.85),
        ],
    },
    Promise {
        words: "speech hypotheses at 26 % wrong characters, 1-best / 5-best: first hit right",
        figure: "≥ .89 / ≥ .95",
        about: &[at_least("spoken.26.one", 0.89), at_least("spoken.26.five", 0.95)],
    },
    Promise {
        words: "off-topic refused, at 95 % of real queries kept",
        figure: "≥ 85 % (goal; word evidence alone gave 60–73 % in a trial)",
        about: &[at_least("blind.offtopic.refused", 0.85), at_least("blind.kept", 0.95)],
    },
    Promise {
        words: "the index over 1,233 services, the lexicon beside it: megabytes held, counted",
        figure: "≤ 2",
        about: &[at_most(INDEX_HOLDS, 2.0)],
    },
    Promise {
        words: "and built in so many milliseconds, by this machine at this moment",
        figure: "≤ 50",
        about: &[at_most(INDEX_BUILT, 50.0)],
    },
    Promise {
        words: "one keystroke over 1,233 services, p50 / p99 against SQLite FTS5 in the same run",
        figure: "≤ 0.10 / ≤ 0.05",
        about: &[at_most("keystroke.p50", 0.10), at_most("keystroke.p99", 0.05)],
    },
];

pub(crate) const INDEX_HOLDS: &str = "index.megabytes";
/// A time: told, and no floor.
pub(crate) const INDEX_BUILT: &str = "index.milliseconds";

/// Of these a smaller figure is the better one.
const SMALLER_IS_BETTER: &[&str] = &["nominal.merges", INDEX_HOLDS];

/// Digits of a floor. Recorded in the direction in which the figure that was measured still holds.
const DIGITS: f64 = 1_000.0;

const fn at_least(name: &'static str, figure: f64) -> Goal {
    Goal { name, must_be: Bound::AtLeast(figure) }
}

const fn at_most(name: &'static str, figure: f64) -> Goal {
    Goal { name, must_be: Bound::AtMost(figure) }
}

impl Bound {
    fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(floor) => figure >= floor,
            Self::AtMost(ceiling) => figure <= ceiling,
        }
    }

    /// What a figure would be recorded as.
    fn of(name: &str, figure: f64) -> Self {
        if SMALLER_IS_BETTER.contains(&name) {
            Self::AtMost((figure * DIGITS).ceil() / DIGITS)
        } else {
            Self::AtLeast((figure * DIGITS).floor() / DIGITS)
        }
    }

    /// The harder of the two to keep.
    fn risen(self, other: Self) -> Self {
        match (self, other) {
            (Self::AtLeast(one), Self::AtLeast(other)) => Self::AtLeast(one.max(other)),
            (Self::AtMost(one), Self::AtMost(other)) => Self::AtMost(one.min(other)),
            (Self::AtLeast(_), Self::AtMost(_)) | (Self::AtMost(_), Self::AtLeast(_)) => self,
        }
    }

    fn words(self) -> (&'static str, f64) {
        match self {
            Self::AtLeast(figure) => ("at least", figure),
            Self::AtMost(figure) => ("at most", figure),
        }
    }
}

impl Goal {
    pub(crate) fn is_met(&self, figures: &Figures) -> bool {
        figures.get(self.name).is_some_and(|figure| self.must_be.holds(*figure))
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Floors(BTreeMap<String, Bound>);

/// A floor that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Broken {
    pub(crate) name: String,
    pub(crate) must_be: String,
    pub(crate) measured: Option<f64>,
}

impl Floors {
    pub(crate) fn open(path: &Path) -> Result<Self, NoFloors> {
        let text = fs::read_to_string(path);
        Self::read(&text.map_err(|why| NoFloors::Absent { path: path.display().to_string(), why })?)
    }

    fn read(text: &str) -> Result<Self, NoFloors> {
        let mut floors = BTreeMap::new();
        for (number, line) in text.lines().enumerate().skip(1) {
            let wrong = || NoFloors::Line { line: number + 1, found: line.to_owned() };
            let [name, must_be, figure] = line.split('\t').collect::<Vec<_>>()[..] else { return Err(wrong()) };
            let figure: f64 = figure.parse().map_err(|_| wrong())?;
            let bound = match must_be {
                "at least" => Bound::AtLeast(figure),
                "at most" => Bound::AtMost(figure),
                _ => return Err(wrong()),
            };
            floors.insert(name.to_owned(), bound);
        }
        Ok(Self(floors))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), NoFloors> {
        fs::write(path, self.text()).map_err(|why| NoFloors::Absent { path: path.display().to_string(), why })
    }

    fn text(&self) -> String {
        let lines = self.0.iter().map(|(name, bound)| {
            let (must_be, figure) = bound.words();
            format!("{name}\t{must_be}\t{figure:.3}\n")
        });
        format!("figure\tmust be\tfloor\n{}", lines.collect::<String>())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn of(&self, name: &str) -> Option<f64> {
        self.0.get(name).map(|bound| bound.words().1)
    }

    /// Every floor that these figures do not reach.
    pub(crate) fn broken_by(&self, figures: &Figures) -> Vec<Broken> {
        let broken = |(name, bound): (&String, &Bound)| {
            let measured = figures.get(name).copied();
            let holds = measured.is_some_and(|figure| bound.holds(figure));
            let (must_be, floor) = bound.words();
            (!holds).then(|| Broken { name: name.clone(), must_be: format!("{must_be} {floor:.3}"), measured })
        };
        self.0.iter().filter_map(broken).collect()
    }

    /// Floors as high as these figures, where that is higher, and under what had none.
    pub(crate) fn raised_to(&self, figures: &Figures) -> Self {
        let mut floors = self.clone();
        for (name, figure) in figures {
            let measured = Bound::of(name, *figure);
            floors.0.entry(name.clone()).and_modify(|floor| *floor = floor.risen(measured)).or_insert(measured);
        }
        floors
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn figures(figures: &[(&str, f64)]) -> Figures {
        figures.iter().map(|(name, figure)| ((*name).to_owned(), *figure)).collect()
    }

    #[test]
    fn what_was_measured_holds_what_was_recorded_and_a_worse_figure_breaks_it() {
        let measured = figures(&[("blind.latin.first", 19.0 / 21.0), ("nominal.merges", 1.0 / 7.0)]);

        let floors = Floors::default().raised_to(&measured);
        let read = Floors::read(&floors.text()).unwrap();
        let broken = read.broken_by(&figures(&[("blind.latin.first", 0.9), ("nominal.merges", 0.2)]));

        assert_eq!(read.broken_by(&measured), []);
        assert_eq!(broken.len(), 2);
        assert_eq!((broken[0].name.as_str(), broken[0].must_be.as_str()), ("blind.latin.first", "at least 0.904"));
        assert_eq!(broken[1].must_be, "at most 0.143");
    }

    #[test]
    fn recording_never_lowers_a_floor() {
        let floors = Floors::default().raised_to(&figures(&[("dev.kept", 0.9), ("nominal.merges", 0.1)]));

        let after = floors.raised_to(&figures(&[("dev.kept", 0.8), ("nominal.merges", 0.3)]));
        let risen = floors.raised_to(&figures(&[("dev.kept", 0.95), ("nominal.merges", 0.05)]));

        assert_eq!(after, floors);
        assert_eq!((risen.of("dev.kept"), risen.of("nominal.merges")), (Some(0.95), Some(0.05)));
    }

    #[test]
    fn a_figure_that_is_missing_breaks_its_floor() {
        let floors = Floors::default().raised_to(&figures(&[("dev.kept", 0.9)]));

        let broken = floors.broken_by(&Figures::new());

        assert_eq!(broken[0].measured, None);
    }

    #[test]
    fn a_promise_is_met_by_its_figure_alone() {
        let promise = &PROMISES[0];

        let met = |one_key, merges| {
            let figures = figures(&[("nominal.one-key", one_key), ("nominal.merges", merges)]);
            promise.about.iter().map(|goal| goal.is_met(&figures)).collect::<Vec<_>>()
        };
        assert_eq!(met(0.95, 0.15), [true, true]);
        assert_eq!(met(0.94, 0.16), [false, false]);
        assert!(!promise.about[0].is_met(&Figures::new()));
    }

    #[test]
    fn a_floor_that_can_not_be_read_is_named() {
        let why = Floors::read("figure\tmust be\tfloor\nөрх\tabout\t1\n").unwrap_err().to_string();

        assert!(why.contains("line 2") && why.contains("өрх"), "{why}");
    }
}
