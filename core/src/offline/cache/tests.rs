use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{
    auth::testing::Bench,
    foundation::{
        crypto::{
            keys::{File, KeyRing},
            seal::Sealer,
        },
        error::Error as Public,
        net::testing::{Reply as Wire, SIGNERS},
        policy::Policy,
        storage::Migrations,
    },
    gateway::signed::testing::{published, signature},
};

const SCHEMA: Migrations = &[
    include_str!("../../../migrations/cache/0001_pulled.sql"),
    "CREATE TABLE page (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;",
    include_str!("../../../migrations/cache/0007_editions.sql"),
];

static PAGES: Endpoint<Value> = Endpoint::document("getPage", "/public/{id}", "page/{id}");

/// One of many documents of a kind, as the pages of services are.
struct Page(&'static str);

impl Document for Page {
    const AREA: Area = Area::Catalogue;
    const FRESH_FOR: Duration = Duration::from_secs(60);
    type Wire = Value;

    fn name(&self) -> String {
        format!("form/{}", self.0)
    }

    fn endpoint(&self) -> &'static Endpoint<Value> {
        &PAGES
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        vec![("id", self.0.to_owned())]
    }

    fn store(&self, wire: Value, dao: &mut Dao<'_>) -> storage::Result<()> {
        let sql = "INSERT INTO page (id, body) VALUES (:id, :body) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
        dao.sql().execute(sql, named_params! {":id": self.0, ":body": wire.to_string()})?;
        Ok(())
    }
}

struct Rig {
    bench: Bench,
    cache: Cache,
    policies: Policies,
    _dir: TempDir,
}

impl Rig {
    async fn new() -> Self {
        let (bench, dir, policies) = (Bench::new().await, TempDir::new().unwrap(), Policies::default());
        let cache = cache(&bench, &dir, &policies);
        Self { bench, cache, policies, _dir: dir }
    }

    fn serve(&self, answer: impl Fn() -> Wire + Send + Sync + 'static) {
        self.bench.world().resource = Arc::new(move |_| answer());
    }

    /// Serves version `version` of `a`, and asks for it.
    async fn pull(&self, version: i64) -> Result<Refreshed, Error> {
        self.serve(move || published("page/a", version, &body(version)));
        self.cache.refresh(Page("a")).await
    }

    /// What is on the phone: the row, and when it was confirmed.
    async fn kept(&self) -> (Option<String>, Option<Timestamp>) {
        let read = |dao: &Dao<'_>| {
            let row = dao.sql().query_row("SELECT body FROM page WHERE id = 'a'", [], |row| row.get(0)).optional()?;
            Ok::<_, storage::Error>(row)
        };
        let aged = self.cache.read(Document::name(&Page("a")), Page::FRESH_FOR, read).await.unwrap();
        (aged.value, aged.as_of)
    }
}

fn cache(bench: &Bench, dir: &TempDir, policies: &Policies) -> Cache {
    let sealer = Sealer::new(KeyRing::default(), File::Cache);
    let (store, _) = Store::open(dir.path(), SCHEMA, sealer, File::Cache, Spawner::current()).unwrap();
    let gateway = Gateway::new(&bench.config, bench.net.clone(), bench.auth.tokens()).unwrap();
    let clock = Arc::new(bench.clock.clone());
    Cache::new(store, gateway, clock, bench.events.clone(), Spawner::current(), policies.clone())
}

fn body(version: i64) -> Value {
    json!({ "гарчиг": "Үнэмлэх сэргээлгэх", "хувилбар": version })
}

fn why(outcome: Result<Refreshed, Error>) -> Refusal {
    match outcome {
        Err(Error::Refused { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_document_changes_nothing_whatever_was_wrong_with_it() {
    let good = body(3).to_string();
    let json = |body: &str| Wire::status(200).with("Content-Type", "application/json").body(body);
    let with = move |body: &str, signature: String| json(body).with("Document-Signature", signature);
    let stranger = || {
        let header = json!({"alg": "ES256", "kid": "doc-9", "typ": "emongolia-document", "doc": "page/a", "ver": 4});
        SIGNERS[0].sign_detached(&header, body(3).to_string().as_bytes())
    };
    let cut = good[..good.len() - 1].to_owned();
    let lies: Vec<(&str, Wire, &str)> = vec![
        ("unsigned", json(&good), "document.unsigned"),
        ("of another key", with(&good, stranger()), "document.signature"),
        ("another text", with(&body(4).to_string(), signature("page/a", 4, good.as_bytes())), "document.signature"),
        ("cut short", with(&cut, signature("page/a", 4, good.as_bytes())), "document.signature"),
        ("nothing at all", with("", signature("page/a", 4, good.as_bytes())), "document.signature"),
        ("no signature in it", with(&good, "a.b".into()), "document.signature"),
        ("another document", with(&good, signature("catalogue", 4, good.as_bytes())), "document.other"),
        ("another service's form", with(&good, signature("page/b", 4, good.as_bytes())), "document.other"),
        ("an older one, once good", with(&good, signature("page/a", 2, good.as_bytes())), "document.rollback"),
    ];
    let rig = Rig::new().await;
    rig.pull(3).await.unwrap();
    let before = rig.kept().await;
    rig.bench.clock.advance(Duration::from_secs(1));

    for (told, lie, code) in lies {
        let lie = Mutex::new(Some(lie));
        rig.serve(move || lie.lock().unwrap().take().unwrap_or(Wire::status(500)));

        let error = Public::from(rig.cache.refresh(Page("a")).await.unwrap_err());

        assert!(matches!(&error, Public::Unexpected { code: found, .. } if found == code), "{told}: {error:?}");
        assert_eq!(rig.kept().await, before, "{told}");
    }
    rig.pull(3).await.unwrap();
    assert_ne!(rig.kept().await, before, "control: the same, well signed, is taken and counts as confirmed");
}

#[tokio::test]
async fn versions_only_rise() {
    let rig = Rig::new().await;

    assert!(rig.pull(7).await.is_ok());
    assert_eq!(why(rig.pull(6).await), Refusal::Rollback);
    assert!(rig.pull(7).await.is_ok());
    assert!(rig.pull(8).await.is_ok());
    assert_eq!(why(rig.pull(7).await), Refusal::Rollback, "replayed");
    assert_eq!(rig.kept().await.0, Some(body(8).to_string()));
}

#[tokio::test]
async fn an_emptied_cache_is_held_to_the_floor() {
    let rig = Rig::new().await;
    rig.policies.set(Policy::told(None, [None; 3], vec![("page".into(), 5)]));

    assert_eq!(why(rig.pull(4).await), Refusal::Rollback);
    assert_eq!(rig.kept().await, (None, None));
    assert!(rig.pull(5).await.is_ok());
}

#[tokio::test]
async fn a_304_confirms_only_what_can_still_be_trusted() {
    let rig = Rig::new().await;
    let etag = |seen: &crate::foundation::net::testing::Seen| match seen.header("if-none-match") {
        Some(_) => Wire::status(304),
        None => published("page/a", 3, &body(3)).with("ETag", "\"3\""),
    };
    rig.bench.world().resource = Arc::new(etag);
    let changed = async || rig.cache.refresh(Page("a")).await.map(|refreshed| refreshed.changed);

    assert!(changed().await.unwrap());
    assert!(!changed().await.unwrap(), "it is confirmed");
    rig.policies.set(Policy::told(None, [None; 3], vec![("page/a".into(), 4)]));
    assert_eq!(why(rig.cache.refresh(Page("a")).await), Refusal::Rollback, "it is asked for whole, and is too old");

    rig.policies.set(Policy::default());
    let unsign = "UPDATE pulled SET document = NULL, version = 0, signed_by = NULL";
    rig.cache.store.write_now(|dao| Ok(dao.sql().execute(unsign, [])?)).unwrap();
    assert!(changed().await.unwrap(), "what an older build pulled unsigned is asked for whole");
}

#[tokio::test]
async fn the_last_work_of_a_key_that_may_sign_no_more_is_no_floor() {
    let rig = Rig::new().await;
    rig.pull(i64::MAX).await.unwrap();
    assert_eq!(why(rig.pull(3).await), Refusal::Rollback, "control");

    let newer_build = "UPDATE pulled SET signed_by = 'doc-0'"; // as if this build had other keys
    rig.cache.store.write_now(|dao| Ok(dao.sql().execute(newer_build, [])?)).unwrap();

    assert!(rig.pull(3).await.is_ok());
}

#[tokio::test]
async fn a_server_that_lies_all_day_is_told_of_once() {
    let rig = Rig::new().await;
    rig.serve(|| Wire::json(200, &body(1)));
    let told = async || Public::from(rig.cache.refresh(Page("a")).await.unwrap_err());

    let (first, again) = (told().await, told().await);
    rig.bench.clock.advance(QUIET_AFTER_REFUSAL);
    let next_day = told().await;
    let other = why(rig.pull(0).await);

    assert_eq!(first, again, "one line in the log, and its reference");
    assert_ne!(first, next_day);
    assert_eq!(other, Refusal::Kind, "another reason is news");
}
