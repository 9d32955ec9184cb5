//! Forms as data: a schema, words to ask by, and a few rules across fields (ADR 0026).
//!
//! Guarantees: a form that this build does not understand whole is not shown; what is wrong is found all at once and
//! said in words that tell how to mend it; what passes here passes at the gateway.

mod check;
mod fields;
mod formats;
mod merge;
mod messages;
mod model;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use merge::{Merged, SetAside};
pub use model::{Choice, FieldKind, FieldState, FormState, Prefill, Problem, Section, Values};
pub use schema::{Fault, Schema};

use super::{
    attachment::{self, AttachmentId},
    model::Line,
    people::ForWhom,
};
use crate::{
    auth::Freshness,
    country::{CivilDate, LocalisedText},
    foundation::{
        error::{Error, Result},
        json,
    },
    offline::tolerant,
    services::ServiceId,
};

/// Whether something was typed: nothing but space is no answer.
pub(super) fn is_answer(typed: &str) -> bool {
    !typed.trim().is_empty()
}

/// Whether a field is a part of what another name stands for: `address/soum` of `address`.
pub(super) fn is_part_of(field: &str, whole: &str) -> bool {
    field.strip_prefix(whole).is_some_and(|rest| rest.starts_with('/'))
}

/// More than any form of a state asks on a phone.
const MOST_FIELDS: usize = 200;

/// A form as it is written; [`Form::state`] is what a shell renders.
#[derive(Debug, Clone)]
pub struct Form {
    service: ServiceId,
    version: u32,
    authentication: Option<Freshness>,
    for_whom: Option<Vec<ForWhom>>,
    source: Value,
    schema: Schema,
    presentation: Presentation,
}

#[derive(Deserialize)]
struct Wire {
    version: u32,
    /// One that can't be read is the gateway's to demand.
    #[serde(default, deserialize_with = "tolerant::known")]
    authentication: Option<Freshness>,
    #[serde(default, deserialize_with = "tolerant::known")]
    for_whom: Option<Vec<ForWhom>>,
    schema: Value,
    presentation: Presentation,
}

/// What a schema can't say: in which order and in which words to ask, and rules across fields.
#[derive(Debug, Clone, Deserialize)]
struct Presentation {
    sections: Vec<SectionWords>,
    #[serde(default)]
    fields: BTreeMap<String, Words>,
    #[serde(default)]
    order_rules: Vec<OrderRule>,
}

#[derive(Debug, Clone, Deserialize)]
struct SectionWords {
    #[serde(default, deserialize_with = "tolerant::text")]
    title: Option<LocalisedText>,
    fields: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Words {
    #[serde(deserialize_with = "tolerant::text")]
    title: Option<LocalisedText>,
    #[serde(deserialize_with = "tolerant::text")]
    help: Option<LocalisedText>,
    #[serde(deserialize_with = "tolerant::known")]
    options: BTreeMap<String, LocalisedText>,
    #[serde(deserialize_with = "tolerant::known")]
    prefill: Option<Prefill>,
    #[serde(deserialize_with = "tolerant::known")]
    multiline: bool,
}

/// A rule of a kind that this build does not know makes the form one that it does not understand.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderRule {
    /// Of two years or days the first is not after the second.
    NotAfter([String; 2]),
    /// A year or a day that has begun in Ulaanbaatar.
    NotInTheFuture(String),
}

/// What was sent, as it would be typed.
pub fn typed(answers: &BTreeMap<String, Value>) -> Values {
    let mut values = Values::new();
    answers.iter().for_each(|(name, value)| put_typed(name, value, &mut values));
    values
}

fn put_typed(path: &str, value: &Value, values: &mut Values) {
    let mut put = |text: String| drop(values.insert(path.to_owned(), text));
    match value {
        Value::Null => {}
        Value::String(text) => put(text.clone()),
        Value::Bool(_) | Value::Number(_) => put(value.to_string()),
        Value::Object(members) if formats::is_file(members) => put(value.to_string()),
        Value::Object(members) => {
            members.iter().for_each(|(name, part)| put_typed(&schema::join(path, name), part, values));
        }
        Value::Array(items) => {
            items
                .iter()
                .zip(0..)
                .for_each(|(item, n): (_, u32)| put_typed(&schema::join(path, &n.to_string()), item, values));
        }
    }
}

/// What can be confirmed: how it is sent, and what the citizen is shown of it.
pub struct Checked {
    pub answers: BTreeMap<String, Value>,
    pub lines: Vec<Line>,
    /// What the answers speak of, to be sent before them.
    pub files: Vec<AttachmentId>,
}

impl Form {
    /// As the gateway writes it. `None`: not for this build; a newer one may understand it.
    pub fn parse(service: ServiceId, form: Value) -> Option<Self> {
        let source = form.clone();
        let Wire { version, authentication, for_whom, schema, presentation } = json::take(form)?;
        let schema = Schema::parse(schema)?;
        let form = Self { service, version, authentication, for_whom, source, schema, presentation };
        let fields = fields::leaves(&form, &Values::new())?.len();
        (fields <= MOST_FIELDS).then_some(form)
    }

    pub fn service(&self) -> &ServiceId {
        &self.service
    }

    /// `None`: it does not say.
    pub(super) fn for_whom(&self) -> Option<&[ForWhom]> {
        self.for_whom.as_deref()
    }

    /// As the gateway wrote it, to be kept with what is answered on it.
    pub fn source(&self) -> &Value {
        &self.source
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    /// How lately, and in which way, the citizen must have proven who they are before it is confirmed.
    pub fn authentication(&self) -> Option<&Freshness> {
        self.authentication.as_ref()
    }

    /// How it stands with these values on that day in Ulaanbaatar. Values under names that it does not have are passed
    /// over.
    pub fn state(&self, values: &Values, today: CivilDate) -> FormState {
        check::fill(self, values, today).state
    }

    /// What is going to be sent, once nothing is wrong; else the first thing that is, in the order of the form. A name
    /// that the form does not have is refused; an answer to a question that does not apply is left out.
    pub fn check(&self, values: &Values, today: CivilDate) -> Result<Checked> {
        let filled = check::fill(self, values, today);
        if let Some(stranger) = filled.stranger {
            return Err(Error::invalid(stranger, "form.no_such_field"));
        }
        let wrong = |field: &FieldState| Some(Error::invalid(field.name.clone(), field.problem.as_ref()?.code.clone()));
        if let Some(error) = filled.state.fields().find_map(wrong) {
            return Err(error);
        }
        if !filled.state.complete {
            return Err(Error::invalid("form", "form.not_allowed"));
        }
        let answers = schema::members(&filled.answers).map(|(name, value)| (name.clone(), value.clone())).collect();
        let files = filled.state.fields().filter(|field| field.kind.is_file());
        let files = files.filter_map(|field| attachment::file_in(field.value.as_deref()?)).collect();
        Ok(Checked { answers, lines: filled.lines, files })
    }

    /// What schema, formats and rules across fields say of answers as they are sent.
    pub fn faults(&self, answers: &Map<String, Value>, today: CivilDate) -> Vec<Fault> {
        let answers = Value::Object(answers.clone());
        let mut faults = self.schema.faults(&answers);
        let rules = self.presentation.order_rules.iter().filter_map(|rule| check::order(rule, &answers, today));
        faults.extend(rules.map(|(at, code, _)| Fault { at: at.to_owned(), code, limit: String::new() }));
        faults
    }
}
