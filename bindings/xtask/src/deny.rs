//! Bans, licences and sources, by cargo-deny after `.deny.toml`.
//!
//! Advisories are not among them: their database is a git repository outside the package registries, and a check
//! that can't run everywhere would either fail without a fault or pass without a look.

use std::path::PathBuf;

use crate::{
    process::{ask, run},
    report::Outcome,
    workspace::Workspace,
};

/// The version that `.deny.toml` is written for.
const VERSION: &str = "0.20.2";

pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let program = provide(workspace)?;
    let mut deny = std::process::Command::new(program);
    deny.current_dir(&workspace.root);
    deny.args(["--locked", "--config", ".deny.toml", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
    run(&mut deny)
}

/// Built once, some minutes, and kept in the cache.
fn provide(workspace: &Workspace) -> Result<PathBuf, String> {
    let folder = workspace.cache.join("tools").join(format!("cargo-deny-{VERSION}"));
    let program = folder.join("bin").join("cargo-deny");
    if ask(std::process::Command::new(&program).arg("--version")).is_ok() {
        return Ok(program);
    }
    println!("cargo-deny {VERSION} is built once and kept; this takes some minutes");
    let target = workspace.cache.join("tools").join("build");
    run(workspace
        .cargo()
        .args(["install", "--locked", "cargo-deny", "--version", VERSION, "--root"])
        .arg(&folder)
        .arg("--target-dir")
        .arg(&target))?;
    // Hundreds of megabytes that nobody needs again. Left behind, they harm nothing.
    let _ = std::fs::remove_dir_all(target);
    Ok(program)
}
