//! The phone's own files, as somebody sees them who has the phone in hand: `state.db`, `cache.db`, keys.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use ring::digest::{SHA256, digest};
use rusqlite::{Connection, OpenFlags};

use crate::step::{Stop, Told};

/// Folders of one installation, as the program keeps them below `--data`.
pub(crate) struct Device {
    root: PathBuf,
}

impl Device {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn area_codes(&self) -> Told<BTreeSet<String>> {
        let db = read_only(&self.cache_db())?;
        let mut statement = db.prepare("SELECT code FROM area")?;
        let codes = statement.query_map([], |row| row.get(0))?;
        Ok(codes.collect::<rusqlite::Result<_>>()?)
    }

    /// Keys of requests that have not had their answer, in the order in which the citizen acted.
    pub(crate) fn keys_waiting(&self) -> Told<Vec<String>> {
        if !self.state_db().exists() {
            return Ok(Vec::new());
        }
        let db = read_only(&self.state_db())?;
        let mut statement = db.prepare(
            "SELECT idempotency_key FROM operation
             WHERE kind = 'request.submit' AND state IN ('new', 'sending') ORDER BY seq",
        )?;
        let keys = statement.query_map([], |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// Where the phone is to look once it is open, as pushes hinted.
    pub(crate) fn hints(&self) -> Told<Vec<String>> {
        let db = read_only(&self.state_db())?;
        let mut statement = db.prepare("SELECT area FROM push_hint")?;
        let areas = statement.query_map([], |row| row.get(0))?;
        Ok(areas.collect::<rusqlite::Result<_>>()?)
    }

    /// Tables in which anything stands, with the number of rows.
    pub(crate) fn rows(&self) -> Told<BTreeMap<String, i64>> {
        let mut rows = BTreeMap::new();
        for path in [self.state_db(), self.cache_db()] {
            if !path.exists() {
                continue;
            }
            let db = read_only(&path)?;
            for table in tables(&db)? {
                let count: i64 = db.query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0))?;
                if count > 0 {
                    rows.insert(format!("{}/{table}", file_name(&path)), count);
                }
            }
        }
        Ok(rows)
    }

    /// SHA-256 of every file that is not empty, by its place below the root.
    pub(crate) fn files(&self) -> Told<BTreeMap<String, Vec<u8>>> {
        let mut files = BTreeMap::new();
        walk(&self.root, &mut |path| {
            let bytes = fs::read(path).map_err(Stop::io(path.display().to_string()))?;
            if !bytes.is_empty() {
                let name = path.strip_prefix(&self.root).unwrap_or(path).display().to_string();
                files.insert(name, digest(&SHA256, &bytes).as_ref().to_vec());
            }
            Ok(())
        })?;
        Ok(files)
    }

    /// For sabotage: somebody changes what the phone has pulled.
    pub(crate) fn change_cache(&self, sql: &str) -> Told {
        Ok(Connection::open(self.cache_db())?.execute_batch(sql)?)
    }

    /// For sabotage: somebody changes what the phone has noted.
    pub(crate) fn change_state(&self, sql: &str) -> Told {
        Ok(Connection::open(self.state_db())?.execute_batch(sql)?)
    }

    /// For sabotage: the platform's keystore is reset.
    pub(crate) fn lose_key(&self) -> Told {
        let path = self.root.join("keys/device.wrap");
        fs::remove_file(&path).map_err(Stop::io(path.display().to_string()))
    }

    /// For sabotage: the platform empties the cache, a cleaner finds the state.
    pub(crate) fn lose(&self, database: Database) -> Told {
        let path = match database {
            Database::Cache => self.cache_db(),
            Database::State => self.state_db(),
        };
        lose(&path)
    }

    fn state_db(&self) -> PathBuf {
        self.root.join("state/state.db")
    }

    fn cache_db(&self) -> PathBuf {
        self.root.join("cache/cache.db")
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Database {
    Cache,
    State,
}

/// Deletes a database with what SQLite keeps beside it.
pub(crate) fn lose(path: &Path) -> Told {
    fs::remove_file(path).map_err(Stop::io(path.display().to_string()))?;
    for beside in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(beside);
        let _ = fs::remove_file(name); // not there: as good
    }
    Ok(())
}

fn read_only(path: &Path) -> Told<Connection> {
    Ok(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)
}

/// All but SQLite's own.
fn tables(db: &Connection) -> Told<Vec<String>> {
    let mut statement =
        db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

fn walk(path: &Path, each: &mut impl FnMut(&Path) -> Told) -> Told {
    let unreadable = |path: &Path| Stop::io(path.display().to_string());
    for entry in fs::read_dir(path).map_err(unreadable(path))? {
        let path = entry.map_err(unreadable(path))?.path();
        if path.is_dir() { walk(&path, each)? } else { each(&path)? }
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> (tempfile::TempDir, Device) {
        let folder = tempfile::tempdir().unwrap();
        for part in ["state", "cache", "keys"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        let device = Device::new(folder.path().to_owned());
        let state = Connection::open(device.state_db()).unwrap();
        state.execute_batch("CREATE TABLE empty (x); CREATE TABLE note (x); INSERT INTO note VALUES ('Ө')").unwrap();
        let cache = Connection::open(device.cache_db()).unwrap();
        cache.execute_batch("CREATE TABLE area (code); INSERT INTO area VALUES ('11'), ('1119')").unwrap();
        (folder, device)
    }

    #[test]
    fn every_table_with_a_row_is_named_with_its_database() {
        let (_folder, device) = device();

        let rows = device.rows().unwrap();

        assert_eq!(rows, BTreeMap::from([("cache.db/area".into(), 2), ("state.db/note".into(), 1)]));
        assert_eq!(device.area_codes().unwrap(), BTreeSet::from(["11".into(), "1119".into()]));
    }

    #[test]
    fn files_with_content_are_told_from_empty_ones() {
        let (folder, device) = device();
        fs::write(folder.path().join("keys/түлхүүр"), "нууц").unwrap();
        fs::write(folder.path().join("keys/хоосон"), "").unwrap();

        let files = device.files().unwrap();

        assert!(files.contains_key("keys/түлхүүр") && !files.contains_key("keys/хоосон"));
        assert_eq!(files.len(), 3);
    }

    #[test]
    fn a_lost_database_is_gone_with_what_stood_beside_it() {
        let (folder, device) = device();
        fs::write(folder.path().join("cache/cache.db-wal"), "").unwrap();

        device.lose(Database::Cache).unwrap();

        assert_eq!(fs::read_dir(folder.path().join("cache")).unwrap().count(), 0);
        assert!(device.state_db().exists());
    }
}
