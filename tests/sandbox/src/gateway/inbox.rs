//! What institutions wrote to a citizen.
//!
//! Guarantees: a message is delivered in the transaction of what it tells; deleting it erases its texts and leaves a
//! tombstone in the feed; reading or deleting twice changes nothing the second time.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};
use serde::Serialize;

use super::{
    caller::{self, Caller},
    feed::{self, Feed, Page, Place, Versioned},
    idempotency::{Answer, Fingerprint, Key, once},
    represented::OnBehalfOf,
    requests::store::on_behalf_of,
    text::Text,
};
use crate::{
    oauth::Principal,
    problem::Problem,
    push,
    state::{Sandbox, rfc3339},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    RequestStatus,
    Notice,
}

impl MessageKind {
    const fn code(self) -> &'static str {
        match self {
            Self::RequestStatus => "request_status",
            Self::Notice => "notice",
        }
    }
}

/// What is on its way to a citizen.
pub(crate) struct Delivery<'a> {
    pub(crate) sub: &'a str,
    pub(crate) kind: MessageKind,
    pub(crate) title: Text,
    pub(crate) body: Text,
    pub(crate) sender: Text,
    pub(crate) request_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Message {
    id: String,
    kind: String,
    title: Text,
    body: Text,
    sent_at: String,
    sender: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// Whom the request is for; absent: the citizen.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<OnBehalfOf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<String>,
    deleted: bool,
    version: i64,
}

impl Versioned for Message {
    fn version(&self) -> i64 {
        self.version
    }
}

/// What becomes of a message when the citizen touches it.
#[derive(Debug, Serialize)]
struct Mark {
    id: String,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<String>,
    deleted: bool,
}

/// `GET /v1/inbox`
pub(crate) async fn list(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    place: Result<Query<Place>, QueryRejection>,
) -> Result<Response, Problem> {
    let place = caller::query(place)?.checked()?;
    let page = sandbox
        .db()
        .read(move |conn| {
            if feed::is_ahead(conn, &caller.sub, Feed::Inbox, place.after)? {
                return Ok(None);
            }
            Ok(Some(Page::cut(after(conn, &caller.sub, &place)?, &place)))
        })
        .await?;
    page.map(IntoResponse::into_response).ok_or_else(|| Problem::gone("feed_reset"))
}

/// `POST /v1/inbox/{id}/read`
pub(crate) async fn mark_read(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = Key::from_headers(&headers)?;
    let fingerprint = Fingerprint::of(&Method::POST, &format!("/v1/inbox/{id}/read"), None);
    touch(&sandbox, &caller, (key, fingerprint), id, Touch::Read).await
}

/// `DELETE /v1/inbox/{id}`
pub(crate) async fn delete(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = Key::from_headers(&headers)?;
    let fingerprint = Fingerprint::of(&Method::DELETE, &format!("/v1/inbox/{id}"), None);
    touch(&sandbox, &caller, (key, fingerprint), id, Touch::Delete).await
}

/// Puts the message into the citizen's inbox and a hint on its way to their phones. After the commit call
/// [`Sandbox::push_arrived`].
pub(crate) fn deliver(tx: &Transaction<'_>, delivery: &Delivery<'_>, now: i64) -> Result<String, rusqlite::Error> {
    let version = feed::bump(tx, delivery.sub, Feed::Inbox)?;
    let id = insert(tx, delivery, version, now)?;
    push::enqueue(tx, delivery.sub, Feed::Inbox.name(), now)?;
    Ok(id)
}

/// What a citizen does to a message.
#[derive(Clone, Copy)]
enum Touch {
    Read,
    Delete,
}

impl Touch {
    /// Asking again must not make other devices look again, so only a change takes a version.
    fn changes(self, mark: &Mark) -> bool {
        match self {
            Self::Read => mark.read_at.is_none() && !mark.deleted,
            Self::Delete => !mark.deleted,
        }
    }

    fn write(self, tx: &Transaction<'_>, id: &str, version: i64, now: i64) -> Result<(), rusqlite::Error> {
        match self {
            Self::Read => set_read(tx, id, version, now),
            Self::Delete => bury(tx, id, version),
        }
    }
}

async fn touch(
    sandbox: &Sandbox,
    caller: &Principal,
    (key, fingerprint): (Key, Fingerprint),
    id: String,
    touch: Touch,
) -> Result<Response, Problem> {
    let sub = caller.sub.clone();
    let effect = move |tx: &Transaction<'_>, now| {
        let Some(before) = mark(tx, &sub, &id)? else {
            return Answer::refusal(&Problem::not_found("unknown_message"));
        };
        if !touch.changes(&before) {
            return Answer::new(StatusCode::OK, &before);
        }
        let version = feed::bump(tx, &sub, Feed::Inbox)?;
        touch.write(tx, &id, version, now)?;
        Answer::new(StatusCode::OK, &mark(tx, &sub, &id)?)
    };
    Ok(once(sandbox, caller, key, fingerprint, effect).await)
}

fn set_read(tx: &Transaction<'_>, id: &str, version: i64, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE inbox SET read_at = :now, version = :version WHERE id = :id",
        named_params! { ":id": id, ":version": version, ":now": now },
    )?;
    Ok(())
}

fn bury(tx: &Transaction<'_>, id: &str, version: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE inbox SET deleted = 1, version = :version, title_mn = '', title_en = NULL, body_mn = '', body_en = NULL,
                sender_mn = '', sender_en = NULL
         WHERE id = :id",
        named_params! { ":id": id, ":version": version },
    )?;
    Ok(())
}

fn insert(tx: &Transaction<'_>, delivery: &Delivery<'_>, version: i64, now: i64) -> Result<String, rusqlite::Error> {
    tx.query_row(
        "INSERT INTO inbox (id, sub, kind, title_mn, title_en, body_mn, body_en, sender_mn, sender_en, request_id,
                            sent_at, version)
         VALUES (lower(hex(randomblob(12))), :sub, :kind, :title_mn, :title_en, :body_mn, :body_en, :sender_mn,
                 :sender_en, :request_id, :now, :version)
         RETURNING id",
        named_params! {
            ":sub": delivery.sub,
            ":kind": delivery.kind.code(),
            ":title_mn": delivery.title.mn,
            ":title_en": delivery.title.en,
            ":body_mn": delivery.body.mn,
            ":body_en": delivery.body.en,
            ":sender_mn": delivery.sender.mn,
            ":sender_en": delivery.sender.en,
            ":request_id": delivery.request_id,
            ":now": now,
            ":version": version,
        },
        |row| row.get("id"),
    )
}

fn mark(conn: &Connection, sub: &str, id: &str) -> Result<Option<Mark>, rusqlite::Error> {
    conn.query_row(
        "SELECT id, version, read_at, deleted FROM inbox WHERE id = :id AND sub = :sub",
        named_params! { ":id": id, ":sub": sub },
        |row| {
            Ok(Mark {
                id: row.get("id")?,
                version: row.get("version")?,
                read_at: row.get::<_, Option<i64>>("read_at")?.map(rfc3339),
                deleted: row.get("deleted")?,
            })
        },
    )
    .optional()
}

fn after(conn: &Connection, sub: &str, place: &Place) -> Result<Vec<Message>, rusqlite::Error> {
    let mut statement = conn.prepare(
        "SELECT inbox.*, requests.on_behalf_of
         FROM inbox LEFT JOIN requests ON requests.id = request_id AND NOT deleted
         WHERE inbox.sub = :sub AND inbox.version > :after ORDER BY inbox.version LIMIT :limit",
    )?;
    let parameters = named_params! { ":sub": sub, ":after": place.after, ":limit": place.limit + 1 };
    statement.query_map(parameters, message_from_row)?.collect()
}

fn message_from_row(row: &Row<'_>) -> Result<Message, rusqlite::Error> {
    Ok(Message {
        id: row.get("id")?,
        kind: row.get("kind")?,
        title: Text { mn: row.get("title_mn")?, en: row.get("title_en")? },
        body: Text { mn: row.get("body_mn")?, en: row.get("body_en")? },
        sent_at: rfc3339(row.get("sent_at")?),
        sender: Text { mn: row.get("sender_mn")?, en: row.get("sender_en")? },
        request_id: row.get("request_id")?,
        on_behalf_of: on_behalf_of(row)?,
        read_at: row.get::<_, Option<i64>>("read_at")?.map(rfc3339),
        deleted: row.get("deleted")?,
        version: row.get("version")?,
    })
}
