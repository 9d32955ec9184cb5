//! Requests to the state: form, confirmation, status, detail.

use std::collections::HashMap;

use emongolia_core::{
    country,
    offline::{Aged, Page},
    services::{ServiceId, requests},
};
use serde_json::Value;

use super::{LocalisedText, Result, aged, all, id, masked, page};

/// A form as it stands with what has been put in so far. Render it as it is: what is not here is not shown.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FormState {
    /// The service, by id.
    pub service: String,
    /// The gateway refuses a form filled to another version.
    pub version: u32,
    /// In the order in which they are shown.
    pub sections: Vec<FormSection>,
    /// Nothing is missing and nothing is wrong: it can be confirmed.
    pub complete: bool,
}

/// Questions that belong together.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FormSection {
    /// Show this above them.
    pub title: Option<LocalisedText>,
    /// In the order in which they are shown; never empty.
    pub fields: Vec<FieldState>,
}

/// One question, and how it stands. Another answer may bring or take some.
/// Prints as `FieldState(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldState {
    /// Names it in values and errors.
    pub name: String,
    /// The question.
    pub title: LocalisedText,
    /// What it is a part of, where it is one: the address over its street.
    pub group: Option<LocalisedText>,
    /// More about what is asked.
    pub help: Option<LocalisedText>,
    /// What fits.
    pub kind: FieldKind,
    /// Must be answered.
    pub required: bool,
    /// As typed; null until it was answered.
    pub value: Option<String>,
    /// As it is going to be sent, in words; null while it is empty or wrong.
    pub shown: Option<LocalisedText>,
    /// What is in the way of confirming. A question that waits for its first answer has one too: `form.required`.
    pub problem: Option<FieldProblem>,
    /// Who may know the answer.
    pub prefill: Option<Prefill>,
    /// The ХУР operation that gave the answer as it stands; show that it did.
    pub prefilled_from: Option<String>,
}

/// What fits into a field.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum FieldKind {
    /// Any text.
    Text {
        /// At most so many characters (Unicode scalar values).
        max_length: Option<u32>,
        /// More than one line.
        multiline: bool,
    },
    /// A whole number.
    WholeNumber {
        /// The least that fits.
        minimum: Option<i64>,
        /// The most that fits.
        maximum: Option<i64>,
    },
    /// A year.
    Year {
        /// The first that fits.
        minimum: Option<i64>,
        /// The last that fits.
        maximum: Option<i64>,
    },
    /// Whole төгрөг.
    Money {
        /// The least that fits.
        minimum: Option<i64>,
        /// The most that fits.
        maximum: Option<i64>,
    },
    /// Yes or no: `true` or `false` as a value.
    YesNo,
    /// One of these.
    OneOf {
        /// In the order in which they are shown.
        options: Vec<Choice>,
    },
    /// A day, as `2026-11-23`.
    Date,
    /// Of a citizen.
    RegistrationNumber,
    /// Of a citizen, twelve digits.
    CivilId,
    /// Of Mongolia.
    Phone,
    /// Of a vehicle.
    Plate,
    /// Of a legal entity, seven digits.
    CompanyNumber,
    /// A file.
    File {
        /// Media types that fit; none: any.
        accept: Vec<String>,
        /// The most that fits.
        max_bytes: Option<u64>,
    },
    /// Drawn with a finger, as PNG.
    Signature {
        /// The most that fits.
        max_bytes: Option<u64>,
    },
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Choice {
    /// Hand this back as the value.
    pub value: String,
    /// Show this.
    pub title: LocalisedText,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldProblem {
    /// Stable, such as `form.too_long`.
    pub code: String,
    /// Show this: it says how to mend it.
    pub message: LocalisedText,
}

/// A register that knows the answer.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Prefill {
    /// ХУР operation.
    pub operation: String,
    /// Where in its answer (RFC 6901).
    pub path: String,
}

/// A form, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AgedForm {
    /// The form.
    pub value: FormState,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// What the citizen is shown before anything is sent. What is submitted is exactly this.
/// Prints as `Confirmation(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Confirmation {
    /// Hand this back to submit.
    pub id: String,
    /// The service, by id.
    pub service: String,
    /// The form's.
    pub form_version: u32,
    /// What to show.
    pub lines: Vec<ConfirmationLine>,
    /// SHA-256, in hex, of what will be sent.
    pub digest: String,
    /// Unix milliseconds.
    pub confirmed_at_ms: i64,
}

/// One line of what is shown.
/// Prints as `ConfirmationLine(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConfirmationLine {
    /// The question.
    pub title: LocalisedText,
    /// The answer.
    pub value: LocalisedText,
}

/// The ten published states of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum RequestStatus {
    /// Handed in.
    Submitted,
    /// Being worked on.
    Processing,
    /// Handed back: something in the form must be corrected.
    Edit,
    /// Handed back: a file is asked for.
    FileRequested,
    /// Being printed.
    Printing,
    /// Done.
    Completed,
    /// Printed.
    Printed,
    /// Turned down.
    Rejected,
    /// Ran out of time.
    Expired,
    /// Granted.
    Granted,
    /// A state that this build does not know: "being worked on, update the app".
    Unknown,
}

/// Where a request stands, seen from this phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum RequestStanding {
    /// Kept on this phone until the gateway has acknowledged it. It will be sent, once.
    Waiting {
        /// Its id in the outbox.
        operation: String,
    },
    /// It was sent, and no answer came: whether it has arrived is being found out. It is not sent again before that is
    /// known.
    BeingChecked {
        /// Its id in the outbox.
        operation: String,
    },
    /// The gateway would not take it as it is; the outbox knows why.
    NeedsAttention {
        /// Its id in the outbox.
        operation: String,
    },
    /// The gateway has it.
    At {
        /// Where it stands there.
        status: RequestStatus,
    },
}

/// A request as a list shows it.
/// Prints as `RequestSummary(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestSummary {
    /// Names it. Null while it waits on this phone.
    pub id: Option<String>,
    /// As the citizen quotes it: `26-000123`.
    pub number: Option<String>,
    /// The service, by id.
    pub service: String,
    /// The service's name when it was applied for.
    pub service_name: Option<LocalisedText>,
    /// Where it stands.
    pub standing: RequestStanding,
    /// Unix milliseconds.
    pub submitted_at_ms: i64,
    /// Unix milliseconds.
    pub updated_at_ms: i64,
    /// Whom it is for. Null: the citizen.
    pub person: Option<Represented>,
    /// The same in plain words.
    pub progress: RequestProgress,
}

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
    /// By when, in words; also where nobody has published it. Null: nobody has to act.
    pub due: Option<LocalisedText>,
    /// The day in Ulaanbaatar, as `2026-11-23`.
    pub by: Option<String>,
    /// That day is over.
    pub overdue: bool,
    /// What whoever acted last has written.
    pub message: Option<LocalisedText>,
    /// What the citizen is to do.
    pub tasks: Vec<RequestTask>,
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

/// At most 50 requests, newest first; before the first page's rows, what waits on this phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestPage {
    /// The rows.
    pub items: Vec<RequestSummary>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// A request as its own page shows it.
/// Prints as `RequestDetail(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestDetail {
    /// As in lists.
    pub summary: RequestSummary,
    /// What was sent, by the form's names.
    pub form: HashMap<String, FieldValue>,
    /// Oldest first.
    pub history: Vec<RequestStep>,
    /// What came of it, in the words of whoever decided.
    pub outcome: Option<LocalisedText>,
}

/// What was put into a field.
/// Prints as `FieldValue(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Enum)]
pub enum FieldValue {
    /// A text, or the value of a choice.
    Text {
        /// As it was sent.
        text: String,
    },
    /// A whole number.
    WholeNumber {
        /// As it was sent.
        number: i64,
    },
    /// Yes or no.
    YesNo {
        /// Whether it was yes.
        yes: bool,
    },
    /// Something this build's forms do not have.
    Other {
        /// As it was sent.
        json: String,
    },
}

/// One step of a request's history.
/// Prints as `RequestStep(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RequestStep {
    /// What it came to.
    pub status: RequestStatus,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// In plain words.
    pub text: LocalisedText,
    /// Through whom.
    pub actor: Actor,
    /// In their words.
    pub note: Option<LocalisedText>,
}

/// Who acted.
/// Prints as `Actor(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Actor {
    /// In what capacity.
    pub kind: ActorKind,
    /// Under what name, if they are named.
    pub name: Option<String>,
}

/// In what capacity somebody acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ActorKind {
    /// The citizen.
    Citizen,
    /// A state employee.
    Clerk,
    /// A machine.
    System,
    /// A kind this build does not know.
    Unknown,
}

/// A request's page, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AgedRequestDetail {
    /// The page.
    pub value: RequestDetail,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

masked!(
    FieldState,
    Confirmation,
    ConfirmationLine,
    RequestSummary,
    Represented,
    RequestProgress,
    RequestTask,
    RequestDetail,
    FieldValue,
    RequestStep,
    Actor
);

impl From<Aged<requests::FormState>> for AgedForm {
    fn from(form: Aged<requests::FormState>) -> Self {
        let (form, as_of_ms, stale) = aged(form);
        Self { value: form.into(), as_of_ms, stale }
    }
}

impl From<requests::FormState> for FormState {
    fn from(form: requests::FormState) -> Self {
        // What it demands of the citizen's proof is asked for by confirm and submit.
        let requests::FormState { service, version, authentication: _, sections, complete } = form;
        Self { service: service.to_string(), version, sections: all(sections), complete }
    }
}

impl From<requests::Section> for FormSection {
    fn from(section: requests::Section) -> Self {
        let requests::Section { title, fields } = section;
        Self { title: title.map(Into::into), fields: all(fields) }
    }
}

impl From<requests::FieldState> for FieldState {
    fn from(field: requests::FieldState) -> Self {
        let requests::FieldState {
            name,
            title,
            group,
            help,
            kind,
            required,
            value,
            shown,
            problem,
            prefill,
            prefilled_from,
        } = field;
        Self {
            name,
            title: title.into(),
            group: group.map(Into::into),
            help: help.map(Into::into),
            kind: kind.into(),
            required,
            value,
            shown: shown.map(Into::into),
            problem: problem.map(|requests::Problem { code, message }| FieldProblem { code, message: message.into() }),
            prefill: prefill.map(|requests::Prefill { operation, path }| Prefill { operation, path }),
            prefilled_from,
        }
    }
}

impl From<requests::FieldKind> for FieldKind {
    fn from(kind: requests::FieldKind) -> Self {
        match kind {
            requests::FieldKind::Text { max_length, multiline } => Self::Text { max_length, multiline },
            requests::FieldKind::WholeNumber { minimum, maximum } => Self::WholeNumber { minimum, maximum },
            requests::FieldKind::Year { minimum, maximum } => Self::Year { minimum, maximum },
            requests::FieldKind::Money { minimum, maximum } => Self::Money { minimum, maximum },
            requests::FieldKind::YesNo => Self::YesNo,
            requests::FieldKind::OneOf { options } => Self::OneOf { options: all(options) },
            requests::FieldKind::Date => Self::Date,
            requests::FieldKind::RegistrationNumber => Self::RegistrationNumber,
            requests::FieldKind::CivilId => Self::CivilId,
            requests::FieldKind::Phone => Self::Phone,
            requests::FieldKind::Plate => Self::Plate,
            requests::FieldKind::CompanyNumber => Self::CompanyNumber,
            requests::FieldKind::File { accept, max_bytes } => Self::File { accept, max_bytes },
            requests::FieldKind::Signature { max_bytes } => Self::Signature { max_bytes },
        }
    }
}

impl From<requests::Choice> for Choice {
    fn from(choice: requests::Choice) -> Self {
        let requests::Choice { value, title } = choice;
        Self { value, title: title.into() }
    }
}

impl From<requests::Confirmation> for Confirmation {
    fn from(confirmation: requests::Confirmation) -> Self {
        let requests::Confirmation { id, service, form_version, lines, digest, confirmed_at } = confirmation;
        Self {
            id: id.as_str().to_owned(),
            service: service.to_string(),
            form_version,
            lines: all(lines),
            digest,
            confirmed_at_ms: confirmed_at.unix_ms(),
        }
    }
}

impl From<requests::Line> for ConfirmationLine {
    fn from(line: requests::Line) -> Self {
        let requests::Line { title, value } = line;
        Self { title: title.into(), value: value.into() }
    }
}

impl From<requests::Status> for RequestStatus {
    fn from(status: requests::Status) -> Self {
        match status {
            requests::Status::Submitted => Self::Submitted,
            requests::Status::Processing => Self::Processing,
            requests::Status::Edit => Self::Edit,
            requests::Status::FileRequested => Self::FileRequested,
            requests::Status::Printing => Self::Printing,
            requests::Status::Completed => Self::Completed,
            requests::Status::Printed => Self::Printed,
            requests::Status::Rejected => Self::Rejected,
            requests::Status::Expired => Self::Expired,
            requests::Status::Granted => Self::Granted,
            requests::Status::Unknown => Self::Unknown,
        }
    }
}

impl From<requests::Standing> for RequestStanding {
    fn from(standing: requests::Standing) -> Self {
        match standing {
            requests::Standing::Waiting { operation } => Self::Waiting { operation: operation.to_string() },
            requests::Standing::BeingChecked { operation } => Self::BeingChecked { operation: operation.to_string() },
            requests::Standing::NeedsAttention { operation } => {
                Self::NeedsAttention { operation: operation.to_string() }
            }
            requests::Standing::At { status } => Self::At { status: status.into() },
        }
    }
}

impl From<requests::RequestSummary> for RequestSummary {
    fn from(summary: requests::RequestSummary) -> Self {
        let requests::RequestSummary {
            id,
            number,
            service,
            service_name,
            standing,
            submitted_at,
            updated_at,
            person,
            progress,
        } = summary;
        Self {
            id: id.map(|id| id.as_str().to_owned()),
            number,
            service: service.to_string(),
            service_name: service_name.map(Into::into),
            standing: standing.into(),
            submitted_at_ms: submitted_at.unix_ms(),
            updated_at_ms: updated_at.unix_ms(),
            person: person.map(Into::into),
            progress: progress.into(),
        }
    }
}

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

impl From<Aged<Page<requests::RequestSummary>>> for RequestPage {
    fn from(summaries: Aged<Page<requests::RequestSummary>>) -> Self {
        let (summaries, as_of_ms, stale) = aged(summaries);
        let (items, next) = page(summaries);
        Self { items, next, as_of_ms, stale }
    }
}

impl From<Aged<requests::RequestDetail>> for AgedRequestDetail {
    fn from(detail: Aged<requests::RequestDetail>) -> Self {
        let (detail, as_of_ms, stale) = aged(detail);
        let requests::RequestDetail { summary, form, history, outcome } = detail;
        let value = RequestDetail {
            summary: summary.into(),
            form: form.into_iter().map(|(name, value)| (name, value.into())).collect(),
            history: all(history),
            outcome: outcome.map(Into::into),
        };
        Self { value, as_of_ms, stale }
    }
}

impl From<Value> for FieldValue {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text { text },
            Value::Bool(yes) => Self::YesNo { yes },
            Value::Number(number) => match number.as_i64() {
                Some(number) => Self::WholeNumber { number },
                None => Self::Other { json: number.to_string() },
            },
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Other { json: value.to_string() },
        }
    }
}

impl From<requests::Step> for RequestStep {
    fn from(step: requests::Step) -> Self {
        let requests::Step { status, at, text, actor, note } = step;
        let requests::Actor { kind, name } = actor;
        Self {
            status: status.into(),
            at_ms: at.unix_ms(),
            text: text.into(),
            actor: Actor { kind: kind.into(), name },
            note: note.map(Into::into),
        }
    }
}

impl From<requests::ActorKind> for ActorKind {
    fn from(kind: requests::ActorKind) -> Self {
        match kind {
            requests::ActorKind::Citizen => Self::Citizen,
            requests::ActorKind::Clerk => Self::Clerk,
            requests::ActorKind::System => Self::System,
            requests::ActorKind::Unknown => Self::Unknown,
        }
    }
}

pub(crate) fn service_id(text: &str) -> Result<ServiceId> {
    id("service", text, ServiceId::parse)
}

pub(crate) fn person_id(text: &str) -> Result<country::PersonId> {
    id("person", text, country::PersonId::parse)
}

pub(crate) fn request_id(text: &str) -> Result<requests::RequestId> {
    id("request", text, requests::RequestId::parse)
}

pub(crate) fn confirmation_id(text: &str) -> Result<requests::ConfirmationId> {
    id("confirmation", text, requests::ConfirmationId::parse)
}
