//! After the errand no file holds one of the citizen's values in any encoding, and after sign-out none can be read.

use emongolia_core::{App, Error, foundation::ports::Controls, services::bundles::Code};
use emongolia_support::{
    canary::{Canaries, Finding},
    processes::{SandboxProcess, Text},
};
use serde_json::Value;

use crate::phone::{PATIENCE, Phone, citizen, confirm, online_service, settled, sign_in, sync};

const FORM_VALUE: &str = "Үүрийн туяа ХХК-д өгөхөөр";
const SEARCH: &str = "Өрхийн ӨҮ-ийн үзүүлэлт";
const NOTICE: &str = "Таны өргөдлийг Өнөрбаяр хянаж байна";

/// The errand, with something personal in every table.
async fn errand(phone: &Phone, sandbox: &SandboxProcess) -> App {
    let app = phone.start();
    sign_in(&app, sandbox).await;
    sync(&app).await;
    let service = online_service(&app).await;
    let operation = app.requests().submit(&confirm(&app, &service, FORM_VALUE).await).await.unwrap();
    settled(&app, &operation).await;
    confirm(&app, &service, FORM_VALUE).await; // confirmed and never submitted
    let control = sandbox.control().unwrap();
    control.notice(&citizen(sandbox).regnum, &Text::mn(NOTICE), &Text::mn(NOTICE)).await.unwrap();
    sync(&app).await;
    let message = app.inbox().page(Default::default(), None).await.unwrap().value.items.remove(0);
    app.inbox().mark_read(&message.id).await.unwrap();
    app.outbox().flush(PATIENCE).await.unwrap();
    app.bundles().start(&Code::parse("driver").unwrap()).await.unwrap();
    app.catalogue().add_favourite(&service).await.unwrap();
    app.catalogue().search(SEARCH, &Default::default(), None).unwrap();
    app.catalogue().remember_search(SEARCH).await.unwrap();
    sync(&app).await;
    app
}

/// Every value of the citizen's that this sandbox has and that is long enough to mean something.
fn canaries(sandbox: &SandboxProcess, app_citizen: &Value) -> Canaries {
    let mut values = [("form value", FORM_VALUE), ("notice", NOTICE), ("search", SEARCH)]
        .map(|(label, value)| (label.to_owned(), value.to_owned()))
        .to_vec();
    collect("citizen", app_citizen, &mut values);
    let numbers: Vec<String> = sandbox
        .db()
        .unwrap()
        .prepare("SELECT number FROM requests")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    values.extend(numbers.into_iter().map(|number| ("request number".to_owned(), number)));
    assert!(values.len() >= 8, "{values:?}");
    Canaries::new(values).unwrap()
}

fn collect(label: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if text.len() >= 8 => into.push((label.to_owned(), text.clone())),
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| collect(&format!("{label}.{name}"), value, into))
        }
        Value::Array(items) => items.iter().for_each(|item| collect(label, item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn findings(phone: &Phone, app: &App, sandbox: &SandboxProcess) -> (Canaries, Vec<Finding>) {
    let citizen = serde_json::to_value(app.auth().citizen().await.unwrap()).unwrap();
    let canaries = canaries(sandbox, &citizen);
    let found = canaries.scan([phone.dirs.root()]).unwrap();
    (canaries, found)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_errand_no_file_and_no_log_line_holds_a_value_of_the_citizens() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = errand(&phone, &sandbox).await;

    let (canaries, while_running) = findings(&phone, &app, &sandbox).await;
    app.shutdown(PATIENCE).await.unwrap();
    let after = canaries.scan([phone.dirs.root()]).unwrap();

    assert_eq!(while_running, []);
    assert_eq!(after, []);
    let log: String = phone.ports.log.records().into_iter().map(|line| line.message + "\n").collect();
    let logged = phone.dirs.root().join("log");
    std::fs::write(&logged, log).unwrap();
    assert_eq!(canaries.scan([logged]).unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn control_without_sealing_the_values_are_found() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let mut phone = Phone::new(&sandbox);
    phone.controls = Controls { unsealed: true, ..Controls::default() };
    let app = errand(&phone, &sandbox).await;

    let (_, found) = findings(&phone, &app, &sandbox).await;

    for label in ["form value", "notice", "search", "request number"] {
        assert!(found.iter().any(|finding| finding.value_label == label), "{label} in {found:?}");
    }
    assert!(found.iter().any(|finding| finding.value_label.starts_with("citizen.")));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_sign_out_nothing_is_left_to_read_here_and_the_session_is_revoked_there() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = errand(&phone, &sandbox).await;
    assert!(rows(&phone) > 0, "control: there was something to leave");

    let signed_out = app.sign_out().await.unwrap();

    assert!(signed_out.revoked);
    assert_eq!(phone.ports.secrets.names(), Vec::<String>::new());
    assert!(!phone.ports.device_key.exists());
    assert_eq!(rows(&phone), 0);
    assert_eq!(app.auth().citizen().await.err(), Some(Error::SignInRequired));
    assert_eq!(app.requests().page(None).await.unwrap().value.items, []);
    assert_eq!(app.inbox().page(Default::default(), None).await.unwrap().value.items, []);
    assert_eq!(app.outbox().list(true, None).await.unwrap().items, []);
    assert_eq!(app.catalogue().favourites(None).await.unwrap().value.items, []);
    assert_eq!(app.catalogue().recent_searches().await.unwrap(), [""; 0]);
    app.shutdown(PATIENCE).await.unwrap();
    let again = phone.start();
    assert_eq!(again.auth().citizen().await.err(), Some(Error::SignInRequired));
    sign_in(&again, &sandbox).await;
    sync(&again).await;
    assert_eq!(again.requests().page(None).await.unwrap().value.items.len(), 1, "the state has it still");
    again.shutdown(PATIENCE).await.unwrap();
}

/// In all tables of both files.
fn rows(phone: &Phone) -> u32 {
    let of_file = |file: std::path::PathBuf| -> u32 {
        let db = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let tables: Vec<String> = db
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let count = |table: &String| -> u32 {
            db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        tables.iter().map(count).sum()
    };
    of_file(phone.dirs.state().join("state.db")) + of_file(phone.dirs.cache().join("cache.db"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_with_no_network_leaves_as_little() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = errand(&phone, &sandbox).await;
    sandbox.kill().unwrap();

    let signed_out = app.sign_out().await.unwrap();

    assert!(!signed_out.revoked);
    assert_eq!(phone.ports.secrets.names(), Vec::<String>::new());
    assert_eq!(app.requests().page(None).await.unwrap().value.items, []);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_that_was_cut_short_is_finished_at_the_next_start() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = errand(&phone, &sandbox).await;
    phone.ports.secrets.unavailable();

    assert_eq!(app.sign_out().await.err(), Some(Error::Locked), "the keystore would not let the keys go");
    app.shutdown(PATIENCE).await.unwrap();
    phone.ports.secrets.works();
    let again = phone.start();

    assert_eq!(phone.ports.secrets.names(), Vec::<String>::new());
    assert_eq!(again.requests().page(None).await.unwrap().value.items, []);
    assert_eq!(again.outbox().list(true, None).await.unwrap().items, []);
    again.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_sign_out_a_resume_finishes_it_and_the_next_citizen_can_sign_in() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = errand(&phone, &sandbox).await;
    phone.ports.secrets.unavailable();
    assert_eq!(app.sign_out().await.err(), Some(Error::Locked));
    assert_eq!(rows(&phone), 0, "the files went all the same");

    phone.ports.secrets.works();
    app.resume().await.unwrap();

    assert_eq!(phone.ports.secrets.names(), Vec::<String>::new());
    assert_eq!(app.outbox().list(true, None).await.unwrap().items, []);
    sign_in(&app, &sandbox).await;
    app.shutdown(PATIENCE).await.unwrap();
    let again = phone.start();
    again.auth().citizen().await.expect("no sign-out is finished twice");
    again.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restored_backup_a_citizen_can_sign_in() {
    use emongolia_core::foundation::ports::{DeviceKey as _, SecretStore as _};
    let sandbox = SandboxProcess::start_fresh().unwrap();
    for key_is_missing in [true, false] {
        let phone = Phone::new(&sandbox);
        let app = phone.start();
        sign_in(&app, &sandbox).await;
        app.shutdown(PATIENCE).await.unwrap();
        if key_is_missing {
            for name in phone.ports.secrets.names() {
                phone.ports.secrets.delete(&name).unwrap();
            }
        } else {
            phone.ports.device_key.delete().unwrap(); // what it wrapped is useless from here on
        }

        let again = phone.start();

        assert_eq!(again.auth().citizen().await.err(), Some(Error::SignInRequired));
        sign_in(&again, &sandbox).await;
        again.auth().citizen().await.unwrap();
        again.shutdown(PATIENCE).await.unwrap();
    }
}
