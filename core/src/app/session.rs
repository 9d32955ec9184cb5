//! Sign-in and session as the outside sees them.

use super::{lock::Shutter, rotation::Occasion, wipe::Wipe};
use crate::{
    auth::{AuthorizationRequest, Citizen, Freshness, SessionState, SignedIn},
    foundation::{
        error::{Error, Result},
        runtime::Work,
    },
};

/// The citizen's session. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    wipe: Wipe,
    shutter: Shutter,
}

impl Session {
    pub(super) fn new(wipe: Wipe, shutter: Shutter) -> Self {
        Self { wipe, shutter }
    }

    /// Asks the authorisation server for a sign-in and says where to send the citizen's browser. Abandonable.
    pub fn begin_sign_in(&self) -> Work<AuthorizationRequest> {
        let session = self.clone();
        self.shutter.spawner.abandonable(async move {
            session.end_last_session().await?;
            Ok::<_, Error>(session.shutter.auth.begin_sign_in().await?)
        })
    }

    /// As [`Session::begin_sign_in`], for a citizen who is signed in and has to prove anew who they are
    /// ([`Error::StepUpRequired`]). What comes back goes to [`Session::complete_sign_in`]. Abandonable.
    pub fn step_up(&self, wanted: Freshness) -> Work<AuthorizationRequest> {
        let auth = self.shutter.auth.clone();
        self.shutter.spawner.personal().abandonable(async move { auth.step_up(wanted).await })
    }

    /// The next citizen's keys must not be the ones that a sign-out has still to destroy.
    async fn end_last_session(&self) -> Result<()> {
        let session = self.clone();
        let ended = self.shutter.spawner.blocking(move || {
            if !session.wipe.has_begun() || session.wipe.files_left() {
                return Ok(());
            }
            session.wipe.finish(&session.shutter.keys, &session.shutter.ports)
        });
        Ok(ended.await??)
    }

    /// Takes the address that the browser brought back. Good once. Committed.
    pub fn complete_sign_in(&self, callback_url: &str) -> Work<SignedIn> {
        let (session, url) = (self.clone(), callback_url.to_owned());
        self.shutter.spawner.committed(async move {
            let signed_in = session.shutter.auth.complete_sign_in(&url).await?;
            // What waited for a session may go, unless it was locked or ended since: signed in they are.
            let _ = session.shutter.opened(Occasion::SignedIn).await;
            Ok::<_, Error>(signed_in)
        })
    }

    /// Where the session stands, from the device. Abandonable.
    pub fn state(&self) -> Work<SessionState> {
        let auth = self.shutter.auth.clone();
        self.shutter.spawner.abandonable(async move { auth.session().await })
    }

    /// The citizen's own record, from the device. Abandonable.
    pub fn citizen(&self) -> Work<Citizen> {
        let auth = self.shutter.auth.clone();
        self.shutter.spawner.personal().abandonable(async move { auth.citizen().await })
    }
}
