//! QPay v2 as merchants meet it: an invoice to pay in a bank's app, a callback that only says «look», and the check.
//!
//! Guarantees: a payment is there for good before anybody is told it is (unless [`switches::Callback::Before`] lies);
//! everything is durable but the traps. Which traps there are: [`switches`].

mod api;
pub(crate) mod control;
mod page;
pub(crate) mod store;
pub mod switches;

use axum::{
    Router,
    body::Body,
    http::Request,
    routing::{delete, get, post},
};
use tower::ServiceExt as _;

pub(crate) use self::api::{LONGEST_NUMBER, basic};
use self::{
    store::{Invoice, Payment, Status},
    switches::Callback,
};
use crate::{
    db::DbError,
    state::{Sandbox, complain},
};

/// The gateway, as QPay knows it.
pub(crate) const MERCHANT: &str = "EMONGOLIA_SANDBOX";

/// Whose apps pay; all invented.
const BANKS: [(&str, &str); 3] =
    [("ornokh", "Өрнөх Үүр банк"), ("khokh", "Хөх Тэнгэр банк"), ("nuudelchin", "Нүүдэлчин банк")];

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/qpay/v2/auth/token", post(api::token))
        .route("/qpay/v2/invoice", post(api::create))
        .route("/qpay/v2/invoice/{id}", delete(api::cancel))
        .route("/qpay/v2/payment/check", post(api::check))
        .route("/qpay/v2/payment/refund/{payment_id}", delete(api::refund))
        .route("/qpay/pay/{invoice_id}", get(page::show).post(page::pay))
}

/// Why nothing was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unpaid {
    Unknown,
    Closed,
    /// It is paid already.
    Paid,
}

/// What happens at the bank.
struct Order {
    invoice_id: String,
    /// The whole, when it is not said.
    amount_mnt: Option<i64>,
    bank: String,
    /// Also what is paid already: two people, or one twice.
    again: bool,
    fails: bool,
}

/// The bank pays; the merchant is called as [`Callback`] says.
async fn pay(sandbox: &Sandbox, order: Order) -> Result<Result<String, Unpaid>, DbError> {
    let callback = sandbox.pay().traps().callback;
    let payment_id = store::payment_id();
    let of = order.invoice_id.clone();
    let Some(invoice) = sandbox.db().read(move |conn| store::invoice(conn, &of)).await? else {
        return Ok(Err(Unpaid::Unknown));
    };
    if callback == Callback::Before {
        call_back(sandbox, &invoice, &payment_id).await;
    }
    let (now, id) = (sandbox.now(), payment_id.clone());
    let paid = sandbox.db().write(move |tx| {
        let Some(invoice) = store::invoice(tx, &order.invoice_id)? else { return Ok(Err(Unpaid::Unknown)) };
        if !invoice.is_open(now) {
            return Ok(Err(Unpaid::Closed));
        }
        let left = invoice.amount_mnt - store::paid(&store::payments(tx, &invoice.id)?);
        if left <= 0 && !order.again {
            return Ok(Err(Unpaid::Paid));
        }
        let whole = if order.again { invoice.amount_mnt } else { left };
        let status = if order.fails { Status::Failed } else { Status::Paid };
        let payment = Payment {
            id,
            invoice_id: invoice.id,
            status: status.code().into(),
            amount_mnt: order.amount_mnt.unwrap_or(whole),
            wallet: order.bank,
        };
        store::insert_payment(tx, &payment, now).map(Ok)
    });
    if let Err(why) = paid.await? {
        return Ok(Err(why));
    }
    let calls = match callback {
        Callback::After => 1,
        Callback::Twice => 2,
        Callback::Before | Callback::Never => 0,
    };
    for _ in 0..calls {
        call_back(sandbox, &invoice, &payment_id).await;
    }
    Ok(Ok(payment_id))
}

/// Over the same router as everybody. The merchant's word is SUCCESS; anything else is said on standard error.
async fn call_back(sandbox: &Sandbox, invoice: &Invoice, payment_id: &str) {
    let path = invoice.callback_url.strip_prefix(sandbox.origin()).unwrap_or(&invoice.callback_url);
    let Ok(request) = Request::get(format!("{path}?qpay_payment_id={payment_id}")).body(Body::empty()) else { return };
    // A boxed future: the merchant's answer may lead back here.
    let asked = Box::pin(crate::router(sandbox.clone()).oneshot(request));
    let answer = asked.await.unwrap_or_else(|never| match never {});
    if !answer.status().is_success() {
        complain(&std::io::Error::other(format!("the merchant answered {} to a callback", answer.status())));
    }
}
