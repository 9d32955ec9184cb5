//! Tables of the requests. `cache.db`: what was pulled. `state.db`: what was confirmed here, and what was acknowledged
//! but not yet pulled. Everything personal is sealed; ids, versions and times are not.

use std::time::Duration as Span;

use rusqlite::{OptionalExtension as _, named_params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    attachment::{self, AttachmentId},
    change::Asked,
    model::{Confirmation, ConfirmationId, RequestId},
    published::{self, Saga},
    submit::Submit,
    wire::{self, FormHolder, RequestWire, SubmitWire},
};
use crate::{
    auth::Freshness,
    country::Represented,
    foundation::{
        clock::Timestamp,
        crypto::seal::Column,
        events, json,
        storage::{self, Dao, RowExt as _},
    },
    gateway::Endpoint,
    offline::{
        PAGE,
        cache::{Changes, Document, Feed},
        outbox::{HELD_UP_BY, Operation as _, OperationId, Outlook},
        tolerant,
    },
    services::ServiceId,
};

const PULLED: Column = Column { table: "request", column: "body", layout: 1 };
const CONFIRMED: Column = Column { table: "confirmation", column: "body", layout: 1 };
const ACKNOWLEDGED: Column = Column { table: "request_acknowledged", column: "body", layout: 1 };

/// The citizen's requests, as a feed of changes.
pub(super) struct RequestFeed;

impl Feed for RequestFeed {
    const NAME: &'static str = "requests";
    const AREA: events::Area = events::Area::Requests;
    const FRESH_FOR: Span = super::FRESH_FOR;
    type Item = RequestWire;

    fn endpoint() -> &'static Endpoint<Changes<RequestWire>> {
        &wire::REQUESTS
    }

    fn store(items: Vec<RequestWire>, dao: &mut Dao<'_>) -> storage::Result<()> {
        items.iter().try_for_each(|item| put_pulled(dao, item))
    }

    fn reset(dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.execute("DELETE FROM request", &[])?;
        Ok(())
    }
}

/// A service's form.
pub(super) struct FormDocument {
    pub(super) service: ServiceId,
}

impl Document for FormDocument {
    const AREA: events::Area = events::Area::Catalogue;
    const FRESH_FOR: Span = super::FORM_FRESH_FOR;
    type Wire = FormHolder;

    fn name(&self) -> String {
        format!("form/{}", self.service)
    }

    fn endpoint(&self) -> &'static Endpoint<FormHolder> {
        &wire::FORM
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        vec![("id", self.service.as_str().to_owned())]
    }

    fn store(&self, wire: FormHolder, dao: &mut Dao<'_>) -> storage::Result<()> {
        let body = wire.form.to_string();
        dao.execute(
            "INSERT INTO form (service_id, body) VALUES (:id, :body)
             ON CONFLICT (service_id) DO UPDATE SET body = excluded.body",
            named_params! {":id": self.service.as_str(), ":body": body},
        )?;
        Ok(())
    }
}

/// The form of a service as it came; `None` where there is none.
pub(super) fn form(dao: &Dao<'_>, service: &ServiceId) -> storage::Result<Option<Value>> {
    let body: Option<String> = dao
        .sql()
        .query_row("SELECT body FROM form WHERE service_id = :id", named_params! {":id": service.as_str()}, |row| {
            row.get(0)
        })
        .optional()?;
    Ok(body.and_then(|body| json::read::<Value>(body.as_bytes())).filter(|form| !form.is_null()))
}

/// Keeps the newest version of a pulled request.
pub(super) fn put_pulled(dao: &mut Dao<'_>, request: &RequestWire) -> storage::Result<()> {
    if RequestId::parse(&request.id).is_none() {
        log::warn!(target: "emongolia", "a request with an unusable id was left out");
        return Ok(());
    }
    let body = dao.seal(PULLED, &request.id, request)?;
    dao.execute(
        "INSERT INTO request (id, version, submitted_at, body) VALUES (:id, :version, :submitted_at, :body)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, submitted_at = excluded.submitted_at, body = excluded.body
         WHERE excluded.version >= request.version",
        named_params! {
            ":id": request.id, ":version": request.version, ":submitted_at": request.began_at().unix_ms(), ":body": body,
        },
    )?;
    Ok(())
}

/// Newest first; `before` is the id of the last row of the page before.
pub(super) fn pulled_page(
    dao: &Dao<'_>,
    before: Option<&RequestId>,
    wanted: &dyn Fn(&RequestWire) -> bool,
) -> storage::Result<Vec<RequestWire>> {
    pulled_after(dao, before, PAGE + 1, wanted)
}

/// All of them.
pub(super) fn pulled(dao: &Dao<'_>) -> storage::Result<Vec<RequestWire>> {
    pulled_after(dao, None, usize::MAX, &|_| true)
}

fn pulled_after(
    dao: &Dao<'_>,
    before: Option<&RequestId>,
    limit: usize,
    wanted: &dyn Fn(&RequestWire) -> bool,
) -> storage::Result<Vec<RequestWire>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT id, body FROM request
         WHERE :before IS NULL OR (submitted_at, id) < (SELECT submitted_at, id FROM request WHERE id = :before)
         ORDER BY submitted_at DESC, id DESC",
    )?;
    let rows = statement.query_map(named_params! {":before": before.map(RequestId::as_str)}, |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    let rows = rows.map(|row| {
        let (id, body) = row?;
        dao.open(PULLED, &id, &body)
    });
    tolerant::wanted_rows(rows, limit, wanted)
}

pub(super) fn pulled_one(dao: &Dao<'_>, id: &RequestId) -> storage::Result<Option<RequestWire>> {
    let body: Option<Vec<u8>> = dao
        .sql()
        .query_row("SELECT body FROM request WHERE id = :id", named_params! {":id": id.as_str()}, |row| row.get(0))
        .optional()?;
    Ok(body.map(|body| tolerant::opened(dao.open(PULLED, id.as_str(), &body))).transpose()?.flatten())
}

/// Whether it has a place among what was pulled. A page can start after one that has.
pub(super) fn is_pulled(dao: &Dao<'_>, id: &str) -> storage::Result<bool> {
    let mut statement = dao.sql().prepare_cached("SELECT 1 FROM request WHERE id = :id")?;
    Ok(statement.exists(named_params! {":id": id})?)
}

/// Which of these have been pulled at their version or a later one.
pub(super) fn caught_up(dao: &Dao<'_>, acknowledged: &[(String, i64)]) -> storage::Result<Vec<String>> {
    let mut statement = dao.sql().prepare_cached("SELECT 1 FROM request WHERE id = :id AND version >= :version")?;
    let mut caught_up = Vec::new();
    for (id, version) in acknowledged {
        if statement.exists(named_params! {":id": id, ":version": version})? {
            caught_up.push(id.clone());
        }
    }
    Ok(caught_up)
}

/// What the citizen confirmed: shown lines and, byte for byte, what goes out.
#[derive(Serialize, Deserialize)]
pub(super) struct Confirmed {
    pub(super) shown: Confirmation,
    pub(super) wire: SubmitWire,
    /// What it speaks of, to be sent before it.
    #[serde(default)]
    pub(super) files: Vec<AttachmentId>,
    /// What the form demanded.
    #[serde(default)]
    pub(super) authentication: Option<Freshness>,
    /// What it answers, where it is no new request.
    #[serde(default)]
    pub(super) asked: Option<Asked>,
    /// How far it is on its way over the API of 2021.
    #[serde(default)]
    pub(super) published: Option<Saga>,
    /// Whom it is for; `None`: the citizen.
    #[serde(default)]
    pub(super) whom: Option<Represented>,
}

pub(super) fn put_confirmation(dao: &mut Dao<'_>, confirmed: &Confirmed) -> storage::Result<()> {
    let id = confirmed.shown.id.as_str();
    let body = dao.seal(CONFIRMED, id, confirmed)?;
    dao.execute(
        "INSERT INTO confirmation (id, confirmed_at, body) VALUES (:id, :at, :body)",
        named_params! {":id": id, ":at": confirmed.shown.confirmed_at.unix_ms(), ":body": body},
    )?;
    Ok(())
}

pub(super) fn update_confirmation(dao: &mut Dao<'_>, confirmed: &Confirmed) -> storage::Result<()> {
    let id = confirmed.shown.id.as_str();
    let body = dao.seal(CONFIRMED, id, confirmed)?;
    dao.sql()
        .execute("UPDATE confirmation SET body = :body WHERE id = :id", named_params! {":id": id, ":body": body})?;
    Ok(())
}

pub(super) fn confirmation(dao: &Dao<'_>, id: &ConfirmationId) -> storage::Result<Option<Confirmed>> {
    let mut statement = dao.sql().prepare_cached("SELECT body FROM confirmation WHERE id = :id")?;
    let body: Option<Vec<u8>> = statement.query_row(named_params! {":id": id.as_str()}, |row| row.get(0)).optional()?;
    body.map(|body| dao.open(CONFIRMED, id.as_str(), &body)).transpose()
}

pub(super) fn confirmed_at(dao: &Dao<'_>, id: &ConfirmationId) -> storage::Result<Option<Timestamp>> {
    let mut statement = dao.sql().prepare_cached("SELECT confirmed_at FROM confirmation WHERE id = :id")?;
    Ok(statement.query_row(named_params! {":id": id.as_str()}, |row| row.timestamp("confirmed_at")).optional()?)
}

/// The operation that a confirmation has already become, if it has. `None`: it is confirmed no longer.
pub(super) fn operation_of(dao: &Dao<'_>, id: &ConfirmationId) -> storage::Result<Option<Option<OperationId>>> {
    let mut statement = dao.sql().prepare_cached("SELECT operation_id FROM confirmation WHERE id = :id")?;
    let operation = statement.query_row(named_params! {":id": id.as_str()}, |row| row.get::<_, Option<String>>(0));
    let Some(operation) = operation.optional()? else { return Ok(None) };
    let parse = |id: String| OperationId::parse(&id).ok_or(storage::Error::Stored("operation id"));
    operation.map(parse).transpose().map(Some)
}

/// It becomes that operation, and only that. What is confirmed no longer, or has become another, is refused.
pub(super) fn bind_operation(dao: &mut Dao<'_>, id: &ConfirmationId, operation: &OperationId) -> storage::Result<()> {
    let bound = dao.execute(
        "UPDATE confirmation SET operation_id = :operation WHERE id = :id AND operation_id IS NULL",
        named_params! {":id": id.as_str(), ":operation": operation.as_str()},
    )?;
    if bound == 1 { Ok(()) } else { Err(storage::Error::Stored("confirmation to send")) }
}

pub(super) fn bind_request(dao: &mut Dao<'_>, id: &ConfirmationId, request: &str) -> storage::Result<()> {
    dao.execute(
        "UPDATE confirmation SET request_id = :request WHERE id = :id",
        named_params! {":id": id.as_str(), ":request": request},
    )?;
    Ok(())
}

/// The request that an operation has become.
pub(super) fn request_of(dao: &Dao<'_>, operation: &OperationId) -> storage::Result<Option<RequestId>> {
    let request: Option<Option<String>> = dao
        .sql()
        .query_row(
            "SELECT request_id FROM confirmation WHERE operation_id = :operation",
            named_params! {":operation": operation.as_str()},
            |row| row.get(0),
        )
        .optional()?;
    Ok(request.flatten().as_deref().and_then(RequestId::parse))
}

/// What an operation sends.
pub(super) fn confirmed_of(dao: &Dao<'_>, operation: &OperationId) -> storage::Result<Option<Confirmed>> {
    let mut statement =
        dao.sql().prepare_cached("SELECT id, body FROM confirmation WHERE operation_id = :operation")?;
    let row = statement.query_row(named_params! {":operation": operation.as_str()}, |row| {
        Ok((row.get::<_, String>("id")?, row.get::<_, Vec<u8>>("body")?))
    });
    row.optional()?.map(|(id, body)| dao.open(CONFIRMED, &id, &body)).transpose()
}

/// Of an operation that submits, or goes before one that does: that one, and the request that it has become, if it has.
/// `None`: nothing submits there, or it is over.
pub(super) fn submission(
    dao: &Dao<'_>,
    operation: &OperationId,
) -> storage::Result<Option<(OperationId, Option<RequestId>)>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT submit.id, confirmation.request_id
         FROM operation JOIN operation submit ON submit.order_group = operation.order_group
             JOIN confirmation ON confirmation.operation_id = submit.id
         WHERE operation.id = :operation AND submit.kind IN (:kind, :published)",
    )?;
    let parameters =
        named_params! {":operation": operation.as_str(), ":kind": Submit::KIND, ":published": published::Submit::KIND};
    let row = statement.query_row(parameters, |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)));
    let Some((submit, request)) = row.optional()? else { return Ok(None) };
    let submit = OperationId::parse(&submit).ok_or(storage::Error::Stored("operation id"))?;
    Ok(Some((submit, request.as_deref().and_then(RequestId::parse))))
}

/// The operation was called off: what was confirmed may be submitted again, and its files sent again.
pub(super) fn unbind_operation(dao: &mut Dao<'_>, operation: &OperationId) -> storage::Result<()> {
    let files = match tolerant::opened(confirmed_of(dao, operation))?.flatten() {
        Some(confirmed) => confirmed.files,
        None => files_of_its_draft(dao, operation)?,
    };
    attachment::release(dao, &files)?;
    dao.execute(
        "UPDATE confirmation SET operation_id = NULL WHERE operation_id = :operation",
        named_params! {":operation": operation.as_str()},
    )?;
    Ok(())
}

fn files_of_its_draft(dao: &Dao<'_>, operation: &OperationId) -> storage::Result<Vec<AttachmentId>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT attachment.id FROM attachment JOIN draft ON draft.id = draft_id
         JOIN confirmation ON confirmation.id = confirmation_id WHERE operation_id = :operation",
    )?;
    let ids = statement.query_map(named_params! {":operation": operation.as_str()}, |row| row.get::<_, String>(0))?;
    let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(ids.iter().filter_map(|id| AttachmentId::parse(id)).collect())
}

/// Takes out the one that no draft has, that was not submitted and says the same, to be put in anew under its id.
pub(super) fn take_alike(dao: &mut Dao<'_>, digest: &str) -> storage::Result<Option<ConfirmationId>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT id, body FROM confirmation WHERE operation_id IS NULL
         AND id NOT IN (SELECT confirmation_id FROM draft WHERE confirmation_id IS NOT NULL)",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>("id")?, row.get::<_, Vec<u8>>("body")?)))?;
    let rows = rows.map(|row| {
        let (id, body) = row?;
        dao.open::<Confirmed>(CONFIRMED, &id, &body)
    });
    let same = |confirmed: &Confirmed| confirmed.shown.digest == digest;
    let Some(same) = tolerant::wanted_rows(rows, 1, same)?.pop() else { return Ok(None) };
    dao.execute("DELETE FROM confirmation WHERE id = :id", named_params! {":id": same.shown.id.as_str()})?;
    Ok(Some(same.shown.id))
}

/// Confirmations that were never submitted, and those of which the outbox has forgotten what they became.
pub(super) fn prune_confirmations(dao: &mut Dao<'_>, before: Timestamp) -> storage::Result<()> {
    dao.execute(
        "DELETE FROM confirmation WHERE (operation_id IS NULL AND confirmed_at < :before)
            OR (operation_id IS NOT NULL AND operation_id NOT IN (SELECT id FROM operation))",
        named_params! {":before": before.unix_ms()},
    )?;
    Ok(())
}

/// A submission whose answer has not come.
pub(super) struct OpenSubmission {
    pub(super) operation: OperationId,
    pub(super) outlook: Outlook,
    pub(super) held_up_by: Option<OperationId>,
    pub(super) confirmed: Confirmed,
    pub(super) at: Timestamp,
}

/// Newest first.
pub(super) fn open_submissions(dao: &Dao<'_>) -> storage::Result<Vec<OpenSubmission>> {
    let mut statement = dao.sql().prepare_cached(&format!(
        "SELECT c.id, c.body, operation.id AS operation, state, problem_code, created_at, {HELD_UP_BY}
         FROM confirmation c JOIN operation ON operation.id = c.operation_id
         WHERE kind IN (:kind, :published) AND finished_at IS NULL ORDER BY seq DESC"
    ))?;
    let kinds = named_params! {":kind": Submit::KIND, ":published": published::Submit::KIND};
    let rows = statement.query_map(kinds, |row| {
        let (id, body): (String, Vec<u8>) = (row.get("id")?, row.get("body")?);
        let (operation, held_up_by): (String, Option<String>) = (row.get("operation")?, row.get("held_up_by")?);
        Ok((id, body, operation, held_up_by, Outlook::read(row)?, row.timestamp("created_at")?))
    })?;
    let rows = rows.map(|row| {
        let (id, body, operation, held_up_by, outlook, at) = row?;
        Ok(OpenSubmission {
            operation: OperationId::parse(&operation).ok_or(storage::Error::Stored("operation id"))?,
            outlook: outlook.ok_or(storage::Error::Stored("operation state"))?,
            held_up_by: held_up_by.as_deref().and_then(OperationId::parse),
            confirmed: dao.open(CONFIRMED, &id, &body)?,
            at,
        })
    });
    tolerant::opened_rows(rows, usize::MAX)
}

pub(super) fn put_acknowledged(dao: &mut Dao<'_>, request: &RequestWire) -> storage::Result<()> {
    let body = dao.seal(ACKNOWLEDGED, &request.id, request)?;
    dao.execute(
        "INSERT INTO request_acknowledged (id, version, body) VALUES (:id, :version, :body)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body
         WHERE excluded.version >= request_acknowledged.version",
        named_params! {":id": request.id, ":version": request.version, ":body": body},
    )?;
    Ok(())
}

pub(super) fn acknowledged(dao: &Dao<'_>) -> storage::Result<Vec<RequestWire>> {
    let mut statement = dao.sql().prepare_cached("SELECT id, body FROM request_acknowledged")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let rows = rows.map(|row| {
        let (id, body) = row?;
        dao.open(ACKNOWLEDGED, &id, &body)
    });
    tolerant::opened_rows(rows, usize::MAX)
}

pub(super) fn acknowledged_versions(dao: &Dao<'_>) -> storage::Result<Vec<(String, i64)>> {
    let mut statement = dao.sql().prepare_cached("SELECT id, version FROM request_acknowledged")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn forget_acknowledged(dao: &mut Dao<'_>, ids: &[String]) -> storage::Result<()> {
    let mut statement = dao.sql().prepare_cached("DELETE FROM request_acknowledged WHERE id = :id")?;
    for id in ids {
        statement.execute(named_params! {":id": id})?;
    }
    Ok(())
}
