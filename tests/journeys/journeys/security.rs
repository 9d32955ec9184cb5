//! What `core/docs/security.md` says of tests is true.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// MASVS v2.1: groups and how many controls each has.
const CONTROLS: [(&str, u8); 8] = [
    ("STORAGE", 2),
    ("CRYPTO", 2),
    ("AUTH", 3),
    ("NETWORK", 2),
    ("PLATFORM", 3),
    ("CODE", 4),
    ("RESILIENCE", 4),
    ("PRIVACY", 4),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Rows of the table of controls: name, what shows it.
fn rows(page: &str) -> Vec<(&str, &str)> {
    let cells = |line| str::split(line, '|').map(str::trim).collect::<Vec<_>>();
    let rows = page.lines().map(cells).filter(|cells| cells.len() == 5 && cells[1].contains('-') && cells[1] != "---");
    rows.map(|cells| (cells[1], cells[3])).collect()
}

/// Names of tests in backticks; a path or a command is none.
fn names(shown: &str) -> impl Iterator<Item = &str> {
    shown
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.len() > 12 && name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()))
}

fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            functions(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let starts = text.split("fn ").skip(1);
            found.extend(starts.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()));
        }
    }
}

fn missing(page: &str) -> Vec<String> {
    let mut known = BTreeSet::new();
    ["core", "tests", "bindings"].iter().for_each(|folder| functions(&root().join(folder), &mut known));
    let named = page.lines().filter(|line| line.starts_with('|')).flat_map(names).map(str::to_owned);
    named.filter(|name| !known.contains(name)).collect()
}

#[test]
fn every_control_has_its_row_and_every_test_it_names_is_in_the_tree() {
    let page = fs::read_to_string(root().join("core/docs/security.md")).unwrap();

    let wanted = CONTROLS.iter().flat_map(|(group, many)| (1..=*many).map(move |n| format!("{group}-{n}")));
    let rows = rows(&page);
    assert_eq!(rows.iter().map(|(control, _)| (*control).to_owned()).collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
    for (control, shown) in &rows {
        let scoped = shown.starts_with("shell") || shown.starts_with("out of scope");
        assert!(scoped || names(shown).next().is_some(), "{control} is shown by nothing: {shown}");
    }
    assert_eq!(missing(&page), Vec::<String>::new());
}

#[test]
fn control_a_test_that_is_nowhere_is_missed() {
    let name = ["a_test", "that_nobody", "wrote"].join("_");

    assert_eq!(missing(&format!("| AUTH-1 | Өө | `{name}` |")), [name]);
}
