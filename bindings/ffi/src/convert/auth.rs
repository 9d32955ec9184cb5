//! Who the citizen is, and whether the app is open to them.

use emongolia_core::{auth, country::PersonName};

use super::masked;

/// Where to send the citizen's browser.
/// Prints as `AuthorizationRequest(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct AuthorizationRequest {
    /// Open it in the platform's browser, never in a web view.
    pub url: String,
    /// Comes back in the callback.
    pub state: String,
    /// Unix milliseconds. After this the server no longer knows the request: begin anew.
    pub expires_at_ms: i64,
}

/// Where the session stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum SessionState {
    /// Nobody is signed in.
    SignedOut,
    /// A browser has been sent off, and its callback is awaited.
    SigningIn {
        /// Until when, Unix milliseconds.
        until_ms: i64,
    },
    /// Signed in.
    Active {
        /// Who.
        citizen: CitizenSummary,
    },
    /// Signed in; new tokens are being asked for.
    Refreshing {
        /// Who.
        citizen: CitizenSummary,
    },
    /// Signed in, until then: offer to sign in again, and nothing is interrupted.
    ExpiringSoon {
        /// Who.
        citizen: CitizenSummary,
        /// Unix milliseconds.
        ends_at_ms: i64,
    },
    /// The session can't be renewed. What is stored stays, for this citizen.
    Expired {
        /// Who was signed in.
        citizen: CitizenSummary,
    },
    /// There is a session, and its keys are not at hand until the citizen unlocks the app or the phone.
    Locked,
    /// A sign-out has begun and is not through.
    Wiping,
}

/// Enough to greet somebody by.
/// Prints as `CitizenSummary(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct CitizenSummary {
    /// As it is said: «Б.Эрдэнэбат».
    pub name: String,
    /// Регистрийн дугаар. Mask it on screens.
    pub registration_number: Option<String>,
}

/// The citizen's own record, as the state knows it.
/// Prints as `Citizen(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Citizen {
    /// The authorisation server's name for the citizen: opaque, not for show.
    pub subject: String,
    /// As it is said: «Б.Эрдэнэбат».
    pub name: String,
    /// Нэр.
    pub given_name: Option<String>,
    /// Эцэг/эхийн нэр.
    pub family_name: Option<String>,
    /// Ургийн овог.
    pub clan_name: Option<String>,
    /// Регистрийн дугаар. Mask it on screens.
    pub registration_number: Option<String>,
    /// Иргэний бүртгэлийн дугаар. Mask it on screens.
    pub civil_id: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// `+976XXXXXXXX`.
    pub phone: Option<String>,
    /// Where the citizen is registered.
    pub address: Option<RegisteredAddress>,
}

/// Where a citizen is registered, in codes of administrative units.
/// Prints as `RegisteredAddress(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RegisteredAddress {
    /// Code of the smallest unit that is known: 2, 4 or 6 digits.
    pub area_code: Option<String>,
    /// In one line.
    pub formatted: Option<String>,
}

/// How the app lock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct LockStatus {
    /// A PIN is set.
    pub set: bool,
    /// What is personal can be read.
    pub open: bool,
    /// The platform's biometry opens it too.
    pub biometric: bool,
    /// A fresh sign-in brings everything back should the PIN be forgotten. Else ten wrong ones wipe this phone.
    pub recoverable: bool,
    /// PINs that may still be wrong. 0 where one is set: only a sign-in helps.
    pub tries_left: u8,
    /// Seconds until the next PIN is looked at.
    pub wait_s: u32,
}

masked!(AuthorizationRequest, CitizenSummary, Citizen, RegisteredAddress);

impl From<auth::AuthorizationRequest> for AuthorizationRequest {
    fn from(request: auth::AuthorizationRequest) -> Self {
        let auth::AuthorizationRequest { url, state, expires_at } = request;
        Self { url: url.to_string(), state, expires_at_ms: expires_at.unix_ms() }
    }
}

impl From<auth::SessionState> for SessionState {
    fn from(state: auth::SessionState) -> Self {
        match state {
            auth::SessionState::SignedOut => Self::SignedOut,
            auth::SessionState::SigningIn { until } => Self::SigningIn { until_ms: until.unix_ms() },
            auth::SessionState::Active { citizen } => Self::Active { citizen: citizen.into() },
            auth::SessionState::Refreshing { citizen } => Self::Refreshing { citizen: citizen.into() },
            auth::SessionState::ExpiringSoon { citizen, ends_at } => {
                Self::ExpiringSoon { citizen: citizen.into(), ends_at_ms: ends_at.unix_ms() }
            }
            auth::SessionState::Expired { citizen } => Self::Expired { citizen: citizen.into() },
            auth::SessionState::Locked => Self::Locked,
            auth::SessionState::Wiping => Self::Wiping,
        }
    }
}

impl From<auth::LockStatus> for LockStatus {
    fn from(status: auth::LockStatus) -> Self {
        let auth::LockStatus { set, open, biometric, recoverable, tries_left, wait_s } = status;
        Self { set, open, biometric, recoverable, tries_left, wait_s }
    }
}

impl From<auth::Summary> for CitizenSummary {
    fn from(summary: auth::Summary) -> Self {
        let auth::Summary { name, registration_number } = summary;
        Self { name, registration_number: registration_number.map(|number| number.to_string()) }
    }
}

impl From<auth::SignedIn> for Citizen {
    fn from(signed_in: auth::SignedIn) -> Self {
        let auth::SignedIn { citizen } = signed_in;
        citizen.into()
    }
}

impl From<auth::Citizen> for Citizen {
    fn from(citizen: auth::Citizen) -> Self {
        let auth::Citizen { subject, name, person, registration_number, civil_id, birth_date, phone, address } =
            citizen;
        let person = person.as_ref();
        Self {
            subject: subject.as_str().to_owned(),
            name,
            given_name: person.map(|person| person.given().to_owned()),
            family_name: person.and_then(PersonName::parent).map(str::to_owned),
            clan_name: person.and_then(PersonName::clan).map(str::to_owned),
            registration_number: registration_number.map(|number| number.to_string()),
            civil_id: civil_id.map(|id| id.to_string()),
            birth_date: birth_date.map(|date| date.to_string()),
            phone: phone.map(|phone| phone.e164()),
            address: address.map(Into::into),
        }
    }
}

impl From<auth::RegisteredAddress> for RegisteredAddress {
    fn from(address: auth::RegisteredAddress) -> Self {
        let auth::RegisteredAddress { area, formatted } = address;
        Self { area_code: area.map(|code| code.to_string()), formatted }
    }
}
