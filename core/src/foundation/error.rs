//! Errors in two layers: inside, a rich enum per module; outside, what the caller can do about it.
//!
//! Guarantees: one place decides what an inner error means outside and whether it is logged; no text of
//! SQLite, reqwest or a server ever reaches the outside.

use crate::foundation::crypto::random;

/// What a shell or a terminal can do about a failure. Nothing in it is personal, nothing in it is free text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no session, or it can no longer be renewed. Outbox, drafts and documents are untouched.
    #[error("sign-in required")]
    SignInRequired,
    /// The session is good, but for this the citizen proves anew who they are: within `max_age_s` seconds, and if `acr`
    /// is given in one of those ways.
    #[error("step-up required, {max_age_s} s")]
    StepUpRequired { max_age_s: u32, acr: Option<String> },
    /// The keys are not to be had until the citizen unlocks the phone or the app.
    #[error("locked")]
    Locked,
    /// Signed in, but this citizen may not do this.
    #[error("forbidden")]
    Forbidden,
    /// The gateway can't be reached. What was asked for waits in the outbox if it was a write.
    #[error("offline")]
    Offline,
    /// The other side did not answer in time.
    #[error("timed out")]
    Timeout,
    /// The other side asks for patience.
    #[error("busy")]
    Busy { retry_after_s: Option<u32> },
    /// A value can't be accepted. `field` names it, `reason` is a stable code such as `registration_number.month`.
    #[error("invalid {field}: {reason}")]
    Invalid { field: String, reason: String },
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// The caller, or a life-cycle change, called the work off.
    #[error("cancelled")]
    Cancelled,
    /// The core is suspended or shut down, or the platform lacks the means.
    #[error("not available")]
    NotAvailable,
    /// Nothing the caller can mend. `code` is stable (`storage.full`, `net.body_too_large`), `reference` is in the log.
    #[error("unexpected {code} (reference {reference})")]
    Unexpected { code: String, reference: String },
}

/// The result of everything public.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A value that can't be accepted.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), reason: reason.into() }
    }
}

/// What an inner error means outside.
pub enum Outcome {
    /// An ordinary turn of events: not logged.
    Expected(Error),
    /// Something to look at later: logged as a warning with the inner error's own text.
    Notable(Error),
    /// A defect or a broken other side: logged as an error under a reference the citizen can read out.
    /// The argument is the stable code.
    Defect(&'static str),
}

/// Maps a module's error to the outside. Implemented once per module error, used through [`outward`].
///
/// The `Display` of an implementor is written to the log: it must hold no personal value.
pub trait Outward: std::error::Error {
    fn outcome(&self) -> Outcome;
}

/// The one place where an inner error becomes a public one.
pub fn outward(error: impl Outward) -> Error {
    public(&error)
}

fn public(error: &dyn Outward) -> Error {
    match error.outcome() {
        Outcome::Expected(public) => public,
        Outcome::Notable(public) => {
            log::warn!(target: "emongolia", "{}", chain(error));
            public
        }
        Outcome::Defect(code) => defect(code, &chain(error)),
    }
}

/// What nobody outside can mend: the text goes to the log, and what is given names the line it stands in.
pub fn defect(code: &str, text: &str) -> Error {
    let reference = random::letters::<8>();
    log::error!(target: "emongolia", "[{reference}] {code}: {text}");
    Error::Unexpected { code: code.to_owned(), reference }
}

/// Lets `?` turn a module's error into the public one through [`outward`].
macro_rules! outward_from {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for $crate::foundation::error::Error {
            fn from(error: $error) -> Self {
                $crate::foundation::error::outward(error)
            }
        }
    )+};
}
pub(crate) use outward_from;

fn chain(error: &dyn Outward) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Inner {
        #[error("disk said no")]
        Disk,
        #[error("as usual")]
        Usual,
    }
    impl Outward for Inner {
        fn outcome(&self) -> Outcome {
            match self {
                Self::Disk => Outcome::Defect("inner.disk"),
                Self::Usual => Outcome::Expected(Error::Offline),
            }
        }
    }

    #[test]
    fn a_defect_shows_a_code_and_a_reference_but_no_inner_text() {
        let public = outward(Inner::Disk);

        let Error::Unexpected { code, reference } = &public else { panic!("{public:?}") };
        assert_eq!(code, "inner.disk");
        assert_eq!(reference.len(), 8);
        assert!(!public.to_string().contains("disk said no"));
    }

    #[test]
    fn an_expected_turn_keeps_its_meaning() {
        assert_eq!(outward(Inner::Usual), Error::Offline);
    }
}
