//! The program `emongolia-sandbox`: started, killed, restarted on the same data, and its contract kept.
//!
//! Guarantees: it never outlives the test, however the test ends; a breach of the contract fails the test.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use emongolia_core::{
    Config,
    foundation::{
        clock::Timestamp,
        config::{Backend, DocumentKey, Language, Mode, PinSet},
    },
};
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;
use tempfile::TempDir;

use super::{SandboxControl, sandbox_program};
use crate::{
    Failure, Result,
    contract::{CONTRACT_DIR, CONTRACT_FILE, Contract},
    temp::temp_dir,
};

/// The first start seeds the whole catalogue with full durability, on a busy machine.
const READY_LIMIT: Duration = Duration::from_secs(120);

/// A reader waits so long for the sandbox's writer.
const DB_BUSY: Duration = Duration::from_secs(10);

/// `sandbox.json`: all that a client, a test or a person needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SandboxConfig {
    pub origin: String,
    /// On loopback, where nothing stands before it.
    pub port: u16,
    /// Base address of the API of 2021.
    pub published_api: String,
    pub issuer: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub ca_pem: PathBuf,
    pub ca_der_base64: String,
    /// SHA-256 in hex: of the leaf's SubjectPublicKeyInfo, then of the authority's.
    pub spki_pins: Vec<String>,
    pub document_keys: Vec<PublishedKey>,
    pub control: String,
    pub control_token: String,
    /// Where a person plays the clerk, in a browser on this machine.
    pub desk: String,
    pub citizens: Vec<TestCitizen>,
}

/// A key that signs documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PublishedKey {
    pub kid: String,
    pub point_base64: String,
}

impl PublishedKey {
    fn read(&self) -> Result<DocumentKey> {
        let point = STANDARD.decode(&self.point_base64).ok().and_then(|bytes| bytes.try_into().ok());
        let malformed =
            || Failure::Malformed { what: "document_keys of sandbox.json".into(), detail: self.point_base64.clone() };
        Ok(DocumentKey { kid: self.kid.clone(), point: point.ok_or_else(malformed)? })
    }
}

/// An invented citizen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TestCitizen {
    pub regnum: String,
    pub name: String,
    /// The fixed one-time code of the ДАН login.
    pub code: String,
}

impl SandboxConfig {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Failure::file(path))?;
        serde_json::from_str(&text).map_err(Failure::json("sandbox.json", text))
    }

    /// The API of 2021.
    pub fn published(&self) -> Backend {
        Backend::Published2021 { base: self.published_api.clone() }
    }

    pub fn ca_der(&self) -> Result<Vec<u8>> {
        STANDARD.decode(&self.ca_der_base64).map_err(|error| Failure::Malformed {
            what: "ca_der_base64 of sandbox.json".into(),
            detail: error.to_string(),
        })
    }

    /// What an installation in these directories is told about this sandbox.
    pub fn core_config(&self, state_dir: impl Into<PathBuf>, cache_dir: impl Into<PathBuf>) -> Result<Config> {
        let pins = self.spki_pins.iter().map(|pin| {
            sha256_from_hex(pin)
                .ok_or_else(|| Failure::Malformed { what: "spki_pins of sandbox.json".into(), detail: pin.clone() })
        });
        Ok(Config {
            state_dir: state_dir.into(),
            cache_dir: cache_dir.into(),
            gateway: self.origin.clone(),
            backend: Backend::Gateway,
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            roots: vec![self.ca_der()?],
            pins: vec![PinSet {
                host: "localhost".into(),
                spki_sha256: pins.collect::<Result<_>>()?,
                expires: Timestamp::from_unix_s(i64::from(u32::MAX)), // 2106
            }],
            document_keys: self.document_keys.iter().map(PublishedKey::read).collect::<Result<_>>()?,
            language: Language::Mn,
            mode: Mode::App,
        })
    }
}

/// A sandbox on its data directory. Killed when dropped.
pub struct SandboxProcess {
    program: PathBuf,
    arguments: Vec<OsString>,
    data: PathBuf,
    running: Option<Child>,
    config_path: PathBuf,
    config: SandboxConfig,
    /// Nobody asks for the contract any more.
    judged: bool,
    /// Dropped last: the contract is copied out of it first.
    _owned_data: Option<TempDir>,
}

impl SandboxProcess {
    /// On these data; the directory is made when it is not there. Returns when the sandbox answers.
    pub fn start(data: impl Into<PathBuf>) -> Result<Self> {
        Self::start_with(data, [] as [&str; 0])
    }

    /// With more arguments, kept over restarts.
    pub fn start_with<A: Into<OsString>>(
        data: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Self> {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self::start_program(sandbox_program()?, data.into(), arguments, None)
    }

    /// On data of its own, gone with it.
    pub fn start_fresh() -> Result<Self> {
        let data = temp_dir("emongolia-sandbox-")?;
        Self::start_program(sandbox_program()?, data.path().to_owned(), Vec::new(), Some(data))
    }

    /// As [`SandboxProcess::start_fresh`], behind something that clients call by `origin`.
    pub fn start_behind(origin: &str) -> Result<Self> {
        let data = temp_dir("emongolia-sandbox-")?;
        let arguments = vec!["--origin".into(), origin.into()];
        Self::start_program(sandbox_program()?, data.path().to_owned(), arguments, Some(data))
    }

    fn start_program(
        program: PathBuf,
        data: PathBuf,
        arguments: Vec<OsString>,
        owned: Option<TempDir>,
    ) -> Result<Self> {
        fs::create_dir_all(&data).map_err(Failure::file(&data))?;
        let (child, config_path) = spawn(&program, &data, &arguments)?;
        let mut sandbox = Self {
            program,
            arguments,
            data,
            running: Some(child),
            config: SandboxConfig::default(),
            config_path,
            judged: false,
            _owned_data: owned,
        };
        sandbox.config = SandboxConfig::read(&sandbox.config_path)?;
        Ok(sandbox)
    }

    pub fn config(&self) -> &SandboxConfig {
        &self.config
    }

    /// `sandbox.json`.
    pub fn config_path(&self) -> &Path {
        &self.config_path
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn control(&self) -> Result<SandboxControl> {
        SandboxControl::new(&self.config)
    }

    pub fn core_config(&self, state_dir: impl Into<PathBuf>, cache_dir: impl Into<PathBuf>) -> Result<Config> {
        self.config.core_config(state_dir, cache_dir)
    }

    /// `None` while it is killed.
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(Child::id)
    }

    /// SIGKILL, at whatever it is doing. Returns when it is dead.
    pub fn kill(&mut self) -> Result<()> {
        let Some(mut child) = self.running.take() else { return Ok(()) };
        child.kill().and_then(|()| child.wait()).map(drop).map_err(Failure::file(&self.program))
    }

    /// On the same data and the same ports; kills first if it runs.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        let (child, config_path) = spawn(&self.program, &self.data, &self.arguments)?;
        self.running = Some(child);
        self.config = SandboxConfig::read(&config_path)?;
        self.config_path = config_path;
        Ok(())
    }

    /// The sandbox's own tables, to look at and not to touch. Works while it runs and while it is killed.
    pub fn db(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(self.data.join("sandbox.db"), flags)?;
        db.busy_timeout(DB_BUSY)?;
        Ok(db)
    }

    /// What every process on these data has found so far.
    pub fn contract(&self) -> Result<Contract> {
        Contract::read(&self.data.join(CONTRACT_FILE))
    }

    /// Every exchange so far was as described. Also asked when dropped, where a breach fails the test.
    pub fn assert_contract(&self) -> Result<()> {
        self.contract()?.assert_clean()
    }

    /// Ends it without judging its contract: for whoever has asked for it before, or broken it on purpose.
    pub fn stop(mut self) -> Result<()> {
        self.judged = true;
        self.kill()
    }

    /// Where `cargo xtask test` looks for it after the tests.
    fn keep_contract(&self, kept: &Path) -> Result<()> {
        let from = self.data.join(CONTRACT_FILE);
        if !from.exists() {
            return Ok(());
        }
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = kept.join(format!("{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).map_err(Failure::file(&folder))?;
        fs::copy(&from, folder.join(CONTRACT_FILE)).map(drop).map_err(Failure::file(from))
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        let ended = self.kill();
        // A stand-in for the sandbox, as this crate's own tests have, keeps no contract.
        let is_real = sandbox_program().is_ok_and(|program| program == self.program);
        let kept = std::env::var_os(CONTRACT_DIR).filter(|_| is_real);
        let kept = kept.map_or(Ok(()), |kept| self.keep_contract(Path::new(&kept)));
        let clean = if self.judged { Ok(()) } else { self.assert_contract() };
        if !thread::panicking() {
            let failed = [ended, kept, clean].into_iter().find_map(Result::err);
            assert!(failed.is_none(), "{}", failed.map(|failure| failure.to_string()).unwrap_or_default());
        }
    }
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            origin: String::new(),
            port: 0,
            published_api: String::new(),
            issuer: String::new(),
            client_id: String::new(),
            redirect_uri: String::new(),
            ca_pem: PathBuf::new(),
            ca_der_base64: String::new(),
            spki_pins: Vec::new(),
            document_keys: Vec::new(),
            control: String::new(),
            control_token: String::new(),
            desk: String::new(),
            citizens: Vec::new(),
        }
    }
}

/// Starts it and waits for its one line. Its standard error goes to `sandbox.log`; its standard input closes with us.
fn spawn(program: &Path, data: &Path, arguments: &[OsString]) -> Result<(Child, PathBuf)> {
    #[derive(Deserialize)]
    struct Ready {
        ready: bool,
        config: PathBuf,
    }

    let name = || "emongolia-sandbox".to_owned();
    let log_path = data.join("sandbox.log");
    let log = File::options().create(true).append(true).open(&log_path).map_err(Failure::file(&log_path))?;
    let mut child = Command::new(program)
        .arg("--data")
        .arg(data)
        .arg("--until-stdin-closes")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .map_err(|source| Failure::NotStarted { program: name(), source })?;
    let (line, first_line) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            for said in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                let _ = line.send(said); // only the first is waited for
            }
        });
    }
    let said = first_line.recv_timeout(READY_LIMIT);
    let ready = match &said {
        Ok(line) => serde_json::from_str::<Ready>(line).ok().filter(|ready| ready.ready),
        Err(_) => None,
    };
    match ready {
        Some(Ready { config, .. }) => Ok((child, config)),
        None => {
            let _ = child.kill(); // dead already is as good
            let _ = child.wait();
            let log = fs::read_to_string(&log_path).unwrap_or_default();
            let said = format!("{}\n{log}", said.unwrap_or_default());
            Err(Failure::NotReady { program: name(), within: READY_LIMIT, said })
        }
    }
}

fn sha256_from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake(data: &Path, arguments: &[&str]) -> Result<SandboxProcess> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fake-sandbox.sh");
        let arguments = arguments.iter().map(Into::into).collect();
        SandboxProcess::start_program(program, data.to_owned(), arguments, None)
    }

    #[cfg(target_os = "linux")]
    fn is_alive(pid: u32) -> bool {
        Path::new(&format!("/proc/{pid}")).exists()
    }

    #[test]
    fn a_started_sandbox_is_known_by_its_configuration() {
        let data = temp_dir("fake-").unwrap();

        let sandbox = fake(data.path(), &[]).unwrap();

        let config = sandbox.core_config("state", "cache").unwrap();
        assert_eq!(sandbox.config().citizens[0].name, "Өлзийн Үүрийнтуяа");
        assert_eq!(config.gateway, "https://localhost:4433");
        assert_eq!(config.roots, [b"authority".to_vec()]);
        assert_eq!(config.pins[0].spki_sha256, [[0x11; 32], [0xab; 32]]);
        assert_eq!(config.document_keys[1].point, [0xff; 65]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn it_is_killed_when_dropped() {
        let data = temp_dir("fake-").unwrap();
        let sandbox = fake(data.path(), &[]).unwrap();
        let pid = sandbox.pid().unwrap();
        assert!(is_alive(pid));

        drop(sandbox);

        assert!(!is_alive(pid));
    }

    #[test]
    fn a_killed_sandbox_restarts_on_the_same_data() {
        let data = temp_dir("fake-").unwrap();
        let mut sandbox = fake(data.path(), &[]).unwrap();

        sandbox.kill().unwrap();
        assert_eq!(sandbox.pid(), None);
        sandbox.restart().unwrap();

        assert!(sandbox.pid().is_some());
        assert_eq!(sandbox.contract().unwrap().hit["fake"], 2); // one line a start
    }

    #[test]
    fn one_that_ends_before_it_is_ready_is_quoted() {
        let data = temp_dir("fake-").unwrap();

        let error = fake(data.path(), &["--fail"]).err().unwrap().to_string();

        assert!(error.contains("not ready") && error.contains("порт завгүй: Өө"), "{error}");
    }

    #[test]
    fn a_breach_of_the_contract_fails_the_test_that_made_it() {
        let data = temp_dir("fake-").unwrap();
        let sandbox = fake(data.path(), &["--breach"]).unwrap();
        assert!(matches!(sandbox.assert_contract(), Err(Failure::ContractBroken { count: 1, .. })));

        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(sandbox)));

        let message = dropped.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("fake (response): missing"), "{message}");
    }

    #[test]
    fn a_stopped_sandbox_is_dead_and_its_contract_is_judged_no_more() {
        let data = temp_dir("fake-").unwrap();
        let sandbox = fake(data.path(), &["--breach"]).unwrap();
        assert!(sandbox.assert_contract().is_err());

        assert!(sandbox.stop().is_ok());
    }

    #[test]
    fn the_contract_is_kept_for_the_run() {
        let data = temp_dir("fake-").unwrap();
        let kept = temp_dir("kept-").unwrap();
        let sandbox = fake(data.path(), &[]).unwrap();

        sandbox.keep_contract(kept.path()).unwrap();
        sandbox.keep_contract(kept.path()).unwrap();

        let files: Vec<_> = fs::read_dir(kept.path()).unwrap().map(|dir| dir.unwrap().path()).collect();
        assert_eq!(files.len(), 2, "none overwrites another");
        assert_eq!(Contract::read(&files[0].join(CONTRACT_FILE)).unwrap().hit["fake"], 1);
    }

    #[test]
    fn the_tables_can_be_read_and_not_written() {
        let data = temp_dir("fake-").unwrap();
        let writer = Connection::open(data.path().join("sandbox.db")).unwrap();
        writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('Ү')").unwrap();
        let sandbox = fake(data.path(), &[]).unwrap();

        let db = sandbox.db().unwrap();

        let x: String = db.query_row("SELECT x FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(x, "Ү");
        assert!(db.execute("DELETE FROM t", []).is_err());
    }
}
