//! Sign-in and session as the outside sees them.

use super::wipe::Wipe;
use crate::{
    auth::{Auth, AuthorizationRequest, Citizen, SessionState, SignedIn},
    foundation::{
        crypto::keys::KeyRing,
        error::{Error, Result},
        ports::Ports,
        runtime::Spawner,
    },
    offline::outbox::Outbox,
};

/// The citizen's session. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    auth: Auth,
    spawner: Spawner,
    keys: KeyRing,
    ports: Ports,
    wipe: Wipe,
    outbox: Outbox,
}

impl Session {
    pub(super) fn new(auth: Auth, spawner: Spawner, keys: KeyRing, ports: Ports, wipe: Wipe, outbox: Outbox) -> Self {
        Self { auth, spawner, keys, ports, wipe, outbox }
    }

    /// Asks the authorisation server for a sign-in and says where to send the citizen's browser. Abandonable.
    pub async fn begin_sign_in(&self) -> Result<AuthorizationRequest> {
        self.end_last_session().await?;
        let auth = self.auth.clone();
        self.spawner.abandonable(async move { auth.begin_sign_in().await }).await
    }

    /// The next citizen's keys must not be the ones that a sign-out has still to destroy.
    async fn end_last_session(&self) -> Result<()> {
        let session = self.clone();
        let ended = self.spawner.blocking(move || {
            if !session.wipe.has_begun() || session.wipe.files_left() {
                return Ok(());
            }
            session.wipe.finish(&session.keys, &session.ports)
        });
        Ok(ended.await.map_err(|_| Error::NotAvailable)??)
    }

    /// Takes the address that the browser brought back. Good once. Committed.
    pub async fn complete_sign_in(&self, callback_url: &str) -> Result<SignedIn> {
        let (auth, url) = (self.auth.clone(), callback_url.to_owned());
        let signed_in = self.spawner.committed(async move { auth.complete_sign_in(&url).await }).await?;
        self.outbox.poke(); // what waited for a session may go
        Ok(signed_in)
    }

    /// Where the session stands, from the device. Abandonable.
    pub async fn state(&self) -> Result<SessionState> {
        let auth = self.auth.clone();
        self.spawner.abandonable(async move { auth.session().await }).await
    }

    /// The citizen's own record, from the device. Abandonable.
    pub async fn citizen(&self) -> Result<Citizen> {
        let auth = self.auth.clone();
        self.spawner.abandonable(async move { auth.citizen().await }).await
    }
}
