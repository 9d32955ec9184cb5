//! The ID token (OpenID Connect Core §3.1.3.7): who signed in, said by the authorisation server and nobody else.
//!
//! Guarantees: ES256 and nothing else, whatever the token claims about itself; the key is the server's published one
//! of that name; every claim that binds the token to us, to now and to this attempt is checked; no key comes twice.

use std::time::Duration;

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

use super::citizen::Citizen;
use crate::foundation::{clock::Timestamp, crypto::digest::from_base64url, json};

/// Ours are about 1 KiB.
const MAX: usize = 16 * 1024;

/// How far two clocks may differ once the `Date` of the same answer has been reckoned in.
const LEEWAY: Duration = Duration::from_secs(60);

/// A token for this sign-in was made during this sign-in.
const MAX_AGE: Duration = Duration::from_secs(600);

/// More keys than this in a set is no key set.
const MAX_KEYS: usize = 32;

/// `sub` has at most 255 ASCII characters (OpenID Connect Core §2).
const MAX_SUBJECT: usize = 255;

/// Why an ID token was not believed. Holds no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no JWT of three parts")]
    Form,
    #[error("unreadable {0}")]
    Unreadable(&'static str),
    #[error("not signed with ES256")]
    Algorithm,
    #[error("a critical extension we don't know")]
    Critical,
    #[error("signed with a key the server does not publish")]
    UnknownKey,
    #[error("the key set is unreadable")]
    KeySet,
    #[error("the signature is wrong")]
    Signature,
    #[error("of another issuer")]
    Issuer,
    #[error("for another client")]
    Audience,
    #[error("without a usable subject")]
    Subject,
    #[error("expired")]
    Expired,
    #[error("made in the future or too long ago")]
    Age,
    #[error("of another sign-in")]
    Nonce,
}

/// What the token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) nonce: &'a str,
    /// By the server's clock.
    pub(super) now: Timestamp,
}

/// The server's signing keys (RFC 7517 §5).
pub(super) struct KeySet(Vec<Key>);

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
}

impl KeySet {
    pub(super) fn read(text: &[u8]) -> Result<Self, Refusal> {
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
        let for_us = key.kty == "EC"
            && key.crv == "P-256"
            && key.alg.as_deref().is_none_or(|alg| alg == "ES256")
            && key.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
        let coordinate = |text: &str| from_base64url(text).filter(|bytes| bytes.len() == 32);
        match (for_us, coordinate(&key.x), coordinate(&key.y)) {
            (true, Some(x), Some(y)) => Ok([&[4], x.as_slice(), y.as_slice()].concat()),
            (_, _, _) => Err(Refusal::UnknownKey),
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// Present is enough: we know no extension.
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    /// One text or a list of them (RFC 7519 §4.1.3).
    aud: Value,
    azp: Option<String>,
    sub: String,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: String,
}

pub(super) fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Citizen, Refusal> {
    if token.len() > MAX {
        return Err(Refusal::Form);
    }
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::Form);
    };
    let header: Header = read(head, "header")?;
    check_header(&header)?;
    let key = keys.find(&header.kid.ok_or(Refusal::UnknownKey)?)?;
    let signature = from_base64url(signature).ok_or(Refusal::Unreadable("signature"))?;
    let signed = &token.as_bytes()[..head.len() + 1 + body.len()];
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed, &signature).map_err(|_| Refusal::Signature)?;
    let person: Value = read(body, "claims")?;
    let claims: Claims = json::take(person.clone()).ok_or(Refusal::Unreadable("claims"))?;
    check_claims(&claims, expected)?;
    Ok(Citizen::from_claims(&person, claims.sub))
}

fn read<T: serde::de::DeserializeOwned>(part: &str, what: &'static str) -> Result<T, Refusal> {
    let text = from_base64url(part).ok_or(Refusal::Unreadable(what))?;
    json::parse_strict(&text).map_err(|_| Refusal::Unreadable(what))
}

fn check_header(header: &Header) -> Result<(), Refusal> {
    if header.alg != "ES256" {
        return Err(Refusal::Algorithm);
    }
    if header.crit.is_some() {
        return Err(Refusal::Critical);
    }
    // A DPoP proof or an access token (RFC 9068) must not pass for an ID token (RFC 8725 §3.11).
    match header.typ.as_deref() {
        None => Ok(()),
        Some(typ) if typ.eq_ignore_ascii_case("JWT") => Ok(()),
        Some(_) => Err(Refusal::Unreadable("type")),
    }
}

fn check_claims(claims: &Claims, expected: &Expected<'_>) -> Result<(), Refusal> {
    if claims.iss != expected.issuer {
        return Err(Refusal::Issuer);
    }
    let alone = match claims.aud.as_array() {
        Some(several) if several.len() == 1 => &several[0],
        Some(_) | None => &claims.aud,
    };
    if alone.as_str() != Some(expected.audience) || claims.azp.as_deref().is_some_and(|azp| azp != expected.audience) {
        return Err(Refusal::Audience);
    }
    if claims.sub.is_empty() || claims.sub.len() > MAX_SUBJECT || !claims.sub.is_ascii() {
        return Err(Refusal::Subject);
    }
    let (earliest, latest) = (expected.now.saturating_sub(LEEWAY), expected.now.saturating_add(LEEWAY));
    let at = Timestamp::from_unix_s;
    if at(claims.exp) <= earliest {
        return Err(Refusal::Expired);
    }
    let oldest = earliest.saturating_sub(MAX_AGE);
    if at(claims.iat) > latest || at(claims.iat) < oldest || claims.nbf.is_some_and(|nbf| at(nbf) > latest) {
        return Err(Refusal::Age);
    }
    if claims.nonce.is_empty() || claims.nonce != expected.nonce {
        return Err(Refusal::Nonce);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        auth::testing::{SoftKey, id_token_claims, jwks, jwt},
        foundation::{crypto::digest::base64url, net::testing::now},
    };

    const ISSUER: &str = "https://sso.mn";
    const CLIENT: &str = "mn.emongolia.app";

    fn judge(token: &str, keys: &Value) -> Result<Citizen, Refusal> {
        let keys = KeySet::read(keys.to_string().as_bytes())?;
        verify(token, &keys, &Expected { issuer: ISSUER, audience: CLIENT, nonce: "n-1", now: now() })
    }

    fn header() -> Value {
        json!({"alg": "ES256", "typ": "JWT", "kid": "k1"})
    }

    fn claims() -> Value {
        id_token_claims(ISSUER, CLIENT, "n-1", now())
    }

    #[test]
    fn a_good_token_tells_who_the_citizen_is() {
        let key = SoftKey::new();

        let citizen = judge(&jwt(&key, &header(), &claims()), &jwks(&key, "k1")).unwrap();

        assert_eq!(citizen.subject.as_str(), "citizen-1");
        assert_eq!(citizen.name, "Б.Өнөрмаа");
        assert_eq!(citizen.person.unwrap().parent(), Some("Бүрэнбаяр"));
        assert_eq!(citizen.registration_number.unwrap().to_string(), "УЖ95121206");
    }

    #[test]
    fn a_header_that_is_not_exactly_ours_is_refused() {
        let key = SoftKey::new();
        let cases = [
            (json!({"alg": "none", "kid": "k1"}), Refusal::Algorithm),
            (json!({"alg": "None", "kid": "k1"}), Refusal::Algorithm),
            (json!({"alg": "HS256", "kid": "k1"}), Refusal::Algorithm),
            (json!({"alg": "RS256", "kid": "k1"}), Refusal::Algorithm),
            (json!({"alg": "es256", "kid": "k1"}), Refusal::Algorithm),
            (json!({"kid": "k1"}), Refusal::Unreadable("header")),
            (json!({"alg": "ES256", "kid": "k2"}), Refusal::UnknownKey),
            (json!({"alg": "ES256"}), Refusal::UnknownKey),
            (json!({"alg": "ES256", "kid": "k1", "crit": ["exp"]}), Refusal::Critical),
            (json!({"alg": "ES256", "kid": "k1", "crit": []}), Refusal::Critical),
            (json!({"alg": "ES256", "kid": "k1", "typ": "dpop+jwt"}), Refusal::Unreadable("type")),
            (json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}), Refusal::Unreadable("type")),
        ];

        for (header, expected) in cases {
            assert_eq!(judge(&jwt(&key, &header, &claims()), &jwks(&key, "k1")), Err(expected), "{header}");
        }
    }

    #[test]
    fn a_claim_that_is_not_exactly_ours_is_refused() {
        let key = SoftKey::new();
        let s = now().unix_s();
        let cases = [
            ("iss", json!("https://sso.mn/"), Refusal::Issuer),
            ("iss", json!("https://evil.mn"), Refusal::Issuer),
            ("aud", json!("another.app"), Refusal::Audience),
            ("aud", json!([]), Refusal::Audience),
            ("aud", json!([CLIENT, "another.app"]), Refusal::Audience),
            ("azp", json!("another.app"), Refusal::Audience),
            ("sub", json!(""), Refusal::Subject),
            ("sub", json!("x".repeat(256)), Refusal::Subject),
            ("sub", json!("Өнөр"), Refusal::Subject),
            ("exp", json!(s - 61), Refusal::Expired),
            ("exp", json!(0), Refusal::Expired),
            ("exp", json!("never"), Refusal::Unreadable("claims")),
            ("iat", json!(s + 120), Refusal::Age),
            ("iat", json!(s - 3600), Refusal::Age),
            ("nbf", json!(s + 120), Refusal::Age),
            ("nonce", json!("n-2"), Refusal::Nonce),
            ("nonce", json!(""), Refusal::Nonce),
        ];

        for (claim, lie, expected) in cases {
            let mut claims = claims();
            claims[claim] = lie.clone();
            let found = judge(&jwt(&key, &header(), &claims), &jwks(&key, "k1"));
            assert_eq!(found, Err(expected), "{claim} = {lie}");
        }
    }

    #[test]
    fn a_missing_claim_is_refused() {
        let key = SoftKey::new();
        for claim in ["iss", "aud", "sub", "exp", "iat", "nonce"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(claim);
            let found = judge(&jwt(&key, &header(), &claims), &jwks(&key, "k1"));
            assert_eq!(found, Err(Refusal::Unreadable("claims")), "{claim}");
        }
    }

    #[test]
    fn a_claim_twice_is_refused_though_the_signature_is_good() {
        let key = SoftKey::new();
        let twice = claims().to_string().replacen('{', r#"{"sub":"somebody-else","#, 1);

        let token = crate::auth::testing::jws(&key, &header().to_string(), &twice);

        assert_eq!(judge(&token, &jwks(&key, "k1")), Err(Refusal::Unreadable("claims")));
    }

    #[test]
    fn a_signature_that_is_not_the_servers_is_refused() {
        let (key, thief) = (SoftKey::new(), SoftKey::new());
        let stolen = jwt(&thief, &header(), &claims());
        let good = jwt(&key, &header(), &claims());
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let mut lie = claims();
        lie["sub"] = json!("citizen-2");
        let body = base64url(lie.to_string().as_bytes());
        let head = signed.split('.').next().unwrap();
        let cases = [
            (stolen, Refusal::Signature),
            (format!("{head}.{body}.{signature}"), Refusal::Signature),
            (format!("{signed}."), Refusal::Signature),
            (format!("{signed}.{}", base64url(&[0; 64])), Refusal::Signature),
            (format!("{signed}.{signature}="), Refusal::Unreadable("signature")),
            (signed.to_owned(), Refusal::Form),
            (format!("{good}.x"), Refusal::Form),
            ("x".repeat(MAX + 1), Refusal::Form),
            (String::new(), Refusal::Form),
        ];

        for (token, expected) in cases {
            assert_eq!(judge(&token, &jwks(&key, "k1")), Err(expected));
        }
    }

    #[test]
    fn a_key_that_is_not_for_us_is_refused() {
        let key = SoftKey::new();
        let token = jwt(&key, &header(), &claims());
        for (member, lie) in [
            ("kty", json!("RSA")),
            ("crv", json!("P-384")),
            ("alg", json!("RS256")),
            ("use", json!("enc")),
            ("x", json!("AA")),
            ("y", json!("")),
        ] {
            let mut set = jwks(&key, "k1");
            set["keys"][0][member] = lie;
            assert_eq!(judge(&token, &set), Err(Refusal::UnknownKey), "{member}");
        }
        let mut twins = jwks(&key, "k1");
        let twin = twins["keys"][0].clone();
        twins["keys"].as_array_mut().unwrap().push(twin);
        assert_eq!(judge(&token, &twins), Err(Refusal::UnknownKey), "two keys of one name");
    }

    #[test]
    fn other_keys_in_the_set_do_no_harm() {
        let key = SoftKey::new();
        let mut set = jwks(&key, "k1");
        set["keys"].as_array_mut().unwrap().push(json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r"}));

        assert!(judge(&jwt(&key, &header(), &claims()), &set).is_ok());
    }
}
