//! Rotation of the store key: a new one seals from now on, and what lies under the one before it is sealed anew.
//!
//! Guarantees: at every moment every value opens; cut anywhere, it goes on at the next start; the old key goes when nothing
//! is under it and no other process can still be sealing with it.

use std::time::Duration;

use rusqlite::named_params;

use super::{
    at_rest::{Place, SEALED, Under},
    lock::Shutter,
};
use crate::foundation::{
    crypto::{
        keys::{File, KeyId, KeyRing},
        seal::{Column, SealError},
    },
    error::{Error, Result},
    ports::Ports,
    storage::{self, Dao},
};

/// A store key serves this long.
const AGE: Duration = Duration::from_secs(90 * DAY_S);

/// And this long if a citizen signs in anew: whoever has read the phone before then reads nothing after.
const AGE_AT_SIGN_IN: Duration = Duration::from_secs(DAY_S);

/// How long the key before it is kept at least: longer than an extension lives.
const KEPT: Duration = Duration::from_secs(DAY_S);

const DAY_S: u64 = 24 * 3600;

/// Values that change their key in one transaction: some milliseconds in which nobody else writes.
const BATCH: usize = 50;

/// Why a rotation is thought of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Occasion {
    Opened,
    SignedIn,
}

impl Shutter {
    /// In the background: begins a rotation if it is time, and carries on one that has begun.
    pub(super) fn rotate(&self, occasion: Occasion) {
        let shutter = self.clone();
        drop(self.spawner.detached(async move {
            match shutter.run_rotation(occasion).await {
                // A sign-out, a lock or a suspend came between; the next start goes on.
                Ok(()) | Err(Error::Locked | Error::NotAvailable | Error::SignInRequired) => {}
                Err(error) => log::warn!(target: "emongolia", "keys are rotated at the next start: {error}"),
            }
        }));
    }

    pub(super) async fn run_rotation(&self, occasion: Occasion) -> Result<()> {
        let _turn = self.rotating.lock().await;
        let now = self.ports.clock.now();
        let begun = self.keys.before().is_some();
        if !begun {
            let age = match occasion {
                Occasion::Opened => AGE,
                Occasion::SignedIn => AGE_AT_SIGN_IN,
            };
            if !self.keys.is_worn(now, age) {
                return Ok(());
            }
            self.with_keys(KeyRing::rotate).await?;
        }
        let Some(before) = self.keys.before() else { return Ok(()) };
        for place in SEALED.iter().filter(|place| place.under == Under::DataKey) {
            self.reseal(place, before).await?;
        }
        if begun && self.keys.is_older(now, KEPT) {
            self.with_keys(move |keys: &KeyRing, ports: &Ports| keys.end_rotation(ports, before)).await?;
        }
        Ok(())
    }

    async fn reseal(&self, place: &'static Place, before: KeyId) -> Result<()> {
        let store = match place.file {
            File::State => &self.state,
            File::Cache => &self.cache,
        };
        let mut damaged = 0;
        loop {
            let batch = store.write(move |dao| reseal(dao, place, before, damaged)).await?;
            damaged += batch.damaged;
            if batch.moved + batch.damaged < BATCH {
                return Ok(());
            }
        }
    }
}

struct Batch {
    moved: usize,
    /// What opens under no key: noise before and after.
    damaged: usize,
}

/// Seals up to [`BATCH`] values anew, behind so many that can't be.
fn reseal(dao: &mut Dao<'_>, place: &Place, before: KeyId, skip: usize) -> storage::Result<Batch> {
    let Place { table, column, row, .. } = *place;
    let select = format!(
        "SELECT {row}, {column} FROM {table} WHERE substr({column}, 2, 4) = :before ORDER BY 1 LIMIT {BATCH} OFFSET {skip}"
    );
    let mut statement = dao.sql().prepare(&select)?;
    let values = statement.query_map(named_params! {":before": before}, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let values: Vec<(String, Vec<u8>)> = values.collect::<rusqlite::Result<_>>()?;
    let update = format!("UPDATE {table} SET {column} = :new WHERE {row} = :row AND {column} = :old");
    let mut batch = Batch { moved: 0, damaged: 0 };
    for (row, old) in values {
        match dao.reseal(Column::of(table, column, &old), &row, &old) {
            Ok(new) => {
                dao.sql().execute(&update, named_params! {":new": new, ":row": row, ":old": old})?;
                batch.moved += 1;
            }
            Err(storage::Error::Sealed(SealError::Refused)) => batch.damaged += 1,
            Err(other) => return Err(other),
        }
    }
    Ok(batch)
}

#[cfg(test)]
mod tests;
