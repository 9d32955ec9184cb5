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
    concept: ConceptId,
    naming: Naming,
}

/// What the last words of a query begin.
#[derive(Default)]
pub(crate) struct Begun {
    /// Words so far.
    words: usize,
    /// In the order of their first words: that one's place, how it is read, and the words.
    phrases: Vec<(usize, usize, Key)>,
}

impl Begun {
    /// Whether a verb may end any.
    pub(crate) fn has_verbs(&self) -> bool {
        self.phrases.iter().any(|(_, reading, _)| *reading == VERB)
    }

    /// The phrases that end with this word.
    pub(crate) fn ended_by(&self, folds: &Folds) -> Vec<Phrase> {
        let mut ended = Vec::new();
        for &(first, reading, words) in &self.phrases {
            let phrase = |&(concept, naming)| Phrase { first, count: self.words + 1 - first, concept, naming };
            let named = read_as(folds, reading).filter_map(|fold| LEXICON.phrase(words.and(fold)));
            ended.extend(named.flatten().map(phrase));
        }
        ended
    }

    pub(crate) fn go_on(&mut self, folds: &Folds) {
        self.phrases.extend((0..READINGS).map(|reading| (self.words, reading, Key::NONE)));
        let begun = std::mem::take(&mut self.phrases);
        for (first, reading, words) in begun {
            let longer = read_as(folds, reading).map(|fold| words.and(fold));
            let that_go_on = longer.filter(|words| LEXICON.phrase(*words).is_some());
            self.phrases.extend(that_go_on.map(|words| (first, reading, words)));
        }
        self.words += 1;
    }
}

/// Each of these words may mean what the phrases name that it is a part of.
pub(crate) fn add_phrases(contents: &Contents, asked: &mut [Arc<Asked>], phrases: &[Phrase]) {
    for (place, asked) in asked.iter_mut().enumerate() {
        let mut of = phrases.iter().filter(|phrase| phrase.first <= place).peekable();
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
