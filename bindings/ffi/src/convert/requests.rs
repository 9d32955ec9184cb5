//! Requests to the state: status, list, detail.

use std::collections::HashMap;

use emongolia_core::{
    offline::{Aged, Page},
    services::{ServiceId, requests},
};
use serde_json::Value;

use super::{LocalisedText, Represented, RequestProgress, Result, aged, all, id, masked, page};

/// The ten published states of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum RequestStatus {
    /// Handed in.
    Submitted,
    /// Being worked on.
    Processing,
    /// Handed back: something in the form must be corrected.
    Edit,
    /// Handed back: a file is asked for.
    FileRequested,
    /// Being printed.
    Printing,
    /// Done.
    Completed,
    /// Printed.
    Printed,
    /// Turned down.
    Rejected,
    /// Ran out of time.
    Expired,
    /// Granted.
    Granted,
    /// A state that this build does not know: "being worked on, update the app".
    Unknown,
}

/// Where a request stands, seen from this phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum RequestStanding {
    /// Kept on this phone until the gateway has acknowledged it. It will be sent, once.
    Waiting {
        /// Its id in the outbox.
        operation: String,
    },
    /// It was sent, and no answer came: whether it has arrived is being found out. It is not sent again before that is
    /// known.
    BeingChecked {
        /// Its id in the outbox.
        operation: String,
    },
    /// The gateway would not take it as it is; the outbox knows why.
    NeedsAttention {
        /// Its id in the outbox.
        operation: String,
    },
    /// The gateway has it.
    At {
        /// Where it stands there.
        status: RequestStatus,
    },
}

/// A request as a list shows it.
/// Prints as `RequestSummary(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestSummary {
    /// Names it. Null while it waits on this phone.
    pub id: Option<String>,
    /// As the citizen quotes it: `26-000123`.
    pub number: Option<String>,
    /// The service, by id.
    pub service: String,
    /// The service's name when it was applied for.
    pub service_name: Option<LocalisedText>,
    /// Where it stands.
    pub standing: RequestStanding,
    /// Unix milliseconds.
    pub submitted_at_ms: i64,
    /// Unix milliseconds.
    pub updated_at_ms: i64,
    /// Whom it is for. Null: the citizen.
    pub person: Option<Represented>,
    /// The same in plain words.
    pub progress: RequestProgress,
}

/// At most 50 requests, newest first; before the first page's rows, what waits on this phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestPage {
    /// The rows.
    pub items: Vec<RequestSummary>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// A request as its own page shows it.
/// Prints as `RequestDetail(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestDetail {
    /// As in lists.
    pub summary: RequestSummary,
    /// What was sent, by the form's names.
    pub form: HashMap<String, FieldValue>,
    /// Oldest first.
    pub history: Vec<RequestStep>,
    /// What came of it, in the words of whoever decided.
    pub outcome: Option<LocalisedText>,
}

/// What was put into a field.
/// Prints as `FieldValue(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum FieldValue {
    /// A text, or the value of a choice.
    Text {
        /// As it was sent.
        text: String,
    },
    /// A whole number.
    WholeNumber {
        /// As it was sent.
        number: i64,
    },
    /// Yes or no.
    YesNo {
        /// Whether it was yes.
        yes: bool,
    },
    /// Something this build's forms do not have.
    Other {
        /// As it was sent.
        json: String,
    },
}

/// One step of a request's history.
/// Prints as `RequestStep(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestStep {
    /// What it came to.
    pub status: RequestStatus,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// In plain words.
    pub text: LocalisedText,
    /// Through whom.
    pub actor: Actor,
    /// In their words.
    pub note: Option<LocalisedText>,
}

/// Who acted.
/// Prints as `Actor(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Actor {
    /// In what capacity.
    pub kind: ActorKind,
    /// Under what name, if they are named.
    pub name: Option<String>,
}

/// In what capacity somebody acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ActorKind {
    /// The citizen.
    Citizen,
    /// A state employee.
    Clerk,
    /// A machine.
    System,
    /// A kind this build does not know.
    Unknown,
}

/// A request's page, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AgedRequestDetail {
    /// The page.
    pub value: RequestDetail,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

masked!(RequestSummary, RequestDetail, FieldValue, RequestStep, Actor);

impl From<requests::Status> for RequestStatus {
    fn from(status: requests::Status) -> Self {
        match status {
            requests::Status::Submitted => Self::Submitted,
            requests::Status::Processing => Self::Processing,
            requests::Status::Edit => Self::Edit,
            requests::Status::FileRequested => Self::FileRequested,
            requests::Status::Printing => Self::Printing,
            requests::Status::Completed => Self::Completed,
            requests::Status::Printed => Self::Printed,
            requests::Status::Rejected => Self::Rejected,
            requests::Status::Expired => Self::Expired,
            requests::Status::Granted => Self::Granted,
            requests::Status::Unknown => Self::Unknown,
        }
    }
}

impl From<requests::Standing> for RequestStanding {
    fn from(standing: requests::Standing) -> Self {
        match standing {
            requests::Standing::Waiting { operation } => Self::Waiting { operation: operation.to_string() },
            requests::Standing::BeingChecked { operation } => Self::BeingChecked { operation: operation.to_string() },
            requests::Standing::NeedsAttention { operation } => {
                Self::NeedsAttention { operation: operation.to_string() }
            }
            requests::Standing::At { status } => Self::At { status: status.into() },
        }
    }
}

impl From<requests::RequestSummary> for RequestSummary {
    fn from(summary: requests::RequestSummary) -> Self {
        let requests::RequestSummary {
            id,
            number,
            service,
            service_name,
            standing,
            submitted_at,
            updated_at,
            person,
            progress,
        } = summary;
        Self {
            id: id.map(|id| id.as_str().to_owned()),
            number,
            service: service.to_string(),
            service_name: service_name.map(Into::into),
            standing: standing.into(),
            submitted_at_ms: submitted_at.unix_ms(),
            updated_at_ms: updated_at.unix_ms(),
            person: person.map(Into::into),
            progress: progress.into(),
        }
    }
}

impl From<Aged<Page<requests::RequestSummary>>> for RequestPage {
    fn from(summaries: Aged<Page<requests::RequestSummary>>) -> Self {
        let (summaries, as_of_ms, stale) = aged(summaries);
        let (items, next) = page(summaries);
        Self { items, next, as_of_ms, stale }
    }
}

impl From<Aged<requests::RequestDetail>> for AgedRequestDetail {
    fn from(detail: Aged<requests::RequestDetail>) -> Self {
        let (detail, as_of_ms, stale) = aged(detail);
        let requests::RequestDetail { summary, form, history, outcome } = detail;
        let value = RequestDetail {
            summary: summary.into(),
            form: form.into_iter().map(|(name, value)| (name, value.into())).collect(),
            history: all(history),
            outcome: outcome.map(Into::into),
        };
        Self { value, as_of_ms, stale }
    }
}

impl From<Value> for FieldValue {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text { text },
            Value::Bool(yes) => Self::YesNo { yes },
            Value::Number(number) => match number.as_i64() {
                Some(number) => Self::WholeNumber { number },
                None => Self::Other { json: number.to_string() },
            },
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Other { json: value.to_string() },
        }
    }
}

impl From<requests::Step> for RequestStep {
    fn from(step: requests::Step) -> Self {
        let requests::Step { status, at, text, actor, note } = step;
        let requests::Actor { kind, name } = actor;
        Self {
            status: status.into(),
            at_ms: at.unix_ms(),
            text: text.into(),
            actor: Actor { kind: kind.into(), name },
            note: note.map(Into::into),
        }
    }
}

impl From<requests::ActorKind> for ActorKind {
    fn from(kind: requests::ActorKind) -> Self {
        match kind {
            requests::ActorKind::Citizen => Self::Citizen,
            requests::ActorKind::Clerk => Self::Clerk,
            requests::ActorKind::System => Self::System,
            requests::ActorKind::Unknown => Self::Unknown,
        }
    }
}

pub(crate) fn service_id(text: &str) -> Result<ServiceId> {
    id("service", text, ServiceId::parse)
}

pub(crate) fn request_id(text: &str) -> Result<requests::RequestId> {
    id("request", text, requests::RequestId::parse)
}
