//! What a recogniser heard: several hypotheses about one query, fused.
//!
//! Guarantees: one service is named only when it is clearly ahead; nothing is started; audio never comes here.

use super::{Answer, Found, Index, Standing, heard::Heard, index::Doc, words::put_in_order};

/// A result is clearly ahead by this much of its score.
const AHEAD: f32 = 0.15;
/// And answers so much of what was heard.
const SURE: f32 = 0.6;

/// A later hypothesis counts less by this power of its place, and a better hit more by that of its score.
const RANK: f32 = 0.7;
const SCORE: f32 = 1.3;

/// Hits of one hypothesis that count.
const HITS: usize = 16;

/// Hypotheses beyond these add nothing.
const HYPOTHESES: usize = 10;

/// What is offered when no service is clearly ahead.
pub const CHOICES: usize = 3;

/// One guess of the recogniser.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    pub text: String,
    /// 0 to 1, if it says.
    pub confidence: Option<f32>,
}

/// What was heard and what it found.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    /// The hypothesis to show, for the citizen to mend.
    pub heard: String,
    /// Best first.
    pub found: Vec<Found>,
    /// The first of `found` is clearly ahead: it may be shown alone. Otherwise the first three are choices.
    pub clear: bool,
}

impl Index {
    /// Services that were probably asked for aloud, best first. Hypotheses in the recogniser's order.
    pub fn find_spoken(&self, hypotheses: &[Hypothesis], limit: usize, stands: impl Fn(usize) -> Standing) -> Spoken {
        let mut order: Vec<(Doc, f32)> = Vec::new();
        let mut answers: Vec<(f32, Answer<'_>)> = Vec::new();
        for (rank, hypothesis) in hypotheses.iter().take(HYPOTHESES).enumerate() {
            // What is no number, or none of 0 to 1, is no confidence.
            let confidence = hypothesis.confidence.filter(|confidence| (0.0..=1.0).contains(confidence));
            let trust = confidence.map_or(1.0, |confidence| 0.5 + confidence / 2.0) / (rank as f32 + 1.0).powf(RANK);
            let answer = self.hear(&hypothesis.text, limit.max(HITS), &stands);
            for found in &answer.best {
                let score = trust * found.rank().max(0.0).powf(SCORE);
                match order.iter_mut().find(|(doc, _)| *doc == found.doc()) {
                    Some((_, sum)) => *sum += score,
                    None => order.push((found.doc(), score)),
                }
            }
            answers.push((trust, answer));
        }
        let mut heard = hypotheses.first().map(|first| first.text.clone()).unwrap_or_default();
        let mut highest = 0.0;
        for ((trust, answer), hypothesis) in answers.iter().zip(hypotheses) {
            let score = trust * answer.best.first().map_or(0.0, |found| found.score);
            if score > highest {
                highest = score;
                heard.clone_from(&hypothesis.text);
            }
        }
        let trusted: f32 = answers.iter().map(|(trust, _)| trust).sum::<f32>().max(f32::MIN_POSITIVE);
        for (_, score) in &mut order {
            *score /= trusted;
        }
        put_in_order(&mut order, |one, other| one.1 > other.1 || (one.1 == other.1 && one.0 < other.0));
        let clear = match order[..] {
            [] => false,
            [(_, only)] => only >= SURE,
            [(_, first), (_, second), ..] => first >= SURE && first - second >= AHEAD * first,
        };
        let is_answer = |(_, answer): &(f32, Answer<'_>)| Heard::is_answer(answer.best.first(), answers.len());
        order.truncate(if answers.iter().any(is_answer) { limit } else { 0 });
        let explain = |(doc, score): (Doc, f32)| {
            let told = answers.iter().find_map(|(_, answer)| {
                let scored = answer.best.iter().find(|found| found.doc() == doc)?;
                Some(answer.explained(scored))
            })?;
            Some(Found { score, ..told })
        };
        Spoken { heard, found: order.into_iter().filter_map(explain).collect(), clear }
    }
}
