//! The gateway's JSON for messages. A message needs an id and a version; whatever else is missing or in no known form
//! has an answer: a text is empty, a kind `Other`, a time unknown.

use serde::{Deserialize, Serialize};

use super::model::MessageKind;
use crate::{
    country::{LocalisedText, Represented},
    foundation::clock::Timestamp,
    gateway::{Access, Endpoint},
    offline::{cache::Changes, tolerant},
};

pub(super) static INBOX: Endpoint<Changes<MessageWire>> = Endpoint::get("listInbox", "/v1/inbox", Access::Citizen);

/// Stored as this build read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MessageWire {
    pub(super) id: String,
    pub(super) version: i64,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) kind: MessageKind,
    #[serde(default, deserialize_with = "tolerant::text")]
    pub(super) title: Option<LocalisedText>,
    #[serde(default, deserialize_with = "tolerant::text")]
    pub(super) body: Option<LocalisedText>,
    #[serde(default, deserialize_with = "tolerant::text")]
    pub(super) sender: Option<LocalisedText>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) sent_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) request_id: Option<String>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) on_behalf_of: Option<Represented>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) read_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) deleted: bool,
}

/// What the gateway says of a message that was read or deleted.
#[derive(Debug, Clone, Deserialize)]
pub struct ChangedWire {
    pub(super) version: i64,
}
