//! Lies in how the ID token is signed and in the published keys (RFC 7515, RFC 7517): confused, borrowed or no keys at
//! all. What the tokens claim is true.

use emongolia_core::foundation::checks::Check;
use serde_json::{Value, json};

use super::{
    From, Lie, Refused, Tale, first_member_twice,
    forge::{Forge, OTHER, OWN, With, header, member, renamed, with},
    from, html,
};

type Keys = fn(&Forge) -> Vec<Value>;
type Token = fn(&Forge, &Value) -> String;

/// What an honest server publishes.
const OWN_KEY: Keys = |forge| vec![forge.jwk(With::Own)];

pub(super) fn lies() -> Vec<Lie> {
    [signatures(), keys(), forms()].into_iter().flatten().collect()
}

fn lie(name: &'static str, tests: From, keys: Keys, token: Token, code: &'static str, check: Check) -> Lie {
    Lie::of(name, tests, Tale::IdToken { keys, token }, Refused::Code(code), check)
}

fn signatures() -> Vec<Lie> {
    vec![
        lie(
            "an ID token with a broken signature",
            &[from::OIDC_SIG_ES256],
            OWN_KEY,
            |forge, claims| {
                let token = forge.token(claims);
                let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
                let broken = if signature.starts_with('A') { 'B' } else { 'A' };
                format!("{signed}.{broken}{}", signature.get(1..).unwrap_or_default())
            },
            "auth.id_token.signature",
            Check::Signature,
        ),
        lie(
            "an ID token with an empty signature",
            &[],
            OWN_KEY,
            |forge, claims| forge.sign(With::Nothing, &header(), claims),
            "auth.id_token.signature",
            Check::Signature,
        ),
        lie(
            "an ID token signed with another key",
            &[],
            OWN_KEY,
            |forge, claims| forge.sign(With::Other, &header(), claims),
            "auth.id_token.signature",
            Check::Signature,
        ),
        lie(
            "a key that is not on its curve",
            &[],
            |forge| {
                let mut key = forge.jwk(With::Own);
                key["x"] = key["y"].clone();
                vec![key]
            },
            Forge::token,
            "auth.id_token.signature",
            Check::Signature,
        ),
        lie(
            "an ID token that brings its own key",
            &[],
            OWN_KEY,
            |forge, claims| forge.sign(With::Other, &member("jwk", forge.jwk(With::Other)), claims),
            "auth.id_token.signature",
            Check::KeyOfTheSet,
        ),
        lie(
            "an ID token under no algorithm",
            &[from::OIDC_SIG_NONE, from::FAPI_SIG_NONE],
            OWN_KEY,
            |forge, claims| forge.sign(With::Nothing, &member("alg", json!("none")), claims),
            "auth.id_token.algorithm",
            Check::Algorithm,
        ),
        lie(
            "an ID token under RS256",
            &[from::OIDC_SIG_RS256, from::FAPI_OTHER_ALG],
            |forge| vec![forge.jwk(With::Rsa)],
            |forge, claims| forge.sign(With::Rsa, &member("alg", json!("RS256")), claims),
            "auth.id_token.algorithm",
            Check::Algorithm,
        ),
        lie(
            "an ID token under HS256, the public key for a secret",
            &[],
            OWN_KEY,
            |forge, claims| forge.sign(With::PublicKeyAsSecret, &member("alg", json!("HS256")), claims),
            "auth.id_token.algorithm",
            Check::Algorithm,
        ),
        lie(
            "an ID token under ES384",
            &[],
            |forge| vec![forge.jwk(With::P384)],
            |forge, claims| forge.sign(With::P384, &member("alg", json!("ES384")), claims),
            "auth.id_token.algorithm",
            Check::Algorithm,
        ),
        Lie::shapeless(
            "an ID token under RS256 with a broken signature",
            Tale::IdToken {
                keys: |forge| vec![forge.jwk(With::Rsa)],
                token: |forge, claims| forge.sign(With::Nothing, &member("alg", json!("RS256")), claims),
            },
            Refused::Code("auth.id_token.algorithm"),
            "two lies in one: without the first check the second refuses it",
        )
        .ported(&[from::OIDC_BROKEN_RS256, from::OIDC_BROKEN_HS256]),
    ]
}

fn keys() -> Vec<Lie> {
    vec![
        lie(
            "an ID token under an unknown key",
            &[],
            OWN_KEY,
            |forge, claims| forge.sign(With::Own, &member("kid", json!("Үл мэдэгдэх")), claims),
            "auth.id_token.unknown_key",
            Check::KeyName,
        ),
        lie(
            "an ID token that names none of two keys",
            &[from::OIDC_NO_KID_MANY],
            |forge| vec![forge.jwk(With::Own), forge.jwk(With::Other)],
            |forge, claims| forge.sign(With::Own, &json!({"alg": "ES256"}), claims),
            "auth.id_token.nameless_key",
            Check::KeyNameless,
        ),
        lie(
            "two keys of one name",
            &[],
            |forge| vec![forge.jwk(With::Own), renamed(forge.jwk(With::Other), OWN)],
            Forge::token,
            "auth.id_token.two_keys",
            Check::KeyNameUnique,
        ),
        lie(
            "a key that is said to be on another curve",
            &[],
            |forge| vec![with(forge.jwk(With::Own), "crv", json!("P-384"))],
            Forge::token,
            "auth.id_token.key_kind",
            Check::KeyKind,
        ),
        lie(
            "a key that is said to be of another family",
            &[],
            |forge| vec![with(forge.jwk(With::Own), "kty", json!("OKP"))],
            Forge::token,
            "auth.id_token.key_kind",
            Check::KeyKind,
        ),
        lie(
            "a key for another algorithm",
            &[],
            |forge| vec![with(forge.jwk(With::Own), "alg", json!("ECDH-ES"))],
            Forge::token,
            "auth.id_token.key_algorithm",
            Check::KeyAlgorithm,
        ),
        lie(
            "a key for encryption",
            &[],
            |forge| vec![with(forge.jwk(With::Own), "use", json!("enc"))],
            Forge::token,
            "auth.id_token.key_use",
            Check::KeyUse,
        ),
        lie(
            "a key for other operations",
            &[],
            |forge| vec![with(forge.jwk(With::Own), "key_ops", json!(["encrypt", "wrapKey"]))],
            Forge::token,
            "auth.id_token.key_operations",
            Check::KeyOperations,
        ),
    ]
}

fn forms() -> Vec<Lie> {
    let set = |name, change, code, check| Lie::of(name, &[], Tale::KeySet(change), Refused::Code(code), check);
    vec![
        lie(
            "an ID token with a critical extension",
            &[],
            OWN_KEY,
            |forge, claims| forge.sign(With::Own, &member("crit", json!(["эрх"])), claims),
            "auth.id_token.critical",
            Check::Critical,
        ),
        lie(
            "an ID token whose header names its key twice",
            &[],
            OWN_KEY,
            |forge, claims| {
                let twice = header().to_string().replacen('{', &format!(r#"{{"kid":"{OTHER}","#), 1);
                forge.sign_text(With::Own, &twice, &claims.to_string())
            },
            "auth.id_token.header_twice",
            Check::HeaderOnce,
        ),
        lie(
            "an ID token with a claim twice",
            &[],
            OWN_KEY,
            |forge, claims| {
                let twice = claims.to_string().replacen('{', r#"{"sub":"somebody-else","#, 1);
                forge.sign_text(With::Own, &header().to_string(), &twice)
            },
            "auth.id_token.twice",
            Check::ClaimsOnce,
        ),
        lie(
            "an access token for an ID token",
            &[],
            OWN_KEY,
            |forge, claims| forge.sign(With::Own, &member("typ", json!("at+jwt")), claims),
            "auth.id_token.type",
            Check::IdTokenType,
        ),
        lie(
            "a proof for an ID token",
            &[],
            OWN_KEY,
            |forge, claims| forge.sign(With::Own, &member("typ", json!("dpop+jwt")), claims),
            "auth.id_token.type",
            Check::IdTokenType,
        ),
        lie(
            "an ID token of 20 kB",
            &[],
            OWN_KEY,
            |forge, claims| forge.token(&with(claims.clone(), "picture", json!("p".repeat(15_000)))),
            "auth.id_token.length",
            Check::IdTokenLength,
        ),
        set("keys said to be a page", |_, told| html(told), "auth.keys.media_type", Check::KeySetType),
        set("two key sets", |_, told| first_member_twice(told, r#""keys":[]"#), "auth.keys.twice", Check::KeySetOnce),
        set(
            "more keys than a set has",
            |forge, told| {
                told.change(|it| {
                    let others = (0..32).map(|n| renamed(forge.jwk(With::Other), &format!("Өөр {n}")));
                    it["keys"] = std::iter::once(forge.jwk(With::Own)).chain(others).collect();
                });
            },
            "auth.keys.many",
            Check::KeySetLength,
        ),
        Lie::shapeless(
            "keys that are no JSON",
            Tale::KeySet(|_, told| told.body = "<p>Түр хаалттай</p>".into()),
            Refused::Code("auth.keys.unreadable"),
            "there is no key in it to verify with",
        ),
        Lie::shapeless(
            "an ID token of two parts",
            Tale::IdToken {
                keys: OWN_KEY,
                token: |forge, claims| {
                    let token = forge.token(claims);
                    token.rsplit_once('.').map(|(signed, _)| signed.to_owned()).unwrap_or_default()
                },
            },
            Refused::Code("auth.id_token.form"),
            "there is nothing signed in it",
        ),
    ]
}
