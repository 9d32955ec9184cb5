//! Dictionaries of Hunspell: words, and the suffixes that each may take (hunspell(5)).
//!
//! Guarantees: a form is made by the same rule that lets Hunspell accept it; what this reader does not know fails, and
//! a rule that the dictionary itself breaks off is left out and told.

// Read where the package installed them: their licence forbids carrying them, or lists made from them, in this tree.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

#[derive(Debug, Error)]
pub(crate) enum Unreadable {
    #[error("{path}: {why}; install the package hunspell-mn, or name another folder", path = path.display())]
    Absent { path: PathBuf, why: io::Error },
    #[error("line {line} of the affixes: {wanted}, found `{found}`")]
    Affix { line: usize, wanted: &'static str, found: String },
    #[error("the affixes use `{0}`, which this reader does not know: the forms would be wrong")]
    Unknown(String),
    #[error("the dictionary has no words")]
    Empty,
}

/// The name of a class of suffixes, or of a property of words. One letter, or two with `FLAG long`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Flag(pub(crate) char, pub(crate) char);

#[derive(Debug)]
pub(crate) struct Dictionary {
    pub(crate) entries: Vec<Entry>,
    /// Lines of the affixes that begin a rule and do not end it.
    pub(crate) broken: Vec<usize>,
    suffixes: HashMap<Flag, Vec<Suffix>>,
    /// `FULLSTRIP`: a suffix may replace the whole word.
    strips_all: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) word: String,
    pub(crate) flags: Vec<Flag>,
}

/// One rule: at the end of a word that meets the condition, `add` takes the place of `strip`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suffix {
    pub(crate) strip: String,
    pub(crate) add: String,
    /// What the form may take on in turn.
    pub(crate) further: Vec<Flag>,
    condition: Vec<Place>,
}

/// What may stand at one place before the end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Any,
    OneOf(Vec<char>),
    NoneOf(Vec<char>),
}

/// A word with one suffix, and the rule that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form<'a> {
    pub(crate) text: String,
    pub(crate) suffix: &'a Suffix,
}

impl Dictionary {
    /// `NAME.aff` and `NAME.dic` of a folder.
    pub(crate) fn open(folder: &Path, name: &str) -> Result<Self, Unreadable> {
        let text = |ending: &str| {
            let path = folder.join(format!("{name}.{ending}"));
            fs::read_to_string(&path).map_err(|why| Unreadable::Absent { path, why })
        };
        Self::read(&text("aff")?, &text("dic")?)
    }

    pub(crate) fn read(affixes: &str, words: &str) -> Result<Self, Unreadable> {
        let mut flags_are_long = false;
        let mut strips_all = false;
        let mut suffixes: HashMap<Flag, Vec<Suffix>> = HashMap::new();
        let mut rules_to_come = 0_usize;
        let mut broken = Vec::new();
        for (number, line) in affixes.lines().enumerate() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            match fields[..] {
                ["FLAG", "long"] => flags_are_long = true,
                ["FULLSTRIP", ..] => strips_all = true,
                ["SET", "UTF-8"] => {}
                ["FLAG" | "SET", ..] | ["AF" | "PFX", ..] => return Err(Unreadable::Unknown(line.to_owned())),
                ["SFX", class, "Y" | "N", count] if rules_to_come == 0 => {
                    let wanted = "the number of rules";
                    let count = count.parse();
                    rules_to_come = count.map_err(|_| affix_error(number, wanted, line))?;
                    suffixes.entry(one_flag(class, flags_are_long, number)?).or_default();
                }
                ["SFX", class, strip, add, condition, ..] => {
                    rules_to_come = rules_to_come.saturating_sub(1);
                    let (add, further) = add.split_once('/').unwrap_or((add, ""));
                    let rule = Suffix {
                        strip: or_nothing(strip),
                        add: or_nothing(add),
                        further: flags(further, flags_are_long),
                        condition: condition_of(condition).ok_or_else(|| affix_error(number, "a condition", line))?,
                    };
                    suffixes.entry(one_flag(class, flags_are_long, number)?).or_default().push(rule);
                }
                ["SFX", ..] if rules_to_come > 0 => {
                    rules_to_come -= 1;
                    broken.push(number + 1);
                }
                ["SFX", ..] => return Err(affix_error(number, "SFX CLASS Y COUNT", line)),
                _ => {}
            }
        }
        let entries = words.lines().skip(1).filter_map(|line| entry(line, flags_are_long)).collect::<Vec<_>>();
        if entries.is_empty() { Err(Unreadable::Empty) } else { Ok(Self { entries, broken, suffixes, strips_all }) }
    }

    /// Every form that one suffix of these classes makes of the word.
    pub(crate) fn forms(&self, word: &str, classes: &[Flag]) -> Vec<Form<'_>> {
        let rules = classes.iter().filter_map(|class| self.suffixes.get(class)).flatten();
        rules.filter_map(|suffix| Some(Form { text: self.apply(suffix, word)?, suffix })).collect()
    }

    fn apply(&self, suffix: &Suffix, word: &str) -> Option<String> {
        let left = word.strip_suffix(suffix.strip.as_str())?;
        let stays = self.strips_all || suffix.strip.is_empty() || !left.is_empty();
        (stays && suffix.admits(word)).then(|| format!("{left}{}", suffix.add))
    }
}

impl Suffix {
    /// The condition speaks of the end of the word as it was, what is stripped included.
    fn admits(&self, word: &str) -> bool {
        let mut before_the_end = word.chars().rev();
        self.condition.iter().rev().all(|place| {
            before_the_end.next().is_some_and(|letter| match place {
                Place::Any => true,
                Place::OneOf(letters) => letters.contains(&letter),
                Place::NoneOf(letters) => !letters.contains(&letter),
            })
        })
    }
}

/// `word/flags`, with fields of morphology after a tab; `\/` is a stroke of the word. Comments are words to Hunspell,
/// but no word of any language begins so.
fn entry(line: &str, flags_are_long: bool) -> Option<Entry> {
    let line = line.split('\t').next().unwrap_or_default().trim_end();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let stroke = line.char_indices().find(|(at, letter)| *letter == '/' && !line[..*at].ends_with('\\'));
    let (word, classes) = stroke.map_or((line, ""), |(at, _)| (&line[..at], &line[at + 1..]));
    Some(Entry { word: word.replace("\\/", "/"), flags: flags(classes, flags_are_long) })
}

fn flags(text: &str, long: bool) -> Vec<Flag> {
    let letters: Vec<char> = text.chars().collect();
    if long {
        letters.chunks_exact(2).map(|pair| Flag(pair[0], pair[1])).collect()
    } else {
        letters.into_iter().map(|letter| Flag(letter, '\0')).collect()
    }
}

fn one_flag(text: &str, long: bool, line: usize) -> Result<Flag, Unreadable> {
    match flags(text, long)[..] {
        [flag] if text.chars().count() == if long { 2 } else { 1 } => Ok(flag),
        _ => Err(affix_error(line, "the name of one class", text)),
    }
}

/// In a rule, a nothing is written 0.
fn or_nothing(text: &str) -> String {
    if text == "0" { String::new() } else { text.to_owned() }
}

/// `.` by itself asks nothing, not even that there be a letter.
fn condition_of(text: &str) -> Option<Vec<Place>> {
    if text == "." {
        return Some(Vec::new());
    }
    let mut places = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        places.push(match letter {
            '.' => Place::Any,
            '[' => {
                let inside: Vec<char> = letters.by_ref().take_while(|letter| *letter != ']').collect();
                match inside.split_first()? {
                    ('^', rest) => Place::NoneOf(rest.to_vec()),
                    _ => Place::OneOf(inside),
                }
            }
            ']' => return None,
            letter => Place::OneOf(vec![letter]),
        });
    }
    text.matches('[').count().eq(&text.matches(']').count()).then_some(places)
}

fn affix_error(number: usize, wanted: &'static str, found: &str) -> Unreadable {
    Unreadable::Affix { line: number + 1, wanted, found: found.to_owned() }
}

#[cfg(test)]
mod unit {
    use super::*;

    // Made by hand after the grammar, not after any dictionary.
    const AFFIXES: &str = "\
SET UTF-8
FLAG long
FULLSTRIP
# comment
REP 1
REP v ү

SFX A0 Y 4
SFX A0 0 ийн/Х0 [^ьаэоөиө]
SFX A0 ь ийн/Х0 ь
SFX A0 эг гийг [чж]эг
SFX A0 0 г р.[аэөү] some comment

SFX Х0 Y 1
SFX Х0 0 хэн .
";

    fn dictionary() -> Dictionary {
        Dictionary::read(AFFIXES, "5\n# comment\nүнэмлэх/A0\nморь/A0\nхөвчэг/A0B1\nөрхө/A0\nи\\/д\nи\n").unwrap()
    }

    fn forms(dictionary: &Dictionary, word: &str) -> Vec<String> {
        let entry = dictionary.entries.iter().find(|entry| entry.word == word).unwrap();
        dictionary.forms(word, &entry.flags).into_iter().map(|form| form.text).collect()
    }

    #[test]
    fn a_rule_applies_where_its_condition_holds_and_nowhere_else() {
        let dictionary = dictionary();

        assert_eq!(forms(&dictionary, "үнэмлэх"), ["үнэмлэхийн"]);
        assert_eq!(forms(&dictionary, "морь"), ["морийн"]);
        assert_eq!(forms(&dictionary, "хөвчэг"), ["хөвчэгийн", "хөвчгийг"]);
        assert_eq!(forms(&dictionary, "өрхө"), ["өрхөг"]);
        assert_eq!(forms(&dictionary, "и"), Vec::<String>::new());
    }

    #[test]
    fn a_form_takes_what_its_rule_says_it_may() {
        let dictionary = dictionary();

        let first = dictionary.forms("морь", &[Flag('A', '0')]);
        let second = dictionary.forms(&first[0].text, &first[0].suffix.further);

        assert_eq!(second[0].text, "морийнхэн");
    }

    #[test]
    fn words_are_read_with_their_classes_and_comments_are_not_words() {
        let dictionary = dictionary();

        let words: Vec<&str> = dictionary.entries.iter().map(|entry| entry.word.as_str()).collect();
        assert_eq!(words, ["үнэмлэх", "морь", "хөвчэг", "өрхө", "и/д", "и"]);
        assert_eq!(dictionary.entries[2].flags, [Flag('A', '0'), Flag('B', '1')]);
    }

    #[test]
    fn without_fullstrip_something_must_stay_of_the_word() {
        let affixes = "SET UTF-8\nSFX A Y 1\nSFX A өө үү .\n";

        let strict = Dictionary::read(affixes, "1\nөө/A\n").unwrap();
        let free = Dictionary::read(&format!("FULLSTRIP\n{affixes}"), "1\nөө/A\n").unwrap();

        assert!(forms(&strict, "өө").is_empty());
        assert_eq!(forms(&free, "өө"), ["үү"]);
    }

    #[test]
    fn what_is_not_known_fails_and_says_what_it_is() {
        for (affixes, part) in [
            ("FLAG num\n", "FLAG num"),
            ("SET KOI8-R\n", "KOI8-R"),
            ("AF 1\n", "AF 1"),
            ("PFX A Y 1\n", "PFX"),
            ("SFX A Y 1\nSFX A 0 ийн [а\n", "a condition"),
            ("SFX A 0\n", "SFX CLASS"),
            ("FLAG long\nSFX Ө Y 1\n", "the name of one class"),
        ] {
            let why = Dictionary::read(affixes, "1\nөө\n").unwrap_err().to_string();
            assert!(why.contains(part), "{affixes:?}: {why}");
        }
        assert!(matches!(Dictionary::read("", "0\n"), Err(Unreadable::Empty)));
    }

    #[test]
    fn a_rule_that_breaks_off_is_left_out_and_told() {
        let affixes = "SFX A Y 2\nSFX A 0 үүд[^ө]\nSFX A 0 ийн .\nSFX B Y 1\nSFX B 0 ийг .\n";

        let dictionary = Dictionary::read(affixes, "1\nөр/AB\n").unwrap();

        assert_eq!(dictionary.broken, [2]);
        assert_eq!(forms(&dictionary, "өр"), ["өрийн", "өрийг"]);
    }

    #[test]
    fn a_dictionary_that_is_not_there_says_what_to_install() {
        let folder = tempfile::tempdir().unwrap();

        let why = Dictionary::open(folder.path(), "mn_MN").unwrap_err().to_string();

        assert!(why.contains("mn_MN.aff") && why.contains("hunspell-mn"), "{why}");
    }
}
