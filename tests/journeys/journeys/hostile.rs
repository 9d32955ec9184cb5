//! A gateway that is down, lies, floods, or lives in another day: a typed error each, nothing lost, memory flat.

use std::time::Duration;

use emongolia_core::{
    Error,
    foundation::clock::{OffsetClock, SystemClock},
    offline::outbox::State,
};
use emongolia_support::{
    gateway_double::{GatewayDouble, Reply},
    memory::Resident,
    processes::{FaultKind, SandboxProcess, ServerFault},
    temp::InstallDir,
};

use crate::phone::{PATIENCE, Phone, confirm, count, settled, sync};

/// What a flood may add to this process's memory. The body cap is 4 MiB; the rest is slack for other tests' threads.
const FLAT: u64 = 48 << 20;

fn phone_of(double: &GatewayDouble) -> Phone {
    let dirs = InstallDir::new().unwrap();
    let config = double.config(dirs.state(), dirs.cache());
    Phone::with(dirs, config)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_gateway_down_at_the_first_start_the_core_opens_and_says_offline() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    sandbox.kill().unwrap();

    let app = phone.start();

    assert_eq!(app.sync(PATIENCE, |_| ()).await.unwrap().error(), Some(&Error::Offline));
    assert_eq!(app.auth().begin_sign_in().await.err(), Some(Error::Offline));
    let empty = app.catalogue().services(Default::default(), None).await.unwrap();
    assert_eq!((empty.value.items.len(), empty.as_of, empty.stale), (0, None, true));
    sandbox.restart().unwrap();
    sync(&app).await;
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_catalogue_is_refused_and_what_was_there_stays() {
    let double = GatewayDouble::start().unwrap();
    let good = r#"{"version":"1","organisations":[{"id":"o1","name":{"mn":"Өмгөөлөгчдийн холбоо"}}],
        "services":[{"id":"s1","organisation_id":"o1","name":{"mn":"Үнэмлэх"},"kind":"ирээдүй","fee":{"amount_mnt":-5}}]}"#;
    double.script("/v1/catalogue", [Reply::json_text(good)]);
    let phone = phone_of(&double);
    let app = phone.start();
    app.catalogue().refresh().await.unwrap();

    let lies = [
        Reply::json_text("{\"services\":"),
        Reply::json_text("[]"),
        Reply::json_text("өгөгдөл биш"),
        Reply::json_text(r#"{"organisations":{},"services":7}"#),
        Reply::json_text("[".repeat(100_000)),
        Reply::Raw { status: 200, content_type: "text/html", headers: vec![], body: "<html>".into() },
        Reply::Raw { status: 200, content_type: "application/json", headers: vec![], body: String::new() },
        Reply::problem(500, "broken"),
        Reply::Redirect("https://example.mn/".into()),
        Reply::Close,
        Reply::GzipBomb,
    ];
    for lie in lies {
        let told = format!("{lie:?}");
        double.script("/v1/catalogue", [lie]);
        let error = app.catalogue().refresh().await.expect_err(&told[..told.len().min(60)]);
        assert_ne!(error, Error::NotAvailable, "{}", &told[..told.len().min(60)]);
        let kept = app.catalogue().services(Default::default(), None).await.unwrap().value.items;
        assert_eq!(kept[0].name.mn, "Үнэмлэх");
    }
    assert!(phone.ports.log.records().iter().all(|line| !line.message.contains("panic at")));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_300_mb_and_a_gzip_bomb_are_stopped_at_the_cap_with_memory_flat() {
    let double = GatewayDouble::start().unwrap();
    let phone = phone_of(&double);
    let app = phone.start();
    let before = Resident::of_this_process().unwrap();

    for flood in [Reply::Flood { bytes: 300 << 20 }, Reply::GzipBomb] {
        double.script("/v1/catalogue", [flood]);
        let error = app.catalogue().refresh().await.unwrap_err();
        assert!(matches!(&error, Error::Unexpected { code, .. } if code == "net.body_too_large"), "{error:?}");
    }

    let after = Resident::of_this_process().unwrap();
    assert!(after.current < before.current + FLAT, "{before:?} {after:?}");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_clock_is_two_days_off_signs_in_and_applies() {
    const TWO_DAYS_MS: i64 = 2 * 24 * 3600 * 1000;
    for offset in [TWO_DAYS_MS, -TWO_DAYS_MS] {
        let sandbox = SandboxProcess::start_fresh().unwrap();
        let phone = Phone::new(&sandbox).clock(OffsetClock::new(SystemClock, offset));
        let (app, service) = phone.ready(&sandbox).await;
        let operation = app.requests().submit(&confirm(&app, &service, "Цаг өөр").await).await.unwrap();

        assert_eq!(settled(&app, &operation).await.state, State::Done);
        assert_eq!(count(&sandbox, "requests"), 1);
        app.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_in_trouble_costs_time_and_nothing_else() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, service) = phone.ready(&sandbox).await;
    let troubles = [
        FaultKind::DropReply,
        FaultKind::Cut,
        FaultKind::Garbage,
        FaultKind::Delay { ms: 200 },
        FaultKind::Status { status: 500, retry_after: None },
        FaultKind::Status { status: 503, retry_after: Some(1) },
        FaultKind::Flood { bytes: 20 << 20 },
        FaultKind::Bomb { bytes: 64 << 20 },
    ];

    for (n, trouble) in troubles.into_iter().enumerate() {
        let confirmation = confirm(&app, &service, &format!("Гачигдал {n}")).await;
        control.faults(&[ServerFault::next("createRequest", trouble.clone())]).await.unwrap();
        let operation = app.requests().submit(&confirmation).await.unwrap();
        settled(&app, &operation).await;
        control.clear_faults().await.unwrap();
        app.outbox().flush(PATIENCE).await.unwrap();

        let view = app.outbox().get(&operation).await.unwrap();
        assert_eq!(view.state, State::Done, "{trouble:?}: {view:?}");
        assert_eq!(count(&sandbox, "requests"), u32::try_from(n).unwrap() + 1, "{trouble:?}");
    }
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_never_answers_ends_in_a_time_out_within_the_budget() {
    let double = GatewayDouble::start().unwrap();
    double.script("/v1/catalogue", [Reply::Silence]);
    let phone = phone_of(&double);
    let app = phone.start();

    let report = app.sync(Duration::from_secs(1), |_| ()).await.unwrap();

    assert!(report.more, "what did not fit into the budget is left for the next time");
    app.shutdown(PATIENCE).await.unwrap();
}
