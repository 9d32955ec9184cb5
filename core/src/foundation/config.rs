//! What an installation is told at start. Nothing here is secret.

use std::path::PathBuf;

use crate::foundation::clock::Timestamp;

/// The language of texts that the other side writes for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Mn,
    En,
}

/// What kind of process this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The app: two worker threads.
    #[default]
    App,
    /// A notification extension: one small worker thread, so that it lives within the platform's memory limit.
    Extension,
}

/// SHA-256 of a SubjectPublicKeyInfo (RFC 7469 §2.4) that a host's certificate chain must contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinSet {
    /// Host name or address the set is for, without a port.
    pub host: String,
    /// At least two: one in use, one in reserve.
    pub spki_sha256: Vec<[u8; 32]>,
    /// After this the set no longer binds and only the roots do.
    pub expires: Timestamp,
}

/// Everything an installation is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// `state.db` lives here: never deleted silently, backed up by nothing.
    pub state_dir: PathBuf,
    /// `cache.db` lives here: may be emptied by the platform at any time.
    pub cache_dir: PathBuf,
    /// Base address of the gateway, `https://…`, without a trailing slash.
    pub gateway: String,
    /// The authorisation server's issuer identifier (RFC 8414), compared byte for byte.
    pub issuer: String,
    pub client_id: String,
    pub redirect_uri: String,
    /// DER certificates of the authorities we trust. There is no other trust.
    pub roots: Vec<Vec<u8>>,
    pub pins: Vec<PinSet>,
    pub language: Language,
    pub mode: Mode,
}

#[cfg(test)]
impl Config {
    /// For tests that only need there to be one.
    pub fn for_tests() -> Self {
        Self {
            state_dir: PathBuf::new(),
            cache_dir: PathBuf::new(),
            gateway: "https://localhost:1".into(),
            issuer: "https://localhost:1".into(),
            client_id: "mn.emongolia.app".into(),
            redirect_uri: "mn.emongolia:/callback".into(),
            roots: Vec::new(),
            pins: Vec::new(),
            language: Language::Mn,
            mode: Mode::App,
        }
    }
}
