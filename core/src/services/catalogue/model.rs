use serde::{Deserialize, Serialize};

use crate::{
    country::{LocalisedText, Mnt},
    services::ServiceId,
};

/// Names an organisation: opaque, minted once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrganisationId(pub(super) String);

impl OrganisationId {
    pub fn parse(text: &str) -> Option<Self> {
        crate::gateway::is_id(text).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A state organisation that answers for services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Organisation {
    pub id: OrganisationId,
    pub name: LocalisedText,
    /// As people say it: «УБЕГ».
    pub abbreviation: Option<String>,
    pub service_count: u32,
}

/// What kind of thing a citizen gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// Лавлагаа
    Reference,
    /// Тодорхойлолт
    Certificate,
    /// Хүсэлт, өргөдөл
    Application,
    /// Захиалга
    Order,
    /// Төлбөр
    Payment,
    /// Бүртгэл
    Registration,
    /// Мэдээлэл
    Information,
    /// A kind this build does not know, or none.
    #[default]
    Other,
}

/// What it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fee {
    /// The catalogue does not say. Not the same as free.
    Unknown,
    Free,
    Amount(Mnt),
}

/// How long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duration {
    /// The catalogue does not say.
    Unknown,
    /// Шууд
    Immediate,
    WorkingDays(u32),
}

/// A service as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    pub id: ServiceId,
    pub name: LocalisedText,
    pub organisation: LocalisedText,
    pub kind: ServiceKind,
    pub fee: Fee,
    pub duration: Duration,
    /// Can be applied for in the app today.
    pub online: bool,
    /// Not a real service: a plausible one, invented for development.
    pub sample: bool,
}

/// A service as its own page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceDetail {
    pub service: Service,
    pub description: Option<LocalisedText>,
    /// What to have at hand. Empty: the catalogue does not say.
    pub requirements: Vec<LocalisedText>,
    /// Codes of the units it is offered in. Empty: everywhere.
    pub area_codes: Vec<String>,
}

/// A service that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    pub service: Service,
}

/// Which services a list shows. Everything that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    pub organisation: Option<OrganisationId>,
    pub kind: Option<ServiceKind>,
    /// Only what is known to cost nothing.
    pub free: bool,
    /// Only what can be applied for in the app.
    pub online: bool,
    /// Only what is offered in this unit (2, 4 or 6 digits) or everywhere.
    pub area: Option<String>,
}

/// What kind of administrative unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    Country,
    Capital,
    Aimag,
    Soum,
    District,
    Bag,
    Khoroo,
}

/// An administrative unit. Soum names repeat: show the parent beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Area {
    /// 2, 4 or 6 digits, or `MN`.
    pub code: String,
    pub kind: AreaKind,
    pub name: LocalisedText,
    pub parent: Option<String>,
    pub postal_code: Option<String>,
}
