//! The published API: two steps, no key, and the one promise a client needs to live with that.

use serde_json::{Value, json};

use super::{CONTRIBUTIONS, Call, ERDENEBAT, Reply, Rig, UURIINTUYA, key, uploads};
use crate::{clerk, oauth::Principal};

const BASE: &str = "/mobile-api/api/service-request";

async fn token(rig: &Rig, citizen: &Principal) -> String {
    let given = rig.call(Call::new("POST", "/v1/published-token").by(citizen)).await;
    given.json()["token"].as_str().unwrap().to_owned()
}

async fn call(rig: &Rig, method: &str, path: &str, token: &str, body: &Value) -> Reply {
    let call = Call::new(method, &format!("{BASE}{path}")).header("x-auth-token", token);
    rig.call(if body.is_null() { call } else { call.json(body) }).await
}

async fn creation(rig: &Rig) -> Value {
    json!({
        "serviceId": rig.service_id(CONTRIBUTIONS).await, "regnum": "уө88052317",
        "formData": { "startYear": 2019, "endYear": 2024, "forUsage": "Өмнөговь, «Үүрийн туяа» ХХК" },
        "data": { "mark": "Ө-0f3a", "n": [1, null] },
    })
}

async fn create(rig: &Rig, token: &str) -> Reply {
    call(rig, "POST", "/create", token, &creation(rig).await).await
}

async fn listed(rig: &Rig, token: &str, query: &str) -> Value {
    let reply = call(rig, "GET", query, token, &Value::Null).await;
    assert_eq!(reply.status, 200, "{}", reply.json());
    reply.json()["data"].clone()
}

fn told(reply: &Reply) -> (u16, Value, bool) {
    let body = reply.json();
    (reply.status.as_u16(), body["result"].clone(), body["message"].is_string() && body["data"].is_null())
}

#[tokio::test]
async fn a_request_is_made_and_then_submitted_as_one_of_the_others() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let token = token(&rig, &citizen).await;

    let made = create(&rig, &token).await.json();
    assert_eq!(
        (&made["result"], &made["message"], &made["data"]["status"]),
        (&json!(true), &json!(null), &json!(null))
    );
    let (id, sent) = (made["data"]["id"].as_str().unwrap().to_owned(), creation(&rig).await);
    assert_eq!((&made["data"]["data"], &made["data"]["formData"]), (&sent["data"], &sent["formData"]));
    assert_eq!(rig.count("requests").await, 0, "the desk knows of none");
    let submitted = call(&rig, "POST", "/set-submitted-free", &token, &json!({ "serviceRequestId": id })).await;

    assert_eq!(submitted.json()["data"]["status"], "SUBMITTED");
    let seen = rig.sandbox.db().read(clerk::requests).await.unwrap();
    assert_eq!((&seen[0].id, &json!(seen[0].number)), (&id, &made["data"]["number"]));
    assert_eq!(rig.get(&citizen, &format!("/v1/requests/{id}")).await.json()["form"], sent["formData"]);
    assert_eq!(call(&rig, "GET", &format!("/{id}"), &token, &Value::Null).await.json(), submitted.json());
    let twice = call(&rig, "POST", "/set-submitted-free", &token, &json!({ "serviceRequestId": id })).await;
    assert_eq!(told(&twice), (400, json!(false), true));
    assert_eq!(rig.count("request_history").await, 1);
}

#[tokio::test]
async fn each_create_makes_one_more() {
    let rig = Rig::start();
    let token = token(&rig, &rig.citizen(ERDENEBAT).await).await;

    let (one, two) = (create(&rig, &token).await.json(), create(&rig, &token).await.json());

    assert_ne!(one["data"]["id"], two["data"]["id"]);
    assert_eq!(listed(&rig, &token, "").await["pagination"]["total"], 2);
}

#[tokio::test]
async fn after_a_lost_reply_the_list_shows_what_was_made_with_its_mark_also_over_a_kill() {
    let rig = Rig::start();
    let token = token(&rig, &rig.citizen(ERDENEBAT).await).await;
    let fault = json!({ "operation": "publishedCreate", "kind": "drop_reply", "times": 1 });
    rig.sandbox.faults().add(vec![serde_json::from_value(fault).unwrap()]);

    assert_eq!(create(&rig, &token).await.status, 500, "in one process a cut line is that");
    let rig = rig.restart();

    let found = listed(&rig, &token, "").await;
    assert_eq!(found["list"][0]["data"]["mark"], "Ө-0f3a");
    assert_eq!(found["pagination"]["total"], 1);
}

#[tokio::test]
async fn a_create_that_comes_after_its_window_never_lands_whatever_held_it_up() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let in_time = token(&rig, &citizen).await;
    rig.sandbox.move_clock(119_000);
    assert_eq!(create(&rig, &in_time).await.status, 200, "the last second of the window");
    rig.sandbox.move_clock(1_000);

    let delay = json!({ "operation": "publishedCreate", "kind": "delay", "ms": 1, "times": 1 });
    rig.sandbox.faults().add(vec![serde_json::from_value(delay).unwrap()]);
    for _ in 0..2 {
        assert_eq!(told(&create(&rig, &in_time).await), (401, json!(false), true));
    }
    let rig = rig.restart();
    rig.sandbox.move_clock(120_000);
    assert_eq!(told(&create(&rig, &in_time).await), (401, json!(false), true), "nor after a kill");

    assert_eq!(listed(&rig, &in_time, "").await["pagination"]["total"], 1, "the list is open for longer");
    let fresh = token(&rig, &citizen).await;
    assert_eq!(create(&rig, &fresh).await.status, 200);
}

#[tokio::test]
async fn pages_begin_at_zero_and_are_sorted_and_filtered() {
    let rig = Rig::start();
    let token = token(&rig, &rig.citizen(ERDENEBAT).await).await;
    for _ in 0..12 {
        create(&rig, &token).await;
        rig.sandbox.move_clock(1_000);
    }
    let numbers = |page: &Value| -> Vec<String> {
        page["list"].as_array().unwrap().iter().map(|one| one["number"].as_str().unwrap()[3..].to_owned()).collect()
    };

    let first = listed(&rig, &token, "").await;
    assert_eq!(numbers(&first)[0], "000012");
    assert_eq!(
        first["pagination"],
        json!({ "currentPage": 0, "pageSize": 10, "total": 12, "sortDirection": "DESC", "sortParams": ["createdDate"] })
    );
    assert_eq!(numbers(&listed(&rig, &token, "?currentPage=1").await), ["000002", "000001"]);
    let sorted = listed(&rig, &token, "?pageSize=2&sortDirection=ASC&sortParams=number&sortParams=createdDate").await;
    assert_eq!(numbers(&sorted), ["000001", "000002"]);
    let day = chrono::DateTime::from_timestamp_millis(rig.sandbox.now() + 8 * 3_600_000).unwrap().format("%Y-%m-%d");
    let today = listed(&rig, &token, &format!("?createdDate={day}")).await["pagination"]["total"].as_i64().unwrap();
    let before = listed(&rig, &token, "?createdDate=2020-02-29").await["pagination"]["total"].clone();
    assert!(today > 0 && before == json!(0), "{today} {before}");
    assert_eq!(listed(&rig, &token, "?status=SUBMITTED").await["pagination"]["total"], 0);
    for query in
        ["?currentPage=-1", "?pageSize=0", "?sortParams=form", "?status=NEW", "?createdDate=27.11.2026", "?x=1"]
    {
        let refused = call(&rig, "GET", query, &token, &Value::Null).await;
        assert_eq!(told(&refused), (400, json!(false), true), "{query}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_in_words_and_anothers_is_absent() {
    let rig = Rig::start();
    let (mine, theirs) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    let (my_token, their_token) = (token(&rig, &mine).await, token(&rig, &theirs).await);
    let with = async |name: &str, value: Value| {
        let mut body = creation(&rig).await;
        body[name] = value;
        body
    };
    let costly = rig.service_id("Зээлийн мэдээллийн сангийн лавлагаа").await;

    for body in [
        with("serviceId", json!("none")).await,
        with("formData", json!({ "startYear": 2019 })).await,
        with("formData", json!([])).await,
        with("regnum", json!(UURIINTUYA)).await,
        with("өөр", json!(1)).await,
        json!([]),
    ] {
        assert_eq!(told(&call(&rig, "POST", "/create", &my_token, &body).await), (400, json!(false), true), "{body}");
    }
    assert_eq!(told(&call(&rig, "POST", "/create", "Ө", &creation(&rig).await).await).0, 401);
    let made = create(&rig, &my_token).await.json();
    let path = format!("/{}", made["data"]["id"].as_str().unwrap());
    assert_eq!(told(&call(&rig, "GET", &path, &their_token, &Value::Null).await), (400, json!(false), true));
    rig.sandbox.move_clock(15 * 60_000);
    assert_eq!(told(&call(&rig, "GET", &path, &my_token, &Value::Null).await), (401, json!(false), true));
    let my_token = token(&rig, &mine).await;
    let body = json!({ "serviceId": costly, "formData": { "forUsage": "Банк" } });
    let made = call(&rig, "POST", "/create", &my_token, &body).await.json()["data"]["id"].clone();
    let early = call(&rig, "POST", "/set-submitted-free", &my_token, &json!({ "serviceRequestId": made })).await;
    assert_eq!(told(&early), (400, json!(false), true));
    let id = made.as_str().unwrap().to_owned();
    crate::legacy::control::pay(&rig.sandbox, id.clone()).await.unwrap();
    let paid = call(&rig, "GET", &format!("/{id}"), &my_token, &Value::Null).await.json();
    assert_eq!(paid["data"]["status"], "SUBMITTED", "it was paid");
}

#[tokio::test]
async fn the_published_representative_is_held_to_the_same_rule() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let token = token(&rig, &citizen).await;
    uploads::sent(&rig, &citizen, "upload-0000000009").await;
    let with = async |regnum: &str, paper: Value| {
        let mut body = creation(&rig).await;
        body["representativeType"] = json!("parent");
        body["representativeRegnum"] = json!(regnum);
        body["representativeReason"] = json!("Өвчтэй");
        body["representativeReasonFile"] = paper;
        call(&rig, "POST", "/create", &token, &body).await
    };

    assert_eq!(told(&with("ҮӨ14291532", json!("upload-0000000009")).await), (400, json!(false), true));
    assert_eq!(told(&with("ЧЭ61052904", Value::Null).await), (400, json!(false), true));
    let made = with("ЧЭ61052904", json!("upload-0000000009")).await.json();

    assert_eq!(made["data"]["representative"]["name"], "Н.Дулмаа", "{made}");
    let unrelated = rig.apply(&citizen, &key(1)).await.json();
    assert_eq!(listed(&rig, &token, "").await["pagination"]["total"], 1, "{}", unrelated["id"]);
}
