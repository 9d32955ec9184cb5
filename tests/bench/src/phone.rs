//! A signed-in citizen's phone, on the machine's own disk, and who receives what it sends.

use std::{error::Error, fs::File, time::Duration};

use emongolia_core::{
    App,
    services::{
        ServiceId,
        requests::{ConfirmationId, Values},
    },
};
use emongolia_support::{
    forms::{filled, ready_to_fill_in},
    gateway_double::{GatewayDouble, Reply},
    ports::MemoryPhone,
    processes::SandboxProcess,
    temp::InstallDir,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{outbox::Round, synced, timed};

/// Longer than all of a round takes on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where requests go.
const PATH: &str = "/v1/requests";

/// The receiver has an answer ready for each request of the whole run.
const RECEIPTS: usize = 20_000;

pub(crate) struct Phone {
    app: App,
    service: ServiceId,
    runtime: Runtime,
    receiver: GatewayDouble,
    /// Of a request, as the core sends it.
    body: String,
    /// No two say the same: that would be one confirmation.
    confirmed: u32,
    /// On the same disk.
    synced: File,
    _install: InstallDir,
}

impl Phone {
    /// Signs in, learns the forms and sends a first request at the sandbox. What comes after is received by one who
    /// answers in the sandbox's words and does nothing: what it costs to serve is not the outbox's.
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let (sandbox, receiver, install) =
            (SandboxProcess::start_fresh()?, GatewayDouble::start()?, InstallDir::new()?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (device, mut config) = (MemoryPhone::new(), sandbox.core_config(install.state(), install.cache())?);
        let app = App::open(config.clone(), device.ports())?;
        let service = runtime.block_on(ready_to_fill_in(&app, &sandbox))?;
        config.gateway = receiver.origin();
        config.roots.push(receiver.ca_der());
        config.pins.iter_mut().for_each(|pins| pins.spki_sha256.extend(receiver.spki_pins()));
        let synced = File::options().create(true).append(true).open(install.root().join("synced"))?;
        let mut phone =
            Self { app, service, runtime, receiver, body: String::new(), confirmed: 0, synced, _install: install };
        phone.enqueued()?;
        phone.body = phone.sent(&sandbox)?;
        phone.receiver.script(PATH, receipts(&sandbox)?);
        phone.runtime.block_on(phone.app.shutdown(PATIENCE))?;
        phone.app = App::open(config, device.ports())?;
        Ok(phone)
    }

    pub(crate) fn receiver(&self) -> &GatewayDouble {
        &self.receiver
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// From `submit` called to returned, while nothing else is under way.
    pub(crate) fn enqueued(&mut self) -> Result<Duration, Box<dyn Error>> {
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

    /// What nobody who keeps a promise can do without.
    pub(crate) fn synced(&mut self) -> Result<Duration, Box<dyn Error>> {
        synced(&mut self.synced)
    }

    /// Submitted at once, or one after the other; all of them have their receipt at the end.
    pub(crate) fn round(&mut self, requests: usize, at_once: bool) -> Result<Round, Box<dyn Error>> {
        let confirmed = (0..requests).map(|_| self.confirmed()).collect::<Result<Vec<_>, _>>()?;
        let before = self.receiver.hits(PATH);
        let mut queued = Duration::ZERO;
        let all = timed(|| {
            queued = timed(|| {
                let width = if at_once { requests } else { 1 };
                for some in confirmed.chunks(width) {
                    let begun: Vec<_> = some.iter().map(|one| self.app.requests().submit(one)).collect();
                    for one in begun {
                        self.runtime.block_on(one)?;
                    }
                }
                Ok(())
            })?;
            self.runtime.block_on(self.app.outbox().flush(PATIENCE))?;
            Ok(())
        })?;
        let arrived = self.receiver.hits(PATH) - before;
        let open = self.runtime.block_on(self.app.outbox().list(false, None))?.items;
        if arrived == requests && open.is_empty() {
            Ok(Round { queued, all })
        } else {
            Err(format!("{arrived} of {requests} arrived, {} are open", open.len()).into())
        }
    }

    fn confirmed(&mut self) -> Result<ConfirmationId, Box<dyn Error>> {
        self.confirmed += 1;
        self.runtime.block_on(async {
            let form = self.app.requests().form(&self.service, Values::new()).await?.value;
            let values = filled(&form, &format!("Өргөдөл, Үүр {}", self.confirmed));
            Ok(self.app.requests().confirm(&self.service, values).await?.id)
        })
    }

    /// The body of the last request that came there.
    fn sent(&self, sandbox: &SandboxProcess) -> Result<String, Box<dyn Error>> {
        let sent = self.runtime.block_on(sandbox.control()?.sent())?;
        let ours = sent.iter().rfind(|sent| sent.operation == "createRequest").ok_or("nothing was sent")?;
        let begin = ours.text.find('{').ok_or("a request without a body")?;
        Ok(ours.text[begin..].to_owned())
    }
}

/// As the sandbox's own, each of a request of its own.
fn receipts(sandbox: &SandboxProcess) -> Result<Vec<Reply>, Box<dyn Error>> {
    let receipt: String = sandbox.db()?.query_row("SELECT body FROM idempotency", [], |row| row.get(0))?;
    let told: Value = serde_json::from_str(&receipt)?;
    let id = told["id"].as_str().ok_or("a receipt without an id")?;
    let reply = |number| {
        let body = receipt.replace(id, &format!("{number:0width$}", width = id.len()));
        Reply::Raw { status: 201, content_type: "application/json", headers: Vec::new(), body }
    };
    Ok((0..RECEIPTS).map(reply).collect())
}
