//! The words of the Mongolian dictionary by what they are, and pairs of a word and a form of it.
//!
//! Guarantees: a word is in a list only if all its classes are of that list's kind; a pair is never a word with itself.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    hunspell::{Dictionary, Flag, Suffix},
    random::Random,
};

/// A word, and all its classes of suffixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lexeme {
    pub(crate) word: String,
    classes: Vec<Flag>,
}

/// A form of the lexeme with that number, and the change that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair<'a> {
    pub(crate) lexeme: usize,
    pub(crate) form: String,
    pub(crate) suffix: &'a Suffix,
}

#[derive(Debug)]
pub(crate) struct Lexicon {
    pub(crate) nominals: Vec<Lexeme>,
    pub(crate) names: Vec<Lexeme>,
    /// Stems that are not made from a shorter stem by voice or aspect, as nine in ten of the listed ones are.
    pub(crate) verbs: Vec<Lexeme>,
}

/// What the classes of `mn_MN.dic` say, found by looking at the entries: a letter with a digit, either way around, is a
/// class of suffixes, and the letter tells of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Nominal,
    Name,
    Verb,
    /// `++`: also in compounds, as names and abbreviations are.
    Compounds,
    /// Numbers, abbreviations, forbidden words and words not to suggest.
    Other,
}

impl Kind {
    fn of(Flag(first, second): Flag) -> Self {
        let letter = match (first, second) {
            ('+', '+') => return Self::Compounds,
            (letter, digit) if digit.is_ascii_digit() => letter,
            (digit, letter) if digit.is_ascii_digit() => letter,
            _ => return Self::Other,
        };
        match letter {
            'A'..='E' | 'J'..='L' => Self::Nominal,
            'F'..='I' => Self::Verb,
            'N' => Self::Name,
            _ => Self::Other,
        }
    }
}

impl Lexicon {
    pub(crate) fn of(dictionary: &Dictionary) -> Self {
        let mut lists: BTreeMap<Kind, BTreeMap<&str, BTreeSet<Flag>>> = BTreeMap::new();
        for entry in &dictionary.entries {
            let mut kinds: Vec<Kind> = entry.flags.iter().copied().map(Kind::of).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let kind = match kinds[..] {
                [Kind::Nominal] => Kind::Nominal,
                [Kind::Verb] => Kind::Verb,
                [Kind::Name] | [Kind::Name, Kind::Compounds] => Kind::Name,
                _ => continue,
            };
            // Some words are listed twice, with different classes.
            lists.entry(kind).or_default().entry(&entry.word).or_default().extend(&entry.flags);
        }
        let list = |kind| {
            let words = lists.get(&kind).into_iter().flatten();
            words.map(|(word, classes)| Lexeme { word: (*word).to_owned(), classes: classes.iter().copied().collect() })
        };
        let stems: HashSet<&str> = lists.get(&Kind::Verb).into_iter().flatten().map(|(word, _)| *word).collect();
        Self {
            nominals: list(Kind::Nominal).collect(),
            names: list(Kind::Name).collect(),
            verbs: list(Kind::Verb).filter(|verb| !is_derived(&verb.word, &stems)).collect(),
        }
    }
}

/// Voice and aspect leave a stem of at least a vowel and a consonant before them, and that is a listed stem itself.
fn is_derived(stem: &str, stems: &HashSet<&str>) -> bool {
    stem.char_indices().skip(2).any(|(at, _)| stems.contains(&stem[..at]))
}

/// Every form with one suffix, each once a lexeme.
pub(crate) fn one_suffix<'a>(dictionary: &'a Dictionary, lexemes: &[Lexeme]) -> Vec<Pair<'a>> {
    pairs(lexemes.iter().enumerate(), |lexeme| one(dictionary, lexeme))
}

/// Forms with one suffix, of lexemes drawn by chance.
pub(crate) fn one_suffix_of_some<'a>(
    dictionary: &'a Dictionary,
    lexemes: &[Lexeme],
    count: usize,
    seed: u64,
) -> Vec<Pair<'a>> {
    pairs(some(lexemes, count, seed), |lexeme| one(dictionary, lexeme))
}

/// Forms with a second suffix on the first, of lexemes drawn by chance: there are some seventeen million in all.
pub(crate) fn two_suffixes_of_some<'a>(
    dictionary: &'a Dictionary,
    lexemes: &[Lexeme],
    count: usize,
    seed: u64,
) -> Vec<Pair<'a>> {
    pairs(some(lexemes, count, seed), |lexeme| {
        let first = dictionary.forms(&lexeme.word, &lexeme.classes);
        first
            .into_iter()
            .flat_map(|form| {
                dictionary.forms(&form.text, &form.suffix.further).into_iter().map(|form| (form.text, form.suffix))
            })
            .collect()
    })
}

/// Words of the list that are a form of another of it, by one suffix: өрх and өрхүүд, both listed. Each pair once.
pub(crate) fn kin(dictionary: &Dictionary, lexemes: &[Lexeme]) -> BTreeSet<(usize, usize)> {
    let numbers: HashMap<&str, usize> =
        lexemes.iter().enumerate().map(|(number, lexeme)| (lexeme.word.as_str(), number)).collect();
    let mut kin = BTreeSet::new();
    for (number, lexeme) in lexemes.iter().enumerate() {
        for (form, _) in one(dictionary, lexeme) {
            if let Some(other) = numbers.get(form.as_str()).filter(|other| **other != number) {
                kin.insert((number.min(*other), number.max(*other)));
            }
        }
    }
    kin
}

fn one<'a>(dictionary: &'a Dictionary, lexeme: &Lexeme) -> Vec<(String, &'a Suffix)> {
    dictionary.forms(&lexeme.word, &lexeme.classes).into_iter().map(|form| (form.text, form.suffix)).collect()
}

fn some(lexemes: &[Lexeme], count: usize, seed: u64) -> impl Iterator<Item = (usize, &Lexeme)> {
    Random::new(seed).sample(lexemes.len(), count).into_iter().map(|index| (index, &lexemes[index]))
}

fn pairs<'a, 'l>(
    lexemes: impl Iterator<Item = (usize, &'l Lexeme)>,
    forms: impl Fn(&Lexeme) -> Vec<(String, &'a Suffix)>,
) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    for (number, lexeme) in lexemes {
        let mut seen = HashSet::from([lexeme.word.clone()]);
        let forms = forms(lexeme).into_iter().filter(|(form, _)| seen.insert(form.clone()));
        pairs.extend(forms.map(|(form, suffix)| Pair { lexeme: number, form, suffix }));
    }
    pairs
}

#[cfg(test)]
mod unit {
    use super::*;

    // Made by hand after the grammar, not after any dictionary.
    fn dictionary() -> Dictionary {
        let affixes = "\
SET UTF-8
FLAG long
SFX B0 Y 3
SFX B0 0 /04 .
SFX B0 0 ийн/04 х
SFX B0 0 ийн .
SFX 0B Y 1
SFX 0B 0 үүд .
SFX 04 Y 1
SFX 04 0 гүй .
SFX F3 Y 1
SFX F3 0 сэн .
";
        let words = "9\nөрх/B00B\nөрх/B0\nсүх/B0F3\nҮүлэн/N0++\nМУИС/m1\nүз/F3\nүзүүл/F3\nүзэг/B0--\nөгүүл/F3\nер/\n";
        Dictionary::read(affixes, words).unwrap()
    }

    fn words(lexemes: &[Lexeme]) -> Vec<&str> {
        lexemes.iter().map(|lexeme| lexeme.word.as_str()).collect()
    }

    #[test]
    fn a_word_of_two_kinds_is_in_no_list_and_a_derived_stem_neither() {
        let lexicon = Lexicon::of(&dictionary());

        assert_eq!(words(&lexicon.nominals), ["өрх"]);
        assert_eq!(words(&lexicon.names), ["Үүлэн"]);
        assert_eq!(words(&lexicon.verbs), ["үз", "өгүүл"]);
    }

    #[test]
    fn a_pair_comes_once_and_is_never_a_word_with_itself() {
        let dictionary = dictionary();
        let lexicon = Lexicon::of(&dictionary);

        let pairs = one_suffix(&dictionary, &lexicon.nominals);

        let forms: Vec<&str> = pairs.iter().map(|pair| pair.form.as_str()).collect();
        assert_eq!(forms, ["өрхүүд", "өрхийн"]); // «0B» sorts before «B0»
    }

    #[test]
    fn a_listed_form_of_a_listed_word_is_its_kin() {
        let dictionary = dictionary();
        let lexemes = ["сүү", "өрх", "өрхүүд", "өрхийнгүй"]
            .map(|word| Lexeme { word: word.into(), classes: vec![Flag('B', '0'), Flag('0', 'B')] });

        let kin = kin(&dictionary, &lexemes);

        assert_eq!(kin.into_iter().collect::<Vec<_>>(), [(1, 2)]);
    }

    #[test]
    fn a_second_suffix_stands_on_the_first_or_on_the_bare_word() {
        let dictionary = dictionary();
        let lexicon = Lexicon::of(&dictionary);

        let pairs = two_suffixes_of_some(&dictionary, &lexicon.nominals, 10, 1);

        let forms: Vec<&str> = pairs.iter().map(|pair| pair.form.as_str()).collect();
        assert_eq!(forms, ["өрхгүй", "өрхийнгүй"]);
    }
}
