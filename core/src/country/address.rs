//! Where somebody lives, from the aimag down to the door.
//!
//! Guarantees: a soum is never without its aimag and a bag never without its soum, for their names repeat across the
//! country; `Debug` never shows an address.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{LONGEST_INPUT, Rejection, area::AreaCode, letters};

/// The parts as registers send them, each possibly missing. Behind each its name in ХУР.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct AddressParts {
    /// `aimagCityCode`, `soumDistrictCode`, `bagKhorooCode`, joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// Аймаг, нийслэл: `aimagCityName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aimag: Option<String>,
    /// Сум, дүүрэг: `soumDistrictName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soum: Option<String>,
    /// Баг, хороо: `bagKhorooName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bag: Option<String>,
    /// Хороолол: `addressRegionName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Хотхон: `addressTownName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub town: Option<String>,
    /// Гудамж: `addressStreetName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// Байр: `addressApartmentName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub building: Option<String>,
    /// Тоот: `addressDoor` or `addressDetail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub door: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "AddressParts", into = "AddressParts")]
pub struct Address(AddressParts);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("an address names at least the aimag or the capital")]
    Aimag,
    #[error("a bag or khoroo is named together with its soum or district")]
    Soum,
    #[error("a part of an address is at most {LONGEST_INPUT} bytes long")]
    Length,
}

impl Address {
    /// A missing name of the aimag is filled in from the code.
    pub fn new(parts: AddressParts) -> Result<Self, AddressError> {
        let AddressParts { area, aimag, soum, bag, region, town, street, building, door } = parts;
        let of_area = || area.and_then(AreaCode::aimag_name).map(|aimag| aimag.name_mn.to_owned());
        let parts = AddressParts {
            area,
            aimag: tidy(aimag)?.or_else(of_area),
            soum: tidy(soum)?,
            bag: tidy(bag)?,
            region: tidy(region)?,
            town: tidy(town)?,
            street: tidy(street)?,
            building: tidy(building)?,
            door: tidy(door)?,
        };
        if parts.aimag.is_none() {
            return Err(AddressError::Aimag);
        }
        if parts.bag.is_some() && parts.soum.is_none() {
            return Err(AddressError::Soum);
        }
        Ok(Self(parts))
    }

    pub const fn parts(&self) -> &AddressParts {
        &self.0
    }

    fn is_in_capital(&self) -> bool {
        match self.0.area.and_then(AreaCode::aimag) {
            Some(aimag) => aimag == AreaCode::CAPITAL,
            None => self.0.aimag.as_deref().is_some_and(|name| name.to_lowercase().starts_with("улаанбаатар")),
        }
    }
}

/// From large to small, each part with the word for what it is:
/// «Улаанбаатар хот, Сүхбаатар дүүрэг, 11-р хороо, Их тойруу гудамж, 5-р байр, 12 тоот».
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AddressParts { area: _, aimag, soum, bag, region, town, street, building, door } = &self.0;
        let capital = self.is_in_capital();
        let parts = [
            (aimag, if capital { &["хот", "нийслэл"][..] } else { &["аймаг"] }),
            (soum, if capital { &["дүүрэг"] } else { &["сум"] }),
            (bag, if capital { &["хороо"] } else { &["баг"] }),
            (region, &["хороолол"]),
            (town, &["хотхон"]),
            (street, &["гудамж", "чөлөө", "зам", "тойруу", "талбай"]),
            (building, &["байр", "байшин", "хашаа", "цамхаг"]),
            (door, &["тоот"]),
        ];
        let mut comma = "";
        for (name, words) in parts {
            if let Some(name) = name {
                write!(f, "{comma}{}", labelled(name, words))?;
                comma = ", ";
            }
        }
        Ok(())
    }
}

/// The name with the word for its kind, unless it says so itself. Numbers are ordinals, except the door's.
fn labelled(name: &str, words: &[&str]) -> String {
    let lower = name.to_lowercase();
    let says_itself = lower.split(|sign: char| !sign.is_alphabetic()).any(|word| words.contains(&word));
    let word = words.first().copied().unwrap_or_default();
    if says_itself {
        name.to_owned()
    } else if word != "тоот" && name.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = name.trim_start_matches('0');
        format!("{}-р {word}", if number.is_empty() { name } else { number })
    } else {
        format!("{name} {word}")
    }
}

/// One space between words; a part without a letter or a digit is absent.
fn tidy(part: Option<String>) -> Result<Option<String>, AddressError> {
    let Some(part) = part else { return Ok(None) };
    if part.len() > LONGEST_INPUT {
        return Err(AddressError::Length);
    }
    let text = letters::words(&part);
    Ok(text.chars().any(char::is_alphanumeric).then_some(text))
}

impl TryFrom<AddressParts> for Address {
    type Error = AddressError;

    fn try_from(parts: AddressParts) -> Result<Self, AddressError> {
        Self::new(parts)
    }
}

impl From<Address> for AddressParts {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl fmt::Debug for AddressParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressParts(…)")
    }
}

impl Rejection for AddressError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Aimag => "address.aimag",
            Self::Soum => "address.soum",
            Self::Length => "address.length",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn in_capital() -> AddressParts {
        AddressParts {
            area: AreaCode::join("11", "19", "71").ok(),
            aimag: some("Улаанбаатар"),
            soum: some("Сүхбаатар"),
            bag: some("11-р хороо"),
            region: some("1"),
            town: some("Өргөө"),
            street: some("Энхтайваны өргөн чөлөө"),
            building: some("05"),
            door: some("12"),
        }
    }

    #[test]
    fn an_address_in_the_capital_reads_from_city_to_door() {
        assert_eq!(
            Address::new(in_capital()).unwrap().to_string(),
            "Улаанбаатар хот, Сүхбаатар дүүрэг, 11-р хороо, 1-р хороолол, Өргөө хотхон, \
             Энхтайваны өргөн чөлөө, 5-р байр, 12 тоот"
        );
    }

    #[test]
    fn an_address_in_the_country_has_aimag_soum_and_bag() {
        let parts = AddressParts {
            aimag: some("Баян-Өлгий"),
            soum: some("Сүхбаатар"),
            bag: some("Үүрийн туяа"),
            building: some("5А"),
            ..AddressParts::default()
        };

        let shown = Address::new(parts).unwrap().to_string();

        assert_eq!(shown, "Баян-Өлгий аймаг, Сүхбаатар сум, Үүрийн туяа баг, 5А байр");
    }

    #[test]
    fn the_same_soum_name_in_two_aimags_stays_apart() {
        let shown = |aimag| {
            let parts = AddressParts { aimag: some(aimag), soum: some("Булган"), ..AddressParts::default() };
            Address::new(parts).unwrap().to_string()
        };

        assert_eq!([shown("Ховд"), shown("Өмнөговь")], ["Ховд аймаг, Булган сум", "Өмнөговь аймаг, Булган сум"]);
    }

    #[test]
    fn a_missing_aimag_is_filled_in_from_the_code_or_the_address_is_refused() {
        let parts = AddressParts { aimag: some(" "), ..in_capital() };
        let nowhere = AddressParts { area: None, ..parts.clone() };

        assert!(Address::new(parts).unwrap().to_string().starts_with("Улаанбаатар хот, "));
        assert_eq!(Address::new(nowhere).unwrap_err().reason(), "address.aimag");
    }

    #[test]
    fn a_bag_without_its_soum_is_refused() {
        let parts = AddressParts { soum: some("-"), ..in_capital() };

        assert_eq!(Address::new(parts).unwrap_err().reason(), "address.soum");
    }

    #[test]
    fn debug_shows_nothing_and_json_leads_back_to_the_same_address() {
        let address = Address::new(in_capital()).unwrap();

        let json = serde_json::to_string(&address).unwrap();

        assert!(!format!("{address:?} {:?}", address.parts()).contains("Өргөө"));
        assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address);
        assert!(serde_json::from_str::<Address>(r#"{"soum":"Булган"}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(aimag in hostile_text(), soum in hostile_text()) {
            let parts = AddressParts { aimag: Some(aimag), soum: Some(soum), ..AddressParts::default() };
            if let Ok(address) = Address::new(parts) {
                let again: Address = serde_json::from_str(&serde_json::to_string(&address).unwrap()).unwrap();
                prop_assert_eq!(again, address);
            }
        }
    }
}
