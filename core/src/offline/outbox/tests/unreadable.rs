//! Operations whose stored value can't be read any more.

use super::*;

/// As [`Note`]; what it says is kept in `noted` besides.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Copied(Note);

impl Operation for Copied {
    const KIND: &'static str = "copied";
    const AREA: Area = Area::Inbox;
    const ANEW: Option<Anew<Self>> = Some(|_, dao| {
        let mut statement = dao.sql().prepare("SELECT text FROM noted")?;
        let text = statement.query_map([], |row| row.get(0))?.next().transpose()?;
        Ok(text.map(|text| Self(Note { text, group: "a".into() })))
    });
    type Answer = Noted;

    fn group(&self) -> String {
        self.0.group()
    }

    fn outgoing(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        self.0.outgoing(id, at, dao)
    }

    fn enqueued(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        self.0.enqueued(id, at, dao)
    }

    fn acknowledged(&self, id: &OperationId, answer: Noted, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        self.0.acknowledged(id, answer, dao)
    }
}

impl Bench {
    async fn copied(&self, text: &str) -> OperationId {
        self.outbox.enqueue(Copied(Note { text: text.into(), group: "a".into() })).await.unwrap()
    }

    async fn spoil(&self, id: &OperationId) {
        self.sql(format!("UPDATE operation SET body = x'00' WHERE id = '{}'", id.as_str())).await;
    }

    async fn lose_key(&self, id: &OperationId) {
        self.sql(format!("UPDATE operation SET idempotency_key = '' WHERE id = '{}'", id.as_str())).await;
    }

    async fn sql(&self, sql: String) {
        let write = move |dao: &mut Dao<'_>| dao.sql().execute(&sql, []).map_err(storage::Error::from);
        assert_eq!(self.store.write(write).await.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_shown_holds_up_no_other_and_can_be_called_off_where_nothing_of_it_has_left() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    let broken = bench.note("Эвдэрсэн", "a").await;
    let sound = bench.note("Бүтэн", "b").await;
    bench.spoil(&broken).await;

    bench.outbox.start();
    bench.flush().await;

    assert_eq!(bench.outbox.get(&sound).await.unwrap().state, State::Done);
    assert_eq!(bench.stands(&broken).await, wedged("operation_unreadable"));
    bench.outbox.cancel(&broken).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_reply_its_key_is_asked_and_it_can_not_be_called_off_before_that_is_answered() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "Хүрсэн", "a").await;
    bench.spoil(&id).await;

    bench.gateway.0.lock().unwrap().down = true;
    bench.flush().await;
    assert_eq!((bench.stands(&id).await, bench.outbox.cancel(&id).await), ((State::Sending, None), may_have_effect()));
    bench.gateway.0.lock().unwrap().down = false;
    bench.flush().await;

    assert_eq!(bench.stands(&id).await, (State::Done, None));
    assert_eq!(bench.gateway.effects(), ["Хүрсэн"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_knows_nothing_of_can_be_called_off_unless_it_may_have_forgotten() {
    let bench = Bench::new();
    for (text, age, known) in [("Өнөөдөр", 0, true), ("Хэдэн өдрийн өмнө", 40, false)] {
        bench.gateway.fault(Fault::Refuse(503, "busy"));
        let id = bench.note(text, text).await;
        bench.settled(&id).await;
        bench.spoil(&id).await;

        bench.clock.advance(Duration::from_secs(age * 24 * 3600));
        bench.flush().await;

        let (shown, can_be) =
            if known { ("operation_unreadable", Ok(())) } else { ("damaged_unknown", may_have_effect()) };
        assert_eq!((bench.stands(&id).await, bench.outbox.cancel(&id).await), (wedged(shown), can_be), "{text}");
    }
    assert!(bench.gateway.effects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn that_it_was_refused_is_kept_whole_or_not_at_all() {
    let bench = Bench::new();
    let id = bench.met(Fault::RefuseUnheard(422, "invalid_field"), "Буцсан", "a").await;
    bench.spoil(&id).await;
    let run = async |sql: &'static str| {
        bench.store.write(move |dao| dao.sql().execute_batch(sql).map_err(storage::Error::from)).await.unwrap();
    };
    run("CREATE TRIGGER fails BEFORE UPDATE ON operation WHEN new.state = 'wedged'
         BEGIN SELECT RAISE(ABORT, 'on purpose'); END")
    .await;

    assert_eq!(bench.outbox.flush(Duration::from_secs(3600)).await, Ok(PassEnd::Stopped));
    assert_eq!((bench.stands(&id).await, bench.outbox.cancel(&id).await), ((State::Sending, None), may_have_effect()));

    run("DROP TRIGGER fails").await;
    bench.flush().await;
    assert_eq!(bench.stands(&id).await, wedged("invalid_field"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_besides_is_sent_from_that_under_the_same_key() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::DropReply);
    let id = bench.copied("Өргөдөл").await;
    bench.settled(&id).await;

    bench.spoil(&id).await;
    bench.flush().await;

    assert_eq!(bench.stands(&id).await, (State::Done, None));
    assert_eq!((bench.gateway.effects(), bench.applied("Өргөдөл").await), (vec!["Өргөдөл".to_owned()], Some(1)));
    let keys = bench.gateway.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_that_is_gone_too_nobody_knows_until_the_citizen_has_looked() {
    let bench = Bench::new();
    for (text, fault, shown) in
        [("Үүрд", Fault::DropReply, "damaged_unknown"), ("Өчигдөр", Fault::Offline, "operation_unreadable")]
    {
        bench.gateway.fault(fault);
        let id = bench.copied(text).await;
        bench.settled(&id).await;
        bench.spoil(&id).await;
        bench.sql(format!("DELETE FROM noted WHERE text = '{text}'")).await;
        bench.flush().await;
        assert_eq!(bench.stands(&id).await, wedged(shown));

        if shown == "damaged_unknown" {
            assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
            bench.outbox.retry(&id).await.unwrap();
            bench.flush().await;
            assert_eq!(bench.stands(&id).await, wedged("damaged_looked"), "it is not said that it had no effect");
        }

        bench.outbox.cancel(&id).await.unwrap();
    }
    assert_eq!(bench.gateway.effects(), ["Үүрд"], "nothing was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_has_taken_a_step_is_not_called_off_before_it_is_found_out_how_far_it_is() {
    let bench = Bench::new();
    let id = bench.outbox.enqueue(steps::Errand { pause_s: 60, committed: true }).await.unwrap();
    bench.settled(&id).await;
    assert_eq!(bench.stands(&id).await, (State::New, None));

    bench.spoil(&id).await;
    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
    bench.clock.advance(Duration::from_secs(60));
    bench.flush().await;

    assert_eq!(bench.stands(&id).await, wedged("damaged_unknown"), "the key is the next step's");
    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_and_is_wedged_stays_so_when_it_can_not_be_read_any_more() {
    let bench = Bench::new();
    let id = bench.outbox.enqueue(steps::Errand { pause_s: 60, committed: true }).await.unwrap();
    bench.settled(&id).await;
    bench.gateway.fault(Fault::Refuse(403, "not_yours"));
    bench.clock.advance(Duration::from_secs(60));
    bench.flush().await;
    assert_eq!(bench.stands(&id).await, wedged("not_yours"));
    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());

    bench.spoil(&id).await;

    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_of_a_newer_build_has_not_left_because_this_one_looked_at_it() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    let id = bench.note("Шинэ", "a").await;
    bench.sql(format!("UPDATE operation SET kind = 'of_tomorrow' WHERE id = '{}'", id.as_str())).await;

    bench.outbox.start();
    bench.flush().await;
    assert_eq!(bench.stands(&id).await, wedged("operation_unknown"));
    bench.sql(format!("UPDATE operation SET kind = 'note' WHERE id = '{}'", id.as_str())).await;
    bench.gateway.0.lock().unwrap().down = true;
    bench.outbox.retry(&id).await.unwrap();
    bench.flush().await;

    assert_eq!(bench.stands(&id).await, (State::New, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_under_its_key_is_told_as_refused_and_can_be_called_off() {
    let bench = Bench::new();
    for (status, code) in [(403, "consent_lapsed"), (409, "request_moved")] {
        let id = bench.met(Fault::RefuseUnheard(status, code), "Зөвшөөрөл", code).await;
        bench.spoil(&id).await;

        bench.flush().await;

        assert_eq!(bench.stands(&id).await, wedged(code));
        bench.outbox.cancel(&id).await.unwrap();
    }
    assert!(bench.gateway.effects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_answer_that_is_no_final_word_says_nothing_of_the_effect() {
    let bench = Bench::new();
    let id = bench.met(Fault::RefuseUnheard(504, "register_late"), "Хүлээлт", "a").await;
    bench.spoil(&id).await;

    for _ in 0..5 {
        bench.flush().await; // as often as an answer that says nothing is asked for again
    }

    assert_eq!(bench.stands(&id).await, wedged("damaged_unknown"));
    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_looked_up_without_a_newer_proof_is_not_given_up() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "Хүрсэн", "a").await;
    bench.spoil(&id).await;
    bench.gateway.0.lock().unwrap().asked = Some(Fault::StepUp);

    bench.flush().await;
    assert_eq!(bench.stands(&id).await, wedged("step_up_unknown"));
    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
    bench.gateway.0.lock().unwrap().asked = None;
    bench.outbox.retry(&id).await.unwrap();

    assert_eq!(bench.settled(&id).await.state, State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_key_that_nothing_was_sent_under_is_another_one() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    let id = bench.note("Түлхүүр", "a").await;
    bench.lose_key(&id).await;

    bench.outbox.start();

    assert_eq!(bench.settled(&id).await.state, State::Done);
    assert_eq!(bench.gateway.effects(), ["Түлхүүр"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_key_that_something_was_sent_under_is_ended_when_the_citizen_has_looked() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "Түлхүүр", "a").await;
    bench.lose_key(&id).await;

    bench.flush().await;
    assert_eq!(bench.stands(&id).await, wedged("damaged_unknown"));
    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
    bench.outbox.retry(&id).await.unwrap();
    bench.flush().await;
    assert_eq!(bench.stands(&id).await, wedged("damaged_looked"));

    bench.outbox.cancel(&id).await.unwrap();
    assert_eq!(bench.gateway.effects(), ["Түлхүүр"], "nothing was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_read_is_let_go_with_the_request_that_needs_it() {
    let (bench, id) = Bench::with_a_file_under_way().await;
    bench.sql("UPDATE operation SET body = x'00' WHERE kind = 'upload'".into()).await;
    assert_eq!(bench.states().await, [State::Sending, State::New]);

    bench.outbox.cancel(&id).await.unwrap();

    assert_eq!(bench.states().await, [State::Cancelled; 2]);
}
