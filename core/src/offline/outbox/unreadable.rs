//! An operation that can't be read: it holds up no other, and it is free to be called off, and so done anew, only where it
//! is known to have had no effect or the citizen has looked for it.

use super::{
    OperationId,
    doubt::{self, Kept},
    fate::{Fate, STEP_UP_UNKNOWN, fate},
    loaded,
    operation::Registry,
    store::{self, Item},
    worker::{PassEnd, Shared, WINDOW},
};
use crate::{
    foundation::storage::{self, Dao},
    gateway::{Answer, IdempotencyKey, Problem},
    offline::tolerant,
};

/// It had no effect.
const NO_EFFECT: &str = "operation_unreadable";
/// Nobody knows whether it had its effect: the citizen is to look for it.
pub(super) const UNKNOWN: &str = "damaged_unknown";
/// The same, after the citizen has tried it again.
const LOOKED: &str = "damaged_looked";

/// Whether there is no more to find out of it than was.
pub(super) fn is_found_out(problem: &str) -> bool {
    matches!(problem, NO_EFFECT | LOOKED)
}

enum Way {
    /// It was made anew, or somebody has ended it.
    GoesOn,
    /// Nothing of it has left.
    Unsent,
    /// The gateway knows what became of its key.
    AsksByKey(Box<Item>, IdempotencyKey),
    Unclear,
    /// As before, and the citizen has looked.
    Looked,
}

impl Shared {
    pub(super) async fn unreadable(&self, id: &OperationId) -> storage::Result<PassEnd> {
        let (row, registry) = (id.clone(), self.registry.clone());
        match self.store.write(move |dao| way(dao, &row, &registry)).await {
            Ok(Way::GoesOn) => Ok(PassEnd::Drained),
            Ok(Way::Unsent) => self.wedge(id.clone(), NO_EFFECT, None).await,
            Ok(Way::AsksByKey(item, key)) => self.ask(*item, &key).await,
            Ok(Way::Unclear) => self.wedge(id.clone(), UNKNOWN, None).await,
            Ok(Way::Looked) => self.wedge(id.clone(), LOOKED, None).await,
            Err(error) => Err(error),
        }
    }

    async fn ask(&self, item: Item, key: &IdempotencyKey) -> storage::Result<PassEnd> {
        let now = self.clock.now();
        let too_old = item.first_sent_at.is_some_and(|first| now.since(first) > WINDOW);
        match doubt::ask_by_key(&*self.courier, key).await {
            Ok(Kept::Answer(answer)) => self.had_its_effect(item, answer).await,
            Ok(Kept::Refusal(problem)) => self.had_no_effect(item, &problem).await,
            Ok(Kept::Nothing) => self.wedge(item.id, if too_old { UNKNOWN } else { NO_EFFECT }, None).await,
            Err(error) => match fate(&error, &item) {
                Fate::Again { after } => self.put_off(item, &error, after).await,
                Fate::Stop(end) => Ok(end),
                Fate::Wedged(STEP_UP_UNKNOWN) => self.wedge(item.id, STEP_UP_UNKNOWN, None).await,
                Fate::Refused(_) | Fate::Wedged(_) => self.wedge(item.id, UNKNOWN, None).await,
            },
        }
    }

    /// What its answer says nobody can apply; the next pull brings it. Nothing of it is under way here any more.
    async fn had_its_effect(&self, item: Item, answer: Answer) -> storage::Result<PassEnd> {
        let (now, registry) = (self.clock.now(), self.registry.clone());
        let receipt = String::from_utf8_lossy(&answer.body).into_owned();
        let end = move |dao: &mut Dao<'_>| {
            store::finish(dao, &item.id, &receipt, now)?;
            registry.undo(&item.kind, &item.id, dao)
        };
        let area = self.store.write(end).await?;
        self.tell(area);
        Ok(PassEnd::Drained)
    }

    /// It was refused, and may be called off as if nothing of it had left.
    async fn had_no_effect(&self, mut item: Item, problem: &Problem) -> storage::Result<PassEnd> {
        item.in_doubt = false;
        let id = item.id.clone();
        let put_back = Box::new(move |dao: &mut Dao<'_>| store::put_back(dao, &item));
        self.wedge_behind(put_back, id, &problem.code, problem.field.as_deref()).await
    }
}

fn way(dao: &mut Dao<'_>, id: &OperationId, registry: &Registry) -> storage::Result<Way> {
    let Some(item) = store::item(dao, id)? else { return Ok(Way::GoesOn) };
    let anew = registry.anew(&item.kind);
    if let Some(anew) = anew
        && loaded(dao, id, registry).is_none()
        && let Some(body) = tolerant::opened(anew(id, dao))?.flatten()
    {
        store::put_body(dao, id, &body)?;
        return Ok(Way::GoesOn);
    }
    if item.key.is_none() && item.first_sent_at.is_none() {
        store::put_key(dao, id)?;
        return Ok(Way::GoesOn);
    }
    Ok(match anew {
        _ if !item.has_left() => Way::Unsent,
        _ if item.looked => Way::Looked,
        Some(_) => Way::Unclear,
        None if item.stepped => Way::Unclear, // its key is the next step's
        None => match item.key.clone() {
            Some(key) => {
                store::count_try(dao, id)?;
                Way::AsksByKey(Box::new(item), key)
            }
            None => Way::Unclear,
        },
    })
}
