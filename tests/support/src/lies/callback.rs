//! Lies that the browser brings back (RFC 6749 §4.1.2, RFC 9207): mixed up, injected, replayed or forged.

use emongolia_core::foundation::checks::Check;
use url::Url;

use super::{Lie, Refused, TOKEN, Tale, from};
use crate::front::Exchange;

pub(super) fn lies() -> Vec<Lie> {
    let lie = |name, tests, change, reason, check| {
        Lie::of(name, tests, Tale::Callback(change), Refused::Callback(reason), check)
    };
    let special = |name, tale, reason, check| Lie::of(name, &[], tale, Refused::Callback(reason), check);
    vec![
        lie(
            "a callback without iss",
            &[from::FAPI_NO_ISS],
            |url| with(url, "iss", &[]),
            "callback.no_issuer",
            Check::CallbackIssuerPresent,
        ),
        lie(
            "a callback of another iss",
            &[from::FAPI_OTHER_ISS],
            |url| with(url, "iss", &["https://sso.example"]),
            "callback.other_issuer",
            Check::CallbackIssuer,
        ),
        lie(
            "a callback with iss twice",
            &[],
            |url| format!("{url}&iss=https://sso.example"),
            "callback.issuer_twice",
            Check::CallbackIssuerOnce,
        ),
        lie(
            "a callback without state",
            &[from::FAPI_NO_STATE],
            |url| with(url, "state", &[]),
            "callback.no_state",
            Check::CallbackStatePresent,
        ),
        lie(
            "a callback of another state",
            &[from::FAPI_OTHER_STATE],
            |url| with(url, "state", &["Өөр"]),
            "callback.unknown_state",
            Check::CallbackStateKnown,
        ),
        lie(
            "a callback with state twice",
            &[],
            |url| format!("{url}&state=Өөр"),
            "callback.state_twice",
            Check::CallbackStateOnce,
        ),
        lie(
            "a callback with code twice",
            &[],
            |url| format!("{url}&code=abc"),
            "callback.answer_twice",
            Check::CallbackCodeOnce,
        ),
        lie(
            "a callback with a code and an error",
            &[],
            |url| format!("{url}&error=access_denied"),
            "callback.code_and_error",
            Check::CallbackCodeAlone,
        ),
        lie(
            "a callback to another address",
            &[],
            |url| url.replacen("mn.emongolia:/callback", "mn.emongolia:/other", 1),
            "callback.address",
            Check::CallbackAddress,
        ),
        lie(
            "a callback with a fragment",
            &[],
            |url| format!("{url}#access_token=abc"),
            "callback.fragment",
            Check::CallbackFragment,
        ),
        special("a callback after ten minutes", Tale::LateCallback, "callback.too_old", Check::CallbackAge),
        special(
            "a callback whose state was used before",
            Tale::UsedState,
            "callback.unknown_state",
            Check::CallbackStateKnown,
        )
        .so_far(code_was_sent),
        special("a callback that nobody asked for", Tale::Unasked, "callback.unknown_state", Check::CallbackStateKnown)
            .so_far(code_was_sent),
        Lie::shapeless(
            "a callback with neither code nor error",
            Tale::Callback(|url| with(url, "code", &[])),
            Refused::Callback("callback.no_answer"),
            "there is nothing to exchange",
        ),
    ]
}

fn code_was_sent(seen: &Exchange) -> bool {
    seen.request.path == TOKEN
}

/// The callback with these values, and no others, of the parameter.
fn with(url: &str, name: &str, values: &[&str]) -> String {
    let Ok(mut url) = Url::parse(url) else { return String::new() };
    let others: Vec<_> =
        url.query_pairs().filter(|(key, _)| key != name).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    url.query_pairs_mut().clear().extend_pairs(others).extend_pairs(values.iter().map(|value| (name, value)));
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_put_in_the_place_of_another() {
        assert_eq!(
            with("mn.emongolia:/callback?code=1&state=2", "state", &["Ө"]),
            "mn.emongolia:/callback?code=1&state=%D3%A8"
        );
        assert_eq!(with("mn.emongolia:/callback?code=1&state=2", "code", &[]), "mn.emongolia:/callback?state=2");
    }
}
