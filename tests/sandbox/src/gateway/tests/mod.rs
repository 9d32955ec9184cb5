//! The app's API through the whole router, without TLS and tokens: a call brings its citizen along.
//!
//! Guarantees: every exchange of every test here is held against the OpenAPI description.

mod bundles;
mod changes;
mod desk;
mod inbox;
mod keys;
mod legacy;
mod pay;
mod people;
mod public;
mod push;
mod requests;
mod uploads;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{gateway::as_shown, oauth::Principal, registers, state::Sandbox};

/// The one form of a service with two years and a recipient.
const CONTRIBUTIONS: &str = "Нийгмийн даатгалын шимтгэл төлөлтийн лавлагаа";

const ERDENEBAT: &str = "УӨ88052317";
const UURIINTUYA: &str = "ЧҮ03311428";

struct Rig {
    sandbox: Sandbox,
    router: Router,
    dir: tempfile::TempDir,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Status and stable code of a refusal.
    fn refusal(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        (self.status.as_u16(), self.json()["code"].as_str().unwrap().into())
    }
}

/// A request under way.
struct Call(axum::http::request::Builder, Body);

impl Call {
    fn new(method: &str, path: &str) -> Self {
        Self(Request::builder().method(method).uri(path), Body::empty())
    }

    fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value), self.1)
    }

    fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    fn json(self, body: &Value) -> Self {
        Self(self.0.header(header::CONTENT_TYPE, "application/json"), Body::from(body.to_string()))
    }

    /// The headers are as on the wire, for the contract's eyes; the extension stands for their proof.
    fn by(self, citizen: &Principal) -> Self {
        let Self(builder, body) = self.header("authorization", "DPoP token").header("dpop", "aGVhZA.Ym9keQ.c2ln");
        Self(builder.extension(citizen.clone()), body)
    }
}

impl Rig {
    fn start() -> Self {
        Self::on(tempfile::tempdir().unwrap())
    }

    /// The same data under a new process.
    fn restart(self) -> Self {
        let Self { sandbox, router, dir } = self;
        drop((sandbox, router));
        Self::on(dir)
    }

    fn on(dir: tempfile::TempDir) -> Self {
        let sandbox = Sandbox::open(dir.path(), "https://localhost:20000").unwrap();
        let router = crate::router(sandbox.clone());
        Self { sandbox, router, dir }
    }

    async fn call(&self, call: Call) -> Reply {
        let Call(builder, body) = call;
        let response = self.router.clone().oneshot(builder.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let findings = self.sandbox.contract().findings();
        assert!(findings.violations.is_empty(), "against the description: {:?}", findings.violations);
        Reply { status: parts.status, headers: parts.headers, body }
    }

    async fn citizen(&self, regnum: &str) -> Principal {
        let regnum = regnum.to_owned();
        let citizen = self.sandbox.db().read(move |conn| registers::citizen(conn, &regnum)).await.unwrap().unwrap();
        let operations = registers::asked_for().into_iter().map(str::to_owned).collect();
        Principal { sub: citizen.sub, regnum: citizen.regnum, auth_time: i64::MAX, acr: None, operations }
    }

    async fn service_id(&self, name: &str) -> String {
        let catalogue = self.call(Call::get("/v1/catalogue")).await.json();
        let services = catalogue["services"].as_array().unwrap();
        let service = services.iter().find(|service| service["name"]["mn"] == name).unwrap();
        service["id"].as_str().unwrap().into()
    }

    /// A submission that fits.
    async fn submission(&self) -> Value {
        as_shown(json!({
            "service_id": self.service_id(CONTRIBUTIONS).await,
            "form_version": 1,
            "form": { "startYear": 2019, "endYear": 2024, "forUsage": "Өмнөговь, «Үүрийн туяа» ХХК" },
        }))
    }

    async fn apply(&self, citizen: &Principal, key: &str) -> Reply {
        self.post(citizen, key, &self.submission().await).await
    }

    /// As an app does: with the digest of what is said.
    async fn post(&self, citizen: &Principal, key: &str, body: &Value) -> Reply {
        self.post_as_it_is(citizen, key, &as_shown(body.clone())).await
    }

    async fn post_as_it_is(&self, citizen: &Principal, key: &str, body: &Value) -> Reply {
        self.call(Call::new("POST", "/v1/requests").by(citizen).key(key).json(body)).await
    }

    async fn get(&self, citizen: &Principal, path: &str) -> Reply {
        self.call(Call::get(path).by(citizen)).await
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        self.sandbox.db().read(move |conn| conn.query_row(&sql, [], |row| row.get(0))).await.unwrap()
    }
}

/// A well-formed key that differs by `n`.
fn key(n: usize) -> String {
    format!("key-{n:016}")
}
