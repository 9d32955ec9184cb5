//! The table `request_seen`, in `state.db`: how much of a request's history the citizen has looked at.

use rusqlite::{OptionalExtension as _, named_params};

use super::super::RequestId;
use crate::foundation::storage::{self, Dao};

/// Steps; none of a request that was never opened.
pub(in super::super) fn steps(dao: &Dao<'_>, request: &str) -> storage::Result<u32> {
    let mut statement = dao.sql().prepare_cached("SELECT steps FROM request_seen WHERE id = :id")?;
    let steps = statement.query_row(named_params! {":id": request}, |row| row.get(0)).optional()?;
    Ok(steps.unwrap_or_default())
}

/// `false` if as much had been seen before.
pub(in super::super) fn mark(dao: &mut Dao<'_>, request: &RequestId, steps: u32) -> storage::Result<bool> {
    let changed = dao.sql().execute(
        "INSERT INTO request_seen (id, steps) VALUES (:id, :steps)
         ON CONFLICT (id) DO UPDATE SET steps = excluded.steps WHERE excluded.steps > request_seen.steps",
        named_params! {":id": request.as_str(), ":steps": steps},
    )?;
    Ok(changed == 1)
}
