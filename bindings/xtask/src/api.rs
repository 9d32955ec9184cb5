//! The exported interface, as it was agreed: a change is told in the changelog, and every item is called by each shell.
//!
//! Guarantees: `bindings/api.txt` is the library's; the changelog's first entry belongs to exactly this text; an item
//! counts as called only if a shell's tests wrote it down when it came back.

use std::{collections::BTreeSet, fs, path::PathBuf};

use crate::{bindgen, digest::digest, report::Outcome, workspace::Workspace};

/// Those whose tests must call everything.
pub(crate) const SHELLS: &[&str] = &["kotlin", "swift"];

/// From the workspace's root.
const AGREED: &str = "bindings/api.txt";
const CHANGELOG: &str = "bindings/CHANGELOG.md";

/// Closes an entry of the changelog: it belongs to this interface.
const MARK: &str = "Interface: ";

/// Holds the library against the agreed interface, and that against the changelog.
pub(crate) fn check(workspace: &Workspace, choice: bindgen::Choice) -> Outcome {
    let built = bindgen::interface(workspace, choice)?;
    let agreed = read(workspace, AGREED)?;
    compare(&agreed, &built)?;
    if agreed != built {
        return Err(format!("{AGREED} says the same in other bytes, and library and bindings hold its digest: {HOW}"));
    }
    let told = mark(entry(&read(workspace, CHANGELOG)?));
    if told == Some(digest(&agreed)) {
        Ok(format!("{} items, as agreed and told", callables(&agreed).len()))
    } else {
        Err(format!("{AGREED} was changed and {CHANGELOG} does not say so: {HOW}"))
    }
}

/// Takes the library's interface as the new one.
pub(crate) fn accept(workspace: &Workspace, choice: bindgen::Choice) -> Outcome {
    let built = bindgen::interface(workspace, choice)?;
    let agreed = fs::read_to_string(workspace.root.join(AGREED)).unwrap_or_default(); // none yet: everything is new
    let changelog = read(workspace, CHANGELOG)?;
    let marked = accepted(&agreed, &built, &changelog)?;
    write(workspace, AGREED, &built)?;
    write(workspace, CHANGELOG, &marked)?;
    Ok(format!("{} items", callables(&built).len()))
}

/// What a library says that was built beside the agreed interface.
pub(crate) fn agreed_digest(workspace: &Workspace) -> Result<String, String> {
    read(workspace, AGREED).map(|agreed| digest(&agreed))
}

/// Holds what the tests of these shells called against the agreed interface.
pub(crate) fn calls(workspace: &Workspace, shells: &[&str]) -> Outcome {
    let agreed = read(workspace, AGREED)?;
    let wanted = callables(&agreed);
    let mut wrong = Vec::new();
    for shell in shells {
        let path = calls_file(workspace, shell);
        let told = fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}: the tests of {shell} have not run", path.display()))?;
        wrong.extend(judge(&wanted, &told).err().map(|why| format!("{shell} {why}")));
    }
    if wrong.is_empty() {
        Ok(format!("{} items called from {}", wanted.len(), shells.join(" and ")))
    } else {
        Err(wrong.join("; "))
    }
}

/// Where the tests of a shell write down what they called.
pub(crate) fn calls_file(workspace: &Workspace, shell: &str) -> PathBuf {
    workspace.cache.join("calls").join(format!("{shell}.txt"))
}

const HOW: &str = "write an entry at the top of bindings/CHANGELOG.md that names each changed item in `backticks`, \
    then run `cargo xtask api --accept`";

fn compare(agreed: &str, built: &str) -> Result<(), String> {
    let (gone, new) = changes(agreed, built);
    for line in &gone {
        println!("- {line}");
    }
    for line in &new {
        println!("+ {line}");
    }
    if gone.is_empty() && new.is_empty() {
        Ok(())
    } else {
        Err(format!("{} lines are gone and {} are new: {HOW}", gone.len(), new.len()))
    }
}

fn accepted(agreed: &str, built: &str, changelog: &str) -> Result<String, String> {
    let first = entry(changelog);
    if agreed == built && mark(first) == Some(digest(built)) {
        return Ok(changelog.to_owned());
    }
    if mark(first).is_some() {
        return Err(format!("the first entry of {CHANGELOG} belongs to an older interface: {HOW}"));
    }
    let (gone, new) = if agreed.is_empty() { Default::default() } else { changes(agreed, built) };
    let names: BTreeSet<&str> = gone.iter().chain(&new).map(|line| name(line)).collect();
    let untold: Vec<&str> = names.into_iter().filter(|name| !first.contains(&format!("`{name}`"))).collect();
    if first.is_empty() || !untold.is_empty() {
        return Err(format!("the first entry of {CHANGELOG} does not name {}: {HOW}", untold.join(", ")));
    }
    let marked = format!("{}\n\n{MARK}{}\n", first.trim_end(), digest(built));
    let rest = &changelog[changelog.find(first).unwrap_or_default() + first.len()..];
    let head = &changelog[..changelog.find(first).unwrap_or_default()];
    let rest = rest.trim_start_matches('\n');
    Ok(format!("{head}{marked}{}{rest}", if rest.is_empty() { "" } else { "\n" }))
}

fn changes<'a>(agreed: &'a str, built: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
    let (was, is): (BTreeSet<&str>, BTreeSet<&str>) =
        (agreed.lines().map(str::trim).collect(), built.lines().map(str::trim).collect());
    (was.difference(&is).copied().collect(), is.difference(&was).copied().collect())
}

/// What a line is about: `Auth.citizen` of `method Auth.citizen() -> …`.
fn name(line: &str) -> &str {
    let line = line.trim();
    let rest = line.strip_prefix("callback ").unwrap_or(line);
    let rest = rest.split_once(' ').map_or(rest, |(_, rest)| rest);
    rest.split(['(', ' ']).next().unwrap_or(rest)
}

/// All that can be called or cross: functions, constructors, methods, records, enums. Not objects: their methods are.
fn callables(text: &str) -> BTreeSet<&str> {
    let counts = |line: &&str| {
        ["function ", "constructor ", "method ", "record ", "enum ", "error "].iter().any(|word| line.starts_with(word))
    };
    text.lines().map(str::trim).filter(counts).map(name).collect()
}

fn judge(wanted: &BTreeSet<&str>, told: &str) -> Result<(), String> {
    let told: BTreeSet<&str> = told.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let (missed, unknown): (Vec<&str>, Vec<&str>) =
        (wanted.difference(&told).copied().collect(), told.difference(wanted).copied().collect());
    match (missed.as_slice(), unknown.as_slice()) {
        ([], []) if !wanted.is_empty() => Ok(()),
        ([], []) => Err("has nothing to call".to_owned()),
        (missed, []) => Err(format!("never called {}", missed.join(", "))),
        (_, unknown) => Err(format!("called what is not agreed: {}", unknown.join(", "))),
    }
}

/// The first entry: from its heading to the next one.
fn entry(changelog: &str) -> &str {
    let Some(start) = changelog.find("## ") else { return "" };
    let end = changelog[start + 3..].find("\n## ").map_or(changelog.len(), |end| start + 3 + end + 1);
    changelog[start..end].trim_end_matches('\n')
}

fn mark(entry: &str) -> Option<String> {
    entry.lines().find_map(|line| line.strip_prefix(MARK)).map(|mark| mark.trim().to_owned())
}

fn read(workspace: &Workspace, name: &str) -> Result<String, String> {
    fs::read_to_string(workspace.root.join(name)).map_err(|error| format!("{name}: {error}"))
}

fn write(workspace: &Workspace, name: &str, text: &str) -> Result<(), String> {
    fs::write(workspace.root.join(name), text).map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod unit {
    use super::*;

    const AGREED_TEXT: &str = "function version() -> string\nobject Auth\n  method Auth.citizen() -> Citizen async\n";
    const BUILT_TEXT: &str = "function version() -> string\nobject Auth\n  method Auth.citizen() -> Person async\n";

    #[test]
    fn a_changed_line_is_gone_and_new() {
        assert!(compare(AGREED_TEXT, AGREED_TEXT).is_ok());
        assert!(compare(AGREED_TEXT, BUILT_TEXT).unwrap_err().starts_with("1 lines are gone and 1 are new"));
    }

    #[test]
    fn a_change_is_accepted_only_with_its_own_entry_that_names_it() {
        let old = format!("# Changes\n\n## 1\n\nБүгд.\n\n{MARK}{}\n", digest(AGREED_TEXT));
        let silent = old.replacen("## 1", "## 2\n\nӨөр.\n\n## 1", 1);
        let told = old.replacen("## 1", "## 2\n\n`Auth.citizen` gives a person. [breaking]\n\n## 1", 1);

        assert!(accepted(AGREED_TEXT, BUILT_TEXT, &old).unwrap_err().contains("older interface"));
        assert!(accepted(AGREED_TEXT, BUILT_TEXT, &silent).unwrap_err().contains("Auth.citizen"));
        let marked = accepted(AGREED_TEXT, BUILT_TEXT, &told).unwrap();

        assert_eq!(mark(entry(&marked)), Some(digest(BUILT_TEXT)));
        assert!(marked.ends_with(&old["# Changes\n\n".len()..]), "{marked}");
    }

    #[test]
    fn an_item_that_nobody_called_and_one_that_nobody_agreed_on_each_fail() {
        let wanted = callables(AGREED_TEXT);

        assert_eq!(wanted, BTreeSet::from(["version", "Auth.citizen"]));
        assert!(judge(&wanted, "version\nAuth.citizen\n").is_ok());
        assert!(judge(&wanted, "version\n").unwrap_err().contains("Auth.citizen"));
        assert!(judge(&wanted, "version\nAuth.citizen\nAuth.өөр\n").unwrap_err().contains("Auth.өөр"));
        assert!(judge(&BTreeSet::new(), "").is_err());
    }

    #[test]
    fn a_line_is_named_by_what_it_is_about() {
        assert_eq!(name("  method Auth.citizen() -> Citizen async"), "Auth.citizen");
        assert_eq!(name("callback interface LogSink"), "LogSink");
        assert_eq!(name("record Fee { mnt: i64 }"), "Fee");
    }
}
