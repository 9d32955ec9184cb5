//! The writes: asking for an invoice, and looking whether it is paid.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    model::{About, Settlement},
    store::{self, Kept},
    wire::{self, CheckWire, InvoiceWire},
};
use crate::{
    foundation::{
        clock::Timestamp,
        events::Area,
        net::Method,
        storage::{self, Dao},
    },
    gateway::Problem,
    offline::outbox::{Operation, OperationId, Outgoing, Progress, Refusal},
    services::requests::model::{ConfirmationId, RequestId},
};

/// How often the gateway may say that the invoice was over while it was asked for.
const OVER: u32 = 3;

const AFTER_OVER: Duration = Duration::from_secs(1);

/// After a look that found nothing new: banks tell QPay within seconds, some within minutes. Then it is left to the next
/// sign. Each is less than the outbox's longest patience.
const LOOK_AGAIN: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
];

/// What is paid for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Of {
    Request(RequestId),
    /// A request that has not arrived: what was confirmed, and is on its way before this.
    Confirmed(ConfirmationId),
}

impl Of {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Request(id) => id.as_str(),
            Self::Confirmed(id) => id.as_str(),
        }
    }
}

/// What comes of asking for an invoice: where there is none to be had, what was paid.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Told {
    Checked(CheckWire),
    Invoice(InvoiceWire),
}

/// Asks for the request's one invoice. The gateway gives the same one to whoever asks, as often as they ask.
#[derive(Debug, Serialize, Deserialize)]
pub struct AskForInvoice {
    pub(super) of: Of,
    pub(super) about: About,
}

impl Operation for AskForInvoice {
    const KIND: &'static str = "request.invoice";
    const AREA: Area = Area::Requests;
    type Answer = Told;

    /// Behind the request that it is for.
    fn group(&self) -> String {
        match &self.of {
            Of::Request(id) => format!("payment/{}", id.as_str()),
            Of::Confirmed(id) => super::super::submit::group(id),
        }
    }

    fn outgoing(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        let (payment, mut kept) = self.asking(id, dao)?;
        let arrived = !matches!(&self.of, Of::Confirmed(confirmation) if payment == confirmation.as_str());
        let request = RequestId::parse(&payment).filter(|_| arrived).ok_or(storage::Error::Stored("request id"))?;
        if kept.outdated {
            return Ok(Look::request(&request));
        }
        kept.asked_at = Some(at);
        store::put(dao, &payment, &kept)?;
        Ok(Outgoing::keyed(Method::Post, format!("/v1/requests/{}/invoice", request.as_str()), None))
    }

    fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::asks(dao, self.of.as_str(), &self.about, id)
    }

    fn acknowledged(&self, id: &OperationId, answer: Told, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        let (payment, mut kept) = self.asking(id, dao)?;
        match answer {
            Told::Checked(check) => {
                let request = RequestId::parse(&payment).ok_or(storage::Error::Stored("request id"))?;
                let Ok(checked) = check.read() else { return Ok(Progress::Stuck { code: wire::NOT_WHOLE }) };
                store::checked(dao, &request, &self.about, checked)?;
            }
            Told::Invoice(invoice) => {
                let Ok(invoice) = invoice.read() else { return Ok(Progress::Stuck { code: wire::NOT_WHOLE }) };
                kept.invoice = Some(invoice);
                kept.over = 0;
                store::put(dao, &payment, &kept)?;
            }
        }
        store::asks_no_more(dao, id)?;
        Ok(Progress::Done)
    }

    fn refused(&self, id: &OperationId, problem: &Problem, dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        let (payment, mut kept) = self.asking(id, dao)?;
        let after = match problem.code.as_str() {
            "already_paid" | "request_closed" if !kept.outdated => {
                kept.outdated = true; // what became of it, a look tells
                kept.invoice = None;
                Duration::ZERO
            }
            "invoice_over" if kept.over < OVER => {
                kept.over += 1;
                AFTER_OVER
            }
            "free_of_charge" => return Ok(Refusal::Moot),
            _ => return Ok(Refusal::Stands),
        };
        store::put(dao, &payment, &kept)?;
        Ok(Refusal::More { after })
    }

    fn undo(id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::asks_no_more(dao, id)
    }
}

impl AskForInvoice {
    /// The payment, and what is kept of it; begun anew where that can't be read any more.
    fn asking(&self, id: &OperationId, dao: &Dao<'_>) -> storage::Result<(String, Kept)> {
        let payment = store::asked_by(dao, id)?.ok_or(storage::Error::Stored("payment"))?;
        let kept = store::row(dao, &payment)?.map_or_else(|| Kept::begun(self.about.clone()), |row| row.kept);
        Ok((payment, kept))
    }
}

/// Has the gateway ask QPay, now and a few times more until something is settled. It changes nothing there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Look {
    pub(super) request: RequestId,
    pub(super) about: About,
}

impl Look {
    pub(super) fn request(id: &RequestId) -> Outgoing {
        let path = format!("/v1/requests/{}/payment/check", id.as_str());
        Outgoing::by_itself(Method::Post, path, None)
    }
}

impl Operation for Look {
    const KIND: &'static str = "request.look";
    const AREA: Area = Area::Requests;
    const HARMLESS: bool = true;
    type Answer = CheckWire;

    /// Whoever asks for an invoice does not wait for it.
    fn group(&self) -> String {
        format!("look/{}", self.request.as_str())
    }

    fn outgoing(&self, _id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        store::looked(dao, &self.request, at)?;
        Ok(Self::request(&self.request))
    }

    fn enqueued(&self, id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::looks(dao, &self.request, &self.about, id)
    }

    fn acknowledged(&self, id: &OperationId, answer: CheckWire, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        let Ok(checked) = answer.read() else { return Ok(Progress::Stuck { code: wire::NOT_WHOLE }) };
        let kept = store::checked(dao, &self.request, &self.about, checked)?;
        let over = kept.state().is_settled() || (kept.state() == Settlement::Refunded && kept.invoice.is_none());
        let looks = store::row(dao, self.request.as_str())?.map_or(0, |row| row.looks);
        store::set_looks(dao, &self.request, looks + 1)?;
        match LOOK_AGAIN.get(looks as usize) {
            Some(after) if !over => Ok(Progress::More { after: *after }),
            Some(_) | None => {
                store::looks_no_more(dao, id)?;
                Ok(Progress::Done)
            }
        }
    }

    fn refused(&self, _id: &OperationId, problem: &Problem, _dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        Ok(match problem.code.as_str() {
            "free_of_charge" | "unknown_request" => Refusal::Moot,
            _ => Refusal::Stands,
        })
    }

    fn undo(id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::looks_no_more(dao, id)
    }
}
