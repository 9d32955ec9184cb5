use serde::{Deserialize, Serialize};

use super::super::model::RequestId;
use crate::{
    country::{LocalisedText, Mnt},
    foundation::clock::Timestamp,
    offline::outbox::OperationId,
    services::ServiceId,
};

/// What is paid for a request, as QPay told the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    Unpaid,
    Partial,
    Paid,
    Overpaid,
    /// The last try failed, and nothing is paid.
    Failed,
    Refunding,
    Refunded,
    /// A state that this build does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Settlement {
    /// Nothing more is to be paid. What was given back may be due again.
    pub(super) const fn is_settled(self) -> bool {
        match self {
            Self::Paid | Self::Overpaid | Self::Refunding => true,
            Self::Unpaid | Self::Partial | Self::Failed | Self::Refunded | Self::Unknown => false,
        }
    }
}

/// What a request costs and what the gateway last knew of its payment, as the request itself says it. A hint: it is never
/// shown as paid because of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    #[serde(default, deserialize_with = "crate::offline::tolerant::known")]
    pub state: Settlement,
    pub amount_mnt: Mnt,
}

/// Where a payment stands, seen from this phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// To be paid; nobody has asked for an invoice on this phone.
    Due,
    /// The invoice is asked for.
    Asking,
    /// The invoice could not be had: the outbox knows why.
    Held,
    /// There is an invoice to pay.
    Waiting,
    /// It is not known: the gateway is being asked. The invoice is still there, and it may be paid already.
    Checking,
    Partial,
    Paid,
    /// More was paid than is due. A payment too many is given back by itself; what is too much of one is not.
    Overpaid,
    /// The last try failed, and nothing is paid.
    Failed,
    Refunding,
    /// It was given back, and the request is closed; before that it is [`PaymentState::Due`] again.
    Refunded,
    /// The invoice can't be paid any more; another is to be asked for.
    Expired,
}

/// The payment of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    pub request: RequestId,
    pub about: About,
    pub state: PaymentState,
    /// What is, for people.
    pub title: LocalisedText,
    /// What to do next, for people.
    pub next: LocalisedText,
    /// What the request costs.
    pub amount_mnt: Mnt,
    /// As the last check found, without what was given back.
    pub paid_mnt: Mnt,
    pub missing_mnt: Mnt,
    /// While something can be paid on it.
    pub invoice: Option<Invoice>,
    /// Each payment, oldest first; one that was made twice is there twice.
    pub receipts: Vec<Receipt>,
    /// When the gateway last asked QPay for this phone. `None`: never yet.
    pub checked_at: Option<Timestamp>,
    /// What asks for the invoice.
    pub operation: Option<OperationId>,
}

/// The request that is paid for, in the citizen's words for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// As the citizen quotes it: `26-000123`.
    pub number: Option<String>,
    pub service: ServiceId,
    pub service_name: Option<LocalisedText>,
}

/// What to pay, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// The gateway's number of it.
    pub id: String,
    pub amount_mnt: Mnt,
    /// What its QR code says.
    pub qr_text: String,
    pub links: Vec<BankLink>,
    pub expires_at: Timestamp,
}

/// A bank's app, and the address that opens it with the invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankLink {
    pub bank: String,
    pub title: String,
    pub link: String,
}

/// One payment, kept until sign-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// QPay's number of the payment.
    pub id: String,
    pub request: RequestId,
    pub about: About,
    pub amount_mnt: Mnt,
    pub refunded: bool,
    /// Whose app paid.
    pub wallet: String,
    pub paid_at: Timestamp,
}
