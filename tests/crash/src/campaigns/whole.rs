//! An errand from the draft to the receipt: one request with its files, one invoice, one receipt.

use std::path::PathBuf;

use emongolia_core::foundation::crypto::digest::{hex, sha256};
use emongolia_support::forms::{IDENTITY_CARD_ANSWERS, png};
use serde_json::{Value, json};

use super::{
    acts::{Acts, Errand, Strike},
    send::Submit,
};
use crate::{
    Result,
    campaign::Harm,
    lane::{name, text},
};

/// More than one part of an upload.
const PHOTO: usize = 70_000;

/// «Өмнөх овгоо буцааж авсан»: given while somebody strikes.
const LAST: (&str, &str) = IDENTITY_CARD_ANSWERS[5];

pub(super) struct Whole {
    submit: Submit,
    draft: String,
    photo: PathBuf,
}

impl Whole {
    /// A draft that lacks its photograph and its last answer.
    pub(super) fn new(sabotaged: bool) -> Result<Self> {
        let answers: Vec<_> = IDENTITY_CARD_ANSWERS.into_iter().filter(|answer| *answer != LAST).collect();
        let submit = Submit::prepared(Errand::Whole, sabotaged, |lane| lane.draft_with_signature(&answers))?;
        let draft = submit.confirmed.clone(); // until the first run confirms it
        let photo = submit.lane.image("Цээж зураг.png", PHOTO)?;
        Ok(Self { submit, draft, photo })
    }

    fn again(&self, act: &[&str], strike: Strike<'_>) -> Result<Value> {
        strike(&self.submit.lane, &[&["--json"], act].concat())?;
        Ok(self.submit.lane.cli.json(act)?)
    }

    fn filled_in(&mut self, strike: Strike<'_>) -> Result<()> {
        let photo = name(&self.photo)?;
        let (field, answer) = LAST;
        self.again(&["request", "file", "add", &self.draft, "photo", photo], strike)?;
        self.again(&["request", "draft", "set", &self.draft, field, answer], strike)?;
        let confirmed = self.again(&["request", "draft", "confirm", &self.draft], strike)?;
        self.submit.confirmed = text(&confirmed["id"])?;
        Ok(())
    }

    /// What came of the last submit, by the other side's own table.
    fn request(&self) -> Result<String> {
        let newest = "SELECT id FROM requests ORDER BY version DESC LIMIT 1";
        Ok(self.submit.lane.sandbox.db()?.query_row(newest, [], |row| row.get(0))?)
    }

    /// The photograph is there as it was taken, and so is the answer that was given last.
    fn arrived(&self, request: &str) -> Result<Vec<(Harm, String)>> {
        let digest = hex(&sha256(&png(PHOTO)));
        let files = format!(
            "request_files JOIN uploads ON uploads.id = upload_id
             WHERE request_id = '{request}' AND field = 'photo' AND sha256 = '{digest}'"
        );
        let answers = format!("requests WHERE id = '{request}' AND form LIKE '%{}%'", LAST.1);
        let mut harm = Vec::new();
        for (what, table) in [("photograph", files), ("last answer", answers)] {
            if self.submit.lane.count(&table)? != 1 {
                harm.push((Harm::Lost, format!("the {what}")));
            }
        }
        Ok(harm)
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
    fn paid(&self, request: &str, strike: Strike<'_>) -> Result<Vec<(Harm, String)>> {
        let (lane, mut harm) = (&self.submit.lane, Vec::new());
        strike(lane, &["--json", "request", "pay", request])?;
        let Some(invoice) = self.invoice(request)? else {
            return Ok(vec![(Harm::Lost, "no invoice".into())]);
        };
        match lane.count(&format!("invoices WHERE request_id = '{request}'"))? {
            1 => {}
            many => harm.push((Harm::Doubled, format!("{many} invoices"))),
        }
        lane.pay(json!({ "invoice": invoice }))?;
        let payment = self.again(&["request", "payment", request, "--check"], strike)?;
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

impl Acts for Whole {
    fn run(&mut self, strike: Strike<'_>) -> Result<Vec<(Harm, String)>> {
        self.submit.restore()?;
        self.filled_in(strike)?;
        let harm = self.submit.sent(strike)?;
        if !harm.is_empty() {
            return Ok(harm);
        }
        let request = self.request()?;
        let harm = self.arrived(&request)?;
        if harm.is_empty() { self.paid(&request, strike) } else { Ok(harm) }
    }
}
