//! A [`SecretStore`] in files: one secret, one file, for its owner alone.
//!
//! Guarantees: absent is told apart from unreadable; what was put survives a crash whole.

use std::{
    io,
    path::{Path, PathBuf},
};

use emongolia_core::foundation::ports::{PortError, SecretStore};

use super::files;

pub(crate) struct FileSecrets {
    dir: PathBuf,
}

impl FileSecrets {
    pub(crate) fn in_dir(dir: &Path) -> Self {
        Self { dir: dir.to_path_buf() }
    }

    fn path(&self, name: &str) -> Result<PathBuf, PortError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(PortError::Failed { code: "name".into() });
        }
        Ok(self.dir.join(format!("{name}.secret")))
    }
}

impl SecretStore for FileSecrets {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        files::read(&self.path(name)?).map_err(|e| port_error(&e))
    }

    fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        let path = self.path(name)?;
        files::make_private_dir(&self.dir).and_then(|()| files::write(&path, value)).map_err(|e| port_error(&e))
    }

    fn delete(&self, name: &str) -> Result<(), PortError> {
        files::destroy(&self.path(name)?).map_err(|e| port_error(&e))
    }
}

/// Access that is refused may be granted later, as a phone that is still locked: nothing may be concluded from it.
pub(super) fn port_error(error: &io::Error) -> PortError {
    let passing = [io::ErrorKind::PermissionDenied, io::ErrorKind::ResourceBusy, io::ErrorKind::Interrupted];
    if passing.contains(&error.kind()) {
        PortError::Unavailable
    } else {
        PortError::Failed { code: format!("io.{:?}", error.kind()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, FileSecrets) {
        let dir = tempfile::tempdir().unwrap();
        let store = FileSecrets::in_dir(&dir.path().join("keys"));
        (dir, store)
    }

    #[test]
    fn a_secret_is_kept_replaced_and_deleted() {
        let (_dir, store) = store();

        assert_eq!(store.get("store-key"), Ok(None));
        store.put("store-key", "Өө".as_bytes()).unwrap();
        store.put("store-key", "Үү".as_bytes()).unwrap();
        assert_eq!(store.get("store-key"), Ok(Some("Үү".as_bytes().to_vec())));
        store.delete("store-key").unwrap();

        assert_eq!(store.get("store-key"), Ok(None));
        assert_eq!(store.delete("store-key"), Ok(()), "deleting what is not there is no error");
    }

    #[test]
    fn secrets_do_not_meet_and_none_leaves_the_folder() {
        let (_dir, store) = store();

        store.put("a", b"1").unwrap();
        store.put("b", b"2").unwrap();
        store.delete("b").unwrap();

        assert_eq!(store.get("a"), Ok(Some(b"1".to_vec())));
        for name in ["", "../a", "A", "нууц", "a/b"] {
            assert_eq!(store.put(name, b"3"), Err(PortError::Failed { code: "name".into() }), "{name}");
        }
    }

    #[test]
    fn what_can_not_be_read_now_is_not_taken_for_absent() {
        assert_eq!(port_error(&io::ErrorKind::PermissionDenied.into()), PortError::Unavailable);

        let (dir, _) = store();
        let not_a_folder = dir.path().join("keys");
        std::fs::write(&not_a_folder, b"").unwrap();

        let found = FileSecrets::in_dir(&not_a_folder).get("store-key");

        assert!(matches!(found, Err(PortError::Failed { ref code }) if code.starts_with("io.")), "{found:?}");
    }
}
