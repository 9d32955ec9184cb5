//! Applying, and following one's requests.

use serde_json::{Value, json};

use super::{CONTRIBUTIONS, Call, ERDENEBAT, Rig, UURIINTUYA, key};
use crate::gateway::as_shown;

#[tokio::test]
async fn an_application_becomes_a_request_with_its_first_step() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;

    let reply = rig.apply(&citizen, &key(1)).await;

    assert_eq!(reply.status, 201);
    let request = reply.json();
    assert_eq!(request["status"], "SUBMITTED");
    assert_eq!(request["service_name"]["mn"], CONTRIBUTIONS);
    assert_eq!(request["version"], 1);
    let history = request["history"].as_array().unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0]["actor"], json!({"kind": "citizen", "name": "Ө.Эрдэнэбат"}));
    assert_eq!(history[0]["at"], request["submitted_at"]);
    assert!(request.get("outcome").is_none());
}

#[tokio::test]
async fn a_flagged_service_is_given_to_a_fresh_proof_and_refused_by_rfc_9470_to_another() {
    const PROPERTY: &str = "Үл хөдлөх хөрөнгийн лавлагаа";
    const PENSION: &str = "Тэтгэврийн нэрийн дансны лавлагаа";
    const SIGNATURE: &str = "urn:mn:dan:signature";
    let rig = Rig::start();
    let now = rig.sandbox.now();
    let proven = |ago_s: i64, acr: &str| (now - ago_s * 1000, Some(acr.to_owned()));
    let cases = [
        (PROPERTY, proven(250, "urn:mn:dan:app"), true),
        (PROPERTY, proven(301, SIGNATURE), false),
        (PENSION, proven(250, SIGNATURE), true),
        (PENSION, proven(0, "urn:mn:dan:app"), false),
    ];

    for (n, (service, (auth_time, acr), good)) in cases.into_iter().enumerate() {
        let citizen = crate::oauth::Principal { auth_time, acr, ..rig.citizen(ERDENEBAT).await };
        let id = rig.service_id(service).await;
        let form = rig.call(Call::get(&format!("/v1/services/{id}"))).await.json()["form"].clone();
        let answers: serde_json::Map<_, _> = form["schema"]["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| (name.as_str().unwrap().to_owned(), json!("Өөртөө")))
            .collect();
        let body = json!({ "service_id": id, "form_version": form["version"], "form": answers });

        let reply = rig.post(&citizen, &key(n), &body).await;

        if good {
            assert_eq!(reply.status, 201, "{service}: {}", reply.json());
            continue;
        }
        assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (401, &json!("insufficient_user_authentication")));
        let challenge = reply.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains(r#"error="insufficient_user_authentication""#), "{challenge}");
        assert!(challenge.contains(r#"max_age="300""#), "{challenge}");
        let ways = challenge.contains(r#"acr_values="urn:mn:dan:signature urn:mn:dan:bank""#);
        assert_eq!(ways, service == PENSION, "{challenge}");
    }
}

#[tokio::test]
async fn cyrillic_comes_back_letter_for_letter() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let mut submission = rig.submission().await;
    submission["form"]["forUsage"] = json!("ӨҮЁ өүё щъыь “Өөрийн үзэмжээр” ₮ 👪");

    let id = rig.post(&citizen, &key(1), &submission).await.json()["id"].as_str().unwrap().to_owned();

    let request = rig.get(&citizen, &format!("/v1/requests/{id}")).await.json();
    assert_eq!(request["form"], submission["form"]);
}

#[tokio::test]
async fn numbers_run_through_a_year_of_ulaanbaatar() {
    let rig = Rig::start();
    let (one, two) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    let year = chrono::DateTime::from_timestamp_millis(rig.sandbox.now() + 8 * 3_600_000).unwrap().format("%y");

    let first = rig.apply(&one, &key(1)).await.json();
    let second = rig.apply(&two, &key(1)).await.json();

    assert_eq!(first["number"], format!("{year}-000001"));
    assert_eq!(second["number"], format!("{year}-000002"));
}

#[tokio::test]
async fn a_new_year_begins_at_midnight_in_ulaanbaatar() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    // 2030-12-31T16:30:00Z is 2031-01-01 00:30 in Ulaanbaatar
    rig.sandbox.move_clock(1_924_965_000_000 - rig.sandbox.now());

    let request = rig.apply(&citizen, &key(1)).await.json();

    assert_eq!(request["number"], "31-000001");
    assert!(request["submitted_at"].as_str().unwrap().starts_with("2030-12-31T16:30:0"));
}

#[tokio::test]
async fn a_form_that_does_not_fit_is_refused_by_field() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let fitting = rig.submission().await;
    let with = |pointer: &str, value: Value| {
        let mut body = fitting.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        if pointer == "/shown_digest" { body } else { as_shown(body) }
    };

    for (n, (field, body)) in [
        ("forUsage", with("/form/forUsage", json!(" "))),
        ("startYear", with("/form/startYear", json!("2019"))),
        ("endYear", with("/form/endYear", json!(2018))),
        ("form", with("/form", json!([]))),
        ("shown_digest", with("/shown_digest", json!("zz"))),
        ("shown_digest", with("/shown_digest", json!("0f".repeat(32)))),
        ("service_id", with("/service_id", json!(7))),
        ("form_version", with("/form_version", json!(null))),
    ]
    .into_iter()
    .enumerate()
    {
        let reply = rig.post_as_it_is(&citizen, &key(n), &body).await;

        assert_eq!(reply.refusal(), (422, "invalid_field".into()));
        assert_eq!(reply.json()["field"], field);
    }
    assert_eq!(rig.count("requests").await, 0);
}

#[tokio::test]
async fn a_service_without_a_form_is_not_online() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let mut submission = rig.submission().await;
    submission["service_id"] = json!(rig.service_id("Гадаад паспорт хүчинтэй эсэхийг шалгах").await);

    let reply = rig.post(&citizen, &key(1), &submission).await;

    assert_eq!(reply.refusal(), (409, "not_online".into()));
}

#[tokio::test]
async fn an_unknown_service_and_an_old_form_are_told_apart() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let (mut unknown, mut old) = (rig.submission().await, rig.submission().await);
    unknown["service_id"] = json!("000000000000000000000000");
    old["form_version"] = json!(99);

    assert_eq!(rig.post(&citizen, &key(1), &unknown).await.refusal(), (404, "unknown_service".into()));
    assert_eq!(rig.post(&citizen, &key(2), &old).await.refusal(), (409, "form_changed".into()));
}

#[tokio::test]
async fn what_is_not_json_is_refused_before_anything_is_stored() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let post = || Call::new("POST", "/v1/requests").by(&citizen).key(&key(1));

    let plain = rig.call(post()).await;
    let mut broken = post().header("content-type", "application/json");
    broken.1 = axum::body::Body::from("{\"service_id\":");
    let broken = rig.call(broken).await;
    let huge = rig.call(post().json(&json!({"form": "Ө".repeat(64 * 1024)}))).await;

    assert_eq!(plain.refusal(), (415, "unsupported_media_type".into()));
    assert_eq!(broken.refusal(), (400, "invalid_json".into()));
    assert_eq!(huge.refusal(), (413, "body_too_large".into()));
    assert_eq!(rig.count("idempotency").await, 0);
}

#[tokio::test]
async fn the_feed_pages_through_everything_once_in_order_of_change() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    for n in 0..7 {
        assert_eq!(rig.apply(&citizen, &key(n)).await.status, 201);
    }

    let (mut after, mut versions, mut pages) = (0, Vec::new(), 0);
    loop {
        let page = rig.get(&citizen, &format!("/v1/requests?after={after}&limit=3")).await.json();
        let items = page["items"].as_array().unwrap();
        versions.extend(items.iter().map(|item| item["version"].as_i64().unwrap()));
        after = page["next"].as_i64().unwrap();
        pages += 1;
        if page["more"] == false {
            break;
        }
    }

    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!((pages, after), (3, 7));
    let end = rig.get(&citizen, "/v1/requests?after=7").await.json();
    assert_eq!(end, json!({"items": [], "next": 7, "more": false}));
}

#[tokio::test]
async fn a_page_that_is_just_full_has_no_more() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    for n in 0..3 {
        rig.apply(&citizen, &key(n)).await;
    }

    let page = rig.get(&citizen, "/v1/requests?limit=3").await.json();

    assert_eq!((page["items"].as_array().unwrap().len(), &page["more"]), (3, &json!(false)));
}

#[tokio::test]
async fn a_client_ahead_of_the_server_is_told_to_start_over() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    rig.apply(&citizen, &key(1)).await;

    assert_eq!(rig.get(&citizen, "/v1/requests?after=2").await.refusal(), (410, "feed_reset".into()));
    assert_eq!(rig.get(&citizen, "/v1/inbox?after=1").await.refusal(), (410, "feed_reset".into()));
    assert_eq!(rig.get(&citizen, "/v1/requests?after=1").await.status, 200);
}

#[tokio::test]
async fn a_page_is_never_longer_than_fifty() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;

    for query in ["limit=51", "limit=0", "after=-1", "after=x", "limit="] {
        let reply = rig.get(&citizen, &format!("/v1/requests?{query}")).await;
        assert_eq!(reply.refusal(), (400, "invalid_query".into()), "{query}");
    }
}

#[tokio::test]
async fn another_citizens_request_is_as_absent_as_none() {
    let rig = Rig::start();
    let (owner, other) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    let id = rig.apply(&owner, &key(1)).await.json()["id"].as_str().unwrap().to_owned();

    let foreign = rig.get(&other, &format!("/v1/requests/{id}")).await;
    let absent = rig.get(&other, "/v1/requests/none").await;

    assert_eq!(foreign.refusal(), (404, "unknown_request".into()));
    assert_eq!(foreign.json(), absent.json());
    assert_eq!(rig.get(&other, "/v1/requests").await.json()["items"], json!([]));
    assert_eq!(rig.get(&owner, &format!("/v1/requests/{id}")).await.status, 200, "the control: its owner sees it");
}

#[tokio::test]
async fn a_caller_without_a_token_is_turned_away() {
    let rig = Rig::start();

    for path in ["/v1/requests", "/v1/requests/x", "/v1/inbox", "/v1/idempotency/0123456789abcdef"] {
        assert_eq!(rig.call(Call::get(path)).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn personal_answers_are_stored_nowhere() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let created = rig.apply(&citizen, &key(1)).await;
    let id = created.json()["id"].as_str().unwrap().to_owned();

    assert_eq!(created.header("cache-control"), "no-store");
    for path in ["/v1/requests", "/v1/inbox", &format!("/v1/requests/{id}"), &format!("/v1/idempotency/{}", key(1))] {
        assert_eq!(rig.get(&citizen, path).await.header("cache-control"), "no-store", "{path}");
    }
}
