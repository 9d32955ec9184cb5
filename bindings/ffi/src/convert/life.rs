//! The life of the core: events, syncs, pushes, sign-out.

use emongolia_core::{app, foundation::events, offline::cache};

use super::{CoreError, all};

/// A part of the citizen's world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Area {
    /// Services, organisations, administrative units.
    Catalogue,
    /// Services that belong together, made for this citizen. They also follow [`Area::Requests`] and [`Area::Catalogue`].
    Bundles,
    /// What the citizen has applied for.
    Requests,
    /// What institutions sent.
    Inbox,
    /// What is on its way.
    Outbox,
    /// Who is signed in.
    Session,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Event {
    /// Read this area again.
    Changed {
        /// What changed.
        area: Area,
    },
    /// The session is over and can't be renewed; outbox and documents are untouched.
    SignInRequired,
    /// The session will end then by itself: offer to sign in again before. Told once for each end.
    SessionEnding {
        /// Unix milliseconds.
        ends_at_ms: i64,
    },
    /// An operation can't go on without the citizen.
    OperationNeedsAttention {
        /// Its id in the outbox.
        operation: String,
    },
    /// `cache.db` was damaged and has been started anew; the next sync fills it.
    CacheRebuilt,
    /// `state.db` could not be read, and a new one was started.
    StateSetAside {
        /// The name under which the old one was kept.
        file: String,
    },
    /// The state no longer serves builds as old as this one: the citizen needs a newer app. Told at every start.
    UpdateRequired,
    /// More came than was waited for, and the oldest were dropped: read everything again.
    Missed {
        /// How many were dropped.
        count: u32,
    },
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// Area by area, in the order in which it went.
    pub steps: Vec<SyncStep>,
    /// There is more to do: call again.
    pub more: bool,
}

/// What a sync did in one area.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncStep {
    /// Which.
    pub area: Area,
    /// How it ended.
    pub outcome: StepOutcome,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum StepOutcome {
    /// Something new.
    Changed,
    /// Nothing new.
    Unchanged,
    /// The budget ran out, the network is gone, or nobody is signed in.
    NotTried,
    /// It could not be done.
    Failed {
        /// Why.
        error: CoreError,
    },
}

/// What a push led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct PushOutcome {
    /// Something new was pulled: read requests and inbox again.
    pub changed: bool,
}

/// What asking for news brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Refreshed {
    /// Something new.
    pub changed: bool,
    /// There is more than was pulled in this turn.
    pub more: bool,
}

/// How far a sign-out got on the other side. On this phone it is always complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct SignedOut {
    /// The authorisation server has confirmed that the session is over. False: it could not be reached; without this
    /// phone's key the tokens are useless, and they expire.
    pub revoked: bool,
}

impl From<events::Area> for Area {
    fn from(area: events::Area) -> Self {
        match area {
            events::Area::Catalogue => Self::Catalogue,
            events::Area::Bundles => Self::Bundles,
            events::Area::Requests => Self::Requests,
            events::Area::Inbox => Self::Inbox,
            events::Area::Outbox => Self::Outbox,
            events::Area::Session => Self::Session,
        }
    }
}

impl From<events::Event> for Event {
    fn from(event: events::Event) -> Self {
        match event {
            events::Event::Changed { area } => Self::Changed { area: area.into() },
            events::Event::SignInRequired => Self::SignInRequired,
            events::Event::SessionEnding { ends_at } => Self::SessionEnding { ends_at_ms: ends_at.unix_ms() },
            events::Event::OperationNeedsAttention { operation } => Self::OperationNeedsAttention { operation },
            events::Event::CacheRebuilt => Self::CacheRebuilt,
            events::Event::StateSetAside { file } => Self::StateSetAside { file },
            events::Event::UpdateRequired => Self::UpdateRequired,
            events::Event::Missed { count } => Self::Missed { count },
        }
    }
}

impl From<app::SyncReport> for SyncReport {
    fn from(report: app::SyncReport) -> Self {
        let app::SyncReport { steps, more } = report;
        Self { steps: all(steps), more }
    }
}

impl From<app::SyncStep> for SyncStep {
    fn from(step: app::SyncStep) -> Self {
        let app::SyncStep { area, outcome } = step;
        Self { area: area.into(), outcome: outcome.into() }
    }
}

impl From<app::StepOutcome> for StepOutcome {
    fn from(outcome: app::StepOutcome) -> Self {
        match outcome {
            app::StepOutcome::Changed => Self::Changed,
            app::StepOutcome::Unchanged => Self::Unchanged,
            app::StepOutcome::NotTried => Self::NotTried,
            app::StepOutcome::Failed(error) => Self::Failed { error: error.into() },
        }
    }
}

impl From<app::PushOutcome> for PushOutcome {
    fn from(outcome: app::PushOutcome) -> Self {
        let app::PushOutcome { changed } = outcome;
        Self { changed }
    }
}

impl From<cache::Refreshed> for Refreshed {
    fn from(refreshed: cache::Refreshed) -> Self {
        let cache::Refreshed { changed, more } = refreshed;
        Self { changed, more }
    }
}

impl From<app::SignOut> for SignedOut {
    fn from(sign_out: app::SignOut) -> Self {
        let app::SignOut { revoked } = sign_out;
        Self { revoked }
    }
}
