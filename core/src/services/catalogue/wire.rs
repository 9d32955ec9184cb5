//! The gateway's JSON for the catalogue. Total: an unknown kind is `Other`, a missing value is unknown.

use serde::{Deserialize, Deserializer};

use super::model::{AreaKind, Duration, Fee, ServiceKind};
use crate::{
    country::{LocalisedText, Mnt},
    gateway::{Access, Endpoint},
};

pub(super) static CATALOGUE: Endpoint<(), CatalogueWire> =
    Endpoint::get("getCatalogue", "/v1/catalogue", Access::Public);
pub(super) static AREAS: Endpoint<(), AreasWire> = Endpoint::get("getAreas", "/v1/areas", Access::Public);
pub(super) static SERVICE: Endpoint<(), DetailWire> = Endpoint::get("getService", "/v1/services/{id}", Access::Public);

#[derive(Debug, Deserialize)]
pub(super) struct CatalogueWire {
    pub(super) organisations: Vec<OrganisationWire>,
    pub(super) services: Vec<ServiceWire>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OrganisationWire {
    pub(super) id: String,
    pub(super) name: LocalisedText,
    #[serde(default)]
    pub(super) abbreviation: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ServiceWire {
    pub(super) id: String,
    pub(super) organisation_id: String,
    pub(super) name: LocalisedText,
    #[serde(default)]
    pub(super) description: Option<LocalisedText>,
    #[serde(default = "other", deserialize_with = "kind")]
    pub(super) kind: ServiceKind,
    #[serde(default)]
    pub(super) fee: Option<FeeWire>,
    #[serde(default, deserialize_with = "duration")]
    pub(super) duration: Option<DurationWire>,
    #[serde(default)]
    pub(super) online: bool,
    #[serde(default)]
    pub(super) area_codes: Vec<String>,
    #[serde(default)]
    pub(super) sample: bool,
    #[serde(default)]
    pub(super) popularity: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct DetailWire {
    #[serde(flatten)]
    pub(super) service: ServiceWire,
    #[serde(default)]
    pub(super) requirements: Vec<LocalisedText>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FeeWire {
    pub(super) amount_mnt: i64,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum DurationWire {
    Immediate,
    WorkingDays { days: u32 },
}

#[derive(Debug, Deserialize)]
pub(super) struct AreasWire {
    pub(super) areas: Vec<AreaWire>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AreaWire {
    pub(super) code: String,
    #[serde(default, deserialize_with = "area_kind")]
    pub(super) kind: Option<AreaKind>,
    pub(super) name: LocalisedText,
    #[serde(default)]
    pub(super) parent: Option<String>,
    #[serde(default)]
    pub(super) postal_code: Option<String>,
}

impl ServiceWire {
    /// A negative amount is no amount.
    pub(super) fn fee(&self) -> Fee {
        match &self.fee {
            Some(FeeWire { amount_mnt: 0 }) => Fee::Free,
            Some(FeeWire { amount_mnt }) if *amount_mnt > 0 => Fee::Amount(Mnt::new(*amount_mnt)),
            Some(_) | None => Fee::Unknown,
        }
    }

    pub(super) fn duration(&self) -> Duration {
        match self.duration {
            Some(DurationWire::Immediate) => Duration::Immediate,
            Some(DurationWire::WorkingDays { days }) => Duration::WorkingDays(days),
            None => Duration::Unknown,
        }
    }
}

const fn other() -> ServiceKind {
    ServiceKind::Other
}

fn kind<'de, D: Deserializer<'de>>(d: D) -> Result<ServiceKind, D::Error> {
    Ok(known(d)?.unwrap_or(ServiceKind::Other))
}

fn duration<'de, D: Deserializer<'de>>(d: D) -> Result<Option<DurationWire>, D::Error> {
    known(d)
}

fn area_kind<'de, D: Deserializer<'de>>(d: D) -> Result<Option<AreaKind>, D::Error> {
    known(d)
}

/// `None` for whatever this build does not know.
fn known<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(d: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(d)?;
    Ok(serde_json::from_value(value).ok())
}
