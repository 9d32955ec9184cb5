//! The bundles, the same for everybody, and what the registers say of one citizen.

use std::collections::{BTreeMap, HashSet};

use axum::http::StatusCode;
use serde_json::Value;

use super::{Call, ERDENEBAT, Rig, UURIINTUYA};
use crate::oauth::Principal;

#[tokio::test]
async fn every_bundle_and_life_event_of_the_data_is_served_once_under_its_names() {
    let rig = Rig::start();
    let mut reader = csv::Reader::from_reader(include_str!("../../../data/life_events.csv").as_bytes());
    let rows: BTreeMap<String, (String, String, String)> = reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| (row[0].to_owned(), (row[1].to_owned(), row[2].to_owned(), row[3].replace(' ', "_"))))
        .collect();

    let served = rig.call(Call::get("/v1/bundles")).await.json();

    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let bundles = served["bundles"].as_array().unwrap();
    let named: BTreeMap<_, _> = bundles
        .iter()
        .map(|one| (text(&one["code"]), (text(&one["name"]["mn"]), text(&one["name"]["en"]), text(&one["kind"]))))
        .collect();
    assert_eq!((bundles.len(), named), (16, rows));
}

#[tokio::test]
async fn a_client_that_holds_bundles_or_answers_is_told_so() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;

    for path in ["/v1/bundles", "/v1/me/registers"] {
        let first = rig.call(Call::get(path).by(&citizen)).await;
        let again = rig.call(Call::get(path).by(&citizen).header("if-none-match", first.header("etag"))).await;

        assert_eq!((first.status, again.status), (StatusCode::OK, StatusCode::NOT_MODIFIED), "{path}");
        assert_eq!(first.header("cache-control"), again.header("cache-control"));
    }
}

#[tokio::test]
async fn the_registers_answer_of_the_caller_in_their_own_shapes_and_say_what_they_do_not_know() {
    let rig = Rig::start();
    let erdenebat = rig.citizen(ERDENEBAT).await;
    let uuriintuya = rig.citizen(UURIINTUYA).await;

    let his = rig.get(&erdenebat, "/v1/me/registers").await;
    let hers = rig.get(&uuriintuya, "/v1/me/registers").await.json();

    assert_eq!(his.header("cache-control"), "private, no-cache");
    let of = |answers: &Value, operation: &str| -> Value {
        let answers = answers["answers"].as_array().unwrap();
        answers.iter().find(|answer| answer["operation"] == operation).unwrap().clone()
    };
    let licence = of(&his.json(), "WS100407_getDriverLicenseInfo");
    assert!(licence["response"]["expireDate"].as_str().unwrap().ends_with(" 00:00:00.0"));
    assert_eq!(licence["response"]["regnum"], "уө88052317");
    let none = of(&hers, "WS100407_getDriverLicenseInfo");
    assert_eq!((&none["result_code"], &none["response"]), (&1.into(), &Value::Null));
    assert!(of(&hers, "WS101117_getChildrenInfo")["response"]["listData"].is_object(), "a list of one as an object");
}

#[tokio::test]
async fn a_register_is_asked_only_for_what_the_citizen_has_agreed_to() {
    const ADDRESS: &str = "WS100103_getCitizenAddressInfo";
    let rig = Rig::start();
    let of_address = Principal { operations: vec![ADDRESS.into()], ..rig.citizen(ERDENEBAT).await };
    let of_nothing = Principal { operations: Vec::new(), ..of_address.clone() };

    let answers = rig.get(&of_address, "/v1/me/registers").await.json();
    let refused = rig.get(&of_nothing, "/v1/me/registers").await;

    for answer in answers["answers"].as_array().unwrap() {
        let agreed = answer["operation"] == ADDRESS;
        assert_eq!(answer["result_code"], if agreed { 0 } else { 203 }, "{answer}");
        assert_eq!(answer["response"].is_object(), agreed, "{answer}");
    }
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::FORBIDDEN, &"consent_required".into()));
}

#[tokio::test]
async fn every_operation_that_is_asked_is_one_of_the_registers() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let mut reader = csv::Reader::from_reader(include_str!("../../../data/xyp_operations.csv").as_bytes());
    let known: HashSet<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();

    let answers = rig.get(&citizen, "/v1/me/registers").await.json();

    for answer in answers["answers"].as_array().unwrap() {
        assert!(known.contains(answer["operation"].as_str().unwrap()), "{}", answer["operation"]);
    }
}
