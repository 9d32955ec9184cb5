//! What can be called off, and what may have left the phone.

use super::*;

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
async fn what_may_have_left_the_phone_can_not_be_called_off() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::DropReply);

    let id = bench.note("left", "a").await;
    bench.settled(&id).await;

    assert_eq!(bench.outbox.cancel(&id).await, Err(Error::invalid("operation", "operation.may_have_effect")));
}
