//! Acting for a child, a parent, a company; and for nobody else.

use serde_json::{Value, json};

use super::{ERDENEBAT, Rig, UURIINTUYA, key, uploads};
use crate::{
    clerk::{self, Status},
    oauth::Principal,
};

const CHILD: &str = "ӨЛ14231111";
const MOTHER: &str = "ЧЭ61052904";
const COMPANY: &str = "6012345";

#[tokio::test]
async fn the_registers_name_whom_a_citizen_may_act_for() {
    let rig = Rig::start();
    let (citizen, other) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);

    let people = rig.get(&citizen, "/v1/me/represented").await.json();

    assert_eq!(
        people["people"],
        json!([
            { "type": "child", "regnum": CHILD, "name": "Э.Өлзий", "ground": "WS101117_getChildrenInfo" },
            { "type": "parent", "regnum": MOTHER, "name": "Н.Дулмаа", "ground": "WS100102_getCitizenBirthInfo" },
            { "type": "company", "regnum": COMPANY, "name": "«Үүрийн Өнгө» ХХК",
              "ground": "WS100331_citizenLegalEntityInfoList" },
        ])
    );
    let newborn = rig.get(&other, "/v1/me/represented").await;
    assert_eq!(newborn.json(), json!({ "people": [] }), "who has no number yet can't be named");
    let again = super::Call::get("/v1/me/represented").by(&other).header("if-none-match", newborn.header("etag"));
    assert_eq!(rig.call(again).await.status, 304);
    let agreed = Principal { operations: vec!["WS101117_getChildrenInfo".into()], ..citizen.clone() };
    let fewer = rig.get(&agreed, "/v1/me/represented").await.json();
    assert_eq!(fewer["people"].as_array().unwrap().len(), 1, "no register is asked without consent");
    rig.sandbox.move_clock(8 * 366 * 24 * 3600 * 1000);
    let grown = rig.get(&citizen, "/v1/me/represented").await.json();
    assert_eq!(grown["people"][0]["type"], "parent", "of age they act for themselves");
}

#[tokio::test]
async fn a_request_and_what_is_told_of_it_carry_whom_it_is_for() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let paper = uploads::sent(&rig, &citizen, "upload-0000000009").await;
    let mut body = rig.submission().await;
    body["on_behalf_of"] =
        json!({ "type": "parent", "regnum": "чэ61052904", "reason": " Өвчтэй ", "reason_file": paper });

    let made = rig.post(&citizen, &key(1), &body).await.json();

    let person = json!({ "type": "parent", "regnum": MOTHER, "name": "Н.Дулмаа", "reason": "Өвчтэй" });
    assert_eq!(made["on_behalf_of"], person, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let step = move |tx: &rusqlite::Transaction<'_>| clerk::advance(tx, &id, &clerk::plain(Status::Processing), 0);
    rig.sandbox.db().write(step).await.unwrap().unwrap();
    assert_eq!(rig.get(&citizen, "/v1/requests").await.json()["items"][0]["on_behalf_of"], person);
    let message = rig.get(&citizen, "/v1/inbox").await.json()["items"][0].clone();
    assert_eq!(message["on_behalf_of"], person);
    let own = rig.apply(&citizen, &key(2)).await.json();
    assert_eq!(own.get("on_behalf_of"), None);
}

#[tokio::test]
async fn a_form_says_for_whom_it_is() {
    const INSURANCE: &str = "34f1655fd0e2e0f62c1da8c1";
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let form = rig.get(&citizen, &format!("/v1/services/{INSURANCE}")).await.json()["form"].clone();
    assert_eq!(form["for_whom"], json!(["self", "parent"]));
    let body = |claim: Value| {
        let form = json!({ "startYear": 2019, "endYear": 2020, "forUsage": "Үүр" });
        json!({ "service_id": INSURANCE, "form_version": 1, "form": form, "on_behalf_of": claim })
    };

    let child = json!({ "type": "child", "regnum": CHILD, "reason": "Хүүхдийн лавлагаа" });
    let refused = rig.post(&citizen, &key(1), &body(child)).await;

    assert_eq!(
        (refused.refusal(), refused.json()["field"].clone()),
        ((422, "not_for_them".into()), json!("on_behalf_of"))
    );
    assert_eq!(rig.post(&citizen, &key(2), &body(Value::Null)).await.status, 201);
}

#[tokio::test]
async fn whom_no_register_names_is_not_acted_for() {
    /// Residence address reference: its form is for whomever one may act for.
    const RESIDENCE: &str = "b7a16b60dab000113be58e49";
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let body = |claim: &Value| {
        let form = json!({ "forUsage": "Өмнөговь, Үүр" });
        json!({ "service_id": RESIDENCE, "form_version": 1, "form": form, "on_behalf_of": claim })
    };
    let child = json!({ "type": "child", "regnum": CHILD, "reason": "Хүүхдийн лавлагаа" });
    let with = |name: &str, value: Value| {
        let mut claim = child.clone();
        claim[name] = value;
        claim
    };

    for (n, (claim, code, field)) in [
        (with("regnum", json!("ҮӨ14291532")), "not_represented", "on_behalf_of"),
        (with("type", json!("parent")), "not_represented", "on_behalf_of"),
        (with("type", json!("friend")), "invalid_field", "on_behalf_of"),
        (with("reason", json!(" ")), "invalid_field", "on_behalf_of/reason"),
        (with("more", json!(1)), "invalid_field", "on_behalf_of"),
        (
            json!({ "type": "parent", "regnum": MOTHER, "reason": "Өвчтэй" }),
            "invalid_field",
            "on_behalf_of/reason_file",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let refused = rig.post(&citizen, &key(n), &body(&claim)).await;
        assert_eq!((refused.refusal(), &refused.json()["field"]), ((422, code.into()), &json!(field)));
    }
    let body = body(&child);
    let of_nothing = Principal { operations: Vec::new(), ..citizen.clone() };
    assert_eq!(rig.post(&of_nothing, &key(89), &body).await.refusal(), (422, "not_represented".into()));
    assert_eq!(rig.post(&citizen, &key(90), &body).await.status, 201);
    assert_eq!(rig.count("requests").await, 1);
}
