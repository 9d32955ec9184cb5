use serde_json::json;
use tempfile::TempDir;

use super::{
    model::{Fee, Filter, OrganisationId, ServiceKind},
    search::Index,
    store::{self, AreasDocument, CatalogueDocument},
};
use crate::{
    foundation::{
        crypto::{
            keys::{File, KeyRing},
            seal::Sealer,
        },
        runtime::Spawner,
        storage::{self, Migrations, Store},
    },
    offline::cache::Document as _,
    services::ServiceId,
};

const SCHEMA: Migrations = &[include_str!("../../../migrations/cache/0002_catalogue.sql")];

fn stored(services: &serde_json::Value) -> (TempDir, Store) {
    let dir = TempDir::new().unwrap();
    let sealer = Sealer::new(KeyRing::default(), File::Cache);
    let (store, _) = Store::open(dir.path(), SCHEMA, sealer, File::Cache, Spawner::current()).unwrap();
    let organisations = json!([
        { "id": "o1", "name": { "mn": "Улсын бүртгэл", "en": "Registration" }, "abbreviation": "УБЕГ" },
        { "id": "o2", "name": { "mn": "Өмгөөлөгч" }, "kind": "өөр" },
    ]);
    let wire = serde_json::from_value(json!({ "organisations": organisations, "services": services })).unwrap();
    store.write_now(|dao| CatalogueDocument.store(wire, dao)).unwrap();
    (dir, store)
}

fn service(id: &str, name: &str) -> serde_json::Value {
    json!({ "id": id, "organisation_id": "o1", "name": { "mn": name } })
}

fn names(store: &Store, filter: &Filter, after: Option<&str>) -> Vec<String> {
    let services = store.read_now(|dao| store::services(dao, filter, after)).unwrap();
    services.into_iter().map(|service| service.name.mn).collect()
}

#[tokio::test]
async fn services_come_in_the_order_of_the_mongolian_alphabet_and_go_on_after_a_cursor() {
    let (_dir, store) = stored(&json!([
        service("a", "Үнэмлэх"),
        service("b", "Паспорт"),
        service("c", "Өргөдөл"),
        service("d", "Орон сууц")
    ]));

    assert_eq!(names(&store, &Filter::default(), None), ["Орон сууц", "Өргөдөл", "Паспорт", "Үнэмлэх"]);
    assert_eq!(names(&store, &Filter::default(), Some("c")), ["Паспорт", "Үнэмлэх"]);
}

#[tokio::test]
async fn what_the_catalogue_does_not_say_is_unknown() {
    let (_dir, store) = stored(&json!([
        service("a", "Мэдэгдэхгүй"),
        { "id": "b", "organisation_id": "nobody", "name": { "mn": "Үнэгүй" }, "fee": { "amount_mnt": 0 },
          "kind": "of tomorrow", "duration": { "kind": "eventually" } },
        { "id": "c", "organisation_id": "o2", "name": { "mn": "Хачин" }, "fee": { "amount_mnt": -1 }, "kind": 7 },
    ]));

    let services = store.read_now(|dao| store::services(dao, &Filter::default(), None)).unwrap();

    let fees: Vec<Fee> = services.iter().map(|s| s.fee).collect();
    assert_eq!(fees, [Fee::Unknown, Fee::Free, Fee::Unknown]);
    assert!(services.iter().all(|s| s.kind == ServiceKind::Other && s.duration == super::ServiceDuration::Unknown));
}

#[tokio::test]
async fn a_filter_keeps_only_what_fits_and_a_service_of_no_area_fits_everywhere() {
    let (_dir, store) = stored(&json!([
        { "id": "a", "organisation_id": "o1", "name": { "mn": "Бүх улс" }, "kind": "reference", "online": true },
        { "id": "b", "organisation_id": "o2", "name": { "mn": "Ховд" }, "area_codes": ["84"], "fee": { "amount_mnt": 0 } },
        { "id": "c", "organisation_id": "o2", "name": { "mn": "Увс" }, "area_codes": ["85"] },
    ]));
    let with = |change: fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        names(&store, &filter, None)
    };

    assert_eq!(with(|f| f.area = Some("8401".into())), ["Бүх улс", "Ховд"]);
    assert_eq!(with(|f| f.free = true), ["Ховд"]);
    assert_eq!(with(|f| f.online = true), ["Бүх улс"]);
    assert_eq!(with(|f| f.kind = Some(ServiceKind::Reference)), ["Бүх улс"]);
    assert_eq!(with(|f| f.organisation = OrganisationId::parse("o2")), ["Увс", "Ховд"]);
}

#[tokio::test]
async fn an_id_that_could_not_be_asked_for_is_left_out() {
    let (_dir, store) = stored(&json!([service("../../etc", "Муу"), service("", "Хоосон"), service("ok", "Сайн")]));

    assert_eq!(names(&store, &Filter::default(), None), ["Сайн"]);
}

#[tokio::test]
async fn units_of_a_kind_nobody_knows_are_left_out_and_the_rest_is_listed_under_its_parent() {
    let (_dir, store) = stored(&json!([]));
    let wire = serde_json::from_value(json!({ "areas": [
        { "code": "84", "kind": "aimag", "name": { "mn": "Ховд" }, "parent": "MN", "postal_code": "84000" },
        { "code": "8401", "kind": "soum", "name": { "mn": "Жаргалант" }, "parent": "84" },
        { "code": "99", "kind": "сансар", "name": { "mn": "?" }, "parent": "MN" },
    ]}));
    store.write_now(|dao| AreasDocument.store(wire.unwrap(), dao)).unwrap();

    let listed = |parent: &str| -> Vec<String> {
        store.read_now(|dao| store::areas(dao, parent, None)).unwrap().into_iter().map(|a| a.name.mn).collect()
    };

    assert_eq!(listed("MN"), ["Ховд"]);
    assert_eq!(listed("84"), ["Жаргалант"]);
}

#[tokio::test]
async fn a_new_catalogue_replaces_the_old_one_whole_or_not_at_all() {
    let (_dir, store) = stored(&json!([service("a", "Хуучин")]));
    let newer = serde_json::from_value(json!({ "organisations": [], "services": [service("b", "Шинэ")] })).unwrap();

    let cut = store.write_now(|dao| {
        CatalogueDocument.store(newer, dao)?;
        Err::<(), _>(storage::Error::Stored("the power went"))
    });

    assert!(cut.is_err());
    assert_eq!(names(&store, &Filter::default(), None), ["Хуучин"]);
}

#[tokio::test]
async fn equally_good_hits_come_by_how_well_they_are_known() {
    let named = |id: &str, popularity: i64| json!({ "id": id, "name": { "mn": "Өргөдөл гаргах" }, "popularity": popularity, "organisation_id": "o" });
    let (_dir, store) = stored(&json!([named("a", 1), named("b", 9), named("c", 5)]));

    let entries = store.read_now(store::search_entries).unwrap();
    let (ids, entries): (Vec<ServiceId>, Vec<_>) = entries.into_iter().unzip();
    let answer = Index::build(&entries).find("өргөдлүүд", 10, |_| true);

    let found: Vec<&str> = answer.found.iter().map(|found| ids[found.entry].as_str()).collect();
    assert_eq!(found, ["b", "c", "a"]);
}

#[tokio::test]
async fn a_service_that_can_not_be_read_does_not_take_the_catalogue_with_it() {
    let (_dir, store) = stored(&json!([
        { "id": "a", "name": { "mn": "Өргөдөл" }, "fee": { "amount_mnt": null }, "area_codes": null, "online": "тийм" },
        { "id": "b" },
        7,
        service("c", "Үнэмлэх"),
    ]));

    assert_eq!(names(&store, &Filter::default(), None), ["Өргөдөл", "Үнэмлэх"]);
}

#[tokio::test]
async fn a_page_can_not_start_after_a_service_that_is_gone() {
    let (_dir, store) = stored(&json!([service("a", "Өргөдөл")]));

    let starts = |after: Option<&'static str>| store.read_now(move |dao| store::is_service_cursor(dao, after)).unwrap();

    assert!(starts(None) && starts(Some("a")));
    assert!(!starts(Some("gone")));
}
