use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    saga::{Next, Saga},
    wire::Told,
};
use crate::{
    foundation::{clock::Timestamp, json as reader},
    gateway::{Content, Problem},
    offline::outbox::{OperationId, Outgoing, Outlook, Progress, Refusal},
    services::{
        ServiceId,
        requests::{
            model::{Confirmation, ConfirmationId},
            store::{Confirmed, OpenSubmission},
            waiting,
            wire::SubmitWire,
        },
    },
};

struct Submit {
    id: OperationId,
    confirmed: Confirmed,
    saga: Saga,
}

impl Submit {
    fn new() -> Self {
        let (id, service) = (OperationId::mint(), ServiceId::parse("ac8a").unwrap());
        let form = BTreeMap::from([("forUsage".to_owned(), json!("Өмнөговь, Үүр"))]);
        let digest = "ff".repeat(32);
        let wire = SubmitWire {
            service_id: service.clone(),
            form_version: 1,
            form,
            shown_digest: digest.clone(),
            on_behalf_of: None,
        };
        let shown = Confirmation {
            id: ConfirmationId::mint(),
            service,
            form_version: 1,
            lines: Vec::new(),
            digest,
            confirmed_at: Timestamp::EPOCH,
        };
        let confirmed = Confirmed {
            shown,
            wire,
            files: Vec::new(),
            authentication: None,
            asked: None,
            whom: None,
            published: None,
        };
        Self { id, confirmed, saga: Saga::default() }
    }

    fn next(&mut self) -> Outgoing {
        self.saga.next(&self.id, &self.confirmed).unwrap()
    }

    /// The next request, and that this is its answer.
    fn answered(&mut self, answer: &Value) -> (Outgoing, Option<Progress>) {
        let sent = self.next();
        let told: Told = reader::parse_strict(answer.to_string().as_bytes()).unwrap();
        match self.saga.told(told, &self.id, &self.confirmed) {
            Next::Go(progress) => (sent, Some(progress)),
            Next::Done(_) => (sent, None),
        }
    }

    fn mark(&self) -> Value {
        json!({ "operation": self.id.as_str(), "digest": self.confirmed.wire.shown_digest })
    }
}

/// A token of that moment of 2026-11-27 in Ulaanbaatar.
fn token(issued_at: &str, creates_until: &str) -> Value {
    json!({ "token": "Ab-1", "issued_at": issued_at, "creates_until": creates_until, "expires_at": creates_until })
}

fn page(total: u32, list: &[Value]) -> Value {
    json!({ "result": true, "message": null, "data": { "pagination": { "total": total, "currentPage": 0 }, "list": list } })
}

fn request(id: &str, status: &Value, data: &Value) -> Value {
    json!({ "id": id, "serviceId": "ac8a", "status": status, "createdDate": "2026-11-27T23:59:30.000", "data": data })
}

fn query(sent: &Outgoing, name: &str) -> Option<String> {
    sent.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

const AT_ONCE: Option<Progress> = Some(Progress::More { after: std::time::Duration::ZERO });

/// Its `create` has left a minute before midnight and is not answered.
fn lost_before_midnight() -> Submit {
    let mut submit = Submit::new();
    submit.answered(&token("2026-11-27T15:59:00Z", "2026-11-27T16:01:00Z"));
    submit.next();
    submit
}

#[test]
fn what_is_made_carries_its_own_mark_beside_the_answers() {
    let mut submit = Submit::new();
    submit.answered(&token("2026-11-27T15:59:00Z", "2026-11-27T16:01:00Z"));

    let create = submit.next();

    let Some(Content::Json(body)) = create.body else { panic!("{create:?}") };
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["formData"], json!({ "forUsage": "Өмнөговь, Үүр" }));
    assert_eq!(body["data"], submit.mark());
    assert!(create.published.is_some() && create.path == "/service-request/create");
}

#[test]
fn whom_it_is_for_goes_in_the_published_fields() {
    let mut submit = Submit::new();
    let file = json!({ "id": "цаас-1" });
    submit.confirmed.wire.on_behalf_of = serde_json::from_value(json!({
        "type": "parent", "regnum": "ЧЭ61052904", "reason": "Өвчтэй", "reason_file": file,
    }))
    .unwrap();
    submit.answered(&token("2026-11-27T15:59:00Z", "2026-11-27T16:01:00Z"));

    let Some(Content::Json(body)) = submit.next().body else { panic!("a body") };

    let body: Value = serde_json::from_slice(&body).unwrap();
    let names = ["representativeType", "representativeRegnum", "representativeReason", "representativeReasonFile"];
    assert_eq!(
        names.map(|name| body[name].as_str()),
        [Some("parent"), Some("ЧЭ61052904"), Some("Өвчтэй"), Some("цаас-1")]
    );
}

#[test]
fn the_list_is_read_through_every_day_and_page_of_the_window_before_anything_is_made_anew() {
    let mut submit = lost_before_midnight();
    let others: Vec<Value> = (0..100).map(|n| request(&format!("r{n}"), &Value::Null, &json!({ "n": n }))).collect();
    submit.answered(&token("2026-11-27T16:02:00Z", "2026-11-27T16:04:00Z"));

    let (first, _) = submit.answered(&page(101, &others));
    let (second, _) = submit.answered(&page(101, &others[..1]));
    let (third, on) = submit.answered(&page(0, &[]));

    let asked = |sent: &Outgoing| [query(sent, "createdDate").unwrap(), query(sent, "currentPage").unwrap()];
    assert_eq!(asked(&first), ["2026-11-27", "0"]);
    assert_eq!(asked(&second), ["2026-11-27", "1"]);
    assert_eq!(asked(&third), ["2026-11-28", "0"]);
    assert_eq!(on, AT_ONCE);
    assert_eq!(submit.next().path, "/v1/published-token", "and only now another token to create with");
    assert!(!submit.saga.is_in_doubt());
}

#[test]
fn no_day_between_the_first_and_the_last_of_the_window_is_left_out() {
    let mut submit = Submit::new();
    submit.answered(&token("2026-11-27T15:59:00Z", "2026-11-29T16:01:00Z"));
    submit.next();
    submit.answered(&token("2026-11-29T16:02:00Z", "2026-11-30T16:02:00Z"));

    let days = [0; 4].map(|total| query(&submit.answered(&page(total, &[])).0, "createdDate"));

    assert_eq!(days.map(Option::unwrap), ["2026-11-27", "2026-11-28", "2026-11-29", "2026-11-30"]);
    assert!(!submit.saga.is_in_doubt());
}

#[test]
fn while_the_window_is_open_by_the_servers_clock_nothing_is_made_anew() {
    let mut submit = lost_before_midnight();

    submit.answered(&token("2026-11-27T16:00:59.999Z", "2026-11-27T16:02:59Z"));
    submit.answered(&page(0, &[]));
    let (_, wait) = submit.answered(&page(0, &[]));

    assert!(matches!(wait, Some(Progress::More { after }) if !after.is_zero()), "{wait:?}");
    assert!(submit.saga.is_in_doubt());
    submit.answered(&token("2026-11-27T16:01:00Z", "2026-11-27T16:03:00Z"));
    submit.answered(&page(0, &[]));
    submit.answered(&page(0, &[]));
    assert!(!submit.saga.is_in_doubt(), "control: at its end it is");
}

#[test]
fn only_its_own_mark_is_found_and_then_submitted() {
    let mut submit = lost_before_midnight();
    submit.answered(&token("2026-11-27T15:59:10Z", "2026-11-27T16:01:10Z"));
    let same = json!({ "operation": OperationId::mint().as_str(), "digest": submit.confirmed.wire.shown_digest });
    let list = [request("other", &Value::Null, &same), request("mine", &Value::Null, &submit.mark())];

    submit.answered(&page(2, &list));
    submit.answered(&token("2026-11-27T15:59:20Z", "2026-11-27T16:01:20Z"));
    let submitted = request("mine", &json!("SUBMITTED"), &submit.mark());
    let (sent, done) = submit.answered(&json!({ "result": true, "message": null, "data": submitted }));

    assert_eq!(sent.path, "/service-request/set-submitted-free");
    let Some(Content::Json(body)) = sent.body else { panic!("{sent:?}") };
    assert_eq!(body, br#"{"serviceRequestId":"mine"}"#);
    assert_eq!(done, None);
}

#[test]
fn a_list_with_something_unreadable_in_it_is_no_answer() {
    let broken = page(1, &[json!({ "number": "26-000001" })]);

    assert!(reader::parse_strict::<Told>(broken.to_string().as_bytes()).is_err());
}

#[test]
fn what_has_not_left_is_as_it_was_and_what_may_have_left_is_looked_for() {
    let mut submit = Submit::new();
    submit.answered(&token("2026-11-27T15:59:00Z", "2026-11-27T16:01:00Z"));
    submit.next();

    submit.saga.not_sent();
    assert!(!submit.saga.is_in_doubt());
    assert_eq!(submit.next().path, "/service-request/create");
    assert_eq!(submit.next().path, "/v1/published-token");
    assert!(submit.saga.is_in_doubt());
    submit.saga.not_sent(); // of the look
    assert!(submit.saga.is_in_doubt());
}

#[test]
fn whoever_refuses_while_it_is_in_doubt_has_not_refused_the_request() {
    let told = |Submit { id: operation, mut confirmed, saga }: Submit| {
        confirmed.published = Some(saga);
        let (outlook, held_up_by, at) = (Outlook::Refused, None, Timestamp::EPOCH);
        waiting(OpenSubmission { operation, outlook, held_up_by, confirmed, at }).progress.headline.mn
    };

    assert_eq!(told(lost_before_midnight()), "Хүсэлт хүргэгдсэн эсэх нь тодорхойгүй байна.");
    assert_eq!(told(Submit::new()), "Хүсэлтийг хүлээж аваагүй.", "control");
}

#[test]
fn a_token_that_is_refused_again_and_again_is_told_in_the_end() {
    let mut submit = Submit::new();
    let refused = Problem::of(401, "published.refused");

    let mut means = Vec::new();
    for _ in 0..4 {
        submit.answered(&token("2026-11-27T15:59:00Z", "2026-11-27T16:01:00Z"));
        submit.next();
        means.push(submit.saga.refused(&refused));
    }

    assert!(means.iter().all(|one| matches!(one, Refusal::More { .. } | Refusal::Stands)));
    assert_eq!(means.last(), Some(&Refusal::Stands), "{means:?}");
}

#[test]
fn what_is_refused_a_second_time_is_looked_at_and_a_fee_is_told() {
    let mut submit = Submit::new();
    submit.answered(&token("2026-11-27T15:59:00Z", "2026-11-27T16:01:00Z"));
    let made = request("mine", &Value::Null, &submit.mark());
    let made = json!({ "result": true, "message": null, "data": made });
    submit.answered(&made);
    submit.answered(&token("2026-11-27T15:59:01Z", "2026-11-27T16:01:01Z"));
    submit.next();

    let means = submit.saga.refused(&Problem::of(400, "published.refused"));
    assert!(matches!(means, Refusal::More { .. }) && submit.saga.may_be_submitted());
    submit.answered(&token("2026-11-27T15:59:02Z", "2026-11-27T16:01:02Z"));
    let (seen, told) = submit.answered(&made);

    assert_eq!(seen.path, "/service-request/mine");
    assert_eq!(told, Some(Progress::Stuck { code: "published.refused" }));
    assert!(!submit.saga.may_be_submitted(), "it can be called off");
}
