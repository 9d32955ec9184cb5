//! The subset of JSON Schema 2020-12 that forms are written in (ADR 0026).
//!
//! Guarantees: a schema with a keyword outside the subset is no schema; a validation always ends and names every fault.
//! Formats are asserted. The tree is the JSON itself, checked once: a second tree would be code and no safety.

use serde_json::{Map, Value};

use super::formats;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// No form needs half of it, and no stack feels it.
const DEEPEST: usize = 24;

/// Schemas within a schema: a form of two hundred questions has some five hundred.
const MOST: usize = 4_000;

/// A schema that this build understands whole.
#[derive(Debug, Clone)]
pub struct Schema(Value);

/// One thing that is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Names and numbers from the root down, with `/` between; empty: the whole.
    pub at: String,
    /// Stable, such as `form.too_long`.
    pub code: &'static str,
    /// What the schema says, where the code alone does not: `120` of a length.
    pub limit: String,
}

impl Schema {
    /// `None` for a schema with anything outside the subset.
    pub fn parse(schema: Value) -> Option<Self> {
        is_understood(&schema, 0, &mut MOST.clone()).then_some(Self(schema))
    }

    pub(super) fn root(&self) -> &Value {
        &self.0
    }

    /// All that is wrong, none twice.
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        faults(&self.0, value)
    }
}

fn is_understood(schema: &Value, depth: usize, left: &mut usize) -> bool {
    if depth > DEEPEST || *left == 0 {
        return false;
    }
    *left -= 1;
    match schema {
        Value::Bool(_) => true,
        Value::Object(keywords) => keywords.iter().all(|(word, says)| is_keyword(word, says, depth + 1, left)),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}

fn is_keyword(word: &str, says: &Value, depth: usize, left: &mut usize) -> bool {
    let names = |says: &Value| says.as_array().is_some_and(|names| names.iter().all(Value::is_string));
    match word {
        "$schema" => says == DIALECT,
        "title" | "description" => says.is_string(),
        "const" | "default" => true,
        "enum" | "examples" => says.is_array(),
        "type" => {
            let known = |name: &Value| name.as_str().is_some_and(|name| TYPES.contains(&name));
            known(says) || says.as_array().is_some_and(|names| !names.is_empty() && names.iter().all(known))
        }
        "format" => says.as_str().is_some_and(formats::is_known),
        "required" => names(says),
        "dependentRequired" => says.as_object().is_some_and(|all| all.values().all(names)),
        "properties" | "dependentSchemas" => {
            says.as_object().is_some_and(|all| all.values().all(|one| is_understood(one, depth, left)))
        }
        "additionalProperties" | "items" | "not" | "if" | "then" | "else" => is_understood(says, depth, left),
        "allOf" | "anyOf" | "oneOf" => {
            says.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|one| is_understood(one, depth, left)))
        }
        "minLength" | "maxLength" | "minItems" | "maxItems" => count(says).is_some(),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => says.is_number(),
        "multipleOf" => says.as_f64().is_some_and(|step| step > 0.0),
        "uniqueItems" => says.is_boolean(),
        annotation => annotation.starts_with("x-"),
    }
}

/// All that is wrong with `value`, none twice.
pub(super) fn faults(schema: &Value, value: &Value) -> Vec<Fault> {
    let mut found = Vec::new();
    check(schema, value, "", &mut found);
    found
}

pub(super) fn holds(schema: &Value, value: &Value) -> bool {
    faults(schema, value).is_empty()
}

/// This schema and those within it that speak of the same value and hold for it now: all of `allOf`, the branch of a
/// condition, what depends on a property that is there.
pub(super) fn applied<'s>(schema: &'s Value, value: &Value, into: &mut Vec<&'s Value>) {
    into.push(schema);
    for part in list(&schema["allOf"]) {
        applied(part, value, into);
    }
    if let Some(branch) = branch(schema, value) {
        applied(branch, value, into);
    }
    for (name, part) in members(&schema["dependentSchemas"]) {
        if value.get(name).is_some() {
            applied(part, value, into);
        }
    }
}

/// Whether `schema` says that `name` must be there.
pub(super) fn requires(schema: &Value, value: &Value, name: &str) -> bool {
    let among = |names: &Value| list(names).iter().any(|one| one == name);
    let depends = |(on, names): (&String, &Value)| value.get(on).is_some() && among(names);
    among(&schema["required"]) || members(&schema["dependentRequired"]).any(depends)
}

/// A whole number of at least 0, also where it is written `2.0`.
pub(super) fn count(says: &Value) -> Option<u64> {
    let whole = |number: f64| (number >= 0.0 && number.fract() == 0.0 && number < 1e15).then_some(number as u64);
    says.as_u64().or_else(|| says.as_f64().and_then(whole))
}

pub(super) fn list(says: &Value) -> &[Value] {
    says.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn members(says: &Value) -> impl Iterator<Item = (&String, &Value)> {
    says.as_object().into_iter().flatten()
}

pub(super) fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") }
}

fn check(schema: &Value, value: &Value, at: &str, found: &mut Vec<Fault>) {
    let Value::Object(keywords) = schema else {
        if *schema == Value::Bool(false) {
            fault(found, at, "form.not_allowed", &Value::Null);
        }
        return;
    };
    for (word, says) in keywords {
        check_keyword(word, says, value, at, found);
        match value {
            Value::String(text) => check_text(word, says, text, at, found),
            Value::Number(_) => check_number(word, says, value, at, found),
            Value::Array(items) => check_array(word, says, items, at, found),
            Value::Object(object) => check_object(word, says, (value, object), at, found),
            Value::Null | Value::Bool(_) => {}
        }
    }
    if let Value::Object(object) = value {
        check_strangers(schema, object, at, found);
    }
    if let Some(branch) = branch(schema, value) {
        check(branch, value, at, found);
    }
}

/// Keywords that speak of every kind of value.
fn check_keyword(word: &str, says: &Value, value: &Value, at: &str, found: &mut Vec<Fault>) {
    let held = || list(says).iter().filter(|one| holds(one, value)).count();
    let refusal = match word {
        "type" if !says.as_str().map_or_else(|| list(says).iter().any(|name| is(name, value)), |_| is(says, value)) => {
            "form.not_allowed"
        }
        "const" if !equal(says, value) => "form.not_an_option",
        "enum" if !list(says).iter().any(|one| equal(one, value)) => "form.not_an_option",
        "anyOf" if held() == 0 => "form.not_allowed",
        "oneOf" if held() != 1 => "form.not_allowed",
        "not" if holds(says, value) => "form.not_allowed",
        "format" => match formats::check(says.as_str().unwrap_or_default(), value) {
            Ok(()) => return,
            Err(code) => code,
        },
        "allOf" => return list(says).iter().for_each(|one| check(one, value, at, found)),
        _ => return,
    };
    fault(found, at, refusal, says);
}

fn check_text(word: &str, says: &Value, text: &str, at: &str, found: &mut Vec<Fault>) {
    let length = || text.chars().count() as u64;
    match (word, count(says)) {
        ("minLength", Some(least)) if length() < least => fault(found, at, "form.too_short", says),
        ("maxLength", Some(most)) if length() > most => fault(found, at, "form.too_long", says),
        _ => {}
    }
}

fn check_number(word: &str, says: &Value, number: &Value, at: &str, found: &mut Vec<Fault>) {
    let code = match word {
        "minimum" if less(number, says) => "form.too_small",
        "exclusiveMinimum" if !less(says, number) => "form.not_above",
        "maximum" if less(says, number) => "form.too_large",
        "exclusiveMaximum" if !less(number, says) => "form.not_below",
        "multipleOf" if !is_multiple(number, says) => "form.not_a_multiple",
        _ => return,
    };
    fault(found, at, code, says);
}

fn check_array(word: &str, says: &Value, items: &[Value], at: &str, found: &mut Vec<Fault>) {
    let number = items.len() as u64;
    let twice = || items.iter().enumerate().any(|(n, item)| items[..n].iter().any(|other| equal(other, item)));
    match (word, count(says)) {
        ("minItems", Some(least)) if number < least => fault(found, at, "form.too_few", says),
        ("maxItems", Some(most)) if number > most => fault(found, at, "form.too_many", says),
        ("uniqueItems", _) if *says == Value::Bool(true) && twice() => fault(found, at, "form.repeated", says),
        ("items", _) => {
            for (n, item) in items.iter().enumerate() {
                check(says, item, &join(at, &n.to_string()), found);
            }
        }
        _ => {}
    }
}

fn check_object(
    word: &str,
    says: &Value,
    (value, object): (&Value, &Map<String, Value>),
    at: &str,
    found: &mut Vec<Fault>,
) {
    let mut missing = |names: &Value| {
        for name in list(names).iter().filter_map(Value::as_str).filter(|name| !object.contains_key(*name)) {
            fault(found, &join(at, name), "form.required", &Value::Null);
        }
    };
    match word {
        "required" => missing(says),
        "dependentRequired" => members(says).filter(|(on, _)| object.contains_key(*on)).for_each(|(_, n)| missing(n)),
        "properties" => members(says)
            .filter_map(|(name, part)| Some((name, part, object.get(name)?)))
            .for_each(|(name, part, value)| check(part, value, &join(at, name), found)),
        "dependentSchemas" => {
            members(says).filter(|(on, _)| object.contains_key(*on)).for_each(|(_, part)| check(part, value, at, found))
        }
        _ => {}
    }
}

/// `additionalProperties` sees the `properties` beside it, and no others.
fn check_strangers(schema: &Value, object: &Map<String, Value>, at: &str, found: &mut Vec<Fault>) {
    let Some(strangers) = schema.get("additionalProperties") else { return };
    for (name, value) in object.iter().filter(|(name, _)| schema["properties"].get(name.as_str()).is_none()) {
        let at = join(at, name);
        if *strangers == Value::Bool(false) {
            fault(found, &at, "form.no_such_field", &Value::Null);
        } else {
            check(strangers, value, &at, found);
        }
    }
}

fn branch<'s>(schema: &'s Value, value: &Value) -> Option<&'s Value> {
    schema.get(if holds(schema.get("if")?, value) { "then" } else { "else" })
}

fn fault(found: &mut Vec<Fault>, at: &str, code: &'static str, says: &Value) {
    let limit = if says.is_number() { says.to_string() } else { String::new() };
    let fault = Fault { at: at.to_owned(), code, limit };
    if !found.contains(&fault) {
        found.push(fault);
    }
}

fn is(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap_or_default() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        _ => value.is_object(),
    }
}

/// `1` and `1.0` are the same number; `1` and `true` are not the same value.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => !less(a, b) && !less(b, a),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

fn less(a: &Value, b: &Value) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a < b,
        _ => a.as_f64() < b.as_f64(),
    }
}

/// Steps such as 0.01 have no exact binary form: what is left over must be within their error.
fn is_multiple(number: &Value, step: &Value) -> bool {
    match (number.as_i64(), step.as_i64()) {
        (Some(number), Some(step)) => number % step == 0,
        _ => {
            let times = number.as_f64().unwrap_or_default() / step.as_f64().unwrap_or(1.0);
            (times - times.round()).abs() <= times.abs() * 1e-12
        }
    }
}
