//! What an installation is told at start. Nothing here is secret.

use std::path::PathBuf;

use crate::foundation::{
    clock::Timestamp,
    crypto::digest::sha256,
    error::{Error, Result},
};

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

/// Where requests to the state go. Everything else is the gateway's in either case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Backend {
    #[default]
    Gateway,
    /// The mobile API as it was published in 2021, at its base address: `https://…/mobile-api/api`.
    Published2021 { base: String },
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

impl PinSet {
    /// Whether a key is in reserve, so that losing one locks nobody out.
    pub(crate) fn has_reserve(&self) -> bool {
        self.spki_sha256.iter().any(|key| Some(key) != self.spki_sha256.first())
    }
}

/// A key that signs configuration, catalogue and forms: another than those of TLS, so that whoever holds the gateway's
/// server can delay what it serves, and not change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentKey {
    /// Its name in signatures.
    pub kid: String,
    /// P-256, uncompressed: `0x04 ‖ X ‖ Y`.
    pub point: [u8; 65],
}

impl DocumentKey {
    /// What a pin of this key would be.
    fn spki_sha256(&self) -> [u8; 32] {
        // SubjectPublicKeyInfo of a P-256 key (RFC 5480 §2) up to the point.
        const HEAD: [u8; 26] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        sha256(&[HEAD.as_slice(), &self.point].concat())
    }
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
    pub backend: Backend,
    /// The authorisation server's issuer identifier (RFC 8414), compared byte for byte.
    pub issuer: String,
    pub client_id: String,
    pub redirect_uri: String,
    /// DER certificates of the authorities we trust. There is no other trust.
    pub roots: Vec<Vec<u8>>,
    pub pins: Vec<PinSet>,
    /// At least two: one in use, one in reserve. None of them is a key of TLS.
    pub document_keys: Vec<DocumentKey>,
    pub language: Language,
    pub mode: Mode,
}

impl Config {
    /// Refuses what would be trust in nobody, in one key without a reserve, or in one key for two things.
    pub fn check(&self) -> Result<()> {
        if self.roots.is_empty() {
            return Err(Error::invalid("roots", "config.no_roots"));
        }
        if self.pins.iter().any(|set| !set.has_reserve()) {
            return Err(Error::invalid("pins", "config.pin_without_reserve"));
        }
        let keys = &self.document_keys;
        let twice = |key: &DocumentKey| keys.iter().filter(|k| k.kid == key.kid || k.point == key.point).count() > 1;
        if keys.len() < 2 || keys.iter().any(twice) {
            return Err(Error::invalid("document_keys", "config.no_document_keys"));
        }
        let of_tls = |key: &DocumentKey| {
            self.pins.iter().any(|set| set.spki_sha256.contains(&key.spki_sha256()))
                || self.roots.iter().any(|root| root.windows(key.point.len()).any(|part| part == key.point))
        };
        if keys.iter().any(of_tls) {
            return Err(Error::invalid("document_keys", "config.document_key_of_tls"));
        }
        Ok(())
    }

    /// The key of that name.
    pub(crate) fn document_key<'k>(keys: &'k [DocumentKey], kid: &str) -> Option<&'k [u8; 65]> {
        keys.iter().find(|key| key.kid == kid).map(|key| &key.point)
    }
}

#[cfg(test)]
impl Config {
    /// For tests that only need there to be one.
    pub fn for_tests() -> Self {
        Self {
            state_dir: PathBuf::new(),
            cache_dir: PathBuf::new(),
            gateway: "https://localhost:1".into(),
            backend: Backend::Gateway,
            issuer: "https://localhost:1".into(),
            client_id: "mn.emongolia.app".into(),
            redirect_uri: "mn.emongolia:/callback".into(),
            roots: Vec::new(),
            pins: Vec::new(),
            document_keys: vec![
                DocumentKey { kid: "doc-1".into(), point: [4; 65] },
                DocumentKey { kid: "doc-2".into(), point: [5; 65] },
            ],
            language: Language::Mn,
            mode: Mode::App,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::net::testing::Authority;

    fn reason(change: impl FnOnce(&mut Config)) -> Option<String> {
        let mut config = Config { roots: vec![Authority::new("ours").der()], ..Config::for_tests() };
        change(&mut config);
        match config.check() {
            Ok(()) => None,
            Err(Error::Invalid { reason, .. }) => Some(reason),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn pins(keys: &[[u8; 32]]) -> Vec<PinSet> {
        vec![PinSet { host: "localhost".into(), spki_sha256: keys.to_vec(), expires: Timestamp::EPOCH }]
    }

    #[test]
    fn trust_without_a_ground_or_without_a_reserve_is_refused() {
        assert_eq!(reason(|_| ()), None, "control");
        assert_eq!(reason(|config| config.pins = pins(&[[1; 32], [2; 32]])), None, "control");
        assert_eq!(reason(|config| config.roots.clear()).as_deref(), Some("config.no_roots"));
        for keys in [&[][..], &[[1; 32]], &[[1; 32], [1; 32]]] {
            assert_eq!(reason(|config| config.pins = pins(keys)).as_deref(), Some("config.pin_without_reserve"));
        }
        let no_keys = Some("config.no_document_keys");
        assert_eq!(reason(|config| config.document_keys.clear()).as_deref(), no_keys);
        assert_eq!(reason(|config| config.document_keys.truncate(1)).as_deref(), no_keys);
        assert_eq!(reason(|config| config.document_keys[1].kid = "doc-1".into()).as_deref(), no_keys);
        assert_eq!(reason(|config| config.document_keys[1].point = [4; 65]).as_deref(), no_keys);
    }

    #[test]
    fn a_key_of_tls_signs_no_document() {
        let (authority, leaf) = (Authority::new("ours"), Authority::new("ours").identity());
        let key = |point| DocumentKey { kid: "doc-3".into(), point };
        let refused = Some("config.document_key_of_tls");

        let of_root = reason(|config| {
            config.roots = vec![authority.der()];
            config.document_keys.push(key(authority.point()));
        });
        let of_leaf = reason(|config| {
            config.pins = pins(&[[1; 32], leaf.spki_sha256()]);
            config.document_keys.push(key(leaf.point()));
        });

        assert_eq!((of_root.as_deref(), of_leaf.as_deref()), (refused, refused));
        assert_eq!(
            reason(|config| config.document_keys.push(key(leaf.point()))),
            None,
            "control: it is nobody's there"
        );
    }
}
