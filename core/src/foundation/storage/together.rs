//! Writes that waited for the writer together: one transaction and one sync, each write whole or not at all.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::{Connection, TransactionBehavior, ffi};
use tokio::sync::oneshot;

use super::{dao::Dao, error::Result};
use crate::foundation::{
    crypto::seal::Sealer,
    runtime::{Erased, Stopped},
};

/// What a write does, and whether it stands; an error of the caller's own is in what it gives.
pub(super) type Write = Box<dyn FnOnce(&mut Dao<'_>) -> (Erased, Verdict) + Send>;

/// How a write ends.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    Commit,
    RollBack,
}

/// Where a caller waits. Closed when it went away.
pub(super) type Caller = oneshot::Sender<Result<Erased>>;

/// A write before its turn.
pub(super) struct Waiting {
    /// Of the file that it is for, if it is for one only.
    pub(super) generation: Option<u64>,
    pub(super) write: Write,
    pub(super) caller: Caller,
}

/// Writes them, in their order; each caller is to hear only of what is on disk.
pub(super) fn write(
    waiting: Vec<Waiting>,
    connection: &mut Connection,
    sealer: &Sealer,
) -> impl Iterator<Item = (Caller, Result<Erased>)> + use<> {
    let (callers, writes): (Vec<_>, Vec<_>) = waiting.into_iter().map(|one| (one.caller, one.write)).unzip();
    let mut given = Vec::with_capacity(writes.len());
    let failed = in_one(writes, connection, sealer, &mut given).err();
    let code = failed.map(|error| error.sqlite_error().copied().unwrap_or(ffi::Error::new(ffi::SQLITE_ERROR)));
    let mut given = given.into_iter();
    callers.into_iter().map(move |caller| {
        let heard = match (given.next(), code) {
            (Some((value, Verdict::RollBack)), _) | (Some((value, Verdict::Commit)), None) => value,
            (_, code) => Err(code.map_or(Stopped::EMPTY_HANDED.into(), again)),
        };
        (caller, heard)
    })
}

/// What a write gave; what is to be committed is told once that is done.
type Given = (Result<Erased>, Verdict);

fn in_one(
    writes: Vec<Write>,
    connection: &mut Connection,
    sealer: &Sealer,
    given: &mut Vec<Given>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (before, write) in writes.into_iter().enumerate() {
        // Nothing stands before the first: what takes it back may take back all.
        let is_first = before == 0;
        if !is_first {
            run(&transaction, "SAVEPOINT own")?;
        }
        let mut dao = Dao::new(&transaction, sealer);
        let written = catch_unwind(AssertUnwindSafe(|| write(&mut dao)));
        let failed = dao.failed();
        let (value, verdict) = match written {
            Ok((value, verdict)) => (Ok(value), verdict),
            Err(_) => (Err(Stopped::PANICKED.into()), Verdict::RollBack), // its own alone, and the hook has told of it
        };
        given.push((value, verdict));
        if transaction.is_autocommit() {
            // The disk took back all of it, as when it is full: what comes after would stand alone.
            return Err(again(failed.unwrap_or(ffi::Error::new(ffi::SQLITE_ABORT))));
        }
        match (verdict, is_first) {
            (Verdict::Commit, true) => {}
            (Verdict::Commit, false) => run(&transaction, "RELEASE own")?,
            (Verdict::RollBack, true) => transaction.execute_batch("ROLLBACK; BEGIN IMMEDIATE")?,
            (Verdict::RollBack, false) => transaction.execute_batch("ROLLBACK TO own; RELEASE own")?,
        }
    }
    transaction.commit()
}

/// Kept prepared for the next.
fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

/// The same for another caller.
fn again<E: From<rusqlite::Error>>(code: ffi::Error) -> E {
    rusqlite::Error::SqliteFailure(code, None).into()
}

#[cfg(test)]
mod tests;
