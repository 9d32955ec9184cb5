//! The table `prefill_consent`, in `state.db`: one sealed value, so that not even the names of registers are in clear.

use rusqlite::{OptionalExtension as _, named_params};

use super::{Consent, Consents};
use crate::{
    foundation::{
        crypto::seal::Column,
        storage::{self, Dao},
    },
    offline::tolerant,
};

const BODY: Column = Column { table: "prefill_consent", column: "body", layout: 1 };

/// The one row.
const ROW: &str = "1";

/// What can't be read any more was never agreed to: it is asked again.
pub(in super::super) fn consents(dao: &Dao<'_>) -> storage::Result<Consents> {
    let mut statement = dao.sql().prepare_cached("SELECT body FROM prefill_consent WHERE id = 1")?;
    let body: Option<Vec<u8>> = statement.query_row([], |row| row.get("body")).optional()?;
    Ok(body.map(|body| tolerant::opened(dao.open(BODY, ROW, &body))).transpose()?.flatten().unwrap_or_default())
}

pub(in super::super) fn put_consent(dao: &mut Dao<'_>, operation: &str, consent: Consent) -> storage::Result<()> {
    let mut consents = consents(dao)?;
    consents.insert(operation.to_owned(), consent);
    let body = dao.seal(BODY, ROW, &consents)?;
    dao.sql().execute(
        "INSERT INTO prefill_consent (id, body) VALUES (1, :body)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        named_params! {":body": body},
    )?;
    Ok(())
}
