//! Writes that have exactly one effect, whatever happens to phone, network or gateway.
//!
//! Guarantees: what was enqueued is on disk with its idempotency key before the call returns and before a byte leaves;
//! every try carries that key; the answer and what it changes are one transaction; what can't go on is shown.

mod doubt;
mod fate;
mod model;
mod operation;
mod outcome;
mod store;
mod unreadable;
mod worker;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

pub(crate) use model::HELD_UP_BY;
pub use model::{OperationId, OperationView, Outlook, State};
pub use operation::{Anew, Entry, Heard, Make, Once, Operation, Outgoing, Progress, Refusal, Registry};
pub use worker::{Courier, PassEnd};
use worker::{Pass, Shared};

use super::{Page, tolerant};
use crate::foundation::{
    clock::{Clock, Timestamp},
    error::{Error, Result},
    events::{Area, Events},
    runtime::{Joined, Spawner, Work},
    storage::{self, Dao, Store},
};

/// The outbox. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
    spawner: Spawner,
    worker: Arc<Mutex<Option<Joined<()>>>>,
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
        Self { shared: Arc::new(shared), spawner: spawner.personal(), worker: Arc::default() }
    }

    /// Sabotage: a fresh idempotency key for every try.
    #[cfg(feature = "test-controls")]
    pub fn mint_a_key_per_try(&self, on: bool) {
        self.shared.key_per_try.store(on, Ordering::Relaxed);
    }

    /// Everything on its way or stuck, newest first. With `all`, also what is done or called off. Abandonable.
    pub fn list(&self, all: bool, before: Option<OperationId>) -> Work<Page<OperationView>> {
        let read = self.shared.store.read(move |dao| {
            let views = store::views(dao, !all, before.as_ref())?;
            Ok::<_, storage::Error>(Page::cut(views, |last| last.id.as_str().to_owned()))
        });
        self.spawner.abandonable(read)
    }

    /// One operation. Abandonable.
    pub fn get(&self, id: &OperationId) -> Work<OperationView> {
        let (shared, id) = (self.shared.clone(), id.clone());
        self.spawner.abandonable(async move { shared.view(id).await })
    }

    /// Tries a wedged operation again, under its own key; where the gateway keeps a refusal under that, then under another.
    /// Committed.
    pub fn retry(&self, id: &OperationId) -> Work<()> {
        let (shared, id) = (self.shared.clone(), id.clone());
        self.spawner.committed(async move {
            let (row, now) = (id.clone(), shared.clock.now());
            if !shared.store.write(move |dao| store::unwedge(dao, &row, now)).await? {
                return shared.view(id).await.and(Err(Error::invalid("operation", "operation.not_wedged")));
            }
            shared.events.changed(Area::Outbox);
            shared.poke();
            Ok(())
        })
    }

    /// Calls an operation off, and with it what needs it and what it alone needed: possible while no byte of it has left,
    /// once the other side has refused it, once it is damaged and is known to have had no effect or was looked for, or once
    /// it is so old that only the citizen can look. Committed.
    pub fn cancel(&self, id: &OperationId) -> Work<()> {
        let (shared, id) = (self.shared.clone(), id.clone());
        self.spawner.committed(async move {
            let (registry, now) = (shared.registry.clone(), shared.clock.now());
            let areas = shared.store.write(move |dao| call_off(dao, &id, &registry, now)).await?;
            shared.events.changed(Area::Outbox);
            areas.into_iter().for_each(|area| shared.events.changed(area));
            shared.poke(); // what waited behind it may go now
            Ok::<_, Error>(())
        })
    }

    /// Stores an operation with its key, durably, and wakes the worker. For committed work: whoever drops this future
    /// after it was stored leaves it to the next poke.
    pub async fn put(&self, entry: Entry) -> Result<OperationId> {
        self.put_made(entry.area, Box::new(|_| Ok(entry))).await
    }

    /// As [`Outbox::put`], of what is made in the same transaction.
    pub async fn put_made(&self, area: Area, make: Make) -> Result<OperationId> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let id = shared.store.write(move |dao| make(dao)?.store(dao, now)).await?;
        shared.events.changed(Area::Outbox);
        shared.events.changed(area);
        shared.poke();
        Ok(id)
    }

    /// Lets one operation that waits, or is wedged, be tried now. For committed work on what is harmless: of anything
    /// else that is wedged the citizen decides, by [`Outbox::retry`].
    pub async fn hasten(&self, id: OperationId) -> Result<()> {
        let now = self.shared.clock.now();
        let hasten = move |dao: &mut Dao<'_>| match store::unwedge(dao, &id, now)? {
            true => Ok(()),
            false => store::hasten(dao, &id, now),
        };
        self.shared.store.write(hasten).await?;
        self.shared.poke();
        Ok(())
    }

    /// As [`Outbox::put`], by itself.
    #[cfg(test)]
    pub fn enqueue<O: Operation>(&self, operation: O) -> Work<OperationId> {
        let (outbox, entry) = (self.clone(), Entry::of(operation));
        self.spawner.committed(async move { outbox.put(entry).await })
    }

    /// Waits until the worker has tried `id` once, at most `within`, and says how it stands. Tries nothing twice:
    /// for that there is [`Outbox::flush`]. Abandonable.
    pub fn settle(&self, id: &OperationId, within: Duration) -> Work<OperationView> {
        let (outbox, id) = (self.clone(), id.clone());
        self.spawner.abandonable(async move {
            let tried = async {
                outbox.served(outbox.shared.asked.load(Ordering::SeqCst)).await?;
                let view = outbox.shared.view(id.clone()).await?;
                match (view.state, view.attempts) {
                    (State::New, 0) => outbox.pass().await.map(|_| ()), // it came when the worker had given up for now
                    _ => Ok(()),
                }
            };
            let _ = outbox.within(within, tried).await; // however it ended, the row tells
            outbox.shared.view(id).await
        })
    }

    /// Lets everything that waits be tried now, and waits for that, at most `within`. Abandonable.
    pub fn flush(&self, within: Duration) -> Work<PassEnd> {
        let outbox = self.clone();
        self.spawner.abandonable(async move {
            let now = outbox.shared.clock.now();
            outbox.shared.store.write(move |dao| store::hurry(dao, now)).await?;
            outbox.within(within, outbox.pass()).await.unwrap_or(Err(Error::Timeout))
        })
    }

    /// Whether anything waits for its time: a later pass may send it.
    pub async fn waits(&self) -> Result<bool> {
        let heads = self.shared.store.read(store::heads).await?;
        Ok(heads.iter().any(|head| head.state != State::Wedged))
    }

    /// Starts the worker. Idempotent.
    pub fn start(&self) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.as_ref().is_none_or(Joined::is_finished) {
            *worker = Some(self.spawner.detached(self.shared.clone().run()));
        }
    }

    /// Stops the worker where it stands; what it was sending will be sent again under the same key. Idempotent.
    pub async fn stop(&self) {
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            worker.abort();
            let _ = worker.await; // aborted is what was wanted
            let served = self.shared.asked.load(Ordering::SeqCst);
            self.shared.passes.send_replace(Pass { served, end: PassEnd::Stopped }); // nobody waits for the dead
        }
    }

    /// Wakes the worker: something was enqueued, or the network may be back.
    pub fn poke(&self) {
        self.shared.poke();
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

/// In one transaction; gives the areas whose rows changed with it.
fn call_off(dao: &mut Dao<'_>, id: &OperationId, registry: &Registry, now: Timestamp) -> Result<Vec<Area>> {
    let mut areas = Vec::new();
    if !end(dao, id, registry, now, &mut areas)? {
        return Err(Error::invalid("operation", "operation.may_have_effect"));
    }
    // What makes no sense without it has waited behind it, so no byte of that has left.
    let mut without = store::needing(dao, id)?;
    while let Some(next) = without.pop() {
        if !end(dao, &next, registry, now, &mut areas)? {
            return Err(Error::invalid("operation", "operation.may_have_effect"));
        }
        without.extend(store::needing(dao, &next)?);
    }
    // And what only it needed, as far as that means nothing by itself.
    let mut needed = store::needed_by(dao, id)?;
    while let Some(next) = needed {
        let harmless = store::view(dao, &next)?.is_some_and(|view| registry.is_harmless(&view.kind));
        let alone = harmless && store::needing(dao, &next)?.is_empty();
        if !alone || !end(dao, &next, registry, now, &mut areas)? {
            break;
        }
        needed = store::needed_by(dao, &next)?;
    }
    Ok(areas)
}

/// Ends one operation without effect; `false` if it may have had one.
fn end(
    dao: &mut Dao<'_>,
    id: &OperationId,
    registry: &Registry,
    now: Timestamp,
    areas: &mut Vec<Area>,
) -> Result<bool> {
    let view = store::view(dao, id)?.ok_or(Error::NotFound)?;
    // One that can't be read can still be called off, where it is known to have had no effect.
    let operation = loaded(dao, id, registry);
    let harmless = registry.is_harmless(&view.kind);
    let let_go = harmless && !view.state.is_final();
    let committed = match &operation {
        _ if view.problem.as_deref().is_some_and(unreadable::is_found_out) => Some(false),
        Some(operation) => tolerant::opened(operation.is_committed(dao))?,
        None => harmless.then_some(false),
    };
    let committed = match committed {
        Some(committed) => committed,
        None => store::item(dao, id)?.is_some_and(|item| item.has_left()), // how far it is, nobody can read
    };
    let outlook = Outlook::of(view.state, view.problem.as_deref());
    if committed || (!let_go && !outlook.is_some_and(Outlook::may_be_called_off)) {
        return Ok(false);
    }
    store::cancel(dao, id, now)?;
    match operation {
        Some(operation) => {
            operation.given_up(id, dao)?;
            areas.push(operation.area());
        }
        None => areas.extend(registry.undo(&view.kind, id, dao)?),
    }
    Ok(true)
}

fn loaded(dao: &Dao<'_>, id: &OperationId, registry: &Registry) -> Option<Box<dyn operation::Loaded>> {
    let item = store::item(dao, id).ok().flatten()?;
    registry.load(&item.kind, &item.open(dao).ok()?).ok()
}
