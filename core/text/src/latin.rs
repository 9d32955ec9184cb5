//! Mongolian in Latin letters, and back.
//!
//! Guarantees: Cyrillic to Latin follows the standard asked for, letter by letter; Latin to Cyrillic reads every
//! convention at once and gives one likely spelling, whose keys are those of the word that was meant.

use std::sync::LazyLock;

use crate::table::{self, ByLetter};

/// How Cyrillic is written in Latin letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Romanisation {
    /// MNS 5217:2012, of passports and addresses.
    Mns5217,
    /// BGN/PCGN 1964, of maps.
    BgnPcgn,
    /// ISO 9:1995, of libraries: one letter for one.
    Iso9,
    /// As most people type («галиг»): no marks.
    Informal,
}

/// A text in Latin letters; other signs stay.
///
/// ```
/// use mongolian_text::{Romanisation, to_latin};
/// assert_eq!(to_latin("Хөвсгөл", Romanisation::Mns5217), "Khövsgöl");
/// assert_eq!(to_latin("үнэмлэх", Romanisation::Informal), "unemleh");
/// ```
pub fn to_latin(text: &str, romanisation: Romanisation) -> String {
    let mut latin = String::with_capacity(text.len());
    for letter in text.chars() {
        let small = letter.to_lowercase().next().unwrap_or(letter);
        let Some(written) = LETTERS.get(small) else {
            latin.push(letter);
            continue;
        };
        let written = match romanisation {
            Romanisation::Mns5217 => written[0],
            Romanisation::BgnPcgn => written[1],
            Romanisation::Iso9 => written[2],
            Romanisation::Informal => written[3],
        };
        let mut signs = written.chars().filter(|&sign| sign != '-');
        if small != letter {
            latin.extend(signs.next().into_iter().flat_map(char::to_uppercase));
        }
        latin.extend(signs);
    }
    latin
}

/// A likely Cyrillic spelling, in small letters. о and ө, у and ү can't be told apart from `o` and `u`: compare keys,
/// not spellings.
///
/// ```
/// use mongolian_text::to_cyrillic;
/// assert_eq!(to_cyrillic("Khövsgöl"), "хөвсгөл");
/// assert_eq!(to_cyrillic("tulbur tuluh"), "тулбур тулух");
/// assert_eq!(to_cyrillic("vnemlex"), "үнэмлэх");
/// ```
pub fn to_cyrillic(text: &str) -> String {
    spelt(&text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>(), &[])
}

/// Other Cyrillic spellings of a word in small Latin letters, in the order in which habits are common: whoever knows words
/// takes the first that is one.
///
/// ```
/// use mongolian_text::other_cyrillic;
/// assert_eq!(other_cyrillic("awah").first().map(String::as_str), Some("авах"));
/// assert!(other_cyrillic("qqrqlqx").contains(&"өөрөлөх".to_owned()));
/// assert!(other_cyrillic("gazar").is_empty());
/// ```
pub fn other_cyrillic(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let habits: Vec<&Rule> =
        ALSO.iter().filter(|rule| (0..letters.len()).any(|at| rule.reads(&letters, at))).take(HABITS).collect();
    let mut others: Vec<String> = habits.iter().map(|&habit| spelt(&letters, &[habit])).collect();
    for (place, &one) in habits.iter().enumerate() {
        let beside = habits[place + 1..].iter().filter(|other| other.latin != one.latin);
        others.extend(beside.map(|&other| spelt(&letters, &[one, other])));
    }
    others
}

/// Letters that one word has in doubt at most.
const HABITS: usize = 6;

/// As the habits have it, and where they say nothing as is likeliest.
fn spelt(letters: &[char], habits: &[&Rule]) -> String {
    let mut cyrillic = String::with_capacity(letters.len() * 2);
    let mut at = 0;
    while at < letters.len() {
        let rules = RULES.get(letters[at]).map(Vec::as_slice).unwrap_or_default();
        if let Some(rule) = habits.iter().copied().chain(rules).find(|rule| rule.reads(letters, at)) {
            cyrillic.push_str(rule.cyrillic);
            at += rule.latin.len();
        } else {
            cyrillic.push(letters[at]);
            at += 1;
        }
    }
    cyrillic
}

pub(crate) fn is_latin(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(letter, '\u{C0}'..='\u{17F}')
}

static LETTERS: LazyLock<ByLetter<[&str; 4]>> = LazyLock::new(written);

fn written() -> ByLetter<[&'static str; 4]> {
    let rows = table::rows::<7>(table::text("letters.tsv"));
    rows.filter_map(|[letter, _, _, mns, bgn, iso, informal]| Some((letter.chars().next()?, [mns, bgn, iso, informal])))
        .collect()
}

struct Rule {
    latin: Vec<char>,
    before: Neighbour,
    after: Neighbour,
    cyrillic: &'static str,
}

#[derive(Clone, Copy)]
enum Neighbour {
    Any,
    Edge,
    Vowel,
    Consonant,
    Letter(char),
}

/// By first letter, in the order of the table: longest first.
static RULES: LazyLock<ByLetter<Vec<Rule>>> = LazyLock::new(rules);

fn rules() -> ByLetter<Vec<Rule>> {
    let mut rules: ByLetter<Vec<Rule>> = ByLetter::new();
    for rule in read(table::text("latin.tsv")) {
        let Some(&first) = rule.latin.first() else { continue };
        match rules.get_mut(first) {
            Some(rules) => rules.push(rule),
            None => rules.put(first, vec![rule]),
        }
    }
    rules
}

/// What else letters are written for.
static ALSO: LazyLock<Vec<Rule>> = LazyLock::new(|| read(table::text("latin-also.tsv")));

fn read(table: &'static str) -> Vec<Rule> {
    let rule = |[latin, before, after, cyrillic]: [&'static str; 4]| Rule {
        before: Neighbour::named(before),
        after: Neighbour::named(after),
        cyrillic,
        latin: latin.chars().collect(),
    };
    table::rows::<4>(table).map(rule).collect()
}

impl Rule {
    fn reads(&self, letters: &[char], at: usize) -> bool {
        let end = at + self.latin.len();
        letters.get(at..end) == Some(&self.latin[..])
            && self.before.is(at.checked_sub(1).map(|before| letters[before]))
            && self.after.is(letters.get(end).copied())
    }
}

impl Neighbour {
    fn named(name: &str) -> Self {
        match name.chars().next() {
            None => Self::Any,
            Some('#') => Self::Edge,
            Some('V') => Self::Vowel,
            Some('C') => Self::Consonant,
            Some(letter) => Self::Letter(letter),
        }
    }

    fn is(self, neighbour: Option<char>) -> bool {
        let neighbour = neighbour.filter(|letter| letter.is_alphabetic());
        let is_vowel = |letter| "aeiouyöüôùûâèéë".contains(letter);
        match self {
            Self::Any => true,
            Self::Edge => neighbour.is_none(),
            Self::Vowel => neighbour.is_some_and(is_vowel),
            Self::Consonant => neighbour.is_some_and(|letter| !is_vowel(letter)),
            Self::Letter(letter) => neighbour == Some(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fold_key, phonetic_key};

    #[test]
    fn a_name_is_written_as_each_standard_has_it() {
        let written = |romanisation| to_latin("Өвөрхангай Цэцэг Ёндон Жигүүр", romanisation);

        assert_eq!(written(Romanisation::Mns5217), "Övörkhangai Tsetseg Yondon Jigüür");
        assert_eq!(written(Romanisation::BgnPcgn), "Övörhangay Tsetseg Yondon Jigüür");
        assert_eq!(written(Romanisation::Iso9), "Ôvôrhangaj Cècèg Ëndon Žigùùr");
        assert_eq!(written(Romanisation::Informal), "Uvurhangai Tsetseg Yondon Jiguur");
    }

    #[test]
    fn every_standard_reads_back_to_the_word_s_own_keys() {
        use Romanisation::{BgnPcgn, Informal, Iso9, Mns5217};
        for word in ["үнэмлэх", "өргөдөл", "сургууль", "хөдөлмөр", "цагдаа", "жолооч", "шүүх", "зөвшөөрөл", "ашиглалт"]
        {
            for romanisation in [Mns5217, Informal, Iso9, BgnPcgn] {
                let latin = to_latin(word, romanisation);
                assert_eq!(phonetic_key(&latin), phonetic_key(word), "{word} as {latin}");
            }
            assert_eq!(fold_key(&to_latin(word, Mns5217)), fold_key(word), "{word}");
        }
    }

    #[test]
    fn habits_of_informal_latin_are_read() {
        for (latin, word) in [
            ("vnemlex", "үнэмлэх"),
            ("unemleh", "үнэмлэх"),
            ("ynemleh", "үнэмлэх"),
            ("zurchil", "зөрчил"),
            ("qadvar", "чадвар"),
            ("wuuh", "шүүх"),
            ("cagdaa", "цагдаа"),
            ("xuuxed", "хүүхэд"),
            ("huuhdiin", "хүүхдийн"),
            ("jolooni", "жолооны"),
            ("zhiguur", "жигүүр"),
            ("avyaa", "авъяа"),
            ("t8l88gui", "төлөөгүй"),
            ("6rg6d6l", "өргөдөл"),
            ("ger4ilgee", "гэрчилгээ"),
            ("yu", "юу"),
        ] {
            assert_eq!(phonetic_key(latin), phonetic_key(word), "{latin}");
        }
    }
}
