mod background;

use std::collections::HashSet;

use emongolia_search::Hypothesis;
use serde_json::json;
use tempfile::TempDir;

use super::{
    model::{Fee, Filter, OrganisationId, SearchPage, ServiceKind, SpokenOutcome},
    shelf::{Asked, Shelf},
    store::{self, AreasDocument, CatalogueDocument},
};
use crate::{
    country::AreaCode,
    foundation::{
        crypto::{
            keys::{File, KeyRing},
            seal::Sealer,
        },
        error::Error,
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

fn shelf(services: &serde_json::Value) -> Shelf {
    let (_dir, store) = stored(services);
    Shelf::build(store.read_now(store::contents).unwrap())
}

fn page(shelf: &Shelf, query: &str, filter: &Filter, after: Option<&str>) -> Result<SearchPage, Error> {
    shelf.page(&Asked::new(filter, &HashSet::default(), None), query, after)
}

fn found(shelf: &Shelf, query: &str, filter: &Filter) -> Vec<String> {
    let page = page(shelf, query, filter, None).unwrap();
    page.items.into_iter().map(|hit| hit.service.id.to_string()).collect()
}

#[tokio::test]
async fn equally_good_hits_come_by_how_well_they_are_known() {
    let named = |id: &str, popularity: i64| json!({ "id": id, "name": { "mn": "Өргөдөл гаргах" }, "popularity": popularity, "organisation_id": "o" });
    let shelf = shelf(&json!([named("a", 1), named("b", 9), named("c", 5)]));

    assert_eq!(found(&shelf, "өргөдлүүд", &Filter::default()), ["b", "c", "a"]);
}

#[tokio::test]
async fn a_search_keeps_to_every_filter() {
    let shelf = shelf(&json!([
        { "id": "a", "organisation_id": "o1", "name": { "mn": "Үнэмлэх олгох" }, "kind": "reference", "online": true },
        { "id": "b", "organisation_id": "o2", "name": { "mn": "Үнэмлэх сунгах" }, "area_codes": ["84"], "fee": { "amount_mnt": 0 } },
        { "id": "c", "organisation_id": "o2", "name": { "mn": "Үнэмлэх солих" }, "area_codes": ["8501"] },
    ]));
    let with = |change: fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        let mut ids = found(&shelf, "үнэмлэхээ", &filter);
        ids.sort();
        ids
    };

    assert_eq!(with(|_| ()), ["a", "b", "c"]);
    assert_eq!(with(|f| f.area = Some("8401".into())), ["a", "b"]);
    assert_eq!(with(|f| f.area = Some("85".into())), ["a", "c"]);
    assert_eq!(with(|f| f.free = true), ["b"]);
    assert_eq!(with(|f| f.online = true), ["a"]);
    assert_eq!(with(|f| f.kind = Some(ServiceKind::Reference)), ["a"]);
    assert_eq!(with(|f| f.organisation = OrganisationId::parse("o2")), ["b", "c"]);
}

#[tokio::test]
async fn pages_of_a_search_follow_each_other_without_a_gap_and_end() {
    let many: Vec<_> = (0..120).map(|n| service(&format!("s{n}"), "Өргөдөл гаргах")).collect();
    let shelf = shelf(&json!(many));

    let (mut ids, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = page(&shelf, "өргөдөл", &Filter::default(), after.as_deref()).unwrap();
        ids.extend(page.items.into_iter().map(|hit| hit.service.id));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }

    let distinct: HashSet<_> = ids.iter().collect();
    assert_eq!((pages, ids.len(), distinct.len()), (3, 120, 120));
}

#[tokio::test]
async fn a_search_can_not_go_on_from_where_it_never_was() {
    let many: Vec<_> = (0..60).map(|n| service(&format!("s{n:02}"), "Өргөдөл гаргах")).collect();
    let shelf = shelf(&json!(many));
    let next = page(&shelf, "өргөдөл", &Filter::default(), None).unwrap().next.unwrap();

    let refused = Err(Error::invalid("after", "page.cursor_unknown"));
    for cursor in ["", "Ө", "50", "50.", "50.s00", "0.", "0.s00", "-1.s49", "51.s49", "18446744073709551615.s49"] {
        assert_eq!(page(&shelf, "өргөдөл", &Filter::default(), Some(cursor)), refused, "{cursor}");
    }
    assert_eq!(page(&shelf, "паспорт", &Filter::default(), Some(&next)), refused, "another query is another list");
    assert!(page(&shelf, "өргөдөл", &Filter::default(), Some(&next)).is_ok());
}

#[tokio::test]
async fn a_hit_says_where_and_why_in_units_that_kotlin_and_swift_count_in() {
    let shelf = shelf(&json!([service("a", "😀 Жолооны үнэмлэх сунгах")]));

    let hit = page(&shelf, "unemlehee", &Filter::default(), None).unwrap().items.remove(0);

    let units: Vec<u16> = hit.service.name.mn.encode_utf16().collect();
    let pieces: Vec<String> = (hit.highlights.iter())
        .map(|h| String::from_utf16(&units[h.start as usize..(h.start + h.length) as usize]).unwrap())
        .collect();
    assert_eq!(pieces, ["үнэмлэх"]);
    assert_eq!(hit.why.iter().map(|why| why.asked.as_str()).collect::<Vec<_>>(), ["unemlehee"]);
}

#[tokio::test]
async fn what_the_catalogue_has_not_is_refused_with_a_number_to_call() {
    let shelf = shelf(&json!([service("a", "Үнэмлэх олгох")]));

    let page = page(&shelf, "пиццаны жор", &Filter::default(), None).unwrap();

    assert_eq!(page.items, []);
    assert!(!page.hidden_by_filter);
    assert_eq!(page.refusal.unwrap().help_line, "1111");
}

#[tokio::test]
async fn a_refusal_names_the_organisations_that_come_nearest_each_once() {
    let of = |id: &str, organisation: &str, name: &str| json!({ "id": id, "organisation_id": organisation, "name": { "mn": name } });
    let shelf = shelf(&json!([
        of("a", "o1", "Үнэмлэх олгох"),
        of("b", "o1", "Үнэмлэх солих"),
        of("c", "o2", "Өмгөөллийн тусламж"),
        of("d", "nobody", "Өмгөөллийн эрх"),
    ]));

    let refused = |query: &str| -> Vec<String> {
        let refusal = page(&shelf, query, &Filter::default(), None).unwrap().refusal;
        refusal.unwrap().organisations.into_iter().map(|one| one.id.as_str().to_owned()).collect()
    };

    let nearest = refused("өмгөөллийн пиццаны хамгийн амттай жор үнэмлэх шиг");
    assert_eq!(nearest[0], "o2");
    assert!(nearest.len() <= 2, "none twice, and none that is not known: {nearest:?}");
}

#[tokio::test]
async fn what_is_offered_where_the_citizen_lives_goes_before_its_equals() {
    let local = |id: &str, area: &str| {
        let mut service = service(id, "Өвөлжөөний гэрчилгээ");
        service["area_codes"] = json!([area]);
        service
    };
    let shelf = shelf(&json!([local("a", "84"), local("b", "6501"), service("c", "Өвөлжөөний гэрчилгээ")]));
    let first = |home: Option<&str>| {
        let home = home.map(|code| AreaCode::parse(code).unwrap());
        let (filter, favourites) = (Filter::default(), HashSet::default());
        let page = shelf.page(&Asked::new(&filter, &favourites, home), "өвөлжөө", None).unwrap();
        assert_eq!(page.items.len(), 3, "the others are found too");
        page.items[0].service.id.as_str().to_owned()
    };

    assert_eq!([None, Some("84"), Some("650151"), Some("65"), Some("11")].map(first), ["a", "a", "b", "b", "a"]);
}

#[tokio::test]
async fn what_only_the_filter_hides_is_not_refused() {
    let shelf = shelf(&json!([service("a", "Үнэмлэх олгох")]));
    let free = Filter { free: true, ..Filter::default() };

    let written = page(&shelf, "үнэмлэх", &free, None).unwrap();
    let spoken = shelf.spoken(&Asked::new(&free, &HashSet::default(), None), &[said("үнэмлэх")]);

    assert_eq!((written.items, written.refusal, written.hidden_by_filter), (vec![], None, true));
    assert_eq!((spoken.outcome, spoken.hidden_by_filter), (SpokenOutcome::Nothing(None), true));
}

#[tokio::test]
async fn nothing_asked_and_nothing_there_are_neither_found_nor_refused() {
    let (some, none) = (shelf(&json!([service("a", "Үнэмлэх олгох")])), shelf(&json!([])));

    for (shelf, query) in [(&some, ""), (&some, " \t\n"), (&none, "үнэмлэх")] {
        assert_eq!(page(shelf, query, &Filter::default(), None).unwrap(), SearchPage::default(), "{query:?}");
    }
}

fn said(text: &str) -> Hypothesis {
    Hypothesis { text: text.to_owned(), confidence: None }
}

#[tokio::test]
async fn what_is_clearly_said_is_one_service_and_what_is_not_is_a_choice() {
    let shelf = shelf(&json!([
        service("a", "Жолооны үнэмлэх сунгах"),
        service("b", "Иргэний үнэмлэх захиалах"),
        service("c", "Малчны үнэмлэх"),
        service("d", "Цэргийн үнэмлэх"),
        service("e", "Гадаад паспорт захиалах"),
    ]));
    let outcome = |hypotheses: &[Hypothesis]| {
        shelf.spoken(&Asked::new(&Filter::default(), &HashSet::default(), None), hypotheses)
    };

    let one = outcome(&[said("гадаад паспорт захиалъя"), said("гадаад спорт")]);
    let choices = outcome(&[said("үнэмлэх")]);
    let nothing = outcome(&[said("өнөөдрийн цаг агаар")]);

    let SpokenOutcome::One(hit) = one.outcome else { panic!("{one:?}") };
    assert_eq!((hit.service.id.as_str(), one.heard.as_str()), ("e", "гадаад паспорт захиалъя"));
    let SpokenOutcome::Choices(hits) = choices.outcome else { panic!("{choices:?}") };
    assert_eq!(hits.len(), 3);
    assert!(matches!(nothing.outcome, SpokenOutcome::Nothing(Some(_))), "{nothing:?}");
    assert_eq!(outcome(&[]).outcome, SpokenOutcome::Nothing(None));
}

#[tokio::test]
async fn a_favourite_is_marked_among_the_hits() {
    let shelf = shelf(&json!([service("a", "Үнэмлэх олгох"), service("b", "Үнэмлэх солих")]));
    let favourites: HashSet<ServiceId> = ServiceId::parse("b").into_iter().collect();

    let page = shelf.page(&Asked::new(&Filter::default(), &favourites, None), "үнэмлэх", None).unwrap();

    let marked: Vec<_> =
        page.items.iter().filter(|hit| hit.service.favourite).map(|hit| hit.service.id.as_str()).collect();
    assert_eq!(marked, ["b"]);
}

#[tokio::test]
async fn any_text_is_answered() {
    let shelf = shelf(&json!([service("a", "Үнэмлэх олгох"), service("b", "Өргөдөл гаргах")]));
    let texts = [
        "ө".repeat(10_000),
        "үнэмлэх ".repeat(2_000),
        "\u{0}\u{1}\u{7f}\u{1b}[2Jүнэмлэх\u{9f}".to_owned(),
        "👩‍👩‍👧‍👦🇲🇳".repeat(50),
        "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ ᠦᠨᠡᠮᠯᠡᠬᠦ".to_owned(),
        "үнэмлэх\u{301}\u{306}\u{308}\u{200d}\u{fe0f}".to_owned(),
        "\u{202e}хэлмэнү\u{202c} 中文 عربى".to_owned(),
        "\u{fffd}\u{feff}\u{10ffff}".to_owned(),
        ".*\\'\"%_--;<>&{}()[]".to_owned(),
    ];

    for text in &texts {
        let page = page(&shelf, text, &Filter::default(), None).unwrap();
        assert!(page.items.len() <= 2 && page.next.is_none());
        for hit in &page.items {
            let units = hit.service.name.mn.encode_utf16().count() as u32;
            assert!(hit.highlights.iter().all(|h| h.length > 0 && h.start + h.length <= units), "{hit:?}");
        }
        let (filter, favourites) = (Filter::default(), HashSet::default());
        shelf.spoken(&Asked::new(&filter, &favourites, None), &[said(text), said("үнэмлэх")]);
    }
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
