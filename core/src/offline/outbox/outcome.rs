//! What becomes of an operation by its answer, or by what stood in the way of one.

use std::time::Duration;

use super::{
    fate::{Fate, fate},
    model::OperationId,
    operation::{Loaded, Progress, Refusal},
    store::{self, Item},
    worker::{PassEnd, Shared},
};
use crate::{
    foundation::{
        events::{Area, Event},
        storage::{self, Dao},
    },
    gateway::{self, Answer, Problem},
};

type Before = Box<dyn FnOnce(&mut Dao<'_>) -> storage::Result<()> + Send>;

impl Shared {
    pub(super) async fn settle(
        &self,
        item: Item,
        operation: Box<dyn Loaded>,
        answer: Result<Answer, (Fate, gateway::Error)>,
        nothing_left: bool,
    ) -> storage::Result<PassEnd> {
        let body = match answer {
            Ok(answer) => answer.body,
            Err(failure) => return self.failed(item, operation, failure, nothing_left).await,
        };
        let Some(value) = operation.read_answer(&body) else {
            let unreadable = gateway::Error::Malformed { endpoint: "outbox" };
            let failure = (fate(&unreadable, &item), unreadable);
            return self.failed(item, operation, failure, false).await;
        };
        let (now, area) = (self.clock.now(), operation.area());
        let receipt = String::from_utf8_lossy(&body).into_owned();
        let stuck = self
            .store
            .write(move |dao| {
                if !store::is_open(dao, &item.id)? {
                    return Ok(None); // called off meanwhile, or answered before
                }
                match operation.acknowledged(&item.id, value, dao)? {
                    Progress::Done => store::finish(dao, &item.id, &receipt, now)?,
                    Progress::More { after } => store::step(dao, &item.id, now.saturating_add(after))?,
                    Progress::Stuck { code } => return Ok(Some((item.id, code))),
                }
                Ok::<_, storage::Error>(None)
            })
            .await?;
        if let Some((id, code)) = stuck {
            return self.wedge(id, code, None).await;
        }
        self.tell(Some(area));
        Ok(PassEnd::Drained)
    }

    async fn failed(
        &self,
        item: Item,
        operation: Box<dyn Loaded>,
        (fate, error): (Fate, gateway::Error),
        nothing_left: bool,
    ) -> storage::Result<PassEnd> {
        let (item, operation) = if nothing_left { self.not_sent(item, operation).await? } else { (item, operation) };
        match fate {
            Fate::Again { after } => self.put_off(item, &error, after).await,
            Fate::Stop(end) => Ok(end), // it stays due: the next poke tries it
            Fate::Refused(problem) => self.refused(item.id, operation, problem).await,
            Fate::Wedged(code) => self.wedge(item.id, code, None).await,
        }
    }

    /// Nothing of this try has left the phone.
    async fn not_sent(&self, item: Item, operation: Box<dyn Loaded>) -> storage::Result<(Item, Box<dyn Loaded>)> {
        let put_back = move |dao: &mut Dao<'_>| {
            if store::is_open(dao, &item.id)? {
                store::put_back(dao, &item)?;
                operation.not_sent(&item.id, dao)?;
            }
            Ok((item, operation))
        };
        self.store.write(put_back).await
    }

    /// The citizen has tried again what is refused under its key, where the same answer would come for as long as it is
    /// kept. Nothing sent under that key can have an effect any more, so it goes on under another.
    pub(super) async fn asked_anew(&self, item: Item, operation: Box<dyn Loaded>) -> storage::Result<PassEnd> {
        let now = self.clock.now();
        self.store.write(move |dao| store::ask_anew(dao, &item.id, now)).await?;
        self.tell(Some(operation.area()));
        Ok(PassEnd::Drained)
    }

    pub(super) async fn put_off(
        &self,
        item: Item,
        error: &gateway::Error,
        after: Duration,
    ) -> storage::Result<PassEnd> {
        let next_at = self.clock.now().saturating_add(after);
        let unreadable = match error {
            gateway::Error::Malformed { .. } | gateway::Error::Refused { .. } => item.unreadable + 1,
            gateway::Error::Net(_) | gateway::Error::Auth(_) | gateway::Error::Problem(_) | gateway::Error::Address => {
                0
            }
        };
        self.store.write(move |dao| store::put_off(dao, &item.id, next_at, unreadable)).await?;
        self.events.changed(Area::Outbox);
        Ok(PassEnd::Drained)
    }

    async fn refused(&self, id: OperationId, operation: Box<dyn Loaded>, problem: Problem) -> storage::Result<PassEnd> {
        let (now, area, row) = (self.clock.now(), operation.area(), id.clone());
        let (code, field) = (problem.code.clone(), problem.field.clone());
        let means = self
            .store
            .write(move |dao| {
                if !store::is_open(dao, &row)? {
                    return Ok(Refusal::Moot); // called off meanwhile
                }
                let means =
                    if problem.is_the_gateways() { operation.refused(&row, &problem, dao)? } else { Refusal::Stands };
                match means {
                    Refusal::Stands => {}
                    Refusal::More { after } => store::step(dao, &row, now.saturating_add(after))?,
                    Refusal::Anew => {
                        store::reopen_needed(dao, &row, now)?;
                        store::step(dao, &row, now)?;
                    }
                    Refusal::Moot => {
                        store::finish(dao, &row, &problem.code, now)?;
                        operation.given_up(&row, dao)?;
                    }
                }
                Ok::<_, storage::Error>(means)
            })
            .await?;
        match means {
            Refusal::Stands => self.wedge(id, &code, field.as_deref()).await,
            Refusal::Moot | Refusal::More { .. } | Refusal::Anew => {
                self.tell(Some(area));
                Ok(PassEnd::Drained)
            }
        }
    }

    pub(super) async fn wedge(&self, id: OperationId, code: &str, field: Option<&str>) -> storage::Result<PassEnd> {
        self.wedge_behind(Box::new(|_| Ok(())), id, code, field).await
    }

    /// As [`wedge`](Self::wedge), in the transaction of another write, which goes before it.
    pub(super) async fn wedge_behind(
        &self,
        before: Before,
        id: OperationId,
        code: &str,
        field: Option<&str>,
    ) -> storage::Result<PassEnd> {
        log::warn!(target: "emongolia", "an operation is wedged: {code}");
        let (row, code, field) = (id.clone(), code.to_owned(), field.map(str::to_owned));
        let wedge = move |dao: &mut Dao<'_>| {
            before(dao)?;
            store::wedge(dao, &row, &code, field.as_deref())
        };
        let Some(kind) = self.store.write(wedge).await? else { return Ok(PassEnd::Drained) }; // called off meanwhile
        self.events.emit(Event::OperationNeedsAttention { operation: id.as_str().to_owned() });
        self.tell(self.registry.area(&kind));
        Ok(PassEnd::Drained)
    }

    /// Of a kind that this build does not know, nobody knows the area.
    pub(super) fn tell(&self, area: Option<Area>) {
        [Some(Area::Outbox), area].into_iter().flatten().for_each(|area| self.events.changed(area));
    }
}
