use std::collections::BTreeMap;

use tempfile::TempDir;

use super::*;
use crate::{
    auth::testing::{MemorySecrets, SoftKey},
    foundation::{
        net::testing::Authority,
        ports::{DeviceKey as _, PortError, SecretStore},
        storage::{self, Dao},
    },
};

const PATIENCE: Duration = Duration::from_secs(60);

/// Where the keystore keeps what opens everything.
const KEPT: &str = "keys";

/// A keystore that counts what it is asked to delete, and may keep it.
struct Keystore {
    inside: Arc<MemorySecrets>,
    deleted: Mutex<Vec<String>>,
    stubborn: bool,
}

impl SecretStore for Keystore {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.inside.get(name)
    }
    fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        self.inside.put(name, value)
    }
    fn delete(&self, name: &str) -> Result<(), PortError> {
        self.deleted.lock().unwrap().push(name.to_owned());
        if self.stubborn { Err(PortError::Unavailable) } else { self.inside.delete(name) }
    }
}

/// An installation with a store key. Its folder's name is one that a citizen might have chosen.
struct Phone {
    dir: TempDir,
    secrets: Arc<MemorySecrets>,
    ports: Ports,
    config: Config,
}

impl Phone {
    fn new() -> Self {
        let (dir, secrets, key) = (TempDir::new().unwrap(), Arc::new(MemorySecrets::default()), SoftKey::new());
        secrets.put("store-key", &key.wrap(&[7; 32]).unwrap()).unwrap();
        let mut config = Config::for_tests();
        config.state_dir = dir.path().join("Өгөгдөл");
        config.cache_dir = dir.path().join("Түр");
        config.roots = vec![Authority::new("ours").der()];
        let ports = Ports::new(secrets.clone(), Arc::new(key));
        Self { dir, secrets, ports, config }
    }

    fn open(&self, mode: Mode) -> Result<App, Error> {
        App::open(Config { mode, ..self.config.clone() }, self.ports.clone())
    }

    async fn opened_once(self) -> Self {
        self.open(Mode::App).unwrap().shutdown(PATIENCE).await.unwrap();
        self
    }

    fn wipe(&self) -> Wipe {
        Wipe::new(&self.config, &self.ports)
    }

    fn wipe_of_extension(&self) -> Wipe {
        Wipe::new(&Config { mode: Mode::Extension, ..self.config.clone() }, &self.ports)
    }

    fn keystore(&self, stubborn: bool) -> (Arc<Keystore>, Ports) {
        let keystore = Arc::new(Keystore { inside: self.secrets.clone(), deleted: Mutex::default(), stubborn });
        (keystore.clone(), Ports { secrets: keystore, ..self.ports.clone() })
    }

    /// The phone dies once this is done.
    fn left_at(&self, step: Step) {
        let wipe = self.wipe();
        wipe.begin().unwrap();
        match step {
            Step::Marked | Step::Told => {}
            Step::Keys => KeyRing::default().destroy(&self.ports).unwrap(),
            Step::KeysLeft => self.remove_files(),
            Step::Files => {
                KeyRing::default().destroy(&self.ports).unwrap();
                self.remove_files();
            }
        }
        wipe.mark(step).unwrap();
        assert_eq!(wipe.step(), Some(step));
    }

    fn remove_files(&self) {
        remove_ours(&self.config.state_dir).unwrap();
        remove_ours(&self.config.cache_dir).unwrap();
    }

    /// Every file but what SQLite keeps for those who have it open, and the store key.
    fn kept(&self) -> (BTreeMap<PathBuf, Vec<u8>>, Option<Vec<u8>>) {
        let folders = [&self.config.state_dir, &self.config.cache_dir];
        let paths = folders.into_iter().flat_map(|dir| std::fs::read_dir(dir).unwrap()).map(|e| e.unwrap().path());
        let files = paths.filter(|path| !path.to_string_lossy().ends_with("-shm"));
        let files = files.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect();
        (files, self.secrets.get(KEPT).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_phone_dies_the_next_start_does_what_is_left_and_nothing_twice() {
    for step in Step::ALL {
        let phone = Phone::new().opened_once().await;
        phone.left_at(step);
        let aside = phone.config.state_dir.join("state.db.set-aside-ө");
        std::fs::write(&aside, b"old").unwrap();
        let (keystore, ports) = phone.keystore(false);

        App::open(phone.config.clone(), ports).unwrap().shutdown(PATIENCE).await.unwrap();

        assert!(!phone.wipe().has_begun(), "{step:?}");
        assert_eq!(phone.secrets.get(KEPT), Ok(None), "{step:?}");
        assert_eq!(aside.exists(), !step.files_left(), "{step:?}");
        assert_eq!(!keystore.deleted.lock().unwrap().is_empty(), step.keys_left(), "{step:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_not_be_read_of_the_journal_is_done_again() {
    for left in [&b""[..], b"keys", b"mark", b"\xff\xfe told", "дууссан 00".as_bytes()] {
        let phone = Phone::new().opened_once().await;
        std::fs::write(phone.wipe().marker(), left).unwrap();
        let aside = phone.config.state_dir.join("state.db.set-aside-ү");
        std::fs::write(&aside, b"old").unwrap();

        phone.open(Mode::App).unwrap().shutdown(PATIENCE).await.unwrap();

        assert!(!phone.wipe().has_begun() && !aside.exists(), "{left:?}");
        assert_eq!(phone.secrets.get(KEPT), Ok(None), "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extension_does_not_carry_on_the_apps_sign_out() {
    for step in [Step::Marked, Step::Told, Step::KeysLeft] {
        let phone = Phone::new().opened_once().await;
        phone.wipe().begin().unwrap();
        phone.wipe().mark(step).unwrap();
        let before = phone.kept();
        assert!(before.0.len() >= 3 && before.1.is_some(), "{:?}", before.0.keys());

        let refused = phone.open(Mode::Extension).err();

        assert_eq!(refused, Some(Error::NotAvailable));
        assert!(phone.kept() == before, "it deleted or changed something");
        phone.open(Mode::App).unwrap().shutdown(PATIENCE).await.unwrap();
        assert_eq!(phone.secrets.get(KEPT), Ok(None), "the app does");
        assert!(!phone.wipe().has_begun());
        phone.open(Mode::Extension).unwrap().shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extension_that_was_there_before_stands_back_too() {
    for step in [Step::Marked, Step::Told, Step::KeysLeft] {
        let phone = Phone::new();
        let extension = phone.open(Mode::Extension).unwrap();
        extension.suspend(PATIENCE).await.unwrap();
        phone.wipe().begin().unwrap();
        phone.wipe().mark(step).unwrap();
        let before = phone.kept();

        let (resumed, signed_out) = (extension.resume().await, extension.sign_out().await);
        let signed_in = extension.auth().begin_sign_in().await;

        assert_eq!((resumed, signed_out.err()), (Err(Error::NotAvailable), Some(Error::NotAvailable)));
        assert!(signed_in.is_err());
        assert!(phone.kept() == before, "it deleted or changed something");
        extension.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extension_signs_out_when_it_is_asked_itself() {
    let phone = Phone::new();
    let extension = phone.open(Mode::Extension).unwrap();

    extension.sign_out().await.unwrap();

    assert_eq!(phone.secrets.get(KEPT), Ok(None));
    assert!(!phone.wipe().has_begun());
    phone.wipe().begin().unwrap(); // the app, a moment later
    assert_eq!(extension.sign_out().await.err(), Some(Error::NotAvailable));
    extension.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extension_that_outlives_the_apps_sign_out_forgets_and_opens_the_new_files() {
    let phone = Phone::new().opened_once().await;
    let (app, extension) = (phone.open(Mode::App).unwrap(), phone.open(Mode::Extension).unwrap());
    assert!(extension.0.keys.id().is_some());
    app.sign_out().await.unwrap();
    let (write, count) = ("INSERT INTO push_hint (area, at) VALUES ('inbox', 1)", "SELECT count(*) FROM push_hint");
    app.0.state.write(move |dao| Ok::<_, storage::Error>(dao.sql().execute(write, [])?)).await.unwrap();

    let pulled = extension.handle_push(br#"{"v":1,"area":"inbox"}"#, PATIENCE).await;

    assert_eq!(pulled.err(), Some(Error::SignInRequired));
    assert_eq!(extension.0.keys.id(), None);
    let seen = |dao: &Dao<'_>| Ok::<i64, storage::Error>(dao.sql().query_row(count, [], |row| row.get(0))?);
    let seen = extension.0.state.read(move |dao| seen(dao)).await.unwrap();
    assert_eq!(seen, 1, "it reads what the app reads");
    for app in [app, extension] {
        app.shutdown(PATIENCE).await.unwrap();
    }
}

#[test]
fn of_two_sign_outs_an_extension_finishes_its_own() {
    let phone = Phone::new();
    let (extension, app, (_, stubborn)) = (phone.wipe_of_extension(), phone.wipe(), phone.keystore(true));
    extension.begin().unwrap();
    assert!(matches!(extension.finish(&KeyRing::default(), &stubborn), Err(WipeError::Keys(_))));
    assert!(extension.is_ours().is_ok(), "it may try again");

    app.begin().unwrap(); // another one, over what the extension's left

    let finished = extension.finish(&KeyRing::default(), &phone.ports);
    assert!(matches!(finished, Err(WipeError::NotOurs)), "{finished:?}");
    assert!(matches!(extension.begin(), Err(WipeError::NotOurs)));
    assert_eq!(app.step(), Some(Step::Marked));
    app.finish(&KeyRing::default(), &phone.ports).unwrap();
}

#[test]
fn the_marker_is_replaced_and_never_written_over() {
    let phone = Phone::new();
    let (wipe, (_, stubborn)) = (phone.wipe(), phone.keystore(true));
    wipe.begin().unwrap();
    let (old, witness) = (wipe.marker(), phone.dir.path().join("гэрч"));
    let began = std::fs::read(&old).unwrap();
    std::fs::hard_link(&old, &witness).unwrap(); // what a reader has open while the marker changes

    let keys_left = wipe.finish(&KeyRing::default(), &stubborn);

    assert!(matches!(keys_left, Err(WipeError::Keys(_))), "{keys_left:?}");
    assert!(began.starts_with(b"marked ") && std::fs::read(&witness).unwrap() == began);
    assert_eq!(wipe.step(), Some(Step::KeysLeft));
    assert!(!wipe.files_left() && wipe.has_begun());
}

#[cfg(unix)]
#[test]
fn the_marker_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let phone = Phone::new();
    phone.wipe().begin().unwrap();

    assert_eq!(std::fs::metadata(phone.wipe().marker()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_write_of_the_marker_that_is_cut_short_leaves_the_old_one() {
    let phone = Phone::new();
    let (wipe, (_, stubborn)) = (phone.wipe(), phone.keystore(true));
    let new = phone.config.state_dir.join(NEW_MARKER);
    std::fs::create_dir_all(&new).unwrap(); // in the way: no new marker can be written

    assert!(matches!(wipe.begin(), Err(WipeError::Files(_))));
    assert!(!wipe.has_begun(), "nothing has begun that is not on disk");
    std::fs::remove_dir(&new).unwrap();
    std::fs::write(&new, b"fil").unwrap(); // the phone died in the middle of the word
    assert!(!wipe.has_begun());
    wipe.begin().unwrap();
    assert_eq!(wipe.step(), Some(Step::Marked));

    std::fs::create_dir(&new).unwrap();
    assert!(matches!(wipe.finish(&KeyRing::default(), &stubborn), Err(WipeError::Files(_))));
    assert_eq!(wipe.step(), Some(Step::Marked), "the old word stands: all is tried again");
    std::fs::remove_dir(&new).unwrap();
    std::fs::write(&new, b"fil").unwrap();
    assert!(wipe.files_left());

    wipe.finish(&KeyRing::default(), &phone.ports).unwrap();
    assert!(!wipe.has_begun() && !new.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_does_not_go_keeps_the_app_from_opening_until_it_goes() {
    let phone = Phone::new().opened_once().await;
    phone.left_at(Step::Told);
    let stuck = phone.config.cache_dir.join("cache.db-гацсан");
    std::fs::create_dir(&stuck).unwrap(); // no file, so it can't be removed as one

    let refused = phone.open(Mode::App).err();

    assert!(matches!(&refused, Some(Error::Unexpected { code, .. }) if code == "wipe.files"), "{refused:?}");
    assert_eq!(phone.wipe().step(), Some(Step::Keys));
    std::fs::remove_dir(&stuck).unwrap();
    phone.open(Mode::App).unwrap().shutdown(PATIENCE).await.unwrap();
    assert!(!phone.wipe().has_begun());
}
