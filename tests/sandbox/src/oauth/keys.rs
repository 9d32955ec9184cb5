//! The authorisation server's own keys.
//!
//! Guarantees: made once per data folder, so that tokens and nonces outlive a restart.

use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use rusqlite::{Transaction, named_params};
use serde_json::{Value, json};

use crate::{
    db::{Db, DbError},
    text,
};

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the signing key can't be used")]
    Unusable,
}

pub struct Keys {
    signing: EcdsaKeyPair,
    jwk: Value,
    kid: String,
    nonces: hmac::Key,
    shares: hmac::Key,
    dan_secret: String,
}

impl Keys {
    /// Blocks.
    pub fn load_or_make(db: &Db) -> Result<Self, KeyError> {
        let unusable = |_| KeyError::Unusable;
        let random = SystemRandom::new();
        let fresh = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(unusable)?;
        let (pkcs8, nonces, shares, dan_secret) = db.write_blocking(|tx| {
            Ok((
                kept(tx, "id-token-key", fresh.as_ref())?,
                kept(tx, "nonce-key", &text::random::<32>())?,
                kept(tx, "share-key", &text::random::<32>())?,
                kept(tx, "dan-client-secret", text::token().as_bytes())?,
            ))
        })?;

        let signing = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random)
            .map_err(|_| KeyError::Unusable)?;
        let point = signing.public_key().as_ref(); // 0x04, x, y: 65 bytes (SEC 1 §2.3.3)
        let (x, y) = (text::base64url(&point[1..33]), text::base64url(&point[33..65]));
        let kid = thumbprint(&x, &y);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig" });
        Ok(Self {
            signing,
            jwk,
            kid,
            nonces: hmac::Key::new(hmac::HMAC_SHA256, &nonces),
            shares: hmac::Key::new(hmac::HMAC_SHA256, &shares),
            dan_secret: String::from_utf8_lossy(&dan_secret).into_owned(),
        })
    }

    /// The public key as `/oauth/jwks` gives it.
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// A JWS in compact form (RFC 7515 §3.1), ES256.
    pub fn sign(&self, claims: &Value) -> Result<String, KeyError> {
        let header = json!({ "typ": "JWT", "alg": "ES256", "kid": self.kid });
        let encode = |json: &Value| text::base64url(json.to_string().as_bytes());
        let input = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.signing.sign(&SystemRandom::new(), input.as_bytes()).map_err(|_| KeyError::Unusable)?;
        Ok(format!("{input}.{}", text::base64url(signature.as_ref())))
    }

    /// A tag over `message`; its first 16 bytes make a DPoP nonce.
    pub(super) fn nonce_tag(&self, message: &str) -> String {
        text::base64url(&hmac::sign(&self.nonces, message.as_bytes()).as_ref()[..16])
    }

    /// What lets this citizen's app on this device open its own files again when the PIN is forgotten. The same at every
    /// sign-in, and kept nowhere.
    pub(super) fn store_share(&self, regnum: &str, jkt: &str) -> String {
        text::base64url(hmac::sign(&self.shares, format!("{regnum} {jkt}").as_bytes()).as_ref())
    }

    /// What the gateway proves itself to ДАН with.
    pub fn dan_secret(&self) -> &str {
        &self.dan_secret
    }
}

/// RFC 7638 §3: SHA-256 over the required members in alphabetical order.
pub(super) fn thumbprint(x: &str, y: &str) -> String {
    text::base64url(&text::sha256(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#).as_bytes()))
}

/// The stored value; `fresh` becomes it at the first call.
pub(crate) fn kept(tx: &Transaction<'_>, name: &str, fresh: &[u8]) -> Result<Vec<u8>, rusqlite::Error> {
    tx.execute(
        "INSERT INTO secrets (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING",
        named_params! { ":name": name, ":value": fresh },
    )?;
    tx.query_row("SELECT value FROM secrets WHERE name = :name", named_params! { ":name": name }, |row| row.get(0))
}
