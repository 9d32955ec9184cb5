//! The write: the number that the citizen chose, or that they refuse.

use serde::{Deserialize, Serialize};

use super::model::WebSignInId;
use crate::{
    auth::Freshness,
    foundation::{
        clock::Timestamp,
        events::Area,
        net::Method,
        storage::{self, Dao},
    },
    gateway::Problem,
    offline::outbox::{Heard, Operation, OperationId, Outgoing, Progress, Refusal},
};

/// Answers a browser's request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    pub(super) id: WebSignInId,
    /// `None` refuses.
    pub(super) number: Option<u32>,
}

impl Answer {
    /// Whether nothing can come of it any more, by the gateway's word for why it was refused.
    pub(super) fn is_over(refused: &str) -> bool {
        matches!(refused, "wrong_number" | "sign_in_answered" | "sign_in_expired" | "unknown_sign_in")
    }
}

impl Operation for Answer {
    const KIND: &'static str = "portal.answer";
    const AREA: Area = Area::Session;
    type Answer = Heard;

    fn group(&self) -> String {
        ["portal/", self.id.as_str()].concat()
    }

    fn outgoing(&self, _id: &OperationId, _at: Timestamp, _dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        Ok(self.request())
    }

    /// To refuse nobody needs to prove anything.
    fn freshness(&self) -> Option<Freshness> {
        self.number.map(|_| Freshness::RECENT)
    }

    fn acknowledged(&self, _id: &OperationId, _answer: Heard, _dao: &mut Dao<'_>) -> storage::Result<Progress> {
        Ok(Progress::Done)
    }

    fn refused(&self, _id: &OperationId, problem: &Problem, _dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        Ok(self.meaning(problem))
    }
}

impl Answer {
    pub(super) fn request(&self) -> Outgoing {
        let number = self.number.map_or_else(|| "null".to_owned(), |number| number.to_string());
        let path = ["/v1/web/sign-ins/", self.id.as_str(), "/answer"].concat();
        let body = ["{\"number\":", number.as_str(), "}"].concat().into_bytes();
        Outgoing::keyed(Method::Post, path, Some(body))
    }

    /// What is over needs no refusal. An approval that came too late is shown: nobody was let in.
    pub(super) fn meaning(&self, problem: &Problem) -> Refusal {
        let moot = self.number.is_none() && matches!(problem.status, 404 | 410);
        if moot { Refusal::Moot } else { Refusal::Stands }
    }
}
