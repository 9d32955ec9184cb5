//! Calling work off from another thread.

use std::sync::Arc;

use emongolia_core::foundation::error;
use tokio::sync::watch;

use crate::convert::{CoreError, Result};

/// Calls off the calls it was given to. Kotlin needs none, since cancelling a coroutine is enough; a cancelled Swift task
/// leaves its call running unless its handler cancels this. One for each piece of work; it can't be used again.
#[derive(Default, uniffi::Object)]
pub struct Cancellation {
    cancelled: watch::Sender<bool>,
}

#[uniffi::export]
impl Cancellation {
    /// Nothing is called off yet.
    #[uniffi::constructor]
    pub fn new() -> Result<Arc<Self>> {
        Ok(Arc::default())
    }

    /// Every call it was given to, and will be given to, ends with [`CoreError::Cancelled`]. Any thread; any number of
    /// times.
    pub fn cancel(&self) -> Result<()> {
        self.cancelled.send_replace(true);
        Ok(())
    }
}

impl Cancellation {
    async fn cancelled(&self) {
        let _ = self.cancelled.subscribe().wait_for(|cancelled| *cancelled).await; // we hold the sender: it can't close
    }
}

/// Begins `work` and waits for it, or stops it when it is called off: abandonable work ends when it is dropped. What was
/// called off before is not begun.
pub(crate) async fn unless_cancelled<T, W: Future<Output = error::Result<T>>>(
    cancellation: Option<Arc<Cancellation>>,
    begin: impl FnOnce() -> W,
) -> Result<T> {
    let called_off = async {
        match &cancellation {
            Some(cancellation) => cancellation.cancelled().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = called_off => Err(CoreError::Cancelled),
        done = async { begin().await } => Ok(done?), // begun only when first polled, after the other
    }
}
