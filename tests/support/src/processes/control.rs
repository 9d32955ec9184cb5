//! The sandbox's control: what a clerk does, and the faults a test asks for. Plain HTTP on loopback, never the gateway.

use std::time::Duration;

use hyper::{Method, Request, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::SandboxConfig;
use crate::{Failure, Result, contract::Contract};

/// The control answers from memory or one transaction; more is a sandbox that hangs.
const CALL_LIMIT: Duration = Duration::from_secs(20);

/// Mongolian, and English where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub mn: String,
    #[serde(default)]
    pub en: Option<String>,
}

impl Text {
    pub fn mn(text: &str) -> Self {
        Self { mn: text.to_owned(), en: None }
    }
}

/// A request as the sandbox's own tables have it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ControlledRequest {
    pub id: String,
    pub number: String,
    pub regnum: String,
    pub service_id: String,
    pub status: String,
}

/// A fault for calls of one operation, or of any (`*`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerFault {
    operation: String,
    #[serde(flatten)]
    kind: FaultKind,
    times: u32,
    after: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The call takes its full effect; the connection closes without one byte of reply.
    DropReply,
    /// The call takes its full effect; the connection stays, without one byte of reply.
    Silence,
    /// The connection closes at once; the request comes in when the sandbox's clock is so much on.
    Late { ms: u64 },
    /// The request comes in twice; the client hears the first answer.
    Duplicate,
    /// The answer comes so much later.
    Delay { ms: u64 },
    /// This status as a problem, without effect.
    Status {
        status: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// The connection closes before anything has an effect.
    Cut,
    /// A page with this status that is not the sandbox's word: in place of the call, or of the answer to it.
    Page { status: u16, effect: bool },
    /// 200 with something that is nearly JSON, without effect.
    Garbage,
    /// 200 with a JSON text of so many bytes, without effect.
    Flood { bytes: u64 },
    /// 200 with so many bytes of JSON in a small gzip, without effect.
    Bomb { bytes: u64 },
}

impl ServerFault {
    /// Once, at the next call. `operation` is an operationId or `*`.
    pub fn next(operation: &str, kind: FaultKind) -> Self {
        Self { operation: operation.to_owned(), kind, times: 1, after: 0 }
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Lets so many calls pass first.
    #[must_use]
    pub fn after(mut self, calls: u32) -> Self {
        self.after = calls;
        self
    }
}

/// A request as it reached the sandbox.
#[derive(Debug, Clone, Deserialize)]
pub struct SentRequest {
    /// operationId, or method and path when there is no such operation.
    pub operation: String,
    /// Path and query, headers, body.
    pub text: String,
}

/// A client of the control. Cheap to clone; needs a Tokio runtime.
#[derive(Debug, Clone)]
pub struct SandboxControl {
    /// `127.0.0.1:PORT`.
    authority: String,
    token: String,
}

impl SandboxControl {
    pub fn new(config: &SandboxConfig) -> Result<Self> {
        let authority = config.control.strip_prefix("http://").ok_or_else(|| Failure::Malformed {
            what: "the control's address in sandbox.json".into(),
            detail: config.control.clone(),
        })?;
        Ok(Self { authority: authority.trim_end_matches('/').to_owned(), token: config.control_token.clone() })
    }

    pub async fn health(&self) -> Result<()> {
        self.call::<Value>(Method::GET, "/control/health", None).await.map(drop)
    }

    /// Every request of every citizen.
    pub async fn requests(&self) -> Result<Vec<ControlledRequest>> {
        self.call(Method::GET, "/control/requests", None).await
    }

    /// What a clerk does: the next status, with a note to the citizen. An illegal one is refused with 409.
    pub async fn advance(&self, id: &str, status: &str, note: Option<&Text>) -> Result<ControlledRequest> {
        let path = format!("/control/requests/{id}/advance");
        self.call(Method::POST, &path, Some(json!({ "status": status, "note": note }))).await
    }

    /// As [`SandboxControl::advance`], for what hands the request back: questions to correct, by name, or documents to bring,
    /// by title.
    pub async fn ask(&self, id: &str, fields: &[&str], documents: &[&str], note: &Text) -> Result<ControlledRequest> {
        let path = format!("/control/requests/{id}/advance");
        let status = if documents.is_empty() { "EDIT" } else { "FILE_REQUESTED" };
        let documents: Vec<Text> = documents.iter().map(|title| Text::mn(title)).collect();
        let body = json!({ "status": status, "note": note, "fields": fields, "documents": documents });
        self.call(Method::POST, &path, Some(body)).await
    }

    /// Into the citizen's inbox, and a push hint.
    pub async fn notice(&self, regnum: &str, title: &Text, body: &Text) -> Result<()> {
        let path = format!("/control/citizens/{}/notices", percent_encoded(regnum));
        self.post(&path, json!({ "title": title, "body": body })).await
    }

    /// What happens at a bank: `{"invoice": …}` pays what is left of it; with `amount_mnt` so much, with `again` also what
    /// is paid, with `fails` the bank refuses. Gives QPay's number of the payment.
    pub async fn pay(&self, order: Value) -> Result<String> {
        let told: Value = self.call(Method::POST, "/control/pay", Some(order)).await?;
        Ok(told["payment_id"].as_str().unwrap_or_default().to_owned())
    }

    /// Every refund that waits is done, and that payment is given back.
    pub async fn refund(&self, payment_id: Option<&str>) -> Result<()> {
        let body = payment_id.map_or_else(|| json!({}), |id| json!({ "payment_id": id }));
        self.post("/control/pay/refunds", body).await
    }

    /// How QPay behaves, in the sandbox's words; what is not named is as most clients met it.
    pub async fn pay_traps(&self, traps: Value) -> Result<()> {
        self.post("/control/pay/traps", traps).await
    }

    /// What was uploaded and no request refers to is gone, as after 35 days.
    pub async fn forget_uploads(&self) -> Result<()> {
        self.post("/control/uploads/forget", json!({})).await
    }

    /// Adds to the faults that wait.
    pub async fn faults(&self, faults: &[ServerFault]) -> Result<()> {
        self.post("/control/faults", json!({ "faults": faults })).await
    }

    /// How many kinds of fault are still to happen.
    pub async fn pending_faults(&self) -> Result<usize> {
        let pending: Value = self.call(Method::GET, "/control/faults", None).await?;
        Ok(pending["faults"].as_array().map_or(0, Vec::len))
    }

    /// Returns when every request that was held up has come in; the clock was moved before.
    pub async fn settled(&self) -> Result<()> {
        loop {
            let pending: Value = self.call(Method::GET, "/control/faults", None).await?;
            if pending["on_the_way"] == 0 {
                return Ok(());
            }
        }
    }

    pub async fn clear_faults(&self) -> Result<()> {
        self.call::<Value>(Method::DELETE, "/control/faults", None).await.map(drop)
    }

    /// Every access token, now.
    pub async fn expire_tokens(&self) -> Result<()> {
        self.post("/control/tokens/expire", json!({})).await
    }

    /// One citizen's sessions, or all.
    pub async fn revoke_sessions(&self, regnum: Option<&str>) -> Result<()> {
        let body = regnum.map_or_else(|| json!({}), |regnum| json!({ "regnum": regnum }));
        self.post("/control/sessions/revoke", body).await
    }

    /// Whether refresh tokens are exchanged at each use.
    pub async fn rotation(&self, on: bool) -> Result<()> {
        self.post("/control/rotation", json!({ "on": on })).await
    }

    /// What ДАН sent to a phone last.
    pub async fn newest_message(&self) -> Result<String> {
        let messages: Vec<Value> = self.call(Method::GET, "/control/sms", None).await?;
        let newest = messages.into_iter().find(|message| message["to_citizen"] == true);
        Ok(newest.and_then(|message| message["text"].as_str().map(str::to_owned)).unwrap_or_default())
    }

    /// The citizen's token signs; base64.
    pub async fn sign(&self, regnum: &str, pin: &str, text: &str) -> Result<String> {
        let body = json!({ "regnum": regnum, "pin": pin, "text": text });
        let told: Value = self.call(Method::POST, "/control/sign", Some(body)).await?;
        Ok(told["signature"].as_str().unwrap_or_default().to_owned())
    }

    /// Moves the sandbox's clock on, for the windows that last weeks.
    pub async fn advance_clock(&self, by: Duration) -> Result<()> {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.post("/control/clock", json!({ "advance_ms": ms })).await
    }

    /// From now on this is the signed document of that name (`catalogue`, `service/<id>`), in that version: with this body,
    /// or with the one that it has.
    pub async fn publish(&self, document: &str, version: i64, body: Option<&Value>) -> Result<()> {
        self.post("/control/documents", json!({ "document": document, "version": version, "body": body })).await
    }

    /// What was found about the exchanges since the process started.
    pub async fn exchanges(&self) -> Result<Contract> {
        self.call(Method::GET, "/control/exchanges", None).await
    }

    /// The last requests that reached the sandbox, as they came, without tokens.
    pub async fn sent(&self) -> Result<Vec<SentRequest>> {
        self.call(Method::GET, "/control/sent", None).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<()> {
        self.call::<Value>(Method::POST, path, Some(body)).await.map(drop)
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Value>) -> Result<T> {
        let unreachable =
            |detail: String| Failure::ControlUnreachable { method: method.to_string(), path: path.to_owned(), detail };
        let (status, text) = tokio::time::timeout(CALL_LIMIT, self.exchange(&method, path, body))
            .await
            .map_err(|_| unreachable(format!("no answer within {CALL_LIMIT:?}")))?
            .map_err(|error| unreachable(error.to_string()))?;
        if !(200..300).contains(&status) {
            return Err(Failure::Control { method: method.to_string(), path: path.to_owned(), status, body: text });
        }
        let json = if text.is_empty() { "null" } else { &text };
        serde_json::from_str(json).map_err(Failure::json(format!("the answer to {method} {path}"), json))
    }

    /// One connection a call: nothing to keep, nothing to go stale when the sandbox is killed.
    async fn exchange(
        &self,
        method: &Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(u16, String), Box<dyn std::error::Error + Send + Sync>> {
        #[expect(clippy::disallowed_methods, reason = "the control speaks in clear, on this machine")]
        let stream = TcpStream::connect(&self.authority).await?;
        #[expect(clippy::disallowed_methods, reason = "as above")]
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header("X-Sandbox-Control", &self.token)
            .body(OnceBody(body.map(|body| Bytes::from(body.to_string()))))?;
        let answering = async {
            let mut response = sender.send_request(request).await?;
            let status = response.status().as_u16();
            let mut bytes = Vec::new();
            while let Some(frame) =
                std::future::poll_fn(|cx| hyper::body::Body::poll_frame(std::pin::Pin::new(response.body_mut()), cx))
                    .await
            {
                bytes.extend_from_slice(frame?.data_ref().map_or(&[][..], |data| data));
            }
            drop(sender);
            Ok((status, String::from_utf8(bytes)?))
        };
        // The connection's own error shows in the answer as well.
        let (_, answer) = tokio::join!(connection, answering);
        answer
    }
}

struct OnceBody(Option<Bytes>);

impl hyper::body::Body for OnceBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(self.0.take().map(|bytes| Ok(hyper::body::Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// Everything but unreserved characters (RFC 3986 §2.3): a registration number begins with two Cyrillic letters.
fn percent_encoded(text: &str) -> String {
    let octet = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(octet).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpListener,
        thread,
    };

    use super::*;

    /// Answers one call and returns what it was.
    fn once(status: &str, body: &str) -> (SandboxControl, thread::JoinHandle<(Vec<String>, String)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let reply = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let served = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(&stream);
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                head.push(line.trim().to_lowercase());
            }
            let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            reader.read_exact(&mut body).unwrap();
            (&stream).write_all(reply.as_bytes()).unwrap();
            (head, String::from_utf8(body).unwrap())
        });
        (SandboxControl { authority, token: "tok".into() }, served)
    }

    #[tokio::test]
    async fn a_call_carries_the_token_and_the_faults_as_the_wire_has_them() {
        let (control, served) = once("200 OK", "{}");
        let busy = FaultKind::Status { status: 503, retry_after: Some(2) };

        control
            .faults(&[
                ServerFault::next("submitRequest", FaultKind::DropReply),
                ServerFault::next("*", busy).times(3).after(1),
            ])
            .await
            .unwrap();

        let (head, body) = served.join().unwrap();
        assert_eq!(head[0], "post /control/faults http/1.1");
        assert!(head.contains(&"x-sandbox-control: tok".to_owned()), "{head:?}");
        let expected = json!({ "faults": [
            { "operation": "submitRequest", "kind": "drop_reply", "times": 1, "after": 0 },
            { "operation": "*", "kind": "status", "status": 503, "retry_after": 2, "times": 3, "after": 1 },
        ]});
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    }

    #[tokio::test]
    async fn a_registration_number_survives_the_address() {
        let (control, served) = once("201 Created", "");

        control.notice("ӨҮ99112233", &Text::mn("Гарчиг"), &Text::mn("Үнэмлэх бэлэн")).await.unwrap();

        let (head, body) = served.join().unwrap();
        assert_eq!(head[0], "post /control/citizens/%d3%a8%d2%ae99112233/notices http/1.1");
        assert!(body.contains("Үнэмлэх бэлэн"));
    }

    #[tokio::test]
    async fn requests_come_typed() {
        let (control, _served) = once(
            "200 OK",
            r#"[{"id":"r1","number":"26-000001","regnum":"УБ99112233","service_id":"s","status":"SUBMITTED"}]"#,
        );

        let requests = control.requests().await.unwrap();

        assert_eq!((requests[0].regnum.as_str(), requests[0].status.as_str()), ("УБ99112233", "SUBMITTED"));
    }

    #[tokio::test]
    async fn a_refusal_is_told_with_its_words() {
        let (control, _served) = once("409 Conflict", r#"{"code":"illegal_transition"}"#);

        let error = control.advance("r1", "COMPLETED", None).await.unwrap_err().to_string();

        assert!(error.contains("409") && error.contains("illegal_transition"), "{error}");
    }

    #[tokio::test]
    async fn a_sandbox_that_is_gone_is_unreachable() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let control = SandboxControl { authority: closed, token: "tok".into() };

        assert!(matches!(control.health().await, Err(Failure::ControlUnreachable { .. })));
    }
}
