//! What there is to ask for: organisations, services, their forms; and the country's areas.
//!
//! Guarantees: every row of `data/` is served once under its committed id, and what a row lacks is served as unknown.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    document::{Document, content_hash},
    forms::{Form, Requirement},
    rows::{self, AreaKind, OrganisationKind, RowsError, ServiceKind},
    text::Text,
};
use crate::{
    problem::Problem,
    state::{self, Sandbox},
};

static CATALOGUE: LazyLock<Result<Catalogue, RowsError>> = LazyLock::new(Catalogue::load);

pub(crate) struct Catalogue {
    services: HashMap<String, Offer>,
    catalogue: Document,
    areas: Document,
}

/// A service and what it takes to apply for it.
pub(crate) struct Offer {
    pub(crate) service: Service,
    pub(crate) organisation: Text,
    /// There is one just when the service is online.
    pub(crate) form: Option<Form>,
    page: Document,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) organisation_id: String,
    pub(crate) name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<Text>,
    pub(crate) kind: ServiceKind,
    pub(crate) fee: Option<Fee>,
    pub(crate) duration: Option<Duration>,
    pub(crate) online: bool,
    pub(crate) area_codes: Vec<String>,
    pub(crate) sample: bool,
    pub(crate) popularity: i64,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Fee {
    pub(crate) amount_mnt: i64,
    /// The sandbox's own: the sources do not tell it.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) sample: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Duration {
    Immediate,
    WorkingDays { days: u32 },
}

#[derive(Serialize)]
pub(crate) struct Organisation {
    pub(crate) id: String,
    pub(crate) code: String,
    pub(crate) name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abbreviation: Option<String>,
    pub(crate) kind: OrganisationKind,
}

#[derive(Serialize)]
pub(crate) struct Area {
    pub(crate) code: String,
    pub(crate) kind: AreaKind,
    pub(crate) name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) postal_code: Option<String>,
    pub(crate) time_zone: String,
}

#[derive(Serialize)]
struct ServicePage<'a> {
    #[serde(flatten)]
    service: &'a Service,
    requirements: &'a [Requirement],
    form: Option<&'a Form>,
}

#[derive(Serialize)]
struct Versioned<T> {
    version: String,
    #[serde(flatten)]
    content: T,
}

#[derive(Serialize)]
struct Listed<'a> {
    organisations: &'a [Organisation],
    services: &'a [Service],
}

#[derive(Serialize)]
struct Areas {
    areas: Vec<Area>,
}

/// `GET /v1/catalogue`
pub(crate) async fn get_catalogue(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Problem> {
    sandbox.publisher().answer(sandbox.db(), "catalogue", &catalogue()?.catalogue, &headers).await
}

/// `GET /v1/areas`
pub(crate) async fn get_areas(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Problem> {
    sandbox.publisher().answer(sandbox.db(), "areas", &catalogue()?.areas, &headers).await
}

/// `GET /v1/services/{service_id}`
pub(crate) async fn get_service(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match catalogue()?.offer(&id) {
        Some(offer) => sandbox.publisher().answer(sandbox.db(), &format!("service/{id}"), &offer.page, &headers).await,
        None => Ok(Problem::not_found("unknown_service").into_response()),
    }
}

/// The catalogue of this build; unreadable data is a defect of the build, found by the first test.
pub(crate) fn catalogue() -> Result<&'static Catalogue, Problem> {
    CATALOGUE.as_ref().map_err(|error| {
        state::complain(error);
        Problem::internal()
    })
}

impl Offer {
    /// 0: free; what is not known can't be applied for.
    pub(crate) fn fee_mnt(&self) -> i64 {
        self.service.fee.map_or(0, |fee| fee.amount_mnt)
    }
}

impl Catalogue {
    pub(crate) fn offer(&self, service_id: &str) -> Option<&Offer> {
        self.services.get(service_id)
    }

    /// The services that can be applied for in the app, in order of id.
    pub(crate) fn online(&self) -> impl Iterator<Item = (&Offer, &Form)> {
        let mut online: Vec<_> = self.services.values().filter_map(|o| Some((o, o.form.as_ref()?))).collect();
        online.sort_by(|(a, _), (b, _)| a.service.id.cmp(&b.service.id));
        online.into_iter()
    }

    /// Of every public document here, in an order that is always the same.
    pub(crate) fn hashes(&self) -> Vec<&str> {
        let mut pages: Vec<&str> = self.services.values().map(|offer| offer.page.hash()).collect();
        pages.sort_unstable();
        [vec![self.catalogue.hash(), self.areas.hash()], pages].concat()
    }

    fn load() -> Result<Self, RowsError> {
        let organisations = rows::organisations()?;
        let services = rows::services(&organisations)?;
        let catalogue = versioned(&Listed { organisations: &organisations, services: &services })?;
        let areas = versioned(&Areas { areas: rows::areas()? })?;
        let services = offers(services, &organisations)?;
        Ok(Self { services, catalogue, areas })
    }
}

fn offers(services: Vec<Service>, organisations: &[Organisation]) -> Result<HashMap<String, Offer>, RowsError> {
    let names: BTreeMap<&str, &Text> = organisations.iter().map(|o| (o.id.as_str(), &o.name)).collect();
    let mut forms = rows::forms()?;
    let mut offers = HashMap::new();
    for service in services {
        let (requirements, form) = forms.remove(&service.id).unzip();
        if form.is_some() != service.online || (service.online && service.fee.is_none()) {
            return Err(RowsError::Row {
                table: "forms.json",
                what: "online without a fee or a form",
                value: service.id,
            });
        }
        let requirements = requirements.unwrap_or_default();
        let page = ServicePage { service: &service, requirements: &requirements, form: form.as_ref() };
        let page = Document::new(serde_json::to_string(&page)?);
        let organisation = names.get(service.organisation_id.as_str()).copied().cloned().unwrap_or_default();
        offers.insert(service.id.clone(), Offer { service, organisation, form, page });
    }
    match forms.into_keys().next() {
        None => Ok(offers),
        Some(value) => Err(RowsError::Row { table: "forms.json", what: "no such service", value }),
    }
}

/// The version follows from the content, so the same build always gives the same.
fn versioned(content: &impl Serialize) -> Result<Document, RowsError> {
    let version = content_hash(&serde_json::to_vec(content)?);
    Ok(Document::new(serde_json::to_string(&Versioned { version, content })?))
}
