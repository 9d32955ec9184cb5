//! The key hierarchy: one store key, held by the platform, and the data keys derived from it.
//!
//! ```text
//! DeviceKey (never leaves the device) ── wraps ──> store key (32 random bytes, in SecretStore)
//! store key ── HKDF-SHA-256, info = purpose ──> data key of state.db, of cache.db; key id
//! ```
//! Guarantees: the store key exists in clear only in memory, zeroised when forgotten; without it every sealed
//! value is noise, so deleting it is deleting them.

use std::sync::{Arc, PoisonError, RwLock};

use ring::hkdf;
use zeroize::Zeroizing;

use super::random;
use crate::foundation::{
    error::{Error, Outcome, Outward},
    ports::{PortError, Ports},
};

/// Name of the wrapped store key in the platform's [`SecretStore`](crate::foundation::ports::SecretStore).
const STORE_KEY: &str = "store-key";

/// Bound into every derived key, so that another application's or a later layout's keys never coincide.
const SALT: &[u8] = b"mn.emongolia/1";

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

pub(super) struct DataKeys {
    pub(super) id: KeyId,
    cache: Zeroizing<[u8; 32]>,
    state: Zeroizing<[u8; 32]>,
}

impl DataKeys {
    fn derive(store_key: &[u8]) -> Option<Self> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(store_key);
        Some(Self {
            id: expand(&prk, b"id").map(|k: Zeroizing<[u8; 4]>| *k)?,
            cache: expand(&prk, b"cache.db")?,
            state: expand(&prk, b"state.db")?,
        })
    }

    pub(super) fn of(&self, file: File) -> &[u8; 32] {
        match file {
            File::Cache => &self.cache,
            File::State => &self.state,
        }
    }
}

fn expand<const N: usize>(prk: &hkdf::Prk, info: &[u8]) -> Option<Zeroizing<[u8; N]>>
where
    [u8; N]: zeroize::Zeroize,
{
    struct Len(usize);
    impl hkdf::KeyType for Len {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = Zeroizing::new([0; N]);
    prk.expand(&[info], Len(N)).ok()?.fill(&mut out[..]).ok()?;
    Some(out)
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the keystore can't be used now")]
    Unavailable,
    /// The stored key no longer opens: a restored backup, another device, a wiped keystore.
    #[error("the stored key is useless: {0}")]
    Useless(PortError),
    #[error("the keystore failed: {0}")]
    Port(PortError),
    #[error("no store key: nobody has signed in")]
    Absent,
}

impl Outward for KeyError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Unavailable => Outcome::Expected(Error::Locked),
            Self::Absent => Outcome::Expected(Error::SignInRequired),
            Self::Useless(_) => Outcome::Notable(Error::SignInRequired),
            Self::Port(_) => Outcome::Defect("keystore.failed"),
        }
    }
}

impl From<PortError> for KeyError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Unavailable => Self::Unavailable,
            PortError::Invalidated => Self::Useless(error),
            PortError::Failed { .. } => Self::Port(error),
        }
    }
}

/// The data keys while they are in memory. Cheap to clone; all clones are one ring.
#[derive(Clone, Default)]
pub struct KeyRing(Arc<RwLock<Option<Arc<DataKeys>>>>);

impl KeyRing {
    /// Fetches the store key from the platform. `Ok(None)`: there is none. Blocks: calls ports.
    pub fn unlock(&self, ports: &Ports) -> Result<Option<KeyId>, KeyError> {
        let Some(wrapped) = ports.secrets.get(STORE_KEY)? else { return Ok(None) };
        let store_key = Zeroizing::new(ports.device_key.unwrap(&wrapped)?);
        self.hold(&store_key).map(Some)
    }

    /// As [`KeyRing::unlock`], and makes a store key if there is none or only one that opens nothing. Blocks: calls ports.
    pub fn unlock_or_create(&self, ports: &Ports) -> Result<KeyId, KeyError> {
        match self.unlock(ports) {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => {}
            // A restored backup: nothing can open it again, and left in place it would bar every sign-in.
            Err(KeyError::Useless(_)) if self.id().is_none() => self.destroy(ports)?,
            Err(error) => return Err(error),
        }
        let store_key = Zeroizing::new(random::bytes::<32>());
        let wrapped = ports.device_key.wrap(&store_key[..])?;
        ports.secrets.put(STORE_KEY, &wrapped)?;
        self.hold(&store_key[..])
    }

    fn hold(&self, store_key: &[u8]) -> Result<KeyId, KeyError> {
        let failed = || KeyError::Port(PortError::Failed { code: "hkdf".into() });
        let keys = DataKeys::derive(store_key).ok_or_else(failed)?;
        let id = keys.id;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
        Ok(id)
    }

    /// Forgets and zeroises the keys in memory; the platform keeps its own.
    pub fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Deletes the store key and the device key from the platform: every sealed value becomes noise. Blocks: calls ports.
    pub fn destroy(&self, ports: &Ports) -> Result<(), KeyError> {
        self.forget();
        ports.secrets.delete(STORE_KEY)?;
        ports.device_key.delete()?;
        Ok(())
    }

    /// The id of the key in memory, if there is one.
    pub fn id(&self) -> Option<KeyId> {
        self.get().map(|keys| keys.id)
    }

    pub(super) fn get(&self) -> Option<Arc<DataKeys>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A ring with a key nobody stores, for tests.
    #[cfg(test)]
    pub fn for_tests() -> Self {
        let ring = Self::default();
        ring.hold(&[7; 32]).unwrap();
        ring
    }
}

crate::foundation::error::outward_from!(KeyError);
