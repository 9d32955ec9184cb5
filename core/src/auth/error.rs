use std::sync::Arc;

use super::{callback, freshness::Freshness, id_token, machine::Refused, metadata, wire};
use crate::foundation::{
    crypto::keys::KeyError,
    error::{Error as Public, Outcome, Outward, outward_from},
    net,
    ports::PortError,
    runtime::Stopped,
    storage,
};

/// Why signing in, or speaking as the citizen, did not work. Cloned to everyone who waited for the same renewal.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] net::Error),
    #[error("session store: {0}")]
    Store(Arc<storage::Error>),
    #[error("store key: {0}")]
    Keys(Arc<KeyError>),
    #[error("device key: {0}")]
    Port(PortError),
    #[error("the device key is not a P-256 point of 65 bytes")]
    DeviceKey,
    #[error("the device key's signature is not DER")]
    Signature,
    /// Nobody is signed in, or the session can't be renewed. Nothing else was touched.
    #[error("nobody is signed in")]
    SignInRequired,
    #[error("the keys are not at hand")]
    Locked,
    #[error("a sign-out is not through")]
    Wiping,
    /// The platform may end this process any moment: what the server gives would be lost.
    #[error("new tokens are left to the app to ask for")]
    LeftToTheApp,
    /// The session is good; the citizen has to prove anew who they are before this is done.
    #[error("a proof of who the citizen is, {} s old at most, is asked for", .0.max_age_s)]
    StepUp(Freshness),
    /// This installation holds another citizen's outbox and documents: they are wiped first, or that citizen signs in.
    #[error("this installation belongs to another citizen")]
    OtherCitizen,
    /// The data here lie under a key that this sign-in does not bring back: they can only be wiped.
    #[error("this sign-in brings no key back")]
    NotRecoverable,
    /// The citizen, or ДАН on their behalf, said no.
    #[error("sign-in was declined")]
    Declined,
    #[error("callback: {0}")]
    Callback(#[from] callback::Refusal),
    #[error("ID token: {0}")]
    IdToken(#[from] id_token::Refusal),
    #[error("authorisation server metadata: {0}")]
    Metadata(#[from] metadata::Refusal),
    /// An OAuth error code (RFC 6749 §5.2); never its description, which may quote us.
    #[error("the authorisation server refused: {code}")]
    Refused { code: String },
    #[error("the authorisation server's answer makes no sense: {0}")]
    Malformed(&'static str),
    /// It said yes, and what came with the yes is of no use.
    #[error("the authorisation server's answer is not believed: {0}")]
    Answer(#[from] wire::Refusal),
    /// Too many failed renewals in a row, or the server asked for patience.
    #[error("the authorisation server is left alone for {retry_after_s} s")]
    Resting { retry_after_s: u32 },
    #[error("our proof was refused twice")]
    Challenged,
    #[error("a nonce is demanded, and none is given")]
    NoNonce,
    #[error("a token must not be sent there")]
    ForeignOrigin,
    #[error(transparent)]
    Stopped(Stopped),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Locked => Self::Locked,
            Refused::SignInRequired => Self::SignInRequired,
            Refused::NotAvailable => Self::Wiping,
            Refused::UnknownState => Self::Callback(callback::Refusal::UnknownState),
        }
    }
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::Keys(Arc::new(error))
    }
}

impl Outward for Error {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Net(net) => net.outcome(),
            Self::Store(store) => store.outcome(),
            Self::Keys(keys) => keys.outcome(),
            Self::Port(PortError::Unavailable) => Outcome::Expected(Public::Locked),
            // The tokens are bound to a key that is gone: only a new sign-in helps.
            Self::Port(PortError::Invalidated) => Outcome::Notable(Public::SignInRequired),
            Self::Port(PortError::Failed { .. } | PortError::Cancelled) | Self::DeviceKey | Self::Signature => {
                Outcome::Defect("auth.device_key")
            }
            Self::Locked => Outcome::Expected(Public::Locked),
            Self::Wiping => Outcome::Expected(Public::NotAvailable),
            Self::LeftToTheApp => Outcome::Expected(Public::Busy { retry_after_s: None }),
            Self::SignInRequired => Outcome::Expected(Public::SignInRequired),
            Self::StepUp(Freshness { max_age_s, acr }) => {
                Outcome::Expected(Public::StepUpRequired { max_age_s: *max_age_s, acr: acr.clone() })
            }
            Self::OtherCitizen => Outcome::Expected(Public::invalid("citizen", "other_citizen")),
            Self::NotRecoverable => Outcome::Notable(Public::invalid("citizen", "lock.not_recoverable")),
            Self::Declined => Outcome::Expected(Public::Cancelled),
            Self::Callback(refusal) => Outcome::Notable(Public::invalid("callback", refusal.code())),
            Self::IdToken(refusal) => Outcome::Defect(refusal.code()),
            Self::Metadata(refusal) => Outcome::Defect(refusal.code()),
            Self::Answer(refusal) => Outcome::Defect(refusal.code()),
            Self::Refused { .. } => Outcome::Defect("auth.refused"),
            Self::Malformed(_) => Outcome::Defect("auth.malformed"),
            Self::Resting { retry_after_s } => Outcome::Expected(Public::Busy { retry_after_s: Some(*retry_after_s) }),
            Self::Challenged => Outcome::Defect("auth.challenged"),
            Self::NoNonce => Outcome::Defect("auth.no_nonce"),
            Self::ForeignOrigin => Outcome::Defect("auth.foreign_origin"),
            Self::Stopped(stopped) => stopped.outcome(),
        }
    }
}

outward_from!(Error);
