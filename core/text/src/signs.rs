//! A text as the letters it means, each with the place it came from.
//!
//! Guarantees: what looks alike becomes the letter that the rest of its word speaks for; invisible signs fall away.

use std::{ops::Range, sync::LazyLock};

use crate::table::{self, ByLetter};

/// One letter or other sign, small, and the bytes of the original text it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) letter: char,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

struct Repairs {
    /// Base letter, mark, and the letter they are.
    composed: Vec<(char, char, char)>,
    lookalike: ByLetter<char>,
    foreign: ByLetter<char>,
    mojibake: ByLetter<char>,
}

static REPAIRS: LazyLock<Repairs> = LazyLock::new(repairs);

fn repairs() -> Repairs {
    let of_kind = |wanted: &'static str| {
        let rows = table::rows(table::text("repairs.tsv")).filter(move |row: &[&str; 3]| row[0] == wanted);
        rows.filter_map(|[_, from, to]| {
            let mut from = from.chars();
            Some((from.next()?, from.next(), to.chars().next()?))
        })
    };
    let letters = |kind| of_kind(kind).map(|(from, _, to)| (from, to)).collect();
    Repairs {
        composed: of_kind("compose").filter_map(|(base, mark, to)| Some((base, mark?, to))).collect(),
        lookalike: letters("lookalike"),
        foreign: letters("foreign"),
        mojibake: letters("mojibake"),
    }
}

/// The text as it was meant: letters composed, look-alikes and mojibake repaired, invisible signs gone. Case stays.
///
/// ```
/// assert_eq!(mongolian_text::normalise("Ìîíãîë"), "Монгол");
/// assert_eq!(mongolian_text::normalise("\u{418}\u{306}"), "Й");
/// assert_eq!(mongolian_text::normalise("vнэмлэх, єрх"), "үнэмлэх, өрх");
/// ```
pub fn normalise(text: &str) -> String {
    meant(text).into_iter().map(|sign| sign.letter).collect()
}

/// As [`normalise`], in small letters, with places.
pub(crate) fn signs(text: &str) -> Vec<Sign> {
    let mut signs = meant(text);
    for sign in &mut signs {
        // İ and the like become two letters: the first is the letter, the second a mark.
        sign.letter = small(sign.letter);
    }
    signs
}

fn small(letter: char) -> char {
    match letter {
        'а'..='я' | 'a'..='z' | 'ө' | 'ү' => letter,
        _ => letter.to_lowercase().next().unwrap_or(letter),
    }
}

fn meant(text: &str) -> Vec<Sign> {
    let mut signs = twice_encoded(text).unwrap_or_else(|| plain(text));
    compose(&mut signs);
    signs.retain(|sign| !is_invisible(sign.letter));
    for sign in &mut signs {
        if let Some(&letter) = REPAIRS.foreign.get(sign.letter) {
            sign.letter = letter;
        }
    }
    let mut at = 0;
    while at < signs.len() {
        let word = word_at(&signs, at);
        repair(&mut signs[word.clone()]);
        at = word.end.max(at + 1);
    }
    signs
}

fn plain(text: &str) -> Vec<Sign> {
    let mut signs = Vec::with_capacity(text.len());
    signs.extend(text.char_indices().map(|(start, letter)| Sign { letter, start, end: start + letter.len_utf8() }));
    signs
}

/// UTF-8 that was read as Latin-1 («Ð¼Ð¾Ð½»), read as what it was.
fn twice_encoded(text: &str) -> Option<Vec<Sign>> {
    let leads = |letter| matches!(letter, 'Ð' | 'Ñ' | 'Ó' | 'Ò');
    if !text.contains(leads) {
        return None;
    }
    let pair = |pair: &[Sign]| leads(pair[0].letter) && matches!(pair[1].letter, '\u{80}'..='\u{BF}');
    let signs = plain(text);
    if !signs.windows(2).any(pair) {
        return None;
    }
    let bytes: Option<Vec<u8>> = signs.iter().map(|sign| u8::try_from(u32::from(sign.letter)).ok()).collect();
    let read = String::from_utf8(bytes?).ok()?;
    let place = |(at, letter): (usize, char)| Sign {
        letter,
        start: signs[at].start,
        end: signs[at + letter.len_utf8() - 1].end,
    };
    Some(read.char_indices().map(place).collect())
}

fn compose(signs: &mut Vec<Sign>) {
    let mut kept = 0;
    for at in 0..signs.len() {
        let sign = signs[at];
        let composed = match kept {
            0 => None,
            _ if !is_mark(sign.letter) => None,
            _ => {
                let before = signs[kept - 1].letter;
                REPAIRS.composed.iter().find(|(base, mark, _)| (*base, *mark) == (before, sign.letter))
            }
        };
        if let Some(&(_, _, letter)) = composed {
            signs[kept - 1] = Sign { letter, start: signs[kept - 1].start, end: sign.end };
        } else {
            signs[kept] = sign;
            kept += 1;
        }
    }
    signs.truncate(kept);
}

fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36F}')
}

/// Marks that nobody sees and nobody means: zero-width and bidirectional signs, tags, variation selectors, accents
/// that compose with no letter of ours.
fn is_invisible(letter: char) -> bool {
    letter > '\u{AC}'
        && !is_cyrillic(letter)
        && matches!(letter,
        '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E01EF}')
}

fn word_at(signs: &[Sign], at: usize) -> Range<usize> {
    let length = signs[at..].iter().take_while(|sign| is_wordly(sign.letter)).count();
    at..at + length
}

fn is_wordly(letter: char) -> bool {
    is_alphanumeric(letter) || REPAIRS.mojibake.get(letter).is_some()
}

fn repair(word: &mut [Sign]) {
    let is_mojibake = word.len() > 2 && word.iter().all(|sign| REPAIRS.mojibake.get(sign.letter).is_some());
    if is_mojibake {
        return replace(word, &REPAIRS.mojibake);
    }
    let cyrillic = word.iter().filter(|sign| is_cyrillic(sign.letter)).count();
    let latin = word.iter().filter(|sign| is_alphanumeric(sign.letter) && !is_numeric(sign.letter)).count() - cyrillic;
    if cyrillic >= latin && latin > 0 {
        replace(word, &REPAIRS.lookalike);
    }
}

fn replace(word: &mut [Sign], by: &ByLetter<char>) {
    for sign in word {
        if let Some(&letter) = by.get(sign.letter) {
            sign.letter = letter;
        }
    }
}

/// As [`char::is_alphanumeric`], at once for the letters that nearly every text is of.
pub(crate) fn is_alphanumeric(letter: char) -> bool {
    match letter {
        '\0'..='\u{7F}' => letter.is_ascii_alphanumeric(),
        '\u{400}'..='\u{481}' | '\u{48A}'..='\u{52F}' => true,
        _ => letter.is_alphanumeric(),
    }
}

/// As [`char::is_numeric`], likewise.
pub(crate) fn is_numeric(letter: char) -> bool {
    match letter {
        '\0'..='\u{7F}' => letter.is_ascii_digit(),
        _ if is_cyrillic(letter) => false,
        _ => letter.is_numeric(),
    }
}

pub(crate) fn is_cyrillic(letter: char) -> bool {
    matches!(letter, '\u{400}'..='\u{52F}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization as _;

    use super::*;

    #[test]
    fn letters_of_another_alphabet_or_encoding_become_the_ones_that_were_meant() {
        assert_eq!(normalise("Їнэмлэх"), "Үнэмлэх");
        assert_eq!(normalise("паcпopт"), "паспорт"); // Latin c, o, p
        assert_eq!(normalise("ªðãºäºë"), "Өргөдөл");
        assert_eq!(normalise("Ð¼Ð¾Ð½Ð³Ð¾Ð» Ò¯"), "монгол ү");
        assert_eq!(normalise("vнэмлэх"), "үнэмлэх");
    }

    #[test]
    fn latin_words_and_other_scripts_stay_what_they_are() {
        for text in ["ünemlehiin", "passport", "½ üö", "ᠮᠣᠩᠭᠣᠯ", "日本 🐎", "Y"] {
            assert_eq!(normalise(text), text);
        }
    }

    #[test]
    fn what_nobody_sees_falls_away() {
        assert_eq!(normalise("ү\u{200B}нэм\u{AD}лэх\u{E0041}\u{202E}"), "үнэмлэх");
        assert_eq!(normalise("Ө\u{301}"), "Ө");
    }

    #[test]
    fn a_place_is_that_of_the_text_as_it_was() {
        fn found(text: &str) -> Vec<(char, &str)> {
            signs(text).iter().map(|sign| (sign.letter, &text[sign.start..sign.end])).collect()
        }

        assert_eq!(found("Ð¼Ò¯"), [('м', "Ð¼"), ('ү', "Ò¯")]);
        assert_eq!(found("Өи\u{306}"), [('ө', "Ө"), ('й', "и\u{306}")]);
    }

    proptest! {
        /// Our table against a full implementation, for all letters of Mongolian and the marks that go with them.
        #[test]
        fn composing_is_what_unicode_calls_it(text in "[а-яА-ЯёЁөӨүҮa-z \u{306}\u{308}]{0,24}") {
            prop_assert_eq!(normalise(&text.nfc().collect::<String>()), normalise(&text));
        }

        #[test]
        fn any_text_has_places_in_order_and_on_letters(text in "\\PC{0,60}") {
            let mut last = 0;
            for sign in signs(&text) {
                prop_assert!(sign.start >= last && sign.end <= text.len());
                prop_assert!(text.is_char_boundary(sign.start) && text.is_char_boundary(sign.end));
                last = sign.start;
            }
        }
    }
}
