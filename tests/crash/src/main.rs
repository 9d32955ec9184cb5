//! The campaigns of kills in full; `cargo xtask crash` builds the programs they kill, and runs this.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a terminal program speaks on its outputs")]

use std::{
    process::ExitCode,
    sync::{
        OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use clap::Parser;
use emongolia_core::foundation::clock::{Clock, SystemClock, Timestamp};
use emongolia_crash::{
    Campaign, Plan, Result,
    campaigns::ALL,
    report::{Done, progress, promises, table},
};

/// Between two lines of progress.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// Kills the program at every system call of an act, and looks at what is there afterwards.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    /// Only those whose name begins so: send, errand, correct, refresh, pin, wipe, power, errors, network
    #[arg(long)]
    campaign: Option<String>,
    /// How many kills, cuts or errors of each; more than there are points go round
    #[arg(long, conflicts_with = "all")]
    runs: Option<usize>,
    /// Every point once, and what was promised at least: the default
    #[arg(long)]
    all: bool,
    /// Orders the points; of network: the first schedule, and each further run is the next seed's
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many phones are killed at the same time
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    lanes: usize,
}

fn main() -> ExitCode {
    let Arguments { campaign, runs, all: _, seed, lanes } = Arguments::parse();
    let wanted = |one: &&dyn Campaign| campaign.as_deref().is_none_or(|name| one.name().starts_with(name));
    let chosen: Vec<_> = ALL.into_iter().filter(wanted).collect();
    let done: Result<Vec<_>> = chosen.into_iter().map(|one| whole(one, Plan { runs, seed, lanes })).collect();
    match done {
        Ok(done) => {
            println!("\n{}\n{}", table(&done), promises(&done));
            let holds = !done.is_empty() && done.iter().all(Done::holds);
            println!("{}", if holds { "every promise held, every control broke" } else { "NOT AS PROMISED" });
            if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            eprintln!("emongolia-crash: {why}");
            ExitCode::FAILURE
        }
    }
}

fn whole(campaign: &'static dyn Campaign, plan: Plan) -> Result<Done<'static>> {
    let (begun, told) = (OnceLock::new(), AtomicI64::new(0));
    let tally = campaign.run(false, plan, &|done, of| {
        let now = SystemClock.now();
        let begun = *begun.get_or_init(|| now); // with the first run: what prepares it is not its speed
        let last = Timestamp::from_unix_ms(told.load(Ordering::Relaxed));
        if now.since(last) >= TOLD_EVERY || done == of {
            told.store(now.unix_ms(), Ordering::Relaxed);
            println!("{}", progress(campaign.name(), done, of, now.since(begun)));
        }
    })?;
    let took = begun.get().map(|begun| SystemClock.now().since(*begun)).unwrap_or_default();
    let control = campaign.run(true, Plan { runs: None, ..plan }, &|_, _| ())?;
    Ok(Done { campaign, tally, control, took })
}
