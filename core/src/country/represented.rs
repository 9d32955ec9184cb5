//! Whom a citizen acts for: a child, a parent, a company.
//!
//! Guarantees: a name for one is their number in its one form; `Debug` masks it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{LegalEntityNumber, RegistrationNumber};

/// What they are to the citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Child,
    Parent,
    Company,
}

/// Names one: a registration number, or a company's number.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

/// One, as a register names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Represented {
    #[serde(rename = "regnum")]
    pub id: PersonId,
    #[serde(rename = "type")]
    pub relation: Relation,
    /// For people: «Э.Өлзий».
    pub name: String,
}

/// Whose errand it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Person {
    #[default]
    Me,
    Other(PersonId),
}

impl PersonId {
    pub fn parse(text: &str) -> Option<Self> {
        let person = RegistrationNumber::parse(text).map(|number| number.to_string());
        person.or_else(|_| LegalEntityNumber::parse(text).map(|number| number.to_string())).ok().map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Person {
    /// `whom` is nobody where the citizen acts for themself.
    pub fn is(&self, whom: Option<&Represented>) -> bool {
        match self {
            Self::Me => whom.is_none(),
            Self::Other(id) => whom.is_some_and(|whom| whom.id == *id),
        }
    }
}

impl TryFrom<String> for PersonId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("neither a registration number nor a company's")
    }
}

impl From<PersonId> for String {
    fn from(id: PersonId) -> Self {
        id.0
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonId(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form_and_is_masked() {
        let id = PersonId::parse(" өл14231111 ").unwrap();

        assert_eq!(id.as_str(), "ӨЛ14231111");
        assert_eq!(PersonId::parse("6012345").unwrap().as_str(), "6012345");
        assert_eq!(PersonId::parse("найз"), None);
        assert_eq!(format!("{id:?}"), "PersonId(***)");
    }

    #[test]
    fn it_survives_json_as_the_gateway_writes_it() {
        let json = r#"{"regnum":"ӨЛ14231111","type":"child","name":"Э.Өлзий"}"#;

        let child: Represented = serde_json::from_str(json).unwrap();

        assert_eq!(serde_json::to_string(&child).unwrap(), json);
        assert!(
            Person::Other(child.id.clone()).is(Some(&child)) && Person::Me.is(None) && !Person::Me.is(Some(&child))
        );
    }
}
