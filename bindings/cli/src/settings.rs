//! Which gateway this installation talks to, and where its files are.
//!
//! Guarantees: what is remembered is what is needed to connect and nothing else of the file it came from.

use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use emongolia_core::{
    Config, Error, Language, Mode,
    foundation::{
        clock::Timestamp,
        config::{self, DocumentKey, PinSet},
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    args::{Backend, Global},
    errors::Failure,
    platform::files,
};

/// 9999-12-31: the file says which keys, not until when; a new file replaces them.
const PINS_EXPIRE: Timestamp = Timestamp::from_unix_s(253_402_214_400);

/// How to reach the gateway. Public values only; unknown fields of the file are dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Installation {
    pub(crate) origin: String,
    /// Base address of the API of 2021, where there is one.
    #[serde(default)]
    published_api: Option<String>,
    /// Where requests go: what was said last.
    #[serde(default)]
    backend: Backend,
    issuer: String,
    client_id: String,
    pub(crate) redirect_uri: String,
    ca_der_base64: String,
    /// SHA-256 of SubjectPublicKeyInfos, in hex.
    spki_pins: Vec<String>,
    /// Of those who sign configuration, catalogue and forms. A file from before there were any must be given anew.
    #[serde(default)]
    document_keys: Vec<PublishedKey>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PublishedKey {
    kid: String,
    /// P-256, uncompressed: 65 bytes.
    point_base64: String,
}

/// The folder and what is in it.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// As asked for, or the platform's place for an application's data (XDG Base Directory).
    pub(crate) fn find(global: &Global) -> Result<Self, Failure> {
        let of_environment = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let default = || {
            let data = of_environment("XDG_DATA_HOME")
                .or_else(|| of_environment("HOME").map(|home| home.join(".local/share")));
            data.map(|data| data.join("emongolia"))
        };
        global.data.clone().or_else(default).map(Self).ok_or(Failure::NoHome)
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    fn remembered(&self) -> PathBuf {
        self.0.join("config.json")
    }

    /// From `--config`, which is remembered from then on, or as it was remembered; so is the back end.
    pub(crate) fn installation(&self, given: Option<&Path>, backend: Option<Backend>) -> Result<Installation, Failure> {
        let remembered = self.remembered();
        let missing =
            |given: &Path| Failure::BadConfig { file: given.display().to_string(), why: "no such file".into() };
        let before = match given {
            None => Some(read(&remembered)?.ok_or(Failure::NoConfig)?),
            Some(_) => read(&remembered).ok().flatten(),
        };
        let mut installation = match given {
            Some(given) => read(given)?.ok_or_else(|| missing(given))?,
            None => before.clone().ok_or(Failure::NoConfig)?,
        };
        installation.backend = backend.or(before.as_ref().map(|before| before.backend)).unwrap_or_default();
        let given = given.unwrap_or(&remembered);
        installation.config(self, Language::Mn).map_err(|why| bad(given, &why))?;
        if before.as_ref() != Some(&installation) {
            let text = serde_json::to_vec_pretty(&installation).map_err(|e| bad(given, &e.to_string()))?;
            let kept = files::make_private_dir(&self.0).and_then(|()| files::write(&remembered, &text));
            kept.map_err(|e| Failure::file(&remembered, &e))?;
        }
        Ok(installation)
    }
}

fn read(path: &Path) -> Result<Option<Installation>, Failure> {
    let Some(bytes) = files::read(path).map_err(|e| Failure::file(path, &e))? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|e| bad(path, &e.to_string()))
}

fn bad(path: &Path, why: &str) -> Failure {
    Failure::BadConfig { file: path.display().to_string(), why: why.to_owned() }
}

impl Installation {
    /// What core is told. The error says which value is of no use.
    pub(crate) fn config(&self, folder: &Folder, language: Language) -> Result<Config, String> {
        let host = https_host(&self.origin).ok_or("origin: not an https address")?;
        https_host(&self.issuer).ok_or("issuer: not an https address")?;
        let root = STANDARD.decode(&self.ca_der_base64).map_err(|_| "ca_der_base64: not base64")?;
        let pins = self.spki_pins.iter().map(|pin| pin_of(pin)).collect::<Option<Vec<_>>>();
        let spki_sha256 = pins.ok_or("spki_pins: 64 hex digits each")?;
        let pins =
            if spki_sha256.is_empty() { Vec::new() } else { vec![PinSet { host, spki_sha256, expires: PINS_EXPIRE }] };
        let document_keys = self.document_keys.iter().map(PublishedKey::read).collect::<Option<Vec<_>>>();
        let document_keys = document_keys.ok_or("document_keys: 65 bytes in base64 each")?;
        let config = Config {
            state_dir: folder.0.join("state"),
            cache_dir: folder.0.join("cache"),
            gateway: self.origin.clone(),
            backend: match self.backend {
                Backend::Gateway => config::Backend::Gateway,
                Backend::Published2021 => {
                    let base = self.published_api.clone().filter(|base| https_host(base).is_some());
                    config::Backend::Published2021 { base: base.ok_or("published_api: not an https address")? }
                }
            },
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            roots: vec![root],
            pins,
            document_keys,
            language,
            mode: Mode::App,
        };
        match config.check() {
            Ok(()) => Ok(config),
            Err(Error::Invalid { field, reason }) => Err(format!("{field}: {reason}")),
            Err(other) => Err(other.to_string()),
        }
    }
}

impl PublishedKey {
    fn read(&self) -> Option<DocumentKey> {
        let point = STANDARD.decode(&self.point_base64).ok()?.try_into().ok()?;
        Some(DocumentKey { kid: self.kid.clone(), point })
    }
}

fn https_host(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| url.scheme() == "https")?;
    url.host_str().map(str::to_owned)
}

fn pin_of(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut pin = [0; 32];
    for (byte, pair) in pin.iter_mut().zip(digits.chunks(2)) {
        let nibble = |digit: &u8| char::from(*digit).to_digit(16).and_then(|n| u8::try_from(n).ok());
        *byte = (nibble(pair.first()?)? << 4) | nibble(pair.get(1)?)?;
    }
    Some(pin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sandbox_json(change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let mut file = serde_json::json!({
            "origin": "https://localhost:8443",
            "issuer": "https://localhost:8443",
            "client_id": "mn.emongolia.app",
            "redirect_uri": "mn.emongolia:/callback",
            "ca_der_base64": "AQID",
            "spki_pins": ["0a".repeat(32), "FF".repeat(32)],
            "document_keys": [
                {"kid": "doc-1", "point_base64": STANDARD.encode([4; 65])},
                {"kid": "doc-2", "point_base64": STANDARD.encode([5; 65])},
            ],
            "control_token": "нууц",
            "citizens": [{"regnum": "ӨҮ99112233", "name": "Б.Өнөр"}],
        });
        change(&mut file);
        serde_json::to_vec(&file).unwrap()
    }

    fn folder() -> (tempfile::TempDir, Folder, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let (folder, given) = (Folder(dir.path().join("data")), dir.path().join("sandbox.json"));
        (dir, folder, given)
    }

    #[test]
    fn what_is_given_once_is_remembered_without_what_is_not_needed() {
        let (_dir, folder, given) = folder();
        std::fs::write(&given, sandbox_json(|_| ())).unwrap();

        let first = folder.installation(Some(&given), None).unwrap();
        let later = folder.installation(None, None).unwrap();

        assert_eq!(first, later);
        let remembered = std::fs::read_to_string(folder.remembered()).unwrap();
        assert!(!remembered.contains("нууц") && !remembered.contains("ӨҮ99112233") && !remembered.contains("Өнөр"));
    }

    #[test]
    fn a_back_end_that_is_chosen_once_is_remembered_and_must_have_an_address() {
        let (_dir, folder, given) = folder();
        std::fs::write(&given, sandbox_json(|_| ())).unwrap();
        let chosen = Some(Backend::Published2021);
        assert!(matches!(
            folder.installation(Some(&given), chosen),
            Err(Failure::BadConfig { why, .. }) if why.starts_with("published_api")
        ));

        let base = "https://localhost:8443/mobile-api/api";
        std::fs::write(&given, sandbox_json(|file| file["published_api"] = base.into())).unwrap();
        let backend = |given: Option<&Path>, chosen| {
            folder.installation(given, chosen).unwrap().config(&folder, Language::Mn).unwrap().backend
        };
        let published = config::Backend::Published2021 { base: base.into() };

        assert_eq!(backend(Some(&given), None), config::Backend::Gateway);
        assert_eq!(backend(None, chosen), published);
        assert_eq!((backend(None, None), backend(Some(&given), None)), (published.clone(), published));
        assert_eq!(backend(None, Some(Backend::Gateway)), config::Backend::Gateway);
        assert_eq!(backend(None, None), config::Backend::Gateway);
    }

    #[test]
    fn a_file_becomes_what_core_is_told() {
        let (_dir, folder, given) = folder();
        std::fs::write(&given, sandbox_json(|_| ())).unwrap();

        let config = folder.installation(Some(&given), None).unwrap().config(&folder, Language::En).unwrap();

        assert_eq!(config.roots, [[1, 2, 3]]);
        assert_eq!(
            (config.pins[0].host.as_str(), &config.pins[0].spki_sha256[..]),
            ("localhost", &[[0x0a; 32], [0xff; 32]][..])
        );
        assert_eq!((config.state_dir, config.cache_dir), (folder.0.join("state"), folder.0.join("cache")));
    }

    #[test]
    fn nothing_known_and_nothing_usable_are_told_apart() {
        let (_dir, folder, given) = folder();
        assert_eq!(folder.installation(None, None), Err(Failure::NoConfig));
        assert!(
            matches!(folder.installation(Some(&given), None), Err(Failure::BadConfig { why, .. }) if why == "no such file")
        );

        for (field, value) in [
            ("origin", "http://localhost:8443"),
            ("issuer", "Өө"),
            ("ca_der_base64", "%"),
            ("spki_pins", "Үү"),
            ("document_keys", "Үү"),
        ] {
            let value = match field {
                "spki_pins" => serde_json::json!([value]),
                "document_keys" => serde_json::json!([{"kid": "doc-1", "point_base64": value}]),
                _ => serde_json::json!(value),
            };
            std::fs::write(&given, sandbox_json(|file| file[field] = value)).unwrap();

            let refused = folder.installation(Some(&given), None);

            assert!(matches!(&refused, Err(Failure::BadConfig { why, .. }) if why.starts_with(field)), "{refused:?}");
        }
        assert_eq!(folder.installation(None, None), Err(Failure::NoConfig), "what is of no use is not remembered");
    }

    #[test]
    fn a_file_without_two_document_keys_or_without_a_pin_in_reserve_is_of_no_use() {
        let (_dir, folder, given) = folder();
        for (field, kept) in [("document_keys", 0), ("document_keys", 1), ("spki_pins", 1)] {
            let shorten = |file: &mut serde_json::Value| file[field].as_array_mut().unwrap().truncate(kept);
            std::fs::write(&given, sandbox_json(shorten)).unwrap();

            assert!(
                matches!(folder.installation(Some(&given), None), Err(Failure::BadConfig { .. })),
                "{field} {kept}"
            );
        }
    }
}
