//! The authorisation server as we speak to it. Nothing else in the core does.
//!
//! Guarantees: every request that concerns a token carries a proof; a demanded nonce is answered exactly once, a
//! clock put right exactly once; no token request is repeated by the transport.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use url::Url;

use super::{
    Error, Result,
    dpop::Dpop,
    freshness::Freshness,
    id_token::KeySet,
    metadata::{self, Metadata, well_known},
    notes::{Notes, Role},
    pkce,
    secret::Secret,
    wire::{self, Granted, Pushed},
};
use crate::foundation::{
    checks::{Check, Checks},
    clock::{Clock, Timestamp},
    config::Config,
    net::{Client, Method, Request, Response, RetryClass},
    ports::Ports,
};

/// The most the authorisation server has to say.
const MAX_ANSWER: usize = 256 * 1024;

/// A token request that takes longer is lost; two of them fit into a renewal's turn.
const TOKEN_BUDGET: Duration = Duration::from_secs(10);

/// How long a sign-out waits for the server to hear of it.
const REVOKE_BUDGET: Duration = Duration::from_secs(5);

/// Metadata changes about as often as the server is rebuilt.
const METADATA_LIFE: Duration = Duration::from_secs(60 * 60);

const SCOPE: &str = "openid offline_access";

/// One sign-in's request (RFC 9126, RFC 7636, OpenID Connect Core §3.1.2.1).
pub(super) struct Asked<'a> {
    pub(super) state: &'a str,
    pub(super) nonce: &'a str,
    pub(super) verifier: &'a Secret<String>,
    /// A step-up: the citizen is to prove anew who they are (RFC 9470 §4).
    pub(super) freshness: Option<&'a Freshness>,
}

pub(super) struct Server {
    net: Client,
    dpop: Dpop,
    notes: Arc<Notes>,
    clock: Arc<dyn Clock>,
    pub(super) checks: Checks,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    metadata: Mutex<Option<(Timestamp, Arc<Metadata>)>>,
}

impl Server {
    pub(super) fn new(config: &Config, net: Client, dpop: Dpop, notes: Arc<Notes>, ports: &Ports) -> Self {
        Self {
            net,
            dpop,
            notes,
            clock: ports.clock.clone(),
            checks: ports.checks(),
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            redirect_uri: config.redirect_uri.clone(),
            metadata: Mutex::new(None),
        }
    }

    /// Pushes the request and gives back the address for the browser, and how long it is good.
    pub(super) async fn push(&self, asked: &Asked<'_>) -> Result<(Url, Duration)> {
        let metadata = self.metadata().await?;
        let challenge = pkce::challenge(asked.verifier);
        let thumbprint = self.dpop.thumbprint().await?;
        let mut fields = vec![
            ("client_id", self.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", &self.redirect_uri),
            ("scope", SCOPE),
            ("state", asked.state),
            ("nonce", asked.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", pkce::METHOD),
            ("dpop_jkt", &thumbprint),
        ];
        let max_age = asked.freshness.map(|wanted| wanted.max_age_s.to_string());
        if let Some(max_age) = &max_age {
            fields.extend([("max_age", max_age.as_str()), ("prompt", "login")]);
        }
        if let Some(acr) = asked.freshness.and_then(|wanted| wanted.acr.as_deref()) {
            fields.push(("acr_values", acr));
        }
        let response = self.post(&metadata.pushed_authorization, &fields).await?;
        let Pushed { request_uri, life } = wire::pushed(&response, self.checks)?;
        let mut url = metadata.authorization.clone();
        url.query_pairs_mut().append_pair("client_id", &self.client_id).append_pair("request_uri", &request_uri);
        Ok((url, life))
    }

    pub(super) async fn exchange(&self, code: &str, verifier: &Secret<String>, redirect_uri: &str) -> Result<Granted> {
        let metadata = self.metadata().await?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("client_id", &self.client_id),
            ("code_verifier", verifier.reveal()),
        ];
        wire::granted(&self.post(&metadata.token, &fields).await?, self.checks)
    }

    /// Within [`TOKEN_BUDGET`], whatever it takes: a renewal's turn is reckoned by it.
    pub(super) async fn refresh(&self, token: &Secret<String>) -> Result<Granted> {
        let all = async {
            let metadata = self.metadata().await?;
            let fields = [
                ("grant_type", "refresh_token"),
                ("refresh_token", token.reveal().as_str()),
                ("client_id", &self.client_id),
            ];
            wire::granted(&self.post(&metadata.token, &fields).await?, self.checks)
        };
        self.net.within(TOKEN_BUDGET, &well_known(&self.issuer)?, all).await?
    }

    /// Tells the server that the session is over (RFC 7009). Boxed in time; the caller shrugs off a failure.
    pub(super) async fn revoke(&self, token: &Secret<String>) -> Result<()> {
        let all = async {
            let metadata = self.metadata().await?;
            let fields = [("token", token.reveal().as_str()), ("client_id", &self.client_id)];
            let response = self.net.send(request(Method::Post, &metadata.revocation).form(&fields)).await?;
            if response.status == 200 { Ok(()) } else { Err(wire::refusal(&response)) }
        };
        self.net.within(REVOKE_BUDGET, &well_known(&self.issuer)?, all).await?
    }

    pub(super) async fn keys(&self) -> Result<KeySet> {
        let metadata = self.metadata().await?;
        let response = self.get(&metadata.jwks).await?;
        self.checks.demand(Check::KeySetType, response.is_json(), wire::Refusal::KeysMediaType)?;
        Ok(KeySet::read_with(&response.body, self.checks)?)
    }

    /// What time the server thinks it is.
    pub(super) fn now(&self) -> Timestamp {
        well_known(&self.issuer).map_or_else(|_| self.clock.now(), |url| self.notes.their_now(&url))
    }

    async fn metadata(&self) -> Result<Arc<Metadata>> {
        let now = self.clock.now();
        if let Some((fetched, metadata)) = &*self.metadata.lock().unwrap_or_else(PoisonError::into_inner)
            && now.since(*fetched) < METADATA_LIFE
        {
            return Ok(metadata.clone());
        }
        let response = self.get(&well_known(&self.issuer)?).await?;
        self.checks.demand(Check::MetadataType, response.is_json(), metadata::Refusal::MediaType)?;
        let metadata = Arc::new(Metadata::read(&response.body, &self.issuer, self.checks)?);
        *self.metadata.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, metadata.clone()));
        Ok(metadata)
    }

    async fn get(&self, url: &Url) -> Result<Response> {
        let request = Request { retry: RetryClass::Safe, ..request(Method::Get, url) };
        let response = self.net.send(request).await?;
        self.notes.learn(Role::AuthorizationServer, url, &response);
        if response.status == 200 { Ok(response) } else { Err(wire::refusal(&response)) }
    }

    /// With a proof. Its answer may be a refusal; that is the caller's.
    async fn post(&self, url: &Url, fields: &[(&str, &str)]) -> Result<Response> {
        let (mut nonce_answered, mut clock_set) = (false, false);
        loop {
            let proof = self.dpop.proof(Role::AuthorizationServer, Method::Post, url, None).await?;
            let request = request(Method::Post, url).form(fields).header("dpop", proof.jwt);
            let response = self.net.send(request).await?;
            let brought_nonce = self.notes.learn(Role::AuthorizationServer, url, &response);
            if !matches!(response.status, 400 | 401) {
                return Ok(response);
            }
            match wire::error_code(&response).as_deref() {
                Some("use_dpop_nonce") => {
                    self.checks.demand(Check::NonceBrought, brought_nonce, Error::NoNonce)?;
                    self.checks.demand(Check::NonceOnce, !nonce_answered, Error::Challenged)?;
                    nonce_answered = true;
                }
                // A phone whose clock is off: the answer's `Date` told us by how much.
                Some("invalid_dpop_proof") if !clock_set && self.notes.would_date_otherwise(url, proof.dated) => {
                    clock_set = true;
                }
                Some(_) | None => return Ok(response),
            }
        }
    }
}

fn request(method: Method, url: &Url) -> Request {
    let bounded = Request { cap: MAX_ANSWER, budget: TOKEN_BUDGET, ..Request::new(method, url.clone()) };
    bounded.header("accept", "application/json")
}
