//! Callers who come late: who still hold a set of tokens that others have long renewed.

use std::pin::{Pin, pin};

use futures_util::FutureExt as _;

use super::*;
use crate::foundation::{net::testing::Reply, storage};

async fn stored(bench: &Bench) -> TokenSet {
    bench.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await.unwrap().unwrap()
}

/// Signed in, with two sets behind it: the first is no longer stored, the second is.
async fn at_the_second_set() -> (Bench, TokenSet, TokenSet) {
    let bench = Bench::new().await;
    bench.clock.stand_still();
    bench.sign_in().await;
    call(&bench).await.unwrap(); // the nonces are known from here on
    let first = stored(&bench).await;
    bench.clock.advance(LATER);
    call(&bench).await.unwrap();
    let second = stored(&bench).await;
    assert_ne!(first.id, second.id);
    assert_eq!(bench.world().refreshes, 1);
    (bench, first, second)
}

/// Nothing is written to the file until what is given back is dropped; reads go on.
async fn hold_the_writer(bench: &Bench) -> std::sync::mpsc::Sender<()> {
    let (release, held) = std::sync::mpsc::channel();
    let (inside, arrived) = tokio::sync::oneshot::channel();
    let write = bench.store.write(move |_| {
        let _ = inside.send(());
        let _ = held.recv();
        Ok::<_, storage::Error>(())
    });
    tokio::spawn(write);
    arrived.await.unwrap();
    release
}

/// Sets out and does not arrive.
fn begin<F: Future>(mut work: Pin<&mut F>) {
    assert!(work.as_mut().now_or_never().is_none());
}

async fn send(bench: &Bench, authorization: &Authorization) -> Response {
    let mut request = Request::new(Method::Get, bench.server.url("/v1/me"));
    request.headers.extend(authorization.headers());
    bench.net.exchange(&request).await.unwrap()
}

#[tokio::test]
async fn a_stragglers_renewal_is_not_taken_for_that_of_the_stored_set() {
    let (bench, first, second) = at_the_second_set().await;
    bench.clock.advance(LATER);
    let renewal = bench.auth.tokens().renewal;
    let writer = hold_the_writer(&bench).await;
    let mut straggler = pin!(renewal.renew(&first.id));
    begin(straggler.as_mut());
    let mut caller = pin!(renewal.renew(&second.id));
    begin(caller.as_mut());

    drop(writer);
    let (straggler, caller) = tokio::join!(straggler, caller);

    straggler.unwrap();
    caller.unwrap();
    assert_ne!(stored(&bench).await.id, second.id, "the caller was told that it is renewed");
    assert_eq!(bench.world().refreshes, 2);
}

#[tokio::test]
async fn callers_of_one_set_still_share_one_renewal_while_a_straggler_looks() {
    let (bench, first, second) = at_the_second_set().await;
    bench.world().rotate = true;
    bench.clock.advance(LATER);
    let renewal = bench.auth.tokens().renewal;
    let writer = hold_the_writer(&bench).await;
    let mut straggler = pin!(renewal.renew(&first.id));
    begin(straggler.as_mut());
    let mut callers: Vec<_> = (0..50).map(|_| Box::pin(renewal.renew(&second.id))).collect();
    callers.iter_mut().for_each(|caller| begin(caller.as_mut()));

    drop(writer);
    straggler.await.unwrap();
    for caller in callers {
        caller.await.unwrap();
    }

    assert_eq!(bench.world().refreshes, 2);
    assert_eq!(call(&bench).await.unwrap().status, 200);
    renewal.landed().await;
}

#[tokio::test]
async fn a_401_while_a_straggler_renews_does_not_end_a_session_that_lives() {
    let (bench, first, second) = at_the_second_set().await;
    let (tokens, url, mut tried) = (bench.auth.tokens(), bench.server.url("/v1/me"), Tried::default());
    let used = tokens.authorization(Method::Get, &url).await.unwrap();
    bench.world().expire_access_tokens();
    let response = send(&bench, &used).await;
    assert_eq!(response.status, 401);
    let writer = hold_the_writer(&bench).await;
    let mut straggler = pin!(tokens.renewal.renew(&first.id));
    begin(straggler.as_mut());
    let verdict = {
        let mut challenged = pin!(tokens.challenged(&mut tried, &used, &url, &response));
        begin(challenged.as_mut());
        drop(writer);
        challenged.await.unwrap()
    };
    straggler.await.unwrap();
    assert_eq!(verdict, Verdict::TryAgain);

    let anew = tokens.authorization(Method::Get, &url).await.unwrap();
    let response = send(&bench, &anew).await;
    let verdict = tokens.challenged(&mut tried, &anew, &url, &response).await.unwrap();

    assert_eq!((response.status, verdict), (200, Verdict::Accepted));
    assert_ne!(stored(&bench).await.id, second.id);
    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::Active { .. }));
}

#[tokio::test]
async fn a_stragglers_401_is_not_held_against_the_set_that_others_brought() {
    let (bench, _, second) = at_the_second_set().await;
    let (tokens, url, mut tried) = (bench.auth.tokens(), bench.server.url("/v1/me"), Tried::default());
    let straggler = tokens.authorization(Method::Get, &url).await.unwrap();
    tokens.renewal.renew(&second.id).await.unwrap();
    bench.world().expire_access_tokens(); // by the device's clock the stored set would last
    let before = bench.world().refreshes;

    let mut used = straggler;
    let status = loop {
        let response = send(&bench, &used).await;
        match tokens.challenged(&mut tried, &used, &url, &response).await.unwrap() {
            Verdict::Accepted => break response.status,
            Verdict::TryAgain => used = tokens.authorization(Method::Get, &url).await.unwrap(),
            verdict @ (Verdict::SignIn | Verdict::StepUp(_) | Verdict::Challenged) => {
                panic!("{verdict:?} though the session lives")
            }
        }
    };

    assert_eq!((status, bench.world().refreshes), (200, before + 1));
}

#[tokio::test]
async fn a_caller_who_wakes_late_is_not_given_tokens_that_have_ended() {
    let (bench, _, second) = at_the_second_set().await;
    bench.clock.advance(LATER);
    let gate = Arc::new(tokio::sync::Notify::new());
    bench.world().hold_tokens = Some(gate.clone());
    let tokens = bench.auth.tokens();
    let mut late = pin!(tokens.lasting(None));
    while bench.world().refreshes == 1 {
        begin(late.as_mut());
        tokio::task::yield_now().await;
    }
    bench.world().hold_tokens = None;
    gate.notify_one();
    tokens.renewal.landed().await;
    assert_ne!(stored(&bench).await.id, second.id);
    bench.clock.advance(LATER); // before it comes to look

    let given = late.await.unwrap();

    assert!(given.access_expires > tokens.clock.now(), "{:?}", given.access_expires);
    assert_eq!(bench.world().refreshes, 3);
}

#[tokio::test]
async fn a_token_that_ends_within_the_margin_is_used_and_one_that_ends_at_birth_is_no_loop() {
    type Spoil = fn(&mut serde_json::Value);
    let spoils: [(Spoil, usize); 2] = [
        (|answer| answer["expires_in"] = serde_json::json!(20), 1),
        (|answer| answer["expires_in"] = serde_json::json!(0), 2),
    ];
    for (spoil, refreshes) in spoils {
        let (bench, ..) = at_the_second_set().await;
        bench.world().spoil_tokens = spoil;
        bench.clock.advance(LATER);
        let before = bench.world().refreshes;

        let answer = call(&bench).await;

        assert_eq!(answer.unwrap().status, 200);
        assert_eq!(bench.world().refreshes - before, refreshes);
    }
}

#[tokio::test]
async fn a_gateway_that_refuses_new_tokens_too_is_believed_after_one_renewal() {
    let (bench, ..) = at_the_second_set().await;
    bench.world().resource = Arc::new(|_| Reply::status(401).with("WWW-Authenticate", r#"DPoP error="invalid_token""#));
    let before = bench.world().refreshes;

    let refused = call(&bench).await;

    assert!(matches!(refused, Err(Error::SignInRequired)), "{refused:?}");
    assert_eq!(bench.world().refreshes, before + 1);
    assert!(matches!(bench.auth.session().await.unwrap(), SessionState::Active { .. }));
}
