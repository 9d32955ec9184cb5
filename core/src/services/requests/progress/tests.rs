//! Ten states, the holidays, and what is asked for.

use serde_json::{Value, json};

use super::*;
use crate::{
    foundation::{config::Language::Mn, json},
    offline::outbox::OperationId,
};

const STATES: [(&str, Acts); 11] = [
    ("SUBMITTED", Acts::Organisation),
    ("PROCESSING", Acts::Organisation),
    ("EDIT", Acts::Citizen),
    ("FILE_REQUESTED", Acts::Citizen),
    ("PRINTING", Acts::Organisation),
    ("COMPLETED", Acts::Nobody),
    ("PRINTED", Acts::Citizen),
    ("REJECTED", Acts::Nobody),
    ("EXPIRED", Acts::Nobody),
    ("GRANTED", Acts::Organisation),
    ("ӨӨР", Acts::Unknown),
];

/// Five working days from a morning in Ulaanbaatar, and the day on which they have passed.
const DAYS: [(&str, &str, &str); 8] = [
    ("a plain week", "2026-09-07", "2026-09-14"),
    ("Цагаан сар, 18–20 February", "2026-02-16", "2026-02-26"),
    ("Наадам, 10–15 July with a weekend within", "2026-07-08", "2026-07-21"),
    ("handed in during Наадам", "2026-07-12", "2026-07-22"),
    ("handed in on a Saturday", "2026-09-05", "2026-09-11"),
    ("8 March is a Sunday and moves no other day", "2026-03-05", "2026-03-12"),
    ("26 November", "2026-11-23", "2026-12-01"),
    ("over New Year, with 29 December", "2026-12-28", "2027-01-06"),
];

fn day(text: &str) -> CivilDate {
    CivilDate::parse(text).unwrap()
}

fn step(status: &str, at: &str, actor: &str) -> Value {
    json!({ "status": status, "at": format!("{at}T02:00:00Z"), "actor": { "kind": actor, "name": "Б.Сарангэрэл" } })
}

fn request(status: &str, history: &[Value]) -> RequestWire {
    let submitted_at = history.first().map(|step| step["at"].clone());
    json::take(json!({
        "id": "r1", "version": 7, "status": status, "submitted_at": submitted_at, "history": history,
    }))
    .unwrap()
}

fn beside(today: &str, term: Option<u32>) -> Beside {
    Beside {
        today: day(today),
        term,
        form: None,
        seen: 0,
        under_way: None,
        to_pay: None,
        paid_at: None,
        published: false,
    }
}

fn form() -> Form {
    let text = json!({ "type": "string" });
    let schema = json!({ "type": "object", "properties": {
        "forUsage": text,
        "address": { "type": "object", "format": "mn-address", "properties": { "aimag": text, "soum": text } },
    }});
    let presentation = json!({ "sections": [{ "fields": ["forUsage", "address"] }], "fields": {
        "forUsage": { "title": { "mn": "Хаана зориулж", "en": "For whom" } },
        "address": { "title": { "mn": "Хүргэлтийн хаяг", "en": "Delivery address" } },
    }});
    let form = json!({ "version": 1, "schema": schema, "presentation": presentation });
    Form::parse(ServiceId::parse("card").unwrap(), form).unwrap()
}

#[test]
fn what_is_to_be_paid_is_the_citizens_turn_until_it_is_and_never_while_something_is_on_its_way() {
    let submitted = request("SUBMITTED", &[step("SUBMITTED", "2026-09-07", "citizen")]);
    let fee = LocalisedText::new("2026.09.08 09:00 хүртэл 5,000₮ төлнө үү.", "Pay 5,000₮ by 2026.09.08 09:00.");
    let unpaid = |under_way| Beside { to_pay: Some(fee.clone()), under_way, ..beside("2026-09-08", Some(5)) };

    let told = of(&submitted, &unpaid(None));
    let paid = of(&submitted, &beside("2026-09-08", Some(5)));
    let withdrawing =
        UnderWay { operation: OperationId::mint(), kind: "request.withdraw".into(), outlook: Outlook::Waits };
    let withdrawn = of(&submitted, &unpaid(Some(withdrawing)));

    assert_eq!(told.to_pay, Some(fee.clone()));
    assert_eq!((told.who_acts, told.by, told.due.as_ref()), (Acts::Citizen, None, None));
    assert_eq!(told.next.unwrap().en.as_deref(), Some("The organisation starts to work on it once it is paid."));
    assert_eq!((paid.to_pay, paid.who_acts, paid.by.is_some()), (None, Acts::Organisation, true));
    assert_eq!((withdrawn.to_pay, withdrawn.who_acts), (None, Acts::Nobody));
}

#[test]
fn every_state_says_in_both_languages_what_happens_and_who_acts() {
    let mut headlines = Vec::new();
    for (status, acts) in STATES {
        let told = of(&request(status, &[step(status, "2026-09-07", "clerk")]), &beside("2026-09-08", Some(5)));

        assert_eq!(told.who_acts, acts, "{status}");
        assert_eq!(told.due.is_some(), matches!(acts, Acts::Citizen | Acts::Organisation), "{status}");
        assert_eq!(told.next.is_none(), status == "COMPLETED", "{status}");
        let texts = [Some(&told.headline), told.next.as_ref(), told.due.as_ref()];
        for text in texts.into_iter().flatten() {
            let en = text.en.as_deref().unwrap_or_default();
            assert!(text.mn.ends_with('.') && en.ends_with('.') && en.is_ascii() && !text.mn.is_ascii(), "{text:?}");
        }
        headlines.push(told.headline.mn);
    }
    headlines.sort();
    headlines.dedup();
    assert_eq!(headlines.len(), STATES.len(), "no two states are told alike");
}

#[test]
fn working_days_leave_out_weekends_and_holidays_in_every_state_of_the_organisation() {
    for (why, begun, end) in DAYS {
        for (status, acts) in STATES {
            let request = request(status, &[step(status, begun, "clerk")]);
            let on_the_day = of(&request, &beside(end, Some(5)));
            let day_after = day(end).checked_add_days(1).unwrap();
            let too_late = of(&request, &Beside { today: day_after, ..beside(end, Some(5)) });

            let expected = (acts == Acts::Organisation).then(|| day(end));
            assert_eq!(on_the_day.by, expected, "{why}, {status}");
            assert!(!on_the_day.overdue, "{why}, {status}: the last day is still in time");
            assert_eq!(too_late.overdue, expected.is_some(), "{why}, {status}");
        }
    }
}

#[test]
fn the_day_is_written_as_mongolians_write_it() {
    let request = request("PROCESSING", &[step("SUBMITTED", "2026-11-23", "citizen")]);

    let told = |today: &str| of(&request, &beside(today, Some(5))).due.unwrap();

    assert_eq!(told("2026-11-24").mn, "2026 оны 12 дугаар сарын 1-ний дотор шийдвэрлэнэ.");
    assert_eq!(told("2026-11-24").en.as_deref(), Some("It is to be decided by 1 December 2026."));
    assert!(told("2026-12-02").mn.ends_with("хугацаа хэтэрсэн."));
}

#[test]
fn where_no_duration_is_published_none_is_invented() {
    for (status, acts) in STATES {
        let told = of(&request(status, &[step(status, "2020-01-01", "clerk")]), &beside("2039-12-30", None));

        assert_eq!((told.by, told.overdue), (None, false), "{status}");
        if acts == Acts::Organisation {
            assert_eq!(told.due.unwrap().in_language(Mn), "Шийдвэрлэх хугацаа тодорхойгүй.");
        }
    }
    let without_a_date = of(&request("PROCESSING", &[]), &beside("2026-09-07", Some(5)));
    assert_eq!((without_a_date.by, without_a_date.overdue), (None, false));
    let past_the_table =
        of(&request("PROCESSING", &[step("SUBMITTED", "2040-12-28", "citizen")]), &beside("2040-12-28", Some(9)));
    assert_eq!(past_the_table.by, None);
}

#[test]
fn at_once_is_the_same_day() {
    let request = request("SUBMITTED", &[step("SUBMITTED", "2026-09-05", "citizen")]);

    assert_eq!(of(&request, &beside("2026-09-05", Some(0))).by, Some(day("2026-09-05")));
    assert!(of(&request, &beside("2026-09-06", Some(0))).overdue);
}

#[test]
fn days_that_a_request_lay_with_the_citizen_are_not_the_organisations() {
    let history = [
        step("SUBMITTED", "2026-09-01", "citizen"),
        step("PROCESSING", "2026-09-02", "clerk"),
        step("EDIT", "2026-09-03", "clerk"),
        step("SUBMITTED", "2026-09-21", "citizen"),
        step("PROCESSING", "2026-09-23", "clerk"),
    ];

    let told = of(&request("PROCESSING", &history), &beside("2026-09-24", Some(5)));
    let never_handed_back = of(&request("PROCESSING", &history[..2]), &beside("2026-09-24", Some(5)));

    assert_eq!((told.by, told.overdue), (Some(day("2026-09-28")), false));
    assert_eq!((never_handed_back.by, never_handed_back.overdue), (Some(day("2026-09-08")), true), "control");
}

#[test]
fn days_until_what_it_costs_was_paid_are_not_the_organisations() {
    let costing = |status: &str, history: &[Value]| {
        let payment = serde_json::from_value(json!({ "state": "paid", "amount_mnt": 5_000 })).unwrap();
        RequestWire { payment: Some(payment), ..request(status, history) }
    };
    let submitted = step("SUBMITTED", "2026-09-07", "citizen");
    let begun = [submitted.clone(), step("PROCESSING", "2026-09-15", "system")];
    let mut corrected = begun.to_vec();
    corrected.extend([step("EDIT", "2026-09-16", "clerk"), step("SUBMITTED", "2026-09-21", "citizen")]);
    let paid_at = Timestamp::parse_rfc3339("2026-09-14T02:00:00Z");
    let told = |request: &RequestWire, paid_at| {
        let told = of(request, &Beside { paid_at, ..beside("2026-09-15", Some(3)) });
        (told.by, told.overdue)
    };

    for (status, history) in [("SUBMITTED", &begun[..1]), ("PROCESSING", &begun[..])] {
        assert_eq!(told(&costing(status, history), paid_at), (Some(day("2026-09-17")), false), "{status}");
    }
    assert_eq!(told(&costing("SUBMITTED", &corrected), paid_at), (Some(day("2026-09-24")), false), "its last turn");
    assert_eq!(told(&costing("PROCESSING", &begun), None), (Some(day("2026-09-18")), false), "it had begun by then");
    assert_eq!(told(&costing("SUBMITTED", &begun[..1]), None), (None, false), "nobody here knows when");
    assert_eq!(told(&request("SUBMITTED", &[submitted]), None), (Some(day("2026-09-10")), true), "control: it is free");
}

#[test]
fn a_day_is_the_one_in_ulaanbaatar() {
    let evening = json!({ "status": "SUBMITTED", "at": "2026-09-06T17:00:00Z", "actor": { "kind": "citizen" } });

    assert_eq!(of(&request("SUBMITTED", &[evening]), &beside("2026-09-07", Some(1))).by, Some(day("2026-09-08")));
}

#[test]
fn a_correction_leads_to_the_exact_questions_with_the_clerks_words() {
    let mut asked = step("EDIT", "2026-09-08", "clerk");
    asked["fields"] = json!(["address", "forUsage", "хуучин"]);
    asked["note"] = json!({ "mn": "Хаягаа гүйцээнэ үү", "en": "Complete the address" });
    let beside = Beside { form: Some(form()), ..beside("2026-09-08", Some(5)) };

    let told = of(&request("EDIT", &[step("SUBMITTED", "2026-09-07", "citizen"), asked]), &beside);

    let task = |name: &str, title: LocalisedText| Task { kind: TaskKind::Correct, name: Some(name.into()), title };
    assert_eq!(
        told.tasks,
        [
            task("address", LocalisedText::new("Хүргэлтийн хаяг", "Delivery address")),
            task("forUsage", LocalisedText::new("Хаана зориулж", "For whom")),
            task("хуучин", LocalisedText::mongolian("хуучин")),
        ]
    );
    assert_eq!(told.message.unwrap().mn, "Хаягаа гүйцээнэ үү");
}

#[test]
fn a_document_is_asked_for_by_its_title() {
    let mut asked = step("FILE_REQUESTED", "2026-09-08", "clerk");
    asked["documents"] = json!([{ "name": "document1", "title": { "mn": "Төрсний гэрчилгээ" } }, "үл ойлгогдох"]);

    let told = of(&request("FILE_REQUESTED", &[asked]), &beside("2026-09-08", None));

    let title = LocalisedText::mongolian("Төрсний гэрчилгээ");
    assert_eq!(told.tasks, [Task { kind: TaskKind::Attach, name: Some("document1".into()), title }]);
}

#[test]
fn a_correction_that_names_no_question_is_one_task_and_what_is_over_asks_nothing() {
    for (status, _) in STATES {
        let told = of(&request(status, &[step(status, "2026-09-08", "clerk")]), &beside("2026-09-08", None));

        let expected = match status {
            "EDIT" => Some(TaskKind::Correct),
            _ => None,
        };
        assert_eq!(told.tasks.iter().map(|task| task.kind).next(), expected, "{status}");
        assert!(told.tasks.iter().all(|task| task.name.is_none()), "{status}");
    }
}

#[test]
fn where_it_can_not_be_answered_in_the_app_the_citizen_is_sent_to_the_organisation() {
    let mut named = step("FILE_REQUESTED", "2026-09-08", "clerk");
    named["documents"] = json!([{ "name": "document1", "title": { "mn": "Төрсний гэрчилгээ" } }]);
    for (status, last, published, here) in [
        ("EDIT", step("EDIT", "2026-09-08", "clerk"), false, true),
        ("EDIT", step("EDIT", "2026-09-08", "clerk"), true, false),
        ("FILE_REQUESTED", named.clone(), false, true),
        ("FILE_REQUESTED", named, true, false),
        ("FILE_REQUESTED", step("FILE_REQUESTED", "2026-09-08", "clerk"), false, false),
    ] {
        let told = of(&request(status, &[last]), &Beside { published, ..beside("2026-09-08", None) });

        assert_eq!((told.who_acts, told.tasks.len()), (Acts::Citizen, usize::from(here)), "{status} {published}");
        let sent_there = told.next.unwrap().mn.ends_with("Байгууллагад нь хандана уу.");
        assert_eq!((sent_there, told.may_be_withdrawn), (!here, !published), "{status} {published}");
    }
}

#[test]
fn what_was_asked_before_and_answered_is_asked_no_more() {
    let mut asked = step("EDIT", "2026-09-08", "clerk");
    asked["fields"] = json!(["forUsage"]);
    asked["note"] = json!({ "mn": "Засна уу" });

    let told =
        of(&request("SUBMITTED", &[asked, step("SUBMITTED", "2026-09-09", "citizen")]), &beside("2026-09-09", None));

    assert_eq!((told.tasks, told.message), (Vec::new(), None));
}

#[test]
fn only_what_others_did_since_one_last_looked_is_new() {
    let history = [
        step("SUBMITTED", "2026-09-07", "citizen"),
        step("EDIT", "2026-09-08", "clerk"),
        step("SUBMITTED", "2026-09-09", "citizen"),
        step("PROCESSING", "2026-09-10", "clerk"),
        step("EXPIRED", "2026-10-10", "system"),
    ];
    let new =
        |seen| of(&request("EXPIRED", &history), &Beside { seen, ..beside("2026-10-10", None) }).changed_since_seen;

    assert_eq!([0, 1, 2, 3, 4, 5, 9].map(new), [3, 3, 2, 2, 1, 0, 0]);
}

#[test]
fn a_timeline_tells_who_did_what() {
    let history = [
        step("SUBMITTED", "2026-09-07", "citizen"),
        step("EDIT", "2026-09-08", "clerk"),
        step("SUBMITTED", "2026-09-09", "citizen"),
        step("FILE_REQUESTED", "2026-09-10", "clerk"),
        step("SUBMITTED", "2026-09-11", "citizen"),
        step("REJECTED", "2026-09-12", "citizen"),
    ];
    let request = request("REJECTED", &history);

    let told: Vec<String> = timeline(request.history.clone()).into_iter().map(|step| step.text.mn).collect();

    assert_eq!(
        told,
        [
            "Та хүсэлтээ илгээсэн.",
            "Хүсэлтийг засуулахаар танд буцаасан.",
            "Та засвараа илгээсэн.",
            "Танаас нэмэлт баримт бичиг хүссэн.",
            "Та нэмэлт баримт бичгээ илгээсэн.",
            "Та хүсэлтээ буцаан авсан.",
        ]
    );
    assert_eq!(of(&request, &beside("2026-09-12", None)).headline.mn, "Та хүсэлтээ буцаан авсан.");
}

const OUTLOOKS: [Outlook; 7] = [
    Outlook::Waits,
    Outlook::HeldUp,
    Outlook::Unanswered,
    Outlook::ToProve,
    Outlook::Refused,
    Outlook::Unclear,
    Outlook::Forgotten,
];

#[test]
fn what_is_still_here_is_nobodys_turn_until_it_is_stuck_and_taken_back_only_if_it_has_no_effect_yet() {
    let operation = OperationId::mint();
    let mut told: Vec<Progress> = Vec::new();
    for outlook in OUTLOOKS {
        let standing = if outlook.is_wedged() {
            Standing::NeedsAttention { operation: operation.clone() }
        } else {
            Standing::Waiting { operation: operation.clone() }
        };
        told.push(of_waiting(&standing, outlook));
    }
    told.push(of_waiting(&Standing::BeingChecked { operation }, Outlook::Unanswered));

    let acts: Vec<Acts> = told.iter().map(|told| told.who_acts).collect();
    let (citizen, nobody) = (Acts::Citizen, Acts::Nobody);
    assert_eq!(acts, [nobody, citizen, nobody, citizen, citizen, citizen, citizen, nobody]);
    let taken_back: Vec<bool> = told.iter().map(|told| told.may_be_withdrawn).collect();
    assert_eq!(taken_back, [true, true, false, true, true, false, true, false]);
    assert_eq!(told[2].headline.mn, "Хүсэлтийг илгээсэн, хариу хараахан ирээгүй байна.");
    let headlines: std::collections::BTreeSet<String> = told.into_iter().map(|told| told.headline.mn).collect();
    assert_eq!(headlines.len(), 8, "no two say the same");
}

#[test]
fn what_is_done_to_a_request_says_how_it_goes_and_what_helps() {
    let request = request("EDIT", &[step("EDIT", "2026-09-08", "clerk")]);
    let mut headlines = std::collections::BTreeSet::new();
    for kind in ["request.correct", "request.attach_more", "request.withdraw"] {
        for outlook in OUTLOOKS {
            let under_way = Some(UnderWay { operation: OperationId::mint(), kind: kind.into(), outlook });
            let told = of(&request, &Beside { under_way, ..beside("2026-09-08", None) });

            let next = told.next.unwrap().en.unwrap();
            let called_off = matches!(outlook, Outlook::HeldUp | Outlook::Refused | Outlook::Forgotten);
            assert_eq!(next.contains("call it off"), called_off, "{kind} {outlook:?}: {next}");
            assert!(kind != "request.withdraw" || !next.contains("you filled in"), "{outlook:?}: {next}");
            let proof = told.headline.mn.contains("баталгаажуулах");
            assert_eq!(proof, outlook == Outlook::ToProve, "{kind} {outlook:?}");
            headlines.insert(told.headline.mn);
        }
    }
    assert_eq!(headlines.len(), 21, "no two say the same");
}
