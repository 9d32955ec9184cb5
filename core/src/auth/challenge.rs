//! What a 401 asks for: `WWW-Authenticate` (RFC 9110 §11.6.1), the challenges of the scheme DPoP in it.
//!
//! Guarantees: a comma or a scheme's name inside quotes is text; what breaks off half-way says nothing.

use super::freshness::Freshness;

/// RFC 9470 §3: the session is good, the citizen's last proof is too old or of too weak a kind.
const STEP_UP: &str = "insufficient_user_authentication";

/// When the other side asks for a new proof and does not say how new.
const MAX_AGE_S: u32 = 300;

/// A list of ways to authenticate is a few short names.
const MAX_WAYS: usize = 512;

/// A challenge of our scheme that names an error (RFC 9449 §7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    StepUp(Freshness),
    Other(String),
}

/// The first one in a header, if there is any.
pub(super) fn read(header: &str) -> Option<Challenge> {
    let (mut rest, mut ours) = (header, false);
    let (mut error, mut max_age, mut ways) = (None, None, None);
    while let Some(word) = word(&mut rest) {
        let Some(value) = value(&mut rest)? else {
            if error.is_some() {
                break; // the next challenge
            }
            ours = word.eq_ignore_ascii_case("DPoP");
            (max_age, ways) = (None, None);
            continue;
        };
        match word.to_ascii_lowercase().as_str() {
            "error" if ours => error = error.or(Some(value)),
            "max_age" if ours => max_age = value.parse().ok(),
            "acr_values" if ours => ways = Some(value).filter(|ways| is_list(ways)),
            _ => {}
        }
    }
    match error? {
        error if error == STEP_UP => {
            Some(Challenge::StepUp(Freshness { max_age_s: max_age.unwrap_or(MAX_AGE_S), acr: ways }))
        }
        error => Some(Challenge::Other(error)),
    }
}

/// The next token: a scheme, or a parameter's name.
fn word<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.trim_start_matches([' ', '\t', ',']);
    let end = text.find([' ', '\t', ',', '=', '"']).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    *rest = after;
    (!word.is_empty()).then_some(word)
}

/// `None`: it breaks off. `Some(None)`: there is none, the word before was a scheme.
fn value(rest: &mut &str) -> Option<Option<String>> {
    let text = rest.trim_start_matches([' ', '\t']);
    let Some(text) = text.strip_prefix('=') else { return Some(None) };
    let text = text.trim_start_matches([' ', '\t']);
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        *rest = &text[end..];
        return Some(Some(text[..end].to_owned()));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, letter) in quoted.char_indices() {
        match letter {
            _ if escaped => {
                value.push(letter);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => {
                *rest = &quoted[at + 1..];
                return Some(Some(value));
            }
            _ => value.push(letter),
        }
    }
    None
}

/// It is sent on as it is, so it is looked at first.
fn is_list(ways: &str) -> bool {
    ways.len() <= MAX_WAYS && !ways.trim().is_empty() && ways.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn other(error: &str) -> Option<Challenge> {
        Some(Challenge::Other(error.into()))
    }

    fn step_up(max_age_s: u32, acr: Option<&str>) -> Option<Challenge> {
        Some(Challenge::StepUp(Freshness { max_age_s, acr: acr.map(str::to_owned) }))
    }

    #[test]
    fn the_error_of_a_dpop_challenge_is_found_and_no_other() {
        for (challenge, expected) in [
            (r#"DPoP error="use_dpop_nonce", error_description="Nonce хэрэгтэй""#, other("use_dpop_nonce")),
            (r#"dpop algs="ES256", error="invalid_token""#, other("invalid_token")),
            (r#"DPoP algs="ES256",error=invalid_token"#, other("invalid_token")),
            (r#"Bearer realm="x", DPoP error = "invalid_token""#, other("invalid_token")),
            (r#"DPoP error="invalid_token", Bearer error="other""#, other("invalid_token")),
            (r#"DPoP algs="ES256""#, None),
            (r#"Bearer error="invalid_token""#, None),
            (r#"DPoP algs="ES256", Bearer error="invalid_token""#, None),
            (r#"Bearer realm="DPoP error=x""#, None),
            (r#"DPoP error="invalid_token"#, None),
            ("DPoP", None),
            ("", None),
        ] {
            assert_eq!(read(challenge), expected, "{challenge}");
        }
    }

    #[test]
    fn what_a_step_up_asks_for_is_read_whatever_its_quotes_hold() {
        for (parameters, expected) in [
            (r#"max_age="5""#, step_up(5, None)),
            (r#"max_age=60, acr_values="urn:mn:dan:signature""#, step_up(60, Some("urn:mn:dan:signature"))),
            (r#"acr_values="a,b c", max_age=1"#, step_up(1, Some("a,b c"))),
            (r#"acr_values="a\"b\\c", error_description="дахин, max_age=9""#, step_up(300, Some(r#"a"b\c"#))),
            (r#"acr_values="Гарын үсэг""#, step_up(300, None)),
            (r#"acr_values=" ", max_age="soon""#, step_up(300, None)),
            (r#"max_age="-1", realm="DPoP""#, step_up(300, None)),
        ] {
            let header = format!(r#"DPoP error="insufficient_user_authentication", {parameters}"#);
            assert_eq!(read(&header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_not_and_never_ends_us(header in "\\PC{0,80}") {
            let _ = read(&header);
            let _ = read(&format!("DPoP error=\"insufficient_user_authentication\", acr_values={header}"));
        }
    }
}
