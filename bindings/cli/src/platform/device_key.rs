//! A [`DeviceKey`] in software: a P-256 key and a wrapping key, each in a file for its owner alone.
//!
//! Guarantees: made once even when two processes ask first; what another or a destroyed key wrapped is refused as
//! invalidated, never answered with noise. A phone keeps this key in hardware; a terminal can't.

use std::path::{Path, PathBuf};

use emongolia_core::foundation::{
    crypto::random,
    ports::{DeviceKey, PortError},
};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use zeroize::Zeroizing;

use super::{files, secrets::port_error};

/// Bound into every wrapped key.
const PURPOSE: &[u8] = b"emongolia-cli wrapped key 1";

pub(crate) struct FileDeviceKey {
    signing: PathBuf,
    wrapping: PathBuf,
}

impl FileDeviceKey {
    pub(crate) fn in_dir(dir: &Path) -> Self {
        Self { signing: dir.join("device.p8"), wrapping: dir.join("device.wrap") }
    }

    fn pair(&self) -> Result<EcdsaKeyPair, PortError> {
        let pkcs8 = obtain(&self.signing, || {
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new());
            made.map(|document| Zeroizing::new(document.as_ref().to_vec())).map_err(|_| failed("generate"))
        })?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8, &SystemRandom::new())
            .map_err(|_| PortError::Invalidated)
    }
}

impl DeviceKey for FileDeviceKey {
    fn public_key(&self) -> Result<Vec<u8>, PortError> {
        Ok(self.pair()?.public_key().as_ref().to_vec())
    }

    fn sign_es256(&self, message: &[u8]) -> Result<Vec<u8>, PortError> {
        let signature = self.pair()?.sign(&SystemRandom::new(), message).map_err(|_| failed("sign"))?;
        Ok(signature.as_ref().to_vec())
    }

    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError> {
        let wrapping = obtain(&self.wrapping, || Ok(Zeroizing::new(random::bytes::<32>().to_vec())))?;
        let nonce = random::bytes::<NONCE_LEN>();
        let mut sealed = Zeroizing::new(key.to_vec());
        let tag = cipher(&wrapping)?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(PURPOSE), &mut sealed)
            .map_err(|_| failed("wrap"))?;
        Ok([&nonce[..], &sealed[..], tag.as_ref()].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        let found = files::read(&self.wrapping).map_err(|e| port_error(&e))?;
        let wrapping = Zeroizing::new(found.ok_or(PortError::Invalidated)?);
        if wrapped.len() < NONCE_LEN + MAX_TAG_LEN {
            return Err(PortError::Invalidated);
        }
        let (nonce, sealed) = wrapped.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| PortError::Invalidated)?;
        let mut key = Zeroizing::new(sealed.to_vec());
        let opened = cipher(&wrapping)?.open_in_place(nonce, Aad::from(PURPOSE), &mut key);
        opened.map(|key| key.to_vec()).map_err(|_| PortError::Invalidated)
    }

    /// The wrapping key first: with it gone, what is sealed is noise.
    fn delete(&self) -> Result<(), PortError> {
        files::destroy(&self.wrapping).and_then(|()| files::destroy(&self.signing)).map_err(|e| port_error(&e))
    }
}

/// What the file holds; made first if there is none. Of two that are made at once one counts.
fn obtain(
    path: &Path,
    make: impl FnOnce() -> Result<Zeroizing<Vec<u8>>, PortError>,
) -> Result<Zeroizing<Vec<u8>>, PortError> {
    let read = || files::read(path).map_err(|e| port_error(&e));
    if let Some(found) = read()? {
        return Ok(Zeroizing::new(found));
    }
    let made = make()?;
    let dir = path.parent().unwrap_or(Path::new("."));
    let ours = files::make_private_dir(dir).and_then(|()| files::write_new(path, &made)).map_err(|e| port_error(&e))?;
    if ours { Ok(made) } else { read()?.map(Zeroizing::new).ok_or(PortError::Unavailable) }
}

fn cipher(wrapping: &[u8]) -> Result<LessSafeKey, PortError> {
    UnboundKey::new(&AES_256_GCM, wrapping).map(LessSafeKey::new).map_err(|_| PortError::Invalidated)
}

fn failed(what: &str) -> PortError {
    PortError::Failed { code: format!("device_key.{what}") }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::*;

    fn key() -> (tempfile::TempDir, FileDeviceKey) {
        let dir = tempfile::tempdir().unwrap();
        let key = FileDeviceKey::in_dir(&dir.path().join("keys"));
        (dir, key)
    }

    #[test]
    fn a_signature_verifies_under_the_public_key_and_only_for_its_message() {
        let (_dir, key) = key();

        let signature = key.sign_es256("Өргөдөл".as_bytes()).unwrap();

        let public = key.public_key().unwrap();
        assert_eq!((public.len(), public[0]), (65, 4));
        let verifier = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public);
        verifier.verify("Өргөдөл".as_bytes(), &signature).unwrap();
        assert!(verifier.verify("Үргөдөл".as_bytes(), &signature).is_err());
    }

    #[test]
    fn the_key_is_the_same_at_the_next_start() {
        let (dir, key) = key();
        let (public, wrapped) = (key.public_key().unwrap(), key.wrap(b"32 bytes").unwrap());

        let again = FileDeviceKey::in_dir(&dir.path().join("keys"));

        assert_eq!(again.public_key().unwrap(), public);
        assert_eq!(again.unwrap(&wrapped).unwrap(), b"32 bytes");
        assert!(!wrapped.windows(8).any(|window| window == b"32 bytes"));
    }

    #[test]
    fn two_that_ask_first_get_one_key() {
        let (dir, _) = key();
        let keys = dir.path().join("keys");

        let threads: Vec<_> = (0..8)
            .map(|_| {
                let keys = keys.clone();
                std::thread::spawn(move || FileDeviceKey::in_dir(&keys).public_key().unwrap())
            })
            .collect();
        let found: std::collections::HashSet<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();

        assert_eq!(found.len(), 1);
    }

    #[test]
    fn what_is_not_ours_is_invalidated_not_noise() {
        let (_dir, key) = key();
        assert_eq!(key.unwrap(&[0; 60]), Err(PortError::Invalidated), "there is no key yet, and none is made for it");
        let mut wrapped = key.wrap(b"store key").unwrap();

        wrapped[14] ^= 1;

        assert_eq!(key.unwrap(&wrapped), Err(PortError::Invalidated));
        assert_eq!(key.unwrap(b"short"), Err(PortError::Invalidated));
    }

    #[test]
    fn a_destroyed_key_opens_nothing_and_the_next_one_is_another() {
        let (dir, key) = key();
        let (public, wrapped) = (key.public_key().unwrap(), key.wrap(b"store key").unwrap());

        key.delete().unwrap();
        key.delete().unwrap();

        assert_eq!(key.unwrap(&wrapped), Err(PortError::Invalidated));
        assert_eq!(std::fs::read_dir(dir.path().join("keys")).unwrap().count(), 0);
        assert_ne!(key.public_key().unwrap(), public);
        let _ = key.wrap(b"other").unwrap();
        assert_eq!(key.unwrap(&wrapped), Err(PortError::Invalidated));
    }
}
