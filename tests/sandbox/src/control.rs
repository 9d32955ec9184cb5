//! The control: a clerk's desk, faults and inspection for tests. Plain HTTP on the loopback, never part of the gateway.
//!
//! Guarantees: nothing without the token of `sandbox.json`.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequest, Path, Request, State, rejection::JsonRejection},
    http::{HeaderName, StatusCode},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    clerk::{self, Actor, Listed, Move, Refusal, Status, Text},
    contract::Sent,
    dan::control::{Message, Signed, messages, receive, sign},
    faults::Fault,
    gateway, legacy,
    oauth::control::{expire_access_tokens, revoke_sessions, shorten_sessions},
    pay::{
        self,
        control::{ToPay, ToRefund},
        switches::Traps,
    },
    problem::Problem,
    speech::Heard,
    state::Sandbox,
    text,
};

const TOKEN: HeaderName = HeaderName::from_static("x-sandbox-control");

/// A JSON body; what can't be read is a problem.
struct Body<T>(T);

impl<T: DeserializeOwned> FromRequest<Sandbox> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, sandbox: &Sandbox) -> Result<Self, Problem> {
        let read = Json::from_request(request, sandbox).await;
        let told = |rejection: JsonRejection| Problem::bad_request("invalid_body").detail(&rejection.body_text());
        read.map(|Json(value)| Self(value)).map_err(told)
    }
}

pub fn router(sandbox: Sandbox, token: &str) -> Router {
    let token: Arc<str> = token.into();
    Router::new()
        .route("/control/health", get(async || Json(json!({ "ok": true }))))
        .route("/control/requests", get(requests))
        .route("/control/requests/{id}/advance", post(advance))
        .route("/control/citizens/{regnum}/notices", post(notice))
        .route("/control/faults", get(pending_faults).post(add_faults).delete(clear_faults))
        .route("/control/tokens/expire", post(expire_tokens))
        .route("/control/uploads/forget", post(forget_uploads))
        .route("/control/sessions/revoke", post(revoke))
        .route("/control/sessions/shorten", post(shorten))
        .route("/control/rotation", post(rotation))
        .route("/control/clock", post(clock))
        .route("/control/documents", post(replace_document).delete(restore_documents))
        .route("/control/speech", post(say))
        .route("/control/sms", get(read_sms).post(send_sms))
        .route("/control/sign", post(sign_text))
        .route("/control/pay", post(pay))
        .route("/control/pay/refunds", post(refund))
        .route("/control/pay/traps", get(traps).post(set_traps))
        .route("/control/published/{id}/pay", post(pay_published))
        .route("/control/exchanges", get(exchanges))
        .route("/control/sent", get(sent))
        .fallback(async || Problem::not_found("unknown_path"))
        .method_not_allowed_fallback(async || Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method"))
        .layer(from_fn(move |request, next| admit(Arc::clone(&token), request, next)))
        .with_state(sandbox)
}

async fn admit(token: Arc<str>, request: Request, next: Next) -> Response {
    let given = request.headers().get(TOKEN).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !text::same_secret(given, &token) {
        return Problem::unauthorised().detail("X-Sandbox-Control must hold control_token").into_response();
    }
    next.run(request).await
}

async fn requests(State(sandbox): State<Sandbox>) -> Result<Json<Vec<Listed>>, Problem> {
    Ok(Json(sandbox.db().read(clerk::requests).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    status: Status,
    note: Option<Text>,
    actor: Option<String>,
    /// Names of the form's fields to correct.
    #[serde(default)]
    fields: Vec<String>,
    /// Titles of documents to bring.
    #[serde(default)]
    documents: Vec<Text>,
}

async fn advance(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Body(step): Body<Advance>,
) -> Result<Json<Listed>, Problem> {
    let now = sandbox.now();
    let Advance { status, note, actor, fields, documents } = step;
    let actor = actor.map_or_else(clerk::on_duty, |name| Actor { name, ..clerk::on_duty() });
    let step = Move { status, actor, note, fields, documents };
    let decision = sandbox.db().write(move |tx| clerk::advance(tx, &id, &step, now)).await?;
    sandbox.push_arrived();
    gateway::give_back(&sandbox).await;
    decision.map(Json).map_err(refused)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    title: Text,
    body: Text,
}

async fn notice(
    State(sandbox): State<Sandbox>,
    Path(regnum): Path<String>,
    Body(notice): Body<Notice>,
) -> Result<Json<Value>, Problem> {
    let now = sandbox.now();
    let decision = sandbox.db().write(move |tx| clerk::notice(tx, &regnum, notice.title, notice.body, now)).await?;
    sandbox.push_arrived();
    decision.map(|id| Json(json!({ "id": id }))).map_err(refused)
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Unknown => Problem::not_found("unknown"),
        Refusal::Illegal { .. } => Problem::conflict("illegal_transition").detail(&refusal.to_string()),
        Refusal::Moved { .. } => Problem::conflict("moved_meanwhile").detail(&refusal.to_string()),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    faults: Vec<Fault>,
    /// Late requests that have not come in.
    #[serde(default)]
    on_the_way: usize,
}

async fn add_faults(State(sandbox): State<Sandbox>, Body(more): Body<Faults>) -> Result<Json<Faults>, Problem> {
    let known = |name: &str| name == "*" || sandbox.contract().operation_ids().any(|id| id == name);
    if let Some(fault) = more.faults.iter().find(|fault| !known(&fault.operation)) {
        return Err(Problem::unprocessable("unknown_operation").detail(&fault.operation));
    }
    sandbox.faults().add(more.faults);
    Ok(pending_faults(State(sandbox)).await)
}

async fn pending_faults(State(sandbox): State<Sandbox>) -> Json<Faults> {
    Json(Faults { faults: sandbox.faults().pending(), on_the_way: sandbox.faults().on_the_way() })
}

async fn clear_faults(State(sandbox): State<Sandbox>) -> Json<Faults> {
    sandbox.faults().clear();
    pending_faults(State(sandbox)).await
}

async fn expire_tokens(State(sandbox): State<Sandbox>) -> Result<Json<Value>, Problem> {
    let now = sandbox.now();
    let expired = sandbox.db().write(move |tx| expire_access_tokens(tx, now)).await?;
    Ok(Json(json!({ "expired": expired })))
}

/// As time does: what no request refers to.
async fn forget_uploads(State(sandbox): State<Sandbox>) -> Result<Json<Value>, Problem> {
    let forgotten = sandbox.db().write(gateway::forget_unused_uploads).await?;
    Ok(Json(json!({ "forgotten": forgotten })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    regnum: Option<String>,
}

async fn revoke(State(sandbox): State<Sandbox>, Body(whose): Body<Revoke>) -> Result<Json<Value>, Problem> {
    let now = sandbox.now();
    let revoked = sandbox.db().write(move |tx| revoke_sessions(tx, whose.regnum.as_deref(), now)).await?;
    Ok(Json(json!({ "revoked": revoked })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shorten {
    lasts_s: u32,
}

/// Access tokens end now, so that phones hear of it.
async fn shorten(
    State(sandbox): State<Sandbox>,
    Body(Shorten { lasts_s }): Body<Shorten>,
) -> Result<Json<Value>, Problem> {
    let now = sandbox.now();
    let shortened = sandbox.db().write(move |tx| {
        expire_access_tokens(tx, now)?;
        shorten_sessions(tx, now + i64::from(lasts_s) * 1000)
    });
    Ok(Json(json!({ "shortened": shortened.await? })))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    on: bool,
}

async fn rotation(State(sandbox): State<Sandbox>, Body(rotation): Body<Rotation>) -> Json<Rotation> {
    sandbox.rotate_refresh_tokens(rotation.on);
    Json(rotation)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    advance_ms: i64,
}

async fn clock(State(sandbox): State<Sandbox>, Body(clock): Body<Clock>) -> Json<Value> {
    sandbox.move_clock(clock.advance_ms);
    Json(json!({ "now": crate::state::rfc3339(sandbox.now()) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Publication {
    /// `catalogue`, `service/<id>`, `configuration`.
    document: String,
    version: i64,
    /// What it holds; as before when it is not given.
    body: Option<Value>,
}

/// A rollback, or what is yet to be published: signed as everything is, until it is taken back or the sandbox restarts.
async fn replace_document(State(sandbox): State<Sandbox>, Body(publication): Body<Publication>) -> Json<Value> {
    let Publication { document, version, body } = publication;
    sandbox.publisher().replace(&document, version, body.map(|body| body.to_string()));
    Json(json!({ "document": document, "version": version }))
}

async fn restore_documents(State(sandbox): State<Sandbox>) -> Json<Value> {
    sandbox.publisher().restore();
    Json(json!({}))
}

async fn sent(State(sandbox): State<Sandbox>) -> Json<Vec<Sent>> {
    Json(sandbox.contract().sent())
}

async fn say(State(sandbox): State<Sandbox>, Body(heard): Body<Heard>) -> Result<Json<Value>, Problem> {
    let waiting = sandbox.utterances().say(heard);
    let waiting = waiting.map_err(|unfit| Problem::unprocessable("invalid_speech").detail(&unfit.to_string()))?;
    Ok(Json(json!({ "waiting": waiting })))
}

async fn read_sms(State(sandbox): State<Sandbox>) -> Result<Json<Vec<Message>>, Problem> {
    Ok(Json(sandbox.db().read(messages).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sms {
    from: String,
    text: String,
}

/// A citizen sends a message to ДАН's special number.
async fn send_sms(State(sandbox): State<Sandbox>, Body(sms): Body<Sms>) -> Result<Json<Value>, Problem> {
    let now = sandbox.now();
    let taken = sandbox.db().write(move |tx| receive(tx, &sms.from, &sms.text, now)).await?;
    Ok(Json(json!({ "taken": taken })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToSign {
    regnum: String,
    pin: String,
    text: String,
}

/// A citizen's token signs.
async fn sign_text(State(sandbox): State<Sandbox>, Body(to_sign): Body<ToSign>) -> Result<Json<Value>, Problem> {
    let ToSign { regnum, pin, text } = to_sign;
    match sandbox.db().write(move |tx| sign(tx, &regnum, &pin, &text)).await? {
        Signed::Signature(signature) => Ok(Json(json!({ "signature": signature }))),
        Signed::WrongPin => Err(Problem::unprocessable("wrong_pin")),
        Signed::Blocked => Err(Problem::new(StatusCode::FORBIDDEN, "token_blocked")),
        Signed::NoToken => Err(Problem::not_found("unknown")),
    }
}

async fn pay(State(sandbox): State<Sandbox>, Body(to_pay): Body<ToPay>) -> Result<Json<Value>, Problem> {
    pay::control::pay(&sandbox, to_pay).await.map(Json)
}

async fn refund(State(sandbox): State<Sandbox>, Body(to_refund): Body<ToRefund>) -> Result<Json<Value>, Problem> {
    pay::control::refund(&sandbox, to_refund).await.map(Json)
}

async fn pay_published(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    legacy::control::pay(&sandbox, id).await.map(Json)
}

async fn traps(State(sandbox): State<Sandbox>) -> Json<Traps> {
    Json(sandbox.pay().traps())
}

async fn set_traps(State(sandbox): State<Sandbox>, Body(set): Body<Traps>) -> Json<Traps> {
    sandbox.pay().set(set);
    traps(State(sandbox)).await
}

/// Also which operations there are, so that a test can say which were never called.
async fn exchanges(State(sandbox): State<Sandbox>) -> Json<Value> {
    let findings = sandbox.contract().findings();
    let operations: Vec<&str> = sandbox.contract().operation_ids().collect();
    Json(json!({ "violations": findings.violations, "hit": findings.hit, "operations": operations }))
}
