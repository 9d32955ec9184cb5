//! The campaigns of kills, in full. Their short form is among the tests of the workspace.

use std::{path::Path, process::Command};

use crate::{
    process::run as run_process,
    report::{Outcome, Report},
    workspace::Workspace,
};

const PROGRAM: &str = "emongolia-crash";

/// What it kills, and the other side.
const PROGRAMS: [&str; 3] = [PROGRAM, "emongolia", "emongolia-sandbox"];

/// A killed process loses nothing that the kernel was given: a disk would only be slower.
const IN_MEMORY: &str = "/dev/shm";

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct How {
    /// Only those whose name begins so: send, errand, correct, refresh, pin, wipe, power, errors, network.
    #[arg(long)]
    campaign: Option<String>,
    /// How many kills, cuts or errors of each; more than there are points go round. [default: every point once]
    #[arg(long, conflicts_with = "all")]
    runs: Option<usize>,
    /// Every point once, and as many as are promised: the default.
    #[arg(long)]
    all: bool,
    /// Orders the points; of network: the first schedule, and each further run is the next seed's.
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) fn parts(workspace: &Workspace, how: &How, report: &mut Report) {
    if report.part("build", || build(workspace)) {
        report.part("crash", || crash(workspace, how));
    } else {
        report.not_run(&["crash"], "it does not build");
    }
}

/// With the features of the whole workspace, so that `test` need not build it anew.
fn build(workspace: &Workspace) -> Outcome {
    let mut build = workspace.cargo();
    build.args(["build", "--workspace", "--locked"]).args(PROGRAMS.iter().flat_map(|name| ["--bin", name]));
    run_process(build.args(workspace.with_test_controls()))
}

fn crash(workspace: &Workspace, How { campaign, runs, all, seed }: &How) -> Outcome {
    let mut crash = Command::new(workspace.target.join("debug").join(PROGRAM));
    if Path::new(IN_MEMORY).is_dir() {
        crash.env("TMPDIR", IN_MEMORY);
    }
    crash.args(all.then_some("--all"));
    for (name, value) in
        [("campaign", campaign.clone()), ("runs", runs.map(|n| n.to_string())), ("seed", seed.map(|n| n.to_string()))]
    {
        crash.args(value.map(|value| format!("--{name}={value}")));
    }
    run_process(&mut crash)
}
