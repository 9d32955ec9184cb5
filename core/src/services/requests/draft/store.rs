//! The table `draft`, in `state.db`.

use rusqlite::{OptionalExtension as _, named_params};

use super::model::{DraftId, DraftSummary, Kept};
use crate::{
    country::Person,
    foundation::{
        clock::Timestamp,
        crypto::seal::Column,
        storage::{self, Dao, RowExt as _},
    },
    offline::{PAGE, tolerant},
    services::requests::{change::Asked, form, model::ConfirmationId},
};

const BODY: Column = Column { table: "draft", column: "body", layout: 1 };

pub(super) fn insert(dao: &mut Dao<'_>, id: &DraftId, kept: &Kept, now: Timestamp) -> storage::Result<()> {
    let body = dao.seal(BODY, id.as_str(), kept)?;
    dao.execute(
        "INSERT INTO draft (id, begun_at, changed_at, request_id, body) VALUES (:id, :now, :now, :request, :body)",
        named_params! {
            ":id": id.as_str(), ":now": now.unix_ms(), ":body": body,
            ":request": kept.asked.as_ref().map(|asked| asked.request.as_str()),
        },
    )?;
    Ok(())
}

/// What was confirmed of it before is not what it says now.
pub(super) fn update(dao: &mut Dao<'_>, id: &DraftId, kept: &Kept, now: Timestamp) -> storage::Result<()> {
    forget_unsubmitted(dao, id)?;
    let body = dao.seal(BODY, id.as_str(), kept)?;
    dao.execute(
        "UPDATE draft SET body = :body, changed_at = :now, confirmation_id = NULL WHERE id = :id",
        named_params! {":id": id.as_str(), ":now": now.unix_ms(), ":body": body},
    )?;
    Ok(())
}

pub(super) fn kept(dao: &Dao<'_>, id: &DraftId) -> storage::Result<Option<Kept>> {
    let mut statement = dao.sql().prepare_cached("SELECT body FROM draft WHERE id = :id")?;
    let body: Option<Vec<u8>> =
        statement.query_row(named_params! {":id": id.as_str()}, |row| row.get("body")).optional()?;
    body.map(|body| dao.open(BODY, id.as_str(), &body)).transpose()
}

/// When it was begun and when it was last changed.
pub(super) fn times(dao: &Dao<'_>, id: &DraftId) -> storage::Result<Option<(Timestamp, Timestamp)>> {
    let mut statement = dao.sql().prepare_cached("SELECT begun_at, changed_at FROM draft WHERE id = :id")?;
    let times = statement.query_row(named_params! {":id": id.as_str()}, |row| {
        Ok((row.timestamp("begun_at")?, row.timestamp("changed_at")?))
    });
    Ok(times.optional()?)
}

/// The one that answers the same kind of question of that request.
pub(super) fn amending(dao: &Dao<'_>, asked: &Asked) -> storage::Result<Option<DraftId>> {
    let mut statement = dao.sql().prepare_cached("SELECT id FROM draft WHERE request_id = :request")?;
    let ids = statement.query_map(named_params! {":request": asked.request.as_str()}, |row| row.get::<_, String>(0))?;
    for id in ids {
        let Some(id) = DraftId::parse(&id?) else { continue };
        let answers = kept(dao, &id)?.and_then(|kept| kept.asked);
        if answers.is_some_and(|answers| answers.kind == asked.kind) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Its confirmation was submitted, and nobody has called that off.
pub(super) fn is_under_way(dao: &Dao<'_>, id: &DraftId) -> storage::Result<bool> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT 1 FROM draft JOIN confirmation ON confirmation.id = draft.confirmation_id
         WHERE draft.id = :id AND confirmation.operation_id IS NOT NULL",
    )?;
    Ok(statement.exists(named_params! {":id": id.as_str()})?)
}

/// Those that wait for the citizen, the last one changed first; `before` is the last one of the page before.
pub(super) fn page(
    dao: &Dao<'_>,
    person: Option<&Person>,
    before: Option<&DraftId>,
) -> storage::Result<Vec<DraftSummary>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT draft.id, begun_at, changed_at, draft.body
         FROM draft LEFT JOIN confirmation ON confirmation.id = draft.confirmation_id
         WHERE confirmation.operation_id IS NULL
           AND (:before IS NULL OR (changed_at, draft.id) < (SELECT changed_at, id FROM draft WHERE id = :before))
         ORDER BY changed_at DESC, draft.id DESC",
    )?;
    let rows = statement.query_map(named_params! {":before": before.map(DraftId::as_str)}, |row| {
        let id: String = row.get("id")?;
        Ok((id, row.timestamp("begun_at")?, row.timestamp("changed_at")?, row.get::<_, Vec<u8>>("body")?))
    })?;
    let rows = rows.map(|row| {
        let (id, begun_at, changed_at, body) = row?;
        let Kept { service, values, asked, whom: person, .. } = dao.open(BODY, &id, &body)?;
        let id = DraftId::parse(&id).ok_or(storage::Error::Stored("draft id"))?;
        let answered = values.values().filter(|typed| form::is_answer(typed)).count();
        let answered = u32::try_from(answered).unwrap_or(u32::MAX);
        let request = asked.map(|asked| asked.request);
        Ok(DraftSummary { id, service, begun_at, changed_at, answered, request, person })
    });
    let theirs = |draft: &DraftSummary| person.is_none_or(|person| person.is(draft.person.as_ref()));
    tolerant::wanted_rows(rows, PAGE + 1, theirs)
}

/// With its files, and what was confirmed of it.
pub(super) fn remove(dao: &mut Dao<'_>, id: &DraftId) -> storage::Result<()> {
    forget_unsubmitted(dao, id)?;
    let of_it = named_params! {":id": id.as_str()};
    dao.execute("DELETE FROM attachment WHERE draft_id = :id", of_it)?;
    dao.execute("DELETE FROM draft WHERE id = :id", of_it)?;
    Ok(())
}

/// What it is confirmed as from now on: an earlier confirmation can't be sent any more.
pub(in super::super) fn bind(dao: &mut Dao<'_>, id: &DraftId, confirmation: &ConfirmationId) -> storage::Result<()> {
    forget_unsubmitted(dao, id)?;
    dao.execute(
        "UPDATE draft SET confirmation_id = :confirmation WHERE id = :id",
        named_params! {":id": id.as_str(), ":confirmation": confirmation.as_str()},
    )?;
    Ok(())
}

/// What it was confirmed as can't be sent any more, if it was not submitted.
fn forget_unsubmitted(dao: &mut Dao<'_>, id: &DraftId) -> storage::Result<()> {
    dao.execute(
        "DELETE FROM confirmation WHERE operation_id IS NULL AND id = (SELECT confirmation_id FROM draft WHERE id = :id)",
        named_params! {":id": id.as_str()},
    )?;
    Ok(())
}

/// The request has arrived: what was filled in lives on there.
pub(in super::super) fn forget_confirmed(dao: &mut Dao<'_>, confirmation: &ConfirmationId) -> storage::Result<()> {
    let mut statement = dao.sql().prepare_cached("SELECT id FROM draft WHERE confirmation_id = :confirmation")?;
    let id: Option<String> =
        statement.query_row(named_params! {":confirmation": confirmation.as_str()}, |row| row.get(0)).optional()?;
    match id.as_deref().and_then(DraftId::parse) {
        Some(id) => remove(dao, &id),
        None => Ok(()),
    }
}
