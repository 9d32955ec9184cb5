//! The form of the gateway's ids, wherever they name something: services, requests, messages.

/// Longer than any id seen (24 hex digits or a slug); keeps nonsense out of paths.
const LIMIT: usize = 100;

/// Whether a text has the form of the gateway's ids: letters, digits, `-` and `_`, neither empty nor too long.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=LIMIT).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
