//! A phone of a test: an installation that outlives restarts of the core, and what its citizen does.

use std::{sync::Arc, time::Duration};

use emongolia_core::{
    App, Config,
    auth::Freshness,
    foundation::{
        clock::{Clock, ManualClock},
        ports::Controls,
    },
    offline::outbox::{OperationId, OperationView},
    services::{
        ServiceId,
        catalogue::Filter,
        requests::{ConfirmationId, Values},
    },
};
pub(crate) use emongolia_support::forms::filled;
use emongolia_support::{
    browser,
    ports::MemoryPhone,
    processes::{SandboxProcess, TestCitizen},
    temp::InstallDir,
};

/// Longer than anything here takes on a busy machine; reached only when something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What is kept of an operation: what it sends, and what was confirmed.
pub(crate) const SENT: &str = "operation SET body = x'00' WHERE id";
pub(crate) const CONFIRMED: &str = "confirmation SET body = x'00' WHERE operation_id";

pub(crate) struct Phone {
    pub(crate) dirs: InstallDir,
    pub(crate) ports: MemoryPhone,
    pub(crate) config: Config,
    pub(crate) controls: Controls,
    clock: Option<Arc<dyn Clock>>,
}

impl Phone {
    pub(crate) fn new(sandbox: &SandboxProcess) -> Self {
        let dirs = InstallDir::new().unwrap();
        let config = sandbox.core_config(dirs.state(), dirs.cache()).unwrap();
        Self::with(dirs, config)
    }

    pub(crate) fn with(dirs: InstallDir, config: Config) -> Self {
        Self { dirs, ports: MemoryPhone::new(), config, controls: Controls::default(), clock: None }
    }

    #[must_use]
    pub(crate) fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// With the app closed: this can't be read any more of that operation.
    pub(crate) fn spoil(&self, what: &str, operation: &OperationId) {
        let state = rusqlite::Connection::open(self.dirs.state().join("state.db")).unwrap();
        let rows = state.execute(&format!("UPDATE {what} = ?1"), [operation.as_str()]).unwrap();
        assert_eq!(rows, 1);
    }

    /// Starts the core, as the platform starts the app.
    pub(crate) fn start(&self) -> App {
        let mut ports = self.ports.ports();
        if let Some(clock) = &self.clock {
            ports.clock = clock.clone();
        }
        ports.controls = self.controls;
        App::open(self.config.clone(), ports).unwrap()
    }

    /// Started, signed in and synced, with a service that can be applied for.
    pub(crate) async fn ready(&self, sandbox: &SandboxProcess) -> (App, ServiceId) {
        let app = self.start();
        sign_in(&app, sandbox).await;
        sync(&app).await;
        let service = online_service(&app).await;
        (app, service)
    }
}

/// The citizen whose name has the most letters that other people's software gets wrong.
pub(crate) fn citizen(sandbox: &SandboxProcess) -> &TestCitizen {
    let hard = |citizen: &&TestCitizen| citizen.name.matches(['Ө', 'ө', 'Ү', 'ү']).count();
    sandbox.config().citizens.iter().max_by_key(hard).unwrap()
}

pub(crate) async fn sign_in(app: &App, sandbox: &SandboxProcess) {
    let request = app.auth().begin_sign_in().await.unwrap();
    let callback = browser::approve(sandbox.config(), &request.url, citizen(sandbox)).await.unwrap();
    app.auth().complete_sign_in(&callback).await.unwrap();
}

/// The citizen proves once more who they are.
pub(crate) async fn prove_anew(app: &App, sandbox: &SandboxProcess) {
    let request = app.auth().step_up(Freshness::within(300)).await.unwrap();
    let callback = browser::approve(sandbox.config(), &request.url, citizen(sandbox)).await.unwrap();
    app.auth().complete_sign_in(&callback).await.unwrap();
}

/// Time passes, here and there.
pub(crate) async fn pass(span: Duration, clock: &ManualClock, sandbox: &SandboxProcess) {
    clock.advance(span);
    sandbox.control().unwrap().advance_clock(span).await.unwrap();
}

pub(crate) async fn sync(app: &App) {
    let report = app.sync(PATIENCE, |_| ()).await.unwrap();
    assert_eq!(report.error(), None);
}

/// A service that can be applied for in the app.
pub(crate) async fn online_service(app: &App) -> ServiceId {
    let filter = Filter { online: true, ..Filter::default() };
    app.catalogue().services(filter, None).await.unwrap().value.items[0].id.clone()
}

pub(crate) async fn confirm(app: &App, service: &ServiceId, text: &str) -> ConfirmationId {
    let form = app.requests().form(service, Values::new()).await.unwrap().value;
    app.requests().confirm(service, filled(&form, text)).await.unwrap().id
}

pub(crate) async fn settled(app: &App, operation: &OperationId) -> OperationView {
    app.outbox().settle(operation, PATIENCE).await.unwrap()
}

/// How many rows the sandbox's own table has.
/// Sign-ins whose tokens the sandbox would still accept.
pub(crate) fn sessions(sandbox: &SandboxProcess) -> u32 {
    count(sandbox, "families WHERE revoked_at IS NULL")
}

pub(crate) fn count(sandbox: &SandboxProcess, table: &str) -> u32 {
    let sql = format!("SELECT count(*) FROM {table}");
    sandbox.db().unwrap().query_row(&sql, [], |row| row.get(0)).unwrap()
}
