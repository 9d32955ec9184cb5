//! What the browser brings back: untrusted input from another app.
//!
//! Guarantees: read strictly and compared with what we asked for before the code is spent; an error text of the other
//! side is never repeated.

use url::Url;

/// A callback is a few hundred characters; more is not ours.
const MAX: usize = 8 * 1024;

/// Why a callback was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not an address we gave out")]
    Address,
    #[error("a parameter is missing or comes twice")]
    Parameters,
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
            Self::Parameters => "callback.parameters",
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

pub(super) fn read(text: &str, issuer: &str) -> Result<Callback, Refusal> {
    if text.len() > MAX {
        return Err(Refusal::Address);
    }
    let url = Url::parse(text).map_err(|_| Refusal::Address)?;
    if url.fragment().is_some() {
        return Err(Refusal::Address);
    }
    let mut address = url.clone();
    address.set_query(None);
    let one = |name: &str| {
        let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        match (values.next(), values.next()) {
            (value, None) => Ok(value.filter(|v| !v.is_empty())),
            (_, Some(_)) => Err(Refusal::Parameters),
        }
    };
    let from = one("iss")?.ok_or(Refusal::NoIssuer)?;
    if from != issuer {
        return Err(Refusal::OtherIssuer);
    }
    let state = one("state")?.ok_or(Refusal::Parameters)?;
    let answer = match (one("code")?, one("error")?) {
        (Some(code), None) => Answer::Code(code),
        (None, Some(error)) => Answer::Failed(error),
        (Some(_), Some(_)) | (None, None) => return Err(Refusal::Parameters),
    };
    Ok(Callback { address, state, answer })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIRECT: &str = "mn.emongolia:/callback";
    const ISSUER: &str = "https://localhost:8443";

    fn take_at(redirect_uri: &str, text: &str) -> Result<(String, Answer), Refusal> {
        let callback = read(text, ISSUER)?;
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
            (format!("{REDIRECT}?code=c&state=s&{iss}#x"), Refusal::Address),
            (format!("{REDIRECT}?code={}&state=s&{iss}", "c".repeat(MAX)), Refusal::Address),
            (format!("{REDIRECT}?code=c&state=s"), Refusal::NoIssuer),
            (format!("{REDIRECT}?code=c&state=s&iss="), Refusal::NoIssuer),
            (format!("{REDIRECT}?code=c&state=s&iss=https://localhost:8443/"), Refusal::OtherIssuer),
            (format!("{REDIRECT}?code=c&state=s&iss=https://evil.mn"), Refusal::OtherIssuer),
            (format!("{REDIRECT}?code=c&state=s&{iss}&{iss}"), Refusal::Parameters),
            (format!("{REDIRECT}?code=c&code=d&state=s&{iss}"), Refusal::Parameters),
            (format!("{REDIRECT}?code=c&state=s&state=t&{iss}"), Refusal::Parameters),
            (format!("{REDIRECT}?code=c&error=e&state=s&{iss}"), Refusal::Parameters),
            (format!("{REDIRECT}?state=s&{iss}"), Refusal::Parameters),
            (format!("{REDIRECT}?code=&state=s&{iss}"), Refusal::Parameters),
            (format!("{REDIRECT}?code=c&{iss}"), Refusal::Parameters),
        ];

        for (text, expected) in cases {
            assert_eq!(take(&text), Err(expected), "{text}");
        }
    }
}
