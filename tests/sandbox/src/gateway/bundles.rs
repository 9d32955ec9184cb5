//! The bundles of the home screen and the events of a life, as rules: one public document, the same for everybody.
//!
//! Guarantees: every service and every code that a bundle names is there; whom a bundle fits is no business of the gateway's.

use std::{collections::BTreeSet, sync::LazyLock};

use axum::{extract::State, http::HeaderMap, response::Response};
use serde_json::{Value, json};

use super::{
    catalogue::{self, Catalogue},
    document::{Document, content_hash},
};
use crate::{
    problem::Problem,
    state::{self, Sandbox},
};

const BUNDLES: &str = include_str!("../../data/bundles.json");

static DOCUMENT: LazyLock<Result<Document, BundlesError>> = LazyLock::new(load);

#[derive(Debug, thiserror::Error)]
enum BundlesError {
    #[error("bundles.json can't be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("bundles.json names «{0}», which is nowhere")]
    Dangling(String),
    #[error("the catalogue can't be read")]
    Catalogue,
}

/// `GET /v1/bundles`
pub(crate) async fn get_bundles(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Problem> {
    sandbox.publisher().answer(sandbox.db(), "bundles", document()?, &headers).await
}

/// The bundles of this build; unreadable data is a defect of the build, found by the first test.
pub(crate) fn document() -> Result<&'static Document, Problem> {
    DOCUMENT.as_ref().map_err(|error| {
        state::complain(error);
        Problem::internal()
    })
}

fn load() -> Result<Document, BundlesError> {
    let mut bundles: Value = serde_json::from_str(BUNDLES)?;
    let catalogue = catalogue::catalogue().map_err(|_| BundlesError::Catalogue)?;
    match dangling(&bundles, catalogue) {
        Some(name) => Err(BundlesError::Dangling(name)),
        None => {
            bundles["version"] = json!(content_hash(BUNDLES.as_bytes()));
            Ok(Document::new(bundles.to_string()))
        }
    }
}

/// The first service, item or prerequisite that is named and not there.
fn dangling(bundles: &Value, catalogue: &Catalogue) -> Option<String> {
    let prerequisites = codes(&bundles["prerequisites"]);
    for bundle in list(&bundles["bundles"]) {
        let items = codes(&bundle["items"]);
        for item in list(&bundle["items"]) {
            let missing = names(&item["services"]).find(|id| catalogue.offer(id).is_none());
            let missing = missing.or_else(|| names(&item["after"]).find(|code| !items.contains(code)));
            let missing = missing.or_else(|| names(&item["needs"]).find(|code| !prerequisites.contains(code)));
            if let Some(name) = missing {
                return Some(name.to_owned());
            }
        }
    }
    None
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn names(value: &Value) -> impl Iterator<Item = &str> {
    list(value).filter_map(Value::as_str)
}

fn codes(value: &Value) -> BTreeSet<&str> {
    list(value).filter_map(|one| one["code"].as_str()).collect()
}
