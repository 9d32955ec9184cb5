//! What tests of requests share: `state.db` as far as it is theirs, and an outbox that nothing leaves.

use std::{path::Path, sync::Arc};

use futures_util::future::BoxFuture;

use crate::{
    foundation::{
        clock::{ManualClock, Timestamp},
        crypto::keys::File,
        events::Events,
        runtime::Spawner,
        storage::{Migrations, Store},
    },
    gateway::{self, Answer, Outgoing},
    offline::outbox::{Courier, Outbox, Registry},
};

const SCHEMA: Migrations = &[
    include_str!("../../../migrations/state/0001_auth.sql"),
    include_str!("../../../migrations/state/0002_outbox.sql"),
    include_str!("../../../migrations/state/0003_requests.sql"),
    include_str!("../../../migrations/state/0009_session.sql"),
    include_str!("../../../migrations/state/0011_needs.sql"),
    include_str!("../../../migrations/state/0012_attachments.sql"),
    include_str!("../../../migrations/state/0013_drafts.sql"),
    include_str!("../../../migrations/state/0015_payment.sql"),
    include_str!("../../../migrations/state/0016_changes.sql"),
    include_str!("../../../migrations/state/0017_prefill.sql"),
    include_str!("../../../migrations/state/0018_steps.sql"),
    include_str!("../../../migrations/state/0019_open.sql"),
];

pub(super) const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

pub(super) fn state(dir: &Path) -> Store {
    Store::for_tests(dir, File::State, SCHEMA)
}

/// Not started: what is put into it waits there.
pub(super) fn outbox_at_rest(state: &Store, registry: Registry) -> Outbox {
    let clock = Arc::new(ManualClock::at(NOW));
    Outbox::new(state.clone(), registry, Arc::new(NoNetwork), clock, Events::default(), Spawner::current())
}

struct NoNetwork;

impl Courier for NoNetwork {
    fn send(&self, _: Outgoing) -> BoxFuture<'_, Result<Answer, gateway::Error>> {
        unreachable!("the worker was not started")
    }
}
