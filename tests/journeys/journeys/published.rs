//! Requests over the mobile API of 2021: two calls, no key, and one request whatever happens in between (ADR 31).

use std::time::Duration;

use emongolia_core::{
    App, Error,
    foundation::{
        clock::{Clock as _, ManualClock, SystemClock},
        ports::Controls,
    },
    offline::outbox::{OperationId, State},
    services::{
        ServiceId,
        catalogue::{Fee, Filter},
        requests::{Acts, RequestSummary, Standing, Status, Values},
    },
};
use emongolia_support::processes::{FaultKind, SandboxProcess, ServerFault, Text};

use crate::phone::{CONFIRMED, PATIENCE, Phone, SENT, confirm, count, filled, pass, sign_in, sync};

/// As long as an unanswered `create` may still land.
const WINDOW: Duration = Duration::from_secs(120);

struct Errand {
    sandbox: SandboxProcess,
    phone: Phone,
    clock: ManualClock,
    app: App,
    service: ServiceId,
}

impl Errand {
    async fn begin() -> Self {
        Self::with(Controls::default()).await
    }

    async fn with(controls: Controls) -> Self {
        let sandbox = SandboxProcess::start_fresh().unwrap();
        let clock = ManualClock::at(SystemClock.now());
        let mut phone = Phone::new(&sandbox).clock(clock.clone());
        phone.config.backend = sandbox.config().published();
        phone.controls = controls;
        let app = phone.start();
        sign_in(&app, &sandbox).await;
        sync(&app).await;
        let service = free_service(&app).await;
        Self { sandbox, phone, clock, app, service }
    }

    async fn submit(&self, text: &str) -> OperationId {
        let confirmation = confirm(&self.app, &self.service, text).await;
        self.app.requests().submit(&confirmation).await.unwrap()
    }

    async fn fault(&self, operation: &str, kind: FaultKind) {
        self.sandbox.control().unwrap().faults(&[ServerFault::next(operation, kind)]).await.unwrap();
    }

    /// Everything that is due, and whether it has arrived then.
    async fn try_once(&self, operation: &OperationId) -> bool {
        self.app.outbox().flush(PATIENCE).await.unwrap();
        self.app.outbox().get(operation).await.unwrap().state == State::Done
    }

    async fn arrive(&self, operation: &OperationId) {
        for _ in 0..30 {
            if self.try_once(operation).await {
                return;
            }
            pass(Duration::from_secs(10), &self.clock, &self.sandbox).await;
        }
        panic!("{:?}", self.app.outbox().get(operation).await);
    }

    async fn first(&self) -> RequestSummary {
        self.app.requests().page(None).await.unwrap().value.items.remove(0)
    }

    /// Of those made, and of those submitted.
    fn there(&self) -> (u32, u32) {
        (count(&self.sandbox, "legacy_requests"), count(&self.sandbox, "requests"))
    }

    /// What was held up has come in, whatever became of it.
    async fn all_has_come(&self) {
        pass(WINDOW, &self.clock, &self.sandbox).await;
        self.sandbox.control().unwrap().settled().await.unwrap();
    }

    /// The process dies and the app is started again.
    async fn restart(&mut self) {
        self.app.shutdown(PATIENCE).await.unwrap();
        self.app = self.phone.start();
    }

    /// The same; meanwhile something that is kept of an operation was spoilt.
    async fn restart_without(&mut self, what: &str, operation: &OperationId) {
        self.app.shutdown(PATIENCE).await.unwrap();
        self.phone.spoil(what, operation);
        self.app = self.phone.start();
    }

    async fn end(self) {
        self.app.shutdown(PATIENCE).await.unwrap();
    }
}

async fn free_service(app: &App) -> ServiceId {
    let filter = Filter { online: true, free: true, ..Filter::default() };
    for service in app.catalogue().services(filter, None).await.unwrap().value.items {
        if app.requests().form(&service.id, Values::new()).await.is_ok() {
            return service.id;
        }
    }
    panic!("no free service without files")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_made_submitted_listed_and_followed() {
    let errand = Errand::begin().await;
    let operation = errand.submit("Өмнөговийн «Үүрийн туяа» банк").await;

    errand.arrive(&operation).await;

    assert_eq!(errand.there(), (1, 1));
    let made = errand.app.requests().of_operation(&operation).await.unwrap().value;
    assert_eq!(made.summary.standing, Standing::At { status: Status::Submitted });
    assert!(made.form.values().any(|answer| answer == "Өмнөговийн «Үүрийн туяа» банк"), "{made:?}");
    let id = made.summary.id.clone().unwrap();
    let control = errand.sandbox.control().unwrap();
    pass(Duration::from_secs(1), &errand.clock, &errand.sandbox).await;
    control.advance(id.as_str(), "PROCESSING", Some(&Text::mn("Үзэж байна"))).await.unwrap();
    assert!(errand.app.requests().refresh().await.unwrap().changed);
    assert!(!errand.app.requests().refresh().await.unwrap().changed, "nothing new");

    let listed = errand.first().await;
    assert_eq!((listed.id, listed.number), (Some(id.clone()), made.summary.number));
    assert_eq!(listed.standing, Standing::At { status: Status::Processing });
    let seen = errand.app.requests().detail(&id).await.unwrap().value;
    assert_eq!((seen.summary.standing, seen.form), (Standing::At { status: Status::Processing }, made.form));

    pass(Duration::from_secs(1), &errand.clock, &errand.sandbox).await;
    control.ask(id.as_str(), &["forUsage"], &[], &Text::mn("Засна уу")).await.unwrap();
    errand.app.requests().refresh().await.unwrap();
    let asked = errand.first().await;
    assert_eq!(asked.standing, Standing::At { status: Status::Edit });
    assert_eq!((asked.progress.who_acts, asked.progress.tasks), (Acts::Citizen, Vec::new()), "not in the app");
    assert_eq!(asked.progress.next.unwrap().mn, "Үүнийг одоогоор аппаар хийх боломжгүй. Байгууллагад нь хандана уу.");
    let refused = errand.app.requests().amend(&id).await;
    assert_eq!(refused.err(), Some(Error::invalid("request", "request.not_here")));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_lost_at_whatever_step_it_is_one_request() {
    let errand = Errand::begin().await;
    let steps = ["exchangeAuthToken", "publishedCreate", "publishedSubmitFree"];
    let faults = || {
        let status = FaultKind::Status { status: 503, retry_after: None };
        [FaultKind::DropReply, FaultKind::Cut, FaultKind::Garbage, status]
    };

    let mut sent = 0;
    for step in steps {
        for kind in faults() {
            errand.fault(step, kind).await;
            let operation = errand.submit(&format!("Өргөдөл {sent}, Үүр")).await;
            sent += 1;

            errand.arrive(&operation).await;
            assert_eq!(errand.there(), (sent, sent), "{step}");
        }
    }
    // And in the looking itself.
    for (lost, step) in [
        ("publishedCreate", "publishedList"),
        ("publishedSubmitFree", "publishedDetail"),
        ("publishedCreate", "exchangeAuthToken"),
    ] {
        for kind in faults() {
            errand.fault(lost, FaultKind::DropReply).await;
            let after = u32::from(step == "exchangeAuthToken");
            let fault = ServerFault::next(step, kind).after(after);
            errand.sandbox.control().unwrap().faults(&[fault]).await.unwrap();
            let operation = errand.submit(&format!("Өргөдөл {sent}, Үүр")).await;
            sent += 1;

            errand.arrive(&operation).await;
            assert_eq!(errand.there(), (sent, sent), "{lost}, {step}");
        }
    }
    assert_eq!(errand.sandbox.control().unwrap().pending_faults().await.unwrap(), 0);
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_is_late_within_its_window_is_found_and_not_made_anew() {
    let errand = Errand::begin().await;
    errand.fault("publishedCreate", FaultKind::Late { ms: 60_000 }).await;
    let operation = errand.submit("Хожимдсон Ө").await;

    assert!(!errand.try_once(&operation).await);
    assert!(!errand.try_once(&operation).await, "looked, and not there yet");
    assert_eq!(errand.there(), (0, 0));
    assert_eq!(errand.first().await.standing, Standing::BeingChecked { operation: operation.clone() });

    errand.arrive(&operation).await;
    assert_eq!(errand.there(), (1, 1));
    errand.all_has_come().await;
    assert_eq!(errand.there(), (1, 1));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_is_later_than_its_window_never_lands_and_is_made_anew() {
    let errand = Errand::begin().await;
    errand.fault("publishedCreate", FaultKind::Late { ms: 121_000 }).await;
    let operation = errand.submit("Хожимдсон Ү").await;

    errand.arrive(&operation).await;
    errand.all_has_come().await;

    assert_eq!(errand.there(), (1, 1));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phones_clock_opens_no_window() {
    let errand = Errand::begin().await;
    errand.fault("publishedCreate", FaultKind::Late { ms: 60_000 }).await;
    let operation = errand.submit("Цаг үсрэв: Ө").await;
    assert!(!errand.try_once(&operation).await);

    errand.clock.advance(Duration::from_secs(3 * 24 * 3600)); // here alone
    assert!(!errand.try_once(&operation).await);
    assert_eq!(errand.first().await.standing, Standing::BeingChecked { operation: operation.clone() });
    assert_eq!(errand.there(), (0, 0));

    errand.arrive(&operation).await;
    assert_eq!(errand.there(), (1, 1));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_two_steps_goes_on_where_it_was() {
    let mut errand = Errand::begin().await;
    let mut sent = 0;
    for (step, calls) in [
        ("exchangeAuthToken", 0), // before the first
        ("publishedCreate", 0),
        ("exchangeAuthToken", 1), // made, and not submitted
        ("publishedSubmitFree", 0),
    ] {
        for kind in [FaultKind::DropReply, FaultKind::Status { status: 503, retry_after: None }] {
            let fault = ServerFault::next(step, kind).after(calls);
            errand.sandbox.control().unwrap().faults(&[fault]).await.unwrap();
            let operation = errand.submit(&format!("Тасалдал Ү {sent}")).await;
            errand.app.outbox().settle(&operation, PATIENCE).await.unwrap();
            errand.restart().await;
            sent += 1;

            errand.arrive(&operation).await;
            assert_eq!(errand.there(), (sent, sent), "{step} {calls}");
        }
    }
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_that_say_the_same_are_two() {
    let errand = Errand::begin().await;
    for _ in 0..2 {
        errand.fault("publishedCreate", FaultKind::DropReply).await;
    }

    let (first, second) = (errand.submit("Ижил Өргөдөл").await, errand.submit("Ижил Өргөдөл").await);
    errand.arrive(&first).await;
    errand.arrive(&second).await;

    assert_eq!(errand.there(), (2, 2));
    let became = async |operation| errand.app.requests().of_operation(operation).await.unwrap().value.summary.id;
    assert_ne!(became(&first).await, became(&second).await);
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn control_without_reading_back_a_lost_reply_doubles() {
    let errand = Errand::with(Controls { no_read_back: true, ..Controls::default() }).await;
    errand.fault("publishedCreate", FaultKind::DropReply).await;
    let operation = errand.submit("Хоёр дахин Ө").await;

    errand.arrive(&operation).await;

    assert_eq!(errand.there().0, 2);
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_told_and_what_may_be_submitted_is_not_called_off() {
    let errand = Errand::begin().await;
    errand.fault("publishedSubmitFree", FaultKind::DropReply).await;
    let operation = errand.submit("Цуцлахгүй Ү").await;
    errand.app.outbox().settle(&operation, PATIENCE).await.unwrap();
    errand.fault("exchangeAuthToken", FaultKind::Status { status: 403, retry_after: None }).await;
    assert!(!errand.try_once(&operation).await);
    let stuck = errand.app.outbox().get(&operation).await.unwrap();
    assert_eq!((stuck.state, stuck.problem.as_deref()), (State::Wedged, Some("fault")));
    let told = errand.first().await;
    assert_eq!(told.standing, Standing::NeedsAttention { operation: operation.clone() });
    assert_eq!(told.progress.headline.mn, "Хүсэлт хүргэгдсэн эсэх нь тодорхойгүй байна.");

    let refused = errand.app.outbox().cancel(&operation).await.unwrap_err();

    assert_eq!(refused, Error::invalid("operation", "operation.may_have_effect"));
    errand.app.outbox().retry(&operation).await.unwrap();
    errand.arrive(&operation).await;
    assert_eq!(errand.there(), (1, 1));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_that_a_submit_is_about_to_use_is_in_no_export() {
    let errand = Errand::begin().await;
    errand.fault("publishedCreate", FaultKind::Status { status: 503, retry_after: Some(60) }).await;
    let operation = errand.submit("Түлхүүргүй хуулбар Ө").await;
    errand.app.outbox().settle(&operation, PATIENCE).await.unwrap();

    let export = String::from_utf8(errand.app.export().await.unwrap()).unwrap();

    assert!(export.contains("Түлхүүргүй хуулбар Ө"));
    let shown: Vec<&str> = export.split(r#""token":"#).skip(1).map(|rest| &rest[..5]).collect();
    assert!(!shown.is_empty() && shown.iter().all(|token| *token == r#""***""#), "{shown:?}");
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_that_api_can_not_do_is_said_before_a_form_is_filled_in() {
    let errand = Errand::begin().await;
    let requests = errand.app.requests();
    let online = Filter { online: true, ..Filter::default() };
    let mut said = Vec::new();
    for service in errand.app.catalogue().services(online, None).await.unwrap().value.items {
        let costs = matches!(service.fee, Fee::Amount(_));
        let refused = [
            requests.form(&service.id, Values::new()).await.err(),
            requests.begin_draft(&service.id, emongolia_core::country::Person::Me).await.err(),
            requests.confirm(&service.id, Values::new()).await.err().filter(|_| costs),
        ];
        said.extend(refused.into_iter().flatten().map(|error| (costs, error)));
    }

    assert!(said.contains(&(true, Error::invalid("form", "form.no_payment_here"))), "{said:?}");
    assert!(said.iter().any(|(_, error)| *error == Error::invalid("form", "form.no_files_here")), "{said:?}");
    assert!(said.iter().all(|(_, error)| matches!(error, Error::Invalid { field, .. } if field == "form")), "{said:?}");
    assert!(requests.confirm(&errand.service, filled_in(&errand).await).await.is_ok(), "control");
    errand.end().await;
}

async fn filled_in(errand: &Errand) -> Values {
    filled(&errand.app.requests().form(&errand.service, Values::new()).await.unwrap().value, "Өө")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_can_not_be_read_is_read_back_from_what_was_confirmed() {
    let mut errand = Errand::begin().await;
    errand.fault("publishedCreate", FaultKind::DropReply).await;
    let operation = errand.submit("Үлдээсэн тэмдгээр нь").await;
    assert!(!errand.try_once(&operation).await);
    assert_eq!(errand.there(), (1, 0));

    errand.restart_without(SENT, &operation).await;
    errand.arrive(&operation).await;

    assert_eq!(errand.there(), (1, 1));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_what_was_confirmed_it_can_be_called_off_only_if_nothing_of_it_has_left() {
    for (has_left, told) in [(false, "operation_unreadable"), (true, "damaged_unknown")] {
        let mut errand = Errand::begin().await;
        if has_left {
            errand.fault("publishedSubmitFree", FaultKind::DropReply).await;
        } else {
            errand.app.outbox().stop().await;
        }
        let operation = errand.submit("Өрнөдийн их сургууль").await;
        if has_left {
            assert!(!errand.try_once(&operation).await);
        }

        errand.restart_without(CONFIRMED, &operation).await;
        errand.try_once(&operation).await;

        let shown = errand.app.outbox().get(&operation).await.unwrap();
        assert_eq!((shown.state, shown.problem.as_deref()), (State::Wedged, Some(told)));
        let called_off = errand.app.outbox().cancel(&operation).await;
        let refused = Err(Error::invalid("operation", "operation.may_have_effect"));
        assert_eq!(called_off, if has_left { refused } else { Ok(()) });
        errand.end().await;
    }
}
