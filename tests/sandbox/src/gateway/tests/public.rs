//! Catalogue, areas and services: public documents.

use std::{collections::HashSet, io::Read as _};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{CONTRIBUTIONS, Call, Rig};

fn rows(csv: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(Into::into).collect()).collect()
}

fn ids(items: &Value, name: &str) -> HashSet<String> {
    items.as_array().unwrap().iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_service_and_organisation_of_the_data_is_served_once() {
    let rig = Rig::start();
    let services = rows(include_str!("../../../data/services.csv"));
    let organisations = rows(include_str!("../../../data/organisations.csv"));

    let catalogue = rig.call(Call::get("/v1/catalogue")).await.json();

    assert_eq!((services.len(), organisations.len()), (373, 99));
    for (served, rows) in [(&catalogue["services"], services), (&catalogue["organisations"], organisations)] {
        assert_eq!(served.as_array().unwrap().len(), rows.len());
        assert_eq!(ids(served, "id"), rows.iter().map(|row| row[0].clone()).collect());
        assert_eq!(ids(served, "id").len(), rows.len());
    }
    let names: HashSet<_> =
        rows(include_str!("../../../data/services.csv")).into_iter().map(|row| row[2].clone()).collect();
    let served = catalogue["services"].as_array().unwrap().iter().map(|s| s["name"]["mn"].as_str().unwrap().to_owned());
    assert_eq!(served.collect::<HashSet<_>>(), names);
}

#[tokio::test]
async fn what_a_row_lacks_is_served_as_unknown_and_guesses_are_marked() {
    let rig = Rig::start();

    let catalogue = rig.call(Call::get("/v1/catalogue")).await.json();

    let services = catalogue["services"].as_array().unwrap();
    assert_eq!(services.iter().filter(|service| service["sample"] == true).count(), 133);
    assert_eq!(services.iter().filter(|service| service["fee"].is_null()).count(), 351);
    assert_eq!(services.iter().filter(|service| service["online"] == true).count(), 18);
    for service in services.iter().filter(|service| service["online"] == true) {
        let fee = &service["fee"];
        assert!(*fee == json!({"amount_mnt": 0}) || (fee["amount_mnt"].as_i64() > Some(0) && fee["sample"] == true));
        assert!(service["sample"] == false || fee["sample"] == true);
    }
}

#[tokio::test]
async fn every_online_service_has_a_form_and_no_other_has() {
    let rig = Rig::start();
    let catalogue = rig.call(Call::get("/v1/catalogue")).await.json();

    for service in catalogue["services"].as_array().unwrap() {
        let page = rig.call(Call::get(&format!("/v1/services/{}", service["id"].as_str().unwrap()))).await.json();

        assert_eq!(page["name"], service["name"]);
        assert_eq!(page["form"].is_object(), service["online"] == true, "{}", service["name"]["mn"]);
        assert_eq!(page["requirements"].as_array().unwrap().is_empty(), page["form"].is_null());
    }
}

#[tokio::test]
async fn a_form_says_what_to_ask_and_in_which_order() {
    let rig = Rig::start();
    let id = rig.service_id(CONTRIBUTIONS).await;

    let page = rig.call(Call::get(&format!("/v1/services/{id}"))).await.json();

    let form = &page["form"];
    let asked = &form["presentation"];
    assert_eq!(asked["sections"], json!([{ "fields": ["startYear", "endYear", "forUsage"] }]));
    assert_eq!(asked["fields"]["forUsage"]["title"]["mn"], "Хаана зориулж");
    assert_eq!(asked["order_rules"][0], json!({ "not_after": ["startYear", "endYear"] }));
    assert_eq!(form["schema"]["required"], json!(["startYear", "endYear", "forUsage"]));
    assert_eq!(form["schema"]["properties"]["startYear"]["format"], "mn-year");
    assert_eq!(form["sample"], true);
}

#[tokio::test]
async fn every_area_is_served_with_its_parent_and_time_zone() {
    let rig = Rig::start();
    let rows = rows(include_str!("../../../data/administrative_units.csv"));

    let areas = rig.call(Call::get("/v1/areas")).await.json()["areas"].clone();

    let codes = ids(&areas, "code");
    assert_eq!(codes.len(), 2171);
    assert_eq!(codes, rows.iter().map(|row| row[0].clone()).collect());
    for area in areas.as_array().unwrap() {
        assert!(area["parent"].is_null() == (area["code"] == "MN"));
        assert!(area["parent"].as_str().is_none_or(|parent| codes.contains(parent)));
    }
    let khovd = areas.as_array().unwrap().iter().find(|area| area["code"] == "84").unwrap();
    assert_eq!((&khovd["name"]["mn"], &khovd["time_zone"]), (&json!("Ховд"), &json!("Asia/Hovd")));
}

#[tokio::test]
async fn the_codes_of_citizens_and_services_are_areas() {
    let rig = Rig::start();
    let areas = ids(&rig.call(Call::get("/v1/areas")).await.json()["areas"], "code");
    let catalogue = rig.call(Call::get("/v1/catalogue")).await.json();

    let citizens = rig.sandbox.db().read(crate::registers::citizens).await.unwrap();

    for citizen in citizens {
        for code in [citizen.address.aimag_code, citizen.address.soum_code, citizen.address.bag_code] {
            assert!(areas.contains(&code), "{code}");
        }
    }
    let local: Vec<&Value> =
        catalogue["services"].as_array().unwrap().iter().flat_map(|s| s["area_codes"].as_array().unwrap()).collect();
    assert!(!local.is_empty());
    assert!(local.iter().all(|code| areas.contains(code.as_str().unwrap())));
}

#[tokio::test]
async fn a_client_that_holds_the_document_is_told_so() {
    let rig = Rig::start();
    let service = format!("/v1/services/{}", rig.service_id(CONTRIBUTIONS).await);

    for path in ["/v1/catalogue", "/v1/areas", service.as_str()] {
        let first = rig.call(Call::get(path)).await;
        let again = rig.call(Call::get(path).header("if-none-match", first.header("etag"))).await;

        assert!(first.header("etag").starts_with('"'), "strong");
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        assert!(again.body.is_empty());
        assert_eq!(again.header("etag"), first.header("etag"));
        let other = rig.call(Call::get(path).header("if-none-match", "\"another\", W/\"older\"")).await;
        assert_eq!((other.status, &other.body), (StatusCode::OK, &first.body));
        let listed = format!("\"older\", W/{}", first.header("etag"));
        assert_eq!(rig.call(Call::get(path).header("if-none-match", &listed)).await.status, StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn each_encoding_has_a_strong_tag_of_its_own_and_both_name_the_content() {
    let rig = Rig::start();
    let plain = rig.call(Call::get("/v1/catalogue")).await;

    let packed = rig.call(Call::get("/v1/catalogue").header("accept-encoding", "br, gzip")).await;

    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.body.len() * 3 < plain.body.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_ref()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    assert_ne!(packed.header("etag"), plain.header("etag"));
    assert!(packed.header("etag").starts_with('"'));
    for held in [packed.header("etag"), plain.header("etag")] {
        let again = Call::get("/v1/catalogue").header("accept-encoding", "gzip").header("if-none-match", held);
        let again = rig.call(again).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        assert_eq!(again.header("etag"), packed.header("etag"));
    }
}

#[tokio::test]
async fn small_answers_and_clients_that_refuse_it_get_no_gzip() {
    let rig = Rig::start();

    let small = rig.call(Call::get("/v1/services/none").header("accept-encoding", "gzip")).await;
    let refused = rig.call(Call::get("/v1/catalogue").header("accept-encoding", "gzip;q=0, identity")).await;

    assert_eq!(small.header("content-encoding"), "");
    assert_eq!(refused.header("content-encoding"), "");
    assert!(refused.header("vary").contains("accept-encoding"));
}

#[tokio::test]
async fn an_unknown_service_is_not_found() {
    let rig = Rig::start();

    let reply = rig.call(Call::get("/v1/services/000000000000000000000000")).await;

    assert_eq!(reply.refusal(), (404, "unknown_service".into()));
}

/// `doc` and `ver` of the signature, which is checked in `signing`.
fn signed_as(reply: &super::Reply) -> (String, i64) {
    let head = reply.header("document-signature").split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&crate::text::from_base64url(head).unwrap()).unwrap();
    (header["doc"].as_str().unwrap().into(), header["ver"].as_i64().unwrap())
}

#[tokio::test]
async fn every_public_document_is_signed_under_its_own_name_with_the_same_number_after_a_restart() {
    let rig = Rig::start();
    let id = rig.service_id(CONTRIBUTIONS).await;
    let documents = [
        ("/v1/configuration".to_owned(), "configuration".to_owned()),
        ("/v1/catalogue".to_owned(), "catalogue".to_owned()),
        ("/v1/areas".to_owned(), "areas".to_owned()),
        ("/v1/bundles".to_owned(), "bundles".to_owned()),
        (format!("/v1/services/{id}"), format!("service/{id}")),
    ];
    for (path, name) in &documents {
        assert_eq!(signed_as(&rig.call(Call::get(path)).await), (name.clone(), 1));
    }
    let keys = rig.sandbox.publisher().public_keys();

    let rig = rig.restart();

    assert_eq!(rig.sandbox.publisher().public_keys(), keys);
    for (path, name) in documents {
        let reply = rig.call(Call::get(&path)).await;
        assert_eq!(signed_as(&reply), (name, 1));
        let held = rig.call(Call::get(&path).header("if-none-match", reply.header("etag"))).await;
        assert_eq!((held.status, held.header("document-signature")), (StatusCode::NOT_MODIFIED, ""));
    }
}

#[tokio::test]
async fn a_document_can_be_put_back_or_forward_and_be_restored() {
    let rig = Rig::start();
    let before = rig.call(Call::get("/v1/areas")).await;

    rig.sandbox.publisher().replace("areas", 7, None);
    let same = rig.call(Call::get("/v1/areas").header("if-none-match", before.header("etag"))).await;
    rig.sandbox.publisher().replace("areas", 6, Some(json!({"version": "0".repeat(32), "areas": []}).to_string()));
    let other = rig.call(Call::get("/v1/areas")).await;
    rig.sandbox.publisher().restore();
    let after = rig.call(Call::get("/v1/areas")).await;

    assert_eq!((signed_as(&same).1, same.json()), (7, before.json()), "another version has another ETag");
    assert_eq!((signed_as(&other).1, other.json()["areas"].clone()), (6, json!([])));
    assert_eq!((signed_as(&after), after.header("etag")), (signed_as(&before), before.header("etag")));
}
