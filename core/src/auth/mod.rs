//! stub until the branch lands
use crate::foundation::error::Result;
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("sign in")]
    SignInRequired,
}
#[derive(Debug, Clone, serde::Serialize)]
pub struct AuthorizationRequest {
    pub url: String,
    pub state: String,
    pub expires_at: crate::foundation::clock::Timestamp,
}
#[derive(Debug, Clone, serde::Serialize)]
pub struct Citizen {
    pub name: String,
}
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub citizen: Citizen,
}
#[derive(Debug, Clone)]
pub enum SessionState {
    SignedOut,
    SigningIn { x: u8 },
    Active { x: u8 },
    Expired { x: u8 },
}
#[derive(Clone)]
pub struct Auth;
impl Auth {
    pub async fn begin_sign_in(&self) -> Result<AuthorizationRequest> {
        Err(crate::Error::Offline)
    }
    pub async fn complete_sign_in(&self, _callback_url: &str) -> Result<SignedIn> {
        Err(crate::Error::Offline)
    }
    pub async fn session(&self) -> Result<SessionState> {
        Ok(SessionState::SignedOut)
    }
    pub async fn citizen(&self) -> Result<Citizen> {
        Err(crate::Error::SignInRequired)
    }
    pub async fn revoke(&self) -> bool {
        false
    }
    pub fn forget(&self) {}
}

pub struct Parts {
    pub auth: Auth,
    pub tokens: Tokens,
    pub client: crate::foundation::net::Client,
}
pub struct Tokens;
pub fn open(
    _c: &crate::Config,
    _p: &crate::Ports,
    _k: &crate::foundation::crypto::keys::KeyRing,
    _s: &crate::foundation::storage::Store,
    _e: &crate::foundation::events::Events,
    _sp: &crate::foundation::runtime::Spawner,
) -> Result<Parts> {
    Ok(Parts { auth: Auth, tokens: Tokens, client: crate::foundation::net::Client })
}
