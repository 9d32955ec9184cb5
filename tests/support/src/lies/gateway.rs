//! Lies of the gateway about who asks (RFC 9449 §7, §9): never a loop, never the end of the session.

use emongolia_core::foundation::checks::Check;
use serde_json::json;

use super::{Errand, INBOX, Lie, Refused, Tale};
use crate::front::Told;

pub(super) fn lies() -> Vec<Lie> {
    let demand = |name, times, nonce, check| {
        let tale = Tale::Demand { path: INBOX, times, nonce };
        Lie::of(name, &[], tale, Refused::Code("auth.challenged"), check).during(Errand::Read)
    };
    vec![
        demand("a nonce at the gateway, again and again", 3, Some("n-1"), Check::NonceOnce),
        demand("a nonce is demanded at the gateway and none given", 1, None, Check::NonceBrought),
        Lie::of(
            "tokens are refused again and again",
            &[],
            Tale::Gateway { times: 3, say: refused },
            Refused::SignInRequired,
            Check::RenewedOnce,
        )
        .during(Errand::Read),
        Lie::shapeless(
            "a newer proof is demanded again and again",
            Tale::Gateway { times: 9, say: newer },
            Refused::StepUpRequired,
            "nothing is asked again by itself: what comes next is the citizen's",
        )
        .during(Errand::Read),
        Lie::shapeless(
            "the gateway sends a token elsewhere",
            Tale::Gateway { times: 1, say: elsewhere },
            Refused::Code("gateway.malformed"),
            "the client follows no redirect, and has no way to",
        )
        .during(Errand::Read),
    ]
}

fn refused() -> Told {
    let challenge = r#"DPoP error="invalid_token", algs="ES256""#;
    Told::json(401, &json!({"code": "invalid_token"})).with("www-authenticate", challenge)
}

fn newer() -> Told {
    let challenge = r#"DPoP error="insufficient_user_authentication", max_age="300", acr_values="urn:mn:dan:app""#;
    Told::json(401, &json!({"code": "step_up"})).with("www-authenticate", challenge)
}

fn elsewhere() -> Told {
    Told::json(302, &json!({})).with("location", "https://127.0.0.1/v1/inbox")
}
