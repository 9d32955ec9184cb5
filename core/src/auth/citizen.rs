//! Who is signed in, as ДАН says and the authorisation server passes on.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::country::{AreaCode, CivilDate, CivilId, PersonName, PhoneNumber, RegistrationNumber};

/// The authorisation server's name for a citizen: opaque, the same at every sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(String);

impl Subject {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The citizen's own record. Sealed at rest; its `Debug` shows nothing. What the server sent in no usable form is unknown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citizen {
    pub subject: Subject,
    /// As it is said: «Б.Эрдэнэбат».
    pub name: String,
    /// Clan, parent's and given name, if all the server said of them is a name.
    pub person: Option<PersonName>,
    pub registration_number: Option<RegistrationNumber>,
    pub civil_id: Option<CivilId>,
    pub birth_date: Option<CivilDate>,
    pub phone: Option<PhoneNumber>,
    pub address: Option<RegisteredAddress>,
}

/// Where the citizen is registered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredAddress {
    /// The smallest unit that is known.
    pub area: Option<AreaCode>,
    /// In one line.
    pub formatted: Option<String>,
}

impl std::fmt::Debug for Citizen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Citizen(***)")
    }
}

impl std::fmt::Debug for RegisteredAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RegisteredAddress(***)")
    }
}

/// Longer than any name or address; a longer one is cut off, not believed.
const MAX_TEXT: usize = 500;

impl Citizen {
    /// From the claims about the person (OpenID Connect Core §5.1 and Mongolia's own). Total: of another shape is
    /// unknown.
    pub(super) fn from_claims(claims: &Value, subject: String) -> Self {
        let claim = |name: &str| claims.get(name).and_then(known);
        let part = |name: &str| claim(name).unwrap_or_default();
        let person = PersonName::new(&part("clan_name"), &part("family_name"), &part("given_name")).ok();
        Self {
            subject: Subject(subject),
            name: claim("name").or_else(|| person.as_ref().map(ToString::to_string)).unwrap_or_default(),
            person,
            registration_number: parsed(claim("regnum"), RegistrationNumber::parse),
            civil_id: parsed(claim("civil_id"), CivilId::parse),
            birth_date: parsed(claim("birthdate"), CivilDate::parse),
            phone: parsed(claim("phone_number"), PhoneNumber::parse),
            address: claims.get("address").filter(|address| address.is_object()).map(registered),
        }
    }
}

fn known(value: &Value) -> Option<String> {
    let text: String = value.as_str()?.trim().chars().take(MAX_TEXT).collect();
    (!text.is_empty()).then_some(text)
}

fn parsed<T, E>(text: Option<String>, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
    parse(&text?).ok()
}

/// ХУР splits a unit's code in three: «11», «19», «71».
fn registered(address: &Value) -> RegisteredAddress {
    let part = |name: &str| address.get(name).and_then(known);
    let (aimag, soum, bag) = (part("aimag_code"), part("soum_code"), part("bag_code"));
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    RegisteredAddress {
        area: AreaCode::join(&text(&aimag), &text(&soum), &text(&bag)).ok(),
        formatted: part("formatted"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn citizen(claims: Value) -> Citizen {
        Citizen::from_claims(&claims, "s".into())
    }

    #[test]
    fn a_claim_of_another_shape_is_unknown_and_the_rest_stays() {
        let citizen = citizen(json!({"name": "Г.Үүрцайх", "gender": 1, "regnum": "  ", "address": "Улаанбаатар"}));

        assert_eq!(citizen.name, "Г.Үүрцайх");
        assert_eq!((citizen.person, citizen.registration_number, citizen.address), (None, None, None));
    }

    #[test]
    fn what_the_registers_say_becomes_types_once() {
        let citizen = citizen(json!({
            "given_name": "Өнөрмаа", "family_name": "Үүрцайх", "clan_name": "Боржигон", "regnum": "уж95121206",
            "civil_id": "110195121206", "birthdate": "1995-12-12", "phone_number": "+97699112233",
            "address": {"aimag_code": "11", "soum_code": "19", "bag_code": "71", "formatted": "Хан-Уул, 1-р хороо"},
        }));

        assert_eq!(citizen.name, "Ү.Өнөрмаа");
        assert_eq!(citizen.registration_number.unwrap().to_string(), "УЖ95121206");
        assert_eq!(citizen.birth_date.unwrap().to_string(), "1995-12-12");
        assert_eq!(citizen.phone.unwrap().e164(), "+97699112233");
        let address = citizen.address.unwrap();
        assert_eq!(address.area.unwrap().to_string(), "111971");
        assert_eq!(address.formatted.as_deref(), Some("Хан-Уул, 1-р хороо"));
    }

    #[test]
    fn an_address_keeps_what_is_known_of_it() {
        let address =
            citizen(json!({"address": {"aimag_code": "011", "formatted": "Хан-Уул, 1-р хороо"}})).address.unwrap();

        assert_eq!(address.formatted.as_deref(), Some("Хан-Уул, 1-р хороо"));
        assert_eq!(address.area, None);
    }

    #[test]
    fn a_citizen_is_never_shown_by_accident() {
        assert_eq!(format!("{:?}", citizen(json!({"name": "Б.Өнөрмаа", "regnum": "УЖ95121206"}))), "Citizen(***)");
    }
}
