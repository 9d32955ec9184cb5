//! At a computer: the citizen signs a browser in from the phone, the second time with a proof that has grown old.

use std::time::Duration;

use emongolia_support::portal::PortalBrowser;

use crate::{
    answers, sabotage,
    stage::Stage,
    step::{Moment, Sabotage, Step, Stop, Told},
};

/// The program's exit code for "something needs the citizen's attention".
const NEEDS_ATTENTION: i32 = 20;

/// Letting a browser in wants a proof of the last five.
const SIX_MINUTES: Duration = Duration::from_secs(360);

pub(super) fn browser() -> Step<Stage> {
    Step {
        name: "browser",
        mn: "Компьютер дээрх порталд утсаараа QR уншуулж нэвтэрлээ",
        en: "Signed in to the portal in a browser, by its QR code and the number beside it",
        act: |stage| {
            let (id, number) = ask_for_entry(stage)?;
            stage.do_(&["web", "approve", &id, &number]).map(drop)
        },
        check: |stage| {
            is_let_in(stage)?;
            let mut another = PortalBrowser::new(stage.sandbox.config())?;
            let waits = stage.wait(async { another.look().await })?.asks.is_some();
            stage.holds("another browser goes on waiting", waits, || "it does not".into())?;
            let browsers = stage.tables()?.browsers(&stage.citizen.sub)?;
            stage.same("the sandbox has one browser signed in, the citizen's, and nobody else's", (1, 0), browsers)
        },
        sabotage: Sabotage {
            what: "the gateway can't take the phone's answer",
            moment: Moment::BeforeTheStep,
            act: |stage| sabotage::unavailable(stage, "answerWebSignIn"),
        },
    }
}

pub(super) fn step_up() -> Step<Stage> {
    Step {
        name: "step-up",
        mn: "Баталгаа нь хуучирсан тул дахин баталгаажуулж байж нэвтрүүллээ",
        en: "A proof too old is refused by the sandbox; proven anew, the same answer goes through",
        act: |stage| {
            stage.control(async |control| control.advance_clock(SIX_MINUTES).await)?;
            stage.console.event("six minutes pass in the sandbox; the phone's clock is held back");
            let (id, number) = ask_for_entry(stage)?;
            stage.learnt.exit = stage.say(&["web", "approve", &id, &number])?.status.code();
            Ok(())
        },
        check: |stage| {
            stage.same("the sandbox takes no old proof", Some(NEEDS_ATTENTION), stage.learnt.exit)?;
            let waiting = stage.ask(&["outbox", "list"])?;
            let [operation] = &answers::items(&waiting)?[..] else {
                return Err(Stop::promise("the answer is kept", waiting.to_string()));
            };
            stage.same("the answer is kept, and says why", Some("step_up"), operation["problem"].as_str())?;
            let id = answers::text(operation, "id")?.to_owned();
            let (regnum, code) = (stage.citizen.regnum.clone(), stage.code.clone());
            stage.do_(&["step-up", "--citizen", &regnum, "--code", &code])?;
            stage.do_(&["outbox", "retry", &id])?;
            is_let_in(stage)?;
            let sessions = stage.tables()?.open_sessions(&stage.citizen.sub)?;
            stage.same("the sandbox has one session still, the one that was proven anew", (1, 0), sessions)
        },
        sabotage: Sabotage {
            what: "the sandbox believes that the proof was given tomorrow",
            moment: Moment::BeforeTheStep,
            act: |stage| sabotage::in_sandbox(stage, "UPDATE families SET auth_time = auth_time + 86400000"),
        },
    }
}

/// A browser opens the portal's page, and the phone reads its code: the sign-in's id, and the page's number.
fn ask_for_entry(stage: &mut Stage) -> Told<(String, String)> {
    let mut browser = PortalBrowser::new(stage.sandbox.config())?;
    let page = stage.wait(async { browser.look().await })?;
    let asks = page.asks.ok_or_else(|| Stop::promise("the page shows a code and a number", page.html))?;
    let (address, number) = (asks.0, asks.1.to_string());
    stage.learnt.browser = Some(browser);
    stage.console.event(format_args!("a browser opens the portal, which shows a QR code and the number {number}"));
    stage.do_(&["web", "preview", &address])?;
    let asked = stage.ask(&["web", "preview", &address])?;
    Ok((answers::text(&asked, "id")?.to_owned(), number))
}

fn is_let_in(stage: &mut Stage) -> Told {
    let nobody = || Stop::promise("a browser waits", "nobody opened one");
    let mut browser = stage.learnt.browser.take().ok_or_else(nobody)?;
    let page = stage.wait(async { browser.look().await })?;
    let name = stage.citizen.short_name();
    stage.holds(&format!("the browser greets {name}"), page.greets(&name), || page.html)
}
