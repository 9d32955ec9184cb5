//! The gateway's JSON for forms and requests. A request needs an id and a version; whatever else is missing or in no
//! known form has an answer here. A form that can't be read whole is no form: better none than a wrong one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{Actor, ActorKind, Choice, Field, FieldKind, Form, Status, Step};
use crate::{
    auth::Freshness,
    country::LocalisedText,
    foundation::{clock::Timestamp, json},
    gateway::{Access, Endpoint},
    offline::{cache::Changes, tolerant},
    services::ServiceId,
};

pub(super) static FORM: Endpoint<FormHolder> = Endpoint::document("getService", "/v1/services/{id}", "service/{id}");
pub(super) static REQUESTS: Endpoint<Changes<RequestWire>> =
    Endpoint::get("listRequests", "/v1/requests", Access::Citizen);
pub(super) static REQUEST: Endpoint<RequestWire> = Endpoint::get("getRequest", "/v1/requests/{id}", Access::Citizen);
pub(super) const SUBMIT_PATH: &str = "/v1/requests";

/// The part of a service that its form is in.
#[derive(Debug, Deserialize)]
pub(super) struct FormHolder {
    /// Kept as it came: a newer build may read in it what this one can't.
    #[serde(default)]
    pub(super) form: Value,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct FormWire {
    version: u32,
    schema: Schema,
    #[serde(default)]
    order: Vec<String>,
    /// One that can't be read is the gateway's to demand.
    #[serde(default, deserialize_with = "tolerant::known")]
    authentication: Option<Freshness>,
}

/// The subset of JSON Schema 2020-12 that forms use.
#[derive(Debug, Clone, Deserialize)]
struct Schema {
    #[serde(default)]
    /// Each read by itself: one that can't be read leaves the others as they are.
    properties: BTreeMap<String, Value>,
    #[serde(default)]
    required: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Property {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "tolerant::known")]
    title: Option<String>,
    #[serde(default, deserialize_with = "tolerant::known")]
    title_en: Option<String>,
    #[serde(default, rename = "maxLength")]
    max_length: Option<u32>,
    #[serde(default)]
    minimum: Option<i64>,
    #[serde(default)]
    maximum: Option<i64>,
    #[serde(default, rename = "enum")]
    options: Option<Vec<String>>,
    #[serde(default, deserialize_with = "tolerant::known")]
    enum_titles: BTreeMap<String, LocalisedText>,
}

impl FormWire {
    /// `None` if the form has a required field of a kind that this build can't show: better no form than a wrong one.
    pub(super) fn into_form(self, service: ServiceId) -> Option<Form> {
        let Self { version, schema, order, authentication } = self;
        let Schema { mut properties, required } = schema;
        let mut names: Vec<String> = order.into_iter().filter(|name| properties.contains_key(name)).collect();
        let rest: Vec<String> = properties.keys().filter(|name| !names.contains(name)).cloned().collect();
        names.extend(rest);
        let mut fields = Vec::with_capacity(names.len());
        for name in names {
            let Some(property) = properties.remove(&name) else { continue };
            let required = required.contains(&name);
            let property = json::take::<Property>(property);
            match property.and_then(|property| property.into_field(name, required)) {
                Some(field) => fields.push(field),
                None if required => return None,
                None => {}
            }
        }
        Some(Form { service, version, fields, authentication })
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

/// A request as the gateway tells it, stored as this build read it. Also the answer to a submit, which counts as long as
/// it says which request it became.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestWire {
    pub(super) id: String,
    pub(super) version: i64,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) number: Option<String>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) service_id: String,
    #[serde(default, deserialize_with = "tolerant::text")]
    pub(super) service_name: Option<LocalisedText>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) status: Status,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) submitted_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) form: BTreeMap<String, Value>,
    #[serde(default, deserialize_with = "tolerant::part")]
    pub(super) history: Vec<StepWire>,
    #[serde(default, deserialize_with = "tolerant::text")]
    pub(super) outcome: Option<LocalisedText>,
}

impl RequestWire {
    /// When it was submitted; where that is not said, the first thing that is known of it, at worst 1970: it then stands
    /// last instead of posing as new.
    pub(super) fn began_at(&self) -> Timestamp {
        let first = self.history.first().map(|step| step.at);
        self.submitted_at.or(first).or(self.updated_at).unwrap_or(Timestamp::EPOCH)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StepWire {
    #[serde(default, deserialize_with = "tolerant::known")]
    status: Status,
    at: Timestamp,
    #[serde(default, deserialize_with = "tolerant::known")]
    actor: Option<Actor>,
    #[serde(default, deserialize_with = "tolerant::text")]
    note: Option<LocalisedText>,
}

impl StepWire {
    pub(super) fn into_step(self) -> Step {
        let actor = self.actor.unwrap_or(Actor { kind: ActorKind::Unknown, name: None });
        Step { status: self.status, at: self.at, actor, note: self.note }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_that_says_which_request_it_became_is_enough() {
        let bare: RequestWire = serde_json::from_value(json!({ "id": "r1", "version": 1 })).unwrap();
        let odd: RequestWire = serde_json::from_value(json!({
            "id": "r2", "version": 2, "status": null, "submitted_at": "өчигдөр", "form": [], "service_id": 7,
            "history": [{ "status": "SUBMITTED" }, { "status": "ҮГҮЙ", "at": "2026-01-02T03:04:05Z", "actor": 1 }],
        }))
        .unwrap();

        assert_eq!((bare.status, bare.began_at()), (Status::Unknown, Timestamp::EPOCH));
        assert_eq!((odd.status, odd.history.len()), (Status::Unknown, 1));
        assert_eq!(Some(odd.began_at()), Timestamp::parse_rfc3339("2026-01-02T03:04:05Z"));
    }

    #[test]
    fn a_field_that_can_not_be_read_is_left_out_unless_it_is_required() {
        let form = |required: &[&str]| -> Option<Form> {
            let holder: FormHolder = serde_json::from_value(json!({ "form": { "version": 3, "schema": {
                "properties": { "a": { "type": "string", "title": "Өнгө" }, "b": { "type": ["string", "null"] } },
                "required": required,
            }}}))
            .unwrap();
            json::take::<FormWire>(holder.form)?.into_form(ServiceId::parse("s").unwrap())
        };

        assert_eq!(form(&["a"]).unwrap().fields.len(), 1);
        assert_eq!(form(&["b"]), None);
    }

    #[test]
    fn what_a_form_demands_of_the_citizens_proof_is_read_where_it_is_said() {
        let demanded = |authentication: Value| {
            let form = json!({ "version": 1, "schema": {}, "authentication": authentication });
            let form = json::take::<FormWire>(form).unwrap().into_form(ServiceId::parse("s").unwrap());
            form.unwrap().authentication
        };
        let signature = Freshness { max_age_s: 300, acr: Some("urn:mn:dan:signature".into()) };

        assert_eq!(demanded(json!({ "max_age_s": 300 })), Some(Freshness::within(300)));
        assert_eq!(demanded(json!({ "max_age_s": 300, "acr": "urn:mn:dan:signature" })), Some(signature));
        for unreadable in [json!(null), json!("дахин"), json!({ "max_age_s": -1 }), json!([])] {
            assert_eq!(demanded(unreadable), None);
        }
    }
}
