//! A gateway that keeps its word, a wire that does what it is told, and operations whose effect is a row.

use super::*;

const SCHEMA: Migrations = &[
    include_str!("../../../../migrations/state/0001_auth.sql"),
    include_str!("../../../../migrations/state/0002_outbox.sql"),
    include_str!("../../../../migrations/state/0009_session.sql"),
    include_str!("../../../../migrations/state/0011_needs.sql"),
    include_str!("../../../../migrations/state/0018_steps.sql"),
    include_str!("../../../../migrations/state/0019_open.sql"),
    "CREATE TABLE noted (text TEXT NOT NULL, effects INTEGER NOT NULL DEFAULT 0) STRICT;",
];

/// A write whose effect is a row in `noted`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) group: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Noted {
    pub(super) effect: u32,
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
pub(super) struct Deed(pub(super) Note);

pub(super) const SIGNATURE: &str = "urn:mn:dan:signature";

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
pub(super) enum Fault {
    /// It has its effect, the answer is lost.
    DropReply,
    /// It never arrives.
    Offline,
    Refuse(u16, &'static str),
    /// As `Refuse`, and that is kept under its key.
    RefuseForGood(u16, &'static str),
    /// The same; the answer is lost.
    RefuseUnheard(u16, &'static str),
    /// It has its effect, and a page comes back that is not the gateway's.
    Page(u16),
    /// The citizen is to prove anew who they are.
    StepUp,
    Garbage,
}

/// A gateway that keeps its word on idempotency keys, and a wire that does what it is told.
#[derive(Default)]
pub(super) struct Double(pub(super) Mutex<Inside>, pub(super) watch::Sender<usize>);

#[derive(Default)]
pub(super) struct Inside {
    pub(super) faults: VecDeque<Fault>,
    /// Key and body of every request that arrived.
    pub(super) seen: Vec<(String, String)>,
    /// Answers by key.
    pub(super) answers: HashMap<String, String>,
    /// And refusals.
    pub(super) refusals: HashMap<String, (u16, &'static str)>,
    /// What happens to every question about a key.
    pub(super) asked: Option<Fault>,
    pub(super) effects: Vec<String>,
    /// What has arrived of a file, by its path.
    pub(super) files: HashMap<String, String>,
    /// Nothing arrives.
    pub(super) down: bool,
    /// What arrives has its effect and gets no answer; how many such there are, [`Double`] counts.
    pub(super) silent: bool,
    /// What always happens to this text.
    pub(super) replies: HashMap<String, model::Reply>,
}

impl Double {
    pub(super) fn fault(&self, fault: Fault) {
        self.0.lock().unwrap().faults.push_back(fault);
    }

    pub(super) fn effects(&self) -> Vec<String> {
        self.0.lock().unwrap().effects.clone()
    }

    pub(super) fn keys(&self) -> Vec<String> {
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
        if let Some(key) = outgoing.path.strip_prefix("/v1/idempotency/").filter(|_| !self.down) {
            match self.asked {
                Some(Fault::StepUp) => return Err(auth::Error::StepUp(Freshness::within(300)).into()),
                Some(Fault::Refuse(status, code)) => return Err(refusal(status, code)),
                _ => {}
            }
            let stored =
                |status: u16, body: &str| answer(format!(r#"{{"state":"done","status":{status},"body":{body}}}"#));
            return match (self.answers.get(key), self.refusals.get(key)) {
                (Some(body), _) => stored(200, body),
                (None, Some((status, code))) => stored(*status, &format!(r#"{{"code":"{code}"}}"#)),
                (None, None) => Err(refusal(404, "unknown_key")),
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
        if let Some(Fault::RefuseForGood(status, code) | Fault::RefuseUnheard(status, code)) = fault {
            self.refusals.insert(key.clone(), (status, code));
        }
        if let Some((status, code)) = self.refusals.get(&key) {
            let lost = matches!(fault, Some(Fault::RefuseUnheard(..)));
            return Err(if lost {
                net::Error::Lost { host: "localhost".into() }.into()
            } else {
                refusal(*status, code)
            });
        }
        if !self.answers.contains_key(&key) {
            self.effects.push(body);
            self.answers.insert(key.clone(), r#"{"effect":1}"#.into());
        }
        match fault {
            Some(Fault::DropReply) => Err(net::Error::Lost { host: "localhost".into() }.into()),
            Some(Fault::Garbage) => answer("өгөгдөл".into()),
            Some(Fault::Page(status)) => Err(refusal(status, &format!("http_{status}"))),
            Some(
                Fault::Offline
                | Fault::Refuse(..)
                | Fault::RefuseForGood(..)
                | Fault::RefuseUnheard(..)
                | Fault::StepUp,
            )
            | None => answer(self.answers[&key].clone()),
        }
    }
}

pub(super) fn refusal(status: u16, code: &str) -> gateway::Error {
    gateway::Error::Problem(Problem { status, code: code.into(), field: None, detail: None, retry_after_s: None })
}

/// As [`Bench::stands`] says it.
pub(super) fn wedged(code: &str) -> (State, Option<String>) {
    (State::Wedged, Some(code.to_owned()))
}

pub(super) fn may_have_effect() -> Result<()> {
    Err(Error::invalid("operation", "operation.may_have_effect"))
}

pub(super) struct Bench {
    _dir: TempDir,
    pub(super) store: Store,
    pub(super) outbox: Outbox,
    pub(super) gateway: Arc<Double>,
    pub(super) clock: ManualClock,
    pub(super) events: Events,
}

impl Bench {
    pub(super) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let store = Store::for_tests(dir.path(), File::State, SCHEMA);
        let gateway = Arc::new(Double::default());
        let clock = ManualClock::at(Timestamp::from_unix_s(1_795_392_000));
        let events = Events::default();
        let outbox = outbox(&store, &gateway, &clock, &events);
        outbox.start();
        Self { _dir: dir, store, outbox, gateway, clock, events }
    }

    pub(super) async fn note(&self, text: &str, group: &str) -> OperationId {
        self.outbox.enqueue(Note { text: text.into(), group: group.into() }).await.unwrap()
    }

    pub(super) async fn settled(&self, id: &OperationId) -> OperationView {
        self.outbox.settle(id, Duration::from_secs(3600)).await.unwrap()
    }

    /// A note whose first try meets this.
    pub(super) async fn met(&self, fault: Fault, text: &str, group: &str) -> OperationId {
        self.flush().await; // the worker sleeps: else the pass that is under way tries it, and the poke again
        self.gateway.fault(fault);
        let id = self.note(text, group).await;
        self.settled(&id).await;
        id
    }

    pub(super) async fn stands(&self, id: &OperationId) -> (State, Option<String>) {
        let view = self.outbox.get(id).await.unwrap();
        (view.state, view.problem)
    }

    pub(super) async fn flush(&self) {
        self.outbox.flush(Duration::from_secs(3600)).await.unwrap();
    }

    /// How often the answer was applied here; `None` if the row is gone.
    pub(super) async fn applied(&self, text: &str) -> Option<u32> {
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

pub(super) fn outbox(store: &Store, gateway: &Arc<impl Courier>, clock: &ManualClock, events: &Events) -> Outbox {
    Outbox::new(
        store.clone(),
        Registry::default()
            .with::<Note>()
            .with::<Deed>()
            .with::<steps::Upload>()
            .with::<steps::Errand>()
            .with::<unreadable::Copied>()
            .with::<model::Deed>(),
        gateway.clone(),
        Arc::new(clock.clone()),
        events.clone(),
        Spawner::current(),
    )
}
