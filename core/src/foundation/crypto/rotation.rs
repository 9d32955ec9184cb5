//! Another store key in the place of the one there is.
//!
//! Guarantees: a key is in the record before anything is sealed under it, and stays there while anything may be; whatever
//! a call is cut at, the record is the old one or the new one.

use std::time::Duration;

use super::keys::{KeyError, KeyId, KeyRing};
use crate::foundation::{clock::Timestamp, ports::Ports};

/// AES-GCM with random nonces is good for 2³² values a key (NIST SP 800-38D §8.3); this is far below, and more than years
/// of a citizen's use.
const SEALS: u32 = 1 << 20;

impl KeyRing {
    /// Whether the store key is older than this, or has sealed so much that another is wanted. `false` while the ring is
    /// not open.
    pub fn is_worn(&self, now: Timestamp, age: Duration) -> bool {
        self.is_older(now, age) || (self.id().is_some() && self.sealed() >= SEALS)
    }

    /// Whether the store key is older than this. `false` while the ring is not open.
    pub fn is_older(&self, now: Timestamp, age: Duration) -> bool {
        self.made_at().is_some_and(|made_at| now.since(Timestamp::from_unix_ms(made_at)) >= age)
    }

    /// From now on another store key seals; the one before it still opens. Nothing happens while one before it is still
    /// there. The ring must be open. Blocks: calls ports.
    pub fn rotate(&self, ports: &Ports) -> Result<(), KeyError> {
        let (mut record, master) = self.opened(ports)?;
        if record.previous(&master)?.is_none() {
            record.rotate(&master, ports.clock.now().unix_ms())?;
            record.put(ports)?;
            self.count_from(0);
        }
        self.hold(&record, master).map(drop)
    }

    /// Nothing is sealed under the key before this one any more: it goes. The ring must be open. Blocks: calls ports.
    pub fn end_rotation(&self, ports: &Ports, before: KeyId) -> Result<(), KeyError> {
        let (mut record, master) = self.opened(ports)?;
        self.hold(&record, master.clone())?;
        if self.before() == Some(before) {
            record.forget_previous();
            record.put(ports)?;
            self.hold(&record, master)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_has_sealed_a_million_values_is_worn_however_new_it_is() {
        let (ring, now, age) = (KeyRing::for_tests(), Timestamp::from_unix_ms(0), Duration::from_secs(1));
        assert!(!ring.is_worn(now, age));

        ring.count_from(SEALS);

        assert!(ring.is_worn(now, age) && !ring.is_older(now, age));
        ring.forget();
        assert!(!ring.is_worn(now, age), "there is none");
    }
}
