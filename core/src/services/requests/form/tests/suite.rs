//! The JSON Schema Test Suite, draft 2020-12, as far as its schemas keep to the subset.
//!
//! It lies beside the workspace and is no part of it; where it is not, this says that it skipped.

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::super::schema::Schema;

/// Beside the main files, the one format that is ours too. `format.json` says that formats are not asserted; here they are.
const FORMATS: &str = "optional/format/date.json";
const NOT_OURS: &str = "format.json";

/// As many as were counted; fewer would mean that the subset has shrunk.
const AT_LEAST: usize = 636;

#[test]
fn every_case_of_the_suite_within_the_subset_comes_out_as_it_says() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/json-schema/draft2020-12"));
    if !folder.is_dir() {
        return println!("skipped: no JSON Schema Test Suite beside the workspace");
    }
    let named = |path: &PathBuf, name: &str| path.file_name().is_some_and(|file| file == name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json") && !named(path, NOT_OURS));
    files.push(folder.join(FORMATS));
    let (mut within, mut outside, mut wrong) = (0, 0, Vec::new());

    for file in files {
        let groups: Vec<Value> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for group in groups {
            let cases = group["tests"].as_array().unwrap();
            let Some(schema) = Schema::parse(group["schema"].clone()) else {
                outside += cases.len();
                continue;
            };
            within += cases.len();
            for case in cases.iter().filter(|case| schema.faults(&case["data"]).is_empty() != case["valid"]) {
                wrong.push(format!("{}: {} / {}", file.display(), group["description"], case["description"]));
            }
        }
    }

    println!("{within} cases within the subset, {outside} outside");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(within >= AT_LEAST, "{within}");
}
