//! Requests as they lie in the database and as they go out.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::files::{self, File};
use crate::{
    gateway::{
        feed::{self, Feed, Place, Versioned},
        payments::State,
        represented::OnBehalfOf,
        status::Status,
        text::Text,
    },
    state::rfc3339,
    text,
};

/// Ulaanbaatar's offset, without summer time since 2017: requests are numbered by its years.
const ULAANBAATAR_MS: i64 = 8 * 3600 * 1000;

/// A request as the citizen sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Detail {
    pub id: String,
    /// 26-000123: year and serial number.
    pub number: String,
    pub service_id: String,
    pub service_name: Text,
    pub status: Status,
    pub submitted_at: String,
    pub updated_at: String,
    pub version: i64,
    pub form: Value,
    pub form_version: i64,
    pub history: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Text>,
    /// Absent: free of charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// Absent: for the citizen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<OnBehalfOf>,
    /// The documents brought, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub documents: BTreeMap<String, File>,
}

impl Detail {
    /// Whether it costs what is not paid yet.
    pub(crate) fn waits_for_payment(&self) -> bool {
        self.payment.as_ref().is_some_and(|payment| !payment.state.settles())
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Payment {
    pub state: State,
    pub amount_mnt: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub status: Status,
    pub at: String,
    pub actor: Actor,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    #[serde(flatten)]
    pub asked: Asked,
}

/// What a step asks of the citizen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Names of the form's fields to correct.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Documents to bring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
}

/// A document that a clerk asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its own within the request: `document1`.
    pub name: String,
    pub title: Text,
}

/// A step of a request to another state, or to the same.
#[derive(Debug, Clone)]
pub struct Move {
    pub status: Status,
    pub actor: Actor,
    pub note: Option<Text>,
    /// Names of the form's fields to correct.
    pub fields: Vec<String>,
    /// Titles of documents to bring.
    pub documents: Vec<Text>,
}

impl Move {
    pub fn new(status: Status, actor: Actor, note: Option<Text>) -> Self {
        Self { status, actor, note, fields: Vec::new(), documents: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    Citizen,
    Clerk,
    System,
}

impl ActorKind {
    const fn code(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Clerk => "clerk",
            Self::System => "system",
        }
    }

    /// The column's CHECK leaves no fourth.
    fn from_code(code: &str) -> Self {
        match code {
            "citizen" => Self::Citizen,
            "clerk" => Self::Clerk,
            _ => Self::System,
        }
    }
}

impl Versioned for Detail {
    fn version(&self) -> i64 {
        self.version
    }
}

/// What a citizen applied for.
pub(crate) struct Application<'a> {
    pub(crate) sub: &'a str,
    pub(crate) citizen_name: String,
    pub(crate) service_id: &'a str,
    pub(crate) service_name: &'a Text,
    pub(crate) organisation: &'a Text,
    pub(crate) form: &'a Value,
    pub(crate) form_version: i64,
    pub(crate) shown_digest: &'a str,
    pub(crate) fee_mnt: i64,
    pub(crate) on_behalf_of: Option<&'a OnBehalfOf>,
}

/// Makes the request with its first step, and returns its id.
pub(crate) fn create(tx: &Transaction<'_>, application: &Application<'_>, now: i64) -> Result<String, rusqlite::Error> {
    let id = text::hex(&text::random::<12>()); // 24 hex digits, as the portal's ids
    let number = next_number(tx, now)?;
    create_as(tx, application, (&id, &number), now)?;
    Ok(id)
}

/// As [`create`], under an id and a number that were given before.
pub(crate) fn create_as(
    tx: &Transaction<'_>,
    application: &Application<'_>,
    name: (&str, &str),
    now: i64,
) -> Result<(), rusqlite::Error> {
    let version = feed::bump(tx, application.sub, Feed::Requests)?;
    insert(tx, application, name, version, now)?;
    let citizen = Actor { kind: ActorKind::Citizen, name: application.citizen_name.clone() };
    add_step(tx, name.0, &Move::new(Status::Submitted, citizen, None), now)
}

/// Another citizen's request is as absent as one that never was.
pub(crate) fn get(conn: &Connection, sub: &str, id: &str) -> Result<Option<Detail>, rusqlite::Error> {
    let detail = conn
        .query_row(
            "SELECT * FROM requests WHERE id = :id AND sub = :sub",
            named_params! { ":id": id, ":sub": sub },
            detail_from_row,
        )
        .optional()?;
    detail.map(|detail| with_history(conn, detail)).transpose()
}

/// One more than the place's limit, to know whether there is more.
pub(crate) fn after(conn: &Connection, sub: &str, place: &Place) -> Result<Vec<Detail>, rusqlite::Error> {
    let mut statement =
        conn.prepare("SELECT * FROM requests WHERE sub = :sub AND version > :after ORDER BY version LIMIT :limit")?;
    let parameters = named_params! { ":sub": sub, ":after": place.after, ":limit": place.limit + 1 };
    let details: Vec<Detail> = statement.query_map(parameters, detail_from_row)?.collect::<Result<_, _>>()?;
    details.into_iter().map(|detail| with_history(conn, detail)).collect()
}

/// Adds the step and moves the request to its state under a new version.
pub(crate) fn advance(tx: &Transaction<'_>, sub: &str, id: &str, step: &Move, now: i64) -> Result<(), rusqlite::Error> {
    add_step(tx, id, step, now)?;
    let version = feed::bump(tx, sub, Feed::Requests)?;
    let outcome = step.status.is_outcome().then(|| step.note.clone().unwrap_or_else(|| step.status.title()));
    set_status(tx, id, step.status, version, outcome.as_ref(), now)
}

/// The form as it was corrected; the step that says so is another statement.
pub(super) fn correct(
    tx: &Transaction<'_>,
    id: &str,
    (form, form_version): (&Value, i64),
    shown_digest: &str,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE requests SET form = :form, form_version = :form_version, shown_digest = :shown_digest WHERE id = :id",
        named_params! {
            ":id": id,
            ":form": form.to_string(),
            ":form_version": form_version,
            ":shown_digest": shown_digest,
        },
    )?;
    Ok(())
}

fn insert(
    tx: &Transaction<'_>,
    application: &Application<'_>,
    (id, number): (&str, &str),
    version: i64,
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO requests (id, number, sub, service_id, service_name_mn, service_name_en, organisation_mn,
                               organisation_en, status, form, form_version, shown_digest, submitted_at, updated_at,
                               version, fee_mnt, paid_state, on_behalf_of)
         VALUES (:id, :number, :sub, :service_id, :service_name_mn, :service_name_en,
                 :organisation_mn, :organisation_en, :status, :form, :form_version, :shown_digest, :now, :now, :version,
                 :fee_mnt, IIF(:fee_mnt = 0, NULL, 'unpaid'), :on_behalf_of)",
        named_params! {
            ":id": id,
            ":number": number,
            ":sub": application.sub,
            ":service_id": application.service_id,
            ":service_name_mn": application.service_name.mn,
            ":service_name_en": application.service_name.en,
            ":organisation_mn": application.organisation.mn,
            ":organisation_en": application.organisation.en,
            ":status": Status::Submitted,
            ":form": application.form.to_string(),
            ":form_version": application.form_version,
            ":shown_digest": application.shown_digest,
            ":now": now,
            ":version": version,
            ":fee_mnt": application.fee_mnt,
            ":on_behalf_of": application.on_behalf_of.map(to_json).transpose()?,
        },
    )?;
    Ok(())
}

pub(crate) fn next_number(tx: &Transaction<'_>, now: i64) -> Result<String, rusqlite::Error> {
    let year = today_in_ulaanbaatar(now).year();
    let serial: i64 = tx.query_row(
        "INSERT INTO request_numbers (year, last) VALUES (:year, 1)
         ON CONFLICT (year) DO UPDATE SET last = last + 1
         RETURNING last",
        named_params! { ":year": year },
        |row| row.get("last"),
    )?;
    Ok(format!("{:02}-{serial:06}", year.rem_euclid(100)))
}

pub(crate) fn today_in_ulaanbaatar(now: i64) -> NaiveDate {
    chrono::DateTime::from_timestamp_millis(now + ULAANBAATAR_MS).unwrap_or_default().date_naive()
}

fn add_step(tx: &Transaction<'_>, id: &str, step: &Move, now: i64) -> Result<(), rusqlite::Error> {
    let asked_before: usize = history(tx, id)?.iter().map(|step| step.asked.documents.len()).sum();
    let numbered = step.documents.iter().zip(asked_before + 1..);
    let documents = numbered.map(|(title, n)| Document { name: format!("document{n}"), title: title.clone() });
    let asked = Asked { fields: step.fields.clone(), documents: documents.collect() };
    let note = step.note.as_ref();
    tx.execute(
        "INSERT INTO request_history (request_id, position, status, at, actor_kind, actor_name, note_mn, note_en, asked)
         SELECT :id, COUNT(*), :status, :now, :actor_kind, :actor_name, :note_mn, :note_en, :asked
         FROM request_history WHERE request_id = :id",
        named_params! {
            ":id": id,
            ":status": step.status,
            ":now": now,
            ":actor_kind": step.actor.kind.code(),
            ":actor_name": step.actor.name,
            ":note_mn": note.map(|note| &note.mn),
            ":note_en": note.and_then(|note| note.en.as_ref()),
            ":asked": to_json(&asked)?,
        },
    )?;
    Ok(())
}

fn set_status(
    tx: &Transaction<'_>,
    id: &str,
    status: Status,
    version: i64,
    outcome: Option<&Text>,
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE requests SET status = :status, version = :version, updated_at = :now,
                outcome_mn = COALESCE(:outcome_mn, outcome_mn),
                outcome_en = IIF(:outcome_mn IS NULL, outcome_en, :outcome_en)
         WHERE id = :id",
        named_params! {
            ":id": id,
            ":status": status,
            ":version": version,
            ":now": now,
            ":outcome_mn": outcome.map(|outcome| &outcome.mn),
            ":outcome_en": outcome.and_then(|outcome| outcome.en.as_ref()),
        },
    )?;
    Ok(())
}

fn with_history(conn: &Connection, mut detail: Detail) -> Result<Detail, rusqlite::Error> {
    detail.history = history(conn, &detail.id)?;
    detail.documents = files::documents(conn, &detail.id)?;
    Ok(detail)
}

fn history(conn: &Connection, id: &str) -> Result<Vec<Step>, rusqlite::Error> {
    let mut statement = conn.prepare("SELECT * FROM request_history WHERE request_id = :id ORDER BY position")?;
    statement.query_map(named_params! { ":id": id }, step_from_row)?.collect()
}

fn to_json(value: &impl Serialize) -> Result<String, rusqlite::Error> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, rusqlite::Error> {
    serde_json::from_str(json)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into()))
}

fn detail_from_row(row: &Row<'_>) -> Result<Detail, rusqlite::Error> {
    let form: String = row.get("form")?;
    Ok(Detail {
        id: row.get("id")?,
        number: row.get("number")?,
        service_id: row.get("service_id")?,
        service_name: Text { mn: row.get("service_name_mn")?, en: row.get("service_name_en")? },
        status: row.get("status")?,
        submitted_at: rfc3339(row.get("submitted_at")?),
        updated_at: rfc3339(row.get("updated_at")?),
        version: row.get("version")?,
        form: from_json(&form)?,
        form_version: row.get("form_version")?,
        history: Vec::new(),
        payment: payment_from_row(row)?,
        on_behalf_of: on_behalf_of(row)?,
        documents: BTreeMap::new(),
        outcome: Text::from_nullable(row.get("outcome_mn")?, row.get("outcome_en")?),
    })
}

fn payment_from_row(row: &Row<'_>) -> Result<Option<Payment>, rusqlite::Error> {
    let (state, amount_mnt) = (row.get::<_, Option<String>>("paid_state")?, row.get("fee_mnt")?);
    Ok(state.and_then(|code| State::parse(&code)).map(|state| Payment { state, amount_mnt }))
}

/// Of a row that has the column.
pub(crate) fn on_behalf_of(row: &Row<'_>) -> Result<Option<OnBehalfOf>, rusqlite::Error> {
    row.get::<_, Option<String>>("on_behalf_of")?.map(|json| from_json(&json)).transpose()
}

fn step_from_row(row: &Row<'_>) -> Result<Step, rusqlite::Error> {
    let kind: String = row.get("actor_kind")?;
    Ok(Step {
        status: row.get("status")?,
        at: rfc3339(row.get("at")?),
        actor: Actor { kind: ActorKind::from_code(&kind), name: row.get("actor_name")? },
        note: Text::from_nullable(row.get("note_mn")?, row.get("note_en")?),
        asked: from_json(&row.get::<_, String>("asked")?)?,
    })
}
