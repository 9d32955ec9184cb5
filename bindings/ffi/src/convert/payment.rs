//! Paying for a request: its invoice, how it stands, receipts.

use emongolia_core::{
    offline,
    services::requests::payment::{self, About},
};

use super::{LocalisedText, all, masked, page};

/// The payment of one request. Show title and next as they are: nothing here is paid because somebody says so.
/// Prints as `Payment(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Payment {
    /// The request, by id.
    pub request: String,
    /// As the citizen quotes the request.
    pub number: Option<String>,
    /// The service, by id.
    pub service: String,
    /// The service, by name; null where it is not known.
    pub service_name: Option<LocalisedText>,
    /// Where it stands.
    pub state: PaymentState,
    /// What is.
    pub title: LocalisedText,
    /// What to do next.
    pub next: LocalisedText,
    /// What the request costs, in ₮.
    pub amount_mnt: i64,
    /// As the last check found, in ₮, without what was given back.
    pub paid_mnt: i64,
    /// In ₮.
    pub missing_mnt: i64,
    /// While something can be paid on it.
    pub invoice: Option<Invoice>,
    /// Each payment, oldest first; one that was made twice is there twice.
    pub receipts: Vec<Receipt>,
    /// When the gateway last asked QPay for this phone, Unix milliseconds. Null: never yet.
    pub checked_at_ms: Option<i64>,
    /// What asks for the invoice, in the outbox.
    pub operation: Option<String>,
}

/// Where a payment stands, seen from this phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum PaymentState {
    /// To be paid; nobody has asked for an invoice on this phone.
    Due,
    /// The invoice is asked for.
    Asking,
    /// The invoice could not be had: the outbox knows why.
    Held,
    /// There is an invoice to pay.
    Waiting,
    /// It is not known, and being asked. It may be paid already.
    Checking,
    /// Something is missing.
    Partial,
    /// Paid.
    Paid,
    /// More was paid than is due. A payment too many is given back by itself; what is too much of one is not.
    Overpaid,
    /// The last try failed, and nothing is paid.
    Failed,
    /// It is being given back.
    Refunding,
    /// It was given back, and the request is closed; before that it is `Due` again.
    Refunded,
    /// The invoice can't be paid any more; ask for another.
    Expired,
}

/// What to pay, and where.
/// Prints as `Invoice(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Invoice {
    /// Names it.
    pub id: String,
    /// In ₮.
    pub amount_mnt: i64,
    /// Draw this as a QR code.
    pub qr_text: String,
    /// Banks' apps on this phone.
    pub links: Vec<BankLink>,
    /// Unix milliseconds.
    pub expires_at_ms: i64,
}

/// A bank's app, and the address that opens it with the invoice.
/// Prints as `BankLink(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct BankLink {
    /// Names the bank.
    pub bank: String,
    /// Show this.
    pub title: String,
    /// Open this.
    pub link: String,
}

/// One payment, kept until sign-out.
/// Prints as `Receipt(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Receipt {
    /// QPay's number of it.
    pub id: String,
    /// The request, by id.
    pub request: String,
    /// As the citizen quotes the request.
    pub number: Option<String>,
    /// The service, by id.
    pub service: String,
    /// The service, by name; null where it is not known.
    pub service_name: Option<LocalisedText>,
    /// In ₮.
    pub amount_mnt: i64,
    /// It was given back.
    pub refunded: bool,
    /// Whose app paid.
    pub wallet: String,
    /// Unix milliseconds.
    pub paid_at_ms: i64,
}

/// At most 50 receipts, newest first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReceiptPage {
    /// The rows.
    pub items: Vec<Receipt>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
}

masked!(Payment, Invoice, BankLink, Receipt);

impl From<payment::Payment> for Payment {
    fn from(payment: payment::Payment) -> Self {
        let payment::Payment {
            request,
            about: About { number, service, service_name },
            state,
            title,
            next,
            amount_mnt,
            paid_mnt,
            missing_mnt,
            invoice,
            receipts,
            checked_at,
            operation,
        } = payment;
        Self {
            request: request.as_str().to_owned(),
            number,
            service: service.to_string(),
            service_name: service_name.map(Into::into),
            state: state.into(),
            title: title.into(),
            next: next.into(),
            amount_mnt: amount_mnt.amount(),
            paid_mnt: paid_mnt.amount(),
            missing_mnt: missing_mnt.amount(),
            invoice: invoice.map(Into::into),
            receipts: all(receipts),
            checked_at_ms: checked_at.map(|at| at.unix_ms()),
            operation: operation.map(|operation| operation.to_string()),
        }
    }
}

impl From<payment::PaymentState> for PaymentState {
    fn from(state: payment::PaymentState) -> Self {
        match state {
            payment::PaymentState::Due => Self::Due,
            payment::PaymentState::Asking => Self::Asking,
            payment::PaymentState::Held => Self::Held,
            payment::PaymentState::Waiting => Self::Waiting,
            payment::PaymentState::Checking => Self::Checking,
            payment::PaymentState::Partial => Self::Partial,
            payment::PaymentState::Paid => Self::Paid,
            payment::PaymentState::Overpaid => Self::Overpaid,
            payment::PaymentState::Failed => Self::Failed,
            payment::PaymentState::Refunding => Self::Refunding,
            payment::PaymentState::Refunded => Self::Refunded,
            payment::PaymentState::Expired => Self::Expired,
        }
    }
}

impl From<payment::Invoice> for Invoice {
    fn from(invoice: payment::Invoice) -> Self {
        let payment::Invoice { id, amount_mnt, qr_text, links, expires_at } = invoice;
        let (amount_mnt, expires_at_ms) = (amount_mnt.amount(), expires_at.unix_ms());
        Self { id, amount_mnt, qr_text, links: all(links), expires_at_ms }
    }
}

impl From<payment::BankLink> for BankLink {
    fn from(link: payment::BankLink) -> Self {
        let payment::BankLink { bank, title, link } = link;
        Self { bank, title, link }
    }
}

impl From<payment::Receipt> for Receipt {
    fn from(receipt: payment::Receipt) -> Self {
        let payment::Receipt { id, request, about, amount_mnt, refunded, wallet, paid_at } = receipt;
        let About { number, service, service_name } = about;
        Self {
            id,
            request: request.as_str().to_owned(),
            number,
            service: service.to_string(),
            service_name: service_name.map(Into::into),
            amount_mnt: amount_mnt.amount(),
            refunded,
            wallet,
            paid_at_ms: paid_at.unix_ms(),
        }
    }
}

impl From<offline::Page<payment::Receipt>> for ReceiptPage {
    fn from(receipts: offline::Page<payment::Receipt>) -> Self {
        let (items, next) = page(receipts);
        Self { items, next }
    }
}
