use std::time::Duration;

use serde::Serialize;

use crate::foundation::{error::Error, events::Area};

/// What a sync did, area by area, in the order in which it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncReport {
    pub steps: Vec<SyncStep>,
    /// There is more to do: call again.
    pub more: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStep {
    pub area: Area,
    pub outcome: StepOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    Changed,
    Unchanged,
    /// The budget ran out, the network is gone, or nobody is signed in.
    NotTried,
    Failed(Error),
}

impl SyncReport {
    /// The first error, if a step failed.
    pub fn error(&self) -> Option<&Error> {
        self.steps.iter().find_map(|step| match &step.outcome {
            StepOutcome::Failed(error) => Some(error),
            StepOutcome::Changed | StepOutcome::Unchanged | StepOutcome::NotTried => None,
        })
    }
}

/// What a push led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PushOutcome {
    /// Something new was pulled.
    pub changed: bool,
}

/// How far a sign-out got on the other side. On this phone it is always complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignOut {
    /// The authorisation server has confirmed that the session is revoked. `false`: it could not be reached;
    /// without this phone's key the tokens are useless, and they expire.
    pub revoked: bool,
}

/// The least that is worth starting a step for.
pub(super) const STEP: Duration = Duration::from_millis(200);
