//! The country's formats, read on their own and not with the core's types: each side would notice the other's mistake.

use chrono::NaiveDate;
use jsonschema::ValidationOptions;
use serde_json::{Map, Value};

use super::Misfit;

/// A text without a bound of its own ends here: longer than any answer in a form.
const LONGEST_TEXT: usize = 2_000;

pub(super) const ADDRESS: [&str; 8] = ["aimag", "soum", "bag", "region", "town", "street", "building", "door"];
pub(super) const NAME: [&str; 3] = ["surname", "lastname", "firstname"];
const FILE: [&str; 5] = ["id", "name", "media_type", "size", "sha256"];

/// With the formats of texts; those of other types are looked at by [`walk`].
pub(super) fn registered(options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    let options = options
        .with_format("date", |text: &str| day(text).is_some())
        .with_format("mn-registration-number", is_registration_number)
        .with_format("mn-civil-id", |text: &str| is_digits(text, 12))
        .with_format("mn-phone", |text: &str| text.strip_prefix("+976").is_some_and(|rest| is_digits(rest, 8)))
        .with_format("mn-plate", is_plate)
        .with_format("mn-company-number", |text: &str| is_digits(text, 7) && text != "0000000")
        .with_format("mn-language", |text: &str| text.len() == 2 && text.bytes().all(|sign| sign.is_ascii_lowercase()))
        .with_format("mn-recipient", |text: &str| !text.trim().is_empty());
    ["mn-year", "mn-money", "mn-name", "mn-address", "mn-file", "mn-signature"]
        .into_iter()
        .fold(options, |options, name| options.with_format(name, |_: &str| true))
}

/// What JSON Schema does not say: formats of numbers and of objects, and that a text says something.
pub(super) fn walk(schema: &Value, value: &Value, at: &str, misfits: &mut Vec<Misfit>) {
    if let Some(reason) = refusal(schema, value) {
        misfits.push(Misfit::new(at, reason));
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        walk(&schema["properties"][name], value, &format!("{at}/{name}"), misfits);
    }
    for (place, value) in value.as_array().into_iter().flatten().enumerate() {
        walk(&schema["items"], value, &format!("{at}/{place}"), misfits);
    }
}

fn refusal(schema: &Value, value: &Value) -> Option<&'static str> {
    let refused = |fits: bool, reason| if fits { None } else { Some(reason) };
    match (schema["format"].as_str().unwrap_or_default(), value) {
        (_, Value::String(text)) if text.trim().is_empty() => Some("blank"),
        (_, Value::String(text)) if text.chars().count() > LONGEST_TEXT => Some("too long"),
        (_, Value::String(text)) if text.chars().any(|c| c.is_control() && c != '\n') => Some("control characters"),
        ("mn-year", Value::Number(year)) => {
            refused(year.as_f64().is_some_and(|year| (1000.0..10_000.0).contains(&year)), "not a year")
        }
        ("mn-money", Value::Number(amount)) => {
            refused(amount.as_f64().is_some_and(|a| a >= 0.0 && a.fract() == 0.0), "not an amount")
        }
        ("mn-name", Value::Object(parts)) => {
            refused(has_only(parts, &NAME) && parts.contains_key("firstname"), "not a name")
        }
        ("mn-address", Value::Object(parts)) => {
            let placed = parts.contains_key("aimag") && (parts.contains_key("soum") || !parts.contains_key("bag"));
            refused(has_only(parts, &ADDRESS) && placed, "not an address")
        }
        ("mn-file", Value::Object(file)) => file_refusal(schema, file),
        ("mn-signature", Value::Object(file)) if file.get("media_type") != Some(&"image/png".into()) => {
            Some("not of an accepted type")
        }
        ("mn-signature", Value::Object(file)) => file_refusal(schema, file),
        _ => None,
    }
}

fn file_refusal(schema: &Value, file: &Map<String, Value>) -> Option<&'static str> {
    let text = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default();
    let size = file.get("size").and_then(Value::as_u64).filter(|size| *size > 0);
    let named = ["id", "name", "media_type"].iter().all(|name| !text(name).trim().is_empty());
    let digest = text("sha256");
    let digested = digest.len() == 64 && digest.bytes().all(|sign| matches!(sign, b'0'..=b'9' | b'a'..=b'f'));
    let Some(size) = size.filter(|_| named && digested && file.len() == FILE.len()) else { return Some("not a file") };
    match (schema["x-accept"].as_array(), schema["x-max-bytes"].as_u64()) {
        (Some(accepted), _) if !accepted.contains(&file["media_type"]) => Some("not of an accepted type"),
        (_, Some(most)) if size > most => Some("too large"),
        (_, _) => None,
    }
}

fn has_only(parts: &Map<String, Value>, known: &[&str]) -> bool {
    parts.iter().all(|(name, part)| known.contains(&name.as_str()) && part.is_string())
}

fn day(text: &str) -> Option<NaiveDate> {
    let whole = text.len() == 10 && !text.starts_with("0000");
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| whole)
}

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|sign| sign.is_ascii_digit())
}

fn is_letter(sign: char) -> bool {
    matches!(sign, 'А'..='Я' | 'Ё' | 'Ө' | 'Ү')
}

/// Two Cyrillic letters (Ө, Ү and Ё are some) and eight digits, six of them a day; months 21–32 are of 2000 and later.
fn is_registration_number(text: &str) -> bool {
    let (letters, digits): (Vec<char>, Vec<char>) = (text.chars().take(2).collect(), text.chars().skip(2).collect());
    let digits: String = digits.into_iter().collect();
    if letters.len() != 2 || !letters.into_iter().all(is_letter) || !is_digits(&digits, 8) {
        return false;
    }
    let two = |at: usize| digits.get(at..at + 2).and_then(|pair| pair.parse::<u32>().ok()).unwrap_or_default();
    let (century, month) = if two(2) > 20 { (2000, two(2) - 20) } else { (1900, two(2)) };
    i32::try_from(century + two(0)).is_ok_and(|year| NaiveDate::from_ymd_opt(year, month, two(4)).is_some())
}

/// `0101ТСТ`, or `ДК1234` of a diplomat.
fn is_plate(text: &str) -> bool {
    let signs: Vec<char> = text.chars().collect();
    let digits = |signs: &[char]| signs.iter().all(char::is_ascii_digit);
    match signs.as_slice() {
        ['Д', 'К', rest @ ..] => rest.len() == 4 && digits(rest),
        [rest @ .., a, b, c] => rest.len() == 4 && digits(rest) && [*a, *b, *c].into_iter().all(is_letter),
        _ => false,
    }
}
