//! The schema of both files: numbered texts in `migrations/`, never edited once released.

use std::sync::LazyLock;

use crate::foundation::{packed, storage::Migrations};

pub(super) fn cache() -> Migrations {
    static CACHE: LazyLock<Vec<&str>> =
        LazyLock::new(|| packed::texts(include_bytes!(concat!(env!("OUT_DIR"), "/cache.migrations"))));
    &CACHE
}

pub(super) fn state() -> Migrations {
    static STATE: LazyLock<Vec<&str>> =
        LazyLock::new(|| packed::texts(include_bytes!(concat!(env!("OUT_DIR"), "/state.migrations"))));
    &STATE
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// The schema as SQLite tells it, after the first `n` migrations.
    fn schema_after(migrations: Migrations, n: usize) -> String {
        let connection = Connection::open_in_memory().unwrap();
        migrations[..n].iter().for_each(|sql| connection.execute_batch(sql).unwrap());
        let mut statement =
            connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").unwrap();
        let lines = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        lines.map(|line| line.unwrap() + ";\n").collect()
    }

    /// Every released schema is kept as a text. A migration that was edited, or that no longer leads there, fails here;
    /// a new one needs a new text (`EMONGOLIA_WRITE_SCHEMAS=1` writes what is missing).
    #[test]
    fn every_past_schema_is_what_it_was_and_leads_to_the_next() {
        for (name, migrations) in [("cache", cache()), ("state", state())] {
            let files = std::fs::read_dir(format!("{}/migrations/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
            let written =
                files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|kind| kind == "sql"));
            assert_eq!(migrations.len(), written.count(), "{name}");
            for n in 1..=migrations.len() {
                let path = format!("{}/migrations/{name}/schema_{n:04}.txt", env!("CARGO_MANIFEST_DIR"));
                let now = schema_after(migrations, n);
                if std::env::var_os("EMONGOLIA_WRITE_SCHEMAS").is_some() && !std::path::Path::new(&path).exists() {
                    std::fs::write(&path, &now).unwrap();
                }
                let then = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
                assert_eq!(now, then, "{path}");
            }
        }
    }
}
