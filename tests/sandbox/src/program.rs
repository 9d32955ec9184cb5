//! The sandbox as a program: one line of JSON on standard output when it is ready.
//!
//! Guarantees: nothing it acknowledged is lost, however it ends.

use std::{ffi::OsString, io::Read as _, path::PathBuf, process::ExitCode};

use clap::Parser;
use serde::Serialize;

use crate::{
    server::{self, Options, StartError},
    state::complain,
};

/// Everything on the other side of the phone, on one machine: the gateway's authorisation server, ДАН, the gateway,
/// the registers of invented citizens, and a stand-in for push.
///
/// It serves TLS 1.3 on a loopback port with a certificate of its own, keeps all it has in the data folder, and
/// writes there, as sandbox.json, whatever a client needs to know. It may be killed at any time and started again.
#[derive(Parser)]
#[command(name = "emongolia-sandbox", version)]
struct Arguments {
    /// The data folder; made when it is not there.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Port of the origin [default: the folder's own, at first a free one]
    #[arg(long)]
    port: Option<u16>,
    /// What clients call it by, where something stands before it [default: https://localhost:PORT]
    #[arg(long)]
    origin: Option<String>,
    /// Port of the control [default: the folder's own, at first a free one]
    #[arg(long)]
    control_port: Option<u16>,
    /// Port of the clerk's desk [default: the folder's own, at first a free one]
    #[arg(long)]
    desk_port: Option<u16>,
    /// Begin an empty folder with so many invented requests, so that the desk has work
    #[arg(long, value_name = "N", default_value_t = 0)]
    samples: u32,
    /// Exchange refresh tokens at each use; using an old one again ends the session.
    #[arg(long)]
    rotate_refresh_tokens: bool,
    /// End when standard input does, so that the sandbox never outlives whoever started it.
    #[arg(long)]
    until_stdin_closes: bool,
}

/// The program, with its name as the first argument. For `main`, and for a test program that plays the sandbox too.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match run(Arguments::parse_from(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("the runtime can't be made: {0}")]
    Runtime(std::io::Error),
    #[error(transparent)]
    Start(#[from] StartError),
}

fn run(arguments: Arguments) -> Result<(), RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(RunError::Runtime)?;
    let options = Options {
        folder: arguments.data,
        port: arguments.port,
        origin: arguments.origin,
        control_port: arguments.control_port,
        desk_port: arguments.desk_port,
        samples: arguments.samples,
        rotate_refresh_tokens: arguments.rotate_refresh_tokens,
    };
    let running = runtime.block_on(server::start(options))?;
    announce(&running.config_path);
    if arguments.until_stdin_closes {
        wait_for_end_of_input();
    } else {
        runtime.block_on(std::future::pending::<()>());
    }
    drop(running);
    runtime.shutdown_background(); // long polls need not be waited for
    Ok(())
}

#[derive(Serialize)]
struct Ready<'a> {
    ready: bool,
    config: &'a std::path::Path,
}

#[allow(clippy::print_stdout)] // the one line whoever started the process waits for
fn announce(config: &std::path::Path) {
    if let Ok(line) = serde_json::to_string(&Ready { ready: true, config }) {
        println!("{line}");
    }
}

fn wait_for_end_of_input() {
    let mut buffer = [0; 1024];
    let mut input = std::io::stdin().lock();
    while matches!(input.read(&mut buffer), Ok(1..)) {}
}
