//! A filled form as a clerk reads it.

use serde_json::{Map, Value};

use super::{Form, formats};
use crate::gateway::text::Text;

/// A field of a form as a person reads it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) name: String,
    pub(crate) title: Text,
    pub(crate) value: Shown,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// What the citizen wrote; of several parts, one behind the other.
    Written(String),
    /// One of the form's own choices, in words.
    Chosen(Text),
    YesNo(bool),
    /// A file's name and size in bytes.
    File(String, u64),
    Empty,
}

impl Form {
    /// Every field in order with its answer; one that does not apply with these answers is left out. Answers that the
    /// form does not know, from another version, come last.
    pub(crate) fn shown(&self, answers: &Map<String, Value>) -> Vec<Answer> {
        let asked = self.names().filter(|name| answers.contains_key(*name) || self.may_hold(answers, name));
        let known = asked.map(|name| Answer {
            name: name.into(),
            title: self.title(name),
            value: answers.get(name).map_or(Shown::Empty, |value| self.answer(name, value)),
        });
        let other = answers.iter().filter(|(name, _)| self.names().all(|known| known != name.as_str()));
        known.chain(other.map(|(name, value)| Answer::unknown(name, value))).collect()
    }

    /// Whether the schema lets this field be there at all: a question that does not apply has the schema `false`.
    fn may_hold(&self, answers: &Map<String, Value>, name: &str) -> bool {
        let mut with = answers.clone();
        with.insert(name.into(), Value::Null);
        let with = Value::Object(with);
        let at = format!("/{name}");
        let barred = |error: &jsonschema::ValidationError<'_>| {
            error.kind().keyword() == "falseSchema" && error.instance_path().as_str() == at
        };
        !self.validator.iter_errors(&with).any(|error| barred(&error))
    }

    fn answer(&self, name: &str, value: &Value) -> Shown {
        let schema = &self.schema["properties"][name];
        let options = self.presentation.fields.get(name).map(|words| &words.options);
        let chosen = options.zip(value.as_str()).and_then(|(options, chosen)| options.get(chosen));
        match (schema["format"].as_str().unwrap_or_default(), chosen) {
            (_, Some(title)) => Shown::Chosen(title.clone()),
            ("mn-money", None) => Shown::Written(format!("{value}₮")),
            ("mn-address", None) => Shown::parts(value, &formats::ADDRESS, ", "),
            ("mn-name", None) => Shown::parts(value, &formats::NAME, " "),
            ("mn-file" | "mn-signature", None) => {
                let name = value["name"].as_str().unwrap_or_default();
                Shown::File(name.into(), value["size"].as_u64().unwrap_or_default())
            }
            (_, None) => Shown::of(value),
        }
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
        let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match value {
            Value::Null => Self::Empty,
            Value::Bool(yes) => Self::YesNo(*yes),
            Value::String(text) if text.trim().is_empty() => Self::Empty,
            Value::Array(items) => Self::Written(items.iter().map(words).collect::<Vec<_>>().join(", ")),
            Value::String(_) | Value::Number(_) | Value::Object(_) => Self::Written(words(value)),
        }
    }

    fn parts(value: &Value, names: &[&str], between: &str) -> Self {
        let parts: Vec<&str> = names.iter().filter_map(|name| value[*name].as_str()).collect();
        Self::Written(parts.join(between))
    }
}
