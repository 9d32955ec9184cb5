//! The app's API, `/v1`: configuration, catalogue, bundles, registers, requests, inbox, keys, push registration
//! (`openapi/gateway.json`), what is asked of a citizen later (`changes.json`), uploads (`uploads.json`),
//! payments (`pay.json`), people one acts for (`people.json`).
//!
//! Guarantees: every change a citizen asks for has one effect per idempotency key; every refusal is a problem.

mod bundles;
pub(crate) mod caller;
mod catalogue;
mod compress;
mod configuration;
mod document;
mod feed;
mod forms;
pub(crate) mod idempotency;
mod inbox;
mod payments;
mod push_registration;
mod registers;
mod represented;
mod requests;
mod rows;
mod status;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod uploads;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{delete, get, patch, post, put},
};
use rusqlite::{Connection, Transaction};

pub use compress::gzip;
pub use payments::{State as PaymentState, Token};
pub use represented::OnBehalfOf;
pub use requests::{
    as_shown,
    files::File,
    shown_digest,
    store::{Actor, ActorKind, Asked, Detail, Move},
};
pub use status::Status;
pub use text::Text;

pub(crate) use catalogue::{Catalogue, Duration, Offer, catalogue};
pub(crate) use document::Document;
pub(crate) use forms::{Answer, Form, Shown};
pub(crate) use inbox::{Delivery, MessageKind, deliver};
pub(crate) use payments::give_back;
pub(crate) use represented::{Claim, Relation};
pub(crate) use requests::{
    files,
    store::{Application, advance, create, create_as, get as request, next_number, on_behalf_of, today_in_ulaanbaatar},
};
pub(crate) use uploads::store::forget_unused as forget_unused_uploads;

use self::requests::changes;
use crate::{problem::Problem, state::Sandbox};

/// The largest form has a few fields of a few hundred letters.
const LONGEST_REQUEST: usize = 64 * 1024;

/// What the gateway does before it serves anyone. Runs at every start, and at no other time.
pub fn seed(tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    idempotency::release_abandoned(tx)
}

/// An upload, as a form would say it.
pub(crate) fn uploaded(conn: &Connection, sub: &str, id: &str) -> Result<Option<File>, rusqlite::Error> {
    let upload = uploads::store::find(conn, sub, id)?;
    Ok(upload.map(|uploads::store::Upload { described, .. }| {
        let uploads::Description { name, media_type, size, sha256 } = described;
        File { id: id.into(), name, media_type, size, sha256 }
    }))
}

/// The content of all public documents of this build, as one hash.
pub(crate) fn publication() -> Result<String, Problem> {
    let hashes = [catalogue()?.hashes(), vec![bundles::document()?.hash()]].concat();
    Ok(document::content_hash(hashes.join(" ").as_bytes()))
}

pub fn routes() -> Router<Sandbox> {
    let pieces = patch(uploads::append).layer(DefaultBodyLimit::max(uploads::LONGEST_PIECE));
    let uploads = get(uploads::progress).put(uploads::announce).merge(pieces);
    Router::new()
        .route("/v1/configuration", get(configuration::get_configuration))
        .route("/v1/catalogue", get(catalogue::get_catalogue))
        .route("/v1/areas", get(catalogue::get_areas))
        .route("/v1/bundles", get(bundles::get_bundles))
        .route("/v1/me/registers", get(registers::get_registers))
        .route("/v1/me/represented", get(represented::get_represented))
        .route("/v1/services/{service_id}", get(catalogue::get_service))
        .route("/v1/requests", get(requests::list).post(requests::create))
        .route("/v1/requests/{id}", get(requests::get))
        .route("/v1/requests/{id}/invoice", post(payments::invoice))
        .route("/v1/requests/{id}/payment/check", post(payments::check))
        .route("/v1/payments/{number}/callback", get(payments::called_back))
        .route("/v1/requests/{id}/correction", post(changes::correct))
        .route("/v1/requests/{id}/files", post(changes::bring))
        .route("/v1/requests/{id}/withdrawal", post(changes::withdraw))
        .route("/v1/inbox", get(inbox::list))
        .route("/v1/inbox/{id}", delete(inbox::delete))
        .route("/v1/inbox/{id}/read", post(inbox::mark_read))
        .route("/v1/idempotency/{key}", get(idempotency::get_key))
        .route("/v1/uploads/{id}", uploads)
        .route("/v1/push/registration", put(push_registration::register).delete(push_registration::unregister))
        .layer(DefaultBodyLimit::max(LONGEST_REQUEST))
}
