//! Reads the library as it was built: what the shells compile against is what they will load.
//!
//! A package of its own, so that the generator's features never reach the library. `cargo xtask bindgen` and
//! `cargo xtask api` call it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a terminal program speaks on its outputs")]

#[path = "../../digest.rs"]
mod digest;
mod generate;
mod interface;
mod load;
mod mask;
mod record;

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Parser, Subcommand};

/// What Kotlin and Swift need of the built library.
#[derive(Parser)]
#[command(name = "emongolia-bindgen", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Writes the Kotlin bindings.
    Kotlin(Generate),
    /// Writes the Swift bindings: source, C header and module map.
    Swift(Generate),
    /// Prints the exported interface, sorted, one item a line.
    Api {
        /// The built library, or a static one.
        library: Utf8PathBuf,
    },
}

#[derive(clap::Args)]
struct Generate {
    /// The built library, or a static one.
    library: Utf8PathBuf,
    /// Where the files go; folders are made as needed.
    out_dir: Utf8PathBuf,
    /// For tests only: each call that came back, and each type that crossed, is told to `CallRecorder.record(name)`,
    /// which the tests provide in the bindings' own package or module.
    #[arg(long)]
    record: bool,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Kotlin(Generate { library, out_dir, record }) => generate::kotlin(&library, &out_dir, record),
        Task::Swift(Generate { library, out_dir, record }) => generate::swift(&library, &out_dir, record),
        Task::Api { library } => interface::text(&library).map(|text| print!("{text}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("emongolia-bindgen: {why}");
            ExitCode::FAILURE
        }
    }
}
