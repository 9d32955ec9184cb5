//! Nothing leaves ДАН without the citizen's word: what the page lists, who refuses, and the back door.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use crate::{
    dan_ways::authorize,
    phone::{Phone, answer, location},
    rig::{ERDENEBAT, Rig},
};

const CARD: &str = "WS100101_getCitizenIDCardInfo";
const PROPERTY: &str = "WS100202_getPropertyList";

/// The page that asks Сүхбат, who came by the ДАН app, for these operations.
async fn asked(phone: &Phone, operations: &[&str]) -> String {
    let first = phone.http.get(authorize(phone, operations)).send().await.unwrap().text().await.unwrap();
    let asks = phone.fill(&first, "ПӨ79120535", "161803", "approve").await;
    assert_eq!(asks.status(), StatusCode::OK);
    asks.text().await.unwrap()
}

async fn agreed_code(phone: &Phone, consent: &str) -> String {
    let back = Url::parse(&location(&phone.at_dan(consent, &[("decision", "approve")]).await)).unwrap();
    back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

/// The registered service's two questions.
async fn token(rig: &Rig, phone: &Phone, code: &str) -> (StatusCode, Value) {
    let redirect_uri = phone.url("/oauth/dan-callback");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", "e-mongolia-gateway"),
        ("client_secret", rig.running.sandbox().keys().dan_secret()),
        ("redirect_uri", redirect_uri.as_str()),
    ];
    answer(phone.http.post(phone.url("/dan/oauth2/token")).form(&form).send().await.unwrap()).await
}

async fn answers(phone: &Phone, token: &str) -> (StatusCode, Value) {
    let call = phone.http.get(phone.url("/dan/oauth2/api/v1/service"));
    answer(call.header(header::AUTHORIZATION, format!("Bearer {token}")).send().await.unwrap()).await
}

#[tokio::test]
async fn the_page_lists_who_asks_for_what_and_what_for() {
    let rig = Rig::start().await;
    let phone = rig.phone();

    let consent = asked(&phone, &[CARD, "WS100103_getCitizenAddressInfo"]).await;

    assert!(consent.contains("Т.Сүхбат, «И-Монгол» таны дараах мэдээллийг"));
    assert!(consent.contains("Иргэний үнэмлэхний мэдээлэл — Улсын бүртгэлийн ерөнхий газар <code>WS100101"));
    assert!(consent.contains("WS100103_getCitizenAddressInfo"));
    assert!(consent.contains("Юунд хэрэглэх") && consent.contains("To sign you in to the app"));
    assert!(!consent.contains("<script") && !consent.contains("name=\"code\""));
    rig.finish().await;
}

#[tokio::test]
async fn the_form_that_proves_can_not_agree_even_when_it_is_sent_twice() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let first = phone.open_login_page(&phone.push_request().await).await;

    let consent = phone.fill(&first, ERDENEBAT, "314159", "approve").await;
    let again = phone.fill(&first, ERDENEBAT, "314159", "approve").await;

    assert_eq!((consent.status(), again.status()), (StatusCode::OK, StatusCode::BAD_REQUEST));
    rig.finish().await;
}

#[tokio::test]
async fn a_page_that_was_neither_agreed_to_nor_refused_asks_again() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let consent = asked(&phone, &[CARD]).await;

    let asks_again = phone.at_dan(&consent, &[("code", "314159")]).await;

    assert_eq!(asks_again.status(), StatusCode::OK);
    assert_eq!(asks_again.text().await.unwrap(), consent);
    rig.finish().await;
}

#[tokio::test]
async fn who_refuses_goes_back_without_a_code_and_can_not_agree_afterwards() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let first = phone.open_login_page(&sign_in).await;
    let consent = phone.fill(&first, ERDENEBAT, "314159", "approve").await.text().await.unwrap();

    let back = phone.at_dan(&consent, &[("decision", "deny")]).await;
    let called_back = phone.follow_to_app(&back).await;

    assert_eq!(called_back["error"], "access_denied");
    assert!(!called_back.contains_key("code"));
    let late = phone.at_dan(&consent, &[("decision", "approve")]).await;
    assert_eq!(late.status(), StatusCode::BAD_REQUEST);
    rig.finish().await;
}

/// Makes the database say that a code was given, as no page does before the citizen agrees.
async fn slip_a_code(rig: &Rig, agreed: bool) -> &'static str {
    let write = move |tx: &rusqlite::Transaction<'_>| {
        let code = emongolia_sandbox::text::sha256(b"slipped");
        tx.execute(
            "UPDATE dan_transactions SET code = ?1, agreed_at = CASE WHEN ?2 THEN proven_at END, code_used_at = NULL
             WHERE proven_at IS NOT NULL",
            rusqlite::params![code, agreed],
        )
    };
    assert_eq!(rig.running.sandbox().db().write(write).await.unwrap(), 1);
    "slipped"
}

#[tokio::test]
async fn the_back_door_gives_nothing_that_was_not_agreed_to() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    asked(&phone, &[CARD]).await;

    let code = slip_a_code(&rig, false).await;
    let (status, refused) = token(&rig, &phone, code).await;
    assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));

    let code = slip_a_code(&rig, true).await;
    let (status, granted) = token(&rig, &phone, code).await;
    assert_eq!(status, StatusCode::OK, "the control: it was the citizen's word that was missing");
    let granted = granted["access_token"].as_str().unwrap();
    assert_eq!(answers(&phone, granted).await.0, StatusCode::OK);

    slip_a_code(&rig, false).await;
    assert_eq!(answers(&phone, granted).await.0, StatusCode::UNAUTHORIZED, "nor to a token");
    rig.finish().await;
}

#[tokio::test]
async fn an_operation_that_the_way_does_not_open_answers_203_and_nothing_else() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let first = phone.http.get(authorize(&phone, &[CARD, PROPERTY])).send().await.unwrap().text().await.unwrap();
    let fields = [("way", "sms_sent"), ("regnum", "ПӨ79120535")];
    let asks = phone.at_dan(&first, &fields).await.text().await.unwrap();
    let (_, messages) = rig.control(Method::GET, "/control/sms", Value::Null).await;
    let text = messages[0]["text"].as_str().unwrap();
    let code = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap();
    let consent = phone.at_dan(&asks, &[("code", code), ("decision", "approve")]).await.text().await.unwrap();
    assert!(consent.contains("Not given to who signs in this way."));

    let (_, granted) = token(&rig, &phone, &agreed_code(&phone, &consent).await).await;
    let (_, told) = answers(&phone, granted["access_token"].as_str().unwrap()).await;

    assert_eq!(told[0]["citizen_loginType"], 1);
    assert_eq!(told[1]["services"][CARD]["resultCode"], 0);
    let property = &told[1]["services"][PROPERTY];
    assert_eq!((&property["resultCode"], &property["response"]), (&json!(203), &Value::Null));
    let consent = asked(&phone, &[CARD, PROPERTY]).await;
    let (_, granted) = token(&rig, &phone, &agreed_code(&phone, &consent).await).await;
    let (_, told) = answers(&phone, granted["access_token"].as_str().unwrap()).await;
    assert_eq!(told[1]["services"][PROPERTY]["resultCode"], 0, "the control: the app opens it");
    rig.finish().await;
}
