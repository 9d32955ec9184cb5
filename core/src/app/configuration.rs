//! The signed configuration: what the state tells every installation, pulled before anything else and kept in `state.db`.
//!
//! Guarantees: the last good one is in force from the start, also without a network; one that is not to be trusted, or
//! that is older, changes nothing; pins that would lock this phone out are left out of it.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use rusqlite::{OptionalExtension as _, named_params};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value as Json, json};

use crate::{
    foundation::{
        clock::Timestamp,
        config::PinSet,
        crypto::digest::{base64url, from_base64url},
        error::Result,
        events::{Area, Event, Events},
        json,
        net::Client,
        policy::{Policies, Policy},
        storage::{self, Dao},
    },
    gateway::Endpoint,
    offline::cache::{Cache, Document},
};

const NAME: &str = "configuration";

static CONFIGURATION: Endpoint<Wire> = Endpoint::document("getConfiguration", "/v1/configuration", NAME);

/// More sets of pins than this are no pins of two hosts.
const PIN_SETS: usize = 8;

#[derive(Clone)]
pub(super) struct Configuration {
    /// In `state.db`.
    trusted: Cache,
    net: Client,
    policies: Policies,
    events: Events,
}

impl Configuration {
    pub(super) fn new(trusted: Cache, net: Client, policies: Policies, events: Events) -> Self {
        Self { trusted, net, policies, events }
    }

    /// Puts in force what was kept, unless the key that signed it may sign no more. Blocks.
    pub(super) fn begin(&self) -> Result<()> {
        if let Some(body) = self.trusted.trusted_now(NAME, kept)?.flatten() {
            self.put_in_force(&body);
        }
        Ok(())
    }

    /// What is in force now.
    pub(super) fn policy(&self) -> Arc<Policy> {
        self.policies.now()
    }

    /// Asks for a newer one, and puts it in force: `true` if there was one.
    pub(super) async fn refresh(&self) -> Result<bool> {
        let document = ConfigurationDocument { net: self.net.clone() };
        if self.trusted.refresh(document).await?.changed
            && let Some(body) = self.trusted.rows(kept).await?
        {
            self.put_in_force(&body);
            return Ok(true);
        }
        Ok(false)
    }

    fn put_in_force(&self, body: &Json) {
        let policy = policy(body);
        let outdated = policy.wants_update();
        self.policies.set(policy);
        self.net.pin(pins(body));
        if outdated {
            self.events.emit(Event::UpdateRequired);
        }
    }
}

/// An object, kept as it came: a newer build may read in it what this one can't.
struct Wire(Json);

impl<'de> Deserialize<'de> for Wire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let body = Json::deserialize(deserializer)?;
        if body.is_object() { Ok(Self(body)) } else { Err(D::Error::custom("no object")) }
    }
}

struct ConfigurationDocument {
    net: Client,
}

impl Document for ConfigurationDocument {
    /// How long the app stays open and when the session warns may be others now.
    const AREA: Area = Area::Session;
    const FRESH_FOR: Duration = Duration::from_secs(24 * 3600);
    type Wire = Wire;

    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn endpoint(&self) -> &'static Endpoint<Wire> {
        &CONFIGURATION
    }

    /// With the pins that may bind; of a host that it names none for, or only such as may not, those from before stay.
    fn store(&self, Wire(mut body): Wire, dao: &mut Dao<'_>) -> storage::Result<()> {
        let may_bind = |set: &PinSet| match self.net.judge_pins(set) {
            Ok(()) => true,
            Err(why) => {
                log::warn!(target: "emongolia", "pins that were told do not bind: {why}");
                false
            }
        };
        let mut sets = pins(&body);
        sets.retain(may_bind);
        for before in kept(dao)?.map(|before| pins(&before)).unwrap_or_default() {
            if !sets.iter().any(|set| set.host.eq_ignore_ascii_case(&before.host)) {
                sets.push(before);
            }
        }
        body["pins"] = sets.iter().map(written).collect();
        dao.sql().execute(
            "INSERT INTO trusted_document (name, body) VALUES (:name, :body)
             ON CONFLICT (name) DO UPDATE SET body = excluded.body",
            named_params! {":name": NAME, ":body": body.to_string()},
        )?;
        Ok(())
    }
}

fn kept(dao: &Dao<'_>) -> storage::Result<Option<Json>> {
    let body: Option<String> = dao
        .sql()
        .query_row("SELECT body FROM trusted_document WHERE name = :name", named_params! {":name": NAME}, |row| {
            row.get(0)
        })
        .optional()?;
    Ok(body.and_then(|body| json::read(body.as_bytes())))
}

/// What is missing or in no known form is not said.
fn policy(body: &Json) -> Policy {
    let seconds = |value: &Json| value.as_u64().map(Duration::from_secs);
    let floors = body["floors"].as_object().into_iter().flatten();
    let floors = floors.filter_map(|(name, floor)| Some((name.clone(), floor.as_i64()?))).collect();
    let (lock, session) = (&body["lock"], &body["session"]);
    let spans = [seconds(&lock["idle_s"]), seconds(&lock["background_s"]), seconds(&session["warn_s"])];
    Policy::told(body["minimum_version"].as_str(), spans, floors)
}

/// A set that can't be read whole is none.
fn pins(body: &Json) -> Vec<PinSet> {
    let sets = body["pins"].as_array().into_iter().flatten();
    sets.filter_map(pin_set).take(PIN_SETS).collect()
}

fn pin_set(set: &Json) -> Option<PinSet> {
    let key = |key: &Json| from_base64url(key.as_str()?)?.try_into().ok();
    Some(PinSet {
        host: set["host"].as_str()?.to_owned(),
        spki_sha256: set["spki_sha256"].as_array()?.iter().map(key).collect::<Option<_>>()?,
        expires: Timestamp::parse_rfc3339(set["expires"].as_str()?)?,
    })
}

/// As [`pin_set`] reads it.
fn written(set: &PinSet) -> Json {
    let keys: Vec<String> = set.spki_sha256.iter().map(|key| base64url(key)).collect();
    json!({ "host": set.host, "spki_sha256": keys, "expires": set.expires.to_string() })
}
