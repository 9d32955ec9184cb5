//! The sandbox's one database: a writer and a few readers, off the async threads.
//!
//! Guarantees: what `write` returned `Ok` for survives a kill (WAL, synchronous=FULL); a failed closure leaves no trace.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, named_params};

/// Each part's tables, in the order they are made. A released file is never edited; a change is a new file.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_oauth", include_str!("../schema/0001_oauth.sql")),
    ("0001_dan", include_str!("../schema/0001_dan.sql")),
    ("0001_push", include_str!("../schema/0001_push.sql")),
    ("0001_gateway", include_str!("../schema/0001_gateway.sql")),
    ("0001_desk", include_str!("../schema/0001_desk.sql")),
    ("0001_web", include_str!("../schema/0001_web.sql")),
    ("0002_dan", include_str!("../schema/0002_dan.sql")),
    ("0002_step_up", include_str!("../schema/0002_step_up.sql")),
    ("0002_publication", include_str!("../schema/0002_publication.sql")),
    ("0003_legacy", include_str!("../schema/0003_legacy.sql")),
    ("0003_pay", include_str!("../schema/0003_pay.sql")),
    ("0003_represented", include_str!("../schema/0003_represented.sql")),
    ("0003_requests", include_str!("../schema/0003_requests.sql")),
    ("0003_uploads", include_str!("../schema/0003_uploads.sql")),
    ("0003_consent", include_str!("../schema/0003_consent.sql")),
    ("0004_legacy", include_str!("../schema/0004_legacy.sql")),
];

/// Another process may look into the file (the demo does); it is brief.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Idle readers kept open; more are opened under load and closed afterwards.
const IDLE_READERS: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the work on the database was broken off: {0}")]
    Broken(#[from] tokio::task::JoinError),
}

#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Db {
    /// Opens or makes the file and brings every part's tables up to date. Blocks.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let mut writer = Connection::open(path)?;
        prepare(&writer)?;
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        migrate(&mut writer)?;
        let inner = Inner { path: path.to_owned(), writer: Mutex::new(writer), readers: Mutex::new(Vec::new()) };
        Ok(Self(Arc::new(inner)))
    }

    /// Runs `f` on a reader: one consistent view, no waiting for writers.
    pub async fn read<T, F>(&self, f: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            let mut reader = inner.reader()?;
            let view = reader.transaction()?;
            let out = f(&view)?;
            drop(view);
            inner.give_back(reader);
            Ok(out)
        })
        .await?
    }

    /// Runs `f` in an IMMEDIATE transaction: committed when it returns `Ok`, rolled back otherwise.
    /// A refusal that must leave nothing behind is decided before the first statement that changes anything.
    pub async fn write<T, F>(&self, f: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            let mut writer = inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(in_transaction(&mut writer, f)?)
        })
        .await?
    }

    /// As [`Db::write`], for the start of the process, before there is a runtime. Blocks.
    pub fn write_blocking<T>(
        &self,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, DbError> {
        let mut writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(in_transaction(&mut writer, f)?)
    }
}

impl Inner {
    fn reader(&self) -> Result<Connection, rusqlite::Error> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(reader) = idle {
            return Ok(reader);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(&self.path, flags)?;
        prepare(&reader)?;
        Ok(reader)
    }

    fn give_back(&self, reader: Connection) {
        let mut idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
    }
}

fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

fn in_transaction<T>(
    writer: &mut Connection,
    f: impl FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error>,
) -> Result<T, rusqlite::Error> {
    let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let out = f(&tx)?;
    tx.commit()?;
    Ok(out)
}

fn migrate(writer: &mut Connection) -> Result<(), rusqlite::Error> {
    in_transaction(writer, |tx| {
        tx.execute_batch("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) STRICT")?;
        for (name, sql) in MIGRATIONS {
            let new = tx.execute(
                "INSERT INTO migrations (name) VALUES (:name) ON CONFLICT DO NOTHING",
                named_params! { ":name": name },
            )?;
            if new == 1 {
                tx.execute_batch(sql)?;
            }
        }
        Ok(())
    })
}
