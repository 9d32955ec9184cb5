//! ДАН, the national sign-on, as developer.sso.gov.mn describes it: OAuth 2.0 for confidential clients.
//!
//! Guarantees: a citizen's data go only to the service the citizen saw named and agreed to, and only what was listed.

mod bank;
pub mod control;
mod login;
mod messages;
mod operations;
mod page;
mod prove;
mod seeds;
mod service;
mod signature;
mod store;
mod ways;

use axum::{
    Router,
    routing::{get, post},
};
use rusqlite::Transaction;
pub use ways::acr;

use crate::state::Sandbox;

/// The one service registered at this ДАН: the app's gateway.
pub const CLIENT_ID: &str = "e-mongolia-gateway";

/// What a citizen's refusal is called on the way back (RFC 6749 §4.1.2.1).
pub const ACCESS_DENIED: &str = "access_denied";

/// From what age ДАН signs citizens in (its terms).
pub const AGE: i32 = 16;

/// What the registered service is called, and what it wants the data for; Mongolian and English.
struct Asking {
    name: (&'static str, &'static str),
    purpose: (&'static str, &'static str),
}

const ASKING: Asking = Asking {
    name: ("И-Монгол", "E-Mongolia"),
    purpose: (
        "Таныг апп-д нэвтрүүлж, нэр, хаягаар тань үйлчлэхийн тулд.",
        "To sign you in to the app and to serve you under your name and address.",
    ),
};

/// Where the registered service takes its citizens back.
pub fn redirect_uri(sandbox: &Sandbox) -> String {
    format!("{}/oauth/dan-callback", sandbox.origin())
}

/// Runs at every start, after the citizens are there.
pub fn seed(tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    signature::seed(tx)
}

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/dan/oauth2/authorize", get(login::ask))
        .route("/dan/login", post(login::login))
        .route("/dan/bank-back", get(bank::back))
        .route("/dan/oauth2/token", post(service::token))
        .route("/dan/oauth2/api/v1/service", get(service::answers))
        .route("/sample-bank/sign-in", get(bank::ask).post(bank::sign_in))
}
