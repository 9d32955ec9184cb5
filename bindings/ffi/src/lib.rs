//! The core as Kotlin and Swift see it: one root, one object per area, one namespace.
//!
//! Guarantees: no rule of its own, each call goes in, is converted and comes out; every call may fail and says how; a
//! panic inside arrives as an error; futures run on the core's own threads, whoever polls them.
#![warn(missing_docs)]
#![cfg_attr(not(test), warn(clippy::use_debug))]

mod cancellation;
mod convert;
mod services;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use emongolia_core::{
    App,
    foundation::{error, runtime},
};

pub use crate::{cancellation::Cancellation, convert::*, services::*};
use crate::{cancellation::unless_cancelled, convert::Lent};

uniffi::setup_scaffolding!("emongolia");

/// The version of this library, and after a plus the digest of its interface: `0.1.0+2b6f7f0347a27c0e`. A shell built for
/// another one must not go on.
#[uniffi::export]
pub fn version() -> Result<String> {
    Ok(concat!(env!("CARGO_PKG_VERSION"), "+", env!("EMONGOLIA_INTERFACE")).to_owned())
}

/// For the adapters: the error to throw for what generated code knows only as a text, which is logged under its reference.
#[uniffi::export]
pub fn defect(text: String) -> Result<CoreError> {
    Ok(error::defect(runtime::PANIC, &text).into())
}

/// The whole core. One for each process and folder.
///
/// Work is *abandonable* (it stops when its caller goes away) or *committed* (it runs to its end whether anybody waits or
/// not); each call says which.
#[derive(uniffi::Object)]
pub struct Emongolia {
    app: App,
    lent: Lent,
}

#[uniffi::export]
impl Emongolia {
    /// Opens everything; finishes a sign-out that was cut short. Blocks: call it off the main thread.
    /// Without a biometric key only a PIN opens the app lock.
    #[uniffi::constructor(default(biometric = None, log = None))]
    pub fn open(
        config: CoreConfig,
        secrets: Arc<dyn SecretStore>,
        device_key: Arc<dyn DeviceKey>,
        biometric: Option<Arc<dyn BiometricKey>>,
        log: Option<Arc<dyn LogSink>>,
    ) -> Result<Arc<Self>> {
        let lent = Lent::new(secrets, device_key, biometric, log);
        let app = App::open(config.try_into()?, lent.ports())?;
        Ok(Arc::new(Self { app, lent }))
    }

    /// Signing in, and who is signed in.
    pub fn auth(&self) -> Result<Arc<Auth>> {
        Ok(Arc::new(Auth(self.app.auth().clone())))
    }

    /// The app lock.
    pub fn lock(&self) -> Result<Arc<AppLock>> {
        Ok(Arc::new(AppLock(self.app.lock())))
    }

    /// The catalogue of public services.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>> {
        Ok(Arc::new(Catalogue(self.app.catalogue().clone())))
    }

    /// Services that belong together, made for this citizen.
    pub fn bundles(&self) -> Result<Arc<Bundles>> {
        Ok(Arc::new(Bundles(self.app.bundles().clone())))
    }

    /// The citizen's requests.
    pub fn requests(&self) -> Result<Arc<Requests>> {
        Ok(Arc::new(Requests(self.app.requests().clone())))
    }

    /// The portal in a browser, which the phone lets in.
    pub fn portal(&self) -> Result<Arc<Portal>> {
        Ok(Arc::new(Portal(self.app.portal().clone())))
    }

    /// What institutions sent.
    pub fn inbox(&self) -> Result<Arc<Inbox>> {
        Ok(Arc::new(Inbox(self.app.inbox().clone())))
    }

    /// Writes on their way.
    pub fn outbox(&self) -> Result<Arc<Outbox>> {
        Ok(Arc::new(Outbox(self.app.outbox().clone())))
    }

    /// Where pushes reach this phone.
    pub fn push(&self) -> Result<Arc<Push>> {
        Ok(Arc::new(Push(self.app.push().clone())))
    }

    /// What to look at next; waits for it. Null after [`Emongolia::shutdown`]. One waiter at a time: an event goes to one
    /// of them. Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn next_event(&self, cancellation: Option<Arc<Cancellation>>) -> Result<Option<Event>> {
        Ok(unless_cancelled(cancellation, || Box::pin(self.app.next_event())).await?.map(Into::into))
    }

    /// Sends what waits and pulls what changed, within the budget. Resumable, and says what is left; events tell of each
    /// area as it changes. Abandonable: what was done stays done.
    #[uniffi::method(default(cancellation = None))]
    pub async fn sync(&self, budget_ms: u32, cancellation: Option<Arc<Cancellation>>) -> Result<SyncReport> {
        Ok(unless_cancelled(cancellation, || self.app.sync(ms(budget_ms), |_| {})).await?.into())
    }

    /// A push arrived: pulls what it hints at, within the budget. Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn handle_push(
        &self,
        payload: Vec<u8>,
        budget_ms: u32,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<PushOutcome> {
        Ok(unless_cancelled(cancellation, || self.app.handle_push(&payload, ms(budget_ms))).await?.into())
    }

    /// The network came back, or the app came to the front: what waits is tried now.
    pub fn network_available(&self) -> Result<()> {
        self.app.network_available();
        Ok(())
    }

    /// Ends the session and wipes this phone. Committed; an error means that it goes on at the next start.
    pub async fn sign_out(&self) -> Result<SignedOut> {
        Ok(self.app.sign_out().await?.into())
    }

    /// As [`Emongolia::sign_out`], also with nobody signed in, and without whatever would open the app: all that is kept on
    /// this phone is destroyed. Committed.
    pub async fn erase(&self) -> Result<SignedOut> {
        Ok(self.app.erase().await?.into())
    }

    /// Everything personal that is kept here, and why, as JSON; secrets are named and not shown. The citizen's own: hand it
    /// to nobody else. [`CoreError::StepUpRequired`]: the citizen proves first who they are. Abandonable.
    #[uniffi::method(default(cancellation = None))]
    pub async fn export(&self, cancellation: Option<Arc<Cancellation>>) -> Result<Vec<u8>> {
        unless_cancelled(cancellation, || self.app.export()).await
    }

    /// Refuses new work, interrupts reads, waits for writes, and closes every file. [`CoreError::Timeout`] if that takes
    /// longer than the deadline; it then ends by itself. Committed; any number of times.
    pub async fn suspend(&self, deadline_ms: u32) -> Result<()> {
        Ok(self.app.suspend(ms(deadline_ms)).await?)
    }

    /// Opens the files again and goes on. Committed; any number of times.
    pub async fn resume(&self) -> Result<()> {
        Ok(self.app.resume().await?)
    }

    /// As [`Emongolia::suspend`], for good: ends [`Emongolia::next_event`], stops every thread, and lets go of what was
    /// lent. Any number of times.
    pub async fn shutdown(&self, deadline_ms: u32) -> Result<()> {
        let closed = self.app.shutdown(ms(deadline_ms)).await;
        self.lent.give_back();
        Ok(closed?)
    }
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
