//! Keys of words: the rivals' and, through a pipe, anybody's.
//!
//! Guarantees: a command that answers too little, too much or about another word fails, and says at which.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, BufWriter, Write},
    process::{Command, Stdio},
    thread,
};

use thiserror::Error;

/// The key of a word: two words with one key are one to a search.
pub(crate) type Conflate<'a> = dyn Fn(&str) -> String + 'a;

/// As typed, capitals aside: what the live portal does.
pub(crate) fn exact(word: &str) -> String {
    word.to_lowercase()
}

/// The first five letters.
pub(crate) fn first_five(word: &str) -> String {
    word.to_lowercase().chars().take(5).collect()
}

/// Suffixes off the end for as long as any fits, then the vowel that comes and goes: an hour's work without a dictionary.
pub(crate) fn naive(word: &str) -> String {
    let mut stem: Vec<char> = word.to_lowercase().chars().collect();
    let mut shortest = 1;
    while let Some(left) = without_longest_suffix(&stem, shortest) {
        stem.truncate(left);
        shortest = 2; // a single letter is a case only at the very end
    }
    without_fleeting_vowel(&mut stem);
    stem.into_iter().collect()
}

const SUFFIXES: &[&str] = &[
    "гуудынх",
    "нуудынх",
    "гүүдийнх",
    "нүүдийнх",
    "уудынх",
    "үүдийнх",
    "ынхархуу",
    "ийнхэрхүү",
    "ныхархуу",
    "нийхэрхүү",
    "нхархуу",
    "нхэрхүү",
    "хархуу",
    "хэрхүү",
    "архуу",
    "эрхүү",
    "орхуу",
    "өрхүү",
    "рхуу",
    "рхүү",
    "гийнх",
    "гийн",
    "ынх",
    "ийнх",
    "ных",
    "нийх",
    "ых",
    "ууд",
    "үүд",
    "гууд",
    "гүүд",
    "нууд",
    "нүүд",
    "ын",
    "ийн",
    "йн",
    "ы",
    "ны",
    "ний",
    "ыг",
    "ийг",
    "йг",
    "д",
    "нд",
    "анд",
    "энд",
    "онд",
    "өнд",
    "инд",
    "аас",
    "ээс",
    "оос",
    "өөс",
    "гаас",
    "гээс",
    "гоос",
    "гөөс",
    "наас",
    "нээс",
    "ноос",
    "нөөс",
    "иас",
    "иос",
    "иэс",
    "аар",
    "ээр",
    "оор",
    "өөр",
    "гаар",
    "гээр",
    "гоор",
    "гөөр",
    "иар",
    "иор",
    "иэр",
    "тай",
    "тэй",
    "той",
    "аа",
    "ээ",
    "оо",
    "өө",
    "гаа",
    "гээ",
    "гоо",
    "гөө",
    "даа",
    "дээ",
    "доо",
    "дөө",
    "гүй",
];

/// Shorter stems are words of their own too often.
const SHORTEST_STEM: usize = 3;

fn without_longest_suffix(stem: &[char], shortest: usize) -> Option<usize> {
    let fits = |suffix: &&&str| {
        let length = suffix.chars().count();
        stem.len() >= SHORTEST_STEM + length && suffix.chars().eq(stem[stem.len() - length..].iter().copied())
    };
    let lengths = SUFFIXES.iter().filter(fits).map(|suffix| suffix.chars().count());
    let longest = lengths.filter(|length| *length >= shortest).max()?;
    let left = stem.len() - longest;
    stem[..left].iter().any(|letter| is_vowel(*letter)).then_some(left)
}

/// утас–утсаар, байгууллага–байгууллагын, сургууль–сургуулиас; and the н that hides: хороо–хорооноос.
fn without_fleeting_vowel(stem: &mut Vec<char>) {
    for end in ["нй", "аэоөиь"] {
        if stem.len() > SHORTEST_STEM && stem.last().is_some_and(|last| end.contains(*last)) {
            stem.pop();
        }
    }
    if let [.., before, vowel, last] = stem[..]
        && stem.len() > SHORTEST_STEM
        && !is_vowel(before)
        && is_vowel(vowel)
        && !is_vowel(last)
    {
        stem.remove(stem.len() - 2);
    }
}

fn is_vowel(letter: char) -> bool {
    "аэиоуөүяеёюый".contains(letter)
}

/// What a command says of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) stem: String,
    pub(crate) phonetic: String,
}

#[derive(Debug, Error)]
pub(crate) enum NoKeys {
    #[error("`{command}` could not be run: {why}")]
    Run { command: String, why: io::Error },
    #[error("line {line} of the keys: wanted `{wanted}`, a tab, its stem, a tab and its phonetic key; found `{found}`")]
    Line { line: usize, wanted: String, found: String },
    #[error("`{command}` answered {found} of {wanted} words")]
    Ended { command: String, wanted: usize, found: usize },
}

/// Gives the command words, one a line, and reads `word`, `stem` and `phonetic key`, parted by tabs, one line a word.
pub(crate) fn ask(command: &str, words: &[&str]) -> Result<HashMap<String, Keys>, NoKeys> {
    let failed = |why| NoKeys::Run { command: command.to_owned(), why };
    let mut shell = Command::new("sh");
    let shell = shell.args(["-c", command]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = shell.spawn().map_err(failed)?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed(io::ErrorKind::BrokenPipe.into()));
    };
    let keys = thread::scope(|scope| {
        // Beside the reading: a pipe holds less than a dictionary. A command that stops listening shows in its answer.
        scope.spawn(move || {
            let mut stdin = BufWriter::new(stdin);
            words.iter().try_for_each(|word| writeln!(stdin, "{word}"))
        });
        read(BufReader::new(stdout), command, words)
    })?;
    child.wait().map_err(failed)?;
    Ok(keys)
}

fn read(answer: impl BufRead, command: &str, words: &[&str]) -> Result<HashMap<String, Keys>, NoKeys> {
    let mut keys = HashMap::with_capacity(words.len());
    let mut lines = answer.lines();
    for (number, wanted) in words.iter().enumerate() {
        let Some(line) = lines.next() else {
            return Err(NoKeys::Ended { command: command.to_owned(), wanted: words.len(), found: number });
        };
        let line = line.map_err(|why| NoKeys::Run { command: command.to_owned(), why })?;
        match line.split('\t').collect::<Vec<_>>()[..] {
            [word, stem, phonetic] if word == *wanted => {
                keys.insert(word.to_owned(), Keys { stem: stem.to_owned(), phonetic: phonetic.to_owned() });
            }
            _ => return Err(NoKeys::Line { line: number + 1, wanted: (*wanted).to_owned(), found: line }),
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn naive_stripping_joins_the_commonest_changes_of_a_stem() {
        for (lemma, form) in [
            ("үнэмлэх", "үнэмлэхийн"),
            ("хороо", "хорооноос"),
            ("байгууллага", "байгууллагын"),
            ("сургууль", "сургуулиас"),
            ("утас", "утсаар"),
        ] {
            assert_eq!(naive(lemma), naive(form), "{lemma}, {form}");
        }
        assert_ne!(naive("үнэмлэх"), naive("үнэгүй"));
    }

    #[test]
    fn five_letters_are_letters_and_not_bytes() {
        assert_eq!(first_five("Өрхийн"), "өрхий");
        assert_eq!(exact("ҮНЭМЛЭХ"), "үнэмлэх");
    }

    #[test]
    fn a_command_is_asked_about_more_than_a_pipe_holds() {
        let words: Vec<String> = (0..50_000).map(|number| format!("үг{number}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();

        let keys = ask("sed 's/.*/&\tS&\tP&/'", &words).unwrap();

        assert_eq!(keys.len(), 50_000);
        assert_eq!(keys["үг7"], Keys { stem: "Sүг7".into(), phonetic: "Pүг7".into() });
    }

    #[test]
    fn an_answer_that_is_short_or_about_another_word_fails() {
        let short = ask("head -n 1 | sed 's/.*/&\ta\tb/'", &["өвөл", "үе"]).unwrap_err();
        let other = ask("sed 's/.*/зун\ta\tb/'", &["өвөл"]).unwrap_err();
        let silent = ask("emongolia-no-such-program 2>/dev/null", &["өвөл"]).unwrap_err();

        assert!(matches!(short, NoKeys::Ended { wanted: 2, found: 1, .. }), "{short}");
        assert!(matches!(&other, NoKeys::Line { line: 1, wanted, .. } if wanted == "өвөл"), "{other}");
        assert!(matches!(silent, NoKeys::Ended { found: 0, .. }), "{silent}");
    }
}
