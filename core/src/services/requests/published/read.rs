//! The list and a request's page, from the API of 2021.

use super::wire::{self, Admission, Envelope, Page, ServiceRequest};
use crate::{
    foundation::storage::{self, Dao},
    gateway::{self, Gateway},
    offline::cache::Feed as _,
    services::requests::{
        model::RequestId,
        store::{self, RequestFeed},
        wire::RequestWire,
    },
};

/// More requests than a citizen makes in a life: a list that goes on is not believed.
const PAGES: u32 = 20;

/// All that were submitted.
pub(in super::super) async fn list(gateway: &Gateway) -> gateway::Result<Vec<RequestWire>> {
    let Admission { token, .. } = wire::admission(gateway).await?;
    let mut all = Vec::new();
    for page in 0..PAGES {
        let outgoing = wire::list(&token, wire::list_query(None, page));
        let Envelope { data } = wire::read::<Envelope<Page>>(gateway, outgoing).await?;
        let more = data.is_followed(page);
        all.extend(data.list.into_iter().filter_map(ServiceRequest::submitted));
        if !more {
            return Ok(all);
        }
    }
    Err(gateway::Error::Malformed { endpoint: "publishedList" })
}

/// Puts the whole list in the place of what was pulled; `false`: it says nothing new.
pub(in super::super) fn keep(all: Vec<RequestWire>, dao: &mut Dao<'_>) -> storage::Result<bool> {
    let version = |request: &RequestWire| (request.id.clone(), request.version);
    let mut before: Vec<_> = store::pulled(dao)?.iter().map(version).collect();
    let mut now: Vec<_> = all.iter().map(version).collect();
    before.sort();
    now.sort();
    if before == now {
        return Ok(false);
    }
    RequestFeed::reset(dao)?;
    RequestFeed::store(all, dao)?;
    Ok(true)
}

/// One request; `None`: it was made and not submitted.
pub(in super::super) async fn detail(gateway: &Gateway, id: &RequestId) -> gateway::Result<Option<RequestWire>> {
    let Admission { token, .. } = wire::admission(gateway).await?;
    let seen: Envelope<ServiceRequest> = wire::read(gateway, wire::detail(&token, id.as_str())).await?;
    Ok(seen.data.submitted())
}
