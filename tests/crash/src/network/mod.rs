//! A network that does its worst, by schedules that are drawn from seeds: one effect each. The core runs in this process,
//! through the fault proxy, against a sandbox with faults of its own.

mod deed;
mod schedule;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use deed::{Citizen, Deed, Ready};
use emongolia_core::{
    App,
    foundation::ports::Controls,
    offline::outbox::{OperationView, State},
    services::ServiceId,
};
use emongolia_support::{
    fault_proxy::{Fault, FaultProxy},
    forms::ready_to_fill_in,
    ports::MemoryPhone,
    processes::{SandboxControl, SandboxProcess},
    temp::InstallDir,
};
use schedule::{Schedule, Trouble, schedule};
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

/// Longer than any request is late, and on the API of 2021 than an unanswered `create` may still land.
const WINDOW: Duration = Duration::from_secs(1);
const WINDOW_PUBLISHED: Duration = Duration::from_secs(151);

/// Rounds without trouble in which it must have arrived.
const ROUNDS: usize = 12;

/// It had arrived before anything went wrong with it.
const UNTOUCHED: &str = "arrived at the first try";

/// What needed the citizen was tried again by them, or called off and done anew.
pub const TRIED_AGAIN: &str = "tried again by the citizen";
pub const DONE_ANEW: &str = "called off and done anew";

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
    deeds: &'static [Deed],
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
        // What else would be done twice is refused there, by what it names.
        let deeds = if sabotaged { &[Deed::Submit] } else { Deed::all(backend) };
        Ok(Self { runtime, backend, deeds, app, service, proxy, control, sandbox, _dirs: dirs })
    }

    /// One deed, and all that goes wrong with it.
    fn suffer(&mut self, seed: u64) -> Result<Run> {
        let Schedule { deed, gives_up, troubles } = schedule(seed, self.backend, self.deeds);
        let ready = self.runtime.block_on(self.citizen(seed).prepare(deed))?;
        let before = self.there(deed)?;
        let mut cut = false;
        for (nth, trouble) in troubles.iter().enumerate() {
            self.begin(trouble)?;
            if nth == 0 {
                self.runtime.block_on(self.citizen(seed).begin(&ready))?;
            }
            cut |= self.last(trouble)?;
        }
        self.runtime.block_on(self.control.clear_faults())?;
        let mut notes = if cut { Vec::new() } else { vec![UNTOUCHED] };
        let arrived = self.arrive(seed, &ready, gives_up, &mut notes)?;
        self.pass()?; // what is late comes now
        self.runtime.block_on(self.control.settled())?;
        let mut harm: Vec<_> = self.runtime.block_on(self.citizen(seed).misses(&ready))?.into_iter().collect();
        if !arrived {
            harm.push((Harm::Lost, "it still waits".to_owned()));
        }
        for ((what, now), (_, before)) in self.there(deed)?.into_iter().zip(before) {
            match now - before {
                1 => {}
                0 => harm.push((Harm::Lost, format!("no {what}"))),
                _ if what == deed::MADE && gives_up => {}
                many => harm.push((Harm::Doubled, format!("{many} of the {what}"))),
            }
        }
        let harm = harm.into_iter().map(|(harm, told)| (harm, format!("{deed:?}: {told}"))).collect();
        Ok(Run { cut: usize::from(cut), harm, notes })
    }

    fn citizen(&self, seed: u64) -> Citizen<'_> {
        let Self { app, sandbox, control, service, .. } = self;
        Citizen { app, sandbox, control, service, words: format!("Өргөдөл {seed}, Үүр") }
    }

    fn begin(&mut self, trouble: &Trouble) -> Result<()> {
        match trouble {
            Trouble::Wire(fault, _) => self.proxy.set(*fault),
            Trouble::Gone(_) => self.proxy.down(),
            Trouble::There(fault) => self.runtime.block_on(self.control.faults(std::slice::from_ref(fault)))?,
        }
        Ok(())
    }

    /// Everything is tried while it lasts, and the wire is whole again afterwards. Whether something had not arrived then.
    fn last(&mut self, trouble: &Trouble) -> Result<bool> {
        let tried = self.app.outbox().flush(PATIENCE);
        let waits = match trouble {
            Trouble::Wire(_, lasts) | Trouble::Gone(lasts) => {
                let lasting = self.runtime.spawn(pause(*lasts));
                self.runtime.block_on(lasting)?;
                let waits = !self.open()?.is_empty();
                self.proxy.set(Fault::None);
                self.proxy.up()?;
                waits
            }
            Trouble::There(_) => false,
        };
        self.runtime.block_on(tried)?;
        Ok(waits || !self.open()?.is_empty())
    }

    /// Without more trouble; the citizen sees to what needs them.
    fn arrive(&self, seed: u64, ready: &Ready, gives_up: bool, notes: &mut Vec<&'static str>) -> Result<bool> {
        for round in 0..ROUNDS {
            let open = self.open()?;
            if open.is_empty() {
                return Ok(true);
            }
            for wedged in open.iter().filter(|one| one.state == State::Wedged) {
                if gives_up && self.runtime.block_on(self.app.outbox().cancel(&wedged.id)).is_ok() {
                    self.runtime.block_on(self.citizen(seed).begin(ready))?;
                    notes.push(DONE_ANEW);
                } else {
                    self.runtime.block_on(self.app.outbox().retry(&wedged.id))?;
                    notes.push(TRIED_AGAIN);
                }
            }
            if self.backend == Backend::Published && round > 1 {
                self.pass()?;
            }
            self.runtime.block_on(self.app.outbox().flush(PATIENCE))?;
        }
        Ok(false)
    }

    fn open(&self) -> Result<Vec<OperationView>> {
        Ok(self.runtime.block_on(self.app.outbox().list(false, None))?.items)
    }

    /// Time passes, at the other side.
    fn pass(&self) -> Result<()> {
        let window = match self.backend {
            Backend::Gateway => WINDOW,
            Backend::Published => WINDOW_PUBLISHED,
        };
        Ok(self.runtime.block_on(self.control.advance_clock(window))?)
    }

    /// How much there is of what the deed makes.
    fn there(&self, deed: Deed) -> Result<Vec<(&'static str, usize)>> {
        let db = self.sandbox.db()?;
        let rows = |(what, rows): &(&'static str, &str)| Ok((*what, count(&db, rows)?));
        deed.effects(self.backend).iter().map(rows).collect()
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
