//! The citizen gets everything that is kept of them, and can have it destroyed without anybody's leave.

use std::{collections::BTreeSet, time::Duration};

use emongolia_core::{
    Error,
    app::at_rest::{Kind, SEALED},
    foundation::clock::{Clock as _, ManualClock, SystemClock},
};
use emongolia_support::{canary::Canaries, processes::SandboxProcess};
use serde_json::Value;

use crate::{
    at_rest::{full, sealed_values, secret_texts},
    phone::{PATIENCE, Phone, prove_anew, sign_in},
    secrets::{FORM_VALUE, NOTICE, SEARCH, rows},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_all_that_is_sealed_opened_and_no_secret() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = full(&phone, &sandbox).await;
    let (kept, secrets) = (sealed_values(&phone), Canaries::new(secret_texts(&phone)).unwrap());

    let text = String::from_utf8(app.export().await.unwrap()).unwrap();

    for value in [FORM_VALUE, NOTICE, SEARCH] {
        assert!(text.contains(value), "{value}");
    }
    assert_eq!(secrets.heard_in(&text), []);
    let export: Value = text.parse().unwrap();
    let mut told = BTreeSet::new();
    for table in export["tables"].as_array().unwrap() {
        let name = table["table"].as_str().unwrap();
        assert!(table["why"].as_array().is_some_and(|why| !why.is_empty()) && table["unreadable"] == 0, "{name}");
        for place in SEALED.iter().filter(|place| place.table == name) {
            for row in table["rows"].as_array().unwrap() {
                let value = &row[place.column];
                let hidden = value == "***";
                assert_eq!(hidden, place.kind == Kind::Secret && !value.is_null(), "{name}.{}: {value}", place.column);
                if !value.is_null() {
                    told.insert((name.to_owned(), place.column));
                }
            }
        }
    }
    assert_eq!(told, kept.iter().map(|value| (value.place.table.to_owned(), value.place.column)).collect());
    assert_eq!(app.sign_out().await.map(|out| out.revoked), Ok(true));
    assert_eq!(app.export().await.err(), Some(Error::SignInRequired));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_given_to_who_has_proven_just_now_who_they_are() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let clock = ManualClock::at(SystemClock.now());
    let phone = Phone::new(&sandbox).clock(clock.clone());
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    clock.advance(Duration::from_secs(290));
    assert!(app.export().await.is_ok(), "control");

    clock.advance(Duration::from_secs(11));

    assert_eq!(app.export().await.err(), Some(Error::StepUpRequired { max_age_s: 300, acr: None }));
    sandbox.control().unwrap().advance_clock(Duration::from_secs(301)).await.unwrap();
    prove_anew(&app, &sandbox).await;
    assert!(app.export().await.is_ok());
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_erased_with_no_session_and_no_network() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = full(&phone, &sandbox).await;
    sandbox.control().unwrap().revoke_sessions(None).await.unwrap();
    assert!(app.requests().refresh().await.is_err(), "the session has ended");
    sandbox.kill().unwrap();

    app.erase().await.unwrap();

    assert_eq!((rows(&phone), phone.ports.secrets.names(), phone.ports.device_key.exists()), (0, Vec::new(), false));
    sandbox.restart().unwrap();
    sign_in(&app, &sandbox).await;
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_phone_exports_nothing_and_is_erased_without_its_pin() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let mut phone = Phone::new(&sandbox);
    phone.controls.kdf_rounds = Some(1000);
    let app = full(&phone, &sandbox).await;
    app.lock().change_pin(None, Some("480251")).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();

    let locked = phone.start();

    assert_eq!(locked.export().await.err(), Some(Error::Locked));
    assert_eq!(locked.sign_out().await.err(), Some(Error::Locked));
    assert!(rows(&phone) > 0, "control: nothing has gone so far");
    locked.erase().await.unwrap();
    assert_eq!((rows(&phone), phone.ports.secrets.names(), phone.ports.device_key.exists()), (0, Vec::new(), false));
    sign_in(&locked, &sandbox).await;
    locked.shutdown(PATIENCE).await.unwrap();
}
