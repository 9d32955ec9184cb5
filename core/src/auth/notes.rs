//! What the other side has told us in passing: its nonces (RFC 9449 §8, §9) and what time it thinks it is.
//!
//! Guarantees: learnt only from answers of hosts that proved who they are; kept per origin, and nonces also per role,
//! because one origin may be both authorisation server and gateway.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use url::Url;

use crate::foundation::{
    checks::{Check, Checks},
    clock::{Clock, Timestamp},
    net::{Response, origin},
};

/// `Date` counts whole seconds and an answer takes a while: a smaller difference is no difference.
const TOLERANCE: Duration = Duration::from_secs(5);

/// A server's nonce is longer than this only to do harm.
const NONCE_MAX: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    AuthorizationServer,
    ResourceServer,
}

pub(super) struct Notes {
    clock: Arc<dyn Clock>,
    checks: Checks,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    nonces: HashMap<(Role, String), String>,
    /// How far the origin's clock is ahead of the device's, in milliseconds.
    ahead_ms: HashMap<String, i64>,
}

impl Notes {
    pub(super) fn new(clock: Arc<dyn Clock>, checks: Checks) -> Self {
        Self { clock, checks, inner: Mutex::default() }
    }

    /// Remembers what the answer says; gives back whether it brought a nonce.
    pub(super) fn learn(&self, role: Role, url: &Url, response: &Response) -> bool {
        let nonce = response.header("dpop-nonce").filter(|n| self.checks.pass(Check::NonceCharacters, is_nonce(n)));
        let date = response.date();
        let now = self.clock.now();
        let mut inner = self.inner();
        if let Some(nonce) = nonce {
            inner.nonces.insert((role, origin(url)), nonce.to_owned());
        }
        if let Some(date) = date {
            let ahead = date.unix_ms().saturating_sub(now.unix_ms());
            let ahead = if ahead.unsigned_abs() <= TOLERANCE.as_millis() as u64 { 0 } else { ahead };
            inner.ahead_ms.insert(origin(url), ahead);
        }
        nonce.is_some()
    }

    pub(super) fn nonce(&self, role: Role, url: &Url) -> Option<String> {
        self.inner().nonces.get(&(role, origin(url))).cloned()
    }

    /// What time it is over there, as far as we know.
    pub(super) fn their_now(&self, url: &Url) -> Timestamp {
        let ahead = self.inner().ahead_ms.get(&origin(url)).copied().unwrap_or(0);
        Timestamp::from_unix_ms(self.clock.now().unix_ms().saturating_add(ahead))
    }

    /// Whether a proof made `at` that time would be dated differently now.
    pub(super) fn would_date_otherwise(&self, url: &Url, at: Timestamp) -> bool {
        let now = self.their_now(url);
        now.since(at).max(at.since(now)) > TOLERANCE
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `1*NQCHAR` (RFC 9449 §8.1).
fn is_nonce(text: &str) -> bool {
    let nqchar = |b: u8| b == 0x21 || (0x23..=0x5b).contains(&b) || (0x5d..=0x7e).contains(&b);
    !text.is_empty() && text.len() <= NONCE_MAX && text.bytes().all(nqchar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_of_the_characters_rfc_9449_allows() {
        assert!(is_nonce("eyJ7S_zG.eyJH0-Z.HX4w-7v"));
        for bad in ["", "a b", "a\"b", "a\\b", "Өө", &"x".repeat(NONCE_MAX + 1)] {
            assert!(!is_nonce(bad), "{bad}");
        }
    }
}
