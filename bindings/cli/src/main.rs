//! `emongolia`: the national services app for a terminal.
//!
//! Guarantees: results go to standard output, everything else to standard error; the exit code says what to do; Ctrl-C
//! loses nothing, because whatever was to be sent is on disk before a byte leaves.

mod args;
mod commands;
#[cfg(feature = "test-controls")]
mod controls;
mod errors;
mod output;
mod platform;
mod settings;
mod terminal;
mod texts;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser as _;
use errors::Failure;
use output::Output;
use platform::loopback::Loopback;
use terminal::Terminal;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return not_understood(&error),
    };
    let output = Output::new(&args.global);
    match run(args, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(args: Args, output: Output) -> Result<(), Failure> {
    let Args { global, command } = args;
    if let Command::Completions { shell } = command {
        return commands::completions(shell, &output);
    }
    if let Command::Lab(lab) = command {
        return commands::lab::run(lab, &output);
    }
    // A browser comes back to a port, which core must know of before it opens.
    let loopback = commands::session::needs_loopback(&command).then(Loopback::bind).transpose();
    let loopback = loopback.map_err(|e| Failure::Files { file: "127.0.0.1".into(), kind: e.kind() })?;
    let terminal = Terminal::open(&global, output, loopback.as_ref().map(Loopback::redirect_uri))?;
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let executor = executor.map_err(|e| Failure::Files { file: "executor".into(), kind: e.kind() })?;
    let done = executor.block_on(async {
        let done = tokio::select! {
            biased;
            () = interrupted() => Err(Failure::Interrupted),
            done = commands::run(command, loopback, &terminal) => done,
        };
        let closed = terminal.close().await;
        done.and(closed)
    });
    executor.shutdown_background(); // nothing of ours runs on it any more
    done
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await; // then the system ends us, as it does any program
    }
}

/// Help and version are results; anything else was typed wrong.
fn not_understood(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;

    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let json = std::env::args_os().any(|argument| argument == "--json");
    if asked_for || !json {
        let _ = error.print(); // with nobody to read it, the code still tells
    } else {
        Output::json().failure(&Failure::Usage { detail: error.render().to_string().trim().to_owned() });
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
}
