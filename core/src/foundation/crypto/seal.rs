//! Sealed values: AES-256-GCM with the value's own place as associated data.
//!
//! Guarantees: a sealed value opens only with its key, in its file, table, column and row, and under its layout;
//! moved, swapped, cut or flipped it is refused. Layout of a sealed value:
//! `version (1) ‖ key id (4) ‖ layout (2, big-endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`.

use ring::aead::{MAX_TAG_LEN, NONCE_LEN};
use zeroize::Zeroizing;

use super::{
    keys::{File, KeyRing, Under},
    release::{close_onto, open},
};
use crate::foundation::error::{Error, Outcome, Outward};

/// Of the byte layout above.
const VERSION: u8 = 1;

/// What stands before the nonce.
const HEAD: usize = 1 + 4 + 2;

/// Where a value lives. Two values never share a place.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub table: &'static str,
    pub column: &'static str,
    /// Of the plaintext's own format; a reader that knows newer layouts converts older ones.
    pub layout: u16,
}

impl Column {
    /// Of a value as it lies there, whatever its layout; of one that is too short for any, none.
    pub fn of(table: &'static str, column: &'static str, sealed: &[u8]) -> Self {
        let layout = sealed.get(5..7).map_or(0, |bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
        Self { table, column, layout }
    }
}

/// Why a sealed value did not open, or could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("no key in memory")]
    NoKey,
    #[error("sealed under another key")]
    OtherKey,
    #[error("sealed as layout {found}, wanted {wanted}")]
    OtherLayout { found: u16, wanted: u16 },
    #[error("not what was sealed here")]
    Refused,
}

impl Outward for SealError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::NoKey => Outcome::Expected(Error::Locked),
            Self::OtherKey => Outcome::Notable(Error::SignInRequired),
            Self::OtherLayout { .. } => Outcome::Defect("seal.layout"),
            Self::Refused => Outcome::Defect("seal.refused"),
        }
    }
}

crate::foundation::error::outward_from!(SealError);

/// Seals and opens the values of one file.
#[derive(Clone)]
pub struct Sealer {
    ring: KeyRing,
    file: File,
    under: Under,
    #[cfg(feature = "test-controls")]
    unsealed: bool,
}

impl Sealer {
    pub fn new(ring: KeyRing, file: File) -> Self {
        Self {
            ring,
            file,
            under: Under::DataKey(file),
            #[cfg(feature = "test-controls")]
            unsealed: false,
        }
    }

    /// For attempts to sign in: they are begun and ended also while the data keys are not to be had.
    pub fn of_attempts(ring: KeyRing) -> Self {
        Self { under: Under::AttemptKey, ..Self::new(ring, File::State) }
    }

    /// A sabotaged sealer that stores values as they are: the canary scan must find them.
    #[cfg(feature = "test-controls")]
    pub fn sabotaged(mut self, unsealed: bool) -> Self {
        self.unsealed = unsealed;
        self
    }

    pub fn seal(&self, at: Column, row: &str, value: &[u8]) -> Result<Vec<u8>, SealError> {
        #[cfg(feature = "test-controls")]
        if self.unsealed {
            return Ok(value.to_vec());
        }
        let (id, data_key) = self.ring.key(self.under).ok_or(SealError::NoKey)?;
        let mut out = Vec::with_capacity(HEAD + NONCE_LEN + value.len() + MAX_TAG_LEN);
        out.push(VERSION);
        out.extend_from_slice(&id);
        out.extend_from_slice(&at.layout.to_be_bytes());
        close_onto(&mut out, &data_key, &self.place(at, row), value).ok_or(SealError::Refused)?;
        Ok(out)
    }

    pub fn open(&self, at: Column, row: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        #[cfg(feature = "test-controls")]
        if self.unsealed {
            return Ok(Zeroizing::new(sealed.to_vec()));
        }
        let named = self.ring.key_named(self.under, sealed.get(1..5).unwrap_or_default()).ok_or(SealError::NoKey)?;
        if sealed.len() < HEAD + NONCE_LEN + MAX_TAG_LEN || sealed[0] != VERSION {
            return Err(SealError::Refused);
        }
        let data_key = named.ok_or(SealError::OtherKey)?;
        let Column { layout: found, .. } = Column::of(at.table, at.column, sealed);
        if found != at.layout {
            return Err(SealError::OtherLayout { found, wanted: at.layout });
        }
        open(&data_key, &self.place(at, row), &sealed[HEAD..]).ok_or(SealError::Refused)
    }

    /// File, table, column, row and layout, each behind its length, so that no two places spell the same bytes.
    fn place(&self, at: Column, row: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + row.len());
        for part in [self.file.name(), at.table, at.column, row] {
            out.extend_from_slice(&(part.len() as u64).to_be_bytes());
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(&at.layout.to_be_bytes());
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: Column = Column { table: "citizen", column: "name", layout: 1 };

    fn sealer(file: File) -> Sealer {
        Sealer::new(KeyRing::for_tests(), file)
    }

    #[test]
    fn what_is_sealed_opens_in_its_place() {
        let sealer = sealer(File::State);
        let sealed = sealer.seal(NAME, "1", "Өнөрмаа Үүрийнтуяа".as_bytes()).unwrap();

        assert_eq!(sealer.open(NAME, "1", &sealed).unwrap().as_slice(), "Өнөрмаа Үүрийнтуяа".as_bytes());
        assert!(!sealed.windows(4).any(|w| w == &"Өнөрмаа".as_bytes()[..4]));
    }

    #[test]
    fn a_value_moved_to_any_other_place_is_refused() {
        let state = sealer(File::State);
        let sealed = state.seal(NAME, "1", b"value").unwrap();
        let elsewhere = [
            (Column { table: "other", ..NAME }, "1"),
            (Column { column: "other", ..NAME }, "1"),
            (Column { table: "citizenn", column: "ame", layout: 1 }, "1"),
            (NAME, "2"),
            (NAME, ""),
        ];

        for (column, row) in elsewhere {
            assert_eq!(state.open(column, row, &sealed).unwrap_err(), SealError::Refused);
        }
        assert_eq!(sealer(File::Cache).open(NAME, "1", &sealed).unwrap_err(), SealError::Refused);
        let layout_2 = Column { layout: 2, ..NAME };
        assert_eq!(state.open(layout_2, "1", &sealed).unwrap_err(), SealError::OtherLayout { found: 1, wanted: 2 });
    }

    #[test]
    fn without_its_key_a_value_is_noise() {
        let ring = KeyRing::for_tests();
        let sealer = Sealer::new(ring.clone(), File::State);
        let sealed = sealer.seal(NAME, "1", b"value").unwrap();

        ring.forget();

        assert_eq!(sealer.open(NAME, "1", &sealed).unwrap_err(), SealError::NoKey);
    }

    proptest! {
        #[test]
        fn one_flipped_bit_anywhere_is_refused(value: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            let sealer = sealer(File::Cache);
            let mut sealed = sealer.seal(NAME, "1", &value).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;

            prop_assert!(sealer.open(NAME, "1", &sealed).is_err());
        }

        #[test]
        fn a_cut_value_is_refused(value: Vec<u8>, keep: prop::sample::Index) {
            let sealer = sealer(File::Cache);
            let sealed = sealer.seal(NAME, "1", &value).unwrap();
            let keep = keep.index(sealed.len());

            prop_assert!(sealer.open(NAME, "1", &sealed[..keep]).is_err());
        }
    }
}
