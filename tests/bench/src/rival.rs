//! The same in Node: `rival/outbox.mjs`.

use std::{
    error::Error,
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use emongolia_support::{processes::SandboxProcess, temp::temp_dir};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::outbox::Round;

/// Where `cargo xtask bench outbox` put it.
#[derive(Debug, clap::Args)]
pub(crate) struct Installed {
    /// The Node that it runs on
    #[arg(long)]
    node: PathBuf,
    /// The program, with its packages beside it
    #[arg(long)]
    rival: PathBuf,
}

pub(crate) struct Rival {
    process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _folder: TempDir,
}

impl Rival {
    /// Signed in by whoever `approve` is.
    pub(crate) fn start(
        installed: &Installed,
        sandbox: &SandboxProcess,
        approve: impl FnOnce(&str) -> Result<String, Box<dyn Error>>,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = temp_dir("rival-")?;
        let mut node = Command::new(&installed.node);
        node.arg(&installed.rival).arg(sandbox.config_path()).arg(folder.path());
        let mut process = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take().ok_or("no way to speak to it")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no way to hear it")?).lines();
        let mut rival = Self { process, orders, answers, _folder: folder };
        let asked = rival.heard()?;
        let callback = approve(asked["url"].as_str().ok_or("nothing to approve")?)?;
        rival.say(&json!({ "callback": callback }))?;
        rival.heard()?;
        Ok(rival)
    }

    pub(crate) fn round(&mut self, count: usize, body: &Value) -> Result<Round, Box<dyn Error>> {
        self.say(&json!({ "count": count, "body": body }))?;
        let told = self.heard()?;
        let span = |name: &str| {
            let ms = told[name].as_f64().ok_or_else(|| format!("no {name}"))?;
            Ok::<_, String>(Duration::from_secs_f64(ms / 1000.0))
        };
        Ok(Round { queued: span("queued_ms")?, all: span("all_ms")? })
    }

    pub(crate) fn end(self) -> Result<(), Box<dyn Error>> {
        let Self { mut process, orders, .. } = self;
        drop(orders);
        if process.wait()?.success() { Ok(()) } else { Err("it did not end well".into()) }
    }

    fn say(&mut self, order: &Value) -> Result<(), Box<dyn Error>> {
        Ok(writeln!(self.orders, "{order}")?)
    }

    fn heard(&mut self) -> Result<Value, Box<dyn Error>> {
        let line = self.answers.next().ok_or("it ended before its answer")??;
        Ok(serde_json::from_str(&line)?)
    }
}
