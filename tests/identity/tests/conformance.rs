//! What the OpenID Foundation's suite tries on relying parties, and what shows the same here: `conformance.tsv`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on should stop")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use emongolia_support::lies::{From, lies, variants};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// The list of the suite's tests lies beside the workspace and is no part of it.
const LIST: &str = "../../../shared/vectors/openid/client-tests.csv";

struct Row {
    shown_by: Vec<String>,
    why_not: String,
}

fn table() -> BTreeMap<String, Row> {
    let text = include_str!("../conformance.tsv");
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    let row = |line: &str| {
        let [name, shown_by, why_not] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let shown_by = shown_by.split("; ").filter(|each| !each.is_empty()).map(str::to_owned).collect();
        (name.to_owned(), Row { shown_by, why_not: why_not.to_owned() })
    };
    let rows: Vec<_> = lines.map(row).collect();
    let (count, table) = (rows.len(), rows.into_iter().collect::<BTreeMap<_, _>>());
    assert_eq!(table.len(), count, "a name comes twice");
    table
}

/// Every lie and every variant, and the suite's tests it is ported from.
fn told() -> BTreeMap<String, From> {
    let lies = lies().into_iter().map(|lie| (format!("lie: {}", lie.name), lie.from));
    lies.chain(variants().into_iter().map(|each| (format!("variant: {}", each.name), each.from))).collect()
}

#[test]
fn every_test_of_the_suite_is_shown_by_one_that_exists_or_has_a_reason() {
    let told = told();
    let at_the_provider = fs::read_to_string(Path::new(HERE).join("tests/provider.rs")).unwrap();

    for (name, row) in table() {
        assert_eq!(row.shown_by.is_empty(), !row.why_not.is_empty(), "{name}: a test or a reason");
        for shown_by in &row.shown_by {
            match shown_by.strip_prefix("provider: ") {
                Some(test) => assert!(at_the_provider.contains(&format!("async fn {test}()")), "{name}: {test}"),
                None => assert!(told[shown_by].contains(&name.as_str()), "{name}: {shown_by} is ported from others"),
            }
        }
    }
}

#[test]
fn what_is_ported_from_the_suite_is_in_the_table() {
    let table = table();

    for (told, from) in told() {
        for name in from {
            let row = table.get(*name).unwrap_or_else(|| panic!("{told}: the suite has no {name}"));
            assert!(row.shown_by.contains(&told), "{name}: {told} is missing");
        }
    }
}

#[test]
fn the_table_has_the_whole_suite_and_nothing_else() {
    let Ok(list) = fs::read_to_string(Path::new(HERE).join(LIST)) else {
        println!("skipped: no list of the suite's tests beside the workspace");
        return;
    };
    let column = |line: &str, n: usize| line.split(',').nth(n).unwrap_or_default().to_owned();
    let listed: BTreeSet<_> = list.lines().skip(1).map(|line| column(line, 0)).collect();
    let table = table();

    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), listed);
    let shown = table.values().filter(|row| !row.shown_by.is_empty()).count();
    println!("{shown} of the suite's {} tests are shown here, {} have a reason", listed.len(), listed.len() - shown);
}
