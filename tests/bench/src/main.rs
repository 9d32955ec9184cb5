//! What the core costs, beside what nobody can do without, in one process; `cargo xtask bench` builds this and runs it.
//!
//! Guarantees: what is compared takes turns, so that a busy machine is busy for both; times are told, ratios are to be
//! watched, and nothing is judged.

mod outbox;
mod phone;
mod rival;
mod unlock;

use std::{
    error::Error,
    fs::File,
    io::Write as _,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The app lock: by PIN, by a biometric release, beside the bare stretching and the disk.
    Unlock,
    /// The outbox: a durable enqueue beside one fdatasync, a hundred requests beside the same in Node.
    Outbox {
        #[command(flatten)]
        installed: rival::Installed,
    },
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a terminal program speaks on its outputs")]
fn main() -> ExitCode {
    let Arguments { what } = Arguments::parse();
    let page = match what {
        What::Unlock => unlock::page(),
        What::Outbox { installed } => outbox::page(&installed),
    };
    match page {
        Ok(page) => {
            print!("{page}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("emongolia-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "what a thing costs is the machine's own time")]
fn timed<T>(what: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let begun = Instant::now();
    what()?;
    Ok(begun.elapsed())
}

/// 4 KiB written and one fdatasync.
fn synced(file: &mut File) -> Result<Duration, Box<dyn Error>> {
    timed(|| {
        file.write_all(&[7; 4096])?;
        Ok(file.sync_data()?)
    })
}

/// The one that the machine disturbed least.
fn fastest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

/// The one in the middle.
fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// `2 cores, load 0.31`: how busy it was.
fn machine() -> Result<String, Box<dyn Error>> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{cores} cores, load {load}"))
}
