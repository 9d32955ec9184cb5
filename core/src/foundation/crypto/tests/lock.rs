//! The key record under every kind of trouble a platform can make.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    auth::testing::{MemorySecrets, SoftKey},
    foundation::{
        clock::{Clock, Sleep, Timestamp},
        crypto::{
            keys::{File, KeyError, KeyRing, Unlocked},
            pin::{Check, Recovered},
            seal::{Column, Sealer},
        },
        ports::{BiometricKey, DeviceKey, PortError, Ports, SecretStore},
    },
};

const NAME: Column = Column { table: "citizen", column: "name", layout: 1 };
const PIN: &str = "480251";
const SHARE: &[u8] = &[9; 32];
const CITIZEN: &str = "иргэн-Өнөрмаа";

/// A phone whose keystore fails where a test says, and whose hours a test owns.
#[derive(Clone)]
struct Phone {
    secrets: Arc<MemorySecrets>,
    key: Arc<SoftKey>,
    now_ms: Arc<Mutex<i64>>,
    calls: Arc<AtomicUsize>,
    trouble: Arc<Mutex<Trouble>>,
}

#[derive(Clone, Copy, Default)]
struct Trouble {
    /// Counted from 1; 0: none.
    at_call: usize,
    /// The call has its effect, and whoever made it does not hear of it.
    after: bool,
}

impl Phone {
    fn new() -> Self {
        Self {
            secrets: Arc::default(),
            key: Arc::new(SoftKey::new()),
            now_ms: Arc::new(Mutex::new(1_800_000_000_000)),
            calls: Arc::default(),
            trouble: Arc::default(),
        }
    }

    fn ports(&self) -> Ports {
        let mut ports = Ports::new(Arc::new(self.clone()), Arc::new(self.clone()));
        ports.clock = Arc::new(self.clone());
        ports.controls.kdf_rounds = Some(2);
        ports
    }

    /// With a store key, and a PIN under which it lies.
    fn with_pin() -> Self {
        let phone = Self::new();
        let ring = phone.begun();
        ring.belongs_to(&phone.ports(), CITIZEN, Some(SHARE)).unwrap();
        ring.set_pin(&phone.ports(), PIN).unwrap();
        phone
    }

    fn begun(&self) -> KeyRing {
        let ring = KeyRing::default();
        assert!(matches!(ring.unlock_or_create(&self.ports()).unwrap(), Unlocked::Opened(_)));
        ring
    }

    fn passes_s(&self, s: i64) {
        *self.now_ms.lock().unwrap() += s * 1000;
    }

    fn record(&self) -> Option<Vec<u8>> {
        self.secrets.get("keys").unwrap()
    }

    fn fails(&self, trouble: Trouble) {
        self.calls.store(0, Ordering::SeqCst);
        *self.trouble.lock().unwrap() = trouble;
    }

    fn called<T>(&self, call: impl FnOnce() -> Result<T, PortError>) -> Result<T, PortError> {
        let trouble = *self.trouble.lock().unwrap();
        let fails = self.calls.fetch_add(1, Ordering::SeqCst) + 1 == trouble.at_call;
        let failed = || PortError::Failed { code: "test".into() };
        if fails && !trouble.after {
            return Err(failed());
        }
        let done = call();
        if fails { Err(failed()) } else { done }
    }
}

impl SecretStore for Phone {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.called(|| self.secrets.get(name))
    }
    fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        self.called(|| self.secrets.put(name, value))
    }
    fn delete(&self, name: &str) -> Result<(), PortError> {
        self.called(|| self.secrets.delete(name))
    }
}

impl DeviceKey for Phone {
    fn public_key(&self) -> Result<Vec<u8>, PortError> {
        self.key.public_key()
    }
    fn sign_es256(&self, message: &[u8]) -> Result<Vec<u8>, PortError> {
        self.key.sign_es256(message)
    }
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError> {
        self.called(|| self.key.wrap(key))
    }
    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        self.called(|| self.key.unwrap(wrapped))
    }
    fn delete(&self) -> Result<(), PortError> {
        self.called(|| self.key.delete())
    }
}

impl Clock for Phone {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(*self.now_ms.lock().unwrap())
    }
    fn sleep(&self, _: std::time::Duration) -> Sleep {
        Box::pin(std::future::pending())
    }
}

/// Makes each call of the keystore fail in turn, before and after its effect, until the act goes through untroubled.
/// `after` sees the phone in good health again.
fn with_trouble_at_each_call<T>(
    made: impl Fn() -> Phone,
    act: impl Fn(&Phone) -> Result<T, KeyError>,
    mut after: impl FnMut(&Phone, Result<T, KeyError>),
) {
    let mut troubled = 0;
    for at_call in 1.. {
        let mut reached = false;
        for after_effect in [false, true] {
            let phone = made();
            phone.fails(Trouble { at_call, after: after_effect });
            let ended = act(&phone);
            reached |= phone.calls.load(Ordering::SeqCst) >= at_call;
            phone.fails(Trouble::default());
            after(&phone, ended);
        }
        if !reached {
            break;
        }
        troubled += 1;
    }
    assert!(troubled > 0, "nothing was made to fail");
}

#[test]
fn what_was_sealed_opens_at_the_next_start() {
    let phone = Phone::new();
    let sealed = Sealer::new(phone.begun(), File::State).seal(NAME, "1", "Өнөрмаа".as_bytes()).unwrap();

    let again = KeyRing::default();
    assert!(matches!(again.unlock(&phone.ports()), Ok(Unlocked::Opened(_))));

    assert_eq!(Sealer::new(again, File::State).open(NAME, "1", &sealed).unwrap().as_slice(), "Өнөрмаа".as_bytes());
}

#[test]
fn an_old_store_key_becomes_a_record_whatever_call_it_is_cut_at() {
    let made = || {
        let phone = Phone::new();
        phone.secrets.put("store-key", &phone.key.wrap(&[7; 32]).unwrap()).unwrap();
        phone
    };
    let of_old = KeyRing::for_tests().id().unwrap(); // its store key is the same

    with_trouble_at_each_call(
        made,
        |phone| KeyRing::default().unlock(&phone.ports()),
        |phone, _| {
            let ring = KeyRing::default();
            assert_eq!(ring.unlock(&phone.ports()).unwrap(), Unlocked::Opened(of_old));
            ring.set_pin(&phone.ports(), PIN).unwrap();
            assert_eq!(phone.secrets.get("store-key"), Ok(None), "it would open without the PIN");
            assert_eq!(KeyRing::default().unlock(&phone.ports()).unwrap(), Unlocked::Shut);
        },
    );
}

#[test]
fn a_record_of_another_device_opens_nothing_and_a_sign_in_begins_anew() {
    let phone = Phone::with_pin();
    let foreign = Arc::new(Wrapping(0x11));
    let ports = Ports { device_key: foreign, ..phone.ports() };
    let ring = KeyRing::default();

    assert!(matches!(ring.unlock(&ports), Err(KeyError::Useless(_))));

    let before = phone.record();
    assert!(matches!(ring.unlock_or_create(&ports), Ok(Unlocked::Opened(_))));
    assert_ne!(phone.record(), before);
}

/// A device key that is not the one the record was made with.
struct Wrapping(u8);

impl DeviceKey for Wrapping {
    fn public_key(&self) -> Result<Vec<u8>, PortError> {
        Err(PortError::Unavailable)
    }
    fn sign_es256(&self, _: &[u8]) -> Result<Vec<u8>, PortError> {
        Err(PortError::Unavailable)
    }
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(key.iter().map(|byte| byte ^ self.0).collect())
    }
    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        self.wrap(wrapped)
    }
    fn delete(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[test]
fn a_record_changed_in_any_byte_or_cut_anywhere_opens_nothing() {
    let phone = Phone::with_pin();
    let whole = phone.record().unwrap();
    assert!(whole.len() < 1024, "{}", whole.len());

    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        for spoilt in [changed, whole[..at].to_vec()] {
            phone.secrets.put("keys", &spoilt).unwrap();
            let found = KeyRing::default().unlock(&phone.ports());
            assert!(matches!(found, Err(KeyError::Useless(_) | KeyError::Port(_))), "{at}: {found:?}");
        }
    }
}

#[test]
fn a_record_of_another_layout_is_neither_read_nor_destroyed() {
    for (version, build) in [(1, "an earlier one, with a field more"), (3, "a later one")] {
        let phone = Phone::with_pin();
        let mut record = phone.record().unwrap();
        record[0] = version;
        phone.secrets.put("keys", &record).unwrap();
        let (ring, ports) = (KeyRing::default(), phone.ports());

        for unlock in [KeyRing::unlock, KeyRing::unlock_or_create] {
            let Err(KeyError::Port(failed)) = unlock(&ring, &ports) else { panic!("it was read: {build}") };
            assert_eq!(failed, PortError::Failed { code: "record_version".into() }, "{build}");
        }

        assert_eq!(phone.record(), Some(record), "{build}");
    }
}

#[test]
fn a_shut_record_gives_no_key_and_lets_no_other_be_made() {
    let phone = Phone::with_pin();
    let (before, ring) = (phone.record(), KeyRing::default());

    assert_eq!(ring.unlock(&phone.ports()).unwrap(), Unlocked::Shut);
    assert!(matches!(ring.unlock_or_create(&phone.ports()), Err(KeyError::Shut)));

    assert!(ring.id().is_none() && phone.record() == before);
    assert_eq!(Sealer::new(ring.clone(), File::State).seal(NAME, "1", b"1"), Err(super::super::seal::SealError::NoKey));
    assert!(Sealer::of_attempts(ring).seal(NAME, "1", b"1").is_ok(), "an attempt to sign in needs no store key");
}

#[test]
fn only_the_right_pin_opens() {
    let phone = Phone::with_pin();
    let ring = KeyRing::default();

    assert_eq!(ring.try_pin(&phone.ports(), "480252").unwrap(), Check::Wrong);
    assert_eq!((ring.id(), ring.lock().unwrap().tries_left), (None, 9));
    assert_eq!(ring.try_pin(&phone.ports(), PIN).unwrap(), Check::Opened);
    assert_eq!(ring.lock().unwrap().tries_left, 10, "a right one sets the count back");

    ring.remove_pin(&phone.ports()).unwrap();
    assert!(matches!(KeyRing::default().unlock(&phone.ports()), Ok(Unlocked::Opened(_))));
    assert_eq!(KeyRing::default().try_pin(&phone.ports(), PIN).unwrap(), Check::NoPin);
}

#[test]
fn waits_grow_and_ten_wrong_pins_are_the_last() {
    let phone = Phone::with_pin();
    let ring = KeyRing::default();
    let waits = [0, 0, 30, 60, 300, 900, 1800, 3600, 3600];

    for (tried, wait) in waits.into_iter().enumerate() {
        assert_eq!(ring.try_pin(&phone.ports(), "000001").unwrap(), Check::Wrong, "{tried}");
        if wait > 0 {
            let before = phone.record();
            assert_eq!(ring.try_pin(&phone.ports(), PIN).unwrap(), Check::Wait { s: wait as u32 }, "the right one too");
            phone.passes_s(wait - 1);
            assert_eq!(ring.try_pin(&phone.ports(), PIN).unwrap(), Check::Wait { s: 1 });
            assert_eq!(phone.record(), before, "what is not looked at is not counted");
            phone.passes_s(1);
        }
    }
    assert_eq!(ring.lock().unwrap().tries_left, 1);
    assert_eq!(ring.try_pin(&phone.ports(), "000001").unwrap(), Check::Spent);

    for ring in [ring, KeyRing::default()] {
        phone.passes_s(1_000_000);
        assert_eq!(ring.try_pin(&phone.ports(), PIN).unwrap(), Check::Spent);
        assert_eq!(ring.unlock(&phone.ports()).unwrap(), Unlocked::Spent);
        assert_eq!(ring.unlock_or_create(&phone.ports()).unwrap(), Unlocked::Spent, "and no other key is made");
        assert!(ring.id().is_none());
    }
}

#[test]
fn a_clock_that_is_set_back_starts_the_wait_again() {
    let phone = Phone::with_pin();
    let ring = KeyRing::default();
    for _ in 0..4 {
        let _ = ring.try_pin(&phone.ports(), "000001").unwrap();
        phone.passes_s(30);
    }
    phone.passes_s(-3_000);

    assert_eq!(ring.try_pin(&phone.ports(), PIN).unwrap(), Check::Wait { s: 60 });
    phone.passes_s(59);
    assert_eq!(ring.try_pin(&phone.ports(), PIN).unwrap(), Check::Wait { s: 1 });
    phone.passes_s(1);
    assert_eq!(ring.try_pin(&phone.ports(), PIN).unwrap(), Check::Opened);
}

#[test]
fn whatever_call_fails_a_wrong_pin_is_counted_before_it_is_looked_at() {
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    let checked = |late: bool| {
        let mut free = 0;
        with_trouble_at_each_call(
            Phone::with_pin,
            |phone| {
                LOOKS.store(0, Ordering::SeqCst);
                let mut ports = phone.ports();
                ports.controls.count_late = late;
                ports.controls.looked = Some(|| {
                    LOOKS.fetch_add(1, Ordering::SeqCst);
                });
                KeyRing::default().try_pin(&ports, "000001")
            },
            |phone, _| {
                let ring = KeyRing::default();
                let _ = ring.unlock(&phone.ports());
                let counted = usize::from(10 - ring.lock().unwrap().tries_left);
                free += LOOKS.load(Ordering::SeqCst).saturating_sub(counted);
            },
        );
        free
    };

    assert_eq!(checked(false), 0);
    assert!(checked(true) > 0, "the control: counted after the look, a failing keystore gives a try away");
}

#[test]
fn whatever_call_fails_exactly_one_pin_opens_and_never_none_without_one() {
    with_trouble_at_each_call(
        || {
            let phone = Phone::with_pin();
            phone.fails(Trouble::default());
            phone
        },
        |phone| {
            let ring = KeyRing::default();
            ring.try_pin(&phone.ports(), PIN)?;
            ring.set_pin(&phone.ports(), "731946")
        },
        |phone, _| {
            assert_eq!(KeyRing::default().unlock(&phone.ports()).unwrap(), Unlocked::Shut);
            let opens =
                [PIN, "731946"].map(|pin| KeyRing::default().try_pin(&phone.ports(), pin).unwrap() == Check::Opened);
            assert_eq!(opens.iter().filter(|opens| **opens).count(), 1, "{opens:?}");
        },
    );
}

#[test]
fn a_first_pin_is_there_or_not_whatever_call_fails() {
    with_trouble_at_each_call(
        || {
            let phone = Phone::new();
            phone.begun();
            phone
        },
        |phone| {
            let ring = KeyRing::default();
            ring.unlock(&phone.ports())?;
            ring.set_pin(&phone.ports(), PIN)
        },
        |phone, ended| {
            let opened = match KeyRing::default().unlock(&phone.ports()).unwrap() {
                Unlocked::Opened(_) => true,
                Unlocked::Shut => false,
                other @ (Unlocked::Absent | Unlocked::Spent | Unlocked::Unavailable) => panic!("{other:?}"),
            };
            assert!(ended.is_err() || !opened, "it was said to be set");
            if !opened {
                assert!(KeyRing::default().try_pin(&phone.ports(), PIN).unwrap() == Check::Opened);
            }
        },
    );
}

/// The platform's biometric key, with nobody to ask.
struct Finger(Phone);

impl BiometricKey for Finger {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError> {
        self.0.called(|| self.0.key.wrap(key))
    }
    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        self.0.called(|| self.0.key.unwrap(wrapped))
    }
    fn delete(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[test]
fn biometry_is_on_or_off_whatever_call_fails_and_the_pin_opens_in_any_case() {
    let change = |phone: &Phone, on: bool| {
        let ring = KeyRing::default();
        ring.try_pin(&phone.ports(), PIN)?;
        if on {
            ring.add_biometric(&phone.ports(), &Finger(phone.clone())).map(drop)
        } else {
            ring.remove_biometric(&phone.ports())
        }
    };
    for wanted in [true, false] {
        let made = || {
            let phone = Phone::with_pin();
            change(&phone, !wanted).unwrap();
            phone
        };
        with_trouble_at_each_call(
            made,
            |phone| change(phone, wanted),
            |phone, ended| {
                let ring = KeyRing::default();
                assert_eq!(ring.unlock(&phone.ports()).unwrap(), Unlocked::Shut);
                let on = ring.lock().unwrap().biometric;
                assert!(ended.is_err() || on == wanted, "it was said to be so");
                let wrapped = ring.biometric_key(&phone.ports()).unwrap();
                assert_eq!(wrapped.is_some(), on);
                if let Some(wrapped) = wrapped {
                    let given = Finger(phone.clone()).unwrap(&wrapped).unwrap();
                    assert!(ring.open_by_biometric(&phone.ports(), &given).unwrap().is_some());
                }
                assert_eq!(KeyRing::default().try_pin(&phone.ports(), PIN).unwrap(), Check::Opened);
            },
        );
    }
}

fn spent() -> Phone {
    let (phone, ring) = (Phone::with_pin(), KeyRing::default());
    while ring.try_pin(&phone.ports(), "000001").unwrap() != Check::Spent {
        phone.passes_s(3_600);
    }
    phone
}

#[test]
fn a_sign_in_of_the_same_citizen_brings_the_same_keys_back() {
    with_trouble_at_each_call(
        spent,
        |phone| KeyRing::default().recover(&phone.ports(), CITIZEN, SHARE),
        |phone, _| {
            let ring = KeyRing::default();
            match ring.unlock(&phone.ports()).unwrap() {
                Unlocked::Spent => {
                    let came = ring.recover(&phone.ports(), CITIZEN, SHARE).unwrap();
                    assert!(came == Recovered::Opened, "{came:?}");
                }
                Unlocked::Opened(_) => {}
                other @ (Unlocked::Absent | Unlocked::Shut | Unlocked::Unavailable) => panic!("{other:?}"),
            }
            let lock = ring.lock().unwrap();
            assert!(!lock.pin && !lock.spent && lock.recoverable, "{lock:?}");
        },
    );
}

#[test]
fn what_was_sealed_before_the_tenth_wrong_pin_opens_after_the_recovery() {
    let phone = Phone::new();
    let ring = phone.begun();
    ring.belongs_to(&phone.ports(), CITIZEN, Some(SHARE)).unwrap();
    ring.set_pin(&phone.ports(), PIN).unwrap();
    let sealed = Sealer::new(ring.clone(), File::State).seal(NAME, "1", "Үүрийнтуяа".as_bytes()).unwrap();
    while ring.try_pin(&phone.ports(), "000001").unwrap() != Check::Spent {
        phone.passes_s(3_600);
    }
    assert!(ring.id().is_none(), "an open core is shut by the tenth wrong PIN too");

    assert!(matches!(ring.recover(&phone.ports(), CITIZEN, SHARE), Ok(Recovered::Opened)));

    assert_eq!(Sealer::new(ring, File::State).open(NAME, "1", &sealed).unwrap().as_slice(), "Үүрийнтуяа".as_bytes());
}

#[test]
fn nobody_else_and_no_other_share_brings_them_back() {
    let phone = spent();
    let (ring, before) = (KeyRing::default(), phone.record());

    assert_eq!(ring.recover(&phone.ports(), "иргэн-Ө", SHARE).unwrap(), Recovered::OtherCitizen);
    assert_eq!(ring.recover(&phone.ports(), CITIZEN, &[8; 32]).unwrap(), Recovered::NotByThis);

    assert!(ring.id().is_none() && phone.record() == before);
}

#[test]
fn ten_kills_between_count_and_look_are_the_end_as_well() {
    let phone = Phone::with_pin();
    let mut ports = phone.ports();
    ports.controls.looked = Some(|| panic!("the phone died"));
    for _ in 0..10 {
        let ports = ports.clone();
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| KeyRing::default().try_pin(&ports, PIN)));
        assert!(died.is_err());
        phone.passes_s(3_600);
    }

    assert_eq!(KeyRing::default().unlock(&phone.ports()).unwrap(), Unlocked::Spent);
    assert_eq!(KeyRing::default().try_pin(&phone.ports(), PIN).unwrap(), Check::Spent);
    assert!(matches!(KeyRing::default().recover(&phone.ports(), CITIZEN, SHARE), Ok(Recovered::Opened)));
}

#[test]
fn destroying_leaves_nothing_of_ours() {
    let phone = Phone::with_pin();
    phone.secrets.put("store-key", b"old").unwrap();

    KeyRing::default().destroy(&phone.ports()).unwrap();

    assert_eq!((phone.secrets.get("keys"), phone.secrets.get("store-key")), (Ok(None), Ok(None)));
}
