//! The service is found as people ask for it, and looked at.

use super::{ADDRESS, IDENTITY_CARD};
use crate::{
    answers,
    stage::Stage,
    step::{Moment, Sabotage, Step},
    story::arrive::ids,
};

/// The errand's service as a citizen asks for it: with endings of its own, on a Latin keyboard, and all letters capital.
const SEARCHES: [&str; 3] =
    ["иргэнийхээ үнэмлэхний лавлагааг авъя", "irgenii unemlehiin lavlagaa", "ИРГЭНИЙ ҮНЭМЛЭХИЙН ЛАВЛАГАА"];

/// The same aloud, as a recogniser mishears it.
const SPOKEN: [&str; 2] = ["иргэний өнөмлэгийн лавлагаа", "эргэний үнэмлэхийн лавлахаа"];

/// What no office gives.
const NO_SERVICE: &str = "өнөөдөр юу идэх вэ";

pub(super) fn search() -> Step<Stage> {
    Step {
        name: "search",
        mn: "Хайлаа: ярьдгаараа, латинаар, дуугаараа",
        en: "Searched as people say it, on a Latin keyboard, and aloud",
        act: |stage| {
            SEARCHES.iter().try_for_each(|query| stage.do_(&["search", query, "--online", "--why"]).map(drop))?;
            stage.do_(&["spoken", SPOKEN[0], SPOKEN[1], "--confidence", "0.7,0.5"])?;
            stage.do_(&["search", NO_SERVICE]).map(drop)
        },
        check: |stage| {
            for query in SEARCHES {
                let hits = ids(answers::items(&stage.ask(&["search", query])?)?)?;
                let first = hits.first().map(String::as_str);
                stage.same(&format!("“{query}” finds the errand's service first"), Some(IDENTITY_CARD), first)?;
            }
            let words = ["иргэний", "үнэмлэх"];
            let answer = stage.ask(&[&["search"], &words[..]].concat())?;
            let hits = ids(answers::items(&answer)?)?;
            let missed: Vec<_> = stage.seeds.matching(&words).into_iter().filter(|id| !hits.contains(id)).collect();
            let promise = format!("“{}” misses no service that has the words in its name", words.join(" "));
            stage.holds(&promise, missed.is_empty(), || format!("missed {missed:?} in {hits:?}"))?;
            let heard = stage.ask(&["spoken", SPOKEN[0], SPOKEN[1]])?;
            let outcome = &answers::value(&heard)["outcome"];
            let offered = match outcome["one"].as_object() {
                Some(_) => ids(std::slice::from_ref(&outcome["one"]))?,
                None => ids(outcome["choices"].as_array().map_or(&[][..], Vec::as_slice))?,
            };
            let meant = offered.len() <= 3 && offered.iter().any(|id| id == IDENTITY_CARD);
            stage.holds("what was misheard is offered all the same", meant, || heard.to_string())?;
            let refused = stage.ask(&["search", NO_SERVICE])?;
            let number = answers::value(&refused)["refusal"]["help_line"].as_str();
            stage.same(&format!("“{NO_SERVICE}” finds nothing, and a number to call"), Some("1111"), number)
        },
        sabotage: Sabotage {
            what: "on the phone, the errand's service goes by another name",
            moment: Moment::BeforeTheStep,
            act: |stage| {
                stage.device.change_cache(&format!(
                    "UPDATE service SET name_mn = 'Өвлийн бэлтгэл', name_en = NULL WHERE id = '{IDENTITY_CARD}'"
                ))
            },
        },
    }
}

pub(super) fn service() -> Step<Stage> {
    Step {
        name: "service",
        mn: "Үйлчилгээтэй танилцлаа: мэдэгдэхгүйг мэдэгдэхгүй гэнэ",
        en: "A service's page: what is not known is said to be unknown",
        act: |stage| [IDENTITY_CARD, ADDRESS].iter().try_for_each(|id| stage.do_(&["service", "show", id]).map(drop)),
        check: |stage| {
            for id in [IDENTITY_CARD, ADDRESS] {
                let page = stage.ask(&["service", "show", id])?;
                let shown = &answers::value(&page)["service"];
                let row = stage.seeds.service(id)?;
                stage.same(
                    "the name as in services.csv",
                    row.name_mn.as_str(),
                    answers::text(&shown["name"], "mn")?,
                )?;
                let fee = if row.fee_mnt == "0" { "free" } else { "unknown" };
                stage.same(&format!("its fee: {fee}"), fee, answers::text(shown, "fee")?)?;
                let duration = if row.duration.is_empty() { "unknown" } else { row.duration.as_str() };
                stage.same(&format!("how long it takes: {duration}"), duration, answers::text(shown, "duration")?)?;
            }
            Ok(())
        },
        sabotage: Sabotage {
            what: "the phone makes up a duration that the catalogue does not have",
            moment: Moment::BeforeTheStep,
            act: |stage| {
                stage
                    .device
                    .change_cache(&format!("UPDATE service SET duration = '\"immediate\"' WHERE id = '{ADDRESS}'"))
            },
        },
    }
}
