//! One object for each area of the core. All clones of an area are one; none outlives the root's shutdown to any use.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use emongolia_core::{
    app, auth, country, notify, offline,
    services::{self, requests::attachment},
};

use crate::{
    cancellation::{Cancellation, unless_cancelled},
    convert::*,
    ms,
};

/// Signing in, and who is signed in.
#[derive(uniffi::Object)]
pub struct Auth(pub(crate) app::Session);

#[uniffi::export]
impl Auth {
    /// Begins a sign-in: open the address in the browser. Any process of this installation can complete it. Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn begin_sign_in(&self, cancellation: Option<Arc<Cancellation>>) -> Result<AuthorizationRequest> {
        Ok(unless_cancelled(cancellation, || self.0.begin_sign_in()).await?.into())
    }

    /// As [`Auth::begin_sign_in`], for a citizen who is signed in and proves anew who they are, because of
    /// [`CoreError::StepUpRequired`] with these values. Go on with [`Auth::complete_sign_in`]. Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn step_up(
        &self,
        max_age_s: u32,
        acr: Option<String>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<AuthorizationRequest> {
        let wanted = auth::Freshness { max_age_s, acr };
        Ok(unless_cancelled(cancellation, || self.0.step_up(wanted)).await?.into())
    }

    /// Takes the address the browser came back to, whole. It is good once, whatever comes of it. Committed.
    pub async fn complete_sign_in(&self, callback_url: String) -> Result<Citizen> {
        Ok(self.0.complete_sign_in(&callback_url).await?.into())
    }

    /// Where the session stands, from the device. Abandonable.
    pub async fn session(&self) -> Result<SessionState> {
        Ok(self.0.state().await?.into())
    }

    /// The citizen's own record, from the device. Abandonable.
    pub async fn citizen(&self) -> Result<Citizen> {
        Ok(self.0.citizen().await?.into())
    }
}

/// The app lock: what is personal is out of reach until the citizen opens it, and nothing is lost meanwhile.
#[derive(uniffi::Object)]
pub struct AppLock(pub(crate) app::AppLock);

#[uniffi::export]
impl AppLock {
    /// How it stands, from memory, at once: for the main thread too. `Changed(Session)` tells when to ask again.
    pub fn status(&self) -> Result<LockStatus> {
        Ok(self.0.status().into())
    }

    /// Sets a PIN (`current` is null), changes it, or removes it (`new` is null). A wrong `current` counts as a try. Only
    /// for a citizen. Committed.
    pub async fn change_pin(&self, current: Option<String>, new: Option<String>) -> Result<()> {
        Ok(self.0.change_pin(current.as_deref(), new.as_deref()).await?)
    }

    /// Opens by the PIN, or (null) by the platform's prompt. [`CoreError::Invalid`]: a wrong one; [`CoreError::Busy`]: not
    /// yet; [`CoreError::SignInRequired`]: only a sign-in helps. Makes no request. Committed.
    pub async fn unlock(&self, pin: Option<String>) -> Result<()> {
        Ok(self.0.unlock(pin.as_deref()).await?)
    }

    /// Lets the platform's biometry open it too, besides the PIN, or no longer. Committed.
    pub async fn set_biometric(&self, on: bool) -> Result<()> {
        Ok(self.0.set_biometric(on).await?)
    }

    /// Locks. [`CoreError::NotAvailable`]: no PIN is set. Committed.
    pub async fn lock(&self) -> Result<()> {
        Ok(self.0.lock().await?)
    }

    /// The citizen does something: it stays open for a while from now on.
    pub fn touch(&self) -> Result<()> {
        self.0.touch();
        Ok(())
    }
}

/// The catalogue of public services: found, listed and explained with no network, for everybody.
#[derive(uniffi::Object)]
pub struct Catalogue(pub(crate) services::catalogue::Catalogue);

#[uniffi::export]
impl Catalogue {
    /// One page of services by the Mongolian alphabet. Abandonable.
    #[uniffi::method(default(after = None))]
    pub async fn services(&self, filter: ServiceFilter, after: Option<String>) -> Result<ServicePage> {
        Ok(self.0.services(filter.try_into()?, after).await?.into())
    }

    /// One page of services that answer the query, in whatever form, script or spelling, best first. From memory, at once:
    /// for the main thread too. While that is being filled the page says so, and an event tells when to ask again.
    #[uniffi::method(default(after = None))]
    pub fn search(&self, query: String, filter: ServiceFilter, after: Option<String>) -> Result<SearchPage> {
        Ok(self.0.search(&query, &filter.try_into()?, after.as_deref())?.into())
    }

    /// What was probably asked for aloud: hypotheses of the platform's recogniser, in its order. Audio never comes here, and
    /// no service is started. From memory, as [`Catalogue::search`].
    pub fn search_spoken(&self, hypotheses: Vec<Hypothesis>, filter: ServiceFilter) -> Result<SpokenResults> {
        let mut heard = Vec::with_capacity(hypotheses.len());
        heard.extend(hypotheses.into_iter().map(Into::into));
        Ok(self.0.search_spoken(&heard, &filter.try_into()?)?.into())
    }

    /// Waits until searches are answered from what is stored now. Abandonable.
    pub async fn searchable(&self) -> Result<()> {
        Ok(self.0.searchable().await?)
    }

    /// What is known of one service; fetched once if the network allows, then kept. Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn service(&self, id: String, cancellation: Option<Arc<Cancellation>>) -> Result<AgedServiceDetail> {
        let id = service_id(&id)?;
        Ok(unless_cancelled(cancellation, || self.0.service(&id)).await?.into())
    }

    /// One page of organisations by the Mongolian alphabet. Abandonable.
    #[uniffi::method(default(after = None))]
    pub async fn organisations(&self, after: Option<String>) -> Result<OrganisationPage> {
        Ok(self.0.organisations(after).await?.into())
    }

    /// One page of the units inside another (`MN` for the aimags and the capital), by code. Abandonable.
    #[uniffi::method(default(after = None))]
    pub async fn administrative_units(&self, parent: String, after: Option<String>) -> Result<AdministrativeUnitPage> {
        Ok(self.0.areas(&parent, after).await?.into())
    }

    /// One page of the citizen's favourites, newest first; none when nobody is signed in. Abandonable.
    #[uniffi::method(default(after = None))]
    pub async fn favourites(&self, after: Option<String>) -> Result<ServicePage> {
        Ok(self.0.favourites(after.as_deref().map(service_id).transpose()?).await?.into())
    }

    /// Keeps a service among the favourites, on this phone until sign-out. [`CoreError::SignInRequired`] when nobody is
    /// signed in. Committed.
    pub async fn add_favourite(&self, id: String) -> Result<()> {
        Ok(self.0.add_favourite(&service_id(&id)?).await?)
    }

    /// Lets go of a favourite, if it is one. Committed.
    pub async fn remove_favourite(&self, id: String) -> Result<()> {
        Ok(self.0.remove_favourite(&service_id(&id)?).await?)
    }

    /// What the citizen searched for, newest first, at most 20; nothing when nobody is signed in. Personal: never log it.
    /// Abandonable.
    pub async fn recent_searches(&self) -> Result<Vec<String>> {
        Ok(self.0.recent_searches().await?)
    }

    /// Keeps what was searched for, on this phone until sign-out: once a hit is opened or the query is sent, not at every
    /// letter. When nobody is signed in it is not kept, and that is no error. Committed.
    pub async fn remember_search(&self, query: String) -> Result<()> {
        Ok(self.0.remember_search(&query).await?)
    }

    /// Forgets one recent search, if it is one. Committed.
    pub async fn forget_search(&self, query: String) -> Result<()> {
        Ok(self.0.forget_search(&query).await?)
    }

    /// Forgets all recent searches. Committed.
    pub async fn forget_searches(&self) -> Result<()> {
        Ok(self.0.forget_searches().await?)
    }

    /// Asks the gateway for newer services. Abandonable: what was stored stays.
    #[uniffi::method(default(cancellation = None))]
    pub async fn refresh(&self, cancellation: Option<Arc<Cancellation>>) -> Result<Refreshed> {
        Ok(unless_cancelled(cancellation, || self.0.refresh()).await?.into())
    }
}

/// Services that belong to one occasion. Which of them fit is found on this phone; nobody is told.
#[derive(uniffi::Object)]
pub struct Bundles(pub(crate) services::bundles::Bundles);

#[uniffi::export]
impl Bundles {
    /// One page from the device: what fits the citizen first, and of that what is due first. With nobody signed in all
    /// bundles, for general reasons. Abandonable.
    #[uniffi::method(default(after = None))]
    pub async fn page(&self, filter: BundleFilter, after: Option<String>) -> Result<BundlePage> {
        Ok(self.0.page(filter.into(), after.as_deref().map(bundle_code).transpose()?).await?.into())
    }

    /// One bundle, from the device. Abandonable.
    pub async fn bundle(&self, code: String) -> Result<AgedBundle> {
        Ok(self.0.bundle(&bundle_code(&code)?).await?.into())
    }

    /// The citizen begins: requests count from here on. What is done begins anew. Also takes a dismissal back. Committed.
    pub async fn start(&self, code: String) -> Result<()> {
        Ok(self.0.start(&bundle_code(&code)?).await?)
    }

    /// The citizen does not want to see it; what was done stays known. Committed.
    pub async fn dismiss(&self, code: String) -> Result<()> {
        Ok(self.0.dismiss(&bundle_code(&code)?).await?)
    }

    /// The citizen says that an item is done, or takes that back. Begins the bundle. Committed.
    pub async fn mark(&self, code: String, item: String, done: bool) -> Result<()> {
        Ok(self.0.mark(&bundle_code(&code)?, &item_code(&item)?, done).await?)
    }

    /// Asks the gateway for newer bundles and, when somebody is signed in, for what the registers say. Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn refresh(&self, cancellation: Option<Arc<Cancellation>>) -> Result<Refreshed> {
        Ok(unless_cancelled(cancellation, || self.0.refresh()).await?.into())
    }
}

/// Requests to the state: form, confirmation, submission, status.
#[derive(uniffi::Object)]
pub struct Requests(pub(crate) services::requests::Requests);

#[uniffi::export]
impl Requests {
    /// What the service asks for, as it stands with what was typed so far, by the form's names.
    /// [`CoreError::NotFound`]: it can't be applied for in the app; `form.not_understood`: not in this version of the
    /// app. Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn form(
        &self,
        service: String,
        values: HashMap<String, String>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<AgedForm> {
        let (service, typed) = (service_id(&service)?, sorted(values));
        Ok(unless_cancelled(cancellation, || self.0.form(&service, typed)).await?.into())
    }

    /// Checks what was typed, by the form's names, and keeps it, sealed, as what the citizen is shown before anything is
    /// sent. [`CoreError::Invalid`] names the first field that can't be, [`Requests::form`] tells all;
    /// [`CoreError::StepUpRequired`]: the citizen proves first who they are. Committed.
    pub async fn confirm(&self, service: String, values: HashMap<String, String>) -> Result<Confirmation> {
        Ok(self.0.confirm(&service_id(&service)?, sorted(values)).await?.into())
    }

    /// Begins to fill in the form of a service, for one of [`Requests::people`] or (null) the citizen, and gives the draft's id.
    /// It stays on this phone, over days and without a session, until its request has arrived or it is thrown away.
    /// [`CoreError::Invalid`] `person.not_represented`, `person.not_for_them`. Committed.
    #[uniffi::method(default(person = None))]
    pub async fn begin_draft(&self, service: String, person: Option<String>) -> Result<String> {
        Ok(self.0.begin_draft(&service_id(&service)?, whose(person)?).await?.as_str().to_owned())
    }

    /// One draft as it stands, on the newest version of its form that is on the phone. Committed.
    pub async fn draft(&self, id: String) -> Result<Draft> {
        Ok(self.0.draft(&draft_id(&id)?).await?.into())
    }

    /// Puts in one answer as typed, or (null) takes it away; a file by its id, once all of it is here. On disk when this
    /// returns. Committed.
    pub async fn answer(&self, draft: String, field: String, typed: Option<String>) -> Result<Draft> {
        Ok(self.0.answer(&draft_id(&draft)?, field, typed).await?.into())
    }

    /// The citizen agrees that what a register says, by its operation, is put into forms, here and from now on, or does not
    /// (any more): what it filled in here is then taken out. Committed.
    pub async fn prefill(&self, draft: String, operation: String, agreed: bool) -> Result<Draft> {
        Ok(self.0.prefill(&draft_id(&draft)?, operation, agreed).await?.into())
    }

    /// One page of drafts that wait for the citizen. Abandonable.
    #[uniffi::method(default(before = None))]
    pub async fn drafts(&self, before: Option<String>) -> Result<DraftPage> {
        Ok(self.0.drafts(before.as_deref().map(draft_id).transpose()?).await?.into())
    }

    /// As [`Requests::drafts`], of one person; null: the citizen. Abandonable.
    #[uniffi::method(default(before = None))]
    pub async fn drafts_of(&self, person: Option<String>, before: Option<String>) -> Result<DraftPage> {
        let before = before.as_deref().map(draft_id).transpose()?;
        Ok(self.0.drafts_of(Some(whose(person)?), before).await?.into())
    }

    /// Throws a draft away, with its files. Committed.
    pub async fn discard_draft(&self, id: String) -> Result<()> {
        Ok(self.0.discard_draft(&draft_id(&id)?).await?)
    }

    /// As [`Requests::confirm`], of a draft. `form.changed`: the form has a new version, look at the draft again. Committed.
    pub async fn confirm_draft(&self, id: String) -> Result<Confirmation> {
        Ok(self.0.confirm_draft(&draft_id(&id)?).await?.into())
    }

    /// Begins the file that answers a question, and gives its id: as the platform's picker tells of it, the size in bytes.
    /// [`CoreError::Invalid`] if it can't be taken, before a byte of it is read. Committed.
    pub async fn attach(
        &self,
        draft: String,
        field: String,
        name: String,
        media_type: String,
        size: u64,
    ) -> Result<String> {
        let new = attachment::NewAttachment { name, media_type, size };
        Ok(self.0.attach(&draft_id(&draft)?, field, new).await?.as_str().to_owned())
    }

    /// Keeps the bytes of a file from `offset` on, where it ended so far, at most a megabyte at once; gives where it ends
    /// now. Committed.
    pub async fn append(&self, attachment: String, offset: u64, bytes: Vec<u8>) -> Result<u64> {
        Ok(self.0.attachments().append(&attachment_id(&attachment)?, offset, bytes).await?)
    }

    /// Up to a megabyte of a file from `offset` on, to show it; empty at its end. Abandonable.
    pub async fn read(&self, attachment: String, offset: u64) -> Result<Vec<u8>> {
        Ok(self.0.attachments().read(&attachment_id(&attachment)?, offset).await?)
    }

    /// Puts what was confirmed into the outbox and gives its id there. The same confirmation again gives the same one.
    /// [`CoreError::StepUpRequired`]: the proof has become too old since. Committed.
    pub async fn submit(&self, confirmation: String) -> Result<String> {
        Ok(self.0.submit(&confirmation_id(&confirmation)?).await?.to_string())
    }

    /// Has the invoice of a request asked for and gives the outbox's id of that; however often, it is one invoice.
    /// [`CoreError::Invalid`] `payment.not_due`: nothing is to be paid. Committed.
    pub async fn request_payment(&self, id: String) -> Result<String> {
        Ok(self.0.request_payment(&request_id(&id)?).await?.to_string())
    }

    /// As [`Requests::request_payment`], for what [`Requests::submit`] gave and has not arrived: right behind it, and
    /// called off with it. Committed.
    pub async fn pay_on_arrival(&self, submission: String) -> Result<String> {
        Ok(self.0.pay_on_arrival(&operation_id(&submission)?).await?.to_string())
    }

    /// How the payment of a request stands, from the device. [`CoreError::NotFound`]: as far as is known here, nothing is to
    /// be paid. Abandonable.
    pub async fn payment(&self, id: String) -> Result<Payment> {
        Ok(self.0.payment(&request_id(&id)?).await?.into())
    }

    /// Has the gateway ask QPay now. Committed.
    pub async fn check_payment(&self, id: String) -> Result<Payment> {
        Ok(self.0.check_payment(&request_id(&id)?).await?.into())
    }

    /// The citizen is back from a bank's app: it is asked, now and a few times more, whether they paid. Committed.
    pub async fn back_from_bank(&self, id: String) -> Result<()> {
        Ok(self.0.back_from_bank(&request_id(&id)?).await?)
    }

    /// One page of what was paid, newest first, from the device. Abandonable.
    #[uniffi::method(default(before = None))]
    pub async fn receipts(&self, before: Option<String>) -> Result<ReceiptPage> {
        Ok(self.0.receipts(before).await?.into())
    }

    /// One page, newest first; what waits on this phone heads the first page. Abandonable.
    #[uniffi::method(default(before = None))]
    pub async fn page(&self, before: Option<String>) -> Result<RequestPage> {
        Ok(self.0.page(before.as_deref().map(request_id).transpose()?).await?.into())
    }

    /// One request as it stands, from the device; fetched if it is not there. Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn detail(&self, id: String, cancellation: Option<Arc<Cancellation>>) -> Result<AgedRequestDetail> {
        let id = request_id(&id)?;
        Ok(unless_cancelled(cancellation, || self.0.detail(&id)).await?.into())
    }

    /// Those for whom the citizen may act, as the registers say; with a service, for whom that is too. From the device;
    /// fetched if it was never. Abandonable.
    #[uniffi::method(default(service = None))]
    pub async fn people(&self, service: Option<String>) -> Result<AgedPeople> {
        Ok(self.0.people(service.as_deref().map(service_id).transpose()?.as_ref()).await?.into())
    }

    /// As [`Requests::page`], of one person; null: the citizen. Abandonable.
    #[uniffi::method(default(before = None))]
    pub async fn page_of(&self, person: Option<String>, before: Option<String>) -> Result<RequestPage> {
        let before = before.as_deref().map(request_id).transpose()?;
        Ok(self.0.page_of(Some(whose(person)?), before).await?.into())
    }

    /// Begins to answer what a request asks: a draft, filled in with what was sent, or with a question for each document. One
    /// that was begun before is that one. [`CoreError::Invalid`] `request.not_asked`: it asks nothing;
    /// `request.not_here`: what it asks can't be answered in the app; `request.under_way`: something of it is on its way.
    /// Committed.
    pub async fn amend(&self, id: String) -> Result<String> {
        Ok(self.0.amend(&request_id(&id)?).await?.as_str().to_owned())
    }

    /// Takes a request back and gives the outbox's id of that. One that was not sent yet, named by its operation, is called
    /// off: null. [`CoreError::Invalid`] `request.already_decided`: nobody can take it back. Committed.
    pub async fn withdraw(&self, id: String, reason: Option<String>) -> Result<Option<String>> {
        Ok(self.0.withdraw(&request_id(&id)?, reason).await?.map(|operation| operation.to_string()))
    }

    /// The citizen has looked at so many steps of its history: what comes after them is new. Committed.
    pub async fn seen(&self, id: String, steps: u32) -> Result<()> {
        Ok(self.0.seen(&request_id(&id)?, steps).await?)
    }

    /// Asks the gateway for news. Abandonable: each page pulled stays.
    #[uniffi::method(default(cancellation = None))]
    pub async fn refresh(&self, cancellation: Option<Arc<Cancellation>>) -> Result<Refreshed> {
        Ok(unless_cancelled(cancellation, || self.0.refresh()).await?.into())
    }
}

/// Whose errand it is; null: the citizen's.
fn whose(person: Option<String>) -> Result<country::Person> {
    let other = person.as_deref().map(person_id).transpose()?;
    Ok(other.map_or(country::Person::Me, country::Person::Other))
}

/// One by one: collecting would bring a sort of its own into the library.
fn sorted(values: HashMap<String, String>) -> BTreeMap<String, String> {
    let mut typed = BTreeMap::new();
    typed.extend(values);
    typed
}

/// Signing in to the portal in a browser, from the phone.
#[derive(uniffi::Object)]
pub struct Portal(pub(crate) services::portal::Portal);

#[uniffi::export]
impl Portal {
    /// What the page's QR code asks for. [`CoreError::Invalid`]: it is not our portal's, or the request is over.
    /// Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn preview(&self, qr: String, cancellation: Option<Arc<Cancellation>>) -> Result<WebSignIn> {
        Ok(unless_cancelled(cancellation, || self.0.preview(&qr)).await?.into())
    }

    /// Lets the browser in that shows this number, or (null) keeps it out; gives the outbox's id of that. A number of
    /// another page ends the request. [`CoreError::StepUpRequired`]: the citizen proves first who they are. Committed.
    pub async fn answer(&self, id: String, number: Option<u32>) -> Result<String> {
        let id = web_sign_in_id(&id)?;
        let answered = match number {
            Some(number) => self.0.approve(&id, number),
            None => self.0.refuse(&id),
        };
        Ok(answered.await?.to_string())
    }

    /// Puts away an answer that the outbox holds stuck and of which nothing can come any more, once the citizen has been
    /// told why: a wrong number, a request that is over. False: it is none of those, and stays. Committed.
    pub async fn put_away(&self, operation: String) -> Result<bool> {
        Ok(self.0.put_away(&operation_id(&operation)?).await?)
    }
}

/// What institutions sent, and what the citizen did with it.
#[derive(uniffi::Object)]
pub struct Inbox(pub(crate) notify::inbox::Inbox);

#[uniffi::export]
impl Inbox {
    /// One page, newest first, from the device. Of one person: `person`, one of [`Requests::people`], or (null) the
    /// citizen. Abandonable.
    #[uniffi::method(default(before = None, person = None))]
    pub async fn page(
        &self,
        filter: MessageFilter,
        before: Option<String>,
        person: Option<String>,
    ) -> Result<MessagePage> {
        let before = before.as_deref().map(message_id).transpose()?;
        Ok(self.0.page(filter.of(whose(person)?), before).await?.into())
    }

    /// One message, from the device. Abandonable.
    pub async fn message(&self, id: String) -> Result<AgedMessage> {
        Ok(self.0.message(&message_id(&id)?).await?.into())
    }

    /// How many are unread, from the device. Abandonable.
    pub async fn unread(&self) -> Result<u32> {
        Ok(self.0.unread().await?)
    }

    /// Marks a message read here at once and there eventually; gives the outbox's id of that. Committed.
    pub async fn mark_read(&self, id: String) -> Result<String> {
        Ok(self.0.mark_read(&message_id(&id)?).await?.to_string())
    }

    /// Deletes a message here at once and there eventually; gives the outbox's id of that. Committed.
    pub async fn delete(&self, id: String) -> Result<String> {
        Ok(self.0.delete(&message_id(&id)?).await?.to_string())
    }

    /// Asks the gateway for news. Abandonable: each page pulled stays.
    #[uniffi::method(default(cancellation = None))]
    pub async fn refresh(&self, cancellation: Option<Arc<Cancellation>>) -> Result<Refreshed> {
        Ok(unless_cancelled(cancellation, || self.0.refresh()).await?.into())
    }
}

/// Writes on their way: each has exactly one effect, however long it takes.
#[derive(uniffi::Object)]
pub struct Outbox(pub(crate) offline::outbox::Outbox);

#[uniffi::export]
impl Outbox {
    /// What is on its way or stuck, newest first; with `all`, also what is done or called off. Abandonable.
    #[uniffi::method(default(all = false, before = None))]
    pub async fn page(&self, all: bool, before: Option<String>) -> Result<OperationPage> {
        Ok(self.0.list(all, before.as_deref().map(operation_id).transpose()?).await?.into())
    }

    /// One operation. Abandonable.
    pub async fn operation(&self, id: String) -> Result<OutboxOperation> {
        Ok(self.0.get(&operation_id(&id)?).await?.into())
    }

    /// Tries a wedged operation again. Committed.
    pub async fn retry(&self, id: String) -> Result<()> {
        Ok(self.0.retry(&operation_id(&id)?).await?)
    }

    /// Calls an operation off: possible while no byte of it has left, or once the other side has refused it. Committed.
    pub async fn call_off(&self, id: String) -> Result<()> {
        Ok(self.0.cancel(&operation_id(&id)?).await?)
    }

    /// Waits until an operation was tried once, at most so long, and says how it stands. Abandonable: it goes on.
    #[uniffi::method(default(cancellation = None))]
    pub async fn settle(
        &self,
        id: String,
        within_ms: u32,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<OutboxOperation> {
        let id = operation_id(&id)?;
        Ok(unless_cancelled(cancellation, || self.0.settle(&id, ms(within_ms))).await?.into())
    }

    /// Lets everything that waits be tried now, and waits for that, at most so long. Abandonable: it goes on.
    #[uniffi::method(default(cancellation = None))]
    pub async fn flush(&self, within_ms: u32, cancellation: Option<Arc<Cancellation>>) -> Result<FlushOutcome> {
        Ok(unless_cancelled(cancellation, || self.0.flush(ms(within_ms))).await?.into())
    }
}

/// Where pushes reach this phone.
#[derive(uniffi::Object)]
pub struct Push(pub(crate) notify::push::Push);

#[uniffi::export]
impl Push {
    /// Tells the gateway the platform's token, through the outbox, and gives its id there. Committed.
    pub async fn register(&self, token: String) -> Result<String> {
        Ok(self.0.register(&token).await?.to_string())
    }
}
