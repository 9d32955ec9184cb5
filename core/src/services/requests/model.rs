use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::progress::{Progress, TaskKind};
use crate::{
    country::{LocalisedText, Represented},
    foundation::{clock::Timestamp, crypto::random::minted_id},
    offline::outbox::OperationId,
    services::ServiceId,
};

/// Names a request: the gateway's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(String);

impl RequestId {
    pub fn parse(text: &str) -> Option<Self> {
        crate::gateway::is_id(text).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

minted_id! {
    /// Names something the citizen has confirmed on this phone.
    ConfirmationId
}

/// What the citizen is shown before anything is sent. What is submitted is exactly this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub id: ConfirmationId,
    pub service: ServiceId,
    pub form_version: u32,
    pub lines: Vec<Line>,
    /// SHA-256, in hex, of the canonical JSON of what will be sent.
    pub digest: String,
    pub confirmed_at: Timestamp,
}

/// One line of what is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub title: LocalisedText,
    pub value: LocalisedText,
}

/// The ten published states of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Submitted,
    Processing,
    /// Handed back: something in the form must be corrected.
    Edit,
    /// Handed back: a file is asked for.
    FileRequested,
    Printing,
    Completed,
    Printed,
    Rejected,
    Expired,
    Granted,
    /// A state that this build does not know; shown as "being worked on, update the app".
    #[default]
    #[serde(other)]
    Unknown,
}

impl Status {
    /// What the citizen is to do.
    pub(super) const fn asks(self) -> Option<TaskKind> {
        match self {
            Self::Edit => Some(TaskKind::Correct),
            Self::FileRequested => Some(TaskKind::Attach),
            Self::Submitted
            | Self::Processing
            | Self::Printing
            | Self::Completed
            | Self::Printed
            | Self::Rejected
            | Self::Expired
            | Self::Granted
            | Self::Unknown => None,
        }
    }

    /// Whatever can still be refused can be taken back.
    pub const fn may_be_withdrawn(self) -> bool {
        match self {
            Self::Submitted | Self::Processing | Self::Edit | Self::FileRequested => true,
            Self::Printing
            | Self::Completed
            | Self::Printed
            | Self::Rejected
            | Self::Expired
            | Self::Granted
            | Self::Unknown => false,
        }
    }
}

/// Where a request stands, seen from this phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Kept on this phone until the gateway has acknowledged it. It will be sent, once.
    Waiting { operation: OperationId },
    /// It was sent, and no answer came: whether it has arrived is being found out. It is not sent again before that is
    /// known (only on a back end without idempotency keys).
    BeingChecked { operation: OperationId },
    /// The gateway would not take it as it is; the outbox knows why.
    NeedsAttention { operation: OperationId },
    /// The gateway has it.
    At { status: Status },
}

/// A request as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestSummary {
    /// `None` while it waits on this phone.
    pub id: Option<RequestId>,
    /// As the citizen quotes it: `26-000123`.
    pub number: Option<String>,
    pub service: ServiceId,
    pub service_name: Option<LocalisedText>,
    pub standing: Standing,
    pub submitted_at: Timestamp,
    pub updated_at: Timestamp,
    /// Whom it is for; `None`: the citizen.
    pub person: Option<Represented>,
    /// The same in plain words.
    pub progress: Progress,
}

/// A request as its own page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestDetail {
    pub summary: RequestSummary,
    /// What was sent, by field name.
    pub form: BTreeMap<String, serde_json::Value>,
    /// Oldest first.
    pub history: Vec<Step>,
    /// What came of it, in the words of whoever decided.
    pub outcome: Option<LocalisedText>,
}

/// One step of a request's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub status: Status,
    pub at: Timestamp,
    /// In plain words.
    pub text: LocalisedText,
    pub actor: Actor,
    pub note: Option<LocalisedText>,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    pub name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    Citizen,
    Clerk,
    System,
    #[default]
    #[serde(other)]
    Unknown,
}
