//! Vehicle plates: four digits and three Cyrillic letters, or the red diplomatic ДК with four digits.
//!
//! Guarantees: zeros in front kept, letters Cyrillic whatever was typed; the area is a list of guesses, since the
//! published tables disagree.

use std::fmt;

use super::{
    LONGEST_INPUT, Rejection,
    area::{AreaHint, aimag_hint, known_area},
    letters::{self, Reading},
    text_outside,
};

const DIGITS: usize = 4;
const DIPLOMATIC: [char; 2] = ['Д', 'К'];

/// First two letters and the unit they stand for: several copies of Wikipedia's tables (en, de). Where the copies
/// disagree every reading is listed.
const AREAS: [(&str, u32); 34] = [
    ("АР", 65),
    ("БН", 1101),
    ("БН", 64),
    ("БР", 1101),
    ("БУ", 63),
    ("БХ", 64),
    ("БӨ", 83),
    ("ГА", 82),
    ("ГО", 82),
    ("ГС", 42),
    ("ДА", 45),
    ("ДГ", 44),
    ("ДО", 21),
    ("ДУ", 48),
    ("ЗА", 81),
    ("НА", 1113),
    ("ОР", 61),
    ("СУ", 22),
    ("СҮ", 22),
    ("СЭ", 43),
    ("ТӨ", 41),
    ("УА", 11),
    ("УБ", 11),
    ("УВ", 85),
    ("УЕ", 11),
    ("УК", 11),
    ("УН", 11),
    ("ХО", 84),
    ("ХЭ", 23),
    ("ХӨ", 67),
    ("ЭТ", 61),
    ("ӨВ", 62),
    ("ӨМ", 46),
    ("СБ", TOWN_OF_SUKHBAATAR),
];
/// A town, not a unit with a code.
const TOWN_OF_SUKHBAATAR: u32 = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlateKind {
    Ordinary,
    /// Red, ДК.
    Diplomatic,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlateNumber {
    digits: [char; DIGITS],
    letters: Letters,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Letters {
    Series([char; 3]),
    Diplomatic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlateNumberError {
    #[error("a plate has four digits, zeros in front included, this has {found}")]
    Digits { found: usize },
    #[error("a plate has three Cyrillic letters, or ДК")]
    Letters,
    #[error("a Latin letter can stand for several Cyrillic ones: type the letters in Cyrillic")]
    Latin,
    #[error("a plate's letters stand together, before or after the digits")]
    Order,
}

impl PlateNumber {
    /// Takes `1234УБА`, `12-34 уба`, `УБА 1234`, `ДК 12-34`, and capitals of Latin that look like Cyrillic, as people
    /// read plates off metal. Latin Y is У in front, where no area begins with Ү; elsewhere it could be either.
    pub fn parse(text: &str) -> Result<Self, PlateNumberError> {
        if text.len() > LONGEST_INPUT {
            return Err(PlateNumberError::Digits { found: text.len() });
        }
        let signs = letters::compact(text);
        let digits: Vec<char> = signs.iter().copied().filter(char::is_ascii_digit).collect();
        let found = digits.len();
        let digits = digits.try_into().map_err(|_| PlateNumberError::Digits { found })?;
        let letters: Vec<char> = signs
            .iter()
            .copied()
            .filter(|sign| !sign.is_ascii_digit())
            .enumerate()
            .map(|(place, sign)| read(place, sign))
            .collect::<Result<_, _>>()?;
        let turns = signs.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
        let letters = match letters[..] {
            // The two pairs of digits may stand on both sides.
            [a, b] if [a, b] == DIPLOMATIC && turns <= 2 => Letters::Diplomatic,
            [_, _, _] if turns > 1 => return Err(PlateNumberError::Order),
            [a, b, c] => Letters::Series([a, b, c]),
            _ => return Err(PlateNumberError::Letters),
        };
        Ok(Self { digits, letters })
    }

    pub const fn kind(&self) -> PlateKind {
        match self.letters {
            Letters::Series(_) => PlateKind::Ordinary,
            Letters::Diplomatic => PlateKind::Diplomatic,
        }
    }

    /// Where it may have been registered: none, one or several guesses.
    pub fn area_hints(&self) -> Vec<AreaHint> {
        let Letters::Series([a, b, _]) = self.letters else { return Vec::new() };
        AREAS.into_iter().filter(|(prefix, _)| prefix.chars().eq([a, b])).filter_map(|(_, code)| hint(code)).collect()
    }

    /// `0101ТСТ`, as ХУР writes it.
    pub fn compact(&self) -> String {
        self.written("")
    }

    fn written(&self, gap: &str) -> String {
        let digits: String = self.digits.iter().collect();
        match self.letters {
            Letters::Series(letters) => format!("{digits}{gap}{}", letters.iter().collect::<String>()),
            Letters::Diplomatic => format!("{}{gap}{digits}", DIPLOMATIC.iter().collect::<String>()),
        }
    }
}

fn read(place: usize, sign: char) -> Result<char, PlateNumberError> {
    match letters::read_shape(sign) {
        Reading::Letter(letter) => Ok(letter),
        Reading::Ambiguous if sign == 'Y' && place == 0 => Ok('У'),
        Reading::Ambiguous => Err(PlateNumberError::Latin),
        Reading::Foreign => Err(PlateNumberError::Letters),
    }
}

fn hint(code: u32) -> Option<AreaHint> {
    match code {
        TOWN_OF_SUKHBAATAR => {
            Some(AreaHint { name_mn: "Сүхбаатар хот", name_en: "Sükhbaatar city", code: None })
        }
        1101 => Some(AreaHint { name_mn: "Багануур", name_en: "Baganuur", code: Some(known_area(code)) }),
        1113 => Some(AreaHint { name_mn: "Налайх", name_en: "Nalaikh", code: Some(known_area(code)) }),
        _ => aimag_hint(code),
    }
}

/// For people: `0101 ТСТ`, `ДК 1234`.
impl fmt::Display for PlateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(" "))
    }
}

impl fmt::Debug for PlateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlateNumber(…)")
    }
}

impl Rejection for PlateNumberError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Digits { .. } => "plate.digits",
            Self::Letters => "plate.letters",
            Self::Latin => "plate.latin",
            Self::Order => "plate.order",
        }
    }
}

text_outside!(PlateNumber, PlateNumberError, |plate| plate.compact());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    fn compact(text: &str) -> String {
        PlateNumber::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).compact()
    }

    fn reason(text: &str) -> &'static str {
        PlateNumber::parse(text).expect_err(text).reason()
    }

    fn areas(text: &str) -> Vec<&'static str> {
        PlateNumber::parse(text).unwrap().area_hints().into_iter().map(|hint| hint.name_mn).collect()
    }

    #[test]
    fn zeros_in_front_are_kept() {
        assert_eq!(compact("0101ТСТ"), "0101ТСТ");
        assert_eq!(compact("0001 УБӨ"), "0001УБӨ");
    }

    #[test]
    fn case_gaps_and_order_do_not_matter() {
        for text in ["1234УБҮ", "1234 убү", " 12-34\u{A0}УБҮ ", "УБҮ1234", "УБҮ 12 34"] {
            assert_eq!(compact(text), "1234УБҮ", "{text}");
        }
    }

    #[test]
    fn latin_capitals_are_read_by_their_shape() {
        assert_eq!(compact("0101TCT"), "0101ТСТ");
        assert_eq!(compact("1234 OPA"), "1234ОРА"); // the published tables themselves write Latin OP for Орхон
        assert_eq!(compact("1234 YНE"), "1234УНЕ");
    }

    #[test]
    fn a_latin_letter_of_two_meanings_is_not_guessed() {
        assert_eq!(reason("1234 СYА"), "plate.latin"); // СҮ or СУ
        assert_eq!(reason("1234 ubh"), "plate.latin");
        assert_eq!(reason("1234 УБR"), "plate.latin");
    }

    #[test]
    fn where_the_tables_disagree_every_reading_is_offered() {
        assert_eq!(areas("1234БНА"), ["Багануур", "Баянхонгор"]);
        assert_eq!(areas("1234БХА"), ["Баянхонгор"]);
        assert_eq!(areas("1234БРА"), ["Багануур"]);
        assert_eq!(areas("1234СҮА"), areas("1234СУА"));
        assert_eq!(areas("1234ГАА"), areas("1234ГОА"));
        assert_eq!(areas("1234ХӨА"), ["Хөвсгөл"]);
    }

    #[test]
    fn every_prefix_of_the_capital_is_known_and_the_sample_of_khur_has_no_area() {
        for prefix in ["УБ", "УН", "УА", "УЕ", "УК"] {
            assert_eq!(areas(&format!("1234{prefix}А")), ["Улаанбаатар"]);
        }
        assert!(areas("0101ТСТ").is_empty());
    }

    #[test]
    fn every_row_of_the_table_names_a_place() {
        for (prefix, code) in AREAS {
            assert!(hint(code).is_some(), "{prefix}");
            assert!(prefix.chars().all(|c| letters::read_typed(c) == Reading::Letter(c)), "{prefix}");
        }
    }

    #[test]
    fn a_diplomats_plate_is_two_letters_and_two_pairs() {
        for text in ["ДК 12-34", "дк1234", "12 34 ДК", "12 ДК 34"] {
            let plate = PlateNumber::parse(text).unwrap();
            assert_eq!((plate.kind(), plate.to_string()), (PlateKind::Diplomatic, "ДК 1234".to_owned()), "{text}");
            assert!(plate.area_hints().is_empty());
        }
        assert_eq!(PlateNumber::parse("1234ДКА").unwrap().kind(), PlateKind::Ordinary);
    }

    #[test]
    fn each_wrong_part_has_its_reason() {
        assert_eq!(reason(""), "plate.digits");
        assert_eq!(reason("101ТСТ"), "plate.digits");
        assert_eq!(reason("12345УБА"), "plate.digits");
        assert_eq!(reason("1234УБ"), "plate.letters");
        assert_eq!(reason("1234УБІ"), "plate.letters");
        assert_eq!(reason("Б 15 98 УБ"), "plate.order"); // a plate of before 2001
        assert_eq!(reason(&"Ө".repeat(1_000_000)), "plate.digits");
    }

    #[test]
    fn debug_shows_nothing_and_json_is_compact() {
        let plate: PlateNumber = serde_json::from_str("\"0101 өүт\"").unwrap();

        assert_eq!(format!("{plate:?}"), "PlateNumber(…)");
        assert_eq!(serde_json::to_string(&plate).unwrap(), "\"0101ӨҮТ\"");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in hostile_text()) {
            let _ = PlateNumber::parse(&text);
        }

        #[test]
        fn what_is_shown_reads_back(text in "[0-9]{4} ?[АБЁӨҮЯөүё]{3}|ДК[0-9]{4}") {
            let plate = PlateNumber::parse(&text).unwrap();
            prop_assert_eq!(PlateNumber::parse(&plate.to_string()), Ok(plate));
            prop_assert_eq!(PlateNumber::parse(&plate.compact()), Ok(plate));
        }
    }
}
