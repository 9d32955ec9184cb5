use rusqlite::{Connection, Row, ToSql, ffi};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::error::{Error, Result};
use crate::foundation::{
    clock::Timestamp,
    crypto::seal::{Column, Sealer},
    json,
};

/// One open transaction and the means to seal. A read gets `&Dao`, a write `&mut Dao`.
pub struct Dao<'t> {
    connection: &'t Connection,
    sealer: &'t Sealer,
    /// What SQLite said of the last statement that failed.
    failed: Option<ffi::Error>,
}

impl<'t> Dao<'t> {
    pub(super) fn new(connection: &'t Connection, sealer: &'t Sealer) -> Self {
        Self { connection, sealer, failed: None }
    }

    pub(super) fn failed(&self) -> Option<ffi::Error> {
        self.failed
    }

    /// For SQL, written out next to the function that runs it.
    pub fn sql(&self) -> &'t Connection {
        self.connection
    }

    /// Runs one statement, kept prepared for the next time; gives the number of rows it changed.
    pub fn execute(&mut self, sql: &str, params: &[(&str, &dyn ToSql)]) -> rusqlite::Result<usize> {
        let done = self.connection.prepare_cached(sql)?.execute(params);
        done.inspect_err(|error| self.failed = error.sqlite_error().copied())
    }

    /// Seals a value for one column of one row.
    pub fn seal<T: Serialize + ?Sized>(&self, at: Column, row: &str, value: &T) -> Result<Vec<u8>> {
        let plain = Zeroizing::new(json::write(value).ok_or(Error::Stored(at.column))?.into_bytes());
        Ok(self.sealer.seal(at, row, &plain)?)
    }

    /// Seals bytes as they are.
    pub fn seal_bytes(&self, at: Column, row: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(self.sealer.seal(at, row, bytes)?)
    }

    /// Opens what [`Dao::seal_bytes`] sealed for the same column and row.
    pub fn open_bytes(&self, at: Column, row: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        Ok(self.sealer.open(at, row, sealed)?)
    }

    /// Seals what is sealed anew, in its place.
    pub fn reseal(&self, at: Column, row: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let plain = self.sealer.open(at, row, sealed)?;
        Ok(self.sealer.seal(at, row, &plain)?)
    }

    /// Opens what [`Dao::seal`] sealed for the same column and row.
    pub fn open<T: DeserializeOwned>(&self, at: Column, row: &str, sealed: &[u8]) -> Result<T> {
        let plain = self.sealer.open(at, row, sealed)?;
        json::read(&plain).ok_or(Error::Stored(at.column))
    }
}

/// Columns in our own types.
pub trait RowExt {
    /// Unix milliseconds.
    fn timestamp(&self, column: &str) -> rusqlite::Result<Timestamp>;
    fn maybe_timestamp(&self, column: &str) -> rusqlite::Result<Option<Timestamp>>;
}

impl RowExt for Row<'_> {
    fn timestamp(&self, column: &str) -> rusqlite::Result<Timestamp> {
        self.get(column).map(Timestamp::from_unix_ms)
    }

    fn maybe_timestamp(&self, column: &str) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.get::<_, Option<i64>>(column)?.map(Timestamp::from_unix_ms))
    }
}
