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
    server::Server,
    store::{self, TokenSet, TokenSetId},
    wire::Granted,
};
use crate::foundation::{
    clock::Clock,
    events::{Area, Event, Events},
    net,
    runtime::Spawner,
    storage::Store,
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
    clock: Arc<dyn Clock>,
    spawner: Spawner,
    events: Events,
    /// One for each set that somebody holds to be the stored one. Only one of them is right; the others soon find out.
    flights: Mutex<Vec<(TokenSetId, Flight)>>,
    breaker: Breaker,
    /// Tokens the server gave and the disk did not take, with the set they replace: saved before anything is asked again.
    unsaved: Mutex<Option<(TokenSetId, TokenSet)>>,
}

impl Renewal {
    pub(super) fn new(
        store: Store,
        server: Arc<Server>,
        clock: Arc<dyn Clock>,
        spawner: Spawner,
        events: Events,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            server,
            clock,
            spawner,
            events,
            flights: Mutex::default(),
            breaker: Breaker::default(),
            unsaved: Mutex::new(None),
        }))
    }

    /// Sees to it that the stored tokens are newer than the set `seen`. `false`: others had seen to it; how new theirs are
    /// is not known. Committed.
    pub(super) async fn renew(&self, seen: &TokenSetId) -> Result<bool> {
        self.join(seen).await
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
        self.0.flights().retain(|(set, _)| set != self.1);
    }
}

/// What the row says when a renewal may begin.
enum Turn {
    Ours(TokenSet),
    AlreadyRenewed,
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
            let (now, wanted) = (self.clock.now(), seen.clone());
            let (ours, stored) = self
                .store
                .write(move |dao| {
                    let ours = store::claim_renewal(dao, &wanted, now, LEASE)?;
                    Ok::<_, Error>((ours, store::tokens(dao)?))
                })
                .await?;
            let stored = stored.ok_or(Error::SignInRequired)?;
            if stored.id != *seen {
                return Ok(Turn::AlreadyRenewed);
            }
            if ours {
                return Ok(Turn::Ours(stored));
            }
            self.clock.sleep(POLL).await;
        }
    }

    async fn renew(&self, old: &TokenSet) -> Result<bool> {
        let unsaved = self.unsaved().take_if(|(replaces, _)| *replaces == old.id);
        let new = match unsaved {
            Some((_, new)) => new,
            None => match self.ask(old).await? {
                Some(granted) => self.token_set(old, granted),
                None => return Ok(false),
            },
        };
        self.save(old, new).await
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
                Ok(granted) => {
                    self.breaker.succeeded();
                    return Ok(Some(granted));
                }
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
        let seen = seen.clone();
        let ended = self
            .store
            .write(move |dao| {
                let ended = store::end_session(dao, &seen)?;
                Ok::<_, Error>(ended || store::tokens(dao)?.is_none())
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
        let (seen, stored) = (old.id.clone(), new.clone());
        let saved = self.store.write(move |dao| Ok::<_, Error>(store::replace_tokens(dao, &seen, &stored)?)).await;
        match saved {
            // `false`: signed out, or signed in anew, meanwhile. The row is right and ours are superfluous.
            Ok(saved) => Ok(saved),
            Err(error) => {
                *self.unsaved() = Some((old.id.clone(), new));
                Err(error)
            }
        }
    }

    fn unsaved(&self) -> MutexGuard<'_, Option<(TokenSetId, TokenSet)>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
