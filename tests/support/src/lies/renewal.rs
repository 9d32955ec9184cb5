//! Lies in the answer to a renewal (RFC 6749 §6): the session stands, and stays as it was.

use emongolia_core::foundation::checks::Check;
use serde_json::{Value, json};

use super::{
    Errand, Lie, Refused, Tale, first_member_twice,
    forge::{Forge, With, header, member},
    from, html, remove,
};
use crate::front::Told;

pub(super) fn lies() -> Vec<Lie> {
    let lie = |name, change, code, check| {
        Lie::of(name, &[], Tale::Renewal(change), Refused::Code(code), check).during(Errand::Renew)
    };
    vec![
        lie(
            "a bearer token at a renewal",
            |_, _, told| told.change(|it| it["token_type"] = json!("Bearer")),
            "auth.token.type",
            Check::TokenType,
        ),
        lie(
            "a token of no type at a renewal",
            |_, _, told| told.change(|it| remove(it, "token_type")),
            "auth.token.no_type",
            Check::TokenTypePresent,
        ),
        lie(
            "a refresh token that breaks the line at a renewal",
            |_, _, told| told.change(|it| it["refresh_token"] = json!("abc\r\nX-Admin: 1")),
            "auth.token.refresh",
            Check::RefreshCharacters,
        ),
        lie(
            "two token types at a renewal",
            |_, _, told| first_member_twice(told, r#""token_type":"Bearer""#),
            "auth.token.twice",
            Check::TokenAnswerOnce,
        ),
        lie(
            "tokens said to be a page at a renewal",
            |_, _, told| html(told),
            "auth.token.media_type",
            Check::TokenAnswerType,
        ),
        lie(
            "a renewal's ID token of another issuer",
            |forge, claims, told| token(forge, claims, told, |it| it["iss"] = json!("https://sso.example")),
            "auth.id_token.issuer",
            Check::Issuer,
        )
        .ported(&[from::OIDC_REFRESH_ISS]),
        lie(
            "a renewal's ID token of another citizen",
            |forge, claims, told| token(forge, claims, told, |it| it["sub"] = json!("somebody-else")),
            "auth.id_token.other_subject",
            Check::SubjectOfTheSession,
        )
        .ported(&[from::OIDC_REFRESH_SUB]),
        lie(
            "a renewal's ID token for another client",
            |forge, claims, told| token(forge, claims, told, |it| it["aud"] = json!("mn.other.app")),
            "auth.id_token.audience",
            Check::Audience,
        ),
        lie(
            "a renewal's ID token that has expired",
            |forge, claims, told| token(forge, claims, told, |it| it["exp"] = json!(0)),
            "auth.id_token.expired",
            Check::Expiry,
        ),
        lie(
            "a renewal's ID token of another access token",
            |forge, claims, told| token(forge, claims, told, |it| it["at_hash"] = json!("77QmUPtjPfzWtF2AnpK9RA")),
            "auth.id_token.access_hash",
            Check::AccessHash,
        ),
        lie(
            "a renewal's ID token signed with another key",
            |forge, claims, told| {
                let token = forge.sign(With::Other, &header(), claims);
                told.change(|it| it["id_token"] = json!(token));
            },
            "auth.id_token.signature",
            Check::Signature,
        ),
        lie(
            "a renewal's ID token under no algorithm",
            |forge, claims, told| {
                let token = forge.sign(With::Nothing, &member("alg", json!("none")), claims);
                told.change(|it| it["id_token"] = json!(token));
            },
            "auth.id_token.algorithm",
            Check::Algorithm,
        ),
    ]
}

/// An ID token of the sign-in's claims, so changed, without a nonce: a renewal answers none (OpenID Connect Core §12.2).
pub(super) fn token(forge: &Forge, claims: &Value, told: &mut Told, change: fn(&mut Value)) {
    let mut claims = claims.clone();
    remove(&mut claims, "nonce");
    change(&mut claims);
    told.change(|it| it["id_token"] = json!(forge.token(&claims)));
}
