//! Uploads as they lie in the database, piece by piece.

use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};

use super::{Description, Kind, Progress};
use crate::text;

pub(crate) struct Upload {
    pub(crate) described: Description,
    pub(crate) progress: Progress,
}

pub(crate) fn find(conn: &Connection, sub: &str, id: &str) -> Result<Option<Upload>, rusqlite::Error> {
    conn.query_row(
        "SELECT name, media_type, size, sha256, received, complete FROM uploads WHERE sub = :sub AND id = :id",
        named_params! { ":sub": sub, ":id": id },
        from_row,
    )
    .optional()
}

/// The whole file, once it is complete.
pub(crate) fn bytes(conn: &Connection, sub: &str, id: &str) -> Result<Vec<u8>, rusqlite::Error> {
    let mut whole = Vec::new();
    each_piece(conn, sub, id, |piece| whole.extend_from_slice(piece))?;
    Ok(whole)
}

/// Bytes that a citizen has announced and no request refers to.
pub(super) fn unused(conn: &Connection, sub: &str) -> Result<u64, rusqlite::Error> {
    let bytes: i64 = conn.query_row(
        "SELECT coalesce(sum(size), 0) FROM uploads
         WHERE sub = :sub
           AND NOT EXISTS (SELECT 1 FROM request_files f WHERE f.sub = uploads.sub AND f.upload_id = uploads.id)",
        named_params! { ":sub": sub },
        |row| row.get(0),
    )?;
    Ok(bytes.cast_unsigned())
}

/// Drops what belongs to no request, however new it is; gives how many.
pub(crate) fn forget_unused(tx: &Transaction<'_>) -> Result<usize, rusqlite::Error> {
    forget(tx, i64::MAX, i64::MAX)
}

/// Gives how many it drops: what is unfinished and untouched since `unfinished`, and what belongs to no request since `unused`.
pub(super) fn forget(tx: &Transaction<'_>, unfinished: i64, unused: i64) -> Result<usize, rusqlite::Error> {
    tx.execute(
        "DELETE FROM uploads
         WHERE touched_at < IIF(complete, :unused, :unfinished)
           AND NOT EXISTS (SELECT 1 FROM request_files f WHERE f.sub = uploads.sub AND f.upload_id = uploads.id)",
        named_params! { ":unfinished": unfinished, ":unused": unused },
    )
}

pub(super) fn insert(
    tx: &Transaction<'_>,
    sub: &str,
    id: &str,
    described: &Description,
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO uploads (sub, id, name, media_type, size, sha256, received, complete, touched_at)
         VALUES (:sub, :id, :name, :media_type, :size, :sha256, 0, 0, :now)",
        named_params! {
            ":sub": sub,
            ":id": id,
            ":name": described.name,
            ":media_type": described.media_type,
            ":size": described.size.cast_signed(),
            ":sha256": described.sha256,
            ":now": now,
        },
    )?;
    Ok(())
}

pub(super) fn append(
    tx: &Transaction<'_>,
    sub: &str,
    id: &str,
    offset: u64,
    piece: &[u8],
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO upload_pieces (sub, id, offset, bytes) VALUES (:sub, :id, :offset, :bytes)",
        named_params! { ":sub": sub, ":id": id, ":offset": offset.cast_signed(), ":bytes": piece },
    )?;
    tx.execute(
        "UPDATE uploads SET received = received + length(:bytes), touched_at = :now WHERE sub = :sub AND id = :id",
        named_params! { ":sub": sub, ":id": id, ":bytes": piece, ":now": now },
    )?;
    Ok(())
}

/// What is wrong with the whole, as a problem's code.
pub(super) fn look_at(
    conn: &Connection,
    sub: &str,
    id: &str,
    described: &Description,
) -> Result<Result<(), &'static str>, rusqlite::Error> {
    let (mut hash, mut beginning) = (Context::new(&SHA256), Vec::new());
    each_piece(conn, sub, id, |piece| {
        hash.update(piece);
        if beginning.len() < LONGEST_BEGINNING {
            beginning.extend_from_slice(&piece[..piece.len().min(LONGEST_BEGINNING)]);
        }
    })?;
    if text::hex(hash.finish().as_ref()) != described.sha256 {
        return Ok(Err("upload_digest_mismatch"));
    }
    let kind = Kind::parse(&described.media_type);
    Ok(if kind.is_some_and(|kind| kind.is_of(&beginning)) { Ok(()) } else { Err("upload_type_mismatch") })
}

/// Longer than any kind's.
const LONGEST_BEGINNING: usize = 16;

pub(super) fn complete(tx: &Transaction<'_>, sub: &str, id: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE uploads SET complete = 1, touched_at = :now WHERE sub = :sub AND id = :id",
        named_params! { ":sub": sub, ":id": id, ":now": now },
    )?;
    Ok(())
}

/// It starts anew.
pub(super) fn empty(tx: &Transaction<'_>, sub: &str, id: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM upload_pieces WHERE sub = :sub AND id = :id", named_params! { ":sub": sub, ":id": id })?;
    tx.execute(
        "UPDATE uploads SET received = 0, touched_at = :now WHERE sub = :sub AND id = :id",
        named_params! { ":sub": sub, ":id": id, ":now": now },
    )?;
    Ok(())
}

fn each_piece(conn: &Connection, sub: &str, id: &str, mut see: impl FnMut(&[u8])) -> Result<(), rusqlite::Error> {
    let mut statement =
        conn.prepare("SELECT bytes FROM upload_pieces WHERE sub = :sub AND id = :id ORDER BY offset")?;
    let mut rows = statement.query(named_params! { ":sub": sub, ":id": id })?;
    while let Some(row) = rows.next()? {
        see(row.get_ref("bytes")?.as_blob()?);
    }
    Ok(())
}

fn from_row(row: &Row<'_>) -> Result<Upload, rusqlite::Error> {
    Ok(Upload {
        described: Description {
            name: row.get("name")?,
            media_type: row.get("media_type")?,
            size: row.get::<_, i64>("size")?.cast_unsigned(),
            sha256: row.get("sha256")?,
        },
        progress: Progress { offset: row.get::<_, i64>("received")?.cast_unsigned(), complete: row.get("complete")? },
    })
}
