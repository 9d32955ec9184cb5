//! Where a person pays: a bank's app, as a page in a browser, in Mongolian and English and without a script.

use axum::{
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    BANKS, Order, Unpaid, pay as at_the_bank,
    store::{self, Invoice},
};
use crate::{
    forms::Fields,
    html::{Failed, message, page},
    state::Sandbox,
    text::mnt,
};

const TITLE: &str = "Төлбөр төлөх";

#[derive(Deserialize)]
pub(super) struct Chosen {
    bank: Option<String>,
}

/// `GET /qpay/pay/{invoice_id}?bank=`
pub(super) async fn show(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Failed> {
    let found = sandbox.db().read(move |conn| match store::invoice(conn, &id)? {
        Some(invoice) => Ok(Some((store::paid(&store::payments(conn, &invoice.id)?), invoice))),
        None => Ok(None),
    });
    let Some((paid, invoice)) = found.await? else { return Ok(unknown()) };
    let bank = chosen.bank.filter(|bank| BANKS.iter().any(|(code, _)| code == bank));
    Ok(match invoice.amount_mnt - paid {
        left if left <= 0 => told(&invoice, "Төлбөр төлөгдсөн.", "It is paid."),
        _ if !invoice.is_open(sandbox.now()) => {
            told(&invoice, "Энэ нэхэмжлэх хүчингүй болсон.", "This invoice is no longer valid.")
        }
        left => asking(&invoice, left, bank.as_deref()),
    })
}

/// `POST /qpay/pay/{invoice_id}`: the whole of what is left.
pub(super) async fn pay(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failed> {
    let bank = BANKS.iter().find(|(code, _)| fields.get("bank") == Some(code));
    let Some((_, bank)) = bank else {
        return Ok(message(StatusCode::BAD_REQUEST, "Банкаа сонгоно уу.", "Please choose a bank."));
    };
    let order = Order { invoice_id: id.clone(), amount_mnt: None, bank: (*bank).into(), again: false, fails: false };
    Ok(match at_the_bank(&sandbox, order).await? {
        Ok(_) | Err(Unpaid::Paid | Unpaid::Closed) => {
            let back = format!("/qpay/pay/{id}");
            (StatusCode::SEE_OTHER, [(header::LOCATION, back), (header::CACHE_CONTROL, "no-store".into())])
                .into_response()
        }
        Err(Unpaid::Unknown) => unknown(),
    })
}

fn unknown() -> Response {
    message(StatusCode::NOT_FOUND, "Ийм нэхэмжлэх алга.", "There is no such invoice.")
}

fn asking(invoice: &Invoice, left: i64, bank: Option<&str>) -> Response {
    let body = html! {
        (head(invoice))
        p class="number" { output { (mnt(left)) } }
        form method="post" {
            @for (code, name) in BANKS.iter().filter(|(code, _)| bank.is_none_or(|bank| bank == *code)) {
                button name="bank" value=(code) { "Төлөх: " (name) " " span lang="en" { "Pay" } }
            }
        }
        p { "Туршилтын банк: жинхэнэ мөнгө шилжихгүй." }
        p lang="en" { "A sandbox: no money moves." }
    };
    page(StatusCode::OK, TITLE, &body.into_string())
}

fn told(invoice: &Invoice, mn: &str, en: &str) -> Response {
    let body = html! {
        (head(invoice))
        p role="status" { (mn) }
        p lang="en" { (en) }
    };
    page(StatusCode::OK, TITLE, &body.into_string())
}

fn head(invoice: &Invoice) -> Markup {
    html! {
        h1 { (TITLE) }
        p lang="en" { "Payment" }
        p { "И-Монгол · " (invoice.description) }
        p { "№ " code { (invoice.sender_invoice_no) } " · " (mnt(invoice.amount_mnt)) }
    }
}
