//! The catalogue of public services: found, listed and explained with no network.
//!
//! Guarantees: answers come from the device; what the catalogue does not know is said to be unknown;
//! public data only, so it is readable before anybody signs in.

mod model;
mod search;
mod store;
mod wire;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

pub use model::{
    Area, AreaKind, Duration as ServiceDuration, Fee, Filter, Hit, Organisation, OrganisationId, Service,
    ServiceDetail, ServiceKind,
};
use search::{PlainSearch, Search};

use super::ServiceId;
use crate::{
    foundation::{
        error::{Error, Result},
        runtime::Spawner,
        storage,
    },
    offline::{
        Aged, Page,
        cache::{self, Cache, Document, Refreshed},
    },
};

/// Services change a few times a week; a day-old list is still good.
const FRESH_FOR: Duration = Duration::from_secs(24 * 3600);

/// The most hits a search gives: nobody reads further.
const HITS: usize = 50;

/// A search text longer than this is cut: no service is named that long.
const QUERY_LIMIT: usize = 200;

/// The catalogue. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    cache: Cache,
    spawner: Spawner,
    index: Arc<RwLock<Option<Arc<dyn Search>>>>,
}

impl Catalogue {
    pub fn new(cache: Cache, spawner: Spawner) -> Self {
        Self { cache, spawner, index: Arc::default() }
    }

    /// One page of services by the Mongolian alphabet, with the age of the catalogue. Abandonable.
    pub async fn services(&self, filter: Filter, after: Option<String>) -> Result<Aged<Page<Service>>> {
        self.freshen();
        let cache = self.cache.clone();
        let read = async move {
            cache.read(store::CATALOGUE, FRESH_FOR, move |dao| store::services(dao, &filter, after.as_deref())).await
        };
        let aged = self.spawner.abandonable(read).await?;
        Ok(aged.map(|services| Page::cut(services, store::cursor)))
    }

    /// Services whose name or organisation holds every word of `query`, best first, at most 50. Abandonable.
    pub async fn search(&self, query: &str) -> Result<Aged<Vec<Hit>>> {
        self.freshen();
        let query: String = query.chars().take(QUERY_LIMIT).collect();
        let catalogue = self.clone();
        let find = async move {
            let index = catalogue.index().await?;
            let ids = index.find(&query, HITS);
            catalogue.cache.read(store::CATALOGUE, FRESH_FOR, move |dao| store::hits(dao, &ids)).await
        };
        self.spawner.abandonable(find).await
    }

    /// What is known of one service: from the device at once, asked for only if it was never fetched. Without a network
    /// that is what the list knows, and `as_of` is `None`. Abandonable.
    pub async fn service(&self, id: &ServiceId) -> Result<Aged<ServiceDetail>> {
        let (cache, id) = (self.cache.clone(), id.clone());
        let read = async move {
            let kept = read_detail(&cache, &id).await?;
            let name = store::DetailDocument { id: id.clone() }.name();
            if kept.as_of.is_some() {
                let asking = cache.clone();
                let document = store::DetailDocument { id };
                cache.freshen(name, FRESH_FOR, async move { asking.refresh(document).await });
                return Ok(kept);
            }
            match cache.refresh(store::DetailDocument { id: id.clone() }).await {
                Ok(_) => Ok(read_detail(&cache, &id).await?),
                Err(_) if kept.value.is_some() => Ok(kept),
                Err(error) => Err(error.into()),
            }
        };
        let aged = self.spawner.abandonable::<_, Error>(read).await?;
        let Aged { value: Some(value), as_of, stale } = aged else { return Err(Error::NotFound) };
        Ok(Aged { value, as_of, stale })
    }

    /// One page of organisations by the Mongolian alphabet. Abandonable.
    pub async fn organisations(&self, after: Option<String>) -> Result<Aged<Page<Organisation>>> {
        self.freshen();
        let cache = self.cache.clone();
        let read = async move {
            cache.read(store::CATALOGUE, FRESH_FOR, move |dao| store::organisations(dao, after.as_deref())).await
        };
        let aged = self.spawner.abandonable(read).await?;
        Ok(aged.map(|rows| Page::cut(rows, |last| last.id.as_str().to_owned())))
    }

    /// One page of the units inside `parent` (`MN` for the aimags and the capital), by code. Abandonable.
    pub async fn areas(&self, parent: &str, after: Option<String>) -> Result<Aged<Page<Area>>> {
        let (cache, parent) = (self.cache.clone(), parent.to_owned());
        let read = async move {
            cache.read(store::AREAS, FRESH_FOR, move |dao| store::areas(dao, &parent, after.as_deref())).await
        };
        let aged = self.spawner.abandonable(read).await?;
        Ok(aged.map(|rows| Page::cut(rows, |last| last.code.clone())))
    }

    /// Asks the gateway for a newer catalogue. Abandonable: what was stored stays.
    pub async fn refresh(&self) -> Result<Refreshed> {
        let catalogue = self.clone();
        self.spawner.abandonable(async move { catalogue.pull().await }).await
    }

    /// As [`Catalogue::refresh`], for the administrative units.
    pub async fn refresh_areas(&self) -> Result<Refreshed> {
        let cache = self.cache.clone();
        self.spawner.abandonable(async move { cache.refresh(store::AreasDocument).await }).await
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

    async fn index(&self) -> storage::Result<Arc<dyn Search>> {
        if let Some(index) = self.index.read().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(index);
        }
        let entries = self.cache.rows(store::search_entries).await?;
        let index: Arc<dyn Search> = Arc::new(PlainSearch::build(entries));
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(index.clone());
        Ok(index)
    }
}

async fn read_detail(cache: &Cache, id: &ServiceId) -> storage::Result<Aged<Option<ServiceDetail>>> {
    let row = id.clone();
    cache.read(store::DetailDocument { id: id.clone() }.name(), FRESH_FOR, move |dao| store::detail(dao, &row)).await
}
