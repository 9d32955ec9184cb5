//! Calling work off from another thread.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

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
    async fn cancelled(self: Arc<Self>) {
        let _ = self.cancelled.subscribe().wait_for(|cancelled| *cancelled).await; // we hold the sender: it can't close
    }
}

/// Begins `work` and waits for it, or stops it when it is called off: abandonable work ends when it is dropped. What was
/// called off before is not begun.
pub(crate) fn unless_cancelled<W>(
    cancellation: Option<Arc<Cancellation>>,
    begin: impl FnOnce() -> W,
) -> Cancellable<W> {
    let before = cancellation.as_ref().is_some_and(|cancellation| *cancellation.cancelled.borrow());
    Cancellable {
        called_off: cancellation.map(|cancellation| Box::pin(cancellation.cancelled()) as _),
        work: if before { None } else { Some(begin()) },
    }
}

/// By hand and not by `select!`, which would be compiled anew, all of it, for each call there is.
pub(crate) struct Cancellable<W> {
    called_off: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// `None`: it was called off before.
    work: Option<W>,
}

impl<T, W: Future<Output = error::Result<T>> + Unpin> Future for Cancellable<W> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        if self.called_off.as_mut().is_some_and(|called_off| called_off.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(Err(CoreError::Cancelled));
        }
        let Some(work) = &mut self.work else { return Poll::Ready(Err(CoreError::Cancelled)) };
        Pin::new(work).poll(cx).map_err(Into::into)
    }
}
