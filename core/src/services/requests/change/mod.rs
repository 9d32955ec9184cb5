//! What a citizen still does to a request that the gateway has: answers what is asked, or withdraws it (ADR 0030).
//!
//! Guarantees: an answer is to what was seen, or nothing is changed; a request is changed by one thing at a time; what was
//! filled in is there until the gateway has it.

mod operations;
pub(super) mod store;
#[cfg(test)]
mod tests;

pub(super) use operations::Answered;
pub use operations::{AttachMore, Correct, Withdraw};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Requests, TaskKind,
    form::{self, Values},
    model::RequestId,
    wire::{DocumentWire, RequestWire},
};
use crate::{
    country::LocalisedText,
    foundation::{
        error::{Error, Result},
        runtime::Work,
        storage::Dao,
    },
    offline::outbox::{Entry, Operation as _, OperationId},
};

/// A clerk reads it; the gateway takes no more.
const LONGEST_REASON: usize = 1_000;

/// It can't be done in the app.
pub(super) const NOT_HERE: &str = "request.not_here";

/// What a request asks of the citizen, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) request: RequestId,
    /// The request's. One that has moved on asks something else.
    pub(super) version: i64,
    pub(super) kind: TaskKind,
    /// Questions of the form, by name. None named: all of it.
    pub(super) fields: Vec<String>,
    pub(super) message: Option<LocalisedText>,
    /// As it was sent.
    pub(super) submitted: Values,
}

impl Asked {
    /// `None`: nothing is asked that can be answered here.
    pub(super) fn by(request: &RequestWire) -> Option<Self> {
        let (last, kind) = (request.last_step(), request.asks()?);
        let (fields, submitted) = match kind {
            TaskKind::Correct => (last.map(|step| step.fields.clone()).unwrap_or_default(), form::typed(&request.form)),
            TaskKind::Attach => (Vec::new(), Values::new()),
        };
        Some(Self {
            request: RequestId::parse(&request.id)?,
            version: request.version,
            kind,
            fields,
            message: last.and_then(|step| step.words()),
            submitted,
        })
    }

    /// It is about that question, or about what that is a part of.
    pub(super) fn names(&self, field: &str) -> bool {
        self.fields.is_empty() || self.fields.iter().any(|name| name == field || form::is_part_of(field, name))
    }
}

/// Why there is nothing to answer.
pub(super) fn unanswerable(request: &RequestWire) -> Error {
    let elsewhere = request.status.asks() != request.asks();
    Error::invalid("request", if elsewhere { NOT_HERE } else { "request.not_asked" })
}

/// What was asked for, as a form: it is filled in, confirmed and sent like any other.
pub(super) fn documents_form(request: &RequestWire) -> Value {
    let asked = request.documents();
    let names: Vec<&str> = asked.iter().map(|document| document.name.as_str()).collect();
    let file = json!({ "type": "object", "format": "mn-file" });
    let properties: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), file.clone())).collect();
    let words = |DocumentWire { name, title }: &DocumentWire| (name.clone(), json!({ "title": title }));
    let words: Map<String, Value> = asked.iter().map(words).collect();
    json!({
        "version": 0,
        "schema": { "type": "object", "required": names, "additionalProperties": false, "properties": properties },
        "presentation": { "sections": [{ "fields": names }], "fields": words },
    })
}

/// What an answer is sent as.
pub(super) fn answer_to(kind: TaskKind, answered: Answered) -> Entry {
    match kind {
        TaskKind::Correct => Entry::of(Correct(answered)),
        TaskKind::Attach => Entry::of(AttachMore(answered)),
    }
}

/// Nothing is on its way for it, as the transaction sees it that stores what is.
pub(super) fn nothing_under_way(dao: &Dao<'_>, request: &RequestId) -> Result<()> {
    match store::under_way(dao, request.as_str())? {
        Some(_) => Err(Error::invalid("request", "request.under_way")),
        None => Ok(()),
    }
}

/// Takes a request back, unless that is on its way already. `request.under_way`: something else is, as the transaction
/// sees it that stores this.
fn withdrawal(withdraw: Withdraw) -> Entry {
    let request = withdraw.request.clone();
    Entry::of(withdraw).unless(move |dao| match store::under_way(dao, request.as_str())? {
        Some(one) if one.kind == Withdraw::KIND => Ok(Some(one.operation)),
        Some(_) => Err(Error::invalid("request", "request.under_way")),
        None => Ok(None),
    })
}

impl Requests {
    /// Takes a request back, with a reason for the clerk or none; gives the outbox's id of that, the same one again. One
    /// that was not sent yet, named by its operation, is called off: `None`. [`Error::Invalid`]
    /// `request.already_decided`: nobody can take it back; `request.under_way`: something else of it is on its way, and is
    /// to be called off first. Committed.
    pub fn withdraw(&self, id: &RequestId, reason: Option<String>) -> Work<Option<OperationId>> {
        let (requests, id) = (self.clone(), id.clone());
        self.spawner.committed(async move {
            let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
            if reason.as_ref().is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
                return Err(Error::invalid("reason", "form.too_long"));
            }
            let mut id = id;
            if let Some(operation) = OperationId::parse(id.as_str()) {
                match requests.state.read(move |dao| super::store::submission(dao, &operation)).await? {
                    Some((submit, None)) => return requests.outbox.cancel(&submit).await.map(|()| None),
                    Some((_, Some(request))) => id = request,
                    None => {}
                }
            }
            requests.only_at_the_gateway()?;
            let request = requests.told(&id).await?.value;
            if !request.status.may_be_withdrawn() {
                return Err(Error::invalid("request", "request.already_decided"));
            }
            let withdraw = withdrawal(Withdraw { request: id, reason });
            requests.outbox.put(withdraw).await.map(Some)
        })
    }
}
