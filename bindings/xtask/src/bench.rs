//! Measurements that are written into the tree, to be committed.

use std::{fs, path::Path, process::Command};

use crate::{
    npm::{self, Packages},
    process::{ask, run},
    report::Outcome,
    workspace::Workspace,
};

const PROGRAM: &str = "emongolia-bench";
const SANDBOX: &str = "emongolia-sandbox";

/// Where the measurements are kept, from the workspace's root.
const MEASUREMENTS: &str = "tests/bench/MEASUREMENTS.md";

const UNLOCK: &str = "\
# What unlocking costs

Written by `cargo xtask bench unlock`: the core as the tests build it, where *ring* is optimised as everywhere and our own lines are
not; keys in files that are synced, the device key and the finger in memory; the fastest of 25 that take turns. A try is counted on the
disk before the PIN is looked at. No request is made: the gateway is gone by then, and
`locking_is_not_signing_out_and_unlocking_asks_nobody` holds it. Times are those of one machine; ratios are what is to be watched.
";

const OUTBOX: &str = "\
# What the outbox costs

Written by `cargo xtask bench outbox`: the core as `cargo xtask eval` builds it, `state.db` on the machine's disk. An enqueue lasts from
`submit` called to returned: what was confirmed is read, sealed under its key and on disk; beside it, by turns, 4 KiB appended and one
fdatasync. Queued and sent are a hundred requests that are submitted at once: each is on disk before its `submit` returns, before a byte
of it leaves, and with its receipt, where what waits together shares a sync (ADR 32); then the same with a hundred where each `submit`
is waited for before the next, so that nothing is shared while they are queued. Beside it, by turns, the same in Node (`rival/outbox.mjs`:
better-sqlite3 with `synchronous = FULL`, undici, sealed rows, DPoP), without group commit, which neither package has: there each is
queued, and each receipt kept, in a transaction of its own. It does not say on disk that a byte may leave, so what it sent can't be told
from what waits. Both send over TLS 1.3 to one receiver, which answers in the sandbox's words and does nothing else: to serve a request
costs the sandbox more than to send it costs either, and would be most of what is measured. Each ratio is the median of its pairs; times
are those of one machine.
";

/// *Ring*, SQLite and our own lines are optimised.
const OPTIMISED: &str = "eval";

/// Where the rival is named, and lies.
pub(crate) const RIVAL: &str = "tests/bench/rival";
const RIVAL_PROGRAM: &str = "outbox.mjs";

/// What the app lock costs, beside bare PBKDF2 and one fdatasync.
pub(crate) fn unlock(workspace: &Workspace) -> Outcome {
    build(workspace, &[])?;
    measure(workspace, UNLOCK, Command::new(workspace.target.join("debug").join(PROGRAM)).arg("unlock"))
}

/// What the outbox costs, beside one fdatasync and the same in Node.
pub(crate) fn outbox(workspace: &Workspace) -> Outcome {
    let packages = Packages { source: RIVAL, name: "rival" };
    let folder = packages.provide(workspace, native)?;
    packages.copy(workspace, RIVAL_PROGRAM)?;
    build(workspace, &["--profile", OPTIMISED])?;
    let mut program = Command::new(workspace.target.join(OPTIMISED).join(PROGRAM));
    program.arg("outbox").arg("--node").arg(npm::node(&folder)).arg("--rival").arg(folder.join(RIVAL_PROGRAM));
    measure(workspace, OUTBOX, &mut program)
}

/// Builds better-sqlite3, against the Node that it will run on.
fn native(folder: &Path) -> Outcome {
    let mut gyp = Command::new(npm::node(folder));
    gyp.current_dir(folder.join("node_modules/better-sqlite3")).arg("../node-gyp/bin/node-gyp.js");
    run(gyp.args(["rebuild", "--release", "--nodedir"]).arg(npm::home(folder)))
}

fn build(workspace: &Workspace, profile: &[&str]) -> Outcome {
    let mut build = workspace.cargo();
    build.args(["build", "--workspace", "--locked", "--bin", PROGRAM, "--bin", SANDBOX]).args(profile);
    run(build.args(workspace.with_test_controls()))
}

fn measure(workspace: &Workspace, heading: &str, program: &mut Command) -> Outcome {
    let measured = ask(program)?;
    let today = ask(Command::new("date").args(["--utc", "+%F"]))?;
    let [table, today] = [measured, today].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let file = workspace.root.join(MEASUREMENTS);
    let failed = |error| format!("{MEASUREMENTS}: {error}");
    let page = fs::read_to_string(&file).map_err(failed)?;
    let part = format!("{heading}\nMeasured {}, {table}", today.trim());
    fs::write(&file, with_part(&page, &part)).map_err(failed)?;
    println!("{table}");
    Ok(format!("in {MEASUREMENTS}"))
}

/// The page with the part in the place of the one that is headed as it is, or at its end.
fn with_part(page: &str, part: &str) -> String {
    let title = |part: &str| part.lines().next().map(str::to_owned);
    let mut parts: Vec<String> = Vec::new();
    for line in page.lines() {
        if line.starts_with("# ") || parts.is_empty() {
            parts.push(String::new());
        }
        if let Some(last) = parts.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    match parts.iter_mut().find(|old| title(old) == title(part)) {
        Some(old) => part.clone_into(old),
        None => parts.push(part.to_owned()),
    }
    parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>().join("\n\n") + "\n"
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_part_takes_the_place_of_its_own_and_leaves_the_others() {
        let page = "# Өө\n\nold\n\n# Үү\n\nstays\n";

        assert_eq!(with_part(page, "# Өө\n\nnew\n"), "# Өө\n\nnew\n\n# Үү\n\nstays\n");
        assert_eq!(with_part(page, "# Ёё\n\nnew\n"), format!("{page}\n# Ёё\n\nnew\n"));
        assert_eq!(with_part("", "# Өө\n"), "# Өө\n");
    }
}
