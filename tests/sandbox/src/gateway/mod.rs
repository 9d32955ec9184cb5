//! The app's API.

use axum::Router;
use rusqlite::Transaction;

use crate::state::Sandbox;

pub fn seed(_tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    Ok(())
}

pub fn routes() -> Router<Sandbox> {
    Router::new()
}
