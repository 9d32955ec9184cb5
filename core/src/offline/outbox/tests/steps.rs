//! Operations of several requests, and operations that make no sense without another.

use super::*;

/// A file of two letters a part, whose parts are kept in `noted` as far as they have arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Arrived {
    letters: usize,
}

impl Upload {
    fn path(&self) -> String {
        format!("/v1/uploads/{}", self.text)
    }
}

impl Operation for Upload {
    const KIND: &'static str = "upload";
    const AREA: Area = Area::Requests;
    const HARMLESS: bool = true;
    type Answer = Arrived;

    fn group(&self) -> String {
        "of whatever needs it".into()
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        let sql = "SELECT effects FROM noted WHERE text = :text";
        let arrived: usize = dao.sql().query_row(sql, named_params! {":text": self.text}, |row| row.get(0))?;
        let part: String = self.text.chars().skip(arrived).take(2).collect();
        let body = Content::Part { offset: arrived as u64, bytes: part.into_bytes() };
        Ok(Outgoing::by_itself(Method::Patch, self.path(), Some(body)))
    }

    fn enqueued(&self, _id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute("INSERT INTO noted (text) VALUES (:text)", named_params! {":text": self.text})?;
        Ok(())
    }

    fn acknowledged(&self, _id: &OperationId, answer: Arrived, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        dao.sql().execute(
            "UPDATE noted SET effects = :letters WHERE text = :text",
            named_params! {":text": self.text, ":letters": answer.letters},
        )?;
        let done = answer.letters == self.text.chars().count();
        Ok(if done { Progress::Done } else { Progress::More { after: Duration::ZERO } })
    }

    fn refused(&self, _id: &OperationId, problem: &Problem, _dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        Ok(match problem.code.as_str() {
            "try_elsewhere" => Refusal::More { after: Duration::ZERO },
            _ => Refusal::Stands,
        })
    }

    fn given_up(&self, _id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        dao.sql().execute("DELETE FROM noted WHERE text = :text", named_params! {":text": self.text})?;
        Ok(())
    }
}

/// Two requests, each with an effect of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Errand {
    /// Between the two.
    pub(super) pause_s: u64,
    /// The first can't be taken back.
    pub(super) committed: bool,
}

impl Operation for Errand {
    const KIND: &'static str = "errand";
    const AREA: Area = Area::Requests;
    type Answer = Noted;

    fn group(&self) -> String {
        "errand".into()
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        let done: usize = dao.sql().query_row("SELECT count(*) FROM noted", [], |row| row.get(0))?;
        let step = ["Үүсгэх", "Илгээх"][done].as_bytes().to_vec();
        Ok(Outgoing::keyed(Method::Post, "/v1/errands", Some(step)))
    }

    fn acknowledged(&self, _id: &OperationId, _answer: Noted, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        dao.sql().execute("INSERT INTO noted (text) VALUES ('алхам')", [])?;
        let done: usize = dao.sql().query_row("SELECT count(*) FROM noted", [], |row| row.get(0))?;
        Ok(if done == 2 { Progress::Done } else { Progress::More { after: Duration::from_secs(self.pause_s) } })
    }

    fn is_committed(&self, _dao: &Dao<'_>) -> storage::Result<bool> {
        Ok(self.committed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn between_two_steps_it_can_be_called_off_unless_one_can_not_be_taken_back() {
    for committed in [false, true] {
        let bench = Bench::new();
        let id = bench.outbox.enqueue(Errand { pause_s: 60, committed }).await.unwrap();
        bench.settled(&id).await;
        assert_eq!(bench.gateway.effects(), ["Үүсгэх"]);

        assert_eq!(bench.outbox.cancel(&id).await.is_ok(), !committed);
        bench.clock.advance(Duration::from_secs(60));
        bench.flush().await;

        let (state, effects) = if committed { (State::Done, 2) } else { (State::Cancelled, 1) };
        assert_eq!((bench.outbox.get(&id).await.unwrap().state, bench.gateway.effects().len()), (state, effects));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_has_its_own_key_and_its_own_doubt() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    let id = bench.outbox.enqueue(Errand::default()).await.unwrap();
    bench.gateway.fault(Fault::Refuse(503, "busy"));
    bench.outbox.start();
    bench.settled(&id).await;
    bench.outbox.stop().await;
    for fault in [Fault::DropReply, Fault::DropReply] {
        bench.gateway.fault(fault);
    }
    bench.outbox.start();
    for _ in 0..3 {
        bench.flush().await;
    }

    assert_eq!(bench.gateway.effects(), ["Үүсгэх", "Илгээх"], "each once");
    assert_eq!(bench.outbox.get(&id).await.unwrap().state, State::Done);
    let keys = bench.gateway.keys();
    let mut distinct = keys.clone();
    distinct.dedup();
    assert_eq!((keys.len(), distinct.len()), (5, 2), "{keys:?}");
}

impl Inside {
    /// A part is taken where the last one ended; one that was taken before is answered as it was.
    pub(super) fn take_part(&mut self, outgoing: &gateway::Outgoing, lost: bool) -> Result<Answer, gateway::Error> {
        let Some(Content::Part { offset, bytes }) = &outgoing.body else { panic!("no part: {outgoing:?}") };
        let file = self.files.entry(outgoing.path.clone()).or_default();
        if *offset as usize == file.chars().count() {
            file.push_str(std::str::from_utf8(bytes).unwrap());
        }
        let body = format!(r#"{{"letters":{}}}"#, file.chars().count()).into_bytes();
        if lost {
            return Err(net::Error::Lost { host: "localhost".into() }.into());
        }
        Ok(Answer { status: 200, body, etag: None, replayed: false, retry_after_s: None })
    }
}

impl Bench {
    fn files(&self) -> Vec<String> {
        let mut files: Vec<String> = self.gateway.0.lock().unwrap().files.values().cloned().collect();
        files.sort();
        files
    }

    /// A note that makes no sense without these files.
    pub(super) async fn note_with(&self, text: &str, files: &[&str]) -> OperationId {
        let files = files.iter().map(|text| Entry::of(Upload { text: (*text).into() })).collect();
        let note = Entry::of(Note { text: text.into(), group: "a".into() }).needing(files);
        self.outbox.put(note).await.unwrap()
    }

    /// And the note that needs the file: the answer to its first part was lost.
    pub(super) async fn with_a_file_under_way() -> (Self, OperationId) {
        let bench = Self::new();
        bench.outbox.stop().await;
        let id = bench.note_with("Өргөдөл", &["Үнэмлэх"]).await;
        bench.gateway.fault(Fault::DropReply);
        bench.outbox.start();
        bench.settled(&id).await;
        (bench, id)
    }

    /// The states of all operations, oldest first.
    pub(super) async fn states(&self) -> Vec<State> {
        let mut all = self.outbox.list(true, None).await.unwrap().items;
        all.reverse();
        all.into_iter().map(|view| view.state).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_part_by_part_before_what_needs_them() {
    let bench = Bench::new();

    let id = bench.note_with("Өргөдөл", &["Үнэмлэх", "Зураг"]).await;
    bench.flush().await;

    assert_eq!(bench.files(), ["Зураг", "Үнэмлэх"]);
    assert_eq!(bench.gateway.effects(), ["Өргөдөл"]);
    assert_eq!(bench.states().await, [State::Done; 3]);
    let keys = bench.gateway.keys();
    assert_eq!(keys[..7], ["-"; 7], "four parts and three, without a key");
    assert_eq!(bench.outbox.get(&id).await.unwrap().state, State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_whose_answer_was_lost_goes_again_from_where_it_was() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    bench.note_with("Өргөдөл", &["Үнэмлэх"]).await;
    bench.gateway.fault(Fault::DropReply);

    bench.outbox.start();
    bench.flush().await;
    bench.outbox.stop().await;
    let again = outbox(&bench.store, &bench.gateway, &bench.clock, &bench.events);
    again.start();
    again.flush(Duration::from_secs(3600)).await.unwrap();

    assert_eq!(bench.files(), ["Үнэмлэх"]);
    assert_eq!(bench.states().await, [State::Done; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_called_off_takes_along_what_needs_it_and_what_only_it_needed() {
    for call_off in 0..3 {
        let bench = Bench::new();
        bench.outbox.stop().await;
        bench.note_with("Өргөдөл", &["Үнэмлэх", "Зураг"]).await;
        let mut ids: Vec<_> = bench.outbox.list(true, None).await.unwrap().items.into_iter().map(|v| v.id).collect();
        ids.reverse();

        bench.outbox.cancel(&ids[call_off]).await.unwrap();

        assert_eq!(bench.states().await, [State::Cancelled; 3], "the one called off: {call_off}");
        assert_eq!(bench.applied("Өргөдөл").await, None);
        assert_eq!((bench.applied("Үнэмлэх").await, bench.applied("Зураг").await), (None, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_under_way_is_let_go_with_the_request_that_needs_it() {
    let (bench, id) = Bench::with_a_file_under_way().await;
    assert_eq!(bench.states().await, [State::Sending, State::New]);

    bench.outbox.cancel(&id).await.unwrap();
    bench.flush().await;

    assert_eq!(bench.states().await, [State::Cancelled; 2]);
    assert!(bench.gateway.effects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_may_show_another_way() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    bench.note_with("Өргөдөл", &["Үнэ"]).await;
    bench.gateway.fault(Fault::Refuse(409, "try_elsewhere"));

    bench.outbox.start();
    bench.flush().await;

    assert_eq!(bench.states().await, [State::Done; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_stops_what_needs_it_until_the_citizen_has_looked() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    bench.note_with("Өргөдөл", &["Үнэ"]).await;
    bench.gateway.fault(Fault::Refuse(422, "upload_too_large"));

    bench.outbox.start();
    bench.flush().await;

    assert_eq!(bench.states().await, [State::Wedged, State::New]);
    assert!(bench.gateway.effects().is_empty());
}
