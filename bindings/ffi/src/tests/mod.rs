mod conversions;
mod phone;

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use phone::{Log, PATIENCE, PATIENCE_MS, Phone, wait};

use crate::{cancellation::unless_cancelled, *};

#[test]
fn a_first_start_knows_nothing_and_says_so() {
    let phone = Phone::new();
    let core = phone.open().unwrap();

    let session = wait(core.auth().unwrap().session());
    let services = wait(core.catalogue().unwrap().services(ServiceFilter::default(), None)).unwrap();

    assert_eq!(session, Ok(SessionState::SignedOut));
    assert_eq!(services, ServicePage { items: Vec::new(), next: None, as_of_ms: None, stale: true });
    let interface = version().unwrap().strip_prefix(concat!(env!("CARGO_PKG_VERSION"), "+")).map(str::len);
    assert_eq!(interface, Some(16), "FNV-1a of 64 bits, in hexadecimal digits");
}

#[test]
fn a_configuration_that_trusts_nobody_is_refused_by_name() {
    let phone = Phone::new();
    let config = CoreConfig { roots: Vec::new(), ..phone.config() };

    let refused = phone.open_as(config, None).err();

    assert_eq!(refused, Some(CoreError::Invalid { field: "roots".into(), reason: "config.no_roots".into() }));
}

#[test]
fn without_a_network_asking_is_offline_and_reading_is_not() {
    let phone = Phone::new();
    let core = phone.open().unwrap();
    let catalogue = core.catalogue().unwrap();

    assert_eq!(wait(catalogue.refresh(None)), Err(CoreError::Offline));
    assert_eq!(wait(catalogue.service("8b1c9e".into(), None)), Err(CoreError::Offline));
    wait(catalogue.searchable()).unwrap();
    let page = catalogue.search("үнэмлэх".into(), ServiceFilter::default(), None).unwrap();
    assert_eq!((page.items, page.refusal, page.as_of_ms, page.preparing), (vec![], None, None, false));
    assert_eq!(wait(core.auth().unwrap().begin_sign_in(None)).err(), Some(CoreError::Offline));
    assert_eq!(wait(core.auth().unwrap().citizen()).err(), Some(CoreError::SignInRequired));
    let bundles = core.bundles().unwrap();
    assert_eq!(wait(bundles.page(BundleFilter::All, None)).unwrap().items, []);
    assert_eq!(wait(bundles.start("driver".into())), Err(CoreError::SignInRequired));
    assert_eq!(wait(bundles.refresh(None)), Err(CoreError::Offline));
}

#[test]
fn a_sync_without_a_network_tells_area_by_area() {
    let phone = Phone::new();
    let core = phone.open().unwrap();

    let report = wait(core.sync(PATIENCE_MS, None)).unwrap();

    let step = |area, outcome| SyncStep { area, outcome };
    let steps = [
        step(Area::Outbox, StepOutcome::NotTried),
        step(Area::Catalogue, StepOutcome::Failed { error: CoreError::Offline }),
        step(Area::Bundles, StepOutcome::NotTried),
        step(Area::Requests, StepOutcome::NotTried),
        step(Area::Inbox, StepOutcome::NotTried),
    ];
    assert_eq!(report.steps, steps);
}

#[test]
fn a_write_waits_and_can_be_called_off_while_nothing_of_it_has_left() {
    let phone = Phone::extension(); // nobody sends
    let core = phone.open_with_keys();
    let outbox = core.outbox().unwrap();

    let id = wait(core.push().unwrap().register("fcm:token-1".into())).unwrap();

    let waiting = wait(outbox.page(false, None)).unwrap().items;
    let waiting: Vec<_> = waiting.iter().map(|o| (o.id.as_str(), o.kind.as_str(), o.state)).collect();
    assert_eq!(waiting, [(id.as_str(), "push.register", OperationState::New)]);
    wait(outbox.call_off(id.clone())).unwrap();
    assert_eq!(wait(outbox.operation(id)).unwrap().state, OperationState::Cancelled);
}

#[test]
fn an_id_that_can_be_none_is_told_from_one_that_is_not_there() {
    let phone = Phone::new();
    let core = phone.open_with_keys();
    let (outbox, inbox, catalogue) = (core.outbox().unwrap(), core.inbox().unwrap(), core.catalogue().unwrap());
    let malformed = |field: &str| CoreError::Invalid { field: field.into(), reason: "id.malformed".into() };

    assert_eq!(wait(outbox.retry("Үгүй".into())), Err(malformed("operation")));
    assert_eq!(wait(outbox.retry("0".repeat(32))), Err(CoreError::NotFound));
    assert_eq!(wait(inbox.mark_read("../Ө".into())), Err(malformed("message")));
    let portal = core.portal().unwrap();
    assert_eq!(wait(portal.answer("../Ү".into(), Some(42))), Err(malformed("web_sign_in")));
    let foreign = CoreError::Invalid { field: "qr".into(), reason: "portal.not_ours".into() };
    assert_eq!(wait(portal.preview("https://өөр.mn/web/s/x".into(), None)), Err(foreign));
    assert_eq!(wait(inbox.mark_read("m-1".into())), Err(CoreError::NotFound));
    let requests = core.requests().unwrap();
    assert_eq!(wait(requests.draft("../Ө".into())), Err(malformed("draft")));
    assert_eq!(wait(requests.draft("0".repeat(32))), Err(CoreError::NotFound));
    assert_eq!(wait(requests.read("Үнэмлэх.png".into(), 0)), Err(malformed("attachment")));
    assert_eq!(wait(requests.append("0".repeat(32), 0, vec![1])), Err(CoreError::NotFound));
    let bundles = core.bundles().unwrap();
    assert_eq!(wait(bundles.page(BundleFilter::Suggested, Some("Ө".into()))), Err(malformed("bundle")));
    assert_eq!(wait(bundles.mark("driver".into(), "../Ү".into(), true)), Err(malformed("item")));
    assert_eq!(wait(bundles.bundle("driver".into())), Err(CoreError::NotFound));
    let filter = ServiceFilter { organisation: Some("УБЕГ".into()), ..ServiceFilter::default() };
    assert_eq!(wait(catalogue.services(filter.clone(), None)), Err(malformed("organisation")));
    assert_eq!(catalogue.search("үнэмлэх".into(), filter.clone(), None), Err(malformed("organisation")));
    assert_eq!(catalogue.search_spoken(Vec::new(), filter), Err(malformed("organisation")));
    assert_eq!(wait(catalogue.add_favourite("Өргөө".into())), Err(malformed("service")));
    assert_eq!(wait(catalogue.add_favourite("s-1".into())), Err(CoreError::NotFound));
}

fn said(text: &str) -> Hypothesis {
    Hypothesis { text: text.into(), confidence: None }
}

#[test]
fn what_is_a_citizens_own_is_empty_and_stays_so_when_nobody_is_signed_in() {
    let phone = Phone::new();
    let core = phone.open().unwrap();
    let catalogue = core.catalogue().unwrap();

    wait(catalogue.remember_search("Өргөдөл".into())).unwrap();

    assert_eq!(wait(catalogue.recent_searches()), Ok(Vec::new()));
    assert_eq!(wait(catalogue.favourites(None)).unwrap().items, []);
    assert_eq!(wait(catalogue.forget_search("Өргөдөл".into())), Ok(()));
    assert_eq!(wait(catalogue.forget_searches()), Ok(()));
    assert_eq!(wait(catalogue.remove_favourite("s-1".into())), Ok(()));
}

#[test]
fn any_text_from_a_shell_is_answered_at_once() {
    let phone = Phone::new();
    let core = phone.open().unwrap();
    let catalogue = core.catalogue().unwrap();
    wait(catalogue.searchable()).unwrap();

    for text in ["ө".repeat(10_000), "\u{0}\u{1b}[2J".into(), "😀👩‍👩‍👧".into(), "ᠮᠣᠩᠭᠣᠯ".into(), String::new()]
    {
        let page = catalogue.search(text.clone(), ServiceFilter::default(), None).unwrap();
        assert_eq!((page.items, page.next), (vec![], None));
        let spoken = catalogue.search_spoken(vec![said(&text)], ServiceFilter::default()).unwrap();
        assert_eq!(spoken.outcome, SpokenOutcome::Nothing { refusal: None });
    }
}

#[test]
fn a_push_that_is_none_of_ours_is_refused_by_name() {
    let phone = Phone::new();
    let core = phone.open().unwrap();

    let refused = wait(core.handle_push("Өөр зурвас".into(), PATIENCE_MS, None));

    assert_eq!(refused, Err(CoreError::Invalid { field: "payload".into(), reason: "push.unreadable".into() }));
}

#[test]
fn a_lock_without_a_citizen_is_open_and_is_none() {
    let phone = Phone::new();
    let core = phone.open().unwrap();
    let lock = core.lock().unwrap();

    let status = lock.status().unwrap();

    assert!(!status.set && status.open && !status.biometric);
    assert_eq!(wait(lock.lock()), Err(CoreError::NotAvailable));
    assert_eq!(wait(lock.unlock(None)), Ok(()));
    assert_eq!(wait(lock.change_pin(None, Some("480251".into()))), Err(CoreError::SignInRequired));
    assert_eq!(lock.touch(), Ok(()));
    assert_eq!(wait(core.auth().unwrap().step_up(300, None, None)).err(), Some(CoreError::Offline));
}

#[test]
fn events_end_with_the_core_for_whoever_waits_and_whoever_asks_later() {
    let phone = Phone::new();
    let core = phone.open().unwrap();
    let waiter = core.clone();
    let waiter = std::thread::spawn(move || while wait(waiter.next_event(None)).unwrap().is_some() {});

    wait(core.shutdown(PATIENCE_MS)).unwrap();

    waiter.join().unwrap();
    assert_eq!(wait(core.next_event(None)), Ok(None));
}

#[test]
fn after_shutdown_every_call_says_so_and_another_shutdown_is_none() {
    let phone = Phone::new();
    let core = phone.open().unwrap();
    let (auth, catalogue) = (core.auth().unwrap(), core.catalogue().unwrap());

    wait(core.shutdown(PATIENCE_MS)).unwrap();

    assert_eq!(wait(auth.session()), Err(CoreError::NotAvailable));
    let search = || catalogue.search("лавлагаа".into(), ServiceFilter::default(), None);
    assert_eq!(search(), Err(CoreError::NotAvailable));
    assert_eq!(catalogue.search_spoken(vec![said("лавлагаа")], ServiceFilter::default()), Err(CoreError::NotAvailable));
    assert_eq!(wait(core.sync(PATIENCE_MS, None)), Err(CoreError::NotAvailable));
    assert_eq!(wait(core.shutdown(PATIENCE_MS)), Ok(()));
}

#[test]
fn a_suspended_core_refuses_work_until_it_is_resumed() {
    let phone = Phone::new();
    let core = phone.open().unwrap();
    let catalogue = core.catalogue().unwrap();

    wait(core.suspend(PATIENCE_MS)).unwrap();
    assert_eq!(wait(catalogue.organisations(None)), Err(CoreError::NotAvailable));
    wait(core.suspend(PATIENCE_MS)).unwrap();
    wait(core.resume()).unwrap();
    wait(core.resume()).unwrap();

    assert_eq!(wait(catalogue.organisations(None)).unwrap().items, []);
}

#[test]
fn a_second_start_on_the_same_folders_finds_what_the_first_left() {
    let phone = Phone::new();
    let core = phone.open_with_keys();
    let id = wait(core.push().unwrap().register("fcm:token-1".into())).unwrap();
    wait(core.shutdown(PATIENCE_MS)).unwrap();

    let core = phone.open().unwrap();

    assert_eq!(wait(core.outbox().unwrap().operation(id.clone())).unwrap().id, id);
}

#[test]
fn sign_out_without_a_network_leaves_no_key_behind() {
    let phone = Phone::new();
    let core = phone.open_with_keys();
    assert_ne!(phone.secrets.names(), [""; 0]);

    wait(core.sign_out()).unwrap();

    assert_eq!(wait(core.auth().unwrap().session()), Ok(SessionState::SignedOut));
    assert_eq!(phone.secrets.names(), [""; 0]);
}

#[test]
fn erasing_needs_nobody_and_leaves_no_key_behind() {
    let phone = Phone::new();
    let core = phone.open_with_keys();
    assert_ne!(phone.secrets.names(), [""; 0]);

    wait(core.erase()).unwrap();

    assert_eq!(phone.secrets.names(), [""; 0]);
}

#[test]
fn a_call_that_waits_ends_when_it_is_called_off_and_takes_no_event_with_it() {
    let phone = Phone::new();
    let core = phone.open().unwrap();
    let cancellation = Cancellation::new().unwrap();
    let mut first = pin!(core.next_event(Some(cancellation.clone())));
    let mut idle = Context::from_waker(Waker::noop());
    while first.as_mut().poll(&mut idle).is_ready() {
        first.set(core.next_event(Some(cancellation.clone()))); // what opening had to tell
    }

    cancellation.cancel().unwrap();
    wait(core.suspend(PATIENCE_MS)).unwrap();
    wait(core.sign_out()).unwrap(); // tells of every area

    assert_eq!(first.as_mut().poll(&mut idle), Poll::Ready(Err(CoreError::Cancelled)));
    assert_eq!(wait(core.next_event(None)), Ok(Some(Event::Changed { area: Area::Session })));
}

#[test]
fn what_was_called_off_before_it_began_does_nothing() {
    let phone = Phone::new();
    let core = phone.open().unwrap();
    let cancellation = Cancellation::new().unwrap();

    cancellation.cancel().unwrap();
    let mut begun = false;
    let begin = || {
        begun = true;
        std::future::ready(Ok(()))
    };

    assert_eq!(wait(unless_cancelled(Some(cancellation.clone()), begin)), Err(CoreError::Cancelled));
    assert!(!begun);
    assert_eq!(wait(core.sync(PATIENCE_MS, Some(cancellation.clone()))), Err(CoreError::Cancelled));
    assert_eq!(wait(core.catalogue().unwrap().refresh(Some(cancellation))), Err(CoreError::Cancelled));
}

#[test]
fn a_keystore_that_fails_at_the_start_is_a_typed_error() {
    let phone = Phone::new();

    phone.secrets.fail(PortError::Failed { code: "ERR_KS_7".into() });

    assert!(matches!(phone.open().err(), Some(CoreError::Unexpected { code, .. }) if code == "keystore.failed"));
}

#[test]
fn a_keystore_that_fails_later_is_a_defect_with_a_reference_that_the_log_knows() {
    let phone = Phone::new();
    let (log, lines) = Log::new();
    let core = phone.open_with(Some(log)).unwrap();

    phone.secrets.fail(PortError::Failed { code: "ERR_KS_Ө7".into() });
    let refused = wait(core.auth().unwrap().begin_sign_in(None)).err();

    let Some(CoreError::Unexpected { code, reference }) = refused else { panic!("{refused:?}") };
    assert_eq!(code, "keystore.failed");
    let line = std::iter::from_fn(|| lines.recv_timeout(PATIENCE).ok()).find(|line| line.message.contains(&reference));
    let line = line.unwrap();
    assert_eq!(line.level, LogLevel::Error);
    assert!(line.message.contains("ERR_KS_Ө7"), "{line:?}");
}

#[test]
fn a_panic_while_a_call_waits_is_an_error_whose_reference_the_log_knows_and_the_core_goes_on() {
    let phone = Phone::new();
    let (log, lines) = Log::new();
    let core = phone.open_with(Some(log)).unwrap();

    phone.secrets.panic_once("Өвгөн УХ99112233");
    let refused = wait(core.auth().unwrap().begin_sign_in(None)).err();

    let Some(CoreError::Unexpected { code, reference }) = refused else { panic!("{refused:?}") };
    assert_eq!(code, "panic");
    let mut heard: Vec<LogRecord> = Vec::new();
    while !heard.last().is_some_and(|line| line.message.starts_with(&format!("[{reference}] panic"))) {
        heard.push(lines.recv_timeout(PATIENCE).unwrap());
    }
    let place = heard.iter().find(|line| line.message.contains("Өвгөн")).unwrap();
    assert!(place.message.contains("phone.rs") && !place.message.contains("99112233"), "{place:?}");
    assert_eq!(wait(core.auth().unwrap().begin_sign_in(None)).err(), Some(CoreError::Offline));
}

#[test]
fn what_the_generated_code_could_not_type_is_logged_redacted_under_the_reference_of_its_error() {
    let phone = Phone::new();
    let (log, lines) = Log::new();
    let _core = phone.open_with(Some(log)).unwrap();

    let told = defect("Failed to convert arg 'Ө': УХ99112233".into()).unwrap();

    let CoreError::Unexpected { code, reference } = &told else { panic!("{told:?}") };
    assert_eq!((code.as_str(), reference.len()), ("panic", 8));
    let line = std::iter::from_fn(|| lines.recv_timeout(PATIENCE).ok()).find(|line| line.message.contains(reference));
    let line = line.unwrap();
    assert_eq!(line.level, LogLevel::Error);
    assert!(line.message.contains("arg 'Ө'") && !line.message.contains("99112233"), "{line:?}");
}

#[test]
fn a_keystore_before_the_first_unlock_lets_the_core_start_and_nobody_sign_in() {
    let phone = Phone::new();

    phone.secrets.fail(PortError::Unavailable);
    let core = phone.open().unwrap();

    assert_eq!(wait(core.auth().unwrap().begin_sign_in(None)).err(), Some(CoreError::Locked));
}

#[test]
fn an_exception_in_a_shell_becomes_an_error_without_its_text() {
    let exception = uniffi::UnexpectedUniFFICallbackError::new("Б.Өлзийт УХ99112233");

    assert_eq!(PortError::from(exception), PortError::Failed { code: "unexpected_exception".into() });
}

#[test]
fn shutdown_lets_go_of_what_the_shell_lent() {
    let phone = Phone::new();
    let (log, _lines) = Log::new();
    let core = phone.open_with(Some(log.clone())).unwrap();
    let auth = core.auth().unwrap();
    assert!(Arc::strong_count(&phone.secrets) > 1 && Arc::strong_count(&log) > 1);

    wait(core.shutdown(PATIENCE_MS)).unwrap();

    assert_eq!((Arc::strong_count(&phone.secrets), Arc::strong_count(&log)), (1, 1));
    drop(auth); // held by a garbage collector until now
}

#[test]
fn a_dropped_call_harms_nobody() {
    let phone = Phone::new();
    let core = phone.open().unwrap();

    for polls in 0..20 {
        let mut call = pin!(core.sync(PATIENCE_MS, None));
        for _ in 0..polls {
            if call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                break;
            }
            std::thread::yield_now();
        }
    }

    assert_eq!(wait(core.sync(PATIENCE_MS, None)).unwrap().steps.len(), 5);
}

/// A Swift call that can't throw dies with the app when the core panics.
#[test]
fn everything_exported_can_fail() {
    let sources = [include_str!("../lib.rs"), include_str!("../services.rs"), include_str!("../cancellation.rs")];

    let signatures: Vec<&str> = sources
        .iter()
        .flat_map(|source| source.split("pub "))
        .filter(|item| item.starts_with("fn ") || item.starts_with("async fn "))
        .filter_map(|item| item.split(" {").next())
        .collect();

    assert!(signatures.len() > 40, "the sources are no longer read: {signatures:?}");
    let infallible: Vec<_> = signatures.iter().filter(|signature| !signature.contains("-> Result<")).collect();
    assert_eq!(infallible, [&""; 0]);
}
