//! What indices hold in memory: counted by one program, asked for by the other.
//!
//! Guarantees: nothing is counted while anything is timed; `name<TAB>bytes`, an engine a line; of ours also the index alone,
//! without the lexicon, which all indices share.

use std::{collections::HashMap, env, error::Error, path::Path, process::Command};

use crate::{
    SERVICES, ours,
    rivals::LinearScan,
    run::SEED,
    services::{self, Finds},
    speed::{LINEAR_SCAN, OURS},
};

/// Ours without the lexicon.
pub(crate) const INDEX: &str = "index alone";

const PROGRAM: &str = "emongolia-eval-held";

/// Bytes by the engine's name.
pub(crate) type Held = HashMap<String, u64>;

/// What the engines that are made of Rust's heap hold over so many services.
pub(crate) fn over(services: usize) -> Result<Held, Box<dyn Error>> {
    let program = env::current_exe()?.with_file_name(PROGRAM);
    let told = Command::new(&program).arg(services.to_string()).output();
    let told = told.map_err(|why| format!("{}: {why}", program.display()))?;
    if !told.status.success() {
        return Err(format!("{PROGRAM}: {}", String::from_utf8_lossy(&told.stderr)).into());
    }
    let lines = String::from_utf8(told.stdout)?;
    let held = lines.lines().filter_map(|line| line.split_once('\t'));
    held.map(|(name, bytes)| Ok((name.to_owned(), bytes.parse()?))).collect()
}

/// Builds each and tells what that took; `in_use` are the bytes given out and not given back.
pub(crate) fn tell(in_use: impl Fn() -> usize) -> Result<(), Box<dyn Error>> {
    let count = env::args().nth(1).ok_or("over how many services?")?.parse()?;
    let services = services::filled(&services::open(Path::new(SERVICES))?, count, SEED);
    let held = |build: &dyn Fn() -> Option<Box<dyn Finds>>| {
        let before = in_use();
        let engine = build();
        engine.map(|_engine| in_use().saturating_sub(before))
    };
    let before = in_use();
    drop(ours::searcher(&[])); // the lexicon comes with the first and stays
    let lexicon = in_use().saturating_sub(before);
    let index = held(&|| ours::searcher(&services)).unwrap_or_default();
    let scan = held(&|| Some(Box::new(LinearScan::build(&services)))).unwrap_or_default();
    for (name, bytes) in [(OURS, lexicon + index), (INDEX, index), (LINEAR_SCAN, scan)] {
        println!("{name}\t{bytes}");
    }
    Ok(())
}
