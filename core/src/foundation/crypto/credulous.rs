//! A verifier that believes of a signed text what the text says of itself, as careless ones do. Compiled for tests alone:
//! with it they show what the checks of [`super::jws`] keep away.
//!
//! Guarantees: believes nothing unless the check in question is left out.

use ring::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm, RSA_PKCS1_2048_8192_SHA256,
        RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use serde_json::Value;

use super::digest::from_base64url;
use crate::foundation::checks::{Check, Checks};

pub(super) fn believes(head: &str, signed: &[u8], signature: &[u8], set: &Value, checks: Checks) -> bool {
    let Some(header) = from_base64url(head).and_then(|text| serde_json::from_slice::<Value>(&text).ok()) else {
        return false;
    };
    if checks.pass(Check::KeyOfTheSet, false) {
        return is_signed(&ECDSA_P256_SHA256_FIXED, &header["jwk"], signed, signature);
    }
    if !checks.pass(Check::Algorithm, false) {
        return false;
    }
    let mut keys = set["keys"].as_array().into_iter().flatten();
    let key = keys.find(|key| key["kid"] == header["kid"]).unwrap_or(&Value::Null);
    match header["alg"].as_str() {
        Some("none") => signature.is_empty(),
        Some("HS256") => point(key).is_some_and(|point| {
            // The public key taken for a shared secret.
            hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &point), signed, signature).is_ok()
        }),
        Some("ES384") => is_signed(&ECDSA_P384_SHA384_FIXED, key, signed, signature),
        Some("RS256") => match (member(key, "n"), member(key, "e")) {
            (Some(n), Some(e)) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            (_, _) => false,
        },
        Some(_) | None => false,
    }
}

fn is_signed(way: &'static EcdsaVerificationAlgorithm, key: &Value, signed: &[u8], signature: &[u8]) -> bool {
    point(key).is_some_and(|point| UnparsedPublicKey::new(way, point).verify(signed, signature).is_ok())
}

fn point(key: &Value) -> Option<Vec<u8>> {
    Some([&[4], member(key, "x")?.as_slice(), member(key, "y")?.as_slice()].concat())
}

fn member(key: &Value, name: &str) -> Option<Vec<u8>> {
    from_base64url(key[name].as_str()?)
}
