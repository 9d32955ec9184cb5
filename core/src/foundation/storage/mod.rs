//! Two SQLite files with two fates: `cache.db` may be rebuilt, `state.db` is never deleted silently.
//!
//! Guarantees: one writer, a few readers, every write whole or not at all; what a write returned is on disk; writes that
//! waited for the writer together share one IMMEDIATE transaction, and with it one sync; after [`Store::suspend`] no
//! connection is open and another process may lock the file.

mod dao;
mod error;
mod open;
mod together;

use std::{
    future::Future,
    marker::PhantomData,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

pub use dao::{Dao, RowExt};
pub use error::{Error, Result};
pub(crate) use open::private;
pub use open::{Migrations, Opened};
use rusqlite::{Connection, InterruptHandle};
use together::{Caller, Verdict, Waiting, Write};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::{
    crypto::{keys::File, seal::Sealer},
    runtime::{Erased, Spawner, Stopped},
};

/// Connections that read at the same time. Three: a list, a detail and the sync.
const READERS: usize = 3;

/// Virtual-machine steps between two looks at whether a read is still wanted: some ten microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// One file. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    path: PathBuf,
    file: File,
    migrations: Migrations,
    sealer: Sealer,
    spawner: Spawner,
    slots: Mutex<Slots>,
    reader_turn: Semaphore,
    writer_turn: Semaphore,
    /// Whoever gets the writer's turn writes for all that are here.
    waiting: Mutex<Vec<Waiting>>,
    /// Suspend and resume, one after the other.
    life: tokio::sync::Mutex<()>,
    /// Counts how often the file was made anew under us.
    generation: AtomicU64,
}

/// The connections that are not in use just now.
struct Slots {
    open: bool,
    /// How often connections were made: a closing that was overtaken by a resume sees it, and leaves them alone.
    epoch: u64,
    writer: Option<Connection>,
    readers: Vec<Reader>,
    /// Of every open reader, in use or not: kept here so that stopping waits for nobody.
    stops: Vec<Stop>,
}

impl Store {
    /// Opens or makes the file, brings it to the newest schema, and deals with damage as its fate demands. Blocks.
    pub fn open(
        dir: &Path,
        migrations: Migrations,
        sealer: Sealer,
        file: File,
        spawner: Spawner,
    ) -> Result<(Self, Opened)> {
        let path = dir.join(file.name());
        std::fs::create_dir_all(dir).map_err(|e| Error::Directory { kind: e.kind() })?;
        let opened = open::prepare(&path, file, migrations)?;
        let store = Self(Arc::new(Inner {
            path,
            file,
            migrations,
            sealer,
            spawner,
            slots: Mutex::new(Slots { open: false, epoch: 0, writer: None, readers: Vec::new(), stops: Vec::new() }),
            reader_turn: Semaphore::new(READERS),
            writer_turn: Semaphore::new(1),
            waiting: Mutex::default(),
            life: tokio::sync::Mutex::new(()),
            generation: AtomicU64::new(0),
        }));
        store.0.connect()?;
        Ok((store, opened))
    }

    /// Reads from one consistent snapshot. Interrupted when the caller goes away.
    pub fn read<T, E>(&self, read: impl FnOnce(&Dao<'_>) -> Result<T, E> + Send + 'static) -> Job<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        Job::new(self.0.clone().read(Box::new(move |dao| Erased::new(read(dao)))))
    }

    /// Writes all or nothing; an error takes it back. Once begun it runs to its end even when the caller goes away.
    pub fn write<T, E>(&self, write: impl FnOnce(&mut Dao<'_>) -> Result<T, E> + Send + 'static) -> Job<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        Job::new(self.0.clone().write(None, task(write)))
    }

    /// As [`Store::write`], if the file is still the one that `generation` was asked of; else [`Error::Closed`].
    /// For what was fetched for one file and must not land in its successor.
    pub fn write_to<T, E>(
        &self,
        generation: u64,
        write: impl FnOnce(&mut Dao<'_>) -> Result<T, E> + Send + 'static,
    ) -> Job<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        Job::new(self.0.clone().write(Some(generation), task(write)))
    }

    /// Refuses new work, interrupts reads, waits for the writer, checkpoints and closes every connection. Idempotent.
    /// [`Error::Deadline`] if that takes longer than `deadline`: it then ends by itself as soon as the work in hand does.
    pub async fn suspend(&self, deadline: Duration) -> Result<()> {
        let epoch = {
            let mut slots = self.0.slots();
            slots.open = false;
            slots.stops.iter().for_each(Stop::now);
            slots.epoch
        };
        let inner = self.0.clone();
        let closing = self.0.spawner.detached(async move {
            let _life = inner.life.lock().await;
            let (Ok(readers), Ok(writer)) =
                (inner.reader_turn.acquire_many(READERS as u32).await, inner.writer_turn.acquire().await)
            else {
                return; // the semaphores are never closed
            };
            let inside = inner.clone();
            if inner.slots().epoch == epoch {
                let _ = inner.spawner.blocking(move || inside.disconnect()).await;
            }
            drop((readers, writer));
        });
        match tokio::time::timeout(deadline, closing).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::Deadline),
        }
    }

    /// Opens the connections again; a file that the platform removed meanwhile is made anew. Idempotent.
    pub async fn resume(&self) -> Result<Opened> {
        let _life = self.0.life.lock().await;
        if self.0.slots().open {
            return Ok(Opened::AsItWas);
        }
        // A suspend that did not wait may have left work in hand; its connections must not meet the new ones.
        let readers = self.0.reader_turn.acquire_many(READERS as u32).await.map_err(|_| Error::Closed)?;
        let writer = turn(&self.0.writer_turn).await?;
        let inner = self.0.clone();
        let opened = self.0.spawner.blocking(move || inner.reconnect()).await?;
        drop((readers, writer));
        opened
    }

    /// Reads on this thread. For opening, before anybody else uses the store. Blocks.
    pub fn read_now<T>(&self, read: impl FnOnce(&Dao<'_>) -> Result<T>) -> Result<T> {
        let Some(mut reader) = self.0.slots().take_reader() else { return Err(Error::Closed) };
        let snapshot = reader.connection.transaction().map_err(Error::from);
        let result = snapshot.and_then(|snapshot| read(&Dao::new(&snapshot, &self.0.sealer)));
        self.0.slots().give_back_reader(reader);
        result
    }

    /// Writes on this thread, for tests of what is stored.
    #[cfg(test)]
    pub fn write_now<T>(&self, write: impl FnOnce(&mut Dao<'_>) -> Result<T>) -> Result<T> {
        let Some(mut connection) = self.0.slots().take_writer() else { return Err(Error::Closed) };
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let value = write(&mut Dao::new(&transaction, &self.0.sealer))?;
        transaction.commit()?;
        self.0.slots().give_back_writer(connection);
        Ok(value)
    }

    /// Moves a file that nobody has open aside, under another name in its folder, which is returned. Blocks.
    pub fn set_aside_at(dir: &Path, file: File) -> Result<String> {
        open::set_aside(&dir.join(file.name()))
    }

    /// Deletes a file that nobody has open. Blocks.
    pub fn delete_at(dir: &Path, file: File) -> Result<()> {
        open::delete(&dir.join(file.name()))
    }

    /// Makes the file anew after it was deleted. Only after [`Store::suspend`]. Blocks.
    pub fn recreate(&self) -> Result<Opened> {
        self.0.generation.fetch_add(1, Ordering::SeqCst);
        open::prepare(&self.0.path, self.0.file, self.0.migrations)
    }

    /// Which file this is: another one after it was made anew.
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::SeqCst)
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

/// A read or a write, begun when first polled.
#[must_use = "does nothing unless awaited"]
pub struct Job<T, E> {
    run: Pin<Box<dyn Future<Output = Result<Erased>> + Send>>,
    gives: PhantomData<fn() -> Result<T, E>>,
}

impl<T, E> Job<T, E> {
    fn new(run: impl Future<Output = Result<Erased>> + Send + 'static) -> Self {
        Self { run: Box::pin(run), gives: PhantomData }
    }
}

impl<T: 'static, E: From<Error> + 'static> Future for Job<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.run.as_mut().poll(cx).map(|done| done?.take().ok_or(Error::Stopped(Stopped::EMPTY_HANDED))?)
    }
}

/// What a read does; one type for all, so that what surrounds it is compiled once.
type Read = Box<dyn FnOnce(&Dao<'_>) -> Erased + Send>;

fn task<T: Send + 'static, E: Send + 'static>(
    write: impl FnOnce(&mut Dao<'_>) -> Result<T, E> + Send + 'static,
) -> Write {
    Box::new(move |dao| {
        let done = write(dao);
        let verdict = if done.is_ok() { Verdict::Commit } else { Verdict::RollBack };
        (Erased::new(done), verdict)
    })
}

async fn turn(semaphore: &Semaphore) -> Result<SemaphorePermit<'_>> {
    semaphore.acquire().await.map_err(|_| Error::Closed)
}

impl Inner {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_open(&self) -> Result<()> {
        if self.slots().open { Ok(()) } else { Err(Error::Closed) }
    }

    fn reconnect(&self) -> Result<Opened> {
        self.disconnect();
        let opened = if self.path.exists() {
            Opened::AsItWas
        } else {
            if let Some(dir) = self.path.parent() {
                std::fs::create_dir_all(dir).map_err(|e| Error::Directory { kind: e.kind() })?;
            }
            self.generation.fetch_add(1, Ordering::SeqCst);
            open::prepare(&self.path, self.file, self.migrations)?;
            match self.file {
                File::Cache => Opened::Rebuilt,
                File::State => Opened::New,
            }
        };
        self.connect()?;
        Ok(opened)
    }

    fn connect(&self) -> Result<()> {
        let writer = open::connect(&self.path, self.file, open::Role::Writer)?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            readers.push(self.reader()?);
        }
        let stops = readers.iter().map(|reader| reader.stop.clone()).collect();
        let mut slots = self.slots();
        *slots = Slots { open: true, epoch: slots.epoch + 1, writer: Some(writer), readers, stops };
        Ok(())
    }

    fn reader(&self) -> Result<Reader> {
        Ok(Reader::new(open::connect(&self.path, self.file, open::Role::Reader)?))
    }

    fn disconnect(&self) {
        let (writer, readers) = {
            let mut slots = self.slots();
            slots.open = false;
            slots.stops.clear();
            self.waiting().clear(); // told that it is closed; nothing of a citizen's waits for the next to open it
            (slots.writer.take(), std::mem::take(&mut slots.readers))
        };
        drop(readers);
        if let Some(writer) = writer {
            open::checkpoint(&writer);
        }
    }

    async fn read(self: Arc<Self>, read: Read) -> Result<Erased> {
        self.check_open()?;
        let permit = turn(&self.reader_turn).await?;
        let Some(mut reader) = self.slots().take_reader() else { return Err(Error::Closed) };
        permit.forget(); // given back by `Lent`, wherever the blocking call ends
        let lent = Lent { inner: self.clone(), turn: Turn::Reader };
        let mut watch = StopOnDrop::new(reader.stop.clone());
        let running = watch.running.clone();
        let call = self.spawner.blocking(move || {
            let result = lent.inner.snapshot(&mut reader.connection, read);
            // Ends the watch before the connection serves anybody else.
            *running.lock().unwrap_or_else(PoisonError::into_inner) = false;
            lent.inner.slots().give_back_reader(reader);
            drop(lent);
            result
        });
        let result = call.await;
        watch.disarm();
        result?
    }

    async fn write(self: Arc<Self>, generation: Option<u64>, write: Write) -> Result<Erased> {
        self.check_open()?;
        let (caller, mut given) = oneshot::channel();
        self.waiting().push(Waiting { generation, write, caller });
        let permit = tokio::select! {
            biased;
            given = &mut given => return given.map_err(|_| Error::Closed)?,
            permit = turn(&self.writer_turn) => permit?,
        };
        let Some(mut connection) = self.slots().take_writer() else {
            return given.try_recv().unwrap_or(Err(Error::Closed)); // written by another just before
        };
        permit.forget();
        let lent = Lent { inner: self.clone(), turn: Turn::Writer };
        let call = self.spawner.blocking(move || {
            let tell = |(caller, heard): (Caller, _)| drop(caller.send(heard)); // or it went away
            let mut wanted = lent.inner.take_wanted();
            let last = loop {
                let heard = together::write(wanted, &mut connection, &lent.inner.sealer);
                wanted = lent.inner.take_wanted(); // whoever came meanwhile need not wake a thread of its own
                if wanted.is_empty() {
                    break heard;
                }
                heard.for_each(tell);
            };
            lent.inner.slots().give_back_writer(connection);
            last.for_each(tell);
        });
        match given.await {
            Ok(heard) => heard, // the others' writes may go on
            Err(_) => {
                call.await?;
                Err(Error::Closed)
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of all that waits, what somebody still waits for and this file is the one for.
    fn take_wanted(&self) -> Vec<Waiting> {
        let generation = self.generation.load(Ordering::SeqCst);
        let mut wanted = std::mem::take(&mut *self.waiting());
        wanted.retain(|one| !one.caller.is_closed());
        let late = wanted.extract_if(.., |one| one.generation.is_some_and(|asked| asked != generation));
        late.for_each(|one| drop(one.caller.send(Err(Error::Closed))));
        wanted
    }

    fn snapshot(&self, connection: &mut Connection, read: Read) -> Result<Erased> {
        let snapshot = connection.transaction()?;
        Ok(read(&Dao::new(&snapshot, &self.sealer))) // dropped: rolls back, nothing was written
    }
}

impl Slots {
    fn take_reader(&mut self) -> Option<Reader> {
        let reader = if self.open { self.readers.pop() } else { None };
        reader.inspect(|reader| reader.stop.lift())
    }

    fn take_writer(&mut self) -> Option<Connection> {
        if self.open { self.writer.take() } else { None }
    }

    fn give_back_reader(&mut self, reader: Reader) {
        self.readers.push(reader);
    }

    fn give_back_writer(&mut self, connection: Connection) {
        self.writer = Some(connection);
    }
}

enum Turn {
    Reader,
    Writer,
}

/// Gives the turn back wherever the blocking call ends, also in a panic.
struct Lent {
    inner: Arc<Inner>,
    turn: Turn,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.inner.replace_lost(&self.turn);
        }
        match self.turn {
            Turn::Reader => self.inner.reader_turn.add_permits(1),
            Turn::Writer => self.inner.writer_turn.add_permits(1),
        }
    }
}

impl Inner {
    /// A panic took its connection along; the next caller gets a new one.
    fn replace_lost(&self, turn: &Turn) {
        let mut slots = self.slots();
        if !slots.open {
            return;
        }
        match turn {
            Turn::Reader => {
                if let Ok(reader) = self.reader() {
                    slots.stops.push(reader.stop.clone());
                    slots.readers.push(reader);
                }
            }
            Turn::Writer => slots.writer = open::connect(&self.path, self.file, open::Role::Writer).ok(),
        }
    }
}

struct Reader {
    connection: Connection,
    stop: Stop,
}

impl Reader {
    fn new(connection: Connection) -> Self {
        let stop = Stop { wanted: Arc::default(), handle: Arc::new(connection.get_interrupt_handle()) };
        let wanted = stop.wanted.clone();
        connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || wanted.load(Ordering::Relaxed)));
        Self { connection, stop }
    }
}

/// Stops what a reader is doing. SQLite's own interrupt is forgotten if no statement runs at that moment, so the wish is
/// also kept until the reader is taken again.
#[derive(Clone)]
struct Stop {
    wanted: Arc<AtomicBool>,
    handle: Arc<InterruptHandle>,
}

impl Stop {
    fn now(&self) {
        self.wanted.store(true, Ordering::Relaxed);
        self.handle.interrupt();
    }

    fn lift(&self) {
        self.wanted.store(false, Ordering::Relaxed);
    }
}

/// Stops a read whose caller went away, and only while that read still runs.
struct StopOnDrop {
    stop: Option<Stop>,
    running: Arc<Mutex<bool>>,
}

impl StopOnDrop {
    fn new(stop: Stop) -> Self {
        Self { stop: Some(stop), running: Arc::new(Mutex::new(true)) }
    }

    fn disarm(&mut self) {
        self.stop = None;
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(stop) = &self.stop {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            if *running {
                stop.now();
            }
        }
    }
}

#[cfg(test)]
mod tests;
