//! Speaking as the citizen: what `gateway` puts on a request, and what it does with a 401.
//!
//! Guarantees: a token goes to the gateway's origin only; it comes out of the store, so it is on disk; a 401 is held
//! against the very tokens that request used; 403 is no 401, and neither is a demand for a newer proof of who asks.

use std::{sync::Arc, time::Duration};

use url::Url;

use super::{
    Error, Result,
    challenge::{self, Challenge},
    dpop::{Dpop, Proof},
    freshness::Freshness,
    notes::{Notes, Role},
    renewal::Renewal,
    secret::Secret,
    store::{self, TokenSet, TokenSetId},
};
use crate::foundation::{
    checks::{Check, Checks},
    clock::{Clock, Timestamp},
    net::{Method, Response, origin},
    storage::{Dao, Store},
};

/// An access token is renewed this long before it ends, so that it does not end on its way.
const MARGIN: Duration = Duration::from_secs(30);

/// What was renewed meanwhile may be past its end as well by the time it is looked at: once more is enough, unless
/// tokens end as soon as they are made.
const LOOKS: u8 = 2;

/// For `gateway`. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    pub(super) store: Store,
    pub(super) renewal: Renewal,
    pub(super) dpop: Dpop,
    pub(super) notes: Arc<Notes>,
    pub(super) clock: Arc<dyn Clock>,
    /// The one origin tokens are sent to.
    pub(super) home: String,
    pub(super) checks: Checks,
}

/// Tokens as they stood a moment ago.
#[derive(Clone)]
pub struct Known(TokenSet);

/// What one request is sent with: good for that method, that address and one time.
#[derive(Debug)]
pub struct Authorization {
    access: Secret<String>,
    proof: Secret<String>,
    used: TokenSetId,
    dated: Timestamp,
}

impl Authorization {
    pub fn headers(&self) -> [(&'static str, String); 2] {
        [("authorization", format!("DPoP {}", self.access.reveal())), ("dpop", self.proof.reveal().clone())]
    }
}

/// What has been tried for one call, so that nothing is tried twice.
#[derive(Debug, Default)]
pub struct Tried {
    nonce: bool,
    clock: bool,
    /// Renewals asked for. One that brought nothing new counts, one that did is the last.
    renewals: u8,
}

/// What an answer means for the authorisation it was asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not about the authorisation: the answer is the caller's.
    Accepted,
    /// Ask again with a new [`Authorization`].
    TryAgain,
    /// The session is over.
    SignIn,
    /// The session is good; the citizen has to prove anew who they are (RFC 9470). No renewal helps.
    StepUp(Freshness),
    /// The proof is refused although the nonce and the clock are right.
    Challenged,
}

impl Tokens {
    /// What is to be sent in a moment, for [`Tokens::authorization`], out of the transaction that says it is to be.
    pub fn known(dao: &Dao<'_>) -> Option<Known> {
        store::tokens(dao).ok().flatten().map(Known)
    }

    /// Tokens that last a while, renewed first if need be, and a fresh proof. Abandonable; a renewal is committed.
    pub async fn authorization(&self, method: Method, url: &Url) -> Result<Authorization> {
        self.authorization_by(None, method, url).await
    }

    /// As [`Tokens::authorization`], with tokens that need not be read again.
    pub async fn authorization_by(&self, known: Option<Known>, method: Method, url: &Url) -> Result<Authorization> {
        if origin(url) != self.home || url.scheme() != "https" {
            return Err(Error::ForeignOrigin);
        }
        let tokens = self.lasting(known).await?;
        let Proof { jwt, dated } = self.dpop.proof(Role::ResourceServer, method, url, Some(&tokens.access)).await?;
        Ok(Authorization { access: tokens.access, proof: Secret::new(jwt), used: tokens.id, dated })
    }

    /// Learns from an answer, and says what it means for the call. Renews when that is the answer's wish.
    pub async fn challenged(
        &self,
        tried: &mut Tried,
        used: &Authorization,
        url: &Url,
        response: &Response,
    ) -> Result<Verdict> {
        let brought_nonce = self.notes.learn(Role::ResourceServer, url, response);
        if response.status != 401 {
            return Ok(Verdict::Accepted);
        }
        let error = match response.header_all("www-authenticate").find_map(challenge::read) {
            Some(Challenge::StepUp(freshness)) => return Ok(Verdict::StepUp(freshness)),
            Some(Challenge::Other(error)) => Some(error),
            None => None,
        };
        match error.as_deref() {
            Some("use_dpop_nonce")
                if self.checks.pass(Check::NonceBrought, brought_nonce)
                    && self.checks.pass(Check::NonceOnce, !tried.nonce) =>
            {
                tried.nonce = true;
                Ok(Verdict::TryAgain)
            }
            Some("invalid_dpop_proof") if !tried.clock && self.notes.would_date_otherwise(url, used.dated) => {
                tried.clock = true;
                Ok(Verdict::TryAgain)
            }
            Some("use_dpop_nonce" | "invalid_dpop_proof") => Ok(Verdict::Challenged),
            Some(_) | None if !self.checks.pass(Check::RenewedOnce, tried.renewals < LOOKS) => Ok(Verdict::SignIn),
            Some(_) | None => {
                tried.renewals += 1;
                match self.renewal.renew(&used.used).await {
                    Ok(true) => {
                        tried.renewals = LOOKS;
                        Ok(Verdict::TryAgain)
                    }
                    // Others' tokens: if they are refused too, that is no word about the session yet.
                    Ok(false) => Ok(Verdict::TryAgain),
                    Err(Error::SignInRequired) => Ok(Verdict::SignIn),
                    Err(other) => Err(other),
                }
            }
        }
    }

    /// Remembers the clock and the nonce of an answer that carried no token.
    pub fn learn(&self, url: &Url, response: &Response) {
        self.notes.learn(Role::ResourceServer, url, response);
    }

    pub(super) async fn lasting(&self, known: Option<Known>) -> Result<TokenSet> {
        let mut tokens = match known {
            Some(Known(tokens)) => tokens,
            None => self.stored().await?,
        };
        let mut margin = MARGIN;
        for _ in 0..LOOKS {
            let now = self.clock.now();
            if now.saturating_add(margin) < tokens.access_expires {
                break;
            }
            match self.renewal.renew(&tokens.id).await {
                Ok(_) => tokens = self.stored().await?,
                Err(Error::SignInRequired) => return Err(Error::SignInRequired),
                // Not renewed, but not over yet either.
                Err(_) if now < tokens.access_expires => break,
                Err(other) => return Err(other),
            }
            margin = Duration::ZERO; // a server may mean them to be short
        }
        Ok(tokens) // also past their end, if they are born so: the gateway has the last word
    }

    async fn stored(&self) -> Result<TokenSet> {
        let stored = self.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await?;
        stored.ok_or_else(|| self.renewal.none_to_renew())
    }
}
