//! QPay's invoices and payments.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};

use crate::text;

/// How a payment begins; later it may be REFUNDED.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Failed,
    Paid,
}

impl Status {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Failed => "FAILED",
            Self::Paid => "PAID",
        }
    }
}

pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) sender_invoice_no: String,
    pub(crate) description: String,
    pub(crate) amount_mnt: i64,
    pub(crate) callback_url: String,
    /// Unix ms.
    pub(crate) expires_at: Option<i64>,
    pub(crate) cancelled: bool,
}

impl Invoice {
    pub(crate) fn is_open(&self, now: i64) -> bool {
        !self.cancelled && self.expires_at.is_none_or(|at| now < at)
    }
}

pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) invoice_id: String,
    /// As on the wire.
    pub(crate) status: String,
    pub(crate) amount_mnt: i64,
    pub(crate) wallet: String,
}

pub(crate) fn invoice(conn: &Connection, id: &str) -> Result<Option<Invoice>, rusqlite::Error> {
    conn.query_row("SELECT * FROM qpay_invoices WHERE id = :id", named_params! { ":id": id }, invoice_from_row)
        .optional()
}

pub(crate) fn invoice_by_number(conn: &Connection, number: &str) -> Result<Option<Invoice>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM qpay_invoices WHERE sender_invoice_no = :number",
        named_params! { ":number": number },
        invoice_from_row,
    )
    .optional()
}

pub(crate) fn insert_invoice(tx: &Transaction<'_>, invoice: &Invoice) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO qpay_invoices (id, sender_invoice_no, description, amount_mnt, callback_url, expires_at)
         VALUES (:id, :number, :description, :amount, :callback, :expires_at)",
        named_params! {
            ":id": invoice.id,
            ":number": invoice.sender_invoice_no,
            ":description": invoice.description,
            ":amount": invoice.amount_mnt,
            ":callback": invoice.callback_url,
            ":expires_at": invoice.expires_at,
        },
    )?;
    Ok(())
}

pub(crate) fn cancel(tx: &Transaction<'_>, id: &str) -> Result<(), rusqlite::Error> {
    tx.execute("UPDATE qpay_invoices SET cancelled = 1 WHERE id = :id", named_params! { ":id": id })?;
    Ok(())
}

/// In the order in which they were made.
pub(crate) fn payments(conn: &Connection, invoice_id: &str) -> Result<Vec<Payment>, rusqlite::Error> {
    let mut statement = conn.prepare("SELECT * FROM qpay_payments WHERE invoice_id = :invoice_id ORDER BY at, id")?;
    statement.query_map(named_params! { ":invoice_id": invoice_id }, payment_from_row)?.collect()
}

pub(crate) fn payment(conn: &Connection, id: &str) -> Result<Option<Payment>, rusqlite::Error> {
    conn.query_row("SELECT * FROM qpay_payments WHERE id = :id", named_params! { ":id": id }, payment_from_row)
        .optional()
}

/// What is paid and not given back, in ₮.
pub(crate) fn paid(payments: &[Payment]) -> i64 {
    payments.iter().filter(|payment| payment.status == Status::Paid.code()).map(|payment| payment.amount_mnt).sum()
}

pub(crate) fn insert_payment(tx: &Transaction<'_>, payment: &Payment, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO qpay_payments (id, invoice_id, status, amount_mnt, wallet, at)
         VALUES (:id, :invoice_id, :status, :amount, :wallet, :now)",
        named_params! {
            ":id": payment.id,
            ":invoice_id": payment.invoice_id,
            ":status": payment.status,
            ":amount": payment.amount_mnt,
            ":wallet": payment.wallet,
            ":now": now,
        },
    )?;
    Ok(())
}

/// A refund of what is paid, now or later. Asked for again it changes nothing.
pub(crate) fn refund(tx: &Transaction<'_>, payment_id: &str, at_once: bool) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE qpay_payments SET status = IIF(:at_once, 'REFUNDED', status), refund_due = NOT :at_once
         WHERE id = :id AND status = 'PAID'",
        named_params! { ":id": payment_id, ":at_once": at_once },
    )?;
    Ok(())
}

/// Does every refund that waits; how many.
pub(crate) fn do_refunds(tx: &Transaction<'_>) -> Result<usize, rusqlite::Error> {
    tx.execute("UPDATE qpay_payments SET status = 'REFUNDED', refund_due = 0 WHERE refund_due", [])
}

/// As QPay's: fifteen digits.
pub(crate) fn payment_id() -> String {
    format!("{:015}", u64::from_le_bytes(text::random()) % 1_000_000_000_000_000)
}

/// A UUID of version 4 (RFC 9562 §5.4).
pub(crate) fn invoice_id() -> String {
    let mut bytes = text::random::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = text::hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn invoice_from_row(row: &Row<'_>) -> Result<Invoice, rusqlite::Error> {
    Ok(Invoice {
        id: row.get("id")?,
        sender_invoice_no: row.get("sender_invoice_no")?,
        description: row.get("description")?,
        amount_mnt: row.get("amount_mnt")?,
        callback_url: row.get("callback_url")?,
        expires_at: row.get("expires_at")?,
        cancelled: row.get("cancelled")?,
    })
}

fn payment_from_row(row: &Row<'_>) -> Result<Payment, rusqlite::Error> {
    Ok(Payment {
        id: row.get("id")?,
        invoice_id: row.get("invoice_id")?,
        status: row.get("status")?,
        amount_mnt: row.get("amount_mnt")?,
        wallet: row.get("wallet")?,
    })
}
