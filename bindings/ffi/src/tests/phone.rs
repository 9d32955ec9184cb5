//! A phone without a network: folders, ports in memory, and an executor that knows nothing of Tokio, as the shells'.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
    time::Duration,
};

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use crate::*;

/// Longer than anything here takes; only a failure waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
pub(super) const PATIENCE_MS: u32 = 20_000;

/// Nobody listens on port 1: what is asked there is refused at once.
const NOBODY: &str = "https://127.0.0.1:1";

/// A keystore in memory that fails when it is told to.
#[derive(Default)]
pub(super) struct Secrets {
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    failure: Mutex<Option<PortError>>,
    panic: Mutex<Option<&'static str>>,
}

impl Secrets {
    /// The next call.
    pub(super) fn panic_once(&self, text: &'static str) {
        *lock(&self.panic) = Some(text);
    }

    /// From now on.
    pub(super) fn fail(&self, error: PortError) {
        *lock(&self.failure) = Some(error);
    }

    pub(super) fn names(&self) -> Vec<String> {
        lock(&self.kept).keys().cloned().collect()
    }

    fn kept(&self) -> Result<MutexGuard<'_, BTreeMap<String, Vec<u8>>>, PortError> {
        if let Some(text) = lock(&self.panic).take() {
            panic!("{text}");
        }
        match lock(&self.failure).clone() {
            Some(error) => Err(error),
            None => Ok(lock(&self.kept)),
        }
    }
}

impl SecretStore for Secrets {
    fn get(&self, name: String) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.kept()?.get(&name).cloned())
    }

    fn put(&self, name: String, value: Vec<u8>) -> Result<(), PortError> {
        self.kept()?.insert(name, value);
        Ok(())
    }

    fn delete(&self, name: String) -> Result<(), PortError> {
        self.kept()?.remove(&name);
        Ok(())
    }
}

/// Wraps by turning bits around; without a network nobody asks it to sign.
pub(super) struct Key;

impl DeviceKey for Key {
    fn public_key(&self) -> Result<Vec<u8>, PortError> {
        Err(PortError::Unavailable)
    }

    fn sign_es256(&self, _message: Vec<u8>) -> Result<Vec<u8>, PortError> {
        Err(PortError::Unavailable)
    }

    fn wrap(&self, key: Vec<u8>) -> Result<Vec<u8>, PortError> {
        Ok(key.into_iter().map(|byte| !byte).collect())
    }

    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, PortError> {
        self.wrap(wrapped)
    }

    fn delete(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// Nobody's finger is ever right.
pub(super) struct Finger;

impl BiometricKey for Finger {
    fn wrap(&self, key: Vec<u8>) -> Result<Vec<u8>, PortError> {
        Key.wrap(key)
    }

    fn unwrap(&self, _wrapped: Vec<u8>) -> Result<Vec<u8>, PortError> {
        Err(PortError::Cancelled)
    }

    fn delete(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// Hands every line on.
pub(super) struct Log(Mutex<Sender<LogRecord>>);

impl Log {
    pub(super) fn new() -> (Arc<Self>, Receiver<LogRecord>) {
        let (lines, read) = mpsc::channel();
        (Arc::new(Self(Mutex::new(lines))), read)
    }
}

impl LogSink for Log {
    fn write(&self, batch: Vec<LogRecord>) -> Result<(), PortError> {
        let lines = lock(&self.0);
        for line in batch {
            let _ = lines.send(line); // nobody reads any more
        }
        Ok(())
    }
}

/// What outlives restarts of the core.
pub(super) struct Phone {
    pub(super) secrets: Arc<Secrets>,
    mode: ProcessMode,
    folder: TempDir,
}

impl Phone {
    pub(super) fn new() -> Self {
        Self { secrets: Arc::default(), mode: ProcessMode::App, folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn extension() -> Self {
        Self { mode: ProcessMode::Extension, ..Self::new() }
    }

    pub(super) fn config(&self) -> CoreConfig {
        let folder = |name| self.folder.path().join(name).to_str().unwrap().to_owned();
        CoreConfig {
            state_dir: folder("төлөв"),
            cache_dir: folder("cache"),
            gateway: NOBODY.into(),
            issuer: NOBODY.into(),
            client_id: "mn.emongolia.app".into(),
            redirect_uri: "mn.emongolia:/callback".into(),
            roots: vec![authority()],
            pins: Vec::new(),
            document_keys: document_keys(),
            language: Language::Mn,
            mode: self.mode,
            published_api: None,
        }
    }

    pub(super) fn open(&self) -> Result<Arc<Emongolia>> {
        self.open_with(None)
    }

    pub(super) fn open_with(&self, log: Option<Arc<dyn LogSink>>) -> Result<Arc<Emongolia>> {
        self.open_as(self.config(), log)
    }

    pub(super) fn open_as(&self, config: CoreConfig, log: Option<Arc<dyn LogSink>>) -> Result<Arc<Emongolia>> {
        Emongolia::open(config, self.secrets.clone(), Arc::new(Key), Some(Arc::new(Finger)), log)
    }

    /// With a store key, as after a sign-in that got no further than its beginning.
    pub(super) fn open_with_keys(&self) -> Arc<Emongolia> {
        let core = self.open().unwrap();
        assert_eq!(wait(core.auth().unwrap().begin_sign_in(None)).err(), Some(CoreError::Offline));
        core
    }
}

/// Polls on this thread and parks it in between.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// An authority that has certified nobody: the core does not start without one to trust.
fn authority() -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    certificate.der().to_vec()
}

/// Two that have signed nothing.
fn document_keys() -> Vec<DocumentKey> {
    ["doc-1", "doc-2"]
        .into_iter()
        .zip([4, 5])
        .map(|(kid, byte)| DocumentKey { kid: kid.into(), point: vec![byte; 65] })
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
