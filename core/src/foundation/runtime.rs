//! The core's own Tokio runtime, and the two kinds of work.
//!
//! Guarantees: a public future may be polled by any executor; *abandonable* work stops when its caller goes away,
//! *committed* work runs to its end whether anybody waits or not; a panic becomes an error.

use std::{
    any::Any,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::TryFutureExt as _;
use tokio::{
    runtime::Handle,
    task::{JoinError, JoinHandle},
};

use crate::foundation::{
    config::Mode,
    error::{Error, Outcome, Outward, outward_from},
};

/// The code of a panic, wherever it was caught.
pub const PANIC: &str = "panic";

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
        let spawner = Spawner { handle: tokio.handle().clone(), gate: Gate::default(), personal: false };
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

/// Whether the app is locked, as far as work is concerned. Cheap to clone; all clones are one gate.
#[derive(Clone, Default)]
pub struct Gate(Arc<AtomicBool>);

impl Gate {
    pub fn shut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub fn open(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    pub fn is_shut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Puts work on the core's runtime. Cheap to clone.
#[derive(Clone)]
pub struct Spawner {
    handle: Handle,
    gate: Gate,
    /// What a caller asks for is personal.
    personal: bool,
}

impl Spawner {
    /// For tests that already run inside a runtime.
    #[cfg(test)]
    pub fn current() -> Self {
        Self { handle: Handle::current(), gate: Gate::default(), personal: false }
    }

    /// For what is a citizen's own: while the app is locked, callers get [`Error::Locked`], and nothing begins.
    pub fn personal(&self) -> Self {
        Self { personal: true, ..self.clone() }
    }

    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Work that stops when the caller stops waiting. Begins at once.
    pub fn abandonable<T, E>(&self, work: impl Future<Output = Result<T, E>> + Send + 'static) -> Work<T>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
    {
        self.begin(work, true)
    }

    /// Work that runs to its end even when the caller goes away. Begins at once.
    pub fn committed<T, E>(&self, work: impl Future<Output = Result<T, E>> + Send + 'static) -> Work<T>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
    {
        self.begin(work, false)
    }

    fn begin<T, E>(&self, work: impl Future<Output = Result<T, E>> + Send + 'static, abandonable: bool) -> Work<T>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
    {
        let barred = self.personal && self.gate.is_shut();
        let running = if barred { None } else { Some(self.detached(work.err_into())) }; // logged there, whoever waits
        Work { running, abandonable }
    }

    /// Work nobody has to wait for, but may. Begins at once.
    pub fn detached<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Joined<T> {
        Joined { handle: self.handle.spawn(Task(Box::pin(work))), gives: PhantomData }
    }

    /// A blocking call (SQLite, a port) on a thread made for it. Begins at once and runs to its end.
    pub fn blocking<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Joined<T> {
        let call: BlockingTask = Box::new(move || Erased::new(call()));
        Joined { handle: self.handle.spawn_blocking(call), gives: PhantomData }
    }
}

/// One type for all work and one for all results: what carries them is compiled once, not once for each call there is.
struct Task(Pin<Box<dyn Erase + Send>>);
type BlockingTask = Box<dyn FnOnce() -> Erased + Send>;

impl Future for Task {
    type Output = Erased;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Erased> {
        self.0.as_mut().poll_erased(cx)
    }
}

/// A future, whatever it gives. No `async` block around it, which would be a state machine of its own for each.
trait Erase {
    fn poll_erased(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Erased>;
}

impl<F: Future<Output: Send + 'static>> Erase for F {
    fn poll_erased(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Erased> {
        self.poll(cx).map(Erased::new)
    }
}

/// A value on its way, of whatever type.
pub struct Erased(Box<dyn Any + Send>);

impl Erased {
    pub fn new<T: Send + 'static>(value: T) -> Self {
        Self(Box::new(value))
    }

    /// What was put in; `None` if that was of another type, which the carrier's own type rules out.
    pub fn take<T: 'static>(self) -> Option<T> {
        self.0.downcast().ok().map(|value| *value)
    }
}

/// Work under way on the core's runtime.
#[must_use = "abandonable work stops when this is dropped, and no work's error is seen"]
pub struct Work<T: 'static> {
    /// `None`: the app was locked, and nothing began.
    running: Option<Joined<Result<T, Error>>>,
    abandonable: bool,
}

impl<T: 'static> Future for Work<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = &mut self.running else { return Poll::Ready(Err(Error::Locked)) };
        Pin::new(running).poll(cx).map(|joined| joined?)
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        if let (true, Some(running)) = (self.abandonable, &self.running) {
            running.abort();
        }
    }
}

/// What detached work or a blocking call gives; [`Stopped`] if it gives nothing.
pub struct Joined<T> {
    handle: JoinHandle<Erased>,
    gives: PhantomData<fn() -> T>,
}

impl<T> Joined<T> {
    /// Stops detached work at its next wait. A blocking call that has begun runs to its end.
    pub fn abort(&self) {
        self.handle.abort();
    }

    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl<T: 'static> Future for Joined<T> {
    type Output = Result<T, Stopped>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let joined = |joined: Result<Erased, JoinError>| match joined {
            Ok(done) => done.take().ok_or(Stopped::EMPTY_HANDED),
            Err(join) => Err(Stopped { panicked: join.is_panic() }),
        };
        Pin::new(&mut self.handle).poll(cx).map(joined)
    }
}

/// The work will give nothing: it panicked, was called off, or the runtime is gone.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the work ended and gave nothing")]
pub struct Stopped {
    panicked: bool,
}

impl Stopped {
    /// It ended and gave nothing.
    pub const EMPTY_HANDED: Self = Self { panicked: false };
    pub const PANICKED: Self = Self { panicked: true };
}

impl Outward for Stopped {
    /// Where a panic was, the panic hook of `observe` has written.
    fn outcome(&self) -> Outcome {
        if self.panicked { Outcome::Defect(PANIC) } else { Outcome::Expected(Error::NotAvailable) }
    }
}

outward_from!(Stopped);

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

    /// Tells when it is turned into what goes outside, which is when an error is logged.
    struct Told(tokio::sync::oneshot::Sender<()>);

    impl From<Told> for Error {
        fn from(told: Told) -> Self {
            let _ = told.0.send(());
            Self::NotAvailable
        }
    }

    #[tokio::test]
    async fn a_failure_of_committed_work_is_told_though_nobody_waits() {
        let (tell, told) = tokio::sync::oneshot::channel();

        drop(Spawner::current().committed(async move { Err::<(), _>(Told(tell)) }));

        told.await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_becomes_an_error() {
        let error =
            Spawner::current().abandonable(async { panic!("on purpose") as Result<(), Error> }).await.unwrap_err();

        assert!(matches!(error, Error::Unexpected { code, .. } if code == "panic"));
    }
}
