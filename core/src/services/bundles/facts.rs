//! What is known of the citizen, as far as rules ask. Facts are read from rows on this phone and never leave it.

use crate::{
    country::{CivilDate, Mnt},
    foundation::{
        clock::Timestamp,
        config::Language,
        storage::{self, Dao},
    },
};

/// One thing that is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Fact {
    pub value: Value,
    /// What it is said of, where there may be several: a vehicle's plate.
    pub about: Option<String>,
    /// Who says so: a ХУР operation.
    pub source: String,
    pub as_of: Option<Timestamp>,
}

/// Not printed: it is the citizen's own.
impl std::fmt::Debug for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fact(…)")
    }
}

#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Date(CivilDate),
    Text(String),
    Amount(Mnt),
}

impl Value {
    /// `None` for what is no date.
    pub(super) const fn date(&self) -> Option<CivilDate> {
        match self {
            Self::Date(date) => Some(*date),
            Self::Text(_) | Self::Amount(_) => None,
        }
    }

    /// For people.
    pub(super) fn say(&self, language: Language) -> String {
        match (self, language) {
            (Self::Date(date), Language::Mn) => date.short(),
            (Self::Date(date), Language::En) => date.long(language),
            (Self::Text(text), _) => text.clone(),
            (Self::Amount(amount), _) => amount.to_string(),
        }
    }
}

/// Facts by name. A name without facts: known to be none (no vehicle). A name that is missing: not known.
///
/// A list, as everything here that has a dozen entries: a tree of its own would weigh more than it saves (ADR 0013).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Facts(Vec<(String, Vec<Fact>)>);

impl Facts {
    /// It is known what there is under this name, even if that is nothing.
    pub fn know(&mut self, name: &str) -> &mut Vec<Fact> {
        let place = self.0.iter().position(|(each, _)| each == name).unwrap_or_else(|| {
            self.0.push((name.to_owned(), Vec::new()));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }

    pub fn add(&mut self, name: &str, fact: Fact) {
        self.know(name).push(fact);
    }

    pub(super) fn of(&self, name: &str) -> Option<&[Fact]> {
        self.0.iter().find(|(each, _)| each == name).map(|(_, facts)| facts.as_slice())
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (name, facts) in other.0 {
            self.know(&name).extend(facts);
        }
    }
}

/// Somebody who knows something of the citizen from rows on this phone. Reads only, and asks nobody.
pub trait FactSource: Send + Sync {
    /// From `cache.db`, in the snapshot in which the bundles are read.
    fn in_cache(&self, _dao: &Dao<'_>) -> storage::Result<Facts> {
        Ok(Facts::default())
    }

    /// From `state.db`.
    fn in_state(&self, _dao: &Dao<'_>) -> storage::Result<Facts> {
        Ok(Facts::default())
    }
}
