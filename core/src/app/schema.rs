//! The schema of both files: numbered texts, never edited once released.

use crate::foundation::storage::Migrations;

pub(super) const CACHE: Migrations = &[
    include_str!("../../migrations/cache/0001_pulled.sql"),
    include_str!("../../migrations/cache/0002_catalogue.sql"),
    include_str!("../../migrations/cache/0003_requests.sql"),
    include_str!("../../migrations/cache/0004_inbox.sql"),
    include_str!("../../migrations/cache/0005_forms.sql"),
    include_str!("../../migrations/cache/0006_bundles.sql"),
    include_str!("../../migrations/cache/0007_editions.sql"),
    include_str!("../../migrations/cache/0008_people.sql"),
];

pub(super) const STATE: Migrations = &[
    include_str!("../../migrations/state/0001_auth.sql"),
    include_str!("../../migrations/state/0002_outbox.sql"),
    include_str!("../../migrations/state/0003_requests.sql"),
    include_str!("../../migrations/state/0004_inbox.sql"),
    include_str!("../../migrations/state/0005_push.sql"),
    include_str!("../../migrations/state/0006_bundles.sql"),
    include_str!("../../migrations/state/0007_catalogue.sql"),
    include_str!("../../migrations/state/0008_lock.sql"),
    include_str!("../../migrations/state/0009_session.sql"),
    include_str!("../../migrations/state/0010_trust.sql"),
    include_str!("../../migrations/state/0011_needs.sql"),
    include_str!("../../migrations/state/0012_attachments.sql"),
    include_str!("../../migrations/state/0013_drafts.sql"),
    include_str!("../../migrations/state/0014_seen.sql"),
    include_str!("../../migrations/state/0015_payment.sql"),
    include_str!("../../migrations/state/0016_changes.sql"),
    include_str!("../../migrations/state/0017_prefill.sql"),
    include_str!("../../migrations/state/0018_steps.sql"),
    include_str!("../../migrations/state/0019_open.sql"),
];

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
        for (name, migrations) in [("cache", CACHE), ("state", STATE)] {
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
