//! Telephone numbers of Mongolia: eight digits, country code 976.
//!
//! Guarantees: one value for every way of writing the prefix and the gaps; `Debug` never shows it.

use std::fmt;

use super::{LONGEST_INPUT, Rejection, letters, text_outside};

const LENGTH: usize = 8;
const COUNTRY_CODE: &str = "976";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber([u8; LENGTH]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    #[error("a telephone number has eight digits after +976, this has {found}")]
    Length { found: usize },
    #[error("a telephone number holds digits, spaces and hyphens, and a + only in front")]
    Signs,
    #[error("only numbers of Mongolia, +976, are taken")]
    Country,
}

impl PhoneNumber {
    /// Takes `99112233` with any spaces, hyphens, dots or brackets, alone or after `+976`, `976` or `00976`.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        if text.len() > LONGEST_INPUT {
            return Err(PhoneNumberError::Length { found: text.len() });
        }
        let mut international = false;
        let mut digits = String::new();
        for sign in text.chars() {
            match sign {
                '0'..='9' => digits.push(sign),
                '+' if digits.is_empty() && !international => international = true,
                '.' | '(' | ')' => {}
                _ if letters::is_gap(sign) => {}
                _ => return Err(PhoneNumberError::Signs),
            }
        }
        let national = if international {
            digits.strip_prefix(COUNTRY_CODE).ok_or(PhoneNumberError::Country)?
        } else if let Some(abroad) = digits.strip_prefix("00") {
            abroad.strip_prefix(COUNTRY_CODE).ok_or(PhoneNumberError::Country)?
        } else if digits.len() == COUNTRY_CODE.len() + LENGTH {
            digits.strip_prefix(COUNTRY_CODE).ok_or(PhoneNumberError::Country)?
        } else {
            &digits // of eight digits, 97612345 is a number of its own, not a prefix and five digits
        };
        let found = national.len();
        national.as_bytes().try_into().map(Self).map_err(|_| PhoneNumberError::Length { found })
    }

    /// `+97699112233` (ITU-T E.164): what other systems are told.
    pub fn e164(&self) -> String {
        format!("+{COUNTRY_CODE}{}", self.national())
    }

    /// For a screen that others may see.
    pub fn masked(&self) -> String {
        format!("+{COUNTRY_CODE} **** {}", self.national().chars().skip(LENGTH / 2).collect::<String>())
    }

    fn national(&self) -> String {
        self.0.iter().map(|byte| char::from(*byte)).collect()
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g, h, i] = self.0.map(char::from);
        write!(f, "+{COUNTRY_CODE} {a}{b}{c}{d} {e}{g}{h}{i}")
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

impl Rejection for PhoneNumberError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Length { .. } => "phone.length",
            Self::Signs => "phone.signs",
            Self::Country => "phone.country",
        }
    }
}

text_outside!(PhoneNumber, PhoneNumberError, |number| number.e164());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    fn reason(text: &str) -> &'static str {
        PhoneNumber::parse(text).expect_err(text).reason()
    }

    #[test]
    fn every_way_of_writing_it_is_one_number() {
        let ways = [
            "99112233",
            "9911 2233",
            "9911-2233",
            "+97699112233",
            "+976 9911\u{A0}2233",
            "976 99112233",
            "00976 9911 2233",
            "(+976) 99.11.22.33",
            " 9911\u{2013}2233 ",
        ];

        for way in ways {
            assert_eq!(PhoneNumber::parse(way).unwrap_or_else(|e| panic!("{way}: {e}")).to_string(), "+976 9911 2233");
        }
    }

    #[test]
    fn a_number_that_begins_like_the_country_code_keeps_its_eight_digits() {
        assert_eq!(PhoneNumber::parse("97612345").unwrap().e164(), "+97697612345");
    }

    #[test]
    fn what_is_not_a_number_of_mongolia_says_why() {
        assert_eq!(reason(""), "phone.length");
        assert_eq!(reason("102"), "phone.length");
        assert_eq!(reason("+976 9911 223"), "phone.length");
        assert_eq!(reason("+7 9911 2233"), "phone.country");
        assert_eq!(reason("0086 9911 2233"), "phone.country");
        assert_eq!(reason("утас Ү9112233"), "phone.signs");
        assert_eq!(reason("9911+2233"), "phone.signs");
        assert_eq!(reason("٩٩١١٢٢٣٣"), "phone.signs");
    }

    #[test]
    fn debug_shows_nothing_and_json_is_e164() {
        let number = PhoneNumber::parse("99112233").unwrap();

        assert_eq!(format!("{number:?}"), "PhoneNumber(…)");
        assert_eq!(number.masked(), "+976 **** 2233");
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"+97699112233\"");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in hostile_text()) {
            let _ = PhoneNumber::parse(&text);
        }

        #[test]
        fn what_is_shown_reads_back(text in "[1-9][0-9]{7}") {
            let number = PhoneNumber::parse(&text).unwrap();
            prop_assert_eq!(PhoneNumber::parse(&number.to_string()), Ok(number));
            prop_assert_eq!(PhoneNumber::parse(&number.e164()), Ok(number));
        }
    }
}
