//! What a feature tells the outbox about one kind of write.

use std::{any::Any, collections::HashMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    model::OperationId,
    store::{self, NewRow},
};
use crate::{
    auth::{self, Freshness},
    foundation::{
        clock::Timestamp,
        error::{Error, Result},
        events::Area,
        json,
        net::Method,
        storage::{self, Dao},
    },
    gateway::{self, Access, AuthToken, Content, IdempotencyKey, Problem},
};

/// The request an operation makes, without its key.
#[derive(Debug)]
pub struct Outgoing {
    pub method: Method,
    /// Path on the gateway, placeholders filled and percent-encoded.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Option<Content>,
    pub once: Once,
    /// Not to the gateway, but to the API of 2021.
    pub published: Option<AuthToken>,
}

/// Why a request that is sent twice has one effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// It carries the operation's idempotency key, and the gateway can be asked what became of that.
    ByKey,
    /// It says where it goes and what it becomes, so the second finds the first: a part of a file at its offset, a look.
    /// Or the operation sees to it, and never sends it twice.
    ByItself,
}

impl Outgoing {
    /// JSON, or nothing, under the operation's key.
    pub fn keyed(method: Method, path: impl Into<String>, json: Option<Vec<u8>>) -> Self {
        Self { once: Once::ByKey, ..Self::by_itself(method, path, json.map(Content::Json)) }
    }

    pub fn by_itself(method: Method, path: impl Into<String>, body: Option<Content>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body, once: Once::ByItself, published: None }
    }

    /// `key` is sent where the request needs one.
    pub fn with_key(self, key: Option<IdempotencyKey>) -> gateway::Outgoing {
        let Self { method, path, query, body, once, published } = self;
        gateway::Outgoing {
            method,
            path,
            query,
            access: if published.is_some() { Access::Public } else { Access::Citizen },
            body,
            key: key.filter(|_| once == Once::ByKey),
            if_none_match: None,
            published,
            known: None,
        }
    }
}

/// Whether an answer ends its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Done,
    /// There is more to send. Each such answer must bring the operation nearer to its end.
    More {
        after: Duration,
    },
    /// It gets no nearer: the citizen has to look.
    Stuck {
        code: &'static str,
    },
}

/// What a refusal means for an operation, when it is certain that this request had no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The citizen has to look.
    Stands,
    /// There is nothing left to do, such as deleting what is gone.
    Moot,
    /// The operation knows another way. It must not come back to the same refusal without end.
    More { after: Duration },
    /// What it needed had arrived and is gone again: that is sent once more, then this. As without end. Only for what is
    /// [`Once::ByItself`].
    Anew,
}

/// An answer that says only that it was heard: nothing in it is needed.
#[derive(Debug, Deserialize)]
pub struct Heard {}

/// One kind of write. The value itself is what is stored, sealed, until its answer has come.
///
/// Most are one request. One of several *steps* keeps in its own tables how far it is: it says what to send next, and each
/// answer is stored together with the progress it means.
///
/// All hooks run inside the transaction on `state.db` that changes the operation's own row, so they may touch
/// only tables there.
pub trait Operation: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Stable: stored with every operation.
    const KIND: &'static str;
    const AREA: Area;
    /// By itself it changes nothing that anybody else sees, so it can be called off at any time: a file that no request
    /// speaks of yet. It ends with what needs it.
    const HARMLESS: bool = false;
    /// When its stored value can't be read: makes it anew from what else is kept of it. Then its key says nothing of its
    /// own, for it goes on; and where that can't be read either, nobody knows what became of it.
    const ANEW: Option<Anew<Self>> = None;
    type Answer: DeserializeOwned;

    /// Operations of one group reach the gateway in the order in which the citizen acted.
    fn group(&self) -> String;

    /// The next request, asked for in the transaction that comes before it: what is written here is on disk before a byte
    /// leaves. `at` is now.
    fn outgoing(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing>;

    /// Not one byte of that request has left the phone: undo what [`Operation::outgoing`] wrote.
    fn not_sent(&self, _id: &OperationId, _dao: &mut Dao<'_>) -> storage::Result<()> {
        Ok(())
    }

    /// How lately the citizen must have proven who they are for this to be taken at all. Asked once, when it is stored.
    fn freshness(&self) -> Option<Freshness> {
        None
    }

    /// What is true on this phone from now on, before anybody has answered.
    fn enqueued(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<()> {
        Ok(())
    }

    /// It had its effect; this is the answer. Seeing the same answer again must change nothing.
    fn acknowledged(&self, id: &OperationId, answer: Self::Answer, dao: &mut Dao<'_>) -> storage::Result<Progress>;

    /// The request was refused, and that is the last word on it.
    fn refused(&self, _id: &OperationId, _problem: &Problem, _dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        Ok(Refusal::Stands)
    }

    /// One of its steps may have had an effect that can't be taken back: it can't be called off, also between steps.
    fn is_committed(&self, _dao: &Dao<'_>) -> storage::Result<bool> {
        Ok(false)
    }

    /// It will never have an effect: undo what [`Operation::enqueued`] made true here.
    fn given_up(&self, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        Self::undo(id, dao)
    }

    /// As far as its id alone tells, which is all that is known of one that can't be read.
    fn undo(_id: &OperationId, _dao: &mut Dao<'_>) -> storage::Result<()> {
        Ok(())
    }
}

/// [`Operation::ANEW`]. `None`: nothing is kept of it.
pub type Anew<O> = fn(&OperationId, &Dao<'_>) -> storage::Result<Option<O>>;

/// An operation about to be stored, of whatever kind.
pub struct Entry {
    pub(super) area: Area,
    unstored: Unstored,
    freshness: Option<Freshness>,
    instead: Instead,
    needs: Vec<Self>,
    behind: Option<OperationId>,
}

/// Makes an entry of what is stored at that moment; boxed, so that storing it is compiled once.
pub type Make = Box<dyn FnOnce(&Dao<'_>) -> Result<Entry> + Send>;

struct Unstored {
    kind: &'static str,
    group: String,
    body: storage::Result<Body>,
    enqueued: Enqueued,
}

/// An operation as JSON.
pub(super) type Body = Zeroizing<String>;

fn stored<O: Operation>(operation: &O) -> storage::Result<Body> {
    json::write(operation).map(Zeroizing::new).ok_or(storage::Error::Stored("operation"))
}

/// [`Operation::enqueued`].
type Enqueued = Box<dyn FnOnce(&OperationId, Timestamp, &mut Dao<'_>) -> storage::Result<()> + Send>;

/// Finds the operation that is already under way for the same thing, or says why there can be none.
type Instead = Box<dyn FnOnce(&Dao<'_>) -> Result<Option<OperationId>> + Send>;

impl Entry {
    pub fn of<O: Operation>(operation: O) -> Self {
        Self {
            area: O::AREA,
            freshness: operation.freshness(),
            unstored: Unstored {
                kind: O::KIND,
                group: operation.group(),
                body: stored(&operation),
                enqueued: Box::new(move |id, at, dao| operation.enqueued(id, at, dao)),
            },
            instead: Box::new(|_| Ok(None)),
            needs: Vec::new(),
            behind: None,
        }
    }

    /// Stores nothing if `instead` finds, in the same transaction, that it is already under way, or may not be any more.
    #[must_use]
    pub fn unless<E: Into<Error>>(
        self,
        instead: impl FnOnce(&Dao<'_>) -> Result<Option<OperationId>, E> + Send + 'static,
    ) -> Self {
        Self { instead: Box::new(move |dao| instead(dao).map_err(Into::into)), ..self }
    }

    /// What is stored with it and sent before it, in this order and in its group. Without them it makes no sense: called
    /// off is all of it or nothing. A fresh proof is asked for by any of them; `unless` is the whole's alone.
    #[must_use]
    pub fn needing(self, needs: Vec<Self>) -> Self {
        Self { needs, ..self }
    }

    /// It makes no sense without an operation that is stored already, and is called off with it. Its group must be that
    /// one's.
    #[must_use]
    pub fn behind(self, needed: OperationId) -> Self {
        Self { behind: Some(needed), ..self }
    }

    /// In one transaction: the rows with their keys, and what is true here from now on. [`Error::StepUpRequired`] if the
    /// citizen has to prove anew who they are before that.
    pub(super) fn store(self, dao: &mut Dao<'_>, now: Timestamp) -> Result<OperationId> {
        let Self { area: _, unstored, freshness, instead, needs, behind } = self;
        if let Some(existing) = instead(dao)? {
            return Ok(existing);
        }
        for wanted in needs.iter().map(|need| &need.freshness).chain([&freshness]).flatten() {
            auth::demand(dao, wanted, now)?;
        }
        let mut needed = behind;
        for need in needs {
            needed = Some(need.unstored.store(&unstored.group, needed.as_ref(), dao, now)?);
        }
        let group = unstored.group.clone();
        Ok(unstored.store(&group, needed.as_ref(), dao, now)?)
    }
}

impl Unstored {
    fn store(
        self,
        group: &str,
        needs: Option<&OperationId>,
        dao: &mut Dao<'_>,
        now: Timestamp,
    ) -> storage::Result<OperationId> {
        let (id, key) = (OperationId::mint(), IdempotencyKey::new());
        store::insert(dao, &NewRow { id: &id, key: &key, kind: self.kind, group, needs, body: &self.body? }, now)?;
        (self.enqueued)(&id, now, dao)?;
        Ok(id)
    }
}

/// An operation read back from its row, its type known only by its kind.
pub(super) trait Loaded: Send + Sync {
    fn area(&self) -> Area;
    fn is_committed(&self, dao: &Dao<'_>) -> storage::Result<bool>;
    fn outgoing(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing>;
    fn not_sent(&self, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()>;
    fn refused(&self, id: &OperationId, problem: &Problem, dao: &mut Dao<'_>) -> storage::Result<Refusal>;
    fn given_up(&self, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()>;
    /// Reads the answer; `None` if it is not one. What it gives is applied by [`Loaded::acknowledged`].
    fn read_answer(&self, body: &[u8]) -> Option<Box<dyn Any + Send>>;
    fn acknowledged(
        &self,
        id: &OperationId,
        answer: Box<dyn Any + Send>,
        dao: &mut Dao<'_>,
    ) -> storage::Result<Progress>;
}

impl<O: Operation> Loaded for O
where
    O::Answer: Send + 'static,
{
    fn area(&self) -> Area {
        O::AREA
    }

    fn is_committed(&self, dao: &Dao<'_>) -> storage::Result<bool> {
        Operation::is_committed(self, dao)
    }

    fn outgoing(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        Operation::outgoing(self, id, at, dao)
    }

    fn not_sent(&self, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        Operation::not_sent(self, id, dao)
    }

    fn refused(&self, id: &OperationId, problem: &Problem, dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        Operation::refused(self, id, problem, dao)
    }

    fn given_up(&self, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        Operation::given_up(self, id, dao)
    }

    fn read_answer(&self, body: &[u8]) -> Option<Box<dyn Any + Send>> {
        json::parse_strict::<O::Answer>(body).ok().map(|answer| Box::new(answer) as Box<dyn Any + Send>)
    }

    fn acknowledged(
        &self,
        id: &OperationId,
        answer: Box<dyn Any + Send>,
        dao: &mut Dao<'_>,
    ) -> storage::Result<Progress> {
        let answer = answer.downcast::<O::Answer>().map_err(|_| storage::Error::Stored("answer"))?;
        Operation::acknowledged(self, id, *answer, dao)
    }
}

/// What is known of all operations of one kind.
#[derive(Clone, Copy)]
struct Kind {
    load: fn(&[u8]) -> storage::Result<Box<dyn Loaded>>,
    undo: fn(&OperationId, &mut Dao<'_>) -> storage::Result<()>,
    anew: Option<Anew<Body>>,
    area: Area,
    harmless: bool,
}

fn anew<O: Operation>(id: &OperationId, dao: &Dao<'_>) -> storage::Result<Option<Body>> {
    let operation = O::ANEW.map_or(Ok(None), |anew| anew(id, dao))?;
    operation.as_ref().map(stored).transpose()
}

/// The kinds of write this build knows. Filled by `app`, then never changed.
#[derive(Clone, Default)]
pub struct Registry(Arc<HashMap<&'static str, Kind>>);

impl Registry {
    #[must_use]
    pub fn with<O: Operation>(mut self) -> Self
    where
        O::Answer: Send + 'static,
    {
        let kind = Kind {
            load: |body| match json::read::<O>(body) {
                Some(operation) => Ok(Box::new(operation)),
                None => Err(storage::Error::Stored("operation")),
            },
            undo: O::undo,
            anew: O::ANEW.map(|_| anew::<O> as Anew<Body>),
            area: O::AREA,
            harmless: O::HARMLESS,
        };
        Arc::make_mut(&mut self.0).insert(O::KIND, kind);
        self
    }

    pub(super) fn load(&self, kind: &str, body: &[u8]) -> storage::Result<Box<dyn Loaded>> {
        (self.0.get(kind).ok_or(storage::Error::Stored("operation kind"))?.load)(body)
    }

    /// [`Operation::ANEW`] of one that can't be read.
    pub(super) fn anew(&self, kind: &str) -> Option<Anew<Body>> {
        self.0.get(kind)?.anew
    }

    /// [`Operation::HARMLESS`], of one that can't be read too.
    pub(super) fn is_harmless(&self, kind: &str) -> bool {
        self.0.get(kind).is_some_and(|kind| kind.harmless)
    }

    pub(super) fn area(&self, kind: &str) -> Option<Area> {
        Some(self.0.get(kind)?.area)
    }

    /// [`Operation::undo`] of one that can't be read; gives the area whose rows changed.
    pub(super) fn undo(&self, kind: &str, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<Option<Area>> {
        let Some(Kind { undo, area, .. }) = self.0.get(kind) else { return Ok(None) };
        undo(id, dao).map(|()| Some(*area))
    }
}
