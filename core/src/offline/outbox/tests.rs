use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use rusqlite::named_params;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::sync::watch;

use super::*;
use crate::{
    auth::{self, Freshness},
    foundation::{
        clock::{Clock as _, ManualClock, Timestamp},
        crypto::{
            keys::{File, KeyRing},
            seal::Sealer,
        },
        events::Event,
        net::{self, Method},
        storage::{Dao, Migrations},
    },
    gateway::{self, Answer, Content, Problem},
};

mod model;
mod steps;

const SCHEMA: Migrations = &[
    include_str!("../../../migrations/state/0001_auth.sql"),
    include_str!("../../../migrations/state/0002_outbox.sql"),
    include_str!("../../../migrations/state/0009_session.sql"),
    include_str!("../../../migrations/state/0011_needs.sql"),
    "CREATE TABLE noted (text TEXT NOT NULL, effects INTEGER NOT NULL DEFAULT 0) STRICT;",
];

/// A write whose effect is a row in `noted`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    text: String,
    group: String,
}

#[derive(Debug, Deserialize)]
struct Noted {
    effect: u32,
}

impl Operation for Note {
    const KIND: &'static str = "note";
    const AREA: Area = Area::Inbox;
    type Answer = Noted;

    fn group(&self) -> String {
        self.group.clone()
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        Ok(Outgoing::keyed(Method::Post, "/v1/notes", Some(self.text.clone().into_bytes())))
    }

    fn enqueued(&self, _id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute("INSERT INTO noted (text) VALUES (:text)", named_params! {":text": self.text})?;
        Ok(())
    }

    fn acknowledged(&self, _id: &OperationId, answer: Noted, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        dao.sql().execute(
            "UPDATE noted SET effects = effects + :effect WHERE text = :text",
            named_params! {":text": self.text, ":effect": answer.effect},
        )?;
        Ok(Progress::Done)
    }

    fn refused(&self, _id: &OperationId, problem: &Problem, _dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        Ok(if problem.status == 404 { Refusal::Moot } else { Refusal::Stands })
    }

    fn given_up(&self, _id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute("DELETE FROM noted WHERE text = :text", named_params! {":text": self.text})?;
        Ok(())
    }
}

/// As [`Note`], for a citizen who has proven within five minutes, by signature, who they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Deed(Note);

const SIGNATURE: &str = "urn:mn:dan:signature";

impl Operation for Deed {
    const KIND: &'static str = "deed";
    const AREA: Area = Area::Inbox;
    type Answer = Noted;

    fn group(&self) -> String {
        self.0.group()
    }

    fn outgoing(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        self.0.outgoing(id, at, dao)
    }

    fn freshness(&self) -> Option<Freshness> {
        Some(Freshness { max_age_s: 300, acr: Some(SIGNATURE.into()) })
    }

    fn enqueued(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        self.0.enqueued(id, at, dao)
    }

    fn acknowledged(&self, id: &OperationId, answer: Noted, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        self.0.acknowledged(id, answer, dao)
    }
}

/// What happens to the next request.
enum Fault {
    /// It has its effect, the answer is lost.
    DropReply,
    /// It never arrives.
    Offline,
    Refuse(u16, &'static str),
    /// The citizen is to prove anew who they are.
    StepUp,
    Garbage,
}

/// A gateway that keeps its word on idempotency keys, and a wire that does what it is told.
#[derive(Default)]
struct Double(Mutex<Inside>, watch::Sender<usize>);

#[derive(Default)]
struct Inside {
    faults: VecDeque<Fault>,
    /// Key and body of every request that arrived.
    seen: Vec<(String, String)>,
    /// Answers by key.
    answers: HashMap<String, String>,
    effects: Vec<String>,
    /// What has arrived of a file, by its path.
    files: HashMap<String, String>,
    /// Nothing arrives.
    down: bool,
    /// What arrives has its effect and gets no answer; how many such there are, [`Double`] counts.
    silent: bool,
    /// What always happens to this text.
    replies: HashMap<String, model::Reply>,
}

impl Double {
    fn fault(&self, fault: Fault) {
        self.0.lock().unwrap().faults.push_back(fault);
    }

    fn effects(&self) -> Vec<String> {
        self.0.lock().unwrap().effects.clone()
    }

    fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().seen.iter().map(|(key, _)| key.clone()).collect()
    }
}

impl Courier for Double {
    fn send(&self, outgoing: gateway::Outgoing) -> BoxFuture<'_, Result<Answer, gateway::Error>> {
        Box::pin(async move {
            let (answer, silent) = {
                let mut inside = self.0.lock().unwrap();
                (inside.serve(&outgoing), inside.silent && !inside.down)
            };
            if silent {
                self.1.send_modify(|held| *held += 1);
                std::future::pending::<()>().await;
            }
            answer
        })
    }
}

impl Inside {
    fn serve(&mut self, outgoing: &gateway::Outgoing) -> Result<Answer, gateway::Error> {
        let answer = |body: String| {
            Ok(Answer { status: 200, body: body.into_bytes(), etag: None, replayed: false, retry_after_s: None })
        };
        if let Some(key) = outgoing.path.strip_prefix("/v1/idempotency/") {
            return match self.answers.get(key) {
                Some(stored) => answer(format!(r#"{{"state":"done","status":200,"body":{stored}}}"#)),
                None => Err(refusal(404, "unknown_key")),
            };
        }
        let fault = self.next_fault(outgoing);
        if matches!(fault, Some(Fault::Offline)) {
            return Err(net::Error::Offline { host: "localhost".into() }.into());
        }
        let key = outgoing.key.as_ref().map(|key| key.as_str().to_owned());
        let body = outgoing.body.as_ref().map_or(&[][..], Content::bytes);
        let body = String::from_utf8(body.to_vec()).unwrap();
        self.seen.push((key.clone().unwrap_or_else(|| "-".into()), body.clone()));
        if let Some(Fault::Refuse(status, code)) = fault {
            return Err(refusal(status, code));
        }
        let Some(key) = key else { return self.take_part(outgoing, fault.is_some()) };
        if matches!(fault, Some(Fault::StepUp)) {
            return Err(auth::Error::StepUp(Freshness::within(300)).into());
        }
        if !self.answers.contains_key(&key) {
            self.effects.push(body);
            self.answers.insert(key.clone(), r#"{"effect":1}"#.into());
        }
        match fault {
            Some(Fault::DropReply) => Err(net::Error::Lost { host: "localhost".into() }.into()),
            Some(Fault::Garbage) => answer("өгөгдөл".into()),
            Some(Fault::Offline | Fault::Refuse(..) | Fault::StepUp) | None => answer(self.answers[&key].clone()),
        }
    }
}

fn refusal(status: u16, code: &str) -> gateway::Error {
    gateway::Error::Problem(Problem { status, code: code.into(), field: None, detail: None, retry_after_s: None })
}

struct Bench {
    _dir: TempDir,
    store: Store,
    outbox: Outbox,
    gateway: Arc<Double>,
    clock: ManualClock,
    events: Events,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let sealer = Sealer::new(KeyRing::for_tests(), File::State);
        let (store, _) = Store::open(dir.path(), SCHEMA, sealer, File::State, Spawner::current()).unwrap();
        let gateway = Arc::new(Double::default());
        let clock = ManualClock::at(Timestamp::from_unix_s(1_795_392_000));
        let events = Events::default();
        let outbox = outbox(&store, &gateway, &clock, &events);
        outbox.start();
        Self { _dir: dir, store, outbox, gateway, clock, events }
    }

    async fn note(&self, text: &str, group: &str) -> OperationId {
        self.outbox.enqueue(Note { text: text.into(), group: group.into() }).await.unwrap()
    }

    async fn settled(&self, id: &OperationId) -> OperationView {
        self.outbox.settle(id, Duration::from_secs(3600)).await.unwrap()
    }

    /// How often the answer was applied here; `None` if the row is gone.
    async fn applied(&self, text: &str) -> Option<u32> {
        let text = text.to_owned();
        self.store
            .read(move |dao| {
                let mut statement = dao.sql().prepare("SELECT effects FROM noted WHERE text = :text")?;
                let mut rows = statement.query(named_params! {":text": text})?;
                Ok::<_, storage::Error>(rows.next()?.map(|row| row.get(0)).transpose()?)
            })
            .await
            .unwrap()
    }
}

fn outbox(store: &Store, gateway: &Arc<Double>, clock: &ManualClock, events: &Events) -> Outbox {
    Outbox::new(
        store.clone(),
        Registry::default()
            .with::<Note>()
            .with::<Deed>()
            .with::<steps::Upload>()
            .with::<steps::Errand>()
            .with::<model::Deed>(),
        gateway.clone(),
        Arc::new(clock.clone()),
        events.clone(),
        Spawner::current(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_has_its_effect_and_its_answer_is_applied() {
    let bench = Bench::new();

    let id = bench.note("Өргөдөл Үүсгэх", "a").await;

    assert_eq!(bench.settled(&id).await.state, State::Done);
    assert_eq!(bench.gateway.effects(), ["Өргөдөл Үүсгэх"]);
    assert_eq!(bench.applied("Өргөдөл Үүсгэх").await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_never_submits_twice() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::DropReply);

    let id = bench.note("once", "a").await;
    let waiting = bench.settled(&id).await;
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(waiting.state, State::Sending);
    assert_eq!(bench.settled(&id).await.state, State::Done);
    let keys = bench.gateway.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
    assert_eq!(bench.gateway.effects(), ["once"]);
    assert_eq!(bench.applied("once").await, Some(1));
}

#[cfg(feature = "test-controls")]
#[tokio::test(flavor = "multi_thread")]
async fn control_a_key_per_try_does_submit_twice() {
    let bench = Bench::new();
    bench.outbox.mint_a_key_per_try(true);
    bench.gateway.fault(Fault::DropReply);

    let id = bench.note("twice", "a").await;
    bench.settled(&id).await;
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(bench.gateway.effects(), ["twice", "twice"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_opened_again_goes_on_under_the_same_key() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::DropReply);
    let id = bench.note("restart", "a").await;
    bench.settled(&id).await;
    bench.outbox.stop().await;

    let again = outbox(&bench.store, &bench.gateway, &bench.clock, &bench.events);
    again.start();
    again.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(again.get(&id).await.unwrap().state, State::Done);
    assert_eq!(bench.gateway.effects(), ["restart"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_offline_nothing_is_tried_until_somebody_asks() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    bench.gateway.fault(Fault::Offline);

    let id = bench.note("herder", "a").await;
    bench.outbox.start();
    assert_eq!(bench.settled(&id).await.state, State::New, "nothing has left the phone");
    bench.clock.advance(Duration::from_secs(24 * 3600));
    assert!(bench.gateway.keys().is_empty());
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(bench.gateway.effects(), ["herder"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_keeps_its_order_and_does_not_hold_up_another() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(403, "not_yours"));

    let first = bench.note("first", "a").await;
    let wedged = bench.settled(&first).await;
    let second = bench.note("second", "a").await;
    let other = bench.note("other", "b").await;
    bench.settled(&other).await;

    assert_eq!((wedged.state, wedged.problem.as_deref()), (State::Wedged, Some("not_yours")));
    assert_eq!(bench.gateway.effects(), ["other"]);
    assert_eq!(bench.outbox.get(&second).await.unwrap().state, State::New);
    bench.outbox.cancel(&first).await.unwrap();
    bench.settled(&second).await;
    assert_eq!(bench.gateway.effects(), ["other", "second"]);
    assert_eq!(bench.applied("first").await, None, "called off and undone here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_gateway_is_tried_again_when_the_time_has_come() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(503, "unavailable"));

    let id = bench.note("later", "a").await;
    let waiting = bench.settled(&id).await;
    let at = waiting.next_try_at.unwrap();
    bench.clock.advance(at.since(bench.clock.now()));

    while bench.outbox.get(&id).await.unwrap().state != State::Done {
        bench.events.next().await; // the worker wakes by itself
    }
    assert_eq!(bench.gateway.effects(), ["later"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wedged_operation_is_told_of_and_can_be_tried_again_under_its_key() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(422, "invalid_field"));

    let id = bench.note("mend", "a").await;
    bench.settled(&id).await;
    let mut told = false;
    while !told {
        told = bench.events.next().await == Some(Event::OperationNeedsAttention { operation: id.to_string() });
    }
    bench.outbox.retry(&id).await.unwrap();

    assert_eq!(bench.settled(&id).await.state, State::Done);
    let keys = bench.gateway.keys();
    assert_eq!(keys[0], keys[1]);
}

/// The citizen has proven who they are so long ago, in that way.
async fn proven(bench: &Bench, ago_s: i64, acr: &'static str) {
    let at = Timestamp::from_unix_s(bench.clock.now().unix_s() - ago_s).unix_ms();
    let sql = "INSERT OR REPLACE INTO auth_session
                   (id, citizen, tokens, token_set, access_expires_at, authenticated_at, acr)
               VALUES (1, x'00', x'00', 'a', 0, :at, :acr)";
    let write = move |dao: &mut Dao<'_>| {
        Ok::<_, storage::Error>(dao.sql().execute(sql, named_params! {":at": at, ":acr": acr})?)
    };
    bench.store.write(write).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_demands_a_newer_proof_of_the_citizen_is_not_stored_without_one() {
    let bench = Bench::new();
    let deed = || bench.outbox.enqueue(Deed(Note { text: "Үл хөдлөх".into(), group: "a".into() }));
    let refused = Error::StepUpRequired { max_age_s: 300, acr: Some(SIGNATURE.into()) };

    assert_eq!(deed().await, Err(refused.clone()), "nobody is signed in");
    for (ago_s, acr) in [(301, SIGNATURE), (0, "urn:mn:dan:sms")] {
        proven(&bench, ago_s, acr).await;
        assert_eq!(deed().await, Err(refused.clone()), "{ago_s} s ago by {acr}");
    }
    assert_eq!((bench.applied("Үл хөдлөх").await, bench.gateway.keys()), (None, Vec::new()));
    assert!(bench.outbox.list(true, None).await.unwrap().items.is_empty());

    proven(&bench, 300, SIGNATURE).await;
    let id = deed().await.unwrap();
    assert_eq!(bench.settled(&id).await.state, State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_wants_proven_anew_waits_for_it_and_goes_on_under_the_same_key() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::StepUp);

    let id = bench.note("Гэрээ", "a").await;
    let view = bench.settled(&id).await;
    assert_eq!((view.state, view.problem.as_deref()), (State::Wedged, Some("step_up")));
    assert_eq!(bench.outbox.flush(Duration::from_secs(60)).await, Ok(PassEnd::Drained));
    assert_eq!(bench.gateway.keys().len(), 1, "nothing helps but the citizen");
    bench.outbox.retry(&id).await.unwrap();

    assert_eq!(bench.settled(&id).await.state, State::Done);
    let keys = bench.gateway.keys();
    assert_eq!(keys[0], keys[1]);
    assert_eq!(bench.gateway.effects(), ["Гэрээ"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_proof_is_not_asked_for_what_has_had_its_effect() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::DropReply);
    let id = bench.note("Хүрсэн", "a").await;
    bench.settled(&id).await;

    bench.gateway.fault(Fault::StepUp);
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(bench.outbox.get(&id).await.unwrap().state, State::Done, "the key knew");
    assert_eq!(bench.applied("Хүрсэн").await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_newer_proof_and_has_had_no_effect_can_be_called_off() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(503, "busy"));
    let id = bench.note("Эргэлзээ", "a").await;
    bench.settled(&id).await;

    bench.gateway.fault(Fault::StepUp);
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();
    let view = bench.outbox.get(&id).await.unwrap();
    bench.outbox.cancel(&id).await.unwrap();

    assert_eq!((view.state, view.problem.as_deref()), (State::Wedged, Some("step_up")));
    assert_eq!((bench.applied("Эргэлзээ").await, bench.gateway.effects()), (None, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_leaves_nothing_to_do_ends_the_operation() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(404, "gone"));

    let id = bench.note("moot", "a").await;

    assert_eq!(bench.settled(&id).await.state, State::Done);
    assert_eq!(bench.applied("moot").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_can_not_be_read_is_asked_for_again_and_then_shown() {
    let bench = Bench::new();
    for _ in 0..5 {
        bench.gateway.fault(Fault::Garbage);
    }

    let id = bench.note("garbage", "a").await;
    bench.settled(&id).await;
    for _ in 0..4 {
        bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();
    }

    let wedged = bench.outbox.get(&id).await.unwrap();
    assert_eq!((wedged.state, wedged.problem.as_deref()), (State::Wedged, Some("answer_unreadable")));
    assert!(bench.outbox.cancel(&id).await.is_err(), "it may have had its effect");
    bench.outbox.retry(&id).await.unwrap();
    assert_eq!(bench.settled(&id).await.state, State::Done);
    assert_eq!(bench.gateway.effects(), ["garbage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn past_the_window_the_gateway_is_asked_before_anything_is_sent_again() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::DropReply);
    let had_effect = bench.note("had its effect", "a").await;
    bench.settled(&had_effect).await;
    bench.gateway.fault(Fault::Refuse(503, "unavailable"));
    let unknown = bench.note("unknown", "b").await;
    bench.settled(&unknown).await;
    let sent = bench.gateway.keys().len();

    bench.clock.advance(Duration::from_secs(30 * 24 * 3600));
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(bench.gateway.keys().len(), sent, "nothing was sent blindly");
    assert_eq!(bench.outbox.get(&had_effect).await.unwrap().state, State::Done);
    assert_eq!(bench.applied("had its effect").await, Some(1));
    let shown = bench.outbox.get(&unknown).await.unwrap();
    assert_eq!((shown.state, shown.problem.as_deref()), (State::Wedged, Some("expired_unknown")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_ever_met_a_dead_network_is_sent_after_a_month_like_any_other() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    bench.gateway.fault(Fault::Offline);
    let id = bench.note("a month in the valley", "a").await;
    bench.outbox.start();
    bench.settled(&id).await;

    bench.clock.advance(Duration::from_secs(35 * 24 * 3600));
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(bench.outbox.get(&id).await.unwrap().state, State::Done);
    assert_eq!(bench.gateway.effects(), ["a month in the valley"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_ever_met_a_dead_network_can_be_called_off() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    bench.gateway.fault(Fault::Offline);
    let id = bench.note("never sent", "a").await;
    bench.outbox.start();
    bench.settled(&id).await;

    bench.outbox.cancel(&id).await.unwrap();
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();

    assert!(bench.gateway.effects().is_empty());
    assert_eq!(bench.applied("never sent").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_a_lost_reply_is_not_believed_before_the_key_was_asked() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::DropReply);
    let id = bench.note("lapsed consent", "a").await;
    bench.settled(&id).await;

    bench.gateway.fault(Fault::Refuse(403, "consent_lapsed"));
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(bench.outbox.get(&id).await.unwrap().state, State::Done, "the first try had its effect");
    assert_eq!(bench.applied("lapsed consent").await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_not_the_gateways_is_held_against_the_key_too() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(403, "http_403"));

    let id = bench.note("a firewall's page", "a").await;

    let view = bench.settled(&id).await;
    assert_eq!((view.state, view.problem.as_deref()), (State::Wedged, Some("http_403")));
    bench.outbox.cancel(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_gateways_word_ends_no_operation() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(404, "http_404"));

    let id = bench.note("Хориг", "a").await;
    let view = bench.settled(&id).await;

    assert_eq!((view.state, view.problem.as_deref()), (State::Wedged, Some("http_404")));
    assert_eq!(bench.applied("Хориг").await, Some(0), "it waits for the citizen");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_of_any_more_is_sent_anew_when_the_citizen_says_so() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(503, "unavailable"));
    let id = bench.note("decided", "a").await;
    bench.settled(&id).await;
    bench.clock.advance(Duration::from_secs(35 * 24 * 3600));
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();
    assert_eq!(bench.outbox.get(&id).await.unwrap().problem.as_deref(), Some("expired_unknown"));

    bench.outbox.retry(&id).await.unwrap();

    assert_eq!(bench.settled(&id).await.state, State::Done);
    assert_eq!(bench.gateway.effects(), ["decided"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_does_not_open_is_shown_and_holds_up_no_other() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    let broken = bench.note("broken", "a").await;
    let sound = bench.note("sound", "b").await;
    let row = broken.clone();
    bench
        .store
        .write(move |dao| {
            dao.sql()
                .execute("UPDATE operation SET body = x'00' WHERE id = :id", named_params! {":id": row.as_str()})?;
            Ok::<_, storage::Error>(())
        })
        .await
        .unwrap();

    bench.outbox.start();
    bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(bench.outbox.get(&sound).await.unwrap().state, State::Done);
    let shown = bench.outbox.get(&broken).await.unwrap();
    assert_eq!((shown.state, shown.problem.as_deref()), (State::Wedged, Some("operation_unreadable")));
    bench.outbox.cancel(&broken).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_when_the_outbox_stops_is_let_go() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    bench.outbox.start();
    let waiting = tokio::spawn({
        let outbox = bench.outbox.clone();
        async move { outbox.flush(Duration::from_secs(3600)).await }
    });
    tokio::task::yield_now().await;

    bench.outbox.stop().await;

    let ended = waiting.await.unwrap();
    assert!(matches!(ended, Ok(PassEnd::Stopped | PassEnd::Drained) | Err(Error::NotAvailable)), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_left_the_phone_can_not_be_called_off() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::DropReply);

    let id = bench.note("left", "a").await;
    bench.settled(&id).await;

    assert_eq!(bench.outbox.cancel(&id).await, Err(Error::invalid("operation", "operation.may_have_effect")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enqueue_whose_caller_goes_away_at_once_is_stored_all_the_same() {
    let bench = Bench::new();
    let note = Note { text: "committed".into(), group: "a".into() };

    {
        let mut enqueue = std::pin::pin!(bench.outbox.enqueue(note));
        let started = std::future::poll_fn(|cx| std::task::Poll::Ready(enqueue.as_mut().poll(cx).is_pending())).await;
        assert!(started); // and dropped here
    }

    let mut seen = Vec::new();
    while seen.is_empty() {
        bench.outbox.flush(Duration::from_secs(3600)).await.unwrap();
        seen = bench.gateway.effects();
    }
    assert_eq!(seen, ["committed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_comes_in_pages_newest_first() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(bench.note(&n.to_string(), "a").await);
    }
    ids.reverse();

    let first = bench.outbox.list(false, None).await.unwrap();
    let second = bench.outbox.list(false, first.next.as_deref().and_then(OperationId::parse)).await.unwrap();

    let got: Vec<_> = first.items.into_iter().chain(second.items).map(|view| view.id).collect();
    assert_eq!(got, ids);
    assert_eq!(second.next, None);
}
