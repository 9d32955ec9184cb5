//! ДАН, the national sign-on, as developer.sso.gov.mn describes it: OAuth 2.0 for confidential clients.
//!
//! Guarantees: a citizen's data go only to the service the citizen saw named and agreed to, and only what was listed.

mod login;
mod operations;
mod page;
mod service;
mod store;

use axum::{
    Router,
    routing::{get, post},
};

use crate::state::Sandbox;

/// The one service registered at this ДАН: the app's gateway.
pub const CLIENT_ID: &str = "e-mongolia-gateway";

/// What a citizen's refusal is called on the way back (RFC 6749 §4.1.2.1).
pub const ACCESS_DENIED: &str = "access_denied";

/// Where the registered service takes its citizens back.
pub fn redirect_uri(sandbox: &Sandbox) -> String {
    format!("{}/oauth/dan-callback", sandbox.origin())
}

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/dan/oauth2/authorize", get(login::ask))
        .route("/dan/login", post(login::login))
        .route("/dan/oauth2/token", post(service::token))
        .route("/dan/oauth2/api/v1/service", get(service::answers))
}
