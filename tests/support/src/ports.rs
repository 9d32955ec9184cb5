//! The platform's ports in memory, with switches that make them fail as platforms do.
//!
//! Guarantees: nothing touches a disk; a key that was deleted opens nothing again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use emongolia_core::foundation::ports::{DeviceKey, LogRecord, LogSink, PortError, Ports, SecretStore};
use ring::{
    aead,
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};

/// What a port does when it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Health {
    #[default]
    Works,
    Fails(PortError),
}

/// A keystore in memory. Cheap to clone; all clones are one store.
#[derive(Clone, Default)]
pub struct MemorySecrets(Arc<Mutex<Secrets>>);

#[derive(Default)]
struct Secrets {
    kept: BTreeMap<String, Vec<u8>>,
    health: Health,
}

impl MemorySecrets {
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on: as before the first unlock of the phone.
    pub fn unavailable(&self) {
        self.set(Health::Fails(PortError::Unavailable));
    }

    /// From now on: the platform's own failure.
    pub fn fail(&self) {
        self.set(Health::Fails(PortError::Failed { code: "test".into() }));
    }

    pub fn works(&self) {
        self.set(Health::Works);
    }

    pub fn set(&self, health: Health) {
        lock(&self.0).health = health;
    }

    /// Names of what is kept, whatever the health.
    pub fn names(&self) -> Vec<String> {
        lock(&self.0).kept.keys().cloned().collect()
    }

    fn healthy(&self) -> Result<MutexGuard<'_, Secrets>, PortError> {
        let secrets = lock(&self.0);
        check(&secrets.health)?;
        Ok(secrets)
    }
}

impl SecretStore for MemorySecrets {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.healthy()?.kept.get(name).cloned())
    }

    fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        self.healthy()?.kept.insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), PortError> {
        self.healthy()?.kept.remove(name);
        Ok(())
    }
}

/// A P-256 key in memory, on ring. Cheap to clone; all clones are one key.
#[derive(Clone, Default)]
pub struct MemoryDeviceKey(Arc<Mutex<Slot>>);

#[derive(Default)]
struct Slot {
    key: Option<Key>,
    health: Health,
    passed: BTreeSet<Vec<u8>>,
}

struct Key {
    pair: EcdsaKeyPair,
    wrapping: aead::LessSafeKey,
}

impl MemoryDeviceKey {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn set(&self, health: Health) {
        lock(&self.0).health = health;
    }

    /// Every key that was wrapped or unwrapped so far, in clear: what must be readable nowhere else.
    pub fn passed(&self) -> Vec<Vec<u8>> {
        lock(&self.0).passed.iter().cloned().collect()
    }

    /// Whether a key exists now: false before the first use and after `delete`.
    pub fn exists(&self) -> bool {
        lock(&self.0).key.is_some()
    }

    fn note(&self, key: &[u8]) {
        lock(&self.0).passed.insert(key.to_vec());
    }

    fn with<T>(&self, use_key: impl FnOnce(&Key) -> Result<T, PortError>) -> Result<T, PortError> {
        let mut slot = lock(&self.0);
        check(&slot.health)?;
        let key = match slot.key.take() {
            Some(key) => key,
            None => Key::make()?,
        };
        use_key(slot.key.insert(key))
    }
}

impl Key {
    fn make() -> Result<Self, PortError> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| failed("generate"))?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).map_err(|_| failed("load"))?;
        let mut wrapping = [0; 32];
        random.fill(&mut wrapping).map_err(|_| failed("random"))?;
        let wrapping = aead::UnboundKey::new(&aead::AES_256_GCM, &wrapping).map_err(|_| failed("wrapping key"))?;
        Ok(Self { pair, wrapping: aead::LessSafeKey::new(wrapping) })
    }
}

impl DeviceKey for MemoryDeviceKey {
    fn public_key(&self) -> Result<Vec<u8>, PortError> {
        self.with(|key| Ok(key.pair.public_key().as_ref().to_vec()))
    }

    fn sign_es256(&self, message: &[u8]) -> Result<Vec<u8>, PortError> {
        self.with(|key| {
            let signature = key.pair.sign(&SystemRandom::new(), message).map_err(|_| failed("sign"))?;
            Ok(signature.as_ref().to_vec())
        })
    }

    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, PortError> {
        self.note(plain);
        self.with(|key| {
            let mut nonce = [0; aead::NONCE_LEN];
            SystemRandom::new().fill(&mut nonce).map_err(|_| failed("random"))?;
            let mut sealed = plain.to_vec();
            key.wrapping
                .seal_in_place_append_tag(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::empty(), &mut sealed)
                .map_err(|_| failed("seal"))?;
            Ok([&nonce[..], &sealed].concat())
        })
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        let plain = self.with(|key| {
            let (nonce, sealed) = wrapped.split_first_chunk().ok_or_else(|| failed("too short"))?;
            let mut sealed = sealed.to_vec();
            let plain = key
                .wrapping
                .open_in_place(aead::Nonce::assume_unique_for_key(*nonce), aead::Aad::empty(), &mut sealed)
                .map_err(|_| PortError::Invalidated)?; // another key's: it will not come back
            Ok(plain.to_vec())
        })?;
        self.note(&plain);
        Ok(plain)
    }

    fn delete(&self) -> Result<(), PortError> {
        let mut slot = lock(&self.0);
        check(&slot.health)?;
        slot.key = None;
        Ok(())
    }
}

/// Keeps every log line. Cheap to clone; all clones are one log.
#[derive(Clone, Default)]
pub struct MemoryLog(Arc<Mutex<Vec<LogRecord>>>);

impl MemoryLog {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn records(&self) -> Vec<LogRecord> {
        lock(&self.0).clone()
    }
}

impl LogSink for MemoryLog {
    fn write(&self, batch: Vec<LogRecord>) -> Result<(), PortError> {
        lock(&self.0).extend(batch);
        Ok(())
    }
}

/// One phone: its ports, and the handles a test pulls at. Outlives restarts of the core.
#[derive(Clone, Default)]
pub struct MemoryPhone {
    pub secrets: MemorySecrets,
    pub device_key: MemoryDeviceKey,
    pub log: MemoryLog,
}

impl MemoryPhone {
    pub fn new() -> Self {
        Self::default()
    }

    /// With the device's own clock; a test sets `clock` for another.
    pub fn ports(&self) -> Ports {
        let mut ports = Ports::new(Arc::new(self.secrets.clone()), Arc::new(self.device_key.clone()));
        ports.log = Some(Arc::new(self.log.clone()));
        ports
    }
}

fn check(health: &Health) -> Result<(), PortError> {
    match health {
        Health::Works => Ok(()),
        Health::Fails(error) => Err(error.clone()),
    }
}

fn failed(code: &str) -> PortError {
    PortError::Failed { code: code.into() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::*;

    #[test]
    fn an_absent_secret_is_not_an_unavailable_one() {
        let secrets = MemorySecrets::new();
        assert_eq!(secrets.get("түлхүүр"), Ok(None));

        secrets.unavailable();

        assert_eq!(secrets.get("түлхүүр"), Err(PortError::Unavailable));
    }

    #[test]
    fn a_secret_outlives_a_failure() {
        let secrets = MemorySecrets::new();
        secrets.put("нэр", "Өлзийт".as_bytes()).unwrap();

        secrets.fail();
        assert_eq!(secrets.delete("нэр"), Err(PortError::Failed { code: "test".into() }));
        secrets.works();

        assert_eq!(secrets.get("нэр"), Ok(Some("Өлзийт".as_bytes().to_vec())));
        assert_eq!(secrets.names(), ["нэр"]);
    }

    #[test]
    fn a_signature_verifies_under_the_public_key() {
        let key = MemoryDeviceKey::new();

        let signature = key.sign_es256("Үнэмлэх".as_bytes()).unwrap();

        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_key().unwrap());
        assert!(public.verify("Үнэмлэх".as_bytes(), &signature).is_ok());
        assert!(public.verify("Үнэмлэx".as_bytes(), &signature).is_err()); // the last letter is Latin
    }

    #[test]
    fn what_a_key_wrapped_only_that_key_unwraps() {
        let key = MemoryDeviceKey::new();
        let wrapped = key.wrap(&[7; 32]).unwrap();
        assert_eq!(key.unwrap(&wrapped), Ok(vec![7; 32]));

        key.delete().unwrap();

        assert!(!key.exists());
        assert_eq!(key.unwrap(&wrapped), Err(PortError::Invalidated));
    }

    #[test]
    fn a_failing_device_key_makes_no_key() {
        let key = MemoryDeviceKey::new();

        key.set(Health::Fails(PortError::Unavailable));

        assert_eq!(key.public_key(), Err(PortError::Unavailable));
        assert!(!key.exists());
    }
}
