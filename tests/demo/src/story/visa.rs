//! A visa for a guest: a form that changes while it is filled in, papers that get halfway, and a document that is asked for.

use std::time::Duration;

use emongolia_support::{
    browser,
    processes::{FaultKind, ServerFault, Text},
};
use serde_json::{Value, json};

use super::{
    Errand, conclude,
    filling::{self, Kind, Paper},
    paying, request,
};
use crate::{
    device::Database,
    sabotage::{self, ALWAYS},
    stage::Stage,
    step::{Moment, Sabotage, Step, Stop, Told},
};

/// Visa application for a foreign citizen, with the sandbox's own fee.
const SERVICE: &str = "fdc852c089e7f12b122a6793";

/// The guest, invented; a citizen of Mongolia invites him to work here.
const ANSWERS: [(&str, &str); 18] = [
    ("applicant/lastname", "Мүллершён"),
    ("applicant/firstname", "Йөргэн"),
    ("birthDate", "1984-05-17"),
    ("citizenship", "Герман"),
    ("passportNumber", "C01X00T47"),
    ("passportExpiry", "2031-01-31"),
    ("purpose", "work"),
    ("entries", "multiple"),
    ("arrival", "2027-03-01"),
    ("departure", "2027-09-30"),
    ("employerRegnum", "2550466"),
    ("jobTitle", "Үүлэн тооцооллын инженер"),
    ("beenBefore", "үгүй"),
    ("stayAddress/aimag", "Улаанбаатар"),
    ("stayAddress/soum", "Сүхбаатар"),
    ("stayAddress/building", "Өргөө оффис"),
    ("stayAddress/door", "1204"),
    ("remarks", "Үзэсгэлэнгийн өмнө ирнэ."),
];

/// What only the earlier form asks, and what only the new one does.
const DROPPED: (&str, &str) = ("guestPhone", "+49 30 9018 2034");
const NEW: (&str, &str) = ("inviterPhone", "88001202");

const INVITATION: Paper = Paper {
    field: "invitation",
    name: "Урилга.pdf",
    kind: Kind::Pdf,
    text: "Урилга: Мүллершён Йөргэнийг Өнгөт Үүл ХХК-д ажиллахад урьж байна.",
    size: 450_000,
};

/// In the order in which the form asks for them.
const PAPERS: [Paper; 4] = [
    Paper {
        field: "passportScan", name: "Паспорт.pdf", kind: Kind::Pdf, text: "Паспорт C01X00T47", size: 20_000
    },
    Paper {
        field: "photo", name: "Цээж зураг.png", kind: Kind::Png, text: "Зураг: Йөргэн", size: 20_000
    },
    INVITATION,
    Paper {
        field: "signature", name: "Гарын үсэг.png", kind: Kind::Png, text: "Үүрийнтуяагийн үсэг", size: 2_000
    },
];

/// What the clerk asks for later.
const DOCUMENT: &str = "Ажлын туршлагын гэрчилгээ";
const EXPERIENCE: Paper = Paper {
    field: DOCUMENT,
    name: "Гэрчилгээ.pdf",
    kind: Kind::Pdf,
    text: "Арван жил үүлэн тооцоололд ажилласныг гэрчилье.",
    size: 60_000,
};

/// Parts of files that get through before the network is cut: of 32 KiB, and up to 256 KiB once the first did. That is the
/// passport, the photograph, and 224 KiB of the invitation.
const PARTS_BEFORE_THE_CUT: u32 = 5;

/// A form older than a minute is asked for again before anything is confirmed.
const A_WHILE: Duration = Duration::from_secs(120);

pub(super) const ERRAND: Errand = Errand {
    name: "visa",
    mn: "Гадаадын иргэнд виз мэдүүлэх",
    en: "A visa for a guest from abroad",
    service: SERVICE,
    personal: &[
        ("guest's name", ANSWERS[0].1),
        ("guest's passport", ANSWERS[4].1),
        ("guest's position", ANSWERS[11].1),
        ("remarks", ANSWERS[17].1),
        ("name of a file", INVITATION.name),
        ("text of a file", INVITATION.text),
        ("text of the document", EXPERIENCE.text),
        ("clerk's note", conclude::NOTE.0),
    ],
    decided: &["PROCESSING", "GRANTED"],
    middle: || vec![guest(), new_form(), cut(), resumed(), paying::paid(), document(), conclude::in_hand()],
};

fn guest() -> Step<Stage> {
    Step {
        name: "guest",
        mn: "Уригдсан хүний тухай хариулж, баримтуудаа нооргийн хамт утсандаа авлаа",
        en: "The guest's answers and papers are taken into a draft on the phone",
        act: |stage| {
            let page = stage.wait(browser::public(stage.sandbox.config(), &format!("v1/services/{SERVICE}")))?;
            publish(stage, 1, Some(&earlier(page)))?;
            stage.begin_draft()?;
            stage.answer(&ANSWERS)?;
            stage.answer(&[DROPPED])?;
            PAPERS.iter().try_for_each(|paper| stage.attach(paper, paper.field))?;
            stage.do_(&["request", "draft", "show", &stage.learnt.draft])?;
            stage.do_(&["request", "file", "list", &stage.learnt.draft]).map(drop)
        },
        check: |stage| {
            let draft = stage.draft()?;
            stage.kept_as_typed(&draft, &ANSWERS)?;
            stage.same("nothing is missing, and nothing wrong", Some(true), draft["form"]["complete"].as_bool())?;
            let asked = |name: &str| filling::questions(&draft).into_iter().any(|field| field["name"] == name);
            let found = (asked("employerRegnum"), asked("school"), asked("relativeRegnum"));
            stage.same(
                "of whoever comes to work the employer is asked, and no school or family",
                (true, false, false),
                found,
            )?;
            for paper in &PAPERS {
                let copy = stage.folder().join(format!("хуулбар-{}", paper.field));
                stage.ask(&["request", "file", "get", &stage.learnt.draft, paper.field, &copy.to_string_lossy()])?;
                let bytes = std::fs::read(&copy).map_err(Stop::io(copy.display().to_string()))?;
                stage.same(
                    &format!("{} is on the phone, byte by byte", paper.name),
                    paper.digest(),
                    request::hex(&bytes),
                )?;
            }
            request::nothing_arrived(stage)
        },
        sabotage: Sabotage {
            what: "a cleaner finds a piece of a file on the phone",
            moment: Moment::BeforeTheCheck,
            act: |stage| stage.device.change_state("DELETE FROM attachment_part WHERE n = 2"),
        },
    }
}

fn new_form() -> Step<Stage> {
    Step {
        name: "new-form",
        mn: "Ноорог нээлттэй байтал маягт шинэчлэгдлээ: бичсэн юу ч алга болсонгүй",
        en: "The form changes on the server while the draft is open: nothing that was typed is lost",
        act: |stage| {
            stage.console.event("the state publishes a new form for the service; two minutes pass");
            publish(stage, 2, None)?;
            stage.pass(A_WHILE)?;
            stage.learnt.exit = stage.say(&["request", "draft", "confirm", &stage.learnt.draft])?.status.code();
            stage.learnt.seen = stage.draft()?;
            stage.answer(&[NEW])?;
            stage.confirm_draft()
        },
        check: |stage| {
            stage.same("what the citizen has not seen is not confirmed", Some(filling::INVALID), stage.learnt.exit)?;
            let draft = stage.learnt.seen.clone();
            stage.kept_as_typed(&draft, &ANSWERS)?;
            let files: Vec<_> =
                draft["files"].as_array().into_iter().flatten().map(|file| file["name"].as_str()).collect();
            stage.same("every file is there", PAPERS.iter().map(|paper| Some(paper.name)).collect(), files)?;
            let aside = draft["set_aside"][0]["value"]["mn"].as_str();
            stage.same("what the new form has no place for is set aside, and shown", Some(DROPPED.1), aside)?;
            stage.same("what it asks anew is named", Some(NEW.0), draft["newly_required"][0].as_str())?;
            request::nothing_arrived(stage)
        },
        sabotage: Sabotage {
            what: "the new form is nearly JSON",
            moment: Moment::BeforeTheStep,
            act: |stage| sabotage::garbage(stage, "getService"),
        },
    }
}

fn cut() -> Step<Stage> {
    Step {
        name: "cut",
        mn: "Илгээлээ: урилга талдаа ортол сүлжээ тасарч, утас унтарлаа",
        en: "Submitted: the network is cut with the invitation halfway, and the phone goes off",
        act: |stage| {
            stage.console.event("the network will be cut in the middle of the third file");
            stage
                .fault(ServerFault::next("appendToUpload", FaultKind::Cut).after(PARTS_BEFORE_THE_CUT).times(ALWAYS))?;
            let sub = stage.citizen.sub.clone();
            let halfway = move |tables: &crate::checks::Tables| {
                let uploads = tables.uploads(&sub)?;
                let third = uploads.iter().find(|upload| upload.name == INVITATION.name);
                Ok(third.is_some_and(|upload| upload.received > INVITATION.size as i64 / 3))
            };
            stage.kill_once(&["request", "submit", &stage.learnt.confirmation], halfway)
        },
        check: |stage| {
            let uploads = stage.tables()?.uploads(&stage.citizen.sub)?;
            let complete: Vec<_> =
                uploads.iter().filter(|upload| upload.complete).map(|upload| upload.name.as_str()).collect();
            stage.same("in the sandbox two files are whole", vec![PAPERS[0].name, PAPERS[1].name], complete)?;
            let half = uploads.iter().find(|upload| !upload.complete).map_or(0, |upload| upload.received);
            let promise = format!("a part of the third is: {half} of {} bytes", INVITATION.size);
            stage.holds(&promise, 0 < half && half < INVITATION.size as i64, || format!("{uploads:?}"))?;
            let requests = stage.tables()?.requests(&stage.citizen.sub)?.len();
            stage.same("and no request speaks of them", 0, requests)?;
            stage.same("the phone keeps the request, its key with it", 1, stage.device.keys_waiting()?.len())?;
            stage.learnt.pieces = stage.tables()?.pieces(&stage.citizen.sub, INVITATION.name)?;
            Ok(())
        },
        sabotage: Sabotage {
            what: "the phone loses its state when it goes off",
            moment: Moment::BeforeTheCheck,
            act: |stage| stage.device.lose(Database::State),
        },
    }
}

fn resumed() -> Step<Stage> {
    Step {
        name: "resumed",
        mn: "Утсаа асаалаа: файл тасарсан газраасаа үргэлжилж, хүсэлт нэг удаа очлоо",
        en: "The phone is on again: the file goes on from there, and the request arrives once",
        act: |stage| {
            stage.clear_faults()?;
            stage.do_(&["outbox", "flush"])?;
            if !stage.device.keys_waiting()?.is_empty() {
                stage.do_(&["outbox", "flush"])?; // it had tried again before it went off, and would wait for a moment
            }
            stage.do_(&["request", "list"]).map(drop)
        },
        check: |stage| {
            let pieces = stage.tables()?.pieces(&stage.citizen.sub, INVITATION.name)?;
            let before = &stage.learnt.pieces[..];
            stage.holds(
                "what had arrived stands, piece by piece, and only the rest came after it",
                pieces.starts_with(before),
                || format!("before {before:?}, after {pieces:?}"),
            )?;
            let request = request::the_only(stage)?;
            request::as_shown(stage, &request)?;
            let files = stage.tables()?.files(&request.id, "form")?;
            let mut wanted: Vec<_> = PAPERS.iter().map(|paper| (paper.field.to_owned(), paper.digest())).collect();
            wanted.sort();
            stage.same("with its four files, each whole, each in its place, and no other", wanted, files)?;
            stage.same("nothing waits any more", 0, stage.device.keys_waiting()?.len())
        },
        sabotage: Sabotage {
            what: "the sandbox forgets what has arrived of the files",
            moment: Moment::BeforeTheStep,
            act: |stage| stage.control(async |control| control.forget_uploads().await),
        },
    }
}

fn document() -> Step<Stage> {
    Step {
        name: "document",
        mn: "Албан хаагч нэмэлт баримт нэхлээ: яг түүнийг нь авчирлаа",
        en: "The clerk asks for a document: exactly that is brought, and it stays one request",
        act: |stage| {
            let id = request::request_id(stage)?;
            stage.console.event(format_args!("a clerk: asks for «{DOCUMENT}»"));
            let note = Text::mn("Орчуулгын хамт өгнө үү.");
            stage.control(async |control| control.ask(&id, &[], &[DOCUMENT], &note).await)?;
            stage.do_(&["sync"])?;
            stage.do_(&["request", "show", &id])?;
            stage.learnt.seen = stage.ask(&["request", "show", &id])?;
            let name = match &request::tasks(&stage.learnt.seen)[..] {
                [[Some("attach"), Some(name), Some(DOCUMENT)]] => (*name).to_owned(),
                others => {
                    return Err(Stop::promise(
                        "the citizen is told what to do: bring that, and nothing else",
                        format!("{others:?}"),
                    ));
                }
            };
            stage.learnt.draft = filling::draft_in(&stage.do_(&["request", "amend", &id])?.stdout)?;
            stage.attach(&EXPERIENCE, &name)?;
            stage.confirm_draft()?;
            stage.submit_confirmed()
        },
        check: |stage| {
            let request = request::the_only(stage)?;
            let tables = stage.tables()?;
            let brought: Vec<_> =
                tables.files(&request.id, "document")?.into_iter().map(|(_, digest)| digest).collect();
            stage.same("the sandbox has the document, whole", vec![EXPERIENCE.digest()], brought)?;
            stage.same("beside the four files of before", PAPERS.len(), tables.files(&request.id, "form")?.len())?;
            let history = tables.history(&request.id)?;
            let wanted =
                ["SUBMITTED by citizen", "PROCESSING by system", "FILE_REQUESTED by clerk", "SUBMITTED by citizen"];
            stage.same("asked for once, and brought once", wanted.map(str::to_owned).to_vec(), history)
        },
        sabotage: Sabotage {
            what: "the clerk's desk loses the document",
            moment: Moment::BeforeTheCheck,
            act: |stage| sabotage::in_sandbox(stage, "DELETE FROM request_files WHERE origin = 'document'"),
        },
    }
}

/// As the service's form was before: without what is new, and with what was dropped.
fn earlier(mut page: Value) -> Value {
    let form = &mut page["form"];
    form["version"] = json!(1);
    form["schema"]["properties"][DROPPED.0] = json!({ "type": "string", "maxLength": 20 });
    for names in ["/schema/properties", "/presentation/fields"] {
        form.pointer_mut(names).and_then(Value::as_object_mut).and_then(|names| names.remove(NEW.0));
    }
    if let Some(required) = form["schema"]["required"].as_array_mut() {
        required.retain(|name| name != NEW.0);
    }
    let sections = form["presentation"]["sections"].as_array_mut();
    let shown = sections.into_iter().flatten().filter_map(|section| section["fields"].as_array_mut()).flatten();
    shown.filter(|name| *name == NEW.0).for_each(|name| *name = json!(DROPPED.0));
    page
}

fn publish(stage: &Stage, version: i64, body: Option<&Value>) -> Told {
    let document = format!("service/{SERVICE}");
    stage.control(async |control| control.publish(&document, version, body).await)
}
