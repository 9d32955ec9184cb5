//! An operation has its effect once and its answer here, whatever happens to the wire, the process and its caller.

use std::sync::atomic::AtomicUsize;

use super::*;

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
    bench.flush().await;

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
    bench.met(Fault::DropReply, "twice", "a").await;
    bench.flush().await;

    assert_eq!(bench.gateway.effects(), ["twice", "twice"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_opened_again_goes_on_under_the_same_key() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "restart", "a").await;
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
    bench.flush().await;

    assert_eq!(bench.gateway.effects(), ["herder"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_that_finds_no_network_spares_the_others_the_try() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    let mut ids = Vec::new();
    for n in 0..30 {
        bench.gateway.fault(Fault::Offline);
        ids.push(bench.note(&format!("Үүр {n}"), &format!("group {n}")).await);
    }

    bench.outbox.start();
    bench.settled(&ids[0]).await;

    let tried = 30 - bench.gateway.0.lock().unwrap().faults.len();
    assert!((1..=8).contains(&tried), "{tried}");
    for id in &ids {
        assert_eq!(bench.outbox.get(id).await.unwrap().state, State::New);
    }
}

/// Whoever sends waits until the signal is gone.
#[derive(Default)]
struct Tunnel {
    sent: watch::Sender<usize>,
    gone: watch::Sender<bool>,
}

impl Courier for Tunnel {
    fn send(&self, _outgoing: gateway::Outgoing) -> BoxFuture<'_, Result<Answer, gateway::Error>> {
        Box::pin(async {
            self.sent.send_modify(|sent| *sent += 1);
            let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
            Err(net::Error::Offline { host: "localhost".into() }.into())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_way_is_full_others_are_not_taken_up_and_when_the_signal_goes_nothing_is_begun() {
    let (bench, tunnel) = (Bench::new(), Arc::new(Tunnel::default()));
    bench.outbox.stop().await;
    let outbox = outbox(&bench.store, &tunnel, &bench.clock, &bench.events);
    let mut ids = Vec::new();
    for n in 0..30 {
        let note = Note { text: format!("Өвс {n}"), group: format!("group {n}") };
        ids.push(outbox.enqueue(note).await.unwrap());
    }

    outbox.start();
    tunnel.sent.subscribe().wait_for(|sent| *sent == 8).await.unwrap();
    assert_eq!(outbox.get(&ids[8]).await.unwrap().state, State::New);
    tunnel.gone.send_replace(true);
    outbox.settle(&ids[0], Duration::from_secs(3600)).await.unwrap();

    assert_eq!(*tunnel.sent.borrow(), 8);
    for (n, id) in ids.iter().enumerate() {
        let view = outbox.get(id).await.unwrap();
        assert_eq!((view.state, view.attempts), (State::New, u32::from(n < 8)));
    }
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
    let id = bench.met(Fault::Refuse(422, "invalid_field"), "mend", "a").await;
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
        bench.flush().await;
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

/// How many steps SQLite takes to find what is due, and to hurry it.
async fn steps(bench: &Bench) -> usize {
    let look = |dao: &mut Dao<'_>| {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = taken.clone();
        dao.sql().progress_handler(
            1,
            Some(move || {
                count.fetch_add(1, Ordering::Relaxed);
                false
            }),
        );
        let looked = store::hurry(dao, Timestamp::EPOCH).and_then(|()| store::heads(dao));
        dao.sql().progress_handler(0, None::<fn() -> bool>);
        looked.map(|_| taken.load(Ordering::Relaxed))
    };
    bench.store.write(look).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_not_looked_through_for_what_is_due() {
    let bench = Bench::new();
    steps(&bench).await; // reads the schema, too
    let before = steps(&bench).await;

    for text in ["Өвөл", "Үүр", "Ёс"] {
        bench.note(text, text).await;
    }
    bench.flush().await;

    assert_eq!(bench.gateway.effects().len(), 3);
    assert_eq!(steps(&bench).await, before);
}
