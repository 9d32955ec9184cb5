//! A phone that is left lying about: what it says while it is locked, to whom it opens, and what it hears meanwhile.

use emongolia_support::processes::Text;

use super::{IDENTITY_CARD, LAST_NOTICE};
use crate::{
    answers,
    stage::{LISTEN, Stage},
    step::{Moment, Sabotage, Step},
};

/// The program's exit code for "locked".
const LOCKED: i32 = 16;

/// Invented.
const PIN: &str = "480251";

/// What a stranger tries.
const GUESSES: [&str; 2] = ["030314", "200301"];

const TRIES: i64 = 10;

pub(super) fn lock() -> Step<Stage> {
    Step {
        name: "lock",
        mn: "ПИН тавилаа: түгжээтэй утас хувийн юм хэлэхгүй",
        en: "A PIN is set: a locked phone tells nothing personal, and still finds services",
        act: |stage| stage.do_(&["lock", "set", "--pin", PIN]).map(drop),
        check: |stage| {
            for words in [["request", "list"], ["inbox", "list"], ["outbox", "list"]] {
                let exit = stage.say(&words)?.status.code();
                stage.same(&format!("`{}` answers “locked”", words.join(" ")), Some(LOCKED), exit)?;
            }
            let status = stage.ask(&["status"])?;
            stage.same("so does the status", Some("locked"), status["session"]["state"].as_str())?;
            let told = status.to_string();
            stage.holds("and names nobody", !told.contains(&stage.citizen.given_name), || told)?;
            let found = stage.ask(&["search", "иргэний", "үнэмлэхний", "лавлагаа"])?.to_string();
            stage.holds("what is public is found as before", found.contains(IDENTITY_CARD), || found)
        },
        sabotage: Sabotage {
            what: "somebody who was told the PIN takes it off",
            moment: Moment::BeforeTheCheck,
            act: |stage| stage.do_(&["lock", "remove", "--pin", PIN]).map(drop),
        },
    }
}

pub(super) fn wrong_pin() -> Step<Stage> {
    Step {
        name: "wrong-pin",
        mn: "Танихгүй хүн ПИН таалаа: тэжээлийг нь салгасан ч оролдлого тоологдоно",
        en: "A stranger guesses, and pulls the battery at the look: each try is counted",
        act: |stage| {
            stage.say(&["lock", "unlock", "--pin", GUESSES[0]])?;
            stage.console.event("the battery is pulled at the moment at which the next PIN is looked at");
            stage.say_dying_at_look(&["lock", "unlock", "--pin", GUESSES[1]]).map(drop)
        },
        check: |stage| {
            let status = stage.ask(&["lock", "status"])?;
            let left = status["tries_left"].as_i64();
            stage.same("two guesses are two tries less", Some(TRIES - 2), left)?;
            stage.same("and it is locked as before", Some(false), status["open"].as_bool())
        },
        sabotage: Sabotage {
            what: "the program counts a try after it has looked",
            moment: Moment::BeforeTheStep,
            act: |stage| {
                stage.sabotage_program("count-late");
                Ok(())
            },
        },
    }
}

pub(super) fn unlock() -> Step<Stage> {
    Step {
        name: "unlock",
        mn: "Зөв ПИН-ээр нээлээ: сүлжээгээр юу ч асуусангүй",
        en: "The right PIN opens it, and nobody is asked",
        act: |stage| {
            stage.learnt.exchanges = stage.exchanges()?;
            stage.do_(&["lock", "unlock", "--pin", PIN]).map(drop)
        },
        check: |stage| {
            let asked = stage.exchanges()? - stage.learnt.exchanges;
            stage.same("the sandbox was asked nothing", 0, asked)?;
            let left = stage.ask(&["lock", "status"])?["tries_left"].as_i64();
            stage.same("the count begins anew", Some(TRIES), left)?;
            stage.type_pin(Some(PIN));
            let listed = stage.ask(&["request", "list"])?;
            stage.type_pin(None);
            let wanted = stage.tables()?.requests(&stage.citizen.sub)?.len();
            stage.same("and everything is there", wanted, answers::items(&listed)?.len())
        },
        sabotage: Sabotage {
            what: "the phone's keystore has been reset",
            moment: Moment::BeforeTheStep,
            act: |stage| stage.device.lose_key(),
        },
    }
}

pub(super) fn pocket() -> Step<Stage> {
    Step {
        name: "pocket",
        mn: "Түгжээтэй байхад мэдэгдэл ирлээ: тэмдэглээд, нээсний дараа татна",
        en: "A push comes while it is locked: noted, and fetched once it is open",
        act: |stage| {
            stage.listen();
            let regnum = stage.citizen.regnum.clone();
            let (title, body) = LAST_NOTICE;
            stage.console.event("a clerk: writes a notice");
            stage.control(async |control| control.notice(&regnum, &Text::mn(title), &Text::mn(body)).await)?;
            let (output, time) = stage.heard()?;
            (stage.learnt.said, stage.learnt.listened) = (output.stdout, time);
            Ok(())
        },
        check: |stage| {
            let (said, time) = (stage.learnt.said.clone(), stage.learnt.listened);
            stage.holds("the push is heard", time < LISTEN, || format!("{time:?}: {said}"))?;
            stage.holds("nothing of it is told", !said.contains(LAST_NOTICE.0), || said)?;
            let hints = stage.device.hints()?;
            stage.same("the phone has noted where to look, and nothing else", vec!["inbox".to_owned()], hints)?;
            stage.type_pin(Some(PIN));
            stage.console.event("the citizen types the PIN, now and from here on");
            stage.do_(&["sync"])?;
            let listed = stage.do_(&["inbox", "list"])?.stdout;
            stage.holds("open, it shows the notice", listed.contains(LAST_NOTICE.0), || listed)
        },
        sabotage: Sabotage {
            what: "a cleaner empties the phone's notes",
            moment: Moment::BeforeTheCheck,
            act: |stage| stage.device.change_state("DELETE FROM push_hint"),
        },
    }
}
