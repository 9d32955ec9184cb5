//! A name for each thing that is looked at before the other side is believed, so that a test can leave out one of them
//! and see what it kept away.
//!
//! Guarantees: what ships looks at everything; there, [`Checks`] has no size and no name of a check is left.

use serde::de::DeserializeOwned;

use super::json::{self, Malformed};

macro_rules! checks {
    ($($name:ident,)+) => {
        /// What is looked at. Its order is that of a sign-in.
        #[derive(Clone, Copy)]
        #[cfg_attr(feature = "test-controls", derive(Debug, PartialEq, Eq, Hash))]
        pub enum Check {
            $($name),+
        }

        #[cfg(feature = "test-controls")]
        impl Check {
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

checks! {
    // The authorisation server's description of itself (RFC 8414).
    MetadataType,
    MetadataOnce,
    MetadataIssuer,
    MetadataPkce,
    MetadataDpop,
    MetadataIdToken,
    MetadataCode,
    MetadataIss,
    AuthorizationHome,
    TokenHome,
    PushedHome,
    RevocationHome,
    KeysHome,
    // The pushed request (RFC 9126), and nonces (RFC 9449 §8).
    PushedStatus,
    PushedType,
    PushedOnce,
    RequestUriPresent,
    RequestUriLength,
    PushedLife,
    NonceOnce,
    NonceBrought,
    NonceCharacters,
    // What the browser brings back (RFC 6749 §4.1.2, RFC 9207).
    CallbackFragment,
    CallbackAddress,
    CallbackIssuerPresent,
    CallbackIssuerOnce,
    CallbackIssuer,
    CallbackStatePresent,
    CallbackStateOnce,
    CallbackStateKnown,
    CallbackAge,
    CallbackCodeOnce,
    CallbackCodeAlone,
    // The answer of the token endpoint (RFC 6749 §5.1).
    TokenAnswerType,
    TokenAnswerOnce,
    TokenTypePresent,
    TokenType,
    AccessPresent,
    AccessCharacters,
    AccessLength,
    RefreshPresent,
    RefreshCharacters,
    RefreshLength,
    IdTokenPresent,
    ShareLength,
    // The published keys (RFC 7517), and the form of a signed text (RFC 7515).
    KeySetType,
    KeySetOnce,
    KeySetLength,
    HeaderOnce,
    Algorithm,
    Critical,
    KeyOfTheSet,
    KeyName,
    KeyNameUnique,
    KeyNameless,
    KeyKind,
    KeyAlgorithm,
    KeyUse,
    KeyOperations,
    Signature,
    // What the ID token says (OpenID Connect Core §3.1.3.7).
    IdTokenLength,
    IdTokenType,
    ClaimsOnce,
    IssuerPresent,
    Issuer,
    AudiencePresent,
    Audience,
    AudienceAlone,
    AuthorizedParty,
    SubjectPresent,
    SubjectFilled,
    SubjectLength,
    SubjectCharacters,
    ExpiryPresent,
    Expiry,
    IssueTimePresent,
    IssuedInTheFuture,
    IssuedLongAgo,
    NotBefore,
    NoncePresent,
    Nonce,
    AccessHash,
    SubjectOfTheSession,
    AuthTimePresent,
    AuthTime,
    Way,
    // The gateway.
    RenewedOnce,
}

/// All checks, or in a test's build all but one. Lent by the ports.
#[derive(Clone, Copy, Default)]
pub struct Checks {
    #[cfg(feature = "test-controls")]
    left_out: Option<Check>,
}

#[cfg(not(feature = "test-controls"))]
const _: () = assert!(size_of::<Checks>() == 0, "what ships has nothing to leave out");

impl Checks {
    /// Sabotage: whatever this check would find, it is taken for good.
    #[cfg(feature = "test-controls")]
    pub const fn without(left_out: Option<Check>) -> Self {
        Self { left_out }
    }

    /// Whether to go on.
    #[cfg(feature = "test-controls")]
    pub fn pass(self, check: Check, holds: bool) -> bool {
        holds || self.left_out == Some(check)
    }

    /// Whether to go on.
    #[cfg(not(feature = "test-controls"))]
    #[inline(always)]
    pub fn pass(self, _check: Check, holds: bool) -> bool {
        holds
    }

    /// The refusal unless it holds.
    pub fn demand<E>(self, check: Check, holds: bool, refusal: E) -> Result<(), E> {
        if self.pass(check, holds) { Ok(()) } else { Err(refusal) }
    }

    /// Reads JSON in which no key may come twice.
    pub fn read<T: DeserializeOwned>(self, once: Check, text: &[u8]) -> Result<T, Malformed> {
        if self.pass(once, false) { json::parse(text) } else { json::parse_strict(text) }
    }

    /// The value, or the refusal where there is none. `unchecked` stands in for it when nobody looks.
    pub fn present<T, E>(self, check: Check, value: Option<T>, unchecked: T, refusal: E) -> Result<T, E> {
        match value {
            Some(value) => Ok(value),
            None => self.demand(check, false, refusal).map(|()| unchecked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_hold_is_refused() {
        let checks = Checks::default();

        assert_eq!(checks.demand(Check::Issuer, true, "өөр"), Ok(()));
        assert_eq!(checks.demand(Check::Issuer, false, "өөр"), Err("өөр"));
        assert_eq!(checks.present(Check::IssuerPresent, Some("Ү"), "Ө", "үгүй"), Ok("Ү"));
        assert_eq!(checks.present(Check::IssuerPresent, None, "Ө", "үгүй"), Err("үгүй"));
    }

    #[cfg(feature = "test-controls")]
    #[test]
    fn one_check_is_left_out_and_no_other() {
        let checks = Checks::without(Some(Check::Issuer));

        assert_eq!(checks.demand(Check::Issuer, false, "өөр"), Ok(()));
        assert_eq!(checks.demand(Check::Audience, false, "өөр"), Err("өөр"));
        assert_eq!(checks.present(Check::IssuerPresent, None, "Ө", "үгүй"), Err("үгүй"));
    }
}
