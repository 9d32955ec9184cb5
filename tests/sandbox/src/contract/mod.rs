//! Every exchange is held against the OpenAPI description, and what was found is kept.
//!
//! Guarantees: an answer that is not as described, or a breach by the client that was let through, is recorded
//! in the data folder before the answer leaves.

mod description;
mod ledger;
mod operation;

use std::path::Path;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
pub use description::{DescriptionError, merged};
use ledger::{Direction, Ledger};
pub use ledger::{Findings, Sent, Violation};
pub use operation::CompileError;
use operation::{Answered, Asked, Operation};
use serde_json::Value;

use crate::{envelope, problem::Problem, state::Sandbox};

/// The largest body a client may send: a form of text, with room to spare.
const BODY_LIMIT: usize = 1024 * 1024;

/// The largest answer held in memory to be looked at.
const ANSWER_LIMIT: usize = 64 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    #[error(transparent)]
    Description(#[from] DescriptionError),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error("contract.jsonl can't be written: {0}")]
    Ledger(#[from] std::io::Error),
}

/// The compiled description and the ledger of what was found.
pub struct Contract {
    description: Value,
    operations: Vec<Operation>,
    ledger: Ledger,
}

impl Contract {
    /// Findings are appended to `contract.jsonl` in `folder`.
    pub fn open(origin: &str, folder: &Path) -> Result<Self, ContractError> {
        let description = merged(origin)?;
        let operations = operation::compile(&description)?;
        Ok(Self { description, operations, ledger: Ledger::open(&folder.join("contract.jsonl"))? })
    }

    /// The operationId of a call; `None` when the description has no such operation.
    pub fn operation_id(&self, method: &Method, path: &str) -> Option<&str> {
        self.find(method, path).map(|operation| operation.id.as_str())
    }

    /// All operationIds.
    pub fn operation_ids(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().map(|operation| operation.id.as_str())
    }

    /// What was found since the start of the process.
    pub fn findings(&self) -> Findings {
        self.ledger.findings()
    }

    /// The last requests, as they came.
    pub fn sent(&self) -> Vec<Sent> {
        self.ledger.all_sent()
    }

    /// A path without variables goes before one with them (OpenAPI 3.1 §4.8.8.2).
    fn find(&self, method: &Method, path: &str) -> Option<&Operation> {
        let fitting = self.operations.iter().filter_map(|o| o.matches(method.as_str(), path).map(|n| (n, o)));
        fitting.min_by_key(|(variables, _)| *variables).map(|(_, operation)| operation)
    }

    fn record(&self, method: &Method, asked: &Asked<'_>, answered: &Answered<'_>) {
        self.ledger.sent(self.as_it_came(method, asked));
        let Some(operation) = self.find(method, asked.path) else {
            let unknown = format!("{method} {}", asked.path);
            self.ledger.violation(&unknown, Direction::Request, "the description has no such operation");
            return;
        };
        self.ledger.hit(&operation.id, answered.status.as_u16());
        if answered.status.as_u16() < 400 {
            for breach in operation.breaches_of_request(asked) {
                self.ledger.violation(&operation.id, Direction::Request, &breach);
            }
        }
        if self.ledger.looked_at(&operation.id, answered.status.as_u16(), answered.body) {
            return;
        }
        for breach in operation.breaches_of_answer(answered) {
            self.ledger.violation(&operation.id, Direction::Response, &breach);
        }
    }
}

impl Contract {
    fn as_it_came(&self, method: &Method, asked: &Asked<'_>) -> Sent {
        let target = format!("{method} {}", asked.path);
        let operation = self.find(method, asked.path).map_or_else(|| target.clone(), |operation| operation.id.clone());
        let mut text = format!("{target}?{}", asked.query.unwrap_or_default());
        for (name, value) in asked.headers {
            if !matches!(name.as_str(), "authorization" | "dpop") {
                text.push_str(&format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes())));
            }
        }
        text.push_str("\n\n");
        match std::str::from_utf8(asked.body) {
            Ok(body) => text.push_str(body),
            Err(_) => text.push_str(&format!("({} bytes)", asked.body.len())), // a piece of a file
        }
        Sent { operation, text }
    }
}

/// `GET /openapi.json`.
pub async fn describe(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(sandbox.contract().description.clone())
}

/// Looks at both halves of an exchange; changes neither. Compression belongs outside of it.
pub async fn watch(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let id = envelope::request_id(&request);
    let (parts, body) = request.into_parts();
    let Ok(asked_body) = to_bytes(body, BODY_LIMIT).await else {
        let mut refused = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").into_response();
        envelope::mark(&mut refused, id);
        return refused;
    };
    let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
    let response = next.run(Request::from_parts(parts, Body::from(asked_body.clone()))).await;

    let (parts, body) = response.into_parts();
    let Ok(answered_body) = to_bytes(body, ANSWER_LIMIT).await else {
        return Problem::internal().into_response();
    };
    let asked = Asked { path: uri.path(), query: uri.query(), headers: &headers, body: &asked_body };
    let answered = Answered { status: parts.status, headers: &parts.headers, body: &answered_body };
    sandbox.contract().record(&method, &asked, &answered);
    Response::from_parts(parts, Body::from(answered_body))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    const METADATA: &str = "/.well-known/oauth-authorization-server";

    struct Rig {
        contract: Contract,
        _folder: tempfile::TempDir,
    }

    impl Rig {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self { contract: Contract::open("https://localhost:20000", folder.path()).unwrap(), _folder: folder }
        }

        /// What is found about an answer to a faultless request for the key set.
        fn found(&self, status: u16, headers: &[(&str, &str)], body: &str) -> Vec<String> {
            let none = HeaderMap::new();
            let asked = Asked { path: "/oauth/jwks", query: None, headers: &none, body: b"" };
            let headers: HeaderMap = headers
                .iter()
                .map(|(n, v)| (HeaderName::from_bytes(n.as_bytes()).unwrap(), HeaderValue::from_str(v).unwrap()))
                .collect();
            let status = StatusCode::from_u16(status).unwrap();
            let answered = Answered { status, headers: &headers, body: body.as_bytes() };
            self.contract.record(&Method::GET, &asked, &answered);
            self.contract.findings().violations.into_iter().map(|violation| violation.message).collect()
        }
    }

    const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1","alg":"ES256","use":"sig",
        "x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}"#;
    const ID: (&str, &str) = ("x-request-id", "1");
    const JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn an_answer_as_described_is_found_faultless() {
        assert_eq!(Rig::new().found(200, &[ID, JSON], KEYS), Vec::<String>::new());
    }

    #[test]
    fn a_status_nobody_described_is_found() {
        let found = Rig::new().found(418, &[ID, JSON], KEYS);

        assert_eq!(found, ["status 418 is not declared"]);
    }

    #[test]
    fn a_content_type_nobody_described_is_found() {
        let found = Rig::new().found(200, &[ID, ("content-type", "text/plain")], KEYS);

        assert_eq!(found, [r#"content type "text/plain" is not declared"#]);
    }

    #[test]
    fn a_missing_header_is_found() {
        assert_eq!(Rig::new().found(200, &[JSON], KEYS), ["X-Request-Id is missing"]);
    }

    #[test]
    fn a_header_that_does_not_fit_is_found() {
        let refusal = r#"{"type":"about:blank","title":"Not now","status":503,"code":"unavailable"}"#;
        let problem = ("content-type", "application/problem+json");

        let found = Rig::new().found(503, &[ID, problem, ("retry-after", "soon")], refusal);

        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("Retry-After: "), "{found:?}");
    }

    #[test]
    fn a_body_that_does_not_fit_is_found_without_its_values() {
        let found = Rig::new().found(200, &[ID, JSON], &KEYS.replace("ES256", "Өвгөн"));

        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("body/keys/0/alg: ") && !found[0].contains("Өвгөн"), "{found:?}");
    }

    #[test]
    fn a_member_nobody_described_is_found() {
        let found = Rig::new().found(200, &[ID, JSON], r#"{"keys":[],"more":1}"#);

        assert!(found.iter().any(|message| message.contains("more")), "{found:?}");
    }

    #[test]
    fn a_body_that_is_no_json_or_missing_is_found() {
        assert!(Rig::new().found(200, &[ID, JSON], "{")[0].starts_with("the body is not JSON"));
        assert_eq!(Rig::new().found(200, &[ID], ""), ["no body"]);
    }

    #[test]
    fn a_path_without_variables_goes_first() {
        let contract = Rig::new().contract;

        assert_eq!(contract.operation_id(&Method::GET, METADATA), Some("getAuthorizationServerMetadata"));
        assert_eq!(contract.operation_id(&Method::GET, "/push/token-1"), Some("pollPush"));
        assert_eq!(contract.operation_id(&Method::GET, "/push/"), None);
        assert_eq!(contract.operation_id(&Method::POST, "/push/token-1"), None);
    }
}
