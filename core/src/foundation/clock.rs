//! Time as the core sees it: one trait, so that tests own the hours.
//!
//! Guarantees: nothing else in the core asks the system for the time or sleeps.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// A moment: whole milliseconds since 1970-01-01T00:00:00Z. On the wire RFC 3339 in UTC, in tables the integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const EPOCH: Self = Self(0);

    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    pub const fn from_unix_s(s: i64) -> Self {
        Self(s.saturating_mul(1000))
    }

    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down (also before 1970).
    pub const fn unix_s(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// RFC 3339 with any offset; the offset is folded into UTC.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        chrono::DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_millis()))
    }

    /// The HTTP `Date` header (RFC 9110 §5.6.7, IMF-fixdate).
    pub fn parse_http_date(text: &str) -> Option<Self> {
        chrono::DateTime::parse_from_rfc2822(text).ok().map(|t| Self(t.timestamp_millis()))
    }

    pub const fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(ms(span)))
    }

    pub const fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(ms(span)))
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

const fn ms(span: Duration) -> i64 {
    let ms = span.as_millis();
    if ms > i64::MAX as u128 { i64::MAX } else { ms as i64 }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match chrono::DateTime::from_timestamp_millis(self.0) {
            Some(t) => f.write_str(&t.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
            None => write!(f, "{} ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::parse_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

/// A future without a type.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where time comes from.
pub trait Clock: Send + Sync + 'static {
    /// What the device's wall clock says. It may be wrong, and it may jump.
    fn now(&self) -> Timestamp;
    /// Ends after `span`. Needs the core's runtime.
    fn sleep(&self, span: Duration) -> Sleep;
}

/// The device's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[allow(clippy::disallowed_methods)] // the one place that asks the system
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(since.map_or(0, ms))
    }

    fn sleep(&self, span: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(span))
    }
}

/// A clock that is off by a fixed amount, as many phones' are.
pub struct OffsetClock<C> {
    inner: C,
    offset_ms: i64,
}

impl<C: Clock> OffsetClock<C> {
    pub const fn new(inner: C, offset_ms: i64) -> Self {
        Self { inner, offset_ms }
    }
}

impl<C: Clock> Clock for OffsetClock<C> {
    fn now(&self) -> Timestamp {
        Timestamp(self.inner.now().0.saturating_add(self.offset_ms))
    }

    fn sleep(&self, span: Duration) -> Sleep {
        self.inner.sleep(span)
    }
}

/// A clock that stands still until it is moved: sleepers wake when it passes their hour.
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<Manual>>);

struct Manual {
    now: Timestamp,
    sleepers: Vec<(Timestamp, tokio::sync::oneshot::Sender<()>)>,
}

impl ManualClock {
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Manual { now, sleepers: Vec::new() })))
    }

    /// Whether somebody sleeps now until just `at`.
    #[cfg(test)]
    pub fn is_awaited(&self, at: Timestamp) -> bool {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.sleepers.iter().any(|(until, wake)| *until == at && !wake.is_closed())
    }

    /// Moves the clock on and wakes everyone whose time has come.
    pub fn advance(&self, span: Duration) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.now = inner.now.saturating_add(span);
        let now = inner.now;
        let sleepers = std::mem::take(&mut inner.sleepers);
        for (until, wake) in sleepers {
            if until <= now {
                let _ = wake.send(()); // a sleeper that went away needs no waking
            } else {
                inner.sleepers.push((until, wake));
            }
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).now
    }

    fn sleep(&self, span: Duration) -> Sleep {
        if span.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        let (wake, woken) = tokio::sync::oneshot::channel();
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = inner.now.saturating_add(span);
        inner.sleepers.push((until, wake));
        Box::pin(async move {
            let _ = woken.await; // the clock is gone: nobody waits any more
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_survives_json() {
        let t = Timestamp::from_unix_ms(1_795_392_000_123);

        let json = serde_json::to_string(&t).unwrap();

        assert_eq!(json, "\"2026-11-23T00:00:00.123Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), t);
    }

    #[test]
    fn an_offset_is_folded_into_utc() {
        let ulaanbaatar = Timestamp::parse_rfc3339("2026-11-23T08:00:00+08:00").unwrap();

        assert_eq!(ulaanbaatar.to_string(), "2026-11-23T00:00:00.000Z");
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_hour_has_come_and_not_before() {
        let clock = ManualClock::at(Timestamp::EPOCH);
        let sleeper = tokio::spawn(clock.sleep(Duration::from_secs(10)));

        clock.advance(Duration::from_secs(9));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));

        sleeper.await.unwrap();
    }
}
