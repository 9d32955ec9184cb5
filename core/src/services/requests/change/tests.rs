use tempfile::TempDir;

use super::*;
use crate::{
    foundation::storage,
    offline::outbox::Registry,
    services::requests::testing::{outbox_at_rest, state},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_withdrawn_once_and_not_while_something_else_of_it_is_on_its_way() {
    let dir = TempDir::new().unwrap();
    let state = state(dir.path());
    let outbox = outbox_at_rest(&state, Registry::default().with::<Withdraw>());
    let withdraw = |request: &str| {
        let request = RequestId::parse(request).unwrap();
        outbox.put(withdrawal(Withdraw { request, reason: Some("Өөр газраас авсан".into()) }))
    };

    let first = withdraw("r1").await.unwrap();
    assert_eq!(withdraw("r1").await, Ok(first.clone()), "once");

    let correct = "UPDATE operation SET kind = 'request.correct'"; // and this one is a correction
    state.write(move |dao| dao.sql().execute(correct, []).map_err(storage::Error::from)).await.unwrap();
    assert_eq!(withdraw("r1").await, Err(Error::invalid("request", "request.under_way")));
    assert_ne!(withdraw("r2").await.unwrap(), first, "another request is its own");
}
