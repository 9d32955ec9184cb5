//! The cryptography of our TLS: ring's, and only what a client without a key of its own asks for.
//!
//! Guarantees: what every server of TLS 1.3 must have (RFC 8446 §9.1: AES-GCM and P-256) and nothing beside it, which
//! a phone would only carry; no private key can be loaded; certificates as public authorities sign them.

use std::sync::Arc;

use ring::rand::SecureRandom as _;
use rustls::{
    Error, SignatureScheme,
    crypto::{CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms, ring as suites},
    sign::SigningKey,
};
use rustls_pki_types::PrivateKeyDer;
use webpki::ring as signatures;

pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            suites::cipher_suite::TLS13_AES_256_GCM_SHA384,
            suites::cipher_suite::TLS13_AES_128_GCM_SHA256,
        ],
        kx_groups: vec![suites::kx_group::SECP256R1],
        signature_verification_algorithms: SIGNATURES,
        secure_random: &Ring,
        key_provider: &NoKeys,
    }
}

/// ECDSA and RSA as in the Baseline Requirements of the CA/Browser Forum, §7.1.3.2. No authority signs with Ed25519.
static SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        signatures::ECDSA_P256_SHA256,
        signatures::ECDSA_P256_SHA384,
        signatures::ECDSA_P384_SHA256,
        signatures::ECDSA_P384_SHA384,
        signatures::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        signatures::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        signatures::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        signatures::RSA_PKCS1_2048_8192_SHA256,
        signatures::RSA_PKCS1_2048_8192_SHA384,
        signatures::RSA_PKCS1_2048_8192_SHA512,
        signatures::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        signatures::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        signatures::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ],
    mapping: &[
        (SignatureScheme::ECDSA_NISTP384_SHA384, &[signatures::ECDSA_P384_SHA384, signatures::ECDSA_P256_SHA384]),
        (SignatureScheme::ECDSA_NISTP256_SHA256, &[signatures::ECDSA_P256_SHA256, signatures::ECDSA_P384_SHA256]),
        (SignatureScheme::RSA_PSS_SHA512, &[signatures::RSA_PSS_2048_8192_SHA512_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA384, &[signatures::RSA_PSS_2048_8192_SHA384_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA256, &[signatures::RSA_PSS_2048_8192_SHA256_LEGACY_KEY]),
        // Said for certificates only (RFC 8446 §4.2.3): rustls takes none of these for a handshake of TLS 1.3.
        (SignatureScheme::RSA_PKCS1_SHA512, &[signatures::RSA_PKCS1_2048_8192_SHA512]),
        (SignatureScheme::RSA_PKCS1_SHA384, &[signatures::RSA_PKCS1_2048_8192_SHA384]),
        (SignatureScheme::RSA_PKCS1_SHA256, &[signatures::RSA_PKCS1_2048_8192_SHA256]),
    ],
};

#[derive(Debug)]
struct Ring;

impl SecureRandom for Ring {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        ring::rand::SystemRandom::new().fill(buffer).map_err(|_| GetRandomFailed)
    }
}

/// The citizen is known by a token and a proof, never by a certificate.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("no private key is used here".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_of_tls_1_3_must_have_is_offered() {
        let offered = SIGNATURES.supported_schemes();

        for must in
            [SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::RSA_PSS_SHA256, SignatureScheme::ECDSA_NISTP256_SHA256]
        {
            assert!(offered.contains(&must), "{must:?}: RFC 8446 §9.1");
        }
    }

    #[test]
    fn no_private_key_is_taken() {
        let key = PrivateKeyDer::Pkcs8(vec![0].into());

        assert!(provider().key_provider.load_private_key(key).is_err());
    }
}
