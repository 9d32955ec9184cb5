//! A file through TLS and proofs, over a lost reply; and what is asked of a citizen later.

use emongolia_sandbox::{gateway::shown_digest, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    errand::{application, signed_in},
    phone::{Call, Phone, Session, answer},
    rig::Rig,
};

/// What is asked of the citizen later, and that nothing becomes of it in the end.
pub(crate) async fn asked_for(rig: &Rig, phone: &Phone, session: &Session, request: &Value) {
    let id = request["id"].as_str().unwrap();
    let ask = async |step: Value| {
        let (status, told) = rig.control(Method::POST, &format!("/control/requests/{id}/advance"), step).await;
        assert_eq!(status, 200, "{told}");
        phone.get(&format!("/v1/requests/{id}"), session).await.1
    };
    let answered = async |what: &str, body: Value| {
        let (path, key) = (format!("/v1/requests/{id}/{what}"), text::token());
        let call = Call::new(Method::POST, &path, session).key(&key).body(body);
        let (status, told) = answer(phone.send(call).await).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        told["status"].clone()
    };
    let edit = ask(json!({ "status": "EDIT", "fields": ["forUsage"] })).await;
    let correction = json!({
        "version": edit["version"], "form_version": edit["form_version"], "form": edit["form"],
        "shown_digest": shown_digest(&edit),
    });
    assert_eq!(answered("correction", correction).await, "SUBMITTED");
    let bring = ask(json!({ "status": "FILE_REQUESTED", "documents": [{ "mn": "Өргөдөл" }] })).await;
    let files = json!({ "version": bring["version"], "files": { "document1": sent(phone, session).await } });
    assert_eq!(answered("files", files).await, "SUBMITTED");
    assert_eq!(answered("withdrawal", json!({ "reason": null })).await, "REJECTED");
}

/// A file that is one of the kinds taken, announced and sent; what a form says of it.
pub(crate) async fn sent(phone: &Phone, session: &Session) -> Value {
    let (id, bytes) = (text::token(), "%PDF-1.7 Өргөдөл".as_bytes().to_vec());
    let path = format!("/v1/uploads/{id}");
    let mut described = json!({
        "name": "Өргөдөл.pdf", "media_type": "application/pdf", "size": bytes.len(),
        "sha256": text::hex(&text::sha256(&bytes)),
    });
    let announce = Call::new(Method::PUT, &path, session).body(described.clone());
    assert_eq!(phone.send(announce).await.status(), StatusCode::CREATED);
    let taken = answer(phone.send(Call::new(Method::PATCH, &path, session).piece(0, bytes)).await).await;
    assert_eq!(taken.0, StatusCode::OK, "{}", taken.1);
    assert_eq!(phone.get(&path, session).await.1["complete"], true);
    described["id"] = json!(id);
    described
}

#[tokio::test]
async fn after_a_lost_reply_the_upload_says_where_to_go_on() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let bytes = "%PDF-1.7 Үнэмлэхний хуулбар".as_bytes().to_vec();
    let path = format!("/v1/uploads/{}", text::token());
    let described = json!({
        "name": "Үнэмлэх.pdf", "media_type": "application/pdf", "size": bytes.len(),
        "sha256": text::hex(&text::sha256(&bytes)),
    });
    phone.send(Call::new(Method::PUT, &path, &session).body(described)).await;
    rig.fault(json!({ "operation": "appendToUpload", "kind": "drop_reply", "times": 1 })).await;

    let lost = phone.try_send(Call::new(Method::PATCH, &path, &session).piece(0, bytes[..10].to_vec())).await;
    assert!(lost.is_err());
    let (_, standing) = phone.get(&path, &session).await;
    assert_eq!(standing, json!({ "offset": 10, "complete": false }));
    let rest = Call::new(Method::PATCH, &path, &session).piece(10, bytes[10..].to_vec());
    let (status, done) = answer(phone.send(rest).await).await;

    assert_eq!((status, &done["complete"]), (StatusCode::OK, &json!(true)));
    let (key, application) = (text::token(), application(&phone).await);
    let submit = Call::new(Method::POST, "/v1/requests", &session).key(&key).body(application);
    let (_, request) = answer(phone.send(submit).await).await;
    asked_for(&rig, &phone, &session, &request).await;
    rig.keep_contract();
    rig.finish().await;
}
