//! Starting other programs, with their output on ours as it comes.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::report::Outcome;

/// The cargo that started us, in the workspace.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_about_this_program)) {
        cargo.env_remove(name);
    }
    cargo
}

/// What `cargo run` tells the program it starts about itself. To another cargo these look like a change: ring's build
/// script asks for some of them, so it, and all that stands on it, would be built anew.
fn is_about_this_program(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.starts_with(start))
}

/// Runs to the end; its output is ours.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = shown(command);
    println!("$ {shown}");
    let status = command.status().map_err(|error| format!("`{shown}` could not be started: {error}"))?;
    if status.success() { Ok("clean".into()) } else { Err(format!("`{shown}`: {status}")) }
}

/// Runs to the end and shows and hands on each line of its standard output. True when it succeeded.
pub(crate) fn run_reading(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool, String> {
    let shown = shown(command);
    println!("$ {shown}");
    let failed = |error: std::io::Error| format!("`{shown}` could not be run: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.map_err(failed)?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            each(&line);
        }
    }
    Ok(child.wait().map_err(failed)?.success())
}

/// Runs to the end; its standard output is the answer, its standard error is shown.
pub(crate) fn ask(command: &mut Command) -> Result<Vec<u8>, String> {
    let shown = shown(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{shown}` could not be started: {error}"))?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("`{shown}`: {}", output.status)) }
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let mut words = vec![program.to_string_lossy()];
    words.extend(command.get_args().map(|word| word.to_string_lossy()));
    words.join(" ")
}

#[cfg(test)]
mod unit {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_cargo_says_about_this_program_is_not_handed_on() {
        let cargo = cargo(Path::new("."));

        let removed = |wanted: &str| cargo.get_envs().any(|(name, value)| name == wanted && value.is_none());
        assert!(removed("CARGO_PKG_NAME") && removed("CARGO_MANIFEST_DIR")); // set by `cargo test`
        assert!(!is_about_this_program("CARGO_HOME") && !is_about_this_program("CARGO_TARGET_DIR"));
    }

    #[test]
    fn each_line_is_handed_on_and_the_end_is_told() {
        let mut lines = Vec::new();

        let succeeded = run_reading(&mut shell("echo Өдөр; echo Үе; exit 1"), |line| lines.push(line.to_owned()));

        assert_eq!(succeeded, Ok(false));
        assert_eq!(lines, ["Өдөр", "Үе"]);
    }

    #[test]
    fn a_program_that_fails_is_named() {
        let why = run(&mut shell("exit 7")).unwrap_err();

        assert!(why.contains("sh -c exit 7") && why.contains('7'), "{why}");
    }

    #[test]
    fn a_program_that_is_not_there_is_no_success() {
        assert!(run(&mut Command::new("emongolia-no-such-program")).is_err());
        assert!(ask(&mut Command::new("emongolia-no-such-program")).is_err());
    }
}
