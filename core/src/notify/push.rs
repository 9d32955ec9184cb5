//! Pushes: a hint that something changed, never the thing itself.
//!
//! Guarantees: a push shows nothing and changes nothing by itself, it causes a pull; whoever forges one can
//! only make the phone look; the phone's address for pushes is registered through the outbox.

use rusqlite::{OptionalExtension as _, named_params};
use serde::{Deserialize, Serialize};

use crate::{
    foundation::{
        clock::Timestamp,
        crypto::seal::Column,
        error::{Error, Result},
        events::Area,
        json,
        net::Method,
        runtime::{Spawner, Work},
        storage::{self, Dao, Store},
    },
    gateway::{self, Access, Gateway},
    offline::outbox::{Entry, Heard, Operation, OperationId, Outbox, Outgoing, Progress},
};

/// FCM and APNs carry at most 4 KiB.
const PAYLOAD_LIMIT: usize = 4096;

/// FCM's tokens are the longest in use, at about 200 characters; what is shorter than this is no token.
const TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 8..=512;

const TOKEN: Column = Column { table: "push_registration", column: "token", layout: 1 };
const TOKEN_ROW: &str = "1";

const REGISTRATION: &str = "/v1/push/registration";

/// What a push asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    Inbox,
    Requests,
    /// Of a newer gateway: look at everything.
    Everything,
}

impl Hint {
    const ALL: [Self; 3] = [Self::Inbox, Self::Requests, Self::Everything];

    const fn area(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Requests => "requests",
            Self::Everything => "everything",
        }
    }

    /// What a name says; one of a newer gateway's: everything.
    fn named(area: &str) -> Self {
        Self::ALL.into_iter().find(|hint| hint.area() == area).unwrap_or(Self::Everything)
    }

    /// What covers both.
    pub fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Everything }
    }
}

/// Reads a push. [`Error::Invalid`]: not one of ours.
pub fn read_hint(payload: &[u8]) -> Result<Hint> {
    #[derive(Deserialize)]
    struct Wire {
        v: u32,
        area: String,
    }
    if payload.len() > PAYLOAD_LIMIT {
        return Err(Error::invalid("payload", "push.too_long"));
    }
    let wire: Wire = json::parse(payload).map_err(|_| Error::invalid("payload", "push.unreadable"))?;
    Ok(if wire.v == 1 { Hint::named(&wire.area) } else { Hint::Everything })
}

/// Where the phone's address for pushes is made known.
#[derive(Clone)]
pub struct Push {
    outbox: Outbox,
    gateway: Gateway,
    state: Store,
    spawner: Spawner,
}

impl Push {
    pub fn new(outbox: Outbox, gateway: Gateway, state: Store, spawner: Spawner) -> Self {
        Self { outbox, gateway, state, spawner: spawner.personal() }
    }

    /// Tells the gateway where pushes reach this phone. Committed.
    pub fn register(&self, token: &str) -> Work<OperationId> {
        let known_signs = token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:.".contains(&b));
        let usable = TOKEN_LENGTH.contains(&token.len()) && known_signs;
        let (outbox, entry) = (self.outbox.clone(), Entry::of(Register { token: token.to_owned() }));
        self.spawner.committed(async move {
            if usable { outbox.put(entry).await } else { Err(Error::invalid("token", "push.token")) }
        })
    }

    /// Asks the gateway to forget this phone. Best effort, for sign-out: the outbox is about to go, and a revoked
    /// session gets no pushes anyway.
    pub(crate) async fn unregister(&self) {
        let Ok(Some(token)) = self.state.read(registered).await else { return };
        let forget = gateway::Outgoing {
            method: Method::Delete,
            path: REGISTRATION.to_owned(),
            query: vec![("token".to_owned(), token)],
            access: Access::Citizen,
            body: None,
            key: None,
            if_none_match: None,
            published: None,
            known: None,
        };
        let _ = self.gateway.send(forget).await;
    }
}

/// Makes the phone's address for pushes known.
#[derive(Debug, Serialize, Deserialize)]
pub struct Register {
    token: String,
}

impl Operation for Register {
    const KIND: &'static str = "push.register";
    const AREA: Area = Area::Session;
    type Answer = Heard;

    fn group(&self) -> String {
        "push".to_owned()
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        let body = json::write(self).ok_or(storage::Error::Stored("push token"))?.into_bytes();
        Ok(Outgoing::keyed(Method::Put, REGISTRATION, Some(body)))
    }

    fn enqueued(&self, _id: &OperationId, _at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        let token = dao.seal(TOKEN, TOKEN_ROW, &self.token)?;
        dao.sql().execute(
            "INSERT INTO push_registration (id, token) VALUES (1, :token)
             ON CONFLICT (id) DO UPDATE SET token = excluded.token",
            named_params! {":token": token},
        )?;
        Ok(())
    }

    fn acknowledged(&self, _id: &OperationId, _answer: Heard, _dao: &mut Dao<'_>) -> storage::Result<Progress> {
        Ok(Progress::Done)
    }
}

/// Keeps a hint for when the app is unlocked: where to look, and nothing else, for it is kept in plain.
pub(crate) fn put_hint(dao: &mut Dao<'_>, hint: Hint, at: Timestamp) -> storage::Result<()> {
    dao.sql().execute(
        "INSERT INTO push_hint (area, at) VALUES (:area, :at) ON CONFLICT (area) DO UPDATE SET at = max(at, :at)",
        named_params! {":area": hint.area(), ":at": at.unix_ms()},
    )?;
    Ok(())
}

/// Where to look, all hints together, and which of them that is: for [`forget_hints`].
pub(crate) fn hints(dao: &Dao<'_>) -> storage::Result<Option<(Hint, i64)>> {
    let mut statement = dao.sql().prepare_cached("SELECT area, at FROM push_hint")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>("area")?, row.get::<_, i64>("at")?)))?;
    let mut all: Option<(Hint, i64)> = None;
    for row in rows {
        let (area, at) = row?;
        let hint = Hint::named(&area);
        all = Some(all.map_or((hint, at), |(before, until)| (before.and(hint), until.max(at))));
    }
    Ok(all)
}

/// They were followed; one that came meanwhile stays.
pub(crate) fn forget_hints(dao: &mut Dao<'_>, until: i64) -> storage::Result<()> {
    dao.sql().execute("DELETE FROM push_hint WHERE at <= :until", named_params! {":until": until})?;
    Ok(())
}

fn registered(dao: &Dao<'_>) -> storage::Result<Option<String>> {
    let sealed: Option<Vec<u8>> =
        dao.sql().query_row("SELECT token FROM push_registration", [], |row| row.get(0)).optional()?;
    sealed.map(|sealed| dao.open(TOKEN, TOKEN_ROW, &sealed)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_says_where_to_look_and_one_of_tomorrow_says_everywhere() {
        assert_eq!(read_hint(br#"{"v":1,"area":"inbox"}"#), Ok(Hint::Inbox));
        assert_eq!(read_hint(br#"{"v":1,"area":"requests","extra":1}"#), Ok(Hint::Requests));
        assert_eq!(read_hint(br#"{"v":2,"area":"inbox"}"#), Ok(Hint::Everything));
        assert_eq!(read_hint("{\"v\":1,\"area\":\"үер\"}".as_bytes()), Ok(Hint::Everything));
    }

    #[test]
    fn what_is_no_hint_is_refused_by_name() {
        for payload in [&b""[..], b"{", b"[]", "Өө".as_bytes(), &[0xff; 10]] {
            assert_eq!(read_hint(payload), Err(Error::invalid("payload", "push.unreadable")));
        }
        assert_eq!(read_hint(&[b' '; 5000]), Err(Error::invalid("payload", "push.too_long")));
    }
}
