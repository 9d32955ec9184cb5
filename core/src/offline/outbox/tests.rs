use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use rusqlite::named_params;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::*;
use crate::{
    foundation::{
        clock::{ManualClock, Timestamp},
        crypto::{
            keys::{File, KeyRing},
            seal::Sealer,
        },
        events::Event,
        net::{self, Method},
        storage::{Dao, Migrations},
    },
    gateway::{self, Answer, Problem},
};

const SCHEMA: Migrations = &[
    include_str!("../../../migrations/state/0002_outbox.sql"),
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

    fn outgoing(&self) -> storage::Result<Outgoing> {
        Ok(Outgoing { method: Method::Post, path: "/v1/notes".into(), body: Some(self.text.clone().into_bytes()) })
    }

    fn enqueued(&self, _id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute("INSERT INTO noted (text) VALUES (:text)", named_params! {":text": self.text})?;
        Ok(())
    }

    fn acknowledged(&self, _id: &OperationId, answer: Noted, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute(
            "UPDATE noted SET effects = effects + :effect WHERE text = :text",
            named_params! {":text": self.text, ":effect": answer.effect},
        )?;
        Ok(())
    }

    fn is_moot(&self, problem: &Problem) -> bool {
        problem.code == "gone"
    }

    fn given_up(&self, _id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute("DELETE FROM noted WHERE text = :text", named_params! {":text": self.text})?;
        Ok(())
    }
}

/// What happens to the next request.
enum Fault {
    /// It has its effect, the answer is lost.
    DropReply,
    /// It never arrives.
    Offline,
    Refuse(u16, &'static str),
    Garbage,
}

/// A gateway that keeps its word on idempotency keys, and a wire that does what it is told.
#[derive(Default)]
struct Double(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    faults: VecDeque<Fault>,
    /// Key and body of every request that arrived.
    seen: Vec<(String, String)>,
    /// Answers by key.
    answers: HashMap<String, String>,
    effects: Vec<String>,
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
            let mut inside = self.0.lock().unwrap();
            let answer = |body: String| {
                Ok(Answer { status: 200, body: body.into_bytes(), etag: None, replayed: false, retry_after_s: None })
            };
            if let Some(key) = outgoing.path.strip_prefix("/v1/idempotency/") {
                return match inside.answers.get(key) {
                    Some(stored) => answer(format!(r#"{{"state":"done","status":200,"body":{stored}}}"#)),
                    None => Err(refusal(404, "unknown_key")),
                };
            }
            let fault = inside.faults.pop_front();
            if matches!(fault, Some(Fault::Offline)) {
                return Err(net::Error::Offline { host: "localhost".into() }.into());
            }
            let key = outgoing.key.unwrap().as_str().to_owned();
            let body = String::from_utf8(outgoing.body.unwrap_or_default()).unwrap();
            inside.seen.push((key.clone(), body.clone()));
            if let Some(Fault::Refuse(status, code)) = fault {
                return Err(refusal(status, code));
            }
            if !inside.answers.contains_key(&key) {
                inside.effects.push(body);
                inside.answers.insert(key.clone(), r#"{"effect":1}"#.into());
            }
            match fault {
                Some(Fault::DropReply) => Err(net::Error::Lost { host: "localhost".into() }.into()),
                Some(Fault::Garbage) => answer("өгөгдөл".into()),
                Some(Fault::Offline | Fault::Refuse(..)) | None => answer(inside.answers[&key].clone()),
            }
        })
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
    async fn applied(&self, text: &'static str) -> Option<u32> {
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
        Registry::default().with::<Note>(),
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
    assert_eq!(bench.settled(&id).await.state, State::Sending);
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
