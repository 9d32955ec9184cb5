//! The lock of a whole core, against a server that notes whatever it is asked.

use std::{
    collections::BTreeSet,
    sync::{Mutex, mpsc},
    task::{Context, Poll, Waker},
};

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::{
    app::StepOutcome,
    auth::{
        Freshness, SessionState,
        testing::{Bench, MemorySecrets},
    },
    foundation::{
        clock::{Clock as _, ManualClock},
        config::Config,
        crypto::digest::base64url,
        events::Event,
        net::testing::Reply,
        ports::SecretStore as _,
        storage,
    },
    notify::inbox,
    offline::outbox::{OperationId, State},
    services::{ServiceId, bundles, catalogue, requests},
};

const PIN: &str = "480251";
const OTHER_PIN: &str = "731946";
const WRONG: &str = "000001";
const PATIENCE: Duration = Duration::from_secs(60);

/// One installation, its server, and whatever a test pulls at.
struct Phone {
    bench: Bench,
    dir: TempDir,
    ports: Ports,
    secrets: Arc<MemorySecrets>,
    /// Paths that the gateway was asked for.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Phone {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let (asked, secrets) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(MemorySecrets::default()));
        let notes = asked.clone();
        bench.world().resource = Arc::new(move |seen| {
            notes.lock().unwrap().push(seen.path().to_owned());
            match seen.path() {
                "/v1/push/registration" => Reply::status(503).with("Retry-After", "3600"), // it stays in the outbox, and quiet
                _ => Reply::json(200, &json!({"items": [], "next": 0, "more": false})),
            }
        });
        bench.world().spoil_tokens = |answer| answer["store_share"] = json!(base64url(&[9; 32]));
        let mut ports = Ports { secrets: secrets.clone(), ..bench.ports.clone() };
        ports.controls.kdf_rounds = Some(2);
        Self { bench, dir: TempDir::new().unwrap(), ports, secrets, asked }
    }

    fn config(&self) -> Config {
        let (state_dir, cache_dir) = (self.dir.path().join("Өгөгдөл"), self.dir.path().join("Түр"));
        Config { state_dir, cache_dir, ..self.bench.config.clone() }
    }

    fn open(&self) -> App {
        App::open(self.config(), self.ports.clone()).unwrap()
    }

    fn open_extension(&self) -> App {
        App::open(Config { mode: Mode::Extension, ..self.config() }, self.ports.clone()).unwrap()
    }

    async fn sign_in(&self, app: &App) -> Result<()> {
        let request = app.auth().begin_sign_in().await?;
        let callback = self.bench.world().approve(&request.url);
        app.auth().complete_sign_in(&callback).await.map(drop)
    }

    /// Signed in, with a PIN, open.
    async fn with_pin(&self) -> App {
        let app = self.open();
        self.sign_in(&app).await.unwrap();
        app.lock().change_pin(None, Some(PIN)).await.unwrap();
        app
    }

    /// All ten tries are gone.
    async fn spend(&self, app: &App) -> Error {
        loop {
            let refused = app.lock().unlock(Some(WRONG)).await.unwrap_err();
            if let Error::Busy { retry_after_s: Some(s) } = refused {
                self.bench.clock.advance(Duration::from_secs(s.into()));
            } else if refused != Error::invalid("pin", "lock.wrong") {
                return refused;
            }
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn wrong(reason: &str) -> Result<()> {
    Err(Error::invalid("pin", reason))
}

/// One call of each public method that touches what is a citizen's own.
async fn personal(app: &App) -> Vec<(&'static str, Result<()>)> {
    let (service, code) = (ServiceId::parse("1").unwrap(), bundles::Code::parse("a").unwrap());
    let (operation, request) = (OperationId::parse(&"0".repeat(32)).unwrap(), requests::RequestId::parse("1").unwrap());
    let message = inbox::MessageId::parse("1").unwrap();
    let confirmation = requests::ConfirmationId::parse(&"0".repeat(32)).unwrap();
    vec![
        ("citizen", app.auth().citizen().await.map(drop)),
        ("step_up", app.auth().step_up(Freshness { max_age_s: 300, acr: None }).await.map(drop)),
        ("favourites", app.catalogue().favourites(None).await.map(drop)),
        ("add_favourite", app.catalogue().add_favourite(&service).await),
        ("remove_favourite", app.catalogue().remove_favourite(&service).await),
        ("recent_searches", app.catalogue().recent_searches().await.map(drop)),
        ("remember_search", app.catalogue().remember_search("үнэмлэх").await),
        ("forget_search", app.catalogue().forget_search("үнэмлэх").await),
        ("forget_searches", app.catalogue().forget_searches().await),
        ("bundles.page", app.bundles().page(bundles::Filter::All, None).await.map(drop)),
        ("bundle", app.bundles().bundle(&code).await.map(drop)),
        ("start", app.bundles().start(&code).await),
        ("dismiss", app.bundles().dismiss(&code).await),
        ("mark", app.bundles().mark(&code, &code, true).await),
        ("confirm", app.requests().confirm(&service, requests::Values::default()).await.map(drop)),
        ("submit", app.requests().submit(&confirmation).await.map(drop)),
        ("of_operation", app.requests().of_operation(&operation).await.map(drop)),
        ("requests.page", app.requests().page(None).await.map(drop)),
        ("detail", app.requests().detail(&request).await.map(drop)),
        ("requests.refresh", app.requests().refresh().await.map(drop)),
        ("inbox.page", app.inbox().page(inbox::Filter::All, None).await.map(drop)),
        ("message", app.inbox().message(&message).await.map(drop)),
        ("unread", app.inbox().unread().await.map(drop)),
        ("mark_read", app.inbox().mark_read(&message).await.map(drop)),
        ("delete", app.inbox().delete(&message).await.map(drop)),
        ("inbox.refresh", app.inbox().refresh().await.map(drop)),
        ("outbox.list", app.outbox().list(true, None).await.map(drop)),
        ("outbox.get", app.outbox().get(&operation).await.map(drop)),
        ("outbox.retry", app.outbox().retry(&operation).await),
        ("outbox.cancel", app.outbox().cancel(&operation).await),
        ("outbox.settle", app.outbox().settle(&operation, Duration::ZERO).await.map(drop)),
        ("outbox.flush", app.outbox().flush(Duration::from_secs(1)).await.map(drop)),
        ("push.register", app.push().register("token-1234").await.map(drop)),
        ("export", app.export().await.map(drop)),
        ("change_pin", app.lock().change_pin(Some(PIN), Some(OTHER_PIN)).await),
        ("set_biometric", app.lock().set_biometric(true).await),
    ]
}

/// One call of each that is for everybody.
async fn public(app: &App) -> Vec<(&'static str, Result<()>)> {
    let service = ServiceId::parse("1").unwrap();
    let filter = catalogue::Filter::default;
    vec![
        ("services", app.catalogue().services(filter(), None).await.map(drop)),
        ("search", app.catalogue().search("үнэмлэх", &filter(), None).map(drop)),
        ("search_spoken", app.catalogue().search_spoken(&[], &filter()).map(drop)),
        ("searchable", app.catalogue().searchable().await),
        ("service", app.catalogue().service(&service).await.map(drop)),
        ("organisations", app.catalogue().organisations(None).await.map(drop)),
        ("areas", app.catalogue().areas("MN", None).await.map(drop)),
        ("catalogue.refresh", app.catalogue().refresh().await.map(drop)),
        ("refresh_areas", app.catalogue().refresh_areas().await.map(drop)),
        ("bundles.refresh", app.bundles().refresh().await.map(drop)),
        ("form", app.requests().form(&service, requests::Values::default()).await.map(drop)),
        ("session.state", app.auth().state().await.map(drop)),
        ("sync", app.sync(PATIENCE, |_| {}).await.map(drop)),
        ("handle_push", app.handle_push(br#"{"v":1,"area":"inbox"}"#, PATIENCE).await.map(drop)),
        ("suspend", app.suspend(PATIENCE).await),
        ("resume", app.resume().await),
    ]
}

fn locked(calls: &[(&'static str, Result<()>)]) -> BTreeSet<&'static str> {
    calls.iter().filter(|(_, ended)| *ended == Err(Error::Locked)).map(|(name, _)| *name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_personal_is_out_of_reach_while_locked_and_what_is_public_is_not() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    assert!(locked(&personal(&app).await).is_empty() && locked(&public(&app).await).is_empty(), "open");
    let pin = if app.lock().change_pin(Some(OTHER_PIN), Some(PIN)).await.is_ok() { PIN } else { OTHER_PIN };

    app.lock().lock().await.unwrap();

    let calls = personal(&app).await;
    assert_eq!(locked(&calls).len(), calls.len(), "{calls:?}");
    assert!(locked(&public(&app).await).is_empty());
    assert_eq!(app.auth().state().await, Ok(SessionState::Locked));
    for refused in [app.sign_out().await.err(), app.auth().begin_sign_in().await.err()] {
        assert_eq!(refused, Some(Error::Locked));
    }

    app.lock().unlock(Some(pin)).await.unwrap();
    assert!(locked(&personal(&app).await).is_empty());

    app.lock().lock().await.unwrap();
    phone.spend(&app).await;
    let calls = personal(&app).await;
    assert_eq!(locked(&calls).len(), calls.len(), "spent: {calls:?}");
    assert!(locked(&public(&app).await).is_empty());
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locking_is_not_signing_out_and_unlocking_asks_nobody() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    let waits = app.push().register("token-1234").await.unwrap();
    app.outbox().settle(&waits, PATIENCE).await.unwrap();
    let before = app.outbox().get(&waits).await.unwrap();
    app.lock().lock().await.unwrap();
    let requests = phone.bench.server.requests();

    app.lock().unlock(Some(PIN)).await.unwrap();

    assert_eq!(phone.bench.server.requests(), requests);
    assert!(matches!(app.auth().state().await, Ok(SessionState::Active { .. })));
    assert_eq!(app.outbox().get(&waits).await.unwrap().id, before.id);
    assert_eq!(
        app.lock().status(),
        LockStatus { set: true, open: true, biometric: false, recoverable: true, tries_left: 10, wait_s: 0 }
    );
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_start_sets_nothing_aside_and_makes_no_other_key() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    let request = app.auth().begin_sign_in().await.unwrap();
    let callback = phone.bench.world().approve(&request.url);
    app.shutdown(PATIENCE).await.unwrap();
    let record = phone.secrets.get("keys").unwrap();

    let again = phone.open();
    assert_eq!(again.auth().state().await, Ok(SessionState::Locked));
    assert_eq!(again.auth().begin_sign_in().await.err(), Some(Error::Locked));
    assert_eq!(again.auth().complete_sign_in(&callback).await.err(), Some(Error::Locked));
    again.network_available();
    again.sync(PATIENCE, |_| {}).await.unwrap();

    assert_eq!(phone.secrets.get("keys").unwrap(), record);
    let set_aside = std::fs::read_dir(phone.config().state_dir).unwrap().filter(|file| {
        let name = file.as_ref().unwrap().file_name().to_string_lossy().into_owned();
        !["state.db", "state.db-wal", "state.db-shm"].contains(&name.as_str())
    });
    assert_eq!(set_aside.count(), 0);

    again.lock().unlock(Some(PIN)).await.unwrap();
    again.auth().complete_sign_in(&callback).await.unwrap(); // the attempt stayed good
    again.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_core_keeps_hints_and_follows_them_once_open() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    app.lock().lock().await.unwrap();
    let asked = phone.asked();

    for _ in 0..3 {
        let kept = app.handle_push(br#"{"v":1,"area":"inbox"}"#, PATIENCE).await;
        assert_eq!(kept, Ok(PushOutcome { changed: false }));
    }
    assert!(app.handle_push("Өө".as_bytes(), PATIENCE).await.is_err(), "what is no hint is not kept");
    app.shutdown(PATIENCE).await.unwrap();

    let extension = phone.open_extension();
    assert_eq!(extension.lock().unlock(Some(PIN)).await, Err(Error::NotAvailable), "not in an extension");
    extension.handle_push(br#"{"v":1,"area":"requests"}"#, PATIENCE).await.unwrap();
    extension.shutdown(PATIENCE).await.unwrap();
    assert_eq!(phone.asked(), asked, "nothing was pulled");

    let app = phone.open();
    let kept = |app: &App| app.0.state.read_now(push::hints).unwrap();
    assert_eq!(kept(&app).map(|(hint, _)| hint), Some(Hint::Everything));
    app.lock().unlock(Some(PIN)).await.unwrap();
    while kept(&app).is_some() {
        tokio::task::yield_now().await;
    }

    let pulled: BTreeSet<_> = phone.asked().split_off(asked.len()).into_iter().collect();
    assert!(pulled.contains("/v1/inbox") && pulled.contains("/v1/requests"), "{pulled:?}");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_sync_pulls_what_is_public_and_tries_nothing_else() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    app.lock().lock().await.unwrap();

    let report = app.sync(PATIENCE, |_| {}).await.unwrap();

    for step in report.steps {
        let public = matches!(step.area, Area::Catalogue | Area::Bundles);
        assert_eq!(step.outcome != StepOutcome::NotTried, public, "{step:?}");
    }
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_is_set_changed_and_removed_only_by_who_knows_it() {
    let phone = Phone::new().await;
    let app = phone.open();
    assert_eq!(app.lock().change_pin(None, Some(PIN)).await, Err(Error::SignInRequired), "nobody's app");
    phone.sign_in(&app).await.unwrap();
    let change = |current, new| app.lock().change_pin(current, new);

    assert_eq!(app.lock().lock().await, Err(Error::NotAvailable), "nothing would open it again");
    assert_eq!(change(Some(PIN), Some(OTHER_PIN)).await, wrong("lock.not_set"));
    assert_eq!(change(None, Some("951212")).await, wrong("lock.weak"), "the citizen's birth date");
    assert_eq!(change(None, Some("нууц")).await, wrong("lock.form"));
    change(None, None).await.unwrap();
    change(None, Some(PIN)).await.unwrap();
    assert_eq!(change(None, Some(OTHER_PIN)).await, wrong("lock.current"));
    assert_eq!(change(Some(WRONG), Some(OTHER_PIN)).await, wrong("lock.wrong"));
    assert_eq!(app.lock().status().tries_left, 9, "it counts as a try");
    change(Some(PIN), Some(OTHER_PIN)).await.unwrap();

    app.lock().lock().await.unwrap();
    assert_eq!(app.lock().unlock(Some(PIN)).await, wrong("lock.wrong"));
    assert_eq!(app.lock().unlock(Some("1")).await, wrong("lock.form"), "and is not counted");
    assert_eq!(app.lock().status().tries_left, 9);
    app.lock().unlock(Some(OTHER_PIN)).await.unwrap();
    change(Some(OTHER_PIN), None).await.unwrap();
    assert!(!app.lock().status().set && app.lock().status().open);
    app.shutdown(PATIENCE).await.unwrap();
    assert!(matches!(phone.open().auth().state().await, Ok(SessionState::Active { .. })), "opens by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_wrong_pins_take_the_session_and_a_sign_in_brings_the_rest_back() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    let waits = app.push().register("token-1234").await.unwrap();
    app.outbox().settle(&waits, PATIENCE).await.unwrap();
    app.lock().lock().await.unwrap();

    assert_eq!(phone.spend(&app).await, Error::SignInRequired);

    for app in [&app, &phone.open()] {
        assert_eq!(app.auth().state().await, Ok(SessionState::Locked));
        let status = app.lock().status();
        assert_eq!((status.set, status.open, status.recoverable, status.tries_left), (true, false, true, 0));
        assert_eq!(app.lock().unlock(Some(PIN)).await, Err(Error::SignInRequired));
        assert_eq!(tokens(app), None, "the session key is gone");
    }
    let request = app.auth().begin_sign_in().await.unwrap();
    assert!(matches!(app.auth().state().await, Ok(SessionState::SigningIn { .. })));
    let callback = phone.bench.world().approve(&request.url);

    phone.bench.world().subject = "citizen-2".into();
    assert_eq!(app.auth().complete_sign_in(&callback).await.err(), Some(Error::invalid("citizen", "other_citizen")));
    phone.bench.world().subject = "citizen-1".into();
    phone.bench.world().spoil_tokens = |_| {};
    let without = phone.sign_in(&app).await;
    assert_eq!(without, Err(Error::invalid("citizen", "lock.not_recoverable")));
    phone.bench.world().spoil_tokens = |answer| answer["store_share"] = json!(base64url(&[9; 32]));
    phone.sign_in(&app).await.unwrap();

    assert!(matches!(app.auth().state().await, Ok(SessionState::Active { .. })));
    assert_ne!(app.outbox().get(&waits).await.unwrap().state, State::Cancelled, "what was not sent is still there");
    let status = app.lock().status();
    assert_eq!((status.set, status.open, status.recoverable), (false, true, true), "a new PIN is to be asked for");
    app.lock().change_pin(None, Some(OTHER_PIN)).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
}

fn tokens(app: &App) -> Option<Vec<u8>> {
    let read =
        |dao: &storage::Dao<'_>| Ok(dao.sql().query_row("SELECT tokens FROM auth_session", [], |row| row.get(0))?);
    app.0.state.read_now(read).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_would_bring_it_back_ten_wrong_pins_wipe() {
    let phone = Phone::new().await;
    phone.bench.world().spoil_tokens = |_| {};
    let app = phone.with_pin().await;
    assert!(!app.lock().status().recoverable, "the shell warns");
    app.lock().lock().await.unwrap();

    assert_eq!(phone.spend(&app).await, Error::SignInRequired);

    assert_eq!(phone.secrets.get("keys"), Ok(None));
    assert_eq!(app.auth().state().await, Ok(SessionState::SignedOut));
    assert_eq!((app.lock().status().set, app.lock().status().open), (false, true));
    phone.sign_in(&app).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wipe_that_a_tenth_wrong_pin_did_not_get_to_is_done_at_the_next_start() {
    let phone = Phone::new().await;
    phone.bench.world().spoil_tokens = |_| {};
    phone.with_pin().await.shutdown(PATIENCE).await.unwrap();
    let ring = KeyRing::default();
    while ring.try_pin(&phone.ports, WRONG).unwrap() != Check::Spent {
        phone.bench.clock.advance(Duration::from_secs(3_600)); // as the core does, and dies after the last
    }

    let app = phone.open();

    assert_eq!((phone.secrets.get("keys"), app.auth().state().await), (Ok(None), Ok(SessionState::SignedOut)));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_needs_no_pin_and_leaves_an_app_that_is_nobodys() {
    let (phone, fingers, app) = with_fingers().await;

    app.erase().await.unwrap();

    assert_eq!((phone.secrets.get("keys"), *fingers.key.lock().unwrap()), (Ok(None), None));
    assert_eq!(app.auth().state().await, Ok(SessionState::SignedOut));
    assert_eq!((app.lock().status().set, app.lock().status().open), (false, true));
    phone.sign_in(&app).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stops_waiting_changes_nothing_of_what_becomes_of_it() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    for polls in 0..4 {
        abandon(app.lock().lock(), polls);
        until(|| !app.lock().status().open).await;
        abandon(app.lock().unlock(Some(PIN)), polls);
        until(|| app.lock().status().open).await;
        abandon(app.lock().change_pin(Some(PIN), None), polls);
        until(|| !app.lock().status().set).await;
        abandon(app.lock().change_pin(None, Some(PIN)), polls);
        until(|| app.lock().status().set).await;
    }
    app.lock().lock().await.unwrap();
    for tries_left in [9, 8] {
        abandon(app.lock().unlock(Some(WRONG)), 0);
        until(|| app.lock().status().tries_left == tries_left).await;
    }
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_on_their_way_while_it_locks_are_there_once_it_is_open_again() {
    for in_time in [true, false] {
        let (phone, clock, app) = with_hours().await;
        app.inbox().refresh().await.unwrap();
        let answer = Arc::new(tokio::sync::Notify::new());
        {
            let mut world = phone.bench.world();
            world.expire_access_tokens();
            (world.rotate, world.hold_tokens) = (true, Some(answer.clone())); // who loses this answer has nothing left
        }
        let asked = app.inbox().refresh();
        until(|| phone.bench.world().refreshes == 1).await;

        let locked = app.lock().lock();
        until(|| !app.lock().status().open).await;
        assert_eq!(app.inbox().refresh().await.map(drop), Err(Error::Locked));
        if in_time {
            answer.notify_one();
            locked.await.unwrap();
        } else {
            // Once, and when it waits: any further and the request that is held would be given up.
            let patience = clock.now().saturating_add(LAND_WITHIN);
            until(|| clock.is_awaited(patience)).await;
            clock.advance(LAND_WITHIN);
            locked.await.unwrap();
            answer.notify_one();
        }
        phone.bench.world().hold_tokens = None;
        let _ = asked.await; // refused or answered, as it happened
        app.0.auth.quiesce().await;
        assert!(app.0.keys.id().is_none());

        app.lock().unlock(Some(PIN)).await.unwrap();
        app.inbox().refresh().await.unwrap();
        assert_eq!(phone.bench.world().refreshes, 1, "in time: {in_time}");
        app.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_core_whose_files_are_closed_is_as_locked_as_one_whose_files_are_open() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    app.suspend(PATIENCE).await.unwrap();

    app.lock().lock().await.unwrap();

    assert!(!app.lock().status().open && app.0.keys.id().is_none());
    assert_eq!(app.sign_out().await.err(), Some(Error::Locked));
    app.lock().unlock(Some(PIN)).await.unwrap();
    assert!(app.sign_out().await.is_ok(), "control");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_between_the_right_pin_and_the_open_gate_is_not_lost() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    app.lock().lock().await.unwrap();
    app.lock().check(Zeroizing::new(PIN.into())).await.unwrap();
    assert!(app.0.keys.id().is_some() && !app.lock().status().open, "the PIN was right, the gate is not open yet");

    app.lock().lock().await.unwrap();

    assert!(app.0.keys.id().is_none(), "every key is out of memory when that call returns");
    assert_eq!(app.0.shutter.opened(Occasion::Opened).await, Err(Error::Locked));
    assert!(!app.lock().status().open);
    app.lock().unlock(Some(PIN)).await.unwrap();
    assert!(app.auth().citizen().await.is_ok(), "control");
    app.shutdown(PATIENCE).await.unwrap();
}

/// Polls so often, then goes away.
fn abandon(mut work: Work<()>, polls: usize) {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(ended) = std::pin::Pin::new(&mut work).poll(&mut context) {
            ended.unwrap();
            return;
        }
        std::thread::yield_now();
    }
}

async fn until(it_is: impl Fn() -> bool) {
    while !it_is() {
        tokio::task::yield_now().await;
    }
}

/// A phone whose hours stand still until the test moves them.
async fn with_hours() -> (Phone, ManualClock, App) {
    let mut phone = Phone::new().await;
    let clock = ManualClock::at(phone.bench.clock.now());
    phone.ports.clock = Arc::new(clock.clone());
    let app = phone.with_pin().await;
    (phone, clock, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_nobody_touches_locks_and_one_that_is_touched_does_not() {
    let (_phone, clock, app) = with_hours().await;
    let s = Duration::from_secs;
    settled(&app).await;

    clock.advance(s(299));
    settled(&app).await;
    app.lock().touch();
    clock.advance(s(299));
    settled(&app).await;
    assert!(app.lock().status().open);
    clock.advance(s(1));
    until(|| !app.lock().status().open).await;

    app.lock().unlock(Some(PIN)).await.unwrap();
    app.lock().shorten(s(60), s(5));
    settled(&app).await;
    clock.advance(s(60));
    until(|| !app.lock().status().open).await;

    app.lock().unlock(Some(PIN)).await.unwrap();
    app.lock().change_pin(Some(PIN), None).await.unwrap();
    clock.advance(s(100_000));
    settled(&app).await;
    assert!(app.lock().status().open, "without a PIN there is nothing to lock");
    app.shutdown(PATIENCE).await.unwrap();
}

/// The timer has been asked and waits again.
async fn settled(app: &App) {
    for _ in 0..50 {
        app.auth().state().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_was_away_for_too_long_comes_back_locked() {
    let (_phone, clock, app) = with_hours().await;
    let s = Duration::from_secs;
    let away = async |span| {
        app.suspend(PATIENCE).await.unwrap();
        clock.advance(span);
        app.resume().await.unwrap();
        app.lock().status().open
    };

    assert!(away(s(29)).await);
    assert!(!away(s(30)).await);
    assert_eq!(app.auth().state().await, Ok(SessionState::Locked));
    app.lock().unlock(Some(PIN)).await.unwrap();
    app.lock().shorten(s(300), s(0));
    assert!(!away(s(0)).await, "at once, if the configuration says so");
    app.shutdown(PATIENCE).await.unwrap();
}

/// What a prompt of the platform's may do.
struct Fingers {
    key: Mutex<Option<u8>>,
    answer: Mutex<Option<PortError>>,
    /// A prompt says that it is open, and waits for the word.
    held: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
    prompts: std::sync::atomic::AtomicUsize,
}

impl Fingers {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            key: Mutex::new(None),
            answer: Mutex::default(),
            held: Mutex::default(),
            prompts: std::sync::atomic::AtomicUsize::new(0),
        })
    }
}

impl BiometricKey for Fingers {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError> {
        let own = *self.key.lock().unwrap().get_or_insert(0x2d);
        Ok(key.iter().map(|byte| byte ^ own).collect())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        self.prompts.fetch_add(1, Ordering::SeqCst);
        let held = self.held.lock().unwrap().take();
        if let Some((open, word)) = held {
            open.send(()).unwrap();
            word.recv().unwrap();
        }
        if let Some(error) = self.answer.lock().unwrap().clone() {
            return Err(error);
        }
        let own = self.key.lock().unwrap().ok_or(PortError::Invalidated)?;
        Ok(wrapped.iter().map(|byte| byte ^ own).collect())
    }

    fn delete(&self) -> Result<(), PortError> {
        *self.key.lock().unwrap() = None;
        Ok(())
    }
}

async fn with_fingers() -> (Phone, Arc<Fingers>, App) {
    let (mut phone, fingers) = (Phone::new().await, Fingers::new());
    phone.ports.biometric = Some(fingers.clone());
    let app = phone.with_pin().await;
    app.lock().set_biometric(true).await.unwrap();
    app.lock().lock().await.unwrap();
    (phone, fingers, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finger_opens_as_the_pin_does_and_forgives_no_try() {
    let (phone, _fingers, app) = with_fingers().await;
    assert_eq!(app.lock().unlock(Some(WRONG)).await, wrong("lock.wrong"));

    app.lock().unlock(None).await.unwrap();

    assert!(app.auth().citizen().await.is_ok());
    assert_eq!((app.lock().status().biometric, app.lock().status().tries_left), (true, 9));
    app.lock().change_pin(Some(PIN), Some(OTHER_PIN)).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
    let again = phone.open();
    again.lock().unlock(None).await.unwrap(); // biometry outlives a change of the PIN
    again.lock().set_biometric(false).await.unwrap();
    again.lock().lock().await.unwrap();
    assert_eq!(again.lock().unlock(None).await, Err(Error::invalid("biometric", "lock.biometry_off")));
    again.lock().unlock(Some(OTHER_PIN)).await.unwrap();
    again.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn biometry_needs_a_pin_and_goes_with_it() {
    let (mut phone, fingers) = (Phone::new().await, Fingers::new());
    let app = phone.open();
    phone.sign_in(&app).await.unwrap();
    assert_eq!(app.lock().set_biometric(true).await, Err(Error::NotAvailable), "this phone has none");
    app.shutdown(PATIENCE).await.unwrap();
    phone.ports.biometric = Some(fingers.clone());
    let app = phone.open();

    assert_eq!(app.lock().set_biometric(true).await, wrong("lock.not_set"));
    app.lock().change_pin(None, Some(PIN)).await.unwrap();
    app.lock().set_biometric(true).await.unwrap();
    app.lock().change_pin(Some(PIN), None).await.unwrap();

    assert_eq!((app.lock().status().biometric, *fingers.key.lock().unwrap()), (false, None));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_enrolment_falls_back_to_the_pin_and_wipes_nothing() {
    for other_key in [None, Some(0x11)] {
        let (_phone, fingers, app) = with_fingers().await;
        *fingers.key.lock().unwrap() = other_key; // gone, or made anew under another name

        let ended = app.lock().unlock(None).await;

        assert_eq!(ended, Err(Error::invalid("biometric", "lock.biometry_changed")));
        let status = app.lock().status();
        assert_eq!((status.biometric, status.open, status.tries_left), (false, false, 10));
        app.lock().unlock(Some(PIN)).await.unwrap();
        assert!(app.auth().citizen().await.is_ok());
        app.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_that_is_called_off_changes_nothing_and_a_second_one_waits_its_turn() {
    let (phone, fingers, app) = with_fingers().await;
    *fingers.answer.lock().unwrap() = Some(PortError::Cancelled);
    assert_eq!(app.lock().unlock(None).await, Err(Error::Cancelled));
    *fingers.answer.lock().unwrap() = None;
    assert!(app.lock().status().biometric);

    let ((open, opened), (word, heard)) = (mpsc::channel(), mpsc::channel());
    *fingers.held.lock().unwrap() = Some((open, heard));
    let first = app.lock().unlock(None);
    tokio::task::spawn_blocking(move || opened.recv().unwrap()).await.unwrap();
    assert_eq!(app.lock().unlock(None).await, Err(Error::Busy { retry_after_s: None }));
    app.suspend(Duration::from_secs(30)).await.unwrap(); // no prompt holds it up
    app.resume().await.unwrap();
    word.send(()).unwrap();
    first.await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();

    let (prompts, extension) = (fingers.prompts.load(Ordering::SeqCst), phone.open_extension());
    assert_eq!(extension.lock().unlock(None).await, Err(Error::NotAvailable));
    assert_eq!(fingers.prompts.load(Ordering::SeqCst), prompts, "an extension never prompts");
    extension.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shell_is_told_when_it_locks_and_when_it_opens() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    let told = async || loop {
        if app.next_event().await.unwrap() == Some(Event::Changed { area: Area::Session }) {
            return;
        }
    };
    told().await;

    app.lock().lock().await.unwrap();
    told().await;
    app.lock().unlock(Some(PIN)).await.unwrap();
    told().await;
    app.shutdown(PATIENCE).await.unwrap();
}
