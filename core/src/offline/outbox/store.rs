//! The table `operation`: SQL next to the function that runs it.

use rusqlite::{OptionalExtension as _, Row, named_params};
use zeroize::Zeroizing;

use super::{
    model::{OperationId, OperationView, State},
    operation::Body,
};
use crate::{
    foundation::{
        clock::Timestamp,
        crypto::seal::Column,
        storage::{self, Dao, RowExt as _},
    },
    gateway::IdempotencyKey,
    offline::PAGE,
};

const BODY: Column = Column { table: "operation", column: "body", layout: 1 };
const RECEIPT: Column = Column { table: "operation", column: "receipt", layout: 1 };

/// An operation as the worker takes it up.
pub(super) struct Item {
    pub(super) id: OperationId,
    /// `None`: it is damaged.
    pub(super) key: Option<IdempotencyKey>,
    pub(super) kind: String,
    /// Sealed.
    body: Vec<u8>,
    pub(super) attempts: u32,
    pub(super) unreadable: u32,
    /// Of the first try that may have had an effect.
    pub(super) first_sent_at: Option<Timestamp>,
    /// An earlier try may have had its effect without our hearing of it.
    pub(super) in_doubt: bool,
    /// A step of it is answered.
    pub(super) stepped: bool,
    /// It was wedged, and the citizen has tried it again.
    pub(super) retried: bool,
    /// The same, and it is damaged: they were told to look whether it had its effect.
    pub(super) looked: bool,
}

impl Item {
    /// What is stored of it, as JSON.
    pub(super) fn open(&self, dao: &Dao<'_>) -> storage::Result<Zeroizing<Vec<u8>>> {
        dao.open_bytes(BODY, self.id.as_str(), &self.body)
    }

    /// Something of it may have left the phone.
    pub(super) fn has_left(&self) -> bool {
        self.stepped || self.first_sent_at.is_some()
    }
}

pub(super) struct NewRow<'a> {
    pub(super) id: &'a OperationId,
    pub(super) key: &'a IdempotencyKey,
    pub(super) kind: &'a str,
    pub(super) group: &'a str,
    pub(super) needs: Option<&'a OperationId>,
    pub(super) body: &'a Body,
}

pub(super) fn insert(dao: &mut Dao<'_>, row: &NewRow<'_>, now: Timestamp) -> storage::Result<()> {
    let body = dao.seal_bytes(BODY, row.id.as_str(), row.body.as_bytes())?;
    dao.execute(
        "INSERT INTO operation (id, idempotency_key, kind, order_group, needs, state, body, created_at, next_at, steps)
         VALUES (:id, :key, :kind, :group, :needs, 'new', :body, :now, :now, 0)",
        named_params! {
            ":id": row.id.as_str(), ":key": row.key.as_str(), ":kind": row.kind, ":group": row.group,
            ":needs": row.needs.map(OperationId::as_str), ":body": body, ":now": now.unix_ms(),
        },
    )?;
    Ok(())
}

/// What makes no sense without this one and is not finished.
pub(super) fn needing(dao: &Dao<'_>, id: &OperationId) -> storage::Result<Vec<OperationId>> {
    let mut statement =
        dao.sql().prepare_cached("SELECT id FROM operation WHERE needs = :id AND finished_at IS NULL")?;
    let rows = statement.query_map(named_params! {":id": id.as_str()}, |row| row.get::<_, String>(0))?;
    rows.map(|id| id_of(&id?)).collect()
}

/// What this one needs, if that is not finished.
pub(super) fn needed_by(dao: &Dao<'_>, id: &OperationId) -> storage::Result<Option<OperationId>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT needed.id FROM operation JOIN operation needed ON needed.id = operation.needs
         WHERE operation.id = :id AND needed.finished_at IS NULL",
    )?;
    let needed = statement.query_row(named_params! {":id": id.as_str()}, |row| row.get::<_, String>(0)).optional()?;
    needed.as_deref().map(id_of).transpose()
}

/// The first open operation of every group, oldest first. A wedged one holds up its group.
pub(super) fn heads(dao: &Dao<'_>) -> storage::Result<Vec<Head>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT id, state, next_at FROM operation
         WHERE seq IN (SELECT min(seq) FROM operation WHERE finished_at IS NULL GROUP BY order_group)
         ORDER BY seq",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.timestamp("next_at")?)))?;
    rows.map(|row| {
        let (id, state, next_at): (String, String, Timestamp) = row?;
        Ok(Head { id: id_of(&id)?, state: state_of(&state)?, next_at })
    })
    .collect()
}

pub(super) struct Head {
    pub(super) id: OperationId,
    pub(super) state: State,
    pub(super) next_at: Timestamp,
}

/// Takes an operation up: counts the attempt and says that a byte may leave, before one does.
/// `None` if somebody else has finished it in the meantime.
pub(super) fn take_up(dao: &mut Dao<'_>, id: &OperationId, now: Timestamp) -> storage::Result<Option<Item>> {
    let Some(mut item) = item(dao, id)? else { return Ok(None) };
    let taken = dao.execute(
        "UPDATE operation SET state = 'sending', attempts = attempts + 1, first_sent_at = coalesce(first_sent_at, :now)
         WHERE id = :id AND state IN ('new', 'sending')",
        named_params! {":id": id.as_str(), ":now": now.unix_ms()},
    )?;
    item.attempts += 1;
    item.first_sent_at = item.first_sent_at.or(Some(now));
    Ok((taken == 1).then_some(item))
}

/// A try that asks what became of those before it.
pub(super) fn count_try(dao: &mut Dao<'_>, id: &OperationId) -> storage::Result<()> {
    dao.execute("UPDATE operation SET attempts = attempts + 1 WHERE id = :id", named_params! {":id": id.as_str()})?;
    Ok(())
}

/// Nothing of this try has left the phone: if no earlier one has either, it is as new as it was.
pub(super) fn put_back(dao: &mut Dao<'_>, item: &Item) -> storage::Result<()> {
    if !item.in_doubt {
        dao.execute(
            "UPDATE operation SET state = 'new', first_sent_at = NULL WHERE id = :id AND state = 'sending'",
            named_params! {":id": item.id.as_str()},
        )?;
    }
    Ok(())
}

pub(super) fn item(dao: &Dao<'_>, id: &OperationId) -> storage::Result<Option<Item>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT idempotency_key, kind, body, attempts, unreadable, first_sent_at, steps > 0 AS stepped,
             problem_code IS NOT NULL AS retried, problem_code IS 'damaged_unknown' AS looked
         FROM operation WHERE id = :id",
    )?;
    let item = statement.query_row(named_params! {":id": id.as_str()}, |row| {
        let first_sent_at = row.maybe_timestamp("first_sent_at")?;
        Ok(Item {
            id: id.clone(),
            key: IdempotencyKey::parse(&row.get::<_, String>("idempotency_key")?),
            kind: row.get("kind")?,
            body: row.get("body")?,
            attempts: row.get("attempts")?,
            unreadable: row.get("unreadable")?,
            first_sent_at,
            in_doubt: first_sent_at.is_some(),
            stepped: row.get("stepped")?,
            retried: row.get("retried")?,
            looked: row.get("looked")?,
        })
    });
    Ok(item.optional()?)
}

/// It was made anew: its key and how far it is stay.
pub(super) fn put_body(dao: &mut Dao<'_>, id: &OperationId, body: &Body) -> storage::Result<()> {
    let body = dao.seal_bytes(BODY, id.as_str(), body.as_bytes())?;
    dao.execute("UPDATE operation SET body = :body WHERE id = :id", named_params! {":id": id.as_str(), ":body": body})?;
    Ok(())
}

/// A key in place of a damaged one that nothing was sent under.
pub(super) fn put_key(dao: &mut Dao<'_>, id: &OperationId) -> storage::Result<()> {
    dao.execute(
        "UPDATE operation SET idempotency_key = :key WHERE id = :id",
        named_params! {":id": id.as_str(), ":key": IdempotencyKey::new().as_str()},
    )?;
    Ok(())
}

/// Stores the receipt.
pub(super) fn finish(dao: &mut Dao<'_>, id: &OperationId, receipt: &str, now: Timestamp) -> storage::Result<()> {
    let receipt = dao.seal(RECEIPT, id.as_str(), receipt)?;
    dao.execute(
        "UPDATE operation SET state = 'done', receipt = :receipt, finished_at = :now, problem_code = NULL, problem_field = NULL
         WHERE id = :id AND state NOT IN ('done', 'cancelled')",
        named_params! {":id": id.as_str(), ":receipt": receipt, ":now": now.unix_ms()},
    )?;
    Ok(())
}

/// Gives its kind; `None` if it was ended meanwhile.
pub(super) fn wedge(
    dao: &mut Dao<'_>,
    id: &OperationId,
    code: &str,
    field: Option<&str>,
) -> storage::Result<Option<String>> {
    let mut statement = dao.sql().prepare_cached(
        "UPDATE operation SET state = 'wedged', problem_code = :code, problem_field = :field
         WHERE id = :id AND state IN ('new', 'sending') RETURNING kind",
    )?;
    let row = named_params! {":id": id.as_str(), ":code": code, ":field": field};
    Ok(statement.query_row(row, |row| row.get(0)).optional()?)
}

/// It waits for another try. `unreadable` is the number of answers in a row that could not be read.
pub(super) fn put_off(dao: &mut Dao<'_>, id: &OperationId, next_at: Timestamp, unreadable: u32) -> storage::Result<()> {
    dao.execute(
        "UPDATE operation SET next_at = :next_at, unreadable = :unreadable WHERE id = :id AND state IN ('new', 'sending')",
        named_params! {":id": id.as_str(), ":next_at": next_at.unix_ms(), ":unreadable": unreadable},
    )?;
    Ok(())
}

/// One step of it is done and the next is due at `next_at`, under a key of its own and with nothing in doubt: as far as
/// the operation does not say otherwise, it can be called off again.
pub(super) fn step(dao: &mut Dao<'_>, id: &OperationId, next_at: Timestamp) -> storage::Result<()> {
    dao.execute(
        "UPDATE operation SET state = 'new', attempts = 0, unreadable = 0, first_sent_at = NULL, idempotency_key = :key,
             next_at = :next_at, steps = steps + 1, problem_code = NULL
         WHERE id = :id AND state = 'sending'",
        named_params! {":id": id.as_str(), ":key": IdempotencyKey::new().as_str(), ":next_at": next_at.unix_ms()},
    )?;
    Ok(())
}

/// What is refused under its key is due under another, as if nothing of it had left.
pub(super) fn ask_anew(dao: &mut Dao<'_>, id: &OperationId, now: Timestamp) -> storage::Result<()> {
    dao.execute(
        "UPDATE operation SET state = 'new', attempts = 0, unreadable = 0, first_sent_at = NULL, idempotency_key = :key,
             next_at = :now, problem_code = NULL
         WHERE id = :id AND state = 'sending'",
        named_params! {":id": id.as_str(), ":key": IdempotencyKey::new().as_str(), ":now": now.unix_ms()},
    )?;
    Ok(())
}

/// All that it needs, and what that needs, is as new again: it stands before it in its group.
pub(super) fn reopen_needed(dao: &mut Dao<'_>, id: &OperationId, now: Timestamp) -> storage::Result<()> {
    dao.execute(
        "WITH RECURSIVE needed (id) AS (
             SELECT needs FROM operation WHERE id = :id
             UNION SELECT operation.needs FROM operation JOIN needed ON operation.id = needed.id)
         UPDATE operation SET state = 'new', attempts = 0, first_sent_at = NULL, next_at = :now, finished_at = NULL, receipt = NULL
         WHERE state = 'done' AND id IN (SELECT id FROM needed)",
        named_params! {":id": id.as_str(), ":now": now.unix_ms()},
    )?;
    Ok(())
}

/// Whether an answer to it may still be applied.
pub(super) fn is_open(dao: &Dao<'_>, id: &OperationId) -> storage::Result<bool> {
    let mut statement = dao.sql().prepare_cached("SELECT 1 FROM operation WHERE id = :id AND finished_at IS NULL")?;
    Ok(statement.exists(named_params! {":id": id.as_str()})?)
}

/// Lets everything that waits be tried at once: the citizen asked, or the network came back.
pub(super) fn hurry(dao: &mut Dao<'_>, now: Timestamp) -> storage::Result<()> {
    dao.execute(
        "UPDATE operation SET next_at = :now WHERE finished_at IS NULL AND state <> 'wedged' AND next_at > :now",
        named_params! {":now": now.unix_ms()},
    )?;
    Ok(())
}

pub(super) fn hasten(dao: &mut Dao<'_>, id: &OperationId, now: Timestamp) -> storage::Result<()> {
    dao.execute(
        "UPDATE operation SET next_at = :now WHERE id = :id AND state IN ('new', 'sending') AND next_at > :now",
        named_params! {":id": id.as_str(), ":now": now.unix_ms()},
    )?;
    Ok(())
}

/// A wedged operation is tried again, under the same key; why it was wedged stays with it until it is answered. Where
/// nobody can know any more whether it had its effect, it is sent anew: the citizen has decided.
pub(super) fn unwedge(dao: &mut Dao<'_>, id: &OperationId, now: Timestamp) -> storage::Result<bool> {
    let changed = dao.execute(
        "UPDATE operation SET state = 'sending', next_at = :now, unreadable = 0, problem_field = NULL,
             first_sent_at = iif(problem_code = 'expired_unknown', NULL, first_sent_at)
         WHERE id = :id AND state = 'wedged'",
        named_params! {":id": id.as_str(), ":now": now.unix_ms()},
    )?;
    Ok(changed == 1)
}

pub(super) fn cancel(dao: &mut Dao<'_>, id: &OperationId, now: Timestamp) -> storage::Result<()> {
    dao.execute(
        "UPDATE operation SET state = 'cancelled', finished_at = :now WHERE id = :id",
        named_params! {":id": id.as_str(), ":now": now.unix_ms()},
    )?;
    Ok(())
}

/// Receipts that have outlived the time in which the gateway could replay them.
pub(super) fn prune(dao: &mut Dao<'_>, finished_before: Timestamp) -> storage::Result<()> {
    dao.execute(
        "DELETE FROM operation WHERE finished_at < :before
         AND order_group NOT IN (SELECT order_group FROM operation WHERE finished_at IS NULL)",
        named_params! {":before": finished_before.unix_ms()},
    )?;
    Ok(())
}

pub(super) fn view(dao: &Dao<'_>, id: &OperationId) -> storage::Result<Option<OperationView>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT id, kind, state, created_at, attempts, next_at, problem_code, problem_field FROM operation WHERE id = :id",
    )?;
    statement.query_row(named_params! {":id": id.as_str()}, read_view).optional()?.transpose()
}

/// Newest first; `before` is the id of the last row of the page before.
pub(super) fn views(
    dao: &Dao<'_>,
    open_only: bool,
    before: Option<&OperationId>,
) -> storage::Result<Vec<OperationView>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT id, kind, state, created_at, attempts, next_at, problem_code, problem_field FROM operation
         WHERE (:open_only = 0 OR finished_at IS NULL)
           AND seq < coalesce((SELECT seq FROM operation WHERE id = :before), 9223372036854775807)
         ORDER BY seq DESC LIMIT :limit",
    )?;
    let rows = statement.query_map(
        named_params! {":open_only": open_only, ":before": before.map(OperationId::as_str), ":limit": PAGE + 1},
        read_view,
    )?;
    rows.map(|row| row?).collect()
}

fn read_view(row: &Row<'_>) -> rusqlite::Result<storage::Result<OperationView>> {
    let (id, state): (String, String) = (row.get("id")?, row.get("state")?);
    let next_at = row.timestamp("next_at")?;
    let (kind, attempts) = (row.get("kind")?, row.get("attempts")?);
    let created_at = row.timestamp("created_at")?;
    let (problem, problem_field): (Option<String>, _) = (row.get("problem_code")?, row.get("problem_field")?);
    Ok(id_of(&id).and_then(|id| {
        let state = state_of(&state)?;
        let waits = matches!(state, State::New | State::Sending);
        let (next_try_at, problem) = (waits.then_some(next_at), problem.filter(|_| !waits));
        Ok(OperationView { id, kind, state, created_at, attempts, next_try_at, problem, problem_field })
    }))
}

fn id_of(text: &str) -> storage::Result<OperationId> {
    OperationId::parse(text).ok_or(storage::Error::Stored("operation id"))
}

fn state_of(text: &str) -> storage::Result<State> {
    State::parse(text).ok_or(storage::Error::Stored("operation state"))
}
