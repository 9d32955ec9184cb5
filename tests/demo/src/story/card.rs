//! A new identity card: a form that a register fills in, a fee that is paid in parts and unheard, and a correction.

use emongolia_support::processes::{FaultKind, ServerFault, Text};
use serde_json::{Value, json};

use super::{
    Errand, conclude,
    filling::{self, Kind, Paper},
    paying, request,
};
use crate::{
    answers, sabotage,
    stage::Stage,
    step::{Moment, Sabotage, Step},
};

/// Re-issue of an identity card, with the sandbox's own fee.
const SERVICE: &str = "d762ba0d0152646ba745997e";

/// The operation of ХУР that says what stands on the card.
const REGISTER: &str = "WS100101_getCitizenIDCardInfo";

/// What no register knows.
const ANSWERS: [(&str, &str); 5] = [
    ("reason", "lost"),
    ("lostOn", "2024-11-20"),
    ("lostHow", "Өглөө өрөө цэвэрлэж байхдаа үүргэвчтэйгээ гээсэн."),
    ("delivery", "door"),
    ("deliveryPhone", "88001202"),
];

/// The one that the clerk wants to hear again.
const CORRECTED: (&str, &str) = ("deliveryPhone", "99112233");

const PAPERS: [Paper; 2] = [
    Paper {
        field: "photo", name: "Цээж зураг.png", kind: Kind::Png, text: "Зураг: Үүрийнтуяа", size: 40_000
    },
    Paper {
        field: "signature", name: "Гарын үсэг.png", kind: Kind::Png, text: "Үсэг: Үүрийнтуяа", size: 2_000
    },
];

/// In ₮: first, and what is left of the fee.
const PARTS: [i64; 2] = [10_000, 15_000];

pub(super) const ERRAND: Errand = Errand {
    name: "card",
    mn: "Иргэний үнэмлэх дахин захиалах",
    en: "A new identity card for a lost one",
    service: SERVICE,
    personal: &[
        ("how it was lost", ANSWERS[2].1),
        ("the other phone", CORRECTED.1),
        ("text of a file", PAPERS[0].text),
        ("clerk's note", conclude::NOTE.0),
    ],
    decided: &["PROCESSING", "PRINTING", "PRINTED", "COMPLETED"],
    middle: || vec![prefill(), invoice(), parts(), correction(), conclude::in_hand()],
};

fn prefill() -> Step<Stage> {
    Step {
        name: "prefill",
        mn: "Зөвшөөрснөөр бүртгэл маягтыг бөглөлөө; дараагийн удаад дахин асуухгүй",
        en: "A register fills in what the citizen agreed to; asked once for all forms",
        act: |stage| {
            stage.begin_draft()?;
            stage.learnt.seen = stage.draft()?;
            stage.do_(&["request", "draft", "prefill", &stage.learnt.draft, REGISTER])?;
            stage.answer(&ANSWERS)?;
            PAPERS.iter().try_for_each(|paper| stage.attach(paper, paper.field))?;
            stage.do_(&["request", "draft", "show", &stage.learnt.draft]).map(drop)
        },
        check: |stage| {
            let before = filling::values(&stage.learnt.seen).len();
            stage.same("nothing was filled in before the citizen agreed", 0, before)?;
            let (draft, citizen) = (stage.draft()?, &stage.citizen);
            let known = [
                ("citizen/surname", citizen.clan_name.as_str()),
                ("citizen/lastname", &citizen.parent_name),
                ("citizen/firstname", &citizen.given_name),
                ("regnum", &citizen.regnum.to_lowercase()),
            ];
            let values = filling::values(&draft);
            let found: Vec<_> = known.iter().map(|(name, _)| values.get(name).copied()).collect();
            stage.same(
                "then name and number are those of the sandbox's register",
                known.map(|(_, value)| Some(value)).to_vec(),
                found,
            )?;
            let door = ["soum", "bag", "building", "door"]
                .map(|part| values.get(format!("deliveryAddress/{part}").as_str()).copied().unwrap_or_default());
            let lives = door.iter().all(|part| !part.is_empty() && citizen.address.contains(part));
            stage.holds("so is the address, asked because the card is brought to the door", lives, || {
                format!("{door:?}")
            })?;
            stage.kept_as_typed(&draft, &ANSWERS)?;
            stage.same("nothing is missing, and nothing wrong", Some(true), draft["form"]["complete"].as_bool())?;
            let other = stage.ask(&["request", "draft", "begin", SERVICE])?;
            let other = stage.ask(&["request", "draft", "show", answers::text(&other, "id")?])?;
            let filled = filling::values(&other).get("regnum").copied();
            stage.same(
                "another form is filled in at once, and nobody is asked again",
                (values.get("regnum").copied(), Some("given")),
                (filled, other["offers"][0]["consent"].as_str()),
            )?;
            stage.ask(&["request", "draft", "discard", answers::text(&other, "id")?])?;
            request::nothing_arrived(stage)
        },
        sabotage: Sabotage {
            what: "the register's answer is about somebody else",
            moment: Moment::AtTheStart,
            act: |stage| {
                let name = stage.citizen.given_name.clone();
                sabotage::in_sandbox(
                    stage,
                    &format!("UPDATE register_answers SET answer = replace(answer, '{name}', 'Өөрөө')"),
                )
            },
        },
    }
}

fn invoice() -> Step<Stage> {
    Step {
        name: "invoice",
        mn: "Захиалгаа илгээж нэхэмжлэх авлаа: хариу нь хоёр удаа алга болсон ч нэхэмжлэх ганц",
        en: "Ordered; the reply to the invoice is lost, at the gateway and at QPay: there is one invoice",
        act: |stage| {
            stage.confirm_draft()?;
            stage.submit_confirmed()?;
            stage.console.event("the sandbox will make the invoice and drop the reply, and so will QPay");
            stage.fault(ServerFault::next("qpayCreateInvoice", FaultKind::DropReply))?;
            stage.fault(ServerFault::next("invoiceRequest", FaultKind::DropReply))?;
            let id = request::request_id(stage)?;
            stage.say(&["request", "pay", &id])?;
            stage.do_(&["outbox", "flush"])?;
            stage.do_(&["request", "pay", &id]).map(drop)
        },
        check: |stage| {
            stage.same("both replies were lost", 0, stage.faults_waiting()?)?;
            let request = request::the_only(stage)?;
            request::as_shown(stage, &request)?;
            let files = stage.tables()?.files(&request.id, "form")?;
            let wanted = PAPERS.iter().map(|paper| (paper.field.to_owned(), paper.digest())).collect();
            stage.same("with its two files, each whole, each in its place, and no other", wanted, files)?;
            paying::one_invoice(stage, &request.id)?;
            let payment = paying::payment(stage)?;
            let fee = stage.seeds.fee(SERVICE)?;
            let shown = (payment["state"].as_str(), payment["invoice"]["amount_mnt"].as_i64());
            stage.same("the phone has it, and it is for the fee", (Some("waiting"), Some(fee)), shown)
        },
        sabotage: Sabotage {
            what: "QPay makes an invoice for every try",
            moment: Moment::BeforeTheCheck,
            act: |stage| {
                sabotage::in_sandbox(
                    stage,
                    "INSERT INTO qpay_invoices
                     SELECT id || '0', sender_invoice_no || '0', description, amount_mnt, callback_url, expires_at, cancelled
                     FROM qpay_invoices",
                )
            },
        },
    }
}

fn parts() -> Step<Stage> {
    Step {
        name: "parts",
        mn: "Хоёр хувааж төллөө: банкны мэдэгдэл нэг ч ирээгүй ч төлбөр олдлоо",
        en: "Paid in two parts, and QPay never calls back: what is paid is found by asking",
        act: |stage| {
            stage.console.event("QPay will not call the gateway");
            stage.control(async |control| control.pay_traps(json!({ "callback": "never" })).await)?;
            let id = request::request_id(stage)?;
            paying::pay(stage, Some(PARTS[0]))?;
            let unheard = paying::payment(stage)?;
            stage.do_(&["request", "payment", &id, "--check"])?;
            stage.learnt.seen = json!([unheard, paying::payment(stage)?]);
            paying::pay(stage, None)?;
            stage.do_(&["request", "payment", &id, "--check"]).map(drop)
        },
        check: |stage| {
            let state = |n: usize| stage.learnt.seen[n]["state"].as_str();
            stage.same("before anybody asks, nothing is claimed", Some("waiting"), state(0))?;
            let missing = stage.learnt.seen[1]["missing_mnt"].as_i64();
            stage.same(
                "asked, the phone says what is missing",
                (Some("partial"), Some(PARTS[1])),
                (state(1), missing),
            )?;
            paying::settled(stage, PARTS.to_vec())
        },
        sabotage: Sabotage {
            what: "the bank pays the whole of it once more",
            moment: Moment::BeforeTheCheck,
            act: |stage| {
                let invoice = stage.tables()?.qpay_invoices()?.pop();
                stage.control(async |control| control.pay(json!({ "invoice": invoice, "again": true })).await).map(drop)
            },
        },
    }
}

fn correction() -> Step<Stage> {
    Step {
        name: "correction",
        mn: "Албан хаагч засвар нэхлээ: яг тэр асуулт нээгдэж, засаад илгээлээ",
        en: "The clerk asks for a correction: that question opens and no other, and it stays one request",
        act: |stage| {
            let id = request::request_id(stage)?;
            stage.console.event(format_args!("a clerk: asks to correct “{}”", CORRECTED.0));
            let note = Text::mn("Хүргэлтийн үед утас холбогдохгүй байна.");
            stage.control(async |control| control.ask(&id, &[CORRECTED.0], &[], &note).await)?;
            stage.do_(&["sync"])?;
            stage.do_(&["request", "show", &id])?;
            let shown = stage.ask(&["request", "show", &id])?;
            stage.learnt.draft = filling::draft_in(&stage.do_(&["request", "amend", &id])?.stdout)?;
            stage.learnt.seen = json!([shown, stage.draft()?]);
            stage.learnt.exit =
                stage.say(&["request", "draft", "set", &stage.learnt.draft, "delivery", "office"])?.status.code();
            stage.answer(&[CORRECTED])?;
            stage.confirm_draft()?;
            stage.submit_confirmed()
        },
        check: |stage| {
            let (shown, begun) = (answers::value(&stage.learnt.seen[0]), &stage.learnt.seen[1]);
            let told: Vec<_> = request::tasks(shown).into_iter().map(|[kind, name, _]| (kind, name)).collect();
            stage.same("the citizen was told what to correct", vec![(Some("correct"), Some(CORRECTED.0))], told)?;
            stage.same("that question was open, and no other", &json!([CORRECTED.0]), &begun["amends"]["open"])?;
            stage.same("another can't be answered anew", Some(filling::INVALID), stage.learnt.exit)?;
            let request = request::the_only(stage)?;
            request::as_shown(stage, &request)?;
            let mut wanted: Value = shown["form"].clone();
            wanted[CORRECTED.0] = format!("+976{}", CORRECTED.1).into();
            stage.same(
                "in the sandbox that answer is another, and all others are as they were",
                &wanted,
                &request.form,
            )?;
            stage.same("its files too", PAPERS.len(), stage.tables()?.files(&request.id, "form")?.len())?;
            let wanted = ["SUBMITTED by citizen", "PROCESSING by system", "EDIT by clerk", "SUBMITTED by citizen"];
            stage.same(
                "asked for once, and corrected once",
                wanted.map(str::to_owned).to_vec(),
                stage.tables()?.history(&request.id)?,
            )
        },
        sabotage: Sabotage {
            what: "at the clerk's desk another answer changes, too",
            moment: Moment::BeforeTheCheck,
            act: |stage| {
                sabotage::in_sandbox(stage, "UPDATE requests SET form = replace(form, '2024-11-20', '2024-11-02')")
            },
        },
    }
}
