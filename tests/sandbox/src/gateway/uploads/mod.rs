//! Files on their way from a phone, in pieces, after draft-ietf-httpbis-resumable-upload: the phone mints the id, so that
//! nothing waits for an answer to know it.
//!
//! Guarantees: a piece is taken whole and durably at the offset it says, or not at all; what is complete has the digest
//! and the kind that were promised; another citizen's upload is as absent as one that never was.

mod kind;
pub(crate) mod store;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::kind::Kind;
use super::{
    caller::{self, Caller},
    idempotency::WINDOW_MS,
};
use crate::{problem::Problem, state::Sandbox};

/// A page photographed at full size has 3–6 MB.
pub(crate) const LARGEST: u64 = 10 * 1024 * 1024;

/// What one citizen may have here that no request refers to: several forms, filled in at once.
pub(crate) const QUOTA: u64 = 10 * LARGEST;

/// Twice what the phone sends at a time.
pub(crate) const LONGEST_PIECE: usize = 512 * 1024;

/// The longest name of a file that systems give.
const LONGEST_NAME: usize = 255;

/// How long what is not finished waits for its next piece.
const UNFINISHED_MS: i64 = 7 * 24 * 3600 * 1000;

const PARTIAL: &str = "application/partial-upload";

/// What a phone is about to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) size: u64,
    /// In hex, of the whole.
    pub(crate) sha256: String,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Progress {
    pub(crate) offset: u64,
    pub(crate) complete: bool,
}

impl IntoResponse for Progress {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, "no-store")], Json(self)).into_response()
    }
}

/// `PUT /v1/uploads/{id}`: announces a file; the same again changes nothing.
pub(crate) async fn announce(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    caller::Json(body): caller::Json,
) -> Result<Response, Problem> {
    if !is_id(&id) {
        return Err(Problem::invalid_field("id", "16 to 64 of A–Z a–z 0–9 _ -"));
    }
    let described = Description::read(body)?;
    let now = sandbox.now();
    let announced = sandbox.db().write(move |tx| {
        store::forget(tx, now - UNFINISHED_MS, now - WINDOW_MS)?;
        match store::find(tx, &caller.sub, &id)? {
            None if store::unused(tx, &caller.sub)? + described.size > QUOTA => {
                Ok(Err(Problem::unprocessable("upload_quota")))
            }
            None => {
                store::insert(tx, &caller.sub, &id, &described, now)?;
                Ok(Ok((StatusCode::CREATED, Progress { offset: 0, complete: false })))
            }
            Some(upload) if upload.described == described => Ok(Ok((StatusCode::OK, upload.progress))),
            Some(_) => Ok(Err(Problem::conflict("upload_differs"))),
        }
    });
    Ok(announced.await??.into_response())
}

/// `GET /v1/uploads/{id}`: from where to go on.
pub(crate) async fn progress(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let now = sandbox.now();
    let found = sandbox.db().write(move |tx| {
        store::forget(tx, now - UNFINISHED_MS, now - WINDOW_MS)?;
        store::find(tx, &caller.sub, &id)
    });
    let upload = found.await?.ok_or_else(unknown)?;
    Ok(upload.progress.into_response())
}

/// `PATCH /v1/uploads/{id}`: the piece at `Upload-Offset`. The last one is answered when the whole was looked at.
pub(crate) async fn append(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    piece: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("content-type") != Some(PARTIAL) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"));
    }
    let offset = text("upload-offset").and_then(|offset| offset.parse::<u64>().ok());
    let offset = offset.ok_or_else(|| Problem::bad_request("offset_missing"))?;
    let piece = piece.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
        status => Problem::new(status, "broken_body"),
    })?;
    if piece.is_empty() {
        return Err(Problem::bad_request("empty_piece"));
    }
    let now = sandbox.now();
    let taken = sandbox.db().write(move |tx| {
        store::forget(tx, now - UNFINISHED_MS, now - WINDOW_MS)?;
        take(tx, (&caller.sub, &id), offset, &piece, now)
    });
    Ok(taken.await??.into_response())
}

fn take(
    tx: &Transaction<'_>,
    (sub, id): (&str, &str),
    offset: u64,
    piece: &[u8],
    now: i64,
) -> Result<Result<Progress, Problem>, rusqlite::Error> {
    let Some(upload) = store::find(tx, sub, id)? else { return Ok(Err(unknown())) };
    let here = upload.progress.offset;
    if upload.progress.complete || offset != here {
        return Ok(Err(Problem::conflict("upload_offset_mismatch").offset(here)));
    }
    let end = here + piece.len() as u64;
    if end > upload.described.size {
        return Ok(Err(Problem::unprocessable("upload_too_long").offset(here)));
    }
    store::append(tx, sub, id, here, piece, now)?;
    if end < upload.described.size {
        return Ok(Ok(Progress { offset: end, complete: false }));
    }
    let verdict = store::look_at(tx, sub, id, &upload.described)?;
    if let Err(code) = verdict {
        store::empty(tx, sub, id, now)?;
        return Ok(Err(Problem::unprocessable(code).offset(0)));
    }
    store::complete(tx, sub, id, now)?;
    Ok(Ok(Progress { offset: end, complete: true }))
}

impl Description {
    fn read(body: Value) -> Result<Self, Problem> {
        let wrong = |field: &str, why: &str| Err(Problem::invalid_field(field, why));
        let described: Self = match serde_json::from_value(body) {
            Ok(described) => described,
            Err(error) => return wrong("body", &error.to_string()),
        };
        let name = &described.name;
        if name.trim().is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return wrong("name", "1 to 255 characters, none of them a control");
        }
        if Kind::parse(&described.media_type).is_none() {
            return wrong("media_type", "application/pdf, image/jpeg or image/png");
        }
        if !(1..=LARGEST).contains(&described.size) {
            return wrong("size", "1 byte to 10 MiB");
        }
        if !super::requests::is_digest(&described.sha256) {
            return wrong("sha256", "64 hex digits in lower case");
        }
        Ok(described)
    }
}

pub(crate) fn unknown() -> Problem {
    Problem::not_found("upload_unknown")
}

/// As an idempotency key: long enough that no two phones mint the same.
fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (16..=64).contains(&text.len()) && text.bytes().all(allowed)
}
