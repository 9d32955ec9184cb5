//! Writes on their way.

use emongolia_core::{
    foundation::clock::Timestamp,
    offline::{Page, outbox},
};

use super::{Result, id, page};

/// Where an operation stands. `New → Sending → Done | Wedged | Cancelled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum OperationState {
    /// On this phone only.
    New,
    /// A byte may have left; whether it had its effect is known only with the answer.
    Sending,
    /// Had its effect, exactly once.
    Done,
    /// Can't go on without the citizen.
    Wedged,
    /// Called off before it had an effect.
    Cancelled,
}

/// A write on its way.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OutboxOperation {
    /// Names it here.
    pub id: String,
    /// What it does: `request.submit`, `inbox.read`, …
    pub kind: String,
    /// Where it stands.
    pub state: OperationState,
    /// When the citizen acted, Unix milliseconds.
    pub created_at_ms: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// When it will be tried again by itself, Unix milliseconds; only while it waits.
    pub next_try_at_ms: Option<i64>,
    /// Why it is wedged: a stable code.
    pub problem: Option<String>,
    /// The form's name of the value that the problem is about.
    pub problem_field: Option<String>,
}

/// At most 50 operations, newest first. They live on this phone, so they have no age.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OperationPage {
    /// The rows.
    pub items: Vec<OutboxOperation>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
}

/// How an attempt to send everything ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum FlushOutcome {
    /// Nothing is due any more.
    Drained,
    /// The gateway can't be reached.
    Offline,
    /// There is no session to send with.
    SignInRequired,
    /// The core is suspended, or its store failed.
    Stopped,
}

impl From<outbox::State> for OperationState {
    fn from(state: outbox::State) -> Self {
        match state {
            outbox::State::New => Self::New,
            outbox::State::Sending => Self::Sending,
            outbox::State::Done => Self::Done,
            outbox::State::Wedged => Self::Wedged,
            outbox::State::Cancelled => Self::Cancelled,
        }
    }
}

impl From<outbox::OperationView> for OutboxOperation {
    fn from(view: outbox::OperationView) -> Self {
        let outbox::OperationView { id, kind, state, created_at, attempts, next_try_at, problem, problem_field } = view;
        Self {
            id: id.to_string(),
            kind,
            state: state.into(),
            created_at_ms: created_at.unix_ms(),
            attempts,
            next_try_at_ms: next_try_at.map(Timestamp::unix_ms),
            problem,
            problem_field,
        }
    }
}

impl From<Page<outbox::OperationView>> for OperationPage {
    fn from(operations: Page<outbox::OperationView>) -> Self {
        let (items, next) = page(operations);
        Self { items, next }
    }
}

impl From<outbox::PassEnd> for FlushOutcome {
    fn from(end: outbox::PassEnd) -> Self {
        match end {
            outbox::PassEnd::Drained => Self::Drained,
            outbox::PassEnd::Offline => Self::Offline,
            outbox::PassEnd::SignInRequired => Self::SignInRequired,
            outbox::PassEnd::Stopped => Self::Stopped,
        }
    }
}

pub(crate) fn operation_id(text: &str) -> Result<outbox::OperationId> {
    id("operation", text, outbox::OperationId::parse)
}
