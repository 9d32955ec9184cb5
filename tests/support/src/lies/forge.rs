//! The liar's own keys, and texts signed with them: what is false is at least well signed.

pub use emongolia_core::foundation::crypto::digest::base64url;
use emongolia_core::foundation::crypto::digest::from_base64url;
use ring::{
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        KeyPair as _, RSA_PKCS1_SHA256,
    },
};
use serde_json::{Value, json};

use crate::{Failure, Result};

/// Names of the published keys: no ASCII on purpose, a name is any text.
pub const OWN: &str = "худалч";
pub const OTHER: &str = "Өөр";

/// *ring* makes no RSA keys; this one was made for these tests and opens nothing.
const RSA_KEY: &[u8] = include_bytes!("../../fixtures/liars-rsa-2048.pk8");

pub struct Forge {
    own: EcdsaKeyPair,
    other: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    rsa: rsa::KeyPair,
    random: SystemRandom,
}

/// What a text is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// The key the liar publishes, ES256.
    Own,
    /// A P-256 key it need not publish.
    Other,
    /// ES384.
    P384,
    /// RS256.
    Rsa,
    /// HS256, with the published key's point for a secret.
    PublicKeyAsSecret,
    /// An empty signature.
    Nothing,
}

impl Forge {
    pub fn new() -> Result<Self> {
        let random = SystemRandom::new();
        let p256 = &ECDSA_P256_SHA256_FIXED_SIGNING;
        Ok(Self {
            own: elliptic(p256, &random)?,
            other: elliptic(p256, &random)?,
            p384: elliptic(&ECDSA_P384_SHA384_FIXED_SIGNING, &random)?,
            rsa: rsa::KeyPair::from_pkcs8(RSA_KEY).map_err(|rejected| failure(&rejected))?,
            random,
        })
    }

    /// As a key set has it, named and for signatures.
    pub fn jwk(&self, of: With) -> Value {
        match of {
            With::Own | With::PublicKeyAsSecret | With::Nothing => point(&self.own, "P-256", OWN, "ES256"),
            With::Other => point(&self.other, "P-256", OTHER, "ES256"),
            With::P384 => point(&self.p384, "P-384", OWN, "ES384"),
            With::Rsa => {
                let public = rsa::PublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
                let (n, e) = (base64url(&public.n), base64url(&public.e));
                json!({"kty": "RSA", "n": n, "e": e, "kid": OWN, "alg": "RS256", "use": "sig"})
            }
        }
    }

    /// As our server signs it.
    pub fn token(&self, claims: &Value) -> String {
        self.sign(With::Own, &header(), claims)
    }

    pub fn sign(&self, with: With, header: &Value, claims: &Value) -> String {
        self.sign_text(with, &header.to_string(), &claims.to_string())
    }

    /// For texts that are no good JSON.
    pub fn sign_text(&self, with: With, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(payload.as_bytes()));
        let signature = self.signature(with, signed.as_bytes());
        format!("{signed}.{}", base64url(&signature))
    }

    fn signature(&self, with: With, text: &[u8]) -> Vec<u8> {
        let elliptic = |key: &EcdsaKeyPair| {
            key.sign(&self.random, text).map(|signature| signature.as_ref().to_vec()).unwrap_or_default()
        };
        match with {
            With::Own => elliptic(&self.own),
            With::Other => elliptic(&self.other),
            With::P384 => elliptic(&self.p384),
            With::Rsa => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                let signed = self.rsa.sign(&RSA_PKCS1_SHA256, &self.random, text, &mut signature);
                signed.map(|()| signature).unwrap_or_default()
            }
            With::PublicKeyAsSecret => {
                let secret = hmac::Key::new(hmac::HMAC_SHA256, self.own.public_key().as_ref());
                hmac::sign(&secret, text).as_ref().to_vec()
            }
            With::Nothing => Vec::new(),
        }
    }
}

/// The header of an ID token as our server writes it.
pub fn header() -> Value {
    json!({"typ": "JWT", "alg": "ES256", "kid": OWN})
}

/// That header with this member.
pub fn member(name: &str, value: Value) -> Value {
    with(header(), name, value)
}

pub fn renamed(key: Value, name: &str) -> Value {
    with(key, "kid", json!(name))
}

pub fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

/// The claims of a token, whoever signed it.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).and_then(from_base64url);
    payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default()
}

fn point(key: &EcdsaKeyPair, curve: &str, kid: &str, alg: &str) -> Value {
    let (x, y) = key.public_key().as_ref()[1..].split_at(key.public_key().as_ref().len() / 2);
    json!({"kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y), "kid": kid, "alg": alg, "use": "sig"})
}

fn elliptic(way: &'static EcdsaSigningAlgorithm, random: &SystemRandom) -> Result<EcdsaKeyPair> {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(way, random).map_err(|error| failure(&error))?;
    EcdsaKeyPair::from_pkcs8(way, pkcs8.as_ref(), random).map_err(|rejected| failure(&rejected))
}

fn failure(error: &impl ToString) -> Failure {
    Failure::Malformed { what: "the liar's key".into(), detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_lie_is_well_signed() {
        let forge = Forge::new().unwrap();

        let token = forge.token(&json!({"name": "Б.Өнөрмаа"}));

        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = from_base64url(signature).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, forge.own.public_key());
        public.verify(signed.as_bytes(), &signature).unwrap();
        assert_eq!(claims(&token)["name"], "Б.Өнөрмаа");
        assert_eq!(claims("үгүй"), Value::Null);
    }

    #[test]
    fn so_is_one_under_rsa() {
        let forge = Forge::new().unwrap();

        let token = forge.sign(With::Rsa, &header(), &json!({}));

        let (signed, signature) = token.rsplit_once('.').unwrap();
        let public = rsa::PublicKeyComponents::<Vec<u8>>::from(forge.rsa.public());
        let signature = from_base64url(signature).unwrap();
        public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).unwrap();
    }
}
