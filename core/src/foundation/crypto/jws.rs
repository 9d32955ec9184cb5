//! Signed texts in compact form (JWS, RFC 7515 §7.1): which key must have signed, and whether it did.
//!
//! Guarantees: ES256 and nothing else, whatever the text claims about itself; the key is the one of that name in the
//! given set, never one that the text brings along; no key comes twice in a header or a key set.

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

use super::digest::from_base64url;
use crate::foundation::json;

/// More keys than this in a set is no key set.
const MAX_KEYS: usize = 32;

/// Why a signed text was not believed. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no signed text of three parts")]
    Form,
    #[error("unreadable {0}")]
    Unreadable(&'static str),
    #[error("not signed with ES256")]
    Algorithm,
    #[error("a critical extension we don't know")]
    Critical,
    #[error("signed with a key that is not published for this")]
    UnknownKey,
    #[error("the key set is unreadable")]
    KeySet,
    #[error("the signature is wrong")]
    Signature,
}

/// The signer's published keys (RFC 7517 §5).
pub struct KeySet(Vec<Key>);

#[derive(Deserialize)]
struct Key {
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    /// A list of texts; as it came, so that another key's odd one does not spoil the set.
    key_ops: Option<Value>,
}

impl KeySet {
    pub fn read(text: &[u8]) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Key>,
        }
        let document: Document = json::parse_strict(text).map_err(|_| Refusal::KeySet)?;
        if document.keys.len() > MAX_KEYS {
            return Err(Refusal::KeySet);
        }
        Ok(Self(document.keys))
    }

    /// The one P-256 signing key of that name, as `0x04 ‖ X ‖ Y`.
    fn find(&self, kid: &str) -> Result<Vec<u8>, Refusal> {
        let mut named = self.0.iter().filter(|key| key.kid.as_deref() == Some(kid));
        let (Some(key), None) = (named.next(), named.next()) else { return Err(Refusal::UnknownKey) };
        let verifies = |ops: &Value| ops.as_array().is_some_and(|ops| ops.iter().any(|op| op == "verify"));
        let for_us = key.kty == "EC"
            && key.crv == "P-256"
            && key.alg.as_deref().is_none_or(|alg| alg == "ES256")
            && key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && key.key_ops.as_ref().is_none_or(verifies);
        let coordinate = |text: &str| from_base64url(text).filter(|bytes| bytes.len() == 32);
        match (for_us, coordinate(&key.x), coordinate(&key.y)) {
            (true, Some(x), Some(y)) => Ok([&[4], x.as_slice(), y.as_slice()].concat()),
            (_, _, _) => Err(Refusal::UnknownKey),
        }
    }
}

/// What a verified text holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Signed {
    /// What the signer says it is: whoever reads the payload checks it, so that one kind can't pass for another
    /// (RFC 8725 §3.11).
    pub typ: Option<String>,
    pub payload: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// Present is enough: we know no extension.
    crit: Option<Value>,
}

/// The caller bounds the length of `text`.
pub fn verify(text: &str, keys: &KeySet) -> Result<Signed, Refusal> {
    let mut parts = text.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Form);
    };
    let header = from_base64url(head).ok_or(Refusal::Unreadable("header"))?;
    let header: Header = json::parse_strict(&header).map_err(|_| Refusal::Unreadable("header"))?;
    if header.alg != "ES256" {
        return Err(Refusal::Algorithm);
    }
    if header.crit.is_some() {
        return Err(Refusal::Critical);
    }
    let key = keys.find(&header.kid.ok_or(Refusal::UnknownKey)?)?;
    let signature = from_base64url(signature).ok_or(Refusal::Unreadable("signature"))?;
    let signed = &text.as_bytes()[..head.len() + 1 + body.len()];
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed, &signature).map_err(|_| Refusal::Signature)?;
    let payload = from_base64url(body).ok_or(Refusal::Unreadable("payload"))?;
    Ok(Signed { typ: header.typ, payload })
}

#[cfg(test)]
mod tests {
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
    };
    use serde_json::json;

    use super::*;
    use crate::foundation::crypto::digest::base64url;

    struct Signer(EcdsaKeyPair);

    impl Signer {
        fn new() -> Self {
            let (way, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(way, &random).unwrap();
            Self(EcdsaKeyPair::from_pkcs8(way, pkcs8.as_ref(), &random).unwrap())
        }

        fn jwk(&self) -> Value {
            let point = self.0.public_key().as_ref();
            json!({"kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..]), "kid": "түлхүүр"})
        }

        fn sign(&self, header: &Value, body: &str) -> String {
            let signed = format!("{}.{body}", base64url(header.to_string().as_bytes()));
            let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            format!("{signed}.{}", base64url(signature.as_ref()))
        }
    }

    fn judge(text: &str, key: &Value) -> Result<Signed, Refusal> {
        verify(text, &KeySet::read(json!({"keys": [key]}).to_string().as_bytes())?)
    }

    #[test]
    fn what_was_signed_and_its_kind_come_back() {
        let signer = Signer::new();
        let header = json!({"alg": "ES256", "kid": "түлхүүр", "typ": "тохиргоо+jws", "jwk": Signer::new().jwk()});
        for payload in ["Өвөл, үүл", ""] {
            let found = judge(&signer.sign(&header, &base64url(payload.as_bytes())), &signer.jwk()).unwrap();

            assert_eq!(found, Signed { typ: Some("тохиргоо+jws".into()), payload: payload.into() });
        }
    }

    #[test]
    fn a_payload_in_another_alphabet_is_refused_though_well_signed() {
        let signer = Signer::new();

        let found = judge(&signer.sign(&json!({"alg": "ES256", "kid": "түлхүүр"}), "Zm9v=+"), &signer.jwk());

        assert_eq!(found, Err(Refusal::Unreadable("payload")));
    }

    #[test]
    fn a_key_for_other_operations_is_not_used() {
        let signer = Signer::new();
        let text = signer.sign(&json!({"alg": "ES256", "kid": "түлхүүр"}), "Zm9v");
        let with = |ops: Value| {
            let mut key = signer.jwk();
            key["key_ops"] = ops;
            judge(&text, &key).map(|signed| signed.payload)
        };

        assert_eq!(with(json!(["encrypt", "verify"])), Ok(b"foo".to_vec()));
        for odd in [json!(["encrypt"]), json!([]), json!("verify"), json!([1])] {
            assert_eq!(with(odd.clone()), Err(Refusal::UnknownKey), "{odd}");
        }
    }

    #[test]
    fn too_many_keys_and_a_member_twice_are_no_key_set() {
        let key = Signer::new().jwk();
        let many = json!({"keys": vec![key; MAX_KEYS + 1]}).to_string();

        for text in [many.as_str(), r#"{"keys":[],"keys":[]}"#, r#"{"keys":[{"kty":"EC","kty":"EC"}]}"#, "[]"] {
            assert_eq!(KeySet::read(text.as_bytes()).err(), Some(Refusal::KeySet));
        }
    }
}
