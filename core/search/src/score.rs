//! How well services answer what was understood.
//!
//! Guarantees: equals come in their own order, whatever was added up first; what is not looked at could not have been among
//! the best.

use super::{
    Standing,
    asked::FILLER,
    builder::POPULAR,
    candidates::Candidate,
    index::{Contents, Doc},
    query::{Query, Scratch},
    sums::{Has, LIGHT, Part, enough, higher, in_focus},
    words::keep_best,
};

const KIND: f32 = 0.05;
/// What comes first though another answers better by so little.
const PREFERRED: f32 = 0.01;

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
        let Scratch { heard, shared, slots, counts, word, .. } = &mut *self.scratch;
        heard.names(self.contents, self.query.run(), shared);
        match by {
            By::Words => {}
            By::Names(others) => heard.also(others),
            By::Sounds => heard.spot(self.contents, &self.query.asked, slots, counts, word),
        }
        self.find(false); // what was spotted is none of the query's words
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
