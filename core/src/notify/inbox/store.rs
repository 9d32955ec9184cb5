//! Tables of the inbox. `cache.db`: messages as pulled, sealed. `state.db`: the citizen's changes, an overlay that ends
//! when the pulled version has reached the acknowledged one.

use std::{collections::HashMap, time::Duration};

use rusqlite::{OptionalExtension as _, named_params};

use super::{
    model::{Filter, MessageId},
    operations::Change,
    wire::{self, MessageWire},
};
use crate::{
    foundation::{
        crypto::seal::Column,
        events::Area,
        storage::{self, Dao},
    },
    gateway::Endpoint,
    offline::{
        cache::{Changes, Feed},
        outbox::OperationId,
        tolerant,
    },
};

const BODY: Column = Column { table: "message", column: "body", layout: 1 };

/// The citizen's messages, as a feed of changes.
pub(super) struct MessageFeed;

impl Feed for MessageFeed {
    const NAME: &'static str = "inbox";
    const AREA: Area = Area::Inbox;
    const FRESH_FOR: Duration = super::FRESH_FOR;
    type Item = MessageWire;

    fn endpoint() -> &'static Endpoint<Changes<MessageWire>> {
        &wire::INBOX
    }

    fn store(items: Vec<MessageWire>, dao: &mut Dao<'_>) -> storage::Result<()> {
        for item in &items {
            put_message(dao, item)?;
        }
        Ok(())
    }

    fn reset(dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute("DELETE FROM message", [])?;
        Ok(())
    }
}

/// Keeps the newest version; of a deleted message only that it is deleted, and where it stood: a page may end there.
fn put_message(dao: &mut Dao<'_>, message: &MessageWire) -> storage::Result<()> {
    if MessageId::parse(&message.id).is_none() {
        log::warn!(target: "emongolia", "a message with an unusable id was left out");
        return Ok(());
    }
    let body = if message.deleted { None } else { Some(dao.seal(BODY, &message.id, message)?) };
    let sent_at = message.sent_at.map(|at| at.unix_ms());
    dao.sql().execute(
        "INSERT INTO message (id, version, sent_at, read, deleted, body)
         VALUES (:id, :version, coalesce(:sent_at, 0), :read, :deleted, :body)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, sent_at = coalesce(:sent_at, sent_at), read = excluded.read,
             deleted = excluded.deleted, body = excluded.body
         WHERE excluded.version >= message.version",
        named_params! {
            ":id": message.id, ":version": message.version, ":sent_at": sent_at,
            ":read": message.read_at.is_some(), ":deleted": message.deleted, ":body": body,
        },
    )?;
    Ok(())
}

/// At most `limit`, newest first, from after `before`. Without those that the citizen has deleted here.
pub(super) fn messages(
    dao: &Dao<'_>,
    before: Option<&MessageId>,
    filter: &Filter,
    limit: usize,
    overlay: &Overlay,
) -> storage::Result<Vec<MessageWire>> {
    let (unread, person) = match filter {
        Filter::All => (false, None),
        Filter::Unread => (true, None),
        Filter::Of(person) => (false, Some(person)),
    };
    let mut statement = dao.sql().prepare_cached(
        "SELECT id, body FROM message
         WHERE deleted = 0 AND (:unread = 0 OR read = 0)
           AND (:before IS NULL OR (sent_at, id) < (SELECT sent_at, id FROM message WHERE id = :before))
         ORDER BY sent_at DESC, id DESC",
    )?;
    let rows = statement
        .query_map(named_params! {":before": before.map(MessageId::as_str), ":unread": unread}, |row| {
            Ok((row.get::<_, String>("id")?, row.get::<_, Vec<u8>>("body")?))
        })?;
    let shown = rows.filter(|row| {
        let change = row.as_ref().map(|(id, _)| overlay.of(id)).unwrap_or_default();
        !(change.deleted || unread && change.read)
    });
    let opened = shown.map(|row| {
        let (id, body) = row?;
        dao.open(BODY, &id, &body)
    });
    let theirs = |message: &MessageWire| person.is_none_or(|person| person.is(message.on_behalf_of.as_ref()));
    tolerant::wanted_rows(opened, limit, theirs)
}

/// Whether a page can start after this message: without its row nobody knows where that is.
pub(super) fn is_pulled(dao: &Dao<'_>, id: &MessageId) -> storage::Result<bool> {
    let mut statement = dao.sql().prepare_cached("SELECT 1 FROM message WHERE id = :id")?;
    Ok(statement.exists(named_params! {":id": id.as_str()})?)
}

pub(super) fn message(dao: &Dao<'_>, id: &MessageId) -> storage::Result<Option<MessageWire>> {
    let body: Option<Option<Vec<u8>>> = dao
        .sql()
        .query_row(
            "SELECT body FROM message WHERE id = :id AND deleted = 0",
            named_params! {":id": id.as_str()},
            |row| row.get(0),
        )
        .optional()?;
    let message = body.flatten().map(|body| tolerant::opened(dao.open(BODY, id.as_str(), &body))).transpose()?;
    Ok(message.flatten())
}

pub(super) fn unread_ids(dao: &Dao<'_>) -> storage::Result<Vec<String>> {
    let mut statement = dao.sql().prepare_cached("SELECT id FROM message WHERE deleted = 0 AND read = 0")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The pulled versions of these messages; one that has no row is not among them.
pub(super) fn pulled_versions(dao: &Dao<'_>, ids: &[String]) -> storage::Result<HashMap<String, i64>> {
    let mut statement = dao.sql().prepare_cached("SELECT version FROM message WHERE id = :id")?;
    let mut versions = HashMap::new();
    for id in ids {
        if let Some(version) = statement.query_row(named_params! {":id": id}, |row| row.get(0)).optional()? {
            versions.insert(id.clone(), version);
        }
    }
    Ok(versions)
}

/// The citizen's changes that the pulled rows do not show yet.
#[derive(Default)]
pub(super) struct Overlay(HashMap<String, Changed>);

#[derive(Clone, Copy, Default)]
pub(super) struct Changed {
    pub(super) read: bool,
    pub(super) deleted: bool,
    pub(super) pending: bool,
}

impl Overlay {
    pub(super) fn of(&self, id: &str) -> Changed {
        self.0.get(id).copied().unwrap_or_default()
    }
}

pub(super) fn overlay(dao: &Dao<'_>) -> storage::Result<Overlay> {
    let mut statement = dao.sql().prepare_cached("SELECT message_id, change, acked_version FROM inbox_change")?;
    let mut rows = statement.query([])?;
    let mut overlay = Overlay::default();
    while let Some(row) = rows.next()? {
        let changed = overlay.0.entry(row.get("message_id")?).or_default();
        let change: String = row.get("change")?;
        changed.read |= change == Change::Read.as_str();
        changed.deleted |= change == Change::Deleted.as_str();
        changed.pending |= row.get::<_, Option<i64>>("acked_version")?.is_none();
    }
    Ok(overlay)
}

/// The operation that already carries this change.
pub(super) fn operation_of(dao: &Dao<'_>, id: &MessageId, change: Change) -> storage::Result<Option<OperationId>> {
    let operation: Option<String> = dao
        .sql()
        .query_row(
            "SELECT operation_id FROM inbox_change WHERE message_id = :id AND change = :change",
            named_params! {":id": id.as_str(), ":change": change.as_str()},
            |row| row.get(0),
        )
        .optional()?;
    Ok(operation.as_deref().and_then(OperationId::parse))
}

pub(super) fn put_change(
    dao: &mut Dao<'_>,
    id: &MessageId,
    change: Change,
    operation: &OperationId,
) -> storage::Result<()> {
    dao.sql().execute(
        "INSERT INTO inbox_change (message_id, change, operation_id) VALUES (:id, :change, :operation)
         ON CONFLICT (message_id, change) DO UPDATE SET operation_id = excluded.operation_id, acked_version = NULL",
        named_params! {":id": id.as_str(), ":change": change.as_str(), ":operation": operation.as_str()},
    )?;
    Ok(())
}

pub(super) fn acknowledge_change(
    dao: &mut Dao<'_>,
    id: &MessageId,
    change: Change,
    version: i64,
) -> storage::Result<()> {
    dao.sql().execute(
        "UPDATE inbox_change SET acked_version = :version WHERE message_id = :id AND change = :change",
        named_params! {":id": id.as_str(), ":change": change.as_str(), ":version": version},
    )?;
    Ok(())
}

pub(super) fn drop_change(dao: &mut Dao<'_>, operation: &OperationId) -> storage::Result<()> {
    dao.sql().execute(
        "DELETE FROM inbox_change WHERE operation_id = :operation",
        named_params! {":operation": operation.as_str()},
    )?;
    Ok(())
}

/// Messages with an acknowledged change, and the version that will show it.
pub(super) fn acknowledged(dao: &Dao<'_>) -> storage::Result<Vec<(String, i64)>> {
    let mut statement = dao
        .sql()
        .prepare_cached("SELECT message_id, acked_version FROM inbox_change WHERE acked_version IS NOT NULL")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ends the overlays of `id` that version `pulled` shows; how many.
pub(super) fn drop_shown(dao: &mut Dao<'_>, id: &str, pulled: i64) -> storage::Result<usize> {
    let dropped = dao.sql().execute(
        "DELETE FROM inbox_change WHERE message_id = :id AND acked_version <= :pulled",
        named_params! {":id": id, ":pulled": pulled},
    )?;
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;
    use crate::foundation::{
        crypto::keys::File,
        storage::{Migrations, Store},
    };

    const SCHEMA: Migrations = &[include_str!("../../../migrations/cache/0004_inbox.sql")];

    fn stored(messages: serde_json::Value) -> (TempDir, Store) {
        let dir = TempDir::new().unwrap();
        let store = Store::for_tests(dir.path(), File::Cache, SCHEMA);
        let messages: Vec<MessageWire> = serde_json::from_value(messages).unwrap();
        store.write_now(|dao| MessageFeed::store(messages, dao)).unwrap();
        (dir, store)
    }

    fn ids(store: &Store, before: Option<&MessageId>) -> Vec<String> {
        let page = store.read_now(|dao| messages(dao, before, &Filter::All, 10, &Overlay::default())).unwrap();
        page.into_iter().map(|message| message.id).collect()
    }

    fn three() -> serde_json::Value {
        json!([
            { "id": "a", "version": 1, "sent_at": "2026-01-03T00:00:00Z", "title": { "mn": "Үнэмлэх" } },
            { "id": "b", "version": 2, "sent_at": "2026-01-02T00:00:00Z", "kind": null },
            { "id": "c", "version": 3, "sent_at": "2026-01-01T00:00:00Z", "title": { "mn": "Өргөдөл" } },
            { "id": "b", "version": 4, "deleted": true },
            { "id": "../c", "version": 5 },
        ])
    }

    #[tokio::test]
    async fn a_deleted_message_keeps_its_place_so_that_a_page_goes_on_after_it() {
        let (_dir, store) = stored(three());

        assert_eq!(ids(&store, None), ["a", "c"]);
        assert_eq!(ids(&store, MessageId::parse("b").as_ref()), ["c"]);
    }

    #[tokio::test]
    async fn a_row_that_does_not_open_leaves_the_others_readable() {
        let (_dir, store) = stored(three());
        let damage = "UPDATE message SET body = x'0102' WHERE id = 'a'";
        store.write_now(|dao| Ok::<_, storage::Error>(dao.sql().execute(damage, [])?)).unwrap();

        assert_eq!(ids(&store, None), ["c"]);
    }
}
