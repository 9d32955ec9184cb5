//! What a feature tells the outbox about one kind of write.

use std::{any::Any, collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{model::OperationId, store};
use crate::{
    auth::{self, Freshness},
    foundation::{
        clock::Timestamp,
        events::Area,
        json,
        net::Method,
        storage::{self, Dao},
    },
    gateway::{self, Access, IdempotencyKey, Problem},
};

/// The request an operation makes, without its key.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub method: Method,
    /// Path on the gateway, placeholders filled and percent-encoded.
    pub path: String,
    /// JSON.
    pub body: Option<Vec<u8>>,
}

impl Outgoing {
    pub(super) fn with_key(self, key: IdempotencyKey) -> gateway::Outgoing {
        let Self { method, path, body } = self;
        gateway::Outgoing {
            method,
            path,
            query: Vec::new(),
            access: Access::Citizen,
            body,
            key: Some(key),
            if_none_match: None,
        }
    }
}

/// An answer that says only that it was heard: nothing in it is needed.
#[derive(Debug, Deserialize)]
pub struct Heard {}

/// One kind of write. The value itself is what is stored, sealed, until its answer has come.
///
/// All hooks run inside the transaction on `state.db` that changes the operation's own row, so they may touch
/// only tables there.
pub trait Operation: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Stable: stored with every operation.
    const KIND: &'static str;
    const AREA: Area;
    type Answer: DeserializeOwned;

    /// Operations of one group reach the gateway in the order in which the citizen acted.
    fn group(&self) -> String;

    fn outgoing(&self) -> storage::Result<Outgoing>;

    /// How lately the citizen must have proven who they are for this to be taken at all. Asked once, when it is stored.
    fn freshness(&self) -> Option<Freshness> {
        None
    }

    /// What is true on this phone from now on, before anybody has answered.
    fn enqueued(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<()> {
        Ok(())
    }

    /// It had its effect; this is the answer. Seeing the same answer again must change nothing.
    fn acknowledged(&self, id: &OperationId, answer: Self::Answer, dao: &mut Dao<'_>) -> storage::Result<()>;

    /// A refusal that means there is nothing left to do, such as deleting what is gone.
    fn is_moot(&self, _problem: &Problem) -> bool {
        false
    }

    /// It will never have an effect: undo what [`Operation::enqueued`] made true here.
    fn given_up(&self, _id: &OperationId, _dao: &mut Dao<'_>) -> storage::Result<()> {
        Ok(())
    }
}

/// An operation about to be stored, of whatever kind.
pub struct Entry {
    kind: &'static str,
    pub(super) area: Area,
    group: String,
    body: storage::Result<Value>,
    freshness: Option<Freshness>,
    enqueued: Enqueued,
    instead: Instead,
}

/// [`Operation::enqueued`].
type Enqueued = Box<dyn FnOnce(&OperationId, Timestamp, &mut Dao<'_>) -> storage::Result<()> + Send>;

/// Finds the operation that is already under way for the same thing.
type Instead = Box<dyn FnOnce(&Dao<'_>) -> storage::Result<Option<OperationId>> + Send>;

impl Entry {
    pub fn of<O: Operation>(operation: O) -> Self {
        Self {
            kind: O::KIND,
            area: O::AREA,
            group: operation.group(),
            body: serde_json::to_value(&operation).map_err(|_| storage::Error::Stored("operation")),
            freshness: operation.freshness(),
            enqueued: Box::new(move |id, at, dao| operation.enqueued(id, at, dao)),
            instead: Box::new(|_| Ok(None)),
        }
    }

    /// Stores nothing if `instead` finds, in the same transaction, that it is already under way.
    #[must_use]
    pub fn unless(
        self,
        instead: impl FnOnce(&Dao<'_>) -> storage::Result<Option<OperationId>> + Send + 'static,
    ) -> Self {
        Self { instead: Box::new(instead), ..self }
    }

    /// In one transaction: the row with its key, and what is true here from now on. [`auth::Error::StepUp`] if the citizen
    /// has to prove anew who they are before that.
    pub(super) fn store(self, dao: &mut Dao<'_>, now: Timestamp) -> auth::Result<OperationId> {
        if let Some(existing) = (self.instead)(dao)? {
            return Ok(existing);
        }
        if let Some(wanted) = self.freshness
            && !auth::is_fresh(dao, &wanted, now)?
        {
            return Err(auth::Error::StepUp(wanted));
        }
        let (id, key) = (OperationId::mint(), IdempotencyKey::new());
        store::insert(dao, &id, &key, self.kind, &self.group, &self.body?, now)?;
        (self.enqueued)(&id, now, dao)?;
        Ok(id)
    }
}

/// An operation read back from its row, its type known only by its kind.
pub(super) trait Loaded: Send + Sync {
    fn area(&self) -> Area;
    fn outgoing(&self) -> storage::Result<Outgoing>;
    fn is_moot(&self, problem: &Problem) -> bool;
    fn given_up(&self, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()>;
    /// Reads the answer; `None` if it is not one. What it gives is applied by [`Loaded::acknowledged`].
    fn read_answer(&self, body: &[u8]) -> Option<Box<dyn Any + Send>>;
    fn acknowledged(&self, id: &OperationId, answer: Box<dyn Any + Send>, dao: &mut Dao<'_>) -> storage::Result<()>;
}

impl<O: Operation> Loaded for O
where
    O::Answer: Send + 'static,
{
    fn area(&self) -> Area {
        O::AREA
    }

    fn outgoing(&self) -> storage::Result<Outgoing> {
        Operation::outgoing(self)
    }

    fn is_moot(&self, problem: &Problem) -> bool {
        Operation::is_moot(self, problem)
    }

    fn given_up(&self, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        Operation::given_up(self, id, dao)
    }

    fn read_answer(&self, body: &[u8]) -> Option<Box<dyn Any + Send>> {
        json::parse_strict::<O::Answer>(body).ok().map(|answer| Box::new(answer) as Box<dyn Any + Send>)
    }

    fn acknowledged(&self, id: &OperationId, answer: Box<dyn Any + Send>, dao: &mut Dao<'_>) -> storage::Result<()> {
        let answer = answer.downcast::<O::Answer>().map_err(|_| storage::Error::Stored("answer"))?;
        Operation::acknowledged(self, id, *answer, dao)
    }
}

type Load = fn(&[u8]) -> storage::Result<Box<dyn Loaded>>;

/// The kinds of write this build knows. Filled by `app`, then never changed.
#[derive(Clone, Default)]
pub struct Registry(Arc<HashMap<&'static str, Load>>);

impl Registry {
    #[must_use]
    pub fn with<O: Operation>(mut self) -> Self
    where
        O::Answer: Send + 'static,
    {
        let load: Load = |body| match json::read::<O>(body) {
            Some(operation) => Ok(Box::new(operation)),
            None => Err(storage::Error::Stored("operation")),
        };
        Arc::make_mut(&mut self.0).insert(O::KIND, load);
        self
    }

    pub(super) fn load(&self, kind: &str, body: &[u8]) -> storage::Result<Box<dyn Loaded>> {
        self.0.get(kind).ok_or(storage::Error::Stored("operation kind"))?(body)
    }
}
