//! The truth in other words: a client that refuses it is of no use.

use serde_json::{Value, json};

use super::{
    Errand, Tale, Variant,
    forge::{Forge, With, base64url, member, renamed},
    from, remove, renewal,
};

pub fn variants() -> Vec<Variant> {
    let sign_in = |name, from, tale| Variant { name, from, errand: Errand::SignIn, tale };
    let claims = |name, from, change: fn(&mut Value)| sign_in(name, from, Tale::Claims(change));
    let tokens = |name, from, change| sign_in(name, from, Tale::Tokens(change));
    vec![
        sign_in("nothing but the truth", &[from::OIDC_TEST, from::OIDC_OPENID_CONFIG], Tale::Truth),
        tokens("a token type in other letters", &[from::FAPI_TOKEN_TYPE], |_, told| {
            told.change(|it| it["token_type"] = json!("dpOp"));
        }),
        tokens("a token whose life is not said", &[from::FAPI_NO_EXPIRES_IN], |_, told| {
            told.change(|it| remove(it, "expires_in"));
        }),
        tokens("tokens with more beside them", &[], |_, told| told.change(|it| it["нэмэлт"] = json!({"Ө": 1}))),
        tokens("tokens in JSON of a named alphabet", &[], |_, told| {
            told.set("content-type", "Application/JSON; charset=utf-8");
        }),
        tokens("an ID token with the hash of its access token", &[], |forge, told| {
            told.change(|it| {
                let mut claims = super::forge::claims(it["id_token"].as_str().unwrap_or_default());
                let access = it["access_token"].as_str().unwrap_or_default();
                let digest = ring::digest::digest(&ring::digest::SHA256, access.as_bytes());
                claims["at_hash"] = json!(base64url(&digest.as_ref()[..16]));
                it["id_token"] = json!(forge.token(&claims));
            });
        }),
        claims("an audience of one in a list", &[from::FAPI_AUD_LIST], |it| it["aud"] = json!([it["aud"]])),
        claims("issued to us", &[], |it| it["azp"] = it["aud"].clone()),
        claims("good from the moment it was made", &[], |it| it["nbf"] = it["iat"].clone()),
        claims("claims that others hold", &[from::OIDC_AGGREGATED], |it| {
            it["_claim_names"] = json!({"хаяг": "эх1"});
            it["_claim_sources"] = json!({"эх1": {"JWT": "a.b.c"}});
        }),
        sign_in(
            "one key of ours, not named",
            &[from::OIDC_NO_KID_ONE],
            Tale::IdToken {
                keys: |forge| vec![forge.jwk(With::Own)],
                token: |forge, claims| forge.sign(With::Own, &json!({"alg": "ES256"}), claims),
            },
        ),
        sign_in(
            "a key of another kind beside ours",
            &[],
            Tale::IdToken {
                keys: |forge| vec![renamed(forge.jwk(With::Rsa), "бусад"), forge.jwk(With::Own)],
                token: Forge::token,
            },
        ),
        sign_in(
            "a header that also brings a key",
            &[],
            Tale::IdToken {
                keys: |forge| vec![forge.jwk(With::Own)],
                token: |forge, claims| forge.sign(With::Own, &member("jwk", forge.jwk(With::Other)), claims),
            },
        ),
        sign_in(
            "keys at another address of the same server",
            &[from::OIDC_JWKS_URI],
            Tale::Metadata(|told| {
                told.change(|it| {
                    it["jwks_uri"] = json!(format!("{}?v=2", it["jwks_uri"].as_str().unwrap_or_default()))
                });
            }),
        ),
        sign_in(
            "a key that was changed just before signing",
            &[from::OIDC_ROTATION, from::OIDC_ROTATION_BEFORE],
            Tale::LateKeys,
        ),
        sign_in(
            "metadata with more in it",
            &[from::OIDC_MTLS],
            Tale::Metadata(|told| {
                told.change(|it| it["mtls_endpoint_aliases"] = json!({"token_endpoint": "https://mtls.example/token"}));
            }),
        ),
        Variant {
            name: "a challenge of the gateway in other letters",
            from: &[from::FAPI_SCHEME],
            errand: Errand::Read,
            tale: Tale::GatewayTold(|told| {
                for (name, value) in &mut told.headers {
                    if name == "www-authenticate" {
                        *value = value.replacen("DPoP", "dPOP", 1);
                    }
                }
            }),
        },
        Variant { name: "a step-up", from: &[], errand: Errand::StepUp, tale: Tale::Truth },
        Variant {
            name: "a renewal with an ID token of the same citizen",
            from: &[],
            errand: Errand::Renew,
            tale: Tale::Renewal(|forge, claims, told| renewal::token(forge, claims, told, |_| {})),
        },
        Variant { name: "a renewal", from: &[from::OIDC_REFRESH], errand: Errand::Renew, tale: Tale::Truth },
    ]
}
