//! A runtime on a thread of its own, so that a test may pause, block or drop its own runtime as it likes.

use std::thread::JoinHandle;

use tokio::{runtime::Handle, sync::oneshot};

use crate::{Failure, Result};

/// Everything spawned on it ends when it is dropped.
pub(crate) struct ThreadRuntime {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ThreadRuntime {
    pub(crate) fn start(name: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::network("a runtime for a double"))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || {
                let _ = runtime.block_on(stopped); // an error means the owner is gone, which is the same wish
                runtime.shutdown_background();
            })
            .map_err(Failure::network("a thread for a double"))?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for ThreadRuntime {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic has been printed already
        }
    }
}
