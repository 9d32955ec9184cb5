//! The directories of one installation, gone with the value that holds them.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{Failure, Result};

/// The directories a phone gives an app, as one temporary directory.
///
/// ```text
/// <root>/state   state.db and what must not be lost
/// <root>/cache   cache.db and what may be
/// ```
#[derive(Debug)]
pub struct InstallDir(TempDir);

impl InstallDir {
    pub fn new() -> Result<Self> {
        let dir = temp_dir("emongolia-install-")?;
        for part in ["state", "cache"] {
            let path = dir.path().join(part);
            std::fs::create_dir(&path).map_err(Failure::file(path))?;
        }
        Ok(Self(dir))
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    pub fn cache(&self) -> PathBuf {
        self.0.path().join("cache")
    }
}

/// An empty directory, removed when dropped.
pub fn temp_dir(prefix: &str) -> Result<TempDir> {
    tempfile::Builder::new().prefix(prefix).tempdir().map_err(Failure::file(std::env::temp_dir()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_has_both_directories_and_leaves_none() {
        let install = InstallDir::new().unwrap();
        let root = install.root().to_owned();
        assert!(install.state().is_dir() && install.cache().is_dir());

        drop(install);

        assert!(!root.exists());
    }
}
