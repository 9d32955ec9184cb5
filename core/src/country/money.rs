//! Төгрөг: whole amounts, since no fraction is in use.
//!
//! Guarantees: an amount with a fraction, or whose digits are grouped in a way that could mean two numbers, is
//! refused; sums overflow into `None`, never into another amount.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{LONGEST_INPUT, Rejection};

const SIGN: char = '₮';
/// How an amount may be marked, in lower case, longest first.
const MARKS: [&str; 4] = ["төгрөг", "төг", "mnt", "₮"];
/// Up to here a JSON number read as a float is still exact (2^53).
const EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// Whole төгрөг. Negative for money given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mnt(i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MntError {
    #[error("an amount is digits in one piece or in threes, such as 25000, 25,000 or 25000.00")]
    Shape,
    #[error("an amount is whole төгрөг, this has a fraction")]
    Fraction,
    #[error("the amount is too large")]
    TooLarge,
}

impl Mnt {
    pub const ZERO: Self = Self(0);

    pub const fn new(amount: i64) -> Self {
        Self(amount)
    }

    pub const fn amount(self) -> i64 {
        self.0
    }

    /// Takes what people type (`25 000₮`, `25,000 төгрөг`) and what QPay sends (`"25000.00"`).
    pub fn parse(text: &str) -> Result<Self, MntError> {
        if text.len() > LONGEST_INPUT {
            return Err(MntError::Shape);
        }
        let lower = text.to_lowercase();
        let (unmarked, marked) = without_mark(lower.trim());
        let (sign, unsigned) = match unmarked.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => ("-", rest.trim_start()),
            None => ("", unmarked),
        };
        let number = if marked { unsigned } else { without_mark(unsigned).0 };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MntError::Shape);
        }
        let digits = ungrouped(whole)?;
        if fraction.bytes().any(|byte| byte != b'0') {
            return Err(MntError::Fraction);
        }
        format!("{sign}{digits}").parse().map(Self).map_err(|_| MntError::TooLarge)
    }

    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    pub const fn checked_mul(self, times: i64) -> Option<Self> {
        match self.0.checked_mul(times) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }

    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    fn from_float(value: f64) -> Result<Self, MntError> {
        if value.is_nan() {
            Err(MntError::Shape)
        } else if value.abs() > EXACT_FLOAT {
            Err(MntError::TooLarge)
        } else if value.fract() != 0.0 {
            Err(MntError::Fraction)
        } else {
            Ok(Self(value as i64)) // whole and within 2^53: exact
        }
    }
}

/// The text without a currency mark at either end, and whether there was one.
fn without_mark(text: &str) -> (&str, bool) {
    for mark in MARKS {
        if let Some(rest) = text.strip_suffix(mark).or_else(|| text.strip_prefix(mark)) {
            return (rest.trim(), true);
        }
    }
    (text, false)
}

/// The digits without their separators. Groups are threes with one kind of separator: `25000,00` and `25,00` could be
/// a decimal comma, so they are refused.
fn ungrouped(whole: &str) -> Result<String, MntError> {
    let separator = whole.chars().find(|sign| !sign.is_ascii_digit());
    let Some(separator) = separator else {
        return if whole.is_empty() { Err(MntError::Shape) } else { Ok(whole.to_owned()) };
    };
    if !matches!(separator, ',' | '\'' | '\u{2019}') && !separator.is_whitespace() {
        return Err(MntError::Shape);
    }
    let mut digits = String::new();
    for (place, group) in whole.split(separator).enumerate() {
        let fits = if place == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        if !fits || !group.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MntError::Shape);
        }
        digits.push_str(group);
    }
    Ok(digits)
}

/// `25,000₮`: groups as in CLDR's `mn`; the sign behind, without a space, as shops, banks and state sites write it
/// (CLDR puts it in front).
impl fmt::Display for Mnt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let digits = self.0.unsigned_abs().to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, "{SIGN}")
    }
}

impl std::str::FromStr for Mnt {
    type Err = MntError;

    fn from_str(text: &str) -> Result<Self, MntError> {
        Self::parse(text)
    }
}

impl Rejection for MntError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Shape => "money.shape",
            Self::Fraction => "money.fraction",
            Self::TooLarge => "money.too_large",
        }
    }
}

/// An integer, as the gateway has it.
impl Serialize for Mnt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

/// An integer, a number without a fraction, or a text: payment systems send all three.
impl<'de> Deserialize<'de> for Mnt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Amount;

        impl de::Visitor<'_> for Amount {
            type Value = Mnt;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount of whole төгрөг")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Mnt, E> {
                Ok(Mnt(value))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Mnt, E> {
                i64::try_from(value).map(Mnt).map_err(|_| E::custom(MntError::TooLarge))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Mnt, E> {
                Mnt::from_float(value).map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Mnt, E> {
                Mnt::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Amount)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    fn reason(text: &str) -> &'static str {
        Mnt::parse(text).expect_err(text).reason()
    }

    #[test]
    fn an_amount_is_shown_in_threes_with_the_sign_behind() {
        let shown = [0, 500, 25_000, 1_234_567, -1_000].map(|amount| Mnt::new(amount).to_string());

        assert_eq!(shown, ["0₮", "500₮", "25,000₮", "1,234,567₮", "-1,000₮"]);
        assert_eq!(Mnt::new(i64::MIN).to_string(), "-9,223,372,036,854,775,808₮");
    }

    #[test]
    fn every_way_of_writing_it_is_one_amount() {
        for text in [
            "25000",
            "25000.00",
            "25000.0",
            "25,000",
            "25 000",
            "25\u{A0}000 ₮",
            "25\u{202F}000",
            "25'000₮",
            "₮ 25,000.00",
            "25,000 төгрөг",
            "25000төг",
            "25000 ТӨГРӨГ",
            "MNT 25000",
        ] {
            assert_eq!(Mnt::parse(text), Ok(Mnt::new(25_000)), "{text}");
        }
        assert_eq!(Mnt::parse("-₮1,000"), Mnt::parse("\u{2212}1 000 ₮"));
    }

    #[test]
    fn a_fraction_is_refused_and_not_rounded_away() {
        assert_eq!(reason("25000.50"), "money.fraction");
        assert_eq!(reason("0.01"), "money.fraction");
    }

    #[test]
    fn groups_that_could_mean_two_numbers_are_refused() {
        for text in ["25,00", "25000,00", "2,5", "1,234 567", "1.234.567", "25  000", ",250", "25."] {
            assert_eq!(reason(text), "money.shape", "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "₮", "үнэгүй", "--5", "₮5₮", "٢٥", "1e5", "NaN", "+5"] {
            assert_eq!(reason(text), "money.shape", "{text}");
        }
        assert_eq!(reason("9223372036854775808"), "money.too_large");
    }

    #[test]
    fn json_gives_an_integer_and_takes_integers_texts_and_whole_floats() {
        assert_eq!(serde_json::to_string(&Mnt::new(25_000)).unwrap(), "25000");
        for json in ["25000", "25000.0", "\"25000.00\"", "\"25,000₮\""] {
            assert_eq!(serde_json::from_str::<Mnt>(json).unwrap(), Mnt::new(25_000), "{json}");
        }
        for json in ["25000.5", "1e300", "18446744073709551615", "true", "null"] {
            assert!(serde_json::from_str::<Mnt>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn arithmetic_ends_in_none_at_the_edge() {
        let most = Mnt::new(i64::MAX);

        assert_eq!(Mnt::new(1_500).checked_add(Mnt::new(500)), Some(Mnt::new(2_000)));
        assert_eq!(Mnt::new(1_500).checked_sub(Mnt::new(2_000)), Some(Mnt::new(-500)));
        assert_eq!(Mnt::new(1_500).checked_mul(3), Some(Mnt::new(4_500)));
        assert_eq!(most.checked_add(Mnt::new(1)), None);
        assert_eq!(Mnt::new(i64::MIN).checked_sub(Mnt::new(1)), None);
        assert_eq!(most.checked_mul(2), None);
        assert_eq!(Mnt::checked_sum([most, Mnt::new(1), Mnt::new(-1)]), None);
        assert_eq!(Mnt::checked_sum([Mnt::new(1), Mnt::new(2)]), Some(Mnt::new(3)));
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in hostile_text(), number in any::<f64>()) {
            let _ = (Mnt::parse(&text), Mnt::from_float(number));
        }

        #[test]
        fn what_is_shown_reads_back(amount in any::<i64>()) {
            let amount = Mnt::new(amount);
            prop_assert_eq!(Mnt::parse(&amount.to_string()), Ok(amount));
        }
    }
}
