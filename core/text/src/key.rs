//! Keys that forget what keyboards, spelling and recognisers confuse.
//!
//! Guarantees: a key is made of a–z only (signs that are no letters of ours stay); equal spellings have equal keys.

use std::{borrow::Cow, sync::LazyLock};

use crate::{
    latin, signs, stem,
    table::{self, ByLetter},
    token,
};

/// A word by its two keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    pub stem: String,
    pub phonetic: String,
}

struct Folded {
    fold: char,
    phonetic: char,
}

/// Stands in the table for a letter that falls away.
const NOTHING: char = '-';

static LETTERS: LazyLock<ByLetter<Folded>> = LazyLock::new(folded);

fn folded() -> ByLetter<Folded> {
    let rows = table::rows::<7>(table::text("letters.tsv"));
    rows.filter_map(|[letter, fold, phonetic, ..]| {
        Some((letter.chars().next()?, Folded { fold: fold.chars().next()?, phonetic: phonetic.chars().next()? }))
    })
    .collect()
}

/// The keys of a word as somebody wrote it, read as [`tokens`](crate::tokens) reads it; of what is not one word, those of
/// the whole.
///
/// ```
/// use mongolian_text::keys;
/// assert_eq!(keys("УБЕГ-ын"), keys("убег"));
/// assert_eq!(keys("э-баримтаа"), keys("эбаримт"));
/// assert_eq!(keys("№5").stem, "5");
/// ```
pub fn keys(written: &str) -> Keys {
    let tokens = token::tokens(written);
    let word = match &tokens[..] {
        [word] => word.text.clone(),
        _ => signs::normalise(written.trim()).to_lowercase(),
    };
    Keys { stem: stem::stem(&word), phonetic: phonetic_key(&word) }
}

/// The stem without what keyboards lose: о ө у ү are one letter, е and э, и й and ы; doubled letters are one.
///
/// ```
/// use mongolian_text::fold_key;
/// assert_eq!(fold_key("үнэмлэхийн"), fold_key("унемлехийн"));
/// assert_ne!(fold_key("газар"), fold_key("касар"));
/// ```
pub fn fold_key(word: &str) -> String {
    fold_stem(&stem::stem(word))
}

/// The stem as it sounds, roughly: also б в п ф are one letter, г к х, д т, з с ц, ж ч ш.
///
/// ```
/// use mongolian_text::phonetic_key;
/// assert_eq!(phonetic_key("үнэмлэх"), "onemlg");
/// assert_eq!(phonetic_key("өнөмлэгийн").len(), phonetic_key("үнэмлэхийн").len());
/// ```
pub fn phonetic_key(word: &str) -> String {
    phonetic_stem(&stem::stem(word))
}

/// [`fold_key`] of what is a stem already.
pub fn fold_stem(stem: &str) -> String {
    closed(fold_letters(stem))
}

/// [`phonetic_key`] of what is a stem already.
pub fn phonetic_stem(stem: &str) -> String {
    closed(phonetic_letters(stem))
}

/// [`fold_key`] of a whole word or text, no ending taken off.
pub fn fold_letters(text: &str) -> String {
    letters(text, |folded| folded.fold)
}

/// [`phonetic_key`] of a whole word or text, no ending taken off.
pub fn phonetic_letters(text: &str) -> String {
    letters(text, |folded| folded.phonetic)
}

/// Without an `e`, `o` or `u` before the last consonant: stemming «өргөдөл» takes its last ө, of «ургудул» it can't.
fn closed(mut key: String) -> String {
    let letters = key.as_bytes();
    let is_vowel = |letter: u8| is_vowel(char::from(letter));
    if let [before @ .., consonant, b'e' | b'o' | b'u', last] = letters
        && last.is_ascii_lowercase()
        && !is_vowel(*consonant)
        && !is_vowel(*last)
        && before.iter().any(|&letter| is_vowel(letter))
    {
        key.remove(key.len() - 2);
    }
    key
}

fn letters(text: &str, choose: fn(&Folded) -> char) -> String {
    let read: Cow<'_, str> =
        if text.chars().any(latin::is_latin) { latin::to_cyrillic(text).into() } else { text.into() };
    let mut key = String::with_capacity(text.len());
    let mut last = None;
    let mut after_vowel = false;
    for letter in read.chars() {
        let folded = LETTERS.get(letter).map_or(letter, choose);
        // The second half of a diphthong is heard and written in too many ways: «эй» is «ээ», `ai` is `ay`.
        let falls_away = folded == NOTHING || last == Some(folded) || (letter == 'й' && after_vowel);
        after_vowel = is_vowel(folded);
        if !falls_away {
            key.push(folded);
            last = Some(folded);
        }
    }
    key
}

/// Of a key. Which letters are can't be foretold, so no branch asks.
fn is_vowel(letter: char) -> bool {
    const VOWELS: u32 = 1 << 0 | 1 << 4 | 1 << 8 | 1 << 14 | 1 << 20;
    let place = u32::from(letter).wrapping_sub(u32::from('a'));
    VOWELS.checked_shr(place).unwrap_or(0) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_meets_itself_from_every_keyboard() {
        for (typed, meant) in
            [("унэмлэх", "үнэмлэх"), ("ургудул", "өргөдөл"), ("олзий", "өлзий"), ("нуур", "нүүр"), ("зээл", "зеел")]
        {
            assert_eq!(fold_key(typed), fold_key(meant), "{typed}");
        }
    }

    #[test]
    fn a_word_meets_what_a_recogniser_makes_of_it() {
        for (heard, meant) in
            [("өнэмлэг", "үнэмлэх"), ("тадвар", "татвар"), ("шолооч", "жолооч"), ("сургуул", "сүркуль")]
        {
            assert_eq!(phonetic_key(heard), phonetic_key(meant), "{heard}");
        }
    }

    #[test]
    fn other_scripts_and_digits_pass_as_they_are() {
        assert_eq!(phonetic_letters("ᠮᠣᠩ 12"), "ᠮᠣᠩ 12");
        assert_eq!(phonetic_key("piñata"), "biñad");
        assert_eq!(fold_key(""), "");
    }
}
