use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tempfile::TempDir;

use super::*;
use crate::{
    App,
    auth::testing::{MemorySecrets, SoftKey},
    foundation::{
        clock::{ManualClock, Timestamp},
        config::{Config, Mode},
        crypto::seal::Sealer,
        net::testing::Authority,
        ports::{DeviceKey as _, PortError, SecretStore},
        storage::Store,
    },
};

const PATIENCE: Duration = Duration::from_secs(60);
const FAVOURITES: i64 = 120;
const MESSAGES: i64 = 60;

/// A keystore that may refuse to take anything.
#[derive(Default)]
struct Keystore {
    inside: MemorySecrets,
    full: AtomicBool,
}

impl SecretStore for Keystore {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.inside.get(name)
    }
    fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        if self.full.load(Ordering::SeqCst) { Err(PortError::Unavailable) } else { self.inside.put(name, value) }
    }
    fn delete(&self, name: &str) -> Result<(), PortError> {
        self.inside.delete(name)
    }
}

struct Phone {
    _dir: TempDir,
    keystore: Arc<Keystore>,
    clock: ManualClock,
    ports: Ports,
    config: Config,
}

impl Phone {
    fn new() -> Self {
        let (dir, keystore, key) = (TempDir::new().unwrap(), Arc::new(Keystore::default()), SoftKey::new());
        keystore.put("store-key", &key.wrap(&[7; 32]).unwrap()).unwrap();
        let clock = ManualClock::at(Timestamp::from_unix_s(1_800_000_000));
        let mut ports = Ports::new(keystore.clone(), Arc::new(key));
        ports.clock = Arc::new(clock.clone());
        let mut config = Config::for_tests();
        config.state_dir = dir.path().join("Төлөв");
        config.cache_dir = dir.path().join("Түр");
        config.roots = vec![Authority::new("ours").der()];
        Self { _dir: dir, keystore, clock, ports, config }
    }

    fn open(&self) -> App {
        App::open(self.config.clone(), self.ports.clone()).unwrap()
    }

    async fn filled(&self) -> App {
        let app = self.open();
        let favourite = "INSERT INTO favourite (seq, body) VALUES (?1, ?2)";
        let message = "INSERT INTO message (id, version, sent_at, read, deleted, body)
                       VALUES (CAST(?1 AS TEXT), 1, 1, 0, 0, ?2)";
        fill(&app.0.state, "favourite", FAVOURITES, favourite).await;
        fill(&app.0.cache, "message", MESSAGES, message).await;
        app
    }
}

async fn fill(store: &Store, table: &'static str, rows: i64, insert: &'static str) {
    let fill = move |dao: &mut Dao<'_>| {
        for row in 1..=rows {
            let body =
                dao.seal(Column { table, column: "body", layout: 1 }, &row.to_string(), &format!("Өргөө {row}"))?;
            dao.sql().execute(insert, (row, body))?;
        }
        Ok::<_, storage::Error>(())
    };
    store.write(fill).await.unwrap();
}

/// Values by the key they name; each opens, or the test ends here.
async fn keys_of_values(app: &App) -> BTreeMap<KeyId, i64> {
    let mut keys = BTreeMap::new();
    for place in SEALED.iter().filter(|place| place.under == Under::DataKey) {
        let Place { file, table, column, row, .. } = *place;
        let store = if file == File::State { &app.0.state } else { &app.0.cache };
        let count = move |dao: &Dao<'_>| {
            let mut keys = Vec::new();
            let select = format!("SELECT {row}, {column} FROM {table} WHERE {column} IS NOT NULL");
            let mut statement = dao.sql().prepare(&select)?;
            let values = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            for value in values {
                let (row, sealed): (String, Vec<u8>) = value?;
                let said: String = dao.open(Column { table, column, layout: 1 }, &row, &sealed)?;
                assert_eq!(said, format!("Өргөө {row}"));
                keys.push(KeyId::try_from(&sealed[1..5]).unwrap());
            }
            Ok::<_, storage::Error>(keys)
        };
        for key in store.read(count).await.unwrap() {
            *keys.entry(key).or_default() += 1;
        }
    }
    keys
}

const ALL: i64 = FAVOURITES + MESSAGES;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ninety_days_everything_is_sealed_anew_and_a_day_later_the_old_key_goes() {
    let phone = Phone::new();
    let app = phone.filled().await;
    let old = app.0.keys.id().unwrap();
    phone.clock.advance(Duration::from_secs(89 * DAY_S));
    app.0.shutter.run_rotation(Occasion::Opened).await.unwrap();
    assert_eq!((app.0.keys.id(), app.0.keys.before()), (Some(old), None), "not yet");

    phone.clock.advance(Duration::from_secs(DAY_S));
    app.0.shutter.run_rotation(Occasion::Opened).await.unwrap();

    let new = app.0.keys.id().unwrap();
    assert_ne!(new, old);
    assert_eq!(keys_of_values(&app).await, BTreeMap::from([(new, ALL)]));
    app.0.shutter.run_rotation(Occasion::Opened).await.unwrap();
    assert_eq!(app.0.keys.before(), Some(old), "an extension may still be sealing with it");
    app.shutdown(PATIENCE).await.unwrap();
    phone.clock.advance(KEPT);
    let again = phone.open();
    again.0.shutter.run_rotation(Occasion::Opened).await.unwrap();
    assert_eq!((again.0.keys.id(), again.0.keys.before()), (Some(new), None));
    assert_eq!(keys_of_values(&again).await, BTreeMap::from([(new, ALL)]));
    again.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_rotates_a_key_that_is_a_day_old() {
    let phone = Phone::new();
    let app = phone.filled().await;
    let old = app.0.keys.id();
    app.0.shutter.run_rotation(Occasion::SignedIn).await.unwrap();
    assert_eq!(app.0.keys.id(), old, "made today");

    phone.clock.advance(AGE_AT_SIGN_IN);
    app.0.shutter.run_rotation(Occasion::SignedIn).await.unwrap();

    assert!(app.0.keys.id() != old && app.0.keys.before() == old);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_any_batch_every_value_opens_and_the_next_start_goes_on() {
    for batches in 0..=4_usize {
        let phone = Phone::new();
        let app = phone.filled().await;
        let old = app.0.keys.id().unwrap();
        app.0.shutter.with_keys(KeyRing::rotate).await.unwrap();
        let new = app.0.keys.id().unwrap();
        for batch in 0..batches {
            let (store, table) = if batch < 3 { (&app.0.state, "favourite") } else { (&app.0.cache, "message") };
            let place = SEALED.iter().find(|place| place.table == table).unwrap();
            let _ = store.write(move |dao| reseal(dao, place, old, 0)).await.unwrap();
        }
        let moved = keys_of_values(&app).await.get(&new).copied().unwrap_or_default();
        app.shutdown(PATIENCE).await.unwrap(); // and there it is cut

        let again = phone.open();

        assert_eq!(moved, [0, 50, 100, 120, 170][batches]);
        assert_eq!(keys_of_values(&again).await.values().sum::<i64>(), ALL, "nothing was set aside");
        again.0.shutter.run_rotation(Occasion::Opened).await.unwrap();
        assert_eq!(keys_of_values(&again).await, BTreeMap::from([(new, ALL)]), "after {batches} batches");
        again.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_the_keystore_does_not_take_seals_nothing() {
    let phone = Phone::new();
    let app = phone.filled().await;
    let old = app.0.keys.id().unwrap();
    phone.clock.advance(AGE);
    phone.keystore.full.store(true, Ordering::SeqCst);

    let refused = app.0.shutter.run_rotation(Occasion::Opened).await;

    assert_eq!(refused, Err(Error::Locked));
    assert_eq!((app.0.keys.id(), app.0.keys.before()), (Some(old), None));
    assert_eq!(keys_of_values(&app).await, BTreeMap::from([(old, ALL)]));
    phone.keystore.full.store(false, Ordering::SeqCst);
    app.0.shutter.run_rotation(Occasion::Opened).await.unwrap();
    assert_eq!(keys_of_values(&app).await, BTreeMap::from([(app.0.keys.id().unwrap(), ALL)]));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_damaged_does_not_hold_a_rotation_up() {
    let phone = Phone::new();
    let app = phone.filled().await;
    let old = app.0.keys.id().unwrap();
    let damage = "UPDATE favourite SET body = substr(body, 1, length(body) - 1) WHERE seq <= 70"; // more than a batch
    app.0.state.write(move |dao| Ok::<_, storage::Error>(dao.sql().execute(damage, [])?)).await.unwrap();
    phone.clock.advance(AGE);

    app.0.shutter.run_rotation(Occasion::Opened).await.unwrap();

    let left = "SELECT count(*) FROM favourite WHERE substr(body, 2, 4) = ?1";
    let count = move |dao: &Dao<'_>| Ok::<i64, storage::Error>(dao.sql().query_row(left, [old], |row| row.get(0))?);
    let left = app.0.state.read(count).await.unwrap();
    assert_eq!(left, 70, "as they were, and the rest has moved");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_meets_a_key_it_does_not_have_reads_the_record_once_more() {
    let phone = Phone::new();
    let app = phone.filled().await;
    let extension = App::open(Config { mode: Mode::Extension, ..phone.config.clone() }, phone.ports.clone()).unwrap();
    app.0.shutter.with_keys(KeyRing::rotate).await.unwrap();
    let at = Column { table: "favourite", column: "body", layout: 1 };
    let sealed = Sealer::new(app.0.keys.clone(), File::State).seal(at, "1", b"new").unwrap();
    let theirs = Sealer::new(extension.0.keys.clone(), File::State);
    assert!(!extension.0.keys.is_stale());

    assert_eq!(theirs.open(at, "1", &sealed).err(), Some(SealError::OtherKey));

    assert!(extension.0.keys.is_stale() && !extension.0.keys.is_stale(), "once");
    extension.0.retry_keys();
    assert_eq!(&theirs.open(at, "1", &sealed).unwrap()[..], b"new");
    assert_eq!(keys_of_values(&extension).await.values().sum::<i64>(), ALL, "and what is under the one before");
    for app in [app, extension] {
        app.shutdown(PATIENCE).await.unwrap();
    }
}
