use serde::{Deserialize, Serialize};

use crate::{
    country::{LocalisedText, Person, Represented},
    foundation::clock::Timestamp,
};

/// Names a message: the gateway's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(String);

impl MessageId {
    pub fn parse(text: &str) -> Option<Self> {
        crate::gateway::is_id(text).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    RequestStatus,
    Notice,
    /// A kind this build does not know; shown like a notice.
    #[default]
    #[serde(other)]
    Other,
}

/// A message from an institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    pub id: MessageId,
    pub kind: MessageKind,
    pub title: LocalisedText,
    pub body: LocalisedText,
    pub sender: Option<LocalisedText>,
    pub sent_at: Timestamp,
    /// The request it speaks of, if any.
    pub request_id: Option<String>,
    /// Whom it is about; `None`: the citizen.
    pub person: Option<Represented>,
    pub read: bool,
    /// The citizen's last change to it has not been acknowledged yet.
    pub pending: bool,
}

/// Which messages a page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Filter {
    #[default]
    All,
    Unread,
    /// About one person.
    Of(Person),
}
