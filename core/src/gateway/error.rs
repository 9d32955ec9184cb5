use super::{Problem, Refusal};
use crate::{
    auth,
    foundation::{
        error::{Outcome, Outward, outward_from},
        net,
    },
};

/// Why a call came to nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] net::Error),
    #[error(transparent)]
    Auth(#[from] auth::Error),
    /// The gateway said no. Its detail is not shown here: it may be personal.
    #[error("the gateway refused: {} {}", .0.status, .0.code)]
    Problem(Problem),
    #[error("the answer of {endpoint} is not of the agreed shape")]
    Malformed { endpoint: &'static str },
    #[error("the answer of {endpoint} is not to be trusted: {why}")]
    Refused { endpoint: &'static str, why: Refusal },
    #[error("no address of the gateway")]
    Address,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Outward for Error {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Net(net) => net.outcome(),
            Self::Auth(auth) => auth.outcome(),
            Self::Problem(problem) => problem.outcome(),
            Self::Malformed { .. } => Outcome::Defect("gateway.malformed"),
            Self::Refused { why, .. } => Outcome::Defect(why.code()),
            Self::Address => Outcome::Defect("gateway.address"),
        }
    }
}

outward_from!(Error);
