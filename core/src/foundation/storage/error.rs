use crate::foundation::{
    crypto::seal::SealError,
    error::{Error as Public, Outcome, Outward, outward_from},
    runtime::Stopped,
};

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the store is suspended")]
    Closed,
    #[error("interrupted: the caller went away or the store was suspended")]
    Interrupted,
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error("not closed within the deadline")]
    Deadline,
    #[error("the disk is full")]
    Full,
    #[error("the folder can't be made or read: {kind}")]
    Directory { kind: std::io::ErrorKind },
    #[error("the file is of schema {found}, this build knows up to {known}: update the app")]
    Newer { found: u32, known: u32 },
    #[error("the file is damaged")]
    Corrupt,
    #[error("sealed value: {0}")]
    Sealed(#[from] SealError),
    #[error("a stored value can't be read: {0}")]
    Stored(&'static str),
    #[error("SQLite: {0}")]
    Sqlite(rusqlite::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::Interrupted,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt,
            _ => Self::Sqlite(error),
        }
    }
}

impl Outward for Error {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Closed => Outcome::Expected(Public::NotAvailable),
            Self::Stopped(stopped) => stopped.outcome(),
            Self::Interrupted => Outcome::Expected(Public::Cancelled),
            Self::Deadline => Outcome::Notable(Public::Timeout),
            Self::Sealed(sealed) => sealed.outcome(),
            Self::Full => Outcome::Defect("storage.full"),
            Self::Directory { .. } => Outcome::Defect("storage.directory"),
            Self::Newer { .. } => Outcome::Defect("storage.newer"),
            Self::Corrupt => Outcome::Defect("storage.corrupt"),
            Self::Stored(_) => Outcome::Defect("storage.value"),
            Self::Sqlite(_) => Outcome::Defect("storage.failed"),
        }
    }
}

outward_from!(Error);
