//! What a clerk does to requests, and what the citizen is told of it.
//!
//! Guarantees: a request moves only as [`open_to`] allows; its step, its new version, the message and the push hint are one
//! transaction.

use rusqlite::{Connection, OptionalExtension, Transaction, named_params};
use serde::Serialize;

pub use crate::gateway::{Actor, ActorKind, Move, Status, Text};
use crate::{
    gateway::{self, Delivery, MessageKind},
    push, registers,
};

/// Who signs a notice that no institution sent: the Academy runs the app.
const ACADEMY: (&str, &str) = ("Цахим Монгол академи", "E-Mongolia Academy");

/// Who signs when nobody else is named; invented.
const ON_DUTY: &str = "Б.Сарангэрэл";

/// Why a clerk may not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such request or citizen")]
    Unknown,
    #[error("a request in {} can't become {}", from.code(), to.code())]
    Illegal { from: Status, to: Status },
    #[error("the request moved to {} after it was looked at", now.code())]
    Moved { now: Status },
}

/// A request in the clerk's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    pub id: String,
    pub number: String,
    pub regnum: String,
    pub service_id: String,
    pub status: Status,
}

/// Where a request may go from a state. The published interface names the states and no order among them; this order
/// is ours: issuing at once is allowed, what is decided stays decided, what was printed can only be handed over.
pub const fn next(from: Status) -> &'static [Status] {
    use Status::{
        Completed, Edit, Expired, FileRequested, Granted, Printed, Printing, Processing, Rejected, Submitted,
    };
    match from {
        Submitted => &[Processing, Edit, FileRequested, Printing, Completed, Rejected, Expired, Granted],
        Processing => &[Edit, FileRequested, Printing, Completed, Rejected, Expired, Granted],
        Edit | FileRequested => &[Submitted, Processing, Rejected, Expired],
        Granted => &[Printing, Completed, Expired],
        Printing => &[Printed],
        Printed => &[Completed, Expired],
        Completed | Rejected | Expired => &[],
    }
}

/// As [`next`]; what is not paid for can only be closed.
pub const fn open_to(from: Status, waits_for_payment: bool) -> &'static [Status] {
    if waits_for_payment && matches!(from, Status::Submitted) {
        return &[Status::Rejected, Status::Expired];
    }
    next(from)
}

/// Moves a request, writes to the citizen, and hints at it. After the commit call [`crate::Sandbox::push_arrived`].
pub fn advance(
    tx: &Transaction<'_>,
    request_id: &str,
    step: &Move,
    now: i64,
) -> Result<Result<Listed, Refusal>, rusqlite::Error> {
    let Some(request) = find(tx, request_id)? else { return Ok(Err(Refusal::Unknown)) };
    let status = step.status;
    if !open_to(request.status, request.waits_for_payment).contains(&status) {
        return Ok(Err(Refusal::Illegal { from: request.status, to: status }));
    }
    gateway::advance(tx, &request.sub, request_id, step, now)?;
    let (title, body) = words(&request, status, step.note.as_ref());
    let delivery = Delivery {
        sub: &request.sub,
        kind: MessageKind::RequestStatus,
        title,
        body,
        sender: request.organisation,
        request_id: Some(request_id),
    };
    gateway::deliver(tx, &delivery, now)?;
    push::enqueue(tx, &request.sub, "requests", now)?;
    Ok(Ok(Listed {
        id: request_id.into(),
        number: request.number,
        regnum: request.regnum,
        service_id: request.service_id,
        status,
    }))
}

/// As [`advance`], for somebody who looked at the request in `seen`, its version, and decided on that.
pub fn advance_as_seen(
    tx: &Transaction<'_>,
    (request_id, seen): (&str, i64),
    step: &Move,
    now: i64,
) -> Result<Result<Listed, Refusal>, rusqlite::Error> {
    match find(tx, request_id)? {
        Some(request) if request.version != seen => Ok(Err(Refusal::Moved { now: request.status })),
        Some(_) | None => advance(tx, request_id, step, now),
    }
}

/// What a citizen is told to correct or to bring: the things by name, then the clerk's words.
pub fn asking_for(things: &[Text], message: &Text) -> Text {
    let told = |words: fn(&Text) -> &str| {
        let names: Vec<&str> = things.iter().map(words).collect();
        format!("{}. {}", names.join(", "), words(message))
    };
    Text::new(told(|text| &text.mn), told(|text| text.en.as_ref().unwrap_or(&text.mn)))
}

/// The clerk who sits here.
pub fn on_duty() -> Actor {
    Actor { kind: ActorKind::Clerk, name: ON_DUTY.into() }
}

/// A step of whoever is on duty, in no words of their own.
pub fn plain(status: Status) -> Move {
    Move::new(status, on_duty(), None)
}

/// Writes to a citizen; returns the message's id. After the commit call [`crate::Sandbox::push_arrived`].
pub fn notice(
    tx: &Transaction<'_>,
    regnum: &str,
    title: Text,
    body: Text,
    now: i64,
) -> Result<Result<String, Refusal>, rusqlite::Error> {
    let Some(citizen) = registers::citizen(tx, regnum)? else { return Ok(Err(Refusal::Unknown)) };
    let sender = Text::new(ACADEMY.0, ACADEMY.1);
    let delivery = Delivery { sub: &citizen.sub, kind: MessageKind::Notice, title, body, sender, request_id: None };
    gateway::deliver(tx, &delivery, now).map(Ok)
}

/// Every citizen's requests, in order of number.
pub fn requests(conn: &Connection) -> Result<Vec<Listed>, rusqlite::Error> {
    let mut statement = conn.prepare(
        "SELECT requests.id, number, regnum, service_id, status
         FROM requests JOIN citizens USING (sub)
         ORDER BY number",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Listed {
            id: row.get("id")?,
            number: row.get("number")?,
            regnum: row.get("regnum")?,
            service_id: row.get("service_id")?,
            status: row.get("status")?,
        })
    })?;
    rows.collect()
}

struct OnDesk {
    number: String,
    sub: String,
    regnum: String,
    service_id: String,
    service_name: Text,
    organisation: Text,
    status: Status,
    waits_for_payment: bool,
    version: i64,
}

fn find(conn: &Connection, id: &str) -> Result<Option<OnDesk>, rusqlite::Error> {
    conn.query_row(
        "SELECT number, sub, regnum, service_id, service_name_mn, service_name_en, organisation_mn, organisation_en,
                status, paid_state, version
         FROM requests JOIN citizens USING (sub)
         WHERE requests.id = :id",
        named_params! { ":id": id },
        |row| {
            let paid: Option<String> = row.get("paid_state")?;
            let paid = paid.and_then(|code| gateway::PaymentState::parse(&code));
            Ok(OnDesk {
                number: row.get("number")?,
                sub: row.get("sub")?,
                regnum: row.get("regnum")?,
                service_id: row.get("service_id")?,
                service_name: Text { mn: row.get("service_name_mn")?, en: row.get("service_name_en")? },
                organisation: Text { mn: row.get("organisation_mn")?, en: row.get("organisation_en")? },
                status: row.get("status")?,
                waits_for_payment: paid.is_some_and(|state| !state.settles()),
                version: row.get("version")?,
            })
        },
    )
    .optional()
}

/// Title and body, in both languages.
fn words(request: &OnDesk, status: Status, note: Option<&Text>) -> (Text, Text) {
    let number = &request.number;
    let Text { mn: status_mn, en: status_en } = status.title();
    let status_en = status_en.unwrap_or_default();
    let Text { mn: service_mn, en: service_en } = &request.service_name;
    let service_en = service_en.as_ref().unwrap_or(service_mn);
    let mut mn = format!("«{service_mn}» үйлчилгээ авах {number} дугаартай хүсэлтийн төлөв: {status_mn}.");
    let mut en = format!("Your request {number} for “{service_en}” is now: {status_en}.");
    if let Some(note) = note {
        mn = format!("{mn} {}", note.mn);
        en = format!("{en} {}", note.en.as_ref().unwrap_or(&note.mn));
    }
    (Text::new(format!("Хүсэлт {number}: {status_mn}"), format!("Request {number}: {status_en}")), Text::new(mn, en))
}
