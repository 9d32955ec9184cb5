//! Sign-out's last part: keys, then files.
//!
//! Guarantees: resumable: a marker says that it has begun, and stays until it has ended; the marker is read whole,
//! whenever the phone dies; an extension carries on no sign-out but its own, whose files the app may still have open.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::foundation::{
    config::{Config, Mode},
    crypto::keys::{KeyError, KeyRing},
    error::{Error, Outcome, Outward, outward_from},
    ports::Ports,
};

/// Its presence means: a sign-out has begun, finish it before anything else.
const MARKER: &str = "signing-out";

/// The marker to be, until all of it is on disk.
const NEW_MARKER: &str = "signing-out.new";

/// What the marker holds while files may be left.
const ALL_LEFT: &[u8] = b"";

/// What the marker holds once the files are gone.
const KEYS_LEFT: &[u8] = b"keys";

/// Every file of ours begins with one of these: the two databases, what SQLite keeps beside them, what was set aside.
const OURS: [&str; 2] = ["state.db", "cache.db"];

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
    /// This process began the sign-out that the marker tells of.
    begun_here: Arc<AtomicBool>,
}

impl Wipe {
    pub(super) fn new(config: &Config) -> Self {
        let (state_dir, cache_dir) = (config.state_dir.clone(), config.cache_dir.clone());
        Self { state_dir, cache_dir, mode: config.mode, begun_here: Arc::default() }
    }

    /// [`WipeError::NotOurs`] if this process has to stand back from a sign-out that has begun.
    pub(super) fn is_ours(&self) -> Result<(), WipeError> {
        match self.mode {
            Mode::Extension if !self.begun_here.load(Ordering::SeqCst) => Err(WipeError::NotOurs),
            Mode::App | Mode::Extension => Ok(()),
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.marker().exists()
    }

    /// From here on there is no way back. On disk before it returns. Blocks.
    pub(super) fn begin(&self) -> Result<(), WipeError> {
        if self.has_begun() {
            self.is_ours()?;
        }
        std::fs::create_dir_all(&self.state_dir)?;
        self.mark(ALL_LEFT)?;
        self.begun_here.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Whether files of the citizen who signs out may still be there; else only the keys are left to destroy.
    pub(super) fn files_left(&self) -> bool {
        self.has_begun() && std::fs::read(self.marker()).ok().as_deref() != Some(KEYS_LEFT)
    }

    /// Keys first: with them gone, whatever a dying phone leaves on disk is noise. The files go even if the keystore
    /// keeps its keys ([`WipeError::Keys`]); the next try then leaves files alone. While [`Wipe::files_left`], no
    /// connection may be open. Blocks.
    pub(super) fn finish(&self, keys: &KeyRing, ports: &Ports) -> Result<(), WipeError> {
        self.is_ours()?;
        let destroyed = keys.destroy(ports);
        if self.files_left() {
            for dir in [&self.state_dir, &self.cache_dir] {
                remove_ours(dir)?;
            }
        }
        if let Err(error) = destroyed {
            self.mark(KEYS_LEFT)?;
            return Err(error.into());
        }
        for name in [NEW_MARKER, MARKER] {
            remove(&self.state_dir.join(name))?;
        }
        sync_dir(&self.state_dir)?;
        self.begun_here.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Puts a whole new marker in the place of the old one: whoever reads it, and whenever the phone dies, finds one or
    /// the other and never a part.
    fn mark(&self, word: &[u8]) -> Result<(), WipeError> {
        let new = self.state_dir.join(NEW_MARKER);
        let mut file = File::create(&new)?;
        file.write_all(word)?;
        file.sync_all()?;
        std::fs::rename(&new, self.marker())?;
        sync_dir(&self.state_dir)
    }

    fn marker(&self) -> PathBuf {
        self.state_dir.join(MARKER)
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
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use tempfile::TempDir;

    use super::*;
    use crate::{
        App,
        auth::testing::{MemorySecrets, SoftKey},
        foundation::{
            net::testing::Authority,
            ports::{DeviceKey as _, PortError, SecretStore},
        },
    };

    const PATIENCE: Duration = Duration::from_secs(60);

    /// Keys that come and don't go.
    struct Stubborn;

    impl SecretStore for Stubborn {
        fn get(&self, _: &str) -> Result<Option<Vec<u8>>, PortError> {
            Ok(None)
        }
        fn put(&self, _: &str, _: &[u8]) -> Result<(), PortError> {
            Ok(())
        }
        fn delete(&self, _: &str) -> Result<(), PortError> {
            Err(PortError::Unavailable)
        }
    }

    /// An installation with a store key. Its folder's name is one that a citizen might have chosen.
    struct Phone {
        dir: TempDir,
        secrets: Arc<MemorySecrets>,
        ports: Ports,
        config: Config,
    }

    impl Phone {
        fn new() -> Self {
            let (dir, secrets, key) = (TempDir::new().unwrap(), Arc::new(MemorySecrets::default()), SoftKey::new());
            secrets.put("store-key", &key.wrap(&[7; 32]).unwrap()).unwrap();
            let mut config = Config::for_tests();
            config.state_dir = dir.path().join("Өгөгдөл");
            config.cache_dir = dir.path().join("Түр");
            config.roots = vec![Authority::new("ours").der()];
            let ports = Ports::new(secrets.clone(), Arc::new(key));
            Self { dir, secrets, ports, config }
        }

        fn open(&self, mode: Mode) -> Result<App, Error> {
            App::open(Config { mode, ..self.config.clone() }, self.ports.clone())
        }

        fn wipe(&self) -> Wipe {
            Wipe::new(&self.config)
        }

        /// Every file but what SQLite keeps for those who have it open, and the store key.
        fn kept(&self) -> (BTreeMap<PathBuf, Vec<u8>>, Option<Vec<u8>>) {
            let folders = [&self.config.state_dir, &self.config.cache_dir];
            let paths = folders.into_iter().flat_map(|dir| std::fs::read_dir(dir).unwrap()).map(|e| e.unwrap().path());
            let files = paths.filter(|path| !path.to_string_lossy().ends_with("-shm"));
            let files = files.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect();
            (files, self.secrets.get("keys").unwrap())
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_extension_does_not_carry_on_the_apps_sign_out() {
        for word in [ALL_LEFT, KEYS_LEFT] {
            let phone = Phone::new();
            phone.open(Mode::App).unwrap().shutdown(PATIENCE).await.unwrap();
            phone.wipe().begin().unwrap();
            phone.wipe().mark(word).unwrap();
            let before = phone.kept();
            assert!(before.0.len() >= 3 && before.1.is_some(), "{:?}", before.0.keys());

            let refused = phone.open(Mode::Extension).err();

            assert_eq!(refused, Some(Error::NotAvailable));
            assert!(phone.kept() == before, "it deleted or changed something");
            phone.open(Mode::App).unwrap().shutdown(PATIENCE).await.unwrap();
            assert_eq!(phone.secrets.get("keys"), Ok(None), "the app does");
            assert!(!phone.wipe().has_begun());
            phone.open(Mode::Extension).unwrap().shutdown(PATIENCE).await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_extension_that_was_there_before_stands_back_too() {
        for word in [ALL_LEFT, KEYS_LEFT] {
            let phone = Phone::new();
            let extension = phone.open(Mode::Extension).unwrap();
            extension.suspend(PATIENCE).await.unwrap();
            phone.wipe().begin().unwrap();
            phone.wipe().mark(word).unwrap();
            let before = phone.kept();

            let (resumed, signed_out) = (extension.resume().await, extension.sign_out().await);
            let signed_in = extension.auth().begin_sign_in().await;

            assert_eq!((resumed, signed_out.err()), (Err(Error::NotAvailable), Some(Error::NotAvailable)));
            assert!(signed_in.is_err());
            assert!(phone.kept() == before, "it deleted or changed something");
            extension.shutdown(PATIENCE).await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_extension_signs_out_when_it_is_asked_itself() {
        let phone = Phone::new();
        let extension = phone.open(Mode::Extension).unwrap();

        extension.sign_out().await.unwrap();

        assert_eq!(phone.secrets.get("keys"), Ok(None));
        assert!(!phone.wipe().has_begun());
        phone.wipe().begin().unwrap(); // the app, a moment later
        assert_eq!(extension.sign_out().await.err(), Some(Error::NotAvailable));
        extension.shutdown(PATIENCE).await.unwrap();
    }

    #[test]
    fn the_marker_is_replaced_and_never_written_over() {
        let phone = Phone::new();
        let (wipe, stubborn) = (phone.wipe(), Ports { secrets: Arc::new(Stubborn), ..phone.ports.clone() });
        wipe.begin().unwrap();
        let (old, witness) = (wipe.marker(), phone.dir.path().join("гэрч"));
        std::fs::hard_link(&old, &witness).unwrap(); // what a reader has open while the marker changes

        let keys_left = wipe.finish(&KeyRing::default(), &stubborn);

        assert!(matches!(keys_left, Err(WipeError::Keys(_))), "{keys_left:?}");
        assert_eq!(
            (std::fs::read(&witness).unwrap(), std::fs::read(&old).unwrap()),
            (ALL_LEFT.into(), KEYS_LEFT.into())
        );
        assert!(!wipe.files_left() && wipe.has_begun());
    }

    #[test]
    fn a_write_of_the_marker_that_is_cut_short_leaves_the_old_one() {
        let phone = Phone::new();
        let (wipe, stubborn) = (phone.wipe(), Ports { secrets: Arc::new(Stubborn), ..phone.ports.clone() });
        let new = phone.config.state_dir.join(NEW_MARKER);
        std::fs::create_dir_all(&new).unwrap(); // in the way: no new marker can be written

        assert!(matches!(wipe.begin(), Err(WipeError::Files(_))));
        assert!(!wipe.has_begun(), "nothing has begun that is not on disk");
        std::fs::remove_dir(&new).unwrap();
        std::fs::write(&new, &KEYS_LEFT[..2]).unwrap(); // the phone died in the middle of the word
        assert!(!wipe.has_begun());
        wipe.begin().unwrap();
        assert!(wipe.files_left());

        std::fs::create_dir(&new).unwrap();
        assert!(matches!(wipe.finish(&KeyRing::default(), &stubborn), Err(WipeError::Files(_))));
        assert!(wipe.files_left(), "the old word stands: all is tried again");
        std::fs::remove_dir(&new).unwrap();
        std::fs::write(&new, &KEYS_LEFT[..2]).unwrap();
        assert!(wipe.files_left());

        wipe.finish(&KeyRing::default(), &phone.ports).unwrap();
        assert!(!wipe.has_begun() && !new.exists());
    }
}
