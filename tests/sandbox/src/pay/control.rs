//! What the control does at QPay: switches its traps, pays, refunds.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Order, Unpaid, store};
use crate::{problem::Problem, state::Sandbox};

/// `POST /control/pay`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToPay {
    /// QPay's id of the invoice, or the merchant's number.
    invoice: String,
    /// The whole of what is left, when it is not said.
    amount_mnt: Option<i64>,
    /// Also what is paid already.
    #[serde(default)]
    again: bool,
    /// The bank refuses.
    #[serde(default)]
    fails: bool,
}

pub(crate) async fn pay(sandbox: &Sandbox, to_pay: ToPay) -> Result<Value, Problem> {
    let ToPay { invoice, amount_mnt, again, fails } = to_pay;
    let found = sandbox.db().read(move |conn| {
        let by_number = store::invoice_by_number(conn, &invoice)?;
        by_number.map_or_else(|| store::invoice(conn, &invoice), |found| Ok(Some(found)))
    });
    let Some(invoice) = found.await? else { return Err(Problem::not_found("unknown")) };
    let order = Order { invoice_id: invoice.id, amount_mnt, bank: super::BANKS[0].1.into(), again, fails };
    match super::pay(sandbox, order).await? {
        Ok(payment_id) => Ok(json!({ "payment_id": payment_id })),
        Err(Unpaid::Unknown) => Err(Problem::not_found("unknown")),
        Err(Unpaid::Closed) => Err(Problem::new(StatusCode::CONFLICT, "invoice_closed")),
        Err(Unpaid::Paid) => Err(Problem::new(StatusCode::CONFLICT, "invoice_paid")),
    }
}

/// `POST /control/pay/refunds`: every refund that waits is done, and with `payment_id` that payment is given back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToRefund {
    payment_id: Option<String>,
}

pub(crate) async fn refund(sandbox: &Sandbox, to_refund: ToRefund) -> Result<Value, Problem> {
    let done = sandbox.db().write(move |tx| {
        if let Some(id) = to_refund.payment_id {
            store::refund(tx, &id, false)?;
        }
        store::do_refunds(tx)
    });
    Ok(json!({ "refunded": done.await? }))
}
