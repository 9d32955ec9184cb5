//! The sandbox in this process behind a front: an honest authorisation server and gateway with a hand on its wire.

use std::net::{Ipv4Addr, SocketAddr};

use emongolia_sandbox::{Sandbox, oauth, registers, router, text};
use emongolia_support::{
    Failure, Result, browser,
    front::Front,
    lies::PUSHED,
    processes::{SandboxConfig, TestCitizen},
    temp::temp_dir,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::AbortHandle};
use url::Url;

/// Ends with all that it serves when dropped.
pub struct Ground {
    pub front: Front,
    browser: SandboxConfig,
    serving: AbortHandle,
    _data: TempDir,
}

impl Ground {
    /// Fresh, with the invented citizens.
    pub async fn open() -> Result<Self> {
        let (front, data) = (Front::start()?, temp_dir("emongolia-ground-")?);
        let (folder, at) = (data.path().to_owned(), front.origin());
        let opened = tokio::task::spawn_blocking(move || Sandbox::open(&folder, &at)).await;
        let sandbox = opened.map_err(|error| failure(&error))?.map_err(|error| failure(&error))?;
        let all = sandbox.db().read(registers::citizens).await.map_err(|error| failure(&error))?;
        let citizen =
            |c: registers::Citizen| TestCitizen { name: c.short_name(), regnum: c.regnum, code: c.one_time_code };
        let browser = browser_config(&front, all.into_iter().map(citizen).collect());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| failure(&error))?;
        let address: SocketAddr = listener.local_addr().map_err(|error| failure(&error))?;
        let serving = tokio::spawn(async move { axum::serve(listener, router(sandbox)).await }).abort_handle();
        front.lead_to(address);
        Ok(Self { front, browser, serving, _data: data })
    }

    /// The first citizen signs in and agrees, whatever address the core was given for it: the liar leads them to where
    /// the honest server is asked what was really pushed. Gives back the callback.
    pub async fn approve(&self) -> Result<String> {
        let pushed = self.front.of(PUSHED);
        let answer = pushed.iter().rfind(|exchange| exchange.status == Some(201));
        let answer: Value =
            answer.and_then(|exchange| serde_json::from_slice(&exchange.reply).ok()).unwrap_or_default();
        let request_uri = answer["request_uri"].as_str().unwrap_or_default();
        let query = [("client_id", oauth::CLIENT_ID), ("request_uri", request_uri)];
        let page = format!("{}/oauth/authorize", self.front.origin());
        let page = Url::parse_with_params(&page, query).map_err(|error| failure(&error))?;
        browser::approve(&self.browser, &page, &self.browser.citizens[0]).await
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What a browser needs to know.
fn browser_config(front: &Front, citizens: Vec<TestCitizen>) -> SandboxConfig {
    let trust = front.config("", "");
    SandboxConfig {
        origin: front.origin(),
        issuer: trust.issuer,
        client_id: trust.client_id,
        redirect_uri: trust.redirect_uri,
        ca_der_base64: trust.roots.first().map(|root| text::base64(root)).unwrap_or_default(),
        spki_pins: trust.pins.iter().flat_map(|set| &set.spki_sha256).map(|pin| text::hex(pin)).collect(),
        citizens,
        ..SandboxConfig::default()
    }
}

fn failure(error: &impl ToString) -> Failure {
    Failure::Malformed { what: "the sandbox in this process".into(), detail: error.to_string() }
}
