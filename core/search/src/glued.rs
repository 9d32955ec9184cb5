//! Words written without a space between them, as in messages («hayagaasolih»).
//!
//! Guarantees: a word that is known, or on its way to one, is not parted; every part is a word, and one tells something;
//! time goes with the letters of the token, which a query has no more of than its limit.

use std::ops::RangeInclusive;

use mongolian_text::{Script, Token};

use super::{
    index::Contents,
    reading::{self, Reading},
    words::{self, Tongue, Word},
};

/// Letters of what is glued, at least.
const GLUED: usize = 7;
/// Letters of a part.
const PART: RangeInclusive<usize> = 3..=16;
/// Of one that only phrases have, or that begins with a vowel behind a consonant, at least; and of one that does both.
const UNSURE: usize = 4;
const SURE: usize = 6;
/// Of one whose ending is written short.
const SHORT: usize = 5;

/// The words that a token of nobody's was glued of, if it was.
pub(crate) fn parted(contents: &Contents, token: &Token, reading: &Reading) -> Option<Vec<Token>> {
    let is_latin = token.script == Script::Latin && token.text.len() == token.range.len();
    if !is_latin || reading.is_known() || token.text.len() < GLUED || is_negated(&token.text) {
        return None;
    }
    let sound = mongolian_text::phonetic_letters(&reading.cyrillic);
    if contents.beginnings.any(&sound) || is_verb(contents, &reading.cyrillic) {
        return None;
    }
    // Inside a word w is в far more often than ш.
    let ends = ends(contents, &token.text).or_else(|| ends(contents, &token.text.replace('w', "v")))?;
    let mut start = 0;
    let part = |end: usize| {
        let part = start..end;
        start = end;
        let range = token.range.start + part.start..token.range.start + part.end;
        Token { text: token.text[part].to_owned(), range, script: token.script }
    };
    Some(ends.into_iter().map(part).collect())
}

/// «паспортгүй» is one word, though nobody knows it.
fn is_negated(text: &str) -> bool {
    ["gui", "gvi", "guy", "gwi"].iter().any(|ending| text.ends_with(ending))
}

/// A form of a verb that is known, most of which is its stem: what is glued may end as a verb does.
fn is_verb(contents: &Contents, text: &str) -> bool {
    2 * mongolian_text::verb_stem(text).len() >= text.len() && reading::is_verb(contents, text)
}

/// Where its parts end: the longest parts that are words, from the first letter to the last. One of them must tell something.
fn ends(contents: &Contents, text: &str) -> Option<Vec<usize>> {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    // For each place where a part may end, how good the parts up to there are, and where the last begins.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; places.len()];
    best[0] = Some((0, 0));
    for to in *PART.start()..places.len() {
        for from in to.saturating_sub(*PART.end())..=to - PART.start() {
            let Some((before, _)) = best[from] else { continue };
            let length = to - from;
            let good = before + length * length;
            if best[to].is_none_or(|(other, _)| good > other)
                && is_part(contents, &text[places[from]..places[to]], from > 0 && is_inside(text, places[from]))
            {
                best[to] = Some((good, from));
            }
        }
    }
    let mut ends = Vec::new();
    let mut at = places.len() - 1;
    while at > 0 {
        ends.push(places[at]);
        at = best[at]?.1;
    }
    ends.reverse();
    let starts = [0].into_iter().chain(ends.iter().copied());
    let tells = |(from, to): (usize, &usize)| {
        let word = words::word(&mongolian_text::to_cyrillic(&text[from..*to]), Tongue::Mongolian);
        reading::known(contents, &word, Script::Latin).tells()
    };
    starts.zip(&ends).any(tells).then_some(ends)
}

/// Between a consonant and a vowel, where syllables do not part: rather inside a word than between two.
fn is_inside(text: &str, at: usize) -> bool {
    let is_vowel = |letter: char| "aeiouvöü".contains(letter);
    let (before, after) = text.split_at(at);
    !before.ends_with(is_vowel) && after.starts_with(is_vowel)
}

fn is_part(contents: &Contents, part: &str, is_inside: bool) -> bool {
    let cyrillic = mongolian_text::to_cyrillic(part);
    let known = |word: &Word| reading::known(contents, word, Script::Latin);
    let strict = known(&words::word(&cyrillic, Tongue::Mongolian));
    let least = match (strict.leads(), is_inside) {
        (true, false) => *PART.start(),
        (true, true) | (false, false) => UNSURE,
        (false, true) => SURE,
    };
    if strict.is_word() {
        return part.len() >= least;
    }
    part.len() >= SHORT && words::informal_words(&cyrillic).any(|(word, _)| known(&word).leads())
}
