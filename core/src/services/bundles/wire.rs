//! The gateway's JSON: the bundles, public and the same for everybody, and what the registers answered about the citizen.
//! Both are kept as they came, since a newer build may read in them what this one can't; reading is total.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value as Json;

use super::{
    model::{BundleKind, Code},
    rules::Condition,
};
use crate::{
    country::{LocalisedText, Mnt},
    foundation::json,
    gateway::{Access, Endpoint},
    services::ServiceId,
};

pub(super) static BUNDLES: Endpoint<BundlesWire> = Endpoint::document("getBundles", "/v1/bundles", "bundles");
pub(super) static REGISTERS: Endpoint<RegistersWire> =
    Endpoint::get("getRegisters", "/v1/me/registers", Access::Citizen);

/// Items of a bundle beyond these are left out: no occasion has so many, and order is found by looking at pairs.
const ITEMS: usize = 50;

/// All bundles. One list of which nothing can be read replaces nothing.
pub(super) struct BundlesWire(pub(super) Json);

impl<'de> Deserialize<'de> for BundlesWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = Json::deserialize(deserializer)?;
        let listed = body["bundles"].as_array().map_or(0, Vec::len);
        let readable = Definitions::read(&body).bundles.len();
        if !body["bundles"].is_array() || (readable == 0 && listed > 0) {
            return Err(D::Error::custom("no bundle can be read"));
        }
        Ok(Self(body))
    }
}

/// What ХУР answered, operation by operation, in the registers' own shapes.
pub(super) struct RegistersWire(pub(super) Json);

impl<'de> Deserialize<'de> for RegistersWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = Json::deserialize(deserializer)?;
        if !body["answers"].is_array() {
            return Err(D::Error::custom("no answers"));
        }
        Ok(Self(body))
    }
}

/// The bundles as somebody wrote them, in that order.
pub(super) struct Definitions {
    pub(super) bundles: Vec<Definition>,
    pub(super) prerequisites: Vec<PrerequisiteDefinition>,
}

pub(super) struct Definition {
    pub(super) code: Code,
    pub(super) kind: BundleKind,
    pub(super) name: LocalisedText,
    /// When it is suggested. `None`: never, it is only on offer.
    pub(super) when: Option<Condition>,
    pub(super) why: Why,
    pub(super) items: Vec<ItemDefinition>,
}

pub(super) struct ItemDefinition {
    pub(super) code: Code,
    /// One, or local ones of which the first that is offered where the citizen lives counts.
    pub(super) services: Vec<ServiceId>,
    /// When it belongs to the bundle. `None`: always.
    pub(super) when: Option<Condition>,
    pub(super) why: Why,
    /// The fact that holds the day by which it should be done.
    pub(super) due: Option<String>,
    pub(super) after: Vec<Code>,
    pub(super) needs: Vec<Code>,
}

pub(super) struct PrerequisiteDefinition {
    pub(super) code: Code,
    pub(super) name: LocalisedText,
    pub(super) fee: Option<Mnt>,
    pub(super) at_hand: Option<Condition>,
    pub(super) sample: bool,
}

/// The first reason that holds and whose places can be filled, else the general one.
pub(super) struct Why {
    pub(super) reasons: Vec<(Condition, LocalisedText)>,
    pub(super) general: LocalisedText,
}

impl Definitions {
    /// What has no usable code, name or service is left out and counted; so is a bundle that is there a second time.
    pub(super) fn read(body: &Json) -> Self {
        let mut bundles: Vec<Definition> = Vec::new();
        for bundle in some(&body["bundles"], "bundles", Definition::read) {
            if !bundles.iter().any(|earlier| earlier.code == bundle.code) {
                bundles.push(bundle);
            }
        }
        Self { bundles, prerequisites: some(&body["prerequisites"], "prerequisites", PrerequisiteDefinition::read) }
    }
}

impl Definition {
    fn read(json: &Json) -> Option<Self> {
        let kind = match json["kind"].as_str() {
            Some("bundle") => BundleKind::Bundle,
            Some("life_event") => BundleKind::LifeEvent,
            Some("business_event") => BundleKind::BusinessEvent,
            Some(_) | None => BundleKind::Other,
        };
        let mut items = some(&json["items"], "items of a bundle", ItemDefinition::read);
        items.truncate(ITEMS);
        Some(Self {
            code: code(&json["code"])?,
            kind,
            name: text(&json["name"])?,
            when: condition(&json["when"]),
            why: Why::read(json)?,
            items,
        })
    }
}

impl ItemDefinition {
    fn read(json: &Json) -> Option<Self> {
        let services = list(&json["services"], |id| ServiceId::parse(id.as_str()?));
        if services.is_empty() {
            return None;
        }
        Some(Self {
            code: code(&json["code"])?,
            services,
            when: condition(&json["when"]),
            why: Why::read(json)?,
            due: json["due"].as_str().map(str::to_owned),
            after: list(&json["after"], code),
            needs: list(&json["needs"], code),
        })
    }
}

impl PrerequisiteDefinition {
    fn read(json: &Json) -> Option<Self> {
        Some(Self {
            code: code(&json["code"])?,
            name: text(&json["name"])?,
            fee: json["fee"]["amount_mnt"].as_i64().filter(|amount| *amount >= 0).map(Mnt::new),
            at_hand: condition(&json["at_hand"]),
            sample: json["sample"].as_bool().unwrap_or_default(),
        })
    }
}

impl Why {
    fn read(json: &Json) -> Option<Self> {
        let reason = |reason: &Json| {
            Some((condition(&reason["when"]).unwrap_or(Condition::All(Vec::new())), text(&reason["text"])?))
        };
        Some(Self { reasons: list(&json["reasons"], reason), general: text(&json["general"])? })
    }
}

fn condition(json: &Json) -> Option<Condition> {
    (!json.is_null()).then(|| Condition::read(json))
}

fn code(json: &Json) -> Option<Code> {
    Code::parse(json.as_str()?)
}

fn text(json: &Json) -> Option<LocalisedText> {
    json::take(json.clone())
}

fn list<T>(json: &Json, read: impl Fn(&Json) -> Option<T>) -> Vec<T> {
    json.as_array().map(|all| all.iter().filter_map(read).collect()).unwrap_or_default()
}

fn some<T>(json: &Json, what: &str, read: impl Fn(&Json) -> Option<T>) -> Vec<T> {
    let items = list(json, read);
    let left_out = json.as_array().map_or(0, Vec::len) - items.len();
    if left_out > 0 {
        log::warn!(target: "emongolia", "{left_out} {what} can't be read and are left out");
    }
    items
}
