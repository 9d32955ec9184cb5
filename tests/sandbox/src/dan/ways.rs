//! The ways to prove who one is at ДАН, and what each is worth.
//!
//! Guarantees: a way is told outside only by its login type; what an operation of ХУР may be asked with is one table.

use super::seeds::SEEDS;

/// How a citizen proves who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The code that the ДАН app shows.
    App,
    /// ДАН sends a code to the registered phone.
    SmsSent,
    /// The citizen sends the code on the page from the registered phone.
    SmsReceived,
    Bank,
    Signature,
}

impl Way {
    pub(super) const ALL: [Self; 5] = [Self::App, Self::SmsSent, Self::SmsReceived, Self::Bank, Self::Signature];

    /// As in forms and in the table.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::SmsSent => "sms_sent",
            Self::SmsReceived => "sms_received",
            Self::Bank => "bank",
            Self::Signature => "signature",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == text)
    }

    /// `citizen_loginType`. 1, 2 and 5 are ХУР's `authType`s; it has none for a bank: 6 is the sandbox's own.
    pub(super) const fn login_type(self) -> u8 {
        match self {
            Self::SmsSent | Self::SmsReceived => 1,
            Self::Signature => 2,
            Self::App => 5,
            Self::Bank => 6,
        }
    }

    /// Whether ХУР answers `operation` to someone who came this way.
    pub(super) fn may_ask(self, operation: &str) -> bool {
        SEEDS.login_types.get(operation).is_none_or(|types| types.contains(&self.login_type()))
    }
}

/// What a login type is worth (`acr`, OpenID Connect Core §2); the names are the sandbox's own.
pub fn acr(login_type: u64) -> Option<&'static str> {
    match login_type {
        1 => Some("urn:mn:dan:sms"),
        2 => Some("urn:mn:dan:signature"),
        5 => Some("urn:mn:dan:app"),
        6 => Some("urn:mn:dan:bank"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dan::operations;

    #[test]
    fn every_way_is_read_back_and_has_a_worth() {
        for way in Way::ALL {
            assert_eq!(Way::parse(way.as_str()), Some(way));
            assert!(acr(u64::from(way.login_type())).is_some(), "{way:?}");
        }
        assert_eq!(Way::parse("хурууны хээ"), None);
        assert_eq!(acr(3), None);
    }

    #[test]
    fn a_message_opens_less_than_a_signature() {
        assert!(!Way::SmsSent.may_ask("WS100202_getPropertyList"));
        assert!(Way::Signature.may_ask("WS100202_getPropertyList"));
        assert!(Way::SmsSent.may_ask("WS100101_getCitizenIDCardInfo"));
    }

    #[test]
    fn only_known_operations_are_restricted() {
        for name in SEEDS.login_types.keys() {
            assert!(operations::operation(name).is_some(), "{name}");
        }
    }
}
