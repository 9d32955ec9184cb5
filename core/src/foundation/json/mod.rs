//! JSON: from outside bounded in depth, and for security objects without a key twice; our own written and read back.
//!
//! Guarantees: no error of this module repeats a word of what was read. Every type is read from a [`Value`] and written
//! through one, so that each of them is compiled for one reader and one writer.

mod reader;

use std::fmt;

use serde::{
    Serialize,
    de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use zeroize::Zeroize as _;

use self::reader::Reader;

/// Nothing the gateway or the authorisation server sends comes near this.
pub const MAX_DEPTH: usize = 64;

/// Why a text was not taken. Holds positions, never contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("not JSON (line {line}, column {column})")]
    Syntax { line: usize, column: usize },
    #[error("not of the expected shape")]
    Shape,
    #[error("nested deeper than {MAX_DEPTH}")]
    Deep,
    #[error("the same key twice in one object")]
    Duplicate,
}

/// Reads a value. An empty text is `null`. Of a key that comes twice the last counts.
pub fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Malformed> {
    take(value(text)?).ok_or(Malformed::Shape)
}

/// As [`parse`], for what signatures, tokens and trust hang on: a key that comes twice is refused, because two readers
/// may take different ones.
pub fn parse_strict<T: DeserializeOwned>(text: &[u8]) -> Result<T, Malformed> {
    take(strict(text)?).ok_or(Malformed::Shape)
}

/// Reads back what [`write`] wrote.
pub fn read<T: DeserializeOwned>(ours: &[u8]) -> Option<T> {
    parse(ours).ok()
}

/// Makes a type of a value.
pub fn take<T: DeserializeOwned>(value: Value) -> Option<T> {
    T::deserialize(Reader(value)).ok()
}

/// `None` for what JSON can't say, such as a map whose keys are no texts. The texts of the value in between are wiped.
pub fn write<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    text(serde_json::to_value(value).ok()?)
}

fn text(mut value: Value) -> Option<String> {
    let text = serde_json::to_string(&value);
    wipe(&mut value);
    text.ok()
}

fn value(text: &[u8]) -> Result<Value, Malformed> {
    let text = if text.is_empty() { b"null" } else { text };
    if depth(text) > MAX_DEPTH {
        return Err(Malformed::Deep);
    }
    serde_json::from_slice(text).map_err(|e| malformed(&e))
}

fn strict(text: &[u8]) -> Result<Value, Malformed> {
    if depth(text) > MAX_DEPTH {
        return Err(Malformed::Deep);
    }
    let unique: Unique = serde_json::from_slice(text).map_err(|e| {
        let duplicate = e.is_data(); // `Unique` takes any shape: a key twice is all it can object to
        if duplicate { Malformed::Duplicate } else { malformed(&e) }
    })?;
    Ok(unique.0)
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(map) => map.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn malformed(error: &serde_json::Error) -> Malformed {
    Malformed::Syntax { line: error.line(), column: error.column() }
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
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk).map(Unique)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut seen = Map::new();
        while let Some((key, Unique(value))) = map.next_entry::<String, Unique>()? {
            if seen.insert(key, value).is_some() {
                return Err(serde::de::Error::custom("the same key twice"));
            }
        }
        Ok(Value::Object(seen))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Unique(value)) = seq.next_element()? {
            items.push(value);
        }
        Ok(Value::Array(items))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
    fn what_was_written_is_read_back() {
        let value = json!({"нэр": "Өнөрмаа", "үнэ": [1, -1, 1.5, null, true]});

        assert_eq!(read::<Value>(write(&value).unwrap().as_bytes()), Some(value));
    }

    #[test]
    fn the_strict_reader_gives_what_the_other_gives() {
        let text = r#"{"a":{"a":[null,true,1,-1,1.5,18446744073709551615,"Үг \u04e9"]},"b":{}}"#.as_bytes();

        assert_eq!(parse_strict::<Value>(text), parse::<Value>(text));
    }

    #[test]
    fn brackets_in_strings_are_no_depth() {
        let text = format!(r#"["\"{}"]"#, "[".repeat(100));

        assert!(parse::<Value>(text.as_bytes()).is_ok());
    }

    #[test]
    fn an_empty_answer_is_nothing() {
        parse::<()>(b"").unwrap();
        assert!(matches!(parse::<u8>(b""), Err(Malformed::Shape)));
    }

    #[test]
    fn an_object_is_read_by_its_names_and_never_from_a_list() {
        #[derive(serde::Deserialize, Debug, PartialEq)]
        struct Pair {
            name: String,
            count: u8,
        }

        assert_eq!(parse(r#"{"count":2,"name":"Ө"}"#.as_bytes()), Ok(Pair { name: "Ө".into(), count: 2 }));
        assert_eq!(parse::<Pair>(r#"["Ө",2]"#.as_bytes()), Err(Malformed::Shape));
        assert_eq!(parse::<Pair>(r#"{"count":256,"name":"Ө"}"#.as_bytes()), Err(Malformed::Shape));
    }

    #[test]
    fn every_kind_of_value_reads_as_itself() {
        #[derive(serde::Deserialize, serde::Serialize, Debug, PartialEq)]
        #[serde(rename_all = "snake_case")]
        enum Case {
            Alone,
            Holding(i64),
            Named { text: Option<String> },
        }
        let cases =
            vec![Case::Alone, Case::Holding(-7), Case::Named { text: Some("Үг".into()) }, Case::Named { text: None }];

        assert_eq!(read::<Vec<Case>>(write(&cases).unwrap().as_bytes()), Some(cases));
        assert_eq!(read::<Vec<Case>>(br#"[{"alone":1}]"#), None);
        assert_eq!(read::<Vec<Case>>(br#"["holding"]"#), None);
        assert_eq!(read::<(u8, u8)>(b"[1,2,3]"), None);
        assert_eq!(read::<(f64, bool, Option<u8>)>(b"[1,true,null]"), Some((1.0, true, None)));
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
