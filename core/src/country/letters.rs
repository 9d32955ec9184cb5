//! The 35 letters of Mongolian Cyrillic, and what people and registers type in their stead.
//!
//! Guarantees: a letter is replaced only when there is one thing it can stand for; otherwise the caller refuses.

/// Code-point order puts Ё, Ү and Ө outside А–Я: a range check misses them, so the alphabet is written out.
const ALPHABET: &str = "АБВГДЕЁЖЗИЙКЛМНОӨПРСТУҮФХЦЧШЩЪЫЬЭЮЯ";

/// How a written sign is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// One of the 35, upper case.
    Letter(char),
    /// Latin, and it can stand for more than one of the 35.
    Ambiguous,
    /// Nothing that stands for one of the 35.
    Foreign,
}

/// Reads a letter that somebody typed. Latin passes only where shape and sound mean the same letter:
/// P looks like Р but sounds like П, Y looks like У and like Ү, so these are refused rather than guessed.
pub(super) fn read_typed(sign: char) -> Reading {
    read(sign, |latin| match latin {
        'A' | 'a' => Reading::Letter('А'),
        'K' | 'k' => Reading::Letter('К'),
        'M' => Reading::Letter('М'), // a small m is also an italic т
        'O' | 'o' => Reading::Letter('О'),
        'T' | 't' => Reading::Letter('Т'),
        'X' | 'x' => Reading::Letter('Х'),
        'Ë' | 'ë' => Reading::Letter('Ё'),
        _ => Reading::Ambiguous,
    })
}

/// Reads a letter that somebody copied off a plate or a scan, where only the shape of a capital counts.
pub(super) fn read_shape(sign: char) -> Reading {
    read(sign, |latin| match latin {
        'A' | 'a' => Reading::Letter('А'),
        'B' => Reading::Letter('В'), // a small b is the shape of ь and the sound of б
        'C' | 'c' => Reading::Letter('С'),
        'E' | 'e' => Reading::Letter('Е'),
        'H' => Reading::Letter('Н'), // a small h is the usual Latin for х
        'K' | 'k' => Reading::Letter('К'),
        'M' => Reading::Letter('М'),
        'O' | 'o' => Reading::Letter('О'),
        'P' | 'p' => Reading::Letter('Р'),
        'T' | 't' => Reading::Letter('Т'),
        'X' | 'x' => Reading::Letter('Х'),
        'Ë' | 'ë' => Reading::Letter('Ё'),
        _ => Reading::Ambiguous,
    })
}

fn read(sign: char, latin: fn(char) -> Reading) -> Reading {
    match sign {
        // Keyboards and fonts without Ө and Ү: Ukrainian Є and Ї, fita and barred o stand for them in real registers.
        'Є' | 'є' | 'Ѳ' | 'ѳ' | 'Ɵ' | 'ɵ' => Reading::Letter('Ө'),
        'Ї' | 'ї' => Reading::Letter('Ү'),
        'A'..='Z' | 'a'..='z' | 'Ë' | 'ë' => latin(sign),
        _ => {
            let upper = upper(sign);
            if ALPHABET.contains(upper) { Reading::Letter(upper) } else { Reading::Foreign }
        }
    }
}

/// One upper-case letter for one letter (no Cyrillic letter grows when it is raised).
pub(super) fn upper(letter: char) -> char {
    let mut raised = letter.to_uppercase();
    match (raised.next(), raised.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

/// The signs of an identifier without the spaces, dashes and invisible marks that paste and print put between them.
/// Й and Ё written as a letter and an accent (as iOS and macOS hand them over) become one letter.
pub(super) fn compact(text: &str) -> Vec<char> {
    let mut signs: Vec<char> = Vec::new();
    for sign in text.chars().filter(|c| !is_gap(*c)) {
        push_composed(&mut signs, sign);
    }
    signs
}

/// Words as people wrote them, with one space between and nothing invisible within; Й and Ё each one letter.
pub(super) fn words(text: &str) -> String {
    let mut signs = Vec::new();
    for sign in text.chars().filter(|sign| sign.is_whitespace() || !(is_invisible(*sign) || sign.is_control())) {
        push_composed(&mut signs, sign);
    }
    let text: String = signs.into_iter().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn push_composed(signs: &mut Vec<char>, sign: char) {
    let whole = match (signs.last(), sign) {
        (Some('И'), '\u{306}') => 'Й',
        (Some('и'), '\u{306}') => 'й',
        (Some('Е' | 'E'), '\u{308}') => 'Ё',
        (Some('е' | 'e'), '\u{308}') => 'ё',
        _ => {
            signs.push(sign);
            return;
        }
    };
    signs.pop();
    signs.push(whole);
}

/// Space of any width, dash of any length, or a mark of no width at all.
pub(super) fn is_gap(sign: char) -> bool {
    sign.is_whitespace() || is_dash(sign) || is_invisible(sign)
}

pub(super) fn is_dash(sign: char) -> bool {
    matches!(sign, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

pub(super) fn is_invisible(sign: char) -> bool {
    matches!(sign, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_thirty_five_letters_are_known_in_both_cases() {
        assert_eq!(ALPHABET.chars().count(), 35);

        for letter in ALPHABET.chars() {
            let lower: Vec<char> = letter.to_lowercase().collect();
            assert_eq!(read_typed(letter), Reading::Letter(letter));
            assert_eq!(read_typed(lower[0]), Reading::Letter(letter), "{lower:?}");
        }
    }

    #[test]
    fn a_letter_of_another_cyrillic_alphabet_is_foreign() {
        for sign in ['Ђ', 'І', 'Ў', 'Қ', 'һ'] {
            assert_eq!(read_shape(sign), Reading::Foreign, "{sign}");
        }
    }

    #[test]
    fn what_looks_like_one_letter_and_sounds_like_another_is_not_guessed_when_typed() {
        for sign in ['B', 'C', 'E', 'H', 'P', 'Y', 'y', 'm'] {
            assert_eq!(read_typed(sign), Reading::Ambiguous, "{sign}");
        }
    }

    #[test]
    fn an_accent_apart_from_its_letter_is_joined_to_it() {
        let apart = "И\u{306}Е\u{308}и\u{306}е\u{200B}\u{308}Ө\u{306}";

        assert_eq!(words(apart), "ЙЁйёӨ\u{306}");
    }

    #[test]
    fn gaps_of_every_kind_fall_out() {
        assert_eq!(compact(" Ө\u{A0}Ү\u{202F}-1\u{2013}2\u{200B}\u{FEFF}\t3"), ['Ө', 'Ү', '1', '2', '3']);
    }
}
