//! Who signs the double's documents: the key in use, and one in reserve.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use emongolia_core::foundation::config::DocumentKey;
use ring::{
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::json;

use crate::{Failure, Result};

/// The header field of a signature.
pub(crate) const FIELD: &str = "document-signature";

const NAMES: [&str; 2] = ["doc-1", "doc-2"];

pub(crate) struct Signer([EcdsaKeyPair; 2]);

impl Signer {
    pub(crate) fn make() -> Result<Self> {
        let made = || -> std::result::Result<_, Box<dyn std::error::Error + Send + Sync>> {
            let (way, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(way, &random).map_err(|Unspecified| "no randomness")?;
            Ok(EcdsaKeyPair::from_pkcs8(way, pkcs8.as_ref(), &random)?)
        };
        let pair = made().and_then(|first| Ok([first, made()?]));
        pair.map(Self).map_err(Failure::network("the double's document keys"))
    }

    pub(crate) fn keys(&self) -> Vec<DocumentKey> {
        let key = |(kid, key): (&str, &EcdsaKeyPair)| {
            let mut point = [0; 65];
            point.copy_from_slice(key.public_key().as_ref()); // always 65 bytes: P-256, uncompressed
            DocumentKey { kid: kid.to_owned(), point }
        };
        NAMES.into_iter().zip(&self.0).map(key).collect()
    }

    /// A detached JWS (RFC 7515 app. F); empty if there is no randomness left to sign with.
    pub(crate) fn signature(&self, document: &str, version: i64, body: &[u8]) -> String {
        let header =
            json!({ "alg": "ES256", "kid": NAMES[0], "typ": "emongolia-document", "doc": document, "ver": version });
        let head = URL_SAFE_NO_PAD.encode(header.to_string());
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(body));
        let signature = self.0[0].sign(&SystemRandom::new(), signed.as_bytes());
        signature.map(|made| format!("{head}..{}", URL_SAFE_NO_PAD.encode(made.as_ref()))).unwrap_or_default()
    }
}

/// The name of the public document that is served at this path.
pub(crate) fn document_at(path: &str) -> Option<String> {
    match path.strip_prefix("/v1/")? {
        whole @ ("configuration" | "catalogue" | "areas" | "bundles") => Some(whole.to_owned()),
        other => other.strip_prefix("services/").map(|id| format!("service/{id}")),
    }
}
