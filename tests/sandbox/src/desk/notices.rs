//! Writing to a citizen, and what was written.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};

use super::{
    Desk,
    fields::Wrong,
    language::Visit,
    notice_pages::{self, Draft},
    search::Words,
    shell::{self, Failed, Page},
    store,
};
use crate::{
    clerk::{self, Refusal},
    forms::Fields,
    registers,
};

/// `GET /notices?q=&page=`
pub(super) async fn list(State(desk): State<Desk>, visit: Visit) -> Result<Page, Failed> {
    let query = visit.asked("q").unwrap_or_default();
    let page = visit.asked("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let words = Words::of(&query);
    let cut = desk.sandbox.db().read(move |conn| store::notices(conn, &words, page)).await?;
    Ok(notice_pages::list(&visit, &query, &cut))
}

/// `GET /notices/{id}?done=`
pub(super) async fn open(
    State(desk): State<Desk>,
    visit: Visit,
    id: Result<Path<String>, PathRejection>,
) -> Result<Page, Failed> {
    let Ok(Path(id)) = id else { return Ok(shell::no_such_page(&visit)) };
    let notice = desk.sandbox.db().read(move |conn| store::notice(conn, &id)).await?;
    Ok(notice.map_or_else(|| shell::no_such_page(&visit), |notice| notice_pages::open(&visit, &notice)))
}

/// `GET /notices/new?to=`: `to` is a registration number.
pub(super) async fn ask(State(desk): State<Desk>, visit: Visit) -> Result<Page, Failed> {
    let draft = Draft::to(visit.asked("to").unwrap_or_default());
    form(&desk, &visit, &draft, &[]).await
}

/// `POST /notices/new`
pub(super) async fn send(State(desk): State<Desk>, visit: Visit, fields: Fields) -> Result<Response, Failed> {
    let ticket = fields.get("ticket").and_then(|ticket| desk.tickets.admit(ticket, visit.path()));
    let Some(ticket) = ticket else { return Ok(shell::stale_form(&visit).into_response()) };
    let draft = Draft::read(&fields);
    let wrong = draft.check(&visit);
    if !wrong.is_empty() {
        return again(&desk, &visit, &draft, &wrong).await;
    }

    let (regnum, (title, body), now) = (draft.regnum.clone(), draft.texts(), desk.sandbox.now());
    let written = desk
        .sandbox
        .db()
        .write(move |tx| {
            if let Some(location) = store::sent(tx, &ticket)? {
                return Ok(Ok(location));
            }
            let id = match clerk::notice(tx, &regnum, title, body, now)? {
                Ok(id) => id,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let location = format!("/notices/{id}?done=1");
            store::remember(tx, &ticket, &location, now)?;
            Ok(Ok(location))
        })
        .await?;
    desk.sandbox.push_arrived();
    match written {
        Ok(location) => Ok(Redirect::to(&location).into_response()),
        Err(Refusal::Unknown | Refusal::Illegal { .. } | Refusal::Moved { .. }) => {
            again(&desk, &visit, &draft, &[notice_pages::no_such_citizen(&visit)]).await
        }
    }
}

async fn again(desk: &Desk, visit: &Visit, draft: &Draft, wrong: &[Wrong]) -> Result<Response, Failed> {
    Ok(form(desk, visit, draft, wrong).await?.status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}

async fn form(desk: &Desk, visit: &Visit, draft: &Draft, wrong: &[Wrong]) -> Result<Page, Failed> {
    let citizens = desk.sandbox.db().read(registers::citizens).await?;
    Ok(notice_pages::ask(visit, &citizens, draft, wrong, &desk.tickets.issue(visit.path())))
}
