//! What words find, service by service, added up.
//!
//! Guarantees: a word's places are looked at once while it is typed, and once when it is closed; words that stay from one
//! key to the next are added up once.

use std::sync::Arc;

use super::{
    asked::{Asked, FILLER},
    candidates::Candidate,
    index::{Contents, Doc, Posting},
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
    /// By service.
    pub(crate) found: Vec<Sum>,
    /// Where there is anything of a word that weighs, and where perhaps only of others.
    pub(crate) heavy: Vec<Doc>,
    pub(crate) light: Vec<Doc>,
    pub(crate) weight: f32,
    pub(crate) telling: f32,
    /// What the words that hardly weigh do weigh.
    pub(crate) lightly: f32,
    /// What so many services have at least, once somebody asked for so many.
    least: Option<(usize, f32)>,
}

/// What a service has of some words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    pub(crate) total: f32,
    pub(crate) focus: f32,
    pub(crate) told: f32,
    pub(crate) has: Has,
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
    pub(crate) docs: Vec<Doc>,
}

/// What a service has of one word.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) best: f32,
    pub(crate) share: f32,
}

impl OfWord {
    /// What its candidates find: everywhere, or only where `others` find something that weighs. If they are those that
    /// were looked at last, that is there.
    pub(crate) fn find(&mut self, contents: &Contents, candidates: &[Candidate], others: Option<&Sums>) {
        self.found.resize(contents.documents.len(), Part::default());
        if self.of == candidates && !self.is_narrow {
            return;
        }
        self.forget();
        self.of.extend_from_slice(candidates);
        self.is_narrow = others.is_some();
        for candidate in candidates {
            let sure = candidate.sure;
            for posting in contents.said(candidate.says) {
                let at = posting.doc as usize;
                if others.is_some_and(|others| others.found[at].has != Has::Heavy) {
                    continue;
                }
                let part = &mut self.found[at];
                if part.best == 0.0 {
                    self.docs.push(posting.doc);
                }
                part.best = higher(part.best, sure * posting.field);
                part.share = higher(part.share, sure * posting.share);
            }
        }
    }

    /// What candidates find, by service.
    pub(crate) fn all(&mut self, contents: &Contents, candidates: &[Candidate]) -> Vec<Posting> {
        self.find(contents, candidates, None);
        let found = &self.found;
        let of = |&doc: &Doc| {
            let Part { best, share } = found[doc as usize];
            Posting { doc, field: best, share }
        };
        self.docs.iter().map(of).collect()
    }

    fn forget(&mut self) {
        self.of.clear();
        for &doc in &self.docs {
            self.found[doc as usize] = Part::default();
        }
        self.docs.clear();
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
            self.found[doc as usize] = Sum::default();
        }
        self.found.resize(contents.documents.len(), Sum::default());
        (self.weight, self.telling, self.lightly, self.least) = (0.0, 0.0, 0.0, None);
    }

    /// Adds up these words: only the last of them, where the others are those that were added up before.
    pub(crate) fn add_up(&mut self, contents: &Contents, words: &[Arc<Asked>]) {
        let are_kept =
            self.of.len() <= words.len() && self.of.iter().zip(words).all(|(one, other)| Arc::ptr_eq(one, other));
        if !are_kept || self.found.is_empty() {
            self.start(contents);
        }
        for asked in &words[self.of.len()..] {
            self.add(asked);
            self.of.push(asked.clone());
        }
    }

    /// What each of the `limit` that have most of these words has at least, without what else may lower its score.
    pub(crate) fn least(&mut self, contents: &Contents, limit: usize, scores: &mut Vec<(Doc, f32)>) -> f32 {
        if let Some((_, least)) = self.least.filter(|(of, _)| *of == limit) {
            return least;
        }
        let is_lowered = |doc: Doc| contents.besides[doc as usize] < 0.0;
        for &doc in self.heavy.iter().filter(|doc| !is_lowered(**doc)) {
            let sum = &self.found[doc as usize];
            scores.push((doc, sum.total * in_focus(sum.focus)));
        }
        let least = enough(scores, limit);
        scores.clear();
        self.least = Some((limit, least));
        least
    }

    pub(crate) fn add(&mut self, asked: &Asked) {
        self.least = None;
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
        for part in asked.found.as_deref().unwrap_or_default() {
            let sum = &mut self.found[part.doc as usize];
            if is_light && sum.has == Has::Nothing {
                sum.has = Has::Light;
                self.light.push(part.doc);
            } else if !is_light && sum.has != Has::Heavy {
                sum.has = Has::Heavy;
                self.heavy.push(part.doc);
            }
            sum.total += asked.weight * part.field;
            sum.told += telling * part.field;
            sum.focus += part.share;
        }
    }
}

/// What is left of a total that so large a share of the name is no part of.
pub(crate) fn in_focus(share: f32) -> f32 {
    1.0 - FOCUS + FOCUS * if share > 1.0 { 1.0 } else { share }
}

/// What so many of the scores are above, roughly: sorting all of them would cost more than all else.
pub(crate) fn enough(scores: &[(Doc, f32)], limit: usize) -> f32 {
    /// Scores are counted by their first bits, so many that there are 32 steps from 0.5 to 1, and as many from 0.25 to 0.5.
    const LEFT_OUT: u32 = 18;
    const LOWEST: u32 = 0.0625f32.to_bits() >> LEFT_OUT;
    const STEPS: usize = 160;
    let mut counts = [0u32; STEPS];
    for (_, score) in scores {
        let step = (score.max(0.0).to_bits() >> LEFT_OUT).saturating_sub(LOWEST) as usize;
        counts[step.min(STEPS - 1)] += 1;
    }
    let mut above = 0;
    let step = (0..STEPS).rev().find(|step| {
        above += counts[*step] as usize;
        above >= limit
    });
    match step {
        Some(step) if step > 0 => f32::from_bits((LOWEST + step as u32) << LEFT_OUT),
        Some(_) | None => f32::NEG_INFINITY,
    }
}
