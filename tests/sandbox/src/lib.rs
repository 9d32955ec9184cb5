//! E-Mongolia's sandbox: everything on the other side of the phone, on one machine, durable.

pub mod clerk;
pub mod connection;
pub mod contract;
pub mod control;
pub mod dan;
pub mod db;
pub mod desk;
pub mod envelope;
pub mod faults;
pub mod files;
pub mod forms;
pub mod gateway;
pub mod html;
pub mod legacy;
pub mod oauth;
pub mod pay;
pub mod problem;
pub mod program;
pub mod push;
pub mod registers;
pub mod samples;
pub mod server;
pub mod signing;
pub mod speech;
pub mod state;
pub mod text;
pub mod tls;
pub mod web;

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use problem::Problem;
pub use server::{Config, Options, Running};
pub use state::Sandbox;

/// Every public path of the origin, and around them: the envelope, the contract, compression, faults.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/openapi.json", get(contract::describe))
        .merge(oauth::routes())
        .merge(dan::routes())
        .merge(legacy::routes())
        .merge(pay::routes())
        .merge(push::routes())
        .merge(speech::routes())
        .merge(gateway::routes())
        .merge(web::routes())
        .fallback(async || Problem::not_found("unknown_path"))
        .method_not_allowed_fallback(async || Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method"))
        .layer(from_fn_with_state(sandbox.clone(), envelope::seal))
        .layer(from_fn_with_state(sandbox.clone(), contract::watch))
        .layer(from_fn(gateway::gzip))
        .layer(from_fn_with_state(sandbox.clone(), faults::inject))
        .with_state(sandbox)
}
