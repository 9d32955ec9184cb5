//! What a PIN, a sign-in and the platform's prompt do to the key record.
//!
//! Guarantees: a try at the PIN is counted on disk before it is checked; after ten in a row nothing on this device opens
//! the store key; whatever a call is cut at, the record is the old one or the new one.

use zeroize::Zeroizing;

use super::{
    keys::{KeyError, KeyId, KeyRing, STORE_KEY, fetch},
    random,
    record::{MAX_TRIES, Record, fitting},
    release::{Bringing, Key, ROUNDS, Way},
};
use crate::foundation::ports::{BiometricKey, Ports};

/// How long there is no next try after so many, in seconds: two slips are free, and nine take three hours.
const WAITS_S: [u32; MAX_TRIES as usize] = [0, 0, 0, 30, 60, 300, 900, 1_800, 3_600, 3_600];

/// What came of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Opened,
    Wrong,
    /// Not counted and not looked at.
    Wait {
        s: u32,
    },
    /// This one or an earlier one was one too many.
    Spent,
    /// None is set.
    NoPin,
}

/// What came of a sign-in while the ways by PIN and biometry were gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    Opened,
    OtherCitizen,
    /// The share is not the one that the record was made with, or it was made with none.
    NotByThis,
}

/// What is known of the lock without a key, and without asking the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockFacts {
    pub pin: bool,
    pub biometric: bool,
    pub recoverable: bool,
    /// Neither a PIN nor biometry opens it any more.
    pub spent: bool,
    pub tries_left: u8,
    tries: u8,
    tried_at: i64,
    wait_until: i64,
}

impl LockFacts {
    pub(super) fn of(record: &Record) -> Self {
        let asks = record.asks_for_pin();
        let device = record.release(Way::Device).is_some();
        Self {
            pin: asks,
            biometric: asks && record.release(Way::Biometric).is_some(),
            recoverable: record.release(Way::Recovery).is_some(),
            spent: !asks && !device,
            tries_left: if asks { MAX_TRIES - record.tries } else { 0 },
            tries: record.tries,
            tried_at: record.tried_at,
            wait_until: record.wait_until,
        }
    }

    /// Seconds until the next PIN is looked at. A clock that was set back starts the wait again.
    pub fn wait_s(&self, now_ms: i64) -> u32 {
        match wait(self.tries) {
            0 => 0,
            whole if now_ms < self.tried_at => whole,
            whole => {
                let left_ms = self.wait_until.saturating_sub(now_ms).max(0);
                u32::try_from(left_ms.saturating_add(999) / 1000).unwrap_or(whole).min(whole)
            }
        }
    }
}

fn wait(tries: u8) -> u32 {
    WAITS_S.get(usize::from(tries)).copied().unwrap_or_default()
}

impl KeyRing {
    /// Puts a PIN in the place of the one there is, or of none. The ring must be open. Blocks: calls ports.
    pub fn set_pin(&self, ports: &Ports, pin: &str) -> Result<(), KeyError> {
        let (mut record, master) = self.opened(ports)?;
        ports.secrets.delete(STORE_KEY)?; // it would open without a PIN
        record.add(&master, Bringing::Pin { pin, rounds: rounds(ports) })?;
        record.remove(Way::Device);
        record.forgive();
        record.put(ports)?;
        self.note(&record)
    }

    /// From now on the store key comes out by itself, and biometry goes with the PIN. The ring must be open. Blocks:
    /// calls ports.
    pub fn remove_pin(&self, ports: &Ports) -> Result<(), KeyError> {
        let (mut record, master) = self.opened(ports)?;
        record.add(&master, Bringing::Nothing)?;
        record.remove_asking();
        record.forgive();
        record.put(ports)?;
        self.note(&record)
    }

    /// Counts, then looks. Blocks: calls ports, and stretches the PIN.
    pub fn try_pin(&self, ports: &Ports, pin: &str) -> Result<Check, KeyError> {
        let Some(mut record) = fetch(ports)? else { return Ok(Check::NoPin) };
        if record.release(Way::Device).is_some() {
            return Ok(Check::NoPin);
        }
        if !record.asks_for_pin() {
            return self.spend(record, ports);
        }
        let now = ports.clock.now().unix_ms();
        self.note(&record)?;
        match LockFacts::of(&record).wait_s(now) {
            0 => {}
            s => {
                if now < record.tried_at {
                    record.starts_to_wait(now);
                    record.put(ports)?;
                    self.note(&record)?;
                }
                return Ok(Check::Wait { s });
            }
        }
        record.tries += 1;
        record.starts_to_wait(now);
        let master = self.count_and_look(&record, ports, pin)?;
        self.note(&record)?;
        match master {
            Some(master) => {
                self.hold(&record, master)?;
                record.forgive();
                // The PIN was right, whatever the platform says to this: the next right one sets the count back.
                match record.put(ports) {
                    Ok(()) => self.note(&record)?,
                    Err(error) => log::warn!(target: "emongolia", "the tries stay counted: {error}"),
                }
                Ok(Check::Opened)
            }
            None if record.tries >= MAX_TRIES => self.spend(record, ports),
            None => Ok(Check::Wrong),
        }
    }

    #[cfg(not(feature = "test-controls"))]
    fn count_and_look(&self, record: &Record, ports: &Ports, pin: &str) -> Result<Option<Key>, KeyError> {
        record.put(ports)?;
        Ok(record.master(Bringing::Pin { pin, rounds: ROUNDS }))
    }

    #[cfg(feature = "test-controls")]
    fn count_and_look(&self, record: &Record, ports: &Ports, pin: &str) -> Result<Option<Key>, KeyError> {
        let look = || {
            ports.controls.looked.inspect(|tell| tell());
            record.master(Bringing::Pin { pin, rounds: ROUNDS })
        };
        if ports.controls.count_late {
            let master = look();
            return record.put(ports).map(|()| master);
        }
        record.put(ports)?;
        Ok(look())
    }

    /// Takes the ways by PIN and biometry out. The count alone says it too, if the platform does not take the record.
    fn spend(&self, mut record: Record, ports: &Ports) -> Result<Check, KeyError> {
        self.forget();
        if record.release(Way::Pin).is_some() || record.release(Way::Biometric).is_some() {
            record.remove_asking();
            if let Err(error) = record.put(ports) {
                log::warn!(target: "emongolia", "spent by its count alone: {error}");
            }
        }
        self.note(&record)?;
        Ok(Check::Spent)
    }

    /// Adds biometry to the PIN there is; `false`: there is none. The ring must be open. Blocks: calls ports.
    pub fn add_biometric(&self, ports: &Ports, biometric: &dyn BiometricKey) -> Result<bool, KeyError> {
        let (mut record, master) = self.opened(ports)?;
        if record.release(Way::Pin).is_none() {
            return Ok(false);
        }
        let key = Zeroizing::new(random::bytes::<32>());
        let wrapped = fitting(biometric.wrap(&key[..])?)?;
        record.add(&master, Bringing::Biometric { key: &key[..], wrapped: &wrapped })?;
        record.put(ports)?;
        self.note(&record)?;
        Ok(true)
    }

    /// Takes biometry out; the PIN stays. Blocks: calls ports.
    pub fn remove_biometric(&self, ports: &Ports) -> Result<(), KeyError> {
        let Some(mut record) = fetch(ports)? else { return Ok(()) };
        if record.release(Way::Biometric).is_some() {
            record.remove(Way::Biometric);
            record.put(ports)?;
        }
        self.note(&record)
    }

    /// What the platform's prompt is to open; `None`: biometry is off, or a PIN helps no more either. Blocks: calls ports.
    pub fn biometric_key(&self, ports: &Ports) -> Result<Option<Vec<u8>>, KeyError> {
        let Some(record) = fetch(ports)? else { return Ok(None) };
        self.note(&record)?;
        let release = record.release(Way::Biometric).filter(|_| record.asks_for_pin());
        Ok(release.map(|release| release.wrapped.clone()))
    }

    /// Opens by what the platform's prompt gave; `None`: that is not what it gave when biometry was added. No try at the
    /// PIN is counted or forgiven. Blocks: calls ports.
    pub fn open_by_biometric(&self, ports: &Ports, key: &[u8]) -> Result<Option<KeyId>, KeyError> {
        let Some(record) = fetch(ports)? else { return Ok(None) };
        self.note(&record)?;
        if !record.asks_for_pin() {
            return Ok(None);
        }
        let master = record.master(Bringing::Biometric { key, wrapped: &[] });
        master.map(|master| self.hold(&record, master)).transpose()
    }

    /// After a sign-in: whose data these are, and what brings the store key back if the PIN is forgotten. The ring must
    /// be open. Blocks: calls ports.
    pub fn belongs_to(&self, ports: &Ports, subject: &str, share: Option<&[u8]>) -> Result<(), KeyError> {
        let (mut record, master) = self.opened(ports)?;
        let known = record.is_of(subject);
        let share = share.filter(|share| {
            record.master(Bringing::Recovery { share, subject }).is_none() // else it is there already
        });
        if known && share.is_none() {
            return Ok(());
        }
        record.belongs_to(subject);
        if let Some(share) = share {
            record.add(&master, Bringing::Recovery { share, subject })?;
        }
        record.put(ports)?;
        self.note(&record)
    }

    /// Opens by what a fresh sign-in of the same citizen brought; no PIN is set then. Blocks: calls ports.
    pub fn recover(&self, ports: &Ports, subject: &str, share: &[u8]) -> Result<Recovered, KeyError> {
        let Some(mut record) = fetch(ports)? else { return Ok(Recovered::NotByThis) };
        if !record.may_be_of(subject) {
            return Ok(Recovered::OtherCitizen);
        }
        let Some(master) = record.master(Bringing::Recovery { share, subject }) else {
            return Ok(Recovered::NotByThis);
        };
        record.add(&master, Bringing::Nothing)?;
        record.remove_asking();
        record.forgive();
        record.put(ports)?;
        self.note(&record)?;
        self.hold(&record, master)?;
        Ok(Recovered::Opened)
    }

    /// The record, and the master key that is in memory.
    pub(super) fn opened(&self, ports: &Ports) -> Result<(Record, Key), KeyError> {
        let master = self.master().ok_or(KeyError::Shut)?;
        let record = fetch(ports)?.ok_or(KeyError::Shut)?;
        record.store_key(&master).map_err(|_| KeyError::Shut)?; // another process has begun anew
        Ok((record, master))
    }
}

impl Record {
    fn starts_to_wait(&mut self, now: i64) {
        (self.tried_at, self.wait_until) = (now, now.saturating_add(i64::from(wait(self.tries)) * 1000));
    }
}

#[cfg(not(feature = "test-controls"))]
const fn rounds(_ports: &Ports) -> u32 {
    ROUNDS
}

#[cfg(feature = "test-controls")]
fn rounds(ports: &Ports) -> u32 {
    ports.controls.kdf_rounds.unwrap_or(ROUNDS)
}
