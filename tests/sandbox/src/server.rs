//! The sandbox as it runs: its folder, its ports, `sandbox.json`.
//!
//! Guarantees: the same folder gives the same origin, certificates, keys and data again, whenever the process was
//! killed; two processes never share a folder.

use std::{
    fs::{File, TryLockError},
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use axum::Router;
use serde::{Deserialize, Serialize};
use tokio::{
    net::TcpListener,
    task::{AbortHandle, JoinError},
};

use crate::{
    connection, control, dan,
    db::DbError,
    desk, files, oauth, registers, router, samples,
    signing::PublicKey,
    state::{self, OpenError, Sandbox},
    text,
    tls::{Identity, TlsError},
};

/// Below every system's range for outgoing connections, so that nobody takes the port while the sandbox is down, and
/// a client that calls in vain never meets itself.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// Enough to find a free one of ten thousand.
const PORT_TRIES: u32 = 50;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{path}: {error}", path = path.display())]
    Folder { path: PathBuf, error: io::Error },
    #[error("another sandbox runs on {}", .0.display())]
    InUse(PathBuf),
    #[error("sandbox.json can't be read, remove it to choose new ports: {0}")]
    Config(#[from] serde_json::Error),
    #[error("port {port} can't be had: {error}")]
    Port { port: u16, error: io::Error },
    #[error("no free port between {} and {}", PORTS.start, PORTS.end)]
    NoPort,
    #[error(transparent)]
    Desk(#[from] desk::NotLoopback),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the start was broken off: {0}")]
    Broken(#[from] JoinError),
}

#[derive(Debug, Clone)]
pub struct Options {
    /// Made when it is not there.
    pub folder: PathBuf,
    /// As before, or a free one.
    pub port: Option<u16>,
    /// What clients call it by, where something stands before it.
    pub origin: Option<String>,
    /// As before, or a free one.
    pub control_port: Option<u16>,
    /// As before, or a free one.
    pub desk_port: Option<u16>,
    pub rotate_refresh_tokens: bool,
    /// How many invented requests an empty folder begins with.
    pub samples: u32,
}

impl Options {
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            port: None,
            origin: None,
            control_port: None,
            desk_port: None,
            rotate_refresh_tokens: false,
            samples: 0,
        }
    }
}

/// `sandbox.json`: what a client or a test needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    pub origin: String,
    /// Base address of the API of 2021.
    #[serde(default)]
    pub published_api: String,
    pub issuer: String,
    pub client_id: String,
    pub redirect_uri: String,
    /// Path of the authority's certificate.
    pub ca_pem: PathBuf,
    pub ca_der_base64: String,
    /// SHA-256, hex, of the leaf's and the authority's SubjectPublicKeyInfo.
    pub spki_pins: [String; 2],
    /// Of those who sign configuration, catalogue and forms; none of them is a key of TLS.
    #[serde(default)]
    pub document_keys: Vec<PublicKey>,
    pub control: String,
    pub control_token: String,
    /// Where a person plays the clerk, in a browser on this machine.
    #[serde(default)]
    pub desk: String,
    pub citizens: Vec<TestCitizen>,
    port: u16,
    control_port: u16,
    /// 0 in a folder from before there was a desk.
    #[serde(default)]
    desk_port: u16,
}

/// An invented citizen, and how to sign in as them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCitizen {
    pub regnum: String,
    pub name: String,
    pub code: String,
}

/// A sandbox that serves until this is dropped.
pub struct Running {
    pub config: Config,
    pub config_path: PathBuf,
    sandbox: Sandbox,
    tasks: [AbortHandle; 3],
    _lock: File,
}

impl Running {
    /// The state behind the handlers.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// Opens the folder, binds the three ports, writes `sandbox.json` and serves.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let in_folder = |error| StartError::Folder { path: options.folder.clone(), error };
    std::fs::create_dir_all(&options.folder).map_err(in_folder)?;
    let folder = options.folder.canonicalize().map_err(in_folder)?;
    let lock = lock(&folder)?;
    let config_path = folder.join("sandbox.json");
    let before = files::read(&config_path).map_err(in_folder)?;
    let before: Option<Config> = before.map(|json| serde_json::from_slice(&json)).transpose()?;

    let public = bind(options.port.or(before.as_ref().map(|c| c.port))).await?;
    let private = bind(options.control_port.or(before.as_ref().map(|c| c.control_port))).await?;
    let clerks = bind(options.desk_port.or(before.as_ref().map(|c| c.desk_port))).await?;
    let port = public.local_addr().map_err(in_folder)?.port();
    let control_port = private.local_addr().map_err(in_folder)?.port();
    let desk_at = clerks.local_addr().map_err(in_folder)?;
    let origin = options.origin.clone().unwrap_or_else(|| format!("https://localhost:{port}"));

    let (at, of) = (folder.clone(), origin.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let identity = Identity::load_or_make(&at, state::system_now())?;
        Ok::<_, StartError>((identity, Sandbox::open(&at, &of)?))
    });
    let (identity, sandbox) = opened.await??;
    sandbox.rotate_refresh_tokens(options.rotate_refresh_tokens);
    samples::begin(&sandbox, options.samples).await?;

    let config = Config {
        issuer: origin.clone(),
        published_api: format!("{origin}{}", crate::legacy::BASE),
        origin,
        client_id: oauth::CLIENT_ID.into(),
        redirect_uri: oauth::REDIRECT_URI.into(),
        ca_pem: folder.join(Identity::ca_pem_file()),
        ca_der_base64: text::base64(&identity.ca_der),
        spki_pins: identity.spki_pins,
        document_keys: sandbox.publisher().public_keys(),
        control: format!("http://127.0.0.1:{control_port}"),
        control_token: before.map_or_else(text::token, |c| c.control_token),
        desk: format!("http://{desk_at}"),
        citizens: citizens(&sandbox).await?,
        port,
        control_port,
        desk_port: desk_at.port(),
    };
    files::replace(&config_path, &serde_json::to_vec_pretty(&config)?).map_err(in_folder)?;

    let control = control::router(sandbox.clone(), &config.control_token);
    let desk = desk::router(sandbox.clone(), desk_at, &config.control_token)?;
    let tasks = [
        tokio::spawn(connection::serve(public, identity.server, router(sandbox.clone()))).abort_handle(),
        tokio::spawn(plain(private, control)).abort_handle(),
        tokio::spawn(plain(clerks, desk)).abort_handle(),
    ];
    Ok(Running { config, config_path, sandbox, tasks, _lock: lock })
}

async fn plain(listener: TcpListener, router: Router) {
    let _ended = axum::serve(listener, router).await; // never ends by itself
}

fn lock(folder: &Path) -> Result<File, StartError> {
    let path = folder.join("lock");
    let in_folder = |error| StartError::Folder { path: path.clone(), error };
    let file = File::create(&path).map_err(in_folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(in_folder(error)),
    }
}

async fn bind(port: Option<u16>) -> Result<TcpListener, StartError> {
    if let Some(port) = port.filter(|port| *port != 0) {
        return listen(port).await.map_err(|error| StartError::Port { port, error });
    }
    for _ in 0..PORT_TRIES {
        let offset = u16::from_le_bytes(text::random()) % (PORTS.end - PORTS.start);
        if let Ok(listener) = listen(PORTS.start + offset).await {
            return Ok(listener);
        }
    }
    Err(StartError::NoPort)
}

async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

async fn citizens(sandbox: &Sandbox) -> Result<Vec<TestCitizen>, DbError> {
    let (all, now) = (sandbox.db().read(registers::citizens).await?, sandbox.now());
    let old_enough = all.into_iter().filter(|c| registers::age(&c.birth_date, now).is_some_and(|age| age >= dan::AGE));
    let shown = old_enough.map(|c| TestCitizen { name: c.short_name(), regnum: c.regnum, code: c.one_time_code });
    Ok(shown.collect())
}
