//! The machine's facts as they are now: from the rows, the key ring, the marker of a sign-out, and the flights.
//!
//! Guarantees: read in the transaction of whoever acts on them; nothing sealed is opened for them.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use super::{
    Error, Result,
    machine::{End, Facts, Life, Lock, Session},
    session,
    store::{self, Rows, TokenSetId},
};
use crate::foundation::{
    clock::Timestamp,
    config::Mode,
    crypto::keys::KeyRing,
    events::{Event, Events},
    policy::Policies,
    storage::Dao,
};

/// What others decide of a session: whether the citizen's things may be touched at all, and how long ahead its end is
/// warned of.
#[derive(Clone)]
pub struct Doors {
    pub keys: KeyRing,
    /// Whether a sign-out has begun and has not ended.
    pub wiping: Arc<dyn Fn() -> bool + Send + Sync>,
    pub policies: Policies,
}

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub(super) struct Ground(Arc<Inner>);

struct Inner {
    doors: Doors,
    mode: Mode,
    events: Events,
    /// The sets that the server is being asked to renew.
    flights: Mutex<Vec<TokenSetId>>,
    /// The end that the citizen has been warned of.
    warned: Mutex<Option<Timestamp>>,
    /// In an extension: until when the platform lets it live, in Unix milliseconds.
    lives_until: AtomicI64,
}

impl Ground {
    pub(super) fn new(doors: Doors, mode: Mode, events: Events) -> Self {
        Self(Arc::new(Inner {
            doors,
            mode,
            events,
            flights: Mutex::default(),
            warned: Mutex::default(),
            lives_until: AtomicI64::new(i64::MIN),
        }))
    }

    /// What is so, with the rows it is read from. Warns of an end that is near.
    pub(super) fn facts(&self, dao: &Dao<'_>, now: Timestamp) -> Result<(Facts, Rows)> {
        let rows = store::rows(dao)?;
        let session = match &rows.session {
            Some(row) if row.renewable => Session::Live(self.end(row.begun, row.ends, now)),
            Some(_) => Session::Ended,
            None => Session::None,
        };
        let flying = |set: &TokenSetId| self.flights(|flights| flights.contains(set));
        let facts = Facts {
            life: self.life(),
            lock: self.lock(session),
            session,
            attempt: rows.attempt.is_some_and(|begun| session::in_time(begun, now)),
            flight: rows.session.as_ref().is_some_and(|row| row.renewable && flying(&row.token_set)),
        };
        if session == Session::Live(End::Near)
            && let Some(ends) = rows.session.as_ref().and_then(|row| row.ends)
        {
            self.warn(ends);
        }
        Ok((facts, rows))
    }

    /// How far off the end is, as the citizen is to be warned of it.
    pub(super) fn end(&self, begun: Option<Timestamp>, ends: Option<Timestamp>, now: Timestamp) -> End {
        End::of(begun, ends, self.0.doors.policies.now().session_warn, now)
    }

    /// What the key record said, and whether the keys are in memory. Where nothing is sealed for anybody, none is needed;
    /// where something is, keys that the platform does not give are as good as locked away.
    fn lock(&self, session: Session) -> Lock {
        let keys = &self.0.doors.keys;
        match (session, keys.lock(), keys.id()) {
            (Session::None, _, _) => Lock::None,
            (Session::Live(_) | Session::Ended, Some(said), Some(_)) if said.pin => Lock::Open,
            (Session::Live(_) | Session::Ended, _, Some(_)) => Lock::None,
            (Session::Live(_) | Session::Ended, Some(said), None) if said.spent => Lock::Spent,
            (Session::Live(_) | Session::Ended, _, None) => Lock::Shut,
        }
    }

    /// What memory alone knows, which is what lock and sign-out depend on. A record of keys is some citizen's, and so may
    /// be one that the platform does not give: a sign-out must not destroy what can't be looked at.
    pub(super) fn at_the_door(&self) -> Facts {
        let keys = &self.0.doors.keys;
        let is_somebodys = keys.lock().is_some() || keys.is_unavailable();
        let session = if is_somebodys { Session::Ended } else { Session::None };
        Facts { life: self.life(), lock: self.lock(session), session, ..Facts::default() }
    }

    fn life(&self) -> Life {
        if self.is_wiping() { Life::Wiping } else { Life::Open }
    }

    pub(super) fn is_wiping(&self) -> bool {
        (self.0.doors.wiping)()
    }

    /// Refuses while nothing of the session may be touched, whoever waits for what.
    pub(super) fn refuse_if_shut(&self) -> Result<()> {
        if self.is_wiping() {
            return Err(Error::Wiping);
        }
        if self.0.doors.keys.id().is_none() { Err(Error::Locked) } else { Ok(()) }
    }

    /// Once for each end.
    pub(super) fn warn(&self, ends_at: Timestamp) {
        let before = self.0.warned.lock().unwrap_or_else(PoisonError::into_inner).replace(ends_at);
        if before != Some(ends_at) {
            self.0.events.emit(Event::SessionEnding { ends_at });
        }
    }

    pub(super) fn set_out(&self, set: &TokenSetId) {
        self.flights(|flights| flights.push(set.clone()));
    }

    pub(super) fn landed(&self, set: &TokenSetId) {
        self.flights(|flights| flights.retain(|one| one != set));
    }

    fn flights<T>(&self, look: impl FnOnce(&mut Vec<TokenSetId>) -> T) -> T {
        look(&mut self.0.flights.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The platform lets this process live until then.
    pub(super) fn lives_until(&self, until: Timestamp) {
        self.0.lives_until.store(until.unix_ms(), Ordering::SeqCst);
    }

    /// Whether this process may ask for new tokens. An extension that is killed on the way loses what the server gave: of
    /// no account if the server gives it again, the end of the session if it rotates.
    pub(super) fn may_renew(&self, rotates: bool, done_by: Timestamp) -> Result<()> {
        match self.0.mode {
            Mode::App => Ok(()),
            Mode::Extension if !rotates && done_by.unix_ms() <= self.0.lives_until.load(Ordering::SeqCst) => Ok(()),
            Mode::Extension => Err(Error::LeftToTheApp),
        }
    }
}
