//! The end that a citizen waits for: what the clerk decided, and the paper in hand.

use emongolia_support::processes::Text;

use super::request::{advance, the_only};
use crate::{
    answers,
    stage::Stage,
    step::{Moment, Sabotage, Step},
};

/// What the clerk writes.
pub(super) const NOTE: (&str, &str) = ("Үйлчилгээ бэлэн боллоо. Өлзийтэй өдөр хүсье.", "It is ready. Have a good day.");

pub(super) fn in_hand() -> Step<Stage> {
    Step {
        name: "in-hand",
        mn: "Албан хаагч шийдвэрлэлээ: хариу, баримт хоёр утсанд байна",
        en: "The clerk decides: the outcome and the receipt are in hand",
        act: |stage| {
            let decided = stage.errand.decided;
            for (n, status) in decided.iter().enumerate() {
                let last = n + 1 == decided.len();
                advance(stage, status, last.then(|| Text { mn: NOTE.0.into(), en: Some(NOTE.1.into()) }))?;
            }
            stage.do_(&["sync"])?;
            let id = super::request::request_id(stage)?;
            stage.do_(&["request", "show", &id])?;
            stage.do_(&["request", "receipts"]).map(drop)
        },
        check: |stage| {
            let request = the_only(stage)?;
            let shown = stage.ask(&["request", "show", &request.id])?;
            let shown = answers::value(&shown);
            let status = shown["summary"]["standing"]["at"]["status"].as_str();
            let decided = stage.errand.decided.last().copied();
            stage.same(
                "it is decided, in the sandbox and on the phone",
                (decided, decided),
                (Some(request.status.as_str()), status),
            )?;
            stage.same("the phone shows the clerk's own words", Some(NOTE.0), shown["outcome"]["mn"].as_str())?;
            let steps: Vec<_> = shown["history"].as_array().into_iter().flatten().map(step_of).collect();
            stage.same(
                "every step on the way is told as the sandbox has it",
                stage.tables()?.history(&request.id)?,
                steps,
            )?;
            let receipts = stage.ask(&["request", "receipts"])?;
            let kept: i64 =
                answers::items(&receipts)?.iter().filter_map(|receipt| receipt["amount_mnt"].as_i64()).sum();
            stage.same("and the receipts come to the fee", stage.seeds.fee(stage.errand.service)?, kept)
        },
        sabotage: Sabotage {
            what: "another clerk has rejected it a moment before",
            moment: Moment::BeforeTheStep,
            act: |stage| advance(stage, "REJECTED", None),
        },
    }
}

fn step_of(step: &serde_json::Value) -> String {
    let said = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} by {}", said(&step["status"]), said(&step["actor"]["kind"]))
}
