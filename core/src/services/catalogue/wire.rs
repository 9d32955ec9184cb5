//! The gateway's JSON for the catalogue. What has no id or no name is left out; whatever else is missing or in no known
//! form has an answer: a kind is `Other`, a value unknown.

use serde::Deserialize;

use super::model::{AreaKind, Duration, Fee, ServiceKind};
use crate::{
    country::{LocalisedText, Mnt},
    gateway::Endpoint,
    offline::tolerant,
};

pub(super) static CATALOGUE: Endpoint<CatalogueWire> = Endpoint::document("getCatalogue", "/v1/catalogue", "catalogue");
pub(super) static AREAS: Endpoint<AreasWire> = Endpoint::document("getAreas", "/v1/areas", "areas");
pub(super) static SERVICE: Endpoint<DetailWire> = Endpoint::document("getService", "/v1/services/{id}", "service/{id}");

#[derive(Debug, Deserialize)]
pub(super) struct CatalogueWire {
    #[serde(deserialize_with = "tolerant::whole")]
    pub(super) organisations: Vec<OrganisationWire>,
    #[serde(deserialize_with = "tolerant::whole")]
    pub(super) services: Vec<ServiceWire>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OrganisationWire {
    pub(super) id: String,
    pub(super) name: LocalisedText,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) abbreviation: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ServiceWire {
    pub(super) id: String,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) organisation_id: String,
    pub(super) name: LocalisedText,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) kind: ServiceKind,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) fee: Option<FeeWire>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) duration: Option<DurationWire>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) online: bool,
    #[serde(default, deserialize_with = "tolerant::part")]
    pub(super) area_codes: Vec<String>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) sample: bool,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) popularity: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct DetailWire {
    #[serde(default, deserialize_with = "tolerant::text")]
    pub(super) description: Option<LocalisedText>,
    #[serde(default, deserialize_with = "tolerant::texts")]
    pub(super) requirements: Vec<LocalisedText>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FeeWire {
    pub(super) amount_mnt: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct DurationWire {
    kind: DurationKind,
    days: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DurationKind {
    Immediate,
    WorkingDays,
}

#[derive(Debug, Deserialize)]
pub(super) struct AreasWire {
    #[serde(deserialize_with = "tolerant::whole")]
    pub(super) areas: Vec<AreaWire>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AreaWire {
    pub(super) code: String,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) kind: Option<AreaKind>,
    pub(super) name: LocalisedText,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) parent: Option<String>,
    #[serde(default, deserialize_with = "tolerant::known")]
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
            Some(DurationWire { kind: DurationKind::Immediate, .. }) => Duration::Immediate,
            Some(DurationWire { kind: DurationKind::WorkingDays, days: Some(days) }) => Duration::WorkingDays(days),
            Some(DurationWire { kind: DurationKind::WorkingDays, days: None }) | None => Duration::Unknown,
        }
    }
}
