//! Reads that work with no network.
//!
//! Guarantees: an answer comes from the device, at once, with its age; a refresh is conditional and changes rows
//! and their age in one transaction; a failed refresh changes nothing, nor does one that comes late.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{OptionalExtension as _, named_params};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Aged, tolerant};
use crate::{
    foundation::{
        clock::{Clock, Timestamp},
        error::{Outcome, Outward, outward_from},
        events::{Area, Events},
        runtime::Spawner,
        storage::{self, Dao, RowExt as _, Store},
    },
    gateway::{self, Call, Endpoint, Gateway, Reply},
};

/// After a refresh that failed, a read does not start another one for this long: a phone in a valley would try at every touch.
const QUIET_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Items asked for at a time in a change feed.
const FEED_PAGE: u32 = 50;

/// Pages pulled before a feed gives others a turn; the rest comes with the next sync.
const FEED_PAGES_PER_PULL: u32 = 40;

/// Something pulled whole and confirmed by its ETag.
pub trait Document: Send + Sync + 'static {
    const AREA: Area;
    /// Older than this and it is marked stale.
    const FRESH_FOR: Duration;
    type Wire: DeserializeOwned + Send + 'static;

    /// Its row in the table of what was pulled; unique.
    fn name(&self) -> String;
    fn endpoint(&self) -> &'static Endpoint<(), Self::Wire>;
    /// Values for the placeholders in the endpoint's path.
    fn params(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Replaces the rows.
    fn store(&self, wire: Self::Wire, dao: &mut Dao<'_>) -> storage::Result<()>;
}

/// Something pulled as a feed of changes, from where the last pull ended.
pub trait Feed: Send + Sync + 'static {
    const NAME: &'static str;
    const AREA: Area;
    const FRESH_FOR: Duration;
    type Item: DeserializeOwned + Send + 'static;

    fn endpoint() -> &'static Endpoint<(), Changes<Self::Item>>;
    /// Puts one page of changes into the rows. Seeing an item again changes nothing.
    fn store(items: Vec<Self::Item>, dao: &mut Dao<'_>) -> storage::Result<()>;
    /// Forgets all rows: the other side has started its feed anew.
    fn reset(dao: &mut Dao<'_>) -> storage::Result<()>;
}

/// One page of a feed of changes. An item that can't be read is left out: it must not stop the feed.
#[derive(Debug, Clone, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub struct Changes<T> {
    #[serde(deserialize_with = "tolerant::each")]
    pub items: Vec<T>,
    pub next: i64,
    pub more: bool,
}

/// Why a refresh did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Gateway(#[from] gateway::Error),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

impl Outward for Error {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Gateway(inner) => inner.outcome(),
            Self::Storage(inner) => inner.outcome(),
        }
    }
}

outward_from!(Error);

/// What a refresh did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refreshed {
    pub changed: bool,
    /// The feed has more than was pulled in this turn.
    pub more: bool,
}

/// `cache.db` and the way to fill it. Cheap to clone.
#[derive(Clone)]
pub struct Cache {
    store: Store,
    gateway: Gateway,
    clock: Arc<dyn Clock>,
    events: Events,
    spawner: Spawner,
    background: Arc<Mutex<HashMap<String, Background>>>,
}

#[derive(Clone, Copy)]
enum Background {
    Running,
    FailedAt(Timestamp),
}

impl Cache {
    pub fn new(store: Store, gateway: Gateway, clock: Arc<dyn Clock>, events: Events, spawner: Spawner) -> Self {
        Self { store, gateway, clock, events, spawner, background: Arc::default() }
    }

    /// Reads rows and the age of `name` from one snapshot.
    pub async fn read<T: Send + 'static>(
        &self,
        name: impl Into<String>,
        fresh_for: Duration,
        read: impl FnOnce(&Dao<'_>) -> storage::Result<T> + Send + 'static,
    ) -> storage::Result<Aged<T>> {
        let name = name.into();
        let now = self.clock.now();
        self.store
            .read(move |dao| {
                let value = read(dao)?;
                let as_of = pulled(dao, &name)?.map(|p| p.as_of);
                // A clock set back makes everything look fresh for ever: an age from the future counts as stale.
                let stale = as_of.is_none_or(|at| at > now || now.since(at) > fresh_for);
                Ok(Aged { value, as_of, stale })
            })
            .await
    }

    /// Reads rows whose age does not matter.
    pub async fn rows<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Dao<'_>) -> storage::Result<T> + Send + 'static,
    ) -> storage::Result<T> {
        self.store.read(read).await
    }

    /// Asks whether a document changed and stores it if it did.
    pub async fn refresh<D: Document>(&self, document: D) -> Result<Refreshed, Error> {
        let name = document.name();
        let generation = self.store.generation(); // what is asked for now must not land in a later citizen's file
        let known = self.pulled(name.clone()).await?;
        let (params, etag) = (document.params(), known.and_then(|k| k.etag));
        let call = params.iter().fold(Call::new(), |call, (name, value)| call.param(name, value));
        let call = call.if_none_match(etag.as_deref());
        let reply = self.gateway.call(document.endpoint(), call).await?;
        let now = self.clock.now();
        let changed = match reply {
            Reply::NotModified => {
                self.store.write_to(generation, move |dao| confirm(dao, &name, now)).await?;
                false
            }
            Reply::Fresh { value, etag } => {
                self.store
                    .write_to(generation, move |dao| {
                        document.store(value, dao)?;
                        record(dao, &name, &Pulled { etag, cursor: 0, as_of: now })
                    })
                    .await?;
                true
            }
        };
        if changed {
            self.events.changed(D::AREA);
        }
        Ok(Refreshed { changed, more: false })
    }

    /// Pulls what changed since the last pull. Resumable: each page is one transaction, and is told when it is stored.
    pub async fn pull<F: Feed>(&self) -> Result<Refreshed, Error> {
        let generation = self.store.generation();
        let mut changed = false;
        let mut cursor = self.cursor::<F>().await?;
        for _ in 0..FEED_PAGES_PER_PULL {
            let call = Call::new().query("after", cursor).query("limit", FEED_PAGE);
            let page = match self.gateway.call(F::endpoint(), call).await {
                Ok(Reply::Fresh { value, .. }) => value,
                Ok(Reply::NotModified) => break,
                Err(gateway::Error::Problem(problem)) if problem.status == 410 && cursor > 0 => {
                    changed |= self.start_anew::<F>(generation, cursor).await?;
                    cursor = self.cursor::<F>().await?;
                    continue;
                }
                Err(other) => return Err(other.into()),
            };
            let more = page.more && page.next > cursor;
            let (news, next) = (!page.items.is_empty(), page.next);
            if !self.keep_page::<F>(generation, cursor, page).await? {
                cursor = self.cursor::<F>().await?; // another pull was faster: on from where it stands
                continue;
            }
            changed |= news;
            cursor = next;
            if !more {
                return Ok(Refreshed { changed, more: false });
            }
        }
        Ok(Refreshed { changed, more: true })
    }

    /// Refreshes in the background what is older than `fresh_for`: at most once at a time for a name, and not soon
    /// after a failure.
    pub fn freshen(
        &self,
        name: impl Into<String>,
        fresh_for: Duration,
        refresh: impl Future<Output = Result<Refreshed, Error>> + Send + 'static,
    ) {
        let name = name.into();
        let now = self.clock.now();
        {
            let mut background = self.background.lock().unwrap_or_else(PoisonError::into_inner);
            match background.get(&name) {
                Some(Background::Running) => return,
                Some(Background::FailedAt(at)) if *at <= now && now.since(*at) < QUIET_AFTER_FAILURE => return,
                Some(Background::FailedAt(_)) | None => background.insert(name.clone(), Background::Running),
            };
        }
        let cache = self.clone();
        self.spawner.detached(async move {
            let mut ending = Ending { cache: cache.clone(), name: name.clone(), failed: true };
            ending.failed = match cache.read(name, fresh_for, |_| Ok(())).await {
                Ok(age) if age.stale => refresh.await.is_err(), // whoever asks for a sync hears why
                Ok(_) => false,
                Err(_) => true,
            };
        });
    }

    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    async fn pulled(&self, name: String) -> storage::Result<Option<Pulled>> {
        self.store.read(move |dao| pulled(dao, &name)).await
    }

    async fn cursor<F: Feed>(&self) -> storage::Result<i64> {
        self.store.read(|dao| cursor(dao, F::NAME)).await
    }

    /// Stores a page if the feed still stands where the page was asked for; `false`: it does not, and nothing changed.
    async fn keep_page<F: Feed>(&self, generation: u64, asked: i64, page: Changes<F::Item>) -> storage::Result<bool> {
        let (now, news) = (self.clock.now(), !page.items.is_empty());
        let kept = self
            .store
            .write_to(generation, move |dao| {
                if cursor(dao, F::NAME)? != asked {
                    return Ok::<_, storage::Error>(false);
                }
                F::store(page.items, dao)?;
                record(dao, F::NAME, &Pulled { etag: None, cursor: page.next, as_of: now })?;
                Ok(true)
            })
            .await?;
        if kept && news {
            self.events.changed(F::AREA);
        }
        Ok(kept)
    }

    /// As [`Cache::keep_page`], for a feed of which the other side has started another.
    async fn start_anew<F: Feed>(&self, generation: u64, asked: i64) -> storage::Result<bool> {
        let reset = self
            .store
            .write_to(generation, move |dao| {
                if cursor(dao, F::NAME)? != asked {
                    return Ok::<_, storage::Error>(false);
                }
                F::reset(dao)?;
                forget(dao, F::NAME)?;
                Ok(true)
            })
            .await?;
        if reset {
            self.events.changed(F::AREA);
        }
        Ok(reset)
    }
}

/// Ends a refresh in the background, also one that panicked or was called off: that one failed.
struct Ending {
    cache: Cache,
    name: String,
    failed: bool,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        let mut background = self.cache.background.lock().unwrap_or_else(PoisonError::into_inner);
        if self.failed {
            background.insert(name, Background::FailedAt(self.cache.clock.now()));
        } else {
            background.remove(&name);
        }
    }
}

/// Names the content of `name` as it stands in this snapshot: another name, another content. `None`: never pulled.
pub fn edition(dao: &Dao<'_>, name: &str) -> storage::Result<Option<String>> {
    Ok(pulled(dao, name)?.map(|pulled| pulled.etag.unwrap_or_else(|| pulled.as_of.to_string())))
}

fn cursor(dao: &Dao<'_>, name: &str) -> storage::Result<i64> {
    Ok(pulled(dao, name)?.map_or(0, |pulled| pulled.cursor))
}

struct Pulled {
    etag: Option<String>,
    cursor: i64,
    as_of: Timestamp,
}

fn pulled(dao: &Dao<'_>, name: &str) -> storage::Result<Option<Pulled>> {
    let row = dao
        .sql()
        .query_row("SELECT etag, cursor, as_of FROM pulled WHERE name = :name", named_params! {":name": name}, |row| {
            Ok(Pulled { etag: row.get("etag")?, cursor: row.get("cursor")?, as_of: row.timestamp("as_of")? })
        })
        .optional()?;
    Ok(row)
}

fn record(dao: &mut Dao<'_>, name: &str, pulled: &Pulled) -> storage::Result<()> {
    dao.sql().execute(
        "INSERT INTO pulled (name, etag, cursor, as_of) VALUES (:name, :etag, :cursor, :as_of)
         ON CONFLICT (name) DO UPDATE SET etag = excluded.etag, cursor = excluded.cursor, as_of = excluded.as_of",
        named_params! {":name": name, ":etag": pulled.etag, ":cursor": pulled.cursor, ":as_of": pulled.as_of.unix_ms()},
    )?;
    Ok(())
}

fn confirm(dao: &mut Dao<'_>, name: &str, as_of: Timestamp) -> storage::Result<()> {
    dao.sql().execute(
        "UPDATE pulled SET as_of = :as_of WHERE name = :name",
        named_params! {":name": name, ":as_of": as_of.unix_ms()},
    )?;
    Ok(())
}

fn forget(dao: &mut Dao<'_>, name: &str) -> storage::Result<()> {
    dao.sql().execute("DELETE FROM pulled WHERE name = :name", named_params! {":name": name})?;
    Ok(())
}
