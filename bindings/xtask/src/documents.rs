//! What the decisions list: every dependency, and every one of the decisions themselves.
//!
//! Guarantees: a list that has gone stale fails, in either direction.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{report::Outcome, workspace::Workspace};

const DECISIONS: &str = "core/docs/adr";
const DEPENDENCIES: &str = "0002-dependencies.md";
const INDEX: &str = "README.md";

pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let decisions = workspace.root.join(DECISIONS);
    let manifest = read(&workspace.root.join("Cargo.toml"))?;
    same("dependencies", &dependencies(&manifest), &told(&read(&decisions.join(DEPENDENCIES))?))?;
    let pages = fs::read_dir(&decisions).map_err(|error| error.to_string())?;
    let pages = pages.filter_map(|page| page.ok()?.file_name().into_string().ok()).filter(|page| page != INDEX);
    let index = read(&decisions.join(INDEX))?;
    let rows = index.lines().filter(|line| line.starts_with("- ["));
    let listed = rows.filter_map(|line| Some(line.split_once("](")?.1.split_once(')')?.0.to_owned()));
    same("decisions", &pages.collect(), &listed.collect())?;
    Ok("every dependency and every decision is listed".into())
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// What the workspace states a version of; our own crates have none.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let section = manifest.split_once("[workspace.dependencies]").map_or("", |(_, rest)| rest);
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let others = lines.filter(|line| !line.starts_with('#') && !line.contains("path = "));
    others.filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
}

/// The first column of the tables of crates.
fn told(page: &str) -> BTreeSet<String> {
    let tables = page.split("\n## ").filter(|part| part.contains("| crate | for |"));
    let rows = tables.flat_map(str::lines).filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let crates = rows.flat_map(|(crates, _)| crates.split(", ")).map(str::to_owned);
    crates.filter(|name| name != "crate").collect()
}

fn same(what: &str, there: &BTreeSet<String>, told: &BTreeSet<String>) -> Result<(), String> {
    let (untold, gone) = (there.difference(told), told.difference(there));
    let differ: Vec<&str> = untold.chain(gone).map(String::as_str).collect();
    if differ.is_empty() { Ok(()) } else { Err(format!("{what}, in one of the two lists only: {}", differ.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_dependency_that_nobody_told_of_and_one_that_is_gone_are_named() {
        let manifest = "[workspace.dependencies]\nours = { path = \"core\" }\n# x\nurl = \"2\"\nring = { version = \"1\" }\n\n[lints]\nno = 1";
        let page = "| question | taken |\n| runtime | tokio |\n\n## What ships\n\n| crate | for |\n|---|---|\n| url, zeroize | б |\n";

        assert_eq!(dependencies(manifest), set(&["ring", "url"]));
        assert_eq!(told(page), set(&["url", "zeroize"]));
        let differ = same("dependencies", &dependencies(manifest), &told(page)).unwrap_err();
        assert!(differ.ends_with("ring, zeroize"), "{differ}");
    }
}
