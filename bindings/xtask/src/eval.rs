//! What the offline search is worth: dictionary pairs, queries, speech, speed, and the floors under the first three.
//!
//! Guarantees: SQLite has the full text here that the phone's has not, and nowhere else: the profile has its own folder.

use std::path::Path;

use crate::{
    process::{run as run_process, run_reading},
    report::{Outcome, Report},
    tests::Count,
    tools,
    workspace::Workspace,
};

/// As its package puts it. Its licence keeps it out of this tree.
const DICTIONARY: &str = "/usr/share/hunspell/mn_MN.dic";
const DICTIONARY_PACKAGE: &str = "hunspell-mn";

const PACKAGE: &str = "emongolia-eval";
const PROFILE: &str = "eval";

/// Stands in the way of the flags of .cargo/config.toml, which take full text out of SQLite.
const SQLITE_FLAGS: (&str, &str) = ("LIBSQLITE3_FLAGS", "-DSQLITE_ENABLE_FTS5");

pub(crate) const PARTS: &[&str] = &["dictionary", "eval build", "eval"];

#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct How {
    /// Leaves out what only informs, such as a hundred thousand services.
    #[arg(long)]
    short: bool,
    /// Moves the floors in tests/eval/floors.tsv up to what was measured.
    #[arg(long)]
    record: bool,
}

impl How {
    pub(crate) const SHORT: Self = Self { short: true, record: false };
}

pub(crate) fn parts(workspace: &Workspace, how: How, report: &mut Report) {
    if !report.part("dictionary", dictionary) {
        report.not_run(&PARTS[1..], "there is no dictionary");
        return;
    }
    if !report.part("eval build", || build(workspace)) {
        report.not_run(&PARTS[2..], "it does not build");
        return;
    }
    report.counted("eval", || {
        let mut count = Count::default();
        let mut eval = std::process::Command::new(workspace.target.join(PROFILE).join(PACKAGE));
        eval.arg("run").args(how.short.then_some("--short")).args(how.record.then_some("--record"));
        let succeeded = run_reading(&mut eval, |line| count.line(line));
        count.judged(succeeded)
    });
}

fn dictionary() -> Outcome {
    let here = || Path::new(DICTIONARY).is_file();
    if !here() {
        tools::install(&[DICTIONARY_PACKAGE])?;
    }
    if here() { Ok("here".into()) } else { Err(format!("{DICTIONARY} is missing: install {DICTIONARY_PACKAGE}")) }
}

fn build(workspace: &Workspace) -> Outcome {
    let (flags, full_text) = SQLITE_FLAGS;
    let mut build = workspace.cargo();
    build.args(["build", "--package", PACKAGE, "--profile", PROFILE, "--locked"]);
    run_process(build.env(flags, full_text))
}
