//! Where a session stands. Derived from `state.db` each time it is asked, so it survives whatever kills the process.
//!
//! ```text
//!                 begin            callback             renewed
//!  SignedOut ────────────> SigningIn ───────> Active ──────────┐
//!      ^  ^                 │   ^               │  ^───────────┘
//!      │  └── 10 minutes ───┘   │ begin         │ invalid_grant
//!      │                        └──── Expired <─┘
//!      └──────────── sign-out (from anywhere) ─────
//! ```
//!
//! | from      | by                                   | to        | what changes                              |
//! |-----------|--------------------------------------|-----------|-------------------------------------------|
//! | SignedOut | `begin_sign_in`                      | SigningIn | an attempt is stored                      |
//! | SigningIn | a callback refused before its state  | SigningIn | nothing                                   |
//! | SigningIn | a good callback                      | Active    | attempt gone, citizen and tokens stored   |
//! | SigningIn | a callback that failed, or 10 minutes| as before | attempt gone                              |
//! | SigningIn | a good callback of another citizen   | as before | attempt gone, the new tokens are revoked  |
//! | Active    | a renewal                            | Active    | tokens replaced                           |
//! | Active    | `invalid_grant` for the stored tokens| Expired   | tokens gone; citizen, outbox, documents stay |
//! | Active    | network trouble, 5xx, a failed save  | Active    | nothing                                   |
//! | Expired   | the same citizen signs in            | Active    | tokens stored                             |
//! | any       | `App::sign_out`                      | SignedOut | everything gone                           |

use std::time::Duration;

use super::{citizen::Citizen, store::SessionRow};
use crate::{country::RegistrationNumber, foundation::clock::Timestamp};

/// How long a sign-in may take from its beginning to its callback.
pub(super) const ATTEMPT_LIFE: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionState {
    SignedOut,
    /// A browser has been sent off; its callback is awaited until then.
    SigningIn {
        until: Timestamp,
    },
    /// The access token's end is of no concern to a citizen: it is renewed by itself.
    Active {
        citizen: Summary,
        access_expires: Timestamp,
    },
    /// The session can't be renewed. What is stored stays, for this citizen.
    Expired {
        citizen: Summary,
    },
    /// The app is locked; whose it is and how the session stands shows when it is unlocked.
    Locked,
}

/// Enough to greet somebody by.
#[derive(Clone, PartialEq, Eq)]
pub struct Summary {
    pub name: String,
    pub registration_number: Option<RegistrationNumber>,
}

impl std::fmt::Debug for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Summary(***)")
    }
}

impl From<Citizen> for Summary {
    fn from(citizen: Citizen) -> Self {
        Self { name: citizen.name, registration_number: citizen.registration_number }
    }
}

/// The state that the rows mean.
pub(super) fn state(row: Option<SessionRow>, latest_attempt: Option<Timestamp>, now: Timestamp) -> SessionState {
    let until = latest_attempt.filter(|begun| in_time(*begun, now)).map(|begun| begun.saturating_add(ATTEMPT_LIFE));
    match (row, until) {
        (Some(row), _) if row.renewable => {
            SessionState::Active { citizen: row.citizen.into(), access_expires: row.access_expires }
        }
        (_, Some(until)) => SessionState::SigningIn { until },
        (Some(row), None) => SessionState::Expired { citizen: row.citizen.into() },
        (None, None) => SessionState::SignedOut,
    }
}

/// As [`state`], when no PIN helps any more: nothing can be read but that a sign-in is under way.
pub(super) fn spent(latest_attempt: Option<Timestamp>, now: Timestamp) -> SessionState {
    match latest_attempt.filter(|begun| in_time(*begun, now)) {
        Some(begun) => SessionState::SigningIn { until: begun.saturating_add(ATTEMPT_LIFE) },
        None => SessionState::Locked,
    }
}

/// Whether a callback that comes now is in time. A beginning in the future is that of a clock that was put back.
pub(super) fn in_time(begun: Timestamp, now: Timestamp) -> bool {
    now.since(begun).max(begun.since(now)) <= ATTEMPT_LIFE
}
