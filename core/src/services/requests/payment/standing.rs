//! Where a payment stands: what the last check found, what is under way, and the time. Pure.

use std::time::Duration;

use super::{
    super::{
        model::{RequestId, Status},
        wire::RequestWire,
    },
    model::{Due, Payment, PaymentState, Receipt, Settlement},
    store::Row,
    words::{self, Figures},
};
use crate::{country::Mnt, foundation::clock::Timestamp};

/// Between two looks at what may be paid at any moment.
const QUIET: Duration = Duration::from_secs(30);

/// Between two looks at what will be given back: that takes days.
const QUIET_WHILE_REFUNDING: Duration = Duration::from_secs(3600);

/// What the gateway does not give back by itself takes longer still.
const QUIET_WHILE_OVERPAID: Duration = Duration::from_secs(24 * 3600);

/// An invoice that is over for so long is not paid any more.
const LATE: Duration = Duration::from_secs(24 * 3600);

/// After so many answers without news, what is under way is no reason not to show what is known; that a part is paid is
/// news.
const SOON: u32 = 3;
const PART_IS_PAID: u32 = 1;

/// `None`: nothing is to be paid.
pub(super) fn payment(
    request: RequestId,
    told: Option<&RequestWire>,
    row: Option<Row>,
    receipts: Vec<Receipt>,
    now: Timestamp,
) -> Option<Payment> {
    let due = told.and_then(|told| told.payment);
    let closed = told.is_some_and(|told| is_closed(told.status));
    if closed && row.as_ref().map_or_else(|| is_untouched(due), |row| row.kept.is_unpaid()) {
        return None;
    }
    let kept = row.as_ref().map(|row| &row.kept);
    let known = kept.and_then(|kept| kept.known);
    let asked = kept.and_then(|kept| kept.invoice.as_ref());
    let amount =
        known.map(|known| known.amount).or(due.map(|due| due.amount_mnt)).or(asked.map(|invoice| invoice.amount_mnt))?;
    let paid = known.map_or(Mnt::ZERO, |known| known.paid);
    let missing = amount.checked_sub(paid).unwrap_or(Mnt::ZERO).max(Mnt::ZERO);
    let state = state(due, told, row.as_ref(), now);
    let invoice = kept.and_then(|kept| kept.live_invoice(now)).filter(|_| !closed && can_be_paid(state));
    let back = receipts.iter().filter(|receipt| receipt.refunded).map(|receipt| receipt.amount_mnt);
    let refunded = Mnt::checked_sum(back).unwrap_or(Mnt::ZERO);
    let figures = Figures { state, amount, paid, missing, refunded, invoice };
    Some(Payment {
        about: kept.map(|kept| kept.about.clone()).or(told.map(super::about))?,
        state,
        title: words::title(&figures),
        next: words::next(&figures),
        amount_mnt: amount,
        paid_mnt: paid,
        missing_mnt: missing,
        invoice: invoice.cloned(),
        receipts,
        checked_at: known.map(|known| known.at),
        operation: row.and_then(|row| row.asking).map(|asking| asking.operation),
        request,
    })
}

/// When it was paid whole, as far as it still is.
pub(super) fn paid_at(payment: &Payment) -> Option<Timestamp> {
    let kept = payment.receipts.iter().filter(|receipt| !receipt.refunded);
    let mut sums = kept.scan(Mnt::ZERO, |paid, receipt| {
        *paid = paid.checked_add(receipt.amount_mnt)?;
        Some((*paid, receipt.paid_at))
    });
    sums.find(|(paid, _)| *paid >= payment.amount_mnt).map(|(_, at)| at)
}

fn state(due: Option<Due>, told: Option<&RequestWire>, row: Option<&Row>, now: Timestamp) -> PaymentState {
    let Some(row) = row else {
        return if is_untouched(due) { PaymentState::Due } else { PaymentState::Checking };
    };
    let news = told.is_some_and(|told| is_news(row, told));
    let known = row.kept.state();
    match known {
        Settlement::Paid if !news => return PaymentState::Paid,
        Settlement::Overpaid if !news => return PaymentState::Overpaid,
        Settlement::Refunding if !news => return PaymentState::Refunding,
        Settlement::Refunded if !news && !is_due_again(told) => return PaymentState::Refunded,
        Settlement::Paid
        | Settlement::Overpaid
        | Settlement::Refunding
        | Settlement::Refunded
        | Settlement::Unpaid
        | Settlement::Partial
        | Settlement::Failed
        | Settlement::Unknown => {}
    }
    let live = row.kept.live_invoice(now).is_some();
    match &row.asking {
        Some(asking) if !live => {
            return if asking.wedged { PaymentState::Held } else { PaymentState::Asking };
        }
        Some(_) | None => {}
    }
    // One that went wrong found nothing out: while the invoice can be paid, it may have been.
    let soon = if known == Settlement::Partial { PART_IS_PAID } else { SOON };
    let looking = row.looking.as_ref().is_some_and(|look| live || !look.wedged) && row.looks < soon;
    match (known, &row.kept.invoice) {
        _ if news || looking || known == Settlement::Unknown => PaymentState::Checking,
        (Settlement::Partial, _) => PaymentState::Partial,
        (_, None) => PaymentState::Due,
        (_, Some(_)) if !live => PaymentState::Expired,
        (Settlement::Failed, Some(_)) => PaymentState::Failed,
        (_, Some(_)) => PaymentState::Waiting,
    }
}

/// No payment is known of.
fn is_untouched(due: Option<Due>) -> bool {
    due.is_none_or(|due| matches!(due.state, Settlement::Unpaid | Settlement::Failed))
}

/// After it was given back: the request itself says so, and is open. A check alone may be ahead of one that was closed.
fn is_due_again(told: Option<&RequestWire>) -> bool {
    let open = told.filter(|told| !is_closed(told.status));
    open.and_then(|told| told.payment).is_some_and(|due| due.state == Settlement::Refunded)
}

/// It takes no payment any more.
pub(super) const fn is_closed(status: Status) -> bool {
    match status {
        Status::Completed | Status::Rejected | Status::Expired => true,
        Status::Submitted
        | Status::Processing
        | Status::Edit
        | Status::FileRequested
        | Status::Printing
        | Status::Printed
        | Status::Granted
        | Status::Unknown => false,
    }
}

const fn can_be_paid(state: PaymentState) -> bool {
    match state {
        PaymentState::Waiting | PaymentState::Checking | PaymentState::Partial | PaymentState::Failed => true,
        PaymentState::Due
        | PaymentState::Asking
        | PaymentState::Held
        | PaymentState::Paid
        | PaymentState::Overpaid
        | PaymentState::Refunding
        | PaymentState::Refunded
        | PaymentState::Expired => false,
    }
}

/// The request, as it was last pulled, says something else than the last check, and later.
fn is_news(row: &Row, told: &RequestWire) -> bool {
    let Some(due) = told.payment else { return false };
    let later = row.kept.known.is_none_or(|known| told.updated_at.is_some_and(|at| at > known.at));
    later && due.state != row.kept.state()
}

/// Whether a sign is reason to ask the gateway.
pub(super) fn wants_look(row: Option<&Row>, told: Option<&RequestWire>, now: Timestamp) -> bool {
    let Some(row) = row else {
        // Paid on another phone: its receipts are wanted here too.
        return told.and_then(|told| told.payment).is_some_and(|due| due.state != Settlement::Unpaid);
    };
    let quiet = if told.is_some_and(|told| is_news(row, told)) {
        QUIET
    } else {
        match row.kept.state() {
            Settlement::Paid => return false,
            Settlement::Overpaid => QUIET_WHILE_OVERPAID,
            Settlement::Refunding => QUIET_WHILE_REFUNDING,
            Settlement::Unknown => QUIET,
            Settlement::Unpaid | Settlement::Partial | Settlement::Failed | Settlement::Refunded => {
                match &row.kept.invoice {
                    Some(_) if row.was_asked_for_within(QUIET, now) => return false,
                    Some(invoice) if now < invoice.expires_at.saturating_add(LATE) => QUIET,
                    Some(_) | None => return false,
                }
            }
        }
    };
    !row.was_looked_at_within(quiet, now)
}
