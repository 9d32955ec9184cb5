//! Faults on demand, by operationId: what networks and servers do to a client, when a test asks for it.
//!
//! Guarantees: a dropped reply was a full effect, and not one byte of it leaves; faults are forgotten at a restart.

use std::{
    convert::Infallible,
    io::Write as _,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse as _, Response},
};
use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};

use crate::{connection::Line, envelope, oauth::dpop::DPOP_NONCE, problem::Problem, state::Sandbox};

/// Floods and bombs are made of these.
const CHUNK: usize = 64 * 1024;

/// How often a request that is held up looks at the clock, which tests move.
const LOOK_AT_CLOCK: Duration = Duration::from_millis(5);

/// More than any client of the description sends.
const HEARD_OUT: usize = 1024 * 1024;

/// One entry of `POST /control/faults`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// operationId, or "*" for all.
    pub operation: String,
    #[serde(flatten)]
    pub kind: Kind,
    /// How often it happens.
    pub times: u32,
    /// How many calls it lets pass before.
    #[serde(default)]
    pub after: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// The request takes full effect, then the connection is closed without one byte of reply. A challenge for a DPoP
    /// nonce passes: nothing has had an effect yet.
    DropReply,
    /// As `DropReply`, but the connection stays open, and silent.
    Silence,
    /// The connection is closed before the handler runs.
    Cut,
    /// The connection is closed at once, and the request comes in when the sandbox's clock is `ms` on: something on the
    /// way held it up.
    Late { ms: i64 },
    /// The request comes in a second time, as it was; the client hears the first answer.
    Duplicate,
    /// The handler runs after `ms`. Goes together with any other fault.
    Delay { ms: u64 },
    /// This status as a problem, without effect.
    Status {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// Not our word but a page with this status, as of a firewall or a network that wants a sign-in: in place of the call,
    /// or, with `effect`, of the answer to it.
    Page { status: u16, effect: bool },
    /// 200 with something that is nearly JSON, without effect.
    Garbage,
    /// 200 with a JSON text of so many bytes, without effect.
    Flood { bytes: u64 },
    /// 200 with so many bytes of JSON in a small gzip, without effect.
    Bomb { bytes: u64 },
}

#[derive(Default)]
pub struct Faults {
    waiting: Mutex<Vec<Fault>>,
    /// Requests that are held up, and have not come in.
    on_the_way: AtomicUsize,
}

impl Faults {
    pub fn add(&self, faults: Vec<Fault>) {
        self.lock().extend(faults);
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    /// What is still to happen.
    pub fn pending(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// How many requests are still to come in late.
    pub fn on_the_way(&self) -> usize {
        self.on_the_way.load(Ordering::SeqCst)
    }

    /// What happens to this call: every delay that is due, and the first other fault that is.
    fn due(&self, operation: &str) -> Vec<Kind> {
        let mut due: Vec<Kind> = Vec::new();
        let mut faults = self.lock();
        for fault in faults.iter_mut().filter(|f| f.operation == "*" || f.operation == operation) {
            let is_delay = matches!(fault.kind, Kind::Delay { .. });
            if !is_delay && due.iter().any(|kind| !matches!(kind, Kind::Delay { .. })) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
            } else if fault.times > 0 {
                fault.times -= 1;
                due.push(fault.kind.clone());
            }
        }
        faults.retain(|fault| fault.times > 0);
        due
    }

    /// The call was not one that the fault is meant for.
    fn put_back(&self, operation: &str, kind: Kind) {
        let fault = Fault { operation: operation.to_owned(), kind, times: 1, after: 0 };
        self.lock().insert(0, fault);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Outermost: what a fault answers is no part of the contract.
pub async fn inject(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let operation = sandbox.contract().operation_id(request.method(), request.uri().path()).unwrap_or("?");
    let due = sandbox.faults().due(operation);
    if due.is_empty() {
        return next.run(request).await;
    }
    let line = request.extensions().get::<Line>().cloned().unwrap_or_default();
    let id = envelope::request_id(&request);
    let mut other = None;
    for kind in due {
        if let Kind::Delay { ms } = kind {
            wait(Duration::from_millis(ms)).await;
        } else {
            other = Some(kind);
        }
    }
    let mut response = match other {
        None | Some(Kind::Delay { .. }) => return next.run(request).await,
        Some(kind @ (Kind::DropReply | Kind::Silence | Kind::Page { effect: true, .. })) => {
            let answer = next.run(request).await;
            if is_challenge(&answer) {
                sandbox.faults().put_back(operation, kind);
                return answer;
            }
            if kind == Kind::Silence {
                return std::future::pending().await; // until the client goes
            }
            if let Kind::Page { status, .. } = kind { page(status) } else { cut(&line) }
        }
        Some(Kind::Cut) => cut(&line),
        Some(Kind::Duplicate) => {
            let (first, second) = twice(request).await;
            let answer = next.clone().run(first).await;
            let _nobody_hears = next.run(second).await;
            answer
        }
        Some(Kind::Late { ms }) => {
            sandbox.faults().on_the_way.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(come_late(sandbox.clone(), sandbox.now() + ms, whole(request).await, next));
            cut(&line)
        }
        Some(Kind::Status { status, retry_after }) => {
            hear_out(request).await;
            refuse(status, retry_after)
        }
        Some(Kind::Page { status, effect: false }) => {
            hear_out(request).await;
            page(status)
        }
        Some(Kind::Garbage) => {
            hear_out(request).await;
            json(Body::from(r#"{"items":[{"id":"Ө"#))
        }
        Some(Kind::Flood { bytes }) => {
            hear_out(request).await;
            json(flood(bytes))
        }
        Some(Kind::Bomb { bytes }) => {
            hear_out(request).await;
            bomb(bytes).await
        }
    };
    envelope::mark(&mut response, id);
    response
}

async fn twice(request: Request) -> (Request, Request) {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, HEARD_OUT).await.unwrap_or_default();
    let one = || Request::from_parts(parts.clone(), Body::from(body.clone()));
    (one(), one())
}

/// With its body, whatever becomes of the connection.
async fn whole(request: Request) -> Request {
    let (parts, body) = request.into_parts();
    Request::from_parts(parts, Body::from(to_bytes(body, HEARD_OUT).await.unwrap_or_default()))
}

async fn come_late(sandbox: Sandbox, at: i64, request: Request, next: Next) {
    while sandbox.now() < at {
        wait(LOOK_AT_CLOCK).await;
    }
    let _nobody_hears = next.run(request).await;
    sandbox.faults().on_the_way.fetch_sub(1, Ordering::SeqCst);
}

/// To the end of what is being sent: an answer that overtakes it may be lost with the line (RFC 9112 §9.6).
async fn hear_out(request: Request) {
    let _ended = to_bytes(request.into_body(), HEARD_OUT).await;
}

/// RFC 9449 §8 and §9: the client is to ask again with a nonce.
fn is_challenge(answer: &Response) -> bool {
    matches!(answer.status(), StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED)
        && answer.headers().contains_key(DPOP_NONCE)
}

#[allow(clippy::disallowed_methods)] // a delay is real time, seen by a client in another process
async fn wait(span: Duration) {
    tokio::time::sleep(span).await;
}

/// The answer that is never sent. In-process callers have no line; for them it is a failure of the server.
fn cut(line: &Line) -> Response {
    line.cut();
    Problem::internal().into_response()
}

fn refuse(status: u16, retry_after: Option<u32>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = match status {
        StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        StatusCode::UNAUTHORIZED => "unauthorised",
        _ => "fault",
    };
    let problem = Problem::new(status, code);
    retry_after.map_or(problem.clone(), |seconds| problem.retry_after(seconds)).into_response()
}

fn page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
    (status, Html("<!doctype html><title>Хориглосон</title><p>Өөр сүлжээнээс үзнэ үү.")).into_response()
}

fn json(body: Body) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

/// JSON may begin with any amount of white space (RFC 8259 §2), so a reader has to give up by itself.
fn flood(bytes: u64) -> Body {
    let chunk = Bytes::from(vec![b' '; CHUNK]);
    let chunks = bytes.div_ceil(CHUNK as u64);
    let body = (0..chunks).map(move |_| Ok::<_, Infallible>(chunk.clone()));
    Body::from_stream(futures_util::stream::iter(body))
}

async fn bomb(bytes: u64) -> Response {
    let packed = tokio::task::spawn_blocking(move || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..bytes.div_ceil(CHUNK as u64) {
            encoder.write_all(&[b' '; CHUNK])?;
        }
        encoder.finish()
    });
    match packed.await {
        Ok(Ok(packed)) => {
            let mut response = json(Body::from(packed));
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        Ok(Err(_)) | Err(_) => Problem::internal().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(operation: &str, kind: Kind, times: u32, after: u32) -> Fault {
        Fault { operation: operation.into(), kind, times, after }
    }

    #[test]
    fn a_fault_skips_then_happens_then_is_gone() {
        let faults = Faults::default();
        faults.add(vec![fault("submit", Kind::DropReply, 2, 1)]);

        let happened: Vec<usize> = (0..4).map(|_| faults.due("submit").len()).collect();

        assert_eq!(happened, [0, 1, 1, 0]);
        assert_eq!(faults.pending(), []);
    }

    #[test]
    fn a_fault_is_for_its_own_operation_or_for_all() {
        let faults = Faults::default();
        faults.add(vec![fault("submit", Kind::Cut, 1, 0), fault("*", Kind::Garbage, 1, 0)]);

        assert_eq!(faults.due("listInbox"), [Kind::Garbage]);
        assert_eq!(faults.due("submit"), [Kind::Cut]);
        assert_eq!(faults.due("submit"), []);
    }

    #[test]
    fn a_delay_goes_together_with_another_fault() {
        let faults = Faults::default();
        faults.add(vec![fault("submit", Kind::Delay { ms: 1 }, 1, 0), fault("submit", Kind::DropReply, 1, 0)]);

        assert_eq!(faults.due("submit"), [Kind::Delay { ms: 1 }, Kind::DropReply]);
    }

    #[test]
    fn faults_read_as_the_control_writes_them() {
        let read: Fault = serde_json::from_str(
            r#"{"operation":"submitRequest","kind":"status","status":503,"retry_after":2,"times":1,"after":3}"#,
        )
        .unwrap();

        assert_eq!(read, fault("submitRequest", Kind::Status { status: 503, retry_after: Some(2) }, 1, 3));
    }
}
