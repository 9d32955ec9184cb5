//! How young the proof of who the citizen is has to be for an operation (RFC 9470), and whether it is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::foundation::clock::Timestamp;

/// A proof from further in the future than this is none: the clock was put back since.
const LEEWAY: Duration = Duration::from_secs(60);

/// What an operation demands of the citizen's last authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// The citizen has proven who they are within so many seconds.
    pub max_age_s: u32,
    /// The ways of proving it that are good enough, separated by spaces; `None`: any (`acr_values`, OpenID Connect Core
    /// §3.1.2.1).
    pub acr: Option<String>,
}

impl Freshness {
    /// For what leaves the citizen's hands for good: whoever holds the phone has proven just now that it is the citizen.
    pub const RECENT: Self = Self::within(300);

    /// Within so many seconds, in whatever way.
    pub const fn within(max_age_s: u32) -> Self {
        Self { max_age_s, acr: None }
    }

    /// Whether a proof given `authenticated` in the way `acr` still does.
    pub(super) fn is_met(&self, authenticated: Option<Timestamp>, acr: Option<&str>, now: Timestamp) -> bool {
        let Some(authenticated) = authenticated else { return false };
        let of_now = authenticated.since(now) <= LEEWAY;
        of_now && now.since(authenticated) <= self.max_age() && self.is_good_enough(acr)
    }

    pub(super) const fn max_age(&self) -> Duration {
        Duration::from_secs(self.max_age_s as u64)
    }

    pub(super) fn is_good_enough(&self, acr: Option<&str>) -> bool {
        let Some(wanted) = &self.acr else { return true };
        acr.is_some_and(|acr| wanted.split(' ').any(|one| one == acr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::net::testing::now;

    const SIGNATURE: &str = "urn:mn:dan:signature";

    #[test]
    fn a_proof_does_until_its_last_second_and_not_from_the_future() {
        let five_minutes = Freshness::within(300);
        let at = |ago_s: i64| Some(Timestamp::from_unix_s(now().unix_s() - ago_s));

        for (authenticated, expected) in
            [(at(0), true), (at(300), true), (at(301), false), (at(-60), true), (at(-61), false), (None, false)]
        {
            assert_eq!(five_minutes.is_met(authenticated, None, now()), expected, "{authenticated:?}");
        }
    }

    #[test]
    fn a_way_of_proving_does_only_if_it_was_named() {
        let strict = Freshness { max_age_s: 300, acr: Some(format!("{SIGNATURE} urn:mn:dan:bank")) };

        for (acr, expected) in [
            (Some(SIGNATURE), true),
            (Some("urn:mn:dan:bank"), true),
            (Some("urn:mn:dan"), false),
            (Some("Гарын үсэг"), false),
            (None, false),
        ] {
            assert_eq!(strict.is_met(Some(now()), acr, now()), expected, "{acr:?}");
        }
    }
}
