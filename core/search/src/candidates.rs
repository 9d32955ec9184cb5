//! What a word of a query may mean, and how surely.
//!
//! Guarantees: each thing once, as surely as the surest way to it.

use super::{
    beginnings::SHORT_START,
    index::{Contents, Says, TermId},
    lexicon::Naming,
    words::put_in_order,
};

/// How surely a word was meant, by how it was found. Weighed on `tests/eval/queries/dev.tsv`.
pub(crate) mod sure {
    pub(crate) const STEM: f32 = 1.0;
    pub(crate) const FOLD: f32 = 0.97;
    pub(crate) const SOUND: f32 = 0.86;
    pub(crate) const LOOSE: f32 = 0.84;
    pub(crate) const VERB: f32 = 0.72;
    pub(crate) const HALF_TYPED: f32 = 0.75;
    /// Of the letters typed, when a word only begins with them; the rest comes with its length.
    pub(crate) const BEGINNING: f32 = 0.62;
    /// Of half of a word's letters.
    pub(crate) const HALF: f32 = (BEGINNING + FOLD) / 2.0;
    /// A synonym that titles use, and one that only people do.
    pub(crate) const FORMAL: f32 = 0.86;
    pub(crate) const SAID: f32 = 0.92;
    /// A phrase that titles use: a title that has its words says them more surely.
    pub(crate) const PHRASE: f32 = 0.95;
    /// Of a phrase with a word in between.
    pub(crate) const APART: f32 = 0.9;
    /// Words that sound this much alike are taken for one another.
    pub(crate) const NEAR_LEAST: f32 = 0.6;
    pub(crate) const NEAR: f32 = 0.9;
}

/// How a word of a query was found to mean a word of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Word,
    Sound,
    Beginning,
    Spelling,
    Synonym,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) says: Says,
    pub(crate) sure: f32,
    pub(crate) how: How,
}

/// For what may be said, one more than its place in a list of candidates.
#[derive(Default)]
pub(crate) struct Slots {
    terms: Vec<u32>,
    notions: Vec<u32>,
}

impl Slots {
    fn of(&mut self, says: Says) -> &mut u32 {
        match says {
            Says::Term(term) => &mut self.terms[term as usize],
            Says::Notion(concept) => &mut self.notions[usize::from(concept)],
        }
    }
}

/// What a word may mean, each thing once.
pub(crate) struct Candidates<'a> {
    list: Vec<Candidate>,
    contents: &'a Contents,
    slots: &'a mut Slots,
}

impl<'a> Candidates<'a> {
    pub(crate) fn new(contents: &'a Contents, slots: &'a mut Slots) -> Self {
        slots.terms.resize(contents.terms.len(), 0);
        slots.notions.resize(contents.notions.len(), 0);
        Self { list: Vec::with_capacity(32), contents, slots }
    }

    pub(crate) fn add(&mut self, terms: &[TermId], sure: f32, how: How) {
        for &term in terms {
            self.put(Says::Term(term), sure, how);
        }
    }

    pub(crate) fn put(&mut self, says: Says, sure: f32, how: How) {
        let slot = self.slots.of(says);
        match slot.checked_sub(1) {
            Some(place) => {
                let known = &mut self.list[place as usize];
                known.sure = known.sure.max(sure);
            }
            None => {
                self.list.push(Candidate { says, sure, how });
                *slot = self.list.len() as u32;
            }
        }
    }

    pub(crate) fn surest(&self) -> f32 {
        self.list.iter().map(|candidate| candidate.sure).fold(0.0, f32::max)
    }

    /// Words that begin with what was typed so far: those spelt so before those that only sound so. True if there is one
    /// that is spelt so.
    pub(crate) fn begin(&mut self, sound: &str, typed: &str, is_native: bool) -> bool {
        /// Further down an alphabetical list nobody can have meant it more than the others.
        const MOST: usize = 32;
        let contents = self.contents;
        // Who types Cyrillic has no English word in mind; who types Latin may have either.
        let is_foreign = |term: TermId| is_native && contents.terms[term as usize].is_latin;
        let mut are_spelt_so = false;
        if sound.len() <= SHORT_START {
            for &term in contents.beginnings.started_by(sound).iter().filter(|term| !is_foreign(**term)) {
                let letters = || contents.terms[term as usize].text.chars().count().max(1) as f32;
                // Of less than that nobody can say how much of a word it is.
                let part = if sound.len() < SHORT_START { 0.0 } else { sound.len() as f32 / letters() };
                are_spelt_so |= self.put_begun(term, part.min(1.0), typed);
            }
            return are_spelt_so;
        }
        for (word, term) in contents.beginnings.with(sound).filter(|(_, term)| !is_foreign(*term)).take(MOST) {
            are_spelt_so |= self.put_begun(term, sound.len() as f32 / word.len().max(1) as f32, typed);
        }
        are_spelt_so
    }

    /// A word of which this part was typed; true if it is spelt so.
    fn put_begun(&mut self, term: TermId, part: f32, typed: &str) -> bool {
        let sure = sure::BEGINNING + (sure::FOLD - sure::BEGINNING) * part;
        let is_spelt_so = self.contents.terms[term as usize].text.starts_with(typed);
        self.put(Says::Term(term), if is_spelt_so { sure } else { sure * sure::SOUND }, How::Beginning);
        is_spelt_so
    }

    /// With the notions that the words stand for.
    pub(crate) fn done(mut self) -> Vec<Candidate> {
        /// No service was ever found by a further one.
        const MOST: usize = 48;
        if self.list.len() > MOST {
            put_in_order(&mut self.list, |one, other| one.sure > other.sure);
            self.list.drain(MOST..).for_each(|candidate| *self.slots.of(candidate.says) = 0);
            for (place, candidate) in (1..).zip(&self.list) {
                *self.slots.of(candidate.says) = place;
            }
        }
        for at in 0..self.list.len() {
            let Candidate { says: Says::Term(term), sure, how } = self.list[at] else { continue };
            let is_in_titles = self.contents.is_said(Says::Term(term));
            if how == How::Beginning && sure < sure::HALF && is_in_titles {
                continue; // a few letters of a word that services have mean that word
            }
            for &(concept, naming) in self.contents.concepts(term) {
                let sure = sure * if naming == Naming::Title { sure::FORMAL } else { sure::SAID };
                self.put(Says::Notion(concept), sure, if how == How::Spelling { how } else { How::Synonym });
            }
        }
        for candidate in &self.list {
            *self.slots.of(candidate.says) = 0;
        }
        self.list
    }
}

/// What the word weighs: as the likeliest thing it means.
pub(crate) fn weight_of(contents: &Contents, candidates: &[Candidate], unmatched: f32) -> f32 {
    let weighed = candidates.iter().map(|candidate| {
        let weight = match candidate.says {
            Says::Term(term) => contents.terms[term as usize].weight,
            Says::Notion(concept) => contents.notions[usize::from(concept)].weight,
        };
        (candidate.sure, weight)
    });
    let surest = weighed.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    surest.map_or(unmatched, |(_, weight)| weight)
}
