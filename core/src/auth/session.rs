//! Where a session stands, as the outside is told. It follows from facts each time it is asked for (`docs/session.md`), so
//! it survives whatever kills the process.

use std::time::Duration;

use super::citizen::Citizen;
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
    /// An access token's end is of no concern to a citizen: it is renewed by itself.
    Active {
        citizen: Summary,
    },
    /// As active: new tokens are being asked for.
    Refreshing {
        citizen: Summary,
    },
    /// As active, until then: whoever signs in before that notices nothing.
    ExpiringSoon {
        citizen: Summary,
        ends_at: Timestamp,
    },
    /// The session can't be renewed. What is stored stays, for this citizen.
    Expired {
        citizen: Summary,
    },
    /// There is a session, and its keys are not at hand until the citizen unlocks the app or the phone.
    Locked,
    /// A sign-out has begun and is not through.
    Wiping,
}

impl SessionState {
    /// Whether the citizen's own things can be asked for.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Active { .. } | Self::Refreshing { .. } | Self::ExpiringSoon { .. } => true,
            Self::SignedOut | Self::SigningIn { .. } | Self::Expired { .. } | Self::Locked | Self::Wiping => false,
        }
    }
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

/// Whether a callback that comes now is in time. A beginning in the future is that of a clock that was put back.
pub(super) fn in_time(begun: Timestamp, now: Timestamp) -> bool {
    now.since(begun).max(begun.since(now)) <= ATTEMPT_LIFE
}
