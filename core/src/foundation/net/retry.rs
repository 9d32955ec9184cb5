//! Whether, and how long until, a call is tried again.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{Error, Response, limits};
use crate::foundation::crypto::random;

/// Whether a call may be repeated when nobody knows what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryClass {
    /// Only when certainly nothing was sent.
    Never,
    /// Idempotent by its method, or because it carries an idempotency key.
    Safe,
}

/// What to do after a try.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This is the answer, good or bad.
    Settled,
    /// Try again after this long.
    After(Duration),
}

/// The rule, without clocks and sockets. `tries` counts those made, `fraction` is a random number in `0.0..1.0`.
pub(super) fn next(class: RetryClass, tries: u32, outcome: Result<&Response, Option<&Error>>, fraction: f64) -> Next {
    match outcome {
        // Nothing was sent, so one more try is always harmless; a second would be a loop while offline.
        Err(Some(Error::Offline { .. })) if tries == 1 => Next::After(jitter(1, fraction)),
        Err(Some(Error::Lost { .. } | Error::Timeout { .. })) if class == RetryClass::Safe && tries < limits::TRIES => {
            Next::After(jitter(tries, fraction))
        }
        Ok(answer) if class == RetryClass::Safe && tries < limits::TRIES && is_passing(answer.status) => {
            let Some(wish) = answer.retry_after_s() else { return Next::After(jitter(tries, fraction)) };
            let wish = Duration::from_secs(u64::from(wish));
            // Never earlier than asked; spread, because every phone was told the same second.
            if wish > limits::RETRY_AFTER_CAP { Next::Settled } else { Next::After(wish + jitter(1, fraction)) }
        }
        Ok(_) | Err(_) => Next::Settled,
    }
}

/// Answers that say «not now» rather than «no».
fn is_passing(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

/// Full jitter before the n-th repetition, n from 1: `random(0, min(cap, base · 2ⁿ))`.
fn jitter(n: u32, fraction: f64) -> Duration {
    let ceiling = limits::BACKOFF_BASE.saturating_mul(2u32.saturating_pow(n)).min(limits::BACKOFF_CAP);
    ceiling.mul_f64(fraction)
}

pub(super) fn fraction() -> f64 {
    random::fraction()
}

/// All calls together may repeat a tenth of what they do, and a few at the start: after an outage a million phones
/// then cost the gateway 1.1 times their calls, not four times.
pub(super) struct Allowance(Mutex<u32>);

/// In tenths of a repetition.
const FULL: u32 = 100;
const PER_CALL: u32 = 1;
const PER_REPETITION: u32 = 10;

impl Allowance {
    pub(super) fn full() -> Self {
        Self(Mutex::new(FULL))
    }

    pub(super) fn earn(&self) {
        let mut tenths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *tenths = (*tenths + PER_CALL).min(FULL);
    }

    pub(super) fn spend(&self) -> bool {
        let mut tenths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match tenths.checked_sub(PER_REPETITION) {
            Some(left) => {
                *tenths = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Response {
        let mut headers = reqwest::header::HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert("retry-after", value.parse().unwrap());
        }
        Response { status, headers, body: Vec::new(), request_id: String::new() }
    }

    fn lost() -> Error {
        Error::Lost { host: "h".into() }
    }

    #[test]
    fn an_unsafe_call_is_never_repeated_once_it_may_have_been_seen() {
        assert_eq!(next(RetryClass::Never, 1, Err(Some(&lost())), 0.5), Next::Settled);
        assert_eq!(next(RetryClass::Never, 1, Ok(&answer(503, Some("1"))), 0.5), Next::Settled);
    }

    #[test]
    fn a_safe_call_is_repeated_three_times_with_growing_ceilings() {
        let waits: Vec<_> = (1..=4).map(|tries| next(RetryClass::Safe, tries, Err(Some(&lost())), 0.5)).collect();

        let ms = Duration::from_millis;
        assert_eq!(waits, [Next::After(ms(250)), Next::After(ms(500)), Next::After(ms(1000)), Next::Settled]);
    }

    #[test]
    fn the_wait_lies_anywhere_between_nothing_and_the_ceiling() {
        assert_eq!(jitter(1, 0.0), Duration::ZERO);
        assert!(jitter(30, 0.999) < limits::BACKOFF_CAP);
    }

    #[test]
    fn offline_is_tried_once_more_and_then_owned_up_to() {
        let offline = Error::Offline { host: "h".into() };

        for class in [RetryClass::Never, RetryClass::Safe] {
            assert!(matches!(next(class, 1, Err(Some(&offline)), 0.5), Next::After(_)));
            assert_eq!(next(class, 2, Err(Some(&offline)), 0.5), Next::Settled);
        }
    }

    #[test]
    fn retry_after_is_kept_to_and_a_long_one_is_left_to_the_caller() {
        let Next::After(wait) = next(RetryClass::Safe, 1, Ok(&answer(503, Some("3"))), 0.1) else { panic!() };

        assert!(wait >= Duration::from_secs(3));
        assert_eq!(next(RetryClass::Safe, 1, Ok(&answer(429, Some("3600"))), 0.1), Next::Settled);
    }

    #[test]
    fn a_plain_no_is_not_asked_again() {
        for status in [200, 304, 400, 401, 403, 404, 409, 422, 500] {
            assert_eq!(next(RetryClass::Safe, 1, Ok(&answer(status, None)), 0.5), Next::Settled);
        }
        let untrusted = Error::Untrusted { host: "h".into(), why: super::super::Distrust::NotPinned };
        assert_eq!(next(RetryClass::Safe, 1, Err(Some(&untrusted)), 0.5), Next::Settled);
    }

    #[test]
    fn an_outage_costs_the_other_side_a_tenth_more() {
        let allowance = Allowance::full();

        let repeated = (0..1000)
            .map(|_| {
                allowance.earn();
                (0..3).filter(|_| allowance.spend()).count()
            })
            .sum::<usize>();

        assert!(repeated <= 1000 / 10 + 10, "{repeated} repetitions");
    }
}
