//! Drafts: what a citizen is filling in, several at once.
//!
//! Guarantees: every change is on disk before it is seen; a draft outlives the app, the session and a new version of its
//! form; no answer is dropped in silence; it is there until the request has arrived, and again if that never does.

mod amend;
mod model;
mod store;
#[cfg(test)]
mod tests;

pub use amend::Amends;
use amend::Newest;
use model::Kept;
pub use model::{Draft, DraftId, DraftSummary, SetAside};
pub(super) use store::{bind, forget_confirmed};

use super::{
    Requests,
    attachment::{self, AttachmentId, NewAttachment},
    form::{FieldState, Form},
    model::Confirmation,
    people,
    prefill::{self, Answers, Consent},
    store::Confirmed,
};
use crate::{
    country::{CivilDate, Person},
    foundation::{
        clock::Timestamp,
        error::{Error, Result},
        events::Area,
        runtime::Work,
        storage::{self, Dao},
    },
    offline::Page,
    services::ServiceId,
};

impl Requests {
    /// Begins to fill in the form of a service; nothing is answered yet. Whoever acts for another is asked for the reason
    /// too, and for a parent for the paper. [`Error::Invalid`] `person.not_represented`: no register names them;
    /// `person.not_for_them`: the service is not for them. Committed.
    pub fn begin_draft(&self, service: &ServiceId, person: Person) -> Work<DraftId> {
        let (requests, service) = (self.clone(), service.clone());
        self.spawner.committed(async move {
            let form = requests.current_form(&service).await?.value;
            let kept = match person {
                Person::Me if people::is_for(&form, None) => Kept::begun(&form),
                Person::Me => return Err(Error::invalid("person", "person.not_for_them")),
                Person::Other(id) => Kept::begun_for(&form, requests.may_act_for(&id, &form).await?)?,
            };
            let (id, now) = (DraftId::mint(), requests.cache.clock().now());
            let row = id.clone();
            requests.state.write(move |dao| store::insert(dao, &row, &kept, now)).await?;
            requests.events.changed(Area::Requests);
            Ok::<_, Error>(id)
        })
    }

    /// A draft as it stands, brought up to the newest version of its form that is on the phone. Committed.
    pub fn draft(&self, id: &DraftId) -> Work<Draft> {
        let (requests, id) = (self.clone(), id.clone());
        self.spawner.committed(async move { requests.up_to_date(&id).await })
    }

    /// Begins the file that answers a question; the form says what it takes. Its bytes come by [`attachment::Attachments::append`], and
    /// [`Requests::answer`] puts it in. What was begun for this question before and never put in is forgotten. Committed.
    pub fn attach(&self, id: &DraftId, field: String, new: NewAttachment) -> Work<AttachmentId> {
        let (requests, id) = (self.clone(), id.clone());
        self.spawner.committed(async move {
            let newest = requests.rests_on(&id).await?;
            let (today, now) = (requests.today(), requests.cache.clock().now());
            let begin = move |dao: &mut Dao<'_>| {
                let mut draft = Open::to_change(dao, &id)?;
                draft.bring_up(dao, &id, newest, today, now)?;
                draft.check_open(&field, today)?;
                let limits = draft.asked(&field, today)?.kind.limits();
                let limits = limits.ok_or_else(|| Error::invalid(field.clone(), "form.no_file"))?;
                let answer = draft.kept.values.get(&field).and_then(|answer| attachment::file_in(answer));
                attachment::begin_for(dao, (id.as_str(), &field), new, &limits, answer.as_ref(), now)
            };
            requests.state.write(begin).await
        })
    }

    /// Puts in one answer as typed, or takes it away; a file is named by its attachment, and all of it is here. On disk
    /// when this returns. [`Error::Invalid`] `draft.under_way`: it was submitted, and is to be called off first. Committed.
    pub fn answer(&self, id: &DraftId, field: String, typed: Option<String>) -> Work<Draft> {
        let (requests, id) = (self.clone(), id.clone());
        self.spawner.committed(async move {
            let newest = requests.rests_on(&id).await?;
            let registers = requests.registers().await?;
            let (today, now) = (requests.today(), requests.cache.clock().now());
            let draft = requests
                .state
                .write(move |dao| {
                    let mut draft = Open::to_change(dao, &id)?;
                    draft.bring_up(dao, &id, newest, today, now)?;
                    let asked = draft.asked(&field, today)?;
                    draft.check_open(&field, today)?;
                    let of_a_file = asked.kind.is_file();
                    let value = typed.map(|typed| put_in(dao, &id, &asked, typed)).transpose()?;
                    let before = draft.kept.put(field, value);
                    if let Some(file) = before.filter(|_| of_a_file).and_then(|answer| attachment::file_in(&answer)) {
                        attachment::let_go(dao, &file)?;
                    }
                    draft.fill_in(dao, &registers, today)?;
                    store::update(dao, &id, &draft.kept, now)?;
                    draft.seen(dao, id, &registers, today)
                })
                .await?;
            requests.events.changed(Area::Requests);
            Ok::<_, Error>(draft)
        })
    }

    /// The citizen agrees that what this operation says is put into forms, here and from now on, or does not (any more):
    /// then what it filled in here is taken out. What a register has not said yet is asked for. Committed.
    pub fn prefill(&self, id: &DraftId, operation: String, agreed: bool) -> Work<Draft> {
        let (requests, id) = (self.clone(), id.clone());
        self.spawner.committed(async move {
            let offered = |draft: &Draft| draft.offers.iter().any(|offer| offer.operation == operation);
            if !offered(&requests.up_to_date(&id).await?) {
                return Err(Error::invalid("operation", "prefill.not_offered"));
            }
            if agreed && !requests.registers().await?.contains_key(&operation) {
                requests.in_time(requests.neighbours.registers.ask(&requests.cache)).await;
            }
            let (row, now) = (id.clone(), requests.cache.clock().now());
            let say = move |dao: &mut Dao<'_>| -> Result<()> {
                under_way(dao, &row)?;
                let consent = if agreed { Consent::Given } else { Consent::Refused };
                prefill::put_consent(dao, &operation, consent)?;
                if !agreed {
                    let mut draft = Open::read(dao, &row)?;
                    draft.kept.origins.withdraw(&operation, &mut draft.kept.values);
                    store::update(dao, &row, &draft.kept, now)?;
                }
                Ok(())
            };
            requests.state.write(say).await?;
            requests.events.changed(Area::Requests);
            requests.up_to_date(&id).await
        })
    }

    /// One page of drafts that wait for the citizen, the last one changed first. Abandonable.
    pub fn drafts(&self, before: Option<DraftId>) -> Work<Page<DraftSummary>> {
        self.drafts_of(None, before)
    }

    /// As [`Requests::drafts`], of one person. Abandonable.
    pub fn drafts_of(&self, person: Option<Person>, before: Option<DraftId>) -> Work<Page<DraftSummary>> {
        let read = self.state.read(move |dao| {
            let drafts = store::page(dao, person.as_ref(), before.as_ref())?;
            Ok::<_, storage::Error>(Page::cut(drafts, |last| last.id.as_str().to_owned()))
        });
        self.spawner.abandonable(read)
    }

    /// Throws a draft away, with its files. Committed.
    pub fn discard_draft(&self, id: &DraftId) -> Work<()> {
        let (requests, id) = (self.clone(), id.clone());
        self.spawner.committed(async move {
            requests
                .state
                .write(move |dao| {
                    under_way(dao, &id)?;
                    store::times(dao, &id)?.ok_or(Error::NotFound)?;
                    store::remove(dao, &id).map_err(Error::from)
                })
                .await?;
            requests.events.changed(Area::Requests);
            Ok::<_, Error>(())
        })
    }

    /// Keeps, sealed, what the citizen is shown before anything is sent. `form.changed`: the form has a new version, and
    /// the draft has to be looked at again. Else as [`Requests::confirm`]. Committed.
    pub fn confirm_draft(&self, id: &DraftId) -> Work<Confirmation> {
        let (requests, id) = (self.clone(), id.clone());
        self.spawner.committed(async move {
            let service = requests.service_of(&id).await?;
            requests.renew_form(&service).await?;
            if requests.gateway.is_published() {
                requests.current_form(&service).await?; // begun when requests went to the gateway: it may not be possible
            }
            let newest = requests.rests_on(&id).await?;
            if let (Some(whom), Some(form)) = (&newest.whom, &newest.form) {
                requests.still_may_act_for(&whom.id, form).await?;
            }
            let (today, now) = (requests.today(), requests.cache.clock().now());
            let confirm = move |dao: &mut Dao<'_>| -> Result<_> {
                let mut draft = Open::to_change(dao, &id)?;
                amend::still_asked(&draft.kept, newest.request.as_ref())?;
                draft.bring_up(dao, &id, newest, today, now)?;
                if draft.carried_over {
                    return Ok(None); // and that is kept
                }
                let mut confirmed = Confirmed::of(&draft.form, &draft.kept.values, today, now)?;
                if let Some(whom) = draft.kept.whom.filter(|_| draft.kept.asked.is_none()) {
                    confirmed = confirmed.on_behalf_of(&whom);
                }
                confirmed.asked = draft.kept.asked;
                confirmed.keep(Some(&id), dao)?;
                Ok(Some(confirmed.shown))
            };
            let confirmed = requests.state.write(confirm).await?;
            confirmed.ok_or_else(|| Error::invalid("form", "form.changed"))
        })
    }

    /// What the registers have answered, as far as it is on the phone.
    async fn registers(&self) -> Result<Answers> {
        let neighbours = self.neighbours.clone();
        Ok(self.cache.rows(move |dao| neighbours.registers.answers(dao)).await?)
    }

    /// The draft on the newest version of its form that is here; what that changed, or a register knew, is kept before it
    /// is shown.
    async fn up_to_date(&self, id: &DraftId) -> Result<Draft> {
        let newest = self.rests_on(id).await?;
        let registers = self.registers().await?;
        let (today, now, row) = (self.today(), self.cache.clock().now(), id.clone());
        self.state
            .write(move |dao| {
                let mut draft = Open::read(dao, &row)?;
                draft.bring_up(dao, &row, newest, today, now)?;
                if !draft.under_way && draft.fill_in(dao, &registers, today)? {
                    store::update(dao, &row, &draft.kept, now)?;
                }
                draft.seen(dao, row, &registers, today)
            })
            .await
    }

    async fn service_of(&self, id: &DraftId) -> Result<ServiceId> {
        let row = id.clone();
        Ok(self.state.read(move |dao| store::kept(dao, &row)).await?.ok_or(Error::NotFound)?.service)
    }
}

/// A draft with its form read.
struct Open {
    form: Form,
    kept: Kept,
    /// It was submitted, and nobody has called that off.
    under_way: bool,
    /// To another version of its form, just now.
    carried_over: bool,
}

impl Open {
    fn read(dao: &Dao<'_>, id: &DraftId) -> Result<Self> {
        let kept = store::kept(dao, id)?.ok_or(Error::NotFound)?;
        let form = Form::parse(kept.service.clone(), kept.form.clone());
        let form = form.ok_or_else(|| Error::invalid("form", "form.not_understood"))?;
        Ok(Self { form, kept, under_way: store::is_under_way(dao, id)?, carried_over: false })
    }

    /// One that may be changed: what is under way may not.
    fn to_change(dao: &Dao<'_>, id: &DraftId) -> Result<Self> {
        let draft = Self::read(dao, id)?;
        if draft.under_way { Err(Error::invalid("draft", "draft.under_way")) } else { Ok(draft) }
    }

    /// Brings it up to another version of its form, and to what is asked now, unless it is under way; what that changed is
    /// kept.
    fn bring_up(
        &mut self,
        dao: &mut Dao<'_>,
        id: &DraftId,
        newest: Newest,
        today: CivilDate,
        now: Timestamp,
    ) -> Result<()> {
        if self.under_way {
            return Ok(());
        }
        if let Some(form) = newest.form.filter(|newest| newest.version() != self.form.version()) {
            self.carry_over(form, today);
        }
        self.carried_over |= newest.request.is_some_and(|request| self.ask_anew(&request));
        if self.carried_over {
            store::update(dao, id, &self.kept, now)?;
        }
        Ok(())
    }

    fn carry_over(&mut self, newest: Form, today: CivilDate) {
        let merged = newest.merge(&self.form, std::mem::take(&mut self.kept.values), today);
        self.kept.values = merged.values;
        self.kept.set_aside.extend(merged.set_aside.into_iter().map(Into::into));
        self.kept.newly_required = merged.newly_required;
        self.kept.form = newest.source().clone();
        self.form = newest;
        self.carried_over = true;
    }

    fn asked(&self, field: &str, today: CivilDate) -> Result<FieldState> {
        let state = self.form.state(&self.kept.values, today);
        let asked = state.fields().find(|asked| asked.name == field);
        asked.cloned().ok_or_else(|| Error::invalid(field, "form.no_such_field"))
    }

    /// Whether a register knew something that is not answered. What answers a request says what was sent,
    /// and what is for another is not the citizen's own.
    fn fill_in(&mut self, dao: &Dao<'_>, registers: &Answers, today: CivilDate) -> Result<bool> {
        if self.kept.asked.is_some() || self.kept.whom.is_some() {
            return Ok(false);
        }
        let (Kept { origins, values, .. }, consents) = (&mut self.kept, prefill::consents(dao)?);
        Ok(origins.fill_in(&self.form, values, &consents, registers, today))
    }

    fn seen(self, dao: &Dao<'_>, id: DraftId, registers: &Answers, today: CivilDate) -> Result<Draft> {
        let mut form = self.form.state(&self.kept.values, today);
        let amends = self.amends(&form);
        form.fields_mut().filter(|field| field.kind.is_file()).for_each(name_file);
        let Kept { set_aside, newly_required, origins, values, asked, whom: person, .. } = self.kept;
        form.fields_mut().for_each(|field| field.prefilled_from = origins.of(field));
        let offers = match (asked, &person) {
            (Some(_), _) | (_, Some(_)) => Vec::new(),
            (None, None) => origins.offers(&form, &values, &prefill::consents(dao)?, registers),
        };
        let (begun_at, changed_at) = store::times(dao, &id)?.ok_or(Error::NotFound)?;
        let files = attachment::of_draft(dao, id.as_str())?;
        Ok(Draft {
            id,
            form,
            set_aside,
            newly_required,
            offers,
            files,
            begun_at,
            changed_at,
            under_way: self.under_way,
            amends,
            person,
        })
    }
}

fn under_way(dao: &Dao<'_>, id: &DraftId) -> Result<()> {
    if store::is_under_way(dao, id)? { Err(Error::invalid("draft", "draft.under_way")) } else { Ok(()) }
}

/// What is kept as the answer: as typed, and of a file what the form says of files.
fn put_in(dao: &mut Dao<'_>, draft: &DraftId, asked: &FieldState, typed: String) -> Result<String> {
    if !asked.kind.is_file() {
        return Ok(typed);
    }
    let unknown = || Error::invalid(asked.name.clone(), "form.not_a_file");
    let id = AttachmentId::parse(&typed).ok_or_else(unknown)?;
    attachment::answer_for(dao, &id, draft.as_str())?.ok_or_else(unknown)
}

/// A shell knows a file by its attachment.
fn name_file(field: &mut FieldState) {
    field.value = field.value.take().and_then(|value| attachment::file_in(&value)).map(|id| id.as_str().to_owned());
}
