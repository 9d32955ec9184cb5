//! Services that belong together: the home screen's bundles and the events of a life, made for this citizen on this phone.
//!
//! Guarantees: rules run here, and no request says what is known of the citizen or which bundle applied; every item says
//! why it is there; a fee that nobody knows is said to be unknown, and none is counted twice.

mod compose;
mod facts;
mod model;
mod registers;
mod rules;
mod store;
#[cfg(test)]
mod tests;
mod wire;

use std::{cell::Cell, collections::BTreeMap, sync::Arc, time::Duration};

use compose::Situation;
pub use facts::{Fact, FactSource, Facts, Value};
pub use model::{Bundle, BundleItem, BundleKind, Code, Cost, Filter, ItemState, Prerequisite, Reason, Standing};
pub(crate) use registers::{FOUND, NOT_FOUND};
use serde_json::Value as Json;
use store::{BundlesDocument, Kept, RegistersDocument};

use super::ServiceId;
use crate::{
    auth::Auth,
    country::{AreaCode, LocalisedText, Mnt},
    foundation::{
        clock::Timestamp,
        error::{Error, Result},
        events::{Area, Events},
        runtime::{Spawner, Work},
        storage::{self, Dao, Store},
    },
    offline::{
        Aged, PAGE, Page,
        cache::{Cache, Refreshed, Refreshing},
        unknown_cursor,
    },
};

/// Bundles change a few times a year, and a register is asked once a day: each question is on the citizen's record.
const FRESH_FOR: Duration = Duration::from_secs(24 * 3600);

/// What was done longer before than this, in days, has nothing to do with an occasion.
const REMEMBERED_DAYS: u32 = 90;

/// Unix milliseconds.
const fn lately(now: i64) -> i64 {
    now.saturating_sub(REMEMBERED_DAYS as i64 * 24 * 3600 * 1000)
}

/// The fact that says where the citizen lives: the code of an administrative unit.
const AREA: &str = "address.area_code";

/// Where the citizen lives, as far as the registers say, for rooms that read in the same snapshot.
pub(crate) fn home(dao: &Dao<'_>) -> storage::Result<Option<AreaCode>> {
    Ok(store::register_facts(dao)?.home())
}

/// What each operation of the registers has answered: its result code and, if it found something, that.
pub(crate) fn each_answer<T>(
    dao: &Dao<'_>,
    answer: impl Fn(Option<i64>, Option<Json>) -> T,
) -> storage::Result<BTreeMap<String, T>> {
    let body = store::register_answers(dao)?.unwrap_or_default();
    let one = |one: &Json| {
        let found = Some(one["response"].clone()).filter(|response| !response.is_null());
        Some((one["operation"].as_str()?.to_owned(), answer(one["result_code"].as_i64(), found)))
    };
    Ok(body["answers"].as_array().into_iter().flatten().filter_map(one).collect())
}

/// Asks the registers all that the citizen agreed to at sign-in.
pub(crate) fn ask_registers(cache: &Cache) -> Refreshing {
    cache.refresh(RegistersDocument)
}

/// What bundles need to know of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub service: ServiceId,
    pub name: LocalisedText,
    /// `None`: the catalogue does not say. Nought: free.
    pub fee: Option<Mnt>,
    pub online: bool,
    pub sample: bool,
    /// Codes of the units it is offered in. Empty: everywhere.
    pub areas: Vec<String>,
}

/// The catalogue, as bundles see it: what is on the phone and no more, since asking for one service would tell which.
pub trait Services: Send + Sync {
    /// From `cache.db`. `None`: there is no such service on the phone.
    fn offer(&self, dao: &Dao<'_>, id: &ServiceId) -> storage::Result<Option<Offer>>;
}

/// A request of the citizen's, as bundles see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    pub service: ServiceId,
    pub stage: Stage,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    UnderWay,
    Done,
}

/// The citizen's requests, without those that came to nothing.
pub trait Errands: Send + Sync {
    /// From `cache.db`.
    fn in_cache(&self, dao: &Dao<'_>) -> storage::Result<Vec<Errand>>;
    /// From `state.db`.
    fn in_state(&self, dao: &Dao<'_>) -> storage::Result<Vec<Errand>>;
}

/// Whom the bundles ask. `app` brings them.
pub struct Neighbours {
    pub services: Box<dyn Services>,
    pub errands: Box<dyn Errands>,
    /// Besides the registers.
    pub sources: Vec<Box<dyn FactSource>>,
}

/// The bundles. Cheap to clone.
#[derive(Clone)]
pub struct Bundles {
    cache: Cache,
    state: Store,
    auth: Auth,
    events: Events,
    spawner: Spawner,
    public: Spawner,
    neighbours: Arc<Neighbours>,
}

impl Bundles {
    pub fn new(
        cache: Cache,
        state: Store,
        auth: Auth,
        events: Events,
        public: Spawner,
        neighbours: Neighbours,
    ) -> Self {
        let (spawner, neighbours) = (public.personal(), Arc::new(neighbours));
        Self { cache, state, auth, events, spawner, public, neighbours }
    }

    /// One page from the device: what is suggested first, and of that what is due first; then what was begun. With nobody
    /// signed in all bundles, for general reasons. Abandonable.
    pub fn page(&self, filter: Filter, after: Option<Code>) -> Work<Aged<Page<Bundle>>> {
        self.freshen();
        let bundles = self.clone();
        let read = async move {
            let all = bundles.read(filter).await?;
            let start = match &after {
                Some(code) => 1 + all.value.iter().position(|one| one.code == *code).ok_or(unknown_cursor("after"))?,
                None => 0,
            };
            Ok::<_, Error>(all.map(|all| {
                let rows = all.into_iter().skip(start).take(PAGE + 1).collect();
                Page::cut(rows, |last: &Bundle| last.code.as_str().to_owned())
            }))
        };
        self.spawner.abandonable(read)
    }

    /// One bundle, from the device. Abandonable.
    pub fn bundle(&self, code: &Code) -> Work<Aged<Bundle>> {
        self.freshen();
        let (bundles, code) = (self.clone(), code.clone());
        self.spawner.abandonable(async move {
            let all = bundles.read(Filter::All).await?;
            all.map(|all| all.into_iter().find(|one| one.code == code)).ok_or(Error::NotFound)
        })
    }

    /// The citizen begins: requests count from here on. What is done begins anew. Also takes a dismissal back. Committed.
    pub fn start(&self, code: &Code) -> Work<()> {
        self.change(code, Change::Start)
    }

    /// The citizen does not want to see it; what was done stays known. Committed.
    pub fn dismiss(&self, code: &Code) -> Work<()> {
        self.change(code, Change::Dismiss)
    }

    /// The citizen says that an item is done, elsewhere or by itself, or takes that back. Begins the bundle. Committed.
    pub fn mark(&self, code: &Code, item: &Code, done: bool) -> Work<()> {
        self.change(code, Change::Mark { item: item.clone(), done })
    }

    /// Asks for newer bundles and, when somebody is signed in, for what the registers say. Abandonable.
    pub fn refresh(&self) -> Work<Refreshed> {
        let bundles = self.clone();
        self.public.abandonable(async move {
            let mut refreshed = bundles.cache.refresh(BundlesDocument).await?;
            if bundles.auth.session().await?.is_live() {
                refreshed.changed |= bundles.cache.refresh(RegistersDocument).await?.changed;
            }
            Ok::<_, Error>(refreshed)
        })
    }

    fn freshen(&self) {
        self.cache.freshen(store::BUNDLES, FRESH_FOR, self.cache.refresh(BundlesDocument));
        self.cache.freshen(store::REGISTERS, FRESH_FOR, self.cache.refresh(RegistersDocument));
    }

    async fn read(&self, filter: Filter) -> Result<Aged<Vec<Bundle>>> {
        let neighbours = self.neighbours.clone();
        // The state first: a request that is acknowledged in between is then seen twice, not missed.
        let (progress, mut errands, mut facts) = self
            .state
            .read(move |dao| {
                let mut facts = Facts::default();
                for source in &neighbours.sources {
                    facts.merge(source.in_state(dao)?);
                }
                Ok::<_, storage::Error>((store::progress(dao)?, neighbours.errands.in_state(dao)?, facts))
            })
            .await?;
        let answers = self.cache.read(store::REGISTERS, FRESH_FOR, |_| Ok(())).await?;
        let (neighbours, now) = (self.neighbours.clone(), self.cache.clock().now());
        let read = move |dao: &Dao<'_>| {
            facts.merge(store::register_facts(dao)?);
            for source in &neighbours.sources {
                facts.merge(source.in_cache(dao)?);
            }
            errands.extend(neighbours.errands.in_cache(dao)?);
            let services = &*neighbours.services;
            let situation = Situation { facts, progress, errands, now, services, missing: Cell::default() };
            situation.bundles(&store::definitions(dao)?, filter, dao)
        };
        let mut bundles = self.cache.read(store::BUNDLES, FRESH_FOR, read).await?;
        // As old as the older of what they are made of; with nobody signed in there are no answers to be old.
        if let Some(answered) = answers.as_of {
            bundles.as_of = bundles.as_of.map(|as_of| as_of.min(answered));
            bundles.stale |= answers.stale;
        }
        Ok(bundles)
    }

    /// Only of a bundle, and an item of it, that is shown; and only for a citizen: there is no key to seal with otherwise.
    fn change(&self, code: &Code, change: Change) -> Work<()> {
        let (bundles, code) = (self.clone(), code.clone());
        self.spawner.committed(async move {
            let generation = bundles.state.generation(); // in the next file is another citizen's progress
            bundles.auth.citizen().await?;
            let shown = bundles.read(Filter::All).await?.value;
            let bundle = shown.iter().find(|one| one.code == code).ok_or(Error::NotFound)?;
            if let Change::Mark { item, done: _ } = &change
                && !bundle.items.iter().any(|one| one.code == *item)
            {
                return Err(Error::NotFound);
            }
            let (standing, now) = (bundle.standing, bundles.cache.clock().now().unix_ms());
            let write = move |dao: &mut Dao<'_>| {
                let mut progress = store::progress(dao)?;
                progress.set(code.as_str(), change.applied(progress.of(code.as_str()), standing, now));
                store::put_progress(dao, &progress)
            };
            bundles.state.write_to(generation, write).await?;
            bundles.events.changed(Area::Bundles);
            Ok::<_, Error>(())
        })
    }
}

impl Kept {
    fn begun(started_at: i64, counts_from: i64) -> Self {
        Self { started_at: Some(started_at), counts_from: Some(counts_from), ..Self::default() }
    }
}

/// What the citizen does with a bundle.
enum Change {
    Start,
    Dismiss,
    Mark { item: Code, done: bool },
}

impl Change {
    fn applied(&self, mut kept: Kept, standing: Standing, now: i64) -> Kept {
        match self {
            Self::Start => match standing {
                Standing::Started => {}
                Standing::Offered => kept = Kept::begun(now, lately(now)),
                // Once more: nothing of what is done counts again.
                Standing::Done => kept = Kept::begun(now, now),
                Standing::Dismissed => {
                    kept.started_at = Some(now);
                    kept.dismissed = false;
                }
            },
            Self::Dismiss => kept.dismissed = true,
            Self::Mark { item, done } => {
                if standing == Standing::Offered {
                    kept = Kept::begun(now, lately(now)); // marks of an earlier occasion go
                }
                kept.started_at.get_or_insert(now);
                kept.done.retain(|(code, _)| code != item.as_str());
                if *done {
                    kept.done.push((item.as_str().to_owned(), now));
                }
            }
        }
        kept
    }
}
