//! Иргэний хувийн дугаар («Бүртгэлийн дугаар» on the card): twelve digits.
//!
//! Guarantees: exactly twelve digits, zeros in front kept; `Debug` never shows it.
//! ХУР's `personId` is another, shorter number.

use std::fmt;

use super::{LONGEST_INPUT, Rejection, letters, text_outside};

const LENGTH: usize = 12;

/// No structure and no check digit is known, so any twelve digits are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilId([u8; LENGTH]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CivilIdError {
    #[error("a civil id has twelve digits, this has {found} signs")]
    Length { found: usize },
    #[error("a civil id holds digits only")]
    Digits,
}

impl CivilId {
    pub fn parse(text: &str) -> Result<Self, CivilIdError> {
        if text.len() > LONGEST_INPUT {
            return Err(CivilIdError::Length { found: text.len() });
        }
        let signs: [char; LENGTH] = letters::compact(text)
            .try_into()
            .map_err(|signs: Vec<char>| CivilIdError::Length { found: signs.len() })?;
        let mut digits = [0; LENGTH];
        for (digit, sign) in digits.iter_mut().zip(signs) {
            *digit = sign.to_digit(10).and_then(|d| u8::try_from(d).ok()).ok_or(CivilIdError::Digits)?;
        }
        Ok(Self(digits))
    }

    /// For a screen that others may see.
    pub fn masked(&self) -> String {
        let [.., y, z] = self.0;
        format!("**********{y}{z}")
    }
}

impl fmt::Display for CivilId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for CivilId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CivilId(…)")
    }
}

impl Rejection for CivilIdError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Length { .. } => "civil_id.length",
            Self::Digits => "civil_id.digits",
        }
    }
}

text_outside!(CivilId, CivilIdError, |id| id.to_string());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    #[test]
    fn zeros_in_front_and_spaces_between_do_not_change_the_number() {
        assert_eq!(CivilId::parse(" 0012 3456-7890 ").unwrap().to_string(), "001234567890");
    }

    #[test]
    fn a_shorter_person_id_or_a_registration_number_is_refused() {
        assert_eq!(CivilId::parse("12345678").unwrap_err().reason(), "civil_id.length");
        assert_eq!(CivilId::parse("ӨҮ7801012345").unwrap_err().reason(), "civil_id.digits");
    }

    #[test]
    fn debug_shows_nothing_and_masked_the_last_two() {
        let id = CivilId::parse("112233445566").unwrap();

        assert_eq!(format!("{id:?}"), "CivilId(…)");
        assert_eq!(id.masked(), "**********66");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in hostile_text()) {
            let _ = CivilId::parse(&text);
        }

        #[test]
        fn what_is_shown_reads_back(text in "[0-9]{12}") {
            let id = CivilId::parse(&text).unwrap();
            prop_assert_eq!(id.to_string(), text);
            prop_assert_eq!(serde_json::from_str::<CivilId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        }
    }
}
