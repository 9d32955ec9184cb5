//! What an error means for an operation: the one table of it.

use std::time::Duration;

use super::{store::Item, worker::PassEnd};
use crate::{
    foundation::{
        crypto::random,
        error::{Error as Public, Outcome, Outward as _},
        net,
    },
    gateway::{self, Problem},
};

/// Answers that can't be read, in a row, before the citizen is asked to look.
const UNREADABLE_LIMIT: u32 = 5;

/// The longest `Retry-After` we obey without asking again.
pub(super) const RETRY_AFTER_CAP: Duration = Duration::from_secs(3600);

/// The shortest: a server that says 0 is not asked without end.
const RETRY_AFTER_FLOOR: Duration = Duration::from_secs(1);

/// Back-off: a random time up to `BASE · 2^attempts`, at most `CAP` (full jitter).
const BACK_OFF_BASE: Duration = Duration::from_secs(2);
const BACK_OFF_CAP: Duration = Duration::from_secs(15 * 60);

/// An earlier try under this key is being served.
pub(super) const KEY_IN_PROGRESS: &str = "key_in_progress";

/// It was first sent so long ago that the gateway may have forgotten it: nobody knows whether it had its effect.
pub(super) const EXPIRED_UNKNOWN: &str = "expired_unknown";

/// The citizen has to prove anew who they are, then tries again.
pub(super) const STEP_UP: &str = "step_up";

/// The same, before it can be found out whether it had its effect.
pub(super) const STEP_UP_UNKNOWN: &str = "step_up_unknown";

pub(super) enum Fate {
    Again { after: Duration },
    Stop(PassEnd),
    Refused(Problem),
    Wedged(&'static str),
}

/// What an error means for an operation. The one table of it.
pub(super) fn fate(error: &gateway::Error, item: &Item) -> Fate {
    match error {
        gateway::Error::Problem(problem) => match (problem.status, problem.code.as_str()) {
            (409, KEY_IN_PROGRESS) => Fate::Again { after: asked_patience(problem).unwrap_or(BACK_OFF_BASE) },
            (408 | 425 | 429 | 500..=599, _) => {
                Fate::Again { after: asked_patience(problem).unwrap_or_else(|| back_off(item.attempts)) }
            }
            (_, EXPIRED_UNKNOWN) => Fate::Wedged(EXPIRED_UNKNOWN),
            _ => Fate::Refused(problem.clone()),
        },
        gateway::Error::Malformed { .. } | gateway::Error::Refused { .. }
            if item.unreadable + 1 >= UNREADABLE_LIMIT =>
        {
            Fate::Wedged("answer_unreadable")
        }
        gateway::Error::Malformed { .. } | gateway::Error::Refused { .. } => {
            Fate::Again { after: back_off(item.attempts) }
        }
        gateway::Error::Address => Fate::Wedged("operation_unknown"), // it was stored by another build
        gateway::Error::Net(net::Error::Closed) => Fate::Stop(PassEnd::Stopped),
        // The request may have had its effect: the same key asks again, later.
        gateway::Error::Net(net::Error::Lost { .. }) => Fate::Again { after: back_off(item.attempts) },
        gateway::Error::Net(_) | gateway::Error::Auth(_) => match error.outcome() {
            Outcome::Expected(public) | Outcome::Notable(public) => match public {
                Public::Offline => Fate::Stop(PassEnd::Offline),
                Public::SignInRequired => Fate::Stop(PassEnd::SignInRequired),
                // Locked is no end of the session: unlocking the phone pokes.
                Public::Locked | Public::NotAvailable => Fate::Stop(PassEnd::Stopped),
                Public::StepUpRequired { .. } => Fate::Wedged(if item.in_doubt { STEP_UP_UNKNOWN } else { STEP_UP }),
                Public::Busy { retry_after_s: Some(s) } => Fate::Again { after: patience(s) },
                Public::Busy { retry_after_s: None }
                | Public::Forbidden
                | Public::Timeout
                | Public::Invalid { .. }
                | Public::NotFound
                | Public::Cancelled
                | Public::Unexpected { .. } => Fate::Again { after: back_off(item.attempts) },
            },
            Outcome::Defect(_) => Fate::Again { after: back_off(item.attempts) },
        },
    }
}

fn asked_patience(problem: &Problem) -> Option<Duration> {
    problem.retry_after_s.map(patience)
}

fn patience(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds)).clamp(RETRY_AFTER_FLOOR, RETRY_AFTER_CAP)
}

fn back_off(attempts: u32) -> Duration {
    let ceiling = BACK_OFF_BASE.saturating_mul(1 << attempts.min(16)).min(BACK_OFF_CAP);
    ceiling.mul_f64(random::fraction())
}
