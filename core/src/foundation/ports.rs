//! What the core asks of the platform: few, synchronous, fallible, small.
//!
//! Guarantees: a port is called from a blocking thread, never under a lock and never inside a transaction.

use std::sync::Arc;

#[cfg(feature = "test-controls")]
use crate::foundation::checks::Check;
use crate::foundation::{
    checks::Checks,
    clock::{Clock, SystemClock},
};

/// Why the platform's keystore did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Not now: the phone has not been unlocked since it started, or the keystore is busy. Try again later; wipe nothing.
    #[error("not available now")]
    Unavailable,
    /// The key or secret has been made useless (a new biometric, a restored backup). It will not come back.
    #[error("permanently invalidated")]
    Invalidated,
    /// The citizen closed the platform's prompt.
    #[error("called off")]
    Cancelled,
    /// Anything else; the code is the platform's own and holds no personal value.
    #[error("failed ({code})")]
    Failed { code: String },
}

/// Small secrets in the platform's keystore (Android Keystore, iOS Keychain). Absent is `Ok(None)`, not an error.
pub trait SecretStore: Send + Sync + 'static {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError>;
    fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError>;
    /// Deleting what is not there is not an error.
    fn delete(&self, name: &str) -> Result<(), PortError>;
}

/// One P-256 key that never leaves the device, made on first use.
pub trait DeviceKey: Send + Sync + 'static {
    /// The public key, uncompressed: `0x04 ‖ X ‖ Y`, 65 bytes (SEC 1 §2.3.3).
    fn public_key(&self) -> Result<Vec<u8>, PortError>;
    /// ECDSA with SHA-256 over `message`, DER as the platforms give it (RFC 3279 §2.2.3).
    fn sign_es256(&self, message: &[u8]) -> Result<Vec<u8>, PortError>;
    /// Seals a small key so that only this device opens it.
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError>;
    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError>;
    /// Destroys the key; the next use makes a new one.
    fn delete(&self) -> Result<(), PortError>;
}

/// A key that the platform gives out only to a finger or a face it knows, and destroys when those change. Optional.
pub trait BiometricKey: Send + Sync + 'static {
    /// Seals a small key, without a prompt; makes the platform's key if there is none.
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError>;
    /// Opens it after the platform's prompt, which may take a minute. [`PortError::Invalidated`]: the enrolment changed.
    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError>;
    /// Destroys the platform's key. Without a prompt; what is not there is not an error.
    fn delete(&self) -> Result<(), PortError>;
}

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

/// One redacted line of the core's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    pub level: Level,
    pub target: String,
    pub message: String,
    /// Unix time in milliseconds.
    pub at_ms: i64,
}

/// Where log lines go, in batches, from a thread of their own. A failure is swallowed.
pub trait LogSink: Send + Sync + 'static {
    fn write(&self, batch: Vec<LogRecord>) -> Result<(), PortError>;
}

/// Everything the platform lends the core.
#[derive(Clone)]
pub struct Ports {
    pub secrets: Arc<dyn SecretStore>,
    pub device_key: Arc<dyn DeviceKey>,
    /// `None`: the platform has none, or this is an extension.
    pub biometric: Option<Arc<dyn BiometricKey>>,
    pub log: Option<Arc<dyn LogSink>>,
    pub clock: Arc<dyn Clock>,
    #[cfg(feature = "test-controls")]
    pub controls: Controls,
}

impl Ports {
    /// With the device's own clock, no biometry and no log.
    pub fn new(secrets: Arc<dyn SecretStore>, device_key: Arc<dyn DeviceKey>) -> Self {
        Self {
            secrets,
            device_key,
            biometric: None,
            log: None,
            clock: Arc::new(SystemClock),
            #[cfg(feature = "test-controls")]
            controls: Controls::default(),
        }
    }

    /// What is looked at before the other side is believed: everything.
    pub fn checks(&self) -> Checks {
        #[cfg(feature = "test-controls")]
        if self.controls.unchecked.is_some() {
            log::warn!(target: "emongolia", "a check is left out, as a test asked");
        }
        #[cfg(feature = "test-controls")]
        return Checks::without(self.controls.unchecked);
        #[cfg(not(feature = "test-controls"))]
        Checks::default()
    }
}

/// Sabotage, for tests that must be able to fail.
#[cfg(feature = "test-controls")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Controls {
    /// A fresh idempotency key for every try: must double.
    pub key_per_try: bool,
    /// On the API of 2021 nothing is read back: must double.
    pub no_read_back: bool,
    /// Values are stored as they are: the canary scan must find them.
    pub unsealed: bool,
    /// Sign-out keeps the files and the keys.
    pub keep_on_sign_out: bool,
    /// A try at the PIN is counted after it was checked: a kill between the two must show a free try.
    pub count_late: bool,
    /// Told of each look at a PIN, at its moment.
    pub looked: Option<fn()>,
    /// Fewer rounds for a PIN that is set: for runs that are about something else.
    pub kdf_rounds: Option<u32>,
    /// This is not looked at: the lie that it keeps away must work.
    pub unchecked: Option<Check>,
    /// Sign-out keeps no journal: what it was killed in is left.
    pub no_journal: bool,
    /// Whoever is back from a bank's app has paid: must show a payment that nobody made.
    pub believe_banks: bool,
}
