//! A text as words, with the place of each in the text as it was.
//!
//! Guarantees: endings after a hyphen («УБ-ын», «1-р») are not words of their own; «э-баримт» is one word.

use std::{ops::Range, sync::LazyLock};

use crate::{
    latin,
    signs::{self, Sign},
    stem,
    table::{self, Words},
};

/// What a word is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Cyrillic,
    Latin,
    Number,
    /// Traditional script, or another of the world's.
    Other,
}

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// In small letters, repaired, without an ending after a hyphen.
    pub text: String,
    /// Where it stands in the text, its ending included.
    pub range: Range<usize>,
    pub script: Script,
}

/// Endings as they stand after a hyphen: of cases («УБ-ын») and after digits («1-р»).
static AFTER_HYPHEN: LazyLock<Words> = LazyLock::new(after_hyphen);

fn after_hyphen() -> Words {
    let ordinals = table::rows::<2>(table::text("ordinals.tsv"));
    let after_digits = ordinals.filter_map(|[suffix, _]| suffix.strip_prefix('-').map(|s| table::hash(s.chars())));
    Words::new(stem::endings().map(|ending| table::hash(ending.chars())).chain(after_digits))
}

/// The words of a text, in order.
///
/// ```
/// let text = "УБ-ын 1-р хороо, э-баримт № 5";
/// let words: Vec<_> = mongolian_text::tokens(text).into_iter().map(|token| token.text).collect();
/// assert_eq!(words, ["уб", "1", "хороо", "эбаримт", "5"]);
/// ```
pub fn tokens(text: &str) -> Vec<Token> {
    if let Some(script) = plain(text) {
        return vec![Token { text: text.to_owned(), range: 0..text.len(), script }];
    }
    let signs = signs::signs(text);
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    let mut hyphen = false;
    while at < signs.len() {
        let length = length_of_word(&signs[at..]);
        if length == 0 {
            hyphen = is_hyphen(signs[at].letter) && at > 0 && length_of_word(&signs[at - 1..at]) > 0;
            at += 1;
            continue;
        }
        let word = token(&signs[at..at + length]);
        match tokens.last_mut().filter(|_| hyphen) {
            Some(before) if is_ending(&word.text, word.script) => before.range.end = word.range.end,
            Some(before) if before.script != Script::Number && before.text.chars().count() == 1 => {
                before.text.push_str(&word.text);
                before.range.end = word.range.end;
            }
            Some(_) | None => tokens.push(word),
        }
        hyphen = false;
        at += length;
    }
    tokens
}

/// What a text of one word is written in, where nothing is to be repaired and nothing to be parted: what is being typed
/// mostly is such a word.
fn plain(text: &str) -> Option<Script> {
    match text.chars().next()? {
        'a'..='z' => text.bytes().all(|letter| letter.is_ascii_lowercase()).then_some(Script::Latin),
        _ => text.chars().all(|letter| matches!(letter, 'а'..='я' | 'ё' | 'ө' | 'ү')).then_some(Script::Cyrillic),
    }
}

fn is_ending(text: &str, script: Script) -> bool {
    let ending = match script {
        Script::Latin => table::hash(latin::to_cyrillic(text).chars()),
        Script::Cyrillic | Script::Number | Script::Other => table::hash(text.chars()),
    };
    AFTER_HYPHEN.place(ending).is_some()
}

fn token(signs: &[Sign]) -> Token {
    let text: String = signs.iter().map(|sign| sign.letter).filter(|&letter| !is_apostrophe(letter)).collect();
    let script = match text.chars().find(|&letter| !signs::is_numeric(letter)) {
        None => Script::Number,
        Some(letter) if signs::is_cyrillic(letter) => Script::Cyrillic,
        Some('a'..='z' | '\u{C0}'..='\u{17F}') => Script::Latin,
        Some(_) => Script::Other,
    };
    let range = signs[0].start..signs[signs.len() - 1].end;
    let digits = text.find(|letter| !signs::is_numeric(letter)).filter(|digits| *digits > 0);
    match digits.map(|digits| text.split_at(digits)) {
        // Of one letter it is «р»; «13А» is a name.
        Some((digits, ending))
            if (ending.chars().count() > 1 || ["р", "r"].contains(&ending)) && is_ending(ending, script) =>
        {
            Token { text: digits.to_owned(), range, script: Script::Number }
        }
        Some(_) | None => Token { text, range, script },
    }
}

/// Letters and digits; a point or comma between digits; an apostrophe between letters (`zöv'shööröl`).
fn length_of_word(signs: &[Sign]) -> usize {
    let is_part = |at: usize| signs.get(at).is_some_and(|sign| signs::is_alphanumeric(sign.letter));
    let is_digit = |at: usize| signs.get(at).is_some_and(|sign| signs::is_numeric(sign.letter));
    let mut length = 0;
    loop {
        let between = |at: usize| match signs.get(at).map(|sign| sign.letter) {
            Some('.' | ',') => at > 0 && is_digit(at - 1) && is_digit(at + 1),
            Some(letter) => at > 0 && is_apostrophe(letter) && is_part(at - 1) && is_part(at + 1),
            None => false,
        };
        if !is_part(length) && !between(length) {
            return length;
        }
        length += 1;
    }
}

fn is_hyphen(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '`' | '\u{2018}' | '\u{2019}' | '\u{2B9}'..='\u{2BC}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn an_ending_after_a_hyphen_belongs_to_its_word_and_two_words_are_two() {
        assert_eq!(texts("УБЕГ-аас, СХД-ийн 12-р хороо"), ["убег", "схд", "12", "хороо"]);
        assert_eq!(texts("rd-iin"), ["rd"]);
        assert_eq!(texts("1r angi, 12р анги, 2006аас"), ["1", "angi", "12", "анги", "2006"]);
        assert_eq!(texts("8rh 13а covid19"), ["8rh", "13а", "covid19"]);
        assert_eq!(texts("Баян-Өлгий"), ["баян", "өлгий"]);
        assert_eq!(texts("и-мэйл э-баримт"), ["имэйл", "эбаримт"]);
    }

    /// A text of one plain word is read without a look at its signs.
    #[test]
    fn a_plain_word_is_read_as_it_is_among_others() {
        for word in ["үнэмлэх", "өргөдөл", "ёс", "ы", "ъ", "йи", "v", "ynemleh", "vнэмлэх", "zov'shoorol"]
        {
            let [alone, among] = [word.to_owned(), format!("{word} — №")].map(|text| tokens(&text));
            assert_eq!((&alone, alone.len()), (&among, 1), "{word}");
        }
    }

    #[test]
    fn a_number_keeps_its_point_and_a_word_its_apostrophe() {
        assert_eq!(texts("3.5 сая. zov'shoorol 1,000₮"), ["3.5", "сая", "zovshoorol", "1,000"]);
    }

    #[test]
    fn a_word_knows_its_place_with_its_ending() {
        let text = "«УБ-ын Өргөө»";

        let places: Vec<&str> = tokens(text).into_iter().map(|token| &text[token.range]).collect();

        assert_eq!(places, ["УБ-ын", "Өргөө"]);
    }

    #[test]
    fn a_word_is_of_the_script_it_is_mostly_written_in() {
        let scripts: Vec<Script> = tokens("үнэмлэх vнэмлэх ünemleh 12 ᠮᠣᠩᠭᠣᠯ").iter().map(|t| t.script).collect();

        assert_eq!(scripts, [Script::Cyrillic, Script::Cyrillic, Script::Latin, Script::Number, Script::Other]);
    }

    #[test]
    fn signs_alone_are_no_words() {
        assert!(texts(" … № ?! 🐎 \u{7}").is_empty());
        assert!(tokens("").is_empty());
    }
}
