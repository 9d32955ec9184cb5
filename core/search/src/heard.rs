//! What was heard, when the recogniser's words can't be trusted to be words: words found anywhere in the run of sounds, and
//! whole names that sound like it.
//!
//! Guarantees: a look costs one pass over the vocabulary's pairs of letters and a comparison with the few words that share
//! them.

use std::sync::Arc;

use super::{
    asked::{Asked, UNKNOWN},
    candidates::{Candidates, How, Slots},
    index::{Contents, Doc, Organisations, Says, TermId},
    near::{Counts, Within},
    score::Scored,
    sums::{OfWord, Sums, in_focus},
    whole::Shared,
};

/// How much each of the three counts in the score of what was heard: the recogniser's words, and more if they are words
/// of the catalogue; the words spotted; and the name as it sounds. Weighed on the noise of `tests/eval`, as what follows.
const BY_WORDS: f32 = 0.95;
const BY_KNOWN_WORDS: f32 = 0.196;
const BY_SPOTTED: f32 = 0.35;
const BY_NAME: f32 = 2.8;

/// One of the hypotheses must be answered so well, or nothing is.
const GATE: f32 = 0.81;
/// Where several may support one another.
const GATE_OF_SEVERAL: f32 = 0.68;
/// And each so well to be counted.
const LEAST: f32 = 0.65;

/// How much words and name count in the score of what was typed.
const TYPED_BY_WORDS: f32 = 0.22;
const TYPED_BY_NAME: f32 = 1.45;

/// Likeness of a name below this says nothing.
const NAME_LEAST: f32 = 0.12;

/// A word is spotted when it sounds so much like a part of the run; how surely goes with this power of it.
const SPOTTED_LEAST: f32 = 0.6;
const SPOTTED_POWER: i32 = 4;
/// A word explains its letters by how much better it fits than this.
const EXPLAINS_NOTHING: f32 = 0.51;
/// Two words are heard in one place when they share this much of it.
const SAME_PLACE: f32 = 0.7;
/// So many letters that no word was spotted in weigh as much as one that is not known.
const LETTERS: f32 = 6.0;

/// What each service has of what was heard. Kept between looks.
#[derive(Default)]
pub(crate) struct Heard {
    run: String,
    /// The share of its words that the catalogue knows.
    known: f32,
    is_spotted: bool,
    sums: Sums,
    /// How much the whole name sounds like it; nought but for those listed.
    name: Vec<f32>,
    named: Vec<Doc>,
}

/// A stretch of what was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stretch {
    Word(Within),
    /// So many letters of nobody knows what.
    Unknown(usize),
}

impl Heard {
    /// Compares the whole with the names; its first `before` bytes are those of the words before the last.
    pub(crate) fn names(&mut self, contents: &Contents, run: &str, before: usize, shared: &mut Shared) {
        self.is_spotted = false;
        self.run.clear();
        self.run.push_str(run);
        for doc in self.named.drain(..) {
            self.name[doc as usize] = 0.0;
        }
        self.name.resize(contents.documents.len(), 0.0);
        for (doc, alike) in contents.whole.like(run, before, NAME_LEAST, shared) {
            self.name[doc as usize] = alike;
            self.named.push(doc);
        }
    }

    /// These too are to be looked at, however they sound.
    pub(crate) fn also(&mut self, others: &[Scored]) {
        for other in others {
            if self.name[other.doc() as usize] == 0.0 {
                self.named.push(other.doc());
            }
        }
    }

    /// Looks for words anywhere in what the names were compared with.
    pub(crate) fn spot(
        &mut self,
        contents: &Contents,
        asked: &[Arc<Asked>],
        slots: &mut Slots,
        counts: &mut Counts,
        word: &mut OfWord,
    ) {
        self.is_spotted = true;
        self.sums.start(contents);
        let known = asked.iter().filter(|asked| asked.is_known()).count();
        self.known = known as f32 / asked.len().max(1) as f32;
        let spotted = contents.near.within(&self.run, SPOTTED_LEAST, counts);
        for stretch in apart(&spotted, self.run.len()) {
            match stretch {
                Stretch::Unknown(letters) => {
                    self.sums.weight += UNKNOWN * (letters as f32 / LETTERS).min(1.0);
                }
                Stretch::Word(one) if is_filler(contents, &one) => {}
                Stretch::Word(one) => {
                    let mut candidates = Candidates::new(contents, slots);
                    let here = spotted
                        .iter()
                        .filter(|other| !is_filler(contents, other) && overlap(&one, other) >= SAME_PLACE);
                    for other in here {
                        candidates.put(Says::Term(other.place), other.alike.powi(SPOTTED_POWER), How::Sound);
                    }
                    self.sums.add(contents, &Asked::of(contents, candidates.done()), word);
                }
            }
        }
    }

    /// Services that what was heard may name; what was typed names none that does not sound like it.
    pub(crate) fn each(&self, look: impl FnMut(usize)) {
        if self.is_spotted {
            (0..self.name.len()).for_each(look);
        } else {
            self.named.iter().map(|doc| *doc as usize).for_each(look);
        }
    }

    /// No service scores more than this by its name and whatever words.
    pub(crate) fn most(&self, doc: usize) -> f32 {
        if self.is_spotted { f32::INFINITY } else { TYPED_BY_WORDS + TYPED_BY_NAME * self.name[doc] }
    }

    /// What a service scores by all that was heard and by its words; `None`: nothing.
    pub(crate) fn score(&self, doc: usize, by_words: f32, organisations: &Organisations) -> Option<f32> {
        let score = if self.is_spotted {
            let found = self.sums.sum(doc, organisations);
            let spotted = found.total / self.sums.weight.max(f32::MIN_POSITIVE);
            let spotted = spotted * in_focus(found.focus);
            (BY_WORDS + BY_KNOWN_WORDS * self.known) * by_words + BY_SPOTTED * spotted + BY_NAME * self.name[doc]
        } else {
            TYPED_BY_WORDS * by_words + TYPED_BY_NAME * self.name[doc]
        };
        (score > 0.0).then_some(score)
    }

    /// Whether the best of what one hypothesis found is an answer that others may support.
    pub(crate) fn counts(best: Option<&Scored>) -> bool {
        best.is_some_and(|best| best.score >= LEAST)
    }

    /// Whether it is one, beside that of so many hypotheses.
    pub(crate) fn is_answer(best: Option<&Scored>, hypotheses: usize) -> bool {
        best.is_some_and(|best| best.score >= if hypotheses > 1 { GATE_OF_SEVERAL } else { GATE })
    }
}

/// Whether a word sounds anywhere in a run.
pub(crate) fn is_heard(contents: &Contents, term: TermId, run: &str) -> bool {
    contents.near.fits(term, run) >= SPOTTED_LEAST
}

fn is_filler(contents: &Contents, spotted: &Within) -> bool {
    spotted.place as usize >= contents.terms.len()
}

/// The part that two places share, of the longer one.
fn overlap(one: &Within, other: &Within) -> f32 {
    let shared = one.end.min(other.end).saturating_sub(one.start.max(other.start));
    let longer = (one.end - one.start).max(other.end - other.start).max(1);
    shared as f32 / longer as f32
}

/// Words that stand side by side and together explain the most of a run; between them what no word explains.
fn apart(spotted: &[Within], length: usize) -> Vec<Stretch> {
    // For each place in the run, the most that can be explained before it, and by which word that ends there.
    let mut best: Vec<(f32, Option<usize>)> = vec![(0.0, None); length + 1];
    let mut by_end: Vec<Vec<usize>> = vec![Vec::new(); length + 1];
    for (at, word) in spotted.iter().enumerate() {
        if let Some(ends) = by_end.get_mut(word.end).filter(|_| word.start < word.end) {
            ends.push(at);
        }
    }
    for end in 1..=length {
        best[end] = (best[end - 1].0, None);
        for &at in &by_end[end] {
            let word = &spotted[at];
            let explained = best[word.start].0 + (word.alike - EXPLAINS_NOTHING) * (word.end - word.start) as f32;
            if explained > best[end].0 {
                best[end] = (explained, Some(at));
            }
        }
    }
    let mut stretches = Vec::new();
    let (mut end, mut unknown) = (length, 0);
    while end > 0 {
        match best[end].1 {
            Some(at) => {
                if unknown > 0 {
                    stretches.push(Stretch::Unknown(std::mem::take(&mut unknown)));
                }
                stretches.push(Stretch::Word(spotted[at]));
                end = spotted[at].start;
            }
            None => {
                unknown += 1;
                end -= 1;
            }
        }
    }
    if unknown > 0 {
        stretches.push(Stretch::Unknown(unknown));
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(place: u32, start: usize, end: usize, alike: f32) -> Within {
        Within { place, start, end, alike }
    }

    #[test]
    fn words_side_by_side_explain_more_than_one_across_them() {
        let spotted = [within(0, 0, 5, 0.9), within(1, 5, 10, 0.8), within(2, 3, 8, 1.0)];

        let words: Vec<Stretch> = apart(&spotted, 12);

        assert_eq!(words, [Stretch::Unknown(2), Stretch::Word(spotted[1]), Stretch::Word(spotted[0])]);
    }

    #[test]
    fn what_barely_fits_explains_nothing() {
        assert_eq!(apart(&[within(0, 0, 5, EXPLAINS_NOTHING)], 5), [Stretch::Unknown(5)]);
        assert_eq!(apart(&[], 0), []);
    }

    #[test]
    fn places_are_compared_by_the_longer() {
        assert!((overlap(&within(0, 0, 4, 1.0), &within(1, 2, 10, 1.0)) - 0.25).abs() < 1e-6);
        assert_eq!(overlap(&within(0, 0, 4, 1.0), &within(1, 4, 8, 1.0)), 0.0);
    }
}
