//! What the platform lends the core: synchronous, fallible traits that Kotlin and Swift implement.
//!
//! Guarantees: called from threads of the core's own, never under a lock; an exception on the other side is a
//! [`PortError::Failed`] here; what was lent is let go of at shutdown.

use std::sync::{Arc, PoisonError, RwLock};

use emongolia_core::foundation::ports;

/// Why the platform did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PortError {
    /// Not now: the phone has not been unlocked since it started, or the keystore is busy. Nothing is wiped.
    #[error("not available now")]
    Unavailable,
    /// The key or secret was made useless for good: a new biometric, a restored backup.
    #[error("permanently invalidated")]
    Invalidated,
    /// The citizen closed the platform's prompt, or it closed by itself.
    #[error("cancelled")]
    Cancelled,
    /// Anything else.
    #[error("failed ({code})")]
    Failed {
        /// The platform's own code. It reaches the log: nothing personal, no message text.
        code: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for PortError {
    /// The exception's text stays behind: nobody knows what is in it.
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { code: "unexpected_exception".to_owned() }
    }
}

impl From<PortError> for ports::PortError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Unavailable => Self::Unavailable,
            PortError::Invalidated => Self::Invalidated,
            PortError::Cancelled => Self::Cancelled,
            PortError::Failed { code } => Self::Failed { code },
        }
    }
}

/// Small secrets in the platform's keystore (Android Keystore, iOS Keychain), on this device only.
#[uniffi::export(foreign)]
pub trait SecretStore: Send + Sync {
    /// Null if there is none: not an error.
    fn get(&self, name: String) -> Result<Option<Vec<u8>>, PortError>;
    /// Durable before it returns. Replaces what is there.
    fn put(&self, name: String, value: Vec<u8>) -> Result<(), PortError>;
    /// Deleting what is not there is not an error.
    fn delete(&self, name: String) -> Result<(), PortError>;
}

/// One P-256 key that never leaves the device, made on first use.
#[uniffi::export(foreign)]
pub trait DeviceKey: Send + Sync {
    /// Uncompressed: `0x04 ‖ X ‖ Y`, 65 bytes (SEC 1 §2.3.3).
    fn public_key(&self) -> Result<Vec<u8>, PortError>;
    /// ECDSA with SHA-256 over the message, DER as the platforms give it (RFC 3279 §2.2.3).
    fn sign_es256(&self, message: Vec<u8>) -> Result<Vec<u8>, PortError>;
    /// Seals a small key so that only this device opens it.
    fn wrap(&self, key: Vec<u8>) -> Result<Vec<u8>, PortError>;
    /// Opens what [`DeviceKey::wrap`] sealed.
    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, PortError>;
    /// Destroys the key; the next use makes a new one.
    fn delete(&self) -> Result<(), PortError>;
}

/// A key of the platform's that works only after its biometric prompt, and no more once the enrolment has changed.
#[uniffi::export(foreign)]
pub trait BiometricKey: Send + Sync {
    /// Seals a small key, without a prompt; makes the platform's key, anew if that is worth nothing any more.
    fn wrap(&self, key: Vec<u8>) -> Result<Vec<u8>, PortError>;
    /// Opens it after the platform's prompt: may block for a minute. [`PortError::Invalidated`]: the enrolment changed.
    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, PortError>;
    /// Destroys the platform's key, without a prompt. What is not there is not an error.
    fn delete(&self) -> Result<(), PortError>;
}

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum LogLevel {
    /// A defect, or a broken other side.
    Error,
    /// Something to look at later.
    Warn,
    /// What happened.
    Info,
    /// For whoever is looking for something.
    Debug,
}

/// One redacted line of the core's log.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LogRecord {
    /// How serious.
    pub level: LogLevel,
    /// Who speaks.
    pub target: String,
    /// What they say.
    pub message: String,
    /// Unix milliseconds.
    pub at_ms: i64,
}

/// Where the core's log goes, in batches, from a thread of its own. A failure is swallowed; what a sink logs itself is lost.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// Oldest first.
    fn write(&self, batch: Vec<LogRecord>) -> Result<(), PortError>;
}

impl From<ports::Level> for LogLevel {
    fn from(level: ports::Level) -> Self {
        match level {
            ports::Level::Error => Self::Error,
            ports::Level::Warn => Self::Warn,
            ports::Level::Info => Self::Info,
            ports::Level::Debug => Self::Debug,
        }
    }
}

impl From<ports::LogRecord> for LogRecord {
    fn from(record: ports::LogRecord) -> Self {
        let ports::LogRecord { level, target, message, at_ms } = record;
        Self { level: level.into(), target, message, at_ms }
    }
}

/// What the shell lent for the life of the core. All clones are one loan.
#[derive(Clone)]
pub(crate) struct Lent {
    secrets: Loan<dyn SecretStore>,
    device_key: Loan<dyn DeviceKey>,
    biometric: Option<Loan<dyn BiometricKey>>,
    log: Option<Loan<dyn LogSink>>,
}

impl Lent {
    pub(crate) fn new(
        secrets: Arc<dyn SecretStore>,
        device_key: Arc<dyn DeviceKey>,
        biometric: Option<Arc<dyn BiometricKey>>,
        log: Option<Arc<dyn LogSink>>,
    ) -> Self {
        let (secrets, device_key) = (Loan::new(secrets), Loan::new(device_key));
        Self { secrets, device_key, biometric: biometric.map(Loan::new), log: log.map(Loan::new) }
    }

    /// As the core takes it, with the device's own clock.
    pub(crate) fn ports(&self) -> ports::Ports {
        let mut ports = ports::Ports::new(Arc::new(self.secrets.clone()), Arc::new(self.device_key.clone()));
        ports.biometric = self.biometric.clone().map(|key| Arc::new(key) as Arc<dyn ports::BiometricKey>);
        ports.log = self.log.clone().map(|log| Arc::new(log) as Arc<dyn ports::LogSink>);
        ports
    }

    /// Lets go of the shell's objects: a store that knows the core it was lent to would keep both alive for ever.
    pub(crate) fn give_back(&self) {
        self.secrets.give_back();
        self.device_key.give_back();
        if let Some(biometric) = &self.biometric {
            biometric.give_back();
        }
        if let Some(log) = &self.log {
            log.give_back();
        }
    }
}

struct Loan<T: ?Sized>(Arc<RwLock<Option<Arc<T>>>>);

impl<T: ?Sized> Clone for Loan<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> Loan<T> {
    fn new(lent: Arc<T>) -> Self {
        Self(Arc::new(RwLock::new(Some(lent))))
    }

    fn give_back(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The lock is over before the call begins.
    fn ask<R>(&self, call: impl FnOnce(&T) -> Result<R, PortError>) -> Result<R, ports::PortError> {
        let lent = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(call(&*lent.ok_or(ports::PortError::Unavailable)?)?)
    }
}

impl ports::SecretStore for Loan<dyn SecretStore> {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, ports::PortError> {
        self.ask(|store| store.get(name.to_owned()))
    }

    fn put(&self, name: &str, value: &[u8]) -> Result<(), ports::PortError> {
        self.ask(|store| store.put(name.to_owned(), value.to_vec()))
    }

    fn delete(&self, name: &str) -> Result<(), ports::PortError> {
        self.ask(|store| store.delete(name.to_owned()))
    }
}

impl ports::DeviceKey for Loan<dyn DeviceKey> {
    fn public_key(&self) -> Result<Vec<u8>, ports::PortError> {
        self.ask(|key| key.public_key())
    }

    fn sign_es256(&self, message: &[u8]) -> Result<Vec<u8>, ports::PortError> {
        self.ask(|key| key.sign_es256(message.to_vec()))
    }

    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, ports::PortError> {
        self.ask(|device| device.wrap(key.to_vec()))
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, ports::PortError> {
        self.ask(|device| device.unwrap(wrapped.to_vec()))
    }

    fn delete(&self) -> Result<(), ports::PortError> {
        self.ask(|device| device.delete())
    }
}

impl ports::BiometricKey for Loan<dyn BiometricKey> {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, ports::PortError> {
        self.ask(|biometric| biometric.wrap(key.to_vec()))
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, ports::PortError> {
        self.ask(|biometric| biometric.unwrap(wrapped.to_vec()))
    }

    fn delete(&self) -> Result<(), ports::PortError> {
        self.ask(|biometric| biometric.delete())
    }
}

impl ports::LogSink for Loan<dyn LogSink> {
    fn write(&self, batch: Vec<ports::LogRecord>) -> Result<(), ports::PortError> {
        self.ask(|sink| sink.write(batch.into_iter().map(LogRecord::from).collect()))
    }
}
