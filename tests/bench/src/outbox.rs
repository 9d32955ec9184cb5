//! The outbox: what it costs that a request is on disk before `submit` returns, and to queue and send a hundred.

use std::{cell::Cell, error::Error, fs::File, path::Path, time::Duration};

use emongolia_core::{
    App,
    services::{
        ServiceId,
        requests::{ConfirmationId, Values},
    },
};
use emongolia_support::{
    browser,
    forms::{filled, ready_to_fill_in},
    ports::MemoryPhone,
    processes::SandboxProcess,
    temp::InstallDir,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{
    machine, median,
    rival::{Installed, Rival},
    synced, timed,
};

/// A disk of the other side's is not what is measured.
const IN_MEMORY: &str = "/dev/shm";

/// Longer than all of a round takes on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Promised of the median of what is measured in pairs.
const ENQUEUE: f64 = 2.0;
const AGAINST_NODE: f64 = 0.5;

/// Enqueues, each beside one sync.
const TURNS: usize = 300;

/// Of either side, each of so many requests.
const ROUNDS: usize = 15;
const REQUESTS: usize = 100;

/// Markdown: the figures, and how busy the machine was.
pub(crate) fn page(installed: &Installed) -> Result<String, Box<dyn Error>> {
    let mut phone = Phone::new()?;
    let mut rival = Rival::start(installed, &phone.sandbox, |url| phone.approve(url))?;
    phone.round(REQUESTS)?; // both are warm
    let body = phone.body()?;
    rival.round(REQUESTS, &body)?;
    let enqueueing = by_turns(TURNS, &mut phone, |phone| phone.enqueued(), |phone| synced(&mut phone.synced))?;
    let mut both = (phone, rival);
    let rounds =
        by_turns(ROUNDS, &mut both, |(phone, _)| phone.round(REQUESTS), |(_, rival)| rival.round(REQUESTS, &body))?;
    both.1.end()?;
    let queueing: Vec<_> = rounds.iter().map(|(ours, theirs)| (ours.queued, theirs.queued)).collect();
    let sending: Vec<_> = rounds.iter().map(|(ours, theirs)| (ours.all, theirs.all)).collect();
    let rows = [
        row("durable enqueue, to one fdatasync", &enqueueing, Some(ENQUEUE)),
        row(&format!("{REQUESTS} queued, to Node"), &queueing, None),
        row(&format!("{REQUESTS} queued and sent, to Node"), &sending, Some(AGAINST_NODE)),
    ];
    Ok(format!(
        "{}.\n\n\
         | | p50 (least–most) | beside it, p50 (least–most) | ratio, p50 | promised | |\n|---|---|---|---|---|---|\n{}",
        machine()?,
        rows.concat()
    ))
}

/// One beside the other, either first in its turn.
fn by_turns<S, T>(
    turns: usize,
    both: &mut S,
    mut one: impl FnMut(&mut S) -> Result<T, Box<dyn Error>>,
    mut other: impl FnMut(&mut S) -> Result<T, Box<dyn Error>>,
) -> Result<Vec<(T, T)>, Box<dyn Error>> {
    let turn = |turn: usize| {
        if turn.is_multiple_of(2) {
            let first = one(both)?;
            Ok((first, other(both)?))
        } else {
            let first = other(both)?;
            Ok((one(both)?, first))
        }
    };
    (0..turns).map(turn).collect()
}

fn row(name: &str, pairs: &[(Duration, Duration)], promised: Option<f64>) -> String {
    let ratio = median(pairs.iter().map(|(ours, beside)| ours.as_secs_f64() / beside.as_secs_f64()).collect());
    let spread = |times: Vec<f64>| {
        let (least, most) = times.iter().fold((f64::MAX, 0.0_f64), |(least, most), ms| (least.min(*ms), most.max(*ms)));
        format!("{:.2} ms ({least:.2}–{most:.2})", median(times))
    };
    let ms = |time: &Duration| time.as_secs_f64() * 1000.0;
    let ours = spread(pairs.iter().map(|(ours, _)| ms(ours)).collect());
    let beside = spread(pairs.iter().map(|(_, beside)| ms(beside)).collect());
    let (promised, verdict) = match promised {
        Some(promised) => (format!("≤ {promised:.1}"), if ratio <= promised { "kept" } else { "NOT YET" }),
        None => ("–".to_owned(), ""),
    };
    format!("| {name} | {ours} | {beside} | {ratio:.2} | {promised} | {verdict} |\n")
}

/// What a round took: until the last was on disk, and until the last receipt was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) queued: Duration,
    pub(crate) all: Duration,
}

/// A signed-in citizen, on the machine's own disk; the other side in memory.
struct Phone {
    app: App,
    service: ServiceId,
    runtime: Runtime,
    sandbox: SandboxProcess,
    /// No two say the same: that would be one confirmation.
    confirmed: Cell<u32>,
    /// On the same disk.
    synced: File,
    _dirs: (InstallDir, TempDir),
}

impl Phone {
    fn new() -> Result<Self, Box<dyn Error>> {
        let there = if Path::new(IN_MEMORY).is_dir() { TempDir::new_in(IN_MEMORY)? } else { TempDir::new()? };
        let sandbox = SandboxProcess::start(there.path().join("sandbox"))?;
        let install = InstallDir::new()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let app = App::open(sandbox.core_config(install.state(), install.cache())?, MemoryPhone::new().ports())?;
        let service = runtime.block_on(ready_to_fill_in(&app, &sandbox))?;
        let synced = File::options().create(true).append(true).open(install.root().join("synced"))?;
        Ok(Self { app, service, runtime, sandbox, confirmed: Cell::new(0), synced, _dirs: (install, there) })
    }

    /// As a citizen in a browser, for whoever asks.
    fn approve(&self, url: &str) -> Result<String, Box<dyn Error>> {
        let citizen = self.sandbox.config().citizens.last().ok_or("a sandbox without citizens")?;
        Ok(self.runtime.block_on(browser::approve(self.sandbox.config(), &url.parse()?, citizen))?)
    }

    fn confirmed(&self) -> Result<ConfirmationId, Box<dyn Error>> {
        let number = self.confirmed.get() + 1;
        self.confirmed.set(number);
        self.runtime.block_on(async {
            let form = self.app.requests().form(&self.service, Values::new()).await?.value;
            let values = filled(&form, &format!("Өргөдөл, Үүр {number}"));
            Ok(self.app.requests().confirm(&self.service, values).await?.id)
        })
    }

    /// From `submit` called to returned, while nothing else is under way.
    fn enqueued(&self) -> Result<Duration, Box<dyn Error>> {
        let confirmed = self.confirmed()?;
        let mut operation = None;
        let took = timed(|| {
            operation = Some(self.runtime.block_on(self.app.requests().submit(&confirmed))?);
            Ok(())
        })?;
        let operation = operation.ok_or("nothing was enqueued")?;
        self.runtime.block_on(self.app.outbox().settle(&operation, PATIENCE))?;
        Ok(took)
    }

    fn round(&self, requests: usize) -> Result<Round, Box<dyn Error>> {
        let confirmed = (0..requests).map(|_| self.confirmed()).collect::<Result<Vec<_>, _>>()?;
        let before = self.there()?;
        let mut queued = Duration::ZERO;
        let all = timed(|| {
            queued = timed(|| {
                confirmed.iter().try_for_each(|one| {
                    self.runtime.block_on(self.app.requests().submit(one))?;
                    Ok(())
                })
            })?;
            self.runtime.block_on(self.app.outbox().flush(PATIENCE))?;
            Ok(())
        })?;
        let there = self.there()? - before;
        if there == requests { Ok(Round { queued, all }) } else { Err(format!("{there} of {requests} arrived").into()) }
    }

    fn there(&self) -> Result<usize, Box<dyn Error>> {
        Ok(self.sandbox.db()?.query_row("SELECT count(*) FROM requests", [], |row| row.get(0))?)
    }

    /// Of a request, as the last of ours had it.
    fn body(&self) -> Result<Value, Box<dyn Error>> {
        let sent = self.runtime.block_on(self.sandbox.control()?.sent())?;
        let ours = sent.iter().rfind(|sent| sent.operation == "createRequest").ok_or("nothing was sent")?;
        let begin = ours.text.find('{').ok_or("a request without a body")?;
        Ok(serde_json::from_str(&ours.text[begin..])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_is_judged_by_the_median_of_the_pairs() {
        let ms = Duration::from_millis;
        let pairs = [(ms(10), ms(10)), (ms(30), ms(10)), (ms(10), ms(100))];

        assert!(row("Өө", &pairs, Some(1.0)).ends_with("| 1.00 | ≤ 1.0 | kept |\n"));
        assert!(row("Өө", &pairs, Some(0.5)).ends_with("| 1.00 | ≤ 0.5 | NOT YET |\n"));
        assert!(row("Өө", &pairs, None).starts_with("| Өө | 10.00 ms (10.00–30.00) | 10.00 ms (10.00–100.00) |"));
    }

    #[test]
    fn either_goes_first_in_its_turn() {
        let mut order = String::new();
        let step = |name: char| {
            move |order: &mut String| {
                order.push(name);
                Ok(name)
            }
        };

        let pairs = by_turns(3, &mut order, step('a'), step('b')).unwrap();

        assert_eq!((order.as_str(), pairs), ("abbaab", vec![('a', 'b'); 3]));
    }
}
