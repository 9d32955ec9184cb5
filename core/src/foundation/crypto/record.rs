//! The key record: everything that leads to the store key, and the count of wrong PINs, as one secret of the platform.
//!
//! ```text
//! version (1) ‖ length (2) ‖ DeviceKey.wrap(D) ‖ AES-256-GCM under HKDF(D, "record") of the body
//! ```
//! Guarantees: every change is one `put`, so that there is no moment with two truths; without this device's key the
//! record is noise, and with it a PIN can still be tried only here.

use ring::hmac;
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    keys::KeyError,
    random,
    release::{Bringing, Key, Release, Way, close, close_onto, derive, key_of, open},
};
use crate::foundation::ports::{PortError, Ports};

/// Its name in the platform's [`SecretStore`](crate::foundation::ports::SecretStore).
pub(super) const NAME: &str = "keys";

/// Of the layout above and of the body's. Another one's record is neither read nor destroyed: `record_version`.
const VERSION: u8 = 2;

/// Wrong PINs in a row after which the ways by PIN and biometry are gone.
pub(super) const MAX_TRIES: u8 = 10;

/// What the store keys are sealed for under the master key.
const STORE_KEY: &[u8] = b"store key 1";

/// The longest that a platform's key makes of 32 bytes: RSA-OAEP of 4096 bits is 512.
const MAX_WRAPPED: usize = 1024;

pub(super) struct Record {
    /// D, which the device key wraps.
    device: Key,
    wrapped: Vec<u8>,
    /// PINs tried since the last right one, the one being tried included.
    pub(super) tries: u8,
    /// When the last of them was, and until when there is none after it. Unix milliseconds by the device's clock.
    pub(super) tried_at: i64,
    pub(super) wait_until: i64,
    /// When the store key was made. Unix milliseconds.
    pub(super) rotated_at: i64,
    /// Whose data the store key seals, as HMAC under D; zeros: nobody's yet.
    subject: [u8; 16],
    /// S under M, and the one before it while values are still sealed under that one; empty: none.
    store_key: Vec<u8>,
    previous: Vec<u8>,
    pub(super) releases: Vec<Release>,
}

impl Record {
    /// A record that opens by itself, around a store key. Blocks: calls ports.
    pub(super) fn new(ports: &Ports, store_key: &[u8]) -> Result<Self, KeyError> {
        let (device, master): (Key, Key) = (Zeroizing::new(random::bytes()), Zeroizing::new(random::bytes()));
        let wrapped = fitting(ports.device_key.wrap(&device[..])?)?;
        let release = Release::make(&master, &device, Bringing::Nothing).ok_or(KeyError::Crypto)?;
        let sealed = close(&master, STORE_KEY, store_key).ok_or(KeyError::Crypto)?;
        Ok(Self {
            device,
            wrapped,
            tries: 0,
            tried_at: 0,
            wait_until: 0,
            rotated_at: ports.clock.now().unix_ms(),
            subject: [0; 16],
            store_key: sealed,
            previous: Vec::new(),
            releases: vec![release],
        })
    }

    /// `None`: there is none. [`KeyError::Useless`]: it is not this device's, or damaged. Blocks: calls ports.
    pub(super) fn fetch(ports: &Ports) -> Result<Option<Self>, KeyError> {
        let Some(bytes) = ports.secrets.get(NAME)? else { return Ok(None) };
        let (&version, rest) = bytes.split_first().ok_or(DAMAGED)?;
        if version != VERSION {
            return Err(KeyError::Port(PortError::Failed { code: "record_version".into() }));
        }
        let mut rest = Reader(rest);
        let wrapped = rest.counted().ok_or(DAMAGED)?;
        let mut unwrapped = Zeroizing::new(ports.device_key.unwrap(wrapped)?);
        let device = key_of(&unwrapped).ok_or(DAMAGED)?;
        unwrapped.zeroize();
        let body = open(&*body_key(&device)?, &[VERSION], rest.0);
        let record = body.and_then(|body| Self::read(device, wrapped, &body));
        record.map(Some).ok_or(DAMAGED)
    }

    /// Puts this record in the place of the old one: on disk, whole, when it returns. Blocks: calls ports.
    pub(super) fn put(&self, ports: &Ports) -> Result<(), KeyError> {
        let mut out = vec![VERSION];
        counted(&mut out, &self.wrapped);
        close_onto(&mut out, &*body_key(&self.device)?, &[VERSION], &self.write()).ok_or(KeyError::Crypto)?;
        Ok(ports.secrets.put(NAME, &out)?)
    }

    pub(super) fn release(&self, way: Way) -> Option<&Release> {
        self.releases.iter().find(|release| release.way == way)
    }

    /// Puts a way in the place of the one of its kind.
    pub(super) fn add(&mut self, master: &Key, by: Bringing<'_>) -> Result<(), KeyError> {
        let release = Release::make(master, &self.device, by).ok_or(KeyError::Crypto)?;
        self.remove(release.way);
        self.releases.push(release);
        Ok(())
    }

    pub(super) fn remove(&mut self, way: Way) {
        self.releases.retain(|release| release.way != way);
    }

    /// No PIN and no biometry any more.
    pub(super) fn remove_asking(&mut self) {
        self.remove(Way::Pin);
        self.remove(Way::Biometric);
    }

    /// No try is counted any more.
    pub(super) fn forgive(&mut self) {
        (self.tries, self.tried_at, self.wait_until) = (0, 0, 0);
    }

    /// The master key, by what is brought; `None` if that is not right or there is no such way.
    pub(super) fn master(&self, by: Bringing<'_>) -> Option<Key> {
        self.release(by.way())?.open(&self.device, by)
    }

    pub(super) fn store_key(&self, master: &Key) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        open(master, STORE_KEY, &self.store_key).ok_or(DAMAGED)
    }

    /// The store key before this one, while values may be sealed under it.
    pub(super) fn previous(&self, master: &Key) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
        if self.previous.is_empty() {
            return Ok(None);
        }
        open(master, STORE_KEY, &self.previous).map(Some).ok_or(DAMAGED)
    }

    /// Another store key; the one there is becomes the one before it.
    pub(super) fn rotate(&mut self, master: &Key, now_ms: i64) -> Result<(), KeyError> {
        let new = Zeroizing::new(random::bytes::<32>());
        let sealed = close(master, STORE_KEY, &new[..]).ok_or(KeyError::Crypto)?;
        self.previous = std::mem::replace(&mut self.store_key, sealed);
        self.rotated_at = now_ms;
        Ok(())
    }

    pub(super) fn forget_previous(&mut self) {
        self.previous = Vec::new();
    }

    /// What attempts to sign in are sealed under: there also while the store key is not.
    pub(super) fn attempt_key(&self) -> Result<Key, KeyError> {
        derive(&self.device[..], &[b"attempt", &[VERSION]]).ok_or(KeyError::Crypto)
    }

    /// Whether a right PIN is asked for, and may still be given.
    pub(super) fn asks_for_pin(&self) -> bool {
        self.release(Way::Pin).is_some() && self.tries < MAX_TRIES
    }

    /// Whether this is nobody's yet, or this citizen's.
    pub(super) fn may_be_of(&self, subject: &str) -> bool {
        self.subject == [0; 16] || self.subject == self.mark(subject)
    }

    pub(super) fn is_of(&self, subject: &str) -> bool {
        self.subject == self.mark(subject)
    }

    pub(super) fn belongs_to(&mut self, subject: &str) {
        self.subject = self.mark(subject);
    }

    fn mark(&self, subject: &str) -> [u8; 16] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.device[..]), subject.as_bytes());
        let mut mark = [0; 16];
        mark.copy_from_slice(&tag.as_ref()[..16]);
        mark
    }

    fn write(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(vec![self.tries]);
        for number in [self.tried_at, self.wait_until, self.rotated_at] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.subject);
        counted(&mut out, &self.store_key);
        counted(&mut out, &self.previous);
        for release in &self.releases {
            out.push(release.way as u8);
            out.extend_from_slice(&release.rounds.to_be_bytes());
            out.extend_from_slice(&release.salt);
            counted(&mut out, &release.wrapped);
            counted(&mut out, &release.sealed);
        }
        out
    }

    fn read(device: Key, wrapped: &[u8], body: &[u8]) -> Option<Self> {
        let mut body = Reader(body);
        let [tries] = body.array()?;
        let mut record = Self {
            device,
            wrapped: wrapped.to_vec(),
            tries,
            tried_at: i64::from_be_bytes(body.array()?),
            wait_until: i64::from_be_bytes(body.array()?),
            rotated_at: i64::from_be_bytes(body.array()?),
            subject: body.array()?,
            store_key: body.counted()?.to_vec(),
            previous: body.counted()?.to_vec(),
            releases: Vec::new(),
        };
        while !body.0.is_empty() {
            let [way] = body.array()?;
            record.releases.push(Release {
                way: Way::read(way)?,
                rounds: u32::from_be_bytes(body.array()?),
                salt: body.array()?,
                wrapped: body.counted()?.to_vec(),
                sealed: body.counted()?.to_vec(),
            });
        }
        Some(record)
    }
}

const DAMAGED: KeyError = KeyError::Useless(PortError::Invalidated);

/// What the body is sealed under.
fn body_key(device: &Key) -> Result<Key, KeyError> {
    derive(&device[..], &[b"record", &[VERSION]]).ok_or(KeyError::Crypto)
}

/// What the platform wrapped, if the record can hold it.
pub(super) fn fitting(wrapped: Vec<u8>) -> Result<Vec<u8>, KeyError> {
    if wrapped.len() <= MAX_WRAPPED {
        Ok(wrapped)
    } else {
        Err(KeyError::Port(PortError::Failed { code: "wrapped_too_long".into() }))
    }
}

/// A length of two bytes, then as many.
fn counted(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX); // nothing here is longer than a kilobyte
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&bytes[..usize::from(length)]);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_be_bytes(self.array()?);
        let (head, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(head)
    }
}
