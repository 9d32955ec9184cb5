//! The catalogue of public services: found, listed and explained with no network.
//!
//! Guarantees: answers come from the device; what the catalogue does not know is said to be unknown;
//! public data only, so it is readable before anybody signs in.

mod model;
pub mod search;
mod store;
mod wire;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use super::ServiceId;
use crate::{
    foundation::{
        error::{Error, Result},
        runtime::{Spawner, Work},
        storage::{self, Job},
    },
    offline::{
        Aged, Page,
        cache::{self, Cache, Document, Refreshed},
        unknown_cursor,
    },
};
pub use model::{
    Area, AreaKind, Duration as ServiceDuration, Fee, Filter, Hit, Organisation, OrganisationId, Service,
    ServiceDetail, ServiceKind,
};

/// Services change a few times a week; a day-old list is still good.
const FRESH_FOR: Duration = Duration::from_secs(24 * 3600);

/// The most hits a search gives: nobody reads further.
const HITS: usize = 50;

/// What is searched, and which edition of the catalogue it was built from.
#[derive(Clone)]
struct Index {
    edition: Option<String>,
    search: Arc<Searchable>,
}

/// Services in the order of the index.
struct Searchable {
    ids: Vec<ServiceId>,
    index: search::Index,
}

/// The catalogue. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    cache: Cache,
    spawner: Spawner,
    index: Arc<RwLock<Option<Index>>>,
}

impl Catalogue {
    pub fn new(cache: Cache, spawner: Spawner) -> Self {
        Self { cache, spawner, index: Arc::default() }
    }

    /// One page of services by the Mongolian alphabet, with the age of the catalogue. Abandonable.
    pub fn services(&self, filter: Filter, after: Option<String>) -> Work<Aged<Page<Service>>> {
        self.freshen();
        let cache = self.cache.clone();
        let read = async move {
            let aged = cache
                .read(store::CATALOGUE, FRESH_FOR, move |dao| {
                    if !store::is_service_cursor(dao, after.as_deref())? {
                        return Ok(None);
                    }
                    store::services(dao, &filter, after.as_deref()).map(Some)
                })
                .await?;
            Ok::<_, Error>(aged.ok_or(unknown_cursor("after"))?.map(|services| Page::cut(services, store::cursor)))
        };
        self.spawner.abandonable(read)
    }

    /// Services whose name or organisation holds every word of `query`, best first, at most 50. Abandonable.
    pub fn search(&self, query: &str) -> Work<Aged<Vec<Hit>>> {
        self.freshen();
        let query = query.to_owned();
        let catalogue = self.clone();
        let find = async move {
            let cache = catalogue.cache.clone();
            let read = move |dao: &storage::Dao<'_>| {
                let searchable = catalogue.index(dao)?;
                let answer = searchable.index.find(&query, HITS, |_| true);
                let ids: Vec<ServiceId> =
                    answer.found.iter().map(|found| searchable.ids[found.entry].clone()).collect();
                store::hits(dao, &ids)
            };
            cache.read(store::CATALOGUE, FRESH_FOR, read).await
        };
        self.spawner.abandonable(find)
    }

    /// What is known of one service: from the device at once, asked for only if it was never fetched. Without a network
    /// that is what the list knows, and `as_of` is `None`. Abandonable.
    pub fn service(&self, id: &ServiceId) -> Work<Aged<ServiceDetail>> {
        let (cache, id) = (self.cache.clone(), id.clone());
        self.spawner.abandonable(async move { kept_or_fetched(&cache, id).await?.ok_or(Error::NotFound) })
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

    /// Asks the gateway for a newer catalogue. Abandonable: what was stored stays.
    pub fn refresh(&self) -> Work<Refreshed> {
        let catalogue = self.clone();
        self.spawner.abandonable(async move { catalogue.pull().await })
    }

    /// As [`Catalogue::refresh`], for the administrative units.
    pub fn refresh_areas(&self) -> Work<Refreshed> {
        self.spawner.abandonable(self.cache.refresh(store::AreasDocument))
    }

    /// The rows are gone: the index in memory goes too.
    pub(crate) fn forget(&self) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn pull(&self) -> Result<Refreshed, cache::Error> {
        let refreshed = self.cache.refresh(store::CatalogueDocument).await?;
        if refreshed.changed {
            self.forget(); // built anew by the next search
        }
        Ok(refreshed)
    }

    fn freshen(&self) {
        let catalogue = self.clone();
        self.cache.freshen(store::CATALOGUE, FRESH_FOR, async move { catalogue.pull().await });
    }

    /// The index of the catalogue in this snapshot: another process may have stored a newer one.
    fn index(&self, dao: &storage::Dao<'_>) -> storage::Result<Arc<Searchable>> {
        let edition = cache::edition(dao, store::CATALOGUE)?;
        let kept = self.index.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(index) = kept.filter(|index| index.edition == edition) {
            return Ok(index.search);
        }
        let (ids, entries): (Vec<ServiceId>, Vec<search::Entry>) = store::search_entries(dao)?.into_iter().unzip();
        let search = Arc::new(Searchable { ids, index: search::Index::build(&entries) });
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(Index { edition, search: search.clone() });
        Ok(search)
    }
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
