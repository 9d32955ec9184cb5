//! Bundles: made on the phone from what the registers say, kept there, and told to nobody.

use std::{collections::BTreeSet, path::Path, time::Duration};

use emongolia_core::{
    App,
    foundation::clock::{Clock as _, ManualClock, SystemClock},
    services::{
        ServiceId,
        bundles::{Bundle, BundleItem, Code, Filter, ItemState, Standing},
    },
};
use emongolia_support::{
    browser,
    canary::Canaries,
    processes::{SandboxProcess, TestCitizen},
};
use serde_json::Value;

use crate::phone::{PATIENCE, Phone, confirm, settled, sync};

/// His licence and the inspection of his vehicle run out soon.
const ERDENEBAT: &str = "УӨ88052317";
/// He lives in Khovd and has just bought a home.
const SUKHBAT: &str = "ПӨ79120535";

async fn signed_in(phone: &Phone, sandbox: &SandboxProcess, regnum: &str) -> App {
    let app = phone.start();
    let citizen: &TestCitizen = sandbox.config().citizens.iter().find(|one| one.regnum == regnum).unwrap();
    let request = app.auth().begin_sign_in().await.unwrap();
    let callback = browser::approve(sandbox.config(), &request.url, citizen).await.unwrap();
    app.auth().complete_sign_in(&callback).await.unwrap();
    sync(&app).await;
    app
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

async fn bundle(app: &App, of: &str) -> Bundle {
    app.bundles().bundle(&code(of)).await.unwrap().value
}

async fn suggested(app: &App) -> Vec<Bundle> {
    app.bundles().page(Filter::Suggested, None).await.unwrap().value.items
}

fn item<'a>(bundle: &'a Bundle, of: &str) -> &'a BundleItem {
    bundle.items.iter().find(|item| item.code.as_str() == of).unwrap()
}

/// What the sandbox's own registers hold of the citizen, every text of it that means something.
fn register_texts(sandbox: &SandboxProcess, regnum: &str) -> Vec<String> {
    let answers: Vec<String> = sandbox
        .db()
        .unwrap()
        .prepare("SELECT answer FROM register_answers WHERE regnum = ?1")
        .unwrap()
        .query_map([regnum], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut texts = Vec::new();
    for answer in answers {
        collect(&serde_json::from_str(&answer).unwrap(), &mut texts);
    }
    texts.sort();
    texts.dedup();
    texts
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= 8 => into.push(text.clone()),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, into)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiring_licence_a_vehicle_and_its_inspection_make_one_bundle_with_a_reason_for_everything() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = signed_in(&phone, &sandbox, ERDENEBAT).await;

    let suggested = suggested(&app).await;

    assert_eq!(suggested.iter().map(|bundle| bundle.code.as_str()).collect::<Vec<_>>(), ["driver"]);
    let driver = &suggested[0];
    let codes: Vec<&str> = driver.items.iter().map(|item| item.code.as_str()).collect();
    assert_eq!(codes, ["renew_licence", "tax", "inspection", "reference", "toll"], "no fine, no fine to pay");
    let (licence, inspection) = (item(driver, "renew_licence"), item(driver, "inspection"));
    assert!(licence.due.is_some() && inspection.due > licence.due && driver.due == licence.due);
    assert!(licence.reason.text.mn.contains(&licence.due.unwrap().short()), "{:?}", licence.reason);
    assert!(inspection.reason.text.mn.contains("1234 УБӨ"), "{:?}", inspection.reason);
    assert_eq!(licence.reason.sources, ["WS100407_getDriverLicenseInfo"]);
    assert!(driver.reason.sources.len() == 2 && driver.reason.as_of.is_some(), "{:?}", driver.reason);
    for item in &driver.items {
        assert!(!item.reason.text.mn.is_empty() && item.reason.text.en.is_some(), "{}", item.code.as_str());
    }
    let needed: Vec<&str> = driver.prerequisites.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(needed, ["id_card", "photo", "medical", "vehicle_certificate"], "each once");
    assert_eq!(driver.prerequisites[0].at_hand, Some(true));
    assert_eq!((driver.cost.known.amount(), driver.cost.unknown), (5_000, 5), "what nobody knows is not nought");
    app.shutdown(PATIENCE).await.unwrap();
    sandbox.assert_contract().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nobody_signed_in_all_bundles_are_there_for_general_reasons() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sync(&app).await;

    let all = app.bundles().page(Filter::All, None).await.unwrap();

    assert_eq!((all.value.items.len(), all.value.next.as_deref(), all.stale), (16, None, false));
    for bundle in &all.value.items {
        assert!(!bundle.suggested && bundle.reason.sources.is_empty() && !bundle.items.is_empty());
        assert!(bundle.items.iter().all(|item| item.state == ItemState::Todo && item.reason.sources.is_empty()));
    }
    assert_eq!(
        app.bundles().start(&code("driver")).await.err(),
        Some(emongolia_core::Error::SignInRequired),
        "without a citizen there is nobody to keep it for"
    );
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_says_what_is_known_of_the_citizen_or_which_bundle_fits() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = signed_in(&phone, &sandbox, ERDENEBAT).await;
    let driver = suggested(&app).await.remove(0);
    app.bundles().start(&driver.code).await.unwrap();
    app.bundles().mark(&driver.code, &code("tax"), true).await.unwrap();
    app.bundles().dismiss(&code("travel")).await.unwrap();
    sync(&app).await;

    let sent = sandbox.control().unwrap().sent().await.unwrap();

    let texts = register_texts(&sandbox, ERDENEBAT);
    assert!(texts.len() >= 20, "{}", texts.len());
    let services = driver.items.iter().map(|item| item.service.as_str().to_owned());
    let codes = ["driver", "travel", "renew_licence", "1234", "УБӨ"].map(str::to_owned);
    let secret: Vec<String> = texts.into_iter().chain(services).chain(codes).collect();
    let ours = sent.iter().filter(|request| request.text.contains(" /v1/")).collect::<Vec<_>>();
    assert!(ours.iter().any(|request| request.operation == "getRegisters"));
    for request in &ours {
        for secret in &secret {
            assert!(!request.text.contains(secret.as_str()), "{} says {secret}", request.operation);
        }
    }
    // Control: a request that says which service it is about is found to say so.
    app.catalogue().service(&driver.items[0].service).await.unwrap();
    let sent = sandbox.control().unwrap().sent().await.unwrap();
    assert!(sent.iter().any(|request| secret.iter().any(|secret| request.text.contains(secret.as_str()))));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_outlives_a_restart_follows_requests_and_ends_with_sign_out() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = signed_in(&phone, &sandbox, ERDENEBAT).await;
    app.bundles().mark(&code("driver"), &code("tax"), true).await.unwrap();
    let reference: ServiceId = item(&bundle(&app, "driver").await, "reference").service.clone();
    let operation = app.requests().submit(&confirm(&app, &reference, "Өргөө даатгал").await).await.unwrap();
    settled(&app, &operation).await;
    sync(&app).await;
    app.shutdown(PATIENCE).await.unwrap();

    let app = phone.start();
    let driver = bundle(&app, "driver").await;
    assert_eq!((driver.standing, driver.done, driver.total), (Standing::Started, 1, 5));
    assert_eq!(item(&driver, "tax").state, ItemState::Done);
    assert_eq!(item(&driver, "reference").state, ItemState::UnderWay);
    let control = sandbox.control().unwrap();
    let request = control.requests().await.unwrap().remove(0);
    for status in ["PROCESSING", "COMPLETED"] {
        control.advance(&request.id, status, None).await.unwrap();
    }
    sync(&app).await;
    assert_eq!(item(&bundle(&app, "driver").await, "reference").state, ItemState::Done);

    app.bundles().mark(&code("driver"), &code("tax"), false).await.unwrap();
    app.bundles().dismiss(&code("driver")).await.unwrap();
    let hidden = bundle(&app, "driver").await;
    assert_eq!((hidden.standing, hidden.done), (Standing::Dismissed, 1));
    assert!(suggested(&app).await.is_empty());
    app.bundles().start(&code("driver")).await.unwrap();
    assert_eq!(suggested(&app).await.len(), 1);
    let nothing = app.bundles().mark(&code("driver"), &code("no_such_step"), true).await;
    assert_eq!(nothing.err(), Some(emongolia_core::Error::NotFound));

    app.sign_out().await.unwrap();
    sync(&app).await;
    let after = bundle(&app, "driver").await;
    assert_eq!((after.standing, after.suggested, after.reason.sources), (Standing::Offered, false, Vec::new()));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_the_days_go_on_and_what_is_old_says_so() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let clock = ManualClock::at(SystemClock.now());
    let phone = Phone::new(&sandbox).clock(clock.clone());
    let app = signed_in(&phone, &sandbox, ERDENEBAT).await;
    let fresh = app.bundles().bundle(&code("driver")).await.unwrap();
    sandbox.kill().unwrap();

    clock.advance(Duration::from_secs(30 * 24 * 3600));
    let later = app.bundles().bundle(&code("driver")).await.unwrap();

    assert!(!fresh.stale && later.stale && later.as_of == fresh.as_of);
    assert_eq!(item(&later.value, "renew_licence").due, item(&fresh.value, "renew_licence").due);
    let (before, after) = (&item(&fresh.value, "renew_licence").reason, &item(&later.value, "renew_licence").reason);
    assert!(before.text.mn.ends_with("-нд дуусна.") && after.text.mn.ends_with("-нд дууссан байна."), "{after:?}");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_paper_that_has_run_out_is_said_to_be_valid_and_none_has_run_out_on_its_last_day() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let clock = ManualClock::at(SystemClock.now());
    let phone = Phone::new(&sandbox).clock(clock.clone());
    let app = signed_in(&phone, &sandbox, ERDENEBAT).await;
    sandbox.kill().unwrap();
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);

    clock.advance(days(21));
    let last_day = bundle(&app, "driver").await;
    clock.advance(days(1));
    let day_after = bundle(&app, "driver").await;
    clock.advance(days(20 * 365));
    let all = app.bundles().page(Filter::All, None).await.unwrap().value.items;

    let of = |bundle: &Bundle| [&bundle.reason, &item(bundle, "renew_licence").reason].map(|why| why.text.mn.clone());
    let [whole, licence] = of(&last_day);
    assert!(whole.ends_with(" хүртэл хүчинтэй.") && !whole.contains("дууссан"), "{whole}");
    assert!(licence.ends_with("-нд дуусна."), "{licence}");
    let [whole, licence] = of(&day_after);
    assert!(whole.contains("дууссан байна; 1234 УБӨ") && whole.ends_with(" хүртэл хүчинтэй."), "{whole}");
    assert!(licence.ends_with("-нд дууссан байна."), "{licence}");
    let mut over = 0;
    for bundle in &all {
        for why in bundle.items.iter().map(|item| &item.reason).chain([&bundle.reason]) {
            let (mn, en) = (&why.text.mn, why.text.en.as_deref().unwrap());
            assert!(!mn.contains(" хүртэл ") && !en.contains("until"), "{}: {mn} {en}", bundle.code.as_str());
            assert_eq!(mn.contains("дууссан"), en.contains("expired"), "{mn} {en}");
            over += usize::from(en.contains("expired"));
        }
    }
    assert_eq!(over, 7, "driver and two of it, travel and one, residence and one");
    let card =
        |bundle: &Bundle| bundle.prerequisites.iter().find(|one| one.code.as_str() == "id_card").unwrap().at_hand;
    assert_eq!(
        (card(&last_day), card(all.iter().find(|one| one.code.as_str() == "travel").unwrap())),
        (Some(true), Some(false))
    );
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_of_khovd_gets_khovds_services_and_is_told_what_is_elsewhere() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = signed_in(&phone, &sandbox, SUKHBAT).await;

    let suggested = suggested(&app).await;

    assert_eq!(suggested.iter().map(|bundle| bundle.code.as_str()).collect::<Vec<_>>(), ["bought_home"]);
    let home = &suggested[0];
    assert_eq!(item(home, "land").name.mn, "Орон нутгийн газрын харилцааны үйлчилгээ");
    assert_eq!(item(home, "land").state, ItemState::Todo);
    assert_eq!(item(home, "heating").state, ItemState::NotAvailableHere);
    assert_eq!(home.total as usize + 2, home.items.len(), "heating and electricity are the capital's");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_and_no_log_line_holds_what_the_registers_said_or_which_bundle_was_begun() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let canaries = canaries(&sandbox).await;

    let app = signed_in(&phone, &sandbox, ERDENEBAT).await;
    app.bundles().start(&code("driver")).await.unwrap();
    let while_running = found(&canaries, phone.dirs.root());
    app.shutdown(PATIENCE).await.unwrap();

    assert_eq!(while_running, BTreeSet::new());
    assert_eq!(found(&canaries, phone.dirs.root()), BTreeSet::new());
    let log: String = phone.ports.log.records().into_iter().map(|line| line.message + "\n").collect();
    let logged = phone.dirs.root().join("log");
    std::fs::write(&logged, log).unwrap();
    assert_eq!(found(&canaries, &logged), BTreeSet::new());
    let state = std::fs::read(phone.dirs.state().join("state.db")).unwrap();
    assert!(!state.windows(6).any(|piece| piece == b"driver"), "not even the name of the bundle");
}

#[tokio::test(flavor = "multi_thread")]
async fn control_without_sealing_what_the_registers_said_is_found() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let mut phone = Phone::new(&sandbox);
    phone.controls.unsealed = true;
    let canaries = canaries(&sandbox).await;

    let app = signed_in(&phone, &sandbox, ERDENEBAT).await;
    app.bundles().start(&code("driver")).await.unwrap();

    assert!(found(&canaries, phone.dirs.root()).len() >= 10);
    app.shutdown(PATIENCE).await.unwrap();
    let state = std::fs::read(phone.dirs.state().join("state.db")).unwrap();
    assert!(state.windows(6).any(|piece| piece == b"driver"));
}

/// What the registers say of him, without the words that anybody's phone holds: names of districts.
async fn canaries(sandbox: &SandboxProcess) -> Canaries {
    let phone = Phone::new(sandbox);
    let app = phone.start();
    sync(&app).await;
    let texts = register_texts(sandbox, ERDENEBAT);
    let all = Canaries::new(texts.iter().map(|text| (text.clone(), text))).unwrap();
    let public = found(&all, phone.dirs.root());
    app.shutdown(PATIENCE).await.unwrap();
    let own: Vec<&String> = texts.iter().filter(|text| !public.contains(*text)).collect();
    assert!(own.len() >= 15, "{own:?}");
    Canaries::new(own.into_iter().map(|text| (text.clone(), text))).unwrap()
}

fn found(canaries: &Canaries, root: &Path) -> BTreeSet<String> {
    canaries.scan([root]).unwrap().into_iter().map(|finding| finding.value_label).collect()
}
