//! Who the citizen is, proven, and the right to speak for them.
//!
//! Guarantees: nothing of a sign-in is believed that is not ours, of now, and signed by our authorisation server; tokens
//! and the citizen's record are sealed at rest, shown nowhere, and bound to this device; a session that ends takes
//! nothing with it but its tokens.

mod breaker;
mod callback;
mod challenge;
mod citizen;
mod der;
mod dpop;
mod error;
mod freshness;
mod ground;
mod id_token;
mod lock;
mod machine;
mod metadata;
mod notes;
mod pkce;
mod renewal;
mod secret;
mod server;
mod session;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tokens;
mod wire;

use std::{sync::Arc, time::Duration};

pub use callback::Refusal as CallbackRefusal;
pub use citizen::{Citizen, RegisteredAddress, Subject};
pub use error::{Error, Result};
pub use freshness::Freshness;
pub use ground::Doors;
pub use id_token::Refusal as IdTokenRefusal;
pub use lock::{LockError, LockStatus};
pub(crate) use lock::{Policy, Watch, check as check_pin, is_pin};
pub(crate) use machine::Event as Happening;
pub use metadata::Refusal as MetadataRefusal;
pub use secret::Secret;
pub use session::{SessionState, Summary};
pub use tokens::{Authorization, Known, Tokens, Tried, Verdict};
use url::Url;
pub use wire::Refusal as AnswerRefusal;

use self::{
    callback::{Answer, Callback},
    dpop::Dpop,
    ground::Ground,
    id_token::{Expected, Told},
    machine::{Facts, Phase},
    notes::Notes,
    renewal::Renewal,
    server::{Asked, Server},
    store::{Attempt, Proven, TokenSet},
    wire::Granted,
};
use crate::foundation::{
    checks::Check,
    clock::Timestamp,
    config::Config,
    crypto::{
        jws,
        keys::{KeyError, KeyRing, Unlocked},
        pin::Recovered,
        random,
        seal::{SealError, Sealer},
    },
    events::{Area, Events},
    net::{self, origin},
    ports::Ports,
    runtime::Spawner,
    storage::{self, Dao, Store},
};

/// What `auth` needs of `state.db`.
#[cfg(test)]
pub(crate) const MIGRATIONS: storage::Migrations =
    &[include_str!("../../migrations/state/0001_auth.sql"), include_str!("../../migrations/state/0009_session.sql")];

/// [`Error::StepUp`] unless the citizen has proven who they are as `wanted`. In the transaction that depends on it.
pub(crate) fn demand(dao: &Dao<'_>, wanted: &Freshness, now: Timestamp) -> Result<()> {
    if store::is_fresh(dao, wanted, now)? { Ok(()) } else { Err(Error::StepUp(wanted.clone())) }
}

/// Where to send the citizen's browser. Its `Debug` shows neither address nor state.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    pub url: Url,
    /// Comes back in the callback.
    pub state: String,
    /// After this the server no longer knows the request.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuthorizationRequest(until {})", self.expires_at)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub citizen: Citizen,
}

/// The service. Cheap to clone. Its futures need the core's runtime.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    store: Store,
    server: Arc<Server>,
    ground: Ground,
    tokens: Tokens,
    keys: KeyRing,
    attempts: Sealer,
    ports: Ports,
    spawner: Spawner,
    events: Events,
}

impl Auth {
    pub fn new(
        config: &Config,
        ports: &Ports,
        doors: Doors,
        store: Store,
        net: net::Client,
        spawner: Spawner,
        events: Events,
    ) -> Result<Self> {
        let clock = ports.clock.clone();
        let gateway = Url::parse(&config.gateway).map_err(|_| Error::ForeignOrigin)?;
        let notes = Arc::new(Notes::new(clock.clone(), ports.checks()));
        let dpop = Dpop::new(ports.device_key.clone(), notes.clone(), spawner.clone());
        let server = Arc::new(Server::new(config, net, dpop.clone(), notes.clone(), ports));
        let ground = Ground::new(doors.clone(), config.mode, events.clone());
        let renewal =
            Renewal::new(store.clone(), server.clone(), ground.clone(), clock.clone(), spawner.clone(), events.clone());
        let (home, checks) = (origin(&gateway), ports.checks());
        let tokens = Tokens { store: store.clone(), renewal, dpop, notes, clock, home, checks };
        let attempts = Sealer::of_attempts(doors.keys.clone());
        let (keys, ports) = (doors.keys, ports.clone());
        Ok(Self(Arc::new(Inner { store, server, ground, tokens, keys, attempts, ports, spawner, events })))
    }

    /// Makes the store key if there is none, asks the server for a sign-in, and remembers it so that any process of
    /// this installation can complete it. Abandonable.
    pub async fn begin_sign_in(&self) -> Result<AuthorizationRequest> {
        self.begin(None).await
    }

    /// As [`Auth::begin_sign_in`], for a citizen who is to prove anew who they are. What comes back is taken by
    /// [`Auth::complete_sign_in`] only if they have, as `wanted`. Abandonable.
    pub async fn step_up(&self, wanted: Freshness) -> Result<AuthorizationRequest> {
        self.begin(Some(wanted)).await
    }

    async fn begin(&self, freshness: Option<Freshness>) -> Result<AuthorizationRequest> {
        match self.0.unlock(false).await {
            Err(Error::Keys(error)) if matches!(*error, KeyError::Useless(_)) => {} // of a restored backup: given up below
            unlocked => unlocked?,
        }
        self.0.ask(Happening::BeginSignIn).await?;
        self.0.unlock(true).await?;
        let (state, nonce, verifier) = (random::base64url::<32>(), random::base64url::<32>(), pkce::verifier());
        let asked = Asked { state: &state, nonce: &nonce, verifier: &verifier, freshness: freshness.as_ref() };
        let (url, life) = self.0.server.push(&asked).await?;
        let now = self.0.ports.clock.now();
        let attempt = Attempt {
            verifier,
            nonce,
            issuer: self.0.server.issuer.clone(),
            redirect_uri: self.0.server.redirect_uri.clone(),
            freshness,
        };
        let (key, sealer) = (state.clone(), self.0.attempts.clone());
        self.0
            .store
            .write(move |dao| {
                store::put_attempt(dao, &sealer, &key, &attempt, now)?;
                Ok::<_, Error>(store::prune_attempts(dao)?)
            })
            .await?;
        self.0.events.changed(Area::Session);
        Ok(AuthorizationRequest { url, state, expires_at: now.saturating_add(life) })
    }

    /// Takes what the browser brought back. The attempt is good once, whatever comes of it. Committed.
    pub async fn complete_sign_in(&self, callback_url: &str) -> Result<SignedIn> {
        let (inner, url) = (self.0.clone(), Secret::new(callback_url.to_owned()));
        self.0.committed(async move { inner.complete(url.reveal()).await }).await
    }

    /// Where the session stands. Nothing sealed is opened but for whom to greet, so a missing key is a state and no error.
    /// Abandonable.
    pub async fn session(&self) -> Result<SessionState> {
        let (ground, now) = (self.0.ground.clone(), self.0.ports.clock.now());
        self.0.store.read(move |dao| state(dao, &ground, now)).await
    }

    /// The platform lets this process, an extension, live for so long: what takes longer is left to the app.
    pub fn lives_for(&self, span: Duration) {
        self.0.ground.lives_until(self.0.ports.clock.now().saturating_add(span));
    }

    /// The citizen's own record, from the device. Abandonable.
    pub async fn citizen(&self) -> Result<Citizen> {
        self.0.store.read(|dao| Ok::<_, Error>(store::citizen(dao)?)).await?.ok_or(Error::SignInRequired)
    }

    /// Whose outbox and documents this installation holds, also when the session has ended. Abandonable.
    pub async fn owner(&self) -> Result<Option<Subject>> {
        let citizen = self.0.store.read(|dao| Ok::<_, Error>(store::citizen(dao)?)).await?;
        Ok(citizen.map(|citizen| citizen.subject))
    }

    /// Whether the app may do this to the session now. From memory: a store that is closed bars no lock and no sign-out.
    pub(crate) fn may(&self, act: Happening) -> Result<()> {
        self.0.ground.at_the_door().step(act)?;
        Ok(())
    }

    /// For `gateway`.
    pub fn tokens(&self) -> Tokens {
        self.0.tokens.clone()
    }

    /// Tells the server that the session is over: best effort, five seconds at most, never an error. Whether it heard.
    /// Part of `App::sign_out`.
    pub async fn revoke(&self) -> bool {
        let tokens = self.0.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await;
        let revoked = match tokens {
            Ok(Some(tokens)) => self.0.server.revoke(&tokens.refresh).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = &revoked {
            log::warn!(target: "emongolia", "not revoked, the tokens run out by themselves: {error}");
        }
        revoked.is_ok()
    }

    /// Nothing on this device opens the tokens any more: they go, and everything else stays. Needs no key. Committed.
    pub(crate) async fn lose_tokens(&self) -> Result<()> {
        let lost = self.0.store.write(|dao| Ok::<_, Error>(store::lose_tokens(dao)?)).await?;
        if lost {
            self.0.events.changed(Area::Session);
        }
        Ok(())
    }

    /// Waits until no renewal is on its way. Part of suspend, before the store closes.
    pub async fn quiesce(&self) {
        self.0.tokens.renewal.landed().await;
    }

    /// Forgets citizen, tokens and attempts. Part of `App::sign_out`, which wipes the rest. Committed.
    pub async fn forget(&self) -> Result<()> {
        self.0
            .store
            .write(|dao| {
                store::forget_attempts(dao)?;
                Ok::<_, Error>(store::forget_session(dao)?)
            })
            .await?;
        self.0.events.changed(Area::Session);
        Ok(())
    }
}

impl Inner {
    async fn complete(&self, callback_url: &str) -> Result<SignedIn> {
        self.unlock(false).await?;
        self.ask(Happening::BadCallback).await?; // whether any may be taken now
        let callback = callback::read(callback_url, &self.server.issuer, self.server.checks)?;
        let (attempt, answer) = self.take_attempt(callback).await?;
        let code = match answer {
            Answer::Code(code) => Secret::new(code),
            Answer::Failed(code) if code == "access_denied" => return Err(Error::Declined),
            Answer::Failed(_) => return Err(Error::Refused { code: "authorization".into() }),
        };
        let keys = self.server.keys().await?; // before the code is spent
        let granted = self.server.exchange(code.reveal(), &attempt.verifier, &attempt.redirect_uri).await?;
        let admitted = match self.admit(&attempt, &keys, &granted).await {
            // The server may have changed keys since we asked for them: once more, with what it publishes now.
            Err(Error::IdToken(IdTokenRefusal::Jws(jws::Refusal::UnknownKey))) => match self.server.keys().await {
                Ok(keys) => self.admit(&attempt, &keys, &granted).await,
                Err(error) => Err(error),
            },
            admitted => admitted,
        };
        match admitted {
            Ok(signed_in) => {
                self.events.all_changed();
                Ok(signed_in)
            }
            // After a step-up they may be of the very grant that the session lives by, and die with it if revoked.
            Err(error) if attempt.freshness.is_some() && !matches!(error, Error::OtherCitizen) => Err(error),
            Err(error) => {
                self.discard(granted);
                Err(error)
            }
        }
    }

    /// Believes the ID token or not, and stores citizen and tokens together.
    async fn admit(&self, attempt: &Attempt, keys: &id_token::KeySet, granted: &Granted) -> Result<SignedIn> {
        let checks = self.server.checks;
        let none = Secret::new(String::new());
        let refresh = checks.present(Check::RefreshPresent, granted.refresh.clone(), none, AnswerRefusal::NoRefresh)?;
        let expected = Expected {
            issuer: &attempt.issuer,
            audience: &self.server.client_id,
            nonce: Some(&attempt.nonce),
            subject: None,
            freshness: attempt.freshness.as_ref(),
            access: granted.access.reveal(),
            now: self.server.now(),
            checks,
        };
        let told = match &granted.id_token {
            Some(token) => id_token::verify(token.reveal(), keys, &expected)?,
            None => checks.present(Check::IdTokenPresent, None, Told::nobody(), AnswerRefusal::NoIdToken)?,
        };
        let (citizen, now) = (told.citizen, self.ports.clock.now());
        self.recover(&citizen.subject, granted).await?;
        // The server's clock said when; the device's will be asked how long ago that was.
        let ahead_ms = expected.now.unix_ms().saturating_sub(now.unix_ms());
        let at = told.auth_time.map(|at| Timestamp::from_unix_ms(at.unix_ms().saturating_sub(ahead_ms)));
        let proven = Proven { at, acr: told.acr };
        let tokens = TokenSet::new(granted.access.clone(), refresh, now.saturating_add(granted.life));
        let tokens = TokenSet { session_ends: granted.session_life.map(|life| now.saturating_add(life)), ..tokens };
        let (stored, ground) = (citizen.clone(), self.ground.clone());
        self.store
            .write(move |dao| {
                let facts = Facts { attempt: true, ..ground.facts(dao, now)?.0 }; // it was taken for this
                let is_another = store::citizen(dao)?.is_some_and(|owner| owner.subject != stored.subject);
                facts.step(if is_another { Happening::OtherCitizen } else { Happening::SameCitizen })?;
                if is_another {
                    return Err(Error::OtherCitizen);
                }
                Ok(store::put_session(dao, &stored, &tokens, &proven, now)?)
            })
            .await?;
        self.remember(&citizen.subject, granted).await;
        Ok(SignedIn { citizen })
    }

    /// Where too many wrong PINs have left no other way, the same citizen's sign-in is one.
    async fn recover(&self, subject: &Subject, granted: &Granted) -> Result<()> {
        if self.keys.id().is_some() {
            return Ok(());
        }
        let Some(share) = granted.store_share.clone() else { return Err(Error::NotRecoverable) };
        let (keys, ports, subject) = (self.keys.clone(), self.ports.clone(), subject.clone());
        let turn = self.keys.turn().await;
        let recovered = self.spawner.blocking(move || {
            let _turn = turn;
            keys.recover(&ports, subject.as_str(), share.reveal())
        });
        match recovered.await.map_err(Error::Stopped)?? {
            Recovered::Opened => Ok(()),
            Recovered::OtherCitizen => Err(Error::OtherCitizen),
            Recovered::NotByThis => Err(Error::NotRecoverable),
        }
    }

    /// Keeps what would bring the store key back. Without it the citizen is signed in all the same, and the lock's status
    /// says that nothing would.
    async fn remember(&self, subject: &Subject, granted: &Granted) {
        let (keys, ports, subject, share) =
            (self.keys.clone(), self.ports.clone(), subject.clone(), granted.store_share.clone());
        let turn = self.keys.turn().await;
        let kept = self.spawner.blocking(move || {
            let _turn = turn;
            keys.belongs_to(&ports, subject.as_str(), share.as_ref().map(|share| share.reveal().as_slice()))
        });
        match kept.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::warn!(target: "emongolia", "a forgotten PIN could not be recovered from: {error}"),
            Err(stopped) => log::warn!(target: "emongolia", "a forgotten PIN could not be recovered from: {stopped}"),
        }
    }

    async fn take_attempt(&self, callback: Callback) -> Result<(Attempt, Answer)> {
        let (now, checks, sealer) = (self.ports.clock.now(), self.server.checks, self.attempts.clone());
        #[cfg(feature = "test-controls")]
        let nobodys = (Attempt::of_nobody(&self.server.issuer, &self.server.redirect_uri), now);
        let (attempt, begun, answer) = self
            .store
            .write(move |dao| {
                let found = store::take_attempt(dao, &sealer, &callback.state)?;
                #[cfg(feature = "test-controls")]
                let found = store::or_any_attempt(dao, &sealer, found, nobodys, checks)?;
                let (attempt, begun) = found.ok_or(CallbackRefusal::UnknownState)?;
                // Rolls back: the attempt stays good.
                let ours = callback.came_to(&attempt.redirect_uri);
                checks.demand(Check::CallbackAddress, ours, CallbackRefusal::Address)?;
                Ok::<_, Error>((attempt, begun, callback.answer))
            })
            .await?;
        checks.demand(Check::CallbackAge, session::in_time(begun, now), CallbackRefusal::TooOld)?;
        if attempt.issuer != self.server.issuer {
            return Err(CallbackRefusal::OtherIssuer.into());
        }
        Ok((attempt, answer))
    }

    /// Tokens nobody will use are not left lying about on the server.
    fn discard(&self, granted: Granted) {
        let server = self.server.clone();
        self.spawner.detached(async move {
            let token = granted.refresh.unwrap_or(granted.access);
            if let Err(error) = server.revoke(&token).await {
                log::warn!(target: "emongolia", "unused tokens not revoked: {error}");
            }
        });
    }

    /// What will be so after `event`, or why it may not happen.
    async fn ask(&self, event: Happening) -> Result<Facts> {
        let (ground, now) = (self.ground.clone(), self.ports.clock.now());
        self.store.read(move |dao| Ok(ground.facts(dao, now)?.0.step(event)?)).await
    }

    async fn unlock(&self, create: bool) -> Result<()> {
        if self.ground.is_wiping() {
            return Err(Error::Wiping); // also where a PIN is still asked for, and a key is never made beside a wipe
        }
        if !create && self.keys.id().is_some() {
            return Ok(());
        }
        let (keys, ports) = (self.keys.clone(), self.ports.clone());
        let turn = self.keys.turn().await;
        let unlocked = self.spawner.blocking(move || {
            let _turn = turn;
            if create { keys.unlock_or_create(&ports) } else { keys.unlock(&ports) }
        });
        match unlocked.await.map_err(Error::Stopped)?? {
            // Spent: a sign-in is what helps. Absent: whoever needs a key hears that there is none.
            Unlocked::Opened(_) | Unlocked::Spent | Unlocked::Absent => Ok(()),
            Unlocked::Shut => Err(KeyError::Shut.into()),
            Unlocked::Unavailable => Err(KeyError::Unavailable.into()),
        }
    }

    /// Runs to its end whether anybody waits or not, and keeps this module's error.
    async fn committed<T: Send + 'static>(&self, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        self.spawner.detached(work).await.unwrap_or_else(|stopped| Err(Error::Stopped(stopped)))
    }
}

/// The state that the facts mean.
fn state(dao: &Dao<'_>, ground: &Ground, now: Timestamp) -> Result<SessionState> {
    let (facts, rows) = ground.facts(dao, now)?;
    let greet = || match store::citizen(dao) {
        Ok(citizen) => Ok(citizen.map(Summary::from)),
        Err(storage::Error::Sealed(SealError::NoKey)) => Ok(None), // locked since
        Err(other) => Err(other),
    };
    let with = |state: fn(Summary) -> SessionState| Ok(greet()?.map_or(SessionState::Locked, state));
    match facts.phase() {
        Phase::SignedOut => Ok(SessionState::SignedOut),
        Phase::SigningIn => {
            let begun = rows.attempt.unwrap_or(now);
            Ok(SessionState::SigningIn { until: begun.saturating_add(session::ATTEMPT_LIFE) })
        }
        Phase::Active => with(|citizen| SessionState::Active { citizen }),
        Phase::Refreshing => with(|citizen| SessionState::Refreshing { citizen }),
        Phase::ExpiringSoon => {
            let ends_at = rows.session.and_then(|row| row.ends).unwrap_or(now);
            Ok(greet()?.map_or(SessionState::Locked, |citizen| SessionState::ExpiringSoon { citizen, ends_at }))
        }
        Phase::Expired => with(|citizen| SessionState::Expired { citizen }),
        Phase::Locked => Ok(SessionState::Locked),
        Phase::Wiping => Ok(SessionState::Wiping),
    }
}
