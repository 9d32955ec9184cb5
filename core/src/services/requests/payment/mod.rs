//! Paying for a request: its invoice, what is known of its payment, and the receipts.
//!
//! Guarantees: a request has one invoice, however often and on however many phones it is asked for; it is paid when the
//! gateway's own question to QPay says so, never because a bank's app, a push or a callback does; each payment is kept.

mod model;
mod operations;
mod standing;
mod store;
mod wire;
mod words;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, time::Duration};

pub use model::{About, BankLink, Due, Invoice, Payment, PaymentState, Receipt, Settlement};
use operations::Of;
pub use operations::{AskForInvoice, Look};
pub(super) use store::arrived;
use wire::CheckWire;

use super::{
    Confirmation, RequestId, Requests,
    store::{acknowledged, confirmed_of, pulled},
    wire::RequestWire,
};
use crate::{
    country::LocalisedText,
    foundation::{
        clock::Timestamp,
        error::{Error, Result},
        events::Area,
        json,
        runtime::Work,
        storage,
    },
    gateway,
    offline::{
        Page,
        outbox::{Entry, OperationId},
        unknown_cursor,
    },
    services::ServiceId,
};

/// Looks that one sign may begin: a new phone finds years of payments.
const LOOKS_A_SIGN: usize = 5;

/// Coming back from a bank's app twice within this is once.
const SAME_RETURN: Duration = Duration::from_secs(3);

impl Requests {
    /// Has the invoice of a request asked for: kept here at once, asked for as soon as there is a network, and the same
    /// one however often. [`Error::Invalid`] `payment.not_due`: nothing is to be paid for it any more, or never was.
    /// Committed.
    pub fn request_payment(&self, request: &RequestId) -> Work<OperationId> {
        let (requests, id) = (self.clone(), request.clone());
        self.spawner.committed(async move {
            let told = requests.told(&id).await?.value;
            let row = id.clone();
            let known = requests.state.read(move |dao| store::row(dao, row.as_str())).await?;
            let settled = known.is_some_and(|row| row.kept.state().is_settled());
            if told.payment.is_none() || settled || standing::is_closed(told.status) {
                return Err(Error::invalid("payment", "payment.not_due"));
            }
            let ask = Entry::of(AskForInvoice { about: about(&told), of: Of::Request(id.clone()) });
            requests.outbox.put(ask.unless(move |dao| store::asked_for(dao, id.as_str()))).await
        })
    }

    /// As [`Requests::request_payment`], for a request that is still on its way: right behind it, and called off with it.
    /// Committed.
    pub fn pay_on_arrival(&self, submission: &OperationId) -> Work<OperationId> {
        let (requests, submission) = (self.clone(), submission.clone());
        self.spawner.committed(async move {
            let row = submission.clone();
            let confirmed = requests.state.read(move |dao| confirmed_of(dao, &row)).await?;
            let ask = on_arrival(submission.clone(), confirmed.ok_or(Error::NotFound)?.shown);
            let asked = requests.outbox.put(ask).await;
            if asked.as_ref().err() != Some(&Error::NotFound) {
                return asked;
            }
            let request = requests.state.read(move |dao| super::store::request_of(dao, &submission)).await?;
            requests.request_payment(&request.ok_or(Error::NotFound)?).await
        })
    }

    /// The payment of a request as it stands, from the device. [`Error::NotFound`]: as far as is known here, nothing is to
    /// be paid for it. Abandonable.
    pub fn payment(&self, request: &RequestId) -> Work<Payment> {
        let (requests, id) = (self.clone(), request.clone());
        self.spawner.abandonable(async move { requests.read_payment(&id).await })
    }

    /// Has the gateway ask QPay now. Committed.
    pub fn check_payment(&self, request: &RequestId) -> Work<Payment> {
        let (requests, id) = (self.clone(), request.clone());
        self.spawner.committed(async move {
            let told = requests.told(&id).await?.value;
            let ask = Look::request(&id).with_key(None);
            let answer = requests.gateway.send(ask).await?;
            if !answer.is_success() {
                return Err(gateway::Error::Problem(answer.problem()).into());
            }
            let malformed = |_| gateway::Error::Malformed { endpoint: "checkPayment" };
            let checked = json::parse_strict::<CheckWire>(&answer.body).map_err(malformed)?.read()?;
            let (row, now) = (id.clone(), requests.cache.clock().now());
            requests
                .state
                .write(move |dao| {
                    store::checked(dao, &row, &about(&told), checked)?;
                    store::looked(dao, &row, now)
                })
                .await?;
            requests.events.changed(Area::Requests);
            requests.read_payment(&id).await
        })
    }

    /// The citizen is back from a bank's app, which proves nothing: the gateway is asked, now and a few times more until
    /// it knows. Committed.
    pub fn back_from_bank(&self, request: &RequestId) -> Work<()> {
        let (requests, id) = (self.clone(), request.clone());
        self.spawner.committed(async move {
            let row = id.clone();
            let row = requests.state.read(move |dao| store::row(dao, row.as_str())).await?.ok_or(Error::NotFound)?;
            #[cfg(feature = "test-controls")]
            if requests.believes_banks {
                return requests.believe(id, row.kept).await;
            }
            let quiet = row.was_looked_at_within(SAME_RETURN, requests.cache.clock().now());
            if row.kept.state().is_settled() || quiet {
                return Ok(());
            }
            requests.look(id, row.kept.about).await
        })
    }

    /// One page of payments, newest first; from the device, as old as they are. Abandonable.
    pub fn receipts(&self, before: Option<String>) -> Work<Page<Receipt>> {
        let read = self.state.read(move |dao| {
            let receipts = store::receipts(dao, before.as_deref())?.ok_or(unknown_cursor("before"))?;
            Ok::<_, Error>(Page::cut(receipts, |last| last.id.clone()))
        });
        self.spawner.abandonable(read)
    }

    /// The app came to the front: a sign that something may have been paid.
    pub(crate) fn heed_sign(&self) {
        let requests = self.clone();
        drop(self.spawner.detached(async move { requests.heed_payments().await }));
    }

    /// Something may have been paid or given back. Nothing of it is believed; what has not been looked at for a while is.
    pub(super) async fn heed_payments(&self) -> Result<()> {
        let now = self.cache.clock().now();
        let (rows, fresh) =
            self.state.read(|dao| Ok::<_, storage::Error>((store::rows(dao)?, acknowledged(dao)?))).await?;
        let told = self.cache.rows(pulled).await?;
        let mut rows: HashMap<String, store::Row> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
        let told = told.into_iter().chain(fresh).filter(|told| told.payment.is_some());
        let mut wanted: Vec<(RequestId, About)> = Vec::new();
        for told in told {
            let row = rows.remove(&told.id);
            if let Some(id) =
                RequestId::parse(&told.id).filter(|_| standing::wants_look(row.as_ref(), Some(&told), now))
            {
                wanted.push((id, about(&told)));
            }
        }
        let untold = rows.into_values().filter(|row| standing::wants_look(Some(row), None, now));
        wanted.extend(untold.filter_map(|row| Some((RequestId::parse(&row.id)?, row.kept.about))));
        for (id, about) in wanted.into_iter().take(LOOKS_A_SIGN) {
            self.look(id, about).await?;
        }
        Ok(())
    }

    /// Begins to look, or has the look that is under way, or went wrong, begin anew.
    async fn look(&self, id: RequestId, about: About) -> Result<()> {
        let row = id.clone();
        self.state.write(move |dao| store::set_looks(dao, &row, 0)).await?;
        let row = id.clone();
        let look = Entry::of(Look { request: id, about }).unless(move |dao| store::looked_for(dao, row.as_str()));
        let operation = self.outbox.put(look).await?;
        self.outbox.hasten(operation).await
    }

    async fn read_payment(&self, id: &RequestId) -> Result<Payment> {
        let told = self.newest(id).await?.value;
        let (row, of) = (id.clone(), id.clone());
        let (row, receipts) = self
            .state
            .read(move |dao| {
                Ok::<_, storage::Error>((store::row(dao, row.as_str())?, store::receipts_of(dao, of.as_str())?))
            })
            .await?;
        let now = self.cache.clock().now();
        standing::payment(id.clone(), told.as_ref(), row, receipts, now).ok_or(Error::NotFound)
    }

    /// Sabotage: back from a bank is paid.
    #[cfg(feature = "test-controls")]
    async fn believe(&self, id: RequestId, mut kept: store::Kept) -> Result<()> {
        let amount = kept.invoice.as_ref().map_or(crate::country::Mnt::ZERO, |invoice| invoice.amount_mnt);
        let at = self.cache.clock().now();
        kept.known = Some(store::Known { state: Settlement::Paid, amount, paid: amount, at });
        self.state.write(move |dao| store::put(dao, id.as_str(), &kept)).await?;
        self.events.changed(Area::Requests);
        Ok(())
    }
}

/// Asks for the invoice of what is confirmed, behind its submission. [`Error::NotFound`]: nothing waits there any more, as
/// the transaction sees it that stores this.
fn on_arrival(submission: OperationId, confirmed: Confirmation) -> Entry {
    let about = About { number: None, service: confirmed.service, service_name: None };
    let ask = AskForInvoice { about, of: Of::Confirmed(confirmed.id.clone()) };
    let row = submission.clone();
    Entry::of(ask).behind(submission).unless(move |dao| match super::store::submission(dao, &row)? {
        Some((_, None)) => Ok(store::asked_for(dao, confirmed.id.as_str())?),
        Some((_, Some(_))) | None => Err(Error::NotFound),
    })
}

/// What the citizen has to pay for a request, in words, and when it was paid whole; from what `state.db` knows, for a hint
/// alone is not believed.
pub(super) fn told(
    dao: &storage::Dao<'_>,
    request: &RequestWire,
    now: Timestamp,
) -> storage::Result<(Option<LocalisedText>, Option<Timestamp>)> {
    let Some(id) = RequestId::parse(&request.id).filter(|_| request.payment.is_some()) else { return Ok((None, None)) };
    let (row, receipts) = (store::row(dao, id.as_str())?, store::receipts_of(dao, id.as_str())?);
    let payment = standing::payment(id, Some(request), row, receipts, now);
    let closed = standing::is_closed(request.status);
    let to_do = |payment: &Payment| words::to_do(payment).filter(|_| !closed);
    Ok(payment.map_or((None, None), |payment| (to_do(&payment), standing::paid_at(&payment))))
}

/// A request in the citizen's words for it.
pub(super) fn about(request: &RequestWire) -> About {
    About {
        number: request.number.clone(),
        service: ServiceId::parse(&request.service_id).unwrap_or_else(ServiceId::nameless),
        service_name: request.service_name.clone(),
    }
}

fn lately(at: Option<Timestamp>, span: Duration, now: Timestamp) -> bool {
    at.is_some_and(|at| at <= now && now.since(at) < span)
}

impl store::Row {
    fn was_looked_at_within(&self, span: Duration, now: Timestamp) -> bool {
        lately(self.looked_at, span, now)
    }

    /// An invoice that has just come is unpaid; a payment shows as news, or when the citizen is back from the bank.
    fn was_asked_for_within(&self, span: Duration, now: Timestamp) -> bool {
        lately(self.kept.asked_at, span, now)
    }
}
