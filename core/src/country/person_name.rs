//! A citizen's name in its three parts: clan (ургийн овог), parent's name (эцэг/эхийн нэр) and own name (нэр).
//!
//! Guarantees: the own name is never empty; a register's capitals are put right; `Debug` never shows a name.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{LONGEST_INPUT, Rejection, letters};

/// The parts as ХУР names them, which is not what the English words suggest.
#[derive(Clone, Copy, Default)]
pub struct XypName<'a> {
    /// The clan.
    pub surname: &'a str,
    /// The parent's name.
    pub lastname: &'a str,
    /// The own name.
    pub firstname: &'a str,
}

#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct PersonName {
    clan: Option<String>,
    parent: Option<String>,
    given: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    #[error("a name has at least the citizen's own name")]
    Given,
    #[error("a part of a name is at most {LONGEST_INPUT} bytes long")]
    Length,
}

impl PersonName {
    /// Empty parts, and parts without a letter (registers put «-» where they have nothing), count as absent.
    pub fn new(clan: &str, parent: &str, given: &str) -> Result<Self, PersonNameError> {
        Ok(Self { clan: tidy(clan)?, parent: tidy(parent)?, given: tidy(given)?.ok_or(PersonNameError::Given)? })
    }

    pub fn from_xyp(name: XypName<'_>) -> Result<Self, PersonNameError> {
        let XypName { surname, lastname, firstname } = name;
        Self::new(surname, lastname, firstname)
    }

    pub fn clan(&self) -> Option<&str> {
        self.clan.as_deref()
    }

    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    pub fn given(&self) -> &str {
        &self.given
    }

    /// All three parts in the order of the identity card: «Боржигон Батбаяр Эрдэнэбат».
    pub fn full(&self) -> String {
        let parts: Vec<&str> = [self.clan(), self.parent(), Some(self.given())].into_iter().flatten().collect();
        parts.join(" ")
    }
}

/// As people are called: «Б.Эрдэнэбат».
impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(initial) = self.parent().and_then(|parent| parent.chars().find(|sign| sign.is_alphabetic())) {
            write!(f, "{}.", letters::upper(initial))?;
        }
        f.write_str(&self.given)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

/// One space between words, one hyphen for every dash, and the case put right where a register wrote all in one case.
fn tidy(part: &str) -> Result<Option<String>, PersonNameError> {
    if part.len() > LONGEST_INPUT {
        return Err(PersonNameError::Length);
    }
    let dashed: String = part.chars().map(|sign| if letters::is_dash(sign) { '-' } else { sign }).collect();
    let text = letters::words(&dashed).replace(" -", "-").replace("- ", "-");
    if !text.chars().any(char::is_alphabetic) {
        return Ok(None);
    }
    let one_case = !text.chars().any(char::is_lowercase) || !text.chars().any(char::is_uppercase);
    Ok(Some(if one_case { capitalised(&text) } else { text }))
}

/// «ЭНХ-ҮҮРИЙН ӨЛЗИЙ» → «Энх-Үүрийн Өлзий»: each word and each half of a hyphenated name begins with a capital.
fn capitalised(text: &str) -> String {
    let mut at_start = true;
    let mut result = String::with_capacity(text.len());
    for sign in text.chars() {
        if at_start {
            result.extend(sign.to_uppercase());
        } else {
            result.extend(sign.to_lowercase());
        }
        at_start = !sign.is_alphabetic();
    }
    result
}

/// How a name is kept: by our own words, not by ХУР's.
#[derive(Clone, Serialize, Deserialize)]
struct Parts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clan: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    given: String,
}

impl TryFrom<Parts> for PersonName {
    type Error = PersonNameError;

    fn try_from(parts: Parts) -> Result<Self, PersonNameError> {
        let Parts { clan, parent, given } = parts;
        Self::new(&clan.unwrap_or_default(), &parent.unwrap_or_default(), &given)
    }
}

impl From<PersonName> for Parts {
    fn from(name: PersonName) -> Self {
        let PersonName { clan, parent, given } = name;
        Self { clan, parent, given }
    }
}

impl Rejection for PersonNameError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Given => "person_name.given",
            Self::Length => "person_name.length",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    fn name(clan: &str, parent: &str, given: &str) -> PersonName {
        PersonName::new(clan, parent, given).unwrap()
    }

    #[test]
    fn surname_in_khur_is_the_clan_and_lastname_the_parent() {
        let from_register = PersonName::from_xyp(XypName {
            surname: "БОРЖИГОН", //
            lastname: "БАТБАЯР",
            firstname: "ЭРДЭНЭБАТ",
        })
        .unwrap();

        assert_eq!(from_register.to_string(), "Б.Эрдэнэбат");
        assert_eq!(from_register.full(), "Боржигон Батбаяр Эрдэнэбат");
        assert_eq!((from_register.clan(), from_register.parent()), (Some("Боржигон"), Some("Батбаяр")));
    }

    #[test]
    fn capitals_of_the_register_are_put_right_with_their_letters() {
        assert_eq!(name("", "ӨЛЗИЙ", "ҮҮРИЙНТУЯА").to_string(), "Ө.Үүрийнтуяа");
        assert_eq!(name("", "ҮНЭНБАТ", "МӨНХ-ӨРГӨӨ").to_string(), "Ү.Мөнх-Өргөө");
        assert_eq!(name("", "ёндон", "дарь эх").to_string(), "Ё.Дарь Эх");
    }

    #[test]
    fn a_name_in_mixed_case_is_left_as_it_is() {
        assert_eq!(name("", "Бат-эрдэнэ", "Энх-амгалан").full(), "Бат-эрдэнэ Энх-амгалан");
    }

    #[test]
    fn a_double_parents_name_gives_one_initial() {
        assert_eq!(name("", "Энх-Амгалан", "Сүрэн").to_string(), "Э.Сүрэн");
        assert_eq!(name("", "«Өнөр» бат", "Сүрэн").to_string(), "Ө.Сүрэн");
        assert_eq!(name("", "И\u{306}ондон", "Сүрэн").to_string(), "Й.Сүрэн");
    }

    #[test]
    fn absent_parts_leave_no_trace() {
        assert_eq!(name("-", " . ", "Сүрэн").full(), "Сүрэн");
        assert_eq!(name("", "", "Сүрэн").to_string(), "Сүрэн");
        assert_eq!(PersonName::new("Боржигон", "Бат", " - ").unwrap_err().reason(), "person_name.given");
        assert_eq!(PersonName::new("", "", &"Ө".repeat(1_000_000)).unwrap_err().reason(), "person_name.length");
    }

    #[test]
    fn stray_spaces_dashes_and_invisible_marks_are_tidied() {
        assert_eq!(name("", "", "\u{FEFF} Мөнх \u{2013} Од\u{A0}\u{A0}Үр\n").given(), "Мөнх-Од Үр");
    }

    #[test]
    fn debug_shows_nothing_and_json_speaks_our_words() {
        let full = name("Боржигон", "Өлзий", "Үүрээ");

        let json = serde_json::to_string(&full).unwrap();

        assert_eq!(format!("{full:?}"), "PersonName(…)");
        assert_eq!(json, r#"{"clan":"Боржигон","parent":"Өлзий","given":"Үүрээ"}"#);
        assert_eq!(serde_json::from_str::<PersonName>(&json).unwrap(), full);
        assert!(serde_json::from_str::<PersonName>(r#"{"given":""}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(clan in hostile_text(), parent in hostile_text(), given in hostile_text()) {
            if let Ok(name) = PersonName::new(&clan, &parent, &given) {
                let _ = (name.to_string(), name.full());
            }
        }

        #[test]
        fn a_tidy_name_stays_as_it_is(parent in "[А-ЯӨҮЁа-яөүё -]{1,20}", given in "[А-ЯӨҮЁа-яөүё -]{1,20}") {
            if let Ok(once) = PersonName::new("", &parent, &given) {
                let again = PersonName::new("", once.parent().unwrap_or_default(), once.given()).unwrap();
                prop_assert_eq!(again, once);
            }
        }
    }
}
