//! The gateway's authorisation server for the app, a public client (RFC 6749, 7636, 8252, 9126, 9207, 9449).
//!
//! Guarantees: no token is stored readable; a request URI, a code and a proof work once; every token is bound to a key.

mod authorize;
pub mod control;
mod dan_client;
pub mod dpop;
mod grants;
mod id_token;
pub mod keys;
mod metadata;
mod par;
mod principal;
mod refusal;
mod store;
mod token;

use axum::{
    Router,
    routing::{get, post},
};
pub use principal::{Demand, Principal};

use crate::state::Sandbox;

/// The app. A public client: it has no secret (RFC 8252 §8.5).
pub const CLIENT_ID: &str = "mn.emongolia.app";

/// Where the phone's system browser hands back to the app (RFC 8252 §7.1).
pub const REDIRECT_URI: &str = "mn.emongolia:/callback";

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/oauth/par", post(par::push))
        .route("/oauth/token", post(token::token))
        .route("/.well-known/oauth-authorization-server", get(metadata::metadata))
        .route("/oauth/jwks", get(metadata::jwks))
        .route("/oauth/authorize", get(authorize::begin))
        .route("/oauth/dan-callback", get(authorize::back_from_dan))
        .route("/oauth/revoke", post(token::revoke))
}
