//! Sign-out and its journal: marked, told, keys, files, and the marker's own end.
//!
//! Guarantees: whenever the phone dies, the next start goes on behind the step that the journal names; the journal is read
//! whole; an extension carries on no sign-out but its own, whose files the app may still have open.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use super::{App, SignOut, open};
use crate::foundation::{
    config::{Config, Mode},
    crypto::{
        keys::{KeyError, KeyRing},
        random,
    },
    error::{Error, Outcome, Outward, Result as Public, outward_from},
    events::Events,
    ports::Ports,
    runtime::Spawner,
    storage::{self, Store},
};

/// Its presence means: a sign-out has begun, finish it before anything else. It holds the last step that is done, and the
/// sign-out's id.
const MARKER: &str = "signing-out";

/// The marker to be, until all of it is on disk.
const NEW_MARKER: &str = "signing-out.new";

/// Every file of ours begins with one of these: the two databases, what SQLite keeps beside them, what was set aside.
const OURS: [&str; 2] = ["state.db", "cache.db"];

/// How long sign-out waits for the other side to hear of it.
const REVOKE_WITHIN: Duration = Duration::from_secs(5);

/// How much of that goes to taking the phone off the list for pushes.
const UNREGISTER_WITHIN: Duration = Duration::from_secs(2);

/// How far a sign-out has come: this is done, what comes after it may be too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It has begun, and there is no way back.
    Marked,
    /// The other side has heard of it, or can't be told.
    Told,
    /// The keys are destroyed: what else is there is noise.
    Keys,
    /// The files are gone, and the keystore keeps its keys.
    KeysLeft,
    /// Nothing is left but the marker.
    Files,
}

impl Step {
    const ALL: [Self; 5] = [Self::Marked, Self::Told, Self::Keys, Self::KeysLeft, Self::Files];

    const fn word(self) -> &'static str {
        match self {
            Self::Marked => "marked",
            Self::Told => "told",
            Self::Keys => "keys",
            Self::KeysLeft => "keys-left",
            Self::Files => "files",
        }
    }

    const fn keys_left(self) -> bool {
        match self {
            Self::Marked | Self::Told | Self::KeysLeft => true,
            Self::Keys | Self::Files => false,
        }
    }

    const fn files_left(self) -> bool {
        match self {
            Self::Marked | Self::Told | Self::Keys => true,
            Self::KeysLeft | Self::Files => false,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum WipeError {
    #[error("a file could not be written or removed: {0}")]
    Files(io::ErrorKind),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("a sign-out has begun that is not this extension's to finish: the app has to be opened")]
    NotOurs,
}

impl From<io::Error> for WipeError {
    fn from(error: io::Error) -> Self {
        Self::Files(error.kind())
    }
}

impl Outward for WipeError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Files(_) => Outcome::Defect("wipe.files"),
            Self::Keys(keys) => keys.outcome(),
            Self::NotOurs => Outcome::Expected(Error::NotAvailable),
        }
    }
}

outward_from!(WipeError);

#[derive(Clone)]
pub(super) struct Wipe {
    state_dir: PathBuf,
    cache_dir: PathBuf,
    mode: Mode,
    /// The sign-out that this process began last: of two that follow each other only its own is its to finish.
    begun_here: Arc<Mutex<Option<String>>>,
    #[cfg(feature = "test-controls")]
    no_journal: bool,
}

impl Wipe {
    pub(super) fn new(config: &Config, ports: &Ports) -> Self {
        #[cfg(not(feature = "test-controls"))]
        let _ = ports;
        Self {
            state_dir: config.state_dir.clone(),
            cache_dir: config.cache_dir.clone(),
            mode: config.mode,
            begun_here: Arc::default(),
            #[cfg(feature = "test-controls")]
            no_journal: ports.controls.no_journal,
        }
    }

    /// [`WipeError::NotOurs`] if this process has to stand back from a sign-out that has begun.
    pub(super) fn is_ours(&self) -> Result<(), WipeError> {
        match (self.mode, self.read()) {
            (Mode::Extension, Some((_, id))) if self.begun_here().as_deref() != Some(&id) => Err(WipeError::NotOurs),
            (Mode::App | Mode::Extension, _) => Ok(()),
        }
    }

    /// What is done of a sign-out that has begun and not ended.
    pub(super) fn step(&self) -> Option<Step> {
        self.read().map(|(step, _)| step)
    }

    pub(super) fn has_begun(&self) -> bool {
        self.step().is_some()
    }

    /// From here on there is no way back. On disk before it returns. Blocks.
    pub(super) fn begin(&self) -> Result<(), WipeError> {
        self.is_ours()?;
        std::fs::create_dir_all(&self.state_dir)?;
        let id = random::hex::<8>();
        self.write(Step::Marked, &id)?;
        *self.begun_here.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        Ok(())
    }

    /// The other side has heard of it, or did not answer in time. Blocks.
    pub(super) fn told(&self) -> Result<(), WipeError> {
        self.mark(Step::Told)
    }

    /// Whether files of the citizen who signs out may still be there; else only the keys are left to destroy.
    pub(super) fn files_left(&self) -> bool {
        self.step().is_none_or(Step::files_left)
    }

    /// Keys first: with them gone, whatever a dying phone leaves on disk is noise. The files go even if the keystore
    /// keeps its keys ([`WipeError::Keys`]); the next try then leaves files alone. While [`Wipe::files_left`], no
    /// connection may be open. Blocks.
    pub(super) fn finish(&self, keys: &KeyRing, ports: &Ports) -> Result<(), WipeError> {
        self.is_ours()?;
        let step = self.step().unwrap_or(Step::Told);
        let destroyed = if step.keys_left() { keys.destroy(ports) } else { Ok(()) };
        if step.files_left() {
            if destroyed.is_ok() && step.keys_left() {
                self.mark(Step::Keys)?;
            }
            for dir in [&self.state_dir, &self.cache_dir] {
                remove_ours(dir)?;
            }
            self.mark(if destroyed.is_ok() { Step::Files } else { Step::KeysLeft })?;
        }
        destroyed?;
        for name in [NEW_MARKER, MARKER] {
            remove(&self.state_dir.join(name))?;
        }
        sync_dir(&self.state_dir)
    }

    /// `None`: no sign-out is under way. What can't be read, or has no step in it, is one of which nobody knows what is
    /// done: the other side can't be told any more, and all else is done again.
    fn read(&self) -> Option<(Step, String)> {
        let text = match std::fs::read(self.marker()) {
            Ok(text) => String::from_utf8(text).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => String::new(),
        };
        let (word, id) = text.split_once(' ').unwrap_or_default();
        let step = Step::ALL.into_iter().find(|step| step.word() == word);
        Some((step.unwrap_or(Step::Told), id.to_owned()))
    }

    /// What is under way has come so far.
    fn mark(&self, step: Step) -> Result<(), WipeError> {
        match self.read() {
            Some((_, id)) => self.write(step, &id),
            None => Ok(()), // another process has ended it
        }
    }

    /// Puts a whole new marker in the place of the old one: whoever reads it, and whenever the phone dies, finds one or
    /// the other and never a part.
    fn write(&self, step: Step, id: &str) -> Result<(), WipeError> {
        #[cfg(feature = "test-controls")]
        if self.no_journal {
            return Ok(());
        }
        let new = self.state_dir.join(NEW_MARKER);
        let mut file = storage::private().write(true).truncate(true).open(&new)?;
        file.write_all(&[step.word().as_bytes(), b" ", id.as_bytes()].concat())?;
        file.sync_all()?;
        std::fs::rename(&new, self.marker())?;
        sync_dir(&self.state_dir)
    }

    fn marker(&self) -> PathBuf {
        self.state_dir.join(MARKER)
    }

    fn begun_here(&self) -> Option<String> {
        self.begun_here.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl App {
    pub(super) async fn run_sign_out(&self) -> Public<SignOut> {
        let _life = self.0.life.lock().await;
        let (revoked, keys_gone) = self.sign_out_steps().await?;
        keys_gone?;
        Ok(SignOut { revoked })
    }

    /// Carries on a sign-out of which the other side may not have heard: with everything open, before anything else
    /// happens. A keystore that keeps its keys does not keep the app from starting. Blocks.
    pub(super) fn carry_on_sign_out(&self) -> Public<()> {
        let (app, (told, wait)) = (self.clone(), mpsc::channel());
        let _carried_on = self.spawner().detached(async move {
            let _life = app.0.life.lock().await;
            let _ = told.send(app.sign_out_steps().await); // whoever waited may have gone
        });
        let (_, keys_gone) = wait.recv().map_err(|_| Error::NotAvailable)??;
        let _ = keys_gone; // logged; tried again at the next resume, start or sign-in
        Ok(())
    }

    /// Whether the other side has heard of it, and whether the keys are gone. Fails while files are left.
    async fn sign_out_steps(&self) -> Public<(bool, Public<()>)> {
        self.blocking(|inner| inner.wipe.begin().map_err(Error::from)).await?;
        self.0.catalogue.forget();
        self.0.outbox.stop().await;
        let told = Box::pin(self.tell_the_other_side()); // an extension's stack is small
        let revoked = tokio::select! {
            revoked = told => revoked,
            () = self.0.ports.clock.sleep(REVOKE_WITHIN) => false,
        };
        #[cfg(feature = "test-controls")]
        if self.0.keep_on_sign_out {
            return Ok((revoked, Ok(())));
        }
        self.blocking(|inner| inner.wipe.told().map_err(Error::from)).await?;
        let keys_gone = self.end_wipe().await?;
        self.0.shutter.nobody();
        self.0.open_again().await?;
        self.0.events.all_changed();
        Ok((revoked, keys_gone))
    }

    /// Finishes a sign-out that has begun. Fails while files are left, and nothing may then be opened; what is inside
    /// says whether the keys went too.
    pub(super) async fn end_wipe(&self) -> Public<Public<()>> {
        if !self.0.wipe.files_left() {
            return self.blocking(|inner| Ok(inner.wipe.finish(&inner.keys, &inner.ports).map_err(Error::from))).await;
        }
        let closed = self.0.close(super::CLOSE_WITHIN).await;
        self.0.catalogue.forget(); // what a read in hand has brought back meanwhile
        closed?;
        let _turn = self.0.keys.turn().await; // whoever changes the record just now would put it back
        self.blocking(|inner| {
            let keys_gone = files_gone(inner.wipe.finish(&inner.keys, &inner.ports))?;
            inner.state.recreate()?;
            inner.cache.recreate()?;
            Ok(keys_gone)
        })
        .await
    }

    /// For an extension, which the app does not tell: if it has signed the citizen out since, the files that are open here
    /// are no longer in their folder.
    pub(super) async fn catch_up(&self) -> Public<()> {
        self.0.wipe.is_ours()?;
        let _life = self.0.life.lock().await;
        if self.retry_keys().await? {
            self.0.close(super::CLOSE_WITHIN).await?;
            self.0.open_again().await?;
        }
        Ok(())
    }

    /// Best effort: a phone without a network signs out all the same.
    async fn tell_the_other_side(&self) -> bool {
        tokio::select! {
            () = self.0.push.unregister() => {}
            () = self.0.ports.clock.sleep(UNREGISTER_WITHIN) => {} // the rest is for what matters more
        }
        self.0.auth.revoke().await
    }
}

/// What a sign-out left of which nobody else has heard, opened as it is. `None`: there is none, or it does not open, and
/// then nobody can be told. Blocks.
pub(super) fn untold(
    wipe: &Wipe,
    config: &Config,
    ports: &Ports,
    keys: &KeyRing,
    events: &Events,
    spawner: &Spawner,
) -> Option<(Store, Store)> {
    if wipe.step() != Some(Step::Marked) || wipe.is_ours().is_err() {
        return None;
    }
    let _ = open::read_keys(keys, ports).ok()?;
    keys.id()?;
    open::open_stores(config, ports, keys, open::Keystore::Silent, events, spawner).ok()
}

/// With the files gone the core may start; the keys are tried again.
pub(super) fn only_keys_left(finished: Result<(), WipeError>) -> Public<()> {
    files_gone(finished).map(drop) // why keys are left has been logged
}

/// Fails while files are left; what is inside says whether the keys went too.
fn files_gone(finished: Result<(), WipeError>) -> Public<Public<()>> {
    match finished {
        Ok(()) => Ok(Ok(())),
        Err(error @ WipeError::Keys(_)) => Ok(Err(error.into())),
        Err(error @ (WipeError::Files(_) | WipeError::NotOurs)) => Err(error.into()),
    }
}

/// What is gone already is gone: another process that closes its last connection takes SQLite's own files along.
fn remove(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn remove_ours(dir: &Path) -> Result<(), WipeError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if OURS.iter().any(|ours| name.to_string_lossy().starts_with(ours)) {
            remove(&entry.path())?;
        }
    }
    sync_dir(dir)
}

/// A removed name is gone from disk only when its folder is synced.
fn sync_dir(dir: &Path) -> Result<(), WipeError> {
    Ok(File::open(dir)?.sync_all()?)
}

#[cfg(test)]
mod tests;
