//! Tables of the catalogue in `cache.db`, all of them public and plain.

use std::{collections::HashMap, time::Duration as Span};

use emongolia_search::{Entry, Kind};
use rusqlite::{OptionalExtension as _, Row, named_params};
use serde::{Deserialize, Serialize};

use super::{
    model::{Area, AreaKind, Duration, Fee, Filter, Organisation, OrganisationId, Service, ServiceDetail, ServiceKind},
    shelf::{Contents, Row as ShelfRow},
    wire::{self, AreasWire, CatalogueWire, DetailWire},
};
use crate::{
    country::{LocalisedText, alphabet},
    foundation::{
        events, json,
        storage::{self, Dao},
    },
    gateway::Endpoint,
    offline::{PAGE, cache::Document},
    services::ServiceId,
};

pub(super) const CATALOGUE: &str = "catalogue";
pub(super) const AREAS: &str = "areas";

pub(super) struct CatalogueDocument;

impl Document for CatalogueDocument {
    const AREA: events::Area = events::Area::Catalogue;
    const FRESH_FOR: Span = super::FRESH_FOR;
    type Wire = CatalogueWire;

    fn name(&self) -> String {
        CATALOGUE.to_owned()
    }

    fn endpoint(&self) -> &'static Endpoint<CatalogueWire> {
        &wire::CATALOGUE
    }

    fn store(&self, wire: CatalogueWire, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute_batch("DELETE FROM service_area; DELETE FROM service; DELETE FROM organisation;")?;
        for organisation in wire.organisations {
            insert_organisation(dao, &organisation)?;
        }
        for service in wire.services {
            insert_service(dao, &service)?;
        }
        Ok(())
    }
}

pub(super) struct AreasDocument;

impl Document for AreasDocument {
    const AREA: events::Area = events::Area::Catalogue;
    const FRESH_FOR: Span = super::FRESH_FOR;
    type Wire = AreasWire;

    fn name(&self) -> String {
        AREAS.to_owned()
    }

    fn endpoint(&self) -> &'static Endpoint<AreasWire> {
        &wire::AREAS
    }

    fn store(&self, wire: AreasWire, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute("DELETE FROM area", [])?;
        for area in wire.areas {
            let Some(kind) = area.kind else { continue }; // a kind of unit this build can't place
            insert_area(
                dao,
                &Area { code: area.code, kind, name: area.name, parent: area.parent, postal_code: area.postal_code },
            )?;
        }
        Ok(())
    }
}

/// One service's own page.
pub(super) struct DetailDocument {
    pub(super) id: ServiceId,
}

impl Document for DetailDocument {
    const AREA: events::Area = events::Area::Catalogue;
    const FRESH_FOR: Span = super::FRESH_FOR;
    type Wire = DetailWire;

    fn name(&self) -> String {
        format!("service/{}", self.id)
    }

    fn endpoint(&self) -> &'static Endpoint<DetailWire> {
        &wire::SERVICE
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        vec![("id", self.id.as_str().to_owned())]
    }

    fn store(&self, wire: DetailWire, dao: &mut Dao<'_>) -> storage::Result<()> {
        let kept = Kept { description: wire.description, requirements: wire.requirements };
        let body = json::write(&kept).ok_or(storage::Error::Stored("service_detail"))?;
        dao.sql().execute(
            "INSERT INTO service_detail (service_id, body) VALUES (:id, :body)
             ON CONFLICT (service_id) DO UPDATE SET body = excluded.body",
            named_params! {":id": self.id.as_str(), ":body": body},
        )?;
        Ok(())
    }
}

/// What a service's page has beyond its row.
#[derive(Serialize, Deserialize)]
struct Kept {
    description: Option<LocalisedText>,
    requirements: Vec<LocalisedText>,
}

fn insert_organisation(dao: &mut Dao<'_>, organisation: &wire::OrganisationWire) -> storage::Result<()> {
    if OrganisationId::parse(&organisation.id).is_none() {
        log::warn!(target: "emongolia", "an organisation with an unusable id was left out");
        return Ok(());
    }
    dao.sql()
        .prepare_cached(
            "INSERT OR REPLACE INTO organisation (id, name_mn, name_en, sort_key, abbreviation)
             VALUES (:id, :name_mn, :name_en, :sort_key, :abbreviation)",
        )?
        .execute(named_params! {
            ":id": organisation.id, ":name_mn": organisation.name.mn, ":name_en": organisation.name.en,
            ":sort_key": alphabet::sort_key(&organisation.name.mn), ":abbreviation": organisation.abbreviation,
        })?;
    Ok(())
}

fn insert_service(dao: &mut Dao<'_>, service: &wire::ServiceWire) -> storage::Result<()> {
    if ServiceId::parse(&service.id).is_none() {
        log::warn!(target: "emongolia", "a service with an unusable id was left out");
        return Ok(());
    }
    dao.sql()
        .prepare_cached(
            "INSERT OR REPLACE INTO service
                 (id, organisation_id, name_mn, name_en, sort_key, kind, fee, duration, online, sample, popularity)
             VALUES (:id, :organisation, :name_mn, :name_en, :sort_key, :kind, :fee, :duration, :online, :sample, :popularity)",
        )?
        .execute(named_params! {
            ":id": service.id, ":organisation": service.organisation_id, ":name_mn": service.name.mn,
            ":name_en": service.name.en, ":sort_key": alphabet::sort_key(&service.name.mn),
            ":kind": word(&service.kind)?, ":fee": word(&service.fee())?,
            ":duration": word(&service.duration())?, ":online": service.online, ":sample": service.sample,
            ":popularity": service.popularity,
        })?;
    for code in &service.area_codes {
        dao.sql()
            .prepare_cached("INSERT OR IGNORE INTO service_area (service_id, area_code) VALUES (:id, :code)")?
            .execute(named_params! {":id": service.id, ":code": code})?;
    }
    Ok(())
}

fn insert_area(dao: &mut Dao<'_>, area: &Area) -> storage::Result<()> {
    dao.sql()
        .prepare_cached(
            "INSERT OR REPLACE INTO area (code, kind, name_mn, name_en, parent, postal_code)
             VALUES (:code, :kind, :name_mn, :name_en, :parent, :postal_code)",
        )?
        .execute(named_params! {
            ":code": area.code, ":kind": word(&area.kind)?, ":name_mn": area.name.mn, ":name_en": area.name.en,
            ":parent": area.parent, ":postal_code": area.postal_code,
        })?;
    Ok(())
}

/// The cursor of a page of services: where its last row stands in the order.
pub(super) fn cursor(last: &Service) -> String {
    last.id.as_str().to_owned()
}

pub(super) fn services(dao: &Dao<'_>, filter: &Filter, after: Option<&str>) -> storage::Result<Vec<Service>> {
    let kind = filter.kind.map(|k| word(&k)).transpose()?;
    let mut statement = dao.sql().prepare_cached(
        "SELECT s.id, s.name_mn, s.name_en, s.kind, s.fee, s.duration, s.online, s.sample,
                coalesce(o.name_mn, '') AS organisation_mn, o.name_en AS organisation_en
         FROM service s LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE (:organisation IS NULL OR s.organisation_id = :organisation)
           AND (:kind IS NULL OR s.kind = :kind)
           AND (:free = 0 OR s.fee = '\"free\"')
           AND (:online = 0 OR s.online = 1)
           AND (:area IS NULL
                OR NOT EXISTS (SELECT 1 FROM service_area a WHERE a.service_id = s.id)
                OR EXISTS (SELECT 1 FROM service_area a WHERE a.service_id = s.id
                           AND (:area LIKE a.area_code || '%' OR a.area_code LIKE :area || '%')))
           AND (:after IS NULL OR (s.sort_key, s.id) > (SELECT sort_key, id FROM service WHERE id = :after))
         ORDER BY s.sort_key, s.id LIMIT :limit",
    )?;
    let rows = statement.query_map(
        named_params! {
            ":organisation": filter.organisation.as_ref().map(OrganisationId::as_str), ":kind": kind,
            ":free": filter.free, ":online": filter.online, ":area": filter.area, ":after": after, ":limit": PAGE + 1,
        },
        service,
    )?;
    rows.map(|row| row?).collect()
}

/// Whether a page of services can start there: at the beginning, or after a row that is still there.
pub(super) fn is_service_cursor(dao: &Dao<'_>, after: Option<&str>) -> storage::Result<bool> {
    let mut statement = dao
        .sql()
        .prepare_cached("SELECT 1 WHERE :after IS NULL OR EXISTS (SELECT 1 FROM service WHERE id = :after)")?;
    Ok(statement.exists(named_params! {":after": after})?)
}

/// As [`is_service_cursor`], for organisations.
pub(super) fn is_organisation_cursor(dao: &Dao<'_>, after: Option<&str>) -> storage::Result<bool> {
    let mut statement = dao
        .sql()
        .prepare_cached("SELECT 1 WHERE :after IS NULL OR EXISTS (SELECT 1 FROM organisation WHERE id = :after)")?;
    Ok(statement.exists(named_params! {":after": after})?)
}

pub(super) fn one(dao: &Dao<'_>, id: &ServiceId) -> storage::Result<Option<Service>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT s.id, s.name_mn, s.name_en, s.kind, s.fee, s.duration, s.online, s.sample,
                coalesce(o.name_mn, '') AS organisation_mn, o.name_en AS organisation_en
         FROM service s LEFT JOIN organisation o ON o.id = s.organisation_id
         WHERE s.id = :id",
    )?;
    statement.query_row(named_params! {":id": id.as_str()}, service).optional()?.transpose()
}

/// A service's page; without its detail if that was never fetched, `None` if nothing is known of it.
pub(super) fn detail(dao: &Dao<'_>, id: &ServiceId) -> storage::Result<Option<ServiceDetail>> {
    let Some(service) = one(dao, id)? else { return Ok(None) };
    let body: Option<String> = dao
        .sql()
        .query_row(
            "SELECT body FROM service_detail WHERE service_id = :id",
            named_params! {":id": id.as_str()},
            |row| row.get(0),
        )
        .optional()?;
    let kept = body.and_then(|body| json::read::<Kept>(body.as_bytes()));
    let (description, requirements) = kept.map_or((None, Vec::new()), |k| (k.description, k.requirements));
    Ok(Some(ServiceDetail { service, description, requirements, area_codes: service_areas(dao, id)? }))
}

fn service_areas(dao: &Dao<'_>, id: &ServiceId) -> storage::Result<Vec<String>> {
    let mut statement =
        dao.sql().prepare_cached("SELECT area_code FROM service_area WHERE service_id = :id ORDER BY area_code")?;
    let rows = statement.query_map(named_params! {":id": id.as_str()}, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn organisations(dao: &Dao<'_>, after: Option<&str>) -> storage::Result<Vec<Organisation>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT id, name_mn, name_en, abbreviation,
                (SELECT count(*) FROM service s WHERE s.organisation_id = organisation.id) AS services
         FROM organisation
         WHERE :after IS NULL OR (sort_key, id) > (SELECT sort_key, id FROM organisation WHERE id = :after)
         ORDER BY sort_key, id LIMIT :limit",
    )?;
    let rows = statement.query_map(named_params! {":after": after, ":limit": PAGE + 1}, organisation)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn every_organisation(dao: &Dao<'_>) -> storage::Result<Vec<Organisation>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT id, name_mn, name_en, abbreviation,
                (SELECT count(*) FROM service s WHERE s.organisation_id = organisation.id) AS services
         FROM organisation",
    )?;
    let rows = statement.query_map([], organisation)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn areas(dao: &Dao<'_>, parent: &str, after: Option<&str>) -> storage::Result<Vec<Area>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT code, kind, name_mn, name_en, parent, postal_code FROM area
         WHERE parent = :parent AND (:after IS NULL OR code > :after)
         ORDER BY code LIMIT :limit",
    )?;
    let rows = statement.query_map(named_params! {":parent": parent, ":after": after, ":limit": PAGE + 1}, |row| {
        let kind: String = row.get("kind")?;
        Ok(Area {
            code: row.get("code")?,
            kind: said(&kind).unwrap_or(AreaKind::Bag),
            name: LocalisedText { mn: row.get("name_mn")?, en: row.get("name_en")? },
            parent: row.get("parent")?,
            postal_code: row.get("postal_code")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What is searched: the best known first.
pub(super) fn contents(dao: &Dao<'_>) -> storage::Result<Contents> {
    let mut areas = every_service_area(dao)?;
    let mut statement = dao.sql().prepare_cached(
        "SELECT s.id, s.name_mn, s.name_en, s.kind, s.fee, s.duration, s.online, s.sample, s.popularity, s.organisation_id,
                coalesce(o.name_mn, '') AS organisation_mn, o.name_en AS organisation_en, o.abbreviation
         FROM service s LEFT JOIN organisation o ON o.id = s.organisation_id
         ORDER BY s.popularity DESC, length(s.name_mn), s.id",
    )?;
    let mut rows = statement.query([])?;
    let mut contents = Contents { organisations: every_organisation(dao)?, ..Contents::default() };
    while let Some(row) = rows.next()? {
        let service = service(row)??;
        let abbreviation: Option<String> = row.get("abbreviation")?;
        let organisation: String = row.get("organisation_id")?;
        let names = [Some(service.organisation.mn.clone()), service.organisation.en.clone(), abbreviation];
        contents.entries.push(Entry {
            name: service.name.mn.clone(),
            other_name: service.name.en.clone(),
            descriptions: Vec::new(), // of the few pages that were opened: what is found must not hang on that
            organisation: names.into_iter().flatten().filter(|name| !name.is_empty()).collect(),
            kind: searched(service.kind),
            popularity: row.get("popularity")?,
        });
        contents.rows.push(ShelfRow {
            organisation: OrganisationId::parse(&organisation),
            area_codes: areas.remove(service.id.as_str()).unwrap_or_default(),
            service,
        });
    }
    Ok(contents)
}

fn searched(kind: ServiceKind) -> Option<Kind> {
    Some(match kind {
        ServiceKind::Reference => Kind::Reference,
        ServiceKind::Certificate => Kind::Certificate,
        ServiceKind::Application => Kind::Application,
        ServiceKind::Order => Kind::Order,
        ServiceKind::Payment => Kind::Payment,
        ServiceKind::Registration => Kind::Registration,
        ServiceKind::Information => Kind::Information,
        ServiceKind::Other => return None,
    })
}

fn every_service_area(dao: &Dao<'_>) -> storage::Result<HashMap<String, Vec<String>>> {
    let mut statement = dao.sql().prepare_cached("SELECT service_id, area_code FROM service_area")?;
    let mut rows = statement.query([])?;
    let mut areas: HashMap<String, Vec<String>> = HashMap::new();
    while let Some(row) = rows.next()? {
        areas.entry(row.get("service_id")?).or_default().push(row.get("area_code")?);
    }
    Ok(areas)
}

fn organisation(row: &Row<'_>) -> rusqlite::Result<Organisation> {
    Ok(Organisation {
        id: OrganisationId(row.get("id")?),
        name: LocalisedText { mn: row.get("name_mn")?, en: row.get("name_en")? },
        abbreviation: row.get("abbreviation")?,
        service_count: row.get("services")?,
    })
}

fn service(row: &Row<'_>) -> rusqlite::Result<storage::Result<Service>> {
    let id: String = row.get("id")?;
    let (kind, fee, duration): (String, String, String) = (row.get("kind")?, row.get("fee")?, row.get("duration")?);
    let service = Service {
        id: match ServiceId::parse(&id) {
            Some(id) => id,
            None => return Ok(Err(storage::Error::Stored("service id"))),
        },
        name: LocalisedText { mn: row.get("name_mn")?, en: row.get("name_en")? },
        organisation: LocalisedText { mn: row.get("organisation_mn")?, en: row.get("organisation_en")? },
        kind: said(&kind).unwrap_or(ServiceKind::Other),
        fee: said(&fee).unwrap_or(Fee::Unknown),
        duration: said(&duration).unwrap_or(Duration::Unknown),
        online: row.get("online")?,
        sample: row.get("sample")?,
        favourite: false, // what is public does not say whose it is
    };
    Ok(Ok(service))
}

/// One of our own words as it stands in a column: JSON, so that values with content fit too.
fn word<T: Serialize>(value: &T) -> storage::Result<String> {
    json::write(value).ok_or(storage::Error::Stored("word"))
}

fn said<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    json::read(text.as_bytes())
}
