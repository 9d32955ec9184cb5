//! PKCE, method S256 (RFC 7636).

use super::secret::Secret;
use crate::foundation::crypto::{
    digest::{base64url, sha256},
    random,
};

pub(super) const METHOD: &str = "S256";

/// 32 random bytes as 43 characters (RFC 7636 §4.1), for one attempt.
pub(super) fn verifier() -> Secret<String> {
    Secret::new(random::base64url::<32>())
}

pub(super) fn challenge(verifier: &Secret<String>) -> String {
    base64url(&sha256(verifier.reveal().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());

        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_verifier_is_43_characters_and_never_the_same() {
        let (one, two) = (verifier(), verifier());

        assert_eq!(one.reveal().len(), 43);
        assert_ne!(one.reveal(), two.reveal());
    }
}
