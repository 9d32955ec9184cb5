//! Listing, searching and opening requests.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::{
    Desk,
    language::Visit,
    list_page, request_page,
    search::{Which, Words},
    shell::{self, Failed, Page},
    store,
};

/// `GET /requests?q=&status=&page=`
pub(super) async fn list(State(desk): State<Desk>, visit: Visit) -> Result<Page, Failed> {
    let query = visit.asked("q").unwrap_or_default();
    let which = visit.asked("status").map_or(Which::All, |code| Which::parse(&code));
    let page = visit.asked("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let words = Words::of(&query);
    let found = desk.sandbox.db().read(move |conn| store::requests(conn, &words, which, page)).await?;
    Ok(list_page::show(&visit, &query, which, &found))
}

/// `GET /requests/{id}?done=`: `done` is the step that has just been taken.
pub(super) async fn open(
    State(desk): State<Desk>,
    visit: Visit,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Failed> {
    let Ok(Path(id)) = id else { return Ok(shell::no_such_page(&visit).into_response()) };
    let Some(opened) = desk.sandbox.db().read(move |conn| store::open(conn, &id)).await? else {
        return Ok(no_such_request(&visit).into_response());
    };
    let done = visit.asked("done").and_then(|step| step.parse().ok());
    Ok(request_page::show(&visit, &opened, done).into_response())
}

pub(super) fn no_such_request(visit: &Visit) -> Page {
    let title = visit.say("Ийм хүсэлт алга", "There is no such request");
    let why = visit.say("Жагсаалтаас дугаараар нь хайгаарай.", "Please look for its number in the list.");
    shell::refusal(visit, StatusCode::NOT_FOUND, title, why)
}
