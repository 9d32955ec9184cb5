//! Signing in to the portal in a browser from the phone: look at what its QR code asks for, then choose or refuse.
//!
//! Guarantees: nothing but an address of our own portal is looked at, and it is never opened; what the citizen answered
//! reaches the gateway once; a refusal of a request that is over is no trouble.

mod answer;
mod model;
#[cfg(test)]
mod tests;
mod wire;

pub use answer::Answer;
pub use model::{WebSignIn, WebSignInId};

use crate::{
    foundation::{
        error::{Error, Result},
        runtime::{Spawner, Work},
    },
    gateway::{Call, Gateway, Reply},
    offline::outbox::{Entry, Operation as _, OperationId, Outbox, State},
};

/// Between the portal's origin and an id.
const PATH: &str = "/web/s/";

/// The portal in a browser. Cheap to clone.
#[derive(Clone)]
pub struct Portal {
    gateway: Gateway,
    outbox: Outbox,
    spawner: Spawner,
}

impl Portal {
    pub fn new(gateway: Gateway, outbox: Outbox, spawner: Spawner) -> Self {
        Self { gateway, outbox, spawner }
    }

    /// What the code asks for. [`Error::Invalid`]: it is not our portal's. Needs the network. Abandonable.
    pub fn preview(&self, qr: &str) -> Work<WebSignIn> {
        let (portal, id) = (self.clone(), id_in(qr, &self.gateway.origin()));
        self.spawner.abandonable(async move {
            let id = id.ok_or_else(|| Error::invalid("qr", "portal.not_ours"))?;
            portal.look(id).await
        })
    }

    /// Lets the browser in that shows this number; any other number ends its request. [`Error::StepUpRequired`]: the
    /// citizen has to prove first who they are. Committed.
    pub fn approve(&self, id: &WebSignInId, number: u32) -> Work<OperationId> {
        self.answer(Answer { id: id.clone(), number: Some(number) })
    }

    /// Keeps the browser out. Committed.
    pub fn refuse(&self, id: &WebSignInId) -> Work<OperationId> {
        self.answer(Answer { id: id.clone(), number: None })
    }

    /// Puts away an answer of which nothing can come any more, once the citizen has been told: a wrong number, a request
    /// that is over. `false`: it is another, or may still have its effect, or has had it. Committed.
    pub fn put_away(&self, answer: &OperationId) -> Work<bool> {
        let (outbox, id) = (self.outbox.clone(), answer.clone());
        self.spawner.committed(async move {
            let view = outbox.get(&id).await?;
            let refused = view.problem.as_deref().filter(|_| view.kind == Answer::KIND && view.state == State::Wedged);
            let over = refused.is_some_and(Answer::is_over);
            if over {
                outbox.cancel(&id).await?;
            }
            Ok::<_, Error>(over)
        })
    }

    async fn look(&self, id: WebSignInId) -> Result<WebSignIn> {
        let call = Call::new().param("id", id.as_str());
        match self.gateway.call(&wire::SIGN_IN, call).await? {
            Reply::Fresh { value, .. } => Ok(value.into_sign_in(id)),
            Reply::NotModified => Err(Error::NotFound),
        }
    }

    fn answer(&self, answer: Answer) -> Work<OperationId> {
        let outbox = self.outbox.clone();
        self.spawner.committed(async move { outbox.put(Entry::of(answer)).await })
    }
}

/// Letter for letter: whatever a parser would tidy up (a user before the host, a port, dots, percent signs, letters that
/// only look alike) is not ours.
fn id_in(qr: &str, origin: &str) -> Option<WebSignInId> {
    WebSignInId::parse(qr.strip_prefix(origin)?.strip_prefix(PATH)?)
}
