//! Phones that sign in at the provider: one whose clock is moved, and copies of it with its key or another.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use emongolia_core::{
    App, Config, Error,
    foundation::{
        clock::{Clock, Sleep, SystemClock, Timestamp},
        ports::{Controls, DeviceKey, PortError, Ports, SecretStore as _},
    },
};
use emongolia_support::{
    Failure, Result,
    front::Front,
    ports::{MemoryDeviceKey, MemorySecrets},
    temp::InstallDir,
};

/// An installation that outlives restarts of the core.
pub struct Phone {
    pub config: Config,
    pub clock: MovedClock,
    pub controls: Controls,
    dirs: InstallDir,
    secrets: MemorySecrets,
    key: LastingKey,
}

impl Phone {
    /// New, with what is behind the front as authorisation server and as gateway.
    pub fn new(front: &Front) -> Result<Self> {
        let dirs = InstallDir::new()?;
        let config = front.config(dirs.state(), dirs.cache());
        let (secrets, key, clock) = (MemorySecrets::new(), LastingKey::default(), MovedClock::default());
        Ok(Self { config, clock, controls: Controls::default(), dirs, secrets, key })
    }

    /// Starts the core, as the platform starts the app.
    pub fn start(&self) -> Result<App, Error> {
        let mut ports = Ports::new(Arc::new(self.secrets.clone()), Arc::new(self.key.clone()));
        ports.clock = Arc::new(self.clock.clone());
        ports.controls = self.controls;
        App::open(self.config.clone(), ports)
    }

    /// All its files and all its secrets, as of now, under the same keys. Of a phone whose core is shut down.
    pub fn copy(&self) -> Result<Self> {
        let dirs = InstallDir::new()?;
        copy_files(&self.dirs.state(), &dirs.state())?;
        copy_files(&self.dirs.cache(), &dirs.cache())?;
        let secrets = MemorySecrets::new();
        for name in self.secrets.names() {
            if let Some(value) = self.secrets.get(&name).map_err(port)? {
                secrets.put(&name, &value).map_err(port)?;
            }
        }
        let config = Config { state_dir: dirs.state(), cache_dir: dirs.cache(), ..self.config.clone() };
        Ok(Self { config, clock: self.clock.clone(), controls: self.controls, dirs, secrets, key: self.key.clone() })
    }

    /// As [`Phone::copy`], and everything in it can be opened; but what it signs is signed by another phone's key.
    pub fn copy_that_signs_otherwise(&self) -> Result<Self> {
        let mut copy = self.copy()?;
        copy.key.signing = MemoryDeviceKey::new();
        Ok(copy)
    }
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    let failed = |source| Failure::File { path: from.to_owned(), source };
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).map_err(failed)?;
        }
    }
    Ok(())
}

fn port(error: PortError) -> Failure {
    Failure::Malformed { what: "the secrets in memory".into(), detail: error.to_string() }
}

/// The device's clock, moved by hand; what waits, waits for real.
#[derive(Clone, Default)]
pub struct MovedClock(Arc<AtomicI64>);

impl MovedClock {
    pub fn advance(&self, span: Duration) {
        self.shift(i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
    }

    /// Ahead by so much, or behind when negative.
    pub fn shift(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(SystemClock.now().unix_ms() + self.0.load(Ordering::SeqCst))
    }

    fn sleep(&self, span: Duration) -> Sleep {
        SystemClock.sleep(span)
    }
}

/// A device key that survives its deletion: a copy of the phone goes on when the phone has signed out.
#[derive(Clone, Default)]
struct LastingKey {
    wrapping: MemoryDeviceKey,
    signing: MemoryDeviceKey,
}

impl DeviceKey for LastingKey {
    fn public_key(&self) -> Result<Vec<u8>, PortError> {
        self.signing.public_key()
    }

    fn sign_es256(&self, message: &[u8]) -> Result<Vec<u8>, PortError> {
        self.signing.sign_es256(message)
    }

    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, PortError> {
        self.wrapping.wrap(plain)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        self.wrapping.unwrap(wrapped)
    }

    fn delete(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_signs_otherwise_still_opens_what_the_first_one_wrapped() {
        let key = LastingKey::default();
        let wrapped = key.wrap("Өмч".as_bytes()).unwrap();

        let other = LastingKey { signing: MemoryDeviceKey::new(), ..key.clone() };

        assert_eq!(other.unwrap(&wrapped), Ok("Өмч".as_bytes().to_vec()));
        assert_ne!(other.public_key(), key.public_key());
    }

    #[test]
    fn a_moved_clock_is_off_by_so_much() {
        let (clock, other) = (MovedClock::default(), MovedClock::default());

        clock.shift(-3_600_000);

        assert!(other.now().since(clock.now()) >= Duration::from_secs(3_600));
    }
}
