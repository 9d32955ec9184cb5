//! Killed at the same system call of a submit, of asking for its invoice, and of looking whether it is paid; each then done
//! again: one request, one invoice, one receipt.

use emongolia_support::processes::KillPoint;
use serde_json::{Value, json};

use super::send::{SEND, Submit};
use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Kills, Progress, Run, Scene, kills},
    lane::text,
};

/// As promised of all acts together, in a full run.
const ALL: usize = 1_500;

/// «Зээлийн мэдээллийн сангийн лавлагаа», with the sandbox's own fee.
const CREDIT: &str = "223abc561181cd4ab6b55626";

pub struct Pay;

impl Campaign for Pay {
    fn name(&self) -> &'static str {
        "pay"
    }

    fn harms(&self) -> &'static [Harm] {
        SEND.harms()
    }

    fn control(&self) -> &'static str {
        SEND.control()
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        kills(self, sabotaged, plan, progress)
    }
}

impl Kills for Pay {
    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
        Ok(Box::new(Paid { submit: Submit::of(CREDIT, sabotaged)? }))
    }

    fn all(&self, points: usize) -> usize {
        points.max(ALL)
    }
}

struct Paid {
    submit: Submit,
}

impl Paid {
    /// What came of the last submit, by the other side's own table.
    fn request(&self) -> Result<String> {
        let newest = "SELECT id FROM requests ORDER BY version DESC LIMIT 1";
        Ok(self.submit.lane.sandbox.db()?.query_row(newest, [], |row| row.get(0))?)
    }

    fn killed(&self, point: &KillPoint, act: &[&str]) -> Result<bool> {
        Ok(self.submit.lane.killed(&self.submit.lane.cli, point, &[&["--json"], act].concat())?.killed())
    }

    /// The invoice, once it is here.
    fn invoice(&self, request: &str) -> Result<Option<String>> {
        let cli = &self.submit.lane.cli;
        let mut told = cli.json(["request", "pay", request])?;
        if told["invoice"].is_null() {
            cli.json(["outbox", "flush"])?;
            told = cli.json(["request", "payment", request])?;
        }
        Ok(told["invoice"]["id"].as_str().map(str::to_owned))
    }

    /// One invoice there, and in the end one receipt here.
    fn harm(&self, point: &KillPoint, cut: &mut bool) -> Result<Vec<(Harm, String)>> {
        let (lane, request) = (&self.submit.lane, self.request()?);
        let mut harm = Vec::new();

        *cut |= self.killed(point, &["request", "pay", &request])?;
        let Some(invoice) = self.invoice(&request)? else {
            return Ok(vec![(Harm::Lost, "no invoice".into())]);
        };
        match lane.count(&format!("invoices WHERE request_id = '{request}'"))? {
            1 => {}
            many => harm.push((Harm::Doubled, format!("{many} invoices"))),
        }
        lane.pay(json!({ "invoice": invoice }))?;
        *cut |= self.killed(point, &["request", "payment", &request, "--check"])?;
        let payment = lane.cli.json(["request", "payment", &request, "--check"])?;
        if payment["state"] != "paid" {
            harm.push((Harm::Lost, format!("paid, and {}", payment["state"])));
        }
        match payment["receipts"].as_array().map_or(0, Vec::len) {
            1 => {}
            0 => harm.push((Harm::Lost, "the receipt".into())),
            many => harm.push((Harm::Doubled, format!("{many} receipts"))),
        }
        harm.extend(lane.damage()?.map(|what| (Harm::Corrupt, what)));
        Ok(harm)
    }
}

impl Scene for Paid {
    /// Of all three acts; a call that one of them does not make kills the others.
    fn points(&mut self) -> Result<Vec<KillPoint>> {
        let mut all = self.submit.points()?;
        let request = self.request()?;
        let invoice = |told: &Value| text(&told["invoice"]["id"]);
        let (asked, of_asking) = self.submit.lane.cli.kill_points(["--json", "request", "pay", &request])?;
        self.submit.lane.pay(json!({ "invoice": invoice(&asked.json()?)? }))?;
        let (_, of_looking) =
            self.submit.lane.cli.kill_points(["--json", "request", "payment", &request, "--check"])?;
        let more: Vec<_> = of_asking.into_iter().chain(of_looking).collect();
        for point in more {
            if !all.contains(&point) {
                all.push(point);
            }
        }
        Ok(all)
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        let mut run = self.submit.kill(point)?;
        if run.harm.is_empty() {
            run.harm = self.harm(point, &mut run.cut)?;
        }
        Ok(run)
    }
}
