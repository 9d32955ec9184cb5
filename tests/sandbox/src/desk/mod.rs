//! The clerk's desk: pages on which a person plays the clerk, plain HTTP for a browser on this machine.
//!
//! Guarantees: served on the loopback alone and to its own pages alone; a form sent twice acts once; no page needs a
//! script. What may be done is decided in [`crate::clerk`].

mod door;
mod fields;
mod files;
mod language;
mod list_page;
mod moment;
mod notice_pages;
mod notices;
mod request_page;
mod requests;
mod search;
mod shell;
mod statuses;
mod step_page;
mod steps;
mod store;
#[cfg(test)]
mod tests;
mod tickets;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    http::StatusCode,
    middleware::from_fn_with_state,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};

use self::{door::Door, language::Visit, tickets::Tickets};
use crate::state::Sandbox;

/// Anybody in reach could play the clerk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the desk has no sign-in, so it is served on the loopback alone; {0} is not")]
pub struct NotLoopback(pub SocketAddr);

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
struct Desk {
    sandbox: Sandbox,
    tickets: Arc<Tickets>,
}

/// The desk as it is reached at `at`; `secret` is the sandbox's own and outlives a restart.
pub fn router(sandbox: Sandbox, at: SocketAddr, secret: &str) -> Result<Router, NotLoopback> {
    if !at.ip().is_loopback() {
        return Err(NotLoopback(at));
    }
    let desk = Desk { sandbox, tickets: Arc::new(Tickets::new(secret)) };
    Ok(Router::new()
        .route("/", get(async || Redirect::to("/requests")))
        .route("/requests", get(requests::list))
        .route("/requests/{id}", get(requests::open))
        .route("/requests/{id}/files/{upload}", get(files::download))
        .route("/requests/{id}/steps/{status}", get(steps::ask).post(steps::send))
        .route("/notices", get(notices::list))
        .route("/notices/new", get(notices::ask).post(notices::send))
        .route("/notices/{id}", get(notices::open))
        .route("/desk.css", get(shell::style))
        .route("/icon.svg", get(shell::icon))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_that_way)
        .layer(from_fn_with_state(Arc::new(Door::at(at)), door::guard))
        .with_state(desk))
}

async fn nowhere(visit: Visit) -> Response {
    shell::no_such_page(&visit).into_response()
}

async fn not_that_way(visit: Visit) -> Response {
    let (title, why) = (
        visit.say("Ийм үйлдэл боломжгүй", "This can't be done here"),
        visit.say("Маягтыг хуудсаас нь илгээнэ үү.", "Please send the form from its own page."),
    );
    shell::refusal(&visit, StatusCode::METHOD_NOT_ALLOWED, title, why).into_response()
}
