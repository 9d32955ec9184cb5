//! Signed documents: one that is older, unsigned or another's changes nothing, and the last good one keeps the app running.

use std::time::Duration;

use emongolia_core::{
    App, Error,
    auth::SessionState,
    foundation::{
        clock::{Clock as _, ManualClock, SystemClock},
        crypto::digest::base64url,
        events::Event,
    },
    services::{catalogue::Filter, requests::Values},
};
use emongolia_support::{
    gateway_double::{GatewayDouble, Reply},
    processes::SandboxProcess,
    temp::InstallDir,
};
use serde_json::{Value, json};

use crate::phone::{PATIENCE, Phone, online_service, sign_in, sync};

/// `ok`, or the code of what the gateway is to blame for.
fn code(outcome: Result<(), Error>) -> String {
    match outcome {
        Ok(()) => "ok".to_owned(),
        Err(Error::Unexpected { code, .. }) => code,
        Err(other) => panic!("{other:?}"),
    }
}

async fn refresh(app: &App) -> String {
    code(app.catalogue().refresh().await.map(drop))
}

async fn first_service(app: &App) -> Option<String> {
    let page = app.catalogue().services(Filter::default(), None).await.unwrap().value;
    page.items.first().map(|service| service.name.mn.clone())
}

fn catalogue(name: &str) -> Value {
    json!({
        "version": "0123456789abcdef0123456789abcdef",
        "organisations": [{ "id": "0123456789abcdef00000000", "code": "ADV", "kind": "professional_body", "name": { "mn": "Өмгөөлөгчдийн холбоо" } }],
        "services": [{
            "id": "0123456789abcdef01234567", "organisation_id": "0123456789abcdef00000000", "name": { "mn": name }, "kind": "other",
            "fee": null, "duration": null, "online": false, "area_codes": [], "sample": true, "popularity": 0,
        }],
    })
}

fn configuration(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = json!({
        "minimum_version": "0.0.0", "lock": { "idle_s": 300, "background_s": 30 }, "session": { "warn_s": 3600 },
        "pins": [], "floors": {},
    });
    change(&mut body);
    body
}

/// Waits for it; what comes before is let go.
async fn hears(app: &App, wanted: Event) {
    let heard = async { while app.next_event().await.unwrap() != Some(wanted.clone()) {} };
    tokio::time::timeout(PATIENCE, heard).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_is_rolled_back_is_refused_also_after_the_cache_was_emptied() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let phone = Phone::new(&sandbox);
    let publish = async |version, name: &str| {
        sandbox.control().unwrap().publish("catalogue", version, Some(&catalogue(name))).await.unwrap();
    };

    let app = phone.start();
    publish(7, "Үнэмлэх").await;
    sync(&app).await;
    publish(6, "Хуучин").await;
    assert_eq!(refresh(&app).await, "document.rollback");
    let report = app.sync(PATIENCE, |_| ()).await.unwrap();
    assert_eq!(code(report.error().cloned().map_or(Ok(()), Err)), "document.rollback");
    assert_eq!(first_service(&app).await.as_deref(), Some("Үнэмлэх"));

    let floors = configuration(|body| body["floors"] = json!({ "catalogue": 7 }));
    control.publish("configuration", 2, Some(&floors)).await.unwrap();
    let _ = app.sync(PATIENCE, |_| ()).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
    std::fs::remove_dir_all(phone.dirs.cache()).unwrap();
    let app = phone.start();
    assert_eq!(refresh(&app).await, "document.rollback");
    assert_eq!(first_service(&app).await, None);

    publish(8, "Шинэ үнэмлэх").await;
    assert_eq!(refresh(&app).await, "ok", "control");
    assert_eq!(first_service(&app).await.as_deref(), Some("Шинэ үнэмлэх"));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_documents_keep_the_app_running_with_no_network() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sync(&app).await;
    let service = online_service(&app).await;
    let form = app.requests().form(&service, Values::new()).await.unwrap().value;
    let outdated = configuration(|body| body["minimum_version"] = json!("999.0.0"));
    sandbox.control().unwrap().publish("configuration", 2, Some(&outdated)).await.unwrap();
    sync(&app).await;
    hears(&app, Event::UpdateRequired).await;
    app.shutdown(PATIENCE).await.unwrap();

    sandbox.kill().unwrap();
    let app = phone.start();

    hears(&app, Event::UpdateRequired).await; // at every start
    assert_eq!(app.sync(PATIENCE, |_| ()).await.unwrap().error(), Some(&Error::Offline));
    assert!(first_service(&app).await.is_some());
    assert_eq!(app.requests().form(&service, Values::new()).await.unwrap().value, form);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pins_that_were_told_never_lock_the_phone_out() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let mut phone = Phone::new(&sandbox);
    let built_in = std::mem::take(&mut phone.config.pins).remove(0);
    let key = |byte: u8| [char::from(byte).to_string().repeat(42), "A".to_owned()].concat();
    let pins = |keys: [String; 2]| {
        configuration(|body| {
            body["pins"] = json!([{ "host": "localhost", "spki_sha256": keys, "expires": "2027-03-01T00:00:00.000Z" }]);
        })
    };
    let own = base64url(&built_in.spki_sha256[0]);

    for (version, keys) in [(2, [key(b'B'), key(b'C')]), (3, [own.clone(), own]), (4, [key(b'D'), key(b'E')])] {
        control.publish("configuration", version, Some(&pins(keys))).await.unwrap();
        let app = phone.start();
        sync(&app).await;
        app.shutdown(PATIENCE).await.unwrap();
    }
    let app = phone.start();
    sync(&app).await;
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unsigned_or_signed_as_another_document_is_no_form_and_no_catalogue() {
    let double = GatewayDouble::start().unwrap();
    let dirs = InstallDir::new().unwrap();
    let config = double.config(dirs.state(), dirs.cache());
    let phone = Phone::with(dirs, config);
    let app = phone.start();
    let form = |title: &str| {
        let presentation = json!({ "sections": [{ "title": { "mn": title }, "fields": ["a"] }] });
        let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        json!({ "form": { "version": 1, "schema": schema, "presentation": presentation } })
    };
    let swapped = form("Өөр үйлчилгээний маягт").to_string();
    let signature = double.signature("service/s2", 9, &swapped);
    let headers = vec![("document-signature", signature)];
    let lie = Reply::Raw { status: 200, content_type: "application/json", headers, body: swapped };
    let id = emongolia_core::services::ServiceId::parse("s1").unwrap();
    let asked = async || code(app.requests().form(&id, Values::new()).await.map(drop));

    double.script("/v1/catalogue", [Reply::Unsigned(catalogue("Хэн ч гарын үсэг зураагүй"))]);
    assert_eq!(refresh(&app).await, "document.unsigned");
    assert_eq!(first_service(&app).await, None);
    double.script("/v1/services/s1", [lie]);
    assert_eq!(asked().await, "document.other");
    double.script("/v1/services/s1", [Reply::Json(form("Маягт"))]);
    assert_eq!(asked().await, "ok", "control");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_warns_of_its_end_as_late_as_the_configuration_says() {
    const HOUR: Duration = Duration::from_secs(3600);
    let sandbox = SandboxProcess::start_fresh().unwrap();
    for (version, warn, soon) in [(2, HOUR, false), (3, 7 * 24 * HOUR, true)] {
        let clock = ManualClock::at(SystemClock.now());
        let phone = Phone::new(&sandbox).clock(clock.clone());
        let app = phone.start();
        sign_in(&app, &sandbox).await;
        let body = configuration(|body| body["session"]["warn_s"] = warn.as_secs().into());
        sandbox.control().unwrap().publish("configuration", version, Some(&body)).await.unwrap();
        sync(&app).await;

        clock.advance(180 * 24 * HOUR - 2 * HOUR); // the sandbox's sessions last half a year

        let state = app.auth().state().await.unwrap();
        assert_eq!(matches!(state, SessionState::ExpiringSoon { .. }), soon, "{state:?}");
        app.shutdown(PATIENCE).await.unwrap();
    }
}
