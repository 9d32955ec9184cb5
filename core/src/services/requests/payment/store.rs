//! The tables `payment` and `receipt`, in `state.db`: what was asked for and found out, and each payment. Both sealed.

use rusqlite::{OptionalExtension as _, Row as SqlRow, named_params};
use serde::{Deserialize, Serialize};

use super::{
    model::{About, Invoice, Receipt, Settlement},
    wire::{Checked, Paid},
};
use crate::{
    country::Mnt,
    foundation::{
        clock::Timestamp,
        crypto::seal::Column,
        storage::{self, Dao, RowExt as _},
    },
    offline::{PAGE, outbox::OperationId, tolerant},
    services::requests::model::{ConfirmationId, RequestId},
};

const BODY: Column = Column { table: "payment", column: "body", layout: 1 };
const RECEIPT: Column = Column { table: "receipt", column: "body", layout: 1 };

/// What is kept of a payment.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) about: About,
    pub(super) invoice: Option<Invoice>,
    /// As the last check found.
    pub(super) known: Option<Known>,
    /// The gateway gives no invoice, because it is paid or closed: what is known is no longer true.
    #[serde(default)]
    pub(super) outdated: bool,
    /// How often in a row the gateway said that the invoice was over while it was asked for.
    #[serde(default)]
    pub(super) over: u32,
    /// When the invoice was last asked for.
    #[serde(default)]
    pub(super) asked_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) state: Settlement,
    pub(super) amount: Mnt,
    pub(super) paid: Mnt,
    /// By the gateway's clock.
    pub(super) at: Timestamp,
}

impl Kept {
    pub(super) const fn begun(about: About) -> Self {
        Self { about, invoice: None, known: None, outdated: false, over: 0, asked_at: None }
    }

    pub(super) fn state(&self) -> Settlement {
        if self.outdated {
            return Settlement::Unknown;
        }
        self.known.map_or(Settlement::Unpaid, |known| known.state)
    }

    /// No money has moved.
    pub(super) fn is_unpaid(&self) -> bool {
        matches!(self.state(), Settlement::Unpaid | Settlement::Failed)
    }

    /// An invoice that something can be paid on.
    pub(super) fn live_invoice(&self, now: Timestamp) -> Option<&Invoice> {
        self.invoice.as_ref().filter(|invoice| now < invoice.expires_at && !self.state().is_settled())
    }
}

/// A payment with what is under way for it.
#[derive(Debug)]
pub(super) struct Row {
    /// The request's; until that is known the confirmation's.
    pub(super) id: String,
    /// What asks for the invoice, until it is there or given up.
    pub(super) asking: Option<UnderWay>,
    pub(super) looking: Option<UnderWay>,
    /// Answers to the look that is under way.
    pub(super) looks: u32,
    pub(super) looked_at: Option<Timestamp>,
    pub(super) kept: Kept,
}

#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) operation: OperationId,
    pub(super) wedged: bool,
}

const ROWS: &str = "SELECT payment.id, asking.id AS asking, asking.state AS asking_state, looking.id AS looking,
        looking.state AS looking_state, looks, looked_at, payment.body
    FROM payment
    LEFT JOIN operation asking ON asking.id = operation_id AND asking.finished_at IS NULL
    LEFT JOIN operation looking ON looking.id = look_id AND looking.finished_at IS NULL";

/// `None` also for what can't be read any more: then nothing is known of it, and what is found out next takes its place.
pub(super) fn row(dao: &Dao<'_>, id: &str) -> storage::Result<Option<Row>> {
    let mut statement = dao.sql().prepare_cached(&format!("{ROWS} WHERE payment.id = :id"))?;
    let row = statement.query_row(named_params! {":id": id}, read_row).optional()?;
    Ok(row.map(|sealed| tolerant::opened(sealed.open(dao))).transpose()?.flatten())
}

pub(super) fn rows(dao: &Dao<'_>) -> storage::Result<Vec<Row>> {
    let mut statement = dao.sql().prepare_cached(ROWS)?;
    let rows = statement.query_map([], read_row)?;
    tolerant::opened_rows(rows.map(|sealed| sealed?.open(dao)), usize::MAX)
}

/// As a row comes.
struct Sealed {
    id: String,
    asking: (Option<String>, Option<String>),
    looking: (Option<String>, Option<String>),
    looks: u32,
    looked_at: Option<Timestamp>,
    body: Vec<u8>,
}

fn read_row(row: &SqlRow<'_>) -> rusqlite::Result<Sealed> {
    Ok(Sealed {
        id: row.get("id")?,
        asking: (row.get("asking")?, row.get("asking_state")?),
        looking: (row.get("looking")?, row.get("looking_state")?),
        looks: row.get("looks")?,
        looked_at: row.maybe_timestamp("looked_at")?,
        body: row.get("body")?,
    })
}

impl Sealed {
    fn open(self, dao: &Dao<'_>) -> storage::Result<Row> {
        let Self { id, asking, looking, looks, looked_at, body } = self;
        let under_way = |(id, state): (Option<String>, Option<String>)| {
            let operation = id.as_deref().and_then(OperationId::parse)?;
            Some(UnderWay { operation, wedged: state.as_deref() == Some("wedged") })
        };
        let kept = dao.open(BODY, &id, &body)?;
        Ok(Row { asking: under_way(asking), looking: under_way(looking), looks, looked_at, kept, id })
    }
}

/// Begins a payment, or changes what is kept of it.
pub(super) fn put(dao: &mut Dao<'_>, id: &str, kept: &Kept) -> storage::Result<()> {
    let body = dao.seal(BODY, id, kept)?;
    dao.execute(
        "INSERT INTO payment (id, body) VALUES (:id, :body) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        named_params! {":id": id, ":body": body},
    )?;
    Ok(())
}

fn begin(dao: &mut Dao<'_>, id: &str, about: &About) -> storage::Result<()> {
    if row(dao, id)?.is_none() {
        put(dao, id, &Kept::begun(about.clone()))?;
    }
    Ok(())
}

pub(super) fn asks(dao: &mut Dao<'_>, id: &str, about: &About, operation: &OperationId) -> storage::Result<()> {
    begin(dao, id, about)?;
    dao.execute(
        "UPDATE payment SET operation_id = :operation WHERE id = :id",
        named_params! {":id": id, ":operation": operation.as_str()},
    )?;
    Ok(())
}

/// The payment that an operation asks an invoice for.
pub(super) fn asked_by(dao: &Dao<'_>, operation: &OperationId) -> storage::Result<Option<String>> {
    let mut statement = dao.sql().prepare_cached("SELECT id FROM payment WHERE operation_id = :operation")?;
    Ok(statement.query_row(named_params! {":operation": operation.as_str()}, |row| row.get(0)).optional()?)
}

/// What already asks for the invoice of a payment.
pub(super) fn asked_for(dao: &Dao<'_>, id: &str) -> storage::Result<Option<OperationId>> {
    under_way(dao, "operation_id", id)
}

/// What already looks at a payment.
pub(super) fn looked_for(dao: &Dao<'_>, id: &str) -> storage::Result<Option<OperationId>> {
    under_way(dao, "look_id", id)
}

/// Whatever is kept of the payment, it need not be readable.
fn under_way(dao: &Dao<'_>, column: &'static str, id: &str) -> storage::Result<Option<OperationId>> {
    let mut statement = dao.sql().prepare_cached(&format!(
        "SELECT operation.id FROM payment JOIN operation ON operation.id = {column}
         WHERE payment.id = :id AND finished_at IS NULL"
    ))?;
    let found: Option<String> = statement.query_row(named_params! {":id": id}, |row| row.get(0)).optional()?;
    Ok(found.as_deref().and_then(OperationId::parse))
}

/// Nothing asks any more; a payment of which nothing is known is forgotten.
pub(super) fn asks_no_more(dao: &mut Dao<'_>, operation: &OperationId) -> storage::Result<()> {
    let unknown = |row: &Row| row.kept.invoice.is_none() && row.kept.known.is_none() && row.looking.is_none();
    let asked_of = named_params! {":operation": operation.as_str()};
    match asked_by(dao, operation)?.map_or(Ok(None), |id| row(dao, &id))? {
        Some(row) if unknown(&row) => dao.execute("DELETE FROM payment WHERE operation_id = :operation", asked_of)?,
        _ => dao.execute("UPDATE payment SET operation_id = NULL WHERE operation_id = :operation", asked_of)?,
    };
    Ok(())
}

/// What was confirmed has become this request, and what is to be paid is the request's from now on.
pub(in super::super) fn arrived(
    dao: &mut Dao<'_>,
    confirmation: &ConfirmationId,
    request: &str,
    about: About,
) -> storage::Result<()> {
    let body = dao.seal(BODY, request, &Kept::begun(about))?;
    dao.execute(
        "UPDATE payment SET id = :request, body = :body WHERE id = :confirmation",
        named_params! {":request": request, ":body": body, ":confirmation": confirmation.as_str()},
    )?;
    Ok(())
}

/// A look begins now.
pub(super) fn looks(dao: &mut Dao<'_>, id: &RequestId, about: &About, operation: &OperationId) -> storage::Result<()> {
    begin(dao, id.as_str(), about)?;
    dao.execute(
        "UPDATE payment SET look_id = :operation, looks = 0 WHERE id = :id",
        named_params! {":id": id.as_str(), ":operation": operation.as_str()},
    )?;
    Ok(())
}

pub(super) fn looked(dao: &mut Dao<'_>, id: &RequestId, now: Timestamp) -> storage::Result<()> {
    dao.execute(
        "UPDATE payment SET looked_at = :now WHERE id = :id",
        named_params! {":id": id.as_str(), ":now": now.unix_ms()},
    )?;
    Ok(())
}

/// How many answers the look that is under way has had.
pub(super) fn set_looks(dao: &mut Dao<'_>, id: &RequestId, looks: u32) -> storage::Result<()> {
    dao.execute(
        "UPDATE payment SET looks = :looks WHERE id = :id",
        named_params! {":id": id.as_str(), ":looks": looks},
    )?;
    Ok(())
}

pub(super) fn looks_no_more(dao: &mut Dao<'_>, operation: &OperationId) -> storage::Result<()> {
    dao.execute(
        "UPDATE payment SET look_id = NULL WHERE look_id = :operation",
        named_params! {":operation": operation.as_str()},
    )?;
    Ok(())
}

/// Keeps what a check found, with each payment; one that was asked for earlier and came later changes nothing. Gives what
/// is kept now.
pub(super) fn checked(dao: &mut Dao<'_>, id: &RequestId, about: &About, checked: Checked) -> storage::Result<Kept> {
    let kept = row(dao, id.as_str())?.map(|row| row.kept);
    let mut kept = kept.unwrap_or_else(|| Kept::begun(about.clone()));
    let Checked { state, amount, paid, payments, at } = checked;
    for payment in payments {
        put_receipt(dao, id, &kept.about, payment)?;
    }
    if kept.known.is_none_or(|known| known.at <= at) {
        if state == Settlement::Refunded && kept.state() != state {
            kept.invoice = None; // what was paid on it is back: another is to be asked for
        }
        kept.known = Some(Known { state, amount, paid, at });
        kept.outdated = false;
        put(dao, id.as_str(), &kept)?;
    }
    Ok(kept)
}

/// What was given back stays so.
fn put_receipt(dao: &mut Dao<'_>, request: &RequestId, about: &About, payment: Paid) -> storage::Result<()> {
    let Paid { id, amount, refunded, wallet, at } = payment;
    let before = receipt(dao, &id)?.is_some_and(|receipt| receipt.refunded);
    let receipt = Receipt {
        id,
        request: request.clone(),
        about: about.clone(),
        amount_mnt: amount,
        refunded: refunded || before,
        wallet,
        paid_at: at,
    };
    let body = dao.seal(RECEIPT, &receipt.id, &receipt)?;
    dao.execute(
        "INSERT INTO receipt (id, request_id, paid_at, body) VALUES (:id, :request, :at, :body)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        named_params! {":id": receipt.id, ":request": request.as_str(), ":at": at.unix_ms(), ":body": body},
    )?;
    Ok(())
}

fn receipt(dao: &Dao<'_>, id: &str) -> storage::Result<Option<Receipt>> {
    let mut statement = dao.sql().prepare_cached("SELECT body FROM receipt WHERE id = :id")?;
    let body: Option<Vec<u8>> = statement.query_row(named_params! {":id": id}, |row| row.get(0)).optional()?;
    Ok(body.map(|body| tolerant::opened(dao.open(RECEIPT, id, &body))).transpose()?.flatten())
}

/// Of one request, oldest first.
pub(super) fn receipts_of(dao: &Dao<'_>, request: &str) -> storage::Result<Vec<Receipt>> {
    let mut statement =
        dao.sql().prepare_cached("SELECT id, body FROM receipt WHERE request_id = :request ORDER BY paid_at, id")?;
    let rows = statement.query_map(named_params! {":request": request}, read_receipt)?;
    tolerant::opened_rows(rows.map(|row| open_receipt(dao, row?)), usize::MAX)
}

/// Newest first; `before` is the id of the last one of the page before. `None`: there is no such receipt.
pub(super) fn receipts(dao: &Dao<'_>, before: Option<&str>) -> storage::Result<Option<Vec<Receipt>>> {
    if let Some(before) = before {
        let mut statement = dao.sql().prepare_cached("SELECT 1 FROM receipt WHERE id = :id")?;
        if !statement.exists(named_params! {":id": before})? {
            return Ok(None);
        }
    }
    let mut statement = dao.sql().prepare_cached(
        "SELECT id, body FROM receipt
         WHERE :before IS NULL OR (paid_at, id) < (SELECT paid_at, id FROM receipt WHERE id = :before)
         ORDER BY paid_at DESC, id DESC",
    )?;
    let rows = statement.query_map(named_params! {":before": before}, read_receipt)?;
    tolerant::opened_rows(rows.map(|row| open_receipt(dao, row?)), PAGE + 1).map(Some)
}

fn read_receipt(row: &SqlRow<'_>) -> rusqlite::Result<(String, Vec<u8>)> {
    Ok((row.get("id")?, row.get("body")?))
}

fn open_receipt(dao: &Dao<'_>, (id, body): (String, Vec<u8>)) -> storage::Result<Receipt> {
    dao.open(RECEIPT, &id, &body)
}
