//! Forms and what a citizen may write into them.
//!
//! Guarantees: a form that passes has every required field, no unknown one, and each value within its bounds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::text::Text;
use crate::oauth::Demand;

/// A text without a bound of its own ends here: longer than any answer in a form of the portal.
const DEFAULT_MAX_LENGTH: usize = 500;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Requirement {
    #[serde(flatten)]
    pub(crate) text: Text,
    /// The sandbox's own words, not a source's.
    pub(crate) sample: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Form {
    pub(crate) version: i64,
    /// The sandbox's own form, not a copy of the portal's.
    pub(crate) sample: bool,
    order: Vec<String>,
    required: Vec<String>,
    properties: BTreeMap<String, Field>,
    /// What the schema can't say; the gateway alone checks it.
    rules: Vec<Rule>,
    /// How lately the citizen must have proven who they are.
    #[serde(default)]
    pub(crate) authentication: Option<Demand>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    #[serde(rename = "type")]
    kind: FieldKind,
    title: String,
    title_en: String,
    #[serde(rename = "maxLength", default, skip_serializing_if = "Option::is_none")]
    max_length: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maximum: Option<i64>,
    #[serde(rename = "enum", default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
    #[serde(rename = "enum_titles", default, skip_serializing_if = "Option::is_none")]
    value_titles: Option<BTreeMap<String, Text>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FieldKind {
    String,
    Integer,
    Boolean,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Rule {
    /// Of two numbers the first may not exceed the last.
    NotAfter {
        first: String,
        last: String,
    },
    /// A year that has begun in Ulaanbaatar.
    NotInTheFuture {
        field: String,
    },
    RequiredWhen {
        field: String,
        when: String,
        is: String,
    },
    RegistrationNumber {
        field: String,
    },
}

/// Why a form does not fit: the field's name and a reason for the log and the developer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) field: String,
    pub(crate) reason: &'static str,
}

/// A field of a form as a person reads it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) name: String,
    pub(crate) title: Text,
    pub(crate) value: Shown,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// What the citizen wrote.
    Written(String),
    /// One of the form's own choices, in words.
    Chosen(Text),
    YesNo(bool),
    Empty,
}

impl Form {
    /// The fields' names, in the order to ask in.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }

    /// Every field in order with its answer. Answers the form does not know, from another version, come last.
    pub(crate) fn shown(&self, answers: &Map<String, Value>) -> Vec<Answer> {
        let known = self.order.iter().filter_map(|name| Some((name, self.properties.get(name)?)));
        let known = known.map(|(name, field)| Answer {
            name: name.clone(),
            title: Text::new(&field.title, &field.title_en),
            value: answers.get(name).map_or(Shown::Empty, |value| field.shown(value)),
        });
        let other = answers.iter().filter(|(name, _)| !self.properties.contains_key(*name));
        known.chain(other.map(|(name, value)| Answer::unknown(name, value))).collect()
    }

    /// `year` is the current one in Ulaanbaatar.
    pub(crate) fn check(&self, answers: &Map<String, Value>, year: i64) -> Result<(), Misfit> {
        if let Some(unknown) = answers.keys().find(|name| !self.properties.contains_key(*name)) {
            return misfit(unknown, "the form has no such field");
        }
        for name in &self.order {
            let required = self.required.contains(name);
            match (answers.get(name), self.properties.get(name)) {
                (None, _) if required => return misfit(name, "required"),
                (Some(value), Some(field)) => field.check(name, value, required)?,
                (None, _) | (Some(_), None) => {}
            }
        }
        self.rules.iter().try_for_each(|rule| rule.check(answers, year))
    }
}

/// As the wire has it: a JSON Schema and the order to ask in.
impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Schema<'a> {
            r#type: &'static str,
            required: &'a [String],
            properties: &'a BTreeMap<String, Field>,
        }
        #[derive(Serialize)]
        struct Wire<'a> {
            version: i64,
            sample: bool,
            schema: Schema<'a>,
            order: &'a [String],
            #[serde(skip_serializing_if = "Option::is_none")]
            authentication: Option<&'a Demand>,
        }
        let schema = Schema { r#type: "object", required: &self.required, properties: &self.properties };
        let authentication = self.authentication.as_ref();
        let Self { version, sample, ref order, .. } = *self;
        Wire { version, sample, schema, order, authentication }.serialize(serializer)
    }
}

impl Answer {
    /// When there is no form that would say what it means.
    pub(crate) fn unknown(name: &str, value: &Value) -> Self {
        Self { name: name.into(), title: Text { mn: name.into(), en: None }, value: Shown::of(value) }
    }
}

impl Shown {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::Bool(yes) => Self::YesNo(*yes),
            Value::String(text) if text.trim().is_empty() => Self::Empty,
            Value::String(text) => Self::Written(text.clone()),
            Value::Number(_) | Value::Array(_) | Value::Object(_) => Self::Written(value.to_string()),
        }
    }
}

impl Field {
    fn shown(&self, value: &Value) -> Shown {
        let title = self.value_titles.as_ref().zip(value.as_str()).and_then(|(titles, chosen)| titles.get(chosen));
        title.map_or_else(|| Shown::of(value), |title| Shown::Chosen(title.clone()))
    }

    fn check(&self, name: &str, value: &Value, required: bool) -> Result<(), Misfit> {
        match self.kind {
            FieldKind::String => match value.as_str() {
                Some(text) => self.check_text(name, text, required),
                None => misfit(name, "must be a text"),
            },
            FieldKind::Integer => match value.as_i64() {
                Some(number) if self.minimum.is_some_and(|minimum| number < minimum) => misfit(name, "too small"),
                Some(number) if self.maximum.is_some_and(|maximum| number > maximum) => misfit(name, "too large"),
                Some(_) => Ok(()),
                None => misfit(name, "must be a whole number"),
            },
            FieldKind::Boolean if value.is_boolean() => Ok(()),
            FieldKind::Boolean => misfit(name, "must be true or false"),
        }
    }

    fn check_text(&self, name: &str, text: &str, required: bool) -> Result<(), Misfit> {
        if required && text.trim().is_empty() {
            return misfit(name, "required");
        }
        if text.chars().count() > self.max_length.unwrap_or(DEFAULT_MAX_LENGTH) {
            return misfit(name, "too long");
        }
        if text.chars().any(char::is_control) {
            return misfit(name, "control characters");
        }
        match &self.values {
            Some(values) if !values.iter().any(|value| value == text) => misfit(name, "not one of the choices"),
            Some(_) | None => Ok(()),
        }
    }
}

impl Rule {
    fn check(&self, answers: &Map<String, Value>, year: i64) -> Result<(), Misfit> {
        let number = |name: &String| answers.get(name).and_then(Value::as_i64);
        let text = |name: &String| answers.get(name).and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::NotAfter { first, last } => match (number(first), number(last)) {
                (Some(from), Some(to)) if from > to => misfit(last, "before the first year"),
                (Some(_) | None, Some(_) | None) => Ok(()),
            },
            Self::NotInTheFuture { field } => match number(field) {
                Some(value) if value > year => misfit(field, "in the future"),
                Some(_) | None => Ok(()),
            },
            Self::RequiredWhen { field, when, is } => {
                if text(when) == is && text(field).trim().is_empty() {
                    return misfit(field, "required with this choice");
                }
                Ok(())
            }
            Self::RegistrationNumber { field } => {
                if text(field).is_empty() || is_registration_number(text(field)) {
                    return Ok(());
                }
                misfit(field, "not a registration number")
            }
        }
    }
}

/// Two Cyrillic letters (Ө, Ү and Ё are some) and eight digits, of which six a date; months 21–32 are 2000 and later.
fn is_registration_number(text: &str) -> bool {
    let characters: Vec<char> = text.trim().to_uppercase().chars().collect();
    let [first, second, digits @ ..] = characters.as_slice() else { return false };
    let letter = |c: &char| matches!(c, 'А'..='Я' | 'Ё' | 'Ө' | 'Ү');
    let digits: Option<Vec<u32>> = digits.iter().map(|c| c.to_digit(10)).collect();
    let Some([_, _, m1, m2, d1, d2, _, _]) = digits.as_deref() else { return false };
    let (month, day) = (m1 * 10 + m2, d1 * 10 + d2);
    letter(first) && letter(second) && matches!(month, 1..=12 | 21..=32) && matches!(day, 1..=31)
}

fn misfit<T>(field: &str, reason: &'static str) -> Result<T, Misfit> {
    Err(Misfit { field: field.into(), reason })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::rows;

    const YEAR: i64 = 2026;

    fn form_with(field: &str) -> Form {
        let forms = rows::forms().unwrap();
        forms.into_values().map(|(_, form)| form).find(|form| form.properties.contains_key(field)).unwrap()
    }

    fn check(form: &Form, answers: Value) -> Result<(), (String, &'static str)> {
        let Value::Object(answers) = answers else { panic!("not an object") };
        form.check(&answers, YEAR).map_err(|misfit| (misfit.field, misfit.reason))
    }

    fn refused(field: &str, reason: &'static str) -> Result<(), (String, &'static str)> {
        Err((field.into(), reason))
    }

    #[test]
    fn a_filled_form_fits() {
        let form = form_with("startYear");

        let checked =
            check(&form, json!({"startYear": 2019, "endYear": 2026, "forUsage": "Хөвсгөл аймгийн Өмнөх өрөө"}));

        assert_eq!(checked, Ok(()));
    }

    #[test]
    fn a_missing_or_blank_field_is_named() {
        let form = form_with("startYear");

        assert_eq!(check(&form, json!({"startYear": 2019, "endYear": 2020})), refused("forUsage", "required"));
        let blank = json!({"startYear": 2019, "endYear": 2020, "forUsage": " \u{a0}"});
        assert_eq!(check(&form, blank), refused("forUsage", "required"));
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let form = form_with("propertyNumber");

        let checked = check(&form, json!({"propertyNumber": "Ү-2204001234", "forUsage": "Банк", "өөр": 1}));

        assert_eq!(checked, refused("өөр", "the form has no such field"));
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        let form = form_with("startYear");

        let text = json!({"startYear": "2019", "endYear": 2020, "forUsage": "Банк"});
        assert_eq!(check(&form, text), refused("startYear", "must be a whole number"));
        let fraction = json!({"startYear": 2019.5, "endYear": 2020, "forUsage": "Банк"});
        assert_eq!(check(&form, fraction), refused("startYear", "must be a whole number"));
        let switch = json!({"language": "mn", "showPassportNumber": "тийм"});
        assert_eq!(
            check(&form_with("showPassportNumber"), switch),
            refused("showPassportNumber", "must be true or false")
        );
    }

    #[test]
    fn length_is_counted_in_letters_not_bytes() {
        let form = form_with("propertyNumber");
        let filled = |number: String| json!({"propertyNumber": number, "forUsage": "Банк"});

        assert_eq!(check(&form, filled("Ү".repeat(20))), Ok(()));
        assert_eq!(check(&form, filled("Ү".repeat(21))), refused("propertyNumber", "too long"));
    }

    #[test]
    fn bounds_choices_and_control_characters_are_kept() {
        let years = form_with("startYear");

        let early = json!({"startYear": 1900, "endYear": 2020, "forUsage": "Банк"});
        assert_eq!(check(&years, early), refused("startYear", "too small"));
        let late = json!({"startYear": 2000, "endYear": 2200, "forUsage": "Банк"});
        assert_eq!(check(&years, late), refused("endYear", "too large"));
        let bell = json!({"startYear": 2000, "endYear": 2001, "forUsage": "Ба\u{7}нк"});
        assert_eq!(check(&years, bell), refused("forUsage", "control characters"));
        let choice = json!({"language": "kz"});
        assert_eq!(check(&form_with("showPassportNumber"), choice), refused("language", "not one of the choices"));
    }

    #[test]
    fn years_run_forward_and_not_beyond_now() {
        let form = form_with("startYear");

        let backward = json!({"startYear": 2021, "endYear": 2020, "forUsage": "Банк"});
        assert_eq!(check(&form, backward), refused("endYear", "before the first year"));
        let ahead = json!({"startYear": 2021, "endYear": YEAR + 1, "forUsage": "Банк"});
        assert_eq!(check(&form, ahead), refused("endYear", "in the future"));
    }

    #[test]
    fn a_child_needs_a_registration_number_and_an_adult_none() {
        let form = form_with("childRegnum");

        assert_eq!(check(&form, json!({"beneficiary": "self", "forUsage": "Сургууль"})), Ok(()));
        let nameless = json!({"beneficiary": "child", "forUsage": "Сургууль"});
        assert_eq!(check(&form, nameless), refused("childRegnum", "required with this choice"));
        let child = json!({"beneficiary": "child", "childRegnum": "өү15250312", "forUsage": "Сургууль"});
        assert_eq!(check(&form, child), Ok(()));
        let thirteenth = json!({"beneficiary": "child", "childRegnum": "ӨҮ15130312", "forUsage": "Сургууль"});
        assert_eq!(check(&form, thirteenth), refused("childRegnum", "not a registration number"));
    }
}
