//! A fee: an invoice, a bank's app, and what the gateway's own question to QPay says.

use serde_json::{Value, json};

use super::request::request_id;
use crate::{
    answers, sabotage,
    stage::Stage,
    step::{Moment, Sabotage, Step, Stop, Told},
};

pub(super) fn paid() -> Step<Stage> {
    Step {
        name: "paid",
        mn: "Төлбөрөө банкны аппаар төлж, баримтаа авлаа",
        en: "The fee is paid in a bank's app, and the receipt is here",
        act: |stage| {
            let id = request_id(stage)?;
            stage.do_(&["request", "pay", &id])?;
            pay(stage, None)?;
            stage.do_(&["request", "payment", &id, "--check"]).map(drop)
        },
        check: |stage| {
            let fee = stage.seeds.fee(stage.errand.service)?;
            settled(stage, vec![fee])
        },
        sabotage: Sabotage {
            what: "what the gateway says of the payment is nearly JSON",
            moment: Moment::BeforeTheStep,
            act: |stage| sabotage::garbage(stage, "checkPayment"),
        },
    }
}

/// At the bank: so much of the request's invoice, or all that is left.
pub(super) fn pay(stage: &Stage, amount_mnt: Option<i64>) -> Told {
    let payment = payment(stage)?;
    let invoice = answers::text(&payment["invoice"], "id")?;
    let mut order = json!({ "invoice": invoice });
    if let Some(amount) = amount_mnt {
        order["amount_mnt"] = amount.into();
    }
    stage.console.event(format_args!("in a bank's app: {order}"));
    stage.control(async |control| control.pay(order).await).map(drop)
}

/// How the phone says the payment stands, without asking anybody.
pub(super) fn payment(stage: &Stage) -> Told<Value> {
    stage.ask(&["request", "payment", &request_id(stage)?])
}

pub(super) fn one_invoice(stage: &Stage, request: &str) -> Told {
    let tables = stage.tables()?;
    let invoices = (tables.invoices(request)?, tables.qpay_invoices()?.len());
    stage.same("exactly one invoice, at the gateway and at QPay", (1, 1), invoices)
}

/// The request has one invoice, here and at QPay; it was paid in these parts, and each has its receipt on the phone.
pub(super) fn settled(stage: &Stage, parts: Vec<i64>) -> Told {
    one_invoice(stage, &request_id(stage)?)?;
    let payments = stage.tables()?.payments()?;
    let amounts: Vec<i64> = payments.iter().map(|payment| payment.amount_mnt).collect();
    let promise = format!("at QPay it was paid as the citizen did, and no more: {}", told(&parts));
    stage.same(&promise, parts, amounts)?;
    let payment = payment(stage)?;
    stage.same("the phone shows it as paid", Some("paid"), payment["state"].as_str())?;
    let receipts = stage.ask(&["request", "receipts"])?;
    let mut kept = answers::items(&receipts)?.iter().map(receipt).collect::<Told<Vec<_>>>()?;
    let mut made: Vec<_> = payments.into_iter().map(|payment| (payment.id, payment.amount_mnt)).collect();
    kept.sort();
    made.sort();
    stage.same("and keeps a receipt of each payment, by QPay's number of it", made, kept)
}

fn receipt(receipt: &Value) -> Told<(String, i64)> {
    let amount = receipt["amount_mnt"].as_i64();
    let amount = amount.ok_or_else(|| Stop::promise("a receipt has an amount", receipt.to_string()))?;
    Ok((answers::text(receipt, "id")?.to_owned(), amount))
}

fn told(parts: &[i64]) -> String {
    parts.iter().map(|part| format!("{part}₮")).collect::<Vec<_>>().join(" + ")
}
