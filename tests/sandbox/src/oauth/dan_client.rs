//! How the authorisation server asks ДАН: a confidential client, over the same router as everybody.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use chrono::DateTime;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    dan,
    registers::{IDENTITY_CARD, NO_RIGHT, asked_for},
    state::Sandbox,
    text,
};

const WSDL: &str = "https://xyp.gov.mn/citizen-1.5.0/ws?WSDL";

/// ДАН's answers are some kilobytes; a portrait would make them some hundred.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub(super) enum DanError {
    #[error("ДАН refused: {0}")]
    Refused(StatusCode),
    #[error("ДАН is not to be had: {0}")]
    Unavailable(String),
    #[error("ДАН's answer lacks {0}")]
    Answer(&'static str),
}

/// Where the browser signs in.
pub(super) fn authorize_url(sandbox: &Sandbox, state: &str) -> String {
    let scope = json!([{ "services": asked_for(), "wsdl": WSDL }]).to_string();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", dan::CLIENT_ID)
        .append_pair("redirect_uri", &dan::redirect_uri(sandbox))
        .append_pair("state", state)
        .append_pair("scope", &text::base64(scope.as_bytes()))
        .finish();
    format!("{}/dan/oauth2/authorize?{query}", sandbox.origin())
}

/// Whoever signed in, when, and what their way in is worth.
pub(super) struct Who {
    pub(super) regnum: String,
    pub(super) at_ms: i64,
    pub(super) acr: &'static str,
    /// What they agreed to, and may ask having come this way.
    pub(super) operations: Vec<String>,
}

/// Who signed in with `code`.
pub(super) async fn who(sandbox: &Sandbox, code: &str) -> Result<Who, DanError> {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("client_id", dan::CLIENT_ID)
        .append_pair("client_secret", sandbox.keys().dan_secret())
        .append_pair("redirect_uri", &dan::redirect_uri(sandbox))
        .finish();
    let request = Request::post("/dan/oauth2/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form));
    let token = ask(sandbox, request).await?;
    let token = token["access_token"].as_str().ok_or(DanError::Answer("access_token"))?;

    let request = Request::get("/dan/oauth2/api/v1/service")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty());
    let answers = ask(sandbox, request).await?;
    let all = answers.as_array().ok_or(DanError::Answer("a list"))?;
    let card = all.iter().map(|one| &one["services"][IDENTITY_CARD]).find(|card| card.is_object());
    let card = card.ok_or(DanError::Answer("the identity card"))?;
    let regnum = card["response"]["regnum"].as_str().ok_or(DanError::Answer("regnum"))?.to_owned();
    let said = |name: &str| all.iter().map(|one| &one[name]).find(|value| !value.is_null());
    let at = said("citizen_loginTime").and_then(Value::as_str).and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let at_ms = at.ok_or(DanError::Answer("the time of the sign-in"))?.timestamp_millis();
    let acr = said("citizen_loginType").and_then(Value::as_u64).and_then(dan::acr);
    let services = all.iter().filter_map(|one| one["services"].as_object()).flatten();
    let given = services.filter(|(_, answer)| answer["resultCode"] != NO_RIGHT);
    let operations = given.map(|(operation, _)| operation.clone()).collect();
    Ok(Who { regnum, at_ms, acr: acr.ok_or(DanError::Answer("the way in"))?, operations })
}

async fn ask(sandbox: &Sandbox, request: Result<Request<Body>, axum::http::Error>) -> Result<Value, DanError> {
    let unavailable = |error: &dyn std::error::Error| DanError::Unavailable(error.to_string());
    let request = request.map_err(|error| unavailable(&error))?;
    let response = crate::router(sandbox.clone()).oneshot(request).await.unwrap_or_else(|never| match never {});
    let status = response.status();
    if status.is_client_error() {
        return Err(DanError::Refused(status));
    }
    if status != StatusCode::OK {
        return Err(DanError::Unavailable(status.to_string()));
    }
    let body = to_bytes(response.into_body(), ANSWER_LIMIT).await.map_err(|error| unavailable(&error))?;
    serde_json::from_slice(&body).map_err(|error| unavailable(&error))
}
