//! Checks what was typed against a form, on the device, and turns it into what is sent and what is shown.

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::{Choice, Field, FieldKind, Form, Line, Values};
use crate::{
    country::LocalisedText,
    foundation::error::{Error, Result},
};

/// Text in a field without a limit of its own: more is a mistake or an attack.
const TEXT_LIMIT: usize = 2_000;

/// Checked values: what goes out, and what the citizen is shown.
pub(super) struct Checked {
    pub(super) form: BTreeMap<String, Value>,
    pub(super) lines: Vec<Line>,
}

/// The first thing that is wrong is the error, in the order of the form. Names that the form does not have are refused.
pub(super) fn check(form: &Form, values: &Values) -> Result<Checked> {
    if let Some(stranger) = values.keys().find(|name| form.fields.iter().all(|field| field.name != **name)) {
        return Err(Error::invalid(stranger.clone(), "form.no_such_field"));
    }
    let mut checked = Checked { form: BTreeMap::new(), lines: Vec::new() };
    for field in &form.fields {
        let typed = values.get(&field.name).map(|v| v.trim()).filter(|v| !v.is_empty());
        let Some(typed) = typed else {
            if field.required {
                return Err(Error::invalid(field.name.clone(), "form.required"));
            }
            continue;
        };
        let (value, shown) = read(field, typed)?;
        checked.form.insert(field.name.clone(), value);
        checked.lines.push(Line { title: field.title.clone(), value: shown });
    }
    Ok(checked)
}

fn read(field: &Field, typed: &str) -> Result<(Value, LocalisedText)> {
    let wrong = |reason: &str| Error::invalid(field.name.clone(), reason);
    match &field.kind {
        FieldKind::Text { max_length } => {
            let limit = max_length.map_or(TEXT_LIMIT, |n| n as usize);
            if typed.chars().count() > limit {
                return Err(wrong("form.too_long"));
            }
            Ok((Value::from(typed), LocalisedText::mongolian(typed)))
        }
        FieldKind::WholeNumber { minimum, maximum } => {
            let number: i64 = typed.parse().map_err(|_| wrong("form.not_a_number"))?;
            if minimum.is_some_and(|m| number < m) {
                return Err(wrong("form.too_small"));
            }
            if maximum.is_some_and(|m| number > m) {
                return Err(wrong("form.too_large"));
            }
            Ok((Value::from(number), LocalisedText::mongolian(typed)))
        }
        FieldKind::YesNo => match typed.to_lowercase().as_str() {
            "true" | "yes" | "тийм" => Ok((Value::from(true), LocalisedText::new("Тийм", "Yes"))),
            "false" | "no" | "үгүй" => Ok((Value::from(false), LocalisedText::new("Үгүй", "No"))),
            _ => Err(wrong("form.not_yes_or_no")),
        },
        FieldKind::OneOf { options } => {
            let fits =
                |option: &&Choice| option.value == typed || option.title.mn.to_lowercase() == typed.to_lowercase();
            let option = options.iter().find(fits).ok_or_else(|| wrong("form.not_an_option"))?;
            Ok((Value::from(option.value.clone()), option.title.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::ServiceId;

    fn form() -> Form {
        let field = |name: &str, kind, required| Field {
            name: name.into(),
            title: LocalisedText::mongolian(name),
            kind,
            required,
        };
        Form {
            service: ServiceId::parse("a1").unwrap(),
            version: 3,
            authentication: None,
            fields: vec![
                field("for_usage", FieldKind::Text { max_length: Some(10) }, true),
                field("start_year", FieldKind::WholeNumber { minimum: Some(1992), maximum: Some(2026) }, false),
                field("abroad", FieldKind::YesNo, false),
                field(
                    "language",
                    FieldKind::OneOf {
                        options: vec![Choice {
                            value: "mn".into(), title: LocalisedText::new("Монгол", "Mongolian")
                        }],
                    },
                    false,
                ),
            ],
        }
    }

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn what_fits_is_sent_and_shown_in_the_order_of_the_form() {
        let typed =
            values(&[("language", "монгол"), ("for_usage", " Өмгөөлөл "), ("start_year", "2001"), ("abroad", "Үгүй")]);

        let checked = check(&form(), &typed).unwrap();

        assert_eq!(
            serde_json::to_string(&checked.form).unwrap(),
            r#"{"abroad":false,"for_usage":"Өмгөөлөл","language":"mn","start_year":2001}"#
        );
        let titles: Vec<&str> = checked.lines.iter().map(|l| l.title.mn.as_str()).collect();
        assert_eq!(titles, ["for_usage", "start_year", "abroad", "language"]);
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_reason() {
        let cases = [
            (&[][..], "for_usage", "form.required"),
            (&[("for_usage", "  ")], "for_usage", "form.required"),
            (&[("for_usage", "ҮҮҮҮҮҮҮҮҮҮҮ")], "for_usage", "form.too_long"),
            (&[("for_usage", "банк"), ("start_year", "1991")], "start_year", "form.too_small"),
            (&[("for_usage", "банк"), ("start_year", "2027")], "start_year", "form.too_large"),
            (&[("for_usage", "банк"), ("start_year", "хоёр")], "start_year", "form.not_a_number"),
            (&[("for_usage", "банк"), ("abroad", "магадгүй")], "abroad", "form.not_yes_or_no"),
            (&[("for_usage", "банк"), ("language", "fr")], "language", "form.not_an_option"),
            (&[("for_usage", "банк"), ("өөр", "1")], "өөр", "form.no_such_field"),
        ];

        for (typed, field, reason) in cases {
            let error = check(&form(), &values(typed)).err();
            assert_eq!(error, Some(Error::invalid(field, reason)));
        }
    }

    #[test]
    fn ten_letters_of_two_bytes_fit_into_ten() {
        assert!(check(&form(), &values(&[("for_usage", "ҮҮҮҮҮҮҮҮҮҮ")])).is_ok());
    }
}
