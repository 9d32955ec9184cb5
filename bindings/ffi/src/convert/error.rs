//! Errors, by what the caller can do about them.

use emongolia_core::foundation::error;

/// The result of everything exported.
pub type Result<T, E = CoreError> = std::result::Result<T, E>;

/// What the shell can do about a failure. Nothing in it is personal, and no text in it is for a citizen's eyes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CoreError {
    /// There is no session, or it can no longer be renewed: offer to sign in. Outbox, drafts and documents are untouched.
    #[error("sign-in required")]
    SignInRequired,
    /// Signed in, but for this the citizen proves anew who they are: `Auth.step_up` with these values.
    #[error("step-up required, {max_age_s} s")]
    StepUpRequired {
        /// How old the proof may be, in seconds.
        max_age_s: u32,
        /// The ways of proving it that are good enough, separated by spaces, if not all are.
        acr: Option<String>,
    },
    /// The keys are not to be had until the citizen unlocks the phone or the app.
    #[error("locked")]
    Locked,
    /// Signed in, but this citizen may not do this.
    #[error("forbidden")]
    Forbidden,
    /// The gateway can't be reached. What was a write waits in the outbox.
    #[error("offline")]
    Offline,
    /// The other side did not answer in time.
    #[error("timed out")]
    Timeout,
    /// The other side asks for patience.
    #[error("busy")]
    Busy {
        /// Seconds, if it said how long.
        retry_after_s: Option<u32>,
    },
    /// A value can't be accepted.
    #[error("invalid {field}: {reason}")]
    Invalid {
        /// The form's or the call's name of the value.
        field: String,
        /// A stable code, such as `registration_number.month`.
        reason: String,
    },
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// The caller, or a change of the life cycle, called the work off.
    #[error("cancelled")]
    Cancelled,
    /// The core is suspended or shut down, or the platform lacks the means.
    #[error("not available")]
    NotAvailable,
    /// Nothing the caller can mend.
    #[error("unexpected {code} (reference {reference})")]
    Unexpected {
        /// Stable: `storage.full`, `net.body_too_large`.
        code: String,
        /// Stands in the log; the citizen can read it out to whoever helps.
        reference: String,
    },
}

impl From<error::Error> for CoreError {
    fn from(error: error::Error) -> Self {
        match error {
            error::Error::SignInRequired => Self::SignInRequired,
            error::Error::StepUpRequired { max_age_s, acr } => Self::StepUpRequired { max_age_s, acr },
            error::Error::Locked => Self::Locked,
            error::Error::Forbidden => Self::Forbidden,
            error::Error::Offline => Self::Offline,
            error::Error::Timeout => Self::Timeout,
            error::Error::Busy { retry_after_s } => Self::Busy { retry_after_s },
            error::Error::Invalid { field, reason } => Self::Invalid { field, reason },
            error::Error::NotFound => Self::NotFound,
            error::Error::Cancelled => Self::Cancelled,
            error::Error::NotAvailable => Self::NotAvailable,
            error::Error::Unexpected { code, reference } => Self::Unexpected { code, reference },
        }
    }
}
