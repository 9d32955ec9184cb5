//! A request that was handed back: corrected, and then withdrawn. Each has one effect.

use serde_json::Value;

use super::{
    acts::{Acts, Errand, Strike},
    send::Submit,
};
use crate::{
    Result,
    campaign::Harm,
    lane::{Lane, text},
};

/// What is asked for, in the place of what was sent.
const CORRECTED: &str = "Өргөө банкны Үйлдвэр салбарт өгөхөөр";

pub(super) struct HandedBack {
    submit: Submit,
    request: String,
}

impl HandedBack {
    /// The correction is confirmed.
    pub(super) fn new(sabotaged: bool) -> Result<Self> {
        let mut request = String::new();
        let submit = Submit::prepared(Errand::HandedBack, sabotaged, |lane| {
            request = handed_back(lane)?;
            corrected(lane, &request)
        })?;
        submit.lane.amend("CREATE TABLE handed_back AS SELECT * FROM requests")?;
        submit.lane.amend("CREATE TABLE handed_back_history AS SELECT * FROM request_history")?;
        Ok(Self { submit, request })
    }

    /// There too it is as it was handed back.
    fn restore(&mut self) -> Result<()> {
        let lane = &self.submit.lane;
        lane.amend("DELETE FROM request_history")?;
        lane.amend("INSERT OR REPLACE INTO requests SELECT * FROM handed_back")?;
        lane.amend("INSERT INTO request_history SELECT * FROM handed_back_history")?;
        self.submit.restore()
    }

    /// How often the citizen has brought it to that state since it was handed back.
    fn steps(&self, status: &str) -> Result<usize> {
        self.submit.lane.count(&format!(
            "request_history WHERE request_id = '{}' AND status = '{status}' AND actor_kind = 'citizen'
             AND position NOT IN (SELECT position FROM handed_back_history)",
            self.request
        ))
    }

    /// What is wrong after that act, done again where it had to be.
    fn judged(&self, what: &str, status: &str) -> Result<Vec<(Harm, String)>> {
        let mut harm = Vec::new();
        match self.steps(status)? {
            1 => {}
            0 => harm.push((Harm::Lost, format!("no {what}"))),
            many => harm.push((Harm::Doubled, format!("{many} of the {what}"))),
        }
        match self.submit.waits()? {
            0 => {}
            waits => harm.push((Harm::Lost, format!("after the {what} {waits} still wait"))),
        }
        harm.extend(self.submit.lane.damage()?.map(|what| (Harm::Corrupt, what)));
        Ok(harm)
    }
}

impl Acts for HandedBack {
    fn run(&mut self, strike: Strike<'_>) -> Result<Vec<(Harm, String)>> {
        self.restore()?;
        let lane = &self.submit.lane;
        let correct = ["--json", "request", "submit", &self.submit.confirmed];
        strike(lane, &correct)?;
        lane.cli.run(correct)?;
        lane.cli.json(["outbox", "flush"])?;
        let mut harm = self.judged("correction", "SUBMITTED")?;
        if lane.count(&format!("requests WHERE id = '{}' AND form LIKE '%{CORRECTED}%'", self.request))? != 1 {
            harm.push((Harm::Lost, "the corrected answer".into()));
        }
        if !harm.is_empty() {
            return Ok(harm);
        }
        let withdraw = ["--json", "request", "withdraw", &self.request];
        strike(lane, &withdraw)?;
        lane.cli.json(["outbox", "flush"])?;
        if self.steps("REJECTED")? == 0 {
            lane.cli.json(&withdraw[1..])?;
        }
        self.judged("withdrawal", "REJECTED")
    }
}

/// A request of which a clerk wants all of the form anew.
fn handed_back(lane: &Lane) -> Result<String> {
    let confirmed = lane.confirmed("Хаана өгөхийг бичээгүй")?;
    lane.cli.json(["request", "submit", &confirmed])?;
    let request = text(&lane.cli.json(["request", "list"])?["value"]["items"][0]["id"])?;
    lane.ask(&request, "Хаана өгөхөө бүтнээр бичнэ үү")?;
    lane.cli.json(["sync"])?;
    Ok(request)
}

/// What is to be submitted: the same with another text.
fn corrected(lane: &Lane, request: &str) -> Result<String> {
    let draft = lane.cli.json(["request", "amend", request])?;
    let id = text(&draft["id"])?;
    let sections = draft["form"]["sections"].as_array().into_iter().flatten();
    let mut fields = sections.filter_map(|section| section["fields"].as_array()).flatten();
    let of_text = |field: &&Value| field["required"] == true && field["kind"].get("text").is_some();
    let field = text(&fields.find(of_text).ok_or("a form that asks for no text")?["name"])?;
    lane.cli.json(["request", "draft", "set", &id, &field, CORRECTED])?;
    text(&lane.cli.json(["request", "draft", "confirm", &id])?["id"])
}
