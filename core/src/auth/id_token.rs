//! The ID token (OpenID Connect Core §3.1.3.7): who signed in, said by the authorisation server and nobody else.
//!
//! Guarantees: signed as [`jws`] demands with a key that the server publishes; every claim that binds the token to us,
//! to now and to this attempt is checked; no key comes twice.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{citizen::Citizen, freshness::Freshness};
pub(super) use crate::foundation::crypto::jws::KeySet;
use crate::foundation::{clock::Timestamp, crypto::jws, json};

/// Ours are about 1 KiB.
const MAX: usize = 16 * 1024;

/// How far two clocks may differ once the `Date` of the same answer has been reckoned in.
const LEEWAY: Duration = Duration::from_secs(60);

/// A token for this sign-in was made during this sign-in.
const MAX_AGE: Duration = Duration::from_secs(600);

/// `sub` has at most 255 ASCII characters (OpenID Connect Core §2).
const MAX_SUBJECT: usize = 255;

/// A way to authenticate has a short name (`acr`).
const MAX_WAY: usize = 128;

/// Why an ID token was not believed. Holds no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("longer than any of ours")]
    Length,
    #[error(transparent)]
    Jws(#[from] jws::Refusal),
    #[error("another kind of token")]
    Type,
    #[error("unreadable claims")]
    Claims,
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
    #[error("of another citizen than the session's")]
    OtherSubject,
    #[error("the citizen has not proven anew who they are")]
    Stale,
    #[error("the citizen was to prove in another way who they are")]
    Way,
}

impl From<jws::Refusal> for super::Error {
    fn from(refusal: jws::Refusal) -> Self {
        Self::IdToken(refusal.into())
    }
}

/// What the token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    /// Of the sign-in. A renewal has none (OpenID Connect Core §12.2).
    pub(super) nonce: Option<&'a str>,
    /// Whose session is renewed. A sign-in finds out.
    pub(super) subject: Option<&'a str>,
    /// What a step-up has to bring.
    pub(super) freshness: Option<&'a Freshness>,
    /// By the server's clock.
    pub(super) now: Timestamp,
}

/// Who signed in, and when and how they have proven it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) citizen: Citizen,
    /// By the server's clock.
    pub(super) auth_time: Option<Timestamp>,
    pub(super) acr: Option<String>,
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
    nonce: Option<String>,
    auth_time: Option<i64>,
    acr: Option<String>,
}

pub(super) fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Told, Refusal> {
    if token.len() > MAX {
        return Err(Refusal::Length);
    }
    let signed = jws::verify(token, keys)?;
    // A DPoP proof or an access token (RFC 9068) must not pass for an ID token (RFC 8725 §3.11).
    if signed.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(Refusal::Type);
    }
    let person: Value = json::parse_strict(&signed.payload).map_err(|_| Refusal::Claims)?;
    let claims: Claims = json::take(person.clone()).ok_or(Refusal::Claims)?;
    check_claims(&claims, expected)?;
    Ok(Told {
        citizen: Citizen::from_claims(&person, claims.sub),
        auth_time: claims.auth_time.map(Timestamp::from_unix_s),
        acr: claims.acr.filter(|acr| acr.len() <= MAX_WAY),
    })
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
    if let Some(nonce) = expected.nonce
        && (nonce.is_empty() || claims.nonce.as_deref() != Some(nonce))
    {
        return Err(Refusal::Nonce);
    }
    if expected.subject.is_some_and(|subject| subject != claims.sub) {
        return Err(Refusal::OtherSubject);
    }
    let Some(wanted) = expected.freshness else { return Ok(()) };
    let since = earliest.saturating_sub(wanted.max_age());
    if !claims.auth_time.is_some_and(|time| (since..=latest).contains(&at(time))) {
        return Err(Refusal::Stale);
    }
    if wanted.is_good_enough(claims.acr.as_deref()) { Ok(()) } else { Err(Refusal::Way) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        auth::testing::{SoftKey, id_token_claims, jwks, jwt},
        foundation::{
            crypto::{digest::base64url, jws::Refusal as Jws},
            net::testing::now,
        },
    };

    const ISSUER: &str = "https://sso.mn";
    const CLIENT: &str = "mn.emongolia.app";

    fn judge(token: &str, keys: &Value) -> Result<Citizen, Refusal> {
        let keys = KeySet::read(keys.to_string().as_bytes())?;
        judge_with(token, &keys, &expected()).map(|told| told.citizen)
    }

    fn judge_with(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Told, Refusal> {
        verify(token, keys, expected)
    }

    fn expected() -> Expected<'static> {
        Expected { issuer: ISSUER, audience: CLIENT, nonce: Some("n-1"), subject: None, freshness: None, now: now() }
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
            (json!({"alg": "none", "kid": "k1"}), Jws::Algorithm.into()),
            (json!({"alg": "None", "kid": "k1"}), Jws::Algorithm.into()),
            (json!({"alg": "HS256", "kid": "k1"}), Jws::Algorithm.into()),
            (json!({"alg": "RS256", "kid": "k1"}), Jws::Algorithm.into()),
            (json!({"alg": "es256", "kid": "k1"}), Jws::Algorithm.into()),
            (json!({"kid": "k1"}), Jws::Unreadable("header").into()),
            (json!({"alg": "ES256", "kid": "k2"}), Jws::UnknownKey.into()),
            (json!({"alg": "ES256"}), Jws::UnknownKey.into()),
            (json!({"alg": "ES256", "kid": "k1", "crit": ["exp"]}), Jws::Critical.into()),
            (json!({"alg": "ES256", "kid": "k1", "crit": []}), Jws::Critical.into()),
            (json!({"alg": "ES256", "kid": "k1", "typ": "dpop+jwt"}), Refusal::Type),
            (json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}), Refusal::Type),
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
            ("exp", json!("never"), Refusal::Claims),
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
        for (claim, expected) in [
            ("iss", Refusal::Claims),
            ("aud", Refusal::Claims),
            ("sub", Refusal::Claims),
            ("exp", Refusal::Claims),
            ("iat", Refusal::Claims),
            ("nonce", Refusal::Nonce),
        ] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(claim);
            let found = judge(&jwt(&key, &header(), &claims), &jwks(&key, "k1"));
            assert_eq!(found, Err(expected), "{claim}");
        }
    }

    #[test]
    fn a_step_ups_token_says_when_and_how_the_citizen_has_proven_it() {
        const SIGNATURE: &str = "urn:mn:dan:signature";
        let (key, s) = (SoftKey::new(), now().unix_s());
        let keys = KeySet::read(jwks(&key, "k1").to_string().as_bytes()).unwrap();
        let wanted = Freshness { max_age_s: 300, acr: Some(format!("urn:mn:dan:bank {SIGNATURE}")) };
        let cases = [
            (json!(s), json!(SIGNATURE), None),
            (json!(s - 360), json!(SIGNATURE), None), // two clocks differ by a minute at most
            (json!(s - 361), json!(SIGNATURE), Some(Refusal::Stale)),
            (json!(s + 61), json!(SIGNATURE), Some(Refusal::Stale)),
            (json!(null), json!(SIGNATURE), Some(Refusal::Stale)),
            (json!(s), json!("urn:mn:dan:sms"), Some(Refusal::Way)),
            (json!(s), json!("Гарын үсэг"), Some(Refusal::Way)),
            (json!(s), json!(null), Some(Refusal::Way)),
        ];

        for (auth_time, acr, refusal) in cases {
            let mut claims = claims();
            (claims["auth_time"], claims["acr"]) = (auth_time, acr.clone());
            let token = jwt(&key, &header(), &claims);
            let found = judge_with(&token, &keys, &Expected { freshness: Some(&wanted), ..expected() });

            assert_eq!(found.err(), refusal, "{claims}");
            let control = judge_with(&token, &keys, &expected()).unwrap();
            assert_eq!(control.acr.as_deref(), acr.as_str(), "nobody asked: the same token is good");
        }
    }

    #[test]
    fn a_renewals_token_needs_no_nonce_and_is_of_the_same_citizen() {
        let key = SoftKey::new();
        let keys = KeySet::read(jwks(&key, "k1").to_string().as_bytes()).unwrap();
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove("nonce");
        let token = jwt(&key, &header(), &claims);
        let renewal = |subject| Expected { nonce: None, subject: Some(subject), ..expected() };

        assert_eq!(judge_with(&token, &keys, &renewal("citizen-1")).unwrap().citizen.name, "Б.Өнөрмаа");
        assert_eq!(judge_with(&token, &keys, &renewal("citizen-2")), Err(Refusal::OtherSubject));
    }

    #[test]
    fn a_claim_twice_is_refused_though_the_signature_is_good() {
        let key = SoftKey::new();
        let twice = claims().to_string().replacen('{', r#"{"sub":"somebody-else","#, 1);

        let token = crate::auth::testing::jws(&key, &header().to_string(), &twice);

        assert_eq!(judge(&token, &jwks(&key, "k1")), Err(Refusal::Claims));
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
            (stolen, Jws::Signature.into()),
            (format!("{head}.{body}.{signature}"), Jws::Signature.into()),
            (format!("{signed}."), Jws::Signature.into()),
            (format!("{signed}.{}", base64url(&[0; 64])), Jws::Signature.into()),
            (format!("{signed}.{signature}="), Jws::Unreadable("signature").into()),
            (signed.to_owned(), Jws::Form.into()),
            (format!("{good}.x"), Jws::Form.into()),
            ("x".repeat(MAX + 1), Refusal::Length),
            (String::new(), Jws::Form.into()),
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
            ("key_ops", json!(["encrypt"])),
            ("x", json!("AA")),
            ("y", json!("")),
        ] {
            let mut set = jwks(&key, "k1");
            set["keys"][0][member] = lie;
            assert_eq!(judge(&token, &set), Err(Jws::UnknownKey.into()), "{member}");
        }
        let mut twins = jwks(&key, "k1");
        let twin = twins["keys"][0].clone();
        twins["keys"].as_array_mut().unwrap().push(twin);
        assert_eq!(judge(&token, &twins), Err(Jws::UnknownKey.into()), "two keys of one name");
    }

    #[test]
    fn other_keys_in_the_set_do_no_harm() {
        let key = SoftKey::new();
        let mut set = jwks(&key, "k1");
        set["keys"].as_array_mut().unwrap().push(json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r"}));

        assert!(judge(&jwt(&key, &header(), &claims()), &set).is_ok());
    }
}
