//! npm's `oidc-provider` as a process behind a TLS front. What it is told is in `provider/op.mjs`.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader, Write as _},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use emongolia_support::{Failure, Result, front::Front};
use serde_json::Value;

/// Where `cargo xtask identity` put the provider.
pub const FOLDER_VARIABLE: &str = "EMONGOLIA_OIDC";

/// Node starts in a second and makes an RSA key in another, on a machine with nothing else to do.
const READY_LIMIT: Duration = Duration::from_secs(120);

/// What `op.mjs` can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Every proof must carry a nonce of the provider's (RFC 9449 §8, §9).
    Nonces,
    /// Every renewal brings another refresh token, and the one before is good no more.
    Rotate,
}

impl AsRef<OsStr> for Switch {
    fn as_ref(&self) -> &OsStr {
        OsStr::new(match self {
            Self::Nonces => "nonces",
            Self::Rotate => "rotate",
        })
    }
}

/// The provider and the front before it. Both end when dropped.
pub struct Provider {
    pub front: Front,
    running: Child,
    keys: Keys,
}

/// The keys that the provider signs with. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Mutex<Speech>>);

/// What is said to the provider, and what it says.
struct Speech {
    told: Option<ChildStdin>,
    said: Receiver<String>,
}

impl Keys {
    /// Others, at once: whatever is signed from here on is signed with keys that were not published before, and those
    /// before are published no more.
    pub fn change(&self) -> Result<()> {
        let mut speech = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unheard = |detail: String| Failure::Malformed { what: "op.mjs, told to change its keys".into(), detail };
        let told = speech.told.as_mut().ok_or_else(|| unheard("it can't be told anything".into()))?;
        told.write_all(b"keys\n").and_then(|()| told.flush()).map_err(|error| unheard(error.to_string()))?;
        loop {
            let line = speech.said.recv_timeout(READY_LIMIT).map_err(|error| unheard(error.to_string()))?;
            if number(&line, "keys").is_some() {
                return Ok(());
            }
        }
    }
}

impl Provider {
    /// Returns when it answers. Everything it knows is in memory: each start is a new provider.
    pub fn start(switches: &[Switch]) -> Result<Self> {
        let front = Front::start()?;
        let (node, program) = installed()?;
        let mut command = Command::new(node);
        command.arg(program).arg(front.origin()).args(switches);
        // Standard input stays open for as long as we live: its end is the provider's.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let not_started = |source| Failure::NotStarted { program: "op.mjs".into(), source };
        let mut running = command.spawn().map_err(not_started)?;
        let keys = Keys(Arc::new(Mutex::new(Speech { told: running.stdin.take(), said: lines_of(&mut running) })));
        let provider = Self { front, running, keys };
        let port = provider.ready()?;
        provider.front.lead_to(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        Ok(provider)
    }

    pub fn keys(&self) -> Keys {
        self.keys.clone()
    }

    /// The port it tells; its other lines are kept for the case that there is none.
    fn ready(&self) -> Result<u16> {
        let speech = self.keys.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut said = String::new();
        while let Ok(line) = speech.said.recv_timeout(READY_LIMIT) {
            if let Some(port) = number(&line, "ready").and_then(|port| u16::try_from(port).ok()) {
                return Ok(port);
            }
            said.push_str(&line);
            said.push('\n');
        }
        Err(Failure::NotReady { program: "op.mjs".into(), within: READY_LIMIT, said })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.running.kill().and_then(|()| self.running.wait()); // it may have ended by itself
    }
}

/// Read to the end, so that it never blocks on it.
fn lines_of(running: &mut Child) -> Receiver<String> {
    let (line, lines) = mpsc::channel();
    if let Some(stdout) = running.stdout.take() {
        thread::spawn(move || {
            let spoken = BufReader::new(stdout).lines().map_while(std::result::Result::ok);
            spoken.for_each(|said| drop(line.send(said)));
        });
    }
    lines
}

/// `{"ready":PORT}`, `{"keys":N}`.
fn number(line: &str, name: &str) -> Option<u64> {
    serde_json::from_str::<Value>(line).ok()?[name].as_u64()
}

/// The Node that came with it, and the program.
fn installed() -> Result<(PathBuf, PathBuf)> {
    let told = env::var_os(FOLDER_VARIABLE).ok_or_else(|| Failure::Malformed {
        what: FOLDER_VARIABLE.into(),
        detail: "names no folder: start these tests with `cargo xtask identity`".into(),
    })?;
    let folder = Path::new(&told);
    let machine = match env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "x64",
    };
    let node = folder.join(format!("node_modules/node-linux-{machine}/bin/node"));
    Ok((node, folder.join("op.mjs")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_tells_is_read_from_its_own_line_and_no_other() {
        assert_eq!(number(r#"{"ready":43033}"#, "ready"), Some(43033));
        for other in ["", "oidc-provider WARNING: Өө", r#"{"ready":-1}"#, r#"{"үүсэв":1}"#, r#"{"keys":1}"#] {
            assert_eq!(number(other, "ready"), None, "{other}");
        }
    }
}
