//! Tables of the files, in `state.db`: the bytes are rows like any other, so they are sealed, wiped, rotated, exported and
//! suspended with it, and a file and what speaks of it are one transaction.

use rusqlite::{OptionalExtension as _, named_params};

use super::model::{Attachment, AttachmentId, File};
use crate::foundation::{
    clock::Timestamp,
    crypto::{digest, seal::Column},
    storage::{self, Dao},
};

const BODY: Column = Column { table: "attachment", column: "body", layout: 1 };
const CONTENT: Column = Column { table: "attachment_part", column: "content", layout: 1 };

/// Bytes in a row of `attachment_part`: all but the last have so many.
pub(super) const PART: u64 = 32 << 10;

/// The first try sends little: over a weak signal even this takes ten seconds.
const FIRST_PART: u64 = PART;

/// And at most this, once the network has shown what it can.
const LARGEST_PART: u64 = 8 * PART;

/// A file, and how far it is.
pub(super) struct Row {
    pub(super) id: AttachmentId,
    pub(super) file: File,
    pub(super) so_far: SoFar,
}

pub(super) struct SoFar {
    pub(super) stored: u64,
    pub(super) announced: bool,
    pub(super) arrived: u64,
    pub(super) part: u64,
    pub(super) in_flight: InFlight,
    pub(super) restarts: u32,
    pub(super) stumbles: u32,
}

/// What may be under way to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InFlight {
    Nothing = 0,
    Question = 1,
    Part = 2,
}

impl From<Row> for Attachment {
    fn from(row: Row) -> Self {
        let Row { id, file, so_far } = row;
        let File { name, media_type, size, sha256, field } = file;
        Self { id, field, name, media_type, size, stored: so_far.stored, arrived: so_far.arrived, sha256 }
    }
}

pub(super) fn insert(dao: &mut Dao<'_>, id: &AttachmentId, file: &File, now: Timestamp) -> storage::Result<()> {
    let body = dao.seal(BODY, id.as_str(), file)?;
    dao.execute(
        "INSERT INTO attachment (id, created_at, size, body, part) VALUES (:id, :now, :size, :body, :part)",
        named_params! {
            ":id": id.as_str(), ":now": now.unix_ms(), ":size": file.size, ":body": body, ":part": FIRST_PART,
        },
    )?;
    Ok(())
}

pub(super) fn row(dao: &Dao<'_>, id: &AttachmentId) -> storage::Result<Option<Row>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT body, stored, announced, arrived, part, in_flight, restarts, stumbles FROM attachment WHERE id = :id",
    )?;
    let found = statement.query_row(named_params! {":id": id.as_str()}, |row| {
        let so_far = SoFar {
            stored: row.get("stored")?,
            announced: row.get("announced")?,
            arrived: row.get("arrived")?,
            part: row.get("part")?,
            in_flight: match row.get("in_flight")? {
                0 => InFlight::Nothing,
                1 => InFlight::Question,
                _ => InFlight::Part,
            },
            restarts: row.get("restarts")?,
            stumbles: row.get("stumbles")?,
        };
        Ok((row.get::<_, Vec<u8>>("body")?, so_far))
    });
    let Some((body, so_far)) = found.optional()? else { return Ok(None) };
    Ok(Some(Row { id: id.clone(), file: dao.open(BODY, id.as_str(), &body)?, so_far }))
}

/// Bytes that files take or will take here.
pub(super) fn room_taken(dao: &Dao<'_>) -> storage::Result<u64> {
    Ok(dao.sql().query_row("SELECT coalesce(sum(size), 0) FROM attachment", [], |row| row.get(0))?)
}

/// Puts bytes behind those that are there; the last row is filled first.
pub(super) fn append(dao: &mut Dao<'_>, id: &AttachmentId, offset: u64, bytes: &[u8]) -> storage::Result<()> {
    let first = offset / PART;
    let mut open = content(dao, id, first * PART, PART as usize)?;
    open.extend_from_slice(bytes);
    for (n, part) in (first..).zip(open.chunks(PART as usize)) {
        let sealed = dao.seal_bytes(CONTENT, &place(id, n), part)?;
        dao.execute(
            "INSERT INTO attachment_part (attachment_id, n, content) VALUES (:id, :n, :content)
             ON CONFLICT (attachment_id, n) DO UPDATE SET content = excluded.content",
            named_params! {":id": id.as_str(), ":n": n, ":content": sealed},
        )?;
    }
    dao.execute(
        "UPDATE attachment SET stored = :stored WHERE id = :id",
        named_params! {":id": id.as_str(), ":stored": offset + bytes.len() as u64},
    )?;
    Ok(())
}

/// Up to `limit` bytes from `offset` on.
pub(super) fn content(dao: &Dao<'_>, id: &AttachmentId, offset: u64, limit: usize) -> storage::Result<Vec<u8>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT n, content FROM attachment_part WHERE attachment_id = :id AND n >= :first ORDER BY n",
    )?;
    let mut rows = statement.query(named_params! {":id": id.as_str(), ":first": offset / PART})?;
    let (mut bytes, mut skip) = (Vec::new(), (offset % PART) as usize);
    while bytes.len() < limit
        && let Some(row) = rows.next()?
    {
        let part = dao.open_bytes(CONTENT, &place(id, row.get("n")?), &row.get::<_, Vec<u8>>("content")?)?;
        let wanted = part.iter().skip(skip).take(limit - bytes.len());
        bytes.extend(wanted);
        skip = 0;
    }
    Ok(bytes)
}

/// SHA-256 of all of it, in hex.
pub(super) fn digest(dao: &Dao<'_>, id: &AttachmentId) -> storage::Result<String> {
    let (mut running, mut offset) = (digest::Running::default(), 0);
    loop {
        let bytes = content(dao, id, offset, LARGEST_PART as usize)?;
        if bytes.is_empty() {
            return Ok(digest::hex(&running.end()));
        }
        offset += bytes.len() as u64;
        running.add(&bytes);
    }
}

pub(super) fn seal_digest(dao: &mut Dao<'_>, id: &AttachmentId, row: &Row, sha256: String) -> storage::Result<()> {
    let body = dao.seal(BODY, id.as_str(), &File { sha256: Some(sha256), ..row.file.clone() })?;
    dao.execute(
        "UPDATE attachment SET body = :body WHERE id = :id",
        named_params! {":id": id.as_str(), ":body": body},
    )?;
    Ok(())
}

/// From now on this may be under way; a part that was is lost or was not taken, and less is sent at once.
pub(super) fn set_off(dao: &mut Dao<'_>, id: &AttachmentId, what: InFlight) -> storage::Result<()> {
    dao.execute(
        "UPDATE attachment SET in_flight = :what, part = CASE in_flight WHEN 2 THEN max(:least, part / 2) ELSE part END,
             stumbles = stumbles + (in_flight = 2)
         WHERE id = :id",
        named_params! {":id": id.as_str(), ":what": what as u8, ":least": FIRST_PART},
    )?;
    Ok(())
}

/// An operation sends it from now on. A file that is not whole, or that another one sends, is refused.
pub(super) fn bind(dao: &mut Dao<'_>, id: &AttachmentId) -> storage::Result<()> {
    let whole = row(dao, id)?.is_some_and(|row| row.file.sha256.is_some());
    let changed = dao.execute(
        "UPDATE attachment SET bound = 1, restarts = 0, stumbles = 0 WHERE id = :id AND bound = 0",
        named_params! {":id": id.as_str()},
    )?;
    if whole && changed == 1 { Ok(()) } else { Err(storage::Error::Stored("attachment to send")) }
}

/// No operation sends it any more. What has arrived of it may be forgotten there meanwhile: it goes from the start.
pub(super) fn unbind(dao: &mut Dao<'_>, id: &AttachmentId) -> storage::Result<()> {
    dao.execute("UPDATE attachment SET bound = 0 WHERE id = :id", named_params! {":id": id.as_str()})?;
    restart(dao, id)
}

/// A part did not leave. A question that did not is asked again: whatever it was about is still not known.
pub(super) fn came_back(dao: &mut Dao<'_>, id: &AttachmentId) -> storage::Result<()> {
    dao.execute(
        "UPDATE attachment SET in_flight = 0 WHERE id = :id AND in_flight = 2",
        named_params! {":id": id.as_str()},
    )?;
    Ok(())
}

/// The gateway expects it and has so much; what got through may be followed by more at once. A part that brought it no
/// further is a stumble, and where there is less than there was, it had to begin again: gives how many there are of each.
pub(super) fn arrived(dao: &mut Dao<'_>, id: &AttachmentId, arrived: u64) -> storage::Result<(u32, u32)> {
    Ok(dao.sql().query_row(
        "UPDATE attachment SET announced = 1, in_flight = 0, restarts = restarts + (:arrived < arrived),
             stumbles = CASE WHEN :arrived > arrived THEN 0 ELSE stumbles + (in_flight = 2) END,
             part = CASE WHEN :arrived > arrived THEN min(:most, part * 2) ELSE part END, arrived = :arrived
         WHERE id = :id RETURNING stumbles, restarts",
        named_params! {":id": id.as_str(), ":arrived": arrived, ":most": LARGEST_PART},
        |row| Ok((row.get("stumbles")?, row.get("restarts")?)),
    )?)
}

/// The gateway does not have it: it goes from the start.
pub(super) fn restart(dao: &mut Dao<'_>, id: &AttachmentId) -> storage::Result<()> {
    dao.execute(
        "UPDATE attachment SET announced = 0, arrived = 0, in_flight = 0, restarts = restarts + 1, stumbles = 0 WHERE id = :id",
        named_params! {":id": id.as_str()},
    )?;
    Ok(())
}

/// Files that a draft has, put in or not.
pub(super) fn of_draft(dao: &Dao<'_>, draft: &str) -> storage::Result<Vec<Row>> {
    let mut statement =
        dao.sql().prepare_cached("SELECT id FROM attachment WHERE draft_id = :draft ORDER BY created_at, id")?;
    let ids = statement.query_map(named_params! {":draft": draft}, |row| row.get::<_, String>(0))?;
    let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
    let rows = ids.iter().filter_map(|id| row(dao, &AttachmentId::parse(id)?).transpose());
    rows.collect()
}

/// `false`: there is no such file, or another draft has it.
pub(super) fn give(dao: &mut Dao<'_>, id: &AttachmentId, draft: &str) -> storage::Result<bool> {
    let given = dao.execute(
        "UPDATE attachment SET draft_id = :draft WHERE id = :id AND (draft_id IS NULL OR draft_id = :draft)",
        named_params! {":id": id.as_str(), ":draft": draft},
    )?;
    Ok(given == 1)
}

/// Without those that the gateway has from before: they are not on the phone.
pub(in super::super) fn retain_kept(dao: &Dao<'_>, files: &mut Vec<AttachmentId>) -> storage::Result<()> {
    let mut kept = Vec::new();
    for id in files.drain(..) {
        if row(dao, &id)?.is_some() {
            kept.push(id);
        }
    }
    *files = kept;
    Ok(())
}

/// A draft has no use for it any more. It stays where an operation sends it.
pub(in super::super) fn let_go(dao: &mut Dao<'_>, id: &AttachmentId) -> storage::Result<()> {
    dao.execute("DELETE FROM attachment WHERE id = :id AND bound = 0", named_params! {":id": id.as_str()})?;
    Ok(())
}

/// The request that these were sent for has arrived, and they with it.
pub(in super::super) fn forget(dao: &mut Dao<'_>, files: &[AttachmentId]) -> storage::Result<()> {
    let mut statement = dao.sql().prepare_cached("DELETE FROM attachment WHERE id = :id")?;
    files.iter().try_for_each(|id| Ok(statement.execute(named_params! {":id": id.as_str()}).map(drop)?))
}

/// The request that these were sent for was called off: they may be sent again.
pub(in super::super) fn release(dao: &mut Dao<'_>, files: &[AttachmentId]) -> storage::Result<()> {
    files.iter().try_for_each(|id| unbind(dao, id))
}

/// As `app::at_rest` spells it.
fn place(id: &AttachmentId, n: u64) -> String {
    format!("{}/{n}", id.as_str())
}
