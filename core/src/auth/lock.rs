//! The app lock's rules: what a PIN may be, what the shell is told, how long the app stays open by itself.
//!
//! Guarantees: nothing here holds a key or opens anything; who decides is the key record (`foundation::crypto`).

use std::time::Duration;

use serde::Serialize;

use super::citizen::Citizen;
use crate::{
    country::CivilDate,
    foundation::{
        clock::Timestamp,
        crypto::keys::KeyError,
        error::{Error as Public, Outcome, Outward, outward_from},
        ports::PortError,
    },
};

/// Digits of a PIN: six are a million, more than twelve nobody remembers.
const LENGTH: std::ops::RangeInclusive<usize> = 6..=12;

/// How the lock stands. Nothing in it is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LockStatus {
    /// A PIN is set.
    pub set: bool,
    pub open: bool,
    pub biometric: bool,
    /// A fresh sign-in of the same citizen brings everything back should the PIN be forgotten. Else ten wrong ones wipe.
    pub recoverable: bool,
    /// 0: no PIN helps any more, only a sign-in.
    pub tries_left: u8,
    /// Seconds until the next PIN is looked at.
    pub wait_s: u32,
}

/// Why the lock did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("not of the form of a PIN")]
    Form,
    #[error("a PIN that is tried first")]
    Weak,
    #[error("a wrong PIN")]
    Wrong,
    #[error("the PIN that is set has to be given")]
    NoCurrent,
    #[error("no PIN is set")]
    NotSet,
    #[error("the next PIN is looked at in {s} s")]
    Wait { s: u32 },
    /// Only a sign-in helps.
    #[error("too many wrong PINs")]
    Spent,
    #[error("the platform's biometry is not what it was")]
    BiometryChanged,
    #[error("biometry is not on")]
    BiometryOff,
    #[error("a prompt is open")]
    Prompting,
    #[error("the platform's biometric key: {0}")]
    Biometric(PortError),
    /// An extension neither opens nor changes a lock.
    #[error("not here")]
    NotHere,
}

impl Outward for LockError {
    fn outcome(&self) -> Outcome {
        let pin = |reason| Outcome::Expected(Public::invalid("pin", reason));
        match self {
            Self::Keys(keys) => keys.outcome(),
            Self::Form => pin("lock.form"),
            Self::Weak => pin("lock.weak"),
            Self::Wrong => pin("lock.wrong"),
            Self::NoCurrent => pin("lock.current"),
            Self::NotSet => pin("lock.not_set"),
            Self::Wait { s } => Outcome::Expected(Public::Busy { retry_after_s: Some(*s) }),
            Self::Spent => Outcome::Expected(Public::SignInRequired),
            Self::BiometryChanged => Outcome::Notable(Public::invalid("biometric", "lock.biometry_changed")),
            Self::BiometryOff => Outcome::Expected(Public::invalid("biometric", "lock.biometry_off")),
            Self::Prompting => Outcome::Expected(Public::Busy { retry_after_s: None }),
            Self::Biometric(PortError::Cancelled) => Outcome::Expected(Public::Cancelled),
            Self::Biometric(PortError::Unavailable) | Self::NotHere => Outcome::Expected(Public::NotAvailable),
            Self::Biometric(PortError::Invalidated | PortError::Failed { .. }) => Outcome::Defect("lock.biometric"),
        }
    }
}

outward_from!(LockError);

/// Whether it has a PIN's form: only such a one is ever counted.
pub(crate) fn is_pin(pin: &str) -> bool {
    LENGTH.contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit())
}

/// Refuses what a thief tries first: one digit, a run, what an identity card says of its owner.
pub(crate) fn check(pin: &str, citizen: &Citizen) -> Result<(), LockError> {
    if !is_pin(pin) {
        return Err(LockError::Form);
    }
    let steps = |by: u8| pin.as_bytes().windows(2).all(|pair| (pair[0] - b'0' + by) % 10 == pair[1] - b'0');
    let registered = citizen.registration_number.as_ref();
    let dates = citizen.birth_date.into_iter().chain(registered.map(|number| number.birth_date()));
    let digits_of = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let number = registered.map(|number| digits_of(&number.to_string()));
    let said = number.is_some_and(|digits| digits == pin || digits.get(..6) == Some(pin));
    if steps(0) || steps(1) || steps(9) || said || dates.into_iter().any(|date| is_date(pin, date)) {
        return Err(LockError::Weak);
    }
    Ok(())
}

/// In any order in which dates are written.
fn is_date(pin: &str, date: CivilDate) -> bool {
    let two = |number: u32| [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8];
    let (day, month, year, century) = (two(date.day()), two(date.month()), two(date.year()), two(date.year() / 100));
    let orders: [&[[u8; 2]]; 6] = [
        &[year, month, day],
        &[day, month, year],
        &[month, day, year],
        &[century, year, month, day],
        &[day, month, century, year],
        &[month, day, century, year],
    ];
    orders.iter().any(|order| order.concat() == pin.as_bytes())
}

/// How long the app stays open by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Untouched.
    idle: Duration,
    /// Out of sight.
    background: Duration,
}

impl Policy {
    pub(crate) const BUILT_IN: Self = Self { idle: Duration::from_secs(300), background: Duration::from_secs(30) };

    /// A citizen must be able to read a page to its end.
    const LEAST_IDLE: Duration = Duration::from_secs(15);

    /// What is built in, or shorter.
    pub(crate) fn shortened(idle: Duration, background: Duration) -> Self {
        Self {
            idle: idle.clamp(Self::LEAST_IDLE, Self::BUILT_IN.idle),
            background: background.min(Self::BUILT_IN.background),
        }
    }
}

/// When the app locks by itself.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) policy: Policy,
    touched: Timestamp,
    left: Option<Timestamp>,
}

impl Watch {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { policy: Policy::BUILT_IN, touched: now, left: None }
    }

    pub(crate) fn touch(&mut self, now: Timestamp) {
        self.touched = now;
    }

    /// How long it stays open if nobody touches it; nothing: it is time. A clock that went back is no reason to stay open
    /// longer than the whole.
    pub(crate) fn left(&self, now: Timestamp) -> Duration {
        self.policy.idle.saturating_sub(now.since(self.touched)).min(self.policy.idle)
    }

    pub(crate) fn leave(&mut self, now: Timestamp) {
        self.left.get_or_insert(now);
    }

    /// Whether it was out of sight, or untouched, for too long. A clock that went back tells nothing, so it was.
    pub(crate) fn back(&mut self, now: Timestamp) -> bool {
        let Some(left) = self.left.take() else { return false };
        now < left || now.since(left) >= self.policy.background || self.left(now).is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::country::RegistrationNumber;

    fn citizen() -> Citizen {
        let claims = serde_json::json!({"name": "Б.Өнөрмаа", "birthdate": "1995-12-12", "regnum": "УЖ95121206"});
        Citizen::from_claims(&claims, "иргэн-Ө".into())
    }

    #[test]
    fn what_a_thief_tries_first_is_refused() {
        assert!(RegistrationNumber::parse("УЖ95121206").is_ok());
        for weak in [
            "000000",
            "777777777",
            "123456",
            "987654",
            "890123",
            "210987",
            "951212",
            "121295",
            "19951212",
            "12121995",
            "95121206",
        ] {
            assert!(matches!(check(weak, &citizen()), Err(LockError::Weak)), "{weak}");
        }
        for no_pin in ["", "48025", "4802514802510", "48025a", "４８０２５１", "нууцүг", " 480251"] {
            assert!(matches!(check(no_pin, &citizen()), Err(LockError::Form)), "{no_pin}");
        }
        for good in ["480251", "112358", "000001", "951213", "480251480251"] {
            assert!(check(good, &citizen()).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_policy_is_only_ever_shortened() {
        let of = |idle, background| Policy::shortened(Duration::from_secs(idle), Duration::from_secs(background));

        assert_eq!(of(86_400, 86_400), Policy::BUILT_IN);
        assert_eq!(of(60, 5), Policy { idle: Duration::from_secs(60), background: Duration::from_secs(5) });
        assert_eq!(of(0, 0), Policy { idle: Policy::LEAST_IDLE, background: Duration::ZERO });
    }

    #[test]
    fn it_is_time_when_nobody_touched_it_and_a_touch_starts_anew() {
        let at = |s: i64| Timestamp::from_unix_s(1_800_000_000 + s);
        let mut watch = Watch::new(at(0));

        assert_eq!(watch.left(at(299)), Duration::from_secs(1));
        watch.touch(at(299));
        assert_eq!(watch.left(at(300)), Duration::from_secs(299));
        assert_eq!(watch.left(at(599)), Duration::ZERO);
        assert_eq!(watch.left(at(-9_999)), Duration::from_secs(300), "a clock that went back");
    }

    #[test]
    fn who_comes_back_in_time_finds_it_open() {
        let at = |s: i64| Timestamp::from_unix_s(1_800_000_000 + s);
        let back = |left: i64, back: i64| {
            let mut watch = Watch::new(at(0));
            watch.leave(at(left));
            watch.leave(at(left + 20)); // told twice: the first counts
            watch.back(at(back))
        };

        assert!(!back(10, 39) && back(10, 40), "out of sight");
        assert!(!back(280, 299) && back(280, 300), "untouched");
        assert!(back(10, 9), "the clock went back");
        assert!(!Watch::new(at(0)).back(at(9_999)), "never left");
    }
}
