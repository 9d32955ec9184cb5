//! Drafts, and the files that they speak of.

use emongolia_core::{
    offline,
    services::requests::{self, attachment},
};

use super::{FormState, LocalisedText, Represented, Result, all, id, masked, page};

/// What a citizen is filling in, as its page shows it.
/// Prints as `Draft(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Draft {
    /// Names it on this phone.
    pub id: String,
    /// The form as it stands. The value of a file is its id.
    pub form: FormState,
    /// Answers that a new version of the form has no place for; show them until the citizen goes on.
    pub set_aside: Vec<SetAside>,
    /// Questions, by name, that a new version of the form made necessary.
    pub newly_required: Vec<String>,
    /// What registers could fill in. Ask the citizen about each to which nothing was said.
    pub offers: Vec<PrefillOffer>,
    /// Put in or not, in the order in which they were begun.
    pub files: Vec<DraftFile>,
    /// Unix milliseconds.
    pub begun_at_ms: i64,
    /// Unix milliseconds.
    pub changed_at_ms: i64,
    /// It was submitted and has not arrived: it can't be changed until that is called off.
    pub under_way: bool,
    /// Whom it is for. Null: the citizen.
    pub person: Option<Represented>,
    /// The request that it answers. Null: it becomes a new one.
    pub request: Option<String>,
    /// What whoever asks has written.
    pub message: Option<LocalisedText>,
    /// Questions, by name, that were asked and what their answers bring along; the others stay as they were sent. Null: all
    /// are open.
    pub open: Option<Vec<String>>,
}

/// An answer that the form has no place for any more.
/// Prints as `SetAside(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct SetAside {
    /// The question, as it was put.
    pub title: LocalisedText,
    /// In words; a file by its name.
    pub value: LocalisedText,
    /// Why it does not fit.
    pub message: LocalisedText,
}

/// What a register could fill in, and what the citizen said to that.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PrefillOffer {
    /// ХУР operation.
    pub operation: String,
    /// Whose register it is, and what it tells.
    pub title: LocalisedText,
    /// The questions that it may answer, by name.
    pub fields: Vec<String>,
    /// Whether the citizen agreed, in this form or another. Null: ask, once.
    pub agreed: Option<bool>,
    /// Why something is still open, though the citizen agreed.
    pub missing: Option<LocalisedText>,
}

/// A draft as a list shows it.
/// Prints as `DraftSummary(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct DraftSummary {
    /// Names it on this phone.
    pub id: String,
    /// The service, by id.
    pub service: String,
    /// Unix milliseconds.
    pub begun_at_ms: i64,
    /// Unix milliseconds.
    pub changed_at_ms: i64,
    /// How many questions have an answer.
    pub answered: u32,
    /// Whom it is for. Null: the citizen.
    pub person: Option<Represented>,
    /// The request that it answers. Null: it becomes a new one.
    pub request: Option<String>,
}

/// At most 50 drafts that wait for the citizen, the last one changed first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DraftPage {
    /// The rows.
    pub items: Vec<DraftSummary>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
}

/// A file of a draft, and how far it is.
/// Prints as `DraftFile(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct DraftFile {
    /// The answer to its question, once all of it is here.
    pub id: String,
    /// The question that it is meant for, by name.
    pub field: Option<String>,
    /// As the citizen knows it.
    pub name: String,
    /// `application/pdf`, `image/jpeg` or `image/png`.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// Bytes that are on this phone: where to go on.
    pub stored: u64,
    /// Bytes that the gateway has.
    pub arrived: u64,
}

masked!(Draft, SetAside, DraftSummary, DraftFile);

impl From<requests::Draft> for Draft {
    fn from(draft: requests::Draft) -> Self {
        let requests::Draft {
            id,
            form,
            set_aside,
            newly_required,
            offers,
            files,
            begun_at,
            changed_at,
            under_way,
            amends,
            person,
        } = draft;
        let (request, message, open) = match amends {
            // Its kind, the request's task tells.
            Some(requests::Amends { request, kind: _, message, open }) => (Some(request), message, Some(open)),
            None => (None, None, None),
        };
        Self {
            id: id.as_str().to_owned(),
            form: form.into(),
            set_aside: all(set_aside),
            newly_required,
            offers: all(offers),
            files: all(files),
            begun_at_ms: begun_at.unix_ms(),
            changed_at_ms: changed_at.unix_ms(),
            under_way,
            person: person.map(Into::into),
            request: request.map(|id| id.as_str().to_owned()),
            message: message.map(Into::into),
            open,
        }
    }
}

impl From<requests::Offer> for PrefillOffer {
    fn from(offer: requests::Offer) -> Self {
        let requests::Offer { operation, title, fields, consent, missing } = offer;
        let agreed = match consent {
            requests::Consent::NotAsked => None,
            requests::Consent::Given => Some(true),
            requests::Consent::Refused => Some(false),
        };
        Self { operation, title: title.into(), fields, agreed, missing: missing.map(Into::into) }
    }
}

impl From<requests::SetAside> for SetAside {
    fn from(aside: requests::SetAside) -> Self {
        let requests::SetAside { title, value, message } = aside;
        Self { title: title.into(), value: value.into(), message: message.into() }
    }
}

impl From<attachment::Attachment> for DraftFile {
    fn from(file: attachment::Attachment) -> Self {
        let attachment::Attachment { id, field, name, media_type, size, stored, arrived, sha256: _ } = file; // the core's
        let (id, media_type) = (id.as_str().to_owned(), media_type.as_str().to_owned());
        Self { id, field, name, media_type, size, stored, arrived }
    }
}

impl From<requests::DraftSummary> for DraftSummary {
    fn from(summary: requests::DraftSummary) -> Self {
        let requests::DraftSummary { id, service, begun_at, changed_at, answered, request, person } = summary;
        Self {
            id: id.as_str().to_owned(),
            service: service.to_string(),
            begun_at_ms: begun_at.unix_ms(),
            changed_at_ms: changed_at.unix_ms(),
            answered,
            person: person.map(Into::into),
            request: request.map(|id| id.as_str().to_owned()),
        }
    }
}

impl From<offline::Page<requests::DraftSummary>> for DraftPage {
    fn from(drafts: offline::Page<requests::DraftSummary>) -> Self {
        let (items, next) = page(drafts);
        Self { items, next }
    }
}

pub(crate) fn draft_id(text: &str) -> Result<requests::DraftId> {
    id("draft", text, requests::DraftId::parse)
}

pub(crate) fn attachment_id(text: &str) -> Result<attachment::AttachmentId> {
    id("attachment", text, attachment::AttachmentId::parse)
}
