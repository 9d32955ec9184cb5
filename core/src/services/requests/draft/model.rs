use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{
    super::{
        attachment::Attachment,
        change::Asked,
        form::{self, Form, FormState, Values},
        model::RequestId,
        prefill::{Offer, Origins},
    },
    Amends,
};
use crate::{
    country::{LocalisedText, Represented},
    foundation::{clock::Timestamp, crypto::random::minted_id, json},
    services::ServiceId,
};

minted_id! {
    /// Names a draft on this phone.
    DraftId
}

/// A draft as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub id: DraftId,
    pub form: FormState,
    /// Answers that a new version of the form has no place for, until the citizen confirms without them.
    pub set_aside: Vec<SetAside>,
    /// Questions, by name, that a new version of the form made necessary.
    pub newly_required: Vec<String>,
    /// What registers could fill in; ask the citizen, once, about each that nothing was said to.
    pub offers: Vec<Offer>,
    /// Whether it answers its question yet, the form says: its field has the attachment's id as its value.
    pub files: Vec<Attachment>,
    pub begun_at: Timestamp,
    pub changed_at: Timestamp,
    /// It was submitted and has not arrived yet: it can't be changed.
    pub under_way: bool,
    /// What it answers; `None`: it becomes a new request.
    pub amends: Option<Amends>,
    /// Whom it is for; `None`: the citizen.
    pub person: Option<Represented>,
}

/// An answer that the form has no place for any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// As the question was put when it was answered.
    pub title: LocalisedText,
    /// In words; a file by its name.
    #[serde(deserialize_with = "in_words")]
    pub value: LocalisedText,
    /// Why it does not fit.
    pub message: LocalisedText,
}

/// What an earlier build has kept is in Mongolian alone.
fn in_words<'de, D: Deserializer<'de>>(d: D) -> Result<LocalisedText, D::Error> {
    let kept = Value::deserialize(d)?;
    let in_mongolian = kept.as_str().unwrap_or_default().to_owned();
    Ok(json::take(kept).unwrap_or_else(|| LocalisedText::mongolian(in_mongolian)))
}

impl From<form::SetAside> for SetAside {
    fn from(aside: form::SetAside) -> Self {
        let form::SetAside { name: _, title, value, problem } = aside;
        Self { title, value, message: problem.message }
    }
}

/// A draft as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftSummary {
    pub id: DraftId,
    pub service: ServiceId,
    pub begun_at: Timestamp,
    pub changed_at: Timestamp,
    /// How many questions have an answer.
    pub answered: u32,
    /// That it answers; `None`: it becomes a new request.
    pub request: Option<RequestId>,
    /// Whom it is for; `None`: the citizen.
    pub person: Option<Represented>,
}

/// What is kept of a draft.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) service: ServiceId,
    /// The form that the answers were given to, whole: a later one is held against it.
    pub(super) form: Value,
    pub(super) values: Values,
    #[serde(default)]
    pub(super) set_aside: Vec<SetAside>,
    #[serde(default)]
    pub(super) newly_required: Vec<String>,
    /// What it answers.
    #[serde(default)]
    pub(super) asked: Option<Asked>,
    /// Whom it is for.
    #[serde(default)]
    pub(super) whom: Option<Represented>,
    #[serde(default)]
    pub(super) origins: Origins,
}

impl Kept {
    pub(super) fn begun(form: &Form) -> Self {
        Self {
            service: form.service().clone(),
            form: form.source().clone(),
            values: Values::new(),
            set_aside: Vec::new(),
            newly_required: Vec::new(),
            asked: None,
            whom: None,
            origins: Origins::default(),
        }
    }

    /// Gives what was there before, if that is another answer. Nothing but space is none.
    pub(super) fn put(&mut self, field: String, typed: Option<String>) -> Option<String> {
        let typed = typed.filter(|typed| form::is_answer(typed));
        self.newly_required.retain(|name| *name != field);
        self.origins.typed(&field);
        let now = typed.clone();
        let before = match typed {
            Some(typed) => self.values.insert(field, typed),
            None => self.values.remove(&field),
        };
        before.filter(|before| now.as_ref() != Some(before))
    }
}
