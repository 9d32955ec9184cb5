//! The gateway's JSON for forms and requests. Total: what is missing or unknown has an answer here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{Actor, ActorKind, Choice, Field, FieldKind, Form, Status, Step};
use crate::{
    country::LocalisedText,
    foundation::clock::Timestamp,
    gateway::{Access, Endpoint},
    offline::cache::Changes,
    services::ServiceId,
};

pub(super) static FORM: Endpoint<(), FormHolder> = Endpoint::get("getService", "/v1/services/{id}", Access::Public);
pub(super) static REQUESTS: Endpoint<(), Changes<RequestWire>> =
    Endpoint::get("listRequests", "/v1/requests", Access::Citizen);
pub(super) static REQUEST: Endpoint<(), RequestWire> =
    Endpoint::get("getRequest", "/v1/requests/{id}", Access::Citizen);
pub(super) const SUBMIT_PATH: &str = "/v1/requests";

/// The part of a service that its form is in.
#[derive(Debug, Deserialize)]
pub(super) struct FormHolder {
    #[serde(default)]
    pub(super) form: Option<FormWire>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FormWire {
    version: u32,
    schema: Schema,
    #[serde(default)]
    order: Vec<String>,
}

/// The subset of JSON Schema 2020-12 that forms use.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Schema {
    #[serde(default)]
    properties: BTreeMap<String, Property>,
    #[serde(default)]
    required: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Property {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    title_en: Option<String>,
    #[serde(default, rename = "maxLength")]
    max_length: Option<u32>,
    #[serde(default)]
    minimum: Option<i64>,
    #[serde(default)]
    maximum: Option<i64>,
    #[serde(default, rename = "enum")]
    options: Option<Vec<String>>,
    #[serde(default)]
    enum_titles: BTreeMap<String, LocalisedText>,
}

impl FormWire {
    /// `None` if the form has a required field of a kind that this build can't show: better no form than a wrong one.
    pub(super) fn into_form(self, service: ServiceId) -> Option<Form> {
        let Self { version, schema, order } = self;
        let Schema { mut properties, required } = schema;
        let mut names: Vec<String> = order.into_iter().filter(|name| properties.contains_key(name)).collect();
        let rest: Vec<String> = properties.keys().filter(|name| !names.contains(name)).cloned().collect();
        names.extend(rest);
        let mut fields = Vec::with_capacity(names.len());
        for name in names {
            let Some(property) = properties.remove(&name) else { continue };
            let required = required.contains(&name);
            match property.into_field(name, required) {
                Some(field) => fields.push(field),
                None if required => return None,
                None => {}
            }
        }
        Some(Form { service, version, fields })
    }
}

impl Property {
    fn into_field(self, name: String, required: bool) -> Option<Field> {
        let kind = match (self.kind.as_str(), self.options) {
            ("string", Some(options)) => {
                let mut titles = self.enum_titles;
                let options = options
                    .into_iter()
                    .map(|value| {
                        let title = titles.remove(&value);
                        Choice { title: title.unwrap_or_else(|| LocalisedText::mongolian(value.clone())), value }
                    })
                    .collect();
                FieldKind::OneOf { options }
            }
            ("string", None) => FieldKind::Text { max_length: self.max_length },
            ("integer", None) => FieldKind::WholeNumber { minimum: self.minimum, maximum: self.maximum },
            ("boolean", None) => FieldKind::YesNo,
            _ => return None,
        };
        let title = LocalisedText { mn: self.title.unwrap_or_else(|| name.clone()), en: self.title_en };
        Some(Field { name, title, kind, required })
    }
}

/// What is sent, exactly as the citizen confirmed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SubmitWire {
    pub(super) service_id: ServiceId,
    pub(super) form_version: u32,
    pub(super) form: BTreeMap<String, Value>,
    /// SHA-256, in hex, of the canonical JSON of the three fields above.
    pub(super) shown_digest: String,
}

/// A request as the gateway tells it; stored as it came, so that a newer build can read more from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestWire {
    pub(super) id: String,
    pub(super) version: i64,
    #[serde(default)]
    pub(super) number: Option<String>,
    pub(super) service_id: String,
    #[serde(default)]
    pub(super) service_name: Option<LocalisedText>,
    pub(super) status: Status,
    pub(super) submitted_at: Timestamp,
    #[serde(default)]
    pub(super) updated_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) form: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) history: Vec<StepWire>,
    #[serde(default)]
    pub(super) outcome: Option<LocalisedText>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StepWire {
    status: Status,
    at: Timestamp,
    #[serde(default)]
    actor: Option<Actor>,
    #[serde(default)]
    note: Option<LocalisedText>,
}

impl StepWire {
    pub(super) fn into_step(self) -> Step {
        let actor = self.actor.unwrap_or(Actor { kind: ActorKind::Unknown, name: None });
        Step { status: self.status, at: self.at, actor, note: self.note }
    }
}
