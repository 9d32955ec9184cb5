//! How well services answer what was understood.
//!
//! Guarantees: a word's places are looked at once while it is typed, and once when it is closed; equals come in their own
//! order, whatever was added up first.

use super::{
    Standing,
    asked::{Asked, FILLER},
    index::{Contents, Doc, Posting},
    kinds::Kinds,
    query::{Query, Scratch},
    words::keep_best,
};

pub(crate) const FOCUS: f32 = 0.3;
const KIND: f32 = 0.05;
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
    /// How much it answers of the words that tell services apart, by weight.
    pub(crate) covered: f32,
}

/// What services are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Words,
    /// And by how the whole sounds beside their names.
    Names,
    /// And by words that sound anywhere in it.
    Sounds,
}

/// What some words of a query find.
#[derive(Default)]
pub(crate) struct Sums {
    /// By service.
    pub(crate) found: Vec<Sum>,
    /// Where there is anything of a word that weighs, and where perhaps only of others.
    pub(crate) heavy: Vec<Doc>,
    pub(crate) light: Vec<Doc>,
    pub(crate) weight: f32,
    pub(crate) telling: f32,
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
    pub(crate) fn find(&mut self, contents: &Contents, asked: &Asked) {
        self.found.resize(contents.documents.len(), Part::default());
        for candidate in &asked.candidates {
            for posting in contents.said(candidate.says) {
                let Some(part) = self.found.get_mut(posting.doc as usize) else { continue };
                if part.best == 0.0 {
                    self.docs.push(posting.doc);
                }
                part.best = part.best.max(candidate.sure * posting.field);
                part.share = part.share.max(candidate.sure * posting.share);
            }
        }
    }

    /// What was found, by service; nothing is left.
    pub(crate) fn take(&mut self) -> Vec<Posting> {
        let found = &mut self.found;
        let taken = self.docs.drain(..).map(|doc| {
            let Part { best, share } = std::mem::take(&mut found[doc as usize]);
            Posting { doc, field: best, share }
        });
        taken.collect()
    }

    fn forget(&mut self) {
        for doc in self.docs.drain(..) {
            self.found[doc as usize] = Part::default();
        }
    }
}

impl Sums {
    pub(crate) fn start(&mut self, contents: &Contents) {
        self.found.clear();
        self.found.resize(contents.documents.len(), Sum::default());
        self.heavy.clear();
        self.light.clear();
        (self.weight, self.telling) = (0.0, 0.0);
    }

    pub(crate) fn add(&mut self, asked: &Asked) {
        self.weight += asked.weight;
        if asked.tells {
            self.telling += asked.weight;
        }
        if asked.weight <= FILLER {
            return;
        }
        let telling = if asked.tells { asked.weight } else { 0.0 };
        let is_light = asked.weight < LIGHT;
        for part in &asked.found {
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

impl Query {
    /// The services that answer best, of those that stand; equals in their own order.
    pub(crate) fn best(
        &self,
        contents: &Contents,
        limit: usize,
        by: By,
        stands: impl Fn(usize) -> Standing,
        scratch: &mut Scratch,
    ) -> Vec<Scored> {
        let Scratch { closed, sums, word, scores, heard, slots, counts, shared, .. } = scratch;
        let (sums, open) = if self.goes_on {
            (&closed.sums, self.asked.last())
        } else {
            sums.start(contents);
            self.asked.iter().for_each(|asked| sums.add(asked));
            (&*sums, None)
        };
        let count = contents.documents.len();
        word.found.resize(count, Part::default());
        let (mut open_weight, mut open_telling) = (0.0, 0.0);
        if let Some(open) = open {
            open_weight = open.weight;
            open_telling = if open.tells { open.weight } else { 0.0 };
            if open.weight > FILLER {
                word.find(contents, open);
            }
        }
        match by {
            By::Words => {}
            By::Names => heard.names(contents, self.run(), shared),
            By::Sounds => {
                heard.names(contents, self.run(), shared);
                heard.spot(contents, &self.asked, slots, counts, word);
            }
        }
        let telling = sums.telling + open_telling;
        let part = (sums.weight + open_weight).max(f32::MIN_POSITIVE).recip();
        let besides = if self.foreign { &contents.besides_abroad } else { &contents.besides };
        let (of_closed, of_open) = (&sums.found[..count], &word.found[..count]);
        let by_words = |doc: usize| {
            let (sum, open) = (&of_closed[doc], &of_open[doc]);
            let total = sum.total + open_weight * open.best;
            total * part * (1.0 - FOCUS + FOCUS * (sum.focus + open.share).min(1.0))
        };
        scores.clear();
        match by {
            By::Words => {
                let score = |&doc: &Doc| (doc, by_words(doc as usize) + besides[doc as usize]);
                let has = |doc: &Doc| of_closed[*doc as usize].has;
                let is_open_heavy = open_weight >= LIGHT;
                scores.extend(sums.heavy.iter().map(score));
                if is_open_heavy {
                    scores.extend(word.docs.iter().filter(|doc| has(doc) != Has::Heavy).map(score));
                }
                // What has only words that hardly weigh is looked at when there is not enough else.
                let is_shown = |(doc, _): &&(Doc, f32)| stands(*doc as usize) != Standing::Hidden;
                if scores.iter().filter(is_shown).take(ENOUGH).count() < ENOUGH {
                    let is_new = |doc: &Doc| !is_open_heavy || of_open[*doc as usize].best == 0.0;
                    scores.extend(sums.light.iter().filter(|doc| has(doc) == Has::Light && is_new(doc)).map(score));
                    let open = word.docs.iter().filter(|doc| !is_open_heavy && has(doc) == Has::Nothing);
                    scores.extend(open.map(score));
                }
            }
            By::Names | By::Sounds => {
                scores.extend((0..count).filter_map(|doc| {
                    let score = heard.score(doc, by_words(doc))?;
                    Some((doc as Doc, score + besides[doc]))
                }));
            }
        }
        let covered = |doc: usize| {
            let (sum, open) = (&of_closed[doc], &of_open[doc]);
            let by_words = if telling > 0.0 {
                (sum.told + open_telling * open.best) / telling
            } else {
                (sum.total + open_weight * open.best) * part
            };
            if by == By::Words { by_words } else { heard.covered(doc, by_words) }
        };
        let mut best = self.highest(contents, scores, limit, stands);
        for scored in &mut best {
            scored.covered = covered(scored.doc as usize);
        }
        word.forget();
        best
    }

    /// Of the scores those that are highest, with what only these are asked for.
    fn highest(
        &self,
        contents: &Contents,
        scores: &[(Doc, f32)],
        limit: usize,
        stands: impl Fn(usize) -> Standing,
    ) -> Vec<Scored> {
        // Above this are as many as wanted, if all of them stand.
        let slack = if self.kinds.is_empty() { PREFERRED } else { PREFERRED + 2.0 * KIND };
        let enough = enough(scores, limit) - slack;
        let goes_before =
            |one: &Scored, other: &Scored| one.score > other.score || (one.score == other.score && one.doc < other.doc);
        let mut best: Vec<Scored> = Vec::with_capacity(limit.min(scores.len()));
        for least in [enough, f32::NEG_INFINITY] {
            best.clear();
            for &(doc, score) in scores.iter().filter(|(_, score)| *score > least) {
                let preferred = match stands(doc as usize) {
                    Standing::Hidden => continue,
                    Standing::Shown => 0.0,
                    Standing::Preferred => PREFERRED,
                };
                let score = score + preferred + self.by_kind(contents.documents[doc as usize].kinds);
                let score = ((score * FINEST) as i32) as f32 / FINEST;
                keep_best(&mut best, Scored { doc, score, covered: 0.0 }, limit, goes_before);
            }
            if best.len() == limit {
                break;
            }
        }
        best
    }

    fn by_kind(&self, of_service: Kinds) -> f32 {
        match (self.kinds.is_empty() || of_service.is_empty(), self.kinds.meets(of_service)) {
            (true, _) => 0.0,
            (false, true) => KIND,
            (false, false) => -KIND,
        }
    }
}

/// What so many of the scores are above, roughly: sorting all of them would cost more than all else.
fn enough(scores: &[(Doc, f32)], limit: usize) -> f32 {
    const STEPS: usize = 256;
    const HIGHEST: f32 = 1.2;
    let mut counts = [0u32; STEPS + 1];
    for (_, score) in scores {
        counts[((score * (STEPS as f32 / HIGHEST)) as usize).min(STEPS)] += 1; // what is below nought is in the first
    }
    let mut above = 0;
    let step = (0..=STEPS).rev().find(|step| {
        above += counts[*step] as usize;
        above >= limit
    });
    match step {
        Some(step) if step > 0 => step as f32 * (HIGHEST / STEPS as f32),
        Some(_) | None => f32::NEG_INFINITY,
    }
}
