//! Whether the best answer is one, or nothing of the catalogue is meant.
//!
//! Guarantees: what answers every word plainly is not weighed; the weights are those that part real queries from others on
//! the sets that are tuned on (`tests/eval/queries`, by logistic regression), rounded.

use super::{asked::FILLER, index::Contents, query::Query, score::Scored};

/// An answer is plain when it scores so much and has every word as surely as this.
const PLAIN: f32 = 0.3;
const PLAINLY_HAD: f32 = 0.7;
/// Of a first word that is typed, its score and cover together.
const PLAINLY_BEGUN: f32 = 1.05;
/// An answer whose score and cover together are above this is not given up for one that sounds better.
const GOOD: f32 = 1.1;

/// What the weights below must add up to.
const NEEDED: f32 = 9.4;
/// And so much less while the last word goes on: what it will be is not known.
const BEGUN: f32 = 1.2;
const BY_SCORE: f32 = 2.1;
/// By how much it is ahead of the next, up to a half.
const BY_LEAD: f32 = 5.0;
const LEAD: f32 = 0.5;
/// By how much the whole sounds like a name, where that was asked.
const BY_SOUND: f32 = 3.5;
const SOUND_UNASKED: f32 = 0.6;
/// By the share of words that are of no service, wherever they are met, and that nobody knows.
const BY_EVERYDAY: f32 = -5.1;
const BY_UNKNOWN: f32 = -3.2;
/// By the share of all words that are polite: who chats leaves them out.
const BY_POLITE: f32 = 2.7;
/// By the logarithm of their number: one word is easily met by chance.
const BY_NUMBER: f32 = 4.5;

/// A word is missed when a candidate is in the service less surely than this.
const MISSED: f32 = 0.3;

/// What is seen of a query beside its best answer.
#[derive(Default)]
pub(crate) struct Evidence {
    lead: f32,
    score: f32,
    words: f32,
    polite: f32,
    everyday: f32,
    unknown: f32,
    is_plain: bool,
    is_good: bool,
    is_begun: bool,
}

impl Evidence {
    /// `covered`: how much the best has of what tells services apart.
    pub(crate) fn of(contents: &Contents, query: &Query, best: &[Scored], covered: f32) -> Option<Self> {
        let first = best.first()?;
        let lead = (first.score - best.get(1).map_or(0.0, |second| second.score)).min(LEAD);
        let mut seen = Self {
            lead,
            score: first.score,
            is_plain: first.score >= PLAIN,
            is_good: covered + first.score >= GOOD,
            ..Self::default()
        };
        for asked in &query.asked {
            if asked.weight <= FILLER {
                seen.polite += 1.0;
                continue;
            }
            let sure = asked.meant(contents, first.doc()).map_or(0.0, |candidate| candidate.sure);
            if asked.asking.is_typed && !asked.is_everyday && !asked.candidates.is_empty() && sure < PLAINLY_HAD {
                seen.is_begun = true;
                continue; // what is begun and not yet a word speaks neither for the answer nor against it
            }
            seen.is_plain &= sure >= PLAINLY_HAD;
            seen.words += 1.0;
            seen.everyday += f32::from(asked.is_everyday);
            seen.unknown += f32::from(sure < MISSED && !asked.is_everyday && asked.candidates.is_empty());
        }
        if seen.words == 0.0 {
            seen.is_plain = covered + first.score >= PLAINLY_BEGUN;
        }
        Some(seen)
    }

    /// Nothing needs to be weighed.
    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Its words are enough not to ask what else the whole sounds like.
    pub(crate) fn is_good(&self) -> bool {
        self.is_good
    }

    /// Whether it is an answer; `sound` is how well the best name sounds like the query, if that was asked.
    pub(crate) fn is_answer(&self, sound: Option<f32>) -> bool {
        let words = self.words.max(1.0);
        let weighed = BY_SCORE * self.score
            + BY_LEAD * self.lead
            + BY_SOUND * sound.unwrap_or(SOUND_UNASKED).clamp(0.0, 1.0)
            + BY_EVERYDAY * self.everyday / words
            + BY_UNKNOWN * self.unknown / words
            + BY_POLITE * self.polite / (self.polite + self.words).max(1.0)
            + BY_NUMBER * (1.0 + self.words).ln();
        self.is_plain || weighed >= if self.is_begun { NEEDED - BEGUN } else { NEEDED }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Index, Kind, Standing,
        tests::{index, names, service},
    };

    #[test]
    fn what_is_bought_goes_round_the_gate_by_no_sound() {
        let orders = [
            "Эмчийн цаг захиалах",
            "Улсын дугаар захиалах",
            "Иргэний үнэмлэх захиалах",
            "Цахим гадаад паспорт захиалах",
        ];
        let index = Index::build(&orders.map(|name| service(name, "Order", Kind::Order)));
        for query in
            ["пицца захиалах", "торт захиалах", "цэцэг захиалах", "бууз захиалах", "ширээ захиалах", "tort zahialah"]
        {
            assert_eq!(names(&index, query), [0; 0], "{query}");
        }
        assert_eq!(names(&index, "эмжин сак захиалах").first(), Some(&0), "misheard, and no word of any other life");
    }

    #[test]
    fn whether_a_query_is_of_the_catalogue_does_not_hang_on_a_filter() {
        let index = index();
        for query in ["жолооны агаар", "жолооны лавлагаа хөтлөх", "жолооны хүүхдийн цаг"]
        {
            assert_eq!(names(&index, query), [0; 0], "{query}");
            for place in 0..11 {
                let only = |entry| if entry == place { Standing::Shown } else { Standing::Hidden };
                assert!(index.find(query, 10, only).is_empty(), "{query}, {place}");
            }
        }
    }
}
