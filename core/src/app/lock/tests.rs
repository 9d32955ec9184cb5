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

mod fingers;
mod hours;
mod locked;
mod pins;
mod races;

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

fn tokens(app: &App) -> Option<Vec<u8>> {
    let read =
        |dao: &storage::Dao<'_>| Ok(dao.sql().query_row("SELECT tokens FROM auth_session", [], |row| row.get(0))?);
    app.0.state.read_now(read).unwrap()
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
