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

/// Of what one failed test printed, so many lines are kept: its beginning, where a panic says why.
const KEPT_LINES: usize = 40;

/// Test programs that report as libtest does, added up.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
    failures: Vec<String>,
    /// What failed tests printed: a line each, headings among them.
    printed: Vec<String>,
    /// How many lines of the failed test in hand are still kept; none outside of one.
    keeping: usize,
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
        } else {
            self.print(line);
        }
    }

    /// What a failed test printed stands between `---- NAME stdout ----` and the next of these, or `failures:`.
    fn print(&mut self, line: &str) {
        if line.starts_with("---- ") && line.ends_with(" stdout ----") {
            self.keeping = KEPT_LINES;
        } else if line == "failures:" {
            self.keeping = 0;
        }
        if self.keeping > 0 && !line.is_empty() {
            self.keeping -= 1;
            self.printed.push(line.to_owned());
        }
    }

    /// How it went, how many passed, how many did not; `succeeded` is what the programs' end says.
    pub(crate) fn judged(self, succeeded: Result<bool, String>) -> (Outcome, u64, u64) {
        let Self { passed, failed, ignored, failures, printed, .. } = self;
        let outcome = match succeeded {
            Err(why) => Err(why),
            Ok(false) => {
                let counted = format!("{passed} passed, {failed} failed: {}", failures.join(", "));
                Err([vec![counted], printed].concat().join("\n"))
            }
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
        assert_eq!(count, Count { passed: 56, failed: 3, ignored: 1, failures, ..Count::default() });
    }

    #[test]
    fn what_a_failed_test_printed_is_told_with_it_and_not_without_end() {
        let mut count = Count::default();

        for line in ["test net::үлдэгдэл ... FAILED", "", "failures:", "", "---- net::үлдэгдэл stdout ----"]
        {
            count.line(line);
        }
        for number in 0..KEPT_LINES * 2 {
            count.line(&format!("{number}: өдөр"));
        }
        for line in ["", "failures:", "    net::үлдэгдэл", "test result: FAILED. 1 passed; 1 failed; 0 ignored"]
        {
            count.line(line);
        }

        let (outcome, ..) = count.judged(Ok(false));
        let why = outcome.unwrap_err();
        let lines: Vec<&str> = why.lines().collect();
        assert_eq!(lines[..3], ["1 passed, 1 failed: net::үлдэгдэл", "---- net::үлдэгдэл stdout ----", "0: өдөр"]);
        assert_eq!(lines.len(), 1 + KEPT_LINES);
    }
}
