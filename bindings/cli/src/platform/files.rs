//! Small files that are never half there.
//!
//! Guarantees: what is written is on disk, whole and readable by its owner alone, before the call returns; another
//! process sees the old file or the new one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use emongolia_core::foundation::crypto::random;

/// Creates the folder, and those above it, for its owner alone.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// `None`: there is no such file.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts `bytes` in the place of whatever is there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = write_beside(path, bytes)?;
    let placed = fs::rename(&temporary, path);
    finish(path, &temporary, placed)
}

/// Puts `bytes` there unless something is there already; `false` then.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let temporary = write_beside(path, bytes)?;
    // A link, unlike a rename, fails where a name is taken, and the name appears with all its bytes.
    let placed = fs::hard_link(&temporary, path);
    match placed {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&temporary)?;
            Ok(false)
        }
        placed => {
            let linked = placed.is_ok();
            finish(path, &temporary, placed)?;
            if linked {
                fs::remove_file(&temporary)?;
            }
            Ok(true)
        }
    }
}

/// The only process that holds the folder, until what is given is dropped; waits for its turn.
pub(crate) fn alone(dir: &Path) -> io::Result<File> {
    make_private_dir(dir)?;
    let file = private().create(true).truncate(false).open(dir.join(".lock"))?;
    file.lock()?;
    Ok(file)
}

/// Overwrites, then removes. A journalling disk may keep old blocks all the same: what this protects from is the next
/// reader of the file, not the next owner of the disk.
pub(crate) fn destroy(path: &Path) -> io::Result<()> {
    let length = match fs::metadata(path) {
        Ok(found) => usize::try_from(found.len()).unwrap_or(0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if let Ok(mut file) = OpenOptions::new().write(true).open(path) {
        file.write_all(&vec![0; length])?;
        file.sync_all()?;
    }
    fs::remove_file(path)?;
    sync_parent(path)
}

/// Writes; what it makes is for its owner only.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", random::hex::<8>()));
    let temporary = path.with_file_name(name);
    let mut file = private().create_new(true).open(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary); // the first failure is the one to tell of
        return Err(error);
    }
    Ok(temporary)
}

fn finish(path: &Path, temporary: &Path, placed: io::Result<()>) -> io::Result<()> {
    if let Err(error) = placed {
        let _ = fs::remove_file(temporary); // as above
        return Err(error);
    }
    sync_parent(path)
}

/// A name is on disk only when its folder is.
fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("түлхүүр");

        write(&path, "Өмнөх урт утга".as_bytes()).unwrap();
        write(&path, "Үг".as_bytes()).unwrap();

        assert_eq!(read(&path).unwrap().unwrap(), "Үг".as_bytes());
        assert_eq!(names(dir.path()), ["түлхүүр"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let (folder, path) = (dir.path().join("keys"), dir.path().join("keys/one"));

        make_private_dir(&folder).unwrap();
        write(&path, b"1").unwrap();
        write_new(&folder.join("two"), b"2").unwrap();

        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path), mode(&folder.join("two"))), (0o700, 0o600, 0o600));
    }

    #[test]
    fn what_is_there_first_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");

        assert!(write_new(&path, b"first").unwrap());
        assert!(!write_new(&path, b"second").unwrap());

        assert_eq!(read(&path).unwrap().unwrap(), b"first");
        assert_eq!(names(dir.path()), ["key"]);
    }

    #[test]
    fn what_can_not_be_placed_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("taken");
        fs::create_dir(&taken).unwrap();

        assert!(write(&taken, b"1").is_err());

        assert_eq!(names(dir.path()), ["taken"]);
    }

    #[test]
    fn one_at_a_time_holds_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("түлхүүр");

        let held = alone(&folder).unwrap();
        let other = OpenOptions::new().write(true).open(folder.join(".lock")).unwrap();
        assert!(matches!(other.try_lock(), Err(fs::TryLockError::WouldBlock)));

        drop(held);
        other.try_lock().unwrap();
    }

    #[test]
    fn destroying_leaves_no_byte_behind_another_name() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("key"), dir.path().join("other-name"));
        write(&path, b"secret").unwrap();
        fs::hard_link(&path, &other).unwrap();

        destroy(&path).unwrap();
        destroy(&path).unwrap();

        assert_eq!(read(&path).unwrap(), None);
        assert_eq!(read(&other).unwrap().unwrap(), [0; 6]);
    }
}
