//! After the errand no file, log line, error or panic holds one of the citizen's values in any encoding, and after sign-out
//! none can be read.

use emongolia_core::{
    App, Error,
    country::Person,
    foundation::ports::Controls,
    offline::outbox::OperationId,
    services::{
        ServiceId,
        bundles::Code,
        requests::{RequestId, Values, attachment::NewAttachment},
    },
};
use emongolia_support::{
    browser,
    canary::{Canaries, Finding},
    forms::IDENTITY_CARD,
    processes::{SandboxProcess, Text},
};
use serde_json::Value;

use crate::{
    at_rest::secret_texts,
    payment,
    phone::{PATIENCE, Phone, citizen, confirm, online_service, sessions, settled, sign_in, sync},
};

pub(crate) const FORM_VALUE: &str = "Үүрийн туяа ХХК-д өгөхөөр";
pub(crate) const SEARCH: &str = "Өрхийн ӨҮ-ийн үзүүлэлт";
pub(crate) const NOTICE: &str = "Таны өргөдлийг Өнөрбаяр хянаж байна";

/// Of a file that was picked and not sent.
const FILE_NAME: &str = "Үнэмлэхний зураг Өлзийсайхан.png";
const FILE_TEXT: &str = "Өлзийсайханы үнэмлэхний дугаар ҮӨ-778213";

/// Whose app paid the fee.
const BANK: &str = "Өрнөх Үүр банк";

/// The register that fills in the order of an identity card.
const CARD: &str = "WS100101_getCitizenIDCardInfo";
const PUSH_TOKEN: &str = "canary-0123456789-abcdef";

/// What the browser carried, good once: the code and the state.
type Codes = Vec<(String, String)>;

/// The errand, with something personal in every table.
pub(crate) async fn errand(phone: &Phone, sandbox: &SandboxProcess) -> App {
    errand_with_codes(phone, sandbox).await.0
}

async fn errand_with_codes(phone: &Phone, sandbox: &SandboxProcess) -> (App, Codes) {
    let app = phone.start();
    let request = app.auth().begin_sign_in().await.unwrap();
    let callback = browser::approve(sandbox.config(), &request.url, citizen(sandbox)).await.unwrap();
    app.auth().complete_sign_in(&callback).await.unwrap();
    let pairs = callback.split(['?', '&']).filter_map(|pair| pair.split_once('='));
    let codes = pairs.filter(|(name, _)| ["code", "state"].contains(name));
    let codes: Codes = codes.map(|(name, value)| (format!("callback.{name}"), value.to_owned())).collect();
    assert_eq!(codes.len(), 2, "{callback}");
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
    control.expire_tokens().await.unwrap(); // and what comes in their place is found in no file either
    sync(&app).await;
    app.push().register(PUSH_TOKEN).await.unwrap();
    app.outbox().flush(PATIENCE).await.unwrap();
    pay(&app, sandbox).await;
    pick_a_file(&app).await;
    begin_a_draft(&app, &service).await;
    app.auth().begin_sign_in().await.unwrap(); // and never ended
    (app, codes)
}

async fn pay(app: &App, sandbox: &SandboxProcess) {
    let request = payment::applied(app, FORM_VALUE).await;
    let invoice = payment::invoice(app, &request).await;
    assert!(browser::pay_at_bank(sandbox.config(), &invoice.links[0].link).await.unwrap().contains("төлөгдсөн"));
    let payment = app.requests().check_payment(&request).await.unwrap();
    assert_eq!(payment.receipts[0].wallet, BANK);
}

async fn begin_a_draft(app: &App, service: &ServiceId) {
    let id = app.requests().begin_draft(service, Person::Me).await.unwrap();
    let draft = app.requests().draft(&id).await.unwrap();
    let asked = draft.form.fields().next().unwrap().name.clone();
    app.requests().answer(&id, asked, Some(FORM_VALUE.into())).await.unwrap();
    let card = app.requests().begin_draft(&ServiceId::parse(IDENTITY_CARD).unwrap(), Person::Me).await.unwrap();
    app.requests().prefill(&card, CARD.into(), true).await.unwrap();
}

async fn pick_a_file(app: &App) {
    let bytes = [b"\x89PNG\r\n\x1a\n", FILE_TEXT.as_bytes()].concat();
    let new = NewAttachment { name: FILE_NAME.into(), media_type: "image/png".into(), size: bytes.len() as u64 };
    let draft = app.requests().begin_draft(&ServiceId::parse(IDENTITY_CARD).unwrap(), Person::Me).await.unwrap();
    let id = app.requests().attach(&draft, "photo".into(), new).await.unwrap();
    app.requests().attachments().append(&id, 0, bytes).await.unwrap();
    app.requests().answer(&draft, "photo".into(), Some(id.as_str().to_owned())).await.unwrap();
}

/// Every value of the citizen's that this sandbox has and that is long enough to mean something, and every secret of the
/// phone: tokens, codes, keys.
fn canaries(phone: &Phone, sandbox: &SandboxProcess, app_citizen: &Value, codes: Codes) -> Canaries {
    let files = [("file name", FILE_NAME), ("file", FILE_TEXT)];
    let mut values = [
        ("form value", FORM_VALUE),
        ("notice", NOTICE),
        ("search", SEARCH),
        ("whose app paid", BANK),
        files[0],
        files[1],
    ]
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
    values.extend(codes);
    values.push(("one-time code".to_owned(), citizen(sandbox).code.clone()));
    values.push(("push token".to_owned(), PUSH_TOKEN.to_owned()));
    let secrets = secret_texts(phone);
    for of in ["auth_session.tokens.access", "auth_session.tokens.refresh", "auth_attempt"] {
        assert!(secrets.iter().any(|(name, _)| name.starts_with(of)), "{of}");
    }
    values.extend(secrets);
    let keys = phone.ports.device_key.passed();
    assert!(!keys.is_empty());
    Canaries::with_keys(values, keys.into_iter().map(|key| ("key", key))).unwrap()
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

async fn findings(phone: &Phone, app: &App, sandbox: &SandboxProcess, codes: Codes) -> (Canaries, Vec<Finding>) {
    let citizen = serde_json::to_value(app.auth().citizen().await.unwrap()).unwrap();
    let canaries = canaries(phone, sandbox, &citizen, codes);
    for beside in ["state/state.db-wal", "state/state.db-shm", "cache/cache.db-wal"] {
        assert!(phone.dirs.root().join(beside).exists(), "{beside} is scanned too");
    }
    let found = canaries.scan([phone.dirs.root()]).unwrap();
    (canaries, found)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_errand_no_file_and_no_log_line_holds_a_value_of_the_citizens() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, codes) = errand_with_codes(&phone, &sandbox).await;

    let (canaries, while_running) = findings(&phone, &app, &sandbox, codes).await;
    app.shutdown(PATIENCE).await.unwrap();
    let after = canaries.scan([phone.dirs.root()]).unwrap();

    assert_eq!(while_running, []);
    assert_eq!(after, []);
    assert_eq!(canaries.heard_in(&log(&phone)), []);
}

fn log(phone: &Phone) -> String {
    phone.ports.log.records().into_iter().map(|line| line.message + "\n").collect()
}

/// Both ways in which an error can be written down.
fn hear(said: &mut String, error: &Error) {
    said.push_str(&format!("{error}\n{error:?}\n{error:#?}\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_and_no_panic_repeats_what_it_was_given() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, codes) = errand_with_codes(&phone, &sandbox).await;
    let record = serde_json::to_value(app.auth().citizen().await.unwrap()).unwrap();
    let canaries = canaries(&phone, &sandbox, &record, codes.clone());
    let (citizen, service) = (citizen(&sandbox).clone(), online_service(&app).await);
    let form = app.requests().form(&service, Values::new()).await.unwrap().value;
    let too_long: Values = form.fields().map(|field| (field.name.clone(), FORM_VALUE.repeat(1000))).collect();
    let mut said = String::new();

    for (_, code) in &codes {
        let callback = format!("mn.emongolia:/callback?code={code}&state={code}&iss={}", citizen.name);
        hear(&mut said, &app.auth().complete_sign_in(&callback).await.unwrap_err());
    }
    hear(&mut said, &app.requests().confirm(&service, too_long).await.unwrap_err());
    hear(&mut said, &app.push().register(&citizen.name).await.unwrap_err());
    hear(&mut said, &app.handle_push(citizen.name.as_bytes(), PATIENCE).await.unwrap_err());
    let unknown = codes[0].1.to_lowercase();
    if let Some(service) = ServiceId::parse(&unknown) {
        hear(&mut said, &app.catalogue().service(&service).await.unwrap_err());
    }
    if let Some(request) = RequestId::parse(&unknown) {
        hear(&mut said, &app.requests().detail(&request).await.unwrap_err());
    }
    let nothing = OperationId::parse(&"0".repeat(32)).unwrap();
    hear(&mut said, &app.outbox().get(&nothing).await.unwrap_err());
    let words = format!("{} {} {}", citizen.regnum, codes[0].1, codes[1].1);
    let panicked = app.sync(PATIENCE, move |_| panic!("{words}")).await;
    hear(&mut said, &panicked.unwrap_err());
    sandbox.kill().unwrap();
    hear(&mut said, &app.requests().refresh().await.unwrap_err());
    hear(&mut said, &app.inbox().refresh().await.unwrap_err());
    phone.ports.secrets.unavailable();
    hear(&mut said, &app.sign_out().await.unwrap_err());
    app.shutdown(PATIENCE).await.unwrap();

    assert!(said.contains("panic") && said.contains("offline") && said.contains("locked"), "{said}");
    assert_eq!(canaries.heard_in(&said), []);
    assert_eq!(canaries.heard_in(&log(&phone)), []);
    assert!(log(&phone).contains("panic at"), "it was logged");
    let control = format!("{:?}", Error::invalid(FORM_VALUE, &*citizen.regnum));
    assert!(canaries.heard_in(&control).len() >= 2, "control: an error that repeats them is heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn control_without_sealing_the_values_are_found() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let mut phone = Phone::new(&sandbox);
    phone.controls = Controls { unsealed: true, ..Controls::default() };
    let (app, codes) = errand_with_codes(&phone, &sandbox).await;

    let (_, found) = findings(&phone, &app, &sandbox, codes).await;

    let secrets = ["auth_session.tokens.access", "auth_session.tokens.refresh"];
    for label in ["form value", "notice", "search", "request number", "push token"].iter().chain(&secrets) {
        assert!(found.iter().any(|finding| finding.value_label == *label), "{label} in {found:?}");
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
    assert_eq!(app.requests().receipts(None).await.unwrap().items, []);
    assert_eq!(app.inbox().page(Default::default(), None).await.unwrap().value.items, []);
    assert_eq!(app.outbox().list(true, None).await.unwrap().items, []);
    assert_eq!(app.catalogue().favourites(None).await.unwrap().value.items, []);
    assert_eq!(app.catalogue().recent_searches().await.unwrap(), [""; 0]);
    app.shutdown(PATIENCE).await.unwrap();
    let again = phone.start();
    assert_eq!(again.auth().citizen().await.err(), Some(Error::SignInRequired));
    sign_in(&again, &sandbox).await;
    sync(&again).await;
    assert_eq!(again.requests().page(None).await.unwrap().value.items.len(), 2, "the state has them still");
    again.shutdown(PATIENCE).await.unwrap();
}

/// In all tables of both files.
pub(crate) fn rows(phone: &Phone) -> u32 {
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
async fn a_sign_out_of_which_nobody_had_heard_is_told_at_the_next_start() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    errand(&phone, &sandbox).await.shutdown(PATIENCE).await.unwrap();
    std::fs::write(phone.dirs.state().join("signing-out"), "marked 0123456789abcdef").unwrap(); // and there the phone died
    assert_eq!(sessions(&sandbox), 1);

    let again = phone.start();

    assert_eq!(sessions(&sandbox), 0, "the other side has heard of it");
    assert_eq!(phone.ports.secrets.names(), Vec::<String>::new());
    assert_eq!(again.auth().citizen().await.err(), Some(Error::SignInRequired));
    assert_eq!(again.outbox().list(true, None).await.unwrap().items, []);
    sign_in(&again, &sandbox).await;
    again.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_memory_goes_with_the_marker_even_if_the_files_do_not() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = errand(&phone, &sandbox).await;
    let favourite = app.catalogue().favourites(None).await.unwrap().value.items.remove(0);
    app.catalogue().searchable().await.unwrap();
    let marked = |app: &App| {
        let found = app.catalogue().search(&favourite.name.mn, &Default::default(), None);
        found.is_ok_and(|page| page.value.items.iter().any(|hit| hit.service.favourite))
    };
    assert!(marked(&app), "control: it is known before");
    let stuck = phone.dirs.state().join("state.db-stuck");
    std::fs::create_dir(&stuck).unwrap(); // no file, so it can't be removed as one

    let failed = app.sign_out().await.err();

    assert!(matches!(&failed, Some(Error::Unexpected { code, .. }) if code == "wipe.files"), "{failed:?}");
    assert!(!marked(&app));
    std::fs::remove_dir(&stuck).unwrap();
    app.resume().await.unwrap();
    assert!(!marked(&app));
    assert_eq!(app.outbox().list(true, None).await.unwrap().items, []);
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
