//! Lies about the server itself (RFC 8414): who it is, what it can do, and where one is to go.

use emongolia_core::foundation::checks::Check;
use serde_json::{Value, json};

use super::{ELSEWHERE, Errand, Lie, PUSHED, REVOCATION, Refused, TOKEN, Tale, first_member_twice, from, html, remove};
use crate::front::Exchange;

pub(super) fn lies() -> Vec<Lie> {
    let lie =
        |name, tests, change, code, check| Lie::of(name, tests, Tale::Metadata(change), Refused::Code(code), check);
    vec![
        lie(
            "metadata of another issuer",
            &[from::OIDC_ISSUER_MISMATCH, from::FAPI_ISSUER_MISMATCH],
            |told| told.change(|it| it["issuer"] = json!("https://sso.example")),
            "auth.metadata.issuer",
            Check::MetadataIssuer,
        ),
        lie(
            "metadata of an issuer with one stroke more",
            &[],
            |told| told.change(|it| append(&mut it["issuer"], "/")),
            "auth.metadata.issuer",
            Check::MetadataIssuer,
        ),
        lie(
            "metadata with two issuers",
            &[],
            |told| first_member_twice(told, r#""issuer":"https://sso.example""#),
            "auth.metadata.twice",
            Check::MetadataOnce,
        ),
        lie("metadata said to be a page", &[], html, "auth.metadata.media_type", Check::MetadataType),
        lie(
            "metadata without PKCE S256",
            &[],
            |told| told.change(|it| it["code_challenge_methods_supported"] = json!(["plain"])),
            "auth.metadata.pkce",
            Check::MetadataPkce,
        ),
        lie(
            "metadata without DPoP in ES256",
            &[],
            |told| told.change(|it| remove(it, "dpop_signing_alg_values_supported")),
            "auth.metadata.dpop",
            Check::MetadataDpop,
        ),
        lie(
            "metadata without ID tokens in ES256",
            &[],
            |told| told.change(|it| it["id_token_signing_alg_values_supported"] = json!(["none", "RS256"])),
            "auth.metadata.id_token",
            Check::MetadataIdToken,
        ),
        lie(
            "metadata without the code flow",
            &[],
            |told| told.change(|it| it["response_types_supported"] = json!(["token", "id_token"])),
            "auth.metadata.code_flow",
            Check::MetadataCode,
        ),
        lie(
            "metadata that promises no iss",
            &[],
            |told| told.change(|it| remove(it, "authorization_response_iss_parameter_supported")),
            "auth.metadata.iss",
            Check::MetadataIss,
        ),
        lie(
            "an authorisation page without TLS",
            &[],
            |told| told.change(|it| replace(&mut it["authorization_endpoint"], "https:", "http:")),
            "auth.metadata.authorization",
            Check::AuthorizationHome,
        ),
        lie(
            "an authorisation page elsewhere",
            &[],
            |told| told.change(|it| elsewhere(&mut it["authorization_endpoint"])),
            "auth.metadata.authorization",
            Check::AuthorizationHome,
        ),
        lie(
            "a token endpoint elsewhere",
            &[],
            |told| told.change(|it| elsewhere(&mut it["token_endpoint"])),
            "auth.metadata.token",
            Check::TokenHome,
        )
        .so_far(|seen| is_elsewhere(seen, TOKEN)),
        lie(
            "pushed requests elsewhere",
            &[],
            |told| told.change(|it| elsewhere(&mut it["pushed_authorization_request_endpoint"])),
            "auth.metadata.pushed",
            Check::PushedHome,
        )
        .so_far(|seen| is_elsewhere(seen, PUSHED)),
        lie(
            "keys elsewhere",
            &[],
            |told| told.change(|it| elsewhere(&mut it["jwks_uri"])),
            "auth.metadata.keys",
            Check::KeysHome,
        ),
        lie(
            "revocation elsewhere",
            &[],
            |told| told.change(|it| elsewhere(&mut it["revocation_endpoint"])),
            "auth.metadata.revocation",
            Check::RevocationHome,
        )
        .during(Errand::SignOut)
        .so_far(|seen| is_elsewhere(seen, REVOCATION)),
        Lie::shapeless(
            "metadata that is no JSON",
            Tale::Metadata(|told| told.body = "<p>Түр хаалттай</p>".into()),
            Refused::Code("auth.metadata.unreadable"),
            "there is nothing in it to go on with",
        ),
        Lie::shapeless(
            "metadata without pushed requests",
            Tale::Metadata(|told| told.change(|it| remove(it, "pushed_authorization_request_endpoint"))),
            Refused::Code("auth.metadata.no_pushed"),
            "the core has no other way to ask: there is nothing to fall back to",
        ),
    ]
}

fn elsewhere(address: &mut Value) {
    replace(address, "localhost", ELSEWHERE);
}

fn is_elsewhere(seen: &Exchange, path: &str) -> bool {
    super::went_elsewhere(seen) && seen.request.path == path
}

fn replace(text: &mut Value, what: &str, with: &str) {
    *text = text.as_str().unwrap_or_default().replace(what, with).into();
}

fn append(text: &mut Value, what: &str) {
    *text = format!("{}{what}", text.as_str().unwrap_or_default()).into();
}
