//! The gateway's JSON for messages. Total: a missing text is empty, an unknown kind is `Other`.

use serde::{Deserialize, Serialize};

use super::model::MessageKind;
use crate::{
    country::LocalisedText,
    foundation::clock::Timestamp,
    gateway::{Access, Endpoint},
    offline::cache::Changes,
};

pub(super) static INBOX: Endpoint<(), Changes<MessageWire>> = Endpoint::get("listInbox", "/v1/inbox", Access::Citizen);

/// Stored as it came, so that a newer build can read more from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MessageWire {
    pub(super) id: String,
    pub(super) version: i64,
    #[serde(default = "other")]
    pub(super) kind: MessageKind,
    #[serde(default)]
    pub(super) title: Option<LocalisedText>,
    #[serde(default)]
    pub(super) body: Option<LocalisedText>,
    #[serde(default)]
    pub(super) sender: Option<LocalisedText>,
    #[serde(default)]
    pub(super) sent_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) request_id: Option<String>,
    #[serde(default)]
    pub(super) read_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) deleted: bool,
}

const fn other() -> MessageKind {
    MessageKind::Other
}

/// What the gateway says of a message that was read or deleted.
#[derive(Debug, Clone, Deserialize)]
pub struct ChangedWire {
    pub(super) version: i64,
}
