//! The write: one confirmed request on its way.

use serde::{Deserialize, Serialize};

use super::{
    attachment::{self, AttachmentId},
    draft,
    model::ConfirmationId,
    payment,
    store::{self, Confirmed},
    wire::{self, RequestWire, SubmitWire},
};
use crate::{
    auth::Freshness,
    foundation::{
        clock::Timestamp,
        events::Area,
        json,
        net::Method,
        storage::{self, Dao},
    },
    gateway::Problem,
    offline::outbox::{Anew, Operation, OperationId, Outgoing, Progress, Refusal},
    services::ServiceId,
};

/// Submits exactly what was confirmed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Submit {
    pub(super) confirmation: ConfirmationId,
    pub(super) wire: SubmitWire,
    /// What it speaks of: sent before it.
    #[serde(default)]
    pub(super) files: Vec<AttachmentId>,
    /// Asked for when it is stored, and not kept.
    #[serde(skip)]
    pub(super) authentication: Option<Freshness>,
}

impl Operation for Submit {
    const KIND: &'static str = "request.submit";
    const AREA: Area = Area::Requests;
    /// From what was confirmed.
    const ANEW: Option<Anew<Self>> = Some(|id, dao| {
        let confirmed = store::confirmed_of(dao, id)?;
        Ok(confirmed.map(|Confirmed { shown, wire, files, .. }| Self {
            confirmation: shown.id,
            wire,
            files,
            authentication: None,
        }))
    });
    type Answer = RequestWire;

    /// Requests do not wait for one another.
    fn group(&self) -> String {
        group(&self.confirmation)
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        let body = json::write(&self.wire).ok_or(storage::Error::Stored("submit"))?.into_bytes();
        Ok(Outgoing::keyed(Method::Post, wire::SUBMIT_PATH, Some(body)))
    }

    fn freshness(&self) -> Option<Freshness> {
        self.authentication.clone()
    }

    fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::bind_operation(dao, &self.confirmation, id)
    }

    fn acknowledged(&self, _id: &OperationId, answer: RequestWire, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        arrived(dao, &self.confirmation, &self.wire.service_id, answer)?;
        attachment::forget(dao, &self.files)?;
        Ok(Progress::Done)
    }

    fn refused(&self, _id: &OperationId, problem: &Problem, dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        attachment::refused(&self.files, problem, dao)
    }

    fn undo(id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::unbind_operation(dao, id)
    }
}

/// What follows a request on its way, such as its payment, comes behind it.
pub(super) fn group(confirmation: &ConfirmationId) -> String {
    format!("request/{}", confirmation.as_str())
}

/// What was confirmed has become this request. What the answer does not say, the citizen's own confirmation does.
pub(super) fn arrived(
    dao: &mut Dao<'_>,
    confirmation: &ConfirmationId,
    service: &ServiceId,
    mut request: RequestWire,
) -> storage::Result<()> {
    if request.service_id.is_empty() {
        request.service_id = service.as_str().to_owned();
    }
    if request.submitted_at.is_none() {
        request.submitted_at = store::confirmed_at(dao, confirmation)?;
    }
    store::bind_request(dao, confirmation, &request.id)?;
    store::put_acknowledged(dao, &request)?;
    payment::arrived(dao, confirmation, &request.id, payment::about(&request))?;
    draft::forget_confirmed(dao, confirmation)
}
