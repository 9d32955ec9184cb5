//! A bundle has its occasion, and what was done for one is not done for the next.

use std::sync::{Mutex, mpsc as channel};

use tokio::sync::mpsc;

use super::*;
use crate::{auth::testing::Bench as Phone, foundation::crypto::seal::Column, gateway::Gateway};

const PULLED: Migrations = &[
    include_str!("../../../../migrations/cache/0001_pulled.sql"),
    include_str!("../../../../migrations/cache/0006_bundles.sql"),
    include_str!("../../../../migrations/cache/0007_editions.sql"),
];

fn ago(days: i64) -> i64 {
    NOW.unix_ms() - days * DAY_S * 1000
}

fn completed(service: &str, days_ago: i64) -> Errand {
    let service = ServiceId::parse(service).unwrap();
    Errand { service, stage: Stage::Done, at: Timestamp::from_unix_ms(ago(days_ago)) }
}

/// Begun so long ago, and of these items it was said that long ago that they are done.
fn marked(days_ago: i64, items: &[(&str, i64)]) -> Kept {
    Kept {
        done: items.iter().map(|(code, days)| ((*code).to_owned(), ago(*days))).collect(),
        ..Kept::begun(ago(days_ago), lately(ago(days_ago)))
    }
}

fn done(bundle: &Bundle) -> Vec<&str> {
    bundle.items.iter().filter(|item| item.state == ItemState::Done).map(|item| item.code.as_str()).collect()
}

/// An inspection that is due, the tax before it, and a toll that is always there.
fn inspection() -> Json {
    let when = json!({ "due_within": { "fact": "vehicle.inspection_due", "days": 45 } });
    let due = json!({ "when": when, "due": "vehicle.inspection_due" });
    let items = json!([
        with(item("tax", "s-1000"), &json!({ "when": when })),
        with(item("inspection", "s-35000"), &due),
        item("toll", "s-free"),
    ]);
    json!({ "bundles": [with(bundle("driver", items), &json!({ "when": when }))] })
}

fn inspected(due: &str, kept: Kept, errands: Vec<Errand>) -> Bundle {
    let mut bench = Bench::with(dated("vehicle.inspection_due", &[due]));
    bench.progress.push(("driver", kept));
    bench.errands = errands;
    bench.bundles(&inspection(), Filter::All).remove(0)
}

#[tokio::test]
async fn what_was_done_for_last_years_inspection_is_not_done_for_this_years() {
    let all = |days| marked(days + 1, &[("tax", days), ("inspection", days), ("toll", days)]);
    let requested = || vec![completed("s-1000", 340), completed("s-35000", 340), completed("s-free", 340)];

    let this_year = inspected("2027-01-06", all(340), Vec::new());
    let by_request = inspected("2027-01-06", marked(341, &[]), requested());
    let just_now = inspected("2027-01-06", all(3), Vec::new());
    let not_due = inspected("2027-11-06", all(340), Vec::new());

    for due_again in [&this_year, &by_request] {
        assert!(due_again.suggested && done(due_again).is_empty(), "{due_again:?}");
        assert_eq!((due_again.standing, due_again.due), (Standing::Offered, Some(date("2027-01-06"))));
    }
    assert_eq!((just_now.suggested, just_now.standing, just_now.done), (false, Standing::Done, 3));
    assert_eq!(done(&not_due), ["tax", "inspection", "toll"], "until there is another, it was done");
}

#[tokio::test]
async fn an_item_that_falls_due_again_is_to_be_done_although_the_bundle_was_never_finished() {
    let kept = || marked(340, &[("tax", 340), ("inspection", 340)]);
    let general = |body: Json| {
        let mut bundle = body["bundles"][0].clone();
        bundle.as_object_mut().unwrap().remove("when");
        json!({ "bundles": [bundle] })
    };
    let mut bench = Bench::with(dated("vehicle.inspection_due", &["2027-01-06"]));
    bench.progress.push(("driver", kept()));

    let bundle = bench.bundles(&general(inspection()), Filter::All).remove(0);

    assert_eq!((done(&bundle).len(), bundle.standing), (0, Standing::Started));
}

#[tokio::test]
async fn what_was_done_long_ago_and_had_no_effect_is_told_again_when_the_day_is_past() {
    let of = |days| inspected("2026-11-20", marked(100, &[("inspection", days)]), Vec::new());

    assert_eq!(done(&of(80)), ["inspection"]);
    assert!(done(&of(100)).is_empty());
}

#[tokio::test]
async fn a_second_child_is_another_occasion_and_the_booklet_of_before_the_birth_belongs_to_it() {
    let when = json!({ "happened_within": { "fact": "children.birth_dates", "days": 365 } });
    let items = json!([item("booklet", "s-free"), item("child_money", "s-1000"), item("insurance", "s-35000")]);
    let body = json!({ "bundles": [with(bundle("child_born", items), &json!({ "when": when }))] });
    let of = |births: &[&str]| {
        let mut bench = Bench::with(dated("children.birth_dates", births));
        bench.progress.push(("child_born", marked(300, &[("booklet", 40), ("child_money", 300)])));
        bench.errands.push(completed("s-35000", 299));
        bench.bundles(&body, Filter::All).remove(0)
    };

    let (first, second) = (of(&["2026-01-05"]), of(&["2025-01-05", "2026-11-20"]));

    assert_eq!((done(&first).len(), first.standing), (3, Standing::Done));
    assert_eq!((done(&second), second.standing, second.suggested), (vec!["booklet"], Standing::Offered, true));
}

#[tokio::test]
async fn a_fine_that_is_younger_than_the_payment_is_to_be_paid() {
    let latest = json!({ "happened_within": { "fact": "fines.latest", "days": 3660 } });
    let when = json!({ "any": [{ "all": [{ "has": "fines.unpaid" }, latest] }, { "has": "fines.unpaid" }] });
    let items = json!([with(item("fines", "s-unknown"), &json!({ "when": when }))]);
    let of = |days_ago, latest: &[&str]| {
        let mut facts = if latest.is_empty() { Facts::default() } else { dated("fines.latest", latest) };
        facts.add("fines.unpaid", fact(Value::Amount(Mnt::new(20_000))));
        let mut bench = Bench::with(facts);
        bench.progress.push(("driver", marked(200, &[("fines", days_ago)])));
        bench.only(items.clone()).done
    };

    assert_eq!((of(10, &["2026-11-20"]), of(5, &["2026-11-20"])), (0, 1));
    assert_eq!(of(10, &[]), 1, "of no known day");
}

#[tokio::test]
async fn what_no_rule_ends_stays_done_for_years() {
    let items = json!([item("register", "s-free"), item("kindergarten", "s-1000")]);
    let mut bench = Bench::with(Facts::default());
    bench.progress.push(("driver", marked(700, &[("register", 690)])));
    bench.errands.push(completed("s-1000", 760));

    let bundle = bench.only(items);

    assert_eq!((bundle.done, bundle.standing), (2, Standing::Done), "a request counts from 90 days before the start");
}

#[test]
fn a_start_begins_what_is_new_or_done_and_changes_nothing_of_what_is_begun() {
    let kept = || marked(300, &[("tax", 299)]);
    let start = |standing| Change::Start.applied(kept(), standing, NOW.unix_ms());
    let mark = |standing| {
        let change = Change::Mark { item: Code::parse("toll").unwrap(), done: true };
        change.applied(kept(), standing, NOW.unix_ms()).done.into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    let shape = |kept: Kept| (kept.started_at.unwrap(), kept.counts_from.unwrap(), kept.done.len(), kept.dismissed);

    assert_eq!(shape(start(Standing::Started)), (ago(300), ago(390), 1, false));
    assert_eq!(shape(start(Standing::Offered)), (ago(0), ago(90), 0, false), "another occasion");
    assert_eq!(shape(start(Standing::Done)), (ago(0), ago(0), 0, false), "once more");
    assert_eq!(shape(start(Standing::Dismissed)), (ago(0), ago(390), 1, false), "what was done stays known");
    assert_eq!(
        (mark(Standing::Offered), mark(Standing::Started)),
        (vec!["toll".into()], vec!["tax".into(), "toll".into()])
    );
}

#[tokio::test]
async fn what_is_done_and_begun_once_more_is_all_to_be_done() {
    let items = json!([item("id_card", "s-free"), item("passport", "s-1000")]);
    let mut bench = Bench::with(Facts::default());
    bench.errands.push(completed("s-1000", 1));
    bench.progress.push(("driver", marked(20, &[("id_card", 10)])));
    let before = bench.only(items.clone());

    let kept = bench.progress.remove(0).1;
    bench.progress.push(("driver", Change::Start.applied(kept, before.standing, NOW.unix_ms())));
    let again = bench.only(items);

    assert_eq!((before.standing, before.done), (Standing::Done, 2));
    assert_eq!((again.standing, again.done), (Standing::Started, 0));
}

#[tokio::test]
async fn progress_that_an_earlier_build_wrote_is_as_old_as_the_bundles_start() {
    const BODY: Column = Column { table: "bundle_progress", column: "body", layout: 1 };
    let state = Bench::new(File::State, STATE);
    let written = json!({
        "driver": { "started_at": 1_700_000_000_000_i64, "dismissed": true, "done": ["tax", "өр"] },
        "travel": { "started_at": null, "dismissed": false, "done": [] },
    });
    state
        .store
        .write_now(|dao| {
            let body = dao.seal(BODY, "1", &written)?;
            dao.sql().execute("INSERT INTO bundle_progress (id, body) VALUES (1, ?1)", [body])?;
            Ok(())
        })
        .unwrap();

    let progress = state.store.read_now(store::progress).unwrap();

    let (driver, travel) = (progress.of("driver"), progress.of("travel"));
    let done = [("tax".to_owned(), 1_700_000_000_000), ("өр".to_owned(), 1_700_000_000_000)];
    assert_eq!(
        (driver.started_at, driver.dismissed, driver.done.as_slice()),
        (Some(1_700_000_000_000), true, &done[..])
    );
    assert_eq!(driver.counts_from, Some(1_700_000_000_000 - 90 * DAY_S * 1000));
    assert_eq!((travel.started_at, travel.counts_from, travel.done.len()), (None, None, 0));
}

/// Requests that are read as long as the test wants.
struct Slow {
    reading: mpsc::UnboundedSender<()>,
    on: Mutex<channel::Receiver<()>>,
}

impl Errands for Slow {
    fn in_cache(&self, _dao: &Dao<'_>) -> storage::Result<Vec<Errand>> {
        self.reading.send(()).unwrap();
        self.on.lock().unwrap().recv().unwrap();
        Ok(Vec::new())
    }

    fn in_state(&self, _dao: &Dao<'_>) -> storage::Result<Vec<Errand>> {
        Ok(Vec::new())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_a_sign_out_overtakes_is_not_the_next_citizens() {
    let (phone, dir) = (Phone::new().await, TempDir::new().unwrap());
    phone.sign_in().await;
    let state = Store::for_tests(dir.path(), File::State, STATE);
    let cached = Store::for_tests(dir.path(), File::Cache, PULLED);
    let written = json!({ "bundles": [bundle("driver", json!([item("tax", "s-1000")]))] });
    cached.write_now(|dao| BundlesDocument.store(serde_json::from_value(written).unwrap(), dao)).unwrap();
    let gateway = Gateway::new(&phone.config, phone.net.clone(), phone.auth.tokens()).unwrap();
    let (clock, events) = (phone.ports.clock.clone(), phone.events.clone());
    let cache = Cache::new(cached, gateway, clock, events.clone(), Spawner::current(), phone.policies.clone());
    let (reading, mut is_reading) = mpsc::unbounded_channel();
    let (go, on) = channel::channel();
    let errands = Box::new(Slow { reading, on: Mutex::new(on) });
    let neighbours = Neighbours { services: Box::new(Shelf), errands, sources: Vec::new() };
    let bundles = Bundles::new(cache, state.clone(), phone.auth.clone(), events, Spawner::current(), neighbours);
    let (driver, tax) = (Code::parse("driver").unwrap(), Code::parse("tax").unwrap());
    let kept = || state.read_now(store::progress).unwrap().of("driver").done.len();

    go.send(()).unwrap();
    bundles.mark(&driver, &tax, true).await.unwrap();
    is_reading.recv().await.unwrap();
    assert_eq!(kept(), 1, "control: nobody signs out");

    let mark = bundles.mark(&driver, &tax, true);
    is_reading.recv().await.unwrap();
    state.suspend(Duration::from_secs(30)).await.unwrap();
    Store::delete_at(dir.path(), File::State).unwrap();
    state.recreate().unwrap();
    state.resume().await.unwrap();
    go.send(()).unwrap();

    assert!(mark.await.is_err());
    assert_eq!(kept(), 0);
}
