use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::fate::{EXPIRED_UNKNOWN, STEP_UP, STEP_UP_UNKNOWN};
use crate::foundation::{clock::Timestamp, crypto::random::minted_id};

minted_id! {
    /// Names an operation in the outbox. Not the idempotency key, which never leaves core and gateway.
    OperationId
}

impl std::fmt::Display for OperationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an operation stands. `new → sending → done | wedged | cancelled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// On this phone only; of one in steps, its next.
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

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Wedged => "wedged",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::New, Self::Sending, Self::Done, Self::Wedged, Self::Cancelled].into_iter().find(|s| s.as_str() == text)
    }

    /// Nothing more will happen to it by itself or by the citizen.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Done | Self::Cancelled => true,
            Self::New | Self::Sending | Self::Wedged => false,
        }
    }
}

/// A column of a query on `operation`: the wedged one before it, which its group waits for.
pub(crate) const HELD_UP_BY: &str = "(SELECT head.id FROM operation head
        WHERE head.order_group = operation.order_group AND head.seq < operation.seq
            AND head.finished_at IS NULL AND head.state = 'wedged' -- the first is the index's
        ORDER BY head.seq LIMIT 1) AS held_up_by";

/// What a citizen can be told, and do, about an operation that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// No byte of it has left.
    Waits,
    /// No byte of it has left, and none will: one before it in its group is wedged.
    HeldUp,
    /// It may have arrived, and is sent until there is an answer.
    Unanswered,
    /// It is wedged until the citizen has proven anew who they are.
    ToProve,
    /// It is wedged: the other side would not take it.
    Refused,
    /// It is wedged, and nobody knows whether it had its effect.
    Unclear,
    /// The same, and only the citizen can find out: the gateway may have forgotten it.
    Forgotten,
}

impl Outlook {
    /// `None`: it is over.
    pub(super) fn of(state: State, problem: Option<&str>) -> Option<Self> {
        Some(match (state, problem) {
            (State::New, _) => Self::Waits,
            (State::Sending, _) => Self::Unanswered,
            (State::Wedged, Some(STEP_UP)) => Self::ToProve,
            (State::Wedged, Some(EXPIRED_UNKNOWN)) => Self::Forgotten,
            (
                State::Wedged,
                Some(STEP_UP_UNKNOWN | "damaged_unknown" | "key_reused" | "answer_unreadable" | "operation_unknown"),
            ) => Self::Unclear,
            (State::Wedged, _) => Self::Refused,
            (State::Done | State::Cancelled, _) => return None,
        })
    }

    /// From the row that it stands in, with its columns `state` and `problem_code`, and [`HELD_UP_BY`].
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let (state, problem): (String, Option<String>) = (row.get("state")?, row.get("problem_code")?);
        let held_up = row.get::<_, Option<String>>("held_up_by")?.is_some();
        let by_itself = State::parse(&state).and_then(|state| Self::of(state, problem.as_deref()));
        Ok(by_itself.map(|outlook| if held_up && outlook == Self::Waits { Self::HeldUp } else { outlook }))
    }

    /// It goes on only with the citizen.
    pub const fn is_wedged(self) -> bool {
        match self {
            Self::HeldUp | Self::ToProve | Self::Refused | Self::Unclear | Self::Forgotten => true,
            Self::Waits | Self::Unanswered => false,
        }
    }

    /// No byte has left, the other side has refused it by name, or the citizen was told to look for it.
    pub const fn may_be_called_off(self) -> bool {
        match self {
            Self::Waits | Self::HeldUp | Self::ToProve | Self::Refused | Self::Forgotten => true,
            Self::Unanswered | Self::Unclear => false,
        }
    }
}

/// What the citizen sees of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperationView {
    pub id: OperationId,
    /// The feature's name for it: `request.submit`, `inbox.read`, …
    pub kind: String,
    pub state: State,
    pub created_at: Timestamp,
    pub attempts: u32,
    /// When it will be tried again by itself; only while it waits.
    pub next_try_at: Option<Timestamp>,
    /// Why it is wedged: the gateway's stable code, or `expired_unknown`, `key_reused`, `answer_unreadable`,
    /// `operation_unreadable` (what was kept of it is damaged, and it had no effect), `damaged_unknown` (the same, and
    /// nobody knows), `damaged_looked` (the same, and the citizen was told to look for it), `step_up` (the citizen proves
    /// anew who they are, then it is tried again), `step_up_unknown` (the same, then it is asked whether it had its effect).
    pub problem: Option<String>,
    /// The field the problem is about, as the form names it.
    pub problem_field: Option<String>,
}

impl OperationView {
    /// As far as it tells itself; [`super::Outbox::cancel`] has the last word.
    pub fn may_be_called_off(&self) -> bool {
        Outlook::of(self.state, self.problem.as_deref()).is_some_and(Outlook::may_be_called_off)
    }
}
