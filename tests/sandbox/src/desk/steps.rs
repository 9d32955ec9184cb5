//! Advancing a request: the step's own page first, then the step.
//!
//! Guarantees: what the form says is checked before anything moves; the step, and that its form was sent, are one
//! transaction.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};

use super::{
    Desk,
    language::Visit,
    requests::no_such_request,
    shell::{self, Failed},
    step_page::{self, Draft},
    store::{self, Opened},
};
use crate::{
    clerk::{self, Refusal, Status},
    forms::Fields,
    gateway::give_back,
};

type Place = Result<Path<(String, String)>, PathRejection>;

/// `GET /requests/{id}/steps/{status}`
pub(super) async fn ask(State(desk): State<Desk>, visit: Visit, place: Place) -> Result<Response, Failed> {
    let (opened, status) = match look(&desk, &visit, place).await? {
        Ok(there) => there,
        Err(page) => return Ok(page),
    };
    if !clerk::open_to(opened.detail.status, opened.detail.waits_for_payment()).contains(&status) {
        return Ok(step_page::refused(&visit, &opened, opened.detail.status).into_response());
    }
    let ticket = desk.tickets.issue(visit.path());
    Ok(step_page::ask(&visit, &opened, status, &Draft::default(), &[], &ticket).into_response())
}

/// `POST /requests/{id}/steps/{status}`
pub(super) async fn send(
    State(desk): State<Desk>,
    visit: Visit,
    place: Place,
    fields: Fields,
) -> Result<Response, Failed> {
    let ticket = fields.get("ticket").and_then(|ticket| desk.tickets.admit(ticket, visit.path()));
    let seen = fields.get("seen").and_then(|seen| seen.parse::<i64>().ok());
    let (Some(ticket), Some(seen)) = (ticket, seen) else { return Ok(shell::stale_form(&visit).into_response()) };
    let (opened, status) = match look(&desk, &visit, place).await? {
        Ok(there) => there,
        Err(page) => return Ok(page),
    };
    let draft = Draft::read(&fields, &opened);
    let wrong = draft.check(&visit, status);
    if !wrong.is_empty() {
        let ticket = desk.tickets.issue(visit.path());
        let page = step_page::ask(&visit, &opened, status, &draft, &wrong, &ticket);
        return Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY).into_response());
    }

    let (id, step, now) = (opened.detail.id.clone(), draft.step(status, &opened), desk.sandbox.now());
    let taken = desk
        .sandbox
        .db()
        .write(move |tx| {
            if let Some(location) = store::sent(tx, &ticket)? {
                return Ok(Ok(location));
            }
            if let Err(refusal) = clerk::advance_as_seen(tx, (&id, seen), &step, now)? {
                return Ok(Err(refusal));
            }
            let location = format!("/requests/{id}?done={}", store::last_step(tx, &id)?);
            store::remember(tx, &ticket, &location, now)?;
            Ok(Ok(location))
        })
        .await?;
    desk.sandbox.push_arrived();
    give_back(&desk.sandbox).await;
    Ok(match taken {
        Ok(location) => Redirect::to(&location).into_response(),
        Err(Refusal::Unknown) => no_such_request(&visit).into_response(),
        Err(Refusal::Illegal { from: now, .. } | Refusal::Moved { now }) => {
            step_page::refused(&visit, &opened, now).into_response()
        }
    })
}

/// The request and the step that the address names, or the page that says there are none.
async fn look(desk: &Desk, visit: &Visit, place: Place) -> Result<Result<(Opened, Status), Response>, Failed> {
    let Ok(Path((id, status))) = place else { return Ok(Err(shell::no_such_page(visit).into_response())) };
    let Some(status) = Status::parse(&status) else { return Ok(Err(shell::no_such_page(visit).into_response())) };
    let opened = desk.sandbox.db().read(move |conn| store::open(conn, &id)).await?;
    Ok(opened.map(|opened| (opened, status)).ok_or_else(|| no_such_request(visit).into_response()))
}
