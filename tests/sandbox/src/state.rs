//! What every handler shares: the database, the keys, the clock, the origin, the switches.
//!
//! Guarantees: nobody else in the sandbox asks the system for the time.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use tokio::sync::Notify;

use crate::{
    contract::{Contract, ContractError},
    dan,
    db::{Db, DbError},
    faults::Faults,
    gateway::{self, Token},
    oauth::keys::{KeyError, Keys},
    pay::switches::Switches,
    registers,
    signing::Publisher,
    speech::Utterances,
};

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(transparent)]
    Contract(#[from] ContractError),
}

/// The sandbox as a handler sees it (`State<Sandbox>`). Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    db: Db,
    origin: String,
    keys: Keys,
    publisher: Publisher,
    contract: Contract,
    faults: Faults,
    pay: Switches,
    qpay_token: Token,
    utterances: Utterances,
    rotation: AtomicBool,
    clock_offset_ms: AtomicI64,
    push: Notify,
}

impl Sandbox {
    /// Opens the data in `folder`, or begins them. `origin` is `https://localhost:PORT`, without a slash at the end.
    /// Blocks.
    pub fn open(folder: &Path, origin: &str) -> Result<Self, OpenError> {
        let db = Db::open(&folder.join("sandbox.db"))?;
        db.write_blocking(|tx| {
            registers::seed(tx)?;
            dan::seed(tx)?;
            gateway::seed(tx)
        })?;
        let keys = Keys::load_or_make(&db)?;
        let publisher = Publisher::load_or_make(&db)?;
        Ok(Self(Arc::new(Inner {
            db,
            origin: origin.to_owned(),
            keys,
            publisher,
            contract: Contract::open(origin, folder)?,
            faults: Faults::default(),
            pay: Switches::default(),
            qpay_token: Token::default(),
            utterances: Utterances::default(),
            rotation: AtomicBool::new(false),
            clock_offset_ms: AtomicI64::new(0),
            push: Notify::new(),
        })))
    }

    pub fn db(&self) -> &Db {
        &self.0.db
    }

    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Who signs what is public.
    pub fn publisher(&self) -> &Publisher {
        &self.0.publisher
    }

    pub fn contract(&self) -> &Contract {
        &self.0.contract
    }

    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// QPay's traps.
    pub fn pay(&self) -> &Switches {
        &self.0.pay
    }

    /// The gateway's, at QPay.
    pub(crate) fn qpay_token(&self) -> &Token {
        &self.0.qpay_token
    }

    /// What the recogniser will hear.
    pub fn utterances(&self) -> &Utterances {
        &self.0.utterances
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn now(&self) -> i64 {
        system_now().saturating_add(self.0.clock_offset_ms.load(Ordering::Relaxed))
    }

    /// Moves the sandbox's clock, for the windows that last weeks.
    pub fn move_clock(&self, ms: i64) {
        self.0.clock_offset_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Whether refresh tokens are exchanged at each use.
    pub fn rotates_refresh_tokens(&self) -> bool {
        self.0.rotation.load(Ordering::Relaxed)
    }

    pub fn rotate_refresh_tokens(&self, on: bool) {
        self.0.rotation.store(on, Ordering::Relaxed);
    }

    /// Tells the long polls that a transaction with [`crate::push::enqueue`] in it is committed.
    pub fn push_arrived(&self) {
        self.0.push.notify_waiters();
    }

    pub(crate) fn push_waiter(&self) -> &Notify {
        &self.0.push
    }
}

/// RFC 3339 in UTC with milliseconds, as every time on the wire.
pub fn rfc3339(ms: i64) -> String {
    let moment = chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default();
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The sandbox's log is its standard error: a defect of its own, never a refusal.
#[allow(clippy::print_stderr)] // a program's own voice; standard output carries the ready line only
pub fn complain(error: &dyn std::error::Error) {
    eprintln!("emongolia-sandbox: {error}");
}

/// The system's clock, for what happens before there is a [`Sandbox`].
#[allow(clippy::disallowed_methods)] // the one place that asks the system
pub(crate) fn system_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
