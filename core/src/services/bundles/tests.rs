mod occasion;

use std::cell::Cell;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::{
    compose::Situation,
    facts::{Fact, FactSource, Facts, Value},
    model::{Bundle, BundleKind, Filter, ItemState, Standing},
    registers,
    rules::{Condition, Ground},
    store::{self, BundlesDocument, Progress, RegistersDocument},
    wire::{BundlesWire, Definitions, RegistersWire},
    *,
};
use crate::{
    country::CivilDate,
    foundation::{crypto::keys::File, storage::Migrations},
    offline::cache::Document as _,
};

const CACHE: Migrations = &[include_str!("../../../migrations/cache/0006_bundles.sql")];
const STATE: Migrations = &[include_str!("../../../migrations/state/0006_bundles.sql")];

/// 2026-11-27, eight in the morning in Ulaanbaatar.
const NOW: Timestamp = Timestamp::from_unix_s(1_795_737_600);
const DAY_S: i64 = 24 * 3600;

fn date(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

fn fact(value: Value) -> Fact {
    Fact { value, about: None, source: "WS100407_getDriverLicenseInfo".into(), as_of: Some(NOW) }
}

fn dated(name: &str, dates: &[&str]) -> Facts {
    let mut facts = Facts::default();
    facts.know(name).extend(dates.iter().map(|text| fact(Value::Date(date(text)))));
    facts
}

fn holds(condition: &Json, facts: &Facts) -> Option<bool> {
    let ground = Ground { facts, today: date("2026-11-27") };
    Condition::read(condition).holds(&ground, &mut Vec::new())
}

/// A catalogue of made-up services: `s-free`, `s-35000`, `s-unknown`, and local ones as `s-84`.
struct Shelf;

impl Services for Shelf {
    fn offer(&self, _dao: &Dao<'_>, id: &ServiceId) -> storage::Result<Option<Offer>> {
        let Some(kind) = id.as_str().strip_prefix("s-") else { return Ok(None) };
        let areas = if kind.len() == 2 { vec![kind.to_owned()] } else { Vec::new() };
        let fee =
            if kind == "free" { Some(Mnt::ZERO) } else { kind.parse().ok().filter(|_| areas.is_empty()).map(Mnt::new) };
        Ok(Some(Offer {
            service: id.clone(),
            name: LocalisedText::new(format!("Үйлчилгээ Ө {kind}"), kind),
            fee,
            online: true,
            sample: false,
            areas,
        }))
    }
}

struct Bench {
    _dir: TempDir,
    store: Store,
    facts: Facts,
    progress: Vec<(&'static str, Kept)>,
    errands: Vec<Errand>,
}

impl Bench {
    fn new(file: File, migrations: Migrations) -> Self {
        let dir = TempDir::new().unwrap();
        let store = Store::for_tests(dir.path(), file, migrations);
        Self { _dir: dir, store, facts: Facts::default(), progress: Vec::new(), errands: Vec::new() }
    }

    fn with(facts: Facts) -> Self {
        Self { facts, ..Self::new(File::Cache, CACHE) }
    }

    fn bundles(&self, body: &Json, filter: Filter) -> Vec<Bundle> {
        let mut progress = Progress::default();
        for (bundle, kept) in &self.progress {
            progress.set(bundle, kept.clone());
        }
        let situation = Situation {
            facts: self.facts.clone(),
            progress,
            errands: self.errands.clone(),
            now: NOW,
            services: &Shelf,
            missing: Cell::default(),
        };
        self.store.read_now(|dao| situation.bundles(&Definitions::read(body), filter, dao)).unwrap()
    }

    fn only(&self, items: Json) -> Bundle {
        self.bundles(&json!({ "prerequisites": prerequisites(), "bundles": [bundle("driver", items)] }), Filter::All)
            .remove(0)
    }
}

fn prerequisites() -> Json {
    json!([
        { "code": "id_card", "name": { "mn": "Иргэний үнэмлэх" }, "at_hand": { "has": "id_card.expires" } },
        { "code": "photo", "name": { "mn": "Цахим зураг" }, "fee": { "amount_mnt": 5000 }, "sample": true },
        { "code": "note", "name": { "mn": "Өргөдөл" }, "fee": { "amount_mnt": -1 } },
    ])
}

fn bundle(code: &str, items: Json) -> Json {
    json!({ "code": code, "kind": "bundle", "name": { "mn": "Жолооч танд" }, "general": { "mn": "Ерөнхий" }, "items": items })
}

fn item(code: &str, service: &str) -> Json {
    json!({ "code": code, "services": [service], "general": { "mn": "Ерөнхий", "en": "General" } })
}

fn with(mut item: Json, more: &Json) -> Json {
    let more = more.as_object().unwrap().clone();
    item.as_object_mut().unwrap().extend(more);
    item
}

fn codes(bundle: &Bundle) -> Vec<&str> {
    bundle.items.iter().map(|item| item.code.as_str()).collect()
}

fn area(code: &str) -> Facts {
    let mut facts = Facts::default();
    facts.add(AREA, fact(Value::Text(code.into())));
    facts
}

#[test]
fn each_condition_holds_does_not_hold_or_is_not_known() {
    let facts = {
        let mut facts = dated("licence.expires", &["2026-12-18"]);
        facts.merge(dated("citizen.birth_date", &["2003-11-28"]));
        facts.merge(dated("address.since", &["2026-11-01"]));
        facts.add("marital.status", fact(Value::Text("гэрлэсэн".into())));
        facts.know("vehicle.plate");
        facts
    };
    let licence = |days: u32| json!({ "due_within": { "fact": "licence.expires", "days": days } });
    let moved = |days: u32| json!({ "happened_within": { "fact": "address.since", "days": days } });
    let aged = |from: u32, to: u32| json!({ "aged": { "fact": "citizen.birth_date", "from": from, "to": to } });

    for (condition, expected) in [
        (json!({ "has": "licence.expires" }), Some(true)),
        (json!({ "has": "vehicle.plate" }), Some(false)),
        (json!({ "has": "passport.expires" }), None),
        (json!({ "equals": { "fact": "marital.status", "value": "гэрлэсэн" } }), Some(true)),
        (json!({ "equals": { "fact": "marital.status", "value": "ганц бие" } }), Some(false)),
        (json!({ "equals": { "fact": "нууц", "value": "Ө" } }), None),
        (licence(21), Some(true)),
        (licence(20), Some(false)),
        (moved(26), Some(true)),
        (moved(25), Some(false)),
        (aged(22, 30), Some(true)),
        (aged(23, 30), Some(false)),
        (aged(10, 22), Some(false)),
        (json!({ "all": [] }), Some(true)),
        (json!({ "any": [] }), Some(false)),
        (json!({ "not": licence(21) }), Some(false)),
        (json!({ "not": { "has": "passport.expires" } }), None),
    ] {
        assert_eq!(holds(&condition, &facts), expected, "{condition}");
    }
}

#[test]
fn what_is_past_is_due_and_what_is_to_come_has_not_happened() {
    let facts = dated("day", &["2020-02-29"]);
    let tomorrow = dated("day", &["2026-11-28"]);

    let today = dated("day", &["2026-11-27"]);
    assert_eq!(holds(&json!({ "due_within": { "fact": "day", "days": 0 } }), &facts), Some(true));
    assert_eq!(
        [&facts, &today, &tomorrow].map(|facts| holds(&json!({ "past": "day" }), facts)),
        [true, false, false].map(Some)
    );
    assert_eq!(holds(&json!({ "past": "day" }), &Facts::default()), None);
    assert_eq!(holds(&json!({ "happened_within": { "fact": "day", "days": 60 } }), &tomorrow), Some(false));
    assert_eq!(holds(&json!({ "due_within": { "fact": "day", "days": u32::MAX } }), &tomorrow), Some(true));
}

#[test]
fn what_is_not_known_stays_so_unless_something_else_decides() {
    let facts = dated("a", &["2026-11-27"]);
    let (yes, no, unknown) = (json!({ "has": "a" }), json!({ "not": { "has": "a" } }), json!({ "has": "b" }));

    for (condition, expected) in [
        (json!({ "all": [&yes, &unknown] }), None),
        (json!({ "all": [&unknown, &no] }), Some(false)),
        (json!({ "any": [&unknown, &yes] }), Some(true)),
        (json!({ "any": [&no, &unknown] }), None),
    ] {
        assert_eq!(holds(&condition, &facts), expected, "{condition}");
    }
}

#[test]
fn a_condition_that_this_build_can_not_read_is_not_known_and_never_a_panic() {
    let facts = dated("a", &["2026-11-27"]);
    let mut deep = json!({ "has": "a" });
    for _ in 0..40 {
        deep = json!({ "not": deep });
    }

    for condition in [
        json!({ "near": { "fact": "a", "km": 5 } }),
        json!({ "has": 7 }),
        json!({ "has": "a", "not": { "has": "a" } }),
        json!({ "due_within": { "fact": "a", "days": -1 } }),
        json!({ "due_within": { "fact": "a", "days": "олон" } }),
        json!({ "aged": { "fact": "a" } }),
        json!({ "all": "a" }),
        json!({}),
        json!([]),
        json!("Ү"),
        Json::Null,
        deep,
    ] {
        assert_eq!(holds(&condition, &facts), None, "{condition}");
    }
}

#[tokio::test]
async fn an_item_of_an_unknown_condition_is_shown_for_its_general_reason() {
    let near = json!({ "when": { "near": 5 }, "reasons": [{ "text": { "mn": "Ойрхон" } }] });

    let bundle = Bench::with(Facts::default()).only(json!([with(item("a", "s-free"), &near)]));

    assert_eq!(bundle.items[0].reason.text.mn, "Ерөнхий");
    assert!(bundle.items[0].reason.sources.is_empty() && !bundle.suggested);
}

#[tokio::test]
async fn an_item_whose_condition_does_not_hold_is_left_out() {
    let expiring = json!({ "when": { "due_within": { "fact": "licence.expires", "days": 60 } } });
    let items = json!([with(item("renew", "s-35000"), &expiring), item("reference", "s-free")]);

    let later = Bench::with(dated("licence.expires", &["2033-01-01"])).only(items.clone());
    let soon = Bench::with(dated("licence.expires", &["2026-12-18"])).only(items.clone());
    let nobody_knows = Bench::with(Facts::default()).only(items);

    assert_eq!(codes(&later), ["reference"]);
    assert_eq!(codes(&soon), ["renew", "reference"]);
    assert_eq!(codes(&nobody_knows), ["renew", "reference"]);
}

#[tokio::test]
async fn a_reason_says_the_day_and_of_what_in_both_languages_and_names_its_source() {
    let mut facts = Facts::default();
    for (plate, day) in [("7777 УБҮ", "2027-06-01"), ("1234 УБӨ", "2027-01-06")] {
        let about = Some(plate.to_owned());
        let source = "WS100432".to_owned();
        facts.add("vehicle.inspection_due", Fact { value: Value::Date(date(day)), about, source, as_of: Some(NOW) });
    }
    let due = json!({
        "when": { "due_within": { "fact": "vehicle.inspection_due", "days": 60 } },
        "due": "vehicle.inspection_due",
        "reasons": [
            { "text": { "mn": "Үгүй {passport.expires}" } },
            { "text": { "mn": "{vehicle.inspection_due:about} машины үзлэг {vehicle.inspection_due}-нд дуусна.",
                        "en": "{vehicle.inspection_due:about}: {vehicle.inspection_due}" } },
        ],
    });

    let bundle = Bench::with(facts).only(json!([with(item("inspection", "s-free"), &due)]));

    let reason = &bundle.items[0].reason;
    assert_eq!(
        reason.text,
        LocalisedText::new("1234 УБӨ машины үзлэг 2027.01.06-нд дуусна.", "1234 УБӨ: 6 January 2027")
    );
    assert_eq!((reason.sources.as_slice(), reason.as_of), (["WS100432".to_owned()].as_slice(), Some(NOW)));
    assert_eq!((bundle.items[0].due, bundle.due), (Some(date("2027-01-06")), Some(date("2027-01-06"))));
}

#[tokio::test]
async fn a_template_that_can_not_be_filled_or_read_gives_way_to_the_general_reason() {
    for template in ["{passport.expires}", "{a:km}", "{a", "{a:about}", "{}"] {
        let reasons = json!({ "reasons": [{ "text": { "mn": template } }] });

        let bundle = Bench::with(dated("a", &["2026-11-27"])).only(json!([with(item("i", "s-free"), &reasons)]));

        assert_eq!(bundle.items[0].reason.text.mn, "Ерөнхий", "{template}");
    }
}

#[tokio::test]
async fn items_come_after_what_they_depend_on_and_otherwise_as_written() {
    let after = |code: &str, after: &[&str]| with(item(code, "s-free"), &json!({ "after": after }));
    let items = json!([after("c", &["b"]), after("x", &[]), after("b", &["a"]), after("a", &["not-there"])]);

    let bundle = Bench::with(Facts::default()).only(items);

    assert_eq!(codes(&bundle), ["x", "a", "b", "c"]);
    assert!(bundle.items[1].after.is_empty(), "nobody waits for what is not there");
}

#[tokio::test]
async fn items_that_wait_for_each_other_are_left_out_and_nobody_waits_for_them() {
    let after = |code: &str, after: &[&str]| with(item(code, "s-free"), &json!({ "after": after }));
    let items = json!([
        after("a", &["b"]),
        after("b", &["c"]),
        after("c", &["a"]),
        after("self", &["self"]),
        after("free", &["a"]),
        after("free", &[]),
    ]);

    let bundle = Bench::with(Facts::default()).only(items);

    assert_eq!(codes(&bundle), ["free"]);
    assert!(bundle.items[0].after.is_empty());
}

#[tokio::test]
async fn a_fee_is_counted_once_and_an_unknown_one_is_said_to_be_unknown() {
    let items = json!([
        with(item("a", "s-35000"), &json!({ "needs": ["photo", "id_card"] })),
        with(item("b", "s-35000"), &json!({ "needs": ["photo", "note"] })),
        with(item("c", "s-unknown"), &json!({ "needs": ["photo", "of-nobody"] })),
        item("d", "s-free"),
    ]);

    let bundle = Bench::with(Facts::default()).only(items.clone());
    let mut holder = Bench::with(dated("id_card.expires", &["2042-01-01"]));
    let with_card = holder.only(items.clone());
    let done = ["a", "b"].map(|code| (code.to_owned(), NOW.unix_ms())).into();
    holder.progress.push(("driver", Kept { done, ..Kept::default() }));
    let half_done = holder.only(items);

    let needed: Vec<&str> = bundle.prerequisites.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(needed, ["photo", "id_card", "note"]);
    assert_eq!(bundle.cost, Cost { known: Mnt::new(40_000), unknown: 3 });
    assert_eq!((bundle.prerequisites[1].at_hand, with_card.prerequisites[1].at_hand), (None, Some(true)));
    assert_eq!(with_card.cost, Cost { known: Mnt::new(40_000), unknown: 2 }, "what is at hand costs nothing");
    assert_eq!(half_done.cost, Cost { known: Mnt::new(5_000), unknown: 1 }, "what is done is paid");
    assert!(bundle.items[2].needs.len() == 1 && bundle.prerequisites[0].sample);
}

#[tokio::test]
async fn what_is_applied_for_is_neither_paid_nor_prepared_a_second_time() {
    let items = json!([
        with(item("a", "s-70000"), &json!({ "needs": ["photo"] })),
        with(item("b", "s-35000"), &json!({ "needs": ["note"] })),
    ]);
    let mut bench = Bench::with(Facts::default());
    let service = ServiceId::parse("s-70000").unwrap();

    let before = bench.only(items.clone());
    bench.errands.push(Errand { service, stage: Stage::UnderWay, at: NOW });
    let under_way = bench.only(items);

    let needed = |bundle: &Bundle| -> Vec<String> {
        bundle.prerequisites.iter().map(|one| one.code.as_str().to_owned()).collect()
    };
    assert_eq!(
        (needed(&before), before.cost),
        (vec!["photo".into(), "note".into()], Cost { known: Mnt::new(110_000), unknown: 1 })
    );
    assert_eq!(
        (needed(&under_way), under_way.cost),
        (vec!["note".into()], Cost { known: Mnt::new(35_000), unknown: 1 })
    );
    assert_eq!(under_way.items[0].state, ItemState::UnderWay);
}

#[tokio::test]
async fn a_local_service_is_the_citizens_own_and_another_is_said_to_be_elsewhere() {
    let items = json!([
        { "code": "land", "services": ["s-11", "s-84"], "general": { "mn": "Газар" } },
        { "code": "heating", "services": ["s-11"], "general": { "mn": "Дулаан" } },
        { "code": "bus", "services": ["gone", "s-free"], "general": { "mn": "Автобус" } },
        { "code": "gone", "services": ["gone"], "general": { "mn": "Үгүй" } },
    ]);

    let khovd = Bench::with(area("840151")).only(items.clone());
    let capital = Bench::with(area("11")).only(items.clone());
    let nowhere = Bench::with(Facts::default()).only(items);

    let shown = |bundle: &Bundle| -> Vec<(String, ItemState)> {
        bundle.items.iter().map(|item| (item.service.as_str().to_owned(), item.state)).collect()
    };
    let (todo, elsewhere) = (ItemState::Todo, ItemState::NotAvailableHere);
    let named = |rows: [(&str, ItemState); 3]| rows.map(|(id, state)| (id.to_owned(), state)).to_vec();
    assert_eq!(shown(&khovd), named([("s-84", todo), ("s-11", elsewhere), ("s-free", todo)]));
    assert_eq!((khovd.total, khovd.cost.unknown), (2, 1));
    assert_eq!(shown(&capital), named([("s-11", todo), ("s-11", todo), ("s-free", todo)]));
    assert_eq!(shown(&nowhere), named([("s-11", todo), ("s-11", todo), ("s-free", todo)]));
}

#[tokio::test]
async fn requests_and_marks_make_progress_and_what_is_done_stays_in_sight() {
    let expiring = json!({ "when": { "due_within": { "fact": "licence.expires", "days": 60 } } });
    let items = json!([with(item("renew", "s-35000"), &expiring), item("reference", "s-free"), item("tax", "s-1000")]);
    let mut bench = Bench::with(dated("licence.expires", &["2036-12-18"]));
    let errand = |service: &str, stage, days_ago: i64| Errand {
        service: ServiceId::parse(service).unwrap(),
        stage,
        at: Timestamp::from_unix_s(1_795_737_600 - days_ago * DAY_S),
    };
    bench.errands = vec![
        errand("s-35000", Stage::UnderWay, 30),
        errand("s-35000", Stage::Done, 20),
        errand("s-free", Stage::UnderWay, 400),
        errand("s-1000", Stage::Done, 91),
    ];

    let bundle = bench.only(items.clone());
    let started_at = Some(NOW.unix_ms() - 100 * DAY_S * 1000);
    let done = vec![("reference".into(), NOW.unix_ms())];
    bench.progress.push(("driver", Kept { started_at, counts_from: started_at, dismissed: false, done }));
    let started = bench.only(items);

    let states: Vec<ItemState> = bundle.items.iter().map(|item| item.state).collect();
    assert_eq!(
        states,
        [ItemState::Done, ItemState::UnderWay, ItemState::Todo],
        "the tax was paid for another occasion"
    );
    assert_eq!((bundle.done, bundle.total, bundle.standing), (1, 3, Standing::Offered));
    assert_eq!((started.done, started.total, started.standing), (3, 3, Standing::Done));
}

#[tokio::test]
async fn what_is_suggested_comes_first_and_of_that_what_is_due_first() {
    let mut facts = dated("licence.expires", &["2026-12-18"]);
    facts.merge(dated("passport.expires", &["2026-12-01"]));
    let due = |code: &str, fact: &str| {
        let when = json!({ "due_within": { "fact": fact, "days": 60 } });
        let items = json!([with(item("i", "s-free"), &json!({ "when": when, "due": fact }))]);
        with(bundle(code, items), &json!({ "when": when }))
    };
    let general = |code: &str| bundle(code, json!([item("i", "s-free")]));
    let body = json!({ "bundles": [
        general("offered"), general("dismissed"), due("driver", "licence.expires"), general("started"),
        due("travel", "passport.expires"), due("hidden", "licence.expires"),
    ]});
    let mut bench = Bench::with(facts);
    bench.progress = vec![
        ("started", Kept { started_at: Some(0), ..Kept::default() }),
        ("dismissed", Kept { dismissed: true, ..Kept::default() }),
        ("hidden", Kept { dismissed: true, ..Kept::default() }),
    ];

    let order = |filter| -> Vec<String> {
        bench.bundles(&body, filter).iter().map(|bundle| bundle.code.as_str().to_owned()).collect()
    };

    assert_eq!(order(Filter::Suggested), ["travel", "driver"]);
    assert_eq!(order(Filter::All), ["travel", "driver", "started", "offered", "dismissed", "hidden"]);
}

#[tokio::test]
async fn what_can_not_be_read_is_left_out_and_an_unknown_kind_is_other() {
    let body = json!({ "bundles": [
        { "code": "Ө", "name": { "mn": "Буруу" }, "general": { "mn": "Ү" }, "items": [] },
        with(bundle("driver", json!([item("a", "s-free"), { "code": "b" }, 7])), &json!({ "kind": "of tomorrow" })),
        bundle("driver", json!([item("z", "s-free")])),
        null,
    ]});

    let bundles = Bench::with(Facts::default()).bundles(&body, Filter::All);

    assert_eq!(bundles.len(), 1);
    assert_eq!((bundles[0].kind, codes(&bundles[0])), (BundleKind::Other, vec!["a"]));
    assert!(serde_json::from_value::<BundlesWire>(json!({ "bundles": [7] })).is_err(), "nothing replaces nothing");
    assert!(serde_json::from_value::<BundlesWire>(json!({ "bundles": [] })).is_ok());
    assert!(serde_json::from_value::<RegistersWire>(json!({ "answers": "үгүй" })).is_err());
}

fn answered(operation: &str, response: Json) -> Facts {
    registers::facts(&json!({ "answers": [
        { "operation": operation, "result_code": 0, "as_of": "2026-11-27T00:00:00.000Z", "response": response },
    ]}))
}

fn said(facts: &Facts, name: &str) -> Option<Vec<String>> {
    let say = |fact: &Fact| match &fact.about {
        Some(about) => format!("{about} {}", fact.value.say(crate::Language::Mn)),
        None => fact.value.say(crate::Language::Mn),
    };
    facts.of(name).map(|facts| facts.iter().map(say).collect())
}

#[test]
fn the_registers_dates_are_read_in_each_of_their_shapes() {
    for (text, day) in [
        ("2026-12-18 00:00:00.0", "2026.12.18"),
        ("2026/12/18", "2026.12.18"),
        ("2026.12.18", "2026.12.18"),
        ("Thu, 17 Dec 2026 16:00:00 GMT", "2026.12.18"),
    ] {
        let facts = answered("WS100407_getDriverLicenseInfo", json!({ "expireDate": text, "regnum": "өү88052317" }));

        assert_eq!(said(&facts, "licence.expires"), Some(vec![day.to_owned()]), "{text}");
    }
    let birth = answered("WS100101_getCitizenIDCardInfo", json!({ "birthDate": "", "birthDateAsText": "1995.07.22" }));
    assert_eq!(said(&birth, "citizen.birth_date"), Some(vec!["1995.07.22".to_owned()]));
}

#[test]
fn of_several_inspections_of_a_vehicle_the_latest_counts_and_an_object_is_a_list_of_one() {
    let operation = "WS100432_getVehicleInspectionDataByPlateNo";
    let row = |plate: &str, day: &str| json!({ "plateNo": plate, "expireDate": day });

    let many = answered(
        operation,
        json!({ "listData": [row("1234УБӨ", "2027/01/06"), row("1234 убө", "2026/01/06"), row("0077ДОҮ", "2027.05.01")] }),
    );
    let one = answered(operation, json!({ "listData": row("1234УБӨ", "2027/01/06") }));

    let due = "vehicle.inspection_due";
    assert_eq!(said(&many, due), Some(vec!["1234 УБӨ 2027.01.06".to_owned(), "0077 ДОҮ 2027.05.01".to_owned()]));
    assert_eq!(said(&one, due), Some(vec!["1234 УБӨ 2027.01.06".to_owned()]));
}

#[test]
fn an_answer_of_nothing_is_known_to_be_nothing_and_no_answer_is_not_known() {
    let coded = |code: Json| {
        registers::facts(&json!({ "answers": [
            { "operation": "WS100401_getVehicleInfo", "result_code": code, "response": null },
            { "operation": 7 }, null,
        ]}))
    };

    assert_eq!(said(&coded(json!(1)), "vehicle.plate"), Some(Vec::new()));
    for other in [json!(801), json!(200), json!("0"), Json::Null] {
        assert_eq!(said(&coded(other), "vehicle.plate"), None);
    }
    let unreadable = answered("WS100407_getDriverLicenseInfo", json!({ "expireDate": "хугацаагүй" }));
    assert_eq!(said(&unreadable, "licence.expires"), None, "in no known form is not none");
    for unsaid in
        [json!({ "passportExpireDate": "" }), json!({ "passportExpireDate": null }), json!({ "firstname": "Өө" })]
    {
        let card = answered("WS100101_getCitizenIDCardInfo", unsaid);
        assert_eq!(said(&card, "id_card.expires"), None, "a card without its last day is not no card");
    }
    let empty = answered("WS100401_getVehicleInfo", json!({ "listData": [] }));
    assert_eq!(said(&empty, "vehicle.plate"), Some(Vec::new()));
}

#[tokio::test]
async fn a_card_without_a_last_day_is_not_said_to_be_missing() {
    let items = json!([with(item("a", "s-free"), &json!({ "needs": ["id_card"] }))]);
    let at_hand = |facts| Bench::with(facts).only(items.clone()).prerequisites[0].at_hand;
    let card = "WS100101_getCitizenIDCardInfo";

    let endless = answered(card, json!({ "firstname": "Дөлгөөн", "passportExpireDate": "" }));
    let no_card = registers::facts(&json!({ "answers": [{ "operation": card, "result_code": 1, "response": null }] }));

    assert_eq!((at_hand(endless), at_hand(no_card)), (None, Some(false)));
}

#[test]
fn area_marriage_and_fines_are_read_from_what_the_registers_send() {
    let address = json!({ "aimagCityCode": "84", "soumDistrictCode": 1, "bagKhorooCode": "51" });
    let married = |field: Json| {
        said(&answered("WS100104_getCitizenMarriageInfo", json!({ "isMarried": field })), "marital.status")
    };
    assert_eq!(said(&answered("WS100103_getCitizenAddressInfo", address), AREA), Some(vec!["840151".to_owned()]));
    let odd = json!({ "aimagCityCode": "84", "soumDistrictCode": "Өөр" });
    assert_eq!(said(&answered("WS100101_getCitizenIDCardInfo", odd), AREA), Some(vec!["84".to_owned()]));
    for (field, status) in [(json!(true), "married"), (json!("1"), "married"), (json!("Үгүй"), "unmarried")] {
        assert_eq!(married(field), Some(vec![status.to_owned()]));
    }
    assert_eq!(married(json!("?")), None);
}

#[test]
fn fines_are_told_as_what_is_owed_in_all() {
    let fine = |amount: Json, plate: &str| json!({ "totalAmount": amount, "amount": 20000, "plateNumber": plate, "penaltyDate": "2026/11/18" });
    let of = |rows: Json| answered("WS100874_UnpaidFineByRegisterService", json!({ "listData": rows }));
    let owed = |rows: Json| said(&of(rows), "fines.unpaid");

    for (rows, sum) in [
        (fine(json!(""), "0077ДОҮ"), "0077 ДОҮ 20,000₮"),
        (json!([fine(json!(50000), "0077ДОҮ"), fine(json!("90000"), "0077 доү")]), "0077 ДОҮ 140,000₮"),
        (json!([fine(json!(20000), "0077ДОҮ"), fine(json!(0), "1234УБӨ"), fine(json!(50000), "1234УБӨ")]), "70,000₮"),
    ] {
        assert_eq!(owed(rows.clone()), Some(vec![sum.to_owned()]), "{rows}");
    }
    assert_eq!(owed(json!([fine(json!("0.00"), "0077ДОҮ")])), Some(Vec::new()), "what is nought is not owed");
    assert_eq!(owed(json!([fine(json!(5000), "0077ДОҮ"), fine(json!("олон"), "0077ДОҮ")])), None, "half a sum is none");
    let dates = json!([fine(json!(1), "0077ДОҮ"), { "amount": 2, "penaltyDate": "2026-11-20 00:00:00.0" }]);
    assert_eq!(said(&of(dates), "fines.latest"), Some(vec!["2026.11.20".to_owned()]));
}

/// What a later feature may know: from rows of its own, in either file.
struct Documents;

impl FactSource for Documents {
    fn in_cache(&self, dao: &Dao<'_>) -> storage::Result<Facts> {
        let day: String = dao.sql().query_row("SELECT '2026-12-01'", [], |row| row.get(0))?;
        let mut facts = Facts::default();
        facts.add("passport.expires", Fact { source: "documents".into(), ..fact(Value::Date(date(&day))) });
        Ok(facts)
    }
}

#[tokio::test]
async fn another_source_feeds_the_same_rules() {
    let when = json!({ "due_within": { "fact": "passport.expires", "days": 180 } });
    let reasons = json!([{ "text": { "mn": "Паспорт {passport.expires} хүртэл" } }]);
    let travel = with(bundle("travel", json!([item("i", "s-free")])), &json!({ "when": when, "reasons": reasons }));
    let mut bench = Bench::with(dated("licence.expires", &["2033-01-01"]));

    let without = bench.bundles(&json!({ "bundles": [&travel] }), Filter::Suggested);
    let more = bench.store.read_now(|dao| Documents.in_cache(dao)).unwrap();
    bench.facts.merge(more);
    let with_it = bench.bundles(&json!({ "bundles": [&travel] }), Filter::Suggested);

    assert!(without.is_empty());
    assert_eq!(with_it[0].reason.text.mn, "Паспорт 2026.12.01 хүртэл");
    assert_eq!(with_it[0].reason.sources, ["documents"]);
    let nothing = bench.store.read_now(|dao| Documents.in_state(dao)).unwrap();
    assert!(nothing.of("passport.expires").is_none());
}

#[tokio::test]
async fn answers_and_progress_are_kept_sealed_and_bundles_as_they_came() {
    let cache = Bench::new(File::Cache, CACHE);
    let state = Bench::new(File::State, STATE);
    let bundles = json!({ "version": "v", "bundles": [bundle("driver", json!([item("a", "s-free")]))], "tomorrow": 1 });
    let answers = json!({ "answers": [{ "operation": "WS100401_getVehicleInfo", "result_code": 0,
                                        "response": { "listData": [{ "plateNumber": "1234УБӨ" }] } },
                                      { "operation": "WS100103_getCitizenAddressInfo", "result_code": 0,
                                        "response": { "aimagCityCode": "84" } }] });
    assert_eq!(cache.store.read_now(home).unwrap(), None, "nothing was asked yet");

    cache
        .store
        .write_now(|dao| {
            BundlesDocument.store(serde_json::from_value(bundles.clone()).unwrap(), dao)?;
            RegistersDocument.store(serde_json::from_value(answers).unwrap(), dao)
        })
        .unwrap();
    state
        .store
        .write_now(|dao| {
            let mut progress = store::progress(dao)?;
            progress.set("child_born", Change::Start.applied(Kept::default(), Standing::Offered, 1));
            progress.set("driver", Change::Dismiss.applied(progress.of("driver"), Standing::Offered, 1));
            let mark = Change::Mark { item: Code::parse("tax").unwrap(), done: true };
            let marked = mark.applied(progress.of("driver"), Standing::Dismissed, 2);
            progress.set("driver", mark.applied(marked, Standing::Dismissed, 3));
            store::put_progress(dao, &progress)
        })
        .unwrap();

    let facts = cache.store.read_now(store::register_facts).unwrap();
    assert_eq!(said(&facts, "vehicle.plate"), Some(vec!["1234 УБӨ".to_owned()]));
    assert_eq!(cache.store.read_now(home).unwrap().map(|home| home.to_string()), Some("84".to_owned()));
    let progress = state.store.read_now(store::progress).unwrap();
    let (born, driver) = (progress.of("child_born"), progress.of("driver"));
    assert_eq!((born.started_at, born.dismissed, born.done.len()), (Some(1), false, 0));
    assert_eq!((driver.started_at, driver.dismissed, driver.done), (Some(2), true, vec![("tax".to_owned(), 3)]));
    let body: String =
        cache.store.read_now(|dao| Ok(dao.sql().query_row("SELECT body FROM bundles", [], |row| row.get(0))?)).unwrap();
    assert_eq!(serde_json::from_str::<Json>(&body).unwrap(), bundles);
    let sealed: Vec<u8> = state
        .store
        .read_now(|dao| Ok(dao.sql().query_row("SELECT body FROM bundle_progress", [], |row| row.get(0))?))
        .unwrap();
    assert!(!sealed.windows(6).any(|piece| piece == b"driver"));
}
