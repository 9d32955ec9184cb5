//! The search under test, as this harness asks it. What is not plugged in here is not measured; where it has floors, they break.

use emongolia_search::{Entry, Hypothesis, Index, Kind, Standing};

use crate::services::{Finds, Service};

/// One of the two keys of a word.
pub(crate) type Key = fn(&str) -> String;

/// The conflation key of a word.
pub(crate) const STEM: Option<Key> = Some(mongolian_text::stem);

/// The sound of a word.
pub(crate) const PHONETIC: Option<Key> = Some(mongolian_text::phonetic_key);

/// The index over these services, of what the app's own index is made of.
pub(crate) fn searcher(services: &[Service]) -> Option<Box<dyn Finds>> {
    let entries: Vec<Entry> = services.iter().map(entry).collect();
    Some(Box::new(Ours(Index::build(&entries))))
}

struct Ours(Index);

impl Finds for Ours {
    fn find(&self, query: &str, top: usize) -> Option<Vec<usize>> {
        let answer = self.0.find(query, top, |_| Standing::Shown);
        (!answer.is_empty()).then(|| answer.entries().collect())
    }

    fn find_spoken(&self, hypotheses: &[String], top: usize) -> Option<Vec<usize>> {
        let heard = |text: &String| Hypothesis { text: text.clone(), confidence: None };
        let hypotheses: Vec<Hypothesis> = hypotheses.iter().map(heard).collect();
        let found = self.0.find_spoken(&hypotheses, top, |_| Standing::Shown).found;
        (!found.is_empty()).then(|| found.iter().map(|found| found.entry).collect())
    }
}

fn entry(service: &Service) -> Entry {
    Entry {
        name: service.title_mn.clone(),
        other_name: Some(service.title_en.clone()).filter(|name| !name.is_empty()),
        descriptions: Vec::new(),
        organisation: service.organisation.clone(),
        kind: kind(&service.kind),
        popularity: i64::from(service.popularity),
    }
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "reference" => Kind::Reference,
        "certificate" => Kind::Certificate,
        "application" => Kind::Application,
        "order" => Kind::Order,
        "payment" => Kind::Payment,
        "registration" => Kind::Registration,
        "information" => Kind::Information,
        _ => return None,
    })
}
