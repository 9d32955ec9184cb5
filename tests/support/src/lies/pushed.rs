//! Lies in the answer to the pushed request (RFC 9126), and demands for nonces (RFC 9449 §8) that never end.

use emongolia_core::foundation::checks::Check;
use serde_json::json;

use super::{Lie, PUSHED, Refused, TOKEN, Tale, first_member_twice, forge::claims, html, remove};
use crate::front::{Exchange, Told};

/// A space and a quotation mark are no characters of a nonce.
const ODD: &str = "nonce \"of ours\"";

/// Longer than any.
const LONG: &str = concat!(
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
);

pub(super) fn lies() -> Vec<Lie> {
    let lie = |name, change, code, check| Lie::of(name, &[], Tale::Pushed(change), Refused::Code(code), check);
    let demand = |name, path, times, nonce, code, check| {
        Lie::of(name, &[], Tale::Demand { path, times, nonce }, Refused::Code(code), check)
    };
    vec![
        lie(
            "a pushed request that is only acknowledged",
            |told| told.status = 200,
            "auth.pushed.status",
            Check::PushedStatus,
        ),
        lie("a pushed request answered with a page", html, "auth.pushed.media_type", Check::PushedType),
        lie(
            "two request_uri",
            |told| first_member_twice(told, r#""request_uri":"urn:evil""#),
            "auth.pushed.twice",
            Check::PushedOnce,
        ),
        lie(
            "no request_uri",
            |told| told.change(|it| remove(it, "request_uri")),
            "auth.pushed.no_request_uri",
            Check::RequestUriPresent,
        ),
        lie(
            "an empty request_uri",
            |told| told.change(|it| it["request_uri"] = json!("")),
            "auth.pushed.no_request_uri",
            Check::RequestUriPresent,
        ),
        lie(
            "a request_uri of 10 kB",
            |told| told.change(|it| it["request_uri"] = json!("u".repeat(10_000))),
            "auth.pushed.request_uri_length",
            Check::RequestUriLength,
        ),
        lie(
            "a request_uri that is good for no time",
            |told| told.change(|it| it["expires_in"] = json!(0)),
            "auth.pushed.life",
            Check::PushedLife,
        ),
        demand(
            "a nonce at the pushed request, again and again",
            PUSHED,
            3,
            Some("n-1"),
            "auth.challenged",
            Check::NonceOnce,
        ),
        demand(
            "a nonce at the token endpoint, again and again",
            TOKEN,
            3,
            Some("n-1"),
            "auth.challenged",
            Check::NonceOnce,
        ),
        demand("a nonce is demanded and none given", TOKEN, 1, None, "auth.no_nonce", Check::NonceBrought),
        demand("a nonce of odd characters", TOKEN, 1, Some(ODD), "auth.no_nonce", Check::NonceCharacters)
            .so_far(|seen| nonce(seen) == ODD),
        demand("a nonce longer than any", TOKEN, 1, Some(LONG), "auth.no_nonce", Check::NonceCharacters)
            .so_far(|seen| nonce(seen) == LONG),
        Lie::shapeless(
            "a pushed request sent on to another address",
            Tale::Pushed(|told| {
                *told = Told::json(307, &json!({})).with("location", "https://127.0.0.1/oauth/par");
            }),
            Refused::Code("auth.malformed"),
            "the client follows no redirect, and has no way to",
        ),
        Lie::shapeless(
            "a pushed request answered with something else",
            Tale::Pushed(|told| told.body = r#"["үгүй"]"#.into()),
            Refused::Code("auth.pushed.unreadable"),
            "there is nothing in it to go on with",
        ),
    ]
}

/// The nonce of the request's proof.
fn nonce(seen: &Exchange) -> String {
    let proof = seen.request.headers.get("dpop").map(|proof| claims(proof)).unwrap_or_default();
    proof["nonce"].as_str().unwrap_or_default().to_owned()
}
