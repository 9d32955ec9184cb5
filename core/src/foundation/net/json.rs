//! JSON from outside: bounded in depth, and for security objects without a key twice.
//!
//! Guarantees: no error of this module repeats a word of what was read.

use std::{collections::HashSet, fmt};

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};

/// Nothing the gateway or the authorisation server sends comes near this.
pub const MAX_DEPTH: usize = 64;

/// Why a text was not taken. Holds positions, never contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("not JSON (line {line}, column {column})")]
    Syntax { line: usize, column: usize },
    #[error("not of the expected shape (line {line}, column {column})")]
    Shape { line: usize, column: usize },
    #[error("nested deeper than {MAX_DEPTH}")]
    Deep,
    #[error("the same key twice in one object")]
    Duplicate,
}

/// Reads a value. An empty text is `null`. Of a key that comes twice in a map the last counts.
pub fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Malformed> {
    let text = if text.is_empty() { b"null" } else { text };
    if depth(text) > MAX_DEPTH {
        return Err(Malformed::Deep);
    }
    serde_json::from_slice(text).map_err(|e| malformed(&e))
}

/// As [`parse`], for what signatures, tokens and trust hang on: a key that comes twice is refused, because two readers
/// may take different ones.
pub fn parse_strict<T: DeserializeOwned>(text: &[u8]) -> Result<T, Malformed> {
    if depth(text) > MAX_DEPTH {
        return Err(Malformed::Deep);
    }
    serde_json::from_slice::<Unique>(text).map_err(|e| {
        let duplicate = e.is_data(); // `Unique` takes any shape: a key twice is all it can object to
        if duplicate { Malformed::Duplicate } else { malformed(&e) }
    })?;
    serde_json::from_slice(text).map_err(|e| malformed(&e))
}

fn malformed(error: &serde_json::Error) -> Malformed {
    let (line, column) = (error.line(), error.column());
    if error.is_data() { Malformed::Shape { line, column } } else { Malformed::Syntax { line, column } }
}

/// How deep brackets nest, strings left out. Linear, no recursion.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Any JSON value whose objects name each key once.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key) {
                return Err(serde::de::Error::custom("the same key twice"));
            }
            map.next_value::<Unique>()?;
        }
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Unique, A::Error> {
        while seq.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }
    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_key_twice_is_refused_at_any_depth_where_security_hangs_on_it() {
        for text in [r#"{"a":1,"a":2}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#, r#"{"Өөр":1,"Өөр":1}"#] {
            assert_eq!(parse_strict::<Value>(text.as_bytes()), Err(Malformed::Duplicate), "{text}");
        }
        assert!(parse_strict::<Value>(r#"{"a":{"a":[null,true,1,-1,1.5,"Үг"]},"b":{"a":1}}"#.as_bytes()).is_ok());
    }

    #[test]
    fn a_deep_text_is_refused_before_it_is_read() {
        let deep = |n| format!("{}{}", "[".repeat(n), "]".repeat(n));

        assert!(parse::<Value>(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(parse::<Value>(deep(MAX_DEPTH + 1).as_bytes()), Err(Malformed::Deep));
        assert_eq!(parse_strict::<Value>("[".repeat(1_000_000).as_bytes()), Err(Malformed::Deep));
    }

    #[test]
    fn brackets_in_strings_are_no_depth() {
        let text = format!(r#"["\"{}"]"#, "[".repeat(100));

        assert!(parse::<Value>(text.as_bytes()).is_ok());
    }

    #[test]
    fn an_empty_answer_is_nothing() {
        parse::<()>(b"").unwrap();
        assert!(matches!(parse::<u8>(b""), Err(Malformed::Shape { .. })));
    }

    #[test]
    fn an_error_never_repeats_what_was_read() {
        #[derive(serde::Deserialize, Debug)]
        struct Wanted {
            #[allow(dead_code)] // only its shape matters here
            age: u8,
        }

        let error = parse::<Wanted>(r#"{"age":"нууц үг"}"#.as_bytes()).unwrap_err();

        assert!(!error.to_string().contains("нууц"));
    }
}
