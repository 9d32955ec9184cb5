//! Lies in the answer to the code (RFC 6749 §5.1): tokens of no use, or of use to others.

use emongolia_core::foundation::checks::Check;
use serde_json::json;

use super::{Lie, Refused, Tale, first_member_twice, html, remove};

pub(super) fn lies() -> Vec<Lie> {
    let lie = |name, change, code, check| Lie::of(name, &[], Tale::Tokens(change), Refused::Code(code), check);
    vec![
        lie(
            "a bearer token",
            |_, told| told.change(|it| it["token_type"] = json!("Bearer")),
            "auth.token.type",
            Check::TokenType,
        ),
        lie(
            "a token of no type",
            |_, told| told.change(|it| remove(it, "token_type")),
            "auth.token.no_type",
            Check::TokenTypePresent,
        ),
        lie(
            "no access token",
            |_, told| told.change(|it| remove(it, "access_token")),
            "auth.token.no_access",
            Check::AccessPresent,
        ),
        lie(
            "an empty access token",
            |_, told| told.change(|it| it["access_token"] = json!("")),
            "auth.token.no_access",
            Check::AccessPresent,
        ),
        lie(
            "an access token that breaks the line",
            |_, told| told.change(|it| it["access_token"] = json!("abc\r\nX-Admin: 1")),
            "auth.token.access",
            Check::AccessCharacters,
        ),
        lie(
            "an access token in Cyrillic",
            |_, told| told.change(|it| it["access_token"] = json!("Өөрийн-Үг")),
            "auth.token.access",
            Check::AccessCharacters,
        ),
        lie(
            "an access token of 100 kB",
            |_, told| told.change(|it| it["access_token"] = json!("a".repeat(100_000))),
            "auth.token.access_length",
            Check::AccessLength,
        ),
        lie(
            "no refresh token",
            |_, told| told.change(|it| remove(it, "refresh_token")),
            "auth.token.no_refresh",
            Check::RefreshPresent,
        ),
        lie(
            "a refresh token that breaks the line",
            |_, told| told.change(|it| it["refresh_token"] = json!("abc\r\nX-Admin: 1")),
            "auth.token.refresh",
            Check::RefreshCharacters,
        ),
        lie(
            "a refresh token of 100 kB",
            |_, told| told.change(|it| it["refresh_token"] = json!("r".repeat(100_000))),
            "auth.token.refresh_length",
            Check::RefreshLength,
        ),
        lie(
            "no ID token",
            |_, told| told.change(|it| remove(it, "id_token")),
            "auth.token.no_id_token",
            Check::IdTokenPresent,
        ),
        lie(
            "a share of the store key that is none",
            |_, told| told.change(|it| it["store_share"] = json!("Ө")),
            "auth.token.share",
            Check::ShareLength,
        ),
        lie(
            "two token types",
            |_, told| first_member_twice(told, r#""token_type":"Bearer""#),
            "auth.token.twice",
            Check::TokenAnswerOnce,
        ),
        lie("tokens said to be a page", |_, told| html(told), "auth.token.media_type", Check::TokenAnswerType),
        Lie::shapeless(
            "tokens that are no JSON",
            Tale::Tokens(|_, told| told.body = "access_token=abc&token_type=DPoP".into()),
            Refused::Code("auth.token.unreadable"),
            "there is nothing in it to go on with",
        ),
    ]
}
