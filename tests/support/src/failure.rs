//! Why a piece of the test's own machinery did not work. A message says what was wanted and what to do.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use crate::processes::Output;

pub type Result<T, E = Failure> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("no program at {}: build it with `cargo build -p {package}`", path.display())]
    NotBuilt { path: PathBuf, package: &'static str },

    #[error("`{program}` could not be started: {source}")]
    NotStarted { program: String, source: std::io::Error },

    #[error("`{program}` was not ready within {within:?}; it said:\n{said}")]
    NotReady { program: String, within: Duration, said: String },

    #[error("`{program}` did not end within {within:?} and was killed; it said:\n{said}")]
    NotEnded { program: String, within: Duration, said: String },

    #[error("`emongolia {}` ended with {}:\n{}{}", shown(arguments), output.status, output.stdout, output.stderr)]
    Refused { arguments: Vec<OsString>, output: Box<Output> },

    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },

    #[error("{what}: {source}\n{text}")]
    Json { what: String, source: serde_json::Error, text: String },

    #[error("{what}: {detail}")]
    Malformed { what: String, detail: String },

    #[error("{method} {path} of the sandbox's control: wanted success, got {status}: {body}")]
    Control { method: String, path: String, status: u16, body: String },

    #[error("{method} {path} of the sandbox's control did not get through: {detail}")]
    ControlUnreachable { method: String, path: String, detail: String },

    #[error("{count} exchanges break the contract, the first: {first}")]
    ContractBroken { count: usize, first: String },

    #[error("{what}: {detail}")]
    Network { what: &'static str, detail: String },

    #[error("sandbox.db: {0}")]
    Database(#[from] rusqlite::Error),

    #[error("the core: {0}")]
    Core(#[from] emongolia_core::Error),
}

impl Failure {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    pub(crate) fn json(what: impl Into<String>, text: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let (what, text) = (what.into(), text.into());
        move |source| Self::Json { what, source, text }
    }

    pub(crate) fn network<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Network { what, detail: error.to_string() }
    }
}

fn shown(arguments: &[OsString]) -> String {
    arguments.iter().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
