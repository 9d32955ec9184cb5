//! Administrative units by their codes, and postal codes.
//!
//! Guarantees: two, four or six digits that begin with a real aimag or the capital, or the country itself (`MN`).

use std::fmt;

use super::{Rejection, localised::LocalisedText, text_outside};

/// How the register and the catalogue name the whole country.
const COUNTRY: &str = "MN";
const CAPITAL: u32 = 11;
/// Ulaanbaatar has the postal codes 11000–18xxx.
const CAPITAL_POSTAL: std::ops::RangeInclusive<u32> = 11..=18;

/// Codes: unit tables of the public education register. Names: MNS 5217:2012 in Latin.
const AIMAGS: [(u32, &str, &str); 22] = [
    (CAPITAL, "Улаанбаатар", "Ulaanbaatar"),
    (21, "Дорнод", "Dornod"),
    (22, "Сүхбаатар", "Sükhbaatar"),
    (23, "Хэнтий", "Khentii"),
    (41, "Төв", "Töv"),
    (42, "Говьсүмбэр", "Govisümber"),
    (43, "Сэлэнгэ", "Selenge"),
    (44, "Дорноговь", "Dornogovi"),
    (45, "Дархан-Уул", "Darkhan-Uul"),
    (46, "Өмнөговь", "Ömnögovi"),
    (48, "Дундговь", "Dundgovi"),
    (61, "Орхон", "Orkhon"),
    (62, "Өвөрхангай", "Övörkhangai"),
    (63, "Булган", "Bulgan"),
    (64, "Баянхонгор", "Bayankhongor"),
    (65, "Архангай", "Arkhangai"),
    (67, "Хөвсгөл", "Khövsgöl"),
    (81, "Завхан", "Zavkhan"),
    (82, "Говь-Алтай", "Govi-Altai"),
    (83, "Баян-Өлгий", "Bayan-Ölgii"),
    (84, "Ховд", "Khovd"),
    (85, "Увс", "Uvs"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AreaLevel {
    Country,
    /// Аймаг, or the capital.
    Aimag,
    /// Сум, or a district (дүүрэг) of the capital.
    Soum,
    /// Баг, or a khoroo (хороо) of the capital.
    Bag,
}

/// The digits as a number; no code begins with a zero, so its size tells its length. Zero is the country.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AreaCodeError {
    #[error("an area code has two, four or six digits, this has {found} signs")]
    Length { found: usize },
    #[error("an area code holds digits only")]
    Digits,
    #[error("an area code begins with the code of an aimag or the capital")]
    Aimag,
    #[error("a bag is named by the soum it lies in, and a soum by its aimag")]
    Gap,
}

impl AreaCode {
    pub const COUNTRY: Self = Self(0);
    pub const CAPITAL: Self = Self(CAPITAL);

    pub fn parse(text: &str) -> Result<Self, AreaCodeError> {
        let text = text.trim();
        if text == COUNTRY {
            return Ok(Self::COUNTRY);
        }
        let found = text.len();
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AreaCodeError::Digits);
        }
        if !matches!(found, 2 | 4 | 6) {
            return Err(AreaCodeError::Length { found });
        }
        let code = Self(text.parse().map_err(|_| AreaCodeError::Digits)?);
        let aimag = code.aimag().ok_or(AreaCodeError::Aimag)?;
        // A zero in front would make the number shorter than the text.
        if text.starts_with('0') || aimag_hint(aimag.0).is_none() {
            return Err(AreaCodeError::Aimag);
        }
        Ok(code)
    }

    /// Joins what ХУР sends apart, `aimagCityCode` «11», `soumDistrictCode` «19», `bagKhorooCode` «71»; a part that
    /// came as a number lost its zero («3») and gets it back. Empty parts end the code.
    pub fn join(aimag: &str, soum: &str, bag: &str) -> Result<Self, AreaCodeError> {
        let (aimag, soum, bag) = (aimag.trim(), soum.trim(), bag.trim());
        if aimag.is_empty() || (soum.is_empty() && !bag.is_empty()) {
            return Err(AreaCodeError::Gap);
        }
        let mut code = String::new();
        for part in [aimag, soum, bag].into_iter().filter(|part| !part.is_empty()) {
            if part.len() > 2 {
                return Err(AreaCodeError::Length { found: part.len() });
            }
            code.push_str(if part.len() == 1 { "0" } else { "" });
            code.push_str(part);
        }
        Self::parse(&code)
    }

    pub const fn level(self) -> AreaLevel {
        match self.0 {
            0 => AreaLevel::Country,
            1..=99 => AreaLevel::Aimag,
            100..=9_999 => AreaLevel::Soum,
            _ => AreaLevel::Bag,
        }
    }

    /// The unit this one lies in; the country lies in none.
    pub const fn parent(self) -> Option<Self> {
        match self.level() {
            AreaLevel::Country => None,
            AreaLevel::Aimag => Some(Self::COUNTRY),
            AreaLevel::Soum | AreaLevel::Bag => Some(Self(self.0 / 100)),
        }
    }

    /// The aimag or capital this is or lies in.
    pub const fn aimag(self) -> Option<Self> {
        match self.level() {
            AreaLevel::Country => None,
            AreaLevel::Aimag => Some(self),
            AreaLevel::Soum => Some(Self(self.0 / 100)),
            AreaLevel::Bag => Some(Self(self.0 / 10_000)),
        }
    }

    /// Is it that unit, or does it lie in it?
    pub fn is_within(self, other: Self) -> bool {
        std::iter::successors(Some(self), |code| code.parent()).any(|code| code == other)
    }

    /// The name of the aimag or capital this is or lies in.
    pub fn aimag_name(self) -> Option<AreaHint> {
        self.aimag().and_then(|aimag| aimag_hint(aimag.0))
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            AreaLevel::Country => f.write_str(COUNTRY),
            AreaLevel::Aimag | AreaLevel::Soum | AreaLevel::Bag => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AreaCode({self})")
    }
}

/// A place that a letter on a plate or in a number points to. Show it as a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AreaHint {
    pub name_mn: &'static str,
    pub name_en: &'static str,
    pub code: Option<AreaCode>,
}

impl AreaHint {
    pub fn name(&self) -> LocalisedText {
        LocalisedText::new(self.name_mn, self.name_en)
    }
}

pub(super) fn aimag_hint(code: u32) -> Option<AreaHint> {
    let (code, name_mn, name_en) = AIMAGS.into_iter().find(|(aimag, _, _)| *aimag == code)?;
    Some(AreaHint { name_mn, name_en, code: Some(AreaCode(code)) })
}

/// The code of a unit that is known to exist, for the tables of this module.
pub(super) const fn known_area(code: u32) -> AreaCode {
    AreaCode(code)
}

/// Five digits; the first two are the aimag's code, in the capital 11 to 18.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostalCode(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PostalCodeError {
    #[error("a postal code has five digits")]
    Digits,
    #[error("a postal code begins with an aimag's code, or 11 to 18 in Ulaanbaatar")]
    Aimag,
}

impl PostalCode {
    pub fn parse(text: &str) -> Result<Self, PostalCodeError> {
        let text = text.trim();
        if text.len() != 5 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PostalCodeError::Digits);
        }
        let value: u32 = text.parse().map_err(|_| PostalCodeError::Digits)?;
        let begins = value / 1_000;
        if CAPITAL_POSTAL.contains(&begins) || aimag_hint(begins).is_some() {
            Ok(Self(value))
        } else {
            Err(PostalCodeError::Aimag)
        }
    }

    /// The aimag or capital it belongs to.
    pub fn aimag(self) -> AreaCode {
        let begins = self.0 / 1_000;
        if CAPITAL_POSTAL.contains(&begins) { AreaCode::CAPITAL } else { AreaCode(begins) }
    }
}

impl fmt::Display for PostalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Rejection for AreaCodeError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Length { .. } => "area_code.length",
            Self::Digits => "area_code.digits",
            Self::Aimag => "area_code.aimag",
            Self::Gap => "area_code.gap",
        }
    }
}

impl Rejection for PostalCodeError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Digits => "postal_code.digits",
            Self::Aimag => "postal_code.aimag",
        }
    }
}

text_outside!(AreaCode, AreaCodeError, |code| code.to_string());
text_outside!(PostalCode, PostalCodeError, |code| code.to_string());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    fn area(text: &str) -> AreaCode {
        AreaCode::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_split_codes_of_khur_join_to_one() {
        assert_eq!(AreaCode::join("11", "19", "71"), Ok(area("111971"))); // 11-р хороо, Сүхбаатар дүүрэг
        assert_eq!(AreaCode::join("83", "1", "3"), Ok(area("830103")));
        assert_eq!(AreaCode::join(" 83 ", "01", ""), Ok(area("8301")));
        assert_eq!(AreaCode::join("83", "", " "), Ok(area("83")));
    }

    #[test]
    fn a_split_code_with_a_hole_in_it_is_refused() {
        assert_eq!(AreaCode::join("11", "", "71"), Err(AreaCodeError::Gap));
        assert_eq!(AreaCode::join("", "19", "71"), Err(AreaCodeError::Gap));
        assert_eq!(AreaCode::join("11", "1119", ""), Err(AreaCodeError::Length { found: 4 }));
        assert_eq!(AreaCode::join("1", "19", "71"), Err(AreaCodeError::Aimag));
    }

    #[test]
    fn parents_lead_from_the_khoroo_to_the_country() {
        let path: Vec<String> = std::iter::successors(Some(area("111971")), |code| code.parent())
            .map(|code| format!("{code} {:?}", code.level()))
            .collect();

        assert_eq!(path, ["111971 Bag", "1119 Soum", "11 Aimag", "MN Country"]);
    }

    #[test]
    fn a_khoroo_lies_in_its_district_and_in_no_other() {
        assert!(area("111971").is_within(area("1119")));
        assert!(area("111971").is_within(AreaCode::COUNTRY));
        assert!(!area("111971").is_within(area("1122")));
        assert!(!area("11").is_within(area("1119")));
    }

    #[test]
    fn codes_of_no_unit_are_refused() {
        for (text, error) in [
            ("", AreaCodeError::Length { found: 0 }),
            ("111", AreaCodeError::Length { found: 3 }),
            ("00", AreaCodeError::Aimag),
            ("0011", AreaCodeError::Aimag),
            ("001100", AreaCodeError::Aimag),
            ("47", AreaCodeError::Aimag),
            ("9901", AreaCodeError::Aimag),
            ("Өмнөговь", AreaCodeError::Digits),
        ] {
            assert_eq!(AreaCode::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_khoroo_younger_than_the_published_lists_is_an_area_too() {
        assert_eq!(area("111999").parent(), Some(area("1119")));
    }

    #[test]
    fn the_names_of_the_western_aimags_keep_their_letters() {
        assert_eq!(area("830103").aimag_name().unwrap().name_mn, "Баян-Өлгий");
        assert_eq!(area("85").aimag_name().unwrap().name().en.unwrap(), "Uvs");
        assert_eq!(AreaCode::COUNTRY.aimag_name(), None);
    }

    #[test]
    fn a_postal_code_tells_its_aimag() {
        let aimag = |text| PostalCode::parse(text).map(PostalCode::aimag);

        assert_eq!(aimag("14200"), Ok(AreaCode::CAPITAL));
        assert_eq!(aimag("18080"), Ok(AreaCode::CAPITAL));
        assert_eq!(aimag("83120"), Ok(area("83")));
        assert_eq!(aimag("19000"), Err(PostalCodeError::Aimag));
        assert_eq!(aimag("1420"), Err(PostalCodeError::Digits));
        assert_eq!(aimag("1420Ө"), Err(PostalCodeError::Digits));
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(a in hostile_text(), b in hostile_text(), c in hostile_text()) {
            let _ = (AreaCode::parse(&a), PostalCode::parse(&a), AreaCode::join(&a, &b, &c));
        }

        #[test]
        fn what_is_shown_reads_back(text in "(11|2[123]|4[123]|8[345])([0-9]{2}){0,2}") {
            let code = area(&text);
            prop_assert_eq!(code.to_string(), text);
            prop_assert_eq!(serde_json::from_str::<AreaCode>(&serde_json::to_string(&code).unwrap()).unwrap(), code);
        }
    }
}
