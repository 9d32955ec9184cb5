//! The schema of both files: numbered texts, never edited once released.

use rusqlite::OptionalExtension as _;

use crate::foundation::{
    crypto::keys::KeyId,
    storage::{self, Dao, Migrations},
};

pub(super) const CACHE: Migrations = &[
    include_str!("../../migrations/cache/0001_pulled.sql"),
    include_str!("../../migrations/cache/0002_catalogue.sql"),
    include_str!("../../migrations/cache/0003_requests.sql"),
    include_str!("../../migrations/cache/0004_inbox.sql"),
];

pub(super) const STATE: Migrations = &[
    include_str!("../../migrations/state/0001_auth.sql"),
    include_str!("../../migrations/state/0002_outbox.sql"),
    include_str!("../../migrations/state/0003_requests.sql"),
    include_str!("../../migrations/state/0004_inbox.sql"),
];

/// The key that a sealed value in `state.db` names (bytes 1–4, see `seal`), if there is any.
pub(super) fn state_sealed_under(dao: &Dao<'_>) -> storage::Result<Option<KeyId>> {
    key_of(
        dao,
        "SELECT substr(body, 2, 4) FROM (SELECT body FROM operation UNION ALL SELECT body FROM confirmation) LIMIT 1",
    )
}

/// The key that a sealed value in `cache.db` names, if there is any.
pub(super) fn cache_sealed_under(dao: &Dao<'_>) -> storage::Result<Option<KeyId>> {
    key_of(
        dao,
        "SELECT substr(body, 2, 4) FROM (SELECT body FROM request UNION ALL SELECT body FROM message)
         WHERE body IS NOT NULL LIMIT 1",
    )
}

fn key_of(dao: &Dao<'_>, sql: &str) -> storage::Result<Option<KeyId>> {
    let head: Option<Vec<u8>> = dao.sql().query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(head.and_then(|head| KeyId::try_from(head).ok()))
}
