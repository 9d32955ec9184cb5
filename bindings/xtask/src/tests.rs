//! Every test of the workspace, counted one by one.

use crate::{
    process::{run as run_process, run_reading},
    report::{Outcome, Report},
    workspace::Workspace,
};

/// Given to every process of the tests; `tests/support` leaves the sandboxes' contracts there.
pub(crate) const CONTRACT_VARIABLE: &str = "EMONGOLIA_CONTRACT_DIR";

/// The programs that journeys start, and the tests, in one build: what is tested is what was built.
pub(crate) fn build(workspace: &Workspace) -> Outcome {
    let mut build = workspace.cargo();
    build.args(["build", "--workspace", "--bins", "--tests", "--locked"]).args(workspace.with_test_controls());
    run_process(&mut build)
}

pub(crate) fn run(workspace: &Workspace, report: &mut Report) {
    report.counted("tests", || {
        let mut count = Count::default();
        let mut tests = workspace.cargo();
        tests.args(["test", "--workspace", "--locked", "--no-fail-fast"]).args(workspace.with_test_controls());
        tests.env(CONTRACT_VARIABLE, workspace.contracts());
        let succeeded = run_reading(&mut tests, |line| count.line(line));
        count.judged(succeeded)
    });
}

/// Test programs that report as libtest does, added up.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
    failures: Vec<String>,
}

impl Count {
    /// `test result: ok. 57 passed; 0 failed; 0 ignored; …` of libtest, and `test NAME ... FAILED`.
    pub(crate) fn line(&mut self, line: &str) {
        if let Some(summary) = line.strip_prefix("test result: ") {
            let number = |what: &str| {
                let words: Vec<&str> = summary.split([' ', ';']).collect();
                words.windows(2).find(|pair| pair[1] == what).and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
            };
            self.passed += number("passed");
            self.failed += number("failed");
            self.ignored += number("ignored");
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.failures.push(name.to_owned());
        }
    }

    /// How it went, how many passed, how many did not; `succeeded` is what the programs' end says.
    pub(crate) fn judged(self, succeeded: Result<bool, String>) -> (Outcome, u64, u64) {
        let Self { passed, failed, ignored, failures } = self;
        let outcome = match succeeded {
            Err(why) => Err(why),
            Ok(false) => Err(format!("{passed} passed, {failed} failed: {}", failures.join(", "))),
            Ok(true) if passed == 0 => Err("not one test ran".into()),
            Ok(true) if ignored > 0 => Err(format!("{ignored} tests are ignored: a skipped test is a failed one")),
            Ok(true) => Ok(format!("{passed} passed")),
        };
        (outcome, passed, failed + ignored)
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn results_of_several_programs_add_up() {
        let mut count = Count::default();

        for line in [
            "test country::reads_Ө ... ok",
            "test net::үлдэгдэл ... FAILED",
            "test result: FAILED. 54 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.28s",
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            count.line(line);
        }

        let failures = vec!["net::үлдэгдэл".to_owned()];
        assert_eq!(count, Count { passed: 56, failed: 3, ignored: 1, failures });
    }
}
