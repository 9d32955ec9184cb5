use crate::foundation::error::{Error as Public, Outcome, Outward, outward_from};

/// Why an exchange came to nothing. Holds host names, never a path, a query, a header or a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No connection came about: nothing was sent.
    #[error("no connection to {host}")]
    Offline { host: String },
    #[error("{host} did not answer in time ({stage})")]
    Timeout { host: String, stage: Stage },
    /// The host could not prove who it is: nothing was sent.
    #[error("{host} is not to be trusted: {why}")]
    Untrusted { host: String, why: Distrust },
    /// The request was on its way and no whole answer came back: it may have taken effect.
    #[error("the answer of {host} was lost")]
    Lost { host: String },
    #[error("the answer of {host} is larger than {cap} bytes")]
    BodyTooLarge { host: String, cap: usize },
    #[error("the answer of {host} has too many header fields")]
    TooManyHeaders { host: String },
    #[error("only https is spoken here")]
    Insecure,
    #[error("the request can't be put on the wire: {0}")]
    Request(&'static str),
    #[error("transport set-up: {0}")]
    Setup(&'static str),
    #[error("the transport is closed")]
    Closed,
}

/// Which patience ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Between two pieces of an answer.
    Read,
    /// The whole call with all its tries.
    Total,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Read => "a read",
            Self::Total => "the whole call",
        })
    }
}

/// Why a host is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Also what a phone sees whose clock is years ahead.
    #[error("its certificate has expired")]
    Expired,
    /// Also what a phone sees whose clock is years behind.
    #[error("its certificate is not valid yet")]
    NotYetValid,
    #[error("its certificate is for another name")]
    WrongName,
    #[error("its certificate leads to none of our roots")]
    UnknownIssuer,
    #[error("its chain holds none of the pinned keys")]
    NotPinned,
    #[error("its certificate is not acceptable")]
    BadCertificate,
    /// Not TLS 1.3, or not TLS at all: an old server, or a captive portal.
    #[error("it does not speak our TLS")]
    Handshake,
}

/// Why a set of pins that was told does not bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("it is for a host that is not ours")]
    Host,
    #[error("it has no key in reserve")]
    Reserve,
    #[error("it has expired, or binds for too long")]
    Expiry,
    #[error("it does not hold for the host as it is")]
    Path,
}

impl Error {
    /// Whether the other side can not have seen the request.
    pub fn nothing_was_sent(&self) -> bool {
        match self {
            Self::Offline { .. }
            | Self::Untrusted { .. }
            | Self::Insecure
            | Self::Request(_)
            | Self::Setup(_)
            | Self::Closed => true,
            Self::Timeout { .. } | Self::Lost { .. } | Self::BodyTooLarge { .. } | Self::TooManyHeaders { .. } => false,
        }
    }
}

impl Outward for Error {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Offline { .. } => Outcome::Expected(Public::Offline),
            Self::Timeout { .. } => Outcome::Expected(Public::Timeout),
            // To a citizen a lost answer is a bad connection; what was asked for waits in the outbox.
            Self::Lost { .. } => Outcome::Notable(Public::Offline),
            Self::Untrusted { .. } => Outcome::Defect("net.untrusted"),
            Self::BodyTooLarge { .. } => Outcome::Defect("net.body_too_large"),
            Self::TooManyHeaders { .. } => Outcome::Defect("net.too_many_headers"),
            Self::Insecure => Outcome::Defect("net.insecure"),
            Self::Request(_) => Outcome::Defect("net.request"),
            Self::Setup(_) => Outcome::Defect("net.setup"),
            Self::Closed => Outcome::Expected(Public::NotAvailable),
        }
    }
}

outward_from!(Error);
