use serde_json::json;

use super::*;
use crate::{
    auth::testing::{SoftKey, id_token_claims, jwks, jwt},
    foundation::{crypto::jws::Refusal as Jws, net::testing::now},
};

const ISSUER: &str = "https://sso.mn";
const CLIENT: &str = "mn.emongolia.app";
const ACCESS: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

fn judge(token: &str, keys: &Value) -> Result<Citizen, Refusal> {
    let keys = KeySet::read(keys.to_string().as_bytes())?;
    judge_with(token, &keys, &expected()).map(|told| told.citizen)
}

fn judge_with(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Told, Refusal> {
    verify(token, keys, expected)
}

fn expected() -> Expected<'static> {
    Expected {
        issuer: ISSUER,
        audience: CLIENT,
        nonce: Some("n-1"),
        subject: None,
        freshness: None,
        access: ACCESS,
        now: now(),
        checks: Checks::default(),
    }
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
        ("aud", json!([CLIENT, "another.app"]), Refusal::Audiences),
        ("aud", json!([CLIENT, CLIENT]), Refusal::Audiences),
        ("aud", json!({ CLIENT: CLIENT }), Refusal::Audience),
        ("azp", json!("another.app"), Refusal::AuthorizedParty),
        ("sub", json!(""), Refusal::Subject),
        ("sub", json!("x".repeat(256)), Refusal::Subject),
        ("sub", json!("Өнөр"), Refusal::Subject),
        ("exp", json!(s - 61), Refusal::Expired),
        ("exp", json!(0), Refusal::Expired),
        ("exp", json!("never"), Refusal::Claims),
        ("iat", json!(s + 120), Refusal::Future),
        ("iat", json!(s - 3600), Refusal::Old),
        ("nbf", json!(s + 120), Refusal::NotYet),
        ("nonce", json!("n-2"), Refusal::Nonce),
        ("nonce", json!(""), Refusal::Nonce),
        ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RA"), Refusal::AccessHash),
        ("at_hash", json!(""), Refusal::AccessHash),
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
        ("iss", Refusal::NoIssuer),
        ("aud", Refusal::NoAudience),
        ("sub", Refusal::NoSubject),
        ("exp", Refusal::NoExpiry),
        ("iat", Refusal::NoIssueTime),
        ("nonce", Refusal::NoNonce),
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
        (json!(null), json!(SIGNATURE), Some(Refusal::NoAuthTime)),
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
fn what_may_be_said_otherwise_is_believed() {
    let key = SoftKey::new();
    let cases = [
        ("aud", json!([CLIENT])),
        ("azp", json!(CLIENT)),
        ("nbf", json!(now().unix_s())),
        ("at_hash", json!(base64url(&sha256(ACCESS.as_bytes())[..16]))),
        ("_claim_names", json!({"address": "хаяг"})),
    ];

    for (claim, said) in cases {
        let mut claims = claims();
        claims[claim] = said;
        assert!(judge(&jwt(&key, &header(), &claims), &jwks(&key, "k1")).is_ok(), "{claim}");
    }
    assert!(judge(&jwt(&key, &json!({"alg": "ES256"}), &claims()), &jwks(&key, "k1")).is_ok(), "one key, unnamed");
}

#[test]
fn a_claim_twice_is_refused_though_the_signature_is_good() {
    let key = SoftKey::new();
    let twice = claims().to_string().replacen('{', r#"{"sub":"somebody-else","#, 1);

    let token = crate::auth::testing::jws(&key, &header().to_string(), &twice);

    assert_eq!(judge(&token, &jwks(&key, "k1")), Err(Refusal::Twice));
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
    for (member, lie, expected) in [
        ("kty", json!("RSA"), Jws::KeyKind),
        ("crv", json!("P-384"), Jws::KeyKind),
        ("alg", json!("RS256"), Jws::KeyAlgorithm),
        ("use", json!("enc"), Jws::KeyUse),
        ("key_ops", json!(["encrypt"]), Jws::KeyOperations),
        ("x", json!("AA"), Jws::KeyKind),
        ("y", json!(""), Jws::KeyKind),
    ] {
        let mut set = jwks(&key, "k1");
        set["keys"][0][member] = lie;
        assert_eq!(judge(&token, &set), Err(expected.into()), "{member}");
    }
    let mut twins = jwks(&key, "k1");
    let twin = twins["keys"][0].clone();
    twins["keys"].as_array_mut().unwrap().push(twin);
    assert_eq!(judge(&token, &twins), Err(Jws::TwoKeys.into()), "two keys of one name");
}

#[test]
fn other_keys_in_the_set_do_no_harm() {
    let key = SoftKey::new();
    let mut set = jwks(&key, "k1");
    set["keys"].as_array_mut().unwrap().push(json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r"}));

    assert!(judge(&jwt(&key, &header(), &claims()), &set).is_ok());
}
