//! Measurements that are written into the tree, to be committed.

use std::{fs, process::Command};

use crate::{
    process::{ask, run},
    report::Outcome,
    workspace::Workspace,
};

const PROGRAM: &str = "emongolia-bench";
const SANDBOX: &str = "emongolia-sandbox";

/// Where the measurements are kept, from the workspace's root.
const MEASUREMENTS: &str = "tests/bench/MEASUREMENTS.md";

const HEADING: &str = "\
# What unlocking costs

Written by `cargo xtask bench unlock`: the core as the tests build it, where *ring* is optimised as everywhere and our own lines are
not; keys in files that are synced, the device key and the finger in memory; the fastest of 25 that take turns. A try is counted on the
disk before the PIN is looked at. No request is made: the gateway is gone by then, and
`locking_is_not_signing_out_and_unlocking_asks_nobody` holds it. Times are those of one machine; ratios are what is to be watched.
";

/// What the app lock costs, beside bare PBKDF2 and one fdatasync.
pub(crate) fn unlock(workspace: &Workspace) -> Outcome {
    let mut build = workspace.cargo();
    build.args(["build", "--workspace", "--locked", "--bin", PROGRAM, "--bin", SANDBOX]);
    run(build.args(workspace.with_test_controls()))?;
    let measured = ask(Command::new(workspace.target.join("debug").join(PROGRAM)).arg("unlock"))?;
    let today = ask(Command::new("date").args(["--utc", "+%F"]))?;
    let [table, today] = [measured, today].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let page = format!("{HEADING}\nMeasured {}, {table}", today.trim());
    fs::write(workspace.root.join(MEASUREMENTS), page).map_err(|error| format!("{MEASUREMENTS}: {error}"))?;
    println!("{table}");
    Ok(format!("in {MEASUREMENTS}"))
}
