//! Forms as they stand, and what is confirmed of them.

use emongolia_core::{offline::Aged, services::requests};

use super::{LocalisedText, Result, aged, all, id, masked};

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

masked!(FieldState, Confirmation, ConfirmationLine);

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

pub(crate) fn confirmation_id(text: &str) -> Result<requests::ConfirmationId> {
    id("confirmation", text, requests::ConfirmationId::parse)
}
