//! What was done, how it went, how long it took; and the one line that says it all.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

/// How a part went. A failure says why.
pub(crate) type Outcome = Result<String, String>;

#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
    passed: u64,
    failed: u64,
}

struct Line {
    name: String,
    took: Duration,
    outcome: Outcome,
}

impl Report {
    /// Runs one part, with a heading before it, and counts it as one. True when it passed.
    pub(crate) fn part(&mut self, name: &str, run: impl FnOnce() -> Outcome) -> bool {
        self.counted(name, || {
            let outcome = run();
            let passed = outcome.is_ok();
            (outcome, u64::from(passed), u64::from(!passed))
        })
    }

    /// As [`Report::part`], for a part that counts for itself. A failure counts at least once.
    pub(crate) fn counted(&mut self, name: &str, run: impl FnOnce() -> (Outcome, u64, u64)) -> bool {
        println!("\n=== {name}");
        let started = now();
        let (outcome, passed, failed) = run();
        let took = started.elapsed();
        self.passed += passed;
        self.failed += if outcome.is_err() { failed.max(1) } else { failed };
        match &outcome {
            Ok(said) => println!("=== {name}: {said} ({})", seconds(took)),
            Err(why) => println!("=== {name}: FAILED: {why} ({})", seconds(took)),
        }
        let ok = outcome.is_ok();
        self.lines.push(Line { name: name.to_owned(), took, outcome });
        ok
    }

    /// Parts that could not be tried count as failed.
    pub(crate) fn not_run(&mut self, names: &[&str], why: &str) {
        for name in names {
            self.failed += 1;
            let outcome = Err(format!("not run: {why}"));
            self.lines.push(Line { name: (*name).to_owned(), took: Duration::ZERO, outcome });
        }
    }

    /// Prints every part, all that is known of those that failed, then the closing line.
    ///
    /// Who keeps only the end of what was printed still learns why.
    pub(crate) fn close(self) -> ExitCode {
        println!();
        let width = self.lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
        for Line { name, took, outcome } in &self.lines {
            let (mark, said) = match outcome {
                Ok(said) => ("ok    ", said),
                Err(why) => ("FAILED", why),
            };
            println!("{mark}  {name:width$}  {:>8}  {}", seconds(*took), said.lines().next().unwrap_or_default());
        }
        for Line { name, outcome, .. } in &self.lines {
            if let Err(why) = outcome {
                println!("\n=== {name} failed: {why}");
            }
        }
        println!("\n{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 && self.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a part took is the machine's own time")]
fn now() -> Instant {
    Instant::now()
}

fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_failed_part_fails_the_whole_and_one_not_run_does_too() {
        let mut report = Report::default();

        assert!(report.part("a", || Ok("done".into())));
        assert!(!report.part("b", || Err("Өө".into())));
        report.not_run(&["c", "d"], "b failed");

        assert_eq!((report.passed, report.failed), (1, 3));
        assert_eq!(report.close(), ExitCode::FAILURE);
    }

    #[test]
    fn a_failure_without_a_count_of_its_own_counts_once() {
        let mut report = Report::default();

        report.counted("tests", || (Err("did not compile".into()), 0, 0));

        assert_eq!((report.passed, report.failed), (0, 1));
    }

    #[test]
    fn nothing_run_is_no_success() {
        assert_eq!(Report::default().close(), ExitCode::FAILURE);
    }
}
