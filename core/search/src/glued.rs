//! Words written without a space between them, as in messages («hayagaasolih»).
//!
//! Guarantees: a word that is known, or on its way to one, is not parted; every part is a word that tells something; time
//! goes with the letters of the token, which a query has no more of than its limit.

use std::ops::Range;

use mongolian_text::{Script, Token};

use super::{
    index::Contents,
    reading::{self, Reading},
    words::{self, Tongue},
};

/// Letters of what is glued, at least.
const GLUED: usize = 7;
/// Letters of a part.
const PART: Range<usize> = 4..16;
/// Letters of the first, which may be «ХХК», and of one that begins with a vowel behind a consonant, at least.
const FIRST: usize = 3;
const AFTER_CONSONANT: usize = 6;

/// The words that a token of nobody's was glued of, if it was.
pub(crate) fn parted(contents: &Contents, token: &Token, reading: &Reading) -> Option<Vec<Token>> {
    let is_latin = token.script == Script::Latin && token.text.len() == token.range.len();
    if !is_latin || reading.is_known() || token.text.len() < GLUED || is_negated(&token.text) {
        return None;
    }
    let sound = mongolian_text::phonetic_letters(&reading.cyrillic);
    if contents.beginnings.any(&sound) {
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

/// Where its parts end: the longest parts that are words, from the first letter to the last.
fn ends(contents: &Contents, text: &str) -> Option<Vec<usize>> {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    // For each place where a part may end, how good the parts up to there are, and where the last begins.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; places.len()];
    best[0] = Some((0, 0));
    for to in FIRST..places.len() {
        for from in to.saturating_sub(PART.end)..=to - FIRST {
            let Some((before, _)) = best[from] else { continue };
            let length = to - from;
            let good = before + length * length;
            let least = match from {
                0 => FIRST,
                _ if is_inside(text, places[from]) => AFTER_CONSONANT,
                _ => PART.start,
            };
            if length >= least
                && best[to].is_none_or(|(other, _)| good > other)
                && is_word(contents, &text[places[from]..places[to]])
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
    Some(ends)
}

/// Between a consonant and a vowel, where syllables do not part: rather inside a word than between two.
fn is_inside(text: &str, at: usize) -> bool {
    let is_vowel = |letter: Option<char>| letter.is_some_and(|letter| "aeiouyvöü".contains(letter));
    !is_vowel(text[..at].chars().next_back()) && is_vowel(text[at..].chars().next())
}

fn is_word(contents: &Contents, part: &str) -> bool {
    let word = words::word(&mongolian_text::to_cyrillic(part), Tongue::Mongolian);
    reading::known(contents, &word, Script::Latin).tells()
}
