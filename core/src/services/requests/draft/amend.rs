//! A draft that answers what a request asks: begun with what was sent, open where it was asked, and brought up to what is
//! asked now.

use serde::Serialize;

use super::{Kept, Open, SetAside, store};
use crate::{
    country::{CivilDate, LocalisedText, Represented},
    foundation::{
        error::{Error, Result},
        events::Area,
        runtime::Work,
        storage::Dao,
    },
    services::requests::{
        Requests, TaskKind,
        change::{Asked, documents_form, nothing_under_way, unanswerable},
        draft::DraftId,
        form::{Form, FormState, Values},
        model::RequestId,
        people::form_for,
        wire::RequestWire,
    },
};

/// What a draft answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amends {
    pub request: RequestId,
    pub kind: TaskKind,
    /// What whoever asks has written.
    pub message: Option<LocalisedText>,
    /// Questions, by name, that can be answered anew: those that were asked, and what their answers bring along. The others
    /// stay as they were sent.
    pub open: Vec<String>,
}

/// What is newest of what a draft rests on, as far as it is to be had.
pub(super) struct Newest {
    /// `None`: what it was begun on will do.
    pub(super) form: Option<Form>,
    /// That it answers.
    pub(super) request: Option<RequestWire>,
    /// Whom it is for, where that is still open.
    pub(super) whom: Option<Represented>,
}

impl Requests {
    /// Begins to answer what a request asks (`EDIT`, `FILE_REQUESTED`): filled in with what was sent, or a question for each
    /// document. Go on as with any draft. Where the same was begun before, it is that one. [`Error::Invalid`]
    /// `request.not_asked`: it asks nothing; `request.not_here`: it asks what can't be answered in the app, such as a document
    /// that is not named; `request.under_way`: something of it is on its way. Committed.
    pub fn amend(&self, request: &RequestId) -> Work<DraftId> {
        let (requests, id) = (self.clone(), request.clone());
        self.spawner.committed(async move {
            requests.only_at_the_gateway()?;
            let request = requests.told(&id).await?.value;
            let unanswerable = || unanswerable(&request);
            let asked = Asked::by(&request).ok_or_else(unanswerable)?;
            let service = crate::services::ServiceId::parse(&request.service_id).ok_or_else(unanswerable)?;
            let form = match asked.kind {
                TaskKind::Correct => requests.current_form(&service).await?.value,
                TaskKind::Attach => Form::parse(service, documents_form(&request)).ok_or_else(unanswerable)?,
            };
            let now = requests.cache.clock().now();
            let begin = move |dao: &mut Dao<'_>| {
                nothing_under_way(dao, &id)?;
                if let Some(begun) = store::amending(dao, &asked)? {
                    return Ok(begun);
                }
                let draft = DraftId::mint();
                store::insert(dao, &draft, &Kept::amending(&form, asked, request.on_behalf_of), now)?;
                Ok::<_, Error>(draft)
            };
            let draft = requests.state.write(begin).await?;
            requests.events.changed(Area::Requests);
            Ok::<_, Error>(draft)
        })
    }

    /// What a draft rests on, as it is now on this phone.
    pub(super) async fn rests_on(&self, id: &DraftId) -> Result<Newest> {
        let row = id.clone();
        let kept = self.state.read(move |dao| store::kept(dao, &row)).await?.ok_or(Error::NotFound)?;
        let request = match &kept.asked {
            Some(asked) => self.told(&asked.request).await.ok().map(|aged| aged.value),
            None => None,
        };
        let form = match &kept.asked {
            Some(asked) if asked.kind == TaskKind::Attach => None,
            Some(_) | None => self.current_form(&kept.service).await.ok().map(|aged| aged.value),
        };
        let whom = kept.whom.filter(|_| kept.asked.is_none());
        let form = match &whom {
            Some(whom) => form.and_then(|form| form_for(&form, whom)),
            None => form,
        };
        Ok(Newest { form, request, whom })
    }
}

impl Kept {
    pub(super) fn begun_for(form: &Form, whom: Represented) -> Result<Self> {
        let form = form_for(form, &whom).ok_or_else(|| Error::invalid("form", "form.not_understood"))?;
        Ok(Self { whom: Some(whom), ..Self::begun(&form) })
    }

    /// What the form has no place for is set aside.
    pub(super) fn amending(form: &Form, asked: Asked, whom: Option<Represented>) -> Self {
        let (values, strangers) = form.places(asked.submitted.clone(), None);
        let set_aside = strangers.into_iter().map(SetAside::from).collect();
        Self { values, set_aside, asked: Some(asked), whom, ..Self::begun(form) }
    }
}

impl Open {
    /// Brought up to what the request asks now; what the citizen typed or took away stays so, what was only taken over
    /// follows the request. `true` if it asks something else than before.
    pub(super) fn ask_anew(&mut self, request: &RequestWire) -> bool {
        let Some(before) = self.kept.asked.take() else { return false };
        // An older one was read before the draft was brought up to this.
        let now = Asked::by(request).filter(|now| now.kind == before.kind && now.version > before.version);
        let Some(now) = now else {
            self.kept.asked = Some(before);
            return false;
        };
        let form = match now.kind {
            TaskKind::Correct => None,
            TaskKind::Attach => Form::parse(self.kept.service.clone(), documents_form(request)),
        };
        let typed = std::mem::take(&mut self.kept.values);
        let mut values = now.submitted.clone();
        let taken_away = |name: &String| before.submitted.contains_key(name) && !typed.contains_key(name);
        values.retain(|name, _| !taken_away(name));
        values.extend(typed.into_iter().filter(|(name, value)| before.submitted.get(name) != Some(value)));
        let earlier = form.map(|form| {
            self.kept.form = form.source().clone();
            std::mem::replace(&mut self.form, form)
        });
        let (values, strangers) = self.form.places(values, earlier.as_ref());
        self.kept.values = values;
        self.kept.set_aside.extend(strangers.into_iter().map(SetAside::from));
        self.kept.asked = Some(now);
        true
    }

    /// A question that was not asked stays as it was sent.
    pub(super) fn check_open(&self, field: &str, today: CivilDate) -> Result<()> {
        let Some(amends) = self.amends(&self.form.state(&self.kept.values, today)) else { return Ok(()) };
        let open = amends.open.iter().any(|name| name == field);
        if open { Ok(()) } else { Err(Error::invalid(field, "draft.not_asked")) }
    }

    pub(super) fn amends(&self, state: &FormState) -> Option<Amends> {
        let asked = self.kept.asked.as_ref()?;
        let value = |values: &Values, name: &str| values.get(name).cloned();
        let open = state.fields().filter(|field| {
            asked.names(&field.name)
                || field.problem.is_some()
                || value(&self.kept.values, &field.name) != value(&asked.submitted, &field.name)
        });
        Some(Amends {
            request: asked.request.clone(),
            kind: asked.kind,
            message: asked.message.clone(),
            open: open.map(|field| field.name.clone()).collect(),
        })
    }
}

/// The request still asks what the draft answers, as far as it is not older than that.
pub(super) fn still_asked(kept: &Kept, request: Option<&RequestWire>) -> Result<()> {
    let (Some(asked), Some(request)) = (&kept.asked, request) else { return Ok(()) };
    let asks = request.version < asked.version || Asked::by(request).is_some_and(|now| now.kind == asked.kind);
    if asks { Ok(()) } else { Err(unanswerable(request)) }
}
