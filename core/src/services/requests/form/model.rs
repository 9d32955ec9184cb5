//! What a shell renders. It has no rule of its own: what is not here is not shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::attachment::{self, Limits, MediaType};
use crate::{auth::Freshness, country::LocalisedText, services::ServiceId};

/// What the citizen has put in, by field name, as typed.
pub type Values = BTreeMap<String, String>;

/// A form as it stands with what has been put in so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormState {
    pub service: ServiceId,
    /// The gateway refuses a form filled to another version.
    pub version: u32,
    /// How lately, and in which way, the citizen must have proven who they are before it is confirmed.
    pub authentication: Option<Freshness>,
    /// In the order in which they are shown; one without a field to show is not here.
    pub sections: Vec<Section>,
    /// Nothing is missing and nothing is wrong: it can be confirmed.
    pub complete: bool,
}

impl FormState {
    pub(in super::super) fn fields_mut(&mut self) -> impl Iterator<Item = &mut FieldState> {
        self.sections.iter_mut().flat_map(|section| &mut section.fields)
    }

    /// All fields, in the order in which they are shown.
    pub fn fields(&self) -> impl Iterator<Item = &FieldState> {
        self.sections.iter().flat_map(|section| &section.fields)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    pub title: Option<LocalisedText>,
    pub fields: Vec<FieldState>,
}

/// One question, and how it stands. Only questions that apply are there: another answer may bring or take some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldState {
    /// Names it in values: `forUsage`, `address/soum`, `children/0`.
    pub name: String,
    pub title: LocalisedText,
    /// What this is a part of, where it is one: «Хүргэлтийн хаяг» over the parts of an address.
    pub group: Option<LocalisedText>,
    pub help: Option<LocalisedText>,
    pub kind: FieldKind,
    pub required: bool,
    /// As typed; `None` until it was answered.
    pub value: Option<String>,
    /// As it is going to be sent, in words; `None` while it is empty or wrong.
    pub shown: Option<LocalisedText>,
    /// What is in the way of confirming. A question that waits for its first answer has one too (`form.required`).
    pub problem: Option<Problem>,
    /// Who may know the answer.
    pub prefill: Option<Prefill>,
    /// The operation that gave the answer as it stands.
    pub prefilled_from: Option<String>,
}

/// What fits into a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// At most so many characters (Unicode scalar values).
    Text {
        max_length: Option<u32>,
        multiline: bool,
    },
    WholeNumber {
        minimum: Option<i64>,
        maximum: Option<i64>,
    },
    Year {
        minimum: Option<i64>,
        maximum: Option<i64>,
    },
    /// Whole төгрөг.
    Money {
        minimum: Option<i64>,
        maximum: Option<i64>,
    },
    YesNo,
    OneOf {
        options: Vec<Choice>,
    },
    Date,
    RegistrationNumber,
    CivilId,
    Phone,
    Plate,
    CompanyNumber,
    /// Of one of these media types (none named: any), at most so large.
    File {
        accept: Vec<String>,
        max_bytes: Option<u64>,
    },
    /// Drawn with a finger, as PNG.
    Signature {
        max_bytes: Option<u64>,
    },
}

impl FieldKind {
    /// It is answered with an attachment.
    pub const fn is_file(&self) -> bool {
        matches!(self, Self::File { .. } | Self::Signature { .. })
    }

    /// What it takes, if it is answered with an attachment.
    pub(in super::super) fn limits(&self) -> Option<Limits> {
        let (media_types, max_bytes) = match self {
            Self::File { accept, max_bytes } if accept.is_empty() => (MediaType::ALL.to_vec(), max_bytes),
            Self::File { accept, max_bytes } => {
                (accept.iter().filter_map(|one| MediaType::parse(one)).collect(), max_bytes)
            }
            Self::Signature { max_bytes } => (vec![MediaType::Png], max_bytes),
            Self::Text { .. }
            | Self::WholeNumber { .. }
            | Self::Year { .. }
            | Self::Money { .. }
            | Self::YesNo
            | Self::OneOf { .. }
            | Self::Date
            | Self::RegistrationNumber
            | Self::CivilId
            | Self::Phone
            | Self::Plate
            | Self::CompanyNumber => return None,
        };
        Some(Limits { media_types, max_size: max_bytes.unwrap_or(attachment::LARGEST).min(attachment::LARGEST) })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub title: LocalisedText,
}

/// What is wrong, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable, such as `form.too_long` or `registration_number.month`.
    pub code: String,
    pub message: LocalisedText,
}

/// A register that knows the answer: ask it, with the citizen's consent, and take what is at `path` (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefill {
    /// ХУР operation.
    pub operation: String,
    pub path: String,
}
