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
    bench.flush().await;

    assert!(bench.gateway.effects().is_empty());
    assert_eq!(bench.applied("never sent").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_left_the_phone_can_not_be_called_off() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "left", "a").await;

    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
}
