//! The one task that sends. It sleeps until it is poked or something falls due, and never loops while offline.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use tokio::sync::{Notify, Semaphore, SemaphorePermit, watch};

use super::{
    doubt::{self, Kept},
    fate::{Fate, RETRY_AFTER_CAP, fate},
    model::{OperationId, OperationView, State},
    operation::{Loaded, Once, Outgoing as Prepared, Registry},
    store::{self, Item},
    unreadable::UNKNOWN,
};
use crate::{
    auth,
    foundation::{
        clock::{Clock, Timestamp},
        crypto::seal::SealError,
        error,
        events::{Event, Events},
        net::limits,
        storage::{self, Dao, Store},
    },
    gateway::{self, Answer, IdempotencyKey, Outgoing},
};

/// The gateway keeps answers for at least 30 days. An operation first sent longer ago is never sent blindly again;
/// a day's margin covers a clock that is off.
pub(super) const WINDOW: Duration = Duration::from_secs(29 * 24 * 3600);

/// Receipts are kept longer than any gateway can replay.
const KEEP_RECEIPTS: Duration = Duration::from_secs(400 * 24 * 3600);

const PRUNE_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Groups on their way at the same time, from being taken up to being answered: enough that a slow one does not hold up the
/// others, and that they wait together where the way to the gateway is long. Two more than the client has lines, so that
/// none of these waits for the disk.
const ON_THEIR_WAY: usize = limits::CONCURRENT + 2;

/// Groups that have their turn at the same time: while some are on their way, the answers of others are kept.
const TURNS: usize = 2 * ON_THEIR_WAY;

/// Carries an operation to the gateway; an answer is a 2xx. The gateway does; a test's double may.
pub trait Courier: Send + Sync + 'static {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Answer, gateway::Error>>;
}

impl Courier for gateway::Gateway {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Answer, gateway::Error>> {
        Box::pin(async move {
            let answer = gateway::Gateway::send(self, outgoing).await?;
            if answer.is_success() { Ok(answer) } else { Err(gateway::Error::Problem(answer.problem())) }
        })
    }
}

/// How a pass over the outbox ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassEnd {
    /// Nothing is due any more.
    Drained,
    Offline,
    SignInRequired,
    /// The store is suspended, or failed.
    Stopped,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    /// Every poke up to this number was served.
    pub(super) served: u64,
    pub(super) end: PassEnd,
}

pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) registry: Registry,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) events: Events,
    pub(super) courier: Arc<dyn Courier>,
    pub(super) asked: AtomicU64,
    pub(super) poked: Notify,
    pub(super) passes: watch::Sender<Pass>,
    #[cfg(feature = "test-controls")]
    pub(super) key_per_try: AtomicBool,
}

impl Shared {
    pub(super) fn new(
        store: Store,
        registry: Registry,
        clock: Arc<dyn Clock>,
        events: Events,
        courier: Arc<dyn Courier>,
    ) -> Self {
        Self {
            store,
            registry,
            clock,
            events,
            courier,
            asked: AtomicU64::new(0),
            poked: Notify::new(),
            passes: watch::Sender::new(Pass { served: 0, end: PassEnd::Drained }),
            #[cfg(feature = "test-controls")]
            key_per_try: AtomicBool::new(false),
        }
    }

    /// Wakes the worker.
    pub(super) fn poke(&self) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.poked.notify_one();
    }

    pub(super) async fn view(&self, id: OperationId) -> error::Result<OperationView> {
        self.store.read(move |dao| store::view(dao, &id)).await?.ok_or(error::Error::NotFound)
    }

    /// Serves pokes and due times until it is aborted.
    pub(super) async fn run(self: Arc<Self>) {
        let mut pruned = None;
        loop {
            self.prune(&mut pruned).await;
            let _ = self.poked.notified().now_or_never(); // whoever poked until now is served by this pass
            let serving = self.asked.load(Ordering::SeqCst);
            let (end, next_at) = self.pass().await;
            if end == PassEnd::SignInRequired {
                self.events.emit(Event::SignInRequired);
            }
            self.passes.send_replace(Pass { served: serving, end });
            if self.asked.load(Ordering::SeqCst) > serving {
                continue;
            }
            match next_at {
                Some(at) => {
                    let wait = at.since(self.clock.now());
                    tokio::select! {
                        () = self.poked.notified() => {}
                        () = self.clock.sleep(wait) => {}
                    }
                }
                None => self.poked.notified().await,
            }
        }
    }

    /// Looks through all rows, so it is done when the worker starts and then once in a while.
    async fn prune(&self, pruned: &mut Option<Timestamp>) {
        let now = self.clock.now();
        if pruned.is_some_and(|at| now.since(at) < PRUNE_EVERY) {
            return;
        }
        let keep_after = now.saturating_sub(KEEP_RECEIPTS);
        if self.store.write(move |dao| store::prune(dao, keep_after)).await.is_ok() {
            *pruned = Some(now);
        }
    }

    /// Sends what is due until nothing is. Gives how it ended, and when the next one falls due if we are on line.
    async fn pass(&self) -> (PassEnd, Option<Timestamp>) {
        loop {
            let heads = match self.store.read(store::heads).await {
                Ok(heads) => heads,
                Err(_) => return (PassEnd::Stopped, None),
            };
            let now = self.clock.now();
            let waiting = heads.into_iter().filter(|head| head.state != State::Wedged);
            // Further ahead than anybody asks for: the clock has been set back since.
            let too_far = now.saturating_add(RETRY_AFTER_CAP);
            let (due, later): (Vec<_>, Vec<_>) =
                waiting.partition(|head| head.next_at <= now || head.next_at > too_far);
            if due.is_empty() {
                return (PassEnd::Drained, later.iter().map(|head| head.next_at).min());
            }
            // Bad news ends the pass, the worst of it counts: no loop while offline, none without a session. What is
            // under way is heard out; nothing more is begun.
            let way = Way { open: Semaphore::new(ON_THEIR_WAY), bad: AtomicBool::new(false) };
            let turns = stream::iter(due).map(|head| self.turn(head.id, &way)).buffer_unordered(TURNS);
            let turns: Vec<_> = turns.collect().await;
            for worst in [PassEnd::Stopped, PassEnd::SignInRequired, PassEnd::Offline] {
                if turns.contains(&worst) {
                    return (worst, None);
                }
            }
        }
    }

    /// Nothing, once another's turn has ended badly.
    async fn turn(&self, id: OperationId, way: &Way) -> PassEnd {
        let Ok(leave) = way.open.acquire().await else { return PassEnd::Stopped }; // it is never closed
        if way.bad.load(Ordering::Relaxed) {
            return PassEnd::Drained;
        }
        let sent = match self.send_one(&id, way, leave).await {
            // What is kept beside it does not open either: no reason for the others to wait.
            Err(error) if is_unreadable(&error) => self.wedge(id.clone(), UNKNOWN, None).await,
            other => other,
        };
        let end = sent.unwrap_or_else(|error| {
            if !matches!(error, storage::Error::Closed) {
                log::error!(target: "emongolia", "outbox {id}: {error}");
            }
            PassEnd::Stopped
        });
        if end != PassEnd::Drained {
            way.bad.store(true, Ordering::Relaxed);
        }
        end
    }

    /// `leave` ends with the answer, so that the next is taken up in the transaction that keeps it.
    async fn send_one(&self, id: &OperationId, way: &Way, leave: SemaphorePermit<'_>) -> storage::Result<PassEnd> {
        let (now, row, registry) = (self.clock.now(), id.clone(), self.registry.clone());
        let Up { mut item, key, operation, outgoing, known } =
            match self.store.write(move |dao| prepare(dao, &row, &registry, now)).await {
                Ok(Taken::Up(up)) => *up,
                Ok(Taken::Unknown) => return self.wedge(id.clone(), "operation_unknown", None).await,
                Ok(Taken::Finished) => return Ok(PassEnd::Drained),
                Err(error) if is_unreadable(&error) => {
                    log::error!(target: "emongolia", "an operation can't be read: {error}");
                    return self.unreadable(id).await;
                }
                Err(other) => return Err(other),
            };
        let keyed = outgoing.once == Once::ByKey;
        let too_old = keyed && item.first_sent_at.is_some_and(|first| now.since(first) > WINDOW);
        let answer = if too_old {
            Err(doubt::expired())
        } else {
            self.courier.send(Outgoing { known, ..outgoing.with_key(Some(self.key_for_try(&key))) }).await
        };
        let nothing_left = answer.as_ref().is_err_and(doubt::nothing_left);
        let answer = match answer {
            // Refused now, or never to be sent again; but an earlier try may have had its effect: the key knows.
            Err(refusal) if keyed && (too_old || doubt::is_doubtful(&refusal, &item)) => {
                match doubt::ask_by_key(&*self.courier, &key).await {
                    Ok(Kept::Answer(answer)) => Ok(answer),
                    Ok(Kept::Refusal(_)) if item.retried => {
                        drop(leave);
                        return self.asked_anew(item, operation).await;
                    }
                    Ok(Kept::Refusal(problem)) => Err(gateway::Error::Problem(problem)),
                    Ok(Kept::Nothing) => {
                        item.in_doubt = too_old;
                        Err(refusal)
                    }
                    Err(unanswered) => {
                        item.in_doubt = true;
                        Err(unanswered)
                    }
                }
            }
            other => other,
        };
        let answer = answer.map_err(|error| (fate(&error, &item), error));
        if let Err((Fate::Stop(_), _)) = answer {
            way.bad.store(true, Ordering::Relaxed); // before another takes it
        }
        drop(leave);
        self.settle(item, operation, answer, nothing_left).await
    }

    #[cfg(feature = "test-controls")]
    fn key_for_try(&self, key: &IdempotencyKey) -> IdempotencyKey {
        if self.key_per_try.load(Ordering::Relaxed) { IdempotencyKey::new() } else { key.clone() }
    }

    #[cfg(not(feature = "test-controls"))]
    fn key_for_try(&self, key: &IdempotencyKey) -> IdempotencyKey {
        key.clone()
    }
}

/// What the turns of one pass share.
struct Way {
    open: Semaphore,
    /// One of them has ended badly.
    bad: AtomicBool,
}

/// What came of taking an operation up.
enum Taken {
    Up(Box<Up>),
    /// It is of a newer build.
    Unknown,
    /// Somebody else has finished it.
    Finished,
}

struct Up {
    item: Item,
    key: IdempotencyKey,
    operation: Box<dyn Loaded>,
    outgoing: Prepared,
    known: Option<auth::Known>,
}

/// Takes an operation up and makes its request, in one transaction.
fn prepare(dao: &mut Dao<'_>, id: &OperationId, registry: &Registry, now: Timestamp) -> storage::Result<Taken> {
    let Some(item) = store::take_up(dao, id, now)? else { return Ok(Taken::Finished) };
    let Ok(operation) = registry.load(&item.kind, &item.open(dao)?) else {
        store::put_back(dao, &item)?; // nothing of it leaves
        return Ok(Taken::Unknown);
    };
    let key = item.key.clone().ok_or(storage::Error::Stored("idempotency_key"))?;
    let outgoing = operation.outgoing(id, now, dao)?;
    let known = if outgoing.published.is_none() { auth::Tokens::known(dao) } else { None };
    Ok(Taken::Up(Box::new(Up { item, key, operation, outgoing, known })))
}

/// The stored operation will never open: waiting does not help, and it must not hold up the others.
pub(super) fn is_unreadable(error: &storage::Error) -> bool {
    match error {
        storage::Error::Stored(_) => true,
        storage::Error::Sealed(why) => *why != SealError::NoKey,
        storage::Error::Closed
        | storage::Error::Interrupted
        | storage::Error::Stopped(_)
        | storage::Error::Deadline
        | storage::Error::Full
        | storage::Error::Directory { .. }
        | storage::Error::Newer { .. }
        | storage::Error::Corrupt
        | storage::Error::Sqlite(_) => false,
    }
}
