//! E-Mongolia's sandbox: everything on the other side of the phone, on one machine, durable.

pub mod clerk;
pub mod dan;
pub mod db;
pub mod gateway;
pub mod oauth;
pub mod problem;
pub mod push;
pub mod registers;
pub mod state;

use axum::Router;
pub use state::Sandbox;

/// Every public path of the origin.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .merge(oauth::routes())
        .merge(dan::routes())
        .merge(push::routes())
        .merge(gateway::routes())
        .with_state(sandbox)
}
