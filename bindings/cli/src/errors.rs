//! What can go wrong in a terminal: its exit code, its words in both languages, its JSON.

use std::{io, path::Path};

use emongolia_core::{
    Error,
    country::LocalisedText,
    foundation::net,
    offline::outbox::{OperationId, OperationView},
};
use serde::Serialize;

use crate::{
    output::words,
    texts::{self, Text},
};

/// Why a command did not do what it was asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Core(Error),
    /// The line was typed wrong; clap's own words.
    Usage {
        detail: String,
    },
    NoConfig,
    BadConfig {
        file: String,
        why: String,
    },
    NoHome,
    Files {
        file: String,
        kind: io::ErrorKind,
    },
    /// Standard output could not be written.
    Output(io::ErrorKind),
    /// The sign-in page said no, in its own words.
    SignInRefused {
        said: LocalisedText,
    },
    /// The sign-in page is not one that this program can fill in.
    SignInPage {
        what: &'static str,
    },
    NoCallback,
    /// An operation is stuck; the result has been shown.
    NeedsAttention {
        operation: OperationId,
        problem: Option<String>,
        field: Option<String>,
    },
    /// Ctrl-C.
    Interrupted,
}

/// For a shell. `1` is anything else.
mod exit {
    pub(super) const UNEXPECTED: u8 = 1;
    pub(super) const USAGE: u8 = 2;
    pub(super) const SIGN_IN_REQUIRED: u8 = 10;
    pub(super) const OFFLINE: u8 = 11;
    pub(super) const INVALID: u8 = 12;
    pub(super) const NOT_FOUND: u8 = 13;
    pub(super) const BUSY: u8 = 14;
    pub(super) const FORBIDDEN: u8 = 15;
    pub(super) const NOT_AVAILABLE: u8 = 16;
    pub(super) const STEP_UP_REQUIRED: u8 = 17;
    pub(super) const NEEDS_ATTENTION: u8 = 20;
    /// 128 + SIGINT, as shells have it.
    pub(super) const CALLED_OFF: u8 = 130;
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<net::Error> for Failure {
    fn from(error: net::Error) -> Self {
        Self::Core(error.into())
    }
}

impl Failure {
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::Files { file: path.display().to_string(), kind: error.kind() }
    }

    pub(crate) fn stuck(view: &OperationView) -> Self {
        let (operation, problem, field) = (view.id.clone(), view.problem.clone(), view.problem_field.clone());
        Self::NeedsAttention { operation, problem, field }
    }

    pub(crate) const fn exit_code(&self) -> u8 {
        self.kind_and_code().1
    }

    /// A stable word.
    pub(crate) const fn kind(&self) -> &'static str {
        self.kind_and_code().0
    }

    const fn kind_and_code(&self) -> (&'static str, u8) {
        match self {
            Self::Core(error) => of_core(error),
            Self::Usage { .. } => ("usage", exit::USAGE),
            Self::NoConfig => ("no_config", exit::USAGE),
            Self::BadConfig { .. } => ("bad_config", exit::USAGE),
            Self::NoHome => ("no_data_folder", exit::USAGE),
            Self::Files { .. } => ("files", exit::UNEXPECTED),
            Self::Output(_) => ("output", exit::UNEXPECTED),
            Self::SignInRefused { .. } => ("sign_in_refused", exit::FORBIDDEN),
            Self::SignInPage { .. } => ("sign_in_page", exit::UNEXPECTED),
            Self::NoCallback => ("no_callback", exit::BUSY),
            Self::NeedsAttention { .. } => ("needs_attention", exit::NEEDS_ATTENTION),
            Self::Interrupted => ("interrupted", exit::CALLED_OFF),
        }
    }

    /// What happened and what to do, in both languages.
    pub(crate) fn message(&self) -> LocalisedText {
        match self {
            Self::Core(error) => core_message(error),
            Self::Usage { detail } => {
                let told = texts::USAGE.both(&[]);
                LocalisedText { mn: format!("{detail}\n{}", told.mn), en: Some(detail.clone()) }
            }
            Self::NoConfig => texts::NO_CONFIG.both(&[]),
            Self::BadConfig { file, why } => texts::BAD_CONFIG.both(&[file, why]),
            Self::NoHome => texts::NO_HOME.both(&[]),
            Self::Files { file, kind } => texts::FILES.both(&[file, &kind.to_string()]),
            Self::Output(kind) => texts::FILES.both(&["stdout", &kind.to_string()]),
            Self::SignInRefused { said } => filled(texts::SIGN_IN_REFUSED, |one| vec![one(said).to_owned()]),
            Self::SignInPage { what } => texts::SIGN_IN_PAGE.both(&[what]),
            Self::NoCallback => texts::NO_CALLBACK.both(&[]),
            Self::NeedsAttention { operation, problem, field } => {
                let why = problem_in_words(problem.as_deref(), field.as_deref());
                filled(texts::NEEDS_ATTENTION, |one| vec![operation.to_string(), one(&why).to_owned()])
            }
            Self::Interrupted => texts::INTERRUPTED.both(&[]),
        }
    }
}

const fn of_core(error: &Error) -> (&'static str, u8) {
    match error {
        Error::SignInRequired => ("sign_in_required", exit::SIGN_IN_REQUIRED),
        Error::StepUpRequired { .. } => ("step_up_required", exit::STEP_UP_REQUIRED),
        Error::Locked => ("locked", exit::NOT_AVAILABLE),
        Error::Forbidden => ("forbidden", exit::FORBIDDEN),
        Error::Offline => ("offline", exit::OFFLINE),
        Error::Timeout => ("timeout", exit::BUSY),
        Error::Busy { .. } => ("busy", exit::BUSY),
        Error::Invalid { .. } => ("invalid", exit::INVALID),
        Error::NotFound => ("not_found", exit::NOT_FOUND),
        Error::Cancelled => ("cancelled", exit::CALLED_OFF),
        Error::NotAvailable => ("not_available", exit::NOT_AVAILABLE),
        Error::Unexpected { .. } => ("unexpected", exit::UNEXPECTED),
    }
}

fn core_message(error: &Error) -> LocalisedText {
    match error {
        Error::SignInRequired => texts::SIGN_IN_REQUIRED.both(&[]),
        Error::StepUpRequired { max_age_s, acr } => {
            texts::STEP_UP_REQUIRED.both(&[&step_up_command(*max_age_s, acr.as_deref())])
        }
        Error::Locked => texts::LOCKED.both(&[]),
        Error::Forbidden => texts::FORBIDDEN.both(&[]),
        Error::Offline => texts::OFFLINE.both(&[]),
        Error::Timeout => texts::TIMEOUT.both(&[]),
        Error::Busy { retry_after_s: None } => texts::BUSY.both(&[]),
        Error::Busy { retry_after_s: Some(seconds) } => texts::BUSY_FOR.both(&[&seconds.to_string()]),
        Error::Invalid { field, reason } => {
            let why = problem_in_words(Some(reason), None);
            filled(texts::INVALID, |one| vec![field.clone(), one(&why).to_owned()])
        }
        Error::NotFound => texts::NOT_FOUND.both(&[]),
        Error::Cancelled => texts::CANCELLED.both(&[]),
        Error::NotAvailable => texts::NOT_AVAILABLE.both(&[]),
        Error::Unexpected { code, reference } => texts::UNEXPECTED.both(&[code, reference]),
    }
}

/// What a person types next.
fn step_up_command(max_age_s: u32, acr: Option<&str>) -> String {
    let acr = acr.map(|acr| format!(" --acr {}", words::quoted(acr))).unwrap_or_default();
    format!("emongolia step-up --max-age {max_age_s}{acr}")
}

/// Why, from the stable code and the field it is about.
pub(crate) fn problem_in_words(problem: Option<&str>, field: Option<&str>) -> LocalisedText {
    match (problem, field) {
        (None, _) => texts::WHY_OTHER.both(&["-"]),
        (Some("invalid_field"), Some(field)) => texts::WHY_INVALID_FIELD.both(&[field]),
        (Some(code), _) => words::why(code).map_or_else(|| texts::WHY_OTHER.both(&[code]), |text| text.both(&[])),
    }
}

/// Fills a text whose values have languages of their own.
fn filled(text: Text, values: impl Fn(&dyn Fn(&LocalisedText) -> &str) -> Vec<String>) -> LocalisedText {
    use emongolia_core::Language;

    let say = |language| {
        let values = values(&|one| one.in_language(language));
        text.say(language, &values.iter().map(String::as_str).collect::<Vec<_>>())
    };
    LocalisedText::new(say(Language::Mn), say(Language::En))
}

/// A failure as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Told<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a str>,
    message: LocalisedText,
}

impl<'a> Told<'a> {
    pub(crate) fn of(failure: &'a Failure) -> Self {
        let plain = Self {
            kind: failure.kind(),
            field: None,
            reason: None,
            retry_after_s: None,
            max_age_s: None,
            acr: None,
            code: None,
            reference: None,
            operation: None,
            message: failure.message(),
        };
        match failure {
            Failure::Core(Error::Invalid { field, reason }) => {
                Self { field: Some(field), reason: Some(reason), ..plain }
            }
            Failure::Core(Error::Busy { retry_after_s }) => Self { retry_after_s: *retry_after_s, ..plain },
            Failure::Core(Error::StepUpRequired { max_age_s, acr }) => {
                Self { max_age_s: Some(*max_age_s), acr: acr.as_deref(), ..plain }
            }
            Failure::Core(Error::Unexpected { code, reference }) => {
                Self { code: Some(code), reference: Some(reference), ..plain }
            }
            Failure::NeedsAttention { operation, problem, field } => Self {
                operation: Some(operation.as_str()),
                reason: problem.as_deref(),
                field: field.as_deref(),
                ..plain
            },
            Failure::Core(
                Error::SignInRequired
                | Error::Locked
                | Error::Forbidden
                | Error::Offline
                | Error::Timeout
                | Error::NotFound
                | Error::Cancelled
                | Error::NotAvailable,
            )
            | Failure::Usage { .. }
            | Failure::NoConfig
            | Failure::BadConfig { .. }
            | Failure::NoHome
            | Failure::Files { .. }
            | Failure::Output(_)
            | Failure::SignInRefused { .. }
            | Failure::SignInPage { .. }
            | Failure::NoCallback
            | Failure::Interrupted => plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_core_error_has_its_agreed_exit_code() {
        let cases = [
            (Error::SignInRequired, 10),
            (Error::StepUpRequired { max_age_s: 300, acr: None }, 17),
            (Error::Locked, 16),
            (Error::Forbidden, 15),
            (Error::Offline, 11),
            (Error::Timeout, 14),
            (Error::Busy { retry_after_s: Some(3) }, 14),
            (Error::invalid("Өргөдөл", "form.required"), 12),
            (Error::NotFound, 13),
            (Error::Cancelled, 130),
            (Error::NotAvailable, 16),
            (Error::Unexpected { code: "panic".into(), reference: "0a1b2c3d".into() }, 1),
        ];

        for (error, code) in cases {
            assert_eq!(Failure::Core(error.clone()).exit_code(), code, "{error:?}");
        }
    }

    #[test]
    fn the_programs_own_failures_have_theirs() {
        let operation = OperationId::parse(&"0a".repeat(16)).unwrap();
        let cases = [
            (Failure::Usage { detail: "x".into() }, 2),
            (Failure::NoConfig, 2),
            (Failure::BadConfig { file: "f".into(), why: "w".into() }, 2),
            (Failure::NoHome, 2),
            (Failure::Files { file: "f".into(), kind: io::ErrorKind::StorageFull }, 1),
            (Failure::Output(io::ErrorKind::StorageFull), 1),
            (Failure::SignInRefused { said: LocalisedText::mongolian("Үгүй") }, 15),
            (Failure::SignInPage { what: "form" }, 1),
            (Failure::NoCallback, 14),
            (Failure::NeedsAttention { operation, problem: None, field: None }, 20),
            (Failure::Interrupted, 130),
        ];

        for (failure, code) in cases {
            assert_eq!(failure.exit_code(), code, "{failure:?}");
        }
    }

    #[test]
    fn an_error_in_json_holds_what_a_script_needs_and_both_languages() {
        let invalid = Failure::Core(Error::invalid("хэл", "form.not_an_option"));
        let busy = Failure::Core(Error::Busy { retry_after_s: Some(7) });

        assert_eq!(
            serde_json::to_string(&Told::of(&invalid)).unwrap(),
            r#"{"kind":"invalid","field":"хэл","reason":"form.not_an_option","message":{"mn":"«хэл»: маягтад тохирохгүй байна. Харах: emongolia request form","en":"“хэл”: it does not fit. See: emongolia request form"}}"#
        );
        assert_eq!(
            serde_json::to_string(&Told::of(&busy)).unwrap(),
            r#"{"kind":"busy","retry_after_s":7,"message":{"mn":"Одоо болохгүй. 7 секундийн дараа дахин оролдоно уу.","en":"Not now. Try again in 7 seconds."}}"#
        );
    }

    #[test]
    fn a_stuck_operation_says_why_and_where_to_look() {
        let operation = OperationId::parse(&"0a".repeat(16)).unwrap();
        let stuck =
            Failure::NeedsAttention { operation, problem: Some("invalid_field".into()), field: Some("endYear".into()) };

        let LocalisedText { mn, en } = stuck.message();

        assert!(mn.contains("«endYear» талбарыг хүлээж авсангүй") && mn.ends_with(&"0a".repeat(16)), "{mn}");
        assert!(en.unwrap().contains("“endYear” was not accepted"));
    }

    #[test]
    fn a_reason_of_tomorrow_is_shown_by_its_code() {
        let told = problem_in_words(Some("үүрэг.шинэ"), None);

        assert_eq!(told, LocalisedText::new("шалтгаан: үүрэг.шинэ.", "reason: үүрэг.шинэ."));
    }
}
