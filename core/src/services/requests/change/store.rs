//! The table `request_change`, in `state.db`: what the citizen does to a request, from then until the gateway has it.

use rusqlite::{OptionalExtension as _, named_params};

use super::super::RequestId;
use crate::{
    foundation::storage::{self, Dao},
    offline::outbox::{HELD_UP_BY, OperationId, Outlook},
};

/// What is on its way for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct UnderWay {
    /// Or what holds it up.
    pub(in super::super) operation: OperationId,
    pub(in super::super) kind: String,
    pub(in super::super) outlook: Outlook,
}

/// One at a time: a second is a conflict of the table.
pub(super) fn put(dao: &mut Dao<'_>, request: &RequestId, operation: &OperationId) -> storage::Result<()> {
    dao.sql().execute(
        "INSERT INTO request_change (request_id, operation_id) VALUES (:request, :operation)",
        named_params! {":request": request.as_str(), ":operation": operation.as_str()},
    )?;
    Ok(())
}

pub(super) fn forget(dao: &mut Dao<'_>, operation: &OperationId) -> storage::Result<()> {
    dao.sql().execute(
        "DELETE FROM request_change WHERE operation_id = :operation",
        named_params! {":operation": operation.as_str()},
    )?;
    Ok(())
}

pub(in super::super) fn under_way(dao: &Dao<'_>, request: &str) -> storage::Result<Option<UnderWay>> {
    let mut statement = dao.sql().prepare_cached(&format!(
        "SELECT operation.id, kind, state, problem_code, {HELD_UP_BY}
         FROM request_change JOIN operation ON operation.id = operation_id WHERE request_id = :request"
    ))?;
    let row = statement.query_row(named_params! {":request": request}, |row| {
        let (own, held_up_by): (String, Option<String>) = (row.get("id")?, row.get("held_up_by")?);
        Ok((held_up_by.unwrap_or(own), row.get("kind")?, Outlook::read(row)?))
    });
    let Some((operation, kind, Some(outlook))) = row.optional()? else { return Ok(None) };
    let operation = OperationId::parse(&operation).ok_or(storage::Error::Stored("operation id"))?;
    Ok(Some(UnderWay { operation, kind, outlook }))
}
