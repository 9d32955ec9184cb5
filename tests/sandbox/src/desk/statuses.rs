//! The ten states as the desk shows them, and what the step into each is called.

use maud::{Markup, html};

use super::language::Lang;
use crate::{clerk::Status, gateway::PaymentState};

/// A state in words; the colour only repeats them.
pub(super) fn pill(lang: Lang, status: Status) -> Markup {
    let tone = match status {
        Status::Submitted => "new",
        Status::Processing | Status::Printing | Status::Printed => "moving",
        Status::Edit | Status::FileRequested => "asked",
        Status::Granted | Status::Completed => "good",
        Status::Rejected => "bad",
        Status::Expired => "old",
    };
    html! { span class={ "pill " (tone) } { (lang.show(&status.title())) } }
}

/// How a payment stands.
pub(super) fn paid(lang: Lang, state: PaymentState) -> &'static str {
    match state {
        PaymentState::Unpaid => lang.pick("төлөгдөөгүй", "not paid"),
        PaymentState::Partial => lang.pick("дутуу төлөгдсөн", "paid in part"),
        PaymentState::Paid => lang.pick("төлөгдсөн", "paid"),
        PaymentState::Overpaid => lang.pick("илүү төлөгдсөн", "paid too much"),
        PaymentState::Failed => lang.pick("төлбөр амжилтгүй болсон", "a payment failed"),
        PaymentState::Refunding => lang.pick("буцаан олгож байна", "being given back"),
        PaymentState::Refunded => lang.pick("буцаан олгосон", "given back"),
    }
}

/// What the step is called by who takes it.
pub(super) fn verb(lang: Lang, status: Status) -> &'static str {
    match status {
        Status::Submitted => lang.pick("Дахин хүлээн авах", "Take it in again"),
        Status::Processing => lang.pick("Шийдвэрлэж эхлэх", "Start processing"),
        Status::Edit => lang.pick("Засвар хүсэх", "Ask for a correction"),
        Status::FileRequested => lang.pick("Нэмэлт баримт хүсэх", "Ask for a document"),
        Status::Printing => lang.pick("Хэвлэлд өгөх", "Send to print"),
        Status::Printed => lang.pick("Хэвлэснийг тэмдэглэх", "Mark as printed"),
        Status::Completed => lang.pick("Шийдвэрлэж дуусгах", "Complete"),
        Status::Granted => lang.pick("Зөвшөөрөх", "Grant"),
        Status::Rejected => lang.pick("Татгалзах", "Reject"),
        Status::Expired => lang.pick("Хугацаа дууссанд тооцох", "Close as expired"),
    }
}

/// Forward, asking the citizen, ending without what was asked for: in this order on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Asking,
    Ending,
}

impl Direction {
    pub(super) const ALL: [Self; 3] = [Self::Forward, Self::Asking, Self::Ending];

    pub(super) const fn of(status: Status) -> Self {
        match status {
            Status::Submitted
            | Status::Processing
            | Status::Granted
            | Status::Printing
            | Status::Printed
            | Status::Completed => Self::Forward,
            Status::Edit | Status::FileRequested => Self::Asking,
            Status::Rejected | Status::Expired => Self::Ending,
        }
    }
}
