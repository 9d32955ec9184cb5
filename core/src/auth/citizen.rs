//! Who is signed in, as ДАН says and the authorisation server passes on.

use serde::{Deserialize, Serialize};

/// The authorisation server's name for a citizen: opaque, the same at every sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(String);

impl Subject {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The citizen's own record. Sealed at rest; its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citizen {
    pub subject: Subject,
    /// As it is said: «Б.Эрдэнэбат».
    pub name: String,
    pub given_name: Option<String>,
    /// The parent's name (эцэг/эхийн нэр).
    pub family_name: Option<String>,
    /// Ургийн овог.
    pub clan_name: Option<String>,
    /// Регистрийн дугаар.
    pub registration_number: Option<String>,
    /// Иргэний бүртгэлийн дугаар.
    pub civil_id: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    pub gender: Option<String>,
    /// `+976XXXXXXXX`.
    pub phone: Option<String>,
    pub address: Option<RegisteredAddress>,
}

/// Where the citizen is registered, in codes of administrative units.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredAddress {
    pub aimag_code: Option<String>,
    pub soum_code: Option<String>,
    pub bag_code: Option<String>,
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

/// The claims about the person (OpenID Connect Core §5.1 and Mongolia's own). Total: of another shape is unknown.
#[derive(Deserialize)]
pub(super) struct ProfileClaims {
    #[serde(default, deserialize_with = "text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    given_name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    family_name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    clan_name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    regnum: Option<String>,
    #[serde(default, deserialize_with = "text")]
    civil_id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    birthdate: Option<String>,
    #[serde(default, deserialize_with = "text")]
    gender: Option<String>,
    #[serde(default, deserialize_with = "text")]
    phone_number: Option<String>,
    #[serde(default)]
    address: serde_json::Value,
}

fn text<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    Ok(known(&serde_json::Value::deserialize(d)?))
}

fn known(value: &serde_json::Value) -> Option<String> {
    let text: String = value.as_str()?.trim().chars().take(MAX_TEXT).collect();
    (!text.is_empty()).then_some(text)
}

impl ProfileClaims {
    pub(super) fn into_citizen(self, subject: String) -> Citizen {
        let Self {
            name,
            given_name,
            family_name,
            clan_name,
            regnum,
            civil_id,
            birthdate,
            gender,
            phone_number,
            address,
        } = self;
        let part = |name: &str| address.get(name).and_then(known);
        Citizen {
            subject: Subject(subject),
            name: name.or_else(|| given_name.clone()).unwrap_or_default(),
            given_name,
            family_name,
            clan_name,
            registration_number: regnum,
            civil_id,
            birth_date: birthdate,
            gender,
            phone: phone_number,
            address: address.is_object().then(|| RegisteredAddress {
                aimag_code: part("aimag_code"),
                soum_code: part("soum_code"),
                bag_code: part("bag_code"),
                formatted: part("formatted"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn citizen(claims: serde_json::Value) -> Citizen {
        serde_json::from_value::<ProfileClaims>(claims).unwrap().into_citizen("s".into())
    }

    #[test]
    fn a_claim_of_another_shape_is_unknown_and_the_rest_stays() {
        let citizen = citizen(json!({"name": "Г.Үүрцайх", "gender": 1, "regnum": "  ", "address": "Улаанбаатар"}));

        assert_eq!(citizen.name, "Г.Үүрцайх");
        assert_eq!((citizen.gender, citizen.registration_number, citizen.address), (None, None, None));
    }

    #[test]
    fn an_address_keeps_what_is_known_of_it() {
        let address =
            citizen(json!({"address": {"aimag_code": "011", "formatted": "Хан-Уул, 1-р хороо"}})).address.unwrap();

        assert_eq!(address.formatted.as_deref(), Some("Хан-Уул, 1-р хороо"));
        assert_eq!(address.soum_code, None);
    }

    #[test]
    fn a_citizen_is_never_shown_by_accident() {
        assert_eq!(format!("{:?}", citizen(json!({"name": "Б.Өнөрмаа", "regnum": "УЖ95121206"}))), "Citizen(***)");
    }
}
