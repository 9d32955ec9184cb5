//! The gateway's JSON for requests. A request needs an id and a version; whatever else is missing or in no known form has
//! an answer here. What is within a form is `form`'s to read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    model::{Actor, ActorKind, Status, Step},
    payment::Due,
    people::OnBehalfOf,
    progress::TaskKind,
};
use crate::{
    country::{LocalisedText, Represented},
    foundation::clock::Timestamp,
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

/// What is sent, exactly as the citizen confirmed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SubmitWire {
    pub(super) service_id: ServiceId,
    pub(super) form_version: u32,
    pub(super) form: BTreeMap<String, Value>,
    /// SHA-256, in hex, of the canonical JSON of the other fields.
    pub(super) shown_digest: String,
    /// Absent: the citizen acts for themself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) on_behalf_of: Option<OnBehalfOf>,
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
    /// Absent: the citizen's own.
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) on_behalf_of: Option<Represented>,
    /// Absent: free of charge.
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) payment: Option<Due>,
}

impl RequestWire {
    /// The step that brought it to where it stands.
    pub(super) fn last_step(&self) -> Option<&StepWire> {
        self.history.last().filter(|step| step.status == self.status)
    }

    /// What is to be brought, by name.
    pub(super) fn documents(&self) -> &[DocumentWire] {
        self.last_step().map(|step| step.documents.as_slice()).unwrap_or_default()
    }

    /// What it asks that can be answered in the app: a document that nobody names can't be brought.
    pub(super) fn asks(&self) -> Option<TaskKind> {
        self.status.asks().filter(|kind| *kind == TaskKind::Correct || !self.documents().is_empty())
    }

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
    pub(super) status: Status,
    pub(super) at: Timestamp,
    #[serde(default, deserialize_with = "tolerant::known")]
    actor: Option<Actor>,
    #[serde(default, deserialize_with = "tolerant::text")]
    note: Option<LocalisedText>,
    /// Questions of the form that are to be answered anew, by name.
    #[serde(default, deserialize_with = "tolerant::part")]
    pub(super) fields: Vec<String>,
    /// What is to be brought.
    #[serde(default, deserialize_with = "tolerant::part")]
    pub(super) documents: Vec<DocumentWire>,
}

/// A document that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DocumentWire {
    pub(super) name: String,
    pub(super) title: LocalisedText,
}

impl StepWire {
    pub(super) fn actor_kind(&self) -> ActorKind {
        self.actor.as_ref().map_or(ActorKind::Unknown, |actor| actor.kind)
    }

    /// What whoever acted has written.
    pub(super) fn words(&self) -> Option<LocalisedText> {
        self.note.clone()
    }

    pub(super) fn into_step(self, text: LocalisedText) -> Step {
        let actor = self.actor.unwrap_or(Actor { kind: ActorKind::Unknown, name: None });
        Step { status: self.status, at: self.at, text, actor, note: self.note }
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
}
