//! The published API over TLS: the token, the two steps, a lost reply.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    errand::{service, signed_in},
    phone::{Call, Phone, Session, answer},
    rig::Rig,
};

const BASE: &str = "/mobile-api/api/service-request";

async fn token(phone: &Phone, session: &Session) -> String {
    let (status, given) = answer(phone.send(Call::new(Method::POST, "/v1/published-token", session)).await).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    given["token"].as_str().unwrap().into()
}

async fn ask(phone: &Phone, token: &str, method: Method, path: &str, body: Option<&Value>) -> reqwest::Result<Value> {
    let request = phone.http.request(method, phone.url(&format!("{BASE}{path}"))).header("X-Auth-Token", token);
    let request = body.into_iter().fold(request, |request, body| request.json(body));
    Ok(answer(request.send().await?).await.1)
}

/// Both steps; the reply to the first is lost, and read back from the list.
pub(crate) async fn made_and_submitted(rig: &Rig, phone: &Phone, session: &Session) {
    let token = token(phone, session).await;
    let creation = json!({
        "serviceId": service(phone).await["id"], "formData": { "forUsage": "Өмнөговийн «Үүрийн туяа» банк" },
        "data": { "mark": "Ө-1" },
    });
    rig.fault(json!({ "operation": "publishedCreate", "kind": "drop_reply", "times": 1 })).await;
    assert!(ask(phone, &token, Method::POST, "/create", Some(&creation)).await.is_err());

    let list = ask(phone, &token, Method::GET, "?pageSize=5", None).await.unwrap();
    let found = &list["data"]["list"][0];
    assert_eq!(found["data"], creation["data"]);
    let which = json!({ "serviceRequestId": found["id"] });
    ask(phone, &token, Method::POST, "/set-submitted-free", Some(&which)).await.unwrap();
    let path = format!("/{}", found["id"].as_str().unwrap());
    let detail = ask(phone, &token, Method::GET, &path, None).await.unwrap();

    assert_eq!((&detail["result"], &detail["data"]["status"]), (&json!(true), &json!("SUBMITTED")));
}

#[tokio::test]
async fn a_lost_create_is_read_back_and_submitted() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;

    made_and_submitted(&rig, &phone, &session).await;

    let (_, desk) = rig.control(Method::GET, "/control/requests", Value::Null).await;
    assert_eq!(desk.as_array().unwrap().len(), 1);
    rig.keep_contract();
    rig.finish().await;
}
