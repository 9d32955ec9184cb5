//! Where a payment stands and what to do next, in plain words. Each function is pure.

use super::model::{Invoice, Payment, PaymentState};
use crate::{
    country::{LocalisedText, Mnt, TimeZone},
    foundation::clock::Timestamp,
};

/// What the words depend on.
pub(super) struct Figures<'a> {
    pub(super) state: PaymentState,
    pub(super) amount: Mnt,
    pub(super) paid: Mnt,
    pub(super) missing: Mnt,
    pub(super) refunded: Mnt,
    /// One that can still be paid.
    pub(super) invoice: Option<&'a Invoice>,
}

/// What is.
pub(super) fn title(figures: &Figures<'_>) -> LocalisedText {
    let Figures { state, amount, paid, missing, refunded, invoice } = figures;
    let to_pay = invoice.map_or(*missing, |invoice| invoice.amount_mnt);
    match state {
        PaymentState::Due if *refunded > Mnt::ZERO => LocalisedText::new(
            format!("Төлсөн {refunded} буцаагдсан тул дахин төлөх шаардлагатай: {missing}."),
            format!("{refunded} was given back, so a payment of {missing} is due again."),
        ),
        PaymentState::Due => due(*amount),
        PaymentState::Asking => text("Нэхэмжлэхийг авч байна.", "The invoice is being asked for."),
        PaymentState::Held => text("Нэхэмжлэх авч чадсангүй.", "The invoice could not be had."),
        PaymentState::Waiting => {
            LocalisedText::new(format!("Төлбөр хүлээгдэж байна: {to_pay}."), format!("Waiting for payment: {to_pay}."))
        }
        PaymentState::Checking => text("Төлбөрийг шалгаж байна.", "The payment is being checked."),
        PaymentState::Partial => LocalisedText::new(
            format!("Төлбөрийн {paid} төлөгдсөн, {missing} дутуу байна."),
            format!("{paid} of {amount} is paid; {missing} is missing."),
        ),
        PaymentState::Paid => LocalisedText::new(format!("Төлбөр төлөгдсөн: {paid}."), format!("Paid: {paid}.")),
        PaymentState::Overpaid => {
            let over = paid.checked_sub(*amount).unwrap_or(Mnt::ZERO);
            LocalisedText::new(format!("Төлбөрийг {over} илүү төлсөн байна."), format!("{over} too much was paid."))
        }
        PaymentState::Failed => {
            text("Төлбөр амжилтгүй болсон, юу ч төлөгдөөгүй.", "The payment failed, and nothing was paid.")
        }
        PaymentState::Refunding => {
            LocalisedText::new(format!("Төлсөн {paid} буцаагдаж байна."), format!("{paid} is being given back."))
        }
        PaymentState::Refunded => {
            LocalisedText::new(format!("Төлсөн {refunded} буцаагдсан."), format!("{refunded} was given back."))
        }
        PaymentState::Expired => text("Нэхэмжлэхийн хугацаа дууссан.", "The invoice has expired."),
    }
}

/// What to do next.
pub(super) fn next(figures: &Figures<'_>) -> LocalisedText {
    let Figures { state, amount, paid, invoice, .. } = figures;
    match (state, invoice) {
        (PaymentState::Due, _) => {
            text("Нэхэмжлэх авч, банкныхаа аппаар төлнө үү.", "Ask for the invoice, and pay it in your bank's app.")
        }
        (PaymentState::Asking, _) => text(
            "Түр хүлээнэ үү. Сүлжээгүй бол сүлжээ орж ирмэгц өөрөө авна.",
            "Please wait. Without a network it comes by itself once there is one.",
        ),
        (PaymentState::Held, _) => text(
            "Шалтгааныг илгээх зүйлсийн жагсаалтаас харж, дахин оролдоно уу.",
            "Look in the list of what is to be sent for why, and try again.",
        ),
        (PaymentState::Waiting, Some(invoice)) => pay_until(invoice.expires_at),
        (PaymentState::Partial, Some(invoice)) => LocalisedText::new(
            format!("Үлдсэнийг нь энэ нэхэмжлэхээр {} хүртэл төлнө үү.", at(invoice.expires_at)),
            format!("Pay the rest on this invoice until {}.", at(invoice.expires_at)),
        ),
        (PaymentState::Partial, None) => {
            text("Үлдсэн төлбөртөө шинэ нэхэмжлэх авна уу.", "Ask for a new invoice for the rest.")
        }
        (PaymentState::Checking, _) => text(
            "Төлсөн бол дахин бүү төлөөрэй. Хариу ирмэгц энд харагдана.",
            "If you have paid, do not pay again. The answer will be here as soon as it comes.",
        ),
        (PaymentState::Paid, _) => text("Хийх зүйл алга. Баримт хадгалагдсан.", "Nothing to do. The receipt is kept."),
        (PaymentState::Overpaid, _) => {
            let over = paid.checked_sub(*amount).unwrap_or(Mnt::ZERO);
            LocalisedText::new(
                format!(
                    "Дахин төлөх хэрэггүй. Давхар хийсэн төлбөр төлсөн дансанд чинь өөрөө буцна. Нэг удаадаа илүү \
                     төлсөн бол {over}-ийг байгууллагаас нь буцаан авна уу."
                ),
                format!(
                    "Do not pay again. A payment made twice goes back by itself to the account that paid. If one \
                     payment was too large, ask the organisation to give back {over}."
                ),
            )
        }
        (PaymentState::Failed, _) => {
            text("Дахин төлөх эсвэл өөр банк сонгоно уу.", "Try again, or choose another bank.")
        }
        (PaymentState::Refunding, _) => {
            text("Хийх зүйл алга. Мөнгө төлсөн дансанд чинь орно.", "Nothing to do. It goes to the account that paid.")
        }
        (PaymentState::Refunded, _) => {
            text("Хийх зүйл алга. Төлсөн дансаа шалгаарай.", "Nothing to do. Look at the account that paid.")
        }
        (PaymentState::Expired, _) | (PaymentState::Waiting, None) => {
            text("Шинэ нэхэмжлэх авна уу. Хуучныг нь төлөх боломжгүй.", "Ask for a new one. The old one can't be paid.")
        }
    }
}

/// What the citizen has to do about it; `None`: nothing, or nothing yet.
pub(super) fn to_do(payment: &Payment) -> Option<LocalisedText> {
    let Payment { state, missing_mnt: missing, invoice, .. } = payment;
    match (state, invoice) {
        (PaymentState::Waiting | PaymentState::Partial | PaymentState::Failed, Some(invoice)) => {
            let until = at(invoice.expires_at);
            Some(LocalisedText::new(
                format!("{until} хүртэл {missing} төлнө үү."),
                format!("Pay {missing} by {until}."),
            ))
        }
        (PaymentState::Due | PaymentState::Expired, _) | (PaymentState::Partial | PaymentState::Failed, None) => {
            Some(due(*missing))
        }
        (
            PaymentState::Asking
            | PaymentState::Held
            | PaymentState::Waiting
            | PaymentState::Checking
            | PaymentState::Paid
            | PaymentState::Overpaid
            | PaymentState::Refunding
            | PaymentState::Refunded,
            _,
        ) => None,
    }
}

fn due(amount: Mnt) -> LocalisedText {
    LocalisedText::new(format!("Төлбөр төлөх шаардлагатай: {amount}."), format!("A payment of {amount} is due."))
}

fn pay_until(expires_at: Timestamp) -> LocalisedText {
    LocalisedText::new(
        format!("QR кодыг уншуулах эсвэл банкаа сонгож, {} хүртэл төлнө үү.", at(expires_at)),
        format!("Scan the QR code or choose your bank, and pay until {}.", at(expires_at)),
    )
}

/// On the calendar and clock of Ulaanbaatar.
fn at(moment: Timestamp) -> String {
    TimeZone::Ulaanbaatar.civil(moment).to_string()
}

fn text(mn: &str, en: &str) -> LocalisedText {
    LocalisedText::new(mn, en)
}
