//! What the state tells every installation: how strict it is, and which documents are too old. Signed as they are.

use std::collections::BTreeMap;

use axum::{extract::State, http::HeaderMap, response::Response};
use serde_json::json;

use super::document::Document;
use crate::{problem::Problem, state::Sandbox};

/// `GET /v1/configuration`. No build of this tree is too old for it, and no other pins are known than those of
/// `sandbox.json`; the floor of every document is this publication.
pub(crate) async fn get_configuration(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Problem> {
    let publisher = sandbox.publisher();
    let serial = publisher.serial(sandbox.db()).await?;
    let floors: BTreeMap<&str, i64> = ["areas", "bundles", "catalogue", "service"].map(|name| (name, serial)).into();
    let body = json!({
        "minimum_version": "0.0.0",
        "lock": { "idle_s": 300, "background_s": 30 },
        "session": { "warn_s": 7 * 24 * 3600 },
        "pins": [],
        "floors": floors,
    });
    publisher.answer(sandbox.db(), "configuration", &Document::new(body.to_string()), &headers).await
}
