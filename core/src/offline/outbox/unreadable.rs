//! An operation that can't be read: it holds up no other, and it is free to be called off, and so done anew, only where it
//! is known to have had no effect or the citizen has looked for it.

use super::{
    OperationId, doubt,
    fate::{Fate, fate},
    loaded,
    operation::Registry,
    store::{self, Item},
    worker::{PassEnd, Shared, WINDOW},
};
use crate::{
    foundation::storage::{self, Dao},
    gateway::Answer,
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
    AsksByKey(Box<Item>),
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
            Ok(Way::AsksByKey(item)) => self.ask(*item).await,
            Ok(Way::Unclear) => self.wedge(id.clone(), UNKNOWN, None).await,
            Ok(Way::Looked) => self.wedge(id.clone(), LOOKED, None).await,
            Err(error) => Err(error),
        }
    }

    async fn ask(&self, item: Item) -> storage::Result<PassEnd> {
        let now = self.clock.now();
        let too_old = item.first_sent_at.is_some_and(|first| now.since(first) > WINDOW);
        match doubt::ask_by_key(&*self.courier, &item.key).await {
            Ok(Some(answer)) => self.had_its_effect(item, answer).await,
            Ok(None) => self.wedge(item.id, if too_old { UNKNOWN } else { NO_EFFECT }, None).await,
            Err(error) => match fate(&error, &item) {
                Fate::Again { after } => self.put_off(item, &error, after).await,
                Fate::Stop(end) => Ok(end),
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
    Ok(match anew {
        _ if !item.has_left() => Way::Unsent,
        _ if item.looked => Way::Looked,
        Some(_) => Way::Unclear,
        None if item.stepped => Way::Unclear, // its key is the next step's
        None => {
            store::count_try(dao, id)?;
            Way::AsksByKey(Box::new(item))
        }
    })
}
