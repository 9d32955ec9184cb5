//! Which phones a citizen is reached at.

use serde_json::json;

use super::{Call, ERDENEBAT, Rig, UURIINTUYA};
use crate::{clerk, gateway::Text, oauth::Principal};

const TOKEN: &str = "fcm:Abc_123-phone.1";

fn register(citizen: &Principal) -> Call {
    Call::new("PUT", "/v1/push/registration").by(citizen).json(&json!({ "token": TOKEN }))
}

fn unregister(citizen: &Principal) -> Call {
    Call::new("DELETE", &format!("/v1/push/registration?token={TOKEN}")).by(citizen)
}

async fn notify(rig: &Rig, citizen: &Principal) {
    let (regnum, now) = (citizen.regnum.clone(), rig.sandbox.now());
    let text = || Text::new("Мэдэгдэл", "Notice");
    let sent = rig.sandbox.db().write(move |tx| clerk::notice(tx, &regnum, text(), text(), now)).await.unwrap();
    assert!(sent.is_ok());
}

#[tokio::test]
async fn a_registered_phone_gets_hints() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;

    let reply = rig.call(register(&citizen)).await;
    notify(&rig, &citizen).await;

    assert_eq!((reply.status.as_u16(), &reply.json()["token"]), (200, &json!(TOKEN)));
    assert!(reply.json()["registered_at"].is_string());
    assert_eq!(rig.count("push_messages").await, 1);
}

#[tokio::test]
async fn a_phone_that_signed_out_gets_no_more_hints_and_none_that_waited() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    rig.call(register(&citizen)).await;
    notify(&rig, &citizen).await;

    let reply = rig.call(unregister(&citizen)).await;
    notify(&rig, &citizen).await;

    assert_eq!(reply.status, 200);
    assert_eq!((rig.count("push_registrations").await, rig.count("push_messages").await), (0, 0));
    assert_eq!(rig.call(unregister(&citizen)).await.status, 200, "signing out can be repeated");
}

#[tokio::test]
async fn a_phone_belongs_to_who_registered_it_last() {
    let rig = Rig::start();
    let (before, now) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    rig.call(register(&before)).await;
    notify(&rig, &before).await;

    rig.call(register(&now)).await;

    assert_eq!(rig.count("push_messages").await, 0, "what waited was meant for another");
    notify(&rig, &before).await;
    assert_eq!(rig.count("push_messages").await, 0);
    rig.call(unregister(&before)).await;
    notify(&rig, &now).await;
    assert_eq!(rig.count("push_messages").await, 1, "and nobody else can unregister it");
}

#[tokio::test]
async fn registering_again_keeps_the_hints_that_wait() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    rig.call(register(&citizen)).await;
    notify(&rig, &citizen).await;

    rig.call(register(&citizen)).await;

    assert_eq!((rig.count("push_registrations").await, rig.count("push_messages").await), (1, 1));
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;

    for token in [json!("short"), json!("тэмдэгт-түлхүүр"), json!(7), json!(null), json!("x".repeat(513))]
    {
        let call = Call::new("PUT", "/v1/push/registration").by(&citizen).json(&json!({ "token": token }));
        let reply = rig.call(call).await;
        assert_eq!(reply.refusal(), (422, "invalid_field".into()));
        assert_eq!(reply.json()["field"], "token");
    }
    let missing = rig.call(Call::new("DELETE", "/v1/push/registration").by(&citizen)).await;
    assert_eq!(missing.refusal(), (400, "invalid_query".into()));
}
