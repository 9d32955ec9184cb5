//! The core's sign-in against a provider that the OpenID Foundation has certified: `tests/identity`.
//!
//! Guarantees: the provider and the Node it runs on are what `package-lock.json` names, by their hashes, in a folder of
//! their own in the cache; nothing of a package is run while it is installed; a test that did not run fails.

use crate::{
    npm::Packages,
    process::run_reading,
    report::{Outcome, Report},
    tests::Count,
    workspace::Workspace,
};

/// Turns on the tests that need the provider.
pub(crate) const FEATURE: &str = "emongolia-identity/provider";

pub(crate) const PARTS: &[&str] = &["identity"];

pub(crate) const FOLDER: &str = "tests/identity/provider";

/// What Node runs.
const PROGRAM: &str = "op.mjs";

/// Tells the tests where the provider is: `tests/identity/src/provider.rs`.
const FOLDER_VARIABLE: &str = "EMONGOLIA_OIDC";

/// Fewer than this have not all been run.
const TESTS: u64 = 12;

pub(crate) fn run(workspace: &Workspace, report: &mut Report) {
    let mut provider = None;
    report.part("identity provider", || {
        let packages = Packages { source: FOLDER, name: "oidc" };
        let folder = packages.provide(workspace, |_| Ok("nothing is built".into()))?;
        packages.copy(workspace, PROGRAM)?;
        provider = Some(folder);
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

#[cfg(test)]
mod unit {
    use super::*;

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
