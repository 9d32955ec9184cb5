//! What that API says. Its guide names `ServiceRequest` and none of its members: all but the id may be missing.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::super::{model::Status, people::OnBehalfOf, store::Confirmed, wire::RequestWire};
use crate::{
    country::Represented,
    foundation::{clock::Timestamp, json, net::Method, storage},
    gateway::{self, AuthToken, Content, Gateway},
    offline::{
        outbox::{OperationId, Outgoing},
        tolerant,
    },
};

/// An operation of the gateway's own.
const TOKEN_PATH: &str = "/v1/published-token";
const LIST_PATH: &str = "/service-request";
const CREATE_PATH: &str = "/service-request/create";
const SUBMIT_PATH: &str = "/service-request/set-submitted-free";

/// The most that one page may hold.
pub(super) const PAGE: u32 = 100;

/// Times there are Ulaanbaatar's and name no zone (Java's LocalDateTime); it has had no summer time since 2017.
const ZONE: &str = "+08:00";

/// A token, and what it opens. Both moments are the server's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Admission {
    pub(super) token: AuthToken,
    /// When it was given.
    pub(super) issued_at: Timestamp,
    /// From then on nothing is made with it, whatever held a call up.
    pub(super) creates_until: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequest {
    pub(super) id: String,
    #[serde(default, deserialize_with = "tolerant::known")]
    number: Option<String>,
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) service_id: String,
    /// `None`: made, and not submitted.
    #[serde(default, deserialize_with = "tolerant::known")]
    pub(super) status: Option<Status>,
    #[serde(default, deserialize_with = "tolerant::known")]
    created_date: String,
    #[serde(default, deserialize_with = "tolerant::known")]
    updated_date: String,
    #[serde(default, deserialize_with = "tolerant::known")]
    form_data: std::collections::BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) data: Value,
    #[serde(default, deserialize_with = "tolerant::known")]
    representative: Option<Represented>,
}

impl ServiceRequest {
    /// As a request of the gateway's; `None`: it is not submitted.
    pub(super) fn submitted(self) -> Option<RequestWire> {
        let at = |local: &str| Timestamp::parse_rfc3339(&format!("{local}{ZONE}"));
        let (created, updated) = (at(&self.created_date), at(&self.updated_date));
        Some(RequestWire {
            status: self.status?,
            id: self.id,
            version: updated.or(created).unwrap_or(Timestamp::EPOCH).unix_ms(),
            number: self.number,
            service_id: self.service_id,
            service_name: None,
            submitted_at: created,
            updated_at: updated,
            form: self.form_data,
            history: Vec::new(),
            outcome: None,
            payment: None,
            on_behalf_of: self.representative,
        })
    }
}

#[derive(Debug, Deserialize)]
pub struct Page {
    pub(super) pagination: Pagination,
    /// Whole, or it is no answer: what can't be read might be what is looked for.
    pub(super) list: Vec<ServiceRequest>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pagination {
    pub(super) total: u32,
}

impl Page {
    /// Whether there is more behind this one, the `number`th.
    pub(super) fn is_followed(&self, number: u32) -> bool {
        !self.list.is_empty() && (number + 1).saturating_mul(PAGE) < self.pagination.total
    }
}

#[derive(Debug, Deserialize)]
pub struct Envelope<T> {
    pub(super) data: T,
}

/// Any answer to a step of a submit.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Told {
    Admission(Admission),
    Page(Envelope<Page>),
    Request(Envelope<ServiceRequest>),
}

pub(super) fn exchange() -> Outgoing {
    Outgoing::by_itself(Method::Post, TOKEN_PATH, None)
}

/// With its mark in the free field `data`: two that say the same are two, and each is found by its own.
pub(super) fn create(token: &AuthToken, id: &OperationId, confirmed: &Confirmed) -> storage::Result<Outgoing> {
    let mut body = json!({
        "serviceId": confirmed.wire.service_id,
        "formData": confirmed.wire.form,
        "data": mark(id, confirmed),
    });
    if let Some(OnBehalfOf { relation, regnum, reason, reason_file }) = &confirmed.wire.on_behalf_of {
        body["representativeType"] = json!(relation);
        body["representativeRegnum"] = json!(regnum);
        body["representativeReason"] = reason.clone();
        if let Some(file) = reason_file {
            body["representativeReasonFile"] = file["id"].clone();
        }
    }
    post(token, CREATE_PATH, &body)
}

pub(super) fn mark(id: &OperationId, confirmed: &Confirmed) -> Value {
    json!({ "operation": id.as_str(), "digest": confirmed.wire.shown_digest })
}

pub(super) fn submit_free(token: &AuthToken, id: &str) -> storage::Result<Outgoing> {
    post(token, SUBMIT_PATH, &json!({ "serviceRequestId": id }))
}

fn post(token: &AuthToken, path: &str, body: &Value) -> storage::Result<Outgoing> {
    let body = json::write(body).ok_or(storage::Error::Stored("submit"))?.into_bytes();
    let body = Some(Content::Json(body));
    Ok(Outgoing { published: Some(token.clone()), ..Outgoing::by_itself(Method::Post, path, body) })
}

/// In the order in which they were made, so that what is made meanwhile moves nothing.
pub(super) fn list_query(day: Option<String>, page: u32) -> Vec<(String, String)> {
    let of_a_day = day.map(|day| ("createdDate", day));
    let always = [
        ("sortParams", "createdDate".to_owned()),
        ("sortDirection", "ASC".to_owned()),
        ("pageSize", PAGE.to_string()),
        ("currentPage", page.to_string()),
    ];
    always.into_iter().chain(of_a_day).map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn list(token: &AuthToken, query: Vec<(String, String)>) -> Outgoing {
    Outgoing { query, published: Some(token.clone()), ..Outgoing::by_itself(Method::Get, LIST_PATH, None) }
}

pub(super) fn detail(token: &AuthToken, id: &str) -> Outgoing {
    let path = format!("{LIST_PATH}/{id}");
    Outgoing { published: Some(token.clone()), ..Outgoing::by_itself(Method::Get, path, None) }
}

/// A token for reading: asked for each time, so that none outlives its session here.
pub(super) async fn admission(gateway: &Gateway) -> gateway::Result<Admission> {
    read(gateway, exchange()).await
}

/// One answer, outside of the outbox.
pub(super) async fn read<T: DeserializeOwned>(gateway: &Gateway, outgoing: Outgoing) -> gateway::Result<T> {
    let answer = gateway.send(outgoing.with_key(None)).await?;
    if !answer.is_success() {
        return Err(gateway::Error::Problem(answer.problem()));
    }
    json::parse_strict(&answer.body).map_err(|_| gateway::Error::Malformed { endpoint: "published" })
}
