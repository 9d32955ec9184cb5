//! The whole core: opens everything, wires the rooms, and owns what spans floors.
//!
//! Guarantees: life-cycle calls are idempotent; after [`App::suspend`] another process may lock both files; after
//! [`App::sign_out`] nothing that was personal can be read, even if the phone dies half-way.

pub mod at_rest;
mod configuration;
mod export;
mod lock;
mod neighbours;
mod open;
mod rotation;
mod schema;
mod session;
mod sync;
mod wipe;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use configuration::Configuration;
pub use lock::AppLock;
use lock::{Shutter, Watching};
pub use session::Session;
pub use sync::{PushOutcome, SignOut, StepOutcome, SyncReport, SyncStep};
use wipe::Wipe;

use crate::{
    auth::{Auth, Doors, Happening},
    foundation::{
        config::{Config, Mode},
        crypto::keys::{KeyRing, Unlocked},
        error::{Error, Result, outward},
        events::{Area, Event, Events},
        net::Client,
        observe::{self, Installed},
        policy::Policies,
        ports::Ports,
        runtime::{Runtime, Spawner, Work},
        storage::Store,
    },
    gateway::Gateway,
    notify::{
        inbox::{self, Inbox},
        push::{self, Hint, Push},
    },
    offline::{
        cache::{Cache, Refreshed},
        outbox::{Outbox, PassEnd, Registry},
    },
    services::{
        bundles::Bundles,
        catalogue::Catalogue,
        portal::{self, Portal},
        requests::{self, Requests},
    },
};

/// How long a sync waits for the configuration: it goes on with the last one.
const CONFIGURATION_WITHIN: Duration = Duration::from_secs(5);

/// How long sign-out waits for connections to close: reads are interrupted, so only a write in hand can take time.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// The core. Cheap to clone; all clones are one app.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    ports: Ports,
    keys: KeyRing,
    state: Store,
    cache: Store,
    events: Events,
    configuration: Configuration,
    auth: Auth,
    session: Session,
    catalogue: Catalogue,
    bundles: Bundles,
    requests: Requests,
    inbox: Inbox,
    portal: Portal,
    push: Push,
    outbox: Outbox,
    shutter: Shutter,
    net: Client,
    wipe: Wipe,
    /// Suspend, resume, sign-out and shutdown, one after the other.
    life: tokio::sync::Mutex<()>,
    log: Mutex<Option<Installed>>,
    #[cfg(feature = "test-controls")]
    keep_on_sign_out: bool,
}

impl App {
    /// Opens everything; finishes a sign-out that was cut short, which an extension leaves to the app
    /// ([`Error::NotAvailable`]). Blocks: call it off the main thread.
    pub fn open(config: Config, ports: Ports) -> Result<Self> {
        config.check()?;
        let log = observe::install(ports.log.clone());
        let runtime = Runtime::start(config.mode).map_err(|e| outward(open::OpenError::Runtime(e.kind())))?;
        let spawner = runtime.spawner().clone();
        let (keys, events, wipe) = (KeyRing::default(), Events::default(), Wipe::new(&config, &ports));
        // A sign-out that nobody else has heard of is carried on with everything open; of any other, what is left goes first.
        let untold = wipe::untold(&wipe, &config, &ports, &keys, &events, &spawner);
        let carry_on = untold.is_some();
        let (state, cache) = if let Some(stores) = untold {
            stores
        } else {
            if wipe.has_begun() {
                wipe::only_keys_left(wipe.finish(&keys, &ports))?;
            }
            // A key that a sign-out has still to destroy is not taken up again.
            let keystore = if wipe.has_begun() { open::Keystore::Silent } else { open::read_keys(&keys, &ports)? };
            if config.mode == Mode::App && keys.lock().is_some_and(|lock| lock.spent && !lock.recoverable) {
                wipe.begin()?; // ten wrong PINs, and nothing would ever open these files
                wipe::only_keys_left(wipe.finish(&keys, &ports))?;
            }
            open::open_stores(&config, &ports, &keys, keystore, &events, &spawner)?
        };

        #[cfg(feature = "test-controls")]
        let keep_on_sign_out = ports.controls.keep_on_sign_out;
        let clock = ports.clock.clone();
        let net = Client::new(&config, clock.clone())?;
        let (marker, policies) = (wipe.clone(), Policies::default());
        let auth = Auth::new(
            &config,
            &ports,
            Doors { keys: keys.clone(), wiping: Arc::new(move || marker.has_begun()), policies: policies.clone() },
            state.clone(),
            net.clone(),
            spawner.clone(),
            events.clone(),
        )?;
        let gateway = Gateway::new(&config, net.clone(), auth.tokens())?;
        let pulled = |store: &Store| {
            let (clock, events, spawner) = (clock.clone(), events.clone(), spawner.clone());
            Cache::new(store.clone(), gateway.clone(), clock, events, spawner, policies.clone())
        };
        let (rows, trusted) = (pulled(&cache), pulled(&state));
        let configuration = Configuration::new(trusted, net.clone(), policies.clone(), events.clone());
        configuration.begin()?;
        let registry = Registry::default()
            .with::<requests::attachment::Upload>()
            .with::<requests::Submit>()
            .with::<requests::payment::AskForInvoice>()
            .with::<requests::payment::Look>()
            .with::<requests::Correct>()
            .with::<requests::AttachMore>()
            .with::<requests::Withdraw>()
            .with::<requests::published::Submit>()
            .with::<inbox::MarkRead>()
            .with::<inbox::Delete>()
            .with::<portal::Answer>()
            .with::<push::Register>();
        let courier = Arc::new(gateway.clone());
        let outbox = Outbox::new(state.clone(), registry, courier, clock, events.clone(), spawner.clone());
        #[cfg(feature = "test-controls")]
        outbox.mint_a_key_per_try(ports.controls.key_per_try);
        let catalogue = Catalogue::new(
            rows.clone(),
            state.clone(),
            auth.clone(),
            events.clone(),
            spawner.clone(),
            neighbours::of_catalogue(),
        );
        let requests = Requests::new(
            rows.clone(),
            state.clone(),
            outbox.clone(),
            gateway.clone(),
            events.clone(),
            spawner.clone(),
            neighbours::of_requests(),
        );
        #[cfg(feature = "test-controls")]
        let requests = requests.believing_banks(ports.controls.believe_banks).blind(ports.controls.no_read_back);
        let bundles = Bundles::new(
            rows.clone(),
            state.clone(),
            auth.clone(),
            events.clone(),
            spawner.clone(),
            neighbours::of_bundles(),
        );
        let gate = spawner.gate().clone();
        let inbox = Inbox::new(rows, state.clone(), outbox.clone(), events.clone(), spawner.clone());
        let portal = Portal::new(gateway.clone(), outbox.clone(), spawner.clone());
        let push = Push::new(outbox.clone(), gateway, state.clone(), spawner.clone());
        let shutter = Shutter {
            gate,
            keys: keys.clone(),
            ports: ports.clone(),
            spawner: spawner.clone(),
            events: events.clone(),
            auth: auth.clone(),
            state: state.clone(),
            cache: cache.clone(),
            outbox: outbox.clone(),
            catalogue: catalogue.clone(),
            requests: requests.clone(),
            inbox: inbox.clone(),
            mode: config.mode,
            watching: Watching::new(&ports),
            prompting: Arc::default(),
            rotating: Arc::default(),
        };
        let app = Self(Arc::new(Inner {
            runtime,
            session: Session::new(wipe.clone(), shutter.clone()),
            ports,
            keys,
            state,
            cache,
            events,
            configuration,
            auth,
            catalogue,
            bundles,
            requests,
            inbox,
            portal,
            push,
            outbox,
            shutter,
            net,
            wipe,
            life: tokio::sync::Mutex::default(),
            log: Mutex::new(Some(log)),
            #[cfg(feature = "test-controls")]
            keep_on_sign_out,
        }));
        app.hold_to_policy();
        if carry_on {
            app.carry_on_sign_out()?;
        } else {
            app.0.shutter.start();
            app.0.shutter.search();
        }
        Ok(app)
    }

    pub fn lock(&self) -> AppLock {
        AppLock(self.clone())
    }

    pub fn auth(&self) -> &Session {
        &self.0.session
    }

    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    pub fn bundles(&self) -> &Bundles {
        &self.0.bundles
    }

    pub fn requests(&self) -> &Requests {
        &self.0.requests
    }

    pub fn inbox(&self) -> &Inbox {
        &self.0.inbox
    }

    pub fn portal(&self) -> &Portal {
        &self.0.portal
    }

    pub fn outbox(&self) -> &Outbox {
        &self.0.outbox
    }

    pub fn push(&self) -> &Push {
        &self.0.push
    }

    /// What to look at next; waits for it. `None` after shutdown. Abandonable.
    pub async fn next_event(&self) -> Result<Option<Event>> {
        Ok(self.0.events.next().await) // not on the runtime: what a caller who left had taken would be lost
    }

    /// Sends what waits and pulls what changed, within `budget`; resumable, and says what is left. `progress` hears of
    /// each step as it ends. Abandonable: what was done stays done.
    pub fn sync(&self, budget: Duration, progress: impl Fn(&SyncStep) + Send + Sync + 'static) -> Work<SyncReport> {
        let app = self.clone();
        self.0.auth.lives_for(budget);
        self.spawner().abandonable(async move { app.run_sync(budget, &progress).await })
    }

    /// The shell saw the network come back, or the app come to the front.
    pub fn network_available(&self) {
        if self.0.keys.id().is_some() && !self.0.keys.is_stale() {
            self.0.outbox.poke();
            self.0.requests.heed_sign();
        } else {
            // The core may have started before the phone's first unlock.
            let app = self.clone();
            drop(self.spawner().detached(async move {
                let _ = app.retry_keys().await;
                app.0.shutter.start_again().await;
                app.0.shutter.search(); // favourites can be read now
            }));
        }
    }

    /// A push arrived: pulls what it hints at, within `budget`. Abandonable.
    pub fn handle_push(&self, payload: &[u8], budget: Duration) -> Work<PushOutcome> {
        let (app, hint) = (self.clone(), push::read_hint(payload));
        self.0.auth.lives_for(budget);
        self.spawner().abandonable(async move { app.pull_hinted(hint?, budget).await })
    }

    /// Ends the session: marks, stops the outbox, revokes, deletes keys, deletes files. [`Error::Locked`] while a PIN would
    /// open the app; it is possible when none does any more. Committed; another error means that it goes on at the next
    /// start.
    pub fn sign_out(&self) -> Work<SignOut> {
        let app = self.clone();
        self.spawner().committed(async move {
            drop(app.0.keys.turn().await); // an unlock or a lock that is under way comes first
            app.0.auth.may(Happening::SignOut)?;
            app.run_sign_out().await
        })
    }

    /// As [`App::sign_out`], also with nobody signed in and without whatever would open the app: all that is kept here is
    /// destroyed. Committed.
    pub fn erase(&self) -> Work<SignOut> {
        let app = self.clone();
        self.spawner().committed(async move { app.run_sign_out().await })
    }

    /// Everything personal that is kept here, and why, as JSON; secrets are named and not shown. From the device.
    /// [`Error::StepUpRequired`]: the citizen has to prove first who they are. Abandonable.
    pub fn export(&self) -> Work<Vec<u8>> {
        self.spawner().personal().abandonable(self.clone().run_export())
    }

    /// Refuses new work, interrupts reads, waits for the writer, and closes both files. [`Error::Timeout`] if that takes
    /// longer than `deadline`; it then ends by itself. Committed.
    pub fn suspend(&self, deadline: Duration) -> Work<()> {
        self.spawner().committed(self.clone().run_suspend(after(deadline)))
    }

    /// Opens the files again and goes on. Committed.
    pub fn resume(&self) -> Work<()> {
        self.spawner().committed(self.clone().run_resume())
    }

    /// As [`App::suspend`], for good: ends `next_event`, lets go of the log sink, and stops every thread within `deadline`.
    pub async fn shutdown(&self, deadline: Duration) -> Result<()> {
        let until = after(deadline);
        self.0.events.close();
        let closed = self.suspend(deadline).await;
        self.0.catalogue.close();
        drop(self.0.log.lock().unwrap_or_else(PoisonError::into_inner).take());
        let inner = self.0.clone();
        let (ended, wait) = tokio::sync::oneshot::channel();
        // Not on the runtime that is to end, and not on the caller's thread.
        let ending = std::thread::Builder::new().name("emongolia-end".into()).spawn(move || {
            inner.runtime.shutdown(left(until));
            let _ = ended.send(()); // whoever waited may have gone
        });
        if ending.is_ok() {
            let _ = wait.await;
        }
        match closed {
            Err(Error::NotAvailable) => Ok(()), // it was shut down before
            other => other,
        }
    }

    fn spawner(&self) -> &Spawner {
        self.0.runtime.spawner()
    }

    async fn run_sync(&self, budget: Duration, progress: &(impl Fn(&SyncStep) + Sync)) -> Result<SyncReport> {
        let clock = self.0.ports.clock.clone();
        let until = clock.now().saturating_add(budget);
        let signed_in = self.0.auth.session().await?.is_live();
        let areas = [Area::Outbox, Area::Catalogue, Area::Bundles, Area::Requests, Area::Inbox];
        let mut report = SyncReport { steps: Vec::with_capacity(areas.len()), more: false };
        let mut stopped = false;
        let reached = self.hear_what_is_told(budget.min(CONFIGURATION_WITHIN)).await;
        for area in areas {
            let left = until.since(clock.now());
            let possible = !stopped && (signed_in || matches!(area, Area::Catalogue | Area::Bundles));
            let outcome = if !possible || left < sync::STEP {
                report.more |= possible;
                StepOutcome::NotTried
            } else if !reached {
                StepOutcome::Failed(Error::Offline)
            } else {
                tokio::select! {
                    outcome = self.sync_area(area, left, &mut report.more) => outcome,
                    () = clock.sleep(left) => {
                        report.more = true;
                        StepOutcome::NotTried
                    }
                }
            };
            // Without a network the other steps would only spend their time-outs.
            stopped |= matches!(outcome, StepOutcome::Failed(Error::Offline));
            let step = SyncStep { area, outcome };
            progress(&step);
            report.steps.push(step);
        }
        Ok(report)
    }

    /// First what the rest is judged by; without it the last one stands. `false`: there is no network.
    async fn hear_what_is_told(&self, within: Duration) -> bool {
        tokio::select! {
            heard = self.0.configuration.refresh() => {
                if heard == Ok(true) {
                    self.hold_to_policy();
                }
                heard != Err(Error::Offline)
            }
            () = self.0.ports.clock.sleep(within) => true,
        }
    }

    fn hold_to_policy(&self) {
        let policy = self.0.configuration.policy();
        self.lock().shorten(policy.lock_idle, policy.lock_background);
    }

    async fn sync_area(&self, area: Area, left: Duration, more: &mut bool) -> StepOutcome {
        let refreshed = match area {
            Area::Outbox | Area::Session => match self.0.outbox.flush(left).await {
                Ok(PassEnd::Drained) => {
                    *more |= self.0.outbox.waits().await.unwrap_or(true);
                    return StepOutcome::Unchanged;
                }
                Ok(PassEnd::Offline) => return StepOutcome::Failed(Error::Offline),
                Ok(PassEnd::SignInRequired) => return StepOutcome::Failed(Error::SignInRequired),
                Ok(PassEnd::Stopped) => return StepOutcome::Failed(Error::NotAvailable),
                Err(error) => return StepOutcome::Failed(error),
            },
            Area::Catalogue => self.pull_catalogue().await,
            Area::Bundles => self.pull_bundles().await,
            Area::Requests => self.0.requests.refresh().await,
            Area::Inbox => self.0.inbox.refresh().await,
        };
        match refreshed {
            Ok(refreshed) => {
                *more |= refreshed.more;
                if refreshed.changed { StepOutcome::Changed } else { StepOutcome::Unchanged }
            }
            Err(error) => StepOutcome::Failed(error),
        }
    }

    async fn pull_catalogue(&self) -> Result<Refreshed> {
        let services = self.0.catalogue.refresh().await?;
        let areas = self.0.catalogue.refresh_areas().await?;
        Ok(Refreshed { changed: services.changed || areas.changed, more: services.more || areas.more })
    }

    async fn pull_bundles(&self) -> Result<Refreshed> {
        let refreshed = self.0.bundles.refresh().await?;
        self.0.catalogue.learn().await; // the registers say where the citizen lives
        Ok(refreshed)
    }

    async fn pull_hinted(&self, hint: Hint, budget: Duration) -> Result<PushOutcome> {
        if self.0.shutter.mode == Mode::Extension {
            let app = self.clone();
            self.spawner().committed(async move { app.catch_up().await }).await?; // not left half-way
        }
        if self.0.shutter.gate.is_shut() {
            return self.0.shutter.keep(hint).await;
        }
        tokio::select! {
            outcome = self.0.shutter.pull(hint) => outcome,
            () = self.0.ports.clock.sleep(budget) => Err(Error::Timeout),
        }
    }

    async fn run_suspend(self, until: Instant) -> Result<()> {
        let _life = tokio::time::timeout(left(until), self.0.life.lock()).await.map_err(|_| Error::Timeout)?;
        self.0.shutter.leave();
        self.0.net.suspend();
        self.0.outbox.stop().await;
        // Tokens that the server is giving just now are saved first; a server that hangs does not hold us up.
        tokio::select! {
            () = self.0.auth.quiesce() => {}
            () = real_time(left(until) / 2) => {} // the rest is for closing
        }
        self.0.close(left(until)).await
    }

    async fn run_resume(self) -> Result<()> {
        let _life = self.0.life.lock().await;
        if self.0.wipe.has_begun() {
            self.0.wipe.is_ours().map_err(Error::from)?;
            let _ = self.end_wipe().await?; // logged; the keys are tried again at the next resume, start or sign-in
        }
        self.0.shutter.back().await;
        let _ = self.retry_keys().await?; // the files are opened anew in any case
        self.0.open_again().await
    }

    /// Asks the keystore again, while nobody changes the record.
    async fn retry_keys(&self) -> Result<bool> {
        let turn = self.0.keys.turn().await;
        self.blocking(move |inner| {
            let _turn = turn;
            Ok(inner.retry_keys())
        })
        .await
    }

    async fn blocking<T: Send + 'static>(&self, call: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = self.0.clone();
        self.spawner().blocking(move || call(&inner)).await?
    }
}

/// A deadline beyond what the clock can say is as good as now plus the longest close.
fn after(deadline: Duration) -> Instant {
    let now = now();
    now.checked_add(deadline).unwrap_or(now + CLOSE_WITHIN)
}

/// What is left until then; nothing if it has passed.
fn left(until: Instant) -> Duration {
    until.saturating_duration_since(now())
}

/// The platform's deadlines are real time: whoever moves the citizen's clock does not move them.
#[allow(clippy::disallowed_methods)]
fn now() -> Instant {
    Instant::now()
}

#[allow(clippy::disallowed_methods)] // as `now`
async fn real_time(span: Duration) {
    tokio::time::sleep(span).await;
}

impl Inner {
    async fn close(&self, deadline: Duration) -> Result<()> {
        let (state, cache) = tokio::join!(self.state.suspend(deadline), self.cache.suspend(deadline));
        state?;
        Ok(cache?)
    }

    async fn open_again(&self) -> Result<()> {
        open::tell(&self.events, self.state.resume().await?);
        self.net.resume();
        self.shutter.start_again().await; // what waits is in the state, whatever becomes of the cache
        open::tell(&self.events, self.cache.resume().await?);
        self.shutter.search();
        Ok(())
    }

    /// Asks the keystore again: it may have been silent, or another process may have made another key. `true`: that process
    /// has signed the citizen out since, and what was theirs is gone from memory. Blocks.
    fn retry_keys(&self) -> bool {
        if self.wipe.has_begun() {
            return false;
        }
        let before = self.keys.id();
        let other = match self.keys.unlock(&self.ports) {
            Ok(Unlocked::Absent) if before.is_some() => {
                self.keys.forget();
                true
            }
            Ok(_) => before.is_some_and(|before| self.keys.id().is_some() && !self.keys.knows(before)),
            Err(error) => {
                let _ = outward(error); // logged; whoever needs the key hears of it
                false
            }
        };
        if other {
            self.catalogue.forget();
        }
        other
    }
}
