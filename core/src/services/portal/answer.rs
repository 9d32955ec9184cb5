//! The write: the number that the citizen chose, or that they refuse.

use serde::{Deserialize, Serialize};

use super::model::WebSignInId;
use crate::{
    auth::Freshness,
    foundation::{
        events::Area,
        net::Method,
        storage::{self, Dao},
    },
    gateway::Problem,
    offline::outbox::{Heard, Operation, OperationId, Outgoing},
};

/// A browser is let in by whoever holds the phone: they have proven within so many seconds that it is the citizen.
const PROVEN_WITHIN_S: u32 = 300;

/// Answers a browser's request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    pub(super) id: WebSignInId,
    /// `None` refuses.
    pub(super) number: Option<u8>,
}

impl Operation for Answer {
    const KIND: &'static str = "portal.answer";
    const AREA: Area = Area::Session;
    type Answer = Heard;

    fn group(&self) -> String {
        ["portal/", self.id.as_str()].concat()
    }

    fn outgoing(&self) -> storage::Result<Outgoing> {
        let number = self.number.map_or_else(|| "null".to_owned(), |number| number.to_string());
        Ok(Outgoing {
            method: Method::Post,
            path: ["/v1/web/sign-ins/", self.id.as_str(), "/answer"].concat(),
            body: Some(["{\"number\":", number.as_str(), "}"].concat().into_bytes()),
        })
    }

    /// To refuse nobody needs to prove anything.
    fn freshness(&self) -> Option<Freshness> {
        self.number.map(|_| Freshness::within(PROVEN_WITHIN_S))
    }

    fn acknowledged(&self, _id: &OperationId, _answer: Heard, _dao: &mut Dao<'_>) -> storage::Result<()> {
        Ok(())
    }

    /// What is over needs no refusal. An approval that came too late is shown: nobody was let in.
    fn is_moot(&self, problem: &Problem) -> bool {
        self.number.is_none() && matches!(problem.status, 404 | 410)
    }
}
