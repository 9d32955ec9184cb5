//! Acting for another: for whom a citizen may, what is asked of whoever does, and how it is sent (ADR 0030).
//!
//! Guarantees: nobody is acted for whom no register names, as far as the phone knows; for whom something is stands in what
//! is shown before it is sent, and counts in its digest.

use std::time::Duration;

use rusqlite::{OptionalExtension as _, named_params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Requests, form::Form, model::Line, store::Confirmed};
use crate::{
    country::{LocalisedText, PersonId, Relation, Represented},
    foundation::{
        crypto::seal::Column,
        error::{Error, Result},
        events,
        runtime::Work,
        storage::{self, Dao},
    },
    gateway::{Access, Endpoint},
    offline::{Aged, cache::Document, tolerant},
    services::ServiceId,
};

/// Registers change rarely; a request is asked about again by the gateway.
const FRESH_FOR: Duration = Duration::from_secs(24 * 3600);

/// The name under which the answers of whoever acts for another stand in a form.
const ANSWERS: &str = "on_behalf_of";

const LIST: Column = Column { table: "represented", column: "body", layout: 1 };

/// The one row.
const ROW: &str = "1";

static REPRESENTED: Endpoint<PeopleWire> = Endpoint::get("getRepresented", "/v1/me/represented", Access::Citizen);

#[derive(Debug, Deserialize)]
pub(super) struct PeopleWire {
    #[serde(deserialize_with = "tolerant::whole")]
    people: Vec<Represented>,
}

/// For whom the citizen may act, whole.
pub(super) struct PeopleDocument;

impl Document for PeopleDocument {
    const AREA: events::Area = events::Area::Requests;
    const FRESH_FOR: Duration = FRESH_FOR;
    type Wire = PeopleWire;

    fn name(&self) -> String {
        "represented".to_owned()
    }

    fn endpoint(&self) -> &'static Endpoint<PeopleWire> {
        &REPRESENTED
    }

    fn store(&self, wire: PeopleWire, dao: &mut Dao<'_>) -> storage::Result<()> {
        let body = dao.seal(LIST, ROW, &wire.people)?;
        dao.sql().execute(
            "INSERT INTO represented (id, body) VALUES (1, :body) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            named_params! {":body": body},
        )?;
        Ok(())
    }
}

fn kept(dao: &Dao<'_>) -> storage::Result<Vec<Represented>> {
    let body: Option<Vec<u8>> =
        dao.sql().query_row("SELECT body FROM represented WHERE id = 1", [], |row| row.get(0)).optional()?;
    let people = body.map(|body| tolerant::opened(dao.open(LIST, ROW, &body))).transpose()?;
    Ok(people.flatten().unwrap_or_default())
}

/// For whom a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ForWhom {
    #[serde(rename = "self")]
    Me,
    Child,
    Parent,
    Company,
    /// A newer build knows.
    #[serde(other)]
    Unknown,
}

impl ForWhom {
    const fn of(relation: Relation) -> Self {
        match relation {
            Relation::Child => Self::Child,
            Relation::Parent => Self::Parent,
            Relation::Company => Self::Company,
        }
    }
}

/// That the citizen of a request acts for somebody, on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OnBehalfOf {
    #[serde(rename = "type")]
    pub(super) relation: Relation,
    pub(super) regnum: PersonId,
    pub(super) reason: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason_file: Option<Value>,
}

impl Requests {
    /// For whom the citizen may act, as the registers say; with a service, for whom its form is too. From the device; asked
    /// for only if it was never fetched. Abandonable.
    pub fn people(&self, service: Option<&ServiceId>) -> Work<Aged<Vec<Represented>>> {
        let (requests, service) = (self.clone(), service.cloned());
        self.spawner.abandonable(async move {
            let people = requests.represented().await?;
            let Some(service) = service else { return Ok(people) };
            let form = requests.current_form(&service).await?.value;
            let fits = |one: &Represented| is_for(&form, Some(one));
            Ok::<_, Error>(people.map(|people| people.into_iter().filter(fits).collect()))
        })
    }

    async fn represented(&self) -> Result<Aged<Vec<Represented>>> {
        let read = || self.cache.read(PeopleDocument.name(), FRESH_FOR, kept);
        let people = read().await?;
        if people.as_of.is_none() {
            self.cache.refresh(PeopleDocument).await?;
            return Ok(read().await?);
        }
        self.cache.freshen(PeopleDocument.name(), FRESH_FOR, self.cache.refresh(PeopleDocument));
        Ok(people)
    }

    /// Who that is, if the citizen may act for them by this form.
    pub(super) async fn may_act_for(&self, id: &PersonId, form: &Form) -> Result<Represented> {
        let people = self.represented().await?.value;
        let whom = people.into_iter().find(|one| one.id == *id);
        let whom = whom.ok_or_else(|| Error::invalid("person", "person.not_represented"))?;
        if is_for(form, Some(&whom)) { Ok(whom) } else { Err(Error::invalid("person", "person.not_for_them")) }
    }

    /// As [`Requests::may_act_for`], asked anew if that is to be had.
    pub(super) async fn still_may_act_for(&self, id: &PersonId, form: &Form) -> Result<()> {
        self.in_time(self.cache.refresh(PeopleDocument)).await;
        self.may_act_for(id, form).await.map(drop)
    }
}

/// A form that does not say for whom it is leaves that to the gateway.
pub(super) fn is_for(form: &Form, whom: Option<&Represented>) -> bool {
    let wanted = whom.map_or(ForWhom::Me, |whom| ForWhom::of(whom.relation));
    form.for_whom().is_none_or(|whom| whom.contains(&wanted))
}

/// The form, with what is asked of whoever acts for another: why, and by what paper.
pub(super) fn form_for(form: &Form, whom: &Represented) -> Option<Form> {
    let mut source = form.source().clone();
    let required = match whom.relation {
        Relation::Parent => json!(["reason", "reason_file"]),
        Relation::Child | Relation::Company => json!(["reason"]),
    };
    source["schema"]["properties"][ANSWERS] = json!({
        "type": "object", "required": required, "additionalProperties": false, "properties": {
            "reason": { "type": "string", "minLength": 1, "maxLength": 1000 },
            "reason_file": { "type": "object", "format": "mn-file" },
        },
    });
    push(&mut source["schema"]["required"], json!(ANSWERS));
    push(&mut source["presentation"]["sections"], json!({ "fields": [ANSWERS] }));
    let fields = &mut source["presentation"]["fields"];
    fields[ANSWERS] = json!({ "title": title() });
    fields[format!("{ANSWERS}/reason")] =
        json!({ "title": LocalisedText::new("Төлөөлөх болсон шалтгаан", "Why you act for them"), "multiline": true });
    fields[format!("{ANSWERS}/reason_file")] =
        json!({ "title": LocalisedText::new("Төлөөлөх эрхийн баримт", "Paper that gives you the right") });
    Form::parse(form.service().clone(), source)
}

fn push(list: &mut Value, item: Value) {
    if let Value::Array(items) = list {
        items.push(item);
    } else {
        *list = Value::Array(vec![item]);
    }
}

fn title() -> LocalisedText {
    LocalisedText::new("Төлөөлөл", "On behalf of another")
}

impl Confirmed {
    /// What was answered for another goes where the gateway expects it, and whom it is for heads what is shown.
    pub(super) fn on_behalf_of(mut self, whom: &Represented) -> Self {
        let mut answers = self.wire.form.remove(ANSWERS).unwrap_or_default();
        let reason_file = Some(answers["reason_file"].take()).filter(|file| !file.is_null());
        self.wire.on_behalf_of = Some(OnBehalfOf {
            relation: whom.relation,
            regnum: whom.id.clone(),
            reason: answers["reason"].take(),
            reason_file,
        });
        let whose = Line {
            title: LocalisedText::new("Хэний өмнөөс", "On behalf of"),
            value: LocalisedText::mongolian(&whom.name),
        };
        self.shown.lines.insert(0, whose);
        self.whom = Some(whom.clone());
        self.digested()
    }
}
