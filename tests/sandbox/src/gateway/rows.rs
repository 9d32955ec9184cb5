//! The seed data as types: read once, refused as a whole when a row can't be understood.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    catalogue::{Area, Duration, Fee, Organisation, Service},
    forms::{Form, Requirement},
    text::Text,
};

const ORGANISATIONS: &str = include_str!("../../data/organisations.csv");
const SERVICES: &str = include_str!("../../data/services.csv");
const AREAS: &str = include_str!("../../data/administrative_units.csv");
const SAMPLE_FEES: &str = include_str!("../../data/sample_fees.csv");
const FORMS: &str = include_str!("../../data/forms.json");

#[derive(Debug, thiserror::Error)]
pub(crate) enum RowsError {
    #[error("a seed table can't be read: {0}")]
    Csv(#[from] csv::Error),
    #[error("a seed document can't be read or written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{table}: {what} «{value}»; see data/README.md for what a row may hold")]
    Row { table: &'static str, what: &'static str, value: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ServiceKind {
    Reference,
    Certificate,
    Application,
    Order,
    Payment,
    Registration,
    Information,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(serialize = "snake_case"))]
pub(crate) enum OrganisationKind {
    #[serde(rename(deserialize = "agency"))]
    Agency,
    #[serde(rename(deserialize = "ministry"))]
    Ministry,
    #[serde(rename(deserialize = "state body"))]
    StateBody,
    #[serde(rename(deserialize = "city body"))]
    CityBody,
    #[serde(rename(deserialize = "independent body"))]
    IndependentBody,
    #[serde(rename(deserialize = "company"))]
    Company,
    #[serde(rename(deserialize = "state enterprise"))]
    StateEnterprise,
    #[serde(rename(deserialize = "professional body"))]
    ProfessionalBody,
    #[serde(rename(deserialize = "regulator"))]
    Regulator,
    #[serde(rename(deserialize = "local body"))]
    LocalBody,
    #[serde(rename(deserialize = "judicial body"))]
    JudicialBody,
    #[serde(rename(deserialize = "credit bureau"))]
    CreditBureau,
    #[serde(rename(deserialize = "central bank"))]
    CentralBank,
    #[serde(rename(deserialize = "cabinet office"))]
    CabinetOffice,
    #[serde(rename(deserialize = "parliament"))]
    Parliament,
    #[serde(rename(deserialize = "fund"))]
    Fund,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AreaKind {
    Country,
    Capital,
    Aimag,
    Soum,
    District,
    Bag,
    Khoroo,
}

#[derive(Deserialize)]
struct OrganisationRow {
    id: String,
    code: String,
    name_mn: String,
    name_en: String,
    abbr_mn: String,
    kind: OrganisationKind,
}

#[derive(Deserialize)]
struct ServiceRow {
    id: String,
    org_code: String,
    name_mn: String,
    name_en: String,
    description_mn: String,
    description_en: String,
    kind: ServiceKind,
    fee_mnt: Option<i64>,
    duration: String,
    online: bool,
    area_codes: String,
    popularity: i64,
    sample: bool,
}

#[derive(Deserialize)]
struct FeeRow {
    service_id: String,
    fee_mnt: i64,
}

#[derive(Deserialize)]
struct AreaRow {
    code: String,
    #[serde(rename = "type")]
    kind: AreaKind,
    name_mn: String,
    name_en: String,
    parent: String,
    postal_code: String,
    time_zone: String,
}

#[derive(Deserialize)]
struct FormRow {
    service_id: String,
    requirements: Vec<Text>,
    #[serde(flatten)]
    form: Form,
}

pub(crate) fn organisations() -> Result<Vec<Organisation>, RowsError> {
    let rows: Vec<OrganisationRow> = table(ORGANISATIONS)?;
    unique("organisations.csv", rows.iter().map(|row| row.id.as_str()))?;
    Ok(rows
        .into_iter()
        .map(|row| Organisation {
            id: row.id,
            code: row.code,
            name: Text::from_columns(&row.name_mn, &row.name_en),
            abbreviation: known(row.abbr_mn),
            kind: row.kind,
        })
        .collect())
}

pub(crate) fn services(organisations: &[Organisation]) -> Result<Vec<Service>, RowsError> {
    let ids: HashMap<&str, &str> = organisations.iter().map(|o| (o.code.as_str(), o.id.as_str())).collect();
    let rows: Vec<ServiceRow> = table(SERVICES)?;
    unique("services.csv", rows.iter().map(|row| row.id.as_str()))?;
    let samples: Vec<FeeRow> = table(SAMPLE_FEES)?;
    let samples: HashMap<String, i64> = samples.into_iter().map(|row| (row.service_id, row.fee_mnt)).collect();
    rows.into_iter()
        .map(|row| {
            let Some(organisation_id) = ids.get(row.org_code.as_str()) else {
                return Err(RowsError::Row { table: "services.csv", what: "no organisation", value: row.org_code });
            };
            let known = row.fee_mnt.map(|amount_mnt| Fee { amount_mnt, sample: false });
            let sample = samples.get(&row.id).map(|amount_mnt| Fee { amount_mnt: *amount_mnt, sample: true });
            let description = Text::from_columns(&row.description_mn, &row.description_en);
            Ok(Service {
                organisation_id: (*organisation_id).into(),
                id: row.id,
                name: Text::from_columns(&row.name_mn, &row.name_en),
                description: (!description.mn.is_empty()).then_some(description),
                kind: row.kind,
                fee: known.or(sample),
                duration: duration(&row.duration)?,
                online: row.online,
                area_codes: row.area_codes.split_whitespace().map(Into::into).collect(),
                sample: row.sample,
                popularity: row.popularity,
            })
        })
        .collect()
}

pub(crate) fn areas() -> Result<Vec<Area>, RowsError> {
    let rows: Vec<AreaRow> = table(AREAS)?;
    unique("administrative_units.csv", rows.iter().map(|row| row.code.as_str()))?;
    Ok(rows
        .into_iter()
        .map(|row| Area {
            code: row.code,
            kind: row.kind,
            name: Text::from_columns(&row.name_mn, &row.name_en),
            parent: known(row.parent),
            postal_code: known(row.postal_code),
            time_zone: row.time_zone,
        })
        .collect())
}

/// By service.
pub(crate) fn forms() -> Result<HashMap<String, (Vec<Requirement>, Form)>, RowsError> {
    let rows: Vec<FormRow> = serde_json::from_str(FORMS)?;
    unique("forms.json", rows.iter().map(|row| row.service_id.as_str()))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let requirements = row.requirements.into_iter().map(|text| Requirement { text, sample: row.form.sample });
            (row.service_id, (requirements.collect(), row.form))
        })
        .collect())
}

fn table<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, RowsError> {
    Ok(csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>()?)
}

/// `immediate`, `working_days:5`, or empty for unknown.
fn duration(text: &str) -> Result<Option<Duration>, RowsError> {
    match text.split_once(':') {
        None if text.is_empty() => Ok(None),
        None if text == "immediate" => Ok(Some(Duration::Immediate)),
        Some(("working_days", days)) if days.parse::<u32>().is_ok() => {
            Ok(days.parse().ok().map(|days| Duration::WorkingDays { days }))
        }
        None | Some(_) => Err(RowsError::Row { table: "services.csv", what: "no such duration", value: text.into() }),
    }
}

fn known(cell: String) -> Option<String> {
    (!cell.is_empty()).then_some(cell)
}

fn unique<'a>(table: &'static str, ids: impl Iterator<Item = &'a str>) -> Result<(), RowsError> {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(RowsError::Row { table, what: "given twice", value: id.into() });
        }
    }
    Ok(())
}
