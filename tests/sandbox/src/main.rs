//! The sandbox as a process; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    emongolia_sandbox::program::main(std::env::args_os())
}
