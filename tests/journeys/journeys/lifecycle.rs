//! Suspend, resume, shutdown: what a platform does to an app all day.

use std::{process::Command, time::Duration};

use emongolia_core::{
    App, Error,
    services::{catalogue::Filter, requests::Values},
};
use emongolia_support::{
    gateway_double::{GatewayDouble, Reply},
    processes::SandboxProcess,
    temp::InstallDir,
};

use crate::phone::{PATIENCE, Phone, confirm, settled, sign_in, sync};

fn another_process_locks(phone: &Phone) -> bool {
    let files = [phone.dirs.state().join("state.db"), phone.dirs.cache().join("cache.db")];
    Command::new(env!("CARGO_BIN_EXE_lock-exclusively")).args(files).status().unwrap().success()
}

#[tokio::test(flavor = "multi_thread")]
async fn suspend_lets_another_process_lock_both_files_and_resume_goes_on() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, service) = phone.ready(&sandbox).await;
    assert!(!another_process_locks(&phone), "control: while it runs, it can't");

    app.suspend(PATIENCE).await.unwrap();
    app.suspend(PATIENCE).await.unwrap();
    assert!(another_process_locks(&phone));
    assert_eq!(app.catalogue().services(Filter::default(), None).await.err(), Some(Error::NotAvailable));
    assert_eq!(app.requests().form(&service, Values::new()).await.err(), Some(Error::NotAvailable));

    app.resume().await.unwrap();
    app.resume().await.unwrap();
    let operation = app.requests().submit(&confirm(&app, &service, "Үргэлжлэл").await).await.unwrap();
    settled(&app, &operation).await;
    assert_eq!(app.requests().page(None).await.unwrap().value.items.len(), 1);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_ends_within_its_deadline_under_load_and_after_it_everything_says_so() {
    const DEADLINE: Duration = Duration::from_secs(5);
    /// Until a thread of a busy machine gets its turn.
    const SCHEDULING: Duration = Duration::from_secs(2);
    let double = GatewayDouble::start().unwrap();
    double.script("/v1/catalogue", [Reply::Drip { every: Duration::from_millis(50) }]);
    double.script("/v1/areas", [Reply::Silence]);
    let dirs = InstallDir::new().unwrap();
    let config = double.config(dirs.state(), dirs.cache());
    let phone = Phone::with(dirs, config);
    let app = phone.start();
    let load: Vec<_> = (0..32).map(|n| tokio::spawn(busy(app.clone(), n))).collect();
    while double.hits("/v1/catalogue") == 0 {
        tokio::task::yield_now().await;
    }
    let waiting = tokio::spawn({
        let app = app.clone();
        async move { app.next_event().await }
    });

    tokio::time::timeout(DEADLINE + SCHEDULING, app.shutdown(DEADLINE)).await.expect("within its deadline").unwrap();

    let rest = async {
        for task in load {
            task.await.unwrap();
        }
        while let Ok(Some(_)) = app.next_event().await {} // what was still waiting, then the end
        waiting.await.unwrap()
    };
    tokio::time::timeout(PATIENCE, rest).await.expect("every caller is let go").unwrap();
    assert_eq!(app.catalogue().services(Filter::default(), None).await.err(), Some(Error::NotAvailable));
    assert_eq!(app.auth().begin_sign_in().await.err(), Some(Error::NotAvailable));
    app.shutdown(DEADLINE).await.unwrap();
    assert!(another_process_locks(&phone));
}

/// Reads and syncs until it is told that there is nothing left to read from.
async fn busy(app: App, n: usize) {
    loop {
        let result = match n % 4 {
            0 => app.sync(PATIENCE, |_| ()).await.map(drop),
            1 => app.catalogue().refresh().await.map(drop),
            2 => app.catalogue().search("лавлагаа", &Filter::default(), None).map(drop),
            _ => app.catalogue().services(Filter::default(), None).await.map(drop),
        };
        if result == Err(Error::NotAvailable) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cores_in_one_process_keep_to_themselves() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (mine, yours) = (Phone::new(&sandbox), Phone::new(&sandbox));
    let (my_app, your_app) = (mine.start(), yours.start());
    sign_in(&my_app, &sandbox).await;
    sync(&my_app).await;

    assert_eq!(your_app.auth().citizen().await.err(), Some(Error::SignInRequired));
    my_app.shutdown(PATIENCE).await.unwrap();
    your_app.catalogue().refresh().await.unwrap();
    assert!(!your_app.catalogue().search("лавлагаа", &Filter::default(), None).unwrap().value.items.is_empty());
    your_app.shutdown(PATIENCE).await.unwrap();
}
