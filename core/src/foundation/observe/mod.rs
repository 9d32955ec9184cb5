//! The core's log: one bridge from the `log` facade to the platform's sink.
//!
//! Guarantees: lines are redacted before they are queued; the queue is bounded and what it drops is counted;
//! a sink is called in batches from a thread of its own, never from itself; panics are logged.

mod redact;

use std::{
    cell::Cell,
    sync::{
        Arc, Mutex, Once, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

pub use redact::redact;

use crate::foundation::{
    clock::{Clock as _, SystemClock},
    ports::{Level, LogRecord, LogSink},
};

/// Lines that wait for the sink. A burst of more than this is a fault that repeats itself: the count tells enough.
const WAITING: usize = 512;

/// Lines handed to the sink at once.
const BATCH: usize = 64;

/// A line is cut after this many bytes.
const LINE_LIMIT: usize = 2_000;

/// Our own lines from Info up; of others only what they warn of.
const OWN_TARGET: &str = "emongolia";

static BRIDGE: OnceLock<Bridge> = OnceLock::new();
static NEXT_SINK: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Set on the thread that calls sinks: a sink that logs must not feed itself.
    static DELIVERING: Cell<bool> = const { Cell::new(false) };
}

struct Bridge {
    queue: SyncSender<LogRecord>,
    dropped: Arc<AtomicU64>,
    sinks: Sinks,
}

/// By the number under which each was installed.
type Sinks = Arc<Mutex<Vec<(usize, Arc<dyn LogSink>)>>>;

/// Keeps a sink installed; dropping it removes the sink.
pub struct Installed(Option<usize>);

impl Drop for Installed {
    fn drop(&mut self) {
        if let (Some(id), Some(bridge)) = (self.0, BRIDGE.get()) {
            bridge.sinks.lock().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| *other != id);
        }
    }
}

/// Sends the log to `sink` too, for as long as what is returned lives. Several cores in one process each have theirs.
pub fn install(sink: Option<Arc<dyn LogSink>>) -> Installed {
    let Some(sink) = sink else { return Installed(None) };
    let bridge = BRIDGE.get_or_init(start);
    let id = NEXT_SINK.fetch_add(1, Ordering::Relaxed);
    bridge.sinks.lock().unwrap_or_else(PoisonError::into_inner).push((id, sink));
    Installed(Some(id))
}

fn start() -> Bridge {
    let (queue, lines) = sync_channel(WAITING);
    let sinks = Sinks::default();
    let dropped = Arc::new(AtomicU64::new(0));
    let (to, lost) = (sinks.clone(), dropped.clone());
    let spawned = std::thread::Builder::new().name("emongolia-log".into()).spawn(move || deliver(&lines, &lost, &to));
    drop(spawned); // a phone without a thread to spare loses its log, not its app
    if log::set_logger(&Logger).is_ok() {
        log::set_max_level(log::LevelFilter::Debug);
    }
    log_panics();
    Bridge { queue, dropped, sinks }
}

fn deliver(lines: &Receiver<LogRecord>, dropped: &AtomicU64, sinks: &Sinks) {
    DELIVERING.set(true);
    while let Ok(first) = lines.recv() {
        let mut batch = vec![first];
        batch.extend(lines.try_iter().take(BATCH - 1));
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            batch.push(record(Level::Warn, OWN_TARGET, format!("{lost} lines were dropped")));
        }
        let now: Vec<Arc<dyn LogSink>> = {
            let sinks = sinks.lock().unwrap_or_else(PoisonError::into_inner);
            sinks.iter().map(|(_, sink)| sink.clone()).collect()
        };
        for sink in now {
            // A sink that fails or panics must not take the log, or the app, with it.
            let batch = batch.clone();
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| sink.write(batch)));
        }
    }
}

fn record(level: Level, target: &str, message: String) -> LogRecord {
    LogRecord { level, target: target.to_owned(), message, at_ms: SystemClock.now().unix_ms() }
}

fn push(level: Level, target: &str, message: &str) {
    if DELIVERING.get() {
        return;
    }
    let Some(bridge) = BRIDGE.get() else { return };
    let mut message = redact(message);
    if message.len() > LINE_LIMIT {
        let end = (0..=LINE_LIMIT).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
        message.truncate(end);
        message.push('…');
    }
    match bridge.queue.try_send(record(level, target, message)) {
        Ok(()) | Err(TrySendError::Disconnected(_)) => {}
        Err(TrySendError::Full(_)) => {
            bridge.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        let own = metadata.target().starts_with(OWN_TARGET);
        metadata.level() <= if own { log::Level::Info } else { log::Level::Warn }
    }

    fn log(&self, line: &log::Record<'_>) {
        if self.enabled(line.metadata()) {
            let level = match line.level() {
                log::Level::Error => Level::Error,
                log::Level::Warn => Level::Warn,
                log::Level::Info => Level::Info,
                log::Level::Debug | log::Level::Trace => Level::Debug,
            };
            push(level, line.target(), &line.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// Logs where a panic happened, and its message redacted, before whoever was there first has its say.
fn log_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let text = panic.payload().downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| panic.payload().downcast_ref::<String>().cloned()).unwrap_or_default();
            push(Level::Error, OWN_TARGET, &format!("panic at {place}: {text}"));
            before(panic);
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::foundation::ports::PortError;

    struct Collecting(Mutex<Sender<LogRecord>>);

    impl LogSink for Collecting {
        fn write(&self, batch: Vec<LogRecord>) -> Result<(), PortError> {
            log::warn!(target: "emongolia", "a sink that logs");
            let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            batch.into_iter().for_each(|line| lines.send(line).unwrap_or(()));
            Ok(())
        }
    }

    /// The bridge is the process's: what other tests log arrives here too, so each looks for its own line.
    fn first_with(lines: &Receiver<LogRecord>, word: &str) -> LogRecord {
        loop {
            let line = lines.recv_timeout(std::time::Duration::from_secs(10)).unwrap();
            if line.message.contains(word) {
                return line;
            }
        }
    }

    #[test]
    fn a_line_arrives_redacted_and_a_sink_that_logs_does_not_feed_itself() {
        let (to, lines) = channel();
        let _installed = install(Some(Arc::new(Collecting(Mutex::new(to)))));

        log::error!(target: "emongolia", "marker-one for УХ85032914 at 99112233");

        let line = first_with(&lines, "marker-one");
        assert_eq!(line.message, "marker-one for ‹…› at ‹…›");
        log::error!(target: "emongolia", "marker-two");
        assert!(!first_with(&lines, "marker-two").message.contains("a sink that logs"));
    }

    #[test]
    fn a_panic_is_logged_with_its_place() {
        let (to, lines) = channel();
        let _installed = install(Some(Arc::new(Collecting(Mutex::new(to)))));

        let _ = std::thread::spawn(|| panic!("marker-three of АА00112233")).join();

        let line = first_with(&lines, "marker-three");
        assert!(line.message.starts_with("panic at core/src/foundation/observe/mod.rs"), "{}", line.message);
        assert!(!line.message.contains("00112233"));
    }

    #[test]
    fn a_sink_that_is_taken_out_hears_nothing_more() {
        let (to, lines) = channel();
        let (to_other, other) = channel();
        let installed = install(Some(Arc::new(Collecting(Mutex::new(to)))));
        let _stays = install(Some(Arc::new(Collecting(Mutex::new(to_other)))));

        drop(installed);
        log::error!(target: "emongolia", "marker-four");

        first_with(&other, "marker-four");
        assert!(lines.try_iter().all(|line| !line.message.contains("marker-four")));
    }
}
