//! Forms, and what is put into them.

mod answers;
mod fields;
mod keywords;
mod merging;
mod suite;

use serde_json::{Value, json};

use super::{FieldState, Form, FormState, Values};
use crate::{country::CivilDate, services::ServiceId};

fn parse(form: Value) -> Option<Form> {
    Form::parse(ServiceId::parse("a1").unwrap(), form)
}

fn form(schema: Value, presentation: Value) -> Form {
    parse(json!({ "version": 3, "schema": schema, "presentation": presentation })).unwrap()
}

/// One section with these fields, in this order; all that is asked is required.
fn asking(properties: Value) -> Form {
    let names: Vec<String> = properties.as_object().unwrap().keys().cloned().collect();
    let schema = json!({
        "type": "object", "additionalProperties": false, "properties": properties, "required": names,
    });
    form(schema, json!({ "sections": [{ "fields": names }] }))
}

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// 27 November 2026.
fn today() -> CivilDate {
    CivilDate::new(2026, 11, 27).unwrap()
}

fn state(form: &Form, pairs: &[(&str, &str)]) -> FormState {
    form.state(&values(pairs), today())
}

fn field<'s>(state: &'s FormState, name: &str) -> &'s FieldState {
    state.fields().find(|field| field.name == name).unwrap_or_else(|| panic!("{name} is not asked"))
}

fn names(state: &FormState) -> Vec<&str> {
    state.fields().map(|field| field.name.as_str()).collect()
}

/// Name and code of each, in the order of the form.
fn problems(state: &FormState) -> Vec<(&str, &str)> {
    state.fields().filter_map(|field| Some((field.name.as_str(), field.problem.as_ref()?.code.as_str()))).collect()
}

/// What is going to be sent; it has passed the schema once more.
fn sent(form: &Form, pairs: &[(&str, &str)]) -> Value {
    let checked = form.check(&values(pairs), today()).unwrap();
    let answers = checked.answers.into_iter().collect();
    assert_eq!(form.faults(&answers, today()), []);
    Value::Object(answers)
}
