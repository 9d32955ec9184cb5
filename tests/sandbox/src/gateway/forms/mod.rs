//! Forms and what a citizen may write into them.
//!
//! Guarantees: answers that pass hold against the form's JSON Schema as the crate `jsonschema` reads it, against the
//! country's formats as they are read here, and against the rules across fields.

#[cfg(test)]
mod agreement;
mod formats;
mod shown;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use jsonschema::{
    Draft, Validator,
    error::{ValidationError, ValidationErrorKind},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::shown::{Answer, Shown};
use super::{represented::Relation, text::Text};
use crate::oauth::Demand;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Requirement {
    #[serde(flatten)]
    pub(crate) text: Text,
    /// The sandbox's own words, not a source's.
    pub(crate) sample: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Form {
    pub(crate) version: i64,
    /// The sandbox's own form, not a copy of the portal's.
    pub(crate) sample: bool,
    /// How lately the citizen must have proven who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authentication: Option<Demand>,
    /// Absent: for the citizen and whomever they may act for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) for_whom: Option<Vec<ForWhom>>,
    schema: Value,
    presentation: Presentation,
    #[serde(skip)]
    validator: Validator,
}

#[derive(Deserialize)]
struct Written {
    version: i64,
    sample: bool,
    #[serde(default)]
    authentication: Option<Demand>,
    #[serde(default)]
    for_whom: Option<Vec<ForWhom>>,
    schema: Value,
    presentation: Presentation,
}

/// For whom a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ForWhom {
    #[serde(rename = "self")]
    Citizen,
    Child,
    Parent,
    Company,
}

impl From<Option<Relation>> for ForWhom {
    fn from(relation: Option<Relation>) -> Self {
        match relation {
            None => Self::Citizen,
            Some(Relation::Child) => Self::Child,
            Some(Relation::Parent) => Self::Parent,
            Some(Relation::Company) => Self::Company,
        }
    }
}

/// In which order and in which words to ask, and what a schema can't say.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Presentation {
    sections: Vec<Section>,
    fields: BTreeMap<String, Words>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    order_rules: Vec<OrderRule>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<Text>,
    fields: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    help: Option<Text>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<String, Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefill: Option<Prefill>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    multiline: bool,
}

/// Which register knows the answer, and where in its own answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prefill {
    operation: String,
    path: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderRule {
    /// Of two years or days the first is not after the second.
    NotAfter([String; 2]),
    /// A year or a day that has begun in Ulaanbaatar.
    NotInTheFuture(String),
}

/// Why a form does not fit: the field's path and a reason for the log and the developer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) field: String,
    pub(crate) reason: String,
}

impl TryFrom<Written> for Form {
    type Error = ValidationError<'static>;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { version, sample, authentication, for_whom, schema, presentation } = written;
        let options = formats::registered(jsonschema::options().with_draft(Draft::Draft202012));
        let validator = options.should_validate_formats(true).should_ignore_unknown_formats(false).build(&schema)?;
        Ok(Self { version, sample, authentication, for_whom, schema, presentation, validator })
    }
}

impl Form {
    /// Whether it is for the citizen, or for one to whom they stand so.
    pub(crate) fn is_for(&self, relation: Option<Relation>) -> bool {
        self.for_whom.as_ref().is_none_or(|whom| whom.contains(&relation.into()))
    }

    /// The names of its fields, in the order to ask in.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.presentation.sections.iter().flat_map(|section| &section.fields).map(String::as_str)
    }

    /// The first thing that is wrong, in the order of the form. `today` is the day in Ulaanbaatar.
    pub(crate) fn check(&self, answers: &Map<String, Value>, today: NaiveDate) -> Result<(), Misfit> {
        let whole = Value::Object(answers.clone());
        let mut misfits: Vec<Misfit> = self.validator.iter_errors(&whole).map(|error| Misfit::of(&error)).collect();
        formats::walk(&self.schema, &whole, "", &mut misfits);
        misfits.extend(self.presentation.order_rules.iter().filter_map(|rule| rule.check(answers, today)));
        let place = |misfit: &Misfit| {
            let name = misfit.field.split('/').next().unwrap_or_default();
            self.names().position(|known| known == name).unwrap_or(usize::MAX)
        };
        misfits.sort_by_key(place);
        misfits.into_iter().next().map_or(Ok(()), Err)
    }

    /// The question; a field without one is called by its name.
    pub(crate) fn title(&self, name: &str) -> Text {
        let title = self.presentation.fields.get(name).and_then(|words| words.title.clone());
        title.unwrap_or_else(|| Text { mn: name.into(), en: None })
    }
}

impl Misfit {
    fn new(field: &str, reason: &str) -> Self {
        Self { field: field.trim_start_matches('/').to_owned(), reason: reason.to_owned() }
    }

    /// Without the value: only where, and which keyword refused it.
    fn of(error: &ValidationError<'_>) -> Self {
        let at = error.instance_path().as_str();
        let below = if let ValidationErrorKind::Required { property } = error.kind() {
            property.as_str()
        } else if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
            unexpected.first().map(String::as_str)
        } else {
            None
        };
        let at = below.map_or_else(|| at.to_owned(), |name| format!("{at}/{name}"));
        Self::new(&at, error.kind().keyword())
    }
}

impl OrderRule {
    fn check(&self, answers: &Map<String, Value>, today: NaiveDate) -> Option<Misfit> {
        match self {
            Self::NotAfter([first, last]) => {
                let (from, to) = (moment(answers.get(first)?)?, moment(answers.get(last)?)?);
                (from > to).then(|| Misfit::new(last, "before the first"))
            }
            Self::NotInTheFuture(name) => {
                let answer = answers.get(name)?;
                let now = if answer.is_i64() { (today.year(), String::new()) } else { (0, today.to_string()) };
                (moment(answer)? > now).then(|| Misfit::new(name, "in the future"))
            }
        }
    }
}

/// A year, or a day as it is sent: two of a kind compare as they follow each other.
fn moment(answer: &Value) -> Option<(i32, String)> {
    match (answer.as_i64(), answer.as_str()) {
        (Some(year), _) => Some((year.try_into().ok()?, String::new())),
        (None, Some(day)) => Some((0, day.to_owned())),
        (None, None) => None,
    }
}
