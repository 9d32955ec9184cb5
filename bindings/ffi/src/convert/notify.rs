//! What reaches a citizen.

use emongolia_core::{
    country,
    notify::inbox,
    offline::{Aged, Page},
};

use super::{LocalisedText, Represented, Result, aged, id, masked, page};

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum MessageKind {
    /// One of the citizen's requests moved.
    RequestStatus,
    /// Something to know.
    Notice,
    /// A kind this build does not know: show it like a notice.
    Other,
}

/// A message from an institution.
/// Prints as `Message(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Message {
    /// Names it.
    pub id: String,
    /// What it is about.
    pub kind: MessageKind,
    /// One line.
    pub title: LocalisedText,
    /// All of it.
    pub body: LocalisedText,
    /// Who wrote.
    pub sender: Option<LocalisedText>,
    /// Unix milliseconds.
    pub sent_at_ms: i64,
    /// The request it speaks of.
    pub request_id: Option<String>,
    /// Whom it is about. Null: the citizen.
    pub person: Option<Represented>,
    /// The citizen has read it, here or elsewhere.
    pub read: bool,
    /// The citizen's last change to it has not reached the other side yet.
    pub pending: bool,
}

masked!(Message);

/// Which messages a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum MessageFilter {
    /// All of them.
    All,
    /// What is not read yet.
    Unread,
    /// What is about one person.
    OfPerson,
}

/// At most 50 messages, newest first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MessagePage {
    /// The rows.
    pub items: Vec<Message>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// A message, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AgedMessage {
    /// The message.
    pub value: Message,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

impl From<inbox::MessageKind> for MessageKind {
    fn from(kind: inbox::MessageKind) -> Self {
        match kind {
            inbox::MessageKind::RequestStatus => Self::RequestStatus,
            inbox::MessageKind::Notice => Self::Notice,
            inbox::MessageKind::Other => Self::Other,
        }
    }
}

impl From<inbox::Message> for Message {
    fn from(message: inbox::Message) -> Self {
        let inbox::Message { id, kind, title, body, sender, sent_at, request_id, person, read, pending } = message;
        Self {
            id: id.as_str().to_owned(),
            kind: kind.into(),
            title: title.into(),
            body: body.into(),
            sender: sender.map(Into::into),
            sent_at_ms: sent_at.unix_ms(),
            request_id,
            person: person.map(Into::into),
            read,
            pending,
        }
    }
}

impl MessageFilter {
    pub(crate) fn of(self, person: country::Person) -> inbox::Filter {
        match self {
            Self::All => inbox::Filter::All,
            Self::Unread => inbox::Filter::Unread,
            Self::OfPerson => inbox::Filter::Of(person),
        }
    }
}

impl From<Aged<Page<inbox::Message>>> for MessagePage {
    fn from(messages: Aged<Page<inbox::Message>>) -> Self {
        let (messages, as_of_ms, stale) = aged(messages);
        let (items, next) = page(messages);
        Self { items, next, as_of_ms, stale }
    }
}

impl From<Aged<inbox::Message>> for AgedMessage {
    fn from(message: Aged<inbox::Message>) -> Self {
        let (value, as_of_ms, stale) = aged(message);
        Self { value: value.into(), as_of_ms, stale }
    }
}

pub(crate) fn message_id(text: &str) -> Result<inbox::MessageId> {
    id("message", text, inbox::MessageId::parse)
}
