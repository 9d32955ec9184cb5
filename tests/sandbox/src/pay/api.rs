//! What a merchant calls: token, invoice, payment check, cancellation, refund. Names and shapes are QPay's.
//!
//! Guarantees: a `sender_invoice_no` is one invoice for ever; what is cancelled or expired is never paid, and what is
//! paid is never cancelled.

use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use ring::hmac;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    BANKS, MERCHANT,
    store::{self, Invoice, Payment},
    switches::{Amounts, ExpiresIn, Traps, WalletKey},
};
use crate::{
    db::DbError,
    state::{Sandbox, complain},
    text,
};

/// A day, as QPay's.
const TOKEN_LASTS_S: i64 = 24 * 3600;

/// As QPay's field.
pub(crate) const LONGEST_NUMBER: usize = 45;

const LONGEST_DESCRIPTION: usize = 255;

/// An error as QPay has it: a word in capitals, and the same in words.
pub(super) struct Refused(StatusCode, &'static str);

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        complain(&error);
        Self(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR")
    }
}

impl axum::response::IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(status, error) = self;
        (status, Json(json!({ "error": error, "message": error.to_lowercase().replace('_', " ") }))).into_response()
    }
}

/// `POST /qpay/v2/auth/token`, with the merchant's name and password.
pub(super) async fn token(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Refused> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !text::same_secret(given, &basic(&sandbox)) {
        return Err(Refused(StatusCode::UNAUTHORIZED, "NO_CREDENDIALS")); // as QPay spells it
    }
    let now_s = sandbox.now() / 1000;
    let until = now_s + TOKEN_LASTS_S;
    let expires_in = match sandbox.pay().traps().expires_in {
        ExpiresIn::Absolute => until,
        ExpiresIn::Relative => TOKEN_LASTS_S,
    };
    Ok(Json(json!({
        "token_type": "bearer", "access_token": seal(&sandbox, until), "expires_in": expires_in,
        "refresh_token": seal(&sandbox, until + TOKEN_LASTS_S), "refresh_expires_in": expires_in + TOKEN_LASTS_S,
        "scope": "profile email", "not-before-policy": "0", "session_state": MERCHANT,
    }))
    .into_response())
}

/// What the merchant says to be given a token.
pub(crate) fn basic(sandbox: &Sandbox) -> String {
    let password = text::hex(hmac::sign(&key(sandbox), b"merchant").as_ref());
    format!("Basic {}", text::base64(format!("{MERCHANT}:{password}").as_bytes()))
}

fn key(sandbox: &Sandbox) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, format!("qpay {}", sandbox.keys().dan_secret()).as_bytes())
}

/// A token says until when it holds, so it need not be kept.
fn seal(sandbox: &Sandbox, until_s: i64) -> String {
    format!("{until_s}.{}", text::base64url(hmac::sign(&key(sandbox), until_s.to_string().as_bytes()).as_ref()))
}

fn admit(sandbox: &Sandbox, headers: &HeaderMap) -> Result<(), Refused> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|given| given.strip_prefix("Bearer ")).unwrap_or_default();
    let until_s = token.split('.').next().and_then(|until| until.parse::<i64>().ok()).unwrap_or_default();
    if sandbox.now() / 1000 < until_s && text::same_secret(token, &seal(sandbox, until_s)) {
        return Ok(());
    }
    Err(Refused(StatusCode::UNAUTHORIZED, "AUTHENTICATION_FAILED"))
}

#[derive(Deserialize)]
pub(super) struct Asked {
    invoice_code: String,
    sender_invoice_no: String,
    invoice_receiver_code: String,
    invoice_description: String,
    amount: i64,
    callback_url: String,
    /// Unix ms; the sandbox's own member.
    expires_at: Option<i64>,
}

/// `POST /qpay/v2/invoice`. The same number again is the same invoice; for another amount it is refused.
pub(super) async fn create(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Result<Response, Refused> {
    admit(&sandbox, &headers)?;
    let Ok(Json(asked)) = asked else { return Err(Refused(StatusCode::BAD_REQUEST, "INVALID_BODY")) };
    if asked.invoice_code.is_empty() || asked.invoice_receiver_code.is_empty() {
        return Err(Refused(StatusCode::BAD_REQUEST, "INVOICE_CODE_INVALID"));
    }
    if !(1..=LONGEST_NUMBER).contains(&asked.sender_invoice_no.chars().count()) {
        return Err(Refused(StatusCode::BAD_REQUEST, "SENDER_INVOICE_NO_INVALID"));
    }
    if asked.invoice_description.chars().count() > LONGEST_DESCRIPTION || asked.amount <= 0 {
        return Err(Refused(StatusCode::BAD_REQUEST, "INVOICE_LINE_INVALID"));
    }
    let made = sandbox.db().write(move |tx| {
        if let Some(before) = store::invoice_by_number(tx, &asked.sender_invoice_no)? {
            return Ok((before.amount_mnt == asked.amount).then_some(before));
        }
        let invoice = Invoice {
            id: store::invoice_id(),
            sender_invoice_no: asked.sender_invoice_no,
            description: asked.invoice_description,
            amount_mnt: asked.amount,
            callback_url: asked.callback_url,
            expires_at: asked.expires_at,
            cancelled: false,
        };
        store::insert_invoice(tx, &invoice)?;
        Ok(Some(invoice))
    });
    let invoice = made.await?.ok_or(Refused(StatusCode::BAD_REQUEST, "SENDER_INVOICE_NO_DUPLICATED"))?;
    let page = page_url(&sandbox, &invoice.id);
    let link = |(code, name): &(&str, &str)| json!({ "name": code, "description": name, "logo": "", "link": format!("{page}?bank={code}") });
    Ok(Json(json!({
        "invoice_id": invoice.id, "qr_text": page, "qr_image": "", "qPay_shortUrl": page,
        "urls": BANKS.iter().map(link).collect::<Vec<_>>(),
    }))
    .into_response())
}

/// Where a person pays it.
pub(super) fn page_url(sandbox: &Sandbox, invoice_id: &str) -> String {
    format!("{}/qpay/pay/{invoice_id}", sandbox.origin())
}

#[derive(Deserialize)]
pub(super) struct Which {
    object_type: String,
    object_id: String,
}

/// `POST /qpay/v2/payment/check`
pub(super) async fn check(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    which: Result<Json<Which>, JsonRejection>,
) -> Result<Response, Refused> {
    admit(&sandbox, &headers)?;
    let Some(Json(which)) = which.ok().filter(|which| which.object_type == "INVOICE") else {
        return Err(Refused(StatusCode::BAD_REQUEST, "INVALID_OBJECT_TYPE"));
    };
    let found = sandbox.db().read(move |conn| match store::invoice(conn, &which.object_id)? {
        Some(invoice) => store::payments(conn, &invoice.id).map(Some),
        None => Ok(None),
    });
    let payments = found.await?.ok_or(Refused(StatusCode::BAD_REQUEST, "INVOICE_NOTFOUND"))?;
    let traps = sandbox.pay().traps();
    Ok(Json(json!({
        "count": payments.len(),
        "paid_amount": amount(store::paid(&payments), traps.amounts),
        "rows": payments.iter().map(|payment| row(payment, traps)).collect::<Vec<_>>(),
    }))
    .into_response())
}

fn amount(mnt: i64, as_what: Amounts) -> Value {
    match as_what {
        Amounts::Text => format!("{mnt}.00").into(),
        Amounts::Number => mnt.into(),
    }
}

fn row(payment: &Payment, traps: Traps) -> Value {
    let wallet_key = match traps.wallet_key {
        WalletKey::Right => "payment_wallet",
        WalletKey::Misspelt => "payemnt_wallet",
    };
    let mut row = json!({
        "payment_id": payment.id, "payment_status": payment.status,
        "payment_amount": amount(payment.amount_mnt, traps.amounts), "trx_fee": amount(0, traps.amounts),
        "payment_currency": "MNT", "payment_type": "P2P", "next_payment_date": null, "next_payment_datetime": null,
        "card_transactions": [], "p2p_transactions": [],
    });
    if let Some(members) = row.as_object_mut() {
        members.extend(Map::from_iter([(wallet_key.to_owned(), payment.wallet.clone().into())]));
    }
    row
}

/// `DELETE /qpay/v2/invoice/{id}`: it can't be paid any more. Cancelled twice is cancelled.
pub(super) async fn cancel(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    admit(&sandbox, &headers)?;
    let cancelled = sandbox.db().write(move |tx| {
        let Some(invoice) = store::invoice(tx, &id)? else { return Ok(Err("INVOICE_NOTFOUND")) };
        if store::paid(&store::payments(tx, &invoice.id)?) > 0 {
            return Ok(Err("INVOICE_PAID"));
        }
        store::cancel(tx, &invoice.id).map(Ok)
    });
    match cancelled.await? {
        Ok(()) => Ok(Json(json!({})).into_response()),
        Err(why) => Err(Refused(StatusCode::BAD_REQUEST, why)),
    }
}

/// `DELETE /qpay/v2/payment/refund/{payment_id}`. Asked for twice it is one refund.
pub(super) async fn refund(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    admit(&sandbox, &headers)?;
    let at_once = sandbox.pay().traps().refunds == super::switches::Refunds::AtOnce;
    let asked = sandbox.db().write(move |tx| match store::payment(tx, &id)? {
        Some(payment) => store::refund(tx, &payment.id, at_once).map(Some),
        None => Ok(None),
    });
    asked.await?.ok_or(Refused(StatusCode::BAD_REQUEST, "PAYMENT_NOTFOUND"))?;
    Ok(Json(json!({})).into_response())
}
