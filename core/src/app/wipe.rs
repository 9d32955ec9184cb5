//! Sign-out's last part: keys, then files. Resumable: a marker says that it has begun, and stays until it has ended.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use crate::foundation::{
    config::Config,
    crypto::keys::{KeyError, KeyRing},
    error::{Outcome, Outward, outward_from},
    ports::Ports,
};

/// Its presence means: a sign-out has begun, finish it before anything else.
const MARKER: &str = "signing-out";

/// What the marker holds once the files are gone.
const KEYS_LEFT: &[u8] = b"keys";

/// Every file of ours begins with one of these: the two databases, what SQLite keeps beside them, what was set aside.
const OURS: [&str; 2] = ["state.db", "cache.db"];

#[derive(Debug, thiserror::Error)]
pub(super) enum WipeError {
    #[error("a file could not be written or removed: {0:?}")]
    Files(io::ErrorKind),
    #[error(transparent)]
    Keys(#[from] KeyError),
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
        }
    }
}

outward_from!(WipeError);

#[derive(Clone)]
pub(super) struct Wipe {
    state_dir: PathBuf,
    cache_dir: PathBuf,
}

impl Wipe {
    pub(super) fn new(config: &Config) -> Self {
        Self { state_dir: config.state_dir.clone(), cache_dir: config.cache_dir.clone() }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.marker().exists()
    }

    /// From here on there is no way back. On disk before it returns. Blocks.
    pub(super) fn begin(&self) -> Result<(), WipeError> {
        std::fs::create_dir_all(&self.state_dir)?;
        File::create(self.marker())?.sync_all()?;
        sync_dir(&self.state_dir)
    }

    /// Whether files of the citizen who signs out may still be there; else only the keys are left to destroy.
    pub(super) fn files_left(&self) -> bool {
        self.has_begun() && std::fs::read(self.marker()).ok().as_deref() != Some(KEYS_LEFT)
    }

    /// Keys first: with them gone, whatever a dying phone leaves on disk is noise. The files go even if the keystore
    /// keeps its keys ([`WipeError::Keys`]); the next try then leaves files alone. While [`Wipe::files_left`], no
    /// connection may be open. Blocks.
    pub(super) fn finish(&self, keys: &KeyRing, ports: &Ports) -> Result<(), WipeError> {
        let destroyed = keys.destroy(ports);
        if self.files_left() {
            for dir in [&self.state_dir, &self.cache_dir] {
                remove_ours(dir)?;
            }
        }
        if let Err(error) = destroyed {
            std::fs::write(self.marker(), KEYS_LEFT)?;
            File::open(self.marker())?.sync_all()?;
            return Err(error.into());
        }
        match std::fs::remove_file(self.marker()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => sync_dir(&self.state_dir),
        }
    }

    fn marker(&self) -> PathBuf {
        self.state_dir.join(MARKER)
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
            std::fs::remove_file(entry.path())?;
        }
    }
    sync_dir(dir)
}

/// A removed name is gone from disk only when its folder is synced.
fn sync_dir(dir: &Path) -> Result<(), WipeError> {
    Ok(File::open(dir)?.sync_all()?)
}
