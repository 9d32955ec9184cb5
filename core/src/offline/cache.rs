//! Reads that work with no network.
//!
//! Guarantees: an answer comes from the device, at once, with its age; a refresh is conditional and changes rows, their
//! version and their age in one transaction; a failed refresh changes nothing, nor does one that comes late, nor a signed
//! document older than the one that is here or than its floor.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{OptionalExtension as _, named_params};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Aged, tolerant};
use crate::{
    foundation::{
        clock::{Clock, Timestamp},
        error::{self, Outcome, Outward, outward_from},
        events::{Area, Events},
        policy::Policies,
        runtime::Spawner,
        storage::{self, Dao, Job, RowExt as _, Store},
    },
    gateway::{self, Call, Edition, Endpoint, Gateway, Refusal, Reply, Route, Unread},
};

/// After a refresh that failed, a read does not start another one for this long: a phone in a valley would try at every touch.
const QUIET_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// A document that is refused for the same reason again is not told of again for this long: a server that lies, lies at
/// every sync.
const QUIET_AFTER_REFUSAL: Duration = Duration::from_secs(24 * 3600);

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
    fn endpoint(&self) -> &'static Endpoint<Self::Wire>;
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

    fn endpoint() -> &'static Endpoint<Changes<Self::Item>>;
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
    /// A document was not to be trusted, and what was there stays. `told`: the log has it, once a day.
    #[error("a document was refused: {why}")]
    Refused { why: Refusal, told: error::Error },
}

impl Outward for Error {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Gateway(inner) => inner.outcome(),
            Self::Storage(inner) => inner.outcome(),
            Self::Refused { told, .. } => Outcome::Expected(told.clone()),
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
    policies: Policies,
    background: Arc<Mutex<HashMap<String, Background>>>,
    refusals: Arc<Mutex<HashMap<String, Refused>>>,
}

/// When a document was last told of as refused, why, and what was said.
type Refused = (Timestamp, Refusal, error::Error);

#[derive(Clone, Copy)]
enum Background {
    Running,
    FailedAt(Timestamp),
}

impl Cache {
    pub fn new(
        store: Store,
        gateway: Gateway,
        clock: Arc<dyn Clock>,
        events: Events,
        spawner: Spawner,
        policies: Policies,
    ) -> Self {
        let (background, refusals) = (Arc::default(), Arc::default());
        Self { store, gateway, clock, events, spawner, policies, background, refusals }
    }

    /// Reads rows and the age of `name` from one snapshot.
    pub fn read<T: Send + 'static>(
        &self,
        name: impl Into<String>,
        fresh_for: Duration,
        read: impl FnOnce(&Dao<'_>) -> storage::Result<T> + Send + 'static,
    ) -> Job<Aged<T>, storage::Error> {
        let (name, now) = (name.into(), self.clock.now());
        self.store.read(move |dao| {
            let value = read(dao)?;
            let (as_of, stale) = age(dao, &name, fresh_for, now)?;
            Ok(Aged { value, as_of, stale })
        })
    }

    /// Reads what was kept of a signed document, if it may still be believed. Blocks.
    pub fn trusted_now<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Dao<'_>) -> storage::Result<T>,
    ) -> storage::Result<Option<T>> {
        self.store.read_now(|dao| match pulled(dao, name)? {
            Some(known) if self.trusts(&known) => read(dao).map(Some),
            Some(_) | None => Ok(None),
        })
    }

    /// Reads rows whose age does not matter.
    pub fn rows<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Dao<'_>) -> storage::Result<T> + Send + 'static,
    ) -> Job<T, storage::Error> {
        self.store.read(read)
    }

    /// Asks whether a document changed and stores it if it did.
    pub fn refresh<D: Document>(&self, document: D) -> Refreshing {
        Box::pin(self.clone().refresh_any(Box::new(document)))
    }

    /// What [`Cache::keep_whole`] is asked with: taken before the other side is asked.
    pub fn generation(&self) -> u64 {
        self.store.generation()
    }

    /// Keeps what was read whole in some other way than as a document or a feed; `keep` says whether that changed rows.
    pub async fn keep_whole(
        &self,
        generation: u64,
        (name, area): (&'static str, Area),
        keep: impl FnOnce(&mut Dao<'_>) -> storage::Result<bool> + Send + 'static,
    ) -> Result<Refreshed, Error> {
        let pulled = Pulled { etag: None, cursor: 0, as_of: self.clock.now(), edition: None };
        let write = move |dao: &mut Dao<'_>| {
            let changed = keep(dao)?;
            record(dao, name, &pulled)?;
            Ok::<_, storage::Error>(changed)
        };
        let changed = self.store.write_to(generation, write).await?;
        if changed {
            self.events.changed(area);
        }
        Ok(Refreshed { changed, more: false })
    }

    /// Pulls what changed since the last pull. Resumable: each page is one transaction, and is told when it is stored.
    pub fn pull<F: Feed>(&self) -> Refreshing {
        Box::pin(self.clone().pull_any(AnyFeed::of::<F>()))
    }

    async fn refresh_any(self, document: Box<dyn AnyDocument>) -> Result<Refreshed, Error> {
        let name = document.name();
        let generation = self.store.generation(); // what is asked for now must not land in a later citizen's file
        let row = name.clone();
        let known = self.store.read(move |dao| pulled(dao, &row)).await?;
        // A 304 confirms what was verified before: what could not be verified now is asked for whole.
        let known = known.filter(|known| document.route().signed.is_none() || self.trusts(known));
        let (params, etag) = (document.params(), known.and_then(|k| k.etag));
        let call = params.iter().fold(Call::new(), |call, (name, value)| call.param(name, value));
        let reply = match self.gateway.fetch(document.route(), call.if_none_match(etag.as_deref())).await {
            Err(gateway::Error::Refused { why, .. }) => return Err(self.refused(name, why)),
            reply => reply?,
        };
        let (area, now) = (document.area(), self.clock.now());
        let Reply::Fresh { value: body, etag } = reply else {
            self.store.write_to(generation, move |dao| confirm(dao, &name, now)).await?;
            return Ok(Refreshed { changed: false, more: false });
        };
        let store = document.read(&body)?;
        let pulled = Pulled { etag, cursor: 0, as_of: now, edition: body.edition };
        let (row, cache) = (name.clone(), self.clone());
        let write = move |dao: &mut Dao<'_>| {
            if cache.is_older(dao, &row, pulled.edition.as_ref())? {
                return Ok::<_, storage::Error>(false);
            }
            store(dao)?;
            record(dao, &row, &pulled)?;
            Ok(true)
        };
        if !self.store.write_to(generation, write).await? {
            return Err(self.refused(name, Refusal::Rollback));
        }
        self.refusals().remove(&name);
        self.events.changed(area);
        Ok(Refreshed { changed: true, more: false })
    }

    /// Whether what is here is no older than it may be, and by a key that may still sign.
    fn trusts(&self, known: &Pulled) -> bool {
        known.edition.as_ref().is_some_and(|edition| {
            self.gateway.knows(&edition.signed_by) && edition.version >= self.policies.now().floor(&edition.document)
        })
    }

    /// Whether a version is older than the one that is here, or than its floor. What was signed by a key that may sign no
    /// more does not count: it might be its last work that nothing newer is ever taken.
    fn is_older(&self, dao: &Dao<'_>, name: &str, found: Option<&Edition>) -> storage::Result<bool> {
        let Some(found) = found else { return Ok(false) };
        let kept = pulled(dao, name)?.and_then(|pulled| pulled.edition);
        let kept = kept.filter(|kept| self.gateway.knows(&kept.signed_by)).map_or(0, |kept| kept.version);
        Ok(found.version < kept.max(self.policies.now().floor(&found.document)))
    }

    /// Says it in the log, once a day for each document and reason.
    fn refused(&self, name: String, why: Refusal) -> Error {
        let now = self.clock.now();
        let mut refusals = self.refusals();
        let before = refusals
            .get(&name)
            .filter(|(at, reason, _)| *reason == why && *at <= now && now.since(*at) < QUIET_AFTER_REFUSAL);
        let told = match before {
            Some((_, _, told)) => told.clone(),
            None => {
                let kind = name.split('/').next().unwrap_or_default(); // not which service somebody looked at
                let told = error::defect(why.code(), &format!("{kind}: {why}"));
                refusals.insert(name, (now, why, told.clone()));
                told
            }
        };
        Error::Refused { why, told }
    }

    fn refusals(&self) -> MutexGuard<'_, HashMap<String, Refused>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pull_any(self, feed: AnyFeed) -> Result<Refreshed, Error> {
        let generation = self.store.generation();
        let mut changed = false;
        let mut cursor = self.cursor(&feed).await?;
        for _ in 0..FEED_PAGES_PER_PULL {
            let call = Call::new().query("after", cursor).query("limit", FEED_PAGE);
            let page = match self.gateway.fetch(feed.route, call).await {
                Ok(Reply::Fresh { value: body, .. }) => (feed.read)(&body)?,
                Ok(Reply::NotModified) => break,
                Err(gateway::Error::Problem(problem)) if problem.status == 410 && cursor > 0 => {
                    changed |= self.start_anew(&feed, generation, cursor).await?;
                    cursor = self.cursor(&feed).await?;
                    continue;
                }
                Err(other) => return Err(other.into()),
            };
            let more = page.more && page.next > cursor;
            let (news, next) = (page.news, page.next);
            if !self.keep_page(&feed, generation, cursor, page).await? {
                cursor = self.cursor(&feed).await?; // another pull was faster: on from where it stands
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

    /// A value that was read before, with its age as of now.
    pub fn aged<T>(&self, value: T, as_of: Option<Timestamp>, fresh_for: Duration) -> Aged<T> {
        Aged { value, as_of, stale: is_stale(as_of, fresh_for, self.clock.now()) }
    }

    /// Refreshes in the background what is older than `fresh_for`: at most once at a time for a name, and not soon
    /// after a failure. True if it was begun.
    pub fn freshen(
        &self,
        name: impl Into<String>,
        fresh_for: Duration,
        refresh: impl Future<Output = Result<Refreshed, Error>> + Send + 'static,
    ) -> bool {
        let name = name.into();
        let begins = self.begins(&name);
        if begins {
            self.spawner.detached(self.clone().freshen_any(name, fresh_for, Box::pin(refresh)));
        }
        begins
    }

    /// Whether a refresh of `name` is wanted now; if so it is marked as running.
    fn begins(&self, name: &str) -> bool {
        let now = self.clock.now();
        let mut background = self.background.lock().unwrap_or_else(PoisonError::into_inner);
        match background.get(name) {
            Some(Background::Running) => return false,
            Some(Background::FailedAt(at)) if *at <= now && now.since(*at) < QUIET_AFTER_FAILURE => return false,
            Some(Background::FailedAt(_)) | None => background.insert(name.to_owned(), Background::Running),
        };
        true
    }

    async fn freshen_any(self, name: String, fresh_for: Duration, refresh: Refreshing) {
        let mut ending = Ending { cache: self.clone(), name: name.clone(), failed: true };
        ending.failed = match self.read(name, fresh_for, |_| Ok(())).await {
            Ok(age) if age.stale => refresh.await.is_err(), // whoever asks for a sync hears why
            Ok(_) => false,
            Err(_) => true,
        };
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    fn cursor(&self, feed: &AnyFeed) -> Job<i64, storage::Error> {
        let name = feed.name;
        self.store.read(move |dao| cursor(dao, name))
    }

    /// Stores a page if the feed still stands where the page was asked for; `false`: it does not, and nothing changed.
    async fn keep_page(&self, feed: &AnyFeed, generation: u64, asked: i64, page: Page) -> storage::Result<bool> {
        let (name, news) = (feed.name, page.news);
        let pulled = Pulled { etag: None, cursor: page.next, as_of: self.clock.now(), edition: None };
        let write = move |dao: &mut Dao<'_>| {
            if cursor(dao, name)? != asked {
                return Ok::<_, storage::Error>(false);
            }
            (page.store)(dao)?;
            record(dao, name, &pulled)?;
            Ok(true)
        };
        let kept = self.store.write_to(generation, write).await?;
        if kept && news {
            self.events.changed(feed.area);
        }
        Ok(kept)
    }

    /// As [`Cache::keep_page`], for a feed of which the other side has started another.
    async fn start_anew(&self, feed: &AnyFeed, generation: u64, asked: i64) -> storage::Result<bool> {
        let (name, forget_rows) = (feed.name, feed.reset);
        let write = move |dao: &mut Dao<'_>| {
            if cursor(dao, name)? != asked {
                return Ok::<_, storage::Error>(false);
            }
            forget_rows(dao)?;
            forget(dao, name)?;
            Ok(true)
        };
        let reset = self.store.write_to(generation, write).await?;
        if reset {
            self.events.changed(feed.area);
        }
        Ok(reset)
    }
}

/// A refresh under way; one type for all of them.
pub type Refreshing = Pin<Box<dyn Future<Output = Result<Refreshed, Error>> + Send>>;

/// Puts what was pulled into the rows.
type Rows = Box<dyn FnOnce(&mut Dao<'_>) -> storage::Result<()> + Send>;

/// A [`Document`] of any type, so that pulling is compiled once.
trait AnyDocument: Send + Sync {
    fn name(&self) -> String;
    fn area(&self) -> Area;
    fn route(&self) -> Route;
    fn params(&self) -> Vec<(&'static str, String)>;
    fn read(self: Box<Self>, body: &Unread) -> gateway::Result<Rows>;
}

impl<D: Document> AnyDocument for D {
    fn name(&self) -> String {
        Document::name(self)
    }
    fn area(&self) -> Area {
        D::AREA
    }
    fn route(&self) -> Route {
        self.endpoint().route
    }
    fn params(&self) -> Vec<(&'static str, String)> {
        Document::params(self)
    }
    fn read(self: Box<Self>, body: &Unread) -> gateway::Result<Rows> {
        let wire: D::Wire = body.read()?;
        Ok(Box::new(move |dao| self.store(wire, dao)))
    }
}

/// A [`Feed`] of any type.
struct AnyFeed {
    name: &'static str,
    area: Area,
    route: Route,
    read: fn(&Unread) -> gateway::Result<Page>,
    reset: fn(&mut Dao<'_>) -> storage::Result<()>,
}

/// One page of changes, read.
struct Page {
    store: Rows,
    news: bool,
    next: i64,
    more: bool,
}

impl AnyFeed {
    fn of<F: Feed>() -> Self {
        let read = |body: &Unread| {
            let Changes { items, next, more } = body.read::<Changes<F::Item>>()?;
            Ok(Page { news: !items.is_empty(), store: Box::new(|dao| F::store(items, dao)), next, more })
        };
        Self { name: F::NAME, area: F::AREA, route: F::endpoint().route, read, reset: F::reset }
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

/// When `name` was pulled last, and whether that is too long ago.
fn age(dao: &Dao<'_>, name: &str, fresh_for: Duration, now: Timestamp) -> storage::Result<(Option<Timestamp>, bool)> {
    let as_of = pulled(dao, name)?.map(|pulled| pulled.as_of);
    Ok((as_of, is_stale(as_of, fresh_for, now)))
}

/// A clock set back makes everything look fresh for ever: an age from the future counts as stale.
fn is_stale(as_of: Option<Timestamp>, fresh_for: Duration, now: Timestamp) -> bool {
    as_of.is_none_or(|at| at > now || now.since(at) > fresh_for)
}

struct Pulled {
    etag: Option<String>,
    cursor: i64,
    as_of: Timestamp,
    /// Of a signed document.
    edition: Option<Edition>,
}

fn pulled(dao: &Dao<'_>, name: &str) -> storage::Result<Option<Pulled>> {
    let row = dao
        .sql()
        .query_row(
            "SELECT etag, cursor, as_of, document, version, signed_by FROM pulled WHERE name = :name",
            named_params! {":name": name},
            |row| {
                let (document, signed_by) = (row.get("document")?, row.get("signed_by")?);
                let version = row.get("version")?;
                let edition = match (document, signed_by) {
                    (Some(document), Some(signed_by)) => Some(Edition { document, version, signed_by }),
                    (_, _) => None,
                };
                Ok(Pulled {
                    etag: row.get("etag")?,
                    cursor: row.get("cursor")?,
                    as_of: row.timestamp("as_of")?,
                    edition,
                })
            },
        )
        .optional()?;
    Ok(row)
}

fn record(dao: &mut Dao<'_>, name: &str, pulled: &Pulled) -> storage::Result<()> {
    let edition = pulled.edition.as_ref();
    dao.sql().execute(
        "INSERT INTO pulled (name, etag, cursor, as_of, document, version, signed_by)
         VALUES (:name, :etag, :cursor, :as_of, :document, :version, :signed_by)
         ON CONFLICT (name) DO UPDATE SET etag = excluded.etag, cursor = excluded.cursor, as_of = excluded.as_of,
             document = excluded.document, version = excluded.version, signed_by = excluded.signed_by",
        named_params! {
            ":name": name, ":etag": pulled.etag, ":cursor": pulled.cursor, ":as_of": pulled.as_of.unix_ms(),
            ":document": edition.map(|edition| edition.document.as_str()),
            ":version": edition.map_or(0, |edition| edition.version),
            ":signed_by": edition.map(|edition| edition.signed_by.as_str()),
        },
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
