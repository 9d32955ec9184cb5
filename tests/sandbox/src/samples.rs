//! Invented requests and notices, so that the desk of an empty folder has work on it.
//!
//! Guarantees: each fits its form and moved only as a clerk may move it; a folder with requests is left alone.

use rusqlite::Transaction;
use serde_json::{Map, Value, json};

use crate::{
    clerk::{self, Move, Status, Text},
    db::DbError,
    gateway::{self, Application, Catalogue, Form, Offer},
    registers::{self, Citizen},
    state::Sandbox,
};

/// Between one request and the next: they spread over a week or two and over the hours of the day.
const APART_MS: i64 = (5 * 60 + 17) * 60 * 1000;

/// Between a clerk's steps.
const STEP_MS: i64 = 83 * 60 * 1000;

/// Who is to receive a reference; all invented.
const RECIPIENTS: [&str; 6] = [
    "«Өрнөх Үүр» банк",
    "Өмнөговь аймаг, «Үүрийн туяа» ХХК",
    "Сүхбаатар дүүргийн 112-р цэцэрлэг",
    "«Хөх Өвөлжөө» их сургууль, элсэлтийн алба",
    "«Нүүдэлчин» даатгал",
    "Ажил олгогч: «Бүрэн Өргөө» ХХК",
];

/// How far each request has come, in turn.
const WAYS: [&[Status]; 9] = [
    &[],
    &[Status::Processing],
    &[Status::Processing, Status::Granted, Status::Completed],
    &[Status::Processing, Status::Edit],
    &[],
    &[Status::Processing, Status::Printing],
    &[Status::FileRequested],
    &[Status::Processing, Status::Printing, Status::Printed],
    &[Status::Processing, Status::Rejected],
];

/// Writes `count` requests, and a few notices, into a folder that has none.
pub async fn begin(sandbox: &Sandbox, count: u32) -> Result<(), DbError> {
    let (Ok(catalogue), now) = (gateway::catalogue(), sandbox.now()) else { return Ok(()) };
    sandbox
        .db()
        .write(move |tx| {
            if count == 0 || !clerk::requests(tx)?.is_empty() {
                return Ok(());
            }
            write(tx, catalogue, count, now)
        })
        .await
}

/// As if the citizen had sent it at `at`; its id.
pub(crate) fn apply(
    tx: &Transaction<'_>,
    citizen: &Citizen,
    (offer, form): (&Offer, &Form),
    answers: Map<String, Value>,
    at: i64,
) -> Result<String, rusqlite::Error> {
    let application = Application {
        sub: &citizen.sub,
        citizen_name: citizen.short_name(),
        service_id: &offer.service.id,
        service_name: &offer.service.name,
        organisation: &offer.organisation,
        form: &answers.into(),
        form_version: form.version,
        shown_digest: &"0".repeat(64), // nobody confirmed anything
        fee_mnt: offer.fee_mnt(),
        on_behalf_of: None,
    };
    gateway::create(tx, &application, at)
}

fn write(tx: &Transaction<'_>, catalogue: &Catalogue, count: u32, now: i64) -> Result<(), rusqlite::Error> {
    let citizens = registers::citizens(tx)?;
    let online: Vec<_> = catalogue.online().filter(|(offer, _)| offer.fee_mnt() == 0).collect();
    for (n, citizen) in (0..count).zip(citizens.iter().cycle()) {
        let turn = n as usize;
        let Some((offer, form)) = online.get(turn * 7 % online.len().max(1)) else { break };
        let answers: Map<String, Value> =
            form.names().filter_map(|name| Some((name.to_owned(), answer(name, turn)?))).collect();
        let mut at = now - i64::from(count - n) * APART_MS;
        let id = apply(tx, citizen, (*offer, *form), answers, at)?;
        for status in WAYS[turn % WAYS.len()] {
            at += STEP_MS;
            let _done = clerk::advance(tx, &id, &step(*status), at)?;
        }
    }
    notices(tx, &citizens, now)
}

fn answer(name: &str, turn: usize) -> Option<Value> {
    Some(match name {
        "startYear" => json!(2015 + turn % 5),
        "endYear" => json!(2020 + turn % 5),
        "graduationYear" => json!(2009 + turn % 12),
        "beneficiary" => json!("child"),
        "childRegnum" => json!("ӨҮ15250312"),
        "language" => json!(["mn", "en"][turn % 2]),
        "propertyNumber" => json!("Ү-2204001234"),
        "showPassportNumber" => json!(turn.is_multiple_of(2)),
        "forUsage" => json!(RECIPIENTS[turn % RECIPIENTS.len()]),
        _ => return None,
    })
}

fn step(status: Status) -> Move {
    let mut step = Move { note: note(status), ..clerk::plain(status) };
    if status == Status::Edit {
        step.fields = vec!["forUsage".into()];
    }
    if status == Status::FileRequested {
        step.documents = vec![document()];
    }
    step
}

fn document() -> Text {
    Text { mn: "Оршин суугаа газрын тодорхойлолт".into(), en: None }
}

fn note(status: Status) -> Option<Text> {
    match status {
        Status::Edit => Some(clerk::asking_for(
            &[Text::new("Хаана зориулж", "Recipient")],
            &Text::new(
                "Байгууллагын албан ёсны нэрийг бүтнээр бичнэ үү.",
                "Please write the institution's full official name.",
            ),
        )),
        Status::FileRequested => Some(clerk::asking_for(
            &[document()],
            &Text::new("Хорооноос авч хавсаргана уу.", "Please get it from your khoroo and attach it."),
        )),
        Status::Completed => Some(Text::new("Лавлагаа бэлэн боллоо.", "The reference is ready.")),
        Status::Rejected => Some(Text::new("Бүртгэлд ийм мэдээлэл олдсонгүй.", "The register holds no such entry.")),
        Status::Submitted
        | Status::Processing
        | Status::Printing
        | Status::Printed
        | Status::Expired
        | Status::Granted => None,
    }
}

fn notices(tx: &Transaction<'_>, citizens: &[Citizen], now: i64) -> Result<(), rusqlite::Error> {
    let written = [
        (
            "Иргэний үнэмлэхийн хугацаа дуусаж байна",
            "Your identity card expires soon",
            "Та 30 хоногийн дотор шинэчлүүлнэ үү.",
            "Please renew it within 30 days.",
        ),
        (
            "Өвлийн цагийн хуваарь",
            "Winter opening hours",
            "Үйлчилгээний төв 09:00–17:00 цагт ажиллана.",
            "The service centre is open from 09:00 to 17:00.",
        ),
    ];
    for (n, (citizen, (title, title_en, body, body_en))) in (0_i64..).zip(citizens.iter().zip(written)) {
        let (title, body) = (Text::new(title, title_en), Text::new(body, body_en));
        let _sent = clerk::notice(tx, &citizen.regnum, title, body, now - (n + 1) * APART_MS)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn statuses(sandbox: &Sandbox) -> Vec<Status> {
        let listed = sandbox.db().read(clerk::requests).await.unwrap();
        listed.into_iter().map(|request| request.status).collect()
    }

    #[tokio::test]
    async fn every_sample_went_its_whole_way() {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::open(folder.path(), "https://localhost:20000").unwrap();

        begin(&sandbox, 18).await.unwrap();

        let ends: Vec<Status> = WAYS.iter().map(|way| way.last().copied().unwrap_or(Status::Submitted)).collect();
        assert_eq!(statuses(&sandbox).await, [ends.clone(), ends].concat());
    }

    #[test]
    fn every_sample_fits_its_form() {
        let online = gateway::catalogue().unwrap().online().filter(|(offer, _)| offer.fee_mnt() == 0);
        let online: Vec<_> = online.collect();
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();

        for turn in 0..200 {
            let (offer, form) = online[turn * 7 % online.len()];
            let answers: Map<String, Value> =
                form.names().filter_map(|name| Some((name.to_owned(), answer(name, turn)?))).collect();

            assert_eq!(form.check(&answers, today), Ok(()), "{}", offer.service.name.mn);
        }
    }

    #[tokio::test]
    async fn a_folder_with_requests_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::open(folder.path(), "https://localhost:20000").unwrap();

        begin(&sandbox, 2).await.unwrap();
        begin(&sandbox, 5).await.unwrap();

        assert_eq!(statuses(&sandbox).await.len(), 2);
    }
}
