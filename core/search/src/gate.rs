//! Whether the best answer is one, or nothing of the catalogue is meant.
//!
//! Guarantees: what answers plainly is not weighed; the weights are those that part real queries from others on the sets
//! that are tuned on (`tests/eval/queries`, by logistic regression), rounded.

use super::{asked::FILLER, index::Contents, query::Query, score::Scored};

/// An answer whose score and cover together are above this is plain.
const PLAIN: f32 = 1.1;

/// What the weights below must add up to.
const NEEDED: f32 = 3.7;
const BY_COVER: f32 = 2.1;
/// By how much it is ahead of the next, up to a half.
const BY_LEAD: f32 = 2.7;
const LEAD: f32 = 0.5;
/// By how much the whole sounds like a name, where that was asked.
const BY_SOUND: f32 = 3.1;
const SOUND_UNASKED: f32 = 0.6;
/// By the share of words that it has, that are of no service, and that nobody knows.
const BY_FOUND: f32 = 2.1;
const BY_EVERYDAY: f32 = -6.2;
const BY_UNKNOWN: f32 = -5.4;
/// By the logarithm of their number: one word is easily met by chance.
const BY_NUMBER: f32 = 1.0;

/// A word is had when a candidate is in the service as surely as this; missed when less surely than that.
const HAD: f32 = 0.5;
const MISSED: f32 = 0.3;

/// Nothing needs to be weighed.
pub(crate) fn is_plain(best: &[Scored]) -> bool {
    best.first().is_some_and(|best| best.covered + best.score >= PLAIN)
}

/// Whether the best of several is an answer that is not plain; `sound` is how well the best name sounds like the query, if
/// that was asked.
pub(crate) fn is_answer(contents: &Contents, query: &Query, best: &[Scored], sound: Option<f32>) -> bool {
    let Some(first) = best.first() else { return false };
    let lead = (first.score - best.get(1).map_or(0.0, |second| second.score)).min(LEAD);
    let (mut words, mut had, mut everyday, mut unknown) = (0.0, 0.0, 0.0, 0.0);
    for asked in query.asked.iter().filter(|asked| asked.weight > FILLER) {
        let sure = asked.meant(contents, first.doc).map_or(0.0, |candidate| candidate.sure);
        words += 1.0;
        had += f32::from(sure > HAD);
        everyday += f32::from(sure < MISSED && asked.is_everyday);
        unknown += f32::from(sure < MISSED && !asked.is_everyday && asked.candidates.is_empty());
    }
    let of_words = |count: f32| count / f32::max(words, 1.0);
    let weighed = BY_COVER * first.covered
        + BY_LEAD * lead
        + BY_SOUND * sound.unwrap_or(SOUND_UNASKED).clamp(0.0, 1.0)
        + BY_FOUND * of_words(had)
        + BY_EVERYDAY * of_words(everyday)
        + BY_UNKNOWN * of_words(unknown)
        + BY_NUMBER * (1.0 + words).ln();
    weighed >= NEEDED
}
