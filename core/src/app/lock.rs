//! The app lock: shuts the core without signing out, and opens it again.
//!
//! Guarantees: what is personal is out of reach from the moment it is locked, and every key is out of memory when that
//! call returns; opening asks nobody but the phone; nothing on disk changes but the key record.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use zeroize::Zeroizing;

use super::{App, PushOutcome, rotation::Occasion};
use crate::{
    auth::{self, Auth, Happening, LockError, LockStatus, Policy, Watch, check_pin, is_pin},
    foundation::{
        config::Mode,
        crypto::{
            keys::{KeyError, KeyRing},
            pin::{Check, LockFacts},
        },
        error::{Error, Result, outward},
        events::{Area, Events},
        ports::{BiometricKey, PortError, Ports},
        runtime::{Gate, Joined, Spawner, Work},
        storage::Store,
    },
    notify::{
        inbox::Inbox,
        push::{self, Hint},
    },
    offline::outbox::Outbox,
    services::{catalogue::Catalogue, requests::Requests},
};

/// How long locking waits for tokens that the server is giving just now.
const LAND_WITHIN: Duration = Duration::from_secs(3);

/// How long what pushes hinted at may be pulled after an unlock.
const REPLAY_WITHIN: Duration = Duration::from_secs(30);

/// The app lock. Cheap to clone.
#[derive(Clone)]
pub struct AppLock(pub(super) App);

impl AppLock {
    /// How it stands, from memory, at once: for the main thread too.
    pub fn status(&self) -> LockStatus {
        self.shutter().status()
    }

    /// Sets a PIN (`current` is `None`), changes it, or removes it (`new` is `None`). A wrong `current` counts as a try.
    /// Only for a citizen. Committed.
    pub fn change_pin(&self, current: Option<&str>, new: Option<&str>) -> Work<()> {
        let secret = |pin: Option<&str>| pin.map(|pin| Zeroizing::new(pin.to_owned()));
        let (lock, current, new) = (self.clone(), secret(current), secret(new));
        self.personal().committed(async move {
            let shutter = lock.shutter();
            shutter.is_here()?;
            let citizen = shutter.auth.citizen().await?;
            if let Some(new) = &new {
                check_pin(new, &citizen)?;
            }
            let set = shutter.has_pin();
            match (set, current) {
                (true, None) => return Err(LockError::NoCurrent.into()),
                (false, Some(_)) => return Err(LockError::NotSet.into()),
                (true, Some(current)) => lock.check(current).await?,
                (false, None) => {}
            }
            let set = new.is_some();
            let change = move |keys: &KeyRing, ports: &Ports| match &new {
                Some(new) => keys.set_pin(ports, new),
                None => keys.remove_pin(ports),
            };
            shutter.with_keys(change).await?;
            match &shutter.ports.biometric {
                Some(biometric) if !set => drop(shutter.forget_biometric(biometric).await),
                Some(_) | None => {}
            }
            shutter.touch();
            shutter.events.changed(Area::Session);
            Ok::<_, Error>(())
        })
    }

    /// Opens by the PIN, or (`None`) by the platform's prompt. [`Error::Invalid`]: a wrong one; [`Error::Busy`]: not yet;
    /// [`Error::SignInRequired`]: only a sign-in helps. Makes no request. Committed.
    pub fn unlock(&self, pin: Option<&str>) -> Work<()> {
        let (lock, pin) = (self.clone(), pin.map(|pin| Zeroizing::new(pin.to_owned())));
        self.0.spawner().committed(async move {
            let shutter = lock.shutter();
            shutter.is_here()?;
            if !shutter.gate.is_shut() {
                return Ok(());
            }
            let spent = match shutter.auth.may(Happening::Unlock) {
                Ok(()) => false,
                Err(auth::Error::Locked) => true,
                Err(other) => return Err(other.into()),
            };
            match pin {
                Some(pin) => lock.check(pin).await?, // a spent record says so itself, and what is to follow
                None if spent => return Err(LockError::Spent.into()),
                None => shutter.prompt().await?,
            }
            shutter.opened(Occasion::Opened).await
        })
    }

    /// Lets the platform's biometry open the app too, besides the PIN, or no longer. Committed.
    pub fn set_biometric(&self, on: bool) -> Work<()> {
        let lock = self.clone();
        self.personal().committed(async move {
            let shutter = lock.shutter();
            shutter.is_here()?;
            let biometric = shutter.biometric()?;
            if on {
                let key = biometric.clone();
                let add = move |keys: &KeyRing, ports: &Ports| keys.add_biometric(ports, &*key);
                if !shutter.with_keys(add).await? {
                    return Err(LockError::NotSet.into());
                }
            } else {
                shutter.with_keys(KeyRing::remove_biometric).await?;
                shutter.forget_biometric(&biometric).await?;
            }
            shutter.events.changed(Area::Session);
            Ok::<_, Error>(())
        })
    }

    /// Locks. [`Error::NotAvailable`]: no PIN is set, so that nothing would open it again. Committed.
    pub fn lock(&self) -> Work<()> {
        let lock = self.clone();
        self.0.spawner().committed(async move {
            lock.shutter().is_here()?;
            lock.shutter().shut().await
        })
    }

    /// The citizen does something: it stays open for a while from now on.
    pub fn touch(&self) {
        self.shutter().touch();
    }

    /// How long it stays open untouched and out of sight: as built in, or shorter.
    pub fn shorten(&self, idle: Duration, background: Duration) {
        self.shutter().watching().watch.policy = Policy::shortened(idle, background);
        self.shutter().watch_anew();
    }

    /// A try at the PIN, with what follows from it.
    async fn check(&self, pin: Zeroizing<String>) -> Result<()> {
        if !is_pin(&pin) {
            return Err(LockError::Form.into());
        }
        let shutter = self.shutter();
        match shutter.with_keys(move |keys: &KeyRing, ports: &Ports| keys.try_pin(ports, &pin)).await? {
            Check::Opened => Ok(()),
            Check::NoPin => Err(LockError::NotSet.into()),
            Check::Wrong => Err(LockError::Wrong.into()),
            Check::Wait { s } => Err(LockError::Wait { s }.into()),
            Check::Spent => {
                shutter.spent().await;
                if !shutter.status().recoverable {
                    // Nothing would ever open the files again: they go, and the app begins anew.
                    let _ = Box::pin(self.0.run_sign_out()).await?;
                }
                Err(LockError::Spent.into())
            }
        }
    }

    fn shutter(&self) -> &Shutter {
        &self.0.0.shutter
    }

    fn personal(&self) -> Spawner {
        self.0.spawner().personal()
    }
}

/// What is shut and opened. Cheap to clone.
#[derive(Clone)]
pub(super) struct Shutter {
    pub(super) gate: Gate,
    pub(super) keys: KeyRing,
    pub(super) ports: Ports,
    pub(super) spawner: Spawner,
    pub(super) events: Events,
    pub(super) auth: Auth,
    pub(super) state: Store,
    pub(super) cache: Store,
    pub(super) outbox: Outbox,
    pub(super) catalogue: Catalogue,
    pub(super) requests: Requests,
    pub(super) inbox: Inbox,
    pub(super) mode: Mode,
    pub(super) watching: Arc<Mutex<Watching>>,
    /// A prompt of the platform's is open.
    pub(super) prompting: Arc<AtomicBool>,
    /// One rotation of keys at a time.
    pub(super) rotating: Arc<tokio::sync::Mutex<()>>,
}

pub(super) struct Watching {
    watch: Watch,
    timer: Option<Joined<()>>,
}

impl Watching {
    pub(super) fn new(ports: &Ports) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { watch: Watch::new(ports.clock.now()), timer: None }))
    }
}

impl Shutter {
    /// At start: what the key record said.
    pub(super) fn start(&self) {
        match self.keys.lock().filter(|_| self.keys.id().is_none()) {
            Some(LockFacts { spent: true, .. }) => {
                self.gate.shut();
                let shutter = self.clone();
                drop(self.spawner.detached(async move { shutter.spent().await })); // as it was to be when it was spent
            }
            Some(LockFacts { pin: true, .. }) => self.gate.shut(),
            Some(_) | None => self.work(Occasion::Opened),
        }
    }

    /// The same while others may be at the record: what it says is true until the gate is as it says.
    pub(super) async fn start_again(&self) {
        let _turn = self.keys.turn().await;
        self.start();
    }

    pub(super) fn status(&self) -> LockStatus {
        let open = !self.gate.is_shut();
        match self.keys.lock() {
            None => LockStatus { set: false, open, biometric: false, recoverable: false, tries_left: 0, wait_s: 0 },
            Some(facts) => LockStatus {
                set: facts.pin || facts.spent,
                open,
                biometric: facts.biometric,
                recoverable: facts.recoverable,
                tries_left: facts.tries_left,
                wait_s: facts.wait_s(self.ports.clock.now().unix_ms()),
            },
        }
    }

    fn has_pin(&self) -> bool {
        self.keys.lock().is_some_and(|facts| facts.pin)
    }

    /// A core that runs in an extension shows; it neither opens nor changes a lock.
    fn is_here(&self) -> Result<()> {
        match self.mode {
            Mode::App => Ok(()),
            Mode::Extension => Err(LockError::NotHere.into()),
        }
    }

    /// The keys came out. [`Error::Locked`]: a lock has taken them since.
    pub(super) async fn opened(&self, occasion: Occasion) -> Result<()> {
        let _turn = self.keys.turn().await;
        if self.keys.id().is_none() {
            return Err(Error::Locked);
        }
        self.gate.open();
        self.work(occasion);
        self.search(); // favourites can be read now
        self.touch();
        self.events.all_changed();
        Ok(())
    }

    /// What goes on while the app is open. An extension shows; it does not send.
    fn work(&self, occasion: Occasion) {
        match self.mode {
            Mode::App if !self.gate.is_shut() => {
                self.outbox.start();
                self.outbox.poke();
                drop(self.spawner.detached(self.clone().replay()));
                self.rotate(occasion);
            }
            Mode::App | Mode::Extension => {}
        }
    }

    /// In an extension, where all memory is counted, only when somebody searches.
    pub(super) fn search(&self) {
        match self.mode {
            Mode::App => drop(self.catalogue.prepare()), // whoever searches asks again for what failed
            Mode::Extension => {}
        }
    }

    /// Locks: nothing personal begins any more, what was sending stops, what is being given is saved, the keys go.
    pub(super) async fn shut(&self) -> Result<()> {
        let turn = self.keys.turn().await; // not in the middle of a try
        self.auth.may(Happening::Lock)?;
        if self.keys.id().is_none() {
            return Ok(()); // a shut gate says less: an unlock may have the keys and not be through it yet
        }
        self.gate.shut();
        self.outbox.stop().await;
        tokio::select! {
            () = self.auth.quiesce() => {}
            () = self.ports.clock.sleep(LAND_WITHIN) => {} // kept in memory, sealed after the next unlock
        }
        self.keys.forget();
        self.catalogue.forget_citizen();
        self.watching().timer.take().inspect(Joined::abort);
        drop(turn);
        self.events.all_changed();
        Ok(())
    }

    /// Too many wrong PINs: what this device could speak with goes, what the citizen made stays.
    async fn spent(&self) {
        let _turn = self.keys.turn().await;
        if self.keys.id().is_some() {
            return; // a sign-in has brought them back meanwhile
        }
        self.gate.shut();
        self.outbox.stop().await;
        self.catalogue.forget_citizen();
        if let Err(error) = self.auth.lose_tokens().await {
            let _ = outward(error); // logged; nothing opens them, and the next start tries again
        }
        self.events.all_changed();
    }

    /// There is nobody whose app could be locked.
    pub(super) fn nobody(&self) {
        self.gate.open();
        self.watching().timer.take().inspect(Joined::abort);
    }

    pub(super) async fn with_keys<T: Send + 'static>(
        &self,
        call: impl FnOnce(&KeyRing, &Ports) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T> {
        let (keys, ports, turn) = (self.keys.clone(), self.ports.clone(), self.keys.turn().await);
        let called = self.spawner.blocking(move || {
            let _turn = turn;
            call(&keys, &ports)
        });
        Ok(called.await??)
    }

    fn biometric(&self) -> Result<Arc<dyn BiometricKey>> {
        Ok(self.ports.biometric.clone().ok_or(LockError::Biometric(PortError::Unavailable))?)
    }

    async fn forget_biometric(&self, biometric: &Arc<dyn BiometricKey>) -> Result<()> {
        let biometric = biometric.clone();
        Ok(self.spawner.blocking(move || biometric.delete()).await?.map_err(LockError::Biometric)?)
    }

    /// Opens by what the platform gives after its prompt. No turn is held while that is open.
    async fn prompt(&self) -> Result<()> {
        let biometric = self.biometric()?;
        if self.prompting.swap(true, Ordering::SeqCst) {
            return Err(LockError::Prompting.into());
        }
        let prompt = Prompt(self.prompting.clone());
        let wrapped = self.with_keys(KeyRing::biometric_key).await?.ok_or(LockError::BiometryOff)?;
        let given = self.spawner.blocking(move || {
            let _prompt = prompt;
            biometric.unwrap(&wrapped).map(Zeroizing::new)
        });
        let opened = match given.await? {
            Ok(key) => self.with_keys(move |keys: &KeyRing, ports: &Ports| keys.open_by_biometric(ports, &key)).await?,
            Err(PortError::Invalidated) => None,
            Err(error) => return Err(LockError::Biometric(error).into()),
        };
        if opened.is_none() {
            self.with_keys(KeyRing::remove_biometric).await?;
            self.events.changed(Area::Session);
            return Err(LockError::BiometryChanged.into());
        }
        Ok(())
    }

    /// Follows what pushes hinted at while the app was locked. What can't be followed now stays for the next time.
    async fn replay(self) {
        let followed = async {
            let Some((hint, until)) = self.state.read(push::hints).await? else { return Ok(()) };
            self.pull(hint).await?;
            self.state.write(move |dao| push::forget_hints(dao, until)).await?;
            Ok::<_, Error>(())
        };
        tokio::select! {
            _ = followed => {}
            () = self.ports.clock.sleep(REPLAY_WITHIN) => {}
        }
    }

    /// Keeps a hint that can't be followed now.
    pub(super) async fn keep(&self, hint: Hint) -> Result<PushOutcome> {
        let now = self.ports.clock.now();
        self.state.write(move |dao| push::put_hint(dao, hint, now)).await?;
        Ok(PushOutcome { changed: false })
    }

    pub(super) async fn pull(&self, hint: Hint) -> Result<PushOutcome> {
        let (requests, inbox) = match hint {
            Hint::Inbox => (false, true),
            Hint::Requests => (true, false),
            Hint::Everything => (true, true),
        };
        let mut changed = false;
        if requests {
            changed |= self.requests.refresh().await?.changed;
        }
        if inbox {
            changed |= self.inbox.refresh().await?.changed;
        }
        Ok(PushOutcome { changed })
    }

    pub(super) fn touch(&self) {
        self.watching().watch.touch(self.ports.clock.now());
        self.start_watch();
    }

    /// The app goes out of sight.
    pub(super) fn leave(&self) {
        self.watching().watch.leave(self.ports.clock.now());
    }

    /// The app comes back; locks it if it was away for too long.
    pub(super) async fn back(&self) {
        let too_long = self.watching().watch.back(self.ports.clock.now());
        if too_long {
            let _ = self.shut().await; // without a PIN there is nothing to lock
        }
    }

    /// One timer while the app is open under a PIN, none else.
    fn start_watch(&self) {
        let guarded = self.has_pin() && !self.gate.is_shut();
        let mut watching = self.watching();
        if guarded && watching.timer.as_ref().is_none_or(Joined::is_finished) {
            watching.timer = Some(self.spawner.detached(self.clone().watch()));
        }
    }

    fn watch_anew(&self) {
        self.watching().timer.take().inspect(Joined::abort);
        self.start_watch();
    }

    async fn watch(self) {
        loop {
            let left = self.watching().watch.left(self.ports.clock.now());
            if left.is_zero() {
                break;
            }
            self.ports.clock.sleep(left).await;
        }
        drop(self.watching().timer.take()); // locking ends a timer that runs; this one has run out
        let _ = self.shut().await; // whoever removed the PIN meanwhile wants it open
    }

    fn watching(&self) -> MutexGuard<'_, Watching> {
        self.watching.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends with the prompt, however that ends.
struct Prompt(Arc<AtomicBool>);

impl Drop for Prompt {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
