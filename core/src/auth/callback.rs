//! What the browser brings back: untrusted input from another app.
//!
//! Guarantees: read strictly and compared with what we asked for before the code is spent; an error text of the other
//! side is never repeated.

use url::Url;

use crate::foundation::checks::{Check, Checks};

/// A callback is a few hundred characters; more is not ours.
const MAX: usize = 8 * 1024;

/// Why a callback was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not an address we gave out")]
    Address,
    #[error("an address with a fragment")]
    Fragment,
    #[error("iss comes twice")]
    IssuerTwice,
    #[error("state comes twice")]
    StateTwice,
    #[error("code or error comes twice")]
    AnswerTwice,
    #[error("no state")]
    NoState,
    #[error("a code and an error")]
    CodeAndError,
    #[error("neither code nor error")]
    NoAnswer,
    #[error("no iss (RFC 9207)")]
    NoIssuer,
    #[error("iss is another server's: a mix-up")]
    OtherIssuer,
    #[error("state is unknown or was used before")]
    UnknownState,
    #[error("the sign-in was begun too long ago")]
    TooOld,
}

impl Refusal {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Address => "callback.address",
            Self::Fragment => "callback.fragment",
            Self::IssuerTwice => "callback.issuer_twice",
            Self::StateTwice => "callback.state_twice",
            Self::AnswerTwice => "callback.answer_twice",
            Self::NoState => "callback.no_state",
            Self::CodeAndError => "callback.code_and_error",
            Self::NoAnswer => "callback.no_answer",
            Self::NoIssuer => "callback.no_issuer",
            Self::OtherIssuer => "callback.other_issuer",
            Self::UnknownState => "callback.unknown_state",
            Self::TooOld => "callback.too_old",
        }
    }
}

/// A callback from our server. No `Debug` outside tests: a code is a secret until it is spent.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) struct Callback {
    /// Without its query.
    address: Url,
    pub(super) state: String,
    pub(super) answer: Answer,
}

#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) enum Answer {
    Code(String),
    /// The OAuth error code (RFC 6749 §4.1.2.1).
    Failed(String),
}

impl Callback {
    /// Whether it came to the address that its sign-in gave out.
    pub(super) fn came_to(&self, redirect_uri: &str) -> bool {
        Url::parse(redirect_uri).is_ok_and(|wanted| wanted == self.address)
    }
}

pub(super) fn read(text: &str, issuer: &str, checks: Checks) -> Result<Callback, Refusal> {
    if text.len() > MAX {
        return Err(Refusal::Address);
    }
    let url = Url::parse(text).map_err(|_| Refusal::Address)?;
    checks.demand(Check::CallbackFragment, url.fragment().is_none(), Refusal::Fragment)?;
    let mut address = url.clone();
    address.set_query(None);
    address.set_fragment(None);
    // Of a parameter that comes twice two readers may take different ones.
    let one = |name: &str, once: Check, twice: Refusal| {
        let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let first = values.next();
        checks.demand(once, values.next().is_none(), twice)?;
        Ok(first.filter(|value| !value.is_empty()))
    };
    let from = one("iss", Check::CallbackIssuerOnce, Refusal::IssuerTwice)?;
    let from = checks.present(Check::CallbackIssuerPresent, from, issuer.to_owned(), Refusal::NoIssuer)?;
    checks.demand(Check::CallbackIssuer, from == issuer, Refusal::OtherIssuer)?;
    let state = one("state", Check::CallbackStateOnce, Refusal::StateTwice)?;
    let state = checks.present(Check::CallbackStatePresent, state, String::new(), Refusal::NoState)?;
    let code = one("code", Check::CallbackCodeOnce, Refusal::AnswerTwice)?;
    let answer = match (code, one("error", Check::CallbackCodeOnce, Refusal::AnswerTwice)?) {
        (Some(code), None) => Answer::Code(code),
        (None, Some(error)) => Answer::Failed(error),
        (Some(code), Some(_)) => {
            checks.present(Check::CallbackCodeAlone, None, Answer::Code(code), Refusal::CodeAndError)?
        }
        (None, None) => return Err(Refusal::NoAnswer),
    };
    Ok(Callback { address, state, answer })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIRECT: &str = "mn.emongolia:/callback";
    const ISSUER: &str = "https://localhost:8443";

    fn take_at(redirect_uri: &str, text: &str) -> Result<(String, Answer), Refusal> {
        let callback = read(text, ISSUER, Checks::default())?;
        if callback.came_to(redirect_uri) { Ok((callback.state, callback.answer)) } else { Err(Refusal::Address) }
    }

    fn take(text: &str) -> Result<(String, Answer), Refusal> {
        take_at(REDIRECT, text)
    }

    #[test]
    fn a_good_callback_is_taken_from_an_app_and_from_a_terminal() {
        let expected = || Ok(("s".to_owned(), Answer::Code("c/ө".into())));
        let query = "?code=c%2F%D3%A9&state=s&iss=https%3A%2F%2Flocalhost%3A8443";

        assert_eq!(take(&format!("{REDIRECT}{query}")), expected());
        let loopback = "http://127.0.0.1:51004/callback";
        assert_eq!(take_at(loopback, &format!("{loopback}{query}")), expected());
        assert_eq!(take_at("http://127.0.0.1:51005/callback", &format!("{loopback}{query}")), Err(Refusal::Address));
    }

    #[test]
    fn a_refusal_of_the_server_is_understood() {
        let (_, answer) =
            take("mn.emongolia:/callback?error=access_denied&state=s&iss=https://localhost:8443").unwrap();

        assert_eq!(answer, Answer::Failed("access_denied".into()));
    }

    #[test]
    fn what_is_not_exactly_right_is_refused() {
        let iss = "iss=https://localhost:8443";
        let cases = [
            (String::new(), Refusal::Address),
            ("Өөр юм".into(), Refusal::Address),
            (format!("mn.emongolia:/other?code=c&state=s&{iss}"), Refusal::Address),
            (format!("mn.emongolia:/callback/?code=c&state=s&{iss}"), Refusal::Address),
            (format!("mn.evil:/callback?code=c&state=s&{iss}"), Refusal::Address),
            (format!("https://evil.mn/callback?code=c&state=s&{iss}"), Refusal::Address),
            (format!("{REDIRECT}?code=c&state=s&{iss}#x"), Refusal::Fragment),
            (format!("{REDIRECT}?code={}&state=s&{iss}", "c".repeat(MAX)), Refusal::Address),
            (format!("{REDIRECT}?code=c&state=s"), Refusal::NoIssuer),
            (format!("{REDIRECT}?code=c&state=s&iss="), Refusal::NoIssuer),
            (format!("{REDIRECT}?code=c&state=s&iss=https://localhost:8443/"), Refusal::OtherIssuer),
            (format!("{REDIRECT}?code=c&state=s&iss=https://evil.mn"), Refusal::OtherIssuer),
            (format!("{REDIRECT}?code=c&state=s&{iss}&{iss}"), Refusal::IssuerTwice),
            (format!("{REDIRECT}?code=c&code=d&state=s&{iss}"), Refusal::AnswerTwice),
            (format!("{REDIRECT}?error=e&error=f&state=s&{iss}"), Refusal::AnswerTwice),
            (format!("{REDIRECT}?code=c&state=s&state=t&{iss}"), Refusal::StateTwice),
            (format!("{REDIRECT}?code=c&error=e&state=s&{iss}"), Refusal::CodeAndError),
            (format!("{REDIRECT}?state=s&{iss}"), Refusal::NoAnswer),
            (format!("{REDIRECT}?code=&state=s&{iss}"), Refusal::NoAnswer),
            (format!("{REDIRECT}?code=c&{iss}"), Refusal::NoState),
            (format!("{REDIRECT}?code=c&state=&{iss}"), Refusal::NoState),
        ];

        for (text, expected) in cases {
            assert_eq!(take(&text), Err(expected), "{text}");
        }
    }
}
