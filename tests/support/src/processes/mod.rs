//! The real programs as processes: where they are, how they start, and that they end.

mod cli;
mod control;
mod kill_points;
mod sandbox;

use std::{
    env::consts::EXE_SUFFIX,
    io::{self, Read, Write},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;

pub use self::{
    cli::Cli,
    control::{ControlledRequest, FaultKind, SandboxControl, SentRequest, ServerFault, Text},
    kill_points::KillPoint,
    sandbox::{SandboxConfig, SandboxProcess, TestCitizen},
};
use crate::{Failure, Result};

/// SIGKILL: signal(7).
const SIGKILL: i32 = 9;

/// How a program ended and what it said.
#[derive(Debug, Clone)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    pub fn success(&self) -> bool {
        self.status.success()
    }

    /// Whether it was killed (also through strace, which ends as its tracee did).
    pub fn killed(&self) -> bool {
        self.status.signal() == Some(SIGKILL) || self.status.code() == Some(128 + SIGKILL)
    }

    /// `error.kind` of the JSON object that `--json` puts on standard error.
    pub fn error_kind(&self) -> Option<String> {
        let error: Value = serde_json::from_str(self.stderr.trim()).ok()?;
        error["error"]["kind"].as_str().map(str::to_owned)
    }

    /// All of standard output as one JSON value.
    pub fn json(&self) -> Result<Value> {
        let said = || format!("{}\n{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).map_err(|error| Failure::json("a program's output", said())(error))
    }
}

/// The built program `emongolia`.
pub fn cli_program() -> Result<PathBuf> {
    built("emongolia", "emongolia-cli")
}

/// The built program `emongolia-sandbox`.
pub fn sandbox_program() -> Result<PathBuf> {
    built("emongolia-sandbox", "emongolia-sandbox")
}

/// Beside the running test or program: `target/<profile>/`, or one above for `target/<profile>/deps/`.
fn built(name: &str, package: &'static str) -> Result<PathBuf> {
    let this = std::env::current_exe().map_err(Failure::file("the running program"))?;
    let mut folder = this.parent().unwrap_or(Path::new(""));
    if folder.ends_with("deps") || folder.ends_with("examples") {
        folder = folder.parent().unwrap_or(folder);
    }
    let path = folder.join(format!("{name}{EXE_SUFFIX}"));
    if path.is_file() { Ok(path) } else { Err(Failure::NotBuilt { path, package }) }
}

/// Runs to the end, or kills after `within`. Both outputs are read while it runs, so that it can't block on them.
fn run(command: &mut Command, input: &[u8], within: Duration) -> Result<Output> {
    let program = name_of(command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let not_started = |source| Failure::NotStarted { program: program.clone(), source };
    let mut child = command.spawn().map_err(not_started)?;
    let (done, finished) = mpsc::channel();
    let outputs = [read_in_thread(child.stdout.take(), done.clone()), read_in_thread(child.stderr.take(), done)];
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(not_started(error)),
            Ok(()) | Err(_) => {} // it ended without reading: its right
        }
    }
    // Ended: both readers are through and have dropped their ends of the channel.
    let late = matches!(finished.recv_timeout(within), Err(mpsc::RecvTimeoutError::Timeout));
    if late {
        child.kill().map_err(not_started)?;
    }
    let status = child.wait().map_err(not_started)?;
    let [stdout, stderr] = outputs.map(|reader| reader.join().unwrap_or_default());
    if late {
        return Err(Failure::NotEnded { program, within, said: format!("{stdout}{stderr}") });
    }
    Ok(Output { status, stdout, stderr })
}

fn read_in_thread(
    from: Option<impl Read + Send + 'static>,
    done: mpsc::Sender<std::convert::Infallible>,
) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.map(|mut from| from.read_to_end(&mut bytes)); // what was read counts
        drop(done);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn name_of(command: &Command) -> String {
    let path = Path::new(command.get_program());
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_gets_its_input_and_is_heard_on_both_outputs() {
        let output = run(&mut shell("cat; echo алдаа >&2; exit 3"), "Өргөө".as_bytes(), SOON).unwrap();

        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("Өргөө", "алдаа\n"));
        assert_eq!(output.status.code(), Some(3));
        assert!(!output.success() && !output.killed());
    }

    #[test]
    fn a_program_that_says_more_than_a_pipe_holds_still_ends() {
        let output = run(&mut shell("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"), b"", SOON).unwrap();

        assert_eq!((output.stdout.len(), output.stderr.len()), (300_000, 300_000));
    }

    #[test]
    fn a_program_that_does_not_end_is_killed_and_what_it_said_is_kept() {
        let error = run(&mut shell("echo эхлэв; exec tail -f /dev/null"), b"", Duration::from_millis(300));

        assert!(matches!(error, Err(Failure::NotEnded { said, .. }) if said == "эхлэв\n"));
    }

    #[test]
    fn a_killed_program_says_so() {
        let output = run(&mut shell("kill -9 $$"), b"", SOON).unwrap();

        assert!(output.killed());
    }

    #[test]
    fn output_that_is_no_json_is_shown() {
        let output = run(&mut shell("echo Үгүй"), b"", SOON).unwrap();

        assert!(output.json().unwrap_err().to_string().contains("Үгүй"));
    }

    #[test]
    fn a_program_that_is_not_built_is_named_with_the_command_that_builds_it() {
        let error = built("emongolia-nothing", "emongolia-cli").unwrap_err().to_string();

        assert!(error.contains("emongolia-nothing") && error.contains("cargo build -p emongolia-cli"), "{error}");
    }
}
