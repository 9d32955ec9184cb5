//! npm's `oidc-provider` as a process behind a TLS front. What it is told is in `provider/op.mjs`.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
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
        let running = command.spawn().map_err(not_started)?;
        let mut provider = Self { front, running };
        let port = provider.ready()?;
        provider.front.lead_to(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        Ok(provider)
    }

    /// The port it tells; its other lines are kept for the case that there is none.
    fn ready(&mut self) -> Result<u16> {
        let (line, lines) = mpsc::channel();
        if let Some(stdout) = self.running.stdout.take() {
            thread::spawn(move || {
                let spoken = BufReader::new(stdout).lines().map_while(std::result::Result::ok);
                spoken.for_each(|said| drop(line.send(said))); // read to the end, so that it never blocks on it
            });
        }
        let mut said = String::new();
        while let Ok(line) = lines.recv_timeout(READY_LIMIT) {
            if let Some(port) = port(&line) {
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

/// `{"ready":PORT}`.
fn port(line: &str) -> Option<u16> {
    let said: Value = serde_json::from_str(line).ok()?;
    u16::try_from(said["ready"].as_u64()?).ok()
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
    fn the_port_is_read_from_its_own_line_and_no_other() {
        assert_eq!(port(r#"{"ready":43033}"#), Some(43033));
        for other in ["", "oidc-provider WARNING: Өө", r#"{"ready":70000}"#, r#"{"үүсэв":1}"#] {
            assert_eq!(port(other), None, "{other}");
        }
    }
}
