//! What the shells are told, when they ask.
//!
//! Guarantees: pulled, never pushed; bounded; an event equal to one still waiting is folded into it;
//! after shutdown every waiter gets `None`.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

use crate::foundation::clock::Timestamp;

/// The part of the citizen's world that an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Area {
    Catalogue,
    Bundles,
    Requests,
    Inbox,
    Outbox,
    Session,
}

impl Area {
    pub const ALL: [Self; 6] =
        [Self::Session, Self::Outbox, Self::Bundles, Self::Requests, Self::Inbox, Self::Catalogue];
}

/// Something a shell should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Read this area again.
    Changed { area: Area },
    /// The session is over and cannot be renewed; outbox and documents are untouched.
    SignInRequired,
    /// The session will end then by itself: whoever signs in before that notices nothing. Told once for each end.
    SessionEnding { ends_at: Timestamp },
    /// An operation can't go on without the citizen. The id is the outbox's.
    OperationNeedsAttention { operation: String },
    /// `cache.db` was damaged and has been started anew; the next sync fills it.
    CacheRebuilt,
    /// `state.db` could not be read; the file was kept under this name and a new one started.
    StateSetAside { file: String },
    /// The state no longer serves builds as old as this one: the citizen needs a newer app. Told at every start.
    UpdateRequired,
    /// So many events came that this many were dropped: read everything again.
    Missed { count: u32 },
}

/// More waiting events than this and the oldest go, counted in [`Event::Missed`].
const WAITING: usize = 64;

/// The queue. Cheap to clone; all clones are one queue.
#[derive(Clone, Default)]
pub struct Events(Arc<Inner>);

#[derive(Default)]
struct Inner {
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Event>,
    missed: u32,
    closed: bool,
}

impl Events {
    pub fn emit(&self, event: Event) {
        {
            let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.closed || queue.waiting.contains(&event) {
                return;
            }
            if queue.waiting.len() == WAITING {
                queue.waiting.pop_front();
                queue.missed = queue.missed.saturating_add(1);
            }
            queue.waiting.push_back(event);
        }
        self.0.arrived.notify_one();
    }

    pub fn changed(&self, area: Area) {
        self.emit(Event::Changed { area });
    }

    /// Whatever is shown is to be read again: what may be read at all has changed.
    pub fn all_changed(&self) {
        Area::ALL.into_iter().for_each(|area| self.changed(area));
    }

    /// The next event; waits for one. `None` after [`Events::close`]. Abandonable.
    pub async fn next(&self) -> Option<Event> {
        loop {
            let arrived = self.0.arrived.notified();
            {
                let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
                if queue.missed > 0 {
                    let count = std::mem::take(&mut queue.missed);
                    self.0.arrived.notify_one(); // another waiter may take what is left
                    return Some(Event::Missed { count });
                }
                if let Some(event) = queue.waiting.pop_front() {
                    if !queue.waiting.is_empty() || queue.closed {
                        self.0.arrived.notify_one();
                    }
                    return Some(event);
                }
                if queue.closed {
                    self.0.arrived.notify_one();
                    return None;
                }
            }
            arrived.await;
        }
    }

    pub fn close(&self) {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.0.arrived.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn equal_events_are_folded() {
        let events = Events::default();

        events.changed(Area::Inbox);
        events.changed(Area::Requests);
        events.changed(Area::Inbox);

        assert_eq!(events.next().await, Some(Event::Changed { area: Area::Inbox }));
        assert_eq!(events.next().await, Some(Event::Changed { area: Area::Requests }));
    }

    #[tokio::test]
    async fn a_flood_is_bounded_and_owned_up_to() {
        let events = Events::default();

        for n in 0..100 {
            events.emit(Event::OperationNeedsAttention { operation: n.to_string() });
        }

        assert_eq!(events.next().await, Some(Event::Missed { count: 36 }));
        assert_eq!(events.next().await, Some(Event::OperationNeedsAttention { operation: "36".into() }));
    }

    #[tokio::test]
    async fn closing_ends_every_waiter() {
        let events = Events::default();
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let events = events.clone();
                tokio::spawn(async move { events.next().await })
            })
            .collect();
        tokio::task::yield_now().await;

        events.close();

        for waiter in waiters {
            assert_eq!(waiter.await.unwrap(), None);
        }
    }
}
