//! After the tests: was every exchange as the sandbox's OpenAPI description says, and every operation of it hit?
//!
//! The format of `contract.jsonl` is told in `tests/support/src/contract.rs`.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{report::Outcome, workspace::Workspace};

/// The parts of the description, from the workspace's root.
const DESCRIPTION: &str = "tests/sandbox/openapi";

/// What an earlier run left proves nothing about this one.
pub(crate) fn clean(workspace: &Workspace) -> Outcome {
    let folder = workspace.contracts();
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(format!("{}: {error}", folder.display())),
        Ok(()) | Err(_) => {}
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok("empty".into())
}

pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let declared = declared(&workspace.root.join(DESCRIPTION))?;
    let found = found(&workspace.contracts())?;
    judge(&declared, &found)
}

#[derive(Debug, Default)]
struct Found {
    sandboxes: usize,
    hit: BTreeSet<String>,
    violations: BTreeSet<String>,
}

fn judge(declared: &BTreeSet<String>, found: &Found) -> Outcome {
    for violation in &found.violations {
        println!("breach: {violation}");
    }
    let missed: Vec<&str> = declared.difference(&found.hit).map(String::as_str).collect();
    let mut wrong = Vec::new();
    if declared.is_empty() {
        wrong.push(format!("no operation is described in {DESCRIPTION}"));
    }
    if !found.violations.is_empty() {
        wrong.push(format!("{} kinds of breach", found.violations.len()));
    }
    if !missed.is_empty() {
        wrong.push(format!("no test hits {}", missed.join(", ")));
    }
    if wrong.is_empty() {
        Ok(format!("{} operations hit, no breach, {} sandboxes", declared.len(), found.sandboxes))
    } else {
        Err(wrong.join("; "))
    }
}

/// Every operationId of every part.
fn declared(folder: &Path) -> Result<BTreeSet<String>, String> {
    let mut ids = BTreeSet::new();
    for path in files(folder)?.iter().filter(|path| path.extension().is_some_and(|kind| kind == "json")) {
        let whole: Value =
            serde_json::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        let items = whole["paths"].as_object().into_iter().flat_map(|paths| paths.values());
        let operations = items.filter_map(Value::as_object).flat_map(|item| item.values());
        ids.extend(operations.filter_map(|operation| operation["operationId"].as_str()).map(str::to_owned));
    }
    Ok(ids)
}

fn found(folder: &Path) -> Result<Found, String> {
    let mut found = Found::default();
    for path in files(folder)?.iter().filter(|path| path.file_name().is_some_and(|name| name == "contract.jsonl")) {
        found.sandboxes += 1;
        // A last line without its end was being written when the sandbox was killed.
        for line in read(path)?.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let entry: Value =
                serde_json::from_str(line).map_err(|error| format!("{}: {error}: {line}", path.display()))?;
            let field = |name: &str| entry[name].as_str().map(str::to_owned);
            match (entry["kind"].as_str(), field("operation")) {
                (Some("hit"), Some(operation)) => {
                    found.hit.insert(operation);
                }
                (Some("violation"), Some(operation)) => {
                    let (direction, message) = (field("direction"), field("message"));
                    let text =
                        format!("{operation} ({}): {}", direction.unwrap_or_default(), message.unwrap_or_default());
                    found.violations.insert(text);
                }
                _ => return Err(format!("{}: neither a hit nor a violation: {line}", path.display())),
            }
        }
    }
    Ok(found)
}

/// Every file below, in order.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: io::Error| format!("{}: {error}", folder.display());
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() { all.extend(files(&path)?) } else { all.push(path) }
    }
    all.sort();
    Ok(all)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod unit {
    use super::*;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_operation_hit_without_a_breach_is_right() {
        let found = Found { sandboxes: 1, hit: set(&["a", "b"]), violations: set(&[]) };

        assert!(judge(&set(&["a", "b"]), &found).is_ok());
    }

    #[test]
    fn an_operation_nobody_hits_a_breach_and_an_empty_description_each_fail() {
        let whole = Found { sandboxes: 1, hit: set(&["a"]), violations: set(&[]) };
        let breach = Found { sandboxes: 1, hit: set(&["a"]), violations: set(&["a (response): Өө"]) };

        assert!(judge(&set(&["a", "getService"]), &whole).unwrap_err().contains("getService"));
        assert!(judge(&set(&["a"]), &breach).unwrap_err().contains("1 kinds of breach"));
        assert!(judge(&set(&[]), &whole).is_err());
    }

    #[test]
    fn operations_and_findings_are_read_from_every_file_below() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for (name, line) in [
            ("1-0", "{\"kind\":\"hit\",\"operation\":\"a\",\"status\":200}\n{\"kind\":\"hi"),
            ("1-1", "{\"kind\":\"violation\",\"operation\":\"b\",\"direction\":\"request\",\"message\":\"Үгүй\"}\n"),
        ] {
            fs::create_dir(folder.join(name)).unwrap();
            fs::write(folder.join(name).join("contract.jsonl"), line).unwrap();
        }
        let part = r#"{"paths":{"/v1/areas":{"parameters":[],"get":{"operationId":"listAreas"}}}}"#;
        fs::write(folder.join("part.json"), part).unwrap();

        let found = found(folder).unwrap();

        assert_eq!((found.sandboxes, found.hit), (2, set(&["a"])));
        assert_eq!(found.violations, set(&["b (request): Үгүй"]));
        assert_eq!(declared(folder).unwrap(), set(&["listAreas"]));
    }
}
