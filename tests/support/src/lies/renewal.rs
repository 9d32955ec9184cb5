//! Lies in the answer to a renewal (RFC 6749 §6): the session stands, and stays as it was.

use emongolia_core::foundation::checks::Check;
use serde_json::json;

use super::{Errand, Lie, Refused, Tale, first_member_twice, html, remove};

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
    ]
}
