//! What a citizen is told of a failure is the same on both phones, and every reason that the core gives has words.

use std::{fs, path::Path};

const ANDROID: &str = "android/core/src/main/kotlin/mn/emongolia/core/ErrorTexts.kt";
const IOS: &str = "ios/Sources/EMongoliaCore/ErrorText.swift";
const TERMINAL: &str = "bindings/cli/src/output/words.rs";

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Every text of a source that has letters, in order; what is put into a text is named by its last word.
fn texts(source: &str) -> Vec<String> {
    let comment = |line: &&str| ["//", "/*", "*"].iter().any(|mark| line.trim_start().starts_with(mark));
    let code: Vec<&str> = source.lines().filter(|line| !comment(line)).collect();
    code.join("\n")
        .split('"')
        .skip(1)
        .step_by(2)
        .map(inserted)
        .filter(|text| text.chars().any(char::is_alphabetic))
        .collect()
}

/// `$minutes`, `${failure.reference}` and `\(reference)` as `{reference}`.
fn inserted(text: &str) -> String {
    let mut written = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        written += &rest[..at];
        let inside = rest[at + 1..].trim_start_matches(['{', '(']);
        let end = inside.find(|letter: char| !letter.is_alphanumeric() && letter != '.').unwrap_or(inside.len());
        let name = inside[..end].rsplit('.').next().unwrap_or_default();
        written += &format!("{{{name}}}");
        rest = inside[end..].trim_start_matches(['}', ')']);
    }
    written + rest
}

/// What `find` finds in what is no test of the Rust in these folders.
fn found_in(folders: &[&str], find: fn(&str) -> Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
                let source = fs::read_to_string(&path).unwrap();
                let tests = ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\nmod unit {"];
                let shipped = tests.iter().filter_map(|begin| source.find(begin)).min().unwrap_or(source.len());
                found.extend(find(&source[..shipped]));
            }
        }
    }
    found
}

/// The code in `invalid(field, "code")`, in `wrong("code")` and `pin("code")`, which stand for that, and in `reason: "code"`.
fn refusals(source: &str) -> Vec<String> {
    let beginnings = ["invalid(", "wrong(", "=> pin(", "reason: "];
    let places = beginnings.iter().flat_map(|beginning| source.split(beginning).skip(1));
    let is_code =
        |text: &&str| text.contains('.') && text.chars().all(|letter| matches!(letter, 'a'..='z' | '_' | '.'));
    let code = |place: &str| place.lines().next()?.split('"').find(is_code).map(str::to_owned);
    places.filter_map(code).collect()
}

/// The code in `conflict("code")` and the like: why the gateway refuses what is well said.
fn problems(source: &str) -> Vec<String> {
    let beginnings = ["conflict(\"", "unprocessable(\"", "not_found(\""];
    let places = beginnings.iter().flat_map(|beginning| source.split(beginning).skip(1));
    places.filter_map(|place| Some(place.split_once('"')?.0.to_owned())).collect()
}

#[test]
fn both_phones_tell_a_citizen_the_same() {
    let read = |path: &str| texts(&fs::read_to_string(root().join(path)).unwrap());
    let (android, ios) = (read(ANDROID), read(IOS));

    assert!(android.len() > 80, "the sources are no longer read: {android:?}");
    assert!(android.contains(&"{minutes} минутын дараа дахин оролдоно уу.".to_owned()), "{android:?}");
    for (android, ios) in android.iter().zip(&ios) {
        assert_eq!(android, ios);
    }
    assert_eq!(android.len(), ios.len());
}

#[test]
fn every_reason_that_the_core_gives_has_words_of_its_own() {
    let words = texts(&fs::read_to_string(root().join(IOS)).unwrap());

    let reasons = found_in(&["core/src", "bindings/ffi/src"], refusals);

    assert!(reasons.len() > 5, "the sources are no longer read: {reasons:?}");
    for known in ["form.no_such_field", "lock.weak", "operation.not_wedged", "id.malformed"] {
        assert!(reasons.iter().any(|reason| reason == known), "{known} is not among {reasons:?}");
    }
    for reason in reasons {
        let kind = reason.split('.').next().unwrap_or_default();
        assert!(words.iter().any(|word| *word == reason || word == kind), "{reason} has no words");
    }
}

/// An operation that the gateway refuses is stuck with the gateway's code.
#[test]
fn every_refusal_of_the_gateway_has_words() {
    /// Asked again, or never asked by an operation.
    const NEVER_TOLD: [&str; 3] = ["key_in_progress", "unknown_key", "unknown_invoice"];
    let tables = [IOS, TERMINAL].map(|path| texts(&fs::read_to_string(root().join(path)).unwrap()));

    let codes = found_in(&["tests/sandbox/src/gateway"], problems);

    for known in ["request_moved", "upload_incomplete", "key_reused", "unknown_request"] {
        assert!(codes.iter().any(|code| code == known), "{known} is not among {codes:?}");
    }
    for code in codes.iter().map(String::as_str).filter(|code| !NEVER_TOLD.contains(code)).chain(["upload_stuck"]) {
        let kind = code.split('_').next().unwrap_or_default();
        let is_said = |word: &String| word == code || word.trim_end_matches('_') == kind;
        for words in &tables {
            assert!(words.iter().any(is_said), "{code} has no words beside {:?}", words.first());
        }
    }
}

#[test]
fn a_word_that_differs_is_seen() {
    let kotlin = "/** \"Тайлбар\" */\nboth(\"Өөр ${failure.reference}\", \"$seconds s\") // «\n\"a.b\" '.' \"1\"";
    let swift = "/// \"Other\"\nWords(\"Өөр \\(reference)\", \"\\(seconds) s\") \".\" \"a.b\"";

    assert_eq!(texts(kotlin), ["Өөр {reference}", "{seconds} s", "a.b"]);
    assert_eq!(texts(swift), texts(kotlin));
    assert_ne!(texts(&swift.replace("Өөр", "Өер")), texts(swift));
    assert_eq!(refusals("invalid(\"a\", \"b.c\")\ninvalid(field.clone(), code)\nwrong(\"d.e\")"), ["b.c", "d.e"]);
    assert_eq!(problems("Problem::conflict(\"a_b\")\nProblem::not_found(\"c\").field(\"d\")"), ["a_b", "c"]);
}
