use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::*;
use crate::{
    app::schema,
    auth::testing::Bench,
    foundation::{
        clock::Clock as _,
        config::DocumentKey,
        crypto::{
            keys::{File, KeyRing},
            seal::Sealer,
        },
        error::Error,
        net::{self, Distrust, Method, Request, testing::Reply},
        runtime::Spawner,
        storage::Store,
    },
    gateway::{Gateway, signed::testing::published},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The other side, and a phone that is started anew on the same file.
struct Rig {
    bench: Bench,
    published: Arc<Mutex<Option<(i64, Json)>>>,
    dir: TempDir,
}

/// One start of the core.
struct Phone {
    configuration: Configuration,
    net: Client,
    policies: Policies,
    events: Events,
    _store: Store,
}

impl Rig {
    async fn new() -> Self {
        let (bench, published) = (Bench::new().await, Arc::new(Mutex::new(None::<(i64, Json)>)));
        let serves = published.clone();
        bench.world().resource = Arc::new(move |_| match &*serves.lock().unwrap() {
            Some((version, body)) => published_as(*version, body),
            None => Reply::status(404),
        });
        Self { bench, published, dir: TempDir::new().unwrap() }
    }

    fn publish(&self, version: i64, body: Json) {
        *self.published.lock().unwrap() = Some((version, body));
    }

    fn start(&self) -> Phone {
        self.start_with(|_| ())
    }

    fn start_with(&self, change: impl FnOnce(&mut crate::Config)) -> Phone {
        let mut config = self.bench.config.clone();
        change(&mut config);
        let (policies, events) = (Policies::default(), Events::default());
        let sealer = Sealer::new(KeyRing::default(), File::State);
        let (store, _) =
            Store::open(self.dir.path(), schema::state(), sealer, File::State, Spawner::current()).unwrap();
        let clock = Arc::new(self.bench.clock.clone());
        let net = Client::new(&config, clock.clone()).unwrap();
        let gateway = Gateway::new(&config, net.clone(), self.bench.auth.tokens()).unwrap();
        let trusted = Cache::new(store.clone(), gateway, clock, events.clone(), Spawner::current(), policies.clone());
        let configuration = Configuration::new(trusted, net.clone(), policies.clone(), events.clone());
        configuration.begin().unwrap();
        Phone { configuration, net, policies, events, _store: store }
    }

    /// Pins of the server that expire in so many days: its authority's key, or one that it has not, and one in reserve.
    fn pins(&self, right: bool, days: u32) -> Json {
        let key = if right { self.bench.pin } else { [1; 32] };
        let expires = self.bench.clock.now().saturating_add(DAY * days);
        written(&PinSet { host: "LOCALHOST".into(), spki_sha256: vec![[2; 32], key], expires })
    }

    /// A new connection, as after a while: those that are open were judged before.
    async fn reaches(&self, told: Vec<PinSet>, config: impl FnOnce(&mut crate::Config)) -> Result<(), net::Error> {
        let mut own = self.bench.config.clone();
        config(&mut own);
        let fresh = Client::new(&own, Arc::new(self.bench.clock.clone())).unwrap();
        fresh.pin(told);
        let request = Request::new(Method::Get, self.bench.server.url("/v1/configuration"));
        fresh.exchange(&request).await.map(drop)
    }
}

impl Configuration {
    fn kept_pins(&self) -> Vec<PinSet> {
        self.trusted.trusted_now(NAME, kept).unwrap().flatten().map(|body| pins(&body)).unwrap_or_default()
    }
}

fn published_as(version: i64, body: &Json) -> Reply {
    published(NAME, version, body)
}

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

fn pinned_elsewhere(expires_in: i64, now: Timestamp) -> impl FnOnce(&mut crate::Config) {
    let expires = Timestamp::from_unix_ms(now.unix_ms() + expires_in);
    move |config| {
        config.pins = vec![PinSet { host: "localhost".into(), spki_sha256: vec![[7; 32], [8; 32]], expires }];
    }
}

#[tokio::test]
async fn what_was_told_is_in_force_from_the_next_start_without_a_network() {
    let rig = Rig::new().await;
    rig.publish(
        3,
        json!({"lock": {"idle_s": 120, "background_s": 60}, "session": {"warn_s": 3600}, "floors": {"areas": 5}}),
    );
    let phone = rig.start();
    assert_eq!(*phone.policies.now(), Policy::default());
    phone.configuration.refresh().await.unwrap();

    rig.published.lock().unwrap().take(); // nobody answers any more
    let later = rig.start();

    let policy = later.policies.now();
    assert_eq!(policy, phone.policies.now());
    assert_eq!([policy.lock_idle, policy.lock_background, policy.session_warn], [minutes(2), minutes(1), minutes(60)]);
    assert_eq!((policy.floor("areas"), policy.floor("catalogue")), (5, 0));
    assert!(later.configuration.refresh().await.is_err());
    assert_eq!(later.policies.now(), policy);
}

#[tokio::test]
async fn an_older_one_is_refused_and_the_last_stays_in_force() {
    let rig = Rig::new().await;
    let phone = rig.start();
    rig.publish(3, json!({"lock": {"idle_s": 120}}));
    phone.configuration.refresh().await.unwrap();

    rig.publish(2, json!({"lock": {"idle_s": 900}}));
    let refused = phone.configuration.refresh().await.unwrap_err();

    assert!(matches!(&refused, Error::Unexpected { code, .. } if code == "document.rollback"), "{refused:?}");
    assert_eq!((phone.policies.now().lock_idle, rig.start().policies.now().lock_idle), (minutes(2), minutes(2)));
    rig.publish(4, json!({"lock": {"idle_s": 180}}));
    phone.configuration.refresh().await.unwrap();
    assert_eq!(rig.start().policies.now().lock_idle, minutes(3), "control");
}

#[tokio::test]
async fn what_a_key_signed_that_may_sign_no_more_is_not_put_in_force() {
    let rig = Rig::new().await;
    rig.publish(3, json!({"lock": {"idle_s": 120}}));
    rig.start().configuration.refresh().await.unwrap();

    let newer_build = rig.start_with(|config| {
        config.document_keys[0] = DocumentKey { kid: "doc-3".into(), point: [4; 65] };
    });

    assert_eq!(*newer_build.policies.now(), Policy::default());
    assert_eq!(rig.start().policies.now().lock_idle, minutes(2), "control");
}

#[tokio::test]
async fn a_build_that_is_too_old_is_told_so_when_it_hears_it_and_at_every_start() {
    let rig = Rig::new().await;
    let phone = rig.start();
    rig.publish(3, json!({"minimum_version": "999.0.0"}));
    phone.configuration.refresh().await.unwrap();
    let changed = Event::Changed { area: Area::Session };

    assert_eq!(phone.events.next().await, Some(changed));
    assert_eq!(phone.events.next().await, Some(Event::UpdateRequired));
    assert_eq!(rig.start().events.next().await, Some(Event::UpdateRequired));
}

#[tokio::test]
async fn what_says_nothing_readable_says_nothing() {
    let rig = Rig::new().await;
    let phone = rig.start();
    let odd =
        json!({"minimum_version": 7, "lock": "хурдан", "session": {"warn_s": -1}, "floors": [1], "pins": {"a": 1}});

    rig.publish(1, odd);
    phone.configuration.refresh().await.unwrap();
    assert_eq!(*phone.policies.now(), Policy::default());

    rig.publish(2, json!(["жагсаалт"]));
    assert!(phone.configuration.refresh().await.is_err());
}

#[tokio::test]
async fn pins_that_hold_for_the_host_bind_from_then_on() {
    let rig = Rig::new().await;
    let phone = rig.start();
    rig.publish(1, json!({"pins": [rig.pins(true, 30)]}));
    phone.configuration.refresh().await.unwrap();
    assert_eq!(phone.configuration.kept_pins().len(), 1);
    assert!(rig.reaches(phone.configuration.kept_pins(), |_| ()).await.is_ok());

    let expires = rig.bench.clock.now().saturating_add(DAY);
    let stranger = vec![PinSet { host: "localhost".into(), spki_sha256: vec![[1; 32], [2; 32]], expires }];
    let refused = rig.reaches(stranger.clone(), |_| ()).await.unwrap_err();
    assert!(matches!(refused, net::Error::Untrusted { why: Distrust::NotPinned, .. }), "control: {refused:?}");
    rig.bench.clock.advance(DAY);
    assert!(rig.reaches(stranger, |_| ()).await.is_ok(), "expired: the roots judge");
}

#[tokio::test]
async fn no_set_that_was_told_can_lock_the_phone_out() {
    let rig = Rig::new().await;
    let phone = rig.start();
    let set = |change: &dyn Fn(&mut Json)| {
        let mut set = rig.pins(true, 30);
        change(&mut set);
        set
    };
    let lone = base64url(&rig.bench.pin);
    let unfit = [
        ("keys that the host has not", rig.pins(false, 30)),
        ("no reserve", set(&|set| set["spki_sha256"] = json!([lone]))),
        ("twice the same key", set(&|set| set["spki_sha256"] = json!([lone, lone]))),
        ("no key", set(&|set| set["spki_sha256"] = json!([]))),
        ("half a key", set(&|set| set["spki_sha256"] = json!([lone, "AAAA"]))),
        ("expired", rig.pins(true, 0)),
        ("for too long", rig.pins(true, 401)),
        ("no end", set(&|set| set["expires"] = json!("хэзээ ч үгүй"))),
        ("somebody else's host", set(&|set| set["host"] = json!("example.mn"))),
    ];

    for (version, (told, set)) in (1..).zip(unfit) {
        rig.publish(version, json!({"pins": [set]}));
        phone.configuration.refresh().await.unwrap();

        assert_eq!(phone.configuration.kept_pins(), [], "{told}");
        assert!(rig.reaches(phone.configuration.kept_pins(), |_| ()).await.is_ok(), "{told}");
    }
    rig.publish(100, json!({"pins": [rig.pins(true, 400)]}));
    phone.configuration.refresh().await.unwrap();
    assert_eq!(phone.configuration.kept_pins().len(), 1, "control");
}

#[tokio::test]
async fn what_was_told_adds_to_what_is_built_in_and_takes_nothing_away() {
    let rig = Rig::new().await;
    let phone = rig.start();
    rig.publish(1, json!({"pins": [rig.pins(true, 30)]}));
    phone.configuration.refresh().await.unwrap();
    let now = rig.bench.clock.now();

    let outrun = rig.start_with(pinned_elsewhere(60_000, now));
    let added = outrun.net.exchange(&Request::new(Method::Get, rig.bench.server.url("/v1/configuration"))).await;
    assert!(added.is_ok(), "a build whose own pins have been outrun is let in by those that were told: {added:?}");

    rig.publish(2, json!({"pins": []}));
    phone.configuration.refresh().await.unwrap();
    assert_eq!(phone.configuration.kept_pins().len(), 1, "saying nothing of a host does not un-pin it");

    rig.publish(3, json!({"pins": [rig.pins(false, 30)]}));
    phone.configuration.refresh().await.unwrap();
    assert!(
        rig.reaches(phone.configuration.kept_pins(), |_| ()).await.is_ok(),
        "nor does a set that may not bind replace one that does"
    );

    let alone = rig.reaches(Vec::new(), pinned_elsewhere(60_000, now)).await.unwrap_err();
    assert!(matches!(alone, net::Error::Untrusted { why: Distrust::NotPinned, .. }), "control: {alone:?}");
    assert!(rig.reaches(Vec::new(), pinned_elsewhere(-1, now)).await.is_ok(), "expired: the roots judge");
}
