//! The writes: read and delete.

use serde::{Deserialize, Serialize};

use super::{model::MessageId, store, wire::ChangedWire};
use crate::{
    foundation::{
        clock::Timestamp,
        events::Area,
        net::Method,
        storage::{self, Dao},
    },
    gateway::Problem,
    offline::outbox::{Operation, OperationId, Outgoing, Progress, Refusal},
};

/// What the citizen did with a message, as it stands in the overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Read,
    Deleted,
}

impl Change {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Deleted => "deleted",
        }
    }
}

/// Marks a message read.
#[derive(Debug, Serialize, Deserialize)]
pub struct MarkRead {
    pub(super) id: MessageId,
}

/// Deletes a message.
#[derive(Debug, Serialize, Deserialize)]
pub struct Delete {
    pub(super) id: MessageId,
}

impl Operation for MarkRead {
    const KIND: &'static str = "inbox.read";
    const AREA: Area = Area::Inbox;
    type Answer = ChangedWire;

    fn group(&self) -> String {
        group(&self.id)
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        Ok(Outgoing::keyed(Method::Post, format!("/v1/inbox/{}/read", self.id.as_str()), None))
    }

    fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::put_change(dao, &self.id, Change::Read, id)
    }

    fn acknowledged(&self, _id: &OperationId, answer: ChangedWire, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        store::acknowledge_change(dao, &self.id, Change::Read, answer.version)?;
        Ok(Progress::Done)
    }

    fn refused(&self, _id: &OperationId, problem: &Problem, _dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        Ok(of_message(problem))
    }

    fn undo(id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::drop_change(dao, id)
    }
}

impl Operation for Delete {
    const KIND: &'static str = "inbox.delete";
    const AREA: Area = Area::Inbox;
    type Answer = ChangedWire;

    fn group(&self) -> String {
        group(&self.id)
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        Ok(Outgoing::keyed(Method::Delete, format!("/v1/inbox/{}", self.id.as_str()), None))
    }

    fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::put_change(dao, &self.id, Change::Deleted, id)
    }

    fn acknowledged(&self, _id: &OperationId, answer: ChangedWire, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        store::acknowledge_change(dao, &self.id, Change::Deleted, answer.version)?;
        Ok(Progress::Done)
    }

    fn refused(&self, _id: &OperationId, problem: &Problem, _dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        Ok(of_message(problem))
    }

    fn undo(id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::drop_change(dao, id)
    }
}

/// What the citizen does with one message reaches the gateway in the order in which it was done.
fn group(id: &MessageId) -> String {
    format!("inbox/{}", id.as_str())
}

/// With a message that is gone there is nothing left to do.
fn of_message(problem: &Problem) -> Refusal {
    if matches!(problem.status, 404 | 410) { Refusal::Moot } else { Refusal::Stands }
}
