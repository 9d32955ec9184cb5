use std::{fs, sync::mpsc};

use futures_util::{FutureExt as _, future::join_all};
use tempfile::TempDir;

use super::super::*;
use crate::foundation::{error::Error as Public, runtime::PANIC};

const NOTES: Migrations =
    &["CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL, of INTEGER REFERENCES note) STRICT;"];

/// What a write of these tests does.
#[derive(Clone, Copy)]
enum Act {
    Put(i64, &'static str),
    /// Puts, and then fails.
    Fail(i64),
    /// Puts, and then panics.
    Panic(i64),
    /// Puts what may not stay, which shows when it is committed.
    Dangle(i64),
    /// More than the disk takes.
    Flood(i64),
}

fn act(act: Act, dao: &mut Dao<'_>) -> Result<i64> {
    let put = "INSERT INTO note (id, text) VALUES (:id, :text)";
    match act {
        Act::Put(id, text) => dao.execute(put, &[(":id", &id), (":text", &text)])?,
        Act::Fail(id) => {
            dao.execute(put, &[(":id", &id), (":text", &"Өө")])?;
            return Err(Error::Stored("on purpose"));
        }
        Act::Panic(id) => {
            dao.execute(put, &[(":id", &id), (":text", &"Үү")])?;
            panic!("on purpose")
        }
        Act::Dangle(id) => {
            dao.sql().pragma_update(None, "defer_foreign_keys", "ON")?;
            dao.execute("INSERT INTO note (id, text, of) VALUES (:id, '', 999)", &[(":id", &id)])?
        }
        Act::Flood(id) => {
            dao.sql().pragma_update(None, "max_page_count", 1)?;
            dao.execute(put, &[(":id", &id), (":text", &"х".repeat(100_000))])?
        }
    };
    Ok(match act {
        Act::Put(id, _) | Act::Fail(id) | Act::Panic(id) | Act::Dangle(id) | Act::Flood(id) => id,
    })
}

fn store(dir: &TempDir) -> Store {
    Store::for_tests(dir.path(), File::State, NOTES)
}

/// A write that ends when it is told to, and that has begun.
async fn holding(store: &Store) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<()>>) {
    let (go, wait) = mpsc::channel::<()>();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let holding = tokio::spawn(store.write(move |_| {
        let _ = begun.send(());
        let _ = wait.recv();
        Ok::<_, Error>(())
    }));
    begins.await.unwrap();
    (go, holding)
}

/// All of them while the writer is taken, so that they wait together.
async fn together(store: &Store, acts: &[Act]) -> Vec<Result<i64>> {
    let (go, holding) = holding(store).await;
    let mut all = Box::pin(join_all(acts.iter().map(|&one| store.write(move |dao| act(one, dao)))));
    assert!((&mut all).now_or_never().is_none());
    go.send(()).unwrap();
    holding.await.unwrap().unwrap();
    all.await
}

async fn ids(store: &Store) -> Vec<i64> {
    let read = store.read(|dao| {
        let mut statement = dao.sql().prepare("SELECT id FROM note ORDER BY id")?;
        let ids = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        Ok::<_, Error>(ids)
    });
    read.await.unwrap()
}

/// Frames that end a transaction: they name the size of the file (<https://www.sqlite.org/fileformat2.html#walformat>).
fn commits(dir: &TempDir) -> usize {
    let log = fs::read(dir.path().join("state.db-wal")).unwrap();
    log.get(32..).unwrap_or_default().chunks_exact(24 + 4096).filter(|frame| frame[4..8] != [0; 4]).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_for_those_that_came_meanwhile_hears_of_its_own_before_they_are_written() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let (first, writer) = holding(&store).await;
    let (second, wait) = mpsc::channel::<()>();
    let mut other = Box::pin(store.write(move |_| {
        let _ = wait.recv();
        Ok::<_, Error>(())
    }));
    assert!((&mut other).now_or_never().is_none());

    first.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(60), writer).await.unwrap().unwrap().unwrap();

    second.send(()).unwrap();
    other.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_waited_together_are_one_commit() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let before = commits(&dir);

    let given = together(&store, &[Act::Put(1, "Өвөл"), Act::Put(2, "Үүр"), Act::Put(3, "Ёс")]).await;

    assert_eq!(given.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(ids(&store).await, [1, 2, 3]);
    assert_eq!(commits(&dir) - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_or_panics_takes_back_its_own_and_no_more() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);

    let mut given = together(&store, &[Act::Put(1, "а"), Act::Fail(2), Act::Panic(3), Act::Put(4, "ө")]).await;

    assert_eq!(ids(&store).await, [1, 4]);
    assert_eq!(given.pop().unwrap().unwrap(), 4);
    let panicked = Public::from(given.pop().unwrap().unwrap_err());
    assert!(matches!(panicked, Public::Unexpected { code, .. } if code == PANIC));
    assert!(matches!(given.pop().unwrap(), Err(Error::Stored("on purpose"))));
    assert_eq!(given.pop().unwrap().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_them_takes_back_no_more_than_its_own_either() {
    for first in [Act::Fail(1), Act::Panic(1)] {
        let dir = TempDir::new().unwrap();
        let store = store(&dir);
        let before = commits(&dir);

        let given = together(&store, &[first, Act::Put(2, "Өвөл"), Act::Fail(3)]).await;

        assert!(matches!(given[..], [Err(_), Ok(2), Err(_)]), "{given:?}");
        assert_eq!(ids(&store).await, [2]);
        assert_eq!(commits(&dir) - before, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_commit_fails_everybody_hears_it_and_nothing_stands() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);

    let given = together(&store, &[Act::Put(1, "а"), Act::Fail(2), Act::Dangle(3)]).await;

    assert!(matches!(given[..], [Err(Error::Sqlite(_)), Err(Error::Stored(_)), Err(Error::Sqlite(_))]), "{given:?}");
    assert_eq!(ids(&store).await, [0; 0]);
    assert_eq!(together(&store, &[Act::Put(1, "ү")]).await.remove(0).unwrap(), 1, "and it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_lets_nothing_of_the_group_stand_half() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);

    let given = together(&store, &[Act::Put(1, "а"), Act::Flood(2), Act::Put(3, "ө")]).await;

    assert!(given.iter().all(|one| matches!(one, Ok(_) | Err(Error::Full))), "{given:?}");
    assert!(matches!(given[..2], [Err(_), Err(_)]), "the disk takes back what came before, too: {given:?}");
    let told: Vec<_> = given.into_iter().flatten().collect();
    assert_eq!(ids(&store).await, told, "whoever was told so, and nobody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_any_more_is_not_begun() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let (go, wait) = mpsc::channel::<()>();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let holding = tokio::spawn(store.write(move |_| {
        let _ = begun.send(());
        Ok::<_, Error>(wait.recv().is_ok())
    }));
    begins.await.unwrap();

    let mut dropped = Box::pin(store.write(|dao| act(Act::Put(1, "а"), dao)));
    assert!((&mut dropped).now_or_never().is_none());
    drop(dropped);
    go.send(()).unwrap();
    assert!(holding.await.unwrap().unwrap());

    assert_eq!(together(&store, &[Act::Put(2, "ө")]).await.remove(0).unwrap(), 2);
    assert_eq!(ids(&store).await, [2]);
}
