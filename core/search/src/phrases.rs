//! Notions of several words in a row.
//!
//! Guarantees: a word is read once, however long the phrases that it may go on.

use std::sync::Arc;

use super::{
    asked::{Asked, FILLER, Folds, READINGS, VERB, read_as},
    candidates::{Candidate, How, sure},
    index::{Contents, Says},
    lexicon::{ConceptId, LEXICON, Naming, Role},
    words::Key,
};

/// A notion that the words from one on to the last name together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// The place of the first word, and how many they are.
    first: usize,
    count: usize,
    /// The place of a word in between that is none of it.
    skipped: Option<usize>,
    concept: ConceptId,
    naming: Naming,
}

/// What the last words of a query begin.
#[derive(Default)]
pub(crate) struct Begun {
    /// Words so far.
    words: usize,
    phrases: Vec<Beginning>,
}

#[derive(Clone, Copy)]
struct Beginning {
    /// The place of its first word.
    first: usize,
    /// How its words are read.
    reading: usize,
    words: Key,
    skipped: Option<usize>,
    /// Each of its words is the likeliest that it may be: only then may one be skipped.
    is_likely: bool,
}

impl Beginning {
    /// One word, and of verbs none: too many share a stem.
    fn may_skip(self) -> bool {
        self.skipped.is_none() && self.is_likely && self.reading != VERB
    }

    /// With one more word, by each that it may be.
    fn longer(self, folds: &Folds) -> impl Iterator<Item = Self> {
        let words = read_as(folds, self.reading).filter(move |(_, is_likely)| *is_likely || self.skipped.is_none());
        words.map(move |(fold, is_likely)| Self {
            words: self.words.and(fold),
            is_likely: self.is_likely && is_likely,
            ..self
        })
    }
}

impl Begun {
    /// Whether a verb may end any.
    pub(crate) fn has_verbs(&self) -> bool {
        self.phrases.iter().any(|begun| begun.reading == VERB)
    }

    /// The phrases that end with this word.
    pub(crate) fn ended_by(&self, folds: &Folds) -> Vec<Phrase> {
        let mut ended = Vec::new();
        for whole in self.phrases.iter().flat_map(|begun| begun.longer(folds)) {
            let Beginning { first, skipped, .. } = whole;
            let count = self.words + 1 - first - usize::from(skipped.is_some());
            let phrase = |&(concept, naming)| Phrase { first, count, skipped, concept, naming };
            ended.extend(LEXICON.phrase(whole.words).unwrap_or_default().iter().map(phrase));
        }
        ended
    }

    pub(crate) fn go_on(&mut self, folds: &Folds) {
        let new = |reading| Beginning { first: self.words, reading, words: Key::NONE, skipped: None, is_likely: true };
        let begun: Vec<Beginning> = self.phrases.drain(..).chain((0..READINGS).map(new)).collect();
        for begun in begun {
            self.phrases.extend(begun.longer(folds).filter(|longer| LEXICON.phrase(longer.words).is_some()));
            if begun.first < self.words && begun.may_skip() {
                self.phrases.push(Beginning { skipped: Some(self.words), ..begun });
            }
        }
        self.words += 1;
    }
}

/// Each of these words may mean what the phrases name that it is a part of.
pub(crate) fn add_phrases(contents: &Contents, asked: &mut [Arc<Asked>], phrases: &[Phrase]) {
    for (place, asked) in asked.iter_mut().enumerate() {
        let mut of = phrases.iter().filter(|phrase| phrase.first <= place && phrase.skipped != Some(place)).peekable();
        if of.peek().is_some() {
            Arc::make_mut(asked).mean(contents, of);
        }
    }
}

impl Asked {
    /// As a word of these phrases.
    pub(crate) fn mean<'p>(&mut self, contents: &Contents, phrases: impl Iterator<Item = &'p Phrase>) {
        phrases.for_each(|phrase| self.mean_one(contents, phrase));
        self.settle(contents);
    }

    fn mean_one(&mut self, contents: &Contents, phrase: &Phrase) {
        let sure = if phrase.naming == Naming::Title { sure::PHRASE } else { sure::SAID };
        let sure = if phrase.skipped.is_some() { sure * sure::APART } else { sure };
        let role = LEXICON.concepts[usize::from(phrase.concept)].role;
        let weight = contents.notions[usize::from(phrase.concept)].weight / (phrase.count as f32).sqrt();
        self.candidates.push(Candidate { says: Says::Notion(phrase.concept), sure, how: How::Synonym });
        self.tells |= role == Role::Thing;
        self.is_of_thing |= role == Role::Thing;
        self.weight = match role {
            Role::Filler if self.is_of_thing => self.weight,
            Role::Filler => {
                self.tells = false;
                FILLER
            }
            Role::Thing | Role::Action | Role::Head | Role::Language => self.weight.max(weight),
        };
    }
}
