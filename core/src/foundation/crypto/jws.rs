//! Signed texts (JWS), compact or detached (RFC 7515 §7.1, app. F): which key must have signed, and whether it did.
//!
//! Guarantees: ES256 and nothing else, whatever the text claims about itself; the key is the one of that name in the
//! given set, never one that the text brings along; no key comes twice in a header or a key set.

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

#[cfg(feature = "test-controls")]
use super::credulous;
use super::digest::{base64url, from_base64url};
use crate::foundation::{
    checks::{Check, Checks},
    json::Malformed,
};

/// More keys than this in a set is no key set.
const MAX_KEYS: usize = 32;

/// Why a signed text was not believed. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no signed text of three parts")]
    Form,
    #[error("unreadable {0}")]
    Unreadable(&'static str),
    #[error("a member of the header comes twice")]
    HeaderTwice,
    #[error("a member of the key set comes twice")]
    KeySetTwice,
    #[error("not signed with ES256")]
    Algorithm,
    #[error("a critical extension we don't know")]
    Critical,
    #[error("signed with a key that is not published")]
    UnknownKey,
    #[error("two keys of the name it was signed under")]
    TwoKeys,
    #[error("names no key, and several would do")]
    Nameless,
    #[error("signed with a key of another kind")]
    KeyKind,
    #[error("signed with a key for another algorithm")]
    KeyAlgorithm,
    #[error("signed with a key for another use")]
    KeyUse,
    #[error("signed with a key for other operations")]
    KeyOperations,
    #[error("the key set is unreadable")]
    KeySet,
    #[error("more keys than a set has")]
    ManyKeys,
    #[error("the signature is wrong")]
    Signature,
}

/// The signer's published keys (RFC 7517 §5).
pub struct KeySet {
    keys: Vec<Key>,
    checks: Checks,
    #[cfg(feature = "test-controls")]
    as_published: Value,
}

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
        Self::read_with(text, Checks::default())
    }

    /// As [`KeySet::read`]; what is verified with it is looked at as far as these checks go.
    pub fn read_with(text: &[u8], checks: Checks) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Key>,
        }
        let document: Document = checks.read(Check::KeySetOnce, text).map_err(|why| match why {
            Malformed::Duplicate => Refusal::KeySetTwice,
            Malformed::Syntax { .. } | Malformed::Shape | Malformed::Deep => Refusal::KeySet,
        })?;
        checks.demand(Check::KeySetLength, document.keys.len() <= MAX_KEYS, Refusal::ManyKeys)?;
        Ok(Self {
            keys: document.keys,
            checks,
            #[cfg(feature = "test-controls")]
            as_published: serde_json::from_slice(text).unwrap_or_default(),
        })
    }

    /// The one P-256 signing key of that name, as `0x04 ‖ X ‖ Y`. A signer with one such key need not name it
    /// (OpenID Connect Core §10.1).
    fn find(&self, kid: Option<&str>) -> Result<Vec<u8>, Refusal> {
        let key = match kid {
            Some(kid) => self.named(kid)?,
            None => self.nameless()?,
        };
        key.is_for_us(self.checks)?;
        key.point().ok_or(Refusal::KeyKind)
    }

    fn named(&self, kid: &str) -> Result<&Key, Refusal> {
        let mut named = self.keys.iter().filter(|key| key.kid.as_deref() == Some(kid));
        match (named.next(), named.next()) {
            (Some(key), None) => Ok(key),
            (Some(key), Some(_)) => self.checks.present(Check::KeyNameUnique, None, key, Refusal::TwoKeys),
            (None, _) => {
                self.checks.demand(Check::KeyName, false, Refusal::UnknownKey)?;
                self.fitting().next().ok_or(Refusal::UnknownKey)
            }
        }
    }

    fn nameless(&self) -> Result<&Key, Refusal> {
        let mut fitting = self.fitting();
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(key), Some(_)) => self.checks.present(Check::KeyNameless, None, key, Refusal::Nameless),
            (None, _) => Err(Refusal::UnknownKey),
        }
    }

    fn fitting(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(|key| key.is_for_us(self.checks).is_ok() && key.point().is_some())
    }
}

impl Key {
    fn is_for_us(&self, checks: Checks) -> Result<(), Refusal> {
        let verifies = |ops: &Value| ops.as_array().is_some_and(|ops| ops.iter().any(|op| op == "verify"));
        let is = |member: &Option<String>, wanted: &str| member.as_deref().is_none_or(|member| member == wanted);
        checks.demand(Check::KeyKind, self.kty == "EC" && self.crv == "P-256", Refusal::KeyKind)?;
        checks.demand(Check::KeyAlgorithm, is(&self.alg, "ES256"), Refusal::KeyAlgorithm)?;
        checks.demand(Check::KeyUse, is(&self.purpose, "sig"), Refusal::KeyUse)?;
        checks.demand(Check::KeyOperations, self.key_ops.as_ref().is_none_or(verifies), Refusal::KeyOperations)
    }

    fn point(&self) -> Option<Vec<u8>> {
        let coordinate = |text: &str| from_base64url(text).filter(|bytes| bytes.len() == 32);
        Some([&[4], coordinate(&self.x)?.as_slice(), coordinate(&self.y)?.as_slice()].concat())
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

/// What a signature over a text that travels apart from it says.
#[derive(Debug, PartialEq, Eq)]
pub struct Detached {
    pub kid: String,
    pub typ: Option<String>,
    /// Which text it is, and which version of it: members of our own (RFC 7515 §4.3).
    pub doc: Option<Value>,
    pub ver: Option<Value>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// Present is enough: we know no extension.
    crit: Option<Value>,
    doc: Option<Value>,
    ver: Option<Value>,
}

impl Header {
    fn read(part: &str, checks: Checks) -> Result<Self, Refusal> {
        let text = from_base64url(part).ok_or(Refusal::Unreadable("header"))?;
        let header: Self = checks.read(Check::HeaderOnce, &text).map_err(|why| match why {
            Malformed::Duplicate => Refusal::HeaderTwice,
            Malformed::Syntax { .. } | Malformed::Shape | Malformed::Deep => Refusal::Unreadable("header"),
        })?;
        checks.demand(Check::Algorithm, header.is_ours(), Refusal::Algorithm)?;
        checks.demand(Check::Critical, header.crit.is_none(), Refusal::Critical)?;
        Ok(header)
    }

    fn is_ours(&self) -> bool {
        self.alg == "ES256"
    }
}

/// The caller bounds the length of `text`.
pub fn verify(text: &str, keys: &KeySet) -> Result<Signed, Refusal> {
    let mut parts = text.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Form);
    };
    let checks = keys.checks;
    let header = Header::read(head, checks)?;
    let signature = from_base64url(signature).ok_or(Refusal::Unreadable("signature"))?;
    let signed = &text.as_bytes()[..head.len() + 1 + body.len()];
    // In what ships it is always ours: another was refused above.
    let holds = header.is_ours() && is_signed(signed, &signature, &keys.find(header.kid.as_deref())?);
    #[cfg(feature = "test-controls")]
    let holds = holds || credulous::believes(head, signed, &signature, &keys.as_published, checks);
    checks.demand(Check::Signature, holds, Refusal::Signature)?;
    let payload = from_base64url(body).ok_or(Refusal::Unreadable("payload"))?;
    Ok(Signed { typ: header.typ, payload })
}

/// Whether `text` (`header..signature`) signs exactly these bytes. `point`: the key of that name, as `0x04 ‖ X ‖ Y`.
/// The caller bounds both lengths.
pub fn verify_detached<'k>(
    text: &str,
    payload: &[u8],
    point: impl FnOnce(&str) -> Option<&'k [u8; 65]>,
) -> Result<Detached, Refusal> {
    let mut parts = text.split('.');
    let (Some(head), Some(""), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Refusal::Form);
    };
    let Header { kid, typ, doc, ver, .. } = Header::read(head, Checks::default())?;
    let kid = kid.ok_or(Refusal::UnknownKey)?;
    let key = point(&kid).ok_or(Refusal::UnknownKey)?;
    let signature = from_base64url(signature).ok_or(Refusal::Unreadable("signature"))?;
    if !is_signed([head, ".", &base64url(payload)].concat().as_bytes(), &signature, key) {
        return Err(Refusal::Signature);
    }
    Ok(Detached { kid, typ, doc, ver })
}

fn is_signed(text: &[u8], signature: &[u8], point: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(text, signature).is_ok()
}

/// A signer for tests of whatever is signed.
#[cfg(test)]
pub(crate) mod testing {
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
    };

    use super::*;

    pub(crate) struct Signer(EcdsaKeyPair);

    impl Signer {
        pub(crate) fn new() -> Self {
            let (way, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(way, &random).unwrap();
            Self(EcdsaKeyPair::from_pkcs8(way, pkcs8.as_ref(), &random).unwrap())
        }

        /// `0x04 ‖ X ‖ Y`.
        pub(crate) fn point(&self) -> [u8; 65] {
            self.0.public_key().as_ref().try_into().unwrap()
        }

        /// Compact; `body` as it is to stand in the text.
        pub(crate) fn sign(&self, header: &Value, body: &str) -> String {
            let signed = format!("{}.{body}", base64url(header.to_string().as_bytes()));
            let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
            format!("{signed}.{}", base64url(signature.as_ref()))
        }

        pub(crate) fn sign_detached(&self, header: &Value, payload: &[u8]) -> String {
            let text = self.sign(header, &base64url(payload));
            let parts: Vec<&str> = text.split('.').collect();
            format!("{}..{}", parts[0], parts[2])
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{testing::Signer, *};

    impl Signer {
        fn jwk(&self) -> Value {
            let point = self.point();
            json!({"kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..]), "kid": "түлхүүр"})
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
            assert_eq!(with(odd.clone()), Err(Refusal::KeyOperations), "{odd}");
        }
    }

    #[test]
    fn a_signer_with_one_key_of_ours_need_not_name_it() {
        let signer = Signer::new();
        let text = signer.sign(&json!({"alg": "ES256"}), "Zm9v");
        let judge = |keys: &[Value]| {
            let set = KeySet::read(json!({"keys": keys}).to_string().as_bytes())?;
            verify(&text, &set).map(|signed| signed.payload)
        };
        let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r"});

        assert_eq!(judge(&[rsa.clone(), signer.jwk()]), Ok(b"foo".to_vec()));
        assert_eq!(judge(&[signer.jwk(), Signer::new().jwk()]), Err(Refusal::Nameless));
        assert_eq!(judge(&[Signer::new().jwk()]), Err(Refusal::Signature));
        assert_eq!(judge(&[rsa]), Err(Refusal::UnknownKey));
    }

    #[test]
    fn too_many_keys_and_a_member_twice_are_no_key_set() {
        let key = Signer::new().jwk();
        let many = json!({"keys": vec![key; MAX_KEYS + 1]}).to_string();

        assert_eq!(KeySet::read(many.as_bytes()).err(), Some(Refusal::ManyKeys));
        assert_eq!(KeySet::read(b"[]").err(), Some(Refusal::KeySet));
        for text in [r#"{"keys":[],"keys":[]}"#, r#"{"keys":[{"kty":"EC","kty":"EC"}]}"#] {
            assert_eq!(KeySet::read(text.as_bytes()).err(), Some(Refusal::KeySetTwice));
        }
    }

    #[test]
    fn a_detached_signature_is_of_these_bytes_and_no_others() {
        let (signer, stranger) = (Signer::new(), Signer::new());
        let point = signer.point();
        let header = json!({"alg": "ES256", "kid": "түлхүүр", "typ": "баримт", "doc": "үйлчилгээ", "ver": 7});
        let text = signer.sign_detached(&header, "Өвөл".as_bytes());
        let judge = |text: &str, payload: &str| {
            verify_detached(text, payload.as_bytes(), |kid| (kid == "түлхүүр").then_some(&point))
        };

        let found = judge(&text, "Өвөл").unwrap();
        assert_eq!((found.kid.as_str(), found.doc, found.ver), ("түлхүүр", Some(json!("үйлчилгээ")), Some(json!(7))));

        assert_eq!(judge(&text, "Өвөл "), Err(Refusal::Signature));
        assert_eq!(judge(&text, "Өвө"), Err(Refusal::Signature), "cut short");
        assert_eq!(judge(&stranger.sign_detached(&header, "Өвөл".as_bytes()), "Өвөл"), Err(Refusal::Signature));
        assert_eq!(judge(&signer.sign(&header, &base64url("Өвөл".as_bytes())), "Өвөл"), Err(Refusal::Form));
        for (name, value, refusal) in [
            ("alg", json!("none"), Refusal::Algorithm),
            ("alg", json!("HS256"), Refusal::Algorithm),
            ("crit", json!(["b64"]), Refusal::Critical),
            ("kid", json!("өөр"), Refusal::UnknownKey),
            ("kid", json!(null), Refusal::UnknownKey),
        ] {
            let mut other = header.clone();
            other[name] = value;
            assert_eq!(judge(&signer.sign_detached(&other, "Өвөл".as_bytes()), "Өвөл"), Err(refusal), "{name}");
        }
        for odd in ["", "..", "a.b.c", "!..!", &format!("{text}.")] {
            assert!(judge(odd, "Өвөл").is_err(), "{odd}");
        }
    }
}
