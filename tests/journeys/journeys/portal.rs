//! A browser is signed in from the phone, and is not when anything about it is wrong.

use std::time::Duration;

use emongolia_core::{
    App, Error,
    foundation::clock::{Clock as _, ManualClock, SystemClock},
    offline::outbox::{OperationView, State},
    services::portal::{WebSignIn, WebSignInId},
};
use emongolia_support::{
    portal::{PortalBrowser, PortalPage},
    processes::{Cli, FaultKind, SandboxProcess, ServerFault},
    temp::temp_dir,
};

use crate::phone::{PATIENCE, Phone, citizen, pass, prove_anew, settled, sign_in};

/// Longer than a request waits.
const TOO_LONG: Duration = Duration::from_secs(150);

/// A phone whose citizen is signed in, and a page that waits for it.
struct Scene {
    sandbox: SandboxProcess,
    _phone: Phone,
    app: App,
    browser: PortalBrowser,
    address: String,
    number: u32,
}

impl Scene {
    async fn set() -> Self {
        let sandbox = SandboxProcess::start_fresh().unwrap();
        let phone = Phone::new(&sandbox);
        let app = phone.start();
        sign_in(&app, &sandbox).await;
        let mut browser = PortalBrowser::new(sandbox.config()).unwrap();
        let (address, number) = browser.look().await.unwrap().asks.unwrap();
        Self { sandbox, _phone: phone, app, browser, address, number }
    }

    /// What the phone shows, with a number on it that is not the page's.
    async fn preview(&self) -> (WebSignIn, u32) {
        let asked = self.app.portal().preview(&self.address).await.unwrap();
        assert!(asked.numbers.contains(&self.number));
        let other = asked.numbers.into_iter().find(|number| *number != self.number).unwrap();
        (asked, other)
    }

    async fn choose(&self, id: &WebSignInId, number: u32) -> OperationView {
        let operation = self.app.portal().approve(id, number).await.unwrap();
        settled(&self.app, &operation).await
    }

    async fn page(&mut self) -> PortalPage {
        self.browser.look().await.unwrap()
    }

    fn name(&self) -> &str {
        &citizen(&self.sandbox).name
    }

    async fn end(self) {
        let found = self.sandbox.control().unwrap().exchanges().await.unwrap();
        assert!(found.violations.is_empty(), "{:?}", found.violations);
        self.app.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_signed_in_from_the_phone() {
    let mut scene = Scene::set().await;
    let (asked, _) = scene.preview().await;
    assert_eq!(asked.service.en.as_deref(), Some("E-Mongolia portal (sandbox)"));
    let mut another = PortalBrowser::new(scene.sandbox.config()).unwrap();
    another.look().await.unwrap();

    let answered = scene.choose(&asked.id, scene.number).await;

    assert_eq!((answered.state, answered.kind.as_str()), (State::Done, "portal.answer"));
    let page = scene.page().await;
    assert!(page.greets(scene.name()), "{}", page.html);
    assert!(another.look().await.unwrap().asks.is_some(), "another browser goes on waiting");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_number_keeps_the_browser_out_for_good() {
    let mut scene = Scene::set().await;
    let (asked, other) = scene.preview().await;

    let wrong = scene.choose(&asked.id, other).await;

    assert_eq!((wrong.state, wrong.problem.as_deref()), (State::Wedged, Some("wrong_number")));
    assert!(scene.page().await.html.contains("Another number was chosen"));
    assert_eq!(scene.app.portal().put_away(&wrong.id).await, Ok(true));
    assert_eq!(scene.app.outbox().get(&wrong.id).await.unwrap().state, State::Cancelled);
    let right = scene.choose(&asked.id, scene.number).await;
    assert_eq!((right.state, right.problem.as_deref()), (State::Wedged, Some("sign_in_answered")));
    let (address, number) = scene.browser.begin_again().await.unwrap().asks.unwrap();
    (scene.address, scene.number) = (address, number);
    let (asked, _) = scene.preview().await;
    let let_in = scene.choose(&asked.id, number).await;
    assert_eq!(let_in.state, State::Done, "the control");
    assert_eq!(scene.app.portal().put_away(&let_in.id).await, Ok(false));
    assert!(scene.page().await.greets(scene.name()));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_refuses_keeps_the_browser_out_and_is_not_told_when_it_was_over() {
    let mut scene = Scene::set().await;
    let (asked, _) = scene.preview().await;

    let first = scene.app.portal().refuse(&asked.id).await.unwrap();
    let again = scene.app.portal().refuse(&asked.id).await.unwrap();

    assert_eq!(settled(&scene.app, &first).await.state, State::Done);
    assert_eq!(settled(&scene.app, &again).await.state, State::Done);
    assert!(scene.page().await.html.contains("It was refused on the phone"));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_reply_is_lost_opens_the_browser_once() {
    let mut scene = Scene::set().await;
    let (asked, _) = scene.preview().await;
    let control = scene.sandbox.control().unwrap();
    control.faults(&[ServerFault::next("answerWebSignIn", FaultKind::DropReply)]).await.unwrap();

    let first = scene.choose(&asked.id, scene.number).await;
    scene.app.outbox().flush(PATIENCE).await.unwrap();

    assert_eq!(scene.app.outbox().get(&first.id).await.unwrap().state, State::Done);
    assert!(scene.page().await.greets(scene.name()));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_comes_too_late_lets_nobody_in_and_says_so() {
    let mut scene = Scene::set().await;
    let (asked, _) = scene.preview().await;

    scene.sandbox.control().unwrap().advance_clock(TOO_LONG).await.unwrap();
    let operation = scene.app.portal().approve(&asked.id, scene.number).await.unwrap();
    scene.app.outbox().flush(PATIENCE).await.unwrap(); // hears the time
    scene.app.outbox().flush(PATIENCE).await.unwrap();

    let late = scene.app.outbox().get(&operation).await.unwrap();
    assert_eq!((late.state, late.problem.as_deref()), (State::Wedged, Some("sign_in_expired")));
    assert!(scene.page().await.html.contains("This request has expired"));
    assert_eq!(scene.app.portal().preview(&scene.address).await.err(), Some(Error::invalid("", "sign_in_expired")));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letting_a_browser_in_asks_a_citizen_to_prove_anew_who_they_are_and_keeping_it_out_does_not() {
    const SIX_MINUTES: Duration = Duration::from_secs(360);
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let clock = ManualClock::at(SystemClock.now());
    let phone = Phone::new(&sandbox).clock(clock.clone());
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    pass(SIX_MINUTES, &clock, &sandbox).await;
    let mut browser = PortalBrowser::new(sandbox.config()).unwrap();
    let (address, number) = browser.look().await.unwrap().asks.unwrap();
    let asked = app.portal().preview(&address).await.unwrap();

    let refused = app.portal().approve(&asked.id, number).await;

    assert_eq!(refused.err(), Some(Error::StepUpRequired { max_age_s: 300, acr: None }));
    prove_anew(&app, &sandbox).await;
    let operation = app.portal().approve(&asked.id, number).await.unwrap();
    assert_eq!(settled(&app, &operation).await.state, State::Done);
    assert!(browser.look().await.unwrap().greets(&citizen(&sandbox).name));

    pass(SIX_MINUTES, &clock, &sandbox).await;
    let mut browser = PortalBrowser::new(sandbox.config()).unwrap();
    let (address, _) = browser.look().await.unwrap().asks.unwrap();
    let asked = app.portal().preview(&address).await.unwrap();
    let operation = app.portal().refuse(&asked.id).await.unwrap();
    assert_eq!(settled(&app, &operation).await.state, State::Done);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_another_page_is_refused_without_a_request() {
    let scene = Scene::set().await;
    let control = scene.sandbox.control().unwrap();
    let asked = scene.address.rsplit_once('/').unwrap().1;

    for hostile in [
        format!("https://evil.example/web/s/{asked}"),
        format!("{}?x", scene.address),
        scene.address.replace("localhost", "localhоst"),
        scene.address.replace("https:", "http:"),
    ] {
        let refused = scene.app.portal().preview(&hostile).await;
        assert_eq!(refused.err(), Some(Error::invalid("qr", "portal.not_ours")), "{hostile}");
    }

    assert!(!control.exchanges().await.unwrap().hit.contains_key("previewWebSignIn"));
    scene.preview().await;
    assert!(control.exchanges().await.unwrap().hit.contains_key("previewWebSignIn"), "the control");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_signed_in_from_a_terminal_and_what_is_over_leaves_nothing_behind() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let dir = temp_dir("portal-").unwrap();
    let cli = Cli::new(dir.path().join("phone"), &sandbox).unwrap();
    let citizen = citizen(&sandbox);
    cli.json(["sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap();
    let mut browser = PortalBrowser::new(sandbox.config()).unwrap();

    let (address, number) = browser.look().await.unwrap().asks.unwrap();
    let asked = cli.json(["web", "preview", &address]).unwrap();
    let id = asked["id"].as_str().unwrap();
    let numbers = asked["numbers"].as_array().unwrap();
    let other = numbers.iter().find(|other| **other != number).unwrap().to_string();
    let wrong = cli.run(["--json", "web", "approve", id, &other]).unwrap();
    assert_eq!(wrong.status.code(), Some(20));
    assert!(wrong.stderr.contains("it was not the page's number"), "{wrong:?}");
    assert_eq!(cli.json(["outbox", "list"]).unwrap()["items"].as_array().map(Vec::len), Some(0));

    let (address, number) = browser.begin_again().await.unwrap().asks.unwrap();
    let asked = cli.json(["web", "preview", &address]).unwrap();
    let id = asked["id"].as_str().unwrap();
    let approved = cli.json(["web", "approve", id, &number.to_string()]).unwrap();
    assert_eq!(approved["standing"], "done");
    assert!(browser.look().await.unwrap().greets(&citizen.name));
    let foreign = cli.run(["--json", "web", "preview", "https://evil.example/web/s/Ab_-0123456789abcdefgh"]).unwrap();
    assert_eq!(foreign.status.code(), Some(12));
}
