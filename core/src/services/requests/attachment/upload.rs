//! The write: one file on its way, part by part (after draft-ietf-httpbis-resumable-upload).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    model::{AttachmentId, File},
    store::{self, InFlight, Row, SoFar},
};
use crate::{
    foundation::{
        clock::Timestamp,
        events::Area,
        net::Method,
        storage::{self, Dao},
    },
    gateway::{Content, Problem},
    offline::outbox::{Operation, OperationId, Outgoing, Progress, Refusal},
};

/// How often the gateway may want a file from the start before the citizen is asked to look.
const RESTARTS: u32 = 3;

/// How often in a row a part may bring a file no further: with the pauses between them, half an hour.
const STUMBLES: u32 = 10;

/// It was sent again and again and got no further.
const STUCK: &str = "upload_stuck";

/// The longest pause after one of those.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// Brings one file to the gateway: announces it, then sends it part by part. By itself it changes nothing there: a file
/// that no request speaks of is forgotten.
#[derive(Debug, Serialize, Deserialize)]
pub struct Upload {
    pub(in super::super) attachment: AttachmentId,
}

/// What the gateway has.
#[derive(Debug, Deserialize)]
pub struct Arrived {
    offset: u64,
    complete: bool,
}

impl Operation for Upload {
    const KIND: &'static str = "request.upload";
    const AREA: Area = Area::Requests;
    const HARMLESS: bool = true;
    type Answer = Arrived;

    /// By itself; with a request that needs it, that one's.
    fn group(&self) -> String {
        format!("upload/{}", self.attachment.as_str())
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        let row = self.row(dao)?;
        let SoFar { announced, arrived, part, in_flight, .. } = row.so_far;
        let (what, method, body) = if !announced {
            (InFlight::Question, Method::Put, Some(announcement(&row.file)?))
        } else if in_flight != InFlight::Nothing {
            (InFlight::Question, Method::Get, None) // whether the part before arrived, the gateway knows
        } else {
            let bytes = store::content(dao, &self.attachment, arrived, part as usize)?;
            if bytes.is_empty() {
                return Err(storage::Error::Stored("attachment content"));
            }
            (InFlight::Part, Method::Patch, Some(Content::Part { offset: arrived, bytes }))
        };
        store::set_off(dao, &self.attachment, what)?;
        let path = format!("/v1/uploads/{}", self.attachment.as_str());
        Ok(Outgoing::by_itself(method, path, body))
    }

    fn enqueued(&self, _id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::bind(dao, &self.attachment)
    }

    fn not_sent(&self, _id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::came_back(dao, &self.attachment)
    }

    fn acknowledged(&self, _id: &OperationId, answer: Arrived, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        let size = self.row(dao)?.file.size;
        let (stumbles, restarts) = store::arrived(dao, &self.attachment, answer.offset.min(size))?;
        Ok(if answer.complete {
            Progress::Done
        } else if stumbles > STUMBLES || restarts > RESTARTS {
            Progress::Stuck { code: STUCK }
        } else {
            Progress::More { after: pause(stumbles) }
        })
    }

    fn refused(&self, _id: &OperationId, problem: &Problem, dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        let so_far = self.row(dao)?.so_far;
        match problem.code.as_str() {
            "upload_unknown" | "upload_digest_mismatch" if so_far.restarts < RESTARTS => {
                store::restart(dao, &self.attachment)?;
                Ok(Refusal::More { after: Duration::ZERO })
            }
            // A part that goes where another has arrived: `in_flight` stands, so the gateway is asked.
            "upload_offset_mismatch" if so_far.in_flight == InFlight::Part => {
                Ok(Refusal::More { after: pause(so_far.stumbles) })
            }
            _ => Ok(Refusal::Stands),
        }
    }

    /// The file stays, for another try.
    fn given_up(&self, _id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        store::unbind(dao, &self.attachment)
    }
}

impl Upload {
    fn row(&self, dao: &Dao<'_>) -> storage::Result<Row> {
        store::row(dao, &self.attachment)?.ok_or(storage::Error::Stored("attachment"))
    }
}

fn pause(stumbles: u32) -> Duration {
    if stumbles == 0 { Duration::ZERO } else { Duration::from_secs(1 << stumbles.min(16)).min(LONGEST_PAUSE) }
}

/// A refusal of what speaks of these files: where the gateway has forgotten one, all go there again under their names, and
/// then it. Not if one is not here, or that has been tried often enough.
pub(in super::super) fn refused(
    files: &[AttachmentId],
    problem: &Problem,
    dao: &mut Dao<'_>,
) -> storage::Result<Refusal> {
    let gone = matches!(problem.code.as_str(), "upload_unknown" | "upload_incomplete");
    if !gone || files.is_empty() {
        return Ok(Refusal::Stands);
    }
    for id in files {
        if store::row(dao, id)?.is_none_or(|row| row.so_far.restarts >= RESTARTS) {
            return Ok(Refusal::Stands);
        }
    }
    files.iter().try_for_each(|id| store::restart(dao, id))?;
    Ok(Refusal::Anew)
}

fn announcement(file: &File) -> storage::Result<Content> {
    let sha256 = file.sha256.as_deref().ok_or(storage::Error::Stored("attachment digest"))?;
    let body = json!({
        "name": file.name, "media_type": file.media_type.as_str(), "size": file.size, "sha256": sha256,
    });
    Ok(Content::Json(body.to_string().into_bytes()))
}
