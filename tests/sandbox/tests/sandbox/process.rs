//! The sandbox as a process: announced, killed, started again.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

use emongolia_sandbox::{Config, text};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::{
    errand::application,
    phone::{Call, Phone},
    rig::control,
};

struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<std::process::ChildStdout>,
    config: Config,
}

impl Process {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_emongolia-sandbox"))
            .args(["--until-stdin-closes", "--data"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["ready"], true);
        let config = std::fs::read(ready["config"].as_str().unwrap()).unwrap();
        let config = serde_json::from_slice(&config).unwrap();
        let stdin = child.stdin.take();
        Self { child, stdin, stdout, config }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap(); // SIGKILL
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_kill_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path());
    let phone = Phone::new(&process.config);
    phone.warm_up().await;
    let session = phone.sign_in(&process.config.citizens[0]).await;
    let (key, body) = (text::token(), application(&phone).await);
    let submit = || Call::new(Method::POST, "/v1/requests", &session).key(&key).body(body.clone());
    assert_eq!(phone.send(submit()).await.status(), StatusCode::CREATED);

    process.kill();
    let again = Process::start(folder.path());

    assert_eq!(again.config, process.config);
    let replayed = phone.send(submit()).await;
    assert_eq!(replayed.status(), StatusCode::CREATED);
    assert_eq!(replayed.headers()["idempotency-replayed"], "true");
    let (_, desk) = control(&again.config, Method::GET, "/control/requests", Value::Null).await;
    assert_eq!(desk.as_array().unwrap().len(), 1);
    let (_, found) = control(&again.config, Method::GET, "/control/exchanges", Value::Null).await;
    assert_eq!(found["violations"], Value::Array(Vec::new()));
}

#[test]
fn it_ends_when_its_standard_input_does_and_has_said_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path());

    drop(process.stdin.take());

    assert!(process.child.wait().unwrap().success());
    let mut rest = String::new();
    process.stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[test]
fn two_processes_never_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Process::start(folder.path());

    let second =
        Command::new(env!("CARGO_BIN_EXE_emongolia-sandbox")).arg("--data").arg(folder.path()).output().unwrap();

    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another sandbox runs on"));
    assert_eq!(second.stdout, b"");
}
