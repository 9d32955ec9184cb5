//! A request's invoices and payments.

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, Transaction, named_params};

use super::{State, qpay::Row};
use crate::gateway::status::Status;

/// What a request's payment depends on.
pub(super) struct Payable {
    pub(super) id: String,
    pub(super) sub: String,
    pub(super) regnum: String,
    pub(super) number: String,
    pub(super) service_mn: String,
    pub(super) status: Status,
    pub(super) fee_mnt: i64,
    pub(super) state: State,
}

#[derive(Debug, Clone)]
pub(super) struct Invoice {
    pub(super) number: String,
    pub(super) amount_mnt: i64,
    /// Unix ms.
    pub(super) expires_at: i64,
    pub(super) live: bool,
    pub(super) qpay_id: Option<String>,
    /// As the citizen is given it, JSON.
    pub(super) answer: Option<String>,
}

pub(super) struct Payment {
    pub(super) row: Row,
    /// Unix ms, when it was first seen.
    pub(super) at: i64,
}

/// `None` for `sub`: whosever it is.
pub(super) fn payable(conn: &Connection, sub: Option<&str>, id: &str) -> Result<Option<Payable>, rusqlite::Error> {
    conn.query_row(
        "SELECT r.id, sub, regnum, number, service_name_mn, status, fee_mnt, paid_state
         FROM requests r JOIN citizens USING (sub)
         WHERE r.id = :id AND sub = COALESCE(:sub, sub)",
        named_params! { ":id": id, ":sub": sub },
        |row| {
            let state: Option<String> = row.get("paid_state")?;
            Ok(Payable {
                id: row.get("id")?,
                sub: row.get("sub")?,
                regnum: row.get("regnum")?,
                number: row.get("number")?,
                service_mn: row.get("service_name_mn")?,
                status: row.get("status")?,
                fee_mnt: row.get("fee_mnt")?,
                state: state.and_then(|code| State::parse(&code)).unwrap_or(State::Unpaid),
            })
        },
    )
    .optional()
}

pub(super) fn request_of(conn: &Connection, number: &str) -> Result<Option<String>, rusqlite::Error> {
    conn.query_row(
        "SELECT request_id FROM invoices WHERE sender_invoice_no = :number",
        named_params! { ":number": number },
        |row| row.get("request_id"),
    )
    .optional()
}

/// The last first.
pub(super) fn invoices(conn: &Connection, request_id: &str) -> Result<Vec<Invoice>, rusqlite::Error> {
    let mut statement =
        conn.prepare("SELECT * FROM invoices WHERE request_id = :id ORDER BY live DESC, expires_at DESC")?;
    statement.query_map(named_params! { ":id": request_id }, invoice_from_row)?.collect()
}

pub(super) fn insert(
    tx: &Transaction<'_>,
    request_id: &str,
    (number, amount_mnt): (&str, i64),
    expires_at: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO invoices (sender_invoice_no, request_id, amount_mnt, expires_at, live)
         VALUES (:number, :request_id, :amount, :expires_at, 1)",
        named_params! {
            ":number": number,
            ":request_id": request_id,
            ":amount": amount_mnt,
            ":expires_at": expires_at,
        },
    )?;
    Ok(())
}

/// What QPay answered; the first answer stays.
pub(super) fn made(tx: &Transaction<'_>, number: &str, qpay_id: &str, answer: &str) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE invoices SET qpay_id = :qpay_id, answer = :answer
         WHERE sender_invoice_no = :number AND qpay_id IS NULL",
        named_params! { ":number": number, ":qpay_id": qpay_id, ":answer": answer },
    )?;
    Ok(())
}

/// It is over.
pub(super) fn retire(tx: &Transaction<'_>, number: &str) -> Result<(), rusqlite::Error> {
    tx.execute("UPDATE invoices SET live = 0 WHERE sender_invoice_no = :number", named_params! { ":number": number })?;
    Ok(())
}

/// In the order in which they were seen.
pub(super) fn payments(conn: &Connection, request_id: &str) -> Result<Vec<Payment>, rusqlite::Error> {
    let mut statement = conn.prepare("SELECT * FROM payments WHERE request_id = :id ORDER BY at, id")?;
    let rows = statement.query_map(named_params! { ":id": request_id }, |row| {
        let told = Row {
            id: row.get("id")?,
            status: row.get("status")?,
            amount_mnt: row.get("amount_mnt")?,
            wallet: row.get("wallet")?,
        };
        Ok(Payment { row: told, at: row.get("at")? })
    })?;
    rows.collect()
}

pub(super) fn note(tx: &Transaction<'_>, request_id: &str, row: &Row, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO payments (id, request_id, status, amount_mnt, wallet, at)
         VALUES (:id, :request_id, :status, :amount, :wallet, :now)
         ON CONFLICT (id) DO UPDATE SET status = :status WHERE status <> 'REFUNDED'",
        named_params! {
            ":id": row.id,
            ":request_id": request_id,
            ":status": row.status,
            ":amount": row.amount_mnt,
            ":wallet": row.wallet,
            ":now": now,
        },
    )?;
    Ok(())
}

/// Whether that is news.
pub(super) fn set_state(tx: &Transaction<'_>, request_id: &str, state: State) -> Result<bool, rusqlite::Error> {
    let changed = tx.execute(
        "UPDATE requests SET paid_state = :state WHERE id = :id AND paid_state IS NOT :state",
        named_params! { ":id": request_id, ":state": state.code() },
    )?;
    Ok(changed == 1)
}

/// Requests that are closed without what was, or may yet be, paid for.
pub(super) fn to_give_back(conn: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let mut statement = conn.prepare(
        "SELECT id FROM requests
         WHERE status IN ('REJECTED', 'EXPIRED')
           AND (paid_state IN ('partial', 'paid', 'overpaid', 'refunding')
                OR EXISTS (SELECT 1 FROM invoices WHERE request_id = requests.id AND live))",
    )?;
    statement.query_map([], |row| row.get("id"))?.collect()
}

fn invoice_from_row(row: &SqlRow<'_>) -> Result<Invoice, rusqlite::Error> {
    Ok(Invoice {
        number: row.get("sender_invoice_no")?,
        amount_mnt: row.get("amount_mnt")?,
        expires_at: row.get("expires_at")?,
        live: row.get("live")?,
        qpay_id: row.get("qpay_id")?,
        answer: row.get("answer")?,
    })
}
