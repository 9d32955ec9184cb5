//! Opening: pragmas, damage, schema. Kept in one place because the order matters.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::error::{Error, Result};
use crate::foundation::crypto::{keys::File, random};

/// Numbered `.sql` texts, oldest first, never edited once released; the n-th brings `user_version` to n.
pub type Migrations = &'static [&'static str];

/// How long a connection waits for another process's lock before it gives up.
const BUSY_MS: u32 = 5_000;

/// The write-ahead log is folded back into the file at 512 pages of 4 KiB: a hundred requests write that many, and each
/// folding is two syncs while everybody waits for the writer.
const CHECKPOINT_PAGES: u32 = 512;

/// Statements kept prepared on a connection: more than an operation takes from `submit` to its receipt.
const STATEMENTS: usize = 64;

/// What SQLite keeps beside a file in WAL mode.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    New,
    AsItWas,
    /// `cache.db` was damaged: deleted and made anew.
    Rebuilt,
    /// `state.db` was damaged: kept under this name, a new one made.
    SetAside {
        file: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
}

/// Brings the file to the newest schema. Only SQLite's own word counts as damage.
pub(super) fn prepare(path: &Path, file: File, migrations: Migrations) -> Result<Opened> {
    let existed = path.exists();
    create_private(path)?;
    match migrate(path, file, migrations) {
        Ok(()) => Ok(if existed { Opened::AsItWas } else { Opened::New }),
        Err(Error::Corrupt) => {
            let opened = match file {
                File::Cache => {
                    delete(path)?;
                    Opened::Rebuilt
                }
                File::State => Opened::SetAside { file: set_aside(path)? },
            };
            create_private(path)?;
            migrate(path, file, migrations)?;
            Ok(opened)
        }
        Err(other) => Err(other),
    }
}

/// For its owner only; SQLite gives the log beside it the same rights.
fn create_private(path: &Path) -> Result<()> {
    private().append(true).open(path).map(drop).map_err(|e| Error::Directory { kind: e.kind() })
}

/// What makes a file is for its owner only.
pub(crate) fn private() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn migrate(path: &Path, file: File, migrations: Migrations) -> Result<()> {
    let mut connection = connect(path, file, Role::Writer)?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for sql in migrations.iter().skip(found as usize) {
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    // Damage away from the first page shows itself here, not in the middle of a citizen's errand.
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(Error::Corrupt) }
}

pub(super) fn connect(path: &Path, file: File, role: Role) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(std::time::Duration::from_millis(u64::from(BUSY_MS)))?;
    // FULL where an acknowledged write must survive a power cut; the cache may lose its last seconds.
    let synchronous = match file {
        File::State => "FULL",
        File::Cache => "NORMAL",
    };
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", CHECKPOINT_PAGES * 4096 * 3)?;
    if role == Role::Reader {
        connection.pragma_update(None, "query_only", "ON")?;
    }
    Ok(connection)
}

/// Folds the log into the file, best effort: another process may be reading.
pub(super) fn checkpoint(writer: &Connection) {
    let folded = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    if let Err(error) = folded
        && error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy)
    {
        log::warn!(target: "emongolia", "checkpoint: {error}");
    }
}

pub(super) fn delete(path: &Path) -> Result<()> {
    // The file first: a log without its file is ignored, a file without its log would be an older truth.
    for each in std::iter::once(path.to_owned()).chain(COMPANIONS.iter().map(|c| beside(path, c))) {
        match std::fs::remove_file(&each) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::Directory { kind: e.kind() }),
        }
    }
    Ok(())
}

pub(super) fn set_aside(path: &Path) -> Result<String> {
    let name = format!("{}.set-aside-{}", path.file_name().unwrap_or_default().to_string_lossy(), random::hex::<4>());
    let aside = path.with_file_name(&name);
    for companion in COMPANIONS {
        rename(&beside(path, companion), &beside(&aside, companion))?;
    }
    rename(path, &aside)?;
    Ok(name)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    match std::fs::rename(from, to) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Error::Directory { kind: e.kind() }),
    }
}

fn beside(path: &Path, companion: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(companion);
    path.with_file_name(name)
}
