//! The writes: a correction, documents, a withdrawal, each on its way once.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Asked, store};
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
    services::requests::{
        RequestId,
        attachment::{self, AttachmentId},
        draft,
        model::ConfirmationId,
        store::{self as requests, Confirmed},
        wire::{RequestWire, SubmitWire},
    },
};

/// An answer to what was asked, exactly as it was confirmed.
#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct Answered {
    pub(in super::super) request: RequestId,
    /// The request's, as the citizen saw it: where it has moved on since, the gateway refuses.
    pub(in super::super) version: i64,
    pub(in super::super) confirmation: ConfirmationId,
    pub(in super::super) wire: SubmitWire,
    /// What it speaks of: sent before it.
    pub(in super::super) files: Vec<AttachmentId>,
    /// Asked for when it is stored, and not kept.
    #[serde(skip)]
    pub(in super::super) authentication: Option<Freshness>,
}

/// The form anew.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Correct(pub(in super::super) Answered);

/// Documents that were asked for. No digest of what was shown goes with them, and the gateway's contract has no place for
/// one: what was shown are the files, and each was announced with the digest of its content, which the gateway has found.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttachMore(pub(in super::super) Answered);

/// Takes a request back that is not decided.
#[derive(Debug, Serialize, Deserialize)]
pub struct Withdraw {
    pub(super) request: RequestId,
    pub(super) reason: Option<String>,
}

impl Correct {
    const PATH: &'static str = "correction";

    fn body(&self) -> Value {
        // Whom it is for can't be corrected.
        let SubmitWire { service_id: _, form_version, form, shown_digest, on_behalf_of: _ } = &self.0.wire;
        json!({ "version": self.0.version, "form_version": form_version, "form": form, "shown_digest": shown_digest })
    }
}

impl AttachMore {
    const PATH: &'static str = "files";

    fn body(&self) -> Value {
        json!({ "version": self.0.version, "files": self.0.wire.form })
    }
}

impl Answered {
    fn enqueued(&self, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        requests::bind_operation(dao, &self.confirmation, id)?;
        store::put(dao, &self.request, id)
    }

    fn arrived(&self, id: &OperationId, answer: &RequestWire, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        requests::bind_request(dao, &self.confirmation, &answer.id)?;
        requests::put_acknowledged(dao, answer)?;
        draft::forget_confirmed(dao, &self.confirmation)?;
        store::forget(dao, id)?;
        Ok(Progress::Done)
    }

    /// From what was confirmed.
    fn anew(id: &OperationId, dao: &Dao<'_>) -> storage::Result<Option<Self>> {
        let Some(Confirmed { shown, wire, files, asked, .. }) = requests::confirmed_of(dao, id)? else {
            return Ok(None);
        };
        let answered = |Asked { request, version, .. }| Self {
            request,
            version,
            confirmation: shown.id,
            wire,
            files,
            authentication: None,
        };
        Ok(asked.map(answered))
    }

    /// The draft is there again.
    fn undo(id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::forget(dao, id)?;
        requests::unbind_operation(dao, id)
    }
}

macro_rules! answers {
    ($operation:ty, $kind:literal) => {
        impl Operation for $operation {
            const KIND: &'static str = $kind;
            const AREA: Area = Area::Requests;
            const ANEW: Option<Anew<Self>> = Some(|id, dao| Ok(Answered::anew(id, dao)?.map(Self)));
            type Answer = RequestWire;

            fn group(&self) -> String {
                group(&self.0.request)
            }

            fn outgoing(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
                outgoing(&self.0.request, Self::PATH, &self.body())
            }

            fn freshness(&self) -> Option<Freshness> {
                self.0.authentication.clone()
            }

            fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
                self.0.enqueued(id, dao)
            }

            fn acknowledged(
                &self,
                id: &OperationId,
                answer: RequestWire,
                dao: &mut Dao<'_>,
            ) -> storage::Result<Progress> {
                self.0.arrived(id, &answer, dao)
            }

            fn refused(&self, _id: &OperationId, problem: &Problem, dao: &mut Dao<'_>) -> storage::Result<Refusal> {
                attachment::refused(&self.0.files, problem, dao)
            }

            fn undo(id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
                Answered::undo(id, dao)
            }
        }
    };
}
answers!(Correct, "request.correct");
answers!(AttachMore, "request.attach_more");

impl Operation for Withdraw {
    const KIND: &'static str = "request.withdraw";
    const AREA: Area = Area::Requests;
    type Answer = RequestWire;

    fn group(&self) -> String {
        group(&self.request)
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        outgoing(&self.request, "withdrawal", &json!({ "reason": self.reason }))
    }

    fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::put(dao, &self.request, id)
    }

    fn acknowledged(&self, id: &OperationId, answer: RequestWire, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        requests::put_acknowledged(dao, &answer)?;
        store::forget(dao, id)?;
        Ok(Progress::Done)
    }

    fn undo(id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::forget(dao, id)
    }
}

fn group(request: &RequestId) -> String {
    format!("change/{}", request.as_str())
}

fn outgoing(request: &RequestId, what: &str, body: &Value) -> storage::Result<Outgoing> {
    let body = json::write(body).ok_or(storage::Error::Stored("change"))?.into_bytes();
    Ok(Outgoing::keyed(Method::Post, format!("/v1/requests/{}/{what}", request.as_str()), Some(body)))
}
