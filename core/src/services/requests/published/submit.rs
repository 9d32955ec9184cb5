//! The write: one confirmed request on its way over the API of 2021.

use serde::{Deserialize, Serialize};

use super::{
    saga::{Next, Saga},
    wire::Told,
};
use crate::{
    auth::Freshness,
    foundation::{
        clock::Timestamp,
        events::Area,
        storage::{self, Dao},
    },
    gateway::Problem,
    offline::outbox::{Anew, Operation, OperationId, Outgoing, Progress, Refusal},
    services::requests::{
        model::ConfirmationId,
        store::{self, Confirmed},
        submit::{arrived, group},
    },
};

/// Submits exactly what was confirmed, in steps. How far it is, is kept with that.
#[derive(Debug, Serialize, Deserialize)]
pub struct Submit {
    pub(in super::super) confirmation: ConfirmationId,
    /// Asked for when it is stored, and not kept.
    #[serde(skip)]
    pub(in super::super) authentication: Option<Freshness>,
    /// Sabotage: it reads nothing back.
    #[cfg(feature = "test-controls")]
    #[serde(default)]
    pub(in super::super) blind: bool,
}

impl Submit {
    fn confirmed(&self, dao: &Dao<'_>) -> storage::Result<(Confirmed, Saga)> {
        let confirmed = store::confirmation(dao, &self.confirmation)?.ok_or(storage::Error::Stored("confirmation"))?;
        let saga = confirmed.published.clone().unwrap_or_default();
        Ok((confirmed, saga))
    }

    fn keep(&self, dao: &mut Dao<'_>, mut confirmed: Confirmed, saga: Saga) -> storage::Result<()> {
        confirmed.published = Some(saga);
        store::update_confirmation(dao, &confirmed)
    }
}

impl Operation for Submit {
    const KIND: &'static str = "request.submit_published";
    const AREA: Area = Area::Requests;
    /// How far it is, is kept with what was confirmed.
    const ANEW: Option<Anew<Self>> = Some(|id, dao| {
        let confirmed = store::confirmed_of(dao, id)?;
        Ok(confirmed.map(|confirmed| Self {
            confirmation: confirmed.shown.id,
            authentication: None,
            #[cfg(feature = "test-controls")]
            blind: false,
        }))
    });
    type Answer = Told;

    /// Requests do not wait for one another.
    fn group(&self) -> String {
        group(&self.confirmation)
    }

    fn outgoing(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        let (confirmed, mut saga) = self.confirmed(dao)?;
        #[cfg(feature = "test-controls")]
        if self.blind {
            saga.forget_what_was_sent();
        }
        let outgoing = saga.next(id, &confirmed)?;
        self.keep(dao, confirmed, saga)?;
        Ok(outgoing)
    }

    fn not_sent(&self, _id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        let (confirmed, mut saga) = self.confirmed(dao)?;
        saga.not_sent();
        self.keep(dao, confirmed, saga)
    }

    fn freshness(&self) -> Option<Freshness> {
        self.authentication.clone()
    }

    fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::bind_operation(dao, &self.confirmation, id)
    }

    fn acknowledged(&self, id: &OperationId, answer: Told, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        let (confirmed, mut saga) = self.confirmed(dao)?;
        let service = confirmed.wire.service_id.clone();
        let next = saga.told(answer, id, &confirmed);
        self.keep(dao, confirmed, saga)?;
        match next {
            Next::Done(request) => arrived(dao, &self.confirmation, &service, *request).map(|()| Progress::Done),
            Next::Go(progress) => Ok(progress),
        }
    }

    fn refused(&self, _id: &OperationId, problem: &Problem, dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        let (confirmed, mut saga) = self.confirmed(dao)?;
        let means = saga.refused(problem);
        self.keep(dao, confirmed, saga)?;
        Ok(means)
    }

    fn is_committed(&self, dao: &Dao<'_>) -> storage::Result<bool> {
        Ok(self.confirmed(dao)?.1.may_be_submitted())
    }

    fn undo(id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::unbind_operation(dao, id)
    }
}
