//! The program `emongolia` on one installation, told of one sandbox.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use emongolia_core::foundation::clock::{Clock as _, SystemClock};
use serde_json::Value;

use super::{KillPoint, Output, SandboxProcess, cli_program, kill_points, name_of, run};
use crate::{Failure, Result, temp::temp_dir};

/// Sabotage by name, in a program built with `test-controls`.
const CONTROL_VARIABLE: &str = "EMONGOLIA_CONTROL";

/// How far its clock is off, in a program built with `test-controls`.
const CLOCK_OFFSET_VARIABLE: &str = "EMONGOLIA_CLOCK_OFFSET_MS";

/// Longer than any one command, with every retry, on a busy machine and under strace.
const COMMAND_LIMIT: Duration = Duration::from_secs(180);

/// Killed when it goes out of sight.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill(); // it may have ended
        let _ended = self.0.wait();
    }
}

/// How to run the program. Holds no process; each `run` is one.
#[derive(Debug, Clone)]
pub struct Cli {
    program: PathBuf,
    data: PathBuf,
    config: PathBuf,
    environment: Vec<(OsString, OsString)>,
    limit: Duration,
}

impl Cli {
    pub fn new(data: impl Into<PathBuf>, sandbox: &SandboxProcess) -> Result<Self> {
        Ok(Self::of(cli_program()?, data.into(), sandbox.config_path().to_owned()))
    }

    fn of(program: PathBuf, data: PathBuf, config: PathBuf) -> Self {
        Self { program, data, config, environment: Vec::new(), limit: COMMAND_LIMIT }
    }

    /// Another configuration than the sandbox's own: behind a fault proxy, or one that lies.
    #[must_use]
    pub fn config(mut self, config: impl Into<PathBuf>) -> Self {
        self.config = config.into();
        self
    }

    /// Sabotage: `key-per-try`, `unsealed`, `keep-on-sign-out`, `no-journal`; several with commas.
    #[must_use]
    pub fn sabotage(self, controls: &str) -> Self {
        self.env(CONTROL_VARIABLE, controls)
    }

    /// With a clock that is off by so much.
    #[must_use]
    pub fn clock_offset_ms(self, ms: i64) -> Self {
        self.env(CLOCK_OFFSET_VARIABLE, ms.to_string())
    }

    /// For every run from now on.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Killed when it takes longer.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Any end is an `Output`; only a program that did not start or end is a failure.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<Output> {
        self.run_with_input(arguments, "")
    }

    /// With `--json`; anything but success and one JSON document is a failure.
    pub fn json<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<Value> {
        let mut all = vec![OsString::from("--json")];
        all.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        let output = self.run(&all)?;
        if output.success() {
            output.json()
        } else {
            Err(Failure::Refused { arguments: all, output: Box::new(output) })
        }
    }

    pub fn run_with_input<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: &str,
    ) -> Result<Output> {
        run(&mut self.command(arguments), input.as_bytes(), self.limit)
    }

    /// The same, killed at the point. `Output::killed` is false when the run never came there.
    pub fn run_under_strace<A: AsRef<OsStr>>(
        &self,
        kill: &KillPoint,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Output> {
        self.run_injecting("signal=KILL", kill, arguments)
    }

    /// The same, with something else at the point: `error=ENOSPC`, `retval=0`, in strace's words.
    pub fn run_injecting<A: AsRef<OsStr>>(
        &self,
        what: &str,
        point: &KillPoint,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Output> {
        run(&mut self.traced(kill_points::injecting(what, point), arguments), b"", self.limit)
    }

    /// Starts it, and kills it without warning once what is awaited has come. `false`: it ended before that.
    pub fn killed_once<A: AsRef<OsStr>, E: From<Failure>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        mut awaited: impl FnMut() -> Result<bool, E>,
    ) -> Result<bool, E> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let program = name_of(&command);
        let not_started = |source| Failure::NotStarted { program: program.clone(), source };
        let mut running = Running(command.spawn().map_err(not_started)?);
        let begun = SystemClock.now();
        while !awaited()? {
            if running.0.try_wait().map_err(not_started)?.is_some() {
                return Ok(false);
            }
            if SystemClock.now().since(begun) > self.limit {
                return Err(Failure::NotEnded { program, within: self.limit, said: String::new() }.into());
            }
        }
        Ok(true)
    }

    /// Runs it once, for good, and says at which points it could have been killed.
    pub fn kill_points<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<(Output, Vec<KillPoint>)> {
        let (output, trace) = self.record(&[] as &[&str], arguments)?;
        Ok((output, kill_points::points(&trace)))
    }

    /// The same, of calls that touch the file.
    pub fn kill_points_on<A: AsRef<OsStr>>(
        &self,
        file: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<(Output, Vec<KillPoint>)> {
        let (output, trace) = self.record(&[OsStr::new("-P"), file.as_os_str()], arguments)?;
        let on_file = |point| KillPoint { on: Some(file.to_owned()), ..point };
        Ok((output, kill_points::points(&trace).into_iter().map(on_file).collect()))
    }

    /// The same, where an answer has come and is not yet kept: the first writes to the file after something was sent.
    pub fn kill_points_of_answers<A: AsRef<OsStr>>(
        &self,
        file: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<(Output, Vec<KillPoint>)> {
        let (output, trace) = self.record(&kill_points::OF_ANSWERS, arguments)?;
        Ok((output, kill_points::points_of_answers(&trace, file)))
    }

    /// Runs it once, for good, and gives strace's record of it, made with these options.
    pub fn record<A: AsRef<OsStr>>(
        &self,
        options: &[impl AsRef<OsStr>],
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<(Output, String)> {
        let folder = temp_dir("strace-")?;
        let trace = folder.path().join("trace");
        let mut strace = kill_points::recording(&trace);
        strace.args(options);
        let output = run(&mut self.traced(strace, arguments), b"", self.limit)?;
        let bytes = fs::read(&trace).map_err(Failure::file(trace))?;
        Ok((output, String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// For a test that starts and ends the process itself.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.program);
        self.tell(&mut command, arguments);
        command
    }

    fn traced<A: AsRef<OsStr>>(&self, mut strace: Command, arguments: impl IntoIterator<Item = A>) -> Command {
        strace.arg(&self.program);
        self.tell(&mut strace, arguments);
        strace
    }

    fn tell<A: AsRef<OsStr>>(&self, command: &mut Command, arguments: impl IntoIterator<Item = A>) {
        command.arg("--data").arg(&self.data).arg("--config").arg(&self.config).args(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_killed_once_what_is_awaited_has_come_and_one_that_ends_before_is_told() {
        let folder = temp_dir("cli-").unwrap();
        let of = |program: PathBuf| Cli::of(program, folder.path().into(), folder.path().into());
        let endless = program(folder.path(), "while :; do sleep 1; done");
        let mut looks = 0;
        let third = || {
            looks += 1;
            Ok::<_, Failure>(looks == 3)
        };

        assert!(of(endless).killed_once(["өргөдөл"], third).unwrap());
        assert!(!of("/bin/true".into()).killed_once(["өргөдөл"], || Ok::<_, Failure>(false)).unwrap());
        assert_eq!(looks, 3);
    }

    /// A program of few system calls that does something durable. `$2` is the data, `$4` the configuration.
    fn copier(folder: &Path) -> Cli {
        let script = folder.join("copy.sh");
        fs::write(
            &script,
            "printf өгөгдөл > \"$2.new\" && mv \"$2.new\" \"$2.done\"\n\
             test \"$5\" = --json || { echo '{\"error\":{\"kind\":\"offline\"}}' >&2; exit 11; }\n\
             echo \"[\\\"$4\\\", \\\"$6\\\", \\\"$TONE\\\"]\"\n",
        )
        .unwrap();
        let program = program(folder, &format!("exec /bin/sh {} \"$@\"", script.display()));
        Cli::of(program, folder.join("state"), folder.join("тохиргоо")).env("TONE", "Ү")
    }

    /// Of the shell, whatever its arguments are.
    fn program(folder: &Path, script: &str) -> PathBuf {
        let program = folder.join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        program
    }

    #[test]
    fn a_run_carries_data_configuration_arguments_and_environment() {
        let folder = temp_dir("cli-").unwrap();

        let said = copier(folder.path()).json(["Өргөө"]).unwrap();

        assert!(said[0].as_str().unwrap().ends_with("тохиргоо"));
        assert_eq!((said[1].as_str(), said[2].as_str()), (Some("Өргөө"), Some("Ү")));
        assert!(folder.path().join("state.done").exists());
    }

    #[test]
    fn a_refusal_is_an_output_of_run_and_a_failure_of_json() {
        let folder = temp_dir("cli-").unwrap();
        let mut cli = copier(folder.path());

        let output = cli.run(["sync"]).unwrap();
        cli.program = "/bin/false".into();
        let failure = cli.json(["sync"]).unwrap_err().to_string();

        assert_eq!((output.status.code(), output.error_kind().as_deref()), (Some(11), Some("offline")));
        assert!(failure.contains("`emongolia --json sync` ended"), "{failure}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_kill_point_kills_there_and_a_point_never_reached_does_not() {
        let folder = temp_dir("cli-").unwrap();
        let cli = copier(folder.path());
        let done = folder.path().join("state.done");
        let (whole, points) = cli.kill_points(["--json"]).unwrap();
        assert!(whole.success(), "{whole:?}");
        let rename = points.iter().find(|point| point.syscall.starts_with("rename")).unwrap();
        fs::remove_file(&done).unwrap();

        cli.run_under_strace(rename, ["--json"]).unwrap();
        let done_after_kill = done.exists();
        let never = KillPoint { syscall: rename.syscall.clone(), nth: 1000, on: None };
        let survived = cli.run_under_strace(&never, ["--json"]).unwrap();

        assert!(!done_after_kill, "the rename was killed before it took effect");
        assert!(survived.success() && done.exists());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn killing_the_program_itself_shows() {
        let folder = temp_dir("cli-").unwrap();
        let cli = copier(folder.path());

        let output =
            cli.run_under_strace(&KillPoint { syscall: "write".into(), nth: 1, on: None }, ["--json"]).unwrap();

        assert!(output.killed(), "{output:?}");
    }
}
