//! The same in Node: `rival/outbox.mjs`.

use std::{
    error::Error,
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use emongolia_support::{gateway_double::GatewayDouble, temp::temp_dir};
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
    /// Sends what is like `body` to the same receiver.
    pub(crate) fn start(installed: &Installed, receiver: &GatewayDouble, body: &str) -> Result<Self, Box<dyn Error>> {
        let folder = temp_dir("rival-")?;
        let mut node = Command::new(&installed.node);
        node.arg(&installed.rival).arg(folder.path());
        let mut process = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take().ok_or("no way to speak to it")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no way to hear it")?).lines();
        let mut rival = Self { process, orders, answers, _folder: folder };
        let ca = STANDARD.encode(receiver.ca_der());
        rival.say(&json!({ "origin": receiver.origin(), "ca_der_base64": ca, "body": body }))?;
        rival.heard()?;
        Ok(rival)
    }

    pub(crate) fn round(&mut self, count: usize) -> Result<Round, Box<dyn Error>> {
        self.say(&json!({ "count": count }))?;
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
