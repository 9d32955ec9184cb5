//! Where a request stands, in plain words: what happens now, who acts, by when, and what the citizen is to do (ADR 0030).
//!
//! Guarantees: pure, from what is on the phone; a day is named only where the catalogue publishes how long the service
//! takes and the holidays of that year are known; a state that this build does not know is said to be unknown.

pub(super) mod seen;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

use super::{
    change::store::UnderWay,
    form::{Form, Values, is_part_of},
    model::{ActorKind, Standing, Status, Step},
    wire::{RequestWire, StepWire},
};
use crate::{
    country::{CivilDate, LocalisedText, TimeZone, add_working_days},
    foundation::{clock::Timestamp, storage},
    offline::outbox::{OperationId, Outlook},
    services::ServiceId,
};

/// How long a service takes and whether it costs something, as its owner publishes it. `app` brings it.
pub trait Terms: Send + Sync {
    /// In working days, nought for at once; from `cache.db`. `None`: it is not published.
    fn working_days(&self, dao: &storage::Dao<'_>, service: &ServiceId) -> storage::Result<Option<u32>>;

    /// `false` also where nobody has published it.
    fn costs(&self, dao: &storage::Dao<'_>, service: &ServiceId) -> storage::Result<bool>;
}

/// How a request stands, to be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// What happens now.
    pub headline: LocalisedText,
    /// What comes then.
    pub next: Option<LocalisedText>,
    pub who_acts: Acts,
    /// By when, in words; also where nobody has published it. `None`: nobody has to act, or `to_pay` says it.
    pub due: Option<LocalisedText>,
    /// In Ulaanbaatar.
    pub by: Option<CivilDate>,
    pub overdue: bool,
    /// What whoever acted last has written.
    pub message: Option<LocalisedText>,
    /// What the citizen is to do in the app; where it can't be done there, `next` says so.
    pub tasks: Vec<Task>,
    /// And to pay, and by when: lead to the payment.
    pub to_pay: Option<LocalisedText>,
    /// How many steps of others there are that the citizen has not looked at.
    pub changed_since_seen: u32,
    /// What the citizen did to it is on its way: the operation in the outbox.
    pub under_way: Option<OperationId>,
    pub may_be_withdrawn: bool,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Acts {
    Citizen,
    Organisation,
    Nobody,
    /// A newer build knows.
    Unknown,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    pub kind: TaskKind,
    /// The question of the form, or the document, by name. `None`: any question.
    pub name: Option<String>,
    pub title: LocalisedText,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Answer it anew.
    Correct,
    /// Bring it.
    Attach,
}

/// What the phone knows beside the request itself.
pub(super) struct Beside {
    pub(super) today: CivilDate,
    /// Working days that the service takes.
    pub(super) term: Option<u32>,
    /// As it is here now, for the words of its questions.
    pub(super) form: Option<Form>,
    /// Steps that the citizen has looked at.
    pub(super) seen: u32,
    /// What the citizen did to it and the gateway has not taken yet.
    pub(super) under_way: Option<UnderWay>,
    /// What is to be paid, in words.
    pub(super) to_pay: Option<LocalisedText>,
    /// When what it costs was paid, as far as the phone knows.
    pub(super) paid_at: Option<Timestamp>,
    /// The API of 2021 takes neither an answer nor the request back.
    pub(super) published: bool,
}

/// Of a request that the gateway has.
pub(super) fn of(request: &RequestWire, beside: &Beside) -> Progress {
    let status = request.status;
    let last = request.last_step();
    let withdrawn = last.is_some_and(|step| step.actor_kind() == ActorKind::Citizen) && status == Status::Rejected;
    let waits = beside.under_way.as_ref().filter(|under_way| !under_way.outlook.is_wedged());
    let to_pay = beside.to_pay.clone().filter(|_| waits.is_none());
    let unpaid = status == Status::Submitted && to_pay.is_some(); // nobody begins with it before
    let elsewhere = status.asks().is_some() && (beside.published || request.asks().is_none());
    let who_acts = match waits {
        Some(_) => Acts::Nobody,
        None if unpaid => Acts::Citizen,
        None => whose_turn(status),
    };
    let by = if who_acts == Acts::Organisation { due(turn_began(request, beside.paid_at), beside.term) } else { None };
    let overdue = by.is_some_and(|by| beside.today > by);
    let (headline, next) = match &beside.under_way {
        Some(UnderWay { kind, outlook, .. }) => words::under_way(kind, *outlook),
        None if withdrawn => words::withdrawn(),
        None if unpaid => words::unpaid(),
        None if elsewhere => words::elsewhere(status),
        None => words::standing(status),
    };
    let unseen = request.history.iter().skip(beside.seen as usize);
    let unseen = unseen.filter(|step| step.actor_kind() != ActorKind::Citizen).count();
    Progress {
        headline,
        next,
        who_acts,
        due: words::due(who_acts, by, overdue).filter(|_| !unpaid),
        by,
        overdue,
        message: last.and_then(StepWire::words),
        tasks: if waits.is_some() || elsewhere { Vec::new() } else { tasks(request, beside) },
        to_pay,
        changed_since_seen: u32::try_from(unseen).unwrap_or(u32::MAX),
        under_way: beside.under_way.as_ref().map(|under_way| under_way.operation.clone()),
        may_be_withdrawn: status.may_be_withdrawn() && beside.under_way.is_none() && !beside.published,
    }
}

/// Of one that nobody has answered for yet.
pub(super) fn of_waiting(standing: &Standing, outlook: Outlook) -> Progress {
    let (headline, next) = words::waiting(standing, outlook);
    Progress {
        headline,
        next,
        who_acts: if outlook.is_wedged() { Acts::Citizen } else { Acts::Nobody },
        due: None,
        by: None,
        overdue: false,
        message: None,
        tasks: Vec::new(),
        to_pay: None,
        changed_since_seen: 0,
        under_way: None,
        may_be_withdrawn: outlook.may_be_called_off(),
    }
}

/// The history, oldest first, each step in plain words.
pub(super) fn timeline(history: Vec<StepWire>) -> Vec<Step> {
    let before = std::iter::once(None).chain(history.iter().map(|step| Some(step.status)).collect::<Vec<_>>());
    let told = before.zip(history).map(|(before, step)| {
        let text = words::step(step.status, step.actor_kind(), before);
        step.into_step(text)
    });
    told.collect()
}

const fn whose_turn(status: Status) -> Acts {
    match status {
        Status::Submitted | Status::Processing | Status::Printing | Status::Granted => Acts::Organisation,
        Status::Edit | Status::FileRequested | Status::Printed => Acts::Citizen,
        Status::Completed | Status::Rejected | Status::Expired => Acts::Nobody,
        Status::Unknown => Acts::Unknown,
    }
}

/// Since when whoever acts now has had it: days that it lay with the citizen, or waited for what it costs, are not the
/// organisation's. `None`: it is not known when that was paid.
fn turn_began(request: &RequestWire, paid_at: Option<Timestamp>) -> Option<Timestamp> {
    let mine = |step: &&StepWire| whose_turn(step.status) == whose_turn(request.status);
    let handed_over = request.history.iter().rev().take_while(mine).last().map_or(request.began_at(), |step| step.at);
    if request.payment.is_none() {
        return Some(handed_over);
    }
    // Paid on another phone: by the first step that the organisation took, it was.
    let begun = || request.history.iter().find(|step| step.status != Status::Submitted).map(|step| step.at);
    Some(handed_over.max(paid_at.or_else(begun)?))
}

/// `None` where it is not published, or lies in years whose holidays nobody knows yet.
fn due(since: Option<Timestamp>, term: Option<u32>) -> Option<CivilDate> {
    add_working_days(TimeZone::Ulaanbaatar.civil(since?).date(), term?).ok()
}

fn tasks(request: &RequestWire, Beside { form, today, .. }: &Beside) -> Vec<Task> {
    match request.asks() {
        Some(TaskKind::Correct) => {
            let asked = request.last_step().map(|step| step.fields.as_slice()).unwrap_or_default();
            if asked.is_empty() {
                return vec![Task { kind: TaskKind::Correct, name: None, title: words::the_form() }];
            }
            let task = |name: &String| Task {
                kind: TaskKind::Correct,
                name: Some(name.clone()),
                title: question(form.as_ref(), name, *today).unwrap_or_else(|| LocalisedText::mongolian(name)),
            };
            asked.iter().map(task).collect()
        }
        Some(TaskKind::Attach) => {
            let task = |document: &super::wire::DocumentWire| Task {
                kind: TaskKind::Attach,
                name: Some(document.name.clone()),
                title: document.title.clone(),
            };
            request.documents().iter().map(task).collect()
        }
        None => Vec::new(),
    }
}

/// As the form puts it; of what has parts, the words over them.
fn question(form: Option<&Form>, name: &str, today: CivilDate) -> Option<LocalisedText> {
    let state = form?.state(&Values::new(), today);
    let part_of_it = |field: &&super::FieldState| is_part_of(&field.name, name);
    let exact = state.fields().find(|field| field.name == name).map(|field| field.title.clone());
    exact.or_else(|| state.fields().find(part_of_it).and_then(|field| field.group.clone()))
}
