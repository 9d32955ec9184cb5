//! The core's sign-in against a provider that the OpenID Foundation has certified: `tests/identity`.
//!
//! Guarantees: the provider and the Node it runs on are what `package-lock.json` names, by their hashes, in a folder of
//! their own in the cache; nothing of a package is run while it is installed; a test that did not run fails.

use std::{
    env::consts::ARCH,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process::{run as run_process, run_reading},
    report::{Outcome, Report},
    tests::Count,
    tools,
    workspace::Workspace,
};

/// Turns on the tests that need the provider.
pub(crate) const FEATURE: &str = "emongolia-identity/provider";

pub(crate) const PARTS: &[&str] = &["identity"];

const FOLDER: &str = "tests/identity/provider";

/// What npm reads.
const NAMED: [&str; 2] = ["package.json", "package-lock.json"];

/// What Node runs.
const PROGRAM: &str = "op.mjs";

/// Tells the tests where the provider is: `tests/identity/src/provider.rs`.
const FOLDER_VARIABLE: &str = "EMONGOLIA_OIDC";

/// Fewer than this have not all been run.
const TESTS: u64 = 12;

pub(crate) fn run(workspace: &Workspace, report: &mut Report) {
    let mut provider = None;
    report.part("identity provider", || {
        provider = Some(provide(workspace)?);
        Ok("as locked".into())
    });
    let Some(provider) = provider else {
        report.not_run(PARTS, "the certified provider is missing");
        return;
    };
    report.counted("identity", || {
        let mut count = Count::default();
        let mut tests = workspace.cargo();
        // With the whole workspace's features, so that nothing is built a second time.
        tests.args(["test", "--workspace", "--locked", "--no-fail-fast", "--test", "provider", "--features", FEATURE]);
        tests.args(workspace.with_test_controls()).env(FOLDER_VARIABLE, provider);
        let succeeded = run_reading(&mut tests, |line| count.line(line));
        let (outcome, passed, failed) = count.judged(succeeded);
        (outcome.and_then(|said| all_ran(said, passed)), passed, failed)
    });
}

fn all_ran(said: String, passed: u64) -> Outcome {
    if passed < TESTS { Err(format!("{said}, and there are {TESTS}")) } else { Ok(said) }
}

/// The folder that has what the lock names; made when it is not there or names something else.
fn provide(workspace: &Workspace) -> Result<PathBuf, String> {
    let source = workspace.root.join(FOLDER);
    let folder = workspace.cache.join("tools").join("oidc");
    let ready = folder.join("installed.txt");
    let mut wanted = String::new();
    for name in NAMED {
        wanted.push_str(&read(&source.join(name))?);
    }
    if !(tools::says(&ready, &wanted) && node(&folder).is_file()) {
        install(&source, &folder)?;
        fs::write(&ready, wanted).map_err(|error| format!("{}: {error}", ready.display()))?;
    }
    copy(&source, &folder, PROGRAM)?;
    Ok(folder)
}

fn install(source: &Path, folder: &Path) -> Outcome {
    println!("the certified provider and its Node are fetched once and kept; this takes half a minute");
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for name in NAMED {
        copy(source, folder, name)?;
    }
    let mut npm = Command::new("npm");
    run_process(npm.current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    // One for another machine is left out, as it should be; npm says nothing when it left out ours.
    let node = node(folder);
    if node.is_file() { Ok("installed".into()) } else { Err(format!("npm brought no {}", node.display())) }
}

fn node(folder: &Path) -> PathBuf {
    let machine = if ARCH == "aarch64" { "arm64" } else { "x64" };
    folder.join(format!("node_modules/node-linux-{machine}/bin/node"))
}

fn copy(source: &Path, folder: &Path, name: &str) -> Result<(), String> {
    fs::copy(source.join(name), folder.join(name)).map(drop).map_err(|error| format!("{name}: {error}"))
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod unit {
    use serde_json::Value;

    use super::*;

    fn source(name: &str) -> String {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FOLDER).join(name)).unwrap()
    }

    #[test]
    fn every_package_is_locked_by_its_hash_and_none_by_where_it_comes_from() {
        let lock: Value = serde_json::from_str(&source("package-lock.json")).unwrap();

        let packages = lock["packages"].as_object().unwrap();
        assert!(packages.len() > 30);
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{name}");
            assert!(package.get("resolved").is_none(), "{name}");
        }
    }

    #[test]
    fn fewer_tests_than_there_are_is_no_success() {
        assert!(all_ran("11 passed".into(), TESTS - 1).is_err());
        assert_eq!(all_ran("12 passed".into(), TESTS), Ok("12 passed".into()));
    }

    #[test]
    fn as_many_tests_are_expected_as_are_written() {
        let tests = include_str!("../../../tests/identity/tests/provider.rs");

        assert_eq!(tests.matches("#[tokio::test").count() as u64, TESTS);
    }
}
