//! Where a request stands in plain words, and whom one may act for.

use emongolia_core::{country, offline::Aged, services::requests};

use super::{LocalisedText, Result, aged, all, id, masked};

/// Somebody a citizen acts for, as a register names them.
/// Prints as `Represented(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Represented {
    /// Hand this back to act for them: a registration number, or a company's.
    pub id: String,
    /// What they are to the citizen.
    pub relation: Relation,
    /// Show this.
    pub name: String,
}

/// What somebody is to the citizen who acts for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Relation {
    /// Under age.
    Child,
    /// Mother or father.
    Parent,
    /// A legal entity.
    Company,
}

/// Those for whom the citizen may act, and how old that is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AgedPeople {
    /// Children first, then parents, then companies.
    pub value: Vec<Represented>,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// How a request stands, in plain words. Show it as it is.
/// Prints as `RequestProgress(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestProgress {
    /// What happens now.
    pub headline: LocalisedText,
    /// What comes then.
    pub next: Option<LocalisedText>,
    /// Whose turn it is.
    pub who_acts: WhoActs,
    /// By when, in words; also where nobody has published it. Null: nobody has to act, or `to_pay` says it.
    pub due: Option<LocalisedText>,
    /// The day in Ulaanbaatar, as `2026-11-23`.
    pub by: Option<String>,
    /// That day is over.
    pub overdue: bool,
    /// What whoever acted last has written.
    pub message: Option<LocalisedText>,
    /// What the citizen is to do.
    pub tasks: Vec<RequestTask>,
    /// And to pay, and by when, in words: lead to the payment. Null: nothing, or nothing now.
    pub to_pay: Option<LocalisedText>,
    /// How many steps of others there are that the citizen has not looked at.
    pub changed_since_seen: u32,
    /// What the citizen did to it is on its way: its id in the outbox.
    pub under_way: Option<String>,
    /// The citizen can still take it back.
    pub may_be_withdrawn: bool,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum WhoActs {
    /// The citizen.
    Citizen,
    /// The organisation.
    Organisation,
    /// Nobody: it is over, or waits to be sent.
    Nobody,
    /// A newer build knows.
    Unknown,
}

/// One thing for the citizen to do.
/// Prints as `RequestTask(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestTask {
    /// What to do with it.
    pub kind: RequestTaskKind,
    /// The question of the form, or the document, by name: lead there. Null: it was not named.
    pub name: Option<String>,
    /// Show this.
    pub title: LocalisedText,
}

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum RequestTaskKind {
    /// Answer it anew.
    Correct,
    /// Bring it.
    Attach,
}

masked!(Represented, RequestProgress, RequestTask);

impl From<country::Represented> for Represented {
    fn from(person: country::Represented) -> Self {
        let country::Represented { id, relation, name } = person;
        let relation = match relation {
            country::Relation::Child => Relation::Child,
            country::Relation::Parent => Relation::Parent,
            country::Relation::Company => Relation::Company,
        };
        Self { id: id.into(), relation, name }
    }
}

impl From<Aged<Vec<country::Represented>>> for AgedPeople {
    fn from(people: Aged<Vec<country::Represented>>) -> Self {
        let (people, as_of_ms, stale) = aged(people);
        Self { value: all(people), as_of_ms, stale }
    }
}

impl From<requests::Progress> for RequestProgress {
    fn from(progress: requests::Progress) -> Self {
        let requests::Progress {
            headline,
            next,
            who_acts,
            due,
            by,
            overdue,
            message,
            tasks,
            to_pay,
            changed_since_seen,
            under_way,
            may_be_withdrawn,
        } = progress;
        Self {
            headline: headline.into(),
            next: next.map(Into::into),
            who_acts: match who_acts {
                requests::Acts::Citizen => WhoActs::Citizen,
                requests::Acts::Organisation => WhoActs::Organisation,
                requests::Acts::Nobody => WhoActs::Nobody,
                requests::Acts::Unknown => WhoActs::Unknown,
            },
            due: due.map(Into::into),
            by: by.map(|day| day.to_string()),
            overdue,
            message: message.map(Into::into),
            tasks: all(tasks),
            to_pay: to_pay.map(Into::into),
            changed_since_seen,
            under_way: under_way.map(|operation| operation.to_string()),
            may_be_withdrawn,
        }
    }
}

impl From<requests::Task> for RequestTask {
    fn from(task: requests::Task) -> Self {
        let requests::Task { kind, name, title } = task;
        let kind = match kind {
            requests::TaskKind::Correct => RequestTaskKind::Correct,
            requests::TaskKind::Attach => RequestTaskKind::Attach,
        };
        Self { kind, name, title: title.into() }
    }
}

pub(crate) fn person_id(text: &str) -> Result<country::PersonId> {
    id("person", text, country::PersonId::parse)
}
