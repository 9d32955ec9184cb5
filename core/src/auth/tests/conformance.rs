//! The real `Auth` against the double, held against the machine: every event that `auth` meets in every state that they
//! lead to, and walks of thirty events. What is stored besides the session stays as it is.

use std::{collections::HashSet, sync::atomic::Ordering};

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;

use super::{
    super::machine::{End, Event, Facts, Life, Lock, Phase, Refused, Session},
    ways::{EVENTS, after, as_seen, can_come, reachable, way_to_the_next},
    *,
};
use crate::foundation::{
    clock::{Clock as _, ManualClock},
    config::Mode,
    crypto::{digest::base64url, pin::Check},
    ports::{PortError, SecretStore},
    storage::{self, Dao},
};

/// What the app asks of the machine while its files may be closed.
const ACTS: [Event; 4] = [Event::Lock, Event::Unlock, Event::SignOut, Event::Erase];

const DAY_S: u64 = 24 * 3600;

const PIN: &str = "480251";
const WRONG: &str = "731946";

/// What has to survive whatever the session goes through.
const THINGS: &str = "CREATE TABLE things (outbox TEXT, draft TEXT, document TEXT);
                      INSERT INTO things VALUES ('Илгээх', 'Ноорог', 'Үнэмлэх');";

/// A renewal that the server has not answered yet.
struct Held {
    gate: Arc<tokio::sync::Notify>,
    asked: tokio::task::JoinHandle<Result<bool>>,
}

/// A phone, and what the machine says of it.
struct Walk {
    bench: Bench,
    /// Whoever tries PINs waits as long as they are told; the session's hours do not pass meanwhile.
    patience: ManualClock,
    facts: Facts,
    /// The browser that was sent off last.
    browser: Option<AuthorizationRequest>,
    held: Option<Held>,
    /// Of a process that the platform gives no keys.
    silent: Ground,
}

/// A keystore before the phone's first unlock.
struct Unavailable;

impl SecretStore for Unavailable {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, PortError> {
        Err(PortError::Unavailable)
    }
    fn put(&self, _: &str, _: &[u8]) -> Result<(), PortError> {
        Err(PortError::Unavailable)
    }
    fn delete(&self, _: &str) -> Result<(), PortError> {
        Err(PortError::Unavailable)
    }
}

impl Walk {
    async fn begin() -> Self {
        let mut bench = Bench::new().await;
        bench.clock.stand_still();
        bench.ports.controls.kdf_rounds = Some(2);
        {
            let mut world = bench.world();
            (world.session_life_s, world.revocation_is_heard) = (Some(30 * DAY_S), false);
            world.spoil_tokens = |answer| answer["store_share"] = json!(base64url(&[9; 32]));
        }
        let things = |dao: &mut Dao<'_>| Ok::<_, storage::Error>(dao.sql().execute_batch(THINGS)?);
        bench.store.write(things).await.unwrap();
        let patience = ManualClock::at(bench.clock.now());
        let (keys, ports) = (KeyRing::default(), Ports { secrets: Arc::new(Unavailable), ..bench.ports.clone() });
        assert_eq!(keys.unlock(&ports).unwrap(), Unlocked::Unavailable);
        let (wiping, policies) = (bench.wiping.clone(), bench.policies.clone());
        let doors = Doors { keys, wiping: Arc::new(move || wiping.load(Ordering::SeqCst)), policies };
        let silent = Ground::new(doors, Mode::App, Events::default());
        Self { bench, patience, facts: Facts::default(), browser: None, held: None, silent }
    }

    /// Lets `event` happen to the process, and holds it against the machine.
    async fn meet(&mut self, event: Event) {
        if !can_come(self.facts, event) {
            return;
        }
        let expected = after(self.facts, event);
        let happened = self.happen(event, expected).await;
        assert_eq!(happened, expected.map(|_| ()), "{event:?} in {:?}", self.facts);
        self.facts = as_seen(expected.unwrap_or(self.facts));
        let (ground, now) = (self.bench.auth.0.ground.clone(), self.bench.ports.clock.now());
        let found = self.bench.store.read(move |dao| Ok::<_, Error>(ground.facts(dao, now)?.0)).await.unwrap();
        assert_eq!(as_seen(found), self.facts, "after {event:?}");
        assert_eq!(self.told().await, self.facts.phase(), "after {event:?}");
        for act in ACTS {
            let asked = refused(self.bench.auth.may(act));
            assert_eq!(asked, self.facts.step(act).map(drop), "{act:?} after {event:?}");
        }
        self.without_a_keystore().await;
        let count = |dao: &Dao<'_>| {
            Ok::<_, storage::Error>(dao.sql().query_row("SELECT count(*) FROM things", [], |row| row.get::<_, i64>(0))?)
        };
        assert_eq!(self.bench.store.read(count).await.unwrap(), 1, "after {event:?}");
    }

    /// What a process that has started before the platform gives keys makes of the same files and the same marker.
    async fn without_a_keystore(&self) {
        let (ground, door) = (self.silent.clone(), self.silent.at_the_door());
        let now = self.bench.ports.clock.now();
        let found = self.bench.store.read(move |dao| Ok::<_, Error>(ground.facts(dao, now)?.0)).await.unwrap();
        let shut = as_seen(Facts { lock: Lock::Shut, flight: false, ..self.facts });
        let nobodys = self.facts.life == Life::Open && self.facts.session == Session::None;
        assert_eq!(as_seen(found), if nobodys { Facts { lock: Lock::None, ..shut } } else { shut });
        for act in ACTS {
            let (asked, expected) = (door.step(act).map(drop), shut.step(act).map(drop));
            assert_eq!(asked, expected, "{act:?} in {:?}", self.facts);
        }
    }

    async fn told(&self) -> Phase {
        match self.bench.auth.session().await.unwrap() {
            SessionState::SignedOut => Phase::SignedOut,
            SessionState::SigningIn { .. } => Phase::SigningIn,
            SessionState::Active { .. } => Phase::Active,
            SessionState::Refreshing { .. } => Phase::Refreshing,
            SessionState::ExpiringSoon { .. } => Phase::ExpiringSoon,
            SessionState::Expired { .. } => Phase::Expired,
            SessionState::Locked => Phase::Locked,
            SessionState::Wiping => Phase::Wiping,
        }
    }

    async fn happen(&mut self, event: Event, expected: Result<Facts, Refused>) -> Result<(), Refused> {
        let open = self.facts.life == Life::Open;
        match event {
            Event::BeginSignIn => {
                if expected.is_ok() {
                    self.sql("DELETE FROM auth_attempt").await; // one browser at a time is followed here
                }
                self.browser = Some(refused(self.bench.auth.begin_sign_in().await)?);
            }
            Event::SameCitizen => self.come_back("citizen-1", expected).await?,
            Event::OtherCitizen => self.come_back("citizen-2", expected).await?,
            Event::BadCallback => {
                let state = self.browser.as_ref().map_or("нэргүй", |request| &request.state);
                let url = format!("{REDIRECT}?error=access_denied&state={state}&iss={}", self.bench.config.issuer);
                match self.bench.auth.complete_sign_in(&url).await {
                    Err(Error::Declined | Error::Callback(CallbackRefusal::UnknownState)) => self.browser = None,
                    other => refused(other).map(|_| ())?,
                }
            }
            Event::TenMinutes if open => {
                self.browser = None;
                self.sql("UPDATE auth_attempt SET begun_at = begun_at - 601000").await;
            }
            Event::TokenEnds => self.ask_for_tokens(expected).await?,
            Event::Renewed(end) => {
                self.bench.world().session_life_s = Some(match end {
                    End::Far => 30 * DAY_S,
                    End::Near => DAY_S,
                    End::Past => 0,
                });
                if end == End::Near && self.held.is_some() {
                    self.sql("UPDATE auth_session SET begun_at = begun_at - 2505600000").await; // 29 days
                }
                self.land().await;
            }
            Event::RenewalFailed => {
                self.bench.world().fail_token_requests = 1;
                self.land().await;
                self.bench.world().fail_token_requests = 0;
                self.bench.clock.advance(Duration::from_secs(300)); // the server is left alone no longer
                self.sql("UPDATE auth_attempt SET begun_at = begun_at + 300000").await;
            }
            Event::InvalidGrant => {
                if self.held.is_some() {
                    self.bench.world().end_all_sessions();
                }
                self.land().await;
            }
            Event::EndNear if open && self.facts.session == Session::Live(End::Far) => {
                let now = self.bench.ports.clock.now().unix_ms();
                self.sql(format!("UPDATE auth_session SET begun_at = {now} - 2505600000, ends_at = {now} + 86400000"))
                    .await;
            }
            Event::EndPassed if open => {
                let now = self.bench.ports.clock.now().unix_ms();
                self.sql(format!("UPDATE auth_session SET ends_at = {now} WHERE tokens IS NOT NULL")).await;
            }
            Event::TenMinutes | Event::EndNear | Event::EndPassed => {}
            Event::Lock => {
                refused(self.bench.auth.may(event))?;
                if self.facts.lock == Lock::Open {
                    self.bench.world().session_life_s = Some(30 * DAY_S);
                    self.land().await;
                    self.bench.keys.forget();
                }
            }
            Event::Unlock => {
                refused(self.bench.auth.may(event))?;
                if self.facts.lock == Lock::Shut {
                    assert_eq!(self.try_pin(PIN), Check::Opened);
                }
            }
            Event::WrongPin | Event::LastWrongPin if !open => expected.map(drop)?,
            Event::WrongPin => {
                if self.bench.keys.lock().is_some_and(|lock| lock.tries_left > 1) {
                    assert_eq!(self.try_pin(WRONG), Check::Wrong);
                }
            }
            Event::LastWrongPin => {
                if self.facts.lock != Lock::None {
                    while self.try_pin(WRONG) != Check::Spent {}
                    self.bench.auth.lose_tokens().await.unwrap();
                    self.land().await; // what was asked for the lost set is of no account
                }
            }
            Event::SignOut | Event::Erase => {
                refused(self.bench.auth.may(event))?;
                self.bench.wiping.store(true, Ordering::SeqCst);
            }
            Event::WipeEnded if !open => {
                self.land().await;
                self.browser = None;
                self.bench.keys.destroy(&self.bench.ports).unwrap();
                self.bench.auth.forget().await.unwrap();
                self.bench.wiping.store(false, Ordering::SeqCst);
            }
            Event::WipeEnded => {}
            Event::PushHint => panic!("not auth's: {event:?}"),
        }
        Ok(())
    }

    async fn come_back(&mut self, subject: &str, expected: Result<Facts, Refused>) -> Result<(), Refused> {
        let Ok(expected) = expected else {
            let state = self.browser.as_ref().map_or("нэргүй", |request| &request.state);
            let url = format!("{REDIRECT}?code=c&state={state}&iss={}", self.bench.config.issuer);
            return refused(self.bench.auth.complete_sign_in(&url).await).map(|_| ());
        };
        let request = self.browser.take().expect("an attempt has its browser");
        let (callback, held_up) = {
            let mut world = self.bench.world();
            (world.subject, world.session_life_s) = (subject.into(), Some(30 * DAY_S));
            (world.approve(&request.url), world.answer_later.take())
        };
        let completed = self.bench.auth.complete_sign_in(&callback).await;
        self.bench.world().answer_later = held_up;
        match completed {
            Err(Error::OtherCitizen) if self.facts.session != Session::None => Ok(()),
            completed => {
                refused(completed)?;
                self.bench.keys.set_pin(&self.bench.ports, PIN).unwrap();
                if !expected.flight {
                    self.land().await; // what was asked for the set before is of no account
                }
                Ok(())
            }
        }
    }

    /// A renewal sets out. Its answer is made when it lands.
    async fn ask_for_tokens(&mut self, expected: Result<Facts, Refused>) -> Result<(), Refused> {
        let (tokens, url) = (self.bench.auth.tokens(), self.bench.server.url("/v1/me"));
        let rows = self.bench.store.read(|dao| Ok::<_, Error>(store::rows(dao)?)).await.unwrap();
        let Some(row) = rows.session else {
            return refused(tokens.authorization(Method::Get, &url).await).map(|_| ());
        };
        if expected.is_err() {
            return refused(tokens.renewal.renew(&row.token_set).await).map(|_| ());
        }
        if self.held.is_some() {
            return Ok(()); // it would join the flight, and wait
        }
        let gate = Arc::new(tokio::sync::Notify::new());
        let before = {
            let mut world = self.bench.world();
            world.answer_later = Some(gate.clone());
            world.token_requests
        };
        let asked = tokio::spawn(async move { tokens.renewal.renew(&row.token_set).await });
        while self.bench.world().token_requests == before {
            assert!(!asked.is_finished(), "nobody asked the server");
            tokio::task::yield_now().await;
        }
        self.held = Some(Held { gate, asked });
        Ok(())
    }

    /// A try that is looked at, however long that takes.
    fn try_pin(&self, pin: &str) -> Check {
        let mut ports = self.bench.ports.clone();
        ports.clock = Arc::new(self.patience.clone());
        loop {
            match self.bench.keys.try_pin(&ports, pin).unwrap() {
                Check::Wait { s } => self.patience.advance(Duration::from_secs(s.into())),
                looked @ (Check::Opened | Check::Wrong | Check::Spent | Check::NoPin) => return looked,
            }
        }
    }

    async fn land(&mut self) {
        let Some(Held { gate, asked }) = self.held.take() else { return };
        self.bench.world().answer_later = None;
        gate.notify_one();
        let _ = asked.await.unwrap(); // how it ended, the facts tell
        self.bench.auth.quiesce().await;
    }

    async fn sql(&self, text: impl Into<String>) {
        let text = text.into();
        let write = move |dao: &mut Dao<'_>| Ok::<_, storage::Error>(dao.sql().execute_batch(&text)?);
        self.bench.store.write(write).await.unwrap();
    }
}

const REDIRECT: &str = "mn.emongolia:/callback";

#[allow(clippy::wildcard_enum_match_arm, reason = "whatever else goes wrong is no refusal")]
fn refused<T>(result: Result<T>) -> Result<T, Refused> {
    result.map_err(|error| match error {
        Error::Locked | Error::Keys(_) => Refused::Locked,
        Error::SignInRequired => Refused::SignInRequired,
        Error::Wiping => Refused::NotAvailable,
        Error::Callback(CallbackRefusal::UnknownState) => Refused::UnknownState,
        other => panic!("{other:?}"),
    })
}

#[tokio::test]
async fn every_event_that_auth_meets_does_to_it_what_it_does_to_the_machine() {
    let states = reachable();
    let phases: HashSet<_> = states.keys().map(|facts| format!("{:?}", facts.phase())).collect();
    assert_eq!(phases.len(), 8, "every phase is come to: {phases:?}");
    let all = states.keys().flat_map(|facts| EVENTS.into_iter().map(move |event| (*facts, event)));
    let mut left: HashSet<_> = all.filter(|(facts, event)| can_come(*facts, *event)).collect();
    let mut walk = Walk::begin().await;

    while let Some(way) = way_to_the_next(walk.facts, &left) {
        for event in way {
            left.remove(&(walk.facts, event));
            walk.meet(event).await;
        }
    }

    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn walks_of_thirty_events_lead_auth_where_they_lead_the_machine() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config =
        ProptestConfig { cases: 24, max_shrink_iters: 64, failure_persistence: None, ..ProptestConfig::default() };
    let events = proptest::collection::vec(proptest::sample::select(EVENTS.to_vec()), 30);

    let walked = TestRunner::new(config).run(&events, |events| {
        runtime.block_on(async {
            let mut walk = Walk::begin().await;
            for event in events {
                walk.meet(event).await;
            }
            walk.land().await;
        });
        Ok(())
    });

    walked.unwrap();
}

/// All that a wipe hides is one state to the walks, and what memory still knows differs beneath it.
#[tokio::test]
async fn a_wipe_refuses_as_a_wipe_also_where_a_pin_was_asked_for() {
    let mut walk = Walk::begin().await;
    for event in [Event::BeginSignIn, Event::SameCitizen, Event::BeginSignIn, Event::Lock, Event::Erase] {
        walk.meet(event).await;
    }
    for event in [Event::BeginSignIn, Event::SameCitizen, Event::OtherCitizen, Event::BadCallback, Event::TokenEnds] {
        walk.meet(event).await; // held against the machine: `NotAvailable`
    }
}

#[tokio::test]
#[should_panic(expected = "after SameCitizen")]
async fn control_a_row_that_is_changed_behind_the_machines_back_is_noticed() {
    let mut walk = Walk::begin().await;
    walk.meet(Event::BeginSignIn).await;
    walk.sql("CREATE TRIGGER lossy AFTER INSERT ON auth_session BEGIN UPDATE auth_session SET tokens = NULL; END")
        .await;

    walk.meet(Event::SameCitizen).await;
}
