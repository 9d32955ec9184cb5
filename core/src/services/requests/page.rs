//! One page of what was pulled, with what was acknowledged since over it: each request is on one page, as it is newest here.

use super::{RequestId, store, wire::RequestWire};
use crate::{
    foundation::storage::{self, Dao},
    offline::Page,
};

/// Newest first. What was acknowledged stands where it was pulled; what never was heads the first page. `None`: nobody
/// knows where `before` is.
pub(super) fn read(
    dao: &Dao<'_>,
    before: Option<&RequestId>,
    wanted: &dyn Fn(&RequestWire) -> bool,
    acknowledged: Vec<RequestWire>,
) -> storage::Result<Option<Page<RequestWire>>> {
    if before.map_or(Ok(false), |id| store::is_pulled(dao, id.as_str()).map(|known| !known))? {
        return Ok(None);
    }
    let rows = store::pulled_page(dao, before, wanted)?;
    let Page { items: mut rows, next } = Page::cut(rows, |last| last.id.clone());
    let mut unseen = Vec::new();
    for request in acknowledged.into_iter().filter(wanted) {
        match rows.iter_mut().find(|row| row.id == request.id) {
            Some(row) if row.version < request.version => *row = request,
            Some(_) => {}
            None if before.is_none() && !store::is_pulled(dao, &request.id)? => unseen.push(request),
            None => {} // on its own page
        }
    }
    for (heads, request) in unseen.into_iter().enumerate() {
        let place = rows[..heads].partition_point(|row| row.began_at() >= request.began_at());
        rows.insert(place, request);
    }
    Ok(Some(Page { items: rows, next }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;
    use crate::{
        foundation::{
            clock::Timestamp,
            crypto::keys::File,
            storage::{Migrations, Store},
        },
        offline::PAGE,
    };

    const SCHEMA: Migrations = &[include_str!("../../../migrations/cache/0003_requests.sql")];

    fn request(n: usize, version: i64) -> RequestWire {
        let submitted_at = Timestamp::from_unix_s(1_795_392_000 - n as i64);
        serde_json::from_value(json!({
            "id": format!("r{n}"), "version": version, "service_id": "ac8a", "status": "SUBMITTED",
            "service_name": { "mn": "Өмгөөлөгчийн лавлагаа" }, "submitted_at": submitted_at,
        }))
        .unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_acknowledged_is_on_the_page_it_was_pulled_on_and_on_no_other() {
        let dir = TempDir::new().unwrap();
        let cache = Store::for_tests(dir.path(), File::Cache, SCHEMA);
        let pulled = |dao: &mut Dao<'_>| (1..=PAGE + 2).try_for_each(|n| store::put_pulled(dao, &request(n, 1)));
        cache.write::<_, storage::Error>(pulled).await.unwrap();
        let acknowledged = || vec![request(PAGE + 2, 2), request(0, 1), request(PAGE + 1, 2), request(3, 2)];
        let page = async |before: Option<RequestId>| {
            let read = move |dao: &Dao<'_>| read(dao, before.as_ref(), &|_| true, acknowledged());
            cache.read::<_, storage::Error>(read).await.unwrap().unwrap()
        };

        let first = page(None).await;
        let second = page(RequestId::parse(first.next.as_deref().unwrap())).await;

        let ids = |page: &Page<RequestWire>| page.items.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        let wanted = |range: std::ops::RangeInclusive<usize>| range.map(|n| format!("r{n}")).collect::<Vec<_>>();
        assert_eq!((ids(&first), ids(&second)), (wanted(0..=PAGE), wanted(PAGE + 1..=PAGE + 2)));
        assert_eq!((first.items[3].version, second.items[0].version, second.items[1].version), (2, 2, 2));
    }
}
