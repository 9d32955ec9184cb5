//! Leaves a failing token endpoint alone for a while: a broken server is not asked by every call of every screen.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{Error, Result};
use crate::foundation::{
    clock::{Clock, Timestamp},
    crypto::random,
};

/// So many failures in a row are more than bad luck.
const THRESHOLD: u32 = 3;

/// The first rest; doubled with every further failure.
const REST: Duration = Duration::from_secs(15);

/// Nobody waits longer to be let in again.
const REST_MAX: Duration = Duration::from_secs(300);

#[derive(Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    failures: u32,
    rests_until: Option<Timestamp>,
}

impl Breaker {
    /// [`Error::Resting`] while the endpoint is left alone.
    pub(super) fn check(&self, clock: &dyn Clock) -> Result<()> {
        let now = clock.now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = state.rests_until else { return Ok(()) };
        let left = until.since(now);
        if left.is_zero() || left > REST_MAX {
            state.rests_until = None; // over, or the clock has jumped back
            return Ok(());
        }
        Err(Error::Resting { retry_after_s: u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(1) })
    }

    pub(super) fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    pub(super) fn failed(&self, clock: &dyn Clock) {
        let now = clock.now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        let Some(beyond) = state.failures.checked_sub(THRESHOLD) else { return };
        let rest = REST.saturating_mul(2u32.saturating_pow(beyond)).min(REST_MAX);
        // At least half of it, the rest by chance, so that a million phones don't come back together.
        state.rests_until = Some(now.saturating_add(rest.mul_f64(0.5 + random::fraction() / 2.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::net::testing::clock;

    #[test]
    fn three_failures_in_a_row_open_it_and_time_closes_it() {
        let (breaker, clock) = (Breaker::default(), clock());
        for _ in 0..THRESHOLD {
            breaker.check(&clock).unwrap();
            breaker.failed(&clock);
        }

        let resting = breaker.check(&clock);
        clock.advance(REST);

        assert!(matches!(resting, Err(Error::Resting { retry_after_s: 8..=16 })), "{resting:?}");
        breaker.check(&clock).unwrap();
    }

    #[test]
    fn a_success_starts_the_count_anew() {
        let (breaker, clock) = (Breaker::default(), clock());
        for _ in 0..10 {
            breaker.failed(&clock);
            breaker.failed(&clock);
            breaker.succeeded();
        }

        breaker.check(&clock).unwrap();
    }
}
