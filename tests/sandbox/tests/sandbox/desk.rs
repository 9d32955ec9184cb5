//! The desk over real sockets: where it is, and that what a clerk does there reaches the phone.

use emongolia_sandbox::Config;
use reqwest::{Client, Method, StatusCode, header, redirect};
use serde_json::{Value, json};

use crate::{
    errand::{application, signed_in},
    phone::{Call, answer, install_provider},
    rig::Rig,
};

/// Follows nothing: where a form leads is looked at.
fn browser() -> Client {
    install_provider();
    Client::builder().redirect(redirect::Policy::none()).build().unwrap()
}

async fn page(browser: &Client, config: &Config, path: &str) -> String {
    let response = browser.get(format!("{}{path}", config.desk)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

fn hidden(html: &str, name: &str) -> String {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0.into()
}

#[tokio::test]
async fn what_a_clerk_does_at_the_desk_reaches_the_phone() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let submit = Call::new(Method::POST, "/v1/requests", &session).key("desk-0000000000000001");
    let (_, request) = answer(phone.send(submit.body(application(&phone).await)).await).await;
    let (browser, id) = (browser(), request["id"].as_str().unwrap());

    let listed = page(&browser, rig.config(), "/requests").await;
    assert!(listed.contains(request["number"].as_str().unwrap()));
    let path = format!("/requests/{id}/steps/EDIT");
    let form = page(&browser, rig.config(), &path).await;
    let fields = [
        ("ticket", hidden(&form, "ticket")),
        ("seen", hidden(&form, "seen")),
        ("field.forUsage", "yes".into()),
        ("message_mn", "Өргөө байрны нэрийг бичнэ үү.".into()),
    ];
    let sent = browser
        .post(format!("{}{path}", rig.config().desk))
        .header(header::ORIGIN, &rig.config().desk)
        .form(&fields)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);

    let (_, now) = answer(phone.send(Call::new(Method::GET, &format!("/v1/requests/{id}"), &session)).await).await;
    assert_eq!(now["status"], "EDIT");
    let note = now["history"][1]["note"]["mn"].as_str().unwrap();
    assert_eq!(note, "Хаана зориулж. Өргөө байрны нэрийг бичнэ үү.");
    let (_, inbox) = answer(phone.send(Call::new(Method::GET, "/v1/inbox", &session)).await).await;
    assert_eq!(inbox["items"][0]["request_id"], json!(id));
    rig.finish().await;
}

#[tokio::test]
async fn the_desk_knows_only_its_own_name() {
    let rig = Rig::start().await;
    let asked_as = async |host: &str| {
        let request = browser().get(&rig.config().desk).header(header::HOST, host);
        request.send().await.unwrap().status()
    };
    let port = rig.config().desk.rsplit_once(':').unwrap().1.to_owned();

    assert_eq!(asked_as(&format!("rebound.example:{port}")).await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(asked_as(&format!("localhost:{port}")).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_desk_is_found_at_the_same_address_after_a_restart_and_a_form_opened_before_still_holds() {
    let rig = Rig::start().await;
    let (browser, before) = (browser(), rig.config().clone());
    let form = page(&browser, &before, "/notices/new").await;

    let rig = rig.restart().await;

    assert_eq!(rig.config().desk, before.desk);
    let fields = [
        ("ticket", hidden(&form, "ticket")),
        ("regnum", before.citizens[0].regnum.clone()),
        ("title_mn", "Үүр цайлаа".into()),
        ("body_mn", "Өглөөний мэнд.".into()),
    ];
    let request = browser.post(format!("{}/notices/new", before.desk)).header(header::ORIGIN, &before.desk);
    assert_eq!(request.form(&fields).send().await.unwrap().status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_folder_from_before_there_was_a_desk_gets_one() {
    let rig = Rig::start().await;
    let path = rig.path().join("sandbox.json");
    let mut old: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let members = old.as_object_mut().unwrap();
    assert!(members.remove("desk").is_some() && members.remove("desk_port").is_some());
    std::fs::write(&path, old.to_string()).unwrap();
    let origin = rig.config().origin.clone();

    let rig = rig.restart().await;

    assert_eq!(rig.config().origin, origin, "what it had stays");
    page(&browser(), rig.config(), "/requests").await;
}
