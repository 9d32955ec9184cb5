//! The citizen behind a call to the gateway.
//!
//! Guarantees: a handler that takes a [`Principal`] runs only with a live token and a fresh proof of its key.

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
};
use serde::{Deserialize, Serialize};

use super::{
    dpop::{self, DPOP_NONCE, ProofError, Space},
    store,
};
use crate::{problem::Problem, state::Sandbox, text};

/// The citizen behind a call: taken as an argument by each handler that needs one, and then proven.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Opaque and stable per citizen.
    pub sub: String,
    /// Регистрийн дугаар.
    pub regnum: String,
    /// When they have proven who they are.
    pub auth_time: i64,
    /// In which way.
    pub acr: Option<String>,
    /// Of ХУР, which they have agreed to.
    pub operations: Vec<String>,
}

/// How lately, and in which way, a citizen must have proven who they are for an operation (RFC 9470).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    pub max_age_s: u32,
    /// The ways that are good enough, separated by spaces; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
}

impl Principal {
    /// Refuses a citizen whose proof is older, or of another kind, than is asked for.
    pub fn fresh(&self, demand: &Demand, sandbox: &Sandbox) -> Result<(), Problem> {
        let now = sandbox.now();
        let young = now - self.auth_time <= i64::from(demand.max_age_s) * 1000;
        let acr = self.acr.as_deref();
        let good = demand.acr.as_ref().is_none_or(|ways| ways.split(' ').any(|way| Some(way) == acr));
        if young && good { Ok(()) } else { Err(step_up(demand, sandbox, now)) }
    }
}

fn step_up(demand: &Demand, sandbox: &Sandbox, now: i64) -> Problem {
    let ways = demand.acr.as_ref().map(|ways| format!(r#", acr_values="{ways}""#)).unwrap_or_default();
    let challenge = format!(
        r#"DPoP error="insufficient_user_authentication", error_description="prove anew, or otherwise, who you are", max_age="{}"{ways}"#,
        demand.max_age_s
    );
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "insufficient_user_authentication")
        .header(DPOP_NONCE, Space::Rs.nonce_header(sandbox.keys(), now));
    match HeaderValue::from_str(&challenge) {
        Ok(challenge) => problem.header(header::WWW_AUTHENTICATE, challenge),
        Err(_) => Problem::internal(), // the sandbox's own data: no header can say it
    }
}

/// Why a call is not let in (RFC 9449 §7.1).
enum Refused {
    NoToken,
    Token(&'static str),
    Proof(ProofError),
}

impl FromRequestParts<Sandbox> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, sandbox: &Sandbox) -> Result<Self, Problem> {
        let now = sandbox.now();
        let token = match token(parts) {
            Ok(token) => token,
            Err(refused) => return Err(problem(&refused, sandbox, now)),
        };
        let url = format!("{}{}", sandbox.origin(), parts.uri.path()); // no router here nests, so the path is whole
        let checked = dpop::check(&parts.headers, (parts.method.as_str(), &url), Space::Rs, sandbox.keys(), now);
        let proof = checked.map_err(|error| problem(&Refused::Proof(error), sandbox, now))?;
        if proof.ath.as_deref() != Some(text::base64url(&text::sha256(token.as_bytes())).as_str()) {
            return Err(problem(&Refused::Proof(ProofError::Invalid("ath is not this token's")), sandbox, now));
        }
        let decision = sandbox
            .db()
            .write(move |tx| {
                if !dpop::remember(tx, &proof, now)? {
                    return Ok(Err(Refused::Proof(ProofError::Invalid("this proof was used before"))));
                }
                let Some((family, expires_at)) = store::access_token(tx, &token)? else {
                    return Ok(Err(Refused::Token("unknown")));
                };
                let Some(family) = store::family(tx, family)? else { return Ok(Err(Refused::Token("unknown"))) };
                Ok(if family.revoked {
                    Err(Refused::Token("revoked"))
                } else if now >= expires_at {
                    Err(Refused::Token("expired"))
                } else if family.jkt != proof.jkt {
                    Err(Refused::Token("bound to another key"))
                } else {
                    store::supersede(tx, &family, now)?;
                    let store::Family { sub, regnum, auth_time, acr, operations, .. } = family;
                    let operations = operations.split_whitespace().map(str::to_owned).collect();
                    Ok(Self { sub, regnum, auth_time, acr, operations })
                })
            })
            .await?;
        decision.map_err(|refused| problem(&refused, sandbox, now))
    }
}

fn token(parts: &Parts) -> Result<String, Refused> {
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).ok_or(Refused::NoToken)?;
    match given.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("DPoP") && !token.is_empty() => Ok(token.to_owned()),
        Some(_) | None => Err(Refused::NoToken),
    }
}

fn problem(refused: &Refused, sandbox: &Sandbox, now: i64) -> Problem {
    let (challenge, code, detail) = match refused {
        Refused::NoToken => (r#"DPoP algs="ES256""#, "unauthorised", "a DPoP-bound access token is needed"),
        Refused::Token(why) => (r#"DPoP error="invalid_token", algs="ES256""#, "invalid_token", *why),
        Refused::Proof(ProofError::UseNonce) => {
            (r#"DPoP error="use_dpop_nonce", algs="ES256""#, "use_dpop_nonce", "a nonce of this server is needed")
        }
        Refused::Proof(ProofError::Invalid(why)) => {
            (r#"DPoP error="invalid_dpop_proof", algs="ES256""#, "invalid_dpop_proof", *why)
        }
    };
    Problem::new(StatusCode::UNAUTHORIZED, code)
        .detail(detail)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
        .header(DPOP_NONCE, Space::Rs.nonce_header(sandbox.keys(), now))
}
