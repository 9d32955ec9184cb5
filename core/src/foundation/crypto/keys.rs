//! The key hierarchy: from the key that never leaves the device to the data keys of both files.
//!
//! ```text
//! DeviceKey ── unwraps ──> D, the device secret ── HKDF ──> seals the key record; seals attempts to sign in
//! D and a way (none, PIN, biometry, recovery; see `release`) ──> M, the master key ── opens ──> S, the store key
//! S ── HKDF-SHA-256, info = purpose ──> data key of state.db, of cache.db; key id
//! ```
//! Guarantees: M and S exist in clear only in memory, zeroised when forgotten; without S every sealed value is noise, so
//! deleting the record is deleting them; whoever finds the record shut makes no other.

use std::sync::{
    Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use tokio::sync::OwnedMutexGuard;
use zeroize::Zeroizing;

use super::{
    pin::LockFacts,
    random,
    record::{self, Record},
    release::{Bringing, Key, derive},
};
use crate::foundation::{
    error::{Error, Outcome, Outward},
    ports::{PortError, Ports},
};

/// Where a store key was kept before there were records: wrapped by the device key, without a lock.
pub(super) const STORE_KEY: &str = "store-key";

/// Everything of ours that the platform's [`SecretStore`](crate::foundation::ports::SecretStore) keeps.
const ITEMS: [&str; 2] = [record::NAME, STORE_KEY];

/// Which file a data key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum File {
    /// `cache.db`: pulled rows, can be rebuilt.
    Cache,
    /// `state.db`: session, outbox, receipts, local changes.
    State,
}

impl File {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cache => "cache.db",
            Self::State => "state.db",
        }
    }
}

/// Tells keys apart: the first 4 bytes of HKDF with info `id`. Not secret.
pub type KeyId = [u8; 4];

/// What a store key gives.
struct DataKeys {
    id: KeyId,
    cache: Key,
    state: Key,
}

impl DataKeys {
    fn derive(store_key: &[u8]) -> Option<Self> {
        Some(Self {
            id: *derive(store_key, &[b"id"])?,
            cache: derive(store_key, &[b"cache.db"])?,
            state: derive(store_key, &[b"state.db"])?,
        })
    }

    fn of(&self, file: File) -> Key {
        match file {
            File::Cache => self.cache.clone(),
            File::State => self.state.clone(),
        }
    }
}

/// What an open record gives.
struct Open {
    now: DataKeys,
    /// Of the store key before this one, while values may be under it.
    before: Option<DataKeys>,
    /// M: for another way to it while the core is open.
    master: Key,
    /// When the store key was made. Unix milliseconds.
    made_at: i64,
}

/// What a sealer seals with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Under {
    /// The data key of a file.
    DataKey(File),
    /// What is there also while the data keys are not.
    AttemptKey,
}

/// How far the keys came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlocked {
    Opened(KeyId),
    /// There is no record: nobody has signed in.
    Absent,
    /// A PIN or biometry is asked for.
    Shut,
    /// Too many wrong PINs: only a sign-in of the same citizen opens it.
    Spent,
    /// The keystore can't be used now: nothing may be concluded from it.
    Unavailable,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the keystore can't be used now")]
    Unavailable,
    /// The record no longer opens: a restored backup, another device, a wiped keystore.
    #[error("the stored key is useless: {0}")]
    Useless(PortError),
    #[error("the keystore failed: {0}")]
    Port(PortError),
    #[error("the app is locked")]
    Shut,
    /// *ring* refused what it never refuses.
    #[error("the cryptography failed")]
    Crypto,
}

impl Outward for KeyError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Unavailable | Self::Shut => Outcome::Expected(Error::Locked),
            Self::Useless(_) => Outcome::Notable(Error::SignInRequired),
            Self::Port(_) => Outcome::Defect("keystore.failed"),
            Self::Crypto => Outcome::Defect("keystore.crypto"),
        }
    }
}

impl From<PortError> for KeyError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Unavailable => Self::Unavailable,
            PortError::Invalidated => Self::Useless(error),
            PortError::Failed { .. } | PortError::Cancelled => Self::Port(error), // only biometry is called off
        }
    }
}

/// The keys while they are in memory. Cheap to clone; all clones are one ring.
#[derive(Clone, Default)]
pub struct KeyRing(Arc<Ring>);

#[derive(Default)]
struct Ring {
    held: RwLock<Held>,
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Values that this process has sealed under a data key.
    sealed: AtomicU32,
    /// A value names a key that is not here: another process may have made another.
    stale: AtomicBool,
}

#[derive(Default)]
struct Held {
    data: Option<Open>,
    /// Not secret from whoever holds the device: kept while the app is locked.
    attempts: Option<(KeyId, Key)>,
    lock: Option<LockFacts>,
    /// The platform did not give the record when it was last asked: there may be one all the same.
    unavailable: bool,
}

impl KeyRing {
    /// Fetches the record and opens it if it opens by itself. A ring that is open stays open. Blocks: calls ports.
    pub fn unlock(&self, ports: &Ports) -> Result<Unlocked, KeyError> {
        let fetched = fetch(ports);
        self.write().unavailable = matches!(fetched, Err(KeyError::Unavailable));
        match fetched {
            Ok(Some(record)) => self.open(&record),
            Ok(None) => Ok(Unlocked::Absent),
            Err(KeyError::Unavailable) => Ok(Unlocked::Unavailable),
            Err(error) => Err(error),
        }
    }

    /// As [`KeyRing::unlock`], for a sign-in: makes a store key if there is none or only one that opens nothing. What it
    /// gives is [`Unlocked::Opened`], or [`Unlocked::Spent`], when a sign-in is what helps. Blocks: calls ports.
    pub fn unlock_or_create(&self, ports: &Ports) -> Result<Unlocked, KeyError> {
        match self.unlock(ports) {
            Ok(unlocked @ (Unlocked::Opened(_) | Unlocked::Spent)) => return Ok(unlocked),
            Ok(Unlocked::Absent) => {}
            Ok(Unlocked::Shut) => return Err(KeyError::Shut),
            Ok(Unlocked::Unavailable) => return Err(KeyError::Unavailable),
            // A restored backup: nothing can open it again, and left in place it would bar every sign-in.
            Err(KeyError::Useless(_)) if self.id().is_none() => self.destroy(ports)?,
            Err(error) => return Err(error),
        }
        let record = Record::new(ports, &random::bytes::<32>())?;
        record.put(ports)?;
        self.open(&record)
    }

    /// Who changes the record reads it first, so one at a time does: held until that call of ours has ended.
    pub async fn turn(&self) -> OwnedMutexGuard<()> {
        self.0.turn.clone().lock_owned().await
    }

    fn open(&self, record: &Record) -> Result<Unlocked, KeyError> {
        self.note(record)?;
        if let Some(master) = record.master(Bringing::Nothing) {
            return self.hold(record, master).map(Unlocked::Opened);
        }
        if !record.asks_for_pin() {
            self.forget();
            return Ok(Unlocked::Spent);
        }
        Ok(self.id().map_or(Unlocked::Shut, Unlocked::Opened))
    }

    /// What is known of a record without opening it.
    pub(super) fn note(&self, record: &Record) -> Result<(), KeyError> {
        let key = record.attempt_key()?;
        let id = *derive(&key[..], &[b"id"]).ok_or(KeyError::Crypto)?;
        let mut held = self.write();
        (held.attempts, held.lock) = (Some((id, key)), Some(LockFacts::of(record)));
        Ok(())
    }

    pub(super) fn hold(&self, record: &Record, master: Key) -> Result<KeyId, KeyError> {
        let now = DataKeys::derive(&record.store_key(&master)?).ok_or(KeyError::Crypto)?;
        let before = match record.previous(&master)? {
            Some(previous) => Some(DataKeys::derive(&previous).ok_or(KeyError::Crypto)?),
            None => None,
        };
        let id = now.id;
        self.write().data = Some(Open { now, before, master, made_at: record.rotated_at });
        Ok(id)
    }

    /// Forgets and zeroises the data keys in memory; the platform keeps its own.
    pub fn forget(&self) {
        self.write().data = None;
    }

    /// Deletes the record and the device key from the platform: every sealed value becomes noise. Blocks: calls ports.
    pub fn destroy(&self, ports: &Ports) -> Result<(), KeyError> {
        *self.write() = Held::default();
        for item in ITEMS {
            ports.secrets.delete(item)?;
        }
        ports.device_key.delete()?;
        if let Some(biometric) = &ports.biometric {
            biometric.delete()?;
        }
        Ok(())
    }

    /// The id of the data keys in memory, if there are any.
    pub fn id(&self) -> Option<KeyId> {
        self.read().data.as_ref().map(|keys| keys.now.id)
    }

    /// The id of the data keys before them, while values may be under those.
    pub fn before(&self) -> Option<KeyId> {
        self.read().data.as_ref().and_then(|keys| keys.before.as_ref()).map(|before| before.id)
    }

    /// Whether what is sealed under this key opens.
    pub fn knows(&self, id: KeyId) -> bool {
        self.id() == Some(id) || self.before() == Some(id)
    }

    /// Whether a value named a key that is not here since this was asked last: the record is to be read once more.
    pub fn is_stale(&self) -> bool {
        self.0.stale.swap(false, Ordering::Relaxed)
    }

    pub(super) fn made_at(&self) -> Option<i64> {
        self.read().data.as_ref().map(|keys| keys.made_at)
    }

    pub(super) fn sealed(&self) -> u32 {
        self.0.sealed.load(Ordering::Relaxed)
    }

    pub(super) fn count_from(&self, sealed: u32) {
        self.0.sealed.store(sealed, Ordering::Relaxed);
    }

    /// What the record said of the lock when it was last seen; `None`: there was none.
    pub fn lock(&self) -> Option<LockFacts> {
        self.read().lock
    }

    /// Whether the platform did not give the record when it was last asked for: nothing may be concluded from its absence.
    pub fn is_unavailable(&self) -> bool {
        self.read().unavailable
    }

    pub(super) fn master(&self) -> Option<Key> {
        self.read().data.as_ref().map(|keys| keys.master.clone())
    }

    /// What a value is sealed with.
    pub(super) fn key(&self, under: Under) -> Option<(KeyId, Key)> {
        let held = self.read();
        match under {
            Under::DataKey(file) => {
                self.0.sealed.fetch_add(1, Ordering::Relaxed);
                held.data.as_ref().map(|keys| (keys.now.id, keys.now.of(file)))
            }
            Under::AttemptKey => held.attempts.clone(),
        }
    }

    /// What a value opens with that names this key. `None` inside: it is none of ours.
    pub(super) fn key_named(&self, under: Under, id: &[u8]) -> Option<Option<Key>> {
        let held = self.read();
        let key = match under {
            Under::DataKey(file) => {
                let keys = held.data.as_ref()?;
                let named = std::iter::once(&keys.now).chain(&keys.before).find(|keys| keys.id == id);
                named.map(|keys| keys.of(file))
            }
            Under::AttemptKey => held.attempts.as_ref().map(|(ours, key)| (ours == id).then(|| key.clone()))?,
        };
        self.0.stale.fetch_or(key.is_none(), Ordering::Relaxed);
        Some(key)
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.0.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A ring with a key nobody stores, for tests.
    #[cfg(test)]
    pub fn for_tests() -> Self {
        let ring = Self::default();
        let now = DataKeys::derive(&[7; 32]).unwrap();
        let attempts = Some((now.id, now.state.clone()));
        let data = Some(Open { now, before: None, master: Zeroizing::new([7; 32]), made_at: 0 });
        *ring.write() = Held { data, attempts, ..Held::default() };
        ring
    }
}

/// The record; one is made of the store key of an installation that has none yet. Cut short, that is done again or has
/// been done: the record counts from the moment it is there.
pub(super) fn fetch(ports: &Ports) -> Result<Option<Record>, KeyError> {
    if let Some(record) = Record::fetch(ports)? {
        return Ok(Some(record));
    }
    let Some(wrapped) = ports.secrets.get(STORE_KEY)? else { return Ok(None) };
    let store_key = Zeroizing::new(ports.device_key.unwrap(&wrapped)?);
    let record = Record::new(ports, &store_key)?;
    record.put(ports)?;
    if let Err(error) = ports.secrets.delete(STORE_KEY) {
        log::warn!(target: "emongolia", "the store key's old place is emptied before a PIN is set: {error}");
    }
    Ok(Some(record))
}

crate::foundation::error::outward_from!(KeyError);
