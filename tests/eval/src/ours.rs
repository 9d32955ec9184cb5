//! The search under test, as this harness asks it. What is not plugged in here is not measured; where it has floors, they break.

use emongolia_core::services::catalogue::{
    ServiceKind,
    search::{Answer, Entry, Hypothesis, Index},
};

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
        places(&self.0.find(query, top, |_| true))
    }

    fn find_spoken(&self, hypotheses: &[String], top: usize) -> Option<Vec<usize>> {
        let heard = |text: &String| Hypothesis { text: text.clone(), confidence: None };
        let hypotheses: Vec<Hypothesis> = hypotheses.iter().map(heard).collect();
        let found = self.0.find_spoken(&hypotheses, top, |_| true).found;
        (!found.is_empty()).then(|| found.iter().map(|found| found.entry).collect())
    }
}

fn places(answer: &Answer) -> Option<Vec<usize>> {
    (!answer.found.is_empty()).then(|| answer.found.iter().map(|found| found.entry).collect())
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

fn kind(name: &str) -> Option<ServiceKind> {
    Some(match name {
        "reference" => ServiceKind::Reference,
        "certificate" => ServiceKind::Certificate,
        "application" => ServiceKind::Application,
        "order" => ServiceKind::Order,
        "payment" => ServiceKind::Payment,
        "registration" => ServiceKind::Registration,
        "information" => ServiceKind::Information,
        _ => return None,
    })
}
