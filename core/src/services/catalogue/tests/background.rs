//! What a search does behind its answer.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tempfile::TempDir;

use super::*;
use crate::{
    auth::testing::Bench,
    foundation::policy::Policies,
    gateway::Gateway,
    offline::cache::Cache,
    services::catalogue::{Catalogue, Home},
};

const CACHE: Migrations = &[
    include_str!("../../../../migrations/cache/0001_pulled.sql"),
    include_str!("../../../../migrations/cache/0002_catalogue.sql"),
    include_str!("../../../../migrations/cache/0007_editions.sql"),
];
const STATE: Migrations = &[include_str!("../../../../migrations/state/0007_catalogue.sql")];

/// Counts how often it is asked where the citizen lives: that is, how often the files are read.
#[derive(Default)]
struct Asked(AtomicUsize);

impl Home for Asked {
    fn area(&self, _: &storage::Dao<'_>) -> storage::Result<Option<AreaCode>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(None)
    }
}

#[tokio::test]
async fn with_no_network_an_old_catalogue_is_not_read_again_at_every_letter() {
    const LETTERS: usize = 20;
    let (bench, dirs, home) =
        (Bench::new().await, [(); 2].map(|()| TempDir::new().unwrap()), Arc::new(Asked::default()));
    let store = |dir: &TempDir, schema, file| {
        Store::open(dir.path(), schema, Sealer::new(KeyRing::default(), file), file, Spawner::current()).unwrap().0
    };
    let (rows, state) = (store(&dirs[0], CACHE, File::Cache), store(&dirs[1], STATE, File::State));
    let gateway = Gateway::new(&bench.config, bench.net.clone(), bench.auth.tokens()).unwrap();
    let (clock, events) = (Arc::new(bench.clock.clone()), bench.events.clone());
    let cache = Cache::new(rows, gateway, clock, events.clone(), Spawner::current(), Policies::default());
    let catalogue = Catalogue::new(cache, state, bench.auth.clone(), events, Spawner::current(), home.clone());
    catalogue.searchable().await.unwrap();
    let read_once = home.0.load(Ordering::SeqCst);

    for _ in 0..LETTERS {
        assert!(catalogue.search("ө", &Filter::default(), None).unwrap().stale);
        catalogue.searchable().await.unwrap(); // one reading, behind those that the search began
    }

    let read = home.0.load(Ordering::SeqCst) - read_once;
    assert_eq!((read_once, read), (1, LETTERS + 1));
}
