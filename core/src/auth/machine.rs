//! The session, as facts and what may happen to them. Pure: nothing here reads, writes or waits.
//!
//! Guarantees: facts are stored and phases follow from them; every act of `auth` asks [`Facts::step`] first and does what
//! it says; the whole table stands in `core/docs/session.md`, and a test holds each pair of it against this code.

use std::time::Duration;

use crate::foundation::clock::Timestamp;

/// The longest that a citizen is warned ahead of a session's end; what is told to all may shorten it.
const WARN_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// The part of a session's life at whose end the warning stands.
const WARN_PART: u32 = 10;

/// What is so. Facts that can't be together are never made of ones that can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Facts {
    pub(crate) life: Life,
    pub(crate) lock: Lock,
    pub(crate) session: Session,
    /// A browser has been sent off and may still come back in time.
    pub(crate) attempt: bool,
    /// The server is being asked for new tokens in the place of the stored ones.
    pub(crate) flight: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Life {
    #[default]
    Open,
    /// A sign-out has begun and has not ended, whatever became of the process since.
    Wiping,
}

/// Whether the keys to the citizen's things are at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Lock {
    /// No PIN has been set.
    #[default]
    None,
    Open,
    Shut,
    /// Too many wrong PINs: only a sign-in brings the keys back.
    Spent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Session {
    /// This installation is nobody's.
    #[default]
    None,
    /// There are tokens.
    Live(End),
    /// The tokens are gone; what is stored is still its citizen's.
    Ended,
}

/// How far off the end is that the server told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum End {
    /// Also when nothing was told.
    Far,
    Near,
    /// By the device's clock, which may be wrong: the server has the last word.
    Past,
}

/// What the outside is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    SignedOut,
    SigningIn,
    Active,
    Refreshing,
    ExpiringSoon,
    Expired,
    Locked,
    Wiping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(test), expect(dead_code, reason = "time, PINs and what a wipe has done are facts here"))]
pub(crate) enum Event {
    /// Also a step-up.
    BeginSignIn,
    /// A callback that nothing is wrong with, of the citizen whose installation this is or is to be.
    SameCitizen,
    OtherCitizen,
    /// A callback that was refused, declined, late, or of no attempt of ours.
    BadCallback,
    TenMinutes,
    /// New tokens are wanted: the access token is at its end, or was refused.
    TokenEnds,
    Renewed(End),
    RenewalFailed,
    /// `invalid_grant`, said of the stored tokens.
    InvalidGrant,
    EndNear,
    EndPassed,
    /// Asked for, idle for too long, in the background for too long, or a start with a PIN set.
    Lock,
    /// The right PIN, or a biometric release.
    Unlock,
    WrongPin,
    LastWrongPin,
    PushHint,
    SignOut,
    /// Everything, whoever asks: needs neither session nor PIN.
    Erase,
    WipeEnded,
}

/// Why something is not done. Nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Locked,
    SignInRequired,
    NotAvailable,
    UnknownState,
}

impl Facts {
    pub(crate) fn phase(&self) -> Phase {
        match (self.life, self.lock) {
            (Life::Wiping, _) => return Phase::Wiping,
            (Life::Open, Lock::Shut) => return Phase::Locked,
            (Life::Open, Lock::Spent) if !self.attempt => return Phase::Locked,
            (Life::Open, Lock::None | Lock::Open | Lock::Spent) => {}
        }
        match (self.session, self.attempt) {
            (Session::Live(_), _) if self.flight => Phase::Refreshing,
            (Session::Live(End::Far), _) => Phase::Active,
            (Session::Live(End::Near), _) => Phase::ExpiringSoon,
            (Session::Live(End::Past) | Session::Ended | Session::None, true) => Phase::SigningIn,
            (Session::Live(End::Past) | Session::Ended, false) => Phase::Expired,
            (Session::None, false) => Phase::SignedOut,
        }
    }

    /// What is so after `event`, or why it may not happen. What means nothing here changes nothing.
    pub(crate) fn step(self, event: Event) -> Result<Self, Refused> {
        match self.life {
            Life::Wiping => self.wiping(event),
            Life::Open => match self.lock {
                Lock::None | Lock::Open => self.open(event),
                Lock::Shut => self.shut(event),
                Lock::Spent => self.spent(event),
            },
        }
    }

    fn open(self, event: Event) -> Result<Self, Refused> {
        let signed_in = Self { attempt: false, flight: false, session: Session::Live(End::Far), ..self };
        match event {
            Event::BeginSignIn => Ok(Self { attempt: true, ..self }),
            Event::SameCitizen if self.attempt => Ok(signed_in),
            Event::OtherCitizen if self.attempt => Ok(Self { attempt: false, ..self }),
            Event::SameCitizen | Event::OtherCitizen => Err(Refused::UnknownState),
            Event::TokenEnds if self.is_live() => Ok(Self { flight: true, ..self }),
            Event::TokenEnds => Err(Refused::SignInRequired),
            Event::Lock => match self.lock {
                Lock::None => Err(Refused::NotAvailable),
                Lock::Open | Lock::Shut | Lock::Spent => Ok(Self { lock: Lock::Shut, ..self }),
            },
            Event::PushHint if self.is_live() => Ok(self),
            Event::PushHint => Err(Refused::SignInRequired),
            Event::SignOut | Event::Erase => Ok(self.wiped_from_here()),
            // To change a PIN the old one is asked for: an open app is a place to guess in as well.
            Event::LastWrongPin if self.lock != Lock::None => Ok(self.spent_from_here()),
            Event::Unlock | Event::WrongPin | Event::LastWrongPin | Event::WipeEnded => Ok(self),
            Event::BadCallback | Event::TenMinutes => Ok(Self { attempt: false, ..self }),
            Event::Renewed(_) | Event::RenewalFailed | Event::InvalidGrant | Event::EndNear | Event::EndPassed => {
                Ok(self.aged(event))
            }
        }
    }

    fn shut(self, event: Event) -> Result<Self, Refused> {
        match event {
            Event::BeginSignIn
            | Event::SameCitizen
            | Event::OtherCitizen
            | Event::BadCallback
            | Event::TokenEnds
            | Event::PushHint
            | Event::SignOut => Err(Refused::Locked),
            Event::Unlock => Ok(Self { lock: Lock::Open, ..self }),
            Event::LastWrongPin => Ok(self.spent_from_here()),
            Event::Erase => Ok(self.wiped_from_here()),
            Event::Lock | Event::WrongPin | Event::WipeEnded => Ok(self),
            Event::TenMinutes => Ok(Self { attempt: false, ..self }),
            Event::Renewed(_) | Event::RenewalFailed | Event::InvalidGrant | Event::EndNear | Event::EndPassed => {
                Ok(self.aged(event))
            }
        }
    }

    /// What the PIN released is gone. A sign-in of the same citizen brings it back, without a PIN.
    fn spent(self, event: Event) -> Result<Self, Refused> {
        let open = Self { lock: Lock::None, ..self };
        match event {
            Event::BeginSignIn => Ok(Self { attempt: true, ..self }),
            Event::SameCitizen if self.attempt => open.open(event),
            Event::OtherCitizen | Event::BadCallback if self.attempt => Ok(Self { attempt: false, ..self }),
            Event::SameCitizen | Event::OtherCitizen | Event::BadCallback => Err(Refused::Locked),
            Event::TenMinutes => Ok(Self { attempt: false, ..self }),
            Event::TokenEnds | Event::PushHint | Event::Unlock => Err(Refused::Locked),
            Event::SignOut | Event::Erase => Ok(self.wiped_from_here()),
            Event::Renewed(_)
            | Event::RenewalFailed
            | Event::InvalidGrant
            | Event::EndNear
            | Event::EndPassed
            | Event::Lock
            | Event::WrongPin
            | Event::LastWrongPin
            | Event::WipeEnded => Ok(self),
        }
    }

    fn wiping(self, event: Event) -> Result<Self, Refused> {
        match event {
            Event::WipeEnded => Ok(Self::default()),
            Event::SignOut | Event::Erase => Ok(self), // resumes
            Event::BeginSignIn
            | Event::SameCitizen
            | Event::OtherCitizen
            | Event::BadCallback
            | Event::TokenEnds
            | Event::Lock
            | Event::Unlock
            | Event::WrongPin
            | Event::LastWrongPin
            | Event::PushHint => Err(Refused::NotAvailable),
            // Whatever comes is dropped.
            Event::TenMinutes
            | Event::Renewed(_)
            | Event::RenewalFailed
            | Event::InvalidGrant
            | Event::EndNear
            | Event::EndPassed => Ok(self),
        }
    }

    /// What time, or the server on a renewal, does to tokens; also beneath a lock.
    fn aged(self, event: Event) -> Self {
        let Session::Live(end) = self.session else { return self };
        match event {
            Event::Renewed(end) if self.flight => Self { session: Session::Live(end), flight: false, ..self },
            Event::RenewalFailed => Self { flight: false, ..self },
            Event::InvalidGrant if self.flight => Self { session: Session::Ended, flight: false, ..self },
            Event::EndNear if end == End::Far => Self { session: Session::Live(End::Near), ..self },
            Event::EndPassed => Self { session: Session::Live(End::Past), ..self },
            Event::BeginSignIn
            | Event::SameCitizen
            | Event::OtherCitizen
            | Event::BadCallback
            | Event::TenMinutes
            | Event::TokenEnds
            | Event::Renewed(_)
            | Event::InvalidGrant
            | Event::EndNear
            | Event::Lock
            | Event::Unlock
            | Event::WrongPin
            | Event::LastWrongPin
            | Event::PushHint
            | Event::SignOut
            | Event::Erase
            | Event::WipeEnded => self,
        }
    }

    fn spent_from_here(self) -> Self {
        Self { lock: Lock::Spent, session: Session::Ended, flight: false, ..self }
    }

    fn wiped_from_here(self) -> Self {
        Self { life: Life::Wiping, ..self }
    }

    fn is_live(self) -> bool {
        matches!(self.session, Session::Live(_))
    }
}

impl End {
    /// Of a session that began and ends then, as far as that is known; warned of `warn` ahead, or later.
    pub(crate) fn of(begun: Option<Timestamp>, ends: Option<Timestamp>, warn: Duration, now: Timestamp) -> Self {
        let Some(ends) = ends else { return Self::Far };
        if ends <= now {
            return Self::Past;
        }
        let life = begun.map_or(Duration::MAX, |begun| ends.since(begun));
        if ends.since(now) <= warn.min(WARN_MAX).min(life / WARN_PART) { Self::Near } else { Self::Far }
    }
}
