//! Lies in what the ID token claims (OpenID Connect Core §3.1.3.7). All of them well signed.

use emongolia_core::foundation::checks::Check;
use serde_json::{Value, json};

use super::{Errand, From, Lie, Refused, Tale, from, remove};

const HOUR_S: i64 = 3600;

pub(super) fn lies() -> Vec<Lie> {
    let lie =
        |name, tests: From, change, code, check| Lie::of(name, tests, Tale::Claims(change), Refused::Code(code), check);
    vec![
        lie(
            "an ID token of another issuer",
            &[from::OIDC_ISS, from::FAPI_ISS],
            |it| it["iss"] = json!("https://sso.example"),
            "auth.id_token.issuer",
            Check::Issuer,
        ),
        lie(
            "an ID token without issuer",
            &[from::FAPI_NO_CLAIM_ISS],
            |it| remove(it, "iss"),
            "auth.id_token.no_issuer",
            Check::IssuerPresent,
        ),
        lie(
            "an ID token for another client",
            &[from::OIDC_AUD, from::FAPI_AUD],
            |it| it["aud"] = json!("mn.other.app"),
            "auth.id_token.audience",
            Check::Audience,
        ),
        lie(
            "an ID token for nobody",
            &[from::OIDC_NO_AUD, from::FAPI_NO_AUD],
            |it| remove(it, "aud"),
            "auth.id_token.no_audience",
            Check::AudiencePresent,
        ),
        lie(
            "an ID token for us and another",
            &[from::FAPI_SECOND_AUD],
            |it| it["aud"] = json!([it["aud"], "mn.other.app"]),
            "auth.id_token.audiences",
            Check::AudienceAlone,
        ),
        lie(
            "an ID token issued to another client",
            &[],
            |it| it["azp"] = json!("mn.other.app"),
            "auth.id_token.authorized_party",
            Check::AuthorizedParty,
        ),
        lie(
            "an ID token without subject",
            &[from::OIDC_NO_SUB],
            |it| remove(it, "sub"),
            "auth.id_token.no_subject",
            Check::SubjectPresent,
        ),
        lie(
            "an ID token of an empty subject",
            &[],
            |it| it["sub"] = json!(""),
            "auth.id_token.subject",
            Check::SubjectFilled,
        ),
        lie(
            "an ID token of a subject of 300 characters",
            &[],
            |it| it["sub"] = json!("s".repeat(300)),
            "auth.id_token.subject",
            Check::SubjectLength,
        ),
        lie(
            "an ID token of a subject in Cyrillic",
            &[],
            |it| it["sub"] = json!("иргэн-Ө"),
            "auth.id_token.subject",
            Check::SubjectCharacters,
        ),
        lie(
            "an ID token that has expired",
            &[from::FAPI_EXPIRED],
            |it| put_back(it, "exp", 2 * HOUR_S),
            "auth.id_token.expired",
            Check::Expiry,
        ),
        lie(
            "an ID token without end",
            &[from::FAPI_NO_EXP],
            |it| remove(it, "exp"),
            "auth.id_token.no_expiry",
            Check::ExpiryPresent,
        ),
        lie(
            "an ID token that does not say when it was made",
            &[from::OIDC_NO_IAT],
            |it| remove(it, "iat"),
            "auth.id_token.no_issue_time",
            Check::IssueTimePresent,
        ),
        lie(
            "an ID token of the future",
            &[],
            |it| put_back(it, "iat", -HOUR_S),
            "auth.id_token.future",
            Check::IssuedInTheFuture,
        ),
        lie(
            "an ID token of an hour ago",
            &[],
            |it| put_back(it, "iat", HOUR_S),
            "auth.id_token.old",
            Check::IssuedLongAgo,
        ),
        lie(
            "an ID token that is not good yet",
            &[],
            |it| it["nbf"] = json!(it["iat"].as_i64().unwrap_or_default() + HOUR_S),
            "auth.id_token.not_yet",
            Check::NotBefore,
        ),
        lie(
            "an ID token of another sign-in",
            &[from::OIDC_NONCE, from::FAPI_NONCE],
            |it| it["nonce"] = json!("Өөр"),
            "auth.id_token.nonce",
            Check::Nonce,
        ),
        lie("an ID token with an empty nonce", &[], |it| it["nonce"] = json!(""), "auth.id_token.nonce", Check::Nonce),
        lie(
            "an ID token without nonce",
            &[from::FAPI_NO_NONCE],
            |it| remove(it, "nonce"),
            "auth.id_token.no_nonce",
            Check::NoncePresent,
        ),
        lie(
            "a step-up that does not say when",
            &[],
            |it| remove(it, "auth_time"),
            "auth.id_token.no_auth_time",
            Check::AuthTimePresent,
        )
        .during(Errand::StepUp),
        lie(
            "a step-up with a proof of an hour ago",
            &[],
            |it| put_back(it, "auth_time", HOUR_S),
            "auth.id_token.stale",
            Check::AuthTime,
        )
        .during(Errand::StepUp),
        lie(
            "a step-up with a proof of the future",
            &[],
            |it| put_back(it, "auth_time", -HOUR_S),
            "auth.id_token.stale",
            Check::AuthTime,
        )
        .during(Errand::StepUp),
        lie("a step-up in another way", &[], |it| it["acr"] = json!("urn:mn:dan:sms"), "auth.id_token.way", Check::Way)
            .during(Errand::StepUp),
        lie("a step-up in no way", &[], |it| remove(it, "acr"), "auth.id_token.way", Check::Way).during(Errand::StepUp),
        lie(
            "an ID token of another access token",
            &[from::OIDC_AT_HASH],
            |it| it["at_hash"] = json!("77QmUPtjPfzWtF2AnpK9RA"),
            "auth.id_token.access_hash",
            Check::AccessHash,
        ),
    ]
}

/// A time, so many seconds earlier.
fn put_back(claims: &mut Value, name: &str, s: i64) {
    claims[name] = json!(claims[name].as_i64().unwrap_or_default() - s);
}
