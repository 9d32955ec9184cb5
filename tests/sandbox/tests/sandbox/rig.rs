//! A sandbox in a folder of its own, and the control next to it.

use std::path::Path;

use emongolia_sandbox::{Config, Options, Running, server};
use serde_json::{Value, json};

use crate::phone::Phone;

/// Эрдэнэбат; lives in Ulaanbaatar.
pub(crate) const ERDENEBAT: &str = "УӨ88052317";

pub(crate) struct Rig {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) running: Running,
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::on(tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn on(folder: tempfile::TempDir) -> Self {
        let running = server::start(Options::at(folder.path())).await.unwrap();
        Self { folder, running }
    }

    /// The same folder under a new server.
    pub(crate) async fn restart(self) -> Self {
        let Self { folder, running } = self;
        drop(running);
        for _ in 0..1000 {
            match server::start(Options::at(folder.path())).await {
                Ok(running) => return Self { folder, running },
                Err(server::StartError::Port { .. }) => tokio::task::yield_now().await, // the old listener is going
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the port never came free");
    }

    pub(crate) fn config(&self) -> &Config {
        &self.running.config
    }

    pub(crate) fn phone(&self) -> Phone {
        Phone::new(self.config())
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A call to the control.
    pub(crate) async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> (u16, Value) {
        control(self.config(), method, path, body).await
    }

    pub(crate) async fn fault(&self, fault: Value) {
        let (status, told) = self.control(reqwest::Method::POST, "/control/faults", json!({ "faults": [fault] })).await;
        assert_eq!(status, 200, "{told}");
    }

    /// For what no test of the core ever calls: `cargo xtask test` counts the operations that were hit.
    pub(crate) fn keep_contract(&self) {
        let Some(folder) = std::env::var_os("EMONGOLIA_CONTRACT_DIR") else { return };
        let mark = self.path().file_name().unwrap();
        let folder = Path::new(&folder).join(mark);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(self.path().join("contract.jsonl"), folder.join("contract.jsonl")).unwrap();
    }

    /// Ends the test: nothing that was exchanged broke the description.
    pub(crate) async fn finish(self) {
        let (_, found) = self.control(reqwest::Method::GET, "/control/exchanges", Value::Null).await;
        assert_eq!(found["violations"], json!([]));
    }
}

pub(crate) async fn control(config: &Config, method: reqwest::Method, path: &str, body: Value) -> (u16, Value) {
    crate::phone::install_provider();
    let request = reqwest::Client::new()
        .request(method, format!("{}{path}", config.control))
        .header("X-Sandbox-Control", &config.control_token);
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}
