//! Paying as a citizen does it: the invoice on the phone, the bank's page in a browser, and back.

use emongolia_sandbox::{gateway::as_shown, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    errand::{open, signed_in},
    phone::{Call, Phone, Session, answer, location, page},
    rig::Rig,
};

/// The sandbox asks a sample fee for it.
const SERVICE: &str = "Зээлийн мэдээллийн сангийн лавлагаа";

/// One is paid, refused and given back; the other is withdrawn unpaid.
pub(crate) async fn there_and_back(rig: &Rig, phone: &Phone, session: &Session) {
    let post = async |path: &str, body: Option<Value>| {
        let key = text::token();
        let call = Call::new(Method::POST, path, session).key(&key);
        let call = body.into_iter().fold(call, Call::body);
        let (status, told) = answer(phone.send(call).await).await;
        assert!(status.is_success(), "{path}: {told}");
        told
    };
    let catalogue = open(phone, "/v1/catalogue").await;
    let service = catalogue["services"].as_array().unwrap().iter().find(|one| one["name"]["mn"] == SERVICE).unwrap();
    let service = open(phone, &format!("/v1/services/{}", service["id"].as_str().unwrap())).await;
    let application = as_shown(json!({
        "service_id": service["id"], "form_version": service["form"]["version"],
        "form": { "forUsage": "Өмнөговийн «Үүрийн туяа» банк" },
    }));
    let request = post("/v1/requests", Some(application.clone())).await;
    let of = |request: &Value| format!("/v1/requests/{}", request["id"].as_str().unwrap());

    assert_eq!(phone.get("/v1/me/represented", session).await.0, StatusCode::OK);
    let invoice = post(&format!("{}/invoice", of(&request)), None).await;
    let link = invoice["links"][0]["link"].as_str().unwrap();
    assert!(page(phone.http.get(link).send().await.unwrap()).await.contains(SERVICE));
    let paid = phone.http.post(link).form(&[("bank", "ornokh")]).send().await.unwrap();
    assert_eq!(paid.status(), StatusCode::SEE_OTHER);
    page(phone.http.get(phone.url(&location(&paid))).send().await.unwrap()).await;
    let check = format!("{}/payment/check", of(&request));
    assert_eq!(post(&check, None).await["state"], "paid");
    let advance = format!("/control/requests/{}/advance", request["id"].as_str().unwrap());
    assert_eq!(rig.control(Method::POST, &advance, json!({ "status": "REJECTED" })).await.0, 200);
    assert_eq!(post(&check, None).await["state"], "refunded");

    let other = post("/v1/requests", Some(application)).await;
    post(&format!("{}/invoice", of(&other)), None).await;
    let gone = post(&format!("{}/withdrawal", of(&other)), Some(json!({}))).await;
    assert_eq!(gone["status"], "REJECTED");
}

#[tokio::test]
async fn what_is_paid_is_receipted_and_what_is_refused_given_back() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let traps = json!({ "callback": "never", "amounts": "number" });
    let (status, set) = rig.control(Method::POST, "/control/pay/traps", traps).await;
    assert_eq!((status, &set["wallet_key"]), (200, &json!("payemnt_wallet")));

    there_and_back(&rig, &phone, &session).await;

    let unknown = rig.control(Method::POST, "/control/pay", json!({ "invoice": "нэхэмжлэх" })).await;
    assert_eq!(unknown.0, 404);
    assert_eq!(rig.control(Method::POST, "/control/pay/refunds", json!({})).await.1, json!({ "refunded": 0 }));
    rig.keep_contract();
    rig.finish().await;
}

#[tokio::test]
async fn a_callback_that_comes_in_time_moves_the_request_on() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    there_and_back(&rig, &phone, &session).await;

    let (_, found) = rig.control(Method::GET, "/control/exchanges", Value::Null).await;

    assert_eq!(found["hit"]["paymentCallback"], 1, "one payment, one call");
    rig.keep_contract();
    rig.finish().await;
}
