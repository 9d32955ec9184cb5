//! Files of a request: picked as a stream, kept sealed on the phone, sent in parts before the request that speaks of them.
//!
//! Guarantees: limits are told before a byte is taken; a file is what its name says it is; what was taken survives whatever
//! happens to the app, and goes on from there; the gateway has every byte once or the file is not there.

mod model;
mod store;
#[cfg(test)]
mod tests;
mod upload;

pub(super) use model::file_in;
pub use model::{Attachment, AttachmentId, Limits, MediaType, NewAttachment};
pub(super) use store::{forget, let_go, release, retain_kept};
pub use upload::Upload;
pub(super) use upload::refused;

use model::{File, answer_of};
use store::Row;

use crate::foundation::{
    clock::Timestamp,
    error::{Error, Result},
    runtime::{Spawner, Work},
    storage::{Dao, Store},
};

/// All files on the phone together: some photographs of papers.
const ROOM: u64 = 24 << 20;

/// One file; the gateway takes no larger one.
pub(super) const LARGEST: u64 = 10 << 20;

/// A shell hands over a file in pieces of at most this.
const LARGEST_PIECE: usize = 1 << 20;

/// The citizen's files. Cheap to clone.
#[derive(Clone)]
pub struct Attachments {
    state: Store,
    spawner: Spawner,
}

impl Attachments {
    pub(super) fn new(state: Store, spawner: &Spawner) -> Self {
        Self { state, spawner: spawner.personal() }
    }

    /// Keeps the bytes from `offset` on, where the file ended so far; gives where it ends now. After a restart
    /// [`Attachments::get`] tells where to go on. Committed.
    pub fn append(&self, id: &AttachmentId, offset: u64, bytes: Vec<u8>) -> Work<u64> {
        let (state, id) = (self.state.clone(), id.clone());
        self.spawner.committed(async move {
            if bytes.len() > LARGEST_PIECE {
                return Err(invalid("attachment.piece_too_large"));
            }
            state
                .write(move |dao| {
                    let row = store::row(dao, &id)?.ok_or(Error::NotFound)?;
                    if row.so_far.stored != offset {
                        return Err(invalid("attachment.offset"));
                    }
                    let end = offset + bytes.len() as u64;
                    if end > row.file.size {
                        return Err(invalid("attachment.larger_than_said"));
                    }
                    store::append(dao, &id, offset, &bytes)?;
                    Ok(end)
                })
                .await
        })
    }

    /// One file, and how far it is. Abandonable.
    pub fn get(&self, id: &AttachmentId) -> Work<Attachment> {
        let id = id.clone();
        let read = self.state.read(move |dao| store::row(dao, &id)?.map(Into::into).ok_or(Error::NotFound));
        self.spawner.abandonable(read)
    }

    /// Up to a megabyte of a file from `offset` on, to show it; empty at its end. Abandonable.
    pub fn read(&self, id: &AttachmentId, offset: u64) -> Work<Vec<u8>> {
        let id = id.clone();
        let read = self.state.read(move |dao| {
            store::row(dao, &id)?.ok_or(Error::NotFound)?;
            Ok::<_, Error>(store::content(dao, &id, offset, LARGEST_PIECE)?)
        });
        self.spawner.abandonable(read)
    }
}

/// Begins a file that is to answer a question of a draft, and forgets one that was begun for it and never put in; `answer`
/// is the one that was.
pub(super) fn begin_for(
    dao: &mut Dao<'_>,
    (draft, field): (&str, &str),
    new: NewAttachment,
    limits: &Limits,
    answer: Option<&AttachmentId>,
    now: Timestamp,
) -> Result<AttachmentId> {
    let file = File { field: Some(field.to_owned()), ..new.checked(limits)? };
    for row in store::of_draft(dao, draft)? {
        if row.file.field == file.field && Some(&row.id) != answer {
            store::let_go(dao, &row.id)?;
        }
    }
    let id = make_room(dao, &file, now)?;
    store::give(dao, &id, draft)?;
    Ok(id)
}

/// The files of a draft, put in or not, in the order in which they were begun.
pub(super) fn of_draft(dao: &Dao<'_>, draft: &str) -> Result<Vec<Attachment>> {
    Ok(store::of_draft(dao, draft)?.into_iter().map(Attachment::from).collect())
}

/// Gives a file, all of it, to a draft, and what a form is told of it. `None`: there is no such file, or another draft has
/// it.
pub(super) fn answer_for(dao: &mut Dao<'_>, id: &AttachmentId, draft: &str) -> Result<Option<String>> {
    let answer = whole(dao, id)?.and_then(|row| answer_of(id, &row.file));
    Ok(if store::give(dao, id, draft)? { answer } else { None })
}

fn make_room(dao: &mut Dao<'_>, file: &File, now: Timestamp) -> Result<AttachmentId> {
    if store::room_taken(dao)?.saturating_add(file.size) > ROOM {
        return Err(invalid("attachment.no_room"));
    }
    let id = AttachmentId::mint();
    store::insert(dao, &id, file, now)?;
    Ok(id)
}

/// A file that is held against what was said of it, if that has not been done.
fn whole(dao: &mut Dao<'_>, id: &AttachmentId) -> Result<Option<Row>> {
    let Some(row) = store::row(dao, id)? else { return Ok(None) };
    if row.file.sha256.is_some() {
        return Ok(Some(row));
    }
    if row.so_far.stored != row.file.size {
        return Err(invalid("attachment.incomplete"));
    }
    if MediaType::of(&store::content(dao, id, 0, 16)?) != Some(row.file.media_type) {
        return Err(invalid("attachment.not_what_it_says"));
    }
    let sha256 = store::digest(dao, id)?;
    store::seal_digest(dao, id, &row, sha256)?;
    Ok(store::row(dao, id)?)
}

fn invalid(reason: &str) -> Error {
    Error::invalid("attachment", reason)
}
