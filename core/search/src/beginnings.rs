//! Words by how they begin to sound.
//!
//! Guarantees: a look for a start made of sounds of ours costs a few steps, whatever the vocabulary;
//! starts that most words have are answered from a ready list.

use super::{
    index::{Term, TermId, Terms},
    words::{self, Key, keep_best},
};

/// Letters of a start that is looked up whole.
pub(crate) const SHORT_START: usize = 3;

/// Letters of a longer start that are looked up: a few words share them.
const LOOKED_UP: usize = SHORT_START + 1;

/// Words as they stand, by their sounds.
#[derive(Default)]
pub(crate) struct Beginnings {
    /// In the order of the sounds.
    words: Vec<(Box<str>, TermId)>,
    /// By its first letters, the place of the first word that has them.
    firsts: Terms,
    /// For starts of so few letters that most words have them, the terms that most services have.
    starts: Terms,
}

impl Beginnings {
    pub(crate) fn build(mut words: Vec<(Box<str>, TermId)>, terms: &[Term]) -> Self {
        words.sort_unstable();
        words.dedup();
        words.shrink_to_fit();
        let mut firsts: Vec<(Key, u32)> = Vec::new();
        for (place, (sound, _)) in (0..).zip(&words) {
            let key = start_of(sound, LOOKED_UP);
            firsts.extend(key.filter(|key| firsts.last().is_none_or(|(last, _)| last != key)).map(|key| (key, place)));
        }
        Self { starts: starts(&words, terms), firsts: Terms::new(firsts), words }
    }

    /// As [`Beginnings::with`], for starts too short to look through all that have them.
    pub(crate) fn started_by(&self, start: &str) -> &[TermId] {
        self.starts.of(words::sound_key(start))
    }

    /// Words that begin with what sounds like `start`, which is no short one.
    pub(crate) fn with<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, TermId)> {
        let first = match start_of(start, LOOKED_UP) {
            Some(key) => self.firsts.of(key).first().map_or(self.words.len(), |first| *first as usize),
            None => 0, // of letters that are no sounds of ours
        };
        let from = self.words[first..].iter().skip_while(move |(sound, _)| **sound < *start);
        from.take_while(move |(sound, _)| sound.starts_with(start)).map(|(sound, term)| (&**sound, *term))
    }

    /// Whether any word does.
    pub(crate) fn any(&self, start: &str) -> bool {
        if start.len() <= SHORT_START { !self.started_by(start).is_empty() } else { self.with(start).next().is_some() }
    }

    pub(crate) fn bytes(&self) -> usize {
        let words: usize = self.words.iter().map(|(sound, _)| size_of::<(Box<str>, TermId)>() + sound.len()).sum();
        words + self.firsts.bytes() + self.starts.bytes()
    }
}

fn start_of(sound: &str, length: usize) -> Option<Key> {
    sound.get(..length).map(words::sound_key)
}

/// What a start of few letters most likely begins: too many words to look through at each key.
fn starts(list: &[(Box<str>, TermId)], terms: &[Term]) -> Terms {
    /// More could not be told apart by so few letters.
    const MOST: usize = 16;
    let common = |term: &TermId| terms[*term as usize].occurrences.services;
    let mut starts = Vec::new();
    for length in 1..=SHORT_START {
        for same in list.chunk_by(|one, other| start_of(&one.0, length) == start_of(&other.0, length)) {
            let Some(start) = start_of(&same[0].0, length) else { continue };
            let mut list: Vec<TermId> = Vec::with_capacity(MOST);
            for (_, term) in same.iter().filter(|(_, term)| common(term) > 0) {
                if !list.contains(term) {
                    keep_best(&mut list, *term, MOST, |one, other| common(one) > common(other));
                }
            }
            starts.extend(list.into_iter().map(|term| (start, term)));
        }
    }
    Terms::new(starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Occurrences;

    #[test]
    fn every_word_is_found_by_every_start_of_it_and_no_other_is() {
        let sounds = ["abcd", "abcde", "abcdf", "abce", "abd", "bcdef", "ᠮᠣᠩᠭᠣᠯ", "ᠮᠣᠩ", "12"];
        let list = (0..).zip(sounds).map(|(term, sound)| (sound.into(), term)).collect();

        let term = |_| Term {
            occurrences: Occurrences::default(),
            weight: 0.0,
            concepts: 0..0,
            text: Box::default(),
            without_own_letters: 0,
            is_latin: false,
        };
        let beginnings = Beginnings::build(list, &sounds.map(term));

        for start in ["abcd", "abcde", "abcx", "bcde", "bcdefg", "ᠮᠣ", "ᠮᠣᠩᠭ", "zzzz"] {
            let mut expected: Vec<&str> = sounds.into_iter().filter(|sound| sound.starts_with(start)).collect();
            expected.sort_unstable();
            assert_eq!(beginnings.with(start).map(|(sound, _)| sound).collect::<Vec<&str>>(), expected, "{start}");
            assert_eq!(beginnings.any(start), !expected.is_empty(), "{start}");
        }
    }
}
