//! The whole errand, over every operation there is.

use std::collections::BTreeSet;

use emongolia_sandbox::{gateway::as_shown, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    dan_ways, legacy, pay,
    phone::{CLIENT_ID, Call, Phone, Session, answer},
    rig::{ERDENEBAT, Rig},
    speech, uploads, web,
};

/// A free reference with one field.
pub(crate) const SERVICE: &str = "Иргэний үнэмлэхийн лавлагаа";

pub(crate) async fn open(phone: &Phone, path: &str) -> Value {
    let (status, body) = answer(phone.http.get(phone.url(path)).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    body
}

pub(crate) async fn service(phone: &Phone) -> Value {
    let catalogue = open(phone, "/v1/catalogue").await;
    let all = catalogue["services"].as_array().unwrap();
    let found = all.iter().find(|service| service["name"]["mn"] == SERVICE).unwrap();
    open(phone, &format!("/v1/services/{}", found["id"].as_str().unwrap())).await
}

/// What the app sends for the form.
pub(crate) async fn application(phone: &Phone) -> Value {
    let service = service(phone).await;
    as_shown(json!({
        "service_id": service["id"],
        "form_version": service["form"]["version"],
        "form": { "forUsage": "Өмнөговь аймгийн ҮЙЛЧИЛГЭЭНИЙ төв" },
    }))
}

pub(crate) async fn signed_in(rig: &Rig) -> (Phone, Session) {
    let phone = rig.phone();
    phone.warm_up().await;
    let citizen = rig.config().citizens.iter().find(|c| c.regnum == ERDENEBAT).unwrap();
    let session = phone.sign_in(citizen).await;
    (phone, session)
}

async fn call(phone: &Phone, call: Call<'_>) -> Value {
    let (status, body) = answer(phone.send(call).await).await;
    assert!(status.is_success(), "{status} {body}");
    body
}

#[tokio::test]
async fn an_errand_calls_every_operation_and_none_breaks_the_description() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    open(&phone, "/.well-known/oauth-authorization-server").await;
    open(&phone, "/oauth/jwks").await;
    let description = open(&phone, "/openapi.json").await;
    assert_eq!(description["servers"][0]["url"], rig.config().origin);
    open(&phone, "/v1/areas").await;
    open(&phone, "/v1/configuration").await;
    let bundles = open(&phone, "/v1/bundles").await;
    assert_eq!(bundles["bundles"].as_array().unwrap().len(), 16);
    assert_eq!(speech::said(&phone, "mn-MN", speech::OPUS, speech::silence(50)).await.0, 200);
    dan_ways::through_the_bank(&phone).await;
    let (phone, session) = signed_in(&rig).await;
    web::in_and_out(&phone, &session).await;
    call(&phone, Call::new(Method::PUT, "/v1/push/registration", &session).body(json!({ "token": "device-0001" })))
        .await;

    let represented = call(&phone, Call::new(Method::GET, "/v1/me/represented", &session)).await;
    assert_eq!(represented["people"].as_array().unwrap().len(), 3);
    let registers = call(&phone, Call::new(Method::GET, "/v1/me/registers", &session)).await;
    assert!(registers["answers"].as_array().is_some_and(|answers| !answers.is_empty()));

    let key = text::token();
    let application = application(&phone).await;
    let submit = Call::new(Method::POST, "/v1/requests", &session).key(&key).body(application.clone());
    let request = call(&phone, submit).await;
    let id = request["id"].as_str().unwrap();
    assert_eq!(request["status"], "SUBMITTED");
    let kept = call(&phone, Call::new(Method::GET, &format!("/v1/idempotency/{key}"), &session)).await;
    assert_eq!(kept["body"]["id"], request["id"]);

    let advance = format!("/control/requests/{id}/advance");
    let note = json!({ "mn": "Лавлагаа бэлэн боллоо.", "en": "Your reference is ready." });
    let (status, _) = rig.control(Method::POST, &advance, json!({ "status": "COMPLETED", "note": note })).await;
    assert_eq!(status, 200);
    let (status, told) = rig.control(Method::POST, &advance, json!({ "status": "SUBMITTED" })).await;
    assert_eq!((status, &told["code"]), (409, &json!("illegal_transition")));

    let (_, desk) = rig.control(Method::GET, "/control/requests", Value::Null).await;
    assert_eq!(
        desk,
        json!([{
            "id": id, "number": request["number"], "regnum": ERDENEBAT, "service_id": request["service_id"],
            "status": "COMPLETED",
        }])
    );

    let key = text::token();
    let submit = Call::new(Method::POST, "/v1/requests", &session).key(&key).body(application.clone());
    let withdrawn = call(&phone, submit).await;
    uploads::asked_for(&rig, &phone, &session, &withdrawn).await;

    legacy::made_and_submitted(&rig, &phone, &session).await;
    pay::there_and_back(&rig, &phone, &session).await;

    let hint = open(&phone, "/push/device-0001?wait=25").await;
    assert_eq!(hint["v"], 1);
    let detail = call(&phone, Call::new(Method::GET, &format!("/v1/requests/{id}"), &session)).await;
    assert_eq!(detail["history"].as_array().unwrap().len(), 2);
    let feed = call(&phone, Call::new(Method::GET, "/v1/requests?after=0&limit=50", &session)).await;
    assert_eq!(feed["items"].as_array().unwrap().len(), 5);
    let inbox = call(&phone, Call::new(Method::GET, "/v1/inbox?after=0", &session)).await;
    let message = inbox["items"][0]["id"].as_str().unwrap().to_owned();
    let (read, gone) = (text::token(), text::token());
    call(&phone, Call::new(Method::POST, &format!("/v1/inbox/{message}/read"), &session).key(&read)).await;
    call(&phone, Call::new(Method::DELETE, &format!("/v1/inbox/{message}"), &session).key(&gone)).await;
    call(&phone, Call::new(Method::DELETE, "/v1/push/registration?token=device-0001", &session)).await;
    let form = [("token", session.refresh_token.as_str()), ("client_id", CLIENT_ID)];
    phone.http.post(phone.url("/oauth/revoke")).form(&form).send().await.unwrap();

    let (_, found) = rig.control(Method::GET, "/control/exchanges", Value::Null).await;
    let all: BTreeSet<&str> = found["operations"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let hit: BTreeSet<&str> = found["hit"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(all.difference(&hit).collect::<Vec<_>>(), Vec::<&&str>::new());
    rig.finish().await;
}
