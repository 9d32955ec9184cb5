//! Whether a try may have had its effect, and whom to ask.

use super::{
    fate::{EXPIRED_UNKNOWN, KEY_IN_PROGRESS},
    store::Item,
    worker::Courier,
};
use crate::{
    auth,
    foundation::{json, net::Method},
    gateway::{self, Access, Answer, IdempotencyKey, Outgoing, Problem},
};

/// Not one byte of the operation can have had an effect in this try.
pub(super) fn nothing_left(error: &gateway::Error) -> bool {
    match error {
        gateway::Error::Net(net) => net.nothing_was_sent(),
        gateway::Error::Auth(_) | gateway::Error::Address => true, // without authorisation nothing is sent or done
        gateway::Error::Problem(_) | gateway::Error::Malformed { .. } | gateway::Error::Refused { .. } => false,
    }
}

/// A refusal that does not say that nothing was done: an earlier try is unanswered, or it is not the gateway that speaks.
/// What had its effect is not for the citizen to mend either, so a newer proof is not asked for it.
pub(super) fn is_doubtful(refusal: &gateway::Error, item: &Item) -> bool {
    match refusal {
        gateway::Error::Problem(refusal) => is_final(refusal) && (item.in_doubt || !refusal.is_the_gateways()),
        gateway::Error::Auth(auth::Error::StepUp(_)) => item.in_doubt,
        gateway::Error::Auth(_)
        | gateway::Error::Net(_)
        | gateway::Error::Malformed { .. }
        | gateway::Error::Refused { .. }
        | gateway::Error::Address => false,
    }
}

/// Not that it is to be asked again: of conflicts, one alone says that.
fn is_final(refusal: &Problem) -> bool {
    match refusal.status {
        408 | 425 | 429 | 500..=599 => false,
        409 => refusal.code != KEY_IN_PROGRESS,
        _ => true,
    }
}

/// Past the window, what the gateway does not know of may have been done and forgotten.
pub(super) fn expired() -> gateway::Error {
    gateway::Error::Problem(Problem::of(410, EXPIRED_UNKNOWN))
}

/// What became of a key.
pub(super) enum Kept {
    Answer(Answer),
    Refusal(Problem),
    /// The gateway knows nothing of it.
    Nothing,
}

/// An error is the look-up's own: what became of the key nobody knows after it.
pub(super) async fn ask_by_key(courier: &dyn Courier, key: &IdempotencyKey) -> Result<Kept, gateway::Error> {
    let ask = Outgoing {
        method: Method::Get,
        path: format!("/v1/idempotency/{}", key.as_str()),
        query: Vec::new(),
        access: Access::Citizen,
        body: None,
        key: None,
        if_none_match: None,
        published: None,
        known: None,
    };
    let unreadable = gateway::Error::Malformed { endpoint: "getIdempotencyKey" };
    match courier.send(ask).await {
        Ok(answer) => kept(&answer.body).ok_or(unreadable)?,
        Err(gateway::Error::Problem(problem)) if !problem.is_the_gateways() => Err(unreadable),
        Err(gateway::Error::Problem(problem)) if problem.status == 404 => Ok(Kept::Nothing),
        Err(gateway::Error::Problem(problem)) if is_final(&problem) => Err(unreadable),
        Err(other) => Err(other),
    }
}

/// What the gateway kept under a key, as if it had come just now.
fn kept(body: &[u8]) -> Option<Result<Kept, gateway::Error>> {
    #[derive(serde::Deserialize)]
    struct Stored {
        state: String,
        status: Option<u16>,
        body: Option<serde_json::Value>,
    }
    let stored: Stored = json::parse(body).ok()?;
    if stored.state != "done" {
        return Some(Err(gateway::Error::Problem(Problem::of(409, KEY_IN_PROGRESS))));
    }
    let body = json::write(&stored.body.unwrap_or_default())?.into_bytes();
    let answer = Answer { status: stored.status?, body, etag: None, replayed: true, retry_after_s: None };
    if answer.is_success() {
        return Some(Ok(Kept::Answer(answer)));
    }
    let problem = answer.problem();
    (is_final(&problem) && problem.is_the_gateways()).then_some(Ok(Kept::Refusal(problem))) // else it says nothing of the effect
}
