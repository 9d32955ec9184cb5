//! What happens while something else is under way.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_stops_waiting_changes_nothing_of_what_becomes_of_it() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    for polls in 0..4 {
        abandon(app.lock().lock(), polls);
        until(|| !app.lock().status().open).await;
        abandon(app.lock().unlock(Some(PIN)), polls);
        until(|| app.lock().status().open).await;
        abandon(app.lock().change_pin(Some(PIN), None), polls);
        until(|| !app.lock().status().set).await;
        abandon(app.lock().change_pin(None, Some(PIN)), polls);
        until(|| app.lock().status().set).await;
    }
    app.lock().lock().await.unwrap();
    for tries_left in [9, 8] {
        abandon(app.lock().unlock(Some(WRONG)), 0);
        until(|| app.lock().status().tries_left == tries_left).await;
    }
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_on_their_way_while_it_locks_are_there_once_it_is_open_again() {
    for in_time in [true, false] {
        let (phone, clock, app) = with_hours().await;
        app.inbox().refresh().await.unwrap();
        let answer = Arc::new(tokio::sync::Notify::new());
        {
            let mut world = phone.bench.world();
            world.expire_access_tokens();
            (world.rotate, world.hold_tokens) = (true, Some(answer.clone())); // who loses this answer has nothing left
        }
        let asked = app.inbox().refresh();
        until(|| phone.bench.world().refreshes == 1).await;

        let locked = app.lock().lock();
        until(|| !app.lock().status().open).await;
        assert_eq!(app.inbox().refresh().await.map(drop), Err(Error::Locked));
        if in_time {
            answer.notify_one();
            locked.await.unwrap();
        } else {
            // Once, and when it waits: any further and the request that is held would be given up.
            let patience = clock.now().saturating_add(LAND_WITHIN);
            until(|| clock.is_awaited(patience)).await;
            clock.advance(LAND_WITHIN);
            locked.await.unwrap();
            answer.notify_one();
        }
        phone.bench.world().hold_tokens = None;
        let _ = asked.await; // refused or answered, as it happened
        app.0.auth.quiesce().await;
        assert!(app.0.keys.id().is_none());

        app.lock().unlock(Some(PIN)).await.unwrap();
        app.inbox().refresh().await.unwrap();
        assert_eq!(phone.bench.world().refreshes, 1, "in time: {in_time}");
        app.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_between_the_right_pin_and_the_open_gate_is_not_lost() {
    let phone = Phone::new().await;
    let app = phone.with_pin().await;
    app.lock().lock().await.unwrap();
    app.lock().check(Zeroizing::new(PIN.into())).await.unwrap();
    assert!(app.0.keys.id().is_some() && !app.lock().status().open, "the PIN was right, the gate is not open yet");

    app.lock().lock().await.unwrap();

    assert!(app.0.keys.id().is_none(), "every key is out of memory when that call returns");
    assert_eq!(app.0.shutter.opened(Occasion::Opened).await, Err(Error::Locked));
    assert!(!app.lock().status().open);
    app.lock().unlock(Some(PIN)).await.unwrap();
    assert!(app.auth().citizen().await.is_ok(), "control");
    app.shutdown(PATIENCE).await.unwrap();
}

/// Polls so often, then goes away.
fn abandon(mut work: Work<()>, polls: usize) {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(ended) = std::pin::Pin::new(&mut work).poll(&mut context) {
            ended.unwrap();
            return;
        }
        std::thread::yield_now();
    }
}
