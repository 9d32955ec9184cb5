//! Paying for a request: its invoice, and what is known of its payment.
//!
//! Guarantees: a request has one live invoice, whatever happens; it is paid when QPay says so to the gateway's own
//! question, never because a callback or a phone says it; a payment for nothing, or one too many, is given back.

mod qpay;
mod store;

use axum::{
    Json,
    extract::{Path, State as Shared},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rusqlite::{Connection, Transaction, named_params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::qpay::Token;
use self::{
    qpay::{QpayError, Row},
    store::{Invoice, Payable},
};
use super::{
    caller::Caller,
    feed::{self, Feed},
    idempotency::{self, Answer, Fingerprint, Key, once},
    requests::store::{Actor, ActorKind, Move},
    status::Status,
};
use crate::{
    clerk, pay,
    problem::Problem,
    state::{Sandbox, complain, rfc3339},
};

/// A day to find the money.
const INVOICE_LASTS_MS: i64 = 24 * 3600 * 1000;

/// QPay's field for what an invoice is about.
const LONGEST_DESCRIPTION: usize = 255;

const RETRY_AFTER_S: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Unpaid,
    Partial,
    Paid,
    Overpaid,
    /// The last try failed, and nothing is paid.
    Failed,
    Refunding,
    Refunded,
}

impl State {
    const ALL: [Self; 7] =
        [Self::Unpaid, Self::Partial, Self::Paid, Self::Overpaid, Self::Failed, Self::Refunding, Self::Refunded];

    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Partial => "partial",
            Self::Paid => "paid",
            Self::Overpaid => "overpaid",
            Self::Failed => "failed",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
        }
    }

    pub(crate) fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether the service may be given.
    pub(crate) const fn settles(self) -> bool {
        match self {
            Self::Paid | Self::Overpaid => true,
            Self::Unpaid | Self::Partial | Self::Failed | Self::Refunding | Self::Refunded => false,
        }
    }

    fn of(request: &Payable, rows: &[Row]) -> Self {
        let sum = |status: &str| rows.iter().filter(|r| r.status == status).map(|r| r.amount_mnt).sum::<i64>();
        let in_vain = matches!(request.status, Status::Rejected | Status::Expired);
        match (sum("PAID"), sum("REFUNDED")) {
            (0, 0) if rows.last().is_some_and(|row| row.status == "FAILED") => Self::Failed,
            (0, 0) => Self::Unpaid,
            (0, _) => Self::Refunded,
            (_, _) if in_vain => Self::Refunding,
            (paid, _) if paid < request.fee_mnt => Self::Partial,
            (paid, _) if paid > request.fee_mnt => Self::Overpaid,
            (_, _) => Self::Paid,
        }
    }
}

/// `POST /v1/requests/{id}/invoice`
pub(crate) async fn invoice(
    Caller(caller): Caller,
    Shared(sandbox): Shared<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = Key::from_headers(&headers)?;
    let fingerprint = Fingerprint::of(&Method::POST, &format!("/v1/requests/{id}/invoice"), None);
    if !idempotency::is_known(&sandbox, &caller.sub, &key).await? {
        prepare(&sandbox, &caller.sub, &id).await?;
    }
    let sub = caller.sub.clone();
    let effect = move |tx: &Transaction<'_>, _now| {
        let live = store::invoices(tx, &id)?.into_iter().find(|invoice| invoice.live);
        let answer = live.and_then(|invoice| serde_json::from_str::<Value>(&invoice.answer?).ok());
        match store::payable(tx, Some(&sub), &id)?.zip(answer) {
            Some((request, mut answer)) => {
                answer["state"] = request.state.code().into();
                Answer::new(StatusCode::OK, &answer)
            }
            None => Answer::refusal(&Problem::conflict("invoice_over")),
        }
    };
    Ok(once(&sandbox, &caller, key, fingerprint, effect).await)
}

/// `POST /v1/requests/{id}/payment/check`
pub(crate) async fn check(
    Caller(caller): Caller,
    Shared(sandbox): Shared<Sandbox>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (sub, of) = (caller.sub, id.clone());
    let Some(request) = sandbox.db().read(move |conn| store::payable(conn, Some(&sub), &of)).await? else {
        return Err(Problem::not_found("unknown_request"));
    };
    if request.fee_mnt == 0 {
        return Err(Problem::conflict("free_of_charge"));
    }
    let state = settle(&sandbox, &id).await?;
    let payments = sandbox.db().read(move |conn| store::payments(conn, &id)).await?;
    let kept = |status: &'static str| payments.iter().filter(move |payment| payment.row.status == status);
    let receipt = |payment: &store::Payment| {
        json!({
            "payment_id": payment.row.id, "amount_mnt": payment.row.amount_mnt,
            "state": if payment.row.status == "PAID" { "paid" } else { "refunded" },
            "wallet": payment.row.wallet, "at": rfc3339(payment.at),
        })
    };
    let body = json!({
        "state": state, "amount_mnt": request.fee_mnt,
        "paid_mnt": kept("PAID").map(|payment| payment.row.amount_mnt).sum::<i64>(),
        "receipts": kept("PAID").chain(kept("REFUNDED")).map(receipt).collect::<Vec<_>>(),
        "checked_at": rfc3339(sandbox.now()),
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// `GET /v1/payments/{number}/callback`: QPay says «look», so the gateway looks. It believes nothing of it.
pub(crate) async fn called_back(
    Shared(sandbox): Shared<Sandbox>,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let of = sandbox.db().read(move |conn| store::request_of(conn, &number)).await?;
    let request_id = of.ok_or_else(|| Problem::not_found("unknown_invoice"))?;
    settle(&sandbox, &request_id).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], "SUCCESS").into_response())
}

/// Gives back what was paid for requests that are closed without it. After each step that may close one.
pub(crate) async fn give_back(sandbox: &Sandbox) {
    match sandbox.db().read(store::to_give_back).await {
        Ok(requests) => {
            for id in requests {
                let _asked_again_later = close(sandbox, &id).await; // at the next step, or the citizen's next check
            }
        }
        Err(error) => complain(&error),
    }
}

async fn close(sandbox: &Sandbox, request_id: &str) -> Result<(), Problem> {
    let of = request_id.to_owned();
    let invoices = sandbox.db().read(move |conn| store::invoices(conn, &of)).await?;
    for live in invoices.iter().filter(|invoice| invoice.live) {
        let of = request_id.to_owned();
        let Some(request) = sandbox.db().read(move |conn| store::payable(conn, None, &of)).await? else { break };
        let qpay_id = match &live.qpay_id {
            Some(qpay_id) => qpay_id.clone(),
            None => ask(sandbox, &request, live).await?, // QPay may have it, and its answer was lost
        };
        end(sandbox, request_id, (&live.number, &qpay_id)).await?;
    }
    settle(sandbox, request_id).await.map(drop)
}

/// What is to be done until there is a live invoice with QPay's answer.
enum Next {
    Ready,
    /// QPay has not answered yet, or its answer was lost.
    Ask(Payable, Invoice),
    /// It is expired; QPay is to say that it can't be paid any more. Both sides' names of it.
    End {
        number: String,
        qpay_id: String,
    },
}

/// Each round is repeatable: nothing here depends on an answer that may be lost.
async fn prepare(sandbox: &Sandbox, sub: &str, id: &str) -> Result<(), Problem> {
    loop {
        let (owner, of, now) = (sub.to_owned(), id.to_owned(), sandbox.now());
        match sandbox.db().write(move |tx| next(tx, &owner, &of, now)).await?? {
            Next::Ready => return Ok(()),
            Next::Ask(request, invoice) => {
                ask(sandbox, &request, &invoice).await?;
            }
            Next::End { number, qpay_id } => end(sandbox, id, (&number, &qpay_id)).await?,
        }
    }
}

fn next(tx: &Transaction<'_>, sub: &str, id: &str, now: i64) -> Result<Result<Next, Problem>, rusqlite::Error> {
    let Some(request) = store::payable(tx, Some(sub), id)? else {
        return Ok(Err(Problem::not_found("unknown_request")));
    };
    if request.fee_mnt == 0 {
        return Ok(Err(Problem::conflict("free_of_charge")));
    }
    if clerk::next(request.status).is_empty() {
        return Ok(Err(Problem::conflict("request_closed")));
    }
    let rows: Vec<Row> = store::payments(tx, id)?.into_iter().map(|payment| payment.row).collect();
    if State::of(&request, &rows).settles() {
        return Ok(Err(Problem::conflict("already_paid")));
    }
    let all = store::invoices(tx, id)?;
    if let Some(live) = all.iter().find(|invoice| invoice.live).cloned() {
        return Ok(Ok(match live.qpay_id.clone() {
            Some(_) if now < live.expires_at => Next::Ready,
            Some(qpay_id) => Next::End { number: live.number, qpay_id },
            None => Next::Ask(request, live),
        }));
    }
    let paid: i64 = rows.iter().filter(|row| row.status == "PAID").map(|row| row.amount_mnt).sum();
    let (number, amount) = (format!("{}.{}", request.number, all.len() + 1), request.fee_mnt - paid);
    debug_assert!(number.len() <= pay::LONGEST_NUMBER);
    store::insert(tx, id, (&number, amount), now + INVOICE_LASTS_MS)?;
    let made = store::invoices(tx, id)?.into_iter().find(|invoice| invoice.live);
    made.map(|invoice| Ok(Next::Ask(request, invoice))).ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// QPay's id of it.
async fn ask(sandbox: &Sandbox, request: &Payable, invoice: &Invoice) -> Result<String, Problem> {
    let description: String = format!("{} {}", request.number, request.service_mn);
    let order = qpay::Order {
        number: &invoice.number,
        receiver: &request.regnum,
        description: &description.chars().take(LONGEST_DESCRIPTION).collect::<String>(),
        amount_mnt: invoice.amount_mnt,
        expires_at: invoice.expires_at,
    };
    let made = qpay::create(sandbox, &order).await?;
    let answer = json!({
        "invoice_id": invoice.number, "amount_mnt": invoice.amount_mnt, "qr_text": made.qr_text,
        "links": made.links, "expires_at": rfc3339(invoice.expires_at),
    });
    let (number, qpay_id) = (invoice.number.clone(), made.id.clone());
    sandbox.db().write(move |tx| store::made(tx, &number, &qpay_id, &answer.to_string())).await?;
    Ok(made.id)
}

async fn end(sandbox: &Sandbox, request_id: &str, (number, qpay_id): (&str, &str)) -> Result<(), Problem> {
    let ended = qpay::cancel(sandbox, qpay_id).await?;
    let state = if ended { State::Unpaid } else { settle(sandbox, request_id).await? };
    if !state.settles() {
        // Nothing of it is paid, or a part, or it is being given back: no more is to be paid on it.
        let number = number.to_owned();
        sandbox.db().write(move |tx| store::retire(tx, &number)).await?;
    }
    Ok(())
}

/// Asks QPay about each of the request's invoices, and does what follows from its answers.
async fn settle(sandbox: &Sandbox, request_id: &str) -> Result<State, Problem> {
    let state = look(sandbox, request_id).await?;
    let of = request_id.to_owned();
    let back = sandbox.db().read(move |conn| to_give_back(conn, &of, state)).await?;
    if back.is_empty() {
        return Ok(state);
    }
    for payment_id in back {
        qpay::refund(sandbox, &payment_id).await?;
    }
    look(sandbox, request_id).await
}

/// QPay's ids of the payments that are given back. QPay gives back whole payments alone: of what is too much those that
/// fit into it, the last first. One that waits to be given back is still among them, so it is the same ones until they are.
fn to_give_back(conn: &Connection, request_id: &str, state: State) -> Result<Vec<String>, rusqlite::Error> {
    let due = match state {
        State::Refunding => 0,
        State::Overpaid => store::payable(conn, None, request_id)?.map_or(0, |request| request.fee_mnt),
        State::Unpaid | State::Partial | State::Paid | State::Failed | State::Refunded => return Ok(Vec::new()),
    };
    let payments = store::payments(conn, request_id)?;
    let paid = || payments.iter().map(|payment| &payment.row).filter(|row| row.status == "PAID");
    let mut surplus = paid().map(|row| row.amount_mnt).sum::<i64>() - due;
    let mut back = Vec::new();
    for row in paid().rev() {
        if row.amount_mnt <= surplus {
            surplus -= row.amount_mnt;
            back.push(row.id.clone());
        }
    }
    Ok(back)
}

async fn look(sandbox: &Sandbox, request_id: &str) -> Result<State, Problem> {
    let of = request_id.to_owned();
    let invoices = sandbox.db().read(move |conn| store::invoices(conn, &of)).await?;
    let mut rows = Vec::new();
    for qpay_id in invoices.iter().filter_map(|invoice| invoice.qpay_id.as_ref()) {
        rows.extend(qpay::check(sandbox, qpay_id).await?);
    }
    let (id, now) = (request_id.to_owned(), sandbox.now());
    let state = sandbox.db().write(move |tx| follow(tx, &id, &rows, now)).await?;
    sandbox.push_arrived();
    Ok(state)
}

/// A request that waited for its payment goes on; another tells its state.
fn follow(tx: &Transaction<'_>, id: &str, rows: &[Row], now: i64) -> Result<State, rusqlite::Error> {
    for row in rows {
        store::note(tx, id, row, now)?;
    }
    let request = store::payable(tx, None, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let known: Vec<Row> = store::payments(tx, id)?.into_iter().map(|payment| payment.row).collect();
    let state = State::of(&request, &known); // also of what another look saw meanwhile
    if !store::set_state(tx, id, state)? {
        return Ok(state);
    }
    if state.settles() && request.status == Status::Submitted {
        let system = Actor { kind: ActorKind::System, name: "QPay".into() };
        let note = super::Text::new("Төлбөр төлөгдсөн.", "It is paid.");
        let _moved = clerk::advance(tx, id, &Move::new(Status::Processing, system, Some(note)), now)?;
    } else {
        let version = feed::bump(tx, &request.sub, Feed::Requests)?;
        tx.execute(
            "UPDATE requests SET version = :version, updated_at = :now WHERE id = :id",
            named_params! { ":id": request.id, ":version": version, ":now": now },
        )?;
        crate::push::enqueue(tx, &request.sub, Feed::Requests.name(), now)?;
    }
    Ok(state)
}

impl From<QpayError> for Problem {
    fn from(error: QpayError) -> Self {
        complain(&error);
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "payment_unavailable").retry_after(RETRY_AFTER_S)
    }
}
