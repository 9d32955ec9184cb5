/// Stands where something personal or secret stood.
const GONE: &str = "‹…›";

/// A run of this many digits may be a phone, a registration or a card number.
const DIGITS: usize = 7;

/// A run of this many letters and digits of base64url may be a token, a key or a proof.
const OPAQUE: usize = 24;
const OPAQUE_MIXED: usize = 16;

/// Takes out what looks personal or secret. The second line of defence: the first is not to log it.
///
/// Registration numbers, e-mail addresses, runs of seven or more digits (with the spaces and hyphens people put in
/// them), and long opaque words go. File paths and hosts stay: their parts are shorter or hold dots.
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word: &str = &rest[..rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())];
        if word.is_empty() {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let number = number_run(rest);
        if number >= word.len() && digits(&rest[..number]) >= DIGITS {
            out.push_str(GONE);
            rest = &rest[number..];
            continue;
        }
        out.push_str(if is_sensitive(word) { GONE } else { word });
        rest = &rest[word.len()..];
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '@' | '_' | '-' | '.' | '+' | '=')
}

fn is_sensitive(word: &str) -> bool {
    longest_digits(word) >= DIGITS || word.contains('@') || word.split(['.', '=']).any(is_opaque)
}

/// Long, or shorter but of small and capital letters and digits mixed, as random bytes come out in base64url.
fn is_opaque(part: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| part.bytes().any(|b| kind(&b));
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    part.is_ascii() && !is_identifier(part) && (part.len() >= OPAQUE || (part.len() >= OPAQUE_MIXED && mixed))
}

/// Names of tests, modules and fields are long too, but are words: `idempotency_key_in_progress`.
fn is_identifier(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'-') && part.contains(['_', '-'])
}

/// How far a number reaches that people have written with spaces or hyphens: `9911 22-33`.
fn number_run(text: &str) -> usize {
    let reach = text.find(|c: char| !(c.is_ascii_digit() || c == ' ' || c == '-')).unwrap_or(text.len());
    text[..reach].trim_end_matches([' ', '-']).len()
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn longest_digits(word: &str) -> usize {
    word.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_or_secret_goes() {
        let cases = [
            ("РД УХ85032914 байна", "РД ‹…› байна"),
            ("lower ни78010123.", "lower ‹…›"),
            ("Өө95271234", "‹…›"),
            ("call +97699112233 now", "call ‹…› now"),
            ("call 9911 2233 now", "call ‹…› now"),
            ("call 9911-22-33", "call ‹…›"),
            ("mail bat@example.mn", "mail ‹…›"),
            ("token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "token ‹…›"),
            ("key AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "key ‹…›"),
        ];
        for (line, wanted) in cases {
            assert_eq!(redact(line), wanted, "{line}");
        }
    }

    #[test]
    fn what_helps_to_mend_stays() {
        for line in [
            "outbox wedged, attempts 3, code form.too_long",
            "storage: no such table: operation_that_was_never_made",
            "GET /v1/catalogue 304 in 12 ms",
            "panic at core/src/foundation/observe/mod.rs:12:5: on purpose",
            "Үүлэн сангийн хариу 503",
        ] {
            assert_eq!(redact(line), line);
        }
    }

    #[test]
    fn any_text_is_survived() {
        for text in ["", "Ө", "‹…›", "\u{0}\u{FFFF}", "@", "........", "=========================", "ү1234567ү"]
        {
            redact(text);
        }
    }
}
