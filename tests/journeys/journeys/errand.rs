//! The errand from end to end, in one process with the core.

use std::time::Duration;

use emongolia_core::{
    Error,
    app::StepOutcome,
    foundation::events::{Area, Event},
    notify::inbox,
    offline::outbox::State,
    services::{
        ServiceId,
        requests::{ActorKind, RequestId, Standing, Status, Values},
    },
};
use emongolia_support::{
    browser,
    processes::{FaultKind, SandboxProcess, ServerFault, Text},
};

use crate::phone::{PATIENCE, Phone, citizen, confirm, count, online_service, settled, sign_in, sync};

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_applies_loses_the_reply_and_is_told_the_outcome() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    sync(&app).await;
    let token = "phone-of-a-citizen";
    assert_eq!(settled(&app, &app.push().register(token).await.unwrap()).await.state, State::Done);

    let service = online_service(&app).await;
    let confirmation = confirm(&app, &service, "Үндэсний өмгөөлөл").await;
    control.faults(&[ServerFault::next("createRequest", FaultKind::DropReply)]).await.unwrap();
    let operation = app.requests().submit(&confirmation).await.unwrap();
    settled(&app, &operation).await;
    app.outbox().flush(PATIENCE).await.unwrap();
    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    assert_eq!(app.requests().submit(&confirmation).await.unwrap(), operation, "confirmed once, submitted once");
    assert_eq!(count(&sandbox, "requests"), 1);

    let request = control.requests().await.unwrap().remove(0);
    let became = app.requests().of_operation(&operation).await.unwrap().value.summary;
    assert_eq!(became.number.as_deref(), Some(request.number.as_str()));
    control.advance(&request.id, "PROCESSING", None).await.unwrap();
    control.advance(&request.id, "COMPLETED", Some(&Text::mn("Бэлэн боллоо, өглөө авна уу"))).await.unwrap();
    let push = browser::poll_push(sandbox.config(), token, Duration::from_secs(20)).await.unwrap().unwrap();
    assert!(app.handle_push(&push, PATIENCE).await.unwrap().changed);
    app.requests().refresh().await.unwrap();

    let detail = app.requests().detail(&RequestId::parse(&request.id).unwrap()).await.unwrap().value;
    assert_eq!(detail.summary.standing, Standing::At { status: Status::Completed });
    let last = detail.history.last().unwrap();
    assert_eq!(last.actor.kind, ActorKind::Clerk);
    assert_eq!(last.note.as_ref().unwrap().mn, "Бэлэн боллоо, өглөө авна уу");
    assert!(detail.form.values().any(|value| value == "Үндэсний өмгөөлөл"));
    let messages = app.inbox().page(inbox::Filter::Unread, None).await.unwrap().value;
    assert!(messages.items.iter().any(|message| message.request_id.as_deref() == Some(&request.id)));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_network_gone_everything_reads_and_what_is_queued_is_sent_once_it_is_back() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, service) = phone.ready(&sandbox).await;
    let first = app.requests().submit(&confirm(&app, &service, "Нэгдүгээр").await).await.unwrap();
    settled(&app, &first).await;
    sync(&app).await;

    sandbox.kill().unwrap();
    let list = app.requests().page(None).await.unwrap();
    assert_eq!((list.value.items.len(), list.as_of.is_some()), (1, true));
    let hits = app.catalogue().search("лавлагаанууд", &Default::default(), None).unwrap();
    assert!(!hits.value.items.is_empty() && hits.as_of.is_some());
    let second = app.requests().submit(&confirm(&app, &service, "Хоёрдугаар Үйлдэл").await).await.unwrap();
    let report = app.sync(PATIENCE, |_| ()).await.unwrap();
    assert_eq!(report.error(), Some(&Error::Offline));
    let waiting = app.requests().page(None).await.unwrap().value.items.remove(0);
    assert_eq!(waiting.standing, Standing::Waiting { operation: second.clone() });
    app.shutdown(PATIENCE).await.unwrap();

    sandbox.restart().unwrap();
    let app = phone.start();
    sync(&app).await;
    assert_eq!(app.outbox().get(&second).await.unwrap().state, State::Done);
    assert_eq!(count(&sandbox, "requests"), 2);
    assert_eq!(app.requests().page(None).await.unwrap().value.items.len(), 2);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_read_and_deleted_here_at_once_and_there_eventually() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    let control = sandbox.control().unwrap();
    let regnum = &citizen(&sandbox).regnum;
    for text in ["Үерийн аюул", "Өвлийн бэлтгэл"] {
        control.notice(regnum, &Text::mn(text), &Text::mn("Анхаарна уу")).await.unwrap();
    }
    sync(&app).await;
    let page = app.inbox().page(inbox::Filter::All, None).await.unwrap().value.items;
    assert_eq!((page.len(), app.inbox().unread().await.unwrap()), (2, 2));

    sandbox.kill().unwrap();
    app.inbox().mark_read(&page[0].id).await.unwrap();
    app.inbox().delete(&page[1].id).await.unwrap();
    let offline = app.inbox().page(inbox::Filter::All, None).await.unwrap().value.items;
    assert_eq!(offline.len(), 1);
    assert!(offline[0].read && offline[0].pending);
    assert_eq!(app.inbox().message(&page[1].id).await, Err(Error::NotFound));

    sandbox.restart().unwrap();
    sync(&app).await;
    sync(&app).await; // the second pull brings the versions that end the overlays
    let after = app.inbox().page(inbox::Filter::All, None).await.unwrap().value.items;
    assert_eq!(after.len(), 1);
    assert!(after[0].read && !after[0].pending);
    let there: (u32, u32) = sandbox
        .db()
        .unwrap()
        .query_row("SELECT sum(read_at IS NOT NULL), sum(deleted) FROM inbox", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(there, (1, 1));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_said_to_be_unknown_and_ids_that_do_not_exist_are_not_found() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    sync(&app).await;

    let nowhere = ServiceId::parse("ffffffffffffffffffffffff").unwrap();
    assert_eq!(app.catalogue().service(&nowhere).await, Err(Error::NotFound));
    assert_eq!(app.requests().form(&nowhere, Values::new()).await, Err(Error::NotFound));
    let nothing = RequestId::parse("ffffffffffffffffffffffff").unwrap();
    assert_eq!(app.requests().detail(&nothing).await, Err(Error::NotFound));
    let service = online_service(&app).await;
    let detail = app.catalogue().service(&service).await.unwrap().value;
    assert_eq!(detail.service.id, service);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sync_finds_nothing_new_and_says_so() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    sync(&app).await;

    let report = app.sync(PATIENCE, |_| ()).await.unwrap();

    let catalogue = report.steps.iter().find(|step| step.area == Area::Catalogue).unwrap();
    assert_eq!(catalogue.outcome, StepOutcome::Unchanged);
    assert!(!report.more);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_real_service_and_organisation_is_on_the_phone_in_pages_of_fifty() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    app.catalogue().refresh().await.unwrap();

    let mut services = Vec::new();
    let mut after = None;
    loop {
        let page = app.catalogue().services(Default::default(), after).await.unwrap().value;
        assert!(page.items.len() <= 50);
        services.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let organisations = app.catalogue().organisations(None).await.unwrap().value;
    let rest = app.catalogue().organisations(organisations.next).await.unwrap().value;

    assert_eq!(services.len(), 373);
    assert!(services.iter().any(|service| service.sample) && services.iter().any(|service| !service.sample));
    assert_eq!(organisations.items.len() + rest.items.len(), 99);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_serves_the_description_it_is_held_to() {
    let sandbox = SandboxProcess::start_fresh().unwrap();

    let description = browser::public(sandbox.config(), "openapi.json").await.unwrap();

    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(description["servers"][0]["url"], sandbox.config().origin);
    assert_eq!(description["paths"]["/v1/requests"]["post"]["operationId"], "createRequest");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_answered_from_the_first_moment_and_an_event_tells_when_it_is_worth_asking_again() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    app.catalogue().refresh().await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();

    let app = phone.start();
    let first = app.catalogue().search("иргэний үнэмлэхээ", &Default::default(), None).unwrap();
    if first.value.preparing {
        assert_eq!((first.value.items.len(), first.as_of), (0, None));
        while app.next_event().await.unwrap() != Some(Event::Changed { area: Area::Catalogue }) {}
    }

    let page = app.catalogue().search("иргэний үнэмлэхээ", &Default::default(), None).unwrap();
    assert!(!page.value.preparing && !page.value.items.is_empty() && page.as_of.is_some() && !page.stale);
    app.shutdown(PATIENCE).await.unwrap();
    assert_eq!(app.catalogue().search("үнэмлэх", &Default::default(), None).err(), Some(Error::NotAvailable));
}

#[tokio::test(flavor = "multi_thread")]
async fn favourites_are_marked_wherever_the_service_is_shown_and_need_a_citizen() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    app.catalogue().refresh().await.unwrap();
    let service = online_service(&app).await;
    assert_eq!(app.catalogue().add_favourite(&service).await, Err(Error::SignInRequired));
    app.catalogue().remember_search("Өвлийн нүүрс").await.unwrap();
    assert_eq!(app.catalogue().recent_searches().await.unwrap(), [""; 0], "nobody's searches are kept");

    sign_in(&app, &sandbox).await;
    app.catalogue().add_favourite(&service).await.unwrap();
    app.catalogue().add_favourite(&service).await.unwrap();
    app.catalogue().remember_search("Өвлийн  нүүрс").await.unwrap();

    let nowhere = ServiceId::parse("ffffffffffffffffffffffff").unwrap();
    assert_eq!(app.catalogue().add_favourite(&nowhere).await, Err(Error::NotFound));
    let detail = app.catalogue().service(&service).await.unwrap().value.service;
    let favourites = app.catalogue().favourites(None).await.unwrap();
    assert_eq!((favourites.value.items, favourites.as_of.is_some()), (vec![detail.clone()], true));
    let hits = app.catalogue().search(&detail.name.mn, &Default::default(), None).unwrap().value.items;
    assert!(detail.favourite && hits.iter().all(|hit| hit.service.favourite == (hit.service.id == service)));
    assert!(hits.iter().any(|hit| hit.service == detail));
    app.shutdown(PATIENCE).await.unwrap();

    let app = phone.start();
    app.catalogue().searchable().await.unwrap();
    let hits = app.catalogue().search(&detail.name.mn, &Default::default(), None).unwrap().value.items;
    assert!(hits.iter().any(|hit| hit.service == detail), "after a restart too");
    assert_eq!(app.catalogue().recent_searches().await.unwrap(), ["Өвлийн нүүрс"]);
    app.catalogue().remove_favourite(&service).await.unwrap();
    assert_eq!(app.catalogue().favourites(None).await.unwrap().value.items, []);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_says_that_there_is_more_while_a_request_waits_for_its_time() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let (app, service) = phone.ready(&sandbox).await;
    let confirmation = confirm(&app, &service, "Өвөлжөөнөөс").await;
    let trouble = || ServerFault::next("createRequest", FaultKind::Status { status: 503, retry_after: None });
    sandbox.control().unwrap().faults(&[trouble(), trouble()]).await.unwrap();
    let operation = app.requests().submit(&confirmation).await.unwrap();
    settled(&app, &operation).await;

    let still_waiting = app.sync(PATIENCE, |_| ()).await.unwrap();
    assert!(still_waiting.more, "{still_waiting:?}");

    let sent = app.sync(PATIENCE, |_| ()).await.unwrap();
    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    assert!(!sent.more, "{sent:?}");
    app.shutdown(PATIENCE).await.unwrap();
}
