//! One operation of the description, compiled: what a request and an answer must look like.
//!
//! Guarantees: what the description does not declare is a breach (query parameters, statuses, content types).

use axum::http::{HeaderMap, StatusCode, header};
use jsonschema::{Draft, Registry, Validator};
use serde_json::{Map, Value, json};

use super::description::{self, DescriptionError};

/// The description's own address inside the validators; nothing is fetched from it.
const DOCUMENT: &str = "urn:emongolia:openapi";

#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error(transparent)]
    Description(#[from] DescriptionError),
    #[error("the schema at {at} does not compile: {error}")]
    Schema { at: String, error: String },
    #[error("{at} lacks {what}")]
    Lacks { at: String, what: &'static str },
}

/// A request as it came in.
pub(super) struct Asked<'a> {
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// An answer as it goes out, decoded.
pub(super) struct Answered<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    segments: Vec<Segment>,
    secured: bool,
    parameters: Vec<Parameter>,
    body: Option<Content>,
    answers: Vec<(u16, Answer)>,
}

enum Segment {
    Literal(String),
    Variable(String),
}

#[derive(PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header,
}

/// How a parameter's text becomes a JSON value.
enum Kind {
    Text,
    Number,
    Boolean,
}

struct Parameter {
    name: String,
    place: Place,
    required: bool,
    kind: Kind,
    schema: Validator,
}

struct Content {
    required: bool,
    media: Vec<(String, Validator)>,
}

struct Answer {
    headers: Vec<Parameter>,
    content: Content,
}

/// Compiles every operation of the merged description.
pub(super) fn compile(whole: &Value) -> Result<Vec<Operation>, CompileError> {
    let broken = |error: &dyn std::fmt::Display| CompileError::Schema { at: "#".into(), error: error.to_string() };
    let registry = Registry::new()
        .draft(Draft::Draft202012)
        .add(DOCUMENT, whole)
        .and_then(|builder| builder.prepare())
        .map_err(|error| broken(&error))?;
    let compiler = Compiler { whole, registry: &registry };
    let mut all = Vec::new();
    for (path, item) in whole["paths"].as_object().into_iter().flatten() {
        for method in description::METHODS {
            if let Some(operation) = item.get(method).and_then(Value::as_object) {
                let pointer = format!("/paths/{}/{method}", escape(path));
                all.push(compiler.operation(path, method, &pointer, operation)?);
            }
        }
    }
    Ok(all)
}

struct Compiler<'a> {
    whole: &'a Value,
    registry: &'a Registry<'a>,
}

impl Compiler<'_> {
    fn operation(
        &self,
        path: &str,
        method: &str,
        pointer: &str,
        operation: &Map<String, Value>,
    ) -> Result<Operation, CompileError> {
        let id = operation.get("operationId").and_then(Value::as_str);
        let id = id.ok_or_else(|| CompileError::Lacks { at: pointer.into(), what: "operationId" })?;
        let mut parameters = Vec::new();
        for (n, _) in operation.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let at = self.settle(format!("{pointer}/parameters/{n}"))?;
            let declared = self.at(&at)?;
            let name = declared["name"].as_str().ok_or_else(|| CompileError::Lacks { at: at.clone(), what: "name" })?;
            let place = match declared["in"].as_str() {
                Some("path") => Place::Path,
                Some("query") => Place::Query,
                Some("header") => Place::Header,
                Some(_) | None => return Err(CompileError::Lacks { at, what: "a known place" }),
            };
            parameters.push(self.parameter(name, place, &at)?);
        }
        let body = match operation.get("requestBody") {
            None => None,
            Some(_) => {
                let at = self.settle(format!("{pointer}/requestBody"))?;
                Some(self.content(&at)?)
            }
        };
        let mut answers = Vec::new();
        for status in operation.get("responses").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            let at = self.settle(format!("{pointer}/responses/{status}"))?;
            let code =
                status.parse().map_err(|_| CompileError::Lacks { at: at.clone(), what: "a status in digits" })?;
            answers.push((code, self.answer(&at)?));
        }
        let segments = path.split('/').map(|s| match s.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some(name) => Segment::Variable(name.into()),
            None => Segment::Literal(s.into()),
        });
        Ok(Operation {
            id: id.into(),
            method: method.to_ascii_uppercase(),
            segments: segments.collect(),
            secured: description::is_secured(self.whole, operation),
            parameters,
            body,
            answers,
        })
    }

    fn answer(&self, at: &str) -> Result<Answer, CompileError> {
        let mut headers = Vec::new();
        for name in self.at(at)?["headers"].as_object().into_iter().flat_map(Map::keys) {
            let header_at = self.settle(format!("{at}/headers/{}", escape(name)))?;
            headers.push(self.parameter(name, Place::Header, &header_at)?);
        }
        Ok(Answer { headers, content: self.content(at)? })
    }

    fn parameter(&self, name: &str, place: Place, at: &str) -> Result<Parameter, CompileError> {
        let schema_at = format!("{at}/schema");
        let schema = self.at(&self.settle(schema_at.clone())?)?;
        let kind = match schema["type"].as_str() {
            Some("integer" | "number") => Kind::Number,
            Some("boolean") => Kind::Boolean,
            Some(_) | None => Kind::Text,
        };
        let required = self.at(at)?["required"] == true;
        Ok(Parameter { name: name.into(), place, required, kind, schema: self.validator(&schema_at)? })
    }

    fn content(&self, at: &str) -> Result<Content, CompileError> {
        let mut media = Vec::new();
        for kind in self.at(at)?["content"].as_object().into_iter().flat_map(Map::keys) {
            media.push((kind.clone(), self.validator(&format!("{at}/content/{}/schema", escape(kind)))?));
        }
        Ok(Content { required: self.at(at)?["required"] == true, media })
    }

    fn validator(&self, pointer: &str) -> Result<Validator, CompileError> {
        self.at(pointer)?;
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(self.registry)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .build(&json!({ "$ref": format!("{DOCUMENT}#{}", pointer.replace('{', "%7B").replace('}', "%7D")) }))
            .map_err(|error| CompileError::Schema { at: pointer.into(), error: error.to_string() })
    }

    fn at(&self, pointer: &str) -> Result<&Value, CompileError> {
        let lacks = || CompileError::Lacks { at: pointer.into(), what: "what its pointer says" };
        self.whole.pointer(pointer).ok_or_else(lacks)
    }

    /// The pointer with its `$ref`s followed.
    fn settle(&self, mut pointer: String) -> Result<String, CompileError> {
        while let Some(reference) = self.at(&pointer)?.get("$ref").and_then(Value::as_str) {
            pointer = reference.trim_start_matches('#').to_owned();
        }
        Ok(pointer)
    }
}

/// A JSON pointer's segment (RFC 6901 §3); paths and media types hold nothing a URI fragment would need escaped
/// but braces.
fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

impl Operation {
    /// `Some(variables)` when the path is this operation's.
    pub(super) fn matches(&self, method: &str, path: &str) -> Option<usize> {
        let mut variables = 0;
        let mut given = path.split('/');
        for segment in &self.segments {
            match (segment, given.next()?) {
                (Segment::Literal(wanted), found) if wanted == found => {}
                (Segment::Variable(_), found) if !found.is_empty() => variables += 1,
                (Segment::Literal(_) | Segment::Variable(_), _) => return None,
            }
        }
        (given.next().is_none() && self.method == method).then_some(variables)
    }

    /// What is wrong with the request; empty when it keeps the contract.
    pub(super) fn breaches_of_request(&self, asked: &Asked<'_>) -> Vec<String> {
        let mut found = Vec::new();
        let query: Vec<(String, String)> = pairs(asked.query.unwrap_or_default().as_bytes());
        for parameter in &self.parameters {
            let value = match parameter.place {
                Place::Path => self.variable(&parameter.name, asked.path),
                Place::Query => query.iter().find(|(name, _)| *name == parameter.name).map(|(_, value)| value.clone()),
                Place::Header => header_text(asked.headers, &parameter.name),
            };
            parameter.check(value.as_deref(), &mut found);
        }
        for (name, _) in &query {
            if !self.parameters.iter().any(|p| p.place == Place::Query && p.name == *name) {
                found.push(format!("query parameter {name} is not declared"));
            }
        }
        if self.secured && !asked.headers.contains_key(header::AUTHORIZATION) {
            found.push("no Authorization".into());
        }
        match &self.body {
            Some(content) => content.check(asked.headers, asked.body, &mut found),
            None if asked.body.is_empty() => {}
            None => found.push("a body is not declared".into()),
        }
        found
    }

    /// What is wrong with the answer; empty when it keeps the contract.
    pub(super) fn breaches_of_answer(&self, answered: &Answered<'_>) -> Vec<String> {
        let status = answered.status.as_u16();
        let Some((_, answer)) = self.answers.iter().find(|(code, _)| *code == status) else {
            return vec![format!("status {status} is not declared")];
        };
        let mut found = Vec::new();
        for parameter in &answer.headers {
            parameter.check(header_text(answered.headers, &parameter.name).as_deref(), &mut found);
        }
        match (answer.content.media.is_empty(), answered.body.is_empty()) {
            (true, true) => {}
            (true, false) => found.push("a body is not declared".into()),
            (false, _) => answer.content.check(answered.headers, answered.body, &mut found),
        }
        found
    }

    fn variable(&self, name: &str, path: &str) -> Option<String> {
        let at = self.segments.iter().position(|s| matches!(s, Segment::Variable(n) if n == name))?;
        path.split('/').nth(at).map(str::to_owned)
    }
}

impl Parameter {
    fn check(&self, value: Option<&str>, found: &mut Vec<String>) {
        let Some(text) = value else {
            if self.required {
                found.push(format!("{} is missing", self.name));
            }
            return;
        };
        let value = match self.kind {
            Kind::Text => Value::from(text),
            Kind::Number | Kind::Boolean => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        };
        if let Err(error) = self.schema.validate(&value) {
            found.push(format!("{}: {}", self.name, without_values(&error)));
        }
    }
}

impl Content {
    fn check(&self, headers: &HeaderMap, body: &[u8], found: &mut Vec<String>) {
        let declared = header_text(headers, "content-type").unwrap_or_default();
        let kind = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if body.is_empty() && kind.is_empty() {
            if self.required || !self.media.is_empty() {
                found.push("no body".into());
            }
            return;
        }
        let Some((_, schema)) = self.media.iter().find(|(media, _)| *media == kind) else {
            found.push(format!("content type {kind:?} is not declared"));
            return;
        };
        let value = match kind.as_str() {
            "application/x-www-form-urlencoded" => match form(body) {
                Ok(value) => value,
                Err(name) => return found.push(format!("{name} is there twice")),
            },
            json if json.ends_with("json") => match serde_json::from_slice(body) {
                Ok(value) => value,
                Err(error) => return found.push(format!("the body is not JSON: {error}")),
            },
            text if text.starts_with("text/") => match std::str::from_utf8(body) {
                Ok(text) => Value::from(text),
                Err(_) => return found.push("the body is not UTF-8".into()),
            },
            _ => Value::from(String::from_utf8_lossy(body)),
        };
        for error in schema.iter_errors(&value).take(BREACHES_TOLD) {
            found.push(format!("body{}: {}", error.instance_path(), without_values(&error)));
        }
    }
}

/// Enough to mend the fault; one wrong array would otherwise fill the log.
const BREACHES_TOLD: usize = 5;

/// The rule that is broken, without the value that breaks it, which may be personal.
fn without_values(error: &jsonschema::ValidationError<'_>) -> String {
    error.masked().to_string()
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

fn form(body: &[u8]) -> Result<Value, String> {
    let mut object = Map::new();
    for (name, value) in pairs(body) {
        if object.insert(name.clone(), value.into()).is_some() {
            return Err(name);
        }
    }
    Ok(Value::Object(object))
}
