//! Releases: the ways in which the master key comes out, each a sealed copy of it under a key that only its way gives.
//!
//! Guarantees: every way needs the device secret too, so that no copy of a record opens anywhere else; nothing here says
//! whether a PIN is right but the opening of the master key itself.

use std::num::NonZeroU32;

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey},
    hkdf, pbkdf2,
};
use zeroize::Zeroizing;

use super::random;

/// 32 secret bytes: a key, or what a key is made of.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// Bound into every derived key, so that another application's or a later layout's keys never coincide.
const SALT: &[u8] = b"mn.emongolia/1";

/// Of the ways below, and last in what each key is derived for.
const VERSION: u8 = 1;

/// PBKDF2-HMAC-SHA256 rounds for a PIN (OWASP Password Storage Cheat Sheet). About 0.2 s on a phone.
pub(super) const ROUNDS: u32 = 600_000;

/// A way in which the master key comes out. The number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Way {
    /// By itself: no PIN is set.
    Device = 1,
    Pin = 2,
    /// By what the platform gives after its prompt.
    Biometric = 3,
    /// By the share that the authorisation server gives with a sign-in.
    Recovery = 4,
}

impl Way {
    pub(super) fn read(byte: u8) -> Option<Self> {
        [Self::Device, Self::Pin, Self::Biometric, Self::Recovery].into_iter().find(|way| *way as u8 == byte)
    }

    const fn purpose(self) -> &'static [u8] {
        match self {
            Self::Device => b"kek device",
            Self::Pin => b"kek pin",
            Self::Biometric => b"kek biometric",
            Self::Recovery => b"kek recovery",
        }
    }
}

/// One sealed copy of the master key.
pub(super) struct Release {
    pub(super) way: Way,
    /// Of PBKDF2; 0 where nothing is stretched.
    pub(super) rounds: u32,
    pub(super) salt: [u8; 32],
    /// What the platform's biometric key wrapped; empty for other ways.
    pub(super) wrapped: Vec<u8>,
    pub(super) sealed: Vec<u8>,
}

/// What a way brings besides the device secret.
#[derive(Clone, Copy)]
pub(super) enum Bringing<'a> {
    Nothing,
    /// The rounds are for making: opening takes those of the release.
    Pin {
        pin: &'a str,
        rounds: u32,
    },
    /// What was wrapped is for making, likewise.
    Biometric {
        key: &'a [u8],
        wrapped: &'a [u8],
    },
    /// The subject goes into the key: another citizen's share opens nothing even if a server mixed them up.
    Recovery {
        share: &'a [u8],
        subject: &'a str,
    },
}

impl Bringing<'_> {
    pub(super) const fn way(&self) -> Way {
        match self {
            Self::Nothing => Way::Device,
            Self::Pin { .. } => Way::Pin,
            Self::Biometric { .. } => Way::Biometric,
            Self::Recovery { .. } => Way::Recovery,
        }
    }
}

impl Release {
    /// Seals `master` for the way of `by`. `None`: the cryptography failed, which it never does.
    pub(super) fn make(master: &Key, device: &Key, by: Bringing<'_>) -> Option<Self> {
        let mut release = Self {
            way: by.way(),
            rounds: match by {
                Bringing::Pin { rounds, .. } => rounds,
                Bringing::Nothing | Bringing::Biometric { .. } | Bringing::Recovery { .. } => 0,
            },
            salt: random::bytes(),
            wrapped: match by {
                Bringing::Biometric { wrapped, .. } => wrapped.to_vec(),
                Bringing::Nothing | Bringing::Pin { .. } | Bringing::Recovery { .. } => Vec::new(),
            },
            sealed: Vec::new(),
        };
        release.sealed = close(&*release.key(device, by)?, &release.associated(), &master[..])?;
        Some(release)
    }

    /// The master key; `None` if what was brought is not what it was made with.
    pub(super) fn open(&self, device: &Key, by: Bringing<'_>) -> Option<Key> {
        if by.way() != self.way {
            return None;
        }
        key_of(&open(&*self.key(device, by)?, &self.associated(), &self.sealed)?)
    }

    fn key(&self, device: &Key, by: Bringing<'_>) -> Option<Key> {
        let stretched;
        let (secret, whose): (&[u8], &str) = match by {
            Bringing::Nothing => (&[], ""),
            Bringing::Pin { pin, .. } => {
                stretched = self.stretch(pin)?;
                (&stretched[..], "")
            }
            Bringing::Biometric { key, .. } => (key, ""),
            Bringing::Recovery { share, subject } => (share, subject),
        };
        let whole = Zeroizing::new([secret, &device[..]].concat());
        derive(&whole, &[self.way.purpose(), whose.as_bytes(), &[VERSION]])
    }

    fn stretch(&self, pin: &str) -> Option<Key> {
        let mut out = Zeroizing::new([0; 32]);
        let rounds = NonZeroU32::new(self.rounds)?;
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &self.salt, pin.as_bytes(), &mut out[..]);
        Some(out)
    }

    /// What a release says of itself: changed, it opens no more.
    fn associated(&self) -> Vec<u8> {
        let mut out = vec![self.way as u8, VERSION];
        out.extend_from_slice(&self.rounds.to_be_bytes());
        out.extend_from_slice(&self.salt);
        out
    }
}

/// HKDF-SHA-256 of a secret for one purpose.
pub(super) fn derive<const N: usize>(secret: &[u8], purpose: &[&[u8]]) -> Option<Zeroizing<[u8; N]>>
where
    [u8; N]: zeroize::Zeroize,
{
    let mut out = Zeroizing::new([0; N]);
    fill(secret, purpose, &mut out[..])?;
    Some(out)
}

fn fill(secret: &[u8], purpose: &[&[u8]], out: &mut [u8]) -> Option<()> {
    struct Len(usize);
    impl hkdf::KeyType for Len {
        fn len(&self) -> usize {
            self.0
        }
    }
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(secret);
    prk.expand(purpose, Len(out.len())).ok()?.fill(out).ok()
}

/// AES-256-GCM: `nonce ‖ ciphertext ‖ tag`.
pub(super) fn close(key: &[u8; 32], associated: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(NONCE_LEN + plain.len() + MAX_TAG_LEN);
    close_onto(&mut out, key, associated, plain)?;
    Some(out)
}

/// As [`close`], behind what is there already.
pub(super) fn close_onto(out: &mut Vec<u8>, key: &[u8; 32], associated: &[u8], plain: &[u8]) -> Option<()> {
    let nonce = random::bytes::<NONCE_LEN>();
    out.extend_from_slice(&nonce);
    let from = out.len();
    out.extend_from_slice(plain);
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = cipher.seal_in_place_separate_tag(nonce, Aad::from(associated), &mut out[from..]).ok()?;
    out.extend_from_slice(tag.as_ref());
    Some(())
}

/// The inverse of [`close`]; `None` for anything else.
pub(super) fn open(key: &[u8; 32], associated: &[u8], closed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = closed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let len = cipher.open_in_place(nonce, Aad::from(associated), &mut plain).ok()?.len();
    plain.truncate(len);
    Some(plain)
}

pub(super) fn key_of(bytes: &[u8]) -> Option<Key> {
    let mut key = Zeroizing::new([0; 32]);
    (bytes.len() == key.len()).then(|| key.copy_from_slice(bytes))?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: Bringing<'_> = Bringing::Pin { pin: "480251", rounds: 2 };
    const FACE: Bringing<'_> = Bringing::Biometric { key: &[3; 32], wrapped: b"wrapped" };
    const SHARE: Bringing<'_> = Bringing::Recovery { share: &[4; 32], subject: "иргэн-Ө" };

    fn keys() -> (Key, Key) {
        (Zeroizing::new([1; 32]), Zeroizing::new([2; 32]))
    }

    #[test]
    fn each_way_gives_the_master_key_and_no_other_way_does() {
        let (master, device) = keys();
        let ways = [Bringing::Nothing, PIN, FACE, SHARE];

        for (made, by) in ways.iter().enumerate() {
            let release = Release::make(&master, &device, *by).unwrap();
            for (tried, with) in ways.iter().enumerate() {
                let came = release.open(&device, *with);
                assert_eq!(came.as_deref().copied(), (made == tried).then_some([1; 32]), "{made} by {tried}");
            }
            assert!(release.open(&Zeroizing::new([9; 32]), *by).is_none(), "on another device");
        }
    }

    #[test]
    fn what_is_brought_must_be_the_same_to_the_last_bit() {
        let (master, device) = keys();
        let near = [
            (PIN, Bringing::Pin { pin: "480252", rounds: 2 }),
            (FACE, Bringing::Biometric { key: &[5; 32], wrapped: b"wrapped" }),
            (SHARE, Bringing::Recovery { share: &[5; 32], subject: "иргэн-Ө" }),
            (SHARE, Bringing::Recovery { share: &[4; 32], subject: "иргэн-Ү" }),
        ];

        for (right, wrong) in near {
            assert!(Release::make(&master, &device, right).unwrap().open(&device, wrong).is_none());
        }
    }

    #[test]
    fn a_release_that_says_something_else_of_itself_opens_no_more() {
        let (master, device) = keys();
        let spoil: [fn(&mut Release); 4] =
            [|r| r.rounds = 1, |r| r.salt[31] ^= 1, |r| *r.sealed.last_mut().unwrap() ^= 1, |r| r.sealed.truncate(20)];

        for spoil in spoil {
            let mut release = Release::make(&master, &device, PIN).unwrap();
            spoil(&mut release);
            assert!(release.open(&device, PIN).is_none());
        }
        let mut claims = Release::make(&master, &device, Bringing::Nothing).unwrap();
        claims.way = Way::Pin;
        assert!(claims.open(&device, Bringing::Nothing).is_none() && claims.open(&device, PIN).is_none());
    }
}
