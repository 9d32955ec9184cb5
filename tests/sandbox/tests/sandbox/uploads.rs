//! A file through TLS and proofs, over a lost reply and a kill of the line.

use emongolia_sandbox::text;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    errand::signed_in,
    phone::{Call, Phone, Session, answer},
    rig::Rig,
};

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
    rig.keep_contract();
    rig.finish().await;
}
