//! What words find, service by service, added up.
//!
//! Guarantees: a word's places are looked at once while it is typed, and once when it is closed; words that stay from one
//! key to the next are added up once.

use std::sync::Arc;

use super::{
    asked::{Asked, FILLER},
    candidates::Candidate,
    index::{Contents, Doc},
};

/// What a total keeps at least, however small a part of the name was asked for, is one less this.
const FOCUS: f32 = 0.3;

/// Words that weigh less never make a service one of the first, if there are enough others.
pub(crate) const LIGHT: f32 = 0.25;

/// What some words of a query find.
#[derive(Default)]
pub(crate) struct Sums {
    /// The words that were added up.
    of: Vec<Arc<Asked>>,
    /// By service, as what follows: apart, for each is asked for alone.
    pub(crate) found: Vec<Sum>,
    pub(crate) has: Vec<Has>,
    /// What it has of those that tell services apart.
    pub(crate) told: Vec<f32>,
    /// Where there is anything of a word that weighs, and where perhaps only of others.
    pub(crate) heavy: Vec<Doc>,
    pub(crate) light: Vec<Doc>,
    /// Kept, that none is allocated twice.
    unordered: Vec<(Doc, usize)>,
    pub(crate) weight: f32,
    pub(crate) telling: f32,
    /// What the words that hardly weigh do weigh.
    pub(crate) lightly: f32,
}

/// What a service has of some words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    pub(crate) total: f32,
    pub(crate) focus: f32,
}

/// What services have is put in order by its first bits: in 32 steps from 0.5 to 1, in as many from 0.25 to 0.5, and so on
/// from the least up to what no query can have.
const LEFT_OUT: u32 = 18;
const LEAST: f32 = 0.0625;
const LOWEST: u32 = LEAST.to_bits() >> LEFT_OUT;
const STEPS: usize = 9 * 32;

/// The most that any has that come behind one with so much, where all is multiplied by `part`.
pub(crate) fn most_behind(had: f32, part: f32) -> f32 {
    const STEP: f32 = 1.0 + 1.0 / 32.0;
    higher(had, LEAST * part) * STEP
}

impl Sum {
    fn step(&self) -> usize {
        let step = ((self.total * in_focus(self.focus)).to_bits() >> LEFT_OUT).saturating_sub(LOWEST);
        (step as usize).min(STEPS - 1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Has {
    #[default]
    Nothing,
    /// Only of words that hardly weigh.
    Light,
    Heavy,
}

/// What one word finds.
#[derive(Default)]
pub(crate) struct OfWord {
    /// What it may mean.
    of: Vec<Candidate>,
    /// Only services that have others of the query's words were looked at.
    is_narrow: bool,
    /// By service; nought but for those listed.
    pub(crate) found: Vec<Part>,
    /// Those where anything was found, and room for each service and one more.
    docs: Vec<Doc>,
    listed: usize,
}

/// What a service has of one word.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) best: f32,
    pub(crate) share: f32,
}

impl OfWord {
    /// What its candidates find: only where `others` find something that weighs, or everywhere. If that was looked at
    /// last, it is there.
    pub(crate) fn find(&mut self, contents: &Contents, candidates: &[Candidate], others: Option<&Sums>) {
        if self.docs.is_empty() {
            self.found.resize(contents.documents.len(), Part::default());
            self.docs.resize(contents.documents.len() + 1, 0);
        }
        if others.is_none() && self.of == candidates && !self.is_narrow {
            return;
        }
        self.forget();
        self.of.extend_from_slice(candidates);
        self.is_narrow = others.is_some();
        match others {
            Some(others) if others.heavy.is_empty() => {}
            Some(Sums { has, .. }) => self.look(contents, |at| has[at] == Has::Heavy),
            None => self.look(contents, |_| true),
        }
    }

    /// What those find that were looked at last where `others` find nothing that weighs.
    pub(crate) fn find_elsewhere(&mut self, contents: &Contents, others: &Sums) {
        if std::mem::take(&mut self.is_narrow) {
            let has = &others.has[..];
            self.look(contents, |at| has[at] != Has::Heavy);
        }
    }

    fn look(&mut self, contents: &Contents, is_wanted: impl Fn(usize) -> bool) {
        let Self { of, found, docs, listed, .. } = self;
        let (found, mut next) = (&mut found[..], *listed);
        let docs = &mut docs[..];
        for candidate in of.iter() {
            let sure = candidate.sure;
            for posting in contents.said(candidate.says) {
                let at = posting.doc as usize;
                if !is_wanted(at) {
                    continue;
                }
                let part = &mut found[at];
                // One that is listed already is written over: whether it is can't be foretold, so no branch asks.
                docs[next] = posting.doc;
                next += usize::from(part.best == 0.0);
                part.best = higher(part.best, sure * posting.field);
                part.share = higher(part.share, sure * posting.share);
            }
        }
        *listed = next;
    }

    /// The services where anything was found.
    pub(crate) fn docs(&self) -> &[Doc] {
        &self.docs[..self.listed]
    }

    fn forget(&mut self) {
        self.of.clear();
        for &doc in &self.docs[..self.listed] {
            self.found[doc as usize] = Part::default();
        }
        self.listed = 0;
    }
}

/// Of two numbers. That of the standard library asks each time whether one is none.
pub(crate) fn higher(one: f32, other: f32) -> f32 {
    if other > one { other } else { one }
}

impl Sums {
    pub(crate) fn start(&mut self, contents: &Contents) {
        self.of.clear();
        for doc in self.heavy.drain(..).chain(self.light.drain(..)) {
            let at = doc as usize;
            (self.found[at], self.has[at], self.told[at]) = (Sum::default(), Has::Nothing, 0.0);
        }
        let services = contents.documents.len();
        if self.found.len() < services {
            self.found.resize(services, Sum::default());
            self.has.resize(services, Has::Nothing);
            self.told.resize(services, 0.0);
        }
        (self.weight, self.telling, self.lightly) = (0.0, 0.0, 0.0);
    }

    /// Adds up these words: only the last of them, where the others are those that were added up before.
    pub(crate) fn add_up(&mut self, contents: &Contents, words: &[Arc<Asked>], word: &mut OfWord) {
        if self.kept(words) == 0 {
            self.start(contents);
        }
        let is_more = self.of.len() < words.len();
        for asked in &words[self.of.len()..] {
            self.add(contents, asked, word);
            self.of.push(asked.clone());
        }
        if is_more {
            self.put_in_order();
        }
    }

    /// How many of these words were added up before, and none of others.
    pub(crate) fn kept(&self, words: &[Arc<Asked>]) -> usize {
        let are_kept =
            self.of.len() <= words.len() && self.of.iter().zip(words).all(|(one, other)| Arc::ptr_eq(one, other));
        if are_kept { self.of.len() } else { 0 }
    }

    /// Puts the services where anything weighs in the order of what they have, those of one [`Sum::step`] in any: who looks
    /// for the best can stop early.
    fn put_in_order(&mut self) {
        let mut places = [0u32; STEPS];
        self.unordered.clear();
        self.unordered.extend(self.heavy.iter().map(|&doc| (doc, self.found[doc as usize].step())));
        for (_, step) in &self.unordered {
            places[*step] += 1;
        }
        let mut next = 0;
        for place in places.iter_mut().rev() {
            (*place, next) = (next, next + *place);
        }
        for &(doc, step) in &self.unordered {
            let place = &mut places[step];
            self.heavy[*place as usize] = doc;
            *place += 1;
        }
    }

    pub(crate) fn add(&mut self, contents: &Contents, asked: &Asked, word: &mut OfWord) {
        self.weight += asked.weight;
        if asked.tells {
            self.telling += asked.weight;
        }
        if asked.weight <= FILLER {
            return;
        }
        let telling = if asked.tells { asked.weight } else { 0.0 };
        let is_light = asked.weight < LIGHT;
        if is_light {
            self.lightly += asked.weight;
        }
        word.find(contents, &asked.candidates, None);
        for &doc in word.docs() {
            let at = doc as usize;
            let (sum, has, part) = (&mut self.found[at], &mut self.has[at], &word.found[at]);
            if is_light && *has == Has::Nothing {
                *has = Has::Light;
                self.light.push(doc);
            } else if !is_light && *has != Has::Heavy {
                *has = Has::Heavy;
                self.heavy.push(doc);
            }
            sum.total += asked.weight * part.best;
            sum.focus += part.share;
            self.told[at] += telling * part.best;
        }
    }
}

/// What is left of a total that so large a share of the name is no part of.
pub(crate) fn in_focus(share: f32) -> f32 {
    1.0 - FOCUS + FOCUS * if share > 1.0 { 1.0 } else { share }
}
