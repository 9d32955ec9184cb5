//! The catalogue of public services: found, listed and explained with no network.
//!
//! Guarantees: answers come from the device; what the catalogue does not know is said to be unknown; what is public is
//! readable before anybody signs in; what a citizen keeps of it (favourites, recent searches) is there from sign-in to
//! sign-out.

mod mine;
mod model;
mod shelf;
mod store;
mod wire;

#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

pub use emongolia_search::Hypothesis;
pub use model::{
    Area, AreaKind, Duration as ServiceDuration, Fee, Filter, Highlight, Hit, How, Organisation, OrganisationId,
    Refusal, SearchPage, Service, ServiceDetail, ServiceKind, SpokenOutcome, SpokenResults, Why,
};
use shelf::{Asked, Kept, Place, Shelf};

use super::ServiceId;
use crate::{
    auth::Auth,
    country::AreaCode,
    foundation::{
        error::{Error, Result},
        events::{Area as EventArea, Events},
        runtime::{Joined, Spawner, Work},
        storage::{self, Job, Store},
    },
    offline::{
        Aged, Page,
        cache::{self, Cache, Document, Refreshed},
        unknown_cursor,
    },
};

/// Services change a few times a week; a day-old list is still good.
const FRESH_FOR: Duration = Duration::from_secs(24 * 3600);

/// The catalogue. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    cache: Cache,
    state: Store,
    auth: Auth,
    events: Events,
    spawner: Spawner,
    place: Arc<Place>,
    citizen: Arc<Citizen>,
    home: Arc<dyn Home>,
}

/// Where the citizen lives, as another room knows it. `app` brings it.
pub trait Home: Send + Sync {
    /// From `cache.db`.
    fn area(&self, dao: &storage::Dao<'_>) -> storage::Result<Option<AreaCode>>;
}

/// What of the citizen's a search regards, in memory.
#[derive(Default)]
struct Citizen {
    known: RwLock<Known>,
    /// One reading at a time: the last one is of what is there last.
    reading: tokio::sync::Mutex<()>,
}

/// What is in the files of this generation: in the next is another citizen's.
#[derive(Default, Clone)]
struct Known {
    generation: u64,
    favourites: Arc<HashSet<ServiceId>>,
    home: Option<AreaCode>,
}

impl Catalogue {
    pub fn new(cache: Cache, state: Store, auth: Auth, events: Events, spawner: Spawner, home: Arc<dyn Home>) -> Self {
        Self { cache, state, auth, events, spawner, place: Arc::default(), citizen: Arc::default(), home }
    }

    /// One page of services by the Mongolian alphabet, with the age of the catalogue. Abandonable.
    pub fn services(&self, filter: Filter, after: Option<String>) -> Work<Aged<Page<Service>>> {
        self.freshen();
        let catalogue = self.clone();
        let read = async move {
            let favourites = catalogue.read_favourites().await;
            let aged = catalogue
                .cache
                .read(store::CATALOGUE, FRESH_FOR, move |dao| {
                    if !store::is_service_cursor(dao, after.as_deref())? {
                        return Ok(None);
                    }
                    store::services(dao, &filter, after.as_deref()).map(Some)
                })
                .await?;
            Ok::<_, Error>(aged.ok_or(unknown_cursor("after"))?.map(|mut services| {
                services.iter_mut().for_each(|service| mark(service, &favourites));
                Page::cut(services, store::cursor)
            }))
        };
        self.spawner.abandonable(read)
    }

    /// One page of services that answer `query`, in whatever form, script or spelling, best first. From memory, at once:
    /// for the main thread too. While that is being filled the page says so, and an event tells when to ask again.
    pub fn search(&self, query: &str, filter: &Filter, after: Option<&str>) -> Result<Aged<SearchPage>> {
        let Some(Kept { shelf, as_of, .. }) = self.kept()? else {
            let page = SearchPage { preparing: true, ..SearchPage::default() };
            return Ok(self.cache.aged(page, None, FRESH_FOR));
        };
        let Known { favourites, home, generation: _ } = self.known();
        let page = shelf.page(&Asked::new(filter, &favourites, home), query, after)?;
        Ok(self.cache.aged(page, as_of, FRESH_FOR))
    }

    /// What was probably asked for aloud: hypotheses of the platform's recogniser, in its order. Audio never comes here,
    /// and no service is started. From memory, as [`Catalogue::search`].
    pub fn search_spoken(&self, hypotheses: &[Hypothesis], filter: &Filter) -> Result<Aged<SpokenResults>> {
        let Some(Kept { shelf, as_of, .. }) = self.kept()? else {
            let heard = hypotheses.first().map(|first| first.text.clone()).unwrap_or_default();
            let outcome = SpokenOutcome::Nothing(None);
            let results = SpokenResults { heard, outcome, hidden_by_filter: false, preparing: true };
            return Ok(self.cache.aged(results, None, FRESH_FOR));
        };
        let Known { favourites, home, generation: _ } = self.known();
        let results = shelf.spoken(&Asked::new(filter, &favourites, home), hypotheses);
        Ok(self.cache.aged(results, as_of, FRESH_FOR))
    }

    /// Waits until searches are answered from what is stored now. Abandonable.
    pub fn searchable(&self) -> Work<()> {
        let filled = self.prepare();
        self.spawner.abandonable(async move { Ok::<_, Error>(filled.await??) })
    }

    /// What is known of one service: from the device at once, asked for only if it was never fetched. Without a network
    /// that is what the list knows, and `as_of` is `None`. Abandonable.
    pub fn service(&self, id: &ServiceId) -> Work<Aged<ServiceDetail>> {
        let (catalogue, id) = (self.clone(), id.clone());
        self.spawner.abandonable(async move {
            let mut detail = kept_or_fetched(&catalogue.cache, id).await?.ok_or(Error::NotFound)?;
            let favourites = catalogue.read_favourites().await;
            mark(&mut detail.value.service, &favourites);
            Ok::<_, Error>(detail)
        })
    }

    /// One page of organisations by the Mongolian alphabet. Abandonable.
    pub fn organisations(&self, after: Option<String>) -> Work<Aged<Page<Organisation>>> {
        self.freshen();
        let cache = self.cache.clone();
        let read = async move {
            let aged = cache
                .read(store::CATALOGUE, FRESH_FOR, move |dao| {
                    if !store::is_organisation_cursor(dao, after.as_deref())? {
                        return Ok(None);
                    }
                    store::organisations(dao, after.as_deref()).map(Some)
                })
                .await?;
            Ok::<_, Error>(
                aged.ok_or(unknown_cursor("after"))?.map(|rows| Page::cut(rows, |last| last.id.as_str().to_owned())),
            )
        };
        self.spawner.abandonable(read)
    }

    /// One page of the units inside `parent` (`MN` for the aimags and the capital), by code. Abandonable.
    pub fn areas(&self, parent: &str, after: Option<String>) -> Work<Aged<Page<Area>>> {
        let (cache, parent) = (self.cache.clone(), parent.to_owned());
        let read = async move {
            let aged =
                cache.read(store::AREAS, FRESH_FOR, move |dao| store::areas(dao, &parent, after.as_deref())).await?;
            Ok::<_, Error>(aged.map(|rows| Page::cut(rows, |last| last.code.clone())))
        };
        self.spawner.abandonable(read)
    }

    /// One page of the citizen's favourites, newest first; none when nobody is signed in. One that the catalogue has no
    /// more is left out, and comes back with it. Abandonable.
    pub fn favourites(&self, after: Option<ServiceId>) -> Work<Aged<Page<Service>>> {
        self.freshen();
        let catalogue = self.clone();
        self.spawner.personal().abandonable(async move {
            let kept = catalogue.state.read(mine::favourites).await?;
            let start = match &after {
                Some(id) => kept.iter().position(|kept| kept == id).ok_or(unknown_cursor("after"))? + 1,
                None => 0,
            };
            let read = move |dao: &storage::Dao<'_>| {
                let services = kept[start..].iter().filter_map(|id| store::one(dao, id).transpose());
                services.take(crate::offline::PAGE + 1).collect::<storage::Result<Vec<Service>>>()
            };
            let services = catalogue.cache.read(store::CATALOGUE, FRESH_FOR, read).await?;
            Ok::<_, Error>(services.map(|mut services| {
                services.iter_mut().for_each(|service| service.favourite = true);
                Page::cut(services, store::cursor)
            }))
        })
    }

    /// Keeps a service among the favourites; once is enough. [`Error::SignInRequired`] when nobody is signed in. Committed.
    pub fn add_favourite(&self, id: &ServiceId) -> Work<()> {
        let (catalogue, id) = (self.clone(), id.clone());
        self.spawner.personal().committed(async move {
            let row = id.clone();
            catalogue.cache.rows(move |dao| store::one(dao, &row)).await?.ok_or(Error::NotFound)?;
            let changed = catalogue.keep(move |dao| mine::add_favourite(dao, &id)).await?;
            catalogue.favourites_changed(changed).await;
            Ok::<_, Error>(())
        })
    }

    /// Lets go of a favourite, if it is one. Committed.
    pub fn remove_favourite(&self, id: &ServiceId) -> Work<()> {
        let (catalogue, id) = (self.clone(), id.clone());
        self.spawner.personal().committed(async move {
            let changed = catalogue.state.write(move |dao| mine::remove_favourite(dao, &id)).await?;
            catalogue.favourites_changed(changed).await;
            Ok::<_, Error>(())
        })
    }

    /// What the citizen searched for, newest first, at most 20 and none twice; nothing when nobody is signed in. No event
    /// tells of a change: who shows them is who makes them. Abandonable.
    pub fn recent_searches(&self) -> Work<Vec<String>> {
        self.spawner.personal().abandonable(self.state.read(mine::searches))
    }

    /// Keeps what was searched for, once a hit was opened or the query was sent; not at every letter. When nobody is
    /// signed in it is not kept, and that is no error. Committed.
    pub fn remember_search(&self, query: &str) -> Work<()> {
        let (catalogue, text) = (self.clone(), mine::tidied(query));
        self.spawner.personal().committed(async move {
            let Some(text) = text else { return Ok(()) };
            match catalogue.keep(move |dao| Ok(mine::remember_search(dao, &text)?)).await {
                Err(Error::SignInRequired) | Ok(()) => Ok(()),
                Err(other) => Err(other),
            }
        })
    }

    /// Forgets one recent search, if it is one. Committed.
    pub fn forget_search(&self, query: &str) -> Work<()> {
        let (state, text) = (self.state.clone(), mine::tidied(query).unwrap_or_default());
        self.spawner
            .personal()
            .committed(async move { state.write(move |dao| mine::forget_search(dao, &text)).await.map(drop) })
    }

    /// Forgets all recent searches. Committed.
    pub fn forget_searches(&self) -> Work<()> {
        self.spawner.personal().committed(self.state.write(mine::forget_searches))
    }

    /// Asks the gateway for a newer catalogue, and makes it searchable. Abandonable: what was stored stays.
    pub fn refresh(&self) -> Work<Refreshed> {
        self.spawner.abandonable(self.clone().pull())
    }

    /// As [`Catalogue::refresh`], for the administrative units.
    pub fn refresh_areas(&self) -> Work<Refreshed> {
        self.spawner.abandonable(self.cache.refresh(store::AreasDocument))
    }

    /// Makes what is stored searchable, in the background. Whoever searched too early is told when it is.
    pub(crate) fn prepare(&self) -> Joined<storage::Result<()>> {
        self.place.want();
        self.spawner.detached(self.clone().fill())
    }

    /// The rows are gone: what is in memory goes too.
    pub(crate) fn forget(&self) {
        self.place.empty();
        self.forget_citizen();
    }

    /// The app is locked: what is the citizen's own goes from memory, the catalogue stays.
    pub(crate) fn forget_citizen(&self) {
        *self.citizen.known.write().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }

    /// As [`Catalogue::forget`], for good.
    pub(crate) fn close(&self) {
        self.forget();
        self.place.close();
    }

    /// What is searched; asks for what is missing or old.
    fn kept(&self) -> Result<Option<Kept>> {
        let kept = self.place.get()?;
        let as_of = kept.as_ref().and_then(|kept| kept.as_of);
        if self.cache.aged((), as_of, FRESH_FOR).stale && self.place.filling.try_lock().is_ok() {
            // Another process may have stored a newer one: that is looked for as often as the gateway is asked, not at
            // every letter.
            if self.freshen() || kept.is_none() {
                drop(self.prepare()); // detached: it is told by an event
            }
        }
        Ok(kept)
    }

    /// Puts on the shelf what is stored, unless it is there.
    async fn fill(self) -> storage::Result<()> {
        let _turn = self.place.filling.lock().await;
        self.learn().await;
        let there = self.place.edition();
        let read = move |dao: &storage::Dao<'_>| {
            let edition = cache::edition(dao, store::CATALOGUE)?;
            if there.as_ref() == Some(&edition) { Ok(None) } else { Ok(Some((edition, store::contents(dao)?))) }
        };
        let Aged { value, as_of, stale: _ } = self.cache.read(store::CATALOGUE, FRESH_FOR, read).await?;
        let Some((edition, contents)) = value else {
            self.place.confirm(as_of);
            return Ok(());
        };
        let shelf = Arc::new(self.spawner.blocking(move || Shelf::build(contents)).await?);
        if self.place.put(Kept { edition, as_of, shelf }) {
            self.events.changed(EventArea::Catalogue);
        }
        Ok(())
    }

    async fn pull(self) -> Result<Refreshed, cache::Error> {
        let refreshed = self.cache.refresh(store::CatalogueDocument).await?;
        if self.place.is_wanted() {
            self.prepare().await.map_err(storage::Error::from)??;
        }
        Ok(refreshed)
    }

    fn freshen(&self) -> bool {
        self.cache.freshen(store::CATALOGUE, FRESH_FOR, self.clone().pull())
    }

    /// Writes what is a citizen's own, for the citizen of now: never into the file of the next.
    async fn keep<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut storage::Dao<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let generation = self.state.generation();
        self.auth.owner().await?.ok_or(Error::SignInRequired)?;
        self.state.write_to(generation, write).await
    }

    async fn favourites_changed(&self, changed: bool) {
        if changed {
            self.learn().await;
            self.events.changed(EventArea::Catalogue);
        }
    }

    /// Reads into memory what of the citizen's a search regards. What can't be read now leaves there what was.
    pub(crate) async fn learn(&self) {
        let _turn = self.citizen.reading.lock().await;
        let (generation, home) = (self.state.generation(), self.home.clone());
        let Ok(favourites) = self.state.read(mine::favourites).await else { return };
        let before = self.known();
        let home = self.cache.rows(move |dao| home.area(dao)).await.unwrap_or(before.home);
        let known = Known { generation, favourites: Arc::new(favourites.into_iter().collect()), home };
        let mut place = self.citizen.known.write().unwrap_or_else(PoisonError::into_inner);
        if !self.spawner.gate().is_shut() {
            *place = known; // else the app was locked meanwhile, and this was forgotten
        }
    }

    /// From the device. What can't be read now marks nothing: the catalogue is for everybody.
    async fn read_favourites(&self) -> HashSet<ServiceId> {
        self.state.read(mine::favourites).await.unwrap_or_default().into_iter().collect()
    }

    /// From memory; nobody else's.
    fn known(&self) -> Known {
        let known = self.citizen.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.generation == self.state.generation() { known.clone() } else { Known::default() }
    }
}

fn mark(service: &mut Service, favourites: &HashSet<ServiceId>) {
    service.favourite = favourites.contains(&service.id);
}

/// What is on the device of one service, for rooms that read in the same snapshot.
pub(crate) fn kept(dao: &storage::Dao<'_>, id: &ServiceId) -> storage::Result<Option<ServiceDetail>> {
    store::detail(dao, id)
}

/// From the device; fetched if it is not there. Without a network, what the list knows.
async fn kept_or_fetched(cache: &Cache, id: ServiceId) -> Result<Aged<Option<ServiceDetail>>> {
    let kept = read_detail(cache, &id).await?;
    let document = store::DetailDocument { id: id.clone() };
    if kept.as_of.is_some() {
        cache.freshen(document.name(), FRESH_FOR, cache.refresh(document));
        return Ok(kept);
    }
    match cache.refresh(document).await {
        Ok(_) => Ok(read_detail(cache, &id).await?),
        Err(_) if kept.value.is_some() => Ok(kept),
        Err(error) => Err(error.into()),
    }
}

fn read_detail(cache: &Cache, id: &ServiceId) -> Job<Aged<Option<ServiceDetail>>, storage::Error> {
    let row = id.clone();
    cache.read(store::DetailDocument { id: id.clone() }.name(), FRESH_FOR, move |dao| store::detail(dao, &row))
}
