//! What the country writes in its own way: from how people type it to how it is sent, and back to how it is shown.
//!
//! Guarantees: what is sent has one form, the one that `check` asserts.

use serde_json::{Map, Value};

use super::model::{Choice, FieldKind};
use crate::country::{
    CivilDate, CivilId, LegalEntityNumber, LocalisedText, Mnt, PhoneNumber, PlateNumber, RegistrationNumber,
    Rejection as _,
};

/// A text without a limit of its own ends here: more is a mistake or an attack. The gateway has the same.
pub(super) const LONGEST_TEXT: usize = 2_000;

/// The parts of an address and of a name, as ХУР calls them, in the order in which they are asked for.
pub(super) const ADDRESS: [(&str, &str, &str); 8] = [
    ("aimag", "Аймаг, хот", "Province or capital"),
    ("soum", "Сум, дүүрэг", "Soum or district"),
    ("bag", "Баг, хороо", "Bag or khoroo"),
    ("region", "Хороолол", "Residential area"),
    ("town", "Хотхон", "Estate"),
    ("street", "Гудамж", "Street"),
    ("building", "Байр, хашаа", "Building or yard"),
    ("door", "Тоот", "Door"),
];
pub(super) const NAME: [(&str, &str, &str); 3] = [
    ("surname", "Ургийн овог", "Clan name"),
    ("lastname", "Эцэг, эхийн нэр", "Parent’s name"),
    ("firstname", "Нэр", "Given name"),
];

/// What the core keeps of a file that goes with the form.
const FILE: [&str; 5] = ["id", "name", "media_type", "size", "sha256"];
const SHA256_HEX: usize = 64;

const FORMATS: [&str; 14] = [
    "date",
    "mn-registration-number",
    "mn-civil-id",
    "mn-phone",
    "mn-plate",
    "mn-company-number",
    "mn-year",
    "mn-money",
    "mn-language",
    "mn-recipient",
    "mn-name",
    "mn-address",
    "mn-file",
    "mn-signature",
];

pub(super) fn is_known(format: &str) -> bool {
    FORMATS.contains(&format)
}

/// What a field of this schema is to a person; `None`: nothing that this build can show.
pub(super) fn kind(schema: &Value, multiline: bool, options: Vec<Choice>) -> Option<FieldKind> {
    let whole = |word: &str| schema[word].as_i64();
    let (minimum, maximum) = (whole("minimum"), whole("maximum"));
    let max_bytes = whole("x-max-bytes").and_then(|most| u64::try_from(most).ok());
    let has_options = !options.is_empty();
    Some(match (schema["type"].as_str()?, schema["format"].as_str().unwrap_or_default()) {
        ("string", _) if has_options => FieldKind::OneOf { options },
        ("string", "date") => FieldKind::Date,
        ("string", "mn-registration-number") => FieldKind::RegistrationNumber,
        ("string", "mn-civil-id") => FieldKind::CivilId,
        ("string", "mn-phone") => FieldKind::Phone,
        ("string", "mn-plate") => FieldKind::Plate,
        ("string", "mn-company-number") => FieldKind::CompanyNumber,
        ("string", "" | "mn-recipient" | "mn-language") => {
            let most = super::schema::count(&schema["maxLength"]).and_then(|most| u32::try_from(most).ok());
            FieldKind::Text { max_length: most, multiline }
        }
        ("integer", "mn-year") => FieldKind::Year { minimum, maximum },
        ("integer", "mn-money") => FieldKind::Money { minimum, maximum },
        ("integer", "") => FieldKind::WholeNumber { minimum, maximum },
        ("boolean", "") => FieldKind::YesNo,
        ("object", "mn-signature") => FieldKind::Signature { max_bytes },
        ("object", "mn-file") => {
            let accept = super::schema::list(&schema["x-accept"]).iter().filter_map(Value::as_str);
            FieldKind::File { accept: accept.map(str::to_owned).collect(), max_bytes }
        }
        _ => return None,
    })
}

/// From how it was typed to how it is sent.
pub(super) fn read(kind: &FieldKind, typed: &str) -> Result<Value, &'static str> {
    match kind {
        FieldKind::Text { multiline, .. } => {
            let text = typed.replace("\r\n", "\n").replace(|c: char| c.is_control() && !(*multiline && c == '\n'), " ");
            if text.chars().count() > LONGEST_TEXT { Err("form.too_long") } else { Ok(text.trim().into()) }
        }
        FieldKind::WholeNumber { .. } | FieldKind::Year { .. } => {
            typed.parse().map(|number: i64| number.into()).map_err(|_| "form.not_a_number")
        }
        FieldKind::Money { .. } => Mnt::parse(typed).map(|money| money.amount().into()).map_err(|error| error.reason()),
        FieldKind::YesNo => match typed.to_lowercase().as_str() {
            "true" | "yes" | "тийм" => Ok(true.into()),
            "false" | "no" | "үгүй" => Ok(false.into()),
            _ => Err("form.not_yes_or_no"),
        },
        FieldKind::OneOf { options } => {
            let fits = |one: &&Choice| one.value == typed || one.title.mn.to_lowercase() == typed.to_lowercase();
            options.iter().find(fits).map(|one| one.value.as_str().into()).ok_or("form.not_an_option")
        }
        FieldKind::Date => canonical("date", typed),
        FieldKind::RegistrationNumber => canonical("mn-registration-number", typed),
        FieldKind::CivilId => canonical("mn-civil-id", typed),
        FieldKind::Phone => canonical("mn-phone", typed),
        FieldKind::Plate => canonical("mn-plate", typed),
        FieldKind::CompanyNumber => canonical("mn-company-number", typed),
        FieldKind::File { accept, max_bytes } => read_file(typed, accept, *max_bytes),
        FieldKind::Signature { max_bytes } => read_file(typed, &["image/png".to_owned()], *max_bytes),
    }
}

/// How it is shown before it is sent.
pub(super) fn shown(kind: &FieldKind, value: &Value) -> LocalisedText {
    use crate::foundation::config::Language::{En, Mn};
    let text = value.as_str().unwrap_or_default();
    let plain = || LocalisedText::mongolian(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    match kind {
        FieldKind::YesNo if *value == Value::Bool(true) => LocalisedText::new("Тийм", "Yes"),
        FieldKind::YesNo => LocalisedText::new("Үгүй", "No"),
        FieldKind::OneOf { options } => {
            options.iter().find(|one| one.value == text).map_or_else(plain, |one| one.title.clone())
        }
        FieldKind::Date => {
            CivilDate::parse(text).map_or_else(|_| plain(), |day| LocalisedText::new(day.long(Mn), day.long(En)))
        }
        FieldKind::Money { .. } => LocalisedText::mongolian(Mnt::new(value.as_i64().unwrap_or_default()).to_string()),
        FieldKind::Phone => PhoneNumber::parse(text).map_or_else(|_| plain(), |one| shown_as(&one)),
        FieldKind::Plate => PlateNumber::parse(text).map_or_else(|_| plain(), |one| shown_as(&one)),
        FieldKind::File { .. } => LocalisedText::mongolian(value["name"].as_str().unwrap_or_default()),
        FieldKind::Signature { .. } => LocalisedText::new("Зурсан", "Drawn"),
        FieldKind::Text { .. }
        | FieldKind::WholeNumber { .. }
        | FieldKind::Year { .. }
        | FieldKind::RegistrationNumber
        | FieldKind::CivilId
        | FieldKind::CompanyNumber => plain(),
    }
}

fn shown_as(value: &dyn std::fmt::Display) -> LocalisedText {
    LocalisedText::mongolian(value.to_string())
}

/// Whether a value has the one form in which it is sent. As in all of JSON Schema, a format says nothing of a value of a
/// type that it is not for.
pub(super) fn check(format: &str, value: &Value) -> Result<(), &'static str> {
    match (format, value) {
        ("mn-year", Value::Number(_)) => {
            require(value.as_f64().is_some_and(|year| (1000.0..10_000.0).contains(&year)), "form.not_a_year")
        }
        ("mn-money", Value::Number(number)) => {
            require(number.as_f64().is_some_and(|amount| amount >= 0.0 && amount.fract() == 0.0), "money.shape")
        }
        ("mn-language", Value::String(text)) => {
            require(text.len() == 2 && text.bytes().all(|sign| sign.is_ascii_lowercase()), "form.not_a_language")
        }
        ("mn-recipient", Value::String(text)) => require(!text.trim().is_empty(), "form.required"),
        ("mn-year" | "mn-money" | "mn-language" | "mn-recipient", _) => Ok(()),
        ("mn-name", Value::Object(parts)) => {
            require(all_among(parts, &NAME) && parts.contains_key("firstname"), "person_name.given")
        }
        ("mn-address", Value::Object(parts)) => {
            require(all_among(parts, &ADDRESS) && parts.contains_key("aimag"), "address.aimag")?;
            require(parts.contains_key("soum") || !parts.contains_key("bag"), "address.soum")
        }
        ("mn-file" | "mn-signature", Value::Object(file)) => {
            require(is_file(file), "form.not_a_file")?;
            require(format == "mn-file" || value["media_type"] == "image/png", "form.file_kind")
        }
        (_, Value::String(text)) => {
            let sent = canonical(format, text)?;
            require(sent.is_null() || sent == *value, "form.not_as_sent")
        }
        _ => Ok(()),
    }
}

/// The one form of what is a text of the country.
fn canonical(format: &str, typed: &str) -> Result<Value, &'static str> {
    let text = match format {
        "date" => CivilDate::parse(typed).map(|day| day.to_string()).map_err(|error| error.reason()),
        "mn-registration-number" => {
            RegistrationNumber::parse(typed).map(|one| one.to_string()).map_err(|error| error.reason())
        }
        "mn-civil-id" => CivilId::parse(typed).map(|id| id.to_string()).map_err(|error| error.reason()),
        "mn-phone" => PhoneNumber::parse(typed).map(|phone| phone.e164()).map_err(|error| error.reason()),
        "mn-plate" => PlateNumber::parse(typed).map(|plate| plate.compact()).map_err(|error| error.reason()),
        "mn-company-number" => {
            LegalEntityNumber::parse(typed).map(|number| number.to_string()).map_err(|error| error.reason())
        }
        _ => return Ok(Value::Null), // not a format of texts
    };
    text.map(Value::String)
}

fn all_among(parts: &Map<String, Value>, known: &[(&str, &str, &str)]) -> bool {
    let said = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    parts.iter().all(|(name, value)| said(value) && known.iter().any(|(known, ..)| known == name))
}

pub(super) fn is_file(file: &Map<String, Value>) -> bool {
    let text = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default();
    let hex = |sign: u8| matches!(sign, b'0'..=b'9' | b'a'..=b'f');
    file.len() == FILE.len()
        && FILE.iter().all(|name| file.contains_key(*name))
        && ["id", "name", "media_type"].iter().all(|name| !text(name).trim().is_empty())
        && file["size"].as_u64().is_some_and(|size| size > 0)
        && text("sha256").len() == SHA256_HEX
        && text("sha256").bytes().all(hex)
}

/// The core itself puts a file's value there, as JSON; it is read like anything typed.
fn read_file(typed: &str, accept: &[String], max_bytes: Option<u64>) -> Result<Value, &'static str> {
    let file = crate::foundation::json::read::<Map<String, Value>>(typed.as_bytes()).filter(is_file);
    let file = file.ok_or("form.not_a_file")?;
    let kind = file["media_type"].as_str().unwrap_or_default();
    require(accept.is_empty() || accept.iter().any(|one| one == kind), "form.file_kind")?;
    require(
        max_bytes.is_none_or(|most| file["size"].as_u64().is_some_and(|size| size <= most)),
        "form.file_too_large",
    )?;
    Ok(Value::Object(file))
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
