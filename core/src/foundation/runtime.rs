//! The core's own Tokio runtime, and the two kinds of work.
//!
//! Guarantees: a public future may be polled by any executor; *abandonable* work stops when its caller goes away,
//! *committed* work runs to its end whether anybody waits or not; a panic becomes an error.

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, sync::oneshot, task::JoinHandle};

use crate::foundation::{
    config::Mode,
    error::{Error, Outcome, Outward, outward},
};

/// Stack of a worker in an extension, where all memory is counted.
const SMALL_STACK: usize = 512 * 1024;

/// Threads for SQLite and ports: one writer, the readers, and one to spare. An extension makes do with two.
const BLOCKING_THREADS: usize = 8;

/// Owns the threads. Dropping it stops them without waiting; [`Runtime::shutdown`] waits up to a deadline.
pub struct Runtime {
    tokio: Mutex<Option<tokio::runtime::Runtime>>,
    spawner: Spawner,
}

impl Runtime {
    pub fn start(mode: Mode) -> std::io::Result<Self> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.thread_name("emongolia").enable_all();
        match mode {
            Mode::App => builder.worker_threads(2).max_blocking_threads(BLOCKING_THREADS),
            Mode::Extension => builder.worker_threads(1).max_blocking_threads(2).thread_stack_size(SMALL_STACK),
        };
        let tokio = builder.build()?;
        let spawner = Spawner { handle: tokio.handle().clone() };
        Ok(Self { tokio: Mutex::new(Some(tokio)), spawner })
    }

    pub fn spawner(&self) -> &Spawner {
        &self.spawner
    }

    /// Ends all work; waits for blocking calls up to `deadline`. Idempotent. Blocks: not for an async caller.
    pub fn shutdown(&self, deadline: Duration) {
        let tokio = self.tokio.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(tokio) = tokio {
            tokio.shutdown_timeout(deadline);
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let tokio = self.tokio.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(tokio) = tokio {
            tokio.shutdown_background();
        }
    }
}

/// Puts work on the core's runtime. Cheap to clone.
#[derive(Clone)]
pub struct Spawner {
    handle: Handle,
}

impl Spawner {
    /// For tests that already run inside a runtime.
    #[cfg(test)]
    pub fn current() -> Self {
        Self { handle: Handle::current() }
    }

    /// Work that stops when the caller stops waiting.
    pub async fn abandonable<T, E>(&self, work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, Error>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
    {
        let (task, done) = told(work);
        let mut guard = AbortOnDrop(self.handle.spawn(task));
        finished(&mut guard.0, done).await
    }

    /// Work that runs to its end even when the caller goes away.
    pub async fn committed<T, E>(&self, work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, Error>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
    {
        let (task, done) = told(work);
        finished(&mut self.handle.spawn(task), done).await
    }

    /// Work nobody waits for.
    pub fn detached(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let task: Task = Box::pin(work);
        self.handle.spawn(task)
    }

    /// A blocking call (SQLite, a port) on a thread made for it. Runs to its end.
    pub fn blocking<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        self.handle.spawn_blocking(call)
    }
}

/// One type for all work: Tokio's machinery is compiled once, not once for every future there is.
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// `work` as a task that tells what came of it.
fn told<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> (Task, oneshot::Receiver<T>) {
    let (tell, done) = oneshot::channel();
    let task = async move {
        let _ = tell.send(work.await); // whoever waited may have gone
    };
    (Box::pin(task), done)
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn finished<T, E: Into<Error>>(
    task: &mut JoinHandle<()>,
    done: oneshot::Receiver<Result<T, E>>,
) -> Result<T, Error> {
    match done.await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => match task.await {
            Err(join) if join.is_panic() => Err(outward(Panicked)),
            Ok(()) | Err(_) => Err(Error::NotAvailable), // the runtime is gone
        },
    }
}

/// The work panicked; the panic hook of `observe` has written where.
#[derive(Debug, thiserror::Error)]
#[error("the work panicked")]
pub struct Panicked;

impl Outward for Panicked {
    fn outcome(&self) -> Outcome {
        Outcome::Defect("panic")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn abandonable_work_stops_with_its_caller() {
        let spawner = Spawner::current();
        let (gone, mut notice) = tokio::sync::mpsc::channel::<()>(1);

        let call = tokio::spawn(async move {
            spawner
                .abandonable(async move {
                    let _held = gone;
                    std::future::pending::<Result<(), Error>>().await
                })
                .await
        });
        tokio::task::yield_now().await;
        call.abort();

        assert_eq!(notice.recv().await, None, "the work was dropped");
    }

    #[tokio::test]
    async fn committed_work_outlives_its_caller() {
        let spawner = Spawner::current();
        let done = Arc::new(AtomicBool::new(false));
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let (finished, notice) = tokio::sync::oneshot::channel::<()>();

        let flag = done.clone();
        let call = tokio::spawn(async move {
            spawner
                .committed(async move {
                    let _ = wait.await;
                    flag.store(true, Ordering::SeqCst);
                    let _ = finished.send(());
                    Ok::<(), Error>(())
                })
                .await
        });
        tokio::task::yield_now().await;
        call.abort();
        let _ = call.await;
        go.send(()).unwrap();

        notice.await.unwrap();
        assert!(done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_panic_becomes_an_error() {
        let error =
            Spawner::current().abandonable(async { panic!("on purpose") as Result<(), Error> }).await.unwrap_err();

        assert!(matches!(error, Error::Unexpected { code, .. } if code == "panic"));
    }
}
