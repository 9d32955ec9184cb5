//! What an installation is told at start.

use emongolia_core::foundation::{clock::Timestamp, config};

use super::CoreError;

/// The language of texts that the other side writes for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Language {
    /// Монгол
    Mn,
    /// English
    En,
}

/// What kind of process this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ProcessMode {
    /// The app.
    App,
    /// A notification extension: little memory, and it sends nothing.
    Extension,
}

/// Keys that a host's certificate chain must contain one of.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PinSet {
    /// Host name or address, without a port.
    pub host: String,
    /// SHA-256 of each SubjectPublicKeyInfo, 32 bytes; at least two, one of them in reserve.
    pub spki_sha256: Vec<Vec<u8>>,
    /// Unix milliseconds. After this the set no longer binds and only the roots do.
    pub expires_ms: i64,
}

/// A key that signs configuration, catalogue and forms. None of them is a key of TLS.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DocumentKey {
    /// Its name in signatures.
    pub kid: String,
    /// P-256, uncompressed: 65 bytes.
    pub point: Vec<u8>,
}

/// Everything an installation is told. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CoreConfig {
    /// Folder of `state.db`: the app's own files, left out of every backup.
    pub state_dir: String,
    /// Folder of `cache.db`: the platform may empty it at any time.
    pub cache_dir: String,
    /// Base address of the gateway, `https://…`, without a trailing slash.
    pub gateway: String,
    /// The authorisation server's issuer identifier (RFC 8414).
    pub issuer: String,
    /// As registered with the authorisation server.
    pub client_id: String,
    /// Where the browser brings the citizen back to.
    pub redirect_uri: String,
    /// DER certificates of the authorities to trust. The platform's own are not asked.
    pub roots: Vec<Vec<u8>>,
    /// Keys to hold the other side to.
    pub pins: Vec<PinSet>,
    /// At least two: one in use, one in reserve.
    pub document_keys: Vec<DocumentKey>,
    /// What the gateway is asked to write in.
    pub language: Language,
    /// App or extension.
    pub mode: ProcessMode,
    /// Base address of the mobile API of 2021, if requests to the state go over that: `https://…/mobile-api/api`.
    #[uniffi(default = None)]
    pub published_api: Option<String>,
}

impl From<Language> for config::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Mn => Self::Mn,
            Language::En => Self::En,
        }
    }
}

impl From<ProcessMode> for config::Mode {
    fn from(mode: ProcessMode) -> Self {
        match mode {
            ProcessMode::App => Self::App,
            ProcessMode::Extension => Self::Extension,
        }
    }
}

impl TryFrom<PinSet> for config::PinSet {
    type Error = CoreError;

    fn try_from(pins: PinSet) -> Result<Self, CoreError> {
        let PinSet { host, spki_sha256, expires_ms } = pins;
        let hashes = spki_sha256.into_iter().map(<[u8; 32]>::try_from).collect::<Result<_, _>>();
        let malformed = |_| CoreError::Invalid { field: "spki_sha256".into(), reason: "pin.length".into() };
        Ok(Self { host, spki_sha256: hashes.map_err(malformed)?, expires: Timestamp::from_unix_ms(expires_ms) })
    }
}

impl TryFrom<DocumentKey> for config::DocumentKey {
    type Error = CoreError;

    fn try_from(DocumentKey { kid, point }: DocumentKey) -> Result<Self, CoreError> {
        let malformed = |_| CoreError::Invalid { field: "document_keys".into(), reason: "config.point_length".into() };
        Ok(Self { kid, point: point.try_into().map_err(malformed)? })
    }
}

impl TryFrom<CoreConfig> for config::Config {
    type Error = CoreError;

    fn try_from(config: CoreConfig) -> Result<Self, CoreError> {
        let CoreConfig {
            state_dir,
            cache_dir,
            gateway,
            issuer,
            client_id,
            redirect_uri,
            roots,
            pins,
            document_keys,
            language,
            mode,
            published_api,
        } = config;
        Ok(Self {
            state_dir: state_dir.into(),
            cache_dir: cache_dir.into(),
            gateway,
            backend: published_api.map_or(config::Backend::Gateway, |base| config::Backend::Published2021 { base }),
            issuer,
            client_id,
            redirect_uri,
            roots,
            pins: pins.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            document_keys: document_keys.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            language: language.into(),
            mode: mode.into(),
        })
    }
}
