//! The program: `cargo xtask eval` builds and runs it.

use std::process::ExitCode;

fn main() -> ExitCode {
    emongolia_eval::run()
}
