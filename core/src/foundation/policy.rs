//! What the state tells every installation, in force until it says otherwise.
//!
//! Guarantees: it can only make a build stricter: who keeps to a time takes the shorter of this one and the built-in one.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// What is in force. A time that is not said is the longest there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The app locks after so long without a touch.
    pub lock_idle: Duration,
    /// The app locks when it comes back after so long.
    pub lock_background: Duration,
    /// So long before its end a session is said to expire soon.
    pub session_warn: Duration,
    /// Builds older than this are to be replaced.
    minimum_version: Version,
    /// Documents older than this are not taken.
    floors: Vec<(String, i64)>,
}

type Version = [u32; 3];

impl Default for Policy {
    fn default() -> Self {
        Self::told(None, [None; 3], Vec::new())
    }
}

impl Policy {
    /// `None` is what is not said.
    pub fn told(
        minimum_version: Option<&str>,
        [lock_idle, lock_background, session_warn]: [Option<Duration>; 3],
        floors: Vec<(String, i64)>,
    ) -> Self {
        Self {
            lock_idle: lock_idle.unwrap_or(Duration::MAX),
            lock_background: lock_background.unwrap_or(Duration::MAX),
            session_warn: session_warn.unwrap_or(Duration::MAX),
            minimum_version: minimum_version.and_then(version).unwrap_or_default(),
            floors,
        }
    }

    /// Whether this build is to be replaced.
    pub fn wants_update(&self) -> bool {
        version(env!("CARGO_PKG_VERSION")).unwrap_or_default() < self.minimum_version
    }

    /// The oldest version of a document (`service/…`) that is taken: its own, or that of its kind (`service`).
    pub fn floor(&self, document: &str) -> i64 {
        let named = |name: &str| self.floors.iter().find(|(each, _)| each == name).map(|(_, floor)| *floor);
        let kind = document.split('/').next().unwrap_or_default();
        named(document).or_else(|| named(kind)).unwrap_or_default()
    }
}

/// `1.2.3`; what follows a `-` or `+` does not count.
fn version(text: &str) -> Option<Version> {
    let mut parts = text.split(['-', '+']).next()?.split('.');
    let mut version = Version::default();
    for part in &mut version {
        *part = parts.next()?.parse().ok()?;
    }
    parts.next().is_none().then_some(version)
}

/// What is in force now, for whoever asks. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Policies(Arc<RwLock<Arc<Policy>>>);

impl Policies {
    pub fn now(&self) -> Arc<Policy> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, policy: Policy) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_too_old_only_for_a_version_that_can_be_read() {
        let wants = |minimum: &str| Policy::told(Some(minimum), [None; 3], Vec::new()).wants_update();

        assert!(wants("999.0.0") && wants("999.0.0-rc.1"));
        for fine in ["0.0.0", env!("CARGO_PKG_VERSION"), "", "999", "999.0", "999.0.0.0", "хоёр", "99999999999.0.0"]
        {
            assert!(!wants(fine), "{fine}");
        }
    }

    #[test]
    fn a_floor_is_a_documents_own_or_that_of_its_kind() {
        let floors = vec![("service".to_owned(), 5), ("service/үнэмлэх".to_owned(), 7)];
        let policy = Policy::told(None, [None; 3], floors);

        assert_eq!(["service/үнэмлэх", "service/a", "areas"].map(|name| policy.floor(name)), [7, 5, 0]);
    }
}
