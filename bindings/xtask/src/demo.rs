//! `cargo demo`, and each of its promises broken on purpose.
//!
//! What is asked of it: `--list` prints the steps that can be broken, one a line; `--break STEP` ends with a failure
//! and a line `failed at STEP`.

use crate::{
    process::{ask, run, run_reading},
    report::{Outcome, Report},
    tests::CONTRACT_VARIABLE,
    workspace::Workspace,
};

pub(crate) fn parts(workspace: &Workspace, report: &mut Report) {
    // Only the whole demo counts for the contract: a sabotaged one may break it on purpose.
    report.part("demo", || run(demo(workspace, &[]).env(CONTRACT_VARIABLE, workspace.contracts())));
    let mut steps = Vec::new();
    report.part("demo steps", || {
        steps = list(&ask(&mut demo(workspace, &["--list"]))?)?;
        Ok(format!("{} can be broken", steps.len()))
    });
    for step in &steps {
        report.part(&format!("demo --break {step}"), || must_fail_at(workspace, step));
    }
}

fn demo(workspace: &Workspace, arguments: &[&str]) -> std::process::Command {
    let mut demo = workspace.cargo();
    demo.arg("demo").args(arguments).env_remove(CONTRACT_VARIABLE);
    demo
}

fn list(said: &[u8]) -> Result<Vec<String>, String> {
    let said = std::str::from_utf8(said).map_err(|error| format!("the list of steps: {error}"))?;
    let steps: Vec<String> = said.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if steps.is_empty() { Err("the demo names no step that can be broken".into()) } else { Ok(steps) }
}

/// A broken promise that nobody notices is the worst result; one noticed at another step is no better.
fn must_fail_at(workspace: &Workspace, step: &str) -> Outcome {
    let mut failed_at = Vec::new();
    let mut broken = demo(workspace, &["--break", step]);
    let succeeded = run_reading(&mut broken, |line| failed_at.extend(named(line).map(str::to_owned)))?;
    judge(step, succeeded, &failed_at)
}

fn named(line: &str) -> Option<&str> {
    line.trim().strip_prefix("failed at ").map(str::trim)
}

fn judge(step: &str, succeeded: bool, failed_at: &[String]) -> Outcome {
    match failed_at {
        _ if succeeded => Err(format!("{step} was sabotaged and the demo passed")),
        [at] if at == step => Ok("failed exactly there".into()),
        [] => Err("it failed without saying where".into()),
        at => Err(format!("it failed at {}", at.join(", "))),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn only_a_failure_exactly_there_is_right() {
        let at = |steps: &[&str]| steps.iter().map(ToString::to_string).collect::<Vec<_>>();

        assert!(judge("submit", false, &at(&["submit"])).is_ok());
        assert!(judge("submit", true, &at(&[])).is_err());
        assert!(judge("submit", true, &at(&["submit"])).is_err());
        assert!(judge("submit", false, &at(&["search"])).is_err());
        assert!(judge("submit", false, &at(&["submit", "inbox"])).is_err());
        assert!(judge("submit", false, &at(&[])).is_err());
    }

    #[test]
    fn a_demo_that_can_break_nothing_is_refused() {
        assert!(list(b"\n").is_err());
        assert_eq!(list("sync\nsign-in\n".as_bytes()).unwrap(), ["sync", "sign-in"]);
        assert_eq!(named("  failed at sign-in"), Some("sign-in"));
    }
}
