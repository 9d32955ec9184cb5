//! Хуулийн этгээдийн регистрийн дугаар: seven digits, the number a company or an institution is known by.
//!
//! Guarantees: one value whether it came as text or as ХУР's integer. The taxpayer number (ТИН) is another number.

use std::fmt;

use super::{LONGEST_INPUT, Rejection, letters, text_outside};

const LENGTH: usize = 7;
const LARGEST: u32 = 9_999_999;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegalEntityNumber(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LegalEntityNumberError {
    #[error("a legal entity's number has seven digits, this has {found} signs")]
    Length { found: usize },
    #[error("a legal entity's number holds digits only")]
    Digits,
    #[error("a legal entity's number as an integer lies between 1 and 9999999")]
    Range,
}

impl LegalEntityNumber {
    pub fn parse(text: &str) -> Result<Self, LegalEntityNumberError> {
        if text.len() > LONGEST_INPUT {
            return Err(LegalEntityNumberError::Length { found: text.len() });
        }
        let signs = letters::compact(text);
        if signs.len() != LENGTH {
            return Err(LegalEntityNumberError::Length { found: signs.len() });
        }
        let mut value = 0;
        for sign in signs {
            value = value * 10 + sign.to_digit(10).ok_or(LegalEntityNumberError::Digits)?;
        }
        Self::from_integer(value.into())
    }

    /// ХУР's form of it. An integer has lost any zeros in front; they come back in the text.
    pub fn from_integer(value: i64) -> Result<Self, LegalEntityNumberError> {
        match u32::try_from(value) {
            Ok(value @ 1..=LARGEST) => Ok(Self(value)),
            _ => Err(LegalEntityNumberError::Range),
        }
    }

    /// As ХУР takes it.
    pub const fn as_integer(self) -> u32 {
        self.0
    }
}

impl fmt::Display for LegalEntityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:07}", self.0)
    }
}

impl Rejection for LegalEntityNumberError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Length { .. } => "legal_entity.length",
            Self::Digits => "legal_entity.digits",
            Self::Range => "legal_entity.range",
        }
    }
}

text_outside!(LegalEntityNumber, LegalEntityNumberError, |number| number.to_string());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    #[test]
    fn text_and_integer_are_the_same_number() {
        assert_eq!(
            LegalEntityNumber::parse(" 205 1234 ").unwrap(),
            LegalEntityNumber::from_integer(2_051_234).unwrap()
        );
        assert_eq!(LegalEntityNumber::from_integer(51_234).unwrap().to_string(), "0051234");
    }

    #[test]
    fn a_citizens_number_and_numbers_out_of_range_are_refused() {
        assert_eq!(LegalEntityNumber::parse("ӨҮ78010123").unwrap_err().reason(), "legal_entity.length");
        assert_eq!(LegalEntityNumber::parse("205123Ө").unwrap_err().reason(), "legal_entity.digits");
        for value in [0, -1, 10_000_000, i64::MIN, i64::MAX] {
            assert_eq!(LegalEntityNumber::from_integer(value).unwrap_err().reason(), "legal_entity.range");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in hostile_text()) {
            let _ = LegalEntityNumber::parse(&text);
        }

        #[test]
        fn what_is_shown_reads_back(value in 1i64..=9_999_999) {
            let number = LegalEntityNumber::from_integer(value).unwrap();
            prop_assert_eq!(LegalEntityNumber::parse(&number.to_string()), Ok(number));
            prop_assert_eq!(i64::from(number.as_integer()), value);
        }
    }
}
