//! Signatures of the documents that are the same for everybody: detached JWS (RFC 7515 app. F) in `Document-Signature`.
//!
//! Guarantees: the keys are made once per data folder and are none of TLS or of the tokens; the same content has the
//! same version after every restart, other content a higher one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use rusqlite::{OptionalExtension as _, Transaction, named_params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::{
    db::Db,
    gateway::{self, Document},
    oauth::keys::{KeyError, kept},
    problem::Problem,
    text,
};

const FIELD: HeaderName = HeaderName::from_static("document-signature");

/// The key in use, and the one in reserve.
const NAMES: [&str; 2] = ["doc-1", "doc-2"];

/// As a client is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    pub kid: String,
    /// P-256, uncompressed (SEC 1 §2.3.3): 65 bytes.
    pub point_base64: String,
}

/// Who publishes.
pub struct Publisher {
    keys: Vec<EcdsaKeyPair>,
    serial: OnceCell<i64>,
    /// What a test put in the place of a document.
    replaced: Mutex<HashMap<String, Arc<Replaced>>>,
    /// By name, version and ETag: a catalogue is not signed anew for every phone.
    signatures: Mutex<HashMap<(String, i64, HeaderValue), HeaderValue>>,
}

struct Replaced {
    version: i64,
    /// `None`: what it holds anyway.
    body: Option<String>,
}

impl Publisher {
    /// Blocks.
    pub fn load_or_make(db: &Db) -> Result<Self, KeyError> {
        let (way, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let mut keys = Vec::new();
        for name in NAMES {
            let fresh = EcdsaKeyPair::generate_pkcs8(way, &random).map_err(|_| KeyError::Unusable)?;
            let pkcs8 = db.write_blocking(|tx| kept(tx, name, fresh.as_ref()))?;
            keys.push(EcdsaKeyPair::from_pkcs8(way, &pkcs8, &random).map_err(|_| KeyError::Unusable)?);
        }
        let (replaced, signatures) = (Mutex::default(), Mutex::default());
        Ok(Self { keys, serial: OnceCell::new(), replaced, signatures })
    }

    pub fn public_keys(&self) -> Vec<PublicKey> {
        let told = |(name, key): (&str, &EcdsaKeyPair)| PublicKey {
            kid: name.to_owned(),
            point_base64: text::base64(key.public_key().as_ref()),
        };
        NAMES.into_iter().zip(&self.keys).map(told).collect()
    }

    /// Which publication this is.
    pub(crate) async fn serial(&self, db: &Db) -> Result<i64, Problem> {
        let serial = self.serial.get_or_try_init(async || {
            let content = gateway::publication()?;
            db.write(move |tx| serial_of(tx, &content)).await.map_err(Problem::from)
        });
        serial.await.copied()
    }

    /// `document` or what a test put in its place, signed as `name`.
    pub(crate) async fn answer(
        &self,
        db: &Db,
        name: &str,
        document: &Document,
        request: &HeaderMap,
    ) -> Result<Response, Problem> {
        let replaced = lock(&self.replaced).get(name).cloned();
        let Some(replaced) = replaced else {
            return self.signed(name, self.serial(db).await?, document, request);
        };
        let body = replaced.body.as_deref().unwrap_or(document.body());
        self.signed(name, replaced.version, &Document::edition(body.to_owned(), replaced.version), request)
    }

    /// From now on, and until [`Publisher::restore`], this is the document of that name: an older one, or one that is yet
    /// to come. In memory only.
    pub fn replace(&self, name: &str, version: i64, body: Option<String>) {
        lock(&self.replaced).insert(name.to_owned(), Arc::new(Replaced { version, body }));
    }

    pub fn restore(&self) {
        lock(&self.replaced).clear();
    }

    fn signed(&self, name: &str, version: i64, document: &Document, request: &HeaderMap) -> Result<Response, Problem> {
        let mut response = document.answer(request);
        if response.status() == StatusCode::OK {
            let signature = self.signature(name, version, document)?;
            response.headers_mut().insert(FIELD, signature);
        }
        Ok(response)
    }

    fn signature(&self, name: &str, version: i64, document: &Document) -> Result<HeaderValue, Problem> {
        let place = (name.to_owned(), version, document.etag());
        if let Some(made) = lock(&self.signatures).get(&place) {
            return Ok(made.clone());
        }
        let made = self.sign(name, version, document.body()).ok_or_else(Problem::internal)?;
        lock(&self.signatures).insert(place, made.clone());
        Ok(made)
    }

    fn sign(&self, name: &str, version: i64, body: &str) -> Option<HeaderValue> {
        let header = header(NAMES[0], name, version).to_string();
        let head = text::base64url(header.as_bytes());
        let signed = format!("{head}.{}", text::base64url(body.as_bytes()));
        let signature = self.keys.first()?.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        HeaderValue::from_str(&format!("{head}..{}", text::base64url(signature.as_ref()))).ok()
    }
}

fn header(kid: &str, name: &str, version: i64) -> Value {
    json!({ "alg": "ES256", "kid": kid, "typ": "emongolia-document", "doc": name, "ver": version })
}

fn serial_of(tx: &Transaction<'_>, content: &str) -> Result<i64, rusqlite::Error> {
    let last: Option<(String, i64)> = tx
        .query_row("SELECT content, serial FROM publication", [], |row| Ok((row.get("content")?, row.get("serial")?)))
        .optional()?;
    let serial = match last {
        Some((same, serial)) if same == content => return Ok(serial),
        Some((_, serial)) => serial + 1,
        None => 1,
    };
    tx.execute(
        "INSERT INTO publication (id, content, serial) VALUES (1, :content, :serial)
         ON CONFLICT (id) DO UPDATE SET content = excluded.content, serial = excluded.serial",
        named_params! { ":content": content, ":serial": serial },
    )?;
    Ok(serial)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    fn db() -> (tempfile::TempDir, Db) {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("sandbox.db")).unwrap();
        (dir, db)
    }

    #[test]
    fn the_keys_are_two_and_outlive_a_restart() {
        let (_dir, db) = db();

        let keys = Publisher::load_or_make(&db).unwrap().public_keys();

        assert_ne!(keys[0].point_base64, keys[1].point_base64);
        assert_eq!(keys, Publisher::load_or_make(&db).unwrap().public_keys());
    }

    #[test]
    fn a_signature_is_over_header_and_body() {
        let (_dir, db) = db();
        let publisher = Publisher::load_or_make(&db).unwrap();

        let signature = publisher.sign("catalogue", 7, "{\"нэр\":\"Өмнөговь\"}").unwrap();

        let (head, signature) = signature.to_str().unwrap().split_once("..").unwrap();
        let header: Value = serde_json::from_slice(&text::from_base64url(head).unwrap()).unwrap();
        let signed = format!("{head}.{}", text::base64url("{\"нэр\":\"Өмнөговь\"}".as_bytes()));
        let point = text::from_base64(&publisher.public_keys()[0].point_base64).unwrap();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        assert_eq!((&header["doc"], &header["ver"], &header["kid"]), (&json!("catalogue"), &json!(7), &json!("doc-1")));
        key.verify(signed.as_bytes(), &text::from_base64url(signature).unwrap()).unwrap();
    }

    #[test]
    fn other_content_has_a_higher_number_and_the_same_content_the_same() {
        let (_dir, db) = db();
        let serial = |content: &str| db.write_blocking(|tx| serial_of(tx, content)).unwrap();

        assert_eq!([serial("Ө"), serial("Ө"), serial("Ү"), serial("Ү"), serial("Ө")], [1, 1, 2, 2, 3]);
    }
}
