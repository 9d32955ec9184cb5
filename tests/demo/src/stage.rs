//! What the story is played on: a sandbox process, a phone's data folder, one invented citizen, and who looks on.
//!
//! Guarantees: whatever is started ends with the stage; nothing is left on disk unless asked.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    future::Future,
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use emongolia_support::{
    Failure,
    portal::PortalBrowser,
    processes::{Cli, Output, SandboxControl, SandboxProcess, ServerFault, TestCitizen, cli_program},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    checks::{Citizen, Tables},
    console::{Console, as_typed},
    device::Device,
    seeds::Seeds,
    step::{End, Stop, Told, walk},
    story::Errand,
};

/// Invented; Ө and Ү in the name as in the number.
const CITIZEN: &str = "ЧҮ03311428";

/// How long the phone listens for a push. The clerk needs a second; a slow machine a few.
pub(crate) const LISTEN: Duration = Duration::from_secs(20);

/// Opens a run of the program where a PIN is set.
const PIN_VARIABLE: &str = "EMONGOLIA_PIN";

/// How often the sandbox's tables are looked at while something is awaited in them.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What earlier steps learnt and later ones need.
#[derive(Default)]
pub(crate) struct Learnt {
    pub(crate) draft: String,
    pub(crate) confirmation: String,
    /// Of what the citizen was shown before it was sent.
    pub(crate) digest: String,
    /// What the program answered on the way.
    pub(crate) seen: Value,
    /// Keys as `state.db` holds them while the network is down.
    pub(crate) keys_waiting: Vec<String>,
    pub(crate) said: String,
    pub(crate) listened: Duration,
    pub(crate) exit: Option<i32>,
    /// Commands that did not say how old their answer is.
    pub(crate) ageless: Vec<String>,
    /// Files and their hashes before the sign-out.
    pub(crate) files_before: BTreeMap<String, Vec<u8>>,
    /// One that shows the portal's page.
    pub(crate) browser: Option<PortalBrowser>,
    /// Whatever the gateway was asked so far, before something that should ask nothing.
    pub(crate) exchanges: u64,
    /// What had arrived of a file when it was cut off: where each piece begins, and its bytes.
    pub(crate) pieces: Vec<(i64, i64)>,
    /// The citizen's sessions in the sandbox, open or not, before the sign-out.
    pub(crate) sessions: i64,
}

pub(crate) struct Stage {
    pub(crate) console: Console,
    pub(crate) seeds: Seeds,
    pub(crate) sandbox: SandboxProcess,
    pub(crate) device: Device,
    pub(crate) citizen: Citizen,
    pub(crate) code: String,
    pub(crate) errand: &'static Errand,
    pub(crate) learnt: Learnt,
    cli: Cli,
    sabotage: Option<&'static str>,
    /// What the citizen types at each start of the program.
    pin: Option<&'static str>,
    /// How far the phone's clock is ahead of this machine's, as the sandbox's is.
    ahead: Duration,
    lang: &'static str,
    listening: Option<Listening>,
    runtime: Runtime,
    folder: TempDir,
}

struct Listening {
    ended: mpsc::Receiver<(Result<Output, Failure>, Duration)>,
    thread: thread::JoinHandle<()>,
}

impl Stage {
    /// A sandbox on data of its own, a phone out of the box.
    pub(crate) fn set(console: Console, errand: &'static Errand, lang: &'static str) -> Told<Self> {
        let folder = tempfile::Builder::new().prefix("emongolia-demo-").tempdir();
        let folder = folder.map_err(Stop::io("a folder for the demo"))?;
        let sandbox = SandboxProcess::start(folder.path().join("sandbox"))?;
        let of_story = |citizen: &&TestCitizen| citizen.regnum == CITIZEN;
        let code = sandbox.config().citizens.iter().find(of_story).map(|citizen| citizen.code.clone());
        let code = code.ok_or_else(|| Stop::Seeds(format!("no test citizen {CITIZEN}")))?;
        let citizen = Tables::new(sandbox.db()?).citizen(CITIZEN)?;
        let device = Device::new(folder.path().join("phone"));
        let cli = Cli::new(device.root(), &sandbox)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            console,
            seeds: Seeds::read()?,
            sandbox,
            device,
            citizen,
            code,
            errand,
            learnt: Learnt::default(),
            cli,
            sabotage: None,
            pin: None,
            ahead: Duration::ZERO,
            lang,
            listening: None,
            runtime: runtime.map_err(Stop::io("a runtime"))?,
            folder,
        })
    }

    pub(crate) fn play(&mut self, sabotaged: Option<&str>) -> End {
        let (console, steps) = (self.console, self.errand.steps());
        walk(&steps, self, sabotaged, &console)
    }

    /// How to type the same by hand.
    pub(crate) fn alias(&self) -> Told<String> {
        let program = cli_program()?;
        let (data, config) = (self.device.root(), self.sandbox.config_path());
        let words = [&program, Path::new("--data"), data, Path::new("--config"), config].map(Path::to_string_lossy);
        Ok(as_typed(&[&words.each_ref().map(|word| word.as_ref())[..], &["--lang", self.lang]].concat()))
    }

    /// Runs a command as a person would and shows what it says, however it ends.
    pub(crate) fn say(&self, words: &[&str]) -> Told<Output> {
        self.say_with(&self.program(None), words)
    }

    /// As [`Stage::say`]; the phone's battery is pulled at the moment at which a PIN is looked at.
    pub(crate) fn say_dying_at_look(&self, words: &[&str]) -> Told<Output> {
        self.say_with(&self.program(Some("die-at-look")), words)
    }

    fn say_with(&self, program: &Cli, words: &[&str]) -> Told<Output> {
        self.console.command(words);
        let output = program.run([&["--lang", self.lang], words].concat())?;
        self.show(&output);
        Ok(output)
    }

    /// As [`Stage::say`]; that it succeeds is part of the promise.
    pub(crate) fn do_(&self, words: &[&str]) -> Told<Output> {
        let output = self.say(words)?;
        if output.success() { Ok(output) } else { Err(refused(words, &output)) }
    }

    /// As [`Stage::do_`], for what says the same over and over.
    pub(crate) fn do_in_silence(&self, words: &[&str]) -> Told {
        self.console.command(words);
        self.ask(words).map(drop)
    }

    /// Runs a command, and kills the program without warning once the sandbox's tables show what is awaited.
    pub(crate) fn kill_once(&self, words: &[&str], awaited: impl Fn(&Tables) -> Told<bool>) -> Told {
        self.console.command(words);
        let tables = self.tables()?;
        let command = [&["--lang", self.lang], words].concat();
        if !self.program(None).killed_once(command, || awaited(&tables))? {
            return Err(Stop::promise("the program tries until it is killed", "it ended"));
        }
        self.console.event("the phone: kill -9");
        Ok(())
    }

    /// Time goes by, in the sandbox and on the phone.
    pub(crate) fn pass(&mut self, time: Duration) -> Told {
        self.ahead += time;
        self.control(async |control| control.advance_clock(time).await)
    }

    /// Asks for the same as one JSON document, unseen.
    pub(crate) fn ask(&self, words: &[&str]) -> Told<Value> {
        match self.program(None).json(words) {
            Err(Failure::Refused { output, .. }) => Err(refused(words, &output)),
            other => Ok(other?),
        }
    }

    /// From now on the program is sabotaged.
    pub(crate) fn sabotage_program(&mut self, control: &'static str) {
        self.sabotage = Some(control);
    }

    /// From now on the citizen types this at each start, or nothing any more.
    pub(crate) fn type_pin(&mut self, pin: Option<&'static str>) {
        self.pin = pin;
    }

    fn program(&self, accident: Option<&'static str>) -> Cli {
        let controls: Vec<&str> = self.sabotage.into_iter().chain(accident).collect();
        let ahead = i64::try_from(self.ahead.as_millis()).unwrap_or(i64::MAX);
        let program = self.cli.clone().sabotage(&controls.join(",")).clock_offset_ms(ahead);
        match self.pin {
            Some(pin) => program.env(PIN_VARIABLE, pin),
            None => program,
        }
    }

    pub(crate) fn tables(&self) -> Told<Tables> {
        Ok(Tables::new(self.sandbox.db()?))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the clerk, the network or an observer does.
    pub(crate) fn control<T, F>(&self, act: impl FnOnce(SandboxControl) -> F) -> Told<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        self.wait(act(self.sandbox.control()?))
    }

    /// What somebody does who is neither at the phone nor of the state.
    pub(crate) fn wait<T>(&self, doing: impl Future<Output = Result<T, Failure>>) -> Told<T> {
        Ok(self.runtime.block_on(doing)?)
    }

    /// How often the gateway was asked anything.
    pub(crate) fn exchanges(&self) -> Told<u64> {
        Ok(self.control(async |control| control.exchanges().await)?.hit.values().sum())
    }

    pub(crate) fn fault(&self, fault: ServerFault) -> Told {
        self.control(async |control| control.faults(&[fault]).await)
    }

    pub(crate) fn clear_faults(&self) -> Told {
        self.control(async |control| control.clear_faults().await)
    }

    /// Faults that have not happened yet.
    pub(crate) fn faults_waiting(&self) -> Told<usize> {
        self.control(async |control| control.pending_faults().await)
    }

    /// Starts the command that waits for a push, in the background.
    pub(crate) fn listen(&mut self) {
        let (cli, seconds) = (self.program(None), LISTEN.as_secs().to_string());
        let words = ["inbox", "wait", &seconds];
        self.console.command_aside(&words);
        let words = [&["--lang", self.lang], &words[..]].concat().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let (tell, ended) = mpsc::channel();
        let thread = thread::spawn(move || {
            #[allow(clippy::disallowed_methods)] // another process's wait, in real time
            let began = Instant::now();
            let output = cli.run(&words);
            let _ = tell.send((output, began.elapsed())); // nobody listens any more: the story has ended
        });
        self.listening = Some(Listening { ended, thread });
    }

    /// Waits until the tables show what is awaited, or the command that listens has ended.
    pub(crate) fn until_listening(&mut self, awaited: impl Fn(&Tables) -> Told<bool>) -> Told {
        let tables = self.tables()?;
        loop {
            if awaited(&tables)? {
                return Ok(());
            }
            let Some(listening) = &self.listening else { return Ok(()) };
            match listening.ended.recv_timeout(LOOK_AGAIN) {
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
                Ok((output, _)) => {
                    let output = output?;
                    self.listening = None;
                    self.show(&output);
                    return Ok(());
                }
            }
        }
    }

    pub(crate) fn is_listening(&self) -> bool {
        self.listening.is_some()
    }

    /// What the command that listens said when it ended, and after how long.
    pub(crate) fn heard(&mut self) -> Told<(Output, Duration)> {
        let nobody = || Stop::promise("the phone listens", "nothing was listening any more");
        let Listening { ended, thread } = self.listening.take().ok_or_else(nobody)?;
        let (output, time) = ended.recv().map_err(|_| nobody())?;
        let _ = thread.join(); // it has told all it knows
        let output = output?;
        self.show(&output);
        Ok((output, time))
    }

    fn show(&self, output: &Output) {
        self.console.output(&output.stdout);
        self.console.output(&output.stderr);
    }

    /// Of a text in both, the one that the program is asked for.
    pub(crate) fn in_language<'a>(&self, mn: &'a str, en: &'a str) -> &'a str {
        if self.lang == "en" { en } else { mn }
    }

    /// Shows the promise when it is kept, and ends the story when it is not.
    pub(crate) fn holds(&self, promise: &str, kept: bool, found: impl FnOnce() -> String) -> Told {
        if !kept {
            return Err(Stop::promise(promise, found()));
        }
        self.console.kept(promise);
        Ok(())
    }

    /// As [`Stage::holds`], for what must be equal.
    pub(crate) fn same<T: PartialEq + Debug>(&self, promise: &str, wanted: T, found: T) -> Told {
        self.holds(promise, wanted == found, || format!("wanted {wanted:?}, found {found:?}"))
    }

    /// Ends everything, in an order in which nothing waits for what is gone.
    pub(crate) fn strike(self, keep: bool) -> Told {
        let Self { sandbox, listening, folder, console, .. } = self;
        sandbox.stop()?;
        if let Some(Listening { thread, .. }) = listening {
            let _ = thread.join(); // its gateway is gone, so it ends
        }
        if keep {
            console.line(format_args!("kept in {}", folder.keep().display()));
            return Ok(());
        }
        folder.close().map_err(Stop::io("the demo's folder"))
    }
}

fn refused(words: &[&str], output: &Output) -> Stop {
    let said = output.stderr.trim();
    let promise = format!("`emongolia {}` succeeds", as_typed(words));
    Stop::promise(promise, format!("it ended with {}: {said}", output.status))
}
