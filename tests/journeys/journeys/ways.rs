//! The ways in of ДАН, as the core meets them: each signs in, and what each is worth is known when it is asked for.

use emongolia_core::auth::Freshness;
use emongolia_support::{
    browser::{self, Way},
    processes::SandboxProcess,
};

use crate::phone::{PATIENCE, Phone, citizen, sync};

const SIGNATURE: &str = "urn:mn:dan:signature";

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_signs_in_by_a_code_a_bank_and_a_signature() {
    let sandbox = SandboxProcess::start_fresh().unwrap();

    for way in [Way::CodeSent, Way::Bank, Way::Signature] {
        let phone = Phone::new(&sandbox);
        let app = phone.start();
        let request = app.auth().begin_sign_in().await.unwrap();
        let callback = browser::approve_by(way, sandbox.config(), &request.url, citizen(&sandbox)).await.unwrap();
        app.auth().complete_sign_in(&callback).await.unwrap();

        assert_eq!(app.auth().citizen().await.unwrap().name, citizen(&sandbox).name, "{way:?}");
        sync(&app).await;
        app.shutdown(PATIENCE).await.unwrap();
    }

    let found = sandbox.control().unwrap().exchanges().await.unwrap();
    assert!(found.violations.is_empty(), "{:?}", found.violations);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_for_a_signature_is_not_let_by_with_a_code() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    crate::phone::sign_in(&app, &sandbox).await;
    let signed = || Freshness { max_age_s: 300, acr: Some(SIGNATURE.into()) };

    let request = app.auth().step_up(signed()).await.unwrap();
    let by_code = browser::approve_by(Way::CodeSent, sandbox.config(), &request.url, citizen(&sandbox)).await.unwrap();
    assert!(by_code.contains("error=unmet_authentication_requirements"), "{by_code}");
    assert!(app.auth().complete_sign_in(&by_code).await.is_err());

    let request = app.auth().step_up(signed()).await.unwrap();
    let signature =
        browser::approve_by(Way::Signature, sandbox.config(), &request.url, citizen(&sandbox)).await.unwrap();
    app.auth().complete_sign_in(&signature).await.unwrap();
    sync(&app).await;
    app.shutdown(PATIENCE).await.unwrap();
}
