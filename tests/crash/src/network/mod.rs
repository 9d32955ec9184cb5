//! A network that does its worst, by schedules that are drawn from seeds: one effect each. The core runs in this process,
//! through the fault proxy, against a sandbox with faults of its own.

mod schedule;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use emongolia_core::{
    App,
    foundation::ports::Controls,
    offline::outbox::{OperationId, State},
    services::{ServiceId, requests::Values},
};
use emongolia_support::{
    fault_proxy::{Fault, FaultProxy},
    forms::{filled, ready_to_fill_in},
    ports::MemoryPhone,
    processes::{SandboxControl, SandboxProcess},
    temp::InstallDir,
};
use schedule::{Trouble, schedule};
use tokio::runtime::Runtime;

use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Progress, Promise, Run},
    campaigns::send::Backend,
    lane::count,
};

/// As promised, of both together.
const ALL: usize = 2_500;

/// Longer than anything here takes on a busy machine; reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longer than an unanswered `create` may still land, and than any request is late.
const WINDOW: Duration = Duration::from_secs(151);

/// Rounds without trouble in which it must have arrived.
const ROUNDS: usize = 12;

/// It had arrived before anything went wrong with it.
const UNTOUCHED: &str = "arrived at the first try";

pub struct Network {
    pub backend: Backend,
}

pub const NETWORK: Network = Network { backend: Backend::Gateway };
pub const NETWORK_PUBLISHED: Network = Network { backend: Backend::Published };

impl Campaign for Network {
    fn name(&self) -> &'static str {
        match self.backend {
            Backend::Gateway => "network",
            Backend::Published => "network, published",
        }
    }

    fn promise(&self) -> Option<Promise> {
        Some(Promise::Schedules)
    }

    fn harms(&self) -> &'static [Harm] {
        &[Harm::Lost, Harm::Doubled]
    }

    fn control(&self) -> &'static str {
        self.backend.control()
    }

    /// The first schedule is the seed's, the next the next seed's: `--seed N --runs 1` is one of them again.
    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        let wanted = plan.runs.unwrap_or(ALL);
        let (next, ended, tally) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(Tally::default()));
        let lane = || -> Result<()> {
            let mut wire = Wire::new(self.backend, sabotaged)?;
            while !ended.load(Ordering::Relaxed) {
                let run = next.fetch_add(1, Ordering::Relaxed);
                if run >= wanted {
                    break;
                }
                let seed = plan.seed.wrapping_add(run as u64);
                let found = wire.suffer(seed)?;
                let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                tally.add(&format!("seed {seed}"), found);
                progress(tally.runs, wanted);
                ended.fetch_or(sabotaged && !tally.harm.is_empty(), Ordering::Relaxed);
            }
            wire.end()
        };
        std::thread::scope(|scope| {
            let lanes: Vec<_> = (0..plan.lanes).map(|_| scope.spawn(lane)).collect();
            lanes.into_iter().try_for_each(|lane| lane.join().unwrap_or_else(|_| Err("a lane panicked".into())))
        })?;
        Ok(tally.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A phone, a wire that breaks, and the other side.
struct Wire {
    runtime: Runtime,
    backend: Backend,
    app: App,
    service: ServiceId,
    proxy: FaultProxy,
    control: SandboxControl,
    sandbox: SandboxProcess,
    _dirs: InstallDir,
}

impl Wire {
    fn new(backend: Backend, sabotaged: bool) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let proxy = FaultProxy::start(([127, 0, 0, 1], 1).into())?;
        let sandbox = SandboxProcess::start_behind(&proxy.origin())?;
        proxy.lead_to(([127, 0, 0, 1], sandbox.config().port).into());
        let (dirs, control) = (InstallDir::new()?, sandbox.control()?);
        let mut config = sandbox.core_config(dirs.state(), dirs.cache())?;
        let mut ports = MemoryPhone::new().ports();
        match backend {
            Backend::Gateway => ports.controls = Controls { key_per_try: sabotaged, ..Controls::default() },
            Backend::Published => {
                ports.controls = Controls { no_read_back: sabotaged, ..Controls::default() };
                config.backend = sandbox.config().published();
            }
        }
        let app = App::open(config, ports)?;
        let service = runtime.block_on(ready_to_fill_in(&app, &sandbox))?;
        Ok(Self { runtime, backend, app, service, proxy, control, sandbox, _dirs: dirs })
    }

    /// One request, and all that goes wrong with it.
    fn suffer(&mut self, seed: u64) -> Result<Run> {
        let before = self.there()?;
        let words = format!("Өргөдөл {seed}, Үүр");
        let confirmation = self.runtime.block_on(async {
            let form = self.app.requests().form(&self.service, Values::new()).await?.value;
            self.app.requests().confirm(&self.service, filled(&form, &words)).await
        })?;
        let mut troubles = schedule(seed, self.backend).into_iter();
        let first = troubles.next().ok_or("a schedule without trouble")?;
        self.begin(&first)?;
        let operation = self.runtime.block_on(self.app.requests().submit(&confirmation.id))?;
        let tried = self.runtime.block_on(self.app.outbox().settle(&operation, PATIENCE.min(first.lasts())))?;
        self.last(&first)?;
        for trouble in troubles {
            self.begin(&trouble)?;
            self.last(&trouble)?;
        }
        self.runtime.block_on(self.control.clear_faults())?;
        let arrived = self.arrive(&operation)?;
        self.runtime.block_on(self.control.advance_clock(WINDOW))?; // what is late comes now
        self.runtime.block_on(self.control.settled())?;
        let mut harm = Vec::new();
        if !arrived {
            harm.push((Harm::Lost, "it still waits".to_owned()));
        }
        for (what, (now, before)) in ["made", "submitted"].into_iter().zip(self.there()?.into_iter().zip(before)) {
            match now - before {
                1 => {}
                0 => harm.push((Harm::Lost, format!("no request {what}"))),
                many => harm.push((Harm::Doubled, format!("{many} requests {what}"))),
            }
        }
        let cut = tried.state != State::Done;
        Ok(Run { cut: usize::from(cut), harm, notes: if cut { Vec::new() } else { vec![UNTOUCHED] } })
    }

    fn begin(&mut self, trouble: &Trouble) -> Result<()> {
        match trouble {
            Trouble::Wire(fault, _) => self.proxy.set(*fault),
            Trouble::Gone(_) => self.proxy.down(),
            Trouble::There(fault) => self.runtime.block_on(self.control.faults(std::slice::from_ref(fault)))?,
        }
        Ok(())
    }

    /// Everything is tried while it lasts, and the wire is whole again afterwards.
    fn last(&mut self, trouble: &Trouble) -> Result<()> {
        let tried = self.app.outbox().flush(PATIENCE);
        match trouble {
            Trouble::Wire(_, lasts) | Trouble::Gone(lasts) => {
                let heal = self.runtime.spawn(pause(*lasts));
                self.runtime.block_on(heal)?;
                self.proxy.set(Fault::None);
                self.proxy.up()?;
            }
            Trouble::There(_) => {}
        }
        self.runtime.block_on(tried)?;
        Ok(())
    }

    /// Without more trouble.
    fn arrive(&self, operation: &OperationId) -> Result<bool> {
        for round in 0..ROUNDS {
            if self.runtime.block_on(self.app.outbox().get(operation))?.state == State::Done {
                return Ok(true);
            }
            if self.backend == Backend::Published && round > 1 {
                self.runtime.block_on(self.control.advance_clock(WINDOW))?;
            }
            self.runtime.block_on(self.app.outbox().flush(PATIENCE))?;
        }
        Ok(false)
    }

    /// What was made, and what was submitted.
    fn there(&self) -> Result<[usize; 2]> {
        let db = self.sandbox.db()?;
        let submitted = count(&db, "requests")?;
        Ok(match self.backend {
            Backend::Gateway => [submitted; 2],
            Backend::Published => [count(&db, "legacy_requests")?, submitted],
        })
    }

    fn end(self) -> Result<()> {
        self.runtime.block_on(self.app.shutdown(PATIENCE))?;
        Ok(self.sandbox.stop()?)
    }
}

#[expect(clippy::disallowed_methods, reason = "a wire is broken in real time")]
async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}
