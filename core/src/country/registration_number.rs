//! Регистрийн дугаар (РД): the number every citizen is known by.
//!
//! Guarantees: two of the 35 Cyrillic letters and a real birth date inside; one canonical upper-case form, so two
//! spellings of one number are equal; `Debug` never shows it.

use std::fmt;

use super::{
    LONGEST_INPUT, Rejection,
    area::{AreaHint, aimag_hint},
    civil_date::{CivilDate, CivilDateError},
    letters::{self, Reading},
    text_outside,
};

/// Two letters, YYMMDD, a digit for the gender and one last digit.
const LENGTH: usize = 10;
const LETTERS: usize = 2;
/// From 2000 on twenty is added to the month: 21–32.
const MONTHS_ADDED_SINCE_2000: u32 = 20;
/// The number that official samples of ХУР print in place of a citizen's. It reads as 22 November 1900.
const PLACEHOLDER: &str = "АА00112233";

/// As the digit in the number says, which is what the state registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gender {
    Male,
    Female,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationNumber {
    letters: [char; LETTERS],
    digits: [u8; LENGTH - LETTERS],
    birth_date: CivilDate,
}

/// Which part is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationNumberError {
    #[error("a registration number has two letters and eight digits, this has {found} signs")]
    Length { found: usize },
    #[error("a registration number begins with two Cyrillic letters")]
    Letters,
    #[error("a Latin letter can stand for several Cyrillic ones: type the letters in Cyrillic")]
    Latin,
    #[error("after the two letters come eight digits")]
    Digits,
    #[error("the month is 01 to 12 for the 1900s and 21 to 32 for the 2000s")]
    Month,
    #[error("the month has no such day")]
    Day,
}

impl RegistrationNumber {
    /// Takes either case, spaces and hyphens. A Latin letter passes where shape and sound name the same Cyrillic one
    /// (A K M O T X); any other is refused, since guessing would name somebody else. The last digit is said to be a
    /// check digit, but no rule for it is known, so nothing is refused for it.
    pub fn parse(text: &str) -> Result<Self, RegistrationNumberError> {
        if text.len() > LONGEST_INPUT {
            return Err(RegistrationNumberError::Length { found: text.len() });
        }
        let signs = letters::compact(text);
        let signs: [char; LENGTH] =
            signs.try_into().map_err(|signs: Vec<char>| RegistrationNumberError::Length { found: signs.len() })?;
        let [first, second, numerals @ ..] = signs;
        let letters = [read(first)?, read(second)?];
        let mut digits = [0; LENGTH - LETTERS];
        for (digit, numeral) in digits.iter_mut().zip(numerals) {
            // Only 0–9: a digit of another script is not the same number.
            *digit = numeral.to_digit(10).and_then(|d| u8::try_from(d).ok()).ok_or(RegistrationNumberError::Digits)?;
        }
        Ok(Self { letters, digits, birth_date: birth_date(&digits)? })
    }

    pub const fn birth_date(&self) -> CivilDate {
        self.birth_date
    }

    /// The ninth sign: odd for a man, even for a woman.
    pub const fn gender(&self) -> Gender {
        if self.digits[6] % 2 == 1 { Gender::Male } else { Gender::Female }
    }

    /// Where the first letter says the citizen was registered. A hint: people move, and the lists are unofficial.
    pub fn place_hint(&self) -> Option<AreaHint> {
        // Order and letters: two public code files and package mongol-register-parser 0.1.4 agree.
        let (code, city) = match self.letters[0] {
            'А' => (65, None),
            'Б' => (83, None),
            'В' => (64, None),
            'Г' => (63, None),
            'Д' => (82, None),
            'Е' => (44, None),
            'Ж' => (21, None),
            'З' => (48, None),
            'И' => (81, None),
            'Й' => (62, None),
            'К' => (46, None),
            'Л' => (22, None),
            'М' => (43, None),
            'Н' => (41, None),
            'О' => (85, None),
            'П' => (84, None),
            'Р' => (67, None),
            'С' => (23, None),
            'Т' => (45, None),
            'Ф' => (61, None),
            'Х' => (42, None),
            'Ш' => (61, Some(("Эрдэнэт", "Erdenet"))),
            'У' | 'Ч' => (11, None),
            _ => return None,
        };
        let aimag = aimag_hint(code)?;
        Some(match city {
            Some((name_mn, name_en)) => AreaHint { name_mn, name_en, code: aimag.code },
            None => aimag,
        })
    }

    /// The number of official samples, which is nobody's.
    pub fn is_placeholder(&self) -> bool {
        self.to_string() == PLACEHOLDER
    }

    /// For a screen that others may see: letters and last two digits stay.
    pub fn masked(&self) -> String {
        let [a, b] = self.letters;
        let [.., y, z] = self.digits;
        format!("{a}{b}******{y}{z}")
    }
}

fn read(sign: char) -> Result<char, RegistrationNumberError> {
    match letters::read_typed(sign) {
        Reading::Letter(letter) => Ok(letter),
        Reading::Ambiguous => Err(RegistrationNumberError::Latin),
        Reading::Foreign => Err(RegistrationNumberError::Letters),
    }
}

fn birth_date(digits: &[u8; LENGTH - LETTERS]) -> Result<CivilDate, RegistrationNumberError> {
    let [y1, y2, m1, m2, d1, d2, ..] = digits.map(u32::from);
    let (century, month) = match m1 * 10 + m2 {
        month @ 1..=12 => (1900, month),
        month @ 21..=32 => (2000, month - MONTHS_ADDED_SINCE_2000),
        _ => return Err(RegistrationNumberError::Month),
    };
    CivilDate::new(century + y1 * 10 + y2, month, d1 * 10 + d2).map_err(|error| match error {
        CivilDateError::Month => RegistrationNumberError::Month,
        CivilDateError::Day | CivilDateError::Year | CivilDateError::Shape => RegistrationNumberError::Day,
    })
}

impl fmt::Display for RegistrationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.letters;
        write!(f, "{a}{b}")?;
        self.digits.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for RegistrationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("РД(…)")
    }
}

impl Rejection for RegistrationNumberError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Length { .. } => "registration_number.length",
            Self::Letters => "registration_number.letters",
            Self::Latin => "registration_number.latin",
            Self::Digits => "registration_number.digits",
            Self::Month => "registration_number.month",
            Self::Day => "registration_number.day",
        }
    }
}

text_outside!(RegistrationNumber, RegistrationNumberError, |number| number.to_string());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    fn number(text: &str) -> RegistrationNumber {
        RegistrationNumber::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn reason(text: &str) -> &'static str {
        RegistrationNumber::parse(text).expect_err(text).reason()
    }

    #[test]
    fn a_number_of_the_1900s_gives_date_gender_and_place() {
        let woman = number("НИ78010123");

        assert_eq!(woman.birth_date(), CivilDate::new(1978, 1, 1).unwrap());
        assert_eq!(woman.gender(), Gender::Female);
        assert_eq!(woman.place_hint().unwrap().name_mn, "Төв");
    }

    #[test]
    fn from_2000_on_the_month_carries_twenty_more() {
        assert_eq!(number("УХ00210117").birth_date(), CivilDate::new(2000, 1, 1).unwrap());
        assert_eq!(number("УХ26323117").birth_date(), CivilDate::new(2026, 12, 31).unwrap());
        assert_eq!(number("УХ26323117").gender(), Gender::Male);
    }

    #[test]
    fn the_answer_of_a_register_in_lower_case_is_the_same_number() {
        assert_eq!(number("ни78010123"), number("НИ78010123"));
        assert_eq!(number(" ни 78-01\u{A0}01 23\n").to_string(), "НИ78010123");
    }

    #[test]
    fn letters_outside_the_range_from_a_to_ya_are_letters() {
        for letters in ["ӨҮ", "ЁӨ", "ҮЁ", "өү", "ёө"] {
            let text = format!("{letters}78010123");
            assert_eq!(number(&text).to_string(), text.to_uppercase());
        }
    }

    #[test]
    fn an_accent_apart_from_its_letter_does_not_make_the_number_longer() {
        assert_eq!(number("И\u{306}е\u{308}78010123").to_string(), "ЙЁ78010123");
    }

    #[test]
    fn look_alikes_pass_only_where_they_can_mean_one_letter() {
        assert_eq!(number("AT78010123").to_string(), "АТ78010123");
        assert_eq!(number("Єї78010123").to_string(), "ӨҮ78010123");
        assert_eq!(reason("УP78010123"), "registration_number.latin"); // Р by shape, П by sound
        assert_eq!(reason("Yx78010123"), "registration_number.latin"); // У or Ү
    }

    #[test]
    fn the_official_placeholder_parses_and_says_so() {
        assert!(number("АА00112233").is_placeholder());
        assert!(number("aa00112233").is_placeholder());
        assert!(!number("АА00112234").is_placeholder());
    }

    #[test]
    fn nothing_is_refused_for_the_last_digit() {
        for last in 0..=9 {
            number(&format!("ӨҮ7801012{last}"));
        }
    }

    #[test]
    fn each_wrong_part_has_its_reason() {
        assert_eq!(reason(""), "registration_number.length");
        assert_eq!(reason("УХ7801012"), "registration_number.length");
        assert_eq!(reason("УХ780101234"), "registration_number.length");
        assert_eq!(reason(&"Ө".repeat(1_000_000)), "registration_number.length");
        assert_eq!(reason("1278010123"), "registration_number.letters");
        assert_eq!(reason("ҚІ78010123"), "registration_number.letters");
        assert_eq!(reason("УХ7801О123"), "registration_number.digits");
        assert_eq!(reason("УХ78010١23"), "registration_number.digits");
        assert_eq!(reason("УХ78000123"), "registration_number.month");
        assert_eq!(reason("УХ78130123"), "registration_number.month");
        assert_eq!(reason("УХ78200123"), "registration_number.month");
        assert_eq!(reason("УХ78330123"), "registration_number.month");
        assert_eq!(reason("УХ78010023"), "registration_number.day");
        assert_eq!(reason("УХ78023023"), "registration_number.day");
    }

    #[test]
    fn the_leap_day_exists_in_2000_and_not_in_1900() {
        assert_eq!(number("ӨЁ00222911").birth_date().to_string(), "2000-02-29");
        assert_eq!(reason("ӨЁ00022911"), "registration_number.day");
    }

    #[test]
    fn the_first_letter_names_the_place_of_registration() {
        let places = "А Архангай, Б Баян-Өлгий, В Баянхонгор, Г Булган, Д Говь-Алтай, Е Дорноговь, Ж Дорнод, \
                      З Дундговь, И Завхан, Й Өвөрхангай, К Өмнөговь, Л Сүхбаатар, М Сэлэнгэ, Н Төв, О Увс, П Ховд, \
                      Р Хөвсгөл, С Хэнтий, Т Дархан-Уул, Ф Орхон, Х Говьсүмбэр, Ш Эрдэнэт, \
                      У Улаанбаатар, Ч Улаанбаатар";

        for (letter, place) in places.split(", ").map(|pair| pair.split_once(' ').unwrap()) {
            assert_eq!(number(&format!("{letter}Ө78010123")).place_hint().unwrap().name_mn, place);
        }
    }

    #[test]
    fn both_letters_of_the_capital_and_the_city_of_erdenet_are_known_and_others_give_no_hint() {
        assert_eq!(number("УА78010123").place_hint().unwrap().name_mn, "Улаанбаатар");
        assert_eq!(number("ЧА78010123").place_hint().unwrap().name_en, "Ulaanbaatar");
        let erdenet = number("ШӨ78010123").place_hint().unwrap();
        assert_eq!((erdenet.name_mn, erdenet.code.unwrap().to_string()), ("Эрдэнэт", "61".to_owned()));
        assert_eq!(number("ӨҮ78010123").place_hint(), None);
    }

    #[test]
    fn debug_shows_nothing_and_masked_hides_the_birth_date() {
        assert_eq!(format!("{:?}", number("ӨҮ78010123")), "РД(…)");
        assert_eq!(number("ӨҮ78010123").masked(), "ӨҮ******23");
    }

    #[test]
    fn json_holds_the_canonical_form() {
        let parsed: RegistrationNumber = serde_json::from_str("\"өү78010123\"").unwrap();

        assert_eq!(serde_json::to_string(&parsed).unwrap(), "\"ӨҮ78010123\"");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in hostile_text()) {
            let _ = RegistrationNumber::parse(&text);
        }

        #[test]
        fn what_is_shown_reads_back(letters in "[АБЁЖӨҮЯөүё]{2}", y in 0u32..100, month in 1u32..=12, day in 1u32..=28,
                                    since_2000: bool, end in 0u32..100) {
            let month = if since_2000 { month + 20 } else { month };
            let parsed = RegistrationNumber::parse(&format!("{letters}{y:02}{month:02}{day:02}{end:02}")).unwrap();
            prop_assert_eq!(RegistrationNumber::parse(&parsed.to_string()), Ok(parsed));
            prop_assert_eq!(parsed.birth_date().year() >= 2000, since_2000);
        }
    }
}
