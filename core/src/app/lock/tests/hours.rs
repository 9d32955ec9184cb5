//! Locking by itself: nobody touches it, or it was away.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_nobody_touches_locks_and_one_that_is_touched_does_not() {
    let (_phone, clock, app) = with_hours().await;
    let s = Duration::from_secs;
    settled(&app).await;

    clock.advance(s(299));
    settled(&app).await;
    app.lock().touch();
    clock.advance(s(299));
    settled(&app).await;
    assert!(app.lock().status().open);
    clock.advance(s(1));
    until(|| !app.lock().status().open).await;

    app.lock().unlock(Some(PIN)).await.unwrap();
    app.lock().shorten(s(60), s(5));
    settled(&app).await;
    clock.advance(s(60));
    until(|| !app.lock().status().open).await;

    app.lock().unlock(Some(PIN)).await.unwrap();
    app.lock().change_pin(Some(PIN), None).await.unwrap();
    clock.advance(s(100_000));
    settled(&app).await;
    assert!(app.lock().status().open, "without a PIN there is nothing to lock");
    app.shutdown(PATIENCE).await.unwrap();
}

/// The timer has been asked and waits again.
async fn settled(app: &App) {
    for _ in 0..50 {
        app.auth().state().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_was_away_for_too_long_comes_back_locked() {
    let (_phone, clock, app) = with_hours().await;
    let s = Duration::from_secs;
    let away = async |span| {
        app.suspend(PATIENCE).await.unwrap();
        clock.advance(span);
        app.resume().await.unwrap();
        app.lock().status().open
    };

    assert!(away(s(29)).await);
    assert!(!away(s(30)).await);
    assert_eq!(app.auth().state().await, Ok(SessionState::Locked));
    app.lock().unlock(Some(PIN)).await.unwrap();
    app.lock().shorten(s(300), s(0));
    assert!(!away(s(0)).await, "at once, if the configuration says so");
    app.shutdown(PATIENCE).await.unwrap();
}
