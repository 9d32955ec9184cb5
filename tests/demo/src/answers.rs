//! The program's JSON, as far as the checks read it. A shape that is not there is a broken promise of the program.

use serde_json::Value;

use crate::step::{Stop, Told};

/// Rows of a page, or of a list.
pub(crate) fn items(answer: &Value) -> Told<&Vec<Value>> {
    let value = value(answer);
    let items = value.as_array().or_else(|| value["items"].as_array());
    items.ok_or_else(|| shape("a list of items", answer))
}

/// Where the next page starts.
pub(crate) fn next(answer: &Value) -> Option<&str> {
    value(answer)["next"].as_str()
}

/// What was read, without its age.
pub(crate) fn value(answer: &Value) -> &Value {
    answer.get("value").unwrap_or(answer)
}

/// When the gateway last confirmed it.
pub(crate) fn as_of(answer: &Value) -> Option<&str> {
    answer["as_of"].as_str()
}

pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Told<&'a str> {
    object[name].as_str().ok_or_else(|| shape(name, object))
}

/// The first word of `text` that is a hexadecimal number of so many digits: how ids and digests are printed.
pub(crate) fn hex_word(text: &str, digits: usize) -> Option<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().find(|word| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn shape(wanted: &str, found: &Value) -> Stop {
    Stop::promise(format!("the JSON of the program has {wanted}"), found.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_read_with_or_without_its_age() {
        let aged =
            json!({ "value": { "items": ["Ө"], "next": "ү" }, "as_of": "2026-11-23T00:00:00.000Z", "stale": false });

        assert_eq!(items(&aged).unwrap(), &[json!("Ө")]);
        assert_eq!((next(&aged), as_of(&aged)), (Some("ү"), Some("2026-11-23T00:00:00.000Z")));
        assert_eq!(items(&json!(["Ү"])).unwrap().len(), 1);
        assert!(items(&json!({ "value": "Ө" })).is_err());
    }

    #[test]
    fn an_id_is_told_from_a_digest_and_from_words() {
        let said = format!("Баталгаа: {}\nДугаар deadbeef: ({})", "0".repeat(64), "0123456789abcdef".repeat(2));

        assert_eq!(hex_word(&said, 32), Some("0123456789abcdef0123456789abcdef"));
        assert_eq!(hex_word(&said, 64), Some("0".repeat(64)).as_deref());
        assert_eq!(hex_word("Өө үгүй", 32), None);
    }
}
