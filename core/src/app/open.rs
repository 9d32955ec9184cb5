//! Opening: the keys, then both files, and what to do when they do not belong together.

use super::{at_rest, schema};
use crate::foundation::{
    config::Config,
    crypto::{
        keys::{File, KeyError, KeyId, KeyRing, Unlocked},
        seal::Sealer,
    },
    error::{Outcome, Outward, Result, outward, outward_from},
    events::{Event, Events},
    ports::Ports,
    runtime::Spawner,
    storage::{Opened, Store},
};

/// What the keystore said at start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keystore {
    /// It gave a key, or said for certain that there is none.
    Spoke,
    /// Not before the phone's first unlock, or the app's: nothing may be concluded from it.
    Silent,
}

pub(super) fn read_keys(keys: &KeyRing, ports: &Ports) -> Result<Keystore> {
    match keys.unlock(ports) {
        Ok(Unlocked::Opened(_) | Unlocked::Absent) => Ok(Keystore::Spoke),
        Ok(Unlocked::Shut | Unlocked::Spent | Unlocked::Unavailable) => Ok(Keystore::Silent),
        Err(error @ KeyError::Useless(_)) => {
            let _ = outward(error); // logged; what it sealed is set aside below
            Ok(Keystore::Spoke)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn open_stores(
    config: &Config,
    ports: &Ports,
    keys: &KeyRing,
    keystore: Keystore,
    events: &Events,
    spawner: &Spawner,
) -> Result<(Store, Store)> {
    let open = |dir, migrations, file| {
        let sealer = sealer(ports, keys, file);
        Store::open(dir, migrations, sealer, file, spawner.clone())
    };
    // Sealed under a key that is gone (a restored backup, a wiped keystore): of no use here. The state is kept aside all
    // the same, the cache is pulled again.
    let foreign = |under: Option<KeyId>| {
        keystore == Keystore::Spoke && under.is_some_and(|under| !keys.knows(under)) && !is_unsealed(ports)
    };
    let (mut state, opened) = open(&config.state_dir, schema::state(), File::State)?;
    tell(events, opened);
    if foreign(state.read_now(|dao| at_rest::sealed_under(dao, File::State))?) {
        drop(state);
        let file = Store::set_aside_at(&config.state_dir, File::State)?;
        events.emit(Event::StateSetAside { file });
        state = open(&config.state_dir, schema::state(), File::State)?.0;
    }
    let (mut cache, opened) = open(&config.cache_dir, schema::cache(), File::Cache)?;
    tell(events, opened);
    if foreign(cache.read_now(|dao| at_rest::sealed_under(dao, File::Cache))?) {
        drop(cache);
        Store::delete_at(&config.cache_dir, File::Cache)?;
        events.emit(Event::CacheRebuilt);
        cache = open(&config.cache_dir, schema::cache(), File::Cache)?.0;
    }
    Ok((state, cache))
}

pub(super) fn tell(events: &Events, opened: Opened) {
    match opened {
        Opened::New | Opened::AsItWas => {}
        Opened::Rebuilt => events.emit(Event::CacheRebuilt),
        Opened::SetAside { file } => events.emit(Event::StateSetAside { file }),
    }
}

#[cfg(feature = "test-controls")]
fn sealer(ports: &Ports, keys: &KeyRing, file: File) -> Sealer {
    Sealer::new(keys.clone(), file).sabotaged(ports.controls.unsealed)
}

#[cfg(not(feature = "test-controls"))]
fn sealer(_ports: &Ports, keys: &KeyRing, file: File) -> Sealer {
    Sealer::new(keys.clone(), file)
}

#[cfg(feature = "test-controls")]
const fn is_unsealed(ports: &Ports) -> bool {
    ports.controls.unsealed
}

#[cfg(not(feature = "test-controls"))]
const fn is_unsealed(_ports: &Ports) -> bool {
    false
}

/// Why the core could not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("no threads to run on: {0}")]
    Runtime(std::io::ErrorKind),
}

impl Outward for OpenError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Runtime(_) => Outcome::Defect("runtime.start"),
        }
    }
}

outward_from!(OpenError);
