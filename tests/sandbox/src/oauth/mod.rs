//! The gateway's authorisation server for the app, a public client (RFC 6749, 7636, 8252, 9126, 9207, 9449).
//!
//! Guarantees: no token is stored readable; a code and a request URI work once.

use axum::{Router, extract::FromRequestParts, http::request::Parts};

use crate::{problem::Problem, state::Sandbox};

/// The citizen behind a call: taken as an argument by each handler that needs one, and then proven.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Opaque and stable per citizen.
    pub sub: String,
    /// Регистрийн дугаар.
    pub regnum: String,
}

impl FromRequestParts<Sandbox> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(_parts: &mut Parts, _sandbox: &Sandbox) -> Result<Self, Problem> {
        Err(Problem::unauthorised())
    }
}

pub fn routes() -> Router<Sandbox> {
    Router::new()
}
