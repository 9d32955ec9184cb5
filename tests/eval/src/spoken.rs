//! Searching by voice: titles and short questions, misheard, with one hypothesis and with five.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    noise::{Noise, REPEATS, Wrong},
    queries::{self, Kind, QuerySet, Score},
    services::{Finds, Service, words},
};

/// Shares of wrong characters, in percent: the levels of the trial. The promise is about the last.
pub(crate) const LEVELS: [u32; 4] = [7, 14, 20, 26];

/// The trial asked fifty titles and twenty short questions; the promise is weighed the same way.
const TITLES: f64 = 50.0;
const QUESTIONS: f64 = 20.0;

/// As on a screen of three choices.
const TOP: usize = 10;

/// Texts that are said, and what is right for each.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) name: &'static str,
    texts: Vec<String>,
    gold: Vec<BTreeSet<usize>>,
}

/// All titles, and the questions in the catalogue's own words that one may tune on.
pub(crate) fn said(services: &[Service], dev: &QuerySet) -> [Said; 2] {
    let mut titles: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (place, service) in services.iter().enumerate() {
        titles.entry(words(&service.title_mn).join(" ")).or_default().insert(place); // some titles are twins
    }
    let questions = dev.queries.iter().filter(|query| query.kind == Kind::Inflected);
    let (questions, right) = questions.map(|query| (query.text.clone(), query.gold.clone())).unzip();
    let (titles, titled) = titles.into_iter().unzip();
    [Said { name: "titles", texts: titles, gold: titled }, Said { name: "questions", texts: questions, gold: right }]
}

/// What came of one level of noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Heard {
    pub(crate) level: u32,
    /// Measured, of the first hypotheses.
    pub(crate) wrong_characters: f64,
    pub(crate) one: Score,
    pub(crate) five: Score,
}

pub(crate) fn heard(searcher: &dyn Finds, said: &Said, level: u32) -> Heard {
    let noise = Noise::with_wrong_characters(f64::from(level) / 100.0, &said.texts);
    let mut wrong = Wrong::default();
    let (mut one, mut five) = (Vec::new(), Vec::new());
    for (number, (text, gold)) in said.texts.iter().zip(&said.gold).enumerate() {
        for repeat in 0..REPEATS {
            let hypotheses = noise.heard(text, number as u64 * REPEATS + repeat);
            wrong.add(text, &hypotheses[0]);
            let found = searcher.find_spoken(&hypotheses[..1], TOP);
            one.push(queries::outcome(found.as_deref(), gold));
            let found = searcher.find_spoken(&hypotheses, TOP);
            five.push(queries::outcome(found.as_deref(), gold));
        }
    }
    Heard { level, wrong_characters: wrong.share(), one: Score::of(&one), five: Score::of(&five) }
}

/// All that floors can be set for, by name: `spoken.26.titles.five`; first hits.
pub(crate) fn figures(said: &[(&Said, Vec<Heard>)]) -> Vec<(String, f64)> {
    let mut figures = Vec::new();
    for level in LEVELS {
        let at = |of: &'static str| {
            let (_, heard) = said.iter().find(|(said, _)| said.name == of)?;
            heard.iter().find(|heard| heard.level == level)
        };
        let (Some(titles), Some(questions)) = (at("titles"), at("questions")) else { continue };
        let both = |titles: Score, questions: Score| {
            (TITLES * titles.first + QUESTIONS * questions.first) / (TITLES + QUESTIONS)
        };
        figures.extend([
            (format!("spoken.{level}.titles.one"), titles.one.first),
            (format!("spoken.{level}.titles.five"), titles.five.first),
            (format!("spoken.{level}.questions.one"), questions.one.first),
            (format!("spoken.{level}.questions.five"), questions.five.first),
            (format!("spoken.{level}.one"), both(titles.one, questions.one)),
            (format!("spoken.{level}.five"), both(titles.five, questions.five)),
        ]);
    }
    figures
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::{
        queries::{DEV, Query},
        rivals::LinearScan,
        services::unit::service,
    };

    fn services() -> Vec<Service> {
        vec![service("s1", "Өрхийн бүртгэл"), service("s2", "Үнэмлэх"), service("s3", "өрхийн бүртгэл")]
    }

    fn dev() -> QuerySet {
        let query = |id: &str, kind, text: &str, gold| Query { id: id.into(), kind, text: text.into(), gold };
        let queries = vec![
            query("q1", Kind::Inflected, "өрх", BTreeSet::from([0])),
            query("q2", Kind::Latin, "urh", BTreeSet::from([0])),
        ];
        QuerySet { name: DEV, queries }
    }

    #[test]
    fn twins_are_one_title_with_two_right_answers() {
        let [titles, questions] = said(&services(), &dev());

        assert_eq!(titles.texts, ["үнэмлэх", "өрхийн бүртгэл"]);
        assert_eq!(titles.gold[1], BTreeSet::from([0, 2]));
        assert_eq!(questions.texts, ["өрх"]);
    }

    #[test]
    fn more_noise_finds_less_and_five_hypotheses_find_more() {
        let services: Vec<Service> =
            ["өрх", "үнэмлэх", "хүүхэд", "жолоо"].map(|word| service(word, &format!("{word} бүртгүүлэх"))).into();
        let scan = LinearScan::build(&services);
        let [titles, _] = said(&services, &dev());

        let [calm, loud] = [7, 26].map(|level| heard(&scan, &titles, level));

        assert!(loud.one.first < calm.one.first && loud.one.first < loud.five.first, "{calm:?} {loud:?}");
        assert!(loud.wrong_characters > calm.wrong_characters);
    }

    #[test]
    fn titles_and_questions_weigh_as_in_the_trial() {
        let scan = LinearScan::build(&services());
        let said = said(&services(), &dev());
        let [mut titles, mut questions] = [0, 1].map(|of: usize| heard(&scan, &said[of], 26));
        (titles.one.first, questions.one.first) = (1.0, 0.3);

        let figures: BTreeMap<String, f64> =
            figures(&[(&said[0], vec![titles]), (&said[1], vec![questions])]).into_iter().collect();

        assert!((figures["spoken.26.one"] - 0.8).abs() < 1e-9, "{figures:?}");
    }
}
