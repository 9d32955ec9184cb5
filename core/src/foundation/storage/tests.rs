use std::sync::mpsc;

use rusqlite::named_params;
use tempfile::TempDir;

use super::*;
use crate::foundation::{
    crypto::{keys::KeyRing, seal::Column},
    error::Error as Public,
    runtime::PANIC,
};

const V1: Migrations = &["CREATE TABLE note (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"];
const V2: Migrations = &[V1[0], "ALTER TABLE note ADD COLUMN read INTEGER NOT NULL DEFAULT 0;"];
const BODY: Column = Column { table: "note", column: "body", layout: 1 };
const LONG: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0";

impl Store {
    /// New, or as it was left, under the keys of all tests.
    pub(crate) fn for_tests(dir: &Path, file: File, migrations: Migrations) -> Self {
        let sealer = Sealer::new(KeyRing::for_tests(), file);
        Self::open(dir, migrations, sealer, file, Spawner::current()).unwrap().0
    }
}

fn store_with(dir: &TempDir, file: File, migrations: Migrations) -> Result<(Store, Opened)> {
    Store::open(dir.path(), migrations, Sealer::new(KeyRing::for_tests(), file), file, Spawner::current())
}

fn store(dir: &TempDir) -> Store {
    store_with(dir, File::State, V1).unwrap().0
}

async fn put(store: &Store, id: i64, text: &'static str) {
    store
        .write(move |dao| {
            let body = dao.seal(BODY, &id.to_string(), text)?;
            dao.sql()
                .execute("INSERT INTO note (id, body) VALUES (:id, :body)", named_params! {":id": id, ":body": body})?;
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
}

async fn get(store: &Store, id: i64) -> Result<String> {
    store
        .read(move |dao| {
            let sealed: Vec<u8> =
                dao.sql().query_row("SELECT body FROM note WHERE id = :id", named_params! {":id": id}, |r| r.get(0))?;
            dao.open(BODY, &id.to_string(), &sealed)
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_read_back_after_reopening() {
    let dir = TempDir::new().unwrap();
    put(&store(&dir), 1, "Өвөл үргэлжилнэ").await;

    assert_eq!(get(&store(&dir), 1).await.unwrap(), "Өвөл үргэлжилнэ");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_file_and_its_log_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    put(&store, 1, "хувийн").await;

    for name in ["state.db", "state.db-wal"] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);

    let result: Result<()> = store
        .write(|dao| {
            dao.sql().execute("INSERT INTO note (id, body) VALUES (1, x'00')", [])?;
            Err(Error::Stored("on purpose"))
        })
        .await;

    assert!(matches!(result, Err(Error::Stored(_))));
    let count: i64 = store
        .read(|dao| Ok::<_, Error>(dao.sql().query_row("SELECT count(*) FROM note", [], |r| r.get(0))?))
        .await
        .unwrap();
    assert_eq!(count, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_run_once_and_in_order() {
    let dir = TempDir::new().unwrap();
    put(&store(&dir), 1, "хуучин").await;

    let (newer, opened) = store_with(&dir, File::State, V2).unwrap();

    assert_eq!(opened, Opened::AsItWas);
    assert_eq!(get(&newer, 1).await.unwrap(), "хуучин");
    let read: i64 = newer
        .read(|dao| Ok::<_, Error>(dao.sql().query_row("SELECT read FROM note", [], |r| r.get(0))?))
        .await
        .unwrap();
    assert_eq!(read, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_newer_build_is_refused_and_left_alone() {
    let dir = TempDir::new().unwrap();
    drop(store_with(&dir, File::State, V2).unwrap());

    assert!(matches!(store_with(&dir, File::State, V1), Err(Error::Newer { found: 2, known: 1 })));
    assert!(store_with(&dir, File::State, V2).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_cache_is_made_anew_and_a_damaged_state_is_kept_aside() {
    for (file, name) in [(File::Cache, "cache.db"), (File::State, "state.db")] {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join(name), b"this is no database, but it may be all the citizen has").unwrap();

        let (_, opened) = store_with(&dir, file, V1).unwrap();

        match opened {
            Opened::Rebuilt => assert_eq!(file, File::Cache),
            Opened::SetAside { file: aside } => {
                assert_eq!(file, File::State);
                let kept = std::fs::read(dir.path().join(aside)).unwrap();
                assert!(kept.starts_with(b"this is no database"));
            }
            Opened::New | Opened::AsItWas => panic!("damage went unseen in {name}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_suspend_another_connection_can_lock_the_file_and_resume_goes_on() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    put(&store, 1, "энд").await;

    store.suspend(Duration::from_secs(5)).await.unwrap();
    store.suspend(Duration::from_secs(5)).await.unwrap();

    let other = Connection::open(store.path()).unwrap();
    other.execute_batch("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;").unwrap();
    assert!(matches!(get(&store, 1).await, Err(Error::Closed)));
    drop(other);
    store.resume().await.unwrap();
    store.resume().await.unwrap();
    assert_eq!(get(&store, 1).await.unwrap(), "энд");
}

#[tokio::test(flavor = "multi_thread")]
async fn suspend_interrupts_a_read_that_would_never_end() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let (begun, wait) = mpsc::channel();
    let reading = store.clone();
    let endless = tokio::spawn(async move {
        reading
            .read(move |dao| {
                begun.send(()).unwrap();
                Ok::<i64, Error>(dao.sql().query_row(LONG, [], |r| r.get(0))?)
            })
            .await
    });
    tokio::task::spawn_blocking(move || wait.recv().unwrap()).await.unwrap();

    store.suspend(Duration::from_secs(60)).await.unwrap();

    assert!(matches!(endless.await.unwrap(), Err(Error::Interrupted)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_whose_caller_went_away_gives_its_connection_back() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    for _ in 0..READERS * 2 {
        let (begun, wait) = mpsc::channel();
        let reading = store.clone();
        let endless = tokio::spawn(async move {
            reading
                .read(move |dao| {
                    dao.sql().query_row("SELECT 1", [], |r| r.get::<_, i64>(0))?;
                    let mut statement = dao.sql().prepare(LONG)?;
                    begun.send(()).unwrap();
                    Ok::<i64, Error>(statement.query_row([], |r| r.get(0))?)
                })
                .await
        });
        tokio::task::spawn_blocking(move || wait.recv().unwrap()).await.unwrap();
        tokio::task::yield_now().await;
        endless.abort();
    }

    for _ in 0..READERS {
        assert!(get(&store, 1).await.is_err(), "there is no such row, but every turn was given back");
    }
    put(&store, 1, "сул").await;
    assert_eq!(get(&store, 1).await.unwrap(), "сул");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_write_costs_neither_the_turn_nor_the_store() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);

    let result: Result<()> = store.write(|_| panic!("on purpose")).await;

    assert!(matches!(Public::from(result.unwrap_err()), Public::Unexpected { code, .. } if code == PANIC));
    put(&store, 1, "үргэлжилнэ").await;
    assert_eq!(get(&store, 1).await.unwrap(), "үргэлжилнэ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resume_that_overtakes_a_suspend_stays_open() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    put(&store, 1, "Өдөр").await;

    for _ in 0..50 {
        let _ = store.suspend(Duration::ZERO).await; // most often Deadline: its closing comes later
        store.resume().await.unwrap();
        assert_eq!(get(&store, 1).await.unwrap(), "Өдөр");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_whose_folder_was_emptied_while_suspended_is_made_anew() {
    let dir = TempDir::new().unwrap();
    let inside = dir.path().join("cache");
    let (store, _) =
        Store::open(&inside, V1, Sealer::new(KeyRing::for_tests(), File::Cache), File::Cache, Spawner::current())
            .unwrap();
    store.suspend(Duration::from_secs(5)).await.unwrap();
    std::fs::remove_dir_all(&inside).unwrap();

    assert_eq!(store.resume().await.unwrap(), Opened::Rebuilt);

    put(&store, 1, "Үүр").await;
    assert_eq!(get(&store, 1).await.unwrap(), "Үүр");
}

#[tokio::test]
async fn sqlite_is_built_without_what_is_never_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);

    for call in ["json('1')", "unixepoch()", "load_extension('x')"] {
        let asked = store.read_now(|dao| Ok(dao.sql().prepare(&format!("SELECT {call}")).map(|_| ())?));

        assert!(asked.is_err(), "{call}: the flags of .cargo/config.toml did not reach SQLite");
    }
}
