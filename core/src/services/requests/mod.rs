//! Requests to the state: form, confirm, submit, status, detail.
//!
//! Guarantees: what is submitted is exactly what was confirmed; a confirmation becomes at most one request, however
//! often it is submitted; a request is visible from the moment it is enqueued.

pub mod attachment;
pub mod change;
mod confirm;
pub mod draft;
pub mod form;
mod model;
mod page;
pub mod payment;
mod people;
pub mod prefill;
pub mod progress;
pub mod published;
mod store;
mod submit;
#[cfg(test)]
mod testing;
mod wire;

use std::{sync::Arc, time::Duration};

use attachment::{Attachments, Upload};
use change::Answered;
pub use change::{AttachMore, Correct, Withdraw};
pub use draft::{Amends, Draft, DraftId, DraftSummary, SetAside};
pub use form::{Choice, FieldKind, FieldState, FormState, Prefill, Problem, Section, Values};
pub use model::{
    Actor, ActorKind, Confirmation, ConfirmationId, Line, RequestDetail, RequestId, RequestSummary, Standing, Status,
    Step,
};
pub use prefill::{Consent, Offer, Registers};
use progress::Beside;
pub use progress::{Acts, Progress, Task, TaskKind, Terms};
use serde_json::Value;
use store::{Confirmed, FormDocument, OpenSubmission, RequestFeed};
pub use submit::Submit;
use wire::RequestWire;

use self::form::Form;
use super::ServiceId;
use crate::{
    country::{CivilDate, Person, Represented, TimeZone},
    foundation::{
        clock::Timestamp,
        error::{Error, Result},
        events::{self, Area, Events},
        runtime::{Spawner, Work},
        storage::{self, Job, Store},
    },
    gateway::{Call, Gateway, Reply},
    offline::{
        Aged, Page,
        cache::{self, Cache, Document as _, Feed as _, Refreshed, Refreshing},
        outbox::{Entry, OperationId, Outbox, Outlook},
        unknown_cursor,
    },
};

/// A request moves within hours; a push says so sooner.
const FRESH_FOR: Duration = Duration::from_secs(15 * 60);

/// A form changes rarely, and the gateway refuses an old version by name.
const FORM_FRESH_FOR: Duration = Duration::from_secs(3600);

/// Before something is confirmed, a form older than this is asked for again: the gateway may have refused it just now.
const FORM_SURE_FOR: Duration = Duration::from_secs(60);

/// So long may that take; then what is kept must do, as it does without a network.
const FORM_PATIENCE: Duration = Duration::from_secs(3);

/// The API of 2021 takes no files.
const NO_FILES: &str = "form.no_files_here";

/// A confirmation that was never submitted is forgotten after this.
const KEEP_UNSUBMITTED: Duration = Duration::from_secs(30 * 24 * 3600);

/// Whom requests ask. `app` brings them.
pub struct Neighbours {
    pub terms: Box<dyn Terms>,
    pub registers: Box<dyn Registers>,
}

/// The citizen's requests. Cheap to clone.
#[derive(Clone)]
pub struct Requests {
    cache: Cache,
    state: Store,
    outbox: Outbox,
    gateway: Gateway,
    events: Events,
    attachments: Attachments,
    spawner: Spawner,
    public: Spawner,
    neighbours: Arc<Neighbours>,
    #[cfg(feature = "test-controls")]
    believes_banks: bool,
    #[cfg(feature = "test-controls")]
    blind: bool,
}

impl Requests {
    pub fn new(
        cache: Cache,
        state: Store,
        outbox: Outbox,
        gateway: Gateway,
        events: Events,
        public: Spawner,
        neighbours: Neighbours,
    ) -> Self {
        let attachments = Attachments::new(state.clone(), &public);
        Self {
            cache,
            state,
            outbox,
            gateway,
            events,
            attachments,
            spawner: public.personal(),
            public,
            neighbours: Arc::new(neighbours),
            #[cfg(feature = "test-controls")]
            believes_banks: false,
            #[cfg(feature = "test-controls")]
            blind: false,
        }
    }

    /// Sabotage: whoever is back from a bank's app has paid.
    #[cfg(feature = "test-controls")]
    #[must_use]
    pub fn believing_banks(self, on: bool) -> Self {
        Self { believes_banks: on, ..self }
    }

    /// Sabotage: on the API of 2021 nothing is read back.
    #[cfg(feature = "test-controls")]
    #[must_use]
    pub fn blind(self, blind: bool) -> Self {
        Self { blind, ..self }
    }

    /// Files that requests speak of.
    pub fn attachments(&self) -> &Attachments {
        &self.attachments
    }

    /// What the service asks for, as it stands with what was typed so far: from the device at once, asked for only if it
    /// was never fetched. [`Error::NotFound`]: it can't be applied for in the app; `form.not_understood`: not in this
    /// version of the app. Abandonable.
    pub fn form(&self, service: &ServiceId, values: Values) -> Work<Aged<FormState>> {
        let (requests, service) = (self.clone(), service.clone());
        self.public.abandonable(async move {
            let form = requests.current_form(&service).await?;
            Ok::<_, Error>(form.map(|form| form.state(&values, requests.today())))
        })
    }

    /// Checks what was typed and keeps it, sealed, as what the citizen is shown before anything is sent. If something is
    /// wrong, the error names the first of it; [`Requests::form`] with the same values tells all.
    /// [`Error::StepUpRequired`]: the citizen has to prove first who they are. Confirmed again word for word before it was
    /// submitted, it is the same confirmation, so it can be sent once. Committed.
    pub fn confirm(&self, service: &ServiceId, values: Values) -> Work<Confirmation> {
        self.spawner.committed(self.clone().confirm_values(service.clone(), values))
    }

    /// Puts what was confirmed into the outbox; the same confirmation again gives the same operation.
    /// [`Error::NotFound`]: it is confirmed no longer, since its draft was changed, confirmed anew or thrown away.
    /// [`Error::StepUpRequired`]: the proof has become too old since. Committed.
    pub fn submit(&self, confirmation: &ConfirmationId) -> Work<OperationId> {
        let (requests, id) = (self.clone(), confirmation.clone());
        self.spawner.committed(async move {
            let outbox = requests.outbox.clone();
            let made = move |dao: &storage::Dao<'_>| {
                let confirmed = store::confirmation(dao, &id)?.ok_or(Error::NotFound)?;
                let (row, answers) = (id.clone(), confirmed.asked.as_ref().map(|asked| asked.request.clone()));
                let entry = requests.sending(id, confirmed)?;
                Ok(entry.unless(move |dao| confirm::sent_as(dao, &row, answers.as_ref())))
            };
            outbox.put_made(Area::Requests, Box::new(made)).await
        })
    }

    /// What a submitted operation has become. [`Error::NotFound`] until the gateway has acknowledged it. Abandonable.
    pub fn of_operation(&self, operation: &OperationId) -> Work<Aged<RequestDetail>> {
        let (requests, operation) = (self.clone(), operation.clone());
        let read = async move {
            let id = requests.state.read(move |dao| store::request_of(dao, &operation)).await?;
            requests.read_detail(&id.ok_or(Error::NotFound)?).await
        };
        self.spawner.abandonable::<_, Error>(read)
    }

    /// One page, newest first; what waits on this phone heads the first page. Abandonable.
    pub fn page(&self, before: Option<RequestId>) -> Work<Aged<Page<RequestSummary>>> {
        self.page_of(None, before)
    }

    /// As [`Requests::page`], of one person. Abandonable.
    pub fn page_of(&self, person: Option<Person>, before: Option<RequestId>) -> Work<Aged<Page<RequestSummary>>> {
        self.freshen();
        self.spawner.abandonable(self.clone().read_page(person, before))
    }

    /// One request as it stands, from the device; fetched if it is not there. Abandonable.
    pub fn detail(&self, id: &RequestId) -> Work<Aged<RequestDetail>> {
        self.freshen();
        let (requests, id) = (self.clone(), id.clone());
        self.spawner.abandonable(async move { requests.read_detail(&id).await })
    }

    /// The citizen has looked at so many steps of its history: what comes after them is new. Committed.
    pub fn seen(&self, id: &RequestId, steps: u32) -> Work<()> {
        let (requests, id) = (self.clone(), id.clone());
        self.spawner.committed(async move {
            if requests.state.write(move |dao| progress::seen::mark(dao, &id, steps)).await? {
                requests.events.changed(Area::Requests);
            }
            Ok::<_, Error>(())
        })
    }

    /// Pulls what changed. Abandonable: each page pulled stays.
    pub fn refresh(&self) -> Work<Refreshed> {
        self.spawner.abandonable(self.clone().pull())
    }

    async fn current_form(&self, service: &ServiceId) -> Result<Aged<Form>> {
        let document = FormDocument { service: service.clone() };
        let mut aged = self.kept_form(service).await?;
        if aged.as_of.is_none() {
            self.cache.refresh(document).await?;
            aged = self.kept_form(service).await?;
        } else {
            // What is there is shown at once; the gateway refuses an old version by name.
            self.cache.freshen(document.name(), FORM_FRESH_FOR, self.cache.refresh(document));
        }
        let Aged { value: form, as_of, stale } = aged.ok_or(Error::NotFound)?;
        let not_understood = || Error::invalid("form", "form.not_understood");
        let value = Form::parse(service.clone(), form).ok_or_else(not_understood)?;
        self.possible(&value).await?;
        Ok(Aged { value, as_of, stale })
    }

    /// What the API of 2021 can't do is said before anybody fills in a form.
    async fn possible(&self, form: &Form) -> Result<()> {
        if !self.gateway.is_published() {
            return Ok(());
        }
        if form.state(&Values::new(), self.today()).fields().any(|field| field.kind.is_file()) {
            return Err(Error::invalid("form", NO_FILES));
        }
        let (neighbours, service) = (self.neighbours.clone(), form.service().clone());
        match self.cache.rows(move |dao| neighbours.terms.costs(dao, &service)).await? {
            true => Err(Error::invalid("form", "form.no_payment_here")),
            false => Ok(()),
        }
    }

    /// What was confirmed, on its way: to the back end that is chosen now.
    fn sending(&self, confirmation: ConfirmationId, confirmed: Confirmed) -> Result<Entry> {
        let Confirmed { wire, files, authentication, asked, .. } = confirmed;
        if self.gateway.is_published() {
            if asked.is_some() {
                self.only_at_the_gateway()?;
            }
            if !files.is_empty() {
                return Err(Error::invalid("form", NO_FILES)); // confirmed when requests went to the gateway
            }
            return Ok(Entry::of(published::Submit {
                confirmation,
                authentication,
                #[cfg(feature = "test-controls")]
                blind: self.blind,
            }));
        }
        let uploads = files.iter().map(|file| Entry::of(Upload { attachment: file.clone() })).collect();
        let entry = match asked {
            None => Entry::of(Submit { confirmation, wire, files, authentication }),
            Some(asked) => {
                let (kind, request, version) = (asked.kind, asked.request, asked.version);
                change::answer_to(kind, Answered { request, version, confirmation, wire, files, authentication })
            }
        };
        Ok(entry.needing(uploads))
    }

    /// The API of 2021 takes neither an answer to what a clerk asks, nor a request back.
    fn only_at_the_gateway(&self) -> Result<()> {
        if self.gateway.is_published() { Err(Error::invalid("request", change::NOT_HERE)) } else { Ok(()) }
    }

    fn today(&self) -> CivilDate {
        TimeZone::Ulaanbaatar.civil(self.cache.clock().now()).date()
    }

    fn kept_form(&self, service: &ServiceId) -> Job<Aged<Option<Value>>, storage::Error> {
        let (name, row) = (FormDocument { service: service.clone() }.name(), service.clone());
        self.cache.read(name, FORM_FRESH_FOR, move |dao| store::form(dao, &row))
    }

    async fn renew_form(&self, service: &ServiceId) -> Result<()> {
        let kept = self.kept_form(service).await?;
        let now = self.cache.clock().now();
        let old = |at: Timestamp| at > now || now.since(at) > FORM_SURE_FOR;
        if kept.as_of.is_some_and(old) {
            self.in_time(self.cache.refresh(FormDocument { service: service.clone() })).await;
        }
        Ok(())
    }

    /// As long as a citizen waits; offline, or later, what is kept must do.
    async fn in_time(&self, refreshing: Refreshing) {
        tokio::select! {
            _ = refreshing => {}
            () = self.cache.clock().sleep(FORM_PATIENCE) => {}
        }
    }

    async fn confirm_values(self, service: ServiceId, values: Values) -> Result<Confirmation> {
        self.renew_form(&service).await?;
        let form = self.current_form(&service).await?.value;
        let mut confirmed = Confirmed::of(&form, &values, self.today(), self.cache.clock().now())?;
        self.state
            .write(move |dao| {
                confirmed.keep(None, dao)?;
                Ok(confirmed.shown)
            })
            .await
    }

    async fn read_page(self, person: Option<Person>, before: Option<RequestId>) -> Result<Aged<Page<RequestSummary>>> {
        let first = before.is_none();
        // The state first: an answer that arrives in between is then seen twice, not missed; twice is folded below.
        let (open, acknowledged) = self
            .state
            .read(|dao| Ok::<_, storage::Error>((store::open_submissions(dao)?, store::acknowledged(dao)?)))
            .await?;
        let is_theirs = move |whom: Option<&Represented>| person.as_ref().is_none_or(|person| person.is(whom));
        let wanted = is_theirs.clone();
        let pulled = self
            .cache
            .read(RequestFeed::NAME, FRESH_FOR, move |dao| {
                let wanted = |row: &RequestWire| wanted(row.on_behalf_of.as_ref());
                page::read(dao, before.as_ref(), &wanted, acknowledged)
            })
            .await?;
        let Aged { value: Page { items: rows, next }, as_of, stale } = pulled.ok_or(unknown_cursor("before"))?;
        let theirs = |open: &OpenSubmission| is_theirs(open.confirmed.whom.as_ref());
        let open: Vec<OpenSubmission> = open.into_iter().filter(theirs).collect();
        let operations: Vec<OperationId> = open.iter().map(|submission| submission.operation.clone()).collect();
        let became = self
            .state
            .read(move |dao| {
                operations.iter().map(|id| store::request_of(dao, id)).collect::<storage::Result<Vec<_>>>()
            })
            .await?;
        let mut items = if first { unanswered(open, became, &rows) } else { Vec::new() };
        items.extend(self.details(rows).await?.into_iter().map(|detail| detail.summary));
        Ok(Aged { value: Page { items, next }, as_of, stale })
    }

    /// Each with what the phone knows beside it.
    async fn details(&self, rows: Vec<RequestWire>) -> Result<Vec<RequestDetail>> {
        let (today, now, published) = (self.today(), self.cache.clock().now(), self.gateway.is_published());
        let here = move |dao: &storage::Dao<'_>| {
            let beside = |row: RequestWire| {
                let (seen, under_way) = (progress::seen::steps(dao, &row.id)?, change::store::under_way(dao, &row.id)?);
                let (to_pay, paid_at) = payment::told(dao, &row, now)?;
                Ok((row, Beside { today, term: None, form: None, seen, under_way, to_pay, paid_at, published }))
            };
            rows.into_iter().map(beside).collect::<storage::Result<Vec<_>>>()
        };
        let here = self.state.read(here).await?;
        let neighbours = self.neighbours.clone();
        let told = self.cache.rows(move |dao| {
            let told = |(row, mut beside): (RequestWire, Beside)| {
                if let Some(service) = ServiceId::parse(&row.service_id) {
                    beside.term = neighbours.terms.working_days(dao, &service)?;
                    if row.status == Status::Edit {
                        beside.form = store::form(dao, &service)?.and_then(|form| Form::parse(service, form));
                    }
                }
                let progress = progress::of(&row, &beside);
                Ok(detail(row, progress))
            };
            here.into_iter().map(told).collect::<storage::Result<Vec<_>>>()
        });
        Ok(told.await?)
    }

    async fn read_detail(&self, id: &RequestId) -> Result<Aged<RequestDetail>> {
        let Aged { value, as_of, stale } = self.told(id).await?;
        let value = self.details(vec![value]).await?.pop().ok_or(Error::NotFound)?;
        Ok(Aged { value, as_of, stale })
    }

    /// As the gateway last told it; if it never did, it is asked.
    async fn told(&self, id: &RequestId) -> Result<Aged<RequestWire>> {
        let Aged { value, as_of, stale } = self.newest(id).await?;
        let value = match value {
            Some(request) => request,
            None => self.fetch(id).await?,
        };
        Ok(Aged { value, as_of, stale })
    }

    /// The newest version that is on the phone.
    async fn newest(&self, id: &RequestId) -> Result<Aged<Option<RequestWire>>> {
        let acknowledged = self.state.read(store::acknowledged).await?;
        let row = id.clone();
        let pulled = self.cache.read(RequestFeed::NAME, FRESH_FOR, move |dao| store::pulled_one(dao, &row)).await?;
        let acknowledged = acknowledged.into_iter().find(|request| request.id == id.as_str());
        Ok(pulled.map(|pulled| [pulled, acknowledged].into_iter().flatten().max_by_key(|request| request.version)))
    }

    /// A request that a notice speaks of before the feed has brought it.
    async fn fetch(&self, id: &RequestId) -> Result<RequestWire> {
        if self.gateway.is_published() {
            return published::detail(&self.gateway, id).await?.ok_or(Error::NotFound);
        }
        let call = Call::new().param("id", id.as_str());
        match self.gateway.call(&wire::REQUEST, call).await? {
            Reply::Fresh { value, .. } => Ok(value),
            Reply::NotModified => Err(Error::NotFound),
        }
    }

    async fn pull(self) -> Result<Refreshed, cache::Error> {
        let refreshed = if self.gateway.is_published() {
            self.pull_published().await
        } else {
            self.cache.pull::<RequestFeed>().await
        };
        let dropped = self.drop_overlays().await; // a pull that failed may have stored pages before
        let refreshed = refreshed?;
        dropped?;
        if refreshed.changed {
            let _ = self.heed_payments().await; // the next sign is heeded again
        }
        Ok(refreshed)
    }

    async fn pull_published(&self) -> Result<Refreshed, cache::Error> {
        let generation = self.cache.generation();
        let all = published::list(&self.gateway).await?;
        let what = (RequestFeed::NAME, RequestFeed::AREA);
        self.cache.keep_whole(generation, what, move |dao| published::keep(all, dao)).await
    }

    /// An overlay ends when the pulled version has reached the acknowledged one.
    async fn drop_overlays(&self) -> storage::Result<()> {
        let acknowledged = self.state.read(store::acknowledged_versions).await?;
        if acknowledged.is_empty() {
            return Ok(());
        }
        let caught_up = self.cache.rows(move |dao| store::caught_up(dao, &acknowledged)).await?;
        if caught_up.is_empty() {
            return Ok(());
        }
        self.state.write(move |dao| store::forget_acknowledged(dao, &caught_up)).await?;
        self.events.changed(events::Area::Requests);
        Ok(())
    }

    fn freshen(&self) {
        self.cache.freshen(RequestFeed::NAME, FRESH_FOR, self.clone().pull());
    }
}

/// That the citizen has applied for a service, for rooms that read in the same snapshot.
pub(crate) struct Applied {
    pub(crate) service: ServiceId,
    /// `None` while it waits on this phone.
    pub(crate) status: Option<Status>,
    pub(crate) at: Timestamp,
}

/// What was pulled, from `cache.db`.
pub(crate) fn applied_in_cache(dao: &storage::Dao<'_>) -> storage::Result<Vec<Applied>> {
    Ok(store::pulled(dao)?.into_iter().filter_map(applied).collect())
}

/// What waits here, and what was acknowledged and not yet pulled, from `state.db`.
pub(crate) fn applied_in_state(dao: &storage::Dao<'_>) -> storage::Result<Vec<Applied>> {
    let waiting = |open: OpenSubmission| Applied { service: open.confirmed.shown.service, status: None, at: open.at };
    let waiting = store::open_submissions(dao)?.into_iter().map(waiting);
    Ok(waiting.chain(store::acknowledged(dao)?.into_iter().filter_map(applied)).collect())
}

fn applied(request: RequestWire) -> Option<Applied> {
    let at = request.began_at();
    Some(Applied { service: ServiceId::parse(&request.service_id)?, status: Some(request.status), at })
}

/// Without those whose request, by now, is among `rows`.
fn unanswered(open: Vec<OpenSubmission>, became: Vec<Option<RequestId>>, rows: &[RequestWire]) -> Vec<RequestSummary> {
    let seen = |id: &RequestId| rows.iter().any(|row| row.id == id.as_str());
    let open = open.into_iter().zip(became).filter(|(_, id)| !id.as_ref().is_some_and(seen));
    open.map(|(submission, _)| waiting(submission)).collect()
}

fn waiting(open: OpenSubmission) -> RequestSummary {
    let OpenSubmission { operation, outlook, held_up_by, confirmed, at } = open;
    let operation = held_up_by.unwrap_or(operation);
    let saga = confirmed.published.as_ref();
    let in_doubt = saga.is_some_and(published::Saga::is_in_doubt);
    // Whatever refused to say how it stands there has not refused the request.
    let outlook = if in_doubt && outlook == Outlook::Refused { Outlook::Unclear } else { outlook };
    let standing = match (outlook.is_wedged(), in_doubt) {
        (true, _) => Standing::NeedsAttention { operation },
        (false, true) => Standing::BeingChecked { operation },
        (false, false) => Standing::Waiting { operation },
    };
    let committed = saga.is_some_and(published::Saga::may_be_submitted);
    let mut progress = progress::of_waiting(&standing, outlook);
    progress.may_be_withdrawn &= !committed;
    RequestSummary {
        id: None,
        number: None,
        service: confirmed.shown.service,
        service_name: None,
        standing,
        submitted_at: at,
        updated_at: at,
        person: confirmed.whom,
        progress,
    }
}

fn detail(request: RequestWire, progress: Progress) -> RequestDetail {
    let began_at = request.began_at();
    let RequestWire {
        id,
        version: _,
        number,
        service_id,
        service_name,
        status,
        submitted_at: _,
        updated_at,
        form,
        history,
        outcome,
        on_behalf_of: person,
        payment: _,
    } = request;
    RequestDetail {
        summary: RequestSummary {
            id: RequestId::parse(&id),
            number,
            service: ServiceId::parse(&service_id).unwrap_or_else(ServiceId::nameless),
            service_name,
            standing: Standing::At { status },
            submitted_at: began_at,
            updated_at: updated_at.unwrap_or(began_at),
            person,
            progress,
        },
        form,
        history: progress::timeline(history),
        outcome,
    }
}
