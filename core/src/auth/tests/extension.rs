//! Two processes, one session: an app, and the notification extension that the platform may kill any moment.

use serde_json::json;

use super::*;
use crate::foundation::{clock::Clock as _, error::Error as Public};

/// As long as an extension needs at least, and a little.
const ENOUGH: Duration = Duration::from_secs(26);

async fn expired() -> (Bench, Auth) {
    let bench = Bench::new().await;
    bench.clock.stand_still();
    bench.sign_in().await;
    call(&bench).await.unwrap();
    let (extension, _) = bench.extension();
    bench.clock.advance(LATER);
    (bench, extension)
}

#[tokio::test]
async fn an_extension_with_time_renews_for_both_where_the_server_does_not_rotate() {
    let (bench, extension) = expired().await;
    extension.lives_for(ENOUGH);

    assert_eq!(call_as(&bench, &extension.tokens()).await.unwrap().status, 200);
    assert_eq!(call(&bench).await.unwrap().status, 200);

    assert_eq!(bench.world().refreshes, 1);
}

#[tokio::test]
async fn an_extension_without_time_leaves_the_renewal_to_the_app() {
    let (bench, extension) = expired().await;
    for lives_for in [None, Some(Duration::from_secs(24))] {
        if let Some(span) = lives_for {
            extension.lives_for(span);
        }

        let left = call_as(&bench, &extension.tokens()).await;

        assert!(matches!(left, Err(Error::LeftToTheApp)), "{left:?}");
        assert_eq!(Public::from(left.unwrap_err()), Public::Busy { retry_after_s: None });
    }
    assert_eq!(bench.world().refreshes, 0);
    assert_eq!(call(&bench).await.unwrap().status, 200);
    assert_eq!(call_as(&bench, &extension.tokens()).await.unwrap().status, 200, "what the app brought is for both");
    assert_eq!(bench.world().refreshes, 1);
}

#[tokio::test]
async fn once_the_server_was_seen_to_rotate_an_extension_renews_no_more() {
    let (bench, extension) = expired().await;
    bench.world().rotate = true;
    call(&bench).await.unwrap(); // the app sees it
    bench.clock.advance(LATER);
    extension.lives_for(Duration::from_secs(3600));

    let left = call_as(&bench, &extension.tokens()).await;
    bench.sign_in().await;
    bench.clock.advance(LATER);
    let after_another_sign_in = call_as(&bench, &extension.tokens()).await;

    assert!(matches!(left, Err(Error::LeftToTheApp)), "{left:?}");
    assert!(matches!(after_another_sign_in, Err(Error::LeftToTheApp)), "it is still that server");
    assert_eq!(call(&bench).await.unwrap().status, 200);
}

#[tokio::test]
async fn control_an_extension_that_is_killed_while_a_server_rotates_would_end_the_session() {
    let (bench, _) = expired().await;
    bench.world().rotate = true;
    let (extension, store) = bench.extension();
    let now = bench.clock.now();
    let claim = move |dao: &mut Dao<'_>| {
        let stored = store::tokens(dao)?.unwrap();
        assert!(store::claim_renewal(dao, &stored.id, now, Duration::from_secs(25))?);
        Ok::<_, Error>(stored)
    };
    let stored = store.write(claim).await.unwrap();
    extension.0.server.refresh(&stored.refresh).await.unwrap(); // and is killed before it can save what it got
    bench.clock.advance(Duration::from_secs(26)); // its turn is over

    let app = call(&bench).await;

    assert!(matches!(app, Err(Error::SignInRequired)), "{app:?}");
}

#[tokio::test]
async fn an_access_token_that_still_lasts_is_used_by_an_extension_whatever_its_time() {
    let bench = Bench::new().await;
    bench.clock.stand_still();
    bench.world().spoil_tokens = |answer| answer["expires_in"] = json!(20); // within the margin: a renewal would be tried
    bench.sign_in().await;
    let (extension, _) = bench.extension();

    assert_eq!(call_as(&bench, &extension.tokens()).await.unwrap().status, 200);
    assert_eq!(bench.world().refreshes, 0);
}
