use futures_util::future::BoxFuture;
use tempfile::TempDir;

use super::*;
use crate::{
    foundation::{
        clock::{ManualClock, Timestamp},
        crypto::{
            keys::{File, KeyRing},
            seal::Sealer,
        },
        events::Events,
        runtime::Spawner,
        storage::{self, Migrations, Store},
    },
    gateway::{self, Answer, Outgoing},
    offline::outbox::{Courier, Outbox, Registry},
};

const SCHEMA: Migrations = &[
    include_str!("../../../../migrations/state/0001_auth.sql"),
    include_str!("../../../../migrations/state/0002_outbox.sql"),
    include_str!("../../../../migrations/state/0003_requests.sql"),
    include_str!("../../../../migrations/state/0009_session.sql"),
    include_str!("../../../../migrations/state/0011_needs.sql"),
    include_str!("../../../../migrations/state/0012_attachments.sql"),
    include_str!("../../../../migrations/state/0013_drafts.sql"),
    include_str!("../../../../migrations/state/0016_changes.sql"),
];

struct NoNetwork;

impl Courier for NoNetwork {
    fn send(&self, _outgoing: Outgoing) -> BoxFuture<'_, Result<Answer, gateway::Error>> {
        unreachable!("the worker was not started")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_withdrawn_once_and_not_while_something_else_of_it_is_on_its_way() {
    let dir = TempDir::new().unwrap();
    let sealer = Sealer::new(KeyRing::for_tests(), File::State);
    let (state, _) = Store::open(dir.path(), SCHEMA, sealer, File::State, Spawner::current()).unwrap();
    let clock = ManualClock::at(Timestamp::from_unix_s(1_795_392_000));
    let registry = Registry::default().with::<Withdraw>();
    let (courier, clock) = (std::sync::Arc::new(NoNetwork), std::sync::Arc::new(clock));
    let outbox = Outbox::new(state.clone(), registry, courier, clock, Events::default(), Spawner::current());
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
