//! ДАН, the national sign-on.

use axum::Router;

use crate::state::Sandbox;

pub fn routes() -> Router<Sandbox> {
    Router::new()
}
