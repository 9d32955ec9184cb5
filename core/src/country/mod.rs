//! Mongolia as types: each is parsed once, at the edge, and can't be wrong inside.
//!
//! Guarantees: pure, no I/O; parsing never panics; `Debug` of a citizen's own values is masked, `Display` is not;
//! no error text repeats the value it refuses.

pub mod address;
pub mod alphabet;
pub mod area;
pub mod civil_date;
pub mod civil_id;
pub mod legal_entity;
mod letters;
pub mod localised;
pub mod money;
pub mod person_name;
pub mod phone;
pub mod plate;
pub mod registration_number;
pub mod represented;
pub mod time_zone;
pub mod working_days;

pub use address::{Address, AddressError, AddressParts};
pub use area::{AreaCode, AreaCodeError, AreaHint, AreaLevel, PostalCode, PostalCodeError};
pub use civil_date::{BirthDate, CivilDate, CivilDateError};
pub use civil_id::{CivilId, CivilIdError};
pub use legal_entity::{LegalEntityNumber, LegalEntityNumberError};
pub use localised::LocalisedText;
pub use money::{Mnt, MntError};
pub use person_name::{PersonName, PersonNameError, XypName};
pub use phone::{PhoneNumber, PhoneNumberError};
pub use plate::{PlateKind, PlateNumber, PlateNumberError};
pub use registration_number::{Gender, RegistrationNumber, RegistrationNumberError};
pub use represented::{Person, PersonId, Relation, Represented};
pub use time_zone::{CivilDateTime, TimeZone, TimeZoneError};
pub use working_days::{Holiday, WorkingDaysError, add_working_days, holidays_on, is_working_day};

use crate::foundation::error::Error;

/// Nothing in this module is longer than this many bytes; anything longer is refused before it is looked at.
pub(crate) const LONGEST_INPUT: usize = 1024;

/// Why a value was refused, as a code that never changes: `registration_number.month`, `money.fraction`, …
pub trait Rejection: std::error::Error {
    fn reason(&self) -> &'static str;

    /// The public error, once the caller says which field held the value.
    fn at(&self, field: impl Into<String>) -> Error
    where
        Self: Sized,
    {
        Error::invalid(field, self.reason())
    }
}

/// `FromStr` and serde for a type that is a text outside: the given canonical text out, `parse` in.
macro_rules! text_outside {
    ($type:ty, $error:ty, $canonical:expr) => {
        impl std::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let canonical: fn(&$type) -> String = $canonical;
                serializer.serialize_str(&canonical(self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
use text_outside;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Anything at all, and texts made of the signs that our own parsers look for.
    pub(super) fn hostile_text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[АӨҮЁИЕаөүёDTZYyËЄї0-9 +,.:/'₮\u{A0}\u{200B}\u{306}\u{308}\u{2013}-]{0,24}",
            "[АӨҮЁөүaT]{1,3}[ -]?[0-9]{3,8}[ -]?[АӨҮЁөүaTДК]{0,3}",
            "[0-9]{1,5}[-/.][0-9]{1,3}[-/.][0-9]{1,3}[T ]?[0-9:.+Z-]{0,16}",
        ]
    }

    #[test]
    fn a_refusal_becomes_the_public_error_of_its_field() {
        let refusal = RegistrationNumber::parse("УХ99139912").unwrap_err();

        assert_eq!(refusal.at("regnum"), Error::invalid("regnum", "registration_number.month"));
    }

    #[test]
    fn a_serde_refusal_does_not_repeat_the_value() {
        let refusal = serde_json::from_str::<RegistrationNumber>("\"ӨҮ99139912\"").unwrap_err().to_string();

        assert!(!refusal.contains("99139912") && !refusal.contains("ӨҮ"), "{refusal}");
    }
}
