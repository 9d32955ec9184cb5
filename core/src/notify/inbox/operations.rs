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
    offline::outbox::{Operation, OperationId, Outgoing},
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

    fn outgoing(&self) -> storage::Result<Outgoing> {
        Ok(Outgoing { method: Method::Post, path: format!("/v1/inbox/{}/read", self.id.as_str()), body: None })
    }

    fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::put_change(dao, &self.id, Change::Read, id)
    }

    fn acknowledged(&self, _id: &OperationId, answer: ChangedWire, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::acknowledge_change(dao, &self.id, Change::Read, answer.version)
    }

    fn is_moot(&self, problem: &Problem) -> bool {
        is_gone(problem)
    }

    fn given_up(&self, _id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::drop_change(dao, &self.id, Change::Read)
    }
}

impl Operation for Delete {
    const KIND: &'static str = "inbox.delete";
    const AREA: Area = Area::Inbox;
    type Answer = ChangedWire;

    fn group(&self) -> String {
        group(&self.id)
    }

    fn outgoing(&self) -> storage::Result<Outgoing> {
        Ok(Outgoing { method: Method::Delete, path: format!("/v1/inbox/{}", self.id.as_str()), body: None })
    }

    fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::put_change(dao, &self.id, Change::Deleted, id)
    }

    fn acknowledged(&self, _id: &OperationId, answer: ChangedWire, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::acknowledge_change(dao, &self.id, Change::Deleted, answer.version)
    }

    fn is_moot(&self, problem: &Problem) -> bool {
        is_gone(problem)
    }

    fn given_up(&self, _id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::drop_change(dao, &self.id, Change::Deleted)
    }
}

/// What the citizen does with one message reaches the gateway in the order in which it was done.
fn group(id: &MessageId) -> String {
    format!("inbox/{}", id.as_str())
}

fn is_gone(problem: &Problem) -> bool {
    matches!(problem.status, 404 | 410)
}
