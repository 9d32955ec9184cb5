//! Writes that have exactly one effect, whatever happens to phone, network or gateway.
//!
//! Guarantees: what was enqueued is on disk with its idempotency key before the call returns and before a byte leaves;
//! every try carries that key; the answer and what it changes are one transaction; what can't go on is shown.

mod fate;
mod model;
mod operation;
mod store;
mod worker;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

pub use model::{OperationId, OperationView, State};
pub use operation::{Operation, Outgoing, Registry};
use tokio::task::JoinHandle;
use worker::Shared;
pub use worker::{Courier, PassEnd};

use super::Page;
use crate::{
    foundation::{
        clock::Clock,
        error::{Error, Result},
        events::{Area, Events},
        runtime::Spawner,
        storage::{self, Store},
    },
    gateway::IdempotencyKey,
};

/// The outbox. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
    spawner: Spawner,
    worker: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Outbox {
    pub fn new(
        store: Store,
        registry: Registry,
        courier: Arc<dyn Courier>,
        clock: Arc<dyn Clock>,
        events: Events,
        spawner: Spawner,
    ) -> Self {
        let shared = Shared::new(store, registry, clock, events, courier);
        Self { shared: Arc::new(shared), spawner, worker: Arc::default() }
    }

    /// Sabotage: a fresh idempotency key for every try.
    #[cfg(feature = "test-controls")]
    pub fn mint_a_key_per_try(&self, on: bool) {
        self.shared.key_per_try.store(on, Ordering::Relaxed);
    }

    /// Everything on its way or stuck, newest first. With `all`, also what is done or called off. Abandonable.
    pub async fn list(&self, all: bool, before: Option<OperationId>) -> Result<Page<OperationView>> {
        let store = self.shared.store.clone();
        let read = async move { store.read(move |dao| store::views(dao, !all, before.as_ref())).await };
        let views = self.spawner.abandonable(read).await?;
        Ok(Page::cut(views, |last| last.id.as_str().to_owned()))
    }

    /// One operation. Abandonable.
    pub async fn get(&self, id: &OperationId) -> Result<OperationView> {
        let (store, id) = (self.shared.store.clone(), id.clone());
        let view = self.spawner.abandonable(async move { store.read(move |dao| store::view(dao, &id)).await }).await?;
        view.ok_or(Error::NotFound)
    }

    /// Tries a wedged operation again, under its own key. Committed.
    pub async fn retry(&self, id: &OperationId) -> Result<()> {
        let (store, now, row) = (self.shared.store.clone(), self.shared.clock.now(), id.clone());
        let wedged =
            self.spawner.committed(async move { store.write(move |dao| store::unwedge(dao, &row, now)).await }).await?;
        if !wedged {
            return self.get(id).await.and(Err(Error::invalid("operation", "operation.not_wedged")));
        }
        self.shared.events.changed(Area::Outbox);
        self.poke();
        Ok(())
    }

    /// Calls an operation off: possible while no byte of it has left, or once the other side has refused it. Committed.
    pub async fn cancel(&self, id: &OperationId) -> Result<()> {
        let (shared, row) = (self.shared.clone(), id.clone());
        let cancel = async move {
            let now = shared.clock.now();
            let registry = shared.registry.clone();
            shared
                .store
                .write(move |dao| {
                    let Some(view) = store::view(dao, &row)? else { return Ok(Err(Error::NotFound)) };
                    if !may_be_called_off(&view) {
                        return Ok(Err(Error::invalid("operation", "operation.may_have_effect")));
                    }
                    store::cancel(dao, &row, now)?;
                    if let Some(item) = store::item(dao, &row)?
                        && let Ok(operation) = registry.load(&item.kind, &item.body)
                    {
                        operation.given_up(&row, dao)?;
                        return Ok(Ok(Some(operation.area())));
                    }
                    Ok::<_, storage::Error>(Ok(None))
                })
                .await
        };
        let area = self.spawner.committed(cancel).await??;
        self.shared.events.changed(Area::Outbox);
        if let Some(area) = area {
            self.shared.events.changed(area);
        }
        self.poke(); // what waited behind it may go now
        Ok(())
    }

    /// Stores an operation with its key, durably, and wakes the worker. Committed.
    pub async fn enqueue<O: Operation>(&self, operation: O) -> Result<OperationId> {
        self.enqueue_checked(operation, |_| Ok(None)).await
    }

    /// As [`Outbox::enqueue`], unless `instead` finds, in the same transaction, that it is already under way.
    pub async fn enqueue_checked<O: Operation>(
        &self,
        operation: O,
        instead: impl FnOnce(&storage::Dao<'_>) -> storage::Result<Option<OperationId>> + Send + 'static,
    ) -> Result<OperationId> {
        let shared = self.shared.clone();
        let enqueue = async move {
            let now = shared.clock.now();
            shared
                .store
                .write(move |dao| {
                    if let Some(existing) = instead(dao)? {
                        return Ok(existing);
                    }
                    let (id, key) = (OperationId::mint(), IdempotencyKey::new());
                    let body = serde_json::to_value(&operation).map_err(|_| storage::Error::Stored("operation"))?;
                    store::insert(dao, &id, &key, O::KIND, &operation.group(), &body, now)?;
                    operation.enqueued(&id, now, dao)?;
                    Ok::<_, storage::Error>(id)
                })
                .await
        };
        let id = self.spawner.committed(enqueue).await?;
        self.shared.events.changed(Area::Outbox);
        self.shared.events.changed(O::AREA);
        self.poke();
        Ok(id)
    }

    /// Waits until the worker has tried `id` once, at most `within`, and says how it stands. Tries nothing twice:
    /// for that there is [`Outbox::flush`]. Abandonable.
    pub async fn settle(&self, id: &OperationId, within: Duration) -> Result<OperationView> {
        let (outbox, row) = (self.clone(), id.clone());
        let wait = async move {
            let tried = async {
                outbox.served(outbox.shared.asked.load(Ordering::SeqCst)).await?;
                match outbox.get(&row).await?.state {
                    State::New => outbox.pass().await.map(|_| ()), // it came when the worker had given up for now
                    State::Sending | State::Done | State::Wedged | State::Cancelled => Ok(()),
                }
            };
            Ok::<_, Error>(outbox.within(within, tried).await)
        };
        let _ = self.spawner.abandonable(wait).await?; // however it ended, the row tells
        self.get(id).await
    }

    /// Lets everything that waits be tried now, and waits for that, at most `within`. Abandonable.
    pub async fn flush(&self, within: Duration) -> Result<PassEnd> {
        let (store, now) = (self.shared.store.clone(), self.shared.clock.now());
        self.spawner.committed(async move { store.write(move |dao| store::hurry(dao, now)).await }).await?;
        let outbox = self.clone();
        self.spawner
            .abandonable(async move { outbox.within(within, outbox.pass()).await.unwrap_or(Err(Error::Timeout)) })
            .await
    }

    /// Starts the worker. Idempotent.
    pub fn start(&self) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.as_ref().is_none_or(JoinHandle::is_finished) {
            *worker = Some(self.spawner.detached(self.shared.clone().run()));
        }
    }

    /// Stops the worker where it stands; what it was sending will be sent again under the same key. Idempotent.
    pub async fn stop(&self) {
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            worker.abort();
            let _ = worker.await; // aborted is what was wanted
        }
    }

    /// Wakes the worker: something was enqueued, or the network may be back.
    pub fn poke(&self) {
        self.shared.asked.fetch_add(1, Ordering::SeqCst);
        self.shared.poked.notify_one();
    }

    /// Pokes and waits for the pass that serves this poke.
    async fn pass(&self) -> Result<PassEnd> {
        let mine = self.shared.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.shared.poked.notify_one();
        self.served(mine).await
    }

    /// Waits until every poke up to `mine` was served.
    async fn served(&self, mine: u64) -> Result<PassEnd> {
        if self.worker.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return Err(Error::NotAvailable);
        }
        let mut passes = self.shared.passes.subscribe();
        let pass = passes.wait_for(|pass| pass.served >= mine).await.map_err(|_| Error::NotAvailable)?;
        Ok(pass.end)
    }

    async fn within<T>(&self, span: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.shared.clock.sleep(span) => None,
        }
    }
}

/// No byte has left, or the other side has refused it by name.
fn may_be_called_off(view: &OperationView) -> bool {
    match view.state {
        State::New => true,
        State::Wedged => !matches!(
            view.problem.as_deref(),
            Some("expired_unknown" | "key_reused" | "answer_unreadable" | "operation_unknown")
        ),
        State::Sending | State::Done | State::Cancelled => false,
    }
}
