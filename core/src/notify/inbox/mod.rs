//! The citizen's inbox: what institutions sent, and what the citizen did with it.
//!
//! Guarantees: a local change is never lost and never undone by a late server reply; every change ends
//! acknowledged or visible as pending.

mod model;
mod operations;
mod store;
mod wire;

use std::time::Duration;

pub use model::{Filter, Message, MessageId, MessageKind};
use operations::Change;
pub use operations::{Delete, MarkRead};
use store::{MessageFeed, Overlay};
use wire::MessageWire;

use crate::{
    country::LocalisedText,
    foundation::{
        clock::Timestamp,
        error::{Error, Result},
        events::{Area, Events},
        runtime::{Spawner, Work},
        storage::{self, Store},
    },
    offline::{
        Aged, PAGE, Page,
        cache::{self, Cache, Feed as _, Refreshed},
        outbox::{Entry, OperationId, Outbox},
        unknown_cursor,
    },
};

/// A push says sooner; without one, a quarter of an hour is the age a citizen should know of.
const FRESH_FOR: Duration = Duration::from_secs(15 * 60);

/// The inbox. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    cache: Cache,
    state: Store,
    outbox: Outbox,
    events: Events,
    spawner: Spawner,
}

impl Inbox {
    pub fn new(cache: Cache, state: Store, outbox: Outbox, events: Events, spawner: Spawner) -> Self {
        Self { cache, state, outbox, events, spawner: spawner.personal() }
    }

    /// Newest first, from the device, with its age. Abandonable.
    pub fn page(&self, filter: Filter, before: Option<MessageId>) -> Work<Aged<Page<Message>>> {
        self.freshen();
        self.spawner.abandonable(self.clone().read_page(filter, before))
    }

    /// One message, from the device. Abandonable.
    pub fn message(&self, id: &MessageId) -> Work<Aged<Message>> {
        self.spawner.abandonable(self.clone().read_message(id.clone()))
    }

    /// How many are unread, from the device. Abandonable.
    pub fn unread(&self) -> Work<u32> {
        let inbox = self.clone();
        let count = async move {
            let overlay = inbox.state.read(store::overlay).await?;
            let ids = inbox.cache.rows(store::unread_ids).await?;
            let unread = ids.iter().filter(|id| !overlay.of(id).read && !overlay.of(id).deleted).count();
            Ok::<_, storage::Error>(u32::try_from(unread).unwrap_or(u32::MAX))
        };
        self.spawner.abandonable(count)
    }

    /// Marks a message read here at once and there eventually. Committed.
    pub fn mark_read(&self, id: &MessageId) -> Work<OperationId> {
        let (row, operation) = (id.clone(), MarkRead { id: id.clone() });
        self.change(id, Entry::of(operation).unless(move |dao| store::operation_of(dao, &row, Change::Read)))
    }

    /// Deletes a message here at once and there eventually. Committed.
    pub fn delete(&self, id: &MessageId) -> Work<OperationId> {
        let (row, operation) = (id.clone(), Delete { id: id.clone() });
        self.change(id, Entry::of(operation).unless(move |dao| store::operation_of(dao, &row, Change::Deleted)))
    }

    /// Pulls what changed. Abandonable: each page pulled stays.
    pub fn refresh(&self) -> Work<Refreshed> {
        self.spawner.abandonable(self.clone().pull())
    }

    /// Only of a message that is here.
    fn change(&self, id: &MessageId, entry: Entry) -> Work<OperationId> {
        let (inbox, id) = (self.clone(), id.clone());
        self.spawner.committed(async move {
            let here = inbox.cache.rows(move |dao| store::message(dao, &id)).await?.is_some();
            if here { inbox.outbox.put(entry).await } else { Err(Error::NotFound) }
        })
    }

    async fn read_message(self, id: MessageId) -> Result<Aged<Message>> {
        let overlay = self.state.read(store::overlay).await?;
        let read = move |dao: &storage::Dao<'_>| {
            let hidden = overlay.of(id.as_str()).deleted;
            let found = store::message(dao, &id)?.filter(|_| !hidden);
            Ok(found.and_then(|wire| message(wire, &overlay)))
        };
        let aged = self.cache.read(MessageFeed::NAME, FRESH_FOR, read).await?;
        aged.ok_or(Error::NotFound)
    }

    async fn read_page(self, filter: Filter, before: Option<MessageId>) -> Result<Aged<Page<Message>>> {
        let overlay = self.state.read(store::overlay).await?;
        let page = self
            .cache
            .read(MessageFeed::NAME, FRESH_FOR, move |dao| {
                if let Some(id) = &before
                    && !store::is_pulled(dao, id)?
                {
                    return Ok(None);
                }
                let rows = store::messages(dao, before.as_ref(), &filter, PAGE + 1, &overlay)?;
                let page = Page::cut(rows, |last| last.id.clone());
                let items = page.items.into_iter().filter_map(|wire| message(wire, &overlay)).collect();
                Ok(Some(Page { items, next: page.next }))
            })
            .await?;
        page.ok_or(unknown_cursor("before"))
    }

    async fn pull(self) -> Result<Refreshed, cache::Error> {
        let refreshed = self.cache.pull::<MessageFeed>().await;
        let dropped = self.drop_overlays().await; // a pull that failed may have stored pages before
        let refreshed = refreshed?;
        dropped?;
        Ok(refreshed)
    }

    /// An overlay ends when the pulled version has reached the acknowledged one.
    async fn drop_overlays(&self) -> storage::Result<()> {
        let acknowledged = self.state.read(store::acknowledged).await?;
        if acknowledged.is_empty() {
            return Ok(());
        }
        let ids = acknowledged.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        let versions = self.cache.rows(move |dao| store::pulled_versions(dao, &ids)).await?;
        if versions.is_empty() {
            return Ok(());
        }
        let drop_shown = move |dao: &mut storage::Dao<'_>| -> storage::Result<usize> {
            versions.iter().map(|(id, pulled)| store::drop_shown(dao, id, *pulled)).sum()
        };
        if self.state.write(drop_shown).await? > 0 {
            self.events.changed(Area::Inbox);
        }
        Ok(())
    }

    fn freshen(&self) {
        self.cache.freshen(MessageFeed::NAME, FRESH_FOR, self.clone().pull());
    }
}

/// `None` for an id in no usable form: such a message could be neither read nor deleted.
fn message(wire: MessageWire, overlay: &Overlay) -> Option<Message> {
    let changed = overlay.of(&wire.id);
    let MessageWire {
        id,
        version: _,
        kind,
        title,
        body,
        sender,
        sent_at,
        request_id,
        on_behalf_of: person,
        read_at,
        deleted: _,
    } = wire;
    Some(Message {
        id: MessageId::parse(&id)?,
        kind,
        title: title.unwrap_or_else(empty),
        body: body.unwrap_or_else(empty),
        sender,
        sent_at: sent_at.unwrap_or(Timestamp::EPOCH),
        request_id,
        person,
        read: read_at.is_some() || changed.read,
        pending: changed.pending,
    })
}

fn empty() -> LocalisedText {
    LocalisedText::mongolian("")
}
