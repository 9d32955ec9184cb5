//! What one room needs of another, brought here: rooms do not know each other.

use std::sync::Arc;

use crate::{
    country::{AreaCode, Mnt},
    foundation::storage::{self, Dao},
    offline::cache::{Cache, Refreshing},
    services::{
        ServiceId,
        bundles::{self, Errand, Errands, Neighbours, Offer, Services, Stage},
        catalogue::{self, Fee, ServiceDetail, ServiceDuration},
        requests::{self, Applied, Status, prefill},
    },
};

/// What bundles ask catalogue and requests for.
pub(super) fn of_bundles() -> Neighbours {
    Neighbours { services: Box::new(CatalogueRows), errands: Box::new(RequestRows), sources: Vec::new() }
}

/// Whom the catalogue asks where the citizen lives.
pub(super) fn of_catalogue() -> Arc<dyn catalogue::Home> {
    Arc::new(RegisterRows)
}

/// What requests ask the catalogue for: how long a service takes, and whether it costs something; and the registers: what they could fill in.
pub(super) fn of_requests() -> requests::Neighbours {
    requests::Neighbours { terms: Box::new(CatalogueRows), registers: Box::new(RegisterRows) }
}

struct RegisterRows;

impl catalogue::Home for RegisterRows {
    fn area(&self, dao: &Dao<'_>) -> storage::Result<Option<AreaCode>> {
        bundles::home(dao)
    }
}

impl requests::Registers for RegisterRows {
    fn answers(&self, dao: &Dao<'_>) -> storage::Result<prefill::Answers> {
        bundles::each_answer(dao, |code, response| match (code, response) {
            (Some(bundles::FOUND), Some(response)) => prefill::Answer::Found(response),
            (Some(bundles::FOUND | bundles::NOT_FOUND), _) => prefill::Answer::Nothing,
            (Some(_) | None, _) => prefill::Answer::Refused,
        })
    }

    fn ask(&self, cache: &Cache) -> Refreshing {
        bundles::ask_registers(cache)
    }
}

struct CatalogueRows;

impl Services for CatalogueRows {
    fn offer(&self, dao: &Dao<'_>, id: &ServiceId) -> storage::Result<Option<Offer>> {
        Ok(catalogue::kept(dao, id)?.map(|ServiceDetail { service, area_codes, .. }| Offer {
            service: service.id,
            name: service.name,
            fee: match service.fee {
                Fee::Unknown => None,
                Fee::Free => Some(Mnt::ZERO),
                Fee::Amount(amount) => Some(amount),
            },
            online: service.online,
            sample: service.sample,
            areas: area_codes,
        }))
    }
}

impl requests::Terms for CatalogueRows {
    fn working_days(&self, dao: &Dao<'_>, service: &ServiceId) -> storage::Result<Option<u32>> {
        Ok(catalogue::kept(dao, service)?.and_then(|detail| match detail.service.duration {
            ServiceDuration::Unknown => None,
            ServiceDuration::Immediate => Some(0),
            ServiceDuration::WorkingDays(days) => Some(days),
        }))
    }

    fn costs(&self, dao: &Dao<'_>, service: &ServiceId) -> storage::Result<bool> {
        Ok(catalogue::kept(dao, service)?.is_some_and(|detail| match detail.service.fee {
            Fee::Unknown | Fee::Free => false,
            Fee::Amount(_) => true,
        }))
    }
}

struct RequestRows;

impl Errands for RequestRows {
    fn in_cache(&self, dao: &Dao<'_>) -> storage::Result<Vec<Errand>> {
        Ok(errands(requests::applied_in_cache(dao)?))
    }

    fn in_state(&self, dao: &Dao<'_>) -> storage::Result<Vec<Errand>> {
        Ok(errands(requests::applied_in_state(dao)?))
    }
}

fn errands(applied: Vec<Applied>) -> Vec<Errand> {
    let errand = |Applied { service, status, at }| {
        let stage = match status {
            // Kept on the phone: it will be sent.
            None => Stage::UnderWay,
            Some(
                Status::Submitted
                | Status::Processing
                | Status::Edit
                | Status::FileRequested
                | Status::Printing
                | Status::Granted
                | Status::Unknown,
            ) => Stage::UnderWay,
            Some(Status::Completed | Status::Printed) => Stage::Done,
            Some(Status::Rejected | Status::Expired) => return None,
        };
        Some(Errand { service, stage, at })
    };
    applied.into_iter().filter_map(errand).collect()
}
