//! How well services answer what was understood.
//!
//! Guarantees: a word's places are looked at once while it is typed, and once when it is closed; equals come in their own
//! order, whatever was added up first; what is not looked at could not have been among the best.

use std::sync::Arc;

use super::{
    Standing,
    asked::{Asked, Candidate, FILLER},
    index::{Contents, Doc, POPULAR, Posting},
    query::{Query, Scratch},
    words::keep_best,
};

pub(crate) const FOCUS: f32 = 0.3;
const KIND: f32 = 0.05;
/// What comes first though another answers better by so little.
const PREFERRED: f32 = 0.01;

/// Words that weigh less never make a service one of the first, if there are enough others.
const LIGHT: f32 = 0.25;

/// So many are enough: no more are looked at by who does not know the word for what is meant.
const ENOUGH: usize = 10;

/// Scores that differ by less are equal: which sum was rounded how must not decide.
const FINEST: f32 = 131_072.0;

/// A service and how well it answers, 0 to about 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    pub(crate) doc: Doc,
    pub(crate) score: f32,
    /// The score, and more if it is preferred: what they are put in order by.
    pub(crate) rank: f32,
    /// How much it answers of the words that tell services apart, by weight.
    pub(crate) covered: f32,
}

/// What services are compared by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum By<'a> {
    Words,
    /// And by how the whole sounds beside their names: those that sound like it at all, and these.
    Names(&'a [Scored]),
    /// And by words that sound anywhere in it.
    Sounds,
}

/// What some words of a query find.
#[derive(Default)]
pub(crate) struct Sums {
    /// The words that were added up.
    of: Vec<Arc<Asked>>,
    /// By service.
    found: Vec<Sum>,
    /// Where there is anything of a word that weighs, and where perhaps only of others.
    heavy: Vec<Doc>,
    light: Vec<Doc>,
    pub(crate) weight: f32,
    telling: f32,
    /// What the words that hardly weigh do weigh.
    lightly: f32,
    /// What so many services have at least, once somebody asked for so many.
    least: Option<(usize, f32)>,
}

/// What a service has of some words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    pub(crate) total: f32,
    pub(crate) focus: f32,
    told: f32,
    has: Has,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Has {
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
    found: Vec<Part>,
    docs: Vec<Doc>,
}

/// What a service has of one word.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    best: f32,
    share: f32,
}

impl OfWord {
    /// What its candidates find: everywhere, or only where `others` find something that weighs. If they are those that
    /// were looked at last, that is there.
    fn find(&mut self, contents: &Contents, candidates: &[Candidate], others: Option<&Sums>) {
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
fn higher(one: f32, other: f32) -> f32 {
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

    pub(crate) fn of(&self, doc: usize) -> &Sum {
        &self.found[doc]
    }

    /// Adds up these words: only the last of them, where the others are those that were added up before.
    fn add_up(&mut self, contents: &Contents, words: &[Arc<Asked>]) {
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
    fn least(&mut self, contents: &Contents, limit: usize, scores: &mut Vec<(Doc, f32)>) -> f32 {
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

/// A query whose words are added up: what services are compared by.
pub(crate) struct Ranking<'a> {
    contents: &'a Contents,
    query: &'a Query,
    scratch: &'a mut Scratch,
    besides: &'a [f32],
    /// What the word that goes on may mean, what it weighs, and how much of that tells services apart.
    candidates: &'a [Candidate],
    open: f32,
    open_telling: f32,
    /// One by what all words weigh.
    part: f32,
}

impl Query {
    /// Adds up what its words find. What stays from one key to the next is not added up again.
    pub(crate) fn ranking<'a>(&'a self, contents: &'a Contents, scratch: &'a mut Scratch) -> Ranking<'a> {
        let (closed, open) = match self.asked.split_last() {
            Some((last, before)) if last.found.is_none() => (before, Some(last)),
            Some(_) | None => (&self.asked[..], None),
        };
        scratch.sums.add_up(contents, closed);
        let candidates = open.filter(|open| open.weight > FILLER).map_or(&[][..], |open| &open.candidates);
        let weight = open.map_or(0.0, |open| open.weight);
        Ranking {
            contents,
            query: self,
            besides: if self.foreign { &contents.besides_abroad } else { &contents.besides },
            candidates,
            open: weight,
            open_telling: if open.is_some_and(|open| open.tells) { weight } else { 0.0 },
            part: (scratch.sums.weight + weight).max(f32::MIN_POSITIVE).recip(),
            scratch,
        }
    }
}

impl Ranking<'_> {
    /// The services that answer best, of those that stand; equals in their own order.
    pub(crate) fn best(&mut self, limit: usize, by: By<'_>, stands: &dyn Fn(usize) -> Standing) -> Vec<Scored> {
        let mut scores = std::mem::take(&mut self.scratch.scores);
        scores.clear();
        let mut best = match by {
            By::Words => self.best_by_words(limit, stands, &mut scores),
            By::Names(_) | By::Sounds => {
                self.hear(by);
                let heard = &self.scratch.heard;
                heard.each(|doc| {
                    if let Some(score) = heard.score(doc, self.by_words(doc)) {
                        scores.push((doc as Doc, score + self.besides[doc]));
                    }
                });
                self.highest(&mut scores, limit, stands)
            }
        };
        for scored in &mut best {
            scored.covered = self.covered(scored.doc as usize, by);
        }
        self.scratch.scores = scores;
        best
    }

    fn hear(&mut self, by: By<'_>) {
        self.find(false);
        let Scratch { heard, shared, slots, counts, word, .. } = &mut *self.scratch;
        heard.names(self.contents, self.query.run(), shared);
        match by {
            By::Words => {}
            By::Names(others) => heard.also(others),
            By::Sounds => heard.spot(self.contents, &self.query.asked, slots, counts, word),
        }
    }

    fn by_words(&self, doc: usize) -> f32 {
        let (sum, open) = (&self.scratch.sums.found[doc], &self.scratch.word.found[doc]);
        (sum.total + self.open * open.best) * self.part * in_focus(sum.focus + open.share)
    }

    /// Scores those of `docs` that have so much of the words before and of the one that goes on.
    fn score(&self, docs: &[Doc], has: impl Fn(Has, Part) -> bool, scores: &mut Vec<(Doc, f32)>) {
        let Scratch { sums, word, .. } = &*self.scratch;
        for &doc in docs {
            let at = doc as usize;
            let (sum, part) = (&sums.found[at], word.found[at]);
            if has(sum.has, part) {
                let total = (sum.total + self.open * part.best) * self.part;
                scores.push((doc, total * in_focus(sum.focus + part.share) + self.besides[at]));
            }
        }
    }

    fn best_by_words(
        &mut self,
        limit: usize,
        stands: &dyn Fn(usize) -> Standing,
        scores: &mut Vec<(Doc, f32)>,
    ) -> Vec<Scored> {
        // What has nothing that weighs but the word that goes on is rarely among the best.
        let most = self.most_alone();
        if self.least_of_heavy(limit, scores) > most {
            self.find(true);
            self.score(&self.scratch.sums.heavy, |_, _| true, scores);
            let best = self.highest(scores, limit, stands);
            if best.len() == limit && best.last().is_some_and(|last| last.rank > most) {
                return best;
            }
            scores.clear();
        }
        self.find(false);
        let Scratch { sums, word, .. } = &*self.scratch;
        let is_open_heavy = self.open >= LIGHT;
        self.score(&sums.heavy, |_, _| true, scores);
        if is_open_heavy {
            self.score(&word.docs, |has, _| has != Has::Heavy, scores);
        }
        // What has only words that hardly weigh is looked at when there is not enough else.
        let is_shown = |(doc, _): &&(Doc, f32)| stands(*doc as usize) != Standing::Hidden;
        if scores.iter().filter(is_shown).take(ENOUGH).count() < ENOUGH {
            self.score(&sums.light, |has, open| has == Has::Light && (!is_open_heavy || open.best == 0.0), scores);
            if !is_open_heavy {
                self.score(&word.docs, |has, _| has == Has::Nothing, scores);
            }
        }
        self.highest(scores, limit, stands)
    }

    /// What the word that goes on finds; `is_narrow`: where others that weigh find something.
    fn find(&mut self, is_narrow: bool) {
        let Scratch { sums, word, .. } = &mut *self.scratch;
        word.find(self.contents, self.candidates, is_narrow.then_some(&*sums));
    }

    /// What so many services score at least by the words before the one that goes on.
    fn least_of_heavy(&mut self, limit: usize, scores: &mut Vec<(Doc, f32)>) -> f32 {
        if self.open < LIGHT || self.scratch.sums.heavy.len() < limit {
            return 0.0;
        }
        self.scratch.sums.least(self.contents, limit, scores) * self.part
    }

    /// More than any service has that has nothing that weighs but the word that goes on.
    fn most_alone(&self) -> f32 {
        let surest = self.candidates.iter().fold(0.0, |surest, candidate| higher(surest, candidate.sure));
        let kinds = if self.query.kinds.is_empty() { 0.0 } else { 2.0 * KIND };
        (self.open * surest + self.scratch.sums.lightly) * self.part + POPULAR + PREFERRED + kinds
    }

    /// How much a service has of what tells services apart.
    fn covered(&self, doc: usize, by: By<'_>) -> f32 {
        let (sum, open) = (&self.scratch.sums.found[doc], &self.scratch.word.found[doc]);
        let telling = self.scratch.sums.telling + self.open_telling;
        let by_words = if telling > 0.0 {
            (sum.told + self.open_telling * open.best) / telling
        } else {
            (sum.total + self.open * open.best) * self.part
        };
        if by == By::Words { by_words } else { self.scratch.heard.covered(doc, by_words) }
    }

    /// Of the scores those that are highest.
    fn highest(&self, scores: &mut [(Doc, f32)], limit: usize, stands: &dyn Fn(usize) -> Standing) -> Vec<Scored> {
        self.choose(scores);
        // Above this are as many as wanted, if all of them stand.
        let enough = enough(scores, limit) - PREFERRED;
        let goes_before =
            |one: &Scored, other: &Scored| one.rank > other.rank || (one.rank == other.rank && one.doc < other.doc);
        let mut best: Vec<Scored> = Vec::with_capacity(limit.min(scores.len()));
        for least in [enough, f32::NEG_INFINITY] {
            best.clear();
            for &(doc, score) in scores.iter().filter(|(_, score)| *score > least) {
                let preferred = match stands(doc as usize) {
                    Standing::Hidden => continue,
                    Standing::Shown => 0.0,
                    Standing::Preferred => PREFERRED,
                };
                let score = ((score * FINEST) as i32) as f32 / FINEST;
                let scored = Scored { doc, score, rank: score + preferred, covered: 0.0 };
                keep_best(&mut best, scored, limit, goes_before);
            }
            if best.len() == limit {
                break;
            }
        }
        best
    }

    /// Lifts services of the kinds that are asked for above the others.
    fn choose(&self, scores: &mut [(Doc, f32)]) {
        let wanted = self.query.kinds;
        if wanted.is_empty() {
            return;
        }
        for (doc, score) in scores {
            let kinds = self.contents.documents[*doc as usize].kinds;
            if !kinds.is_empty() {
                *score += if wanted.meets(kinds) { KIND } else { -KIND };
            }
        }
    }
}

/// What is left of a total that so large a share of the name is no part of.
fn in_focus(share: f32) -> f32 {
    1.0 - FOCUS + FOCUS * if share > 1.0 { 1.0 } else { share }
}

/// What so many of the scores are above, roughly: sorting all of them would cost more than all else.
fn enough(scores: &[(Doc, f32)], limit: usize) -> f32 {
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
