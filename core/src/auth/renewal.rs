//! New tokens for old.
//!
//! Guarantees: a set of tokens is renewed once in this process and, by a lease in the row, in all processes of the
//! installation; who holds an older set neither renews nor is taken for one who does; new tokens are on disk before
//! anybody gets them; `invalid_grant` ends the session only if the row still holds the tokens it was said of, and then
//! nothing but the tokens is touched. No lock is held while the network is waited for: callers share the result of one
//! committed task.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};

use super::{
    Error, Result,
    breaker::Breaker,
    ground::Ground,
    id_token::{self, Expected, KeySet},
    machine::{End, Event as Happening, Facts, Session},
    secret::Secret,
    server::Server,
    store::{self, TokenSet, TokenSetId},
    wire::Granted,
};
use crate::foundation::{
    clock::{Clock, Timestamp},
    crypto::jws,
    events::{Area, Event, Events},
    net,
    runtime::Spawner,
    storage::{Dao, Store},
};

/// A process that died while renewing blocks the others no longer than this: two token requests and some.
const LEASE: Duration = Duration::from_secs(25);

/// How often another process's renewal is looked at.
const POLL: Duration = Duration::from_millis(250);

/// Whether the renewal brought new tokens; else others had brought them before.
type Flight = Shared<BoxFuture<'static, Result<bool>>>;

/// Cheap to clone; all clones share the flights.
#[derive(Clone)]
pub(super) struct Renewal(Arc<Inner>);

struct Inner {
    store: Store,
    server: Arc<Server>,
    ground: Ground,
    clock: Arc<dyn Clock>,
    spawner: Spawner,
    events: Events,
    /// One for each set that somebody holds to be the stored one. Only one of them is right; the others soon find out.
    flights: Mutex<Vec<(TokenSetId, Flight)>>,
    breaker: Breaker,
    /// What the server gave and the disk did not take: saved before anything is asked again.
    unsaved: Mutex<Option<Unsaved>>,
    /// What the server last published, for the ID tokens that some send with a renewal.
    known_keys: Mutex<Option<Arc<KeySet>>>,
}

struct Unsaved {
    replaces: TokenSetId,
    new: TokenSet,
    /// Not yet held against the citizen whose session this is.
    id_token: Option<Secret<String>>,
}

impl Renewal {
    pub(super) fn new(
        store: Store,
        server: Arc<Server>,
        ground: Ground,
        clock: Arc<dyn Clock>,
        spawner: Spawner,
        events: Events,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            server,
            ground,
            clock,
            spawner,
            events,
            flights: Mutex::default(),
            breaker: Breaker::default(),
            unsaved: Mutex::new(None),
            known_keys: Mutex::default(),
        }))
    }

    /// Sees to it that the stored tokens are newer than the set `seen`. `false`: others had seen to it; how new theirs are
    /// is not known. Committed.
    pub(super) async fn renew(&self, seen: &TokenSetId) -> Result<bool> {
        self.0.ground.refuse_if_shut()?;
        self.join(seen).await
    }

    /// Why there are no tokens.
    pub(super) fn none_to_renew(&self) -> Error {
        if self.0.ground.is_wiping() { Error::Wiping } else { Error::SignInRequired }
    }

    /// Waits until no renewal is on its way: what the server gave should be on disk before the disk is let go.
    pub(super) async fn landed(&self) {
        let flights = self.0.flights().clone();
        for (_, flight) in flights {
            let _ = flight.await; // whoever asked for it hears how it ended
        }
    }

    /// The flight that is on for this set, or a new one. One for another set says nothing about this one.
    fn join(&self, seen: &TokenSetId) -> Flight {
        let mut flights = self.0.flights();
        if let Some((_, flight)) = flights.iter().find(|(set, _)| set == seen) {
            return flight.clone();
        }
        let (inner, set) = (self.0.clone(), seen.clone());
        let landed = self.0.spawner.detached(async move {
            let seat = Seat(&inner, &set);
            inner.ground.set_out(&set);
            let result = inner.fly(&set).await;
            drop(seat); // before landing: who asks after this starts a new flight, and finds the new tokens
            result
        });
        let flight =
            landed.map(|result| result.unwrap_or_else(|stopped| Err(Error::Stopped(stopped)))).boxed().shared();
        flights.push((seen.clone(), flight.clone()));
        flight
    }
}

/// Takes the flight off the list wherever it ends, also in a panic.
struct Seat<'a>(&'a Inner, &'a TokenSetId);

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.ground.landed(self.1);
        self.0.flights().retain(|(set, _)| set != self.1);
    }
}

/// What the row says when a renewal may begin.
enum Turn {
    Ours(TokenSet),
    AlreadyRenewed,
}

/// `None`: another process's turn.
fn claim(dao: &mut Dao<'_>, ground: &Ground, seen: &TokenSetId, now: Timestamp) -> Result<Option<Turn>> {
    let (facts, _) = ground.facts(dao, now)?;
    Facts { flight: false, ..facts }.step(Happening::TokenEnds)?;
    let stored = store::tokens(dao)?.ok_or(Error::SignInRequired)?;
    if stored.id != *seen {
        return Ok(Some(Turn::AlreadyRenewed));
    }
    ground.may_renew(stored.rotates, now.saturating_add(LEASE))?;
    let ours = store::claim_renewal(dao, seen, now, LEASE)?;
    Ok(ours.then_some(Turn::Ours(stored)))
}

/// What is so, as seen from the flight that asks.
fn in_flight(dao: &Dao<'_>, ground: &Ground, now: Timestamp) -> Result<Facts> {
    let (facts, _) = ground.facts(dao, now)?;
    Ok(Facts { flight: facts.flight || matches!(facts.session, Session::Live(_)), ..facts })
}

impl Inner {
    fn flights(&self) -> MutexGuard<'_, Vec<(TokenSetId, Flight)>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fly(&self, seen: &TokenSetId) -> Result<bool> {
        let old = match self.turn(seen).await? {
            Turn::Ours(old) => old,
            Turn::AlreadyRenewed => return Ok(false),
        };
        let result = self.renew(&old).await;
        if result.is_err() {
            let seen = seen.clone();
            let released: Result<()> = self.store.write(move |dao| Ok(store::release_renewal(dao, &seen)?)).await;
            if let Err(error) = released {
                log::warn!(target: "emongolia", "the turn to renew ends by itself: {error}");
            }
        }
        result
    }

    /// Waits until it is our turn, or somebody else has done it.
    async fn turn(&self, seen: &TokenSetId) -> Result<Turn> {
        loop {
            let (now, wanted, ground) = (self.clock.now(), seen.clone(), self.ground.clone());
            let turn = self.store.write(move |dao| claim(dao, &ground, &wanted, now)).await?;
            if let Some(turn) = turn {
                return Ok(turn);
            }
            self.clock.sleep(POLL).await;
        }
    }

    async fn renew(&self, old: &TokenSet) -> Result<bool> {
        let unsaved = self.unsaved().take_if(|unsaved| unsaved.replaces == old.id);
        let unsaved = match unsaved {
            Some(unsaved) => unsaved,
            None => match self.ask(old).await? {
                Some(granted) => {
                    let (id_token, new) = (granted.id_token.clone(), self.token_set(old, granted));
                    Unsaved { replaces: old.id.clone(), new, id_token }
                }
                None => return Ok(false),
            },
        };
        let believed = match &unsaved.id_token {
            Some(token) => self.is_of_our_citizen(token, &unsaved.new.access).await,
            None => Ok(()),
        };
        match believed {
            Ok(()) => {
                self.breaker.succeeded();
                self.save(old, unsaved.new).await
            }
            // A lie: its tokens are nobody's. What is stored stays, and so does the session for as long as it is good.
            Err(error @ Error::IdToken(_)) => {
                self.breaker.failed(&*self.clock);
                Err(error)
            }
            Err(other) => {
                *self.unsaved() = Some(unsaved);
                Err(other)
            }
        }
    }

    /// An ID token that comes with a renewal is of the same issuer, citizen and client (OpenID Connect Core §12.2).
    async fn is_of_our_citizen(&self, token: &Secret<String>, access: &Secret<String>) -> Result<()> {
        let citizen = self.store.read(|dao| Ok::<_, Error>(store::citizen(dao)?)).await?;
        let citizen = citizen.ok_or(Error::SignInRequired)?;
        let known = self.known_keys().clone();
        let asked_for = known.is_none();
        let keys = match known {
            Some(keys) => keys,
            None => self.ask_for_keys().await?,
        };
        let verify = |keys: &KeySet| {
            let expected = Expected {
                issuer: &self.server.issuer,
                audience: &self.server.client_id,
                nonce: None,
                subject: Some(citizen.subject.as_str()),
                freshness: None,
                access: access.reveal(),
                now: self.server.now(),
                checks: self.server.checks,
            };
            id_token::verify(token.reveal(), keys, &expected).map(|_| ())
        };
        match verify(&keys) {
            Err(id_token::Refusal::Jws(jws::Refusal::UnknownKey)) if !asked_for => {
                Ok(verify(&*self.ask_for_keys().await?)?) // changed since
            }
            verified => Ok(verified?),
        }
    }

    async fn ask_for_keys(&self) -> Result<Arc<KeySet>> {
        let keys = Arc::new(self.server.keys().await?);
        *self.known_keys() = Some(keys.clone());
        Ok(keys)
    }

    fn known_keys(&self) -> MutexGuard<'_, Option<Arc<KeySet>>> {
        self.known_keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token_set(&self, old: &TokenSet, granted: Granted) -> TokenSet {
        let now = self.clock.now();
        let another = granted.refresh.filter(|refresh| refresh.reveal() != old.refresh.reveal());
        let ends = granted.session_life.map(|life| now.saturating_add(life));
        let rotates = old.rotates || another.is_some();
        // Not said of another refresh token, its end is not known; of the same one, it is what it was.
        let session_ends = if another.is_some() { ends } else { ends.or(old.session_ends) };
        let refresh = another.unwrap_or_else(|| old.refresh.clone());
        let tokens = TokenSet::new(granted.access, refresh, now.saturating_add(granted.life));
        TokenSet { session_ends, rotates, ..tokens }
    }

    /// `None`: another process has new tokens, ours are not needed.
    async fn ask(&self, old: &TokenSet) -> Result<Option<Granted>> {
        self.breaker.check(&*self.clock)?;
        let mut asked_again = false;
        loop {
            match self.server.refresh(&old.refresh).await {
                Ok(granted) => return Ok(Some(granted)),
                Err(Error::Refused { code }) if code == "invalid_grant" => {
                    self.breaker.succeeded();
                    return self.refused(&old.id).await.map(|()| None);
                }
                // The server may have answered, and may have rotated. Once more tells.
                Err(Error::Net(net::Error::Lost { .. } | net::Error::Timeout { .. })) if !asked_again => {
                    asked_again = true;
                    let current = self.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await?;
                    if current.is_some_and(|current| current.id != old.id) {
                        return Ok(None);
                    }
                }
                Err(error) => {
                    if !matches!(error, Error::Net(net::Error::Offline { .. } | net::Error::Closed)) {
                        self.breaker.failed(&*self.clock);
                    }
                    return Err(error);
                }
            }
        }
    }

    /// The server's last word about these tokens. Whether it is the last word about the session, the row knows: it is
    /// read and changed in one IMMEDIATE transaction.
    async fn refused(&self, seen: &TokenSetId) -> Result<()> {
        let (seen, ground, now) = (seen.clone(), self.ground.clone(), self.clock.now());
        let ended = self
            .store
            .write(move |dao| {
                let facts = in_flight(dao, &ground, now)?.step(Happening::InvalidGrant)?;
                if facts.session == Session::Ended {
                    store::end_session(dao, &seen)?;
                }
                Ok::<_, Error>(store::rows(dao)?.session.is_none_or(|row| !row.renewable))
            })
            .await?;
        if !ended {
            return Ok(()); // another process was faster
        }
        self.events.emit(Event::SignInRequired);
        self.events.changed(Area::Session);
        Err(Error::SignInRequired)
    }

    async fn save(&self, old: &TokenSet, new: TokenSet) -> Result<bool> {
        let (seen, stored, ground, now) = (old.id.clone(), new.clone(), self.ground.clone(), self.clock.now());
        let save = move |dao: &mut Dao<'_>| {
            let (before, rows) = ground.facts(dao, now)?;
            let begun = rows.session.and_then(|row| row.begun_given(stored.session_ends));
            let end = ground.end(begun, stored.session_ends, now);
            let after = Facts { flight: true, ..before }.step(Happening::Renewed(end))?;
            if after.flight {
                return Ok::<_, Error>(false); // a sign-out has begun: dropped
            }
            if let (End::Near, Some(ends)) = (end, stored.session_ends) {
                ground.warn(ends);
            }
            Ok(store::replace_tokens(dao, &seen, &stored, begun.unwrap_or(now))?)
        };
        match self.store.write(save).await {
            // `false`: signed out, or signed in anew, meanwhile. The row is right and ours are superfluous.
            Ok(saved) => Ok(saved),
            Err(error) => {
                *self.unsaved() = Some(Unsaved { replaces: old.id.clone(), new, id_token: None });
                Err(error)
            }
        }
    }

    fn unsaved(&self) -> MutexGuard<'_, Option<Unsaved>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
