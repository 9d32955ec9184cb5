//! Digests, random values and the text forms of bytes.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    out
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON with names in order and no spaces (as RFC 8785, without its rules for fractions: forms hold none).
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            let member = |name: &String| format!("{}:{}", Value::String(name.clone()), canonical(&members[name]));
            format!("{{{}}}", names.into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// What is stored of a token, a code or a state: they are looked up by this only.
pub fn digest(secret: &str) -> [u8; 32] {
    sha256(secret.as_bytes())
}

/// Base64 with padding (RFC 4648 §4).
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Base64url without padding (RFC 4648 §5).
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// 32 random bytes in base64url: tokens, codes, states, ids.
pub fn token() -> String {
    base64url(&random::<32>())
}

/// `12,500 ₮`
pub fn mnt(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut out = String::from(if amount < 0 { "−" } else { "" });
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{out}\u{a0}₮")
}

#[allow(clippy::panic)] // there is no honest way on without randomness
pub fn random<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    if SystemRandom::new().fill(&mut out).is_err() {
        panic!("the system gives no randomness");
    }
    out
}

/// Equal or not, in a time that does not tell where they differ.
pub fn same_secret(a: &str, b: &str) -> bool {
    sha256(a.as_bytes()) == sha256(b.as_bytes()) // comparing digests tells nothing of the secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_the_same_is_written_the_same() {
        let said = serde_json::json!({ "ө": [1, "ү\n", {}], "a": { "я": null, "Ү": false }, "б": [] });

        assert_eq!(canonical(&said), r#"{"a":{"я":null,"Ү":false},"б":[],"ө":[1,"ү\n",{}]}"#);
    }

    #[test]
    fn money_is_grouped_by_thousands() {
        assert_eq!(mnt(0), "0\u{a0}₮");
        assert_eq!(mnt(12_500), "12,500\u{a0}₮");
        assert_eq!(mnt(1_000_000), "1,000,000\u{a0}₮");
        assert_eq!(mnt(-999), "−999\u{a0}₮");
    }
}
