//! How the gateway asks QPay: a merchant, over the same router as everybody.
//!
//! Guarantees: an amount is read as text and as a number, a token's end as a moment and as a span, a wallet under both of
//! its names; what can't be read is no payment.

use std::sync::{Mutex, PoisonError};

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{pay, state::Sandbox};

/// A check of one invoice is some kilobytes.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// More seconds than any token lasts: what is larger is a moment.
const LONGEST_SPAN_S: i64 = 1_000_000_000;

/// A token is not used to its last second.
const SPARE_MS: i64 = 30_000;

#[derive(Debug, thiserror::Error)]
pub(super) enum QpayError {
    #[error("QPay refused: {0}")]
    Refused(String),
    #[error("QPay is not to be had: {0}")]
    Unavailable(String),
    #[error("QPay's answer lacks {0}")]
    Answer(&'static str),
}

/// The merchant's token and until when it is used, in unix ms.
#[derive(Default)]
pub struct Token(Mutex<Option<(String, i64)>>);

/// A way to pay: a bank's app.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Link {
    bank: String,
    title: String,
    link: String,
}

pub(super) struct Made {
    pub(super) id: String,
    pub(super) qr_text: String,
    pub(super) links: Vec<Link>,
}

/// A payment as QPay tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) amount_mnt: i64,
    pub(super) wallet: String,
}

pub(super) struct Order<'a> {
    pub(super) number: &'a str,
    pub(super) receiver: &'a str,
    pub(super) description: &'a str,
    pub(super) amount_mnt: i64,
    pub(super) expires_at: i64,
}

/// The same number again is the same invoice.
pub(super) async fn create(sandbox: &Sandbox, order: &Order<'_>) -> Result<Made, QpayError> {
    let body = json!({
        "invoice_code": format!("{}_INVOICE", pay::MERCHANT), "sender_invoice_no": order.number,
        "invoice_receiver_code": order.receiver, "invoice_description": order.description,
        "amount": order.amount_mnt, "expires_at": order.expires_at,
        "callback_url": format!("{}/v1/payments/{}/callback", sandbox.origin(), order.number),
    });
    let told = ask(sandbox, Method::POST, "/qpay/v2/invoice", Some(&body)).await?;
    let text = |of: &Value, name: &'static str| of[name].as_str().map(str::to_owned).ok_or(QpayError::Answer(name));
    let urls = told["urls"].as_array().ok_or(QpayError::Answer("urls"))?;
    let link =
        |url: &Value| Ok(Link { bank: text(url, "name")?, title: text(url, "description")?, link: text(url, "link")? });
    Ok(Made {
        id: text(&told, "invoice_id")?,
        qr_text: text(&told, "qr_text")?,
        links: urls.iter().map(link).collect::<Result<_, QpayError>>()?,
    })
}

pub(super) async fn check(sandbox: &Sandbox, qpay_id: &str) -> Result<Vec<Row>, QpayError> {
    let body = json!({
        "object_type": "INVOICE", "object_id": qpay_id, "offset": { "page_number": 1, "page_limit": 100 },
    });
    let told = ask(sandbox, Method::POST, "/qpay/v2/payment/check", Some(&body)).await?;
    told["rows"].as_array().ok_or(QpayError::Answer("rows"))?.iter().map(row).collect()
}

/// Whether it can't be paid any more; `false` when it is paid.
pub(super) async fn cancel(sandbox: &Sandbox, qpay_id: &str) -> Result<bool, QpayError> {
    match ask(sandbox, Method::DELETE, &format!("/qpay/v2/invoice/{qpay_id}"), None).await {
        Ok(_) => Ok(true),
        Err(QpayError::Refused(why)) if why == "INVOICE_PAID" => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) async fn refund(sandbox: &Sandbox, payment_id: &str) -> Result<(), QpayError> {
    ask(sandbox, Method::DELETE, &format!("/qpay/v2/payment/refund/{payment_id}"), None).await.map(drop)
}

fn row(row: &Value) -> Result<Row, QpayError> {
    let text = |name: &'static str| row[name].as_str().ok_or(QpayError::Answer(name));
    let wallet = text("payment_wallet").or_else(|_| text("payemnt_wallet"))?;
    Ok(Row {
        id: text("payment_id")?.into(),
        status: text("payment_status")?.into(),
        amount_mnt: amount(&row["payment_amount"]).ok_or(QpayError::Answer("payment_amount"))?,
        wallet: wallet.into(),
    })
}

/// `25000`, `"25000"` or `"25000.00"`: ₮ have no parts.
fn amount(value: &Value) -> Option<i64> {
    let Some(text) = value.as_str() else { return value.as_i64() };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    part.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok()).flatten()
}

/// Once more with a new token, when the one at hand does not hold.
async fn ask(sandbox: &Sandbox, method: Method, path: &str, body: Option<&Value>) -> Result<Value, QpayError> {
    let (kept, token) = token(sandbox).await?;
    let (status, told) = send(sandbox, &method, path, (header::AUTHORIZATION, format!("Bearer {token}")), body).await?;
    let (status, told) = if status == StatusCode::UNAUTHORIZED && kept {
        let token = new_token(sandbox).await?;
        send(sandbox, &method, path, (header::AUTHORIZATION, format!("Bearer {token}")), body).await?
    } else {
        (status, told)
    };
    if status.is_success() {
        return Ok(told);
    }
    match told["error"].as_str() {
        Some(error) if status.is_client_error() => Err(QpayError::Refused(error.into())),
        Some(_) | None => Err(QpayError::Unavailable(status.to_string())),
    }
}

/// And whether it was at hand.
async fn token(sandbox: &Sandbox) -> Result<(bool, String), QpayError> {
    let kept = sandbox.qpay_token().0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match kept {
        Some((token, until)) if sandbox.now() < until => Ok((true, token)),
        Some(_) | None => Ok((false, new_token(sandbox).await?)),
    }
}

async fn new_token(sandbox: &Sandbox) -> Result<String, QpayError> {
    let authorization = (header::AUTHORIZATION, pay::basic(sandbox));
    let (status, told) = send(sandbox, &Method::POST, "/qpay/v2/auth/token", authorization, None).await?;
    if !status.is_success() {
        return Err(QpayError::Unavailable(status.to_string()));
    }
    let token = told["access_token"].as_str().ok_or(QpayError::Answer("access_token"))?.to_owned();
    let expires_in = told["expires_in"].as_i64().ok_or(QpayError::Answer("expires_in"))?;
    let until = ends(expires_in, sandbox.now()) - SPARE_MS;
    *sandbox.qpay_token().0.lock().unwrap_or_else(PoisonError::into_inner) = Some((token.clone(), until));
    Ok(token)
}

/// In unix ms, whichever way it is told.
fn ends(expires_in_s: i64, now: i64) -> i64 {
    if expires_in_s > LONGEST_SPAN_S { expires_in_s * 1000 } else { now + expires_in_s * 1000 }
}

async fn send(
    sandbox: &Sandbox,
    method: &Method,
    path: &str,
    (name, value): (header::HeaderName, String),
    body: Option<&Value>,
) -> Result<(StatusCode, Value), QpayError> {
    let unavailable = |error: &dyn std::error::Error| QpayError::Unavailable(error.to_string());
    let mut request = Request::builder().method(method).uri(path).header(name, value);
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let request = request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())));
    let request = request.map_err(|error| unavailable(&error))?;
    let asked = Box::pin(crate::router(sandbox.clone()).oneshot(request)); // boxed: the router holds this very call
    let response = asked.await.unwrap_or_else(|never| match never {});
    let status = response.status();
    let body = to_bytes(response.into_body(), ANSWER_LIMIT).await.map_err(|error| unavailable(&error))?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_text_and_as_a_number_and_never_guessed() {
        let read = [json!(25000), json!("25000"), json!("25000.00"), json!("25000.5"), json!("Ө"), json!(null)];

        assert_eq!(read.each_ref().map(amount), [Some(25000), Some(25000), Some(25000), None, None, None]);
    }

    #[test]
    fn a_tokens_end_is_read_as_a_moment_and_as_a_span() {
        let now = 1_795_000_000_000;

        assert_eq!(ends(86_400, now), now + 86_400_000);
        assert_eq!(ends(1_795_086_400, now), now + 86_400_000);
    }

    #[test]
    fn a_wallet_is_found_under_both_names() {
        let with = |key: &str| {
            row(&json!({ "payment_id": "1", "payment_status": "PAID", "payment_amount": "1.00", key: "Өрнөх" }))
        };

        assert_eq!(with("payment_wallet").unwrap(), with("payemnt_wallet").unwrap());
        assert!(with("wallet").is_err());
    }
}
