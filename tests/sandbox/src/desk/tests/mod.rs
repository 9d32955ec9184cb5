//! The desk as a browser without scripts meets it: addresses, forms and pages.

mod door;
mod lists;
mod notices;
mod opened;
mod steps;

use std::net::{Ipv4Addr, SocketAddr};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use serde_json::{Map, json};
use tower::ServiceExt as _;

use crate::{
    clerk::{self, Status, Text},
    gateway, registers, samples,
    state::Sandbox,
};

const HOST: &str = "127.0.0.1:20001";

const ORIGIN: &str = "http://127.0.0.1:20001";

const ERDENEBAT: &str = "УӨ88052317";

/// Everything a page must not take for its own.
const HOSTILE: &str = "<script>alert('Ө')</script>\" onfocus=\"x\" <!-- & \u{202e}ҮӨ";

struct Rig {
    sandbox: Sandbox,
    desk: Router,
    _folder: tempfile::TempDir,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Reply {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    #[track_caller]
    fn holds(&self, part: &str) {
        assert!(self.html.contains(part), "no {part} in\n{}", self.html);
    }

    #[track_caller]
    fn lacks(&self, part: &str) {
        assert!(!self.html.contains(part), "{part} is in\n{}", self.html);
    }

    /// The value of a hidden input.
    fn hidden(&self, name: &str) -> String {
        let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        let (_, rest) = self.html.split_once(&start).unwrap_or_else(|| panic!("no {name} in\n{}", self.html));
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// What stands between each `start` and the next `end`.
    fn all<'a>(&'a self, start: &str, end: &str) -> Vec<&'a str> {
        self.html.split(start).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0)).collect()
    }
}

impl Rig {
    async fn with(samples: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::open(folder.path(), "https://localhost:20000").unwrap();
        samples::begin(&sandbox, samples).await.unwrap();
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 20001));
        let desk = super::router(sandbox.clone(), at, "нууц").unwrap();
        Self { sandbox, desk, _folder: folder }
    }

    async fn call(&self, request: Request<Body>) -> Reply {
        let response = self.desk.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let html = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().into()).unwrap();
        Reply { status: parts.status, headers: parts.headers, html }
    }

    async fn get(&self, path: &str) -> Reply {
        self.call(Request::get(path).header(header::HOST, HOST).body(Body::empty()).unwrap()).await
    }

    async fn get_in(&self, lang: &str, path: &str) -> Reply {
        let request = Request::get(path).header(header::HOST, HOST).header(header::COOKIE, format!("desk_lang={lang}"));
        self.call(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::HOST, HOST)
            .header(header::ORIGIN, ORIGIN)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.call(request.body(Body::from(body)).unwrap()).await
    }

    /// Opens the form at `path` and sends it with `fields` filled in.
    async fn fill(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let form = self.get(path).await;
        assert_eq!(form.status, StatusCode::OK, "{}", form.html);
        let ticket = form.hidden("ticket");
        let mut all = vec![("ticket", ticket.as_str())];
        let seen = if form.html.contains("name=\"seen\"") { form.hidden("seen") } else { String::new() };
        all.push(("seen", &seen));
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    /// A request whose one answer is `for_usage`, moved to `way` in turn; its id.
    async fn request(&self, for_usage: &str, way: &[Status]) -> String {
        let (for_usage, way, now) = (for_usage.to_owned(), way.to_vec(), self.sandbox.now());
        let catalogue = gateway::catalogue().unwrap();
        let (offer, form) =
            catalogue.online().find(|(offer, form)| offer.fee_mnt() == 0 && form.names().eq(["forUsage"])).unwrap();
        let answers = Map::from_iter([("forUsage".to_owned(), json!(for_usage))]);
        self.sandbox
            .db()
            .write(move |tx| {
                let citizen = registers::citizen(tx, ERDENEBAT)?.unwrap();
                let id = samples::apply(tx, &citizen, (offer, form), answers, now)?;
                for status in way {
                    clerk::advance(tx, &id, &clerk::plain(status), now)?.unwrap();
                }
                Ok(id)
            })
            .await
            .unwrap()
    }

    async fn status(&self, id: &str) -> Status {
        let listed = self.sandbox.db().read(clerk::requests).await.unwrap();
        listed.into_iter().find(|request| request.id == id).unwrap().status
    }

    /// What the last step asks of the citizen.
    async fn asked(&self, id: &str) -> gateway::Asked {
        let id = id.to_owned();
        let read = self.sandbox.db().read(move |conn| {
            let citizen = registers::citizen(conn, ERDENEBAT)?.unwrap();
            gateway::request(conn, &citizen.sub, &id)
        });
        read.await.unwrap().unwrap().history.last().unwrap().asked.clone()
    }

    async fn sql(&self, sql: &'static str) {
        self.sandbox.db().write(move |tx| tx.execute_batch(sql)).await.unwrap();
    }

    /// The newest message in any inbox: title, body.
    async fn newest_message(&self) -> (Text, Text) {
        let read = self.sandbox.db().read(|conn| {
            conn.query_row("SELECT * FROM inbox ORDER BY sent_at DESC, version DESC LIMIT 1", [], |row| {
                let title = Text { mn: row.get("title_mn")?, en: row.get("title_en")? };
                Ok((title, Text { mn: row.get("body_mn")?, en: row.get("body_en")? }))
            })
        });
        read.await.unwrap()
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        self.sandbox.db().read(move |conn| conn.query_row(&sql, [], |row| row.get(0))).await.unwrap()
    }
}

/// Nothing a citizen, a clerk or an address says became markup.
#[track_caller]
fn assert_harmless(reply: &Reply) {
    for markup in ["<script", "<!-- ", "onfocus=\"x\"", "\" onfocus"] {
        reply.lacks(markup);
    }
    for tag in reply.all("<", ">") {
        let tag: String = tag.split('"').step_by(2).collect(); // without what stands in quotes
        assert!(!tag.contains(" style=") && !tag.contains(" on"), "an inline style or handler: <{tag}>");
    }
}

fn escaped(text: &str) -> String {
    crate::html::escape(text).replace("&#39;", "'") // in double quotes and in text an apostrophe is itself
}

fn as_query(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
